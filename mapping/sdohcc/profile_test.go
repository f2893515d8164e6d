package sdohcc

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
)

// TestTheGuidesOwnExamplesKeepItsProfiles holds for each example that claims one of them.
func TestTheGuidesOwnExamplesKeepItsProfiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(examples, "*.json"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("the published examples are not on this machine")
	}
	checked := map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // a path of ours
		require.NoError(t, err)
		r, err := fhir.ReadStored(data)
		require.NoError(t, err, file)
		for claim := range r.Get("meta", "profile").All() {
			if p, known := profile.Find(Profiles, claim.Text()); known {
				checked[r.Type()]++
				assert.Empty(t, p.Check(r), file)
			}
		}
	}
	assert.Equal(t, map[string]int{"Task": 4, "ServiceRequest": 3}, checked)
}

const request = `{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":"x"},"subject":{"reference":"Patient/1"},"category":[{"coding":[{"system":"` + System + `","code":"food-insecurity"}]}]`

func TestWhatTheGuideWantsBeyondFHIR(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, input string
		want        []string
	}{
		{"a Task of R4 alone", `{"resourceType":"Task","status":"received","intent":"plan"}`, []string{
			"Task.status", "Task.intent", "Task.code", "Task.focus", "Task.for", "Task.authoredOn", "Task.requester",
		}},
		{"a reason without text and an output that is no Procedure", `{"resourceType":"Task","status":"rejected","intent":"order","authoredOn":"2026",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/1"},"for":{"reference":"Patient/1"},
			"requester":{"reference":"Organization/1"},"statusReason":{"coding":[{"code":"no-capacity"}]},
			"output":[{"type":{"coding":[{"system":"` + System + `","code":"resulting-activity"}]},"valueReference":{"reference":"Encounter/1"}}]}`, []string{
			"Task.statusReason.text", "Task.output[0].valueReference",
		}},
		{"a request that is as it should be", request + `}`, nil},
		{"a request of no domain", `{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":"x"},"subject":{"reference":"Patient/1"}}`, []string{"ServiceRequest.category"}},
		{"a request for a device, based on a prescription", `{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"text":"x"},"subject":{"reference":"Device/1"},
			"category":[{"coding":[{"system":"` + System + `","code":"stress"}]}],"basedOn":[{"reference":"MedicationRequest/1"}]}`, []string{"ServiceRequest.basedOn[0]", "ServiceRequest.subject"}},
		{"no contact twice", request + `,"orderDetail":[{"coding":[{"system":"` + System + `","code":"contacting-subject-prohibited"}]},{"coding":[{"system":"` + System + `","code":"contacting-subject-prohibited"}]}]}`, []string{"ServiceRequest.orderDetail"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := fhir.ReadStored([]byte(tt.input))
			require.NoError(t, err)
			var got []string
			for i := range Profiles {
				if Profiles[i].Type == r.Type() {
					for _, issue := range Profiles[i].Check(r) {
						got = append(got, issue.Expression)
					}
				}
			}
			assert.Equal(t, tt.want, got)
		})
	}
}
