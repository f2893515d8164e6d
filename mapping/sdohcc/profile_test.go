package sdohcc

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
)

// earlier are examples of an edition before the one that the profiles are of, and what became of the definition since.
var earlier = map[string]string{
	"Group-SDOHCC-GroupSDOHPatientsForPayerExample.json": "until 3.0.0 the condition was a reference to a value set, which R4 does not allow; now it is a code",
}

// TestTheGuidesOwnExamplesKeepItsProfiles holds for each example that claims one of them, or one of US Core.
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
			if p, known := profile.Find(every(), claim.Text()); known && earlier[filepath.Base(file)] == "" {
				checked[p.Name]++
				assert.Empty(t, p.Check(r), file)
			}
		}
	}
	assert.Equal(t, map[string]int{
		"SDOHCC Condition": 4, "SDOHCC Consent": 1, "SDOHCC Goal": 1, "SDOHCC HealthcareService": 1, "SDOHCC Location": 1, "SDOHCC Observation Assessment": 2,
		"SDOHCC Observation Screening Response": 5, "SDOHCC PractitionerRole": 1, "SDOHCC Procedure": 3, "SDOHCC ServiceRequest": 3, "SDOHCC Task for Patient": 4,
		"SDOHCC Task for Referral Management": 4, "US Core Organization": 3, "US Core Patient": 1, "US Core Practitioner": 1,
	}, checked)
}

// TestCodesOfProfilesArePublished holds each code of a profile, of a system of which there is a table, against that.
func TestCodesOfProfilesArePublished(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/codesystem/*.tsv")
	require.NoError(t, err)
	published := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // a path of ours
		require.NoError(t, err)
		system, _, _ := strings.Cut(strings.TrimPrefix(string(data), "# system\t"), "\n")
		published[system] += string(data)
	}
	held := 0
	hold := func(system string, codes ...string) {
		for _, code := range codes {
			if table, is := published[system]; is {
				held++
				assert.Contains(t, table, "\n"+code+"\t", system)
			}
		}
	}
	var walk func(rules []profile.Rule)
	test := func(tests ...profile.Test) {
		for _, one := range tests {
			if one.Is != nil {
				hold(one.Is.System, one.Is.Code)
			}
			for _, s := range one.OneOf {
				hold(s.System, s.Codes...)
			}
		}
	}
	walk = func(rules []profile.Rule) {
		for _, r := range rules {
			test(profile.Test{Is: r.Is, OneOf: r.OneOf})
			test(slices.Concat(r.When, r.Of)...)
			if r.Slice != nil {
				test(r.Slice.Where...)
			}
			walk(r.Each)
		}
	}
	for _, p := range every() {
		walk(p.Rules)
		for _, s := range p.Systems {
			hold(s.System, s.Codes...)
			assert.Len(t, s.Codes, strings.Count(published[s.System], "\n")-4, "%s is not whole", s.System)
		}
	}
	assert.Greater(t, held, 1000)
}

const (
	unnamed = `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/1"}`
	request = unnamed + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"467681000124101"}]}`
	own     = `{"coding":[{"system":"` + System + `","code":`
	toDo    = `{"resourceType":"Task","status":"ready","intent":"order","priority":"routine","authoredOn":"2026","for":{"reference":"Patient/1"},
		"requester":{"reference":"Organization/1"},"owner":{"reference":"Patient/1"},"code":` + own
)

func TestWhatTheGuideWantsBeyondFHIR(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, profile, input string
		want                 []string
	}{
		{"a Task of R4 alone", "TaskForReferralManagement", `{"resourceType":"Task","status":"received","intent":"plan"}`, []string{
			"Task.status", "Task.intent", "Task.code", "Task.focus", "Task.for", "Task.authoredOn", "Task.requester",
		}},
		{"a reason without text and an output that is no Procedure", "TaskForReferralManagement", `{"resourceType":"Task","status":"rejected","intent":"order","authoredOn":"2026",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/1"},"for":{"reference":"Patient/1"},
			"requester":{"reference":"Organization/1"},"statusReason":{"coding":[{"code":"no-capacity"}]},
			"output":[{"type":` + own + `"resulting-activity"}]},"valueReference":{"reference":"Encounter/1"}}]}`, []string{
			"Task.statusReason.text", "Task.output[0].valueReference",
		}},
		{"a request of a domain", "ServiceRequest", request + `,"category":[` + own + `"food-insecurity"}]}]}`, nil},
		{"a request of no domain, which the guide lets be", "ServiceRequest", request + `}`, nil},
		{"a request of a category of somebody else", "ServiceRequest", request + `,"category":[{"coding":[{"system":"http://snomed.info/sct","code":"386053000"}]},{"text":"food"}]}`, nil},
		{"a request of a domain that there is not", "ServiceRequest", request + `,"category":[` + own + `"hunger"}]}]}`, []string{"ServiceRequest.category[0].coding[0].code"}},
		{"a request for something in words", "ServiceRequest", unnamed + `,"code":{"text":"x"}}`, []string{"ServiceRequest.code"}},
		{"a request for something of a code system of ones own", "ServiceRequest", unnamed + `,"code":{"coding":[{"system":"urn:x","code":"x"}]}}`, []string{"ServiceRequest.code"}},
		{"a request for a device, based on a prescription", "ServiceRequest", strings.Replace(request, "Patient/1", "Device/1", 1) + `,"basedOn":[{"reference":"MedicationRequest/1"}]}`,
			[]string{"ServiceRequest.basedOn[0]", "ServiceRequest.subject"}},
		{"a request about a contained device", "ServiceRequest", strings.Replace(request, "Patient/1", "#d", 1) + `,"contained":[{"resourceType":"Device","id":"d"}]}`, []string{"ServiceRequest.subject"}},
		{"no contact twice", "ServiceRequest", request + `,"orderDetail":[` + own + `"contacting-subject-prohibited"}]},` + own + `"contacting-subject-prohibited"}]}]}`, []string{"ServiceRequest.orderDetail"}},
		{"a call without whom to call, or why", "TaskForPatient", toDo + `"make-contact"}]}}`, []string{"Task.input", "Task.description"}},
		{"an answer that is none to the question", "TaskForPatient", toDo + `"general-information"}]},"description":"x","output":[{"type":` + own + `"chosen-contact"}]},"valueMarkdown":"x"}]}`, []string{"Task.output[0].type"}},
		{"nothing to look at", "TaskForPatient", toDo + `"review-material"}]}}`, []string{"Task.focus"}},
		{"something else to do", "TaskForPatient", toDo + `"risk-questionnaire"}]}}`, []string{"Task.code"}},
		{"a Task of a state that a person's is never in", "TaskForPatient", strings.Replace(toDo, "ready", "accepted", 1) + `"review-material"}]},"focus":{"reference":"DocumentReference/1"}}`, []string{"Task.status"}},
		{"two asserters, and a category alone", "Condition", `{"resourceType":"Condition","subject":{"reference":"Patient/1"},"code":{"coding":[{"system":"http://snomed.info/sct","code":"733423003"}]},
			"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}]}],"asserter":{"reference":"Patient/1"},
			"extension":[{"url":"` + asserter + `","valueReference":{"reference":"Device/1"}}]}`, []string{"Condition", "Condition.category", "Condition.category", "Condition.category"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := fhir.ReadStored([]byte(tt.input))
			require.NoError(t, err)
			p, known := profile.Find(Profiles, definition+"SDOHCC-"+tt.profile)
			require.True(t, known)
			var got []string
			for _, issue := range p.Check(r) {
				got = append(got, issue.Expression)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}
