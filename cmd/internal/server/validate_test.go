package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/server"
	"warmhandoff/fhir"
	guide "warmhandoff/fhir/profile"
)

// narrated is a resource with a narrative, so that dom-6 has nothing to say.
func narrated(typ, members string) string {
	return `{"resourceType":"` + typ + `","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},` + members + `}`
}

// likes is a profile that this test makes up.
var likes = guide.Profile{URL: "urn:profile:for", Version: "1", Name: "Somebody", Type: "Task", Rules: []guide.Rule{{Path: "for", Min: 1}}}

// wrongs gives the issues of an answer as lines.
func wrongs(t *testing.T, s http.Handler, method, path, body string, headers ...string) []string {
	t.Helper()
	w := ask(t, s, method, path, body, headers...)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var lines []string
	for _, i := range issuesOf(t, w) {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", i.Severity, i.Code, strings.Join(i.Expression, ","))))
	}
	return lines
}

func TestValidateTellsEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t), func(s *server.Settings) { s.Profiles = []guide.Profile{likes} })
	good := narrated("Task", `"status":"requested","intent":"order"`)
	fine := []string{"information informational"}
	for _, tt := range []struct {
		name, path, body string
		headers          []string
		want             []string
	}{
		{"a resource that is right", "/Task/$validate", good, nil, fine},
		{"the same in Parameters", "/Task/$validate", `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":` + good + `}]}`, nil, fine},
		{"the same in XML", "/Task/$validate", `<Task xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">x</div></text><status value="requested"/><intent value="order"/></Task>`, []string{"Content-Type: application/fhir+xml"}, fine},
		{"no narrative", "/Task/$validate", task, nil, []string{"warning invariant Task"}},
		{"what a write is refused for, and an invariant beside it", "/Task/$validate", narrated("Task", `"status":"done","intent":"order","executionPeriod":{"start":"2026-02-02","end":"2026-02-01"},"colour":"red"`), nil,
			[]string{"error code-invalid Task.status", "error structure Task.colour", "warning invariant Task.executionPeriod"}},
		{"the same in Parameters, named from the resource on", "/Task/$validate", `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":` + narrated("Task", `"status":"done","intent":"order"`) + `}]}`, nil,
			[]string{"error code-invalid Task.status"}},
		{"no JSON", "/Task/$validate", `{"resourceType":"Task",`, nil, []string{"fatal structure Task.resourceType"}},
		{"no XML", "/Task/$validate", `<Task xmlns="http://hl7.org/fhir">`, []string{"Content-Type: application/fhir+xml"}, []string{"fatal structure"}},
		{"a profile that is asked for", "/Task/$validate?profile=urn:profile:for", good, nil, []string{"error required Task.for"}},
		{"a profile that is asked for in Parameters", "/Task/$validate", `{"resourceType":"Parameters","parameter":[{"name":"profile","valueUri":"urn:profile:for|1"},{"name":"resource","resource":` + good + `}]}`, nil, []string{"error required Task.for"}},
		{"a profile that is asked for and not known", "/Task/$validate?mode=profile&profile=urn:profile:other", good, nil, []string{"error not-supported"}},
		{"the profile of R4 itself", "/Task/$validate?profile=http://hl7.org/fhir/StructureDefinition/Task", good, nil, fine},
		{"an invariant, asked whether it is taken", "/Task/$validate", narrated("Task", `"status":"requested","intent":"order","executionPeriod":{"start":"2026-02-02","end":"2026-02-01"}`), nil, []string{"warning invariant Task.executionPeriod"}},
		{"an invariant, asked whether it is valid R4", "/Task/$validate?profile=http://hl7.org/fhir/StructureDefinition/Task", narrated("Task", `"status":"requested","intent":"order","executionPeriod":{"start":"2026-02-02","end":"2026-02-01"}`), nil, []string{"error invariant Task.executionPeriod"}},
		{"white space alone", "/Task/$validate", narrated("Task", `"status":"requested","intent":"order","description":"  "`), nil, []string{"warning invariant Task.description"}},
		{"white space alone, asked whether it is valid R4", "/Task/$validate?profile=http://hl7.org/fhir/StructureDefinition/Task|4.0.1", narrated("Task", `"status":"requested","intent":"order","description":"  "`), nil, []string{"warning invariant Task.description"}},
		{"a profile that is claimed", "/Task/$validate", narrated("Task", `"meta":{"profile":["urn:profile:for","urn:profile:other"]},"status":"requested","intent":"order"`), nil,
			[]string{"warning required Task.for", "information not-supported Task.meta.profile[1]"}},
		{"a profile that is claimed and asked for", "/Task/$validate?profile=urn:profile:for%7C1", narrated("Task", `"meta":{"profile":["urn:profile:for"]},"status":"requested","intent":"order"`), nil, []string{"error required Task.for"}},
		{"a profile that a resource in a Bundle claims", "/Bundle/$validate", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x:1","resource":` + good + `},{"fullUrl":"urn:x:2","resource":` +
			narrated("Task", `"meta":{"profile":["urn:profile:other","http://hl7.org/fhir/StructureDefinition/Task","urn:profile:for|1"]},"status":"requested","intent":"order"`) + `}]}`, nil,
			[]string{"information not-supported Bundle.entry[1].resource.meta.profile[0]", "warning required Bundle.entry[1].resource.for"}},
		{"a Bundle", "/Bundle/$validate", `{"resourceType":"Bundle","type":"batch","entry":[{"resource":` + good + `}]}`, nil, []string{"warning invariant Bundle"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tt.want, wrongs(t, s, "POST", tt.path, tt.body, tt.headers...))
		})
	}
	assert.Equal(t, []string{"warning invariant Task"}, wrongs(t, s, "GET", "/Task/t1/$validate", ""))
	assert.Equal(t, []string{"warning invariant Task", "error required Task.for"}, wrongs(t, s, "GET", "/Task/t1/$validate?profile=urn:profile:for", ""))
	assert.Equal(t, []string{"warning invariant Task"}, wrongs(t, s, "POST", "/Task/t1/$validate", ""))
}

