package server_test

import (
	"net/http"
	"testing"

	"warmhandoff/fhir"
)

// ORCA shares care plans between Dutch hospitals and services; it is a Go program with a client of its own.
//
// Source: SanteonNL/orca, orchestrator

// orca is a program that asks for nothing from a cache, searches by forms, and writes by transactions to the base with a slash.
func orca(h http.Handler) *application {
	return &application{h: h, seen: map[string]*fhir.Resource{}, sent: "application/fhir+json", headers: []string{
		"Cache-Control: no-cache", "User-Agent: Go-http-client/1.1", "Accept-Encoding: gzip",
	}}
}

// put is an entry of a transaction that updates.
func put(url, resource string) string { return entry("PUT", url, resource) }

const (
	orcaTask = `{"resourceType":"Task","meta":{"profile":["http://santeonnl.github.io/shared-care-planning/StructureDefinition/SCPTask"]},
		"extension":[{"url":"http://santeonnl.github.io/shared-care-planning/StructureDefinition/resource-creator","valueReference":{"type":"Organization","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"1"}}}],
		"identifier":[{"system":"https://ehr.example","value":"77"}],"intent":"order","focus":{"reference":"ServiceRequest/{request}"},
		"requester":{"type":"Organization","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"1"}},
		"owner":{"type":"Organization","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"2"}},
		"for":{"type":"Patient","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"1"}},"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},`
	orcaAudit = `{"resourceType":"AuditEvent","type":{"system":"http://terminology.hl7.org/CodeSystem/audit-event-type","code":"rest"},"action":"C","recorded":"2026-03-02T09:00:00Z","outcome":"0",
		"agent":[{"who":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"1"}},"requestor":true}],"source":{"observer":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"1"}}},
		"entity":[{"what":{"reference":"` + urnA + `"}}]}`
)

