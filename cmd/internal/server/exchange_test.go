package server_test

import (
	"net/http"
	"strings"
	"testing"

	"warmhandoff/fhir"
)

// The exchange implementation of the Gravity project: an EHR, a coordination platform and an agency, in Java on the HAPI client.
//
// Source: Gravity SDOH Exchange reference implementation

// hapi is a program on the HAPI client: it would take XML as well as JSON, and puts an escape for the colon in the name of a parameter.
func hapi(h http.Handler) *application {
	return &application{h: h, seen: map[string]*fhir.Resource{}, sent: "application/fhir+json; charset=UTF-8", headers: []string{
		"Accept: application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9",
		"Accept-Charset: utf-8", "Accept-Encoding: gzip", "User-Agent: HAPI-FHIR/5.3.0 (FHIR Client; FHIR 4.0.1/R4; apache)",
	}}
}

const (
	orgTypes = "http://hl7.org/gravity/CodeSystem/sdohcc-temporary-organization-type-codes"
	connects = "http://terminology.hl7.org/CodeSystem/endpoint-connection-type"
	ehrBase  = "http://ehr.example/fhir"
	urnA     = "urn:uuid:11111111-1111-4111-8111-111111111111"
	urnB     = "urn:uuid:22222222-2222-4222-8222-222222222222"
	urnC     = "urn:uuid:33333333-3333-4333-8333-333333333333"
	urnD     = "urn:uuid:44444444-4444-4444-8444-444444444444"
	urnE     = "urn:uuid:55555555-5555-4555-8555-555555555555"
	urnF     = "urn:uuid:66666666-6666-4666-8666-666666666666"
)

// posted is an entry of a transaction that creates.
func posted(fullURL, typ, resource string) string {
	named := ""
	if fullURL != "" {
		named = `"fullUrl":"` + fullURL + `",`
	}
	return `{` + named + `"resource":` + resource + `,"request":{"method":"POST","url":"` + typ + `"}}`
}

// exchangeDirectory is what the EHR, the platform and the agency know of each other.
var exchangeDirectory = []call{
	{why: "it connects and looks at the version", ask: "GET /metadata", shows: []string{"fhirVersion", "4.0.1"}},
	{why: "the EHR's endpoint", ask: "POST /Endpoint", keep: "endpoint",
		body: `{"resourceType":"Endpoint","status":"active","connectionType":{"system":"` + connects + `","code":"hl7-fhir-rest"},
		"payloadType":[{"text":"any"}],"address":"http://cp.example/fhir"}`},
	{why: "the platform", ask: "POST /Organization", keep: "platform",
		body: `{"resourceType":"Organization","meta":{"profile":["` + usCore + `us-core-organization"]},"name":"Tidewater",
		"type":[{"coding":[{"system":"` + orgTypes + `","code":"cp"}]}],"endpoint":[{"reference":"Endpoint/{endpoint}"}]}`},
	{why: "the agency", ask: "POST /Organization", keep: "harbor",
		body: `{"resourceType":"Organization","name":"Harbor House","identifier":[{"system":"urn:ietf:rfc:3986","value":"http://cbo.example/fhir"}],
		"type":[{"coding":[{"system":"` + orgTypes + `","code":"cbo"}]}]}`},
	{why: "the clinic", ask: "POST /Organization", keep: "clinic",
		body: `{"resourceType":"Organization","meta":{"profile":["` + usCore + `us-core-organization"]},"name":"Bayview Clinic"}`},
	{why: "a patient", ask: "POST /Patient", keep: "ada", body: `{"resourceType":"Patient","name":[{"family":"Quince","given":["Ada"]}]}`},
	{why: "a practitioner", ask: "POST /Practitioner", keep: "reed", body: `{"resourceType":"Practitioner","name":[{"family":"Reed"}]}`},
	{why: "her role", ask: "POST /PractitionerRole", keep: "role",
		body: `{"resourceType":"PractitionerRole","meta":{"profile":["` + usCore + `us-core-practitionerrole"]},"practitioner":{"reference":"Practitioner/{reed}"},
		"organization":{"reference":"Organization/{clinic}"}}`},
	{why: "a consent", ask: "POST /Consent", keep: "consent",
		body: `{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},"category":[{"coding":[{"code":"IDSCL"}]}],
		"patient":{"reference":"Patient/{ada}"},"policyRule":{"text":"local"},"provision":{"type":"permit"}}`},
	{why: "a need", ask: "POST /Condition", keep: "need",
		body: `{"resourceType":"Condition","meta":{"profile":["` + sdohProfile + `SDOHCC-Condition"]},
		"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]},
		"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-category","code":"problem-list-item"}]}],
		"code":{"text":"hunger"},"subject":{"reference":"Patient/{ada}"}}`},
	{why: "a goal", ask: "POST /Goal", keep: "goal",
		body: `{"resourceType":"Goal","meta":{"profile":["` + sdohProfile + `SDOHCC-Goal"]},"lifecycleStatus":"active","description":{"text":"food"},"subject":{"reference":"Patient/{ada}"}}`},
}

