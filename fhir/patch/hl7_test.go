package patch

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// TestFHIRPathPatchOfHL7 plays HL7's own cases, whose file is not copied in: FHIR_TEST_CASES names the folder of a clone of
// github.com/FHIR/fhir-test-cases. TestFHIRPathPatchKinds has cases of the same kinds.
//
// Source: FHIR/fhir-test-cases, r4/patch/fhir-patch-tests.xml
func TestFHIRPathPatchOfHL7(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("FHIR_TEST_CASES")
	if folder == "" {
		t.Skip("FHIR_TEST_CASES does not name the folder of a clone of github.com/FHIR/fhir-test-cases")
	}
	data, err := os.ReadFile(filepath.Join(folder, "r4", "patch", "fhir-patch-tests.xml"))
	require.NoError(t, err)
	type inner struct {
		XML string `xml:",innerxml"`
	}
	var tests struct {
		Case []struct {
			Name   string    `xml:"name,attr"`
			Input  inner     `xml:"input"`
			Diff   inner     `xml:"diff"`
			Output inner     `xml:"output"`
			Error  *struct{} `xml:"error"`
		} `xml:"case"`
	}
	require.NoError(t, xml.Unmarshal(data, &tests))
	require.GreaterOrEqual(t, len(tests.Case), 33)
	for _, c := range tests.Case {
		got, issues := FHIRPath(ofXML(t, c.Input.XML), resource(t, string(ofXML(t, c.Diff.XML))), 100_000)
		if c.Error != nil {
			assert.Nil(t, got, c.Name)
			assert.Len(t, issues, 1, c.Name)
			continue
		}
		if assert.Empty(t, issues, c.Name) {
			assert.Equal(t, plain(t, ofXML(t, c.Output.XML)), plain(t, got), c.Name)
			r, issues := fhir.Read(got)
			assert.NotNil(t, r, "%s: %v", c.Name, issues)
		}
	}
}

func ofXML(t *testing.T, text string) []byte {
	t.Helper()
	data, issues := fhir.FromXML([]byte(strings.TrimSpace(text)))
	require.False(t, fhir.Refused(issues), "%v\n%s", issues, text)
	return data
}

// plain gives JSON as values, with one blank where the text of a narrative has several.
func plain(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(data, &v))
	var even func(any) any
	even = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				v[name] = even(v[name])
			}
		case []any:
			for i := range v {
				v[i] = even(v[i])
			}
		case string:
			return strings.ReplaceAll(strings.Join(strings.Fields(v), " "), "&quot;", `"`) // which need not be escaped in text
		}
		return v
	}
	return even(v)
}