var orcaCalls = []call{
	{why: "it reads what the server can", ask: "GET /metadata", shows: []string{"fhirVersion", "4.0.1"}},
	{why: "it looks for its search parameters", ask: "POST /SearchParameter/_search", form: "url=http%3A%2F%2Fsanteonnl.github.io%2Fshared-care-planning%2Fx", finds: "none"},
	{why: "it brings one", ask: "POST /SearchParameter",
		body: `{"resourceType":"SearchParameter","url":"http://santeonnl.github.io/shared-care-planning/x","name":"x","status":"active","description":"x","code":"x","base":["CarePlan"],"type":"reference","expression":"CarePlan.x"}`},
	{why: "the patient with the practitioner in a transaction", ask: "POST /", keep: "gp ada", entries: []string{
		posted(urnB, "Practitioner", `{"resourceType":"Practitioner","name":[{"family":"Reed"}]}`),
		posted(urnA, "Patient", `{"resourceType":"Patient","identifier":[{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"1"}],"generalPractitioner":[{"reference":"`+urnB+`"}]}`),
	}},
	{why: "the patient and who looks after her", ask: "POST /Patient/_search", form: "identifier=http%3A%2F%2Ffhir.nl%2Ffhir%2FNamingSystem%2Fbsn%7C1&_include=Patient%3Ageneral-practitioner", finds: "ada +gp"},
	{why: "a service by its kind", ask: "POST /HealthcareService/_search", finds: "none",
		form: "service-category=http%3A%2F%2Fsnomed.info%2Fsct%7C1&service-type=http%3A%2F%2Fsnomed.info%2Fsct%7C2"},
	{why: "a care plan with its team inside, and an entry in the audit", ask: "POST /", keep: "plan audit", entries: []string{
		posted(urnA, "CarePlan", `{"resourceType":"CarePlan","contained":[{"resourceType":"CareTeam","id":"team","participant":[{"member":{"type":"Organization","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"1"}}}]}],
			"status":"active","intent":"order","subject":{"type":"Patient","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"1"}},"careTeam":[{"reference":"#team"}]}`),
		posted("", "AuditEvent", orcaAudit),
	}, shows: []string{"entry.0.resource.careTeam.reference", "#team", "entry.0.resource.contained.id", "team", "entry.1.resource.entity.what.reference", "CarePlan/{plan}"}},
	{why: "the request", ask: "POST /", keep: "request", entries: []string{
		posted("", "ServiceRequest", `{"resourceType":"ServiceRequest","status":"active","intent":"order","code":{"coding":[{"system":"http://snomed.info/sct","code":"719858009"}]},
			"subject":{"type":"Patient","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"1"}}}`)}},
	{why: "it puts a task under a condition: none is there, so it is created", ask: "POST /", keep: "task", entries: []string{
		put("Task?identifier=https://ehr.example|77", orcaTask+`"status":"requested"}`)}, shows: []string{"entry.0.response.status", "201 Created"}},
	{why: "it puts it again: one is there", ask: "POST /", keep: "task", entries: []string{
		put("Task?identifier=https%3A%2F%2Fehr.example%7C77", orcaTask+`"status":"received"}`)}, shows: []string{"entry.0.response.status", "200 OK", "entry.0.resource.id", "{task}"}},
	{why: "it looks the task up", ask: "POST /Task/_search", form: "identifier=https%3A%2F%2Fehr.example%7C77", finds: "task"},
	{why: "one that is not there", ask: "POST /Task/_search", form: "identifier=https%3A%2F%2Fehr.example%7C78", finds: "none"},
	{why: "the filler asks a question in a task below", ask: "POST /", keep: "question", entries: []string{
		posted("", "Task", `{"resourceType":"Task","status":"ready","intent":"order","partOf":[{"reference":"Task/{task}"}],"focus":{"reference":"Questionnaire/q"},
			"requester":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"2"}},"owner":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"1"}},
			"input":[{"type":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/task-input-type","code":"Reference"}]},"valueReference":{"reference":"Questionnaire/q"}}]}`)}},
	{why: "the task and those below it", ask: "POST /Task/_search", form: "_id={task}&_revinclude=Task%3Apart-of", finds: "task +question"},
	{why: "as many as there are ids", ask: "POST /Task/_search", form: "_id={task},{question}", finds: "task question"},
	{why: "the question is answered", ask: "POST /", keep: "question", entries: []string{
		put("Task/{question}", `{"resourceType":"Task","id":"{question}","status":"completed","intent":"order","partOf":[{"reference":"Task/{task}"}],"focus":{"reference":"Questionnaire/q"},
			"requester":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"2"}},"owner":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"1"}}}`)},
		shows: []string{"entry.0.resource.status", "completed"}},
	{why: "the filler accepts, with a note", ask: "POST /", keep: "task", entries: []string{
		put("Task/{task}", orcaTask+`"id":"{task}","status":"accepted","note":[{"text":"we take it"}]}`)}, shows: []string{"entry.0.resource.status", "accepted", "entry.0.resource.note.text", "we take it"}},
	{why: "it starts", ask: "POST /", keep: "task", entries: []string{put("Task/{task}", orcaTask+`"id":"{task}","status":"in-progress"}`)}, shows: []string{"entry.0.resource.status", "in-progress"}},
	{why: "it did the work; nobody has consented to the outcome being told, so the task does not tell it", ask: "POST /", keep: "procedure task", entries: []string{
		posted(urnA, "Procedure", `{"resourceType":"Procedure","basedOn":[{"reference":"ServiceRequest/{request}"}],"status":"completed","subject":{"type":"Patient","identifier":{"system":"http://fhir.nl/fhir/NamingSystem/bsn","value":"1"}},"performedDateTime":"2026-03-02"}`),
		put("Task/{task}", orcaTask+`"id":"{task}","status":"completed","output":[{"type":{"coding":[{"system":"`+sdohCodes+`","code":"resulting-activity"}]},"valueReference":{"reference":"`+urnA+`"}}]}`)},
		shows: []string{"entry.1.resource.status", "in-progress", "entry.1.resource.output", "", "entry.1.resource.businessStatus.coding.code", ""}},
	{why: "and still it is known that the person came", ask: "GET /Task/{task}/$handoff", shows: []string{"parameter.0.valueCode", "attended"}},
	{why: "it tells of a change: a history with what it is about in front", ask: "POST /Bundle", shows: []string{"type", "history", "entry.0.resource.resourceType", "Parameters"},
		body: `{"resourceType":"Bundle","meta":{"profile":["http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-notification-r4"]},"type":"history","timestamp":"2026-03-02T09:00:00Z",
		"entry":[{"fullUrl":"urn:uuid:77777777-7777-4777-8777-777777777777","resource":{"resourceType":"Parameters","parameter":[{"name":"subscription","valueReference":{"reference":"https://cps.example/Subscription/1"}},
			{"name":"status","valueCode":"active"},{"name":"type","valueCode":"event-notification"},
			{"name":"notification-event","part":[{"name":"event-number","valueString":"1"},{"name":"timestamp","valueInstant":"2026-03-02T09:00:00Z"},
			{"name":"focus","valueReference":{"reference":"https://cps.example/Task/9","type":"Task"}}]}]},
			"request":{"method":"GET","url":"https://cps.example/Subscription/1/$status"},"response":{"status":"200"}}]}`},
	{why: "a task that is refused, with the reason in words", ask: "POST /", keep: "other", entries: []string{
		posted("", "Task", `{"resourceType":"Task","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/{request}"},"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
			"owner":{"identifier":{"system":"http://fhir.nl/fhir/NamingSystem/ura","value":"3"}}}`)}},
	{why: "rejected", ask: "PUT /Task/{other}", change: "other", set: []string{"status", `"rejected"`, "statusReason", `{"text":"no room"}`}, shows: []string{"status", "rejected", "statusReason.text", "no room"}},
}

func TestTheCallsOfORCA(t *testing.T) {
	t.Parallel()
	orca(realServer(t)).play(t, orcaCalls)
}

// A condition that picks more than one is an error, and nothing of the transaction is done.
func TestAConditionOfORCAThatPicksTwoIsRefused(t *testing.T) {
	t.Parallel()
	a := orca(realServer(t))
	one := `{"resourceType":"Organization","identifier":[{"system":"urn:x","value":"1"}],"name":"A"}`
	a.play(t, []call{
		{why: "one", ask: "POST /Organization", body: one},
		{why: "another of the same number", ask: "POST /Organization", body: one},
	})
	w := a.send(t, call{}, "POST", "/", transact(put("Organization?identifier=urn:x|1", one), posted("", "Patient", `{"resourceType":"Patient"}`)))
	if w.Code != http.StatusPreconditionFailed {
		t.Errorf("status %d", w.Code)
	}
	a.play(t, []call{{why: "nothing was done", ask: "GET /Patient", finds: "none"}})
}