const usCore = "http://hl7.org/fhir/us/core/StructureDefinition/"

// exchangeEHR is what the EHR sends to refer: a transaction of reads, one of creates, and a poll.
var exchangeEHR = []call{
	{why: "it gathers what it needs in a transaction of reads", ask: "POST /", entries: []string{
		entry("GET", "Patient/{ada}", ""),
		entry("GET", "PractitionerRole?practitioner={reed}&_profile="+usCore+"us-core-practitionerrole&organization._profile="+usCore+"us-core-organization", ""),
		entry("GET", "Consent?_id={consent}", ""),
		entry("GET", "Organization?_id={platform}&type="+orgTypes+"|&_include=Organization:endpoint&endpoint.connection-type="+connects+"|hl7-fhir-rest", ""),
		entry("GET", "Condition?_id={need},no-such&_profile="+sdohProfile+"SDOHCC-Condition", ""),
		entry("GET", "Goal?_id={goal},no-such&_profile="+sdohProfile+"SDOHCC-Goal", ""),
	}, shows: []string{"entry.0.resource.resourceType", "Patient",
		"entry.1.resource.type", "searchset", "entry.1.resource.total", "1", "entry.1.resource.entry.resource.id", "{role}",
		"entry.2.resource.total", "1", "entry.3.resource.total", "1", "entry.3.resource.entry.0.resource.id", "{platform}",
		"entry.3.resource.entry.1.resource.id", "{endpoint}", "entry.3.resource.entry.1.search.mode", "include",
		"entry.4.resource.total", "1", "entry.5.resource.entry.resource.id", "{goal}"}},
	{why: "it creates request and task, the task without a name", ask: "POST /", keep: "request task", entries: []string{
		posted(urnA, "ServiceRequest", `{"resourceType":"ServiceRequest","meta":{"profile":["`+sdohProfile+`SDOHCC-ServiceRequest"]},"status":"active","intent":"order",
		"category":[`+foodCategory+`],"subject":{"reference":"Patient/{ada}"},"requester":{"reference":"PractitionerRole/{role}"},"reasonReference":[{"reference":"Condition/{need}"}],
		"supportingInfo":[{"reference":"Consent/{consent}"}]}`),
		posted("", "Task", `{"resourceType":"Task","meta":{"profile":["`+sdohProfile+`SDOHCC-TaskForReferralManagement"]},"status":"requested","intent":"order",
		"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"`+urnA+`"},"for":{"reference":"Patient/{ada}"},
		"authoredOn":"2026-03-02T09:00:00+00:00","requester":{"reference":"PractitionerRole/{role}"},"owner":{"reference":"Organization/{platform}"}}`),
	}, shows: []string{"entry.1.resource.focus.reference", "ServiceRequest/{request}", "entry.1.response.status", "201 Created"}},
	{why: "it reads the task with its request", ask: "GET /Task?_id={task}&_include=Task%3Afocus", finds: "task +request"},
	{why: "the same with a bare colon", ask: "GET /Task?_id={task}&_include=Task:focus", finds: "task +request"},
	{why: "it polls for what is open, with all that hangs on it", finds: "task +request +platform +endpoint",
		ask: "GET /Task?_include=Task%3Afocus&_include=Task%3Aowner&_include%3Aiterate=Organization%3Aendpoint&owner%3AOrganization.type=" + orgTypes + "%7Ccp" +
			"&status%3Anot=failed&status%3Anot=rejected&status%3Anot=completed&status%3Anot=cancelled&authored-on=lt2026-03-02T10%3A00%3A00.000Z"},
	{why: "its lists: needs", ask: "GET /Condition?patient={ada}&_profile=" + sdohProfile + "SDOHCC-Condition&category=http://terminology.hl7.org/CodeSystem/condition-category|problem-list-item&clinical-status=active", finds: "need"},
	{why: "goals", ask: "GET /Goal?patient={ada}&_profile=" + sdohProfile + "SDOHCC-Goal&lifecycle-status=active", finds: "goal"},
	{why: "organizations of a system, whatever the code", ask: "GET /Organization?type=" + orgTypes + "%7C&_sort=-_lastUpdated", finds: "harbor platform"},
	{why: "services with their places", ask: "GET /HealthcareService?organization={harbor}&_include=HealthcareService%3Alocation", finds: "none"},
	{why: "who pays", ask: "GET /Coverage?beneficiary={ada}&_include=Coverage%3Apayor", finds: "none"},
	{why: "observations of a code, and of a system", ask: "GET /Observation?patient={ada}&category=survey&category=" + sdohCodes + "|", finds: "none"},
	{why: "answers, the newest three, with what was derived from them", finds: "none",
		ask: "GET /QuestionnaireResponse?_profile=" + sdohProfile + "X&_revinclude=Observation%3Aderived-from&_sort=-authored&_count=3"},
	{why: "questionnaires by their address", ask: "GET /Questionnaire?url=http%3A%2F%2Fexample.org%2Fa%2Chttp%3A%2F%2Fexample.org%2Fb", finds: "none"},
	{why: "a map by its address", ask: "GET /StructureMap?url=http://example.org/map", finds: "none"},
	{why: "the tasks of a patient", ask: "GET /Task?owner%3APatient={ada}", finds: "none"},
	{why: "an observation with who made it and what it came from", finds: "none",
		ask: "GET /Observation?_id=no-such&_include=Observation%3Aperformer&_include=Observation%3Aderived-from"},
	{why: "how many there are", ask: "GET /Task?owner=Organization/{platform}&_count=0", shows: []string{"total", "1", "entry", ""}},
}

