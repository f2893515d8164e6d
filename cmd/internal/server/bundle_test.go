package server_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

const urn = "urn:uuid:5a1f0b1e-6a3f-4a7c-9d5c-0d1c1f2e3a4b"

func TestATransactionGivesAllItsWritesToTheEngineAtOnce(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	body := `{"resourceType":"Bundle","identifier":{"system":"urn:ehr","value":"msg-1"},"type":"transaction","entry":[
		{"fullUrl":"` + urn + `","resource":` + task + `,"request":{"method":"POST","url":"Task","ifNoneExist":"identifier=a|b"}},
		{"resource":` + patient + `,"request":{"method":"PUT","url":"Patient/p1","ifMatch":"W/\"2\""}},
		{"request":{"method":"GET","url":"Patient/p1"}},
		{"resource":` + task + `,"request":{"method":"PUT","url":"Task?identifier=c|d"}},
		{"request":{"method":"DELETE","url":"/Task/t1"}}]}`
	b := bundleOf(t, ask(t, serve(t, e), "POST", "/", body))

	assert.Equal(t, "urn:ehr|msg-1", e.identifier)
	require.Len(t, e.changes, 4)
	for i := range e.changes {
		e.changes[i].Resource = nil
	}
	assert.Equal(t, []engine.Change{
		{Method: engine.Create, Type: "Task", FullURL: urn, IfNoneExist: "identifier=a|b", Path: "Bundle.entry[0]"},
		{Method: engine.Update, Type: "Patient", ID: "p1", IfMatch: "2", Path: "Bundle.entry[1]"},
		{Method: engine.Update, Type: "Task", Query: "identifier=c|d", Path: "Bundle.entry[3]"},
		{Method: engine.Delete, Type: "Task", ID: "t1", Path: "Bundle.entry[4]"},
	}, e.changes)

	assert.Equal(t, "transaction-response", b.Type)
	var told []string
	for _, one := range b.Entry {
		told = append(told, strings.TrimSpace(one.Response.Status+" "+one.Response.Location+" "+one.Response.Etag))
	}
	assert.Equal(t, []string{
		`201 Created Task/new1/_history/1 W/"1"`,
		`200 OK Patient/p1/_history/3 W/"3"`,
		`200 OK  W/"3"`,
		`201 Created Task/new2/_history/1 W/"1"`,
		`204 No Content  W/"2"`,
	}, told)
	assert.Equal(t, base+"/Task/new1", b.Entry[0].FullURL)
	assert.Contains(t, string(b.Entry[0].Resource), `"id":"new1"`)
	assert.Contains(t, string(b.Entry[2].Resource), `"versionId":"3"`, "what the transaction itself wrote")
	assert.Equal(t, "2026-03-02T12:00:02.000Z", b.Entry[1].Response.LastModified)
	assert.Empty(t, b.Entry[4].Resource)
}

func TestATransactionOfGETsAnswersEachWithAResourceOrASearchset(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	b := bundleOf(t, ask(t, serve(t, e), "POST", "", transact(
		entry("GET", "Patient/p1", ""),
		entry("GET", "Task?status=requested&identifier=http://ehr.example/fhir|1,x|2", ""),
		entry("GET", base+"/Patient/p1/_history/1", ""),
		entry("GET", "/Patient/p1/_history", ""),
		entry("GET", "Task/t1/$handoff", ""),
		entry("GET", "metadata", ""),
		entry("HEAD", "Patient/p1", ""),
		entry("GET", "Patient/p1", "", `"ifNoneMatch":"W/\"2\""`),
	)))
	require.Len(t, b.Entry, 8)
	var kinds []string
	for _, one := range b.Entry {
		kind := ""
		if len(one.Resource) > 0 {
			kind = good(t, string(one.Resource)).Type()
		}
		kinds = append(kinds, one.Response.Status+" "+kind)
	}
	assert.Equal(t, []string{"200 OK Patient", "200 OK Bundle", "200 OK Patient", "200 OK Bundle", "200 OK Parameters", "200 OK CapabilityStatement",
		"200 OK ", "304 Not Modified "}, kinds)
	assert.Equal(t, []string{"http://ehr.example/fhir|1,x|2"}, e.asked["identifier"])
	assert.Equal(t, base+"/Patient/p1", b.Entry[0].FullURL)
	assert.Empty(t, b.Entry[1].FullURL)
	assert.Empty(t, e.changes)
}

func TestAnEntryMayNameItsResourceAsItWasRead(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"Task/t1", "/Task/t1", base + "/Task/t1", "Task/t1/_history/3", base + "/Task/t1/_history/3", "Task/t1/"} {
		e := stocked(t)
		bundleOf(t, ask(t, serve(t, e), "POST", "", transact(entry("PUT", url, task))))
		require.Len(t, e.changes, 1)
		assert.Equal(t, "Task/t1", e.changes[0].Type+"/"+e.changes[0].ID, url)
	}
}

