package server_test

import (
	"net/http"
	"testing"
)

// referred is one referral to the platform and one to an agency that it works with.
var referred = []call{
	{why: "a request", ask: "POST /ServiceRequest", keep: "request",
		body: `{"resourceType":"ServiceRequest","meta":{"profile":["` + sdohProfile + `SDOHCC-ServiceRequest"]},"status":"active","intent":"order",
		"category":[` + foodCategory + `],"subject":{"reference":"Patient/{ada}"},"authoredOn":"2026-03-02","supportingInfo":[{"reference":"Consent/{consent}"}]}`},
	{why: "to the platform", ask: "POST /Task", keep: "task",
		body: `{"resourceType":"Task","meta":{"profile":["` + sdohProfile + `SDOHCC-TaskForReferralManagement"]},"status":"requested","intent":"order",
		"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/{request}"},
		"for":{"reference":"Patient/{ada}"},"authoredOn":"2026-03-02T09:00:00.000Z","requester":{"reference":"PractitionerRole/{role}"},"owner":{"reference":"Organization/{platform}"}}`},
}

// delegation is how the platform takes a referral and passes it on: copies of what it read, ids and versions of the originals still in them.
var delegation = []call{
	{why: "the platform connects", ask: "GET /metadata", shows: []string{"fhirVersion", "4.0.1"}},
	{why: "it lists agencies by a code alone, the newest first", ask: "GET /Organization?_sort=-_lastUpdated&type=cbo", finds: "cedar harbor"},
	{why: "it polls for everybody's tasks", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated", finds: "task"},
	{why: "for each its request", ask: "GET /ServiceRequest/{request}", keep: "request"},
	{why: "its requester", ask: "GET /PractitionerRole/{role}"},
	{why: "its consent", ask: "GET /Consent/{consent}"},
	{why: "its patient", ask: "GET /Patient/{ada}"},
	{why: "it accepts, and lives on the body of the answer", ask: "PUT /Task/{task}", change: "task", set: []string{"status", `"accepted"`}, shows: []string{"status", "accepted", "meta.versionId", "*"}},
	{why: "it copies the request, the version of the original in it", ask: "POST /ServiceRequest", keep: "copy", shows: []string{"meta.versionId", "1", "intent", "original-order", "basedOn.reference", "ServiceRequest/{request}"},
		body: `{"resourceType":"ServiceRequest","meta":{"versionId":"7","lastUpdated":"2020-01-01T00:00:00.000Z","profile":["` + sdohProfile + `SDOHCC-ServiceRequest"]},
		"basedOn":[{"reference":"ServiceRequest/{request}"}],"status":"active","intent":"original-order","category":[` + foodCategory + `],"subject":{"reference":"Patient/{ada}"},
		"authoredOn":"2026-03-02","supportingInfo":[{"reference":"Consent/{consent}"}]}`},
	{why: "it copies the task for an agency", ask: "POST /Task", keep: "child", shows: []string{"meta.versionId", "1", "partOf.reference", "Task/{task}", "status", "requested"},
		body: `{"resourceType":"Task","id":"stale-id","meta":{"versionId":"2","lastUpdated":"2020-01-01T00:00:00.000Z","profile":["` + sdohProfile + `SDOHCC-TaskForReferralManagement"]},
		"partOf":[{"reference":"Task/{task}"}],"status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
		"focus":{"reference":"ServiceRequest/{copy}"},"for":{"reference":"Patient/{ada}"},"authoredOn":"2026-03-02T09:10:00.000Z","requester":{"reference":"Organization/{platform}"},
		"owner":{"reference":"Organization/{harbor}"}}`},
	{why: "what was copied keeps its own time of change", ask: "GET /ServiceRequest/{copy}", shows: []string{"meta.lastUpdated", "*"}},
	{why: "it polls again, the newest first", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated", finds: "child task"},
	{why: "it is at work", ask: "PUT /Task/{task}", change: "task", set: []string{"status", `"in-progress"`}, shows: []string{"status", "in-progress"}},
}

// agencyTurn is what the agency does with what was passed on to it.
var agencyTurn = []call{
	{why: "the agency polls and sees the task that is its own", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated&owner=Organization/{harbor}", finds: "child"},
	{why: "it accepts", ask: "PUT /Task/{child}", change: "child", set: []string{"status", `"accepted"`}, shows: []string{"status", "accepted"}},
	{why: "it starts", ask: "PUT /Task/{child}", change: "child", set: []string{"status", `"in-progress"`}, shows: []string{"status", "in-progress"}},
	{why: "it says that it is done, without anything done", ask: "PUT /Task/{child}", change: "child", set: []string{"status", `"completed"`},
		shows: []string{"status", "in-progress", "businessStatus.coding.code", "unconfirmed"}},
	{why: "it records what was done", ask: "POST /Procedure", keep: "procedure",
		body: `{"resourceType":"Procedure","meta":{"profile":["` + sdohProfile + `SDOHCC-Procedure"]},"basedOn":[{"reference":"ServiceRequest/{copy}"}],"status":"completed",
		"subject":{"reference":"Patient/{ada}"},"performedDateTime":"2026-03-02"}`},
	{why: "it says so again, with what was done", ask: "PUT /Task/{child}", change: "child", shows: []string{"status", "completed"},
		set: []string{"status", `"completed"`, "output",
			`[{"type":{"coding":[{"system":"` + sdohCodes + `","code":"resulting-activity"}]},"valueReference":{"reference":"Procedure/{procedure}"}}]`}},
}

// platformTurn is how the platform ends it: it copies the output of its own task.
var platformTurn = []call{
	{why: "the platform polls and reads what came of it", ask: "GET /Task/{child}", shows: []string{"status", "completed", "output.valueReference.reference", "Procedure/{procedure}"}},
	{why: "it reads the work", ask: "GET /Procedure/{procedure}"},
	{why: "it completes the referrer's task", ask: "PUT /Task/{task}", change: "task", shows: []string{"status", "completed"},
		set: []string{"status", `"completed"`, "output",
			`[{"type":{"coding":[{"system":"` + sdohCodes + `","code":"resulting-activity"}]},"valueReference":{"reference":"Procedure/{procedure}"}}]`}},
	{why: "the referrer sees it", ask: "GET /Task?" + managed + "&_sort=-_lastUpdated&requester=PractitionerRole/{role}&subject={ada}", finds: "task"},
	{why: "and follows the output", ask: "GET /Procedure/{procedure}", shows: []string{"status", "completed"}},
	{why: "the person has been there", ask: "GET /Task/{child}/$handoff", shows: []string{"parameter.0.valueCode", "attended"}},
	{why: "and the referrer is told so", ask: "GET /Task/{task}/$handoff", shows: []string{"parameter.0.valueCode", "attended"}},
}

// The whole loop of the three applications: referral, delegation, acceptance, completion.
func TestTheLoopOfTheThreeGravityApplications(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	for _, part := range [][]call{directory, referred, delegation, agencyTurn, platformTurn} {
		a.play(t, part)
	}
}

// The same where the server is told who asks.
func TestTheLoopOfTheThreeGravityApplicationsByName(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	a.play(t, directory)
	for _, part := range []struct {
		who   string
		calls []call
	}{
		{"org=Organization/{bayview};role=referrer", referred},
		{"org=Organization/{platform};role=agency", delegation},
		{"org=Organization/{harbor};role=agency", agencyTurn},
		{"org=Organization/{platform};role=agency", platformTurn},
	} {
		a.who = part.who
		a.play(t, part.calls)
	}
}

// What the platform says when it goes otherwise, and what it writes from a cache that is old.
func TestTheOtherAnswersOfTheGravityApplications(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	a.play(t, directory)
	a.play(t, referred)
	a.play(t, delegation)
	a.play(t, []call{
		{why: "the agency is full and says so in words", ask: "PUT /Task/{child}", change: "child", shows: []string{"status", "rejected", "statusReason.text", "Rejected - at capacity"},
			set: []string{"status", `"rejected"`, "statusReason", `{"text":"Rejected - at capacity"}`}},
		{why: "the platform cancels, the reason copied", ask: "PUT /Task/{task}", change: "task", shows: []string{"status", "cancelled", "statusReason.text", "Rejected - at capacity"},
			set: []string{"status", `"cancelled"`, "statusReason", `{"text":"Rejected - at capacity"}`}},
		{why: "the referrer revokes the request", ask: "PUT /ServiceRequest/{request}", change: "request", set: []string{"status", `"revoked"`}, shows: []string{"status", "revoked"}},
	})
}

// An application that writes the whole of what it read long ago overwrites what others wrote meanwhile. That is taken where the move is one
// that its task can make, and history keeps what it overwrote.
func TestAnOldTaskFromACacheIsTakenAndHistoryKeepsTheRest(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	a.play(t, directory)
	a.play(t, referred)
	a.play(t, []call{
		{why: "the platform reads", ask: "GET /Task/{task}", keep: "old"},
		{why: "somebody adds a note", ask: "PUT /Task/{task}", change: "task", set: []string{"note", `[{"text":"she prefers mornings"}]`}},
		{why: "the platform accepts what it has in its cache", ask: "PUT /Task/{old}", change: "old", set: []string{"status", `"accepted"`}, shows: []string{"status", "accepted", "note.text", ""}},
		{why: "what it overwrote is there", ask: "GET /Task/{task}/_history/{task.version}", shows: []string{"note.text", "she prefers mornings", "status", "requested"}},
		{why: "a move that its task cannot make is refused", ask: "PUT /Task/{task}", change: "task", set: []string{"status", `"draft"`}, status: http.StatusUnprocessableEntity},
		{why: "all versions are listed", ask: "GET /Task/{old}/_history", shows: []string{"type", "history", "total", "3", "entry.0.resource.status", "accepted"}},
	})
}