// exchangePlatform is what the platform does: it takes the EHR's task, brings what hangs on it into its own store, and passes it on.
var exchangePlatform = []call{
	{why: "the EHR writes the task at the platform, all references absolute", ask: "POST /Task", keep: "taken",
		body: `{"resourceType":"Task","identifier":[{"system":"` + ehrBase + `","value":"{task}"}],"status":"requested","intent":"order",
		"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"` + ehrBase + `/ServiceRequest/{request}"},
		"for":{"reference":"` + ehrBase + `/Patient/{ada}"},"authoredOn":"2026-03-02T09:00:00+00:00","requester":{"reference":"` + ehrBase + `/PractitionerRole/{role}"},
		"owner":{"reference":"` + ehrBase + `/Organization/{platform}"}}`,
		shows: []string{"focus.reference", ehrBase + "/ServiceRequest/{request}", "for.reference", ehrBase + "/Patient/{ada}", "owner.reference", ehrBase + "/Organization/{platform}"}},
	{why: "the EHR finds it by its own number", ask: "GET /Task?identifier=" + ehrBase + "%7C{task}&_include=Task%3Afocus", finds: "taken"},
	{why: "the same with a bare bar", ask: "GET /Task?identifier=" + ehrBase + "|{task}", finds: "taken"},
	{why: "the platform polls for what is new", ask: "GET /Task?status=requested", finds: "task taken"},
	{why: "it looks what it has already", ask: "POST /", entries: []string{
		entry("GET", "Patient?identifier="+ehrBase+"|{ada},"+ehrBase+"|x", ""), entry("GET", "Organization?identifier="+ehrBase+"|{clinic}", ""),
	}, shows: []string{"entry.0.resource.type", "searchset", "entry.0.resource.total", "0", "entry.1.resource.total", "0"}},
	{why: "it brings all of it in, and the task that names it", ask: "POST /", keep: "cada cclinic cconsent cneed crequest taken", entries: []string{
		posted(urnA, "Patient", `{"resourceType":"Patient","identifier":[{"system":"`+ehrBase+`","value":"{ada}"}],"name":[{"family":"Quince"}]}`),
		posted(urnB, "Organization", `{"resourceType":"Organization","identifier":[{"system":"`+ehrBase+`","value":"{clinic}"}],"name":"Bayview Clinic"}`),
		posted(urnC, "Consent", `{"resourceType":"Consent","identifier":[{"system":"`+ehrBase+`","value":"{consent}"}],"status":"active","scope":{"coding":[{"code":"patient-privacy"}]},
			"category":[{"coding":[{"code":"IDSCL"}]}],"patient":{"reference":"`+urnA+`"},"policyRule":{"text":"local"},"provision":{"type":"permit"}}`),
		posted(urnD, "Condition", `{"resourceType":"Condition","identifier":[{"system":"`+ehrBase+`","value":"{need}"}],"code":{"text":"hunger"},"subject":{"reference":"`+urnA+`"}}`),
		posted(urnE, "ServiceRequest", `{"resourceType":"ServiceRequest","identifier":[{"system":"`+ehrBase+`","value":"{request}"}],"status":"active","intent":"order",
			"subject":{"reference":"`+urnA+`"},"requester":{"reference":"`+urnB+`"},"reasonReference":[{"reference":"`+urnD+`"}],"supportingInfo":[{"reference":"`+urnC+`"}]}`),
		entry("PUT", base+"/Task/{taken}/_history/{taken.version}", `{"resourceType":"Task","id":"{taken}","identifier":[{"system":"`+ehrBase+`","value":"{task}"}],"status":"received","intent":"order",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"`+urnE+`"},"for":{"reference":"`+urnA+`"},
			"authoredOn":"2026-03-02T09:00:00+00:00","requester":{"reference":"`+urnB+`"},"owner":{"reference":"Organization/{platform}"}}`),
	}, shows: []string{"entry.5.resource.focus.reference", "ServiceRequest/{crequest}", "entry.5.resource.for.reference", "Patient/{cada}",
		"entry.4.resource.supportingInfo.reference", "Consent/{cconsent}", "entry.5.response.status", "200 OK"}},
	{why: "it accepts", ask: "POST /", keep: "taken", entries: []string{
		entry("PUT", "Task/{taken}", `{"resourceType":"Task","id":"{taken}","identifier":[{"system":"`+ehrBase+`","value":"{task}"}],"status":"accepted","intent":"order",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{crequest}"},"for":{"reference":"Patient/{cada}"},
			"authoredOn":"2026-03-02T09:00:00+00:00","lastModified":"2026-03-02T09:30:00+00:00","requester":{"reference":"Organization/{cclinic}"},"owner":{"reference":"Organization/{platform}"},
			"note":[{"authorReference":{"reference":"Organization/{platform}"},"time":"2026-03-02T09:30:00+00:00","text":"we take it"}]}`),
	}, shows: []string{"entry.0.resource.status", "accepted"}},
	{why: "it passes it on", ask: "POST /", keep: "ours child", entries: []string{
		posted(urnA, "ServiceRequest", `{"resourceType":"ServiceRequest","basedOn":[{"reference":"ServiceRequest/{crequest}"}],"status":"active","intent":"filler-order",
			"subject":{"reference":"Patient/{cada}"},"requester":{"reference":"Organization/{platform}"},"supportingInfo":[{"reference":"Consent/{cconsent}"}]}`),
		posted("", "Task", `{"resourceType":"Task","basedOn":[{"reference":"Task/{taken}"}],"status":"requested","intent":"filler-order",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"`+urnA+`"},"for":{"reference":"Patient/{cada}"},
			"authoredOn":"2026-03-02T09:40:00+00:00","requester":{"reference":"Organization/{platform}"},"owner":{"reference":"Organization/{harbor}"}}`),
	}, shows: []string{"entry.1.resource.focus.reference", "ServiceRequest/{ours}"}},
	{why: "it lists what it has, with what was made of it", finds: "taken +crequest +child +ours +platform +harbor",
		ask: "GET /Task?status%3Anot=requested&intent=order&_include=Task%3Afocus&_revinclude=Task%3Abased-on&_include%3Aiterate=Task%3Aowner&_include%3Aiterate=Task%3Afocus&_sort=-_lastUpdated"},
	{why: "it polls as the EHR does, and for what was made of each", finds: "taken +crequest +platform +endpoint +child +ours",
		ask: "GET /Task?identifier=" + ehrBase + "%7C{task}&_include=Task%3Afocus&_include=Task%3Aowner&_include%3Aiterate=Organization%3Aendpoint&_revinclude=Task%3Abased-on&_include%3Aiterate=Task%3Afocus" +
			"&status%3Anot=failed&status%3Anot=rejected&status%3Anot=completed&status%3Anot=cancelled&authored-on=lt2026-03-02T10%3A00%3A00.000Z"},
	{why: "it looks for what it passed on", ask: "GET /Task?based-on=Task/{taken}&intent=filler-order&_include=Task%3Afocus", finds: "child +ours"},
}