func TestAGETOfWhatTheTransactionPutsThereIsFine(t *testing.T) {
	t.Parallel()
	e := newFake()
	b := bundleOf(t, ask(t, serve(t, e), "POST", "", transact(entry("GET", "Task/t1", ""), entry("PUT", "Task/t1", task))))
	assert.Equal(t, "200 OK", b.Entry[0].Response.Status)
	assert.Contains(t, string(b.Entry[0].Resource), `"versionId":"1"`)
}

func TestAGETOfWhatTheTransactionDeletesSaysSo(t *testing.T) {
	t.Parallel()
	b := bundleOf(t, ask(t, serve(t, stocked(t)), "POST", "", transact(entry("GET", "Task/t1", ""), entry("DELETE", "Task/t1", ""))))
	assert.Equal(t, "410 Gone", b.Entry[0].Response.Status)
	issues := outcome(t, b.Entry[0].Response.Outcome)
	assert.Equal(t, []string{"Bundle.entry[0]"}, issues[0].Expression)
}

func TestATransactionTellsWhatIsWrongWithAllItsEntries(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	w := ask(t, serve(t, e), "POST", "", transact(
		entry("POST", "Task", patient), entry("POST", "Task/t1", task), entry("POST", "Task", task), entry("PUT", "Task", task)))
	assert.Equal(t, http.StatusBadRequest, w.Code)
	var at []string
	for _, i := range issuesOf(t, w) {
		at = append(at, i.Expression...)
	}
	assert.Equal(t, []string{"Bundle.entry[0].resource.resourceType", "Bundle.entry[1].request.method", "Bundle.entry[3].request.url"}, at)
	assert.Empty(t, e.changes)
}

func TestARefusalOfTheEngineIsThatOfTheWholeTransaction(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	e.refuse = refusal(engine.Unprocessable, fhir.CodeBusinessRule, "Bundle.entry[1].resource.status", "Requested cannot become completed.")
	w := ask(t, serve(t, e), "POST", "", transact(entry("POST", "Task", task), entry("PUT", "Task/t1", task)))
	assert.Equal(t, http.StatusUnprocessableEntity, w.Code)
	assert.Equal(t, []string{"Bundle.entry[1].resource.status"}, issuesOf(t, w)[0].Expression)
}

func TestPreferHoldsForTheEntriesOfABundle(t *testing.T) {
	t.Parallel()
	body := transact(entry("POST", "Task", task), entry("GET", "Task/t1", ""))
	b := bundleOf(t, ask(t, serve(t, stocked(t)), "POST", "", body, "Prefer: return=minimal"))
	assert.Empty(t, b.Entry[0].Resource)
	assert.Empty(t, b.Entry[0].FullURL)
	assert.Equal(t, "Task/new1/_history/1", b.Entry[0].Response.Location)
	assert.NotEmpty(t, b.Entry[1].Resource, "a GET is asked for its resource")

	b = bundleOf(t, ask(t, serve(t, stocked(t)), "POST", "", body, "Prefer: return=OperationOutcome"))
	assert.Equal(t, "information", outcome(t, b.Entry[0].Resource)[0].Severity)
}

func TestWarningsStandBesideTheEntryThatTheyAreAbout(t *testing.T) {
	t.Parallel()
	e := &result{fake: newFake(), result: engine.Result{Done: engine.Created, Version: store.Version{Key: taskT1, Number: 1, Updated: noon, Body: []byte(task)},
		Issues: []fhir.Issue{{Severity: fhir.Warning, Code: fhir.CodeBusinessRule, Expression: "Bundle.entry[0].resource.owner", Text: "Nobody owns it."}}}}
	b := bundleOf(t, ask(t, serve(t, e), "POST", "", bundleWith("batch", entry("POST", "Task", task))))
	issues := outcome(t, b.Entry[0].Response.Outcome)
	assert.Equal(t, "warning", issues[0].Severity)
	assert.Equal(t, "201 Created", b.Entry[0].Response.Status)
}

func TestAnEmptyBundleIsDone(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"transaction", "batch"} {
		b := bundleOf(t, ask(t, serve(t, newFake()), "POST", "", bundleWith(kind)))
		assert.Equal(t, kind+"-response", b.Type)
		assert.Empty(t, b.Entry)
	}
}

func TestABundleMayBeStored(t *testing.T) {
	t.Parallel()
	w := ask(t, serve(t, newFake()), "POST", "/Bundle", bundleWith("collection"))
	assert.Equal(t, http.StatusCreated, w.Code, w.Body.String())
	assert.Equal(t, base+"/Bundle/new1/_history/1", w.Header().Get("Location"))
}