// A Task is offered to an agency. What its answers would be is found out by carrying them out and undoing that.
func TestValidateTriesTheWriteAndKeepsNothing(t *testing.T) {
	t.Parallel()
	h := realServer(t)
	referrer, agency := client{t, h, "org=Organization/ref;role=referrer"}, "X-Dev-Principal: org=Organization/harbor;role=agency"
	request := referrer.create(`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"requester":{"reference":"Organization/ref"}}`)
	made := referrer.create(narrated("Task", `"status":"requested","intent":"order","code":`+fulfill+`,"focus":{"reference":"ServiceRequest/`+request.ID()+`"},"for":{"reference":"Patient/p1"},"requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/harbor"}`))
	at := "/Task/" + made.ID() + "/$validate"
	before := string(referrer.read("/Task/" + made.ID()).Bytes())

	assert.Equal(t, []string{"information informational Task"}, wrongs(t, h, "POST", at+"?mode=update", with(made, "status", `"accepted"`), agency))
	assert.Equal(t, []string{"error business-rule Task.status"}, wrongs(t, h, "POST", at+"?mode=update", with(made, "status", `"draft"`), agency))
	assert.Equal(t, []string{"error conflict"}, wrongs(t, h, "POST", at+"?mode=update", with(made, "status", `"accepted"`), agency, `If-Match: W/"7"`))
	assert.Equal(t, []string{"error invalid Task.id"}, wrongs(t, h, "POST", at+"?mode=update", with(made, "id", `"other"`), agency))
	assert.Equal(t, []string{"information informational Task"}, wrongs(t, h, "POST", at+"?mode=delete", ""))
	assert.Equal(t, []string{"information informational Task"}, wrongs(t, h, "POST", "/Task/$validate?mode=create", string(made.Bytes()), agency))

	assert.Equal(t, before, string(referrer.read("/Task/"+made.ID()).Bytes()), "nothing was written")
	assert.Len(t, referrer.found("/Task"), 1)
	assert.Equal(t, "preparing", referrer.state("/Task/"+made.ID()))
	w := ask(t, h, "PUT", "/Task/"+made.ID(), with(made, "status", `"accepted"`), agency)
	assert.Equal(t, http.StatusOK, w.Code, "what was tried can then be done: %s", w.Body)
}