// exchangeAgency is what the agency sends: it polls by its own address, and writes everything in one transaction.
var exchangeAgency = []call{
	{why: "it sees what is asked of it only once that is taken up", finds: "none",
		ask: "GET /Task?status%3Anot=requested&intent=filler-order,order&owner%3AOrganization.identifier=http://cbo.example/fhir&_include=Task%3Afocus&_include=Task%3Asubject&_include=Task%3Arequester&_sort=-_lastUpdated"},
	{why: "it accepts", ask: "PUT /Task/{child}", change: "child", set: []string{"status", `"accepted"`}, shows: []string{"status", "accepted"}},
	{why: "then it finds it, with all that it needs", finds: "child +ours +cada +platform",
		ask: "GET /Task?status%3Anot=requested&intent=filler-order,order&owner%3AOrganization.identifier=http://cbo.example/fhir&_include=Task%3Afocus&_include=Task%3Asubject&_include=Task%3Arequester&_sort=-_lastUpdated"},
	{why: "it starts", ask: "PUT /Task/{child}", change: "child", set: []string{"status", `"in-progress"`}, shows: []string{"status", "in-progress"}},
	{why: "it waits", ask: "PUT /Task/{child}", change: "child", set: []string{"status", `"on-hold"`, "statusReason", `{"text":"no room"}`}, shows: []string{"status", "on-hold", "statusReason.text", "no room"}},
	{why: "and goes on", ask: "PUT /Task/{child}", change: "child", set: []string{"status", `"in-progress"`}, shows: []string{"status", "in-progress"}},
	{why: "it completes: what was done, the request and the task at once", ask: "POST /", keep: "procedure ours child", entries: []string{
		posted(urnF, "Procedure", `{"resourceType":"Procedure","meta":{"profile":["`+sdohProfile+`SDOHCC-Procedure"]},"basedOn":[{"reference":"ServiceRequest/{ours}"}],"status":"completed",
			"subject":{"reference":"Patient/{cada}"},"performedDateTime":"2026-03-02"}`),
		entry("PUT", base+"/ServiceRequest/{ours}/_history/1", `{"resourceType":"ServiceRequest","id":"{ours}","basedOn":[{"reference":"ServiceRequest/{crequest}"}],"status":"completed","intent":"filler-order",
			"subject":{"reference":"Patient/{cada}"},"requester":{"reference":"Organization/{platform}"},"supportingInfo":[{"reference":"Consent/{cconsent}"}]}`),
		entry("PUT", base+"/Task/{child}/_history/{child.version}", `{"resourceType":"Task","id":"{child}","basedOn":[{"reference":"Task/{taken}"}],"status":"completed","intent":"filler-order",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{ours}"},"for":{"reference":"Patient/{cada}"},
			"authoredOn":"2026-03-02T09:40:00+00:00","lastModified":"2026-03-02T11:00:00+00:00","requester":{"reference":"Organization/{platform}"},"owner":{"reference":"Organization/{harbor}"},
			"output":[{"type":{"coding":[{"system":"`+sdohCodes+`","code":"resulting-activity"}]},"valueCodeableConcept":{"text":"she came and ate"}},
			{"type":{"coding":[{"system":"`+sdohCodes+`","code":"resulting-activity"}]},"valueReference":{"reference":"Procedure/`+urnF+`"}}]}`),
	}, shows: []string{"entry.2.resource.status", "completed", "entry.2.resource.output.1.valueReference.reference", "Procedure/{procedure}", "entry.1.resource.status", "completed"}},
}

