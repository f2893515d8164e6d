package fhir

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const subsetTag = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}`

func TestSubsets(t *testing.T) {
	t.Parallel()
	const task = `{"resourceType":"Task","id":"t","meta":{"versionId":"3", "profile":["http://p"]}, "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},
		"contained":[{"resourceType":"Group","id":"g","type":"person","actual":true}],"status":"requested", "_status":{"id":"s"},"intent":"order","priority":"urgent","note":[{"text":"n"}],
		"focus":{"reference":"ServiceRequest/s", "display" : "S\u00e9"},
		"output":[{"type":{"text":"o"},"valueDecimal":1.50}]}`
	const meta = `"meta":{"versionId":"3", "profile":["http://p"],"tag":[` + subsetTag + `]}`
	r := wholeResource(t, task)
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"the narrative alone, with what is mandatory", r.Summary("text"), `{"resourceType":"Task","id":"t",` + meta +
			`,"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"status":"requested","_status":{"id":"s"},"intent":"order"}`},
		{"some elements, byte for byte, with what is mandatory", r.Elements("focus", "output", "colour"), `{"resourceType":"Task","id":"t",` + meta +
			`,"status":"requested","_status":{"id":"s"},"intent":"order","focus":{"reference":"ServiceRequest/s", "display" : "S\u00e9"},"output":[{"type":{"text":"o"},"valueDecimal":1.50}]}`},
		{"no narrative", r.Summary("data"), `{"resourceType":"Task","id":"t",` + meta + `,"contained":[{"resourceType":"Group","id":"g","type":"person","actual":true}],"status":"requested","_status":{"id":"s"},"intent":"order","priority":"urgent","note":[{"text":"n"}],"focus":{"reference":"ServiceRequest/s", "display" : "S\u00e9"},"output":[{"type":{"text":"o"},"valueDecimal":1.50}]}`},
		{"everything", r.Summary("false"), task},
		{"a resource without meta gets one", wholeResource(t, `{"resourceType":"Patient","active":true}`).Elements("name"), `{"resourceType":"Patient","active":true,"meta":{"tag":[` + subsetTag + `]}}`},
		{"a tag stands behind others", wholeResource(t, `{"resourceType":"Patient","meta":{"tag":[ {"code":"a"} ]},"gender":"female"}`).Elements("name"),
			`{"resourceType":"Patient","meta":{"tag":[ {"code":"a"} ,` + subsetTag + `]}}`},
		{"a summary goes into what it shows", wholeResource(t, `{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"contentType":"text/plain","data":"aGk=","title":"T"}}]}`).Summary("true"),
			`{"resourceType":"DocumentReference","id":"d","status":"current","content":[{"attachment":{"contentType":"text/plain","title":"T"}}],"meta":{"tag":[` + subsetTag + `]}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, string(tt.got))
		})
	}
}

func wholeResource(t testing.TB, s string) *Resource {
	t.Helper()
	r, issues := Read([]byte(s))
	require.Empty(t, issues)
	return r
}

// What is left of any example is a resource that the strict reader takes, with everything that is mandatory. Rules about elements that go together
// cannot hold when one of them is not shown.
func TestSubsetsOfExamplesAreGoodResources(t *testing.T) {
	t.Parallel()
	for _, name := range officialExamples(t) {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		r, issues := Read(data)
		if Refused(issues) {
			continue
		}
		for what, subset := range map[string][]byte{"true": r.Summary("true"), "text": r.Summary("text"), "data": r.Summary("data"), "elements": r.Elements("code", "value")} {
			_, issues := Read(subset)
			for _, i := range issues {
				require.Equal(t, CodeInvariant, i.Code, "%s, %s: %v", name, what, i)
			}
		}
	}
}
