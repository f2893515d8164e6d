package sdohcc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping"
)

// asked is a name in a CapabilityStatement, with how much it binds.
type asked struct {
	Code, Name string
	Extension  []struct{ URL, ValueCode string }
}

func (a *asked) level() mapping.Level {
	for _, e := range a.Extension {
		if strings.HasSuffix(e.URL, "capabilitystatement-expectation") && e.ValueCode == "SHALL" {
			return mapping.Shall
		}
	}
	return mapping.May
}

// TestThePlatformIsAsTheGuideHasIt compares the demands with the guide's CapabilityStatement, both ways, where FHIR_PROFILES names its folder.
func TestThePlatformIsAsTheGuideHasIt(t *testing.T) {
	t.Parallel()
	folders := filepath.SplitList(os.Getenv("FHIR_PROFILES"))
	if len(folders) == 0 {
		t.Skip("the published definitions are not on this machine: FHIR_PROFILES names their folders")
	}
	data, err := os.ReadFile(filepath.Join(folders[0], "CapabilityStatement-SDOHCC-CoordinationPlatform.json"))
	require.NoError(t, err)
	var st struct {
		URL  string
		Rest []struct {
			Mode     string
			Resource []struct {
				Type                                string
				Interaction, SearchParam, Operation []asked
				SearchInclude, SupportedProfile     []string
				Includes                            []*asked `json:"_searchInclude"`
				Profiles                            []*asked `json:"_supportedProfile"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &st))
	assert.Equal(t, st.URL, CoordinationPlatform.Canonical)
	var want, got []string
	add := func(list *[]string, level mapping.Level, words ...string) {
		*list = append(*list, string(level)+" "+strings.Join(words, " "))
	}
	for _, r := range st.Rest {
		if r.Mode != "server" {
			continue
		}
		for _, of := range r.Resource {
			for kind, list := range map[string][]asked{"does": of.Interaction, "search": of.SearchParam, "asks": of.Operation} {
				for _, one := range list {
					add(&want, one.level(), of.Type, kind, one.Code+one.Name)
				}
			}
			for i, url := range of.SupportedProfile {
				add(&want, of.Profiles[i].level(), of.Type, "keeps", bare(url))
			}
			for i, include := range of.SearchInclude {
				parts := strings.Split(strings.Replace(include, "HealthCareService", "HealthcareService", 1), ":")
				level := mapping.Shall // of one, nothing is said in some editions
				if i < len(of.Includes) && of.Includes[i] != nil {
					level = of.Includes[i].level()
				}
				add(&want, level, of.Type, "include", parts[0]+":"+parts[1])
			}
		}
	}
	for _, d := range CoordinationPlatform.Demands {
		for kind, words := range map[string]string{"does": d.Does, "search": d.Params, "asks": d.Asks, "keeps": d.Keeps, "include": d.Includes} {
			for word := range strings.FieldsSeq(words) {
				add(&got, d.Level, d.Type, kind, word)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	assert.Equal(t, want, got)
	assert.Greater(t, len(got), 150)
}