// A write is never refused for a profile. What the resource lacks of one that it claims is said where the answer speaks of issues.
func TestAWriteSaysWhatIsLackingOfAClaimedProfile(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t), func(s *server.Settings) { s.Profiles = []guide.Profile{likes} })
	claims := narrated("Task", `"meta":{"profile":["urn:profile:for"]},"status":"requested","intent":"order"`)
	lacking := "warning required Task.for"
	said := func(method, path, body string, headers ...string) []string {
		w := ask(t, s, method, path, body, headers...)
		require.Less(t, w.Code, 300, w.Body)
		var lines []string
		for _, i := range issuesOf(t, w) {
			lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", i.Severity, i.Code, strings.Join(i.Expression, ","))))
		}
		return lines
	}
	outcome := "Prefer: return=OperationOutcome"
	assert.Contains(t, said("POST", "/Task", claims, outcome), lacking)
	assert.Contains(t, said("PUT", "/Task/t1", strings.Replace(claims, `"Task",`, `"Task","id":"t1",`, 1), outcome), lacking)
	assert.NotContains(t, said("POST", "/Task", narrated("Task", `"status":"requested","intent":"order"`), outcome), lacking)

	w := ask(t, s, "POST", "/Task", claims)
	require.Equal(t, http.StatusCreated, w.Code)
	assert.NotContains(t, w.Body.String(), "Somebody", "a representation is as it was sent")
	for _, kind := range []string{"batch", "transaction"} {
		w = ask(t, s, "POST", "", `{"resourceType":"Bundle","type":"`+kind+`","entry":[{"request":{"method":"POST","url":"Task"},"resource":`+claims+`}]}`)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Contains(t, w.Body.String(), `"Bundle.entry[0].resource.for"`, kind)
		assert.Contains(t, w.Body.String(), "(Somebody 1)", kind)
	}
}

// What is told of profiles stays small, however many are claimed, and however often.
func TestWhatIsToldOfProfilesIsLimited(t *testing.T) {
	t.Parallel()
	strictest := guide.Profile{URL: "urn:profile:all", Version: "1", Name: "All", Type: "Task"}
	for range 20 {
		strictest.Rules = append(strictest.Rules, guide.Rule{Path: "for", Min: 1})
	}
	s := serve(t, stocked(t), func(s *server.Settings) { s.Profiles = []guide.Profile{likes, strictest} })
	task := func(claims ...string) string {
		return narrated("Task", `"meta":{"profile":["`+strings.Join(claims, `","`)+`"]},"status":"requested","intent":"order"`)
	}
	again := slices.Repeat([]string{"urn:profile:for", "urn:profile:for|1"}, 500)
	assert.Equal(t, []string{"warning required Task.for"}, wrongs(t, s, "POST", "/Task/$validate", task(again...)), "once")

	w := ask(t, s, "POST", "/Task", task("urn:profile:all"), "Prefer: return=OperationOutcome")
	require.Equal(t, http.StatusCreated, w.Code)
	all := issuesOf(t, w)
	require.Len(t, all, 9)
	assert.Equal(t, "incomplete", all[8].Code)

	entries := strings.Repeat(`{"resource":`+task("urn:profile:all")+`},`, 99)
	all = issuesOf(t, ask(t, s, "POST", "/Bundle/$validate", `{"resourceType":"Bundle","type":"collection","entry":[`+strings.TrimSuffix(entries, ",")+`]}`))
	assert.Less(t, len(all), fhir.MaxIssues+25)
	assert.Equal(t, "too-costly", all[len(all)-1].Code)
}
