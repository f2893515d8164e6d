package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/fhir"
)

// The three public applications of the Gravity project (referral source, coordination platform, agency) are Rails programs on one Ruby client.
//
// Source: Gravity referral source, coordination platform and CBO clients with fhir_client 5.0.3, as seen on the wire

// ruby is a program on the Ruby client, with nothing said about who it is.
func ruby(h http.Handler) *application {
	return &application{h: h, seen: map[string]*fhir.Resource{}, sent: "application/fhir+json;charset=utf-8", headers: []string{
		"Accept: application/fhir+json", "Accept-Charset: utf-8", "User-Agent: Ruby FHIR Client",
		"Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
	}}
}

const (
	sdohProfile  = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"
	sdohCodes    = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
	managed      = "_profile=" + sdohProfile + "SDOHCC-TaskForReferralManagement"
	forPatient   = "_profile=" + sdohProfile + "SDOHCC-TaskForPatient"
	foodCategory = `{"coding":[{"system":"` + sdohCodes + `","code":"food-insecurity"}]}`
	healthNeed   = `{"coding":[{"system":"http://hl7.org/fhir/us/core/CodeSystem/condition-category","code":"health-concern"}]}`
)

// directory is what is there before anybody refers: people, their roles, organizations, a questionnaire and a consent.
var directory = []call{
	{why: "a patient", ask: "POST /Patient", body: `{"resourceType":"Patient","name":[{"family":"Quince","given":["Ada"]}],"gender":"female","birthDate":"1980-02-03"}`, keep: "ada"},
	{why: "another patient", ask: "POST /Patient", body: `{"resourceType":"Patient","name":[{"family":"Sorrel","given":["Ben"]}]}`, keep: "ben"},
	{why: "a practitioner", ask: "POST /Practitioner", body: `{"resourceType":"Practitioner","name":[{"family":"Reed"}]}`, keep: "reed"},
	{why: "her organization", ask: "POST /Organization", body: `{"resourceType":"Organization","active":true,"name":"Bayview Clinic","type":[{"coding":[{"code":"prov"}]}]}`, keep: "bayview"},
	{why: "her role there", ask: "POST /PractitionerRole", keep: "role",
		body: `{"resourceType":"PractitionerRole","practitioner":{"reference":"Practitioner/{reed}"},"organization":{"reference":"Organization/{bayview}"}}`},
	{why: "a coordination platform", ask: "POST /Organization", keep: "platform",
		body: `{"resourceType":"Organization","active":true,"name":"Tidewater","type":[{"coding":[{"system":"urn:x","code":"cp"}]}]}`},
	{why: "an agency", ask: "POST /Organization", keep: "harbor",
		body: `{"resourceType":"Organization","active":true,"name":"Harbor House","type":[{"coding":[{"system":"urn:x","code":"cbo"}]}]}`},
	{why: "another agency", ask: "POST /Organization", keep: "cedar",
		body: `{"resourceType":"Organization","active":true,"name":"Cedar","type":[{"coding":[{"code":"cbo"}]}]}`},
	{why: "a questionnaire", ask: "POST /Questionnaire", body: `{"resourceType":"Questionnaire","status":"active","title":"Hunger Vital Sign","url":"http://example.org/hvs"}`, keep: "hunger"},
	{why: "an earlier one in the alphabet", ask: "POST /Questionnaire", body: `{"resourceType":"Questionnaire","status":"active","title":"AHC screening"}`, keep: "ahc"},
	{why: "a consent for the parties of a referral", ask: "POST /Consent", keep: "consent",
		body: `{"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
		"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"IDSCL"}]}],"patient":{"reference":"Patient/{ada}"},
		"dateTime":"2026-03-01","organization":[{"reference":"Organization/{bayview}"}],"policyRule":{"text":"local"},"provision":{"type":"permit"}}`},
}

