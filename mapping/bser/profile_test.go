package bser

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

const referral = `{"resourceType":"Task","status":"received","intent":"order","authoredOn":"2026",
	"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
	"focus":{"reference":"ServiceRequest/1"},"for":{"reference":"Patient/1"},"requester":{"reference":"Organization/1"},"owner":{"reference":"PractitionerRole/1"}`

func TestWhatTheGuideWantsBeyondFHIR(t *testing.T) {
	t.Parallel()
	identifier := func(code, more string) string {
		return `{"type":{"coding":[{"system":"` + identifiers + `","code":"` + code + `"}]}` + more + `}`
	}
	placer := `,"identifier":[` + identifier("PLAC", `,"value":"1"`)
	for _, tt := range []struct {
		name, input string
		want        []string
	}{
		{"as it should be", referral + placer + `,` + identifier("FILL", `,"value":"2","assigner":{"display":"x"}`) + `],"businessStatus":{"coding":[{"system":"` + System + `","code":"5.1.2"}]}}`, nil},
		{"a Task of R4 alone", `{"resourceType":"Task","status":"requested","intent":"proposal"}`, []string{
			"Task.identifier", "Task.intent", "Task.code", "Task.focus", "Task.for", "Task.authoredOn", "Task.requester", "Task.owner",
		}},
		{"two initiators", referral + placer + `,` + identifier("PLAC", `,"value":"2"`) + `]}`, []string{"Task.identifier"}},
		{"a recipient without assigner and value", referral + placer + `,` + identifier("FILL", ``) + `]}`, []string{"Task.identifier[1].value", "Task.identifier[1].assigner"}},
		{"a code of the first edition", referral + placer + `],"businessStatus":{"coding":[{"system":"` + System + `","code":"5.4"}]}}`, []string{"Task.businessStatus"}},
		{"an output that is no document", referral + placer + `],"output":[{"type":{"text":"x"},"valueString":"x"},{"type":{"text":"x"},"valueReference":{"reference":"Bundle/1"}}]}`, []string{"Task.output[0].valueString"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, issues := fhir.Read([]byte(tt.input))
			require.NotNil(t, r, "%v", issues)
			var got []string
			for _, issue := range Profiles[0].Check(r) {
				got = append(got, issue.Expression)
				assert.Equal(t, issue.Expression != "Task.businessStatus", issue.Refuses())
			}
			assert.Equal(t, tt.want, got)
		})
	}
}