// exchangeEnd is how the word goes back: the platform to its own task of the EHR's, the EHR to its own.
var exchangeEnd = []call{
	{why: "the platform reads what was done", ask: "GET /Procedure?_id={procedure},no-such", finds: "procedure"},
	{why: "it completes the task that it took", ask: "POST /", keep: "taken crequest", entries: []string{
		entry("PUT", "Task/{taken}", `{"resourceType":"Task","id":"{taken}","identifier":[{"system":"`+ehrBase+`","value":"{task}"}],"status":"completed","intent":"order",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{crequest}"},"for":{"reference":"Patient/{cada}"},
			"authoredOn":"2026-03-02T09:00:00+00:00","lastModified":"2026-03-02T11:10:00+00:00","requester":{"reference":"Organization/{cclinic}"},"owner":{"reference":"Organization/{platform}"},
			"output":[{"type":{"coding":[{"system":"`+sdohCodes+`","code":"resulting-activity"}]},"valueReference":{"reference":"Procedure/{procedure}"}}]}`),
		entry("PUT", "ServiceRequest/{crequest}", `{"resourceType":"ServiceRequest","id":"{crequest}","identifier":[{"system":"`+ehrBase+`","value":"{request}"}],"status":"completed","intent":"order",
			"subject":{"reference":"Patient/{cada}"},"requester":{"reference":"Organization/{cclinic}"},"reasonReference":[{"reference":"Condition/{cneed}"}],"supportingInfo":[{"reference":"Consent/{cconsent}"}]}`),
	}, shows: []string{"entry.0.resource.status", "completed", "entry.1.resource.status", "completed"}},
	{why: "the EHR copies it: task, request and what was done", ask: "POST /", keep: "task request echo", entries: []string{
		entry("PUT", base+"/Task/{task}/_history/{task.version}", `{"resourceType":"Task","id":"{task}","meta":{"profile":["`+sdohProfile+`SDOHCC-TaskForReferralManagement"]},"status":"in-progress","intent":"order",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{request}"},"for":{"reference":"Patient/{ada}"},
			"authoredOn":"2026-03-02T09:00:00+00:00","requester":{"reference":"PractitionerRole/{role}"},"owner":{"reference":"Organization/{platform}"}}`),
		entry("PUT", "ServiceRequest/{request}", `{"resourceType":"ServiceRequest","id":"{request}","meta":{"profile":["`+sdohProfile+`SDOHCC-ServiceRequest"]},"status":"active","intent":"order",
			"category":[`+foodCategory+`],"subject":{"reference":"Patient/{ada}"},"requester":{"reference":"PractitionerRole/{role}"},"supportingInfo":[{"reference":"Consent/{consent}"}]}`),
		posted(urnA, "Procedure", `{"resourceType":"Procedure","basedOn":[{"reference":"ServiceRequest/{request}"}],"status":"completed","subject":{"reference":"Patient/{ada}"},"performedDateTime":"2026-03-02"}`),
	}},
	{why: "and in the next poll the end", ask: "POST /", keep: "task", entries: []string{
		entry("PUT", base+"/Task/{task}/_history/{task.version}", `{"resourceType":"Task","id":"{task}","meta":{"profile":["`+sdohProfile+`SDOHCC-TaskForReferralManagement"]},"status":"completed","intent":"order",
			"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{request}"},"for":{"reference":"Patient/{ada}"},
			"authoredOn":"2026-03-02T09:00:00+00:00","requester":{"reference":"PractitionerRole/{role}"},"owner":{"reference":"Organization/{platform}"},
			"output":[{"type":{"coding":[{"system":"`+sdohCodes+`","code":"resulting-activity"}]},"valueReference":{"reference":"Procedure/{echo}"}}]}`),
	}, shows: []string{"entry.0.resource.status", "completed"}},
	{why: "the agency's person came", ask: "GET /Task/{child}/$handoff", shows: []string{"parameter.0.valueCode", "attended"}},
	{why: "the platform knows", ask: "GET /Task/{taken}/$handoff", shows: []string{"parameter.0.valueCode", "attended"}},
	{why: "and so does the EHR", ask: "GET /Task/{task}/$handoff", shows: []string{"parameter.0.valueCode", "attended"}},
}