// referralSource is what the EHR's side sends, in the order of a day.
var referralSource = []call{
	{why: "it connects and looks at the version", ask: "GET /metadata", shows: []string{"fhirVersion", "4.0.1", "resourceType", "CapabilityStatement"}},
	{why: "it lists those who may log in", ask: "GET /Practitioner", finds: "reed"},
	{why: "it lists the patients", ask: "GET /Patient", finds: "ada ben"},
	{why: "it reads who logged in", ask: "GET /Practitioner/{reed}", shows: []string{"name.family", "Reed"}},
	{why: "questionnaires by title", ask: "GET /Questionnaire?_sort=title", finds: "ahc hunger"},
	{why: "the role of who logged in, by a bare id", ask: "GET /PractitionerRole?practitioner={reed}", finds: "role"},
	{why: "organizations, the newest first", ask: "GET /Organization?_sort=-_lastUpdated", finds: "cedar harbor platform bayview"},
	{why: "consents by a bare id", ask: "GET /Consent?patient={ada}", finds: "consent"},
	{why: "it polls before it knows a role", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated&requester=PractitionerRole/&subject={ada}", finds: "none"},

	{why: "a need", ask: "POST /Condition", keep: "need", shows: []string{"id", "*", "meta.versionId", "1"},
		body: `{"resourceType":"Condition","meta":{"profile":["` + sdohProfile + `SDOHCC-Condition"]},
  "clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
  "verificationStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-ver-status","code":"confirmed"}]},
  "category":[` + healthNeed + `,` + foodCategory + `],
  "code":{"coding":[{"system":"http://snomed.info/sct","code":"733423003"},{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"Z59.41"}]},
  "subject":{"reference":"Patient/{ada}"},"onsetPeriod":{"start":"2026-02-01"},"asserter":{"reference":"PractitionerRole/{role}"}}`},
	{why: "another need", ask: "POST /Condition", keep: "rent",
		body: `{"resourceType":"Condition","category":[` + healthNeed + `],"code":{"coding":[{"system":"http://hl7.org/fhir/sid/icd-10-cm","code":"Z59.0"}]},"subject":{"reference":"Patient/{ada}"}}`},
	{why: "needs, the newest first", ask: "GET /Condition?_sort=-_lastUpdated&subject={ada}", finds: "rent need"},
	{why: "it reads a need again", ask: "GET /Condition/{need}", shows: []string{"code.coding.1.code", "Z59.41"}},
	{why: "the need is on the problem list now", ask: "PUT /Condition/{need}", change: "need", shows: []string{"meta.versionId", "2"},
		set: []string{"category", `[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}]},` + foodCategory + `]`}},
	{why: "the other is resolved", ask: "PUT /Condition/{rent}", change: "rent",
		set: []string{"clinicalStatus", `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"resolved"}]}`, "abatementPeriod", `{"end":"2026-03-01"}`}},

	{why: "a goal", ask: "POST /Goal", keep: "goal",
		body: `{"resourceType":"Goal","lifecycleStatus":"active","achievementStatus":{"coding":[{"code":"in-progress"}]},"description":{"text":"Food each day"},
		"subject":{"reference":"Patient/{ada}"},"addresses":[{"reference":"Condition/{need}"}]}`},
	{why: "goals, the newest first", ask: "GET /Goal?_sort=-_lastUpdated&subject={ada}", finds: "goal"},
	{why: "the goal is achieved", ask: "PUT /Goal/{goal}", change: "goal", set: []string{"achievementStatus", `{"coding":[{"code":"achieved"}]}`},
		shows: []string{"achievementStatus.coding.code", "achieved", "meta.versionId", "2"}},
	{why: "the goal is taken away", ask: "DELETE /Goal/{goal}", status: http.StatusNoContent},
	{why: "and is gone", ask: "GET /Goal?_sort=-_lastUpdated&subject={ada}", finds: "none"},

	{why: "a characteristic of the person", ask: "POST /Observation", keep: "trait",
		body: `{"resourceType":"Observation","status":"final","category":[{"coding":[{"system":"` + sdohCodes + `","code":"personal-characteristic"}]}],
		"code":{"coding":[{"system":"http://loinc.org","code":"32624-9"}]},"subject":{"reference":"Patient/{ada}"},"effectiveDateTime":"2026-03-01",
		"method":{"coding":[{"system":"` + sdohCodes + `","code":"self-reported-method"}]},
		"component":[{"code":{"text":"race"},"valueCodeableConcept":{"text":"other"}},{"code":{"text":"detail"},"valueString":"as she says"}]}`},
	{why: "a later one", ask: "POST /Observation", keep: "later",
		body: `{"resourceType":"Observation","status":"final","category":[{"coding":[{"code":"personal-characteristic"}]}],"code":{"text":"x"},
		"subject":{"reference":"Patient/{ada}"},"effectiveDateTime":"2026-03-02","derivedFrom":[{"reference":"Observation/{trait}"}]}`},
	{why: "characteristics, the latest day first", ask: "GET /Observation?_sort=-date&category=personal-characteristic&subject={ada}", finds: "later trait"},
	{why: "evidence of a need", ask: "GET /Observation/{trait}", shows: []string{"component.1.valueString", "as she says"}},
	{why: "the later one is taken away", ask: "DELETE /Observation/{later}", status: http.StatusNoContent},

	{why: "a request for service", ask: "POST /ServiceRequest", keep: "request",
		body: `{"resourceType":"ServiceRequest","meta":{"profile":["` + sdohProfile + `SDOHCC-ServiceRequest"]},"status":"active","intent":"order","priority":"urgent",
		"category":[` + foodCategory + `,{"coding":[{"system":"http://snomed.info/sct","code":"410606002"}]}],"code":{"coding":[{"system":"http://snomed.info/sct","code":"467771000124109"}]},
		"subject":{"reference":"Patient/{ada}"},"authoredOn":"2026-03-02","reasonReference":[{"reference":"Condition/{need}"}],
		"supportingInfo":[{"reference":"Consent/{consent}"}]}`},
	{why: "its task, in a second call", ask: "POST /Task", keep: "task", shows: []string{"status", "requested", "authoredOn", "2026-03-02T09:00:00.000Z"},
		body: `{"resourceType":"Task","meta":{"profile":["` + sdohProfile + `SDOHCC-TaskForReferralManagement"]},"status":"requested","intent":"order","priority":"urgent",
		"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{request}"},
		"for":{"reference":"Patient/{ada}"},"authoredOn":"2026-03-02T09:00:00.000Z","requester":{"reference":"PractitionerRole/{role}"},"owner":{"reference":"Organization/{harbor}"}}`},
	{why: "it polls", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated&requester=PractitionerRole/{role}&subject={ada}", finds: "task"},
	{why: "for each task its request", ask: "GET /ServiceRequest/{request}", shows: []string{"status", "active", "supportingInfo.reference", "Consent/{consent}"}},
	{why: "requests, the newest first", ask: "GET /ServiceRequest?_sort=-_lastUpdated&subject={ada}", finds: "request"},
	{why: "their consents", ask: "GET /Consent/{consent}", shows: []string{"status", "active"}},
	{why: "a draft for later", ask: "POST /Task", keep: "draft",
		body: `{"resourceType":"Task","meta":{"profile":["` + sdohProfile + `SDOHCC-TaskForReferralManagement"]},"status":"draft","intent":"order",
		"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{request}"},
		"for":{"reference":"Patient/{ada}"},"authoredOn":"2026-03-02T09:00:01.000Z","requester":{"reference":"PractitionerRole/{role}"},"owner":{"reference":"Organization/{cedar}"}}`},
	{why: "the newest of two first", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated&requester=PractitionerRole/{role}&subject={ada}", finds: "draft task"},
	{why: "to cancel it reads", ask: "GET /Task/{draft}", keep: "draft"},
	{why: "and writes, without a reason", ask: "PUT /Task/{draft}", change: "draft", set: []string{"status", `"cancelled"`}, shows: []string{"status", "cancelled"}},
	{why: "then the request", ask: "GET /ServiceRequest/{request}", keep: "request"},
	{why: "a task for the patient", ask: "POST /Task", keep: "homework",
		body: `{"resourceType":"Task","meta":{"profile":["` + sdohProfile + `SDOHCC-TaskForPatient"]},"status":"requested","intent":"order",
		"code":{"coding":[{"system":"` + sdohCodes + `","code":"complete-questionnaire"}]},"for":{"reference":"Patient/{ada}"},"authoredOn":"2026-03-02T09:05:00.123Z",
		"requester":{"reference":"PractitionerRole/{role}"},"owner":{"reference":"Patient/{ada}"},
		"input":[{"type":{"coding":[{"system":"` + sdohCodes + `","code":"questionnaire"}]},"valueCanonical":"` + base + `/Questionnaire/{hunger}"}]}`},
	{why: "it polls for those", ask: "GET /Task?" + forPatient + "&_sort=-_lastUpdated&requester=PractitionerRole/{role}&subject={ada}", finds: "homework"},
	{why: "an organization of its own making", ask: "POST /Organization", body: `{"resourceType":"Organization","active":true,"name":"New Leaf","telecom":[{"system":"phone","value":"555-0100"}]}`, keep: "leaf"},
}

// agency is what the agency's client sends about that task.
var agency = []call{
	{why: "the agency connects", ask: "GET /metadata", shows: []string{"fhirVersion", "4.0.1"}},
	{why: "and asks who it may be", ask: "GET /Organization", finds: "bayview platform harbor cedar leaf"},
	{why: "it polls", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated&owner=Organization/{harbor}", finds: "task"},
	{why: "it reads the request", ask: "GET /ServiceRequest/{request}"},
	{why: "the requester", ask: "GET /PractitionerRole/{role}"},
	{why: "the patient", ask: "GET /Patient/{ada}", shows: []string{"name.family", "Quince"}},
	{why: "and the consent", ask: "GET /Consent/{consent}"},
	{why: "it accepts, with the whole resource", ask: "PUT /Task/{task}", change: "task", set: []string{"status", `"accepted"`}, shows: []string{"status", "accepted"}},
	{why: "it works", ask: "PUT /Task/{task}", change: "task", set: []string{"status", `"in-progress"`}, shows: []string{"status", "in-progress"}},
	{why: "it has no capacity entry yet", ask: "GET /HealthcareService?organization={harbor}", finds: "none"},
	{why: "it makes one", ask: "POST /HealthcareService", keep: "service",
		body: `{"resourceType":"HealthcareService","active":true,"providedBy":{"reference":"Organization/{harbor}"},"name":"Pantry"}`},
	{why: "it finds that", ask: "GET /HealthcareService?organization={harbor}", finds: "service"},
	{why: "it is full", ask: "PUT /HealthcareService/{service}", change: "service", shows: []string{"extension.extension.valueCodeableConcept.coding.code", "no-capacity"},
		set: []string{"extension", `[{"url":"` + sdohProfile + `SDOHCC-ExtensionHealthcareServiceCapacityStatus","extension":[{"url":"capacityStatus","valueCodeableConcept":{"coding":[{"code":"no-capacity"}]}}]}]`}},
	{why: "it did the work", ask: "POST /Procedure", keep: "procedure",
		body: `{"resourceType":"Procedure","meta":{"profile":["` + sdohProfile + `SDOHCC-Procedure"]},"basedOn":[{"reference":"ServiceRequest/{request}"}],"status":"completed",
		"category":` + foodCategory + `,"code":{"coding":[{"system":"http://snomed.info/sct","code":"467771000124109"}]},"subject":{"reference":"Patient/{ada}"},
		"performedDateTime":"2026-03-02","reasonReference":[{"reference":"Condition/{need}"}]}`},
	{why: "it says so", ask: "PUT /Task/{task}", change: "task", shows: []string{"status", "completed", "output.valueReference.reference", "Procedure/{procedure}"},
		set: []string{"status", `"completed"`, "output",
			`[{"type":{"coding":[{"system":"` + sdohCodes + `","code":"resulting-activity"}]},"valueReference":{"reference":"Procedure/{procedure}"}}]`}},
	{why: "the first output is there to be read", ask: "GET /Procedure/{procedure}", shows: []string{"status", "completed"}},
}

// A referral from one client to the other, and each of their calls in the order in which it comes.
func TestTheCallsOfReferralSourceAndAgency(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	a.play(t, directory)
	a.play(t, referralSource)
	a.play(t, agency)
}

// The same where the server is told who asks, as it will be once somebody logs in.
func TestTheCallsOfReferralSourceAndAgencyByName(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	a.play(t, directory)
	a.who = "org=Organization/{bayview};role=referrer"
	a.play(t, referralSource)
	a.who = "org=Organization/{harbor};role=agency"
	a.play(t, agency)
}

// These programs never ask for a second page: what is newest must be on the first, and it must be a large one.
func TestTheFirstPageHoldsTheNewest(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	newest := ""
	for i := range 60 {
		name := "org" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		a.do(t, call{ask: "POST /Organization", keep: name, body: `{"resourceType":"Organization","name":"` + name + `"}`})
		if i >= 10 {
			newest = name + " " + newest
		}
	}
	c := client{t: t, h: a.h}
	want := []string{}
	for name := range strings.FieldsSeq(newest) {
		want = append(want, a.seen[name].ID())
	}
	for _, query := range []string{"/Organization?_sort=-_lastUpdated", "/Organization"} {
		assert.Equal(t, want, c.found(query), query)
	}
}

// The models of the Ruby client know nothing of what stands beside a primitive value: it is lost when they write back what they read, and only
// history has it then.
func TestWhatTheRubyModelsDropIsInHistory(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	a.play(t, []call{
		{why: "an EHR writes a time of birth beside the date", ask: "POST /Patient", keep: "ada",
			body: `{"resourceType":"Patient","birthDate":"1980-02-03","_birthDate":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/patient-birthTime","valueDateTime":"1980-02-03T04:05:00Z"}]}}`},
		{why: "an application writes back what it has understood", ask: "PUT /Patient/{ada}", body: `{"resourceType":"Patient","id":"{ada}","birthDate":"1980-02-03","gender":"female"}`},
		{why: "the time is in the version before", ask: "GET /Patient/{ada}/_history/1", shows: []string{"_birthDate.extension.valueDateTime", "1980-02-03T04:05:00Z"}},
	})
}