func TestInABatchEachEntryStandsAlone(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	b := bundleOf(t, ask(t, serve(t, e), "POST", "", bundleWith("batch",
		entry("POST", "Task", task),
		entry("GET", "Patient/none", ""),
		entry("GET", "Task/gone", ""),
		entry("POST", "Task/t1", task),
		entry("PUT", "Task/t1", task, `"ifMatch":"W/\"7\""`),
		entry("PUT", "Task/p1", patient),
		entry("DELETE", "Task", ""),
		entry("GET", "Task/t1/nothing", ""),
		entry("PUT", "Patient/p1", patient),
	)))
	assert.Equal(t, "batch-response", b.Type)
	var told []string
	for _, one := range b.Entry {
		line := one.Response.Status
		if len(one.Response.Outcome) > 0 {
			i := outcome(t, one.Response.Outcome)[0]
			line += " " + i.Code + " at " + strings.Join(i.Expression, "")
		}
		told = append(told, line)
	}
	assert.Equal(t, []string{
		"201 Created",
		"404 Not Found not-found at Bundle.entry[1]",
		"410 Gone deleted at Bundle.entry[2]",
		"400 Bad Request not-supported at Bundle.entry[3].request.method",
		"412 Precondition Failed conflict at Bundle.entry[4]",
		"400 Bad Request invalid at Bundle.entry[5].resource.resourceType",
		"400 Bad Request required at Bundle.entry[6].request.url",
		"404 Not Found not-found at Bundle.entry[7].request.url",
		"200 OK",
	}, told)
	assert.Len(t, e.changes, 3, "the bad ones never reached the engine")
}

func TestABatchWithEntriesThatCannotBeReadDoesTheOthers(t *testing.T) {
	t.Parallel()
	e := newFake()
	b := bundleOf(t, ask(t, serve(t, e), "POST", "", bundleWith("batch",
		entry("POST", "Task", `{"resourceType":"Task","status":"done","intent":"order","colour":1}`),
		entry("POST", "Task", task),
		entry("SEND", "Task", task),
		`{"resource":`+task+`}`,
		entry("GET", "Patient/none", ""),
		entry("POST", "Patient", patient),
	)))
	var told []string
	for _, one := range b.Entry {
		line := one.Response.Status
		if len(one.Response.Outcome) > 0 {
			for _, i := range outcome(t, one.Response.Outcome) {
				line += " " + i.Code + " at " + strings.Join(i.Expression, "")
			}
		}
		told = append(told, line)
	}
	require.Len(t, told, 6)
	assert.Contains(t, told[0], "400 Bad Request")
	assert.Contains(t, told[0], "code-invalid at Bundle.entry[0].resource.status")
	assert.Contains(t, told[0], "structure at Bundle.entry[0].resource.colour")
	assert.Equal(t, "201 Created", told[1])
	assert.Equal(t, "400 Bad Request code-invalid at Bundle.entry[2].request.method", told[2])
	assert.Equal(t, "400 Bad Request required at Bundle.entry[3].request", told[3])
	assert.Equal(t, "404 Not Found not-found at Bundle.entry[4]", told[4])
	assert.Equal(t, "201 Created", told[5])
	require.Len(t, e.changes, 2)
	assert.Equal(t, "Bundle.entry[1]", e.changes[0].Path)
	assert.Equal(t, "Bundle.entry[5]", e.changes[1].Path)
}

func TestABatchOfNothingButFaultsIsAnsweredEntryByEntry(t *testing.T) {
	t.Parallel()
	b := bundleOf(t, ask(t, serve(t, newFake()), "POST", "", bundleWith("batch", entry("POST", "Task", `{"resourceType":"Task"}`))))
	require.Len(t, b.Entry, 1)
	assert.Equal(t, "400 Bad Request", b.Entry[0].Response.Status)
}

func TestABatchThatIsBrokenItselfIsRefusedWhole(t *testing.T) {
	t.Parallel()
	bad := entry("POST", "Task", `{"resourceType":"Task"}`)
	for name, body := range map[string]string{
		"no JSON":                  strings.TrimSuffix(bundleWith("batch", bad), "}"),
		"an element of its own":    strings.Replace(bundleWith("batch", bad), `"type"`, `"colour":1,"type"`, 1),
		"a transaction":            bundleWith("transaction", bad),
		"of no type":               bundleWith("", bad),
		"two lists of entries":     strings.Replace(bundleWith("batch", bad), `"type"`, `"entry":[],"type"`, 1),
		"a type that is no string": strings.Replace(bundleWith("batch", bad), `"batch"`, `1`, 1),
	} {
		e := newFake()
		w := ask(t, serve(t, e), "POST", "", body)
		assert.Equal(t, http.StatusBadRequest, w.Code, name)
		issuesOf(t, w)
		assert.Empty(t, e.changes, name)
	}
}

func TestAFailureInABatchKeepsItsTextInTheLog(t *testing.T) {
	t.Parallel()
	e := newFake()
	e.refuse = errors.New("Quince was born in the middle of a statement")
	w := ask(t, serve(t, e), "POST", "", bundleWith("batch", entry("GET", "Task/t1", "")), "X-Request-Id: r-17")
	b := bundleOf(t, w)
	assert.Equal(t, "500 Internal Server Error", b.Entry[0].Response.Status)
	assert.NotContains(t, w.Body.String(), "Quince")
	assert.Contains(t, w.Body.String(), "r-17")
}