// The whole loop of the exchange, with one server for the three.
func TestTheLoopOfTheGravityExchange(t *testing.T) {
	t.Parallel()
	a := hapi(realServer(t))
	for _, part := range [][]call{exchangeDirectory, exchangeEHR, exchangePlatform, exchangeAgency, exchangeEnd} {
		a.play(t, part)
	}
}

// Where the agency of the exchange takes a task, step by step, and where it ends.
func TestTheMovesThatTheExchangeMakes(t *testing.T) {
	t.Parallel()
	for _, way := range []string{
		"received accepted in-progress on-hold in-progress", "received rejected", "received accepted cancelled", "received accepted in-progress cancelled",
		"received accepted in-progress on-hold cancelled", "received accepted in-progress failed", "accepted in-progress", "rejected",
	} {
		for _, who := range []string{"", "org=Organization/{platform};role=agency"} {
			t.Run(way+" "+who, func(t *testing.T) {
				t.Parallel()
				a := hapi(realServer(t))
				a.play(t, exchangeDirectory)
				a.play(t, exchangeEHR[1:2])
				a.who = who
				for status := range strings.FieldsSeq(way) {
					a.do(t, call{ask: "PUT /Task/{task}", change: "task", set: []string{"status", `"` + status + `"`, "statusReason", `{"text":"as things are"}`}, shows: []string{"status", status}})
				}
			})
		}
	}
}
