package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// realServer is a server on the real engine and a store in memory, with a clock that goes on by a second with each reading.
func realServer(t testing.TB, change ...func(*server.Settings)) *server.Server {
	t.Helper()
	s, _ := countedServer(t, change...)
	return s
}

// countedServer is a realServer and the number of the version that was stored last.
func countedServer(t testing.TB, change ...func(*server.Settings)) (*server.Server, func() int64) {
	t.Helper()
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, st.Close()) })
	var ticks, ids atomic.Int64
	set := settings()
	set.Now = func() time.Time { return noon.Add(time.Duration(ticks.Add(1)) * time.Second) }
	e := engine.New(st, engine.Settings{
		Base: base, Rules: workflow.DefaultRules(time.UTC), Guide: mapping.Settings{Base: base, Zone: time.UTC}, Now: set.Now,
		NewID: func() string { return fmt.Sprintf("id-%d", ids.Add(1)) },
	})
	for _, f := range change {
		f(&set)
	}
	if set.Limits.Statement == 0 {
		set.Limits.Statement = time.Hour // of such a clock
	}
	return server.New(e, set), st.Seen
}

// client speaks like the Ruby client of the three public applications: its headers, no conditions, ids from the body.
type client struct {
	t   testing.TB
	h   http.Handler
	who string
}

func (c client) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	headers = append(headers, "Accept: application/fhir+json", "Accept-Charset: utf-8", "User-Agent: Ruby FHIR Client",
		"Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3")
	if body != "" {
		headers = append(headers, "Content-Type: application/fhir+json;charset=utf-8")
	}
	if c.who != "" {
		headers = append(headers, "X-Dev-Principal: "+c.who)
	}
	return ask(c.t, c.h, method, path, body, headers...)
}

func text(t testing.TB, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Header().Get("Content-Encoding") == "gzip" {
		return unpacked(t, w.Body)
	}
	return w.Body.String()
}

// create posts a resource and gives it as it came back, with the id that Location has too.
func (c client) create(body string) *fhir.Resource {
	c.t.Helper()
	typ := good(c.t, body).Type()
	w := c.do("POST", "/"+typ, body)
	require.Equal(c.t, http.StatusCreated, w.Code, w.Body.String())
	r := good(c.t, text(c.t, w))
	assert.Equal(c.t, base+"/"+typ+"/"+r.ID()+"/_history/1", w.Header().Get("Location"))
	return r
}

func (c client) put(body string) *fhir.Resource {
	c.t.Helper()
	r := good(c.t, body)
	w := c.do("PUT", "/"+r.Type()+"/"+r.ID(), body)
	require.Equal(c.t, http.StatusOK, w.Code, w.Body.String())
	return good(c.t, text(c.t, w))
}

func (c client) read(path string) *fhir.Resource {
	c.t.Helper()
	w := c.do("GET", path, "")
	require.Equal(c.t, http.StatusOK, w.Code, w.Body.String())
	return good(c.t, text(c.t, w))
}

// found gives the ids that a search finds, in order.
func (c client) found(path string) []string {
	c.t.Helper()
	w := c.do("GET", path, "")
	require.Equal(c.t, http.StatusOK, w.Code, w.Body.String())
	var ids []string
	for v := range good(c.t, text(c.t, w)).Get("entry").All() {
		if v.Get("search", "mode").Text() == "match" {
			ids = append(ids, v.Get("resource").Resource().ID())
			assert.NotEmpty(c.t, v.Get("fullUrl").Text())
		}
	}
	return ids
}

// state gives what $handoff says.
func (c client) state(path string) string {
	c.t.Helper()
	for p := range c.read(path + "/$handoff").Get("parameter").All() {
		if p.Get("name").Text() == "state" {
			return p.Get("valueCode").Text()
		}
	}
	return ""
}

// with replaces the values of a resource's top-level elements.
func with(r *fhir.Resource, edits ...string) string {
	var set []fhir.Edit
	for i := 0; i < len(edits); i += 2 {
		set = append(set, fhir.SetMember(edits[i], []byte(edits[i+1])))
	}
	return string(r.With(set...))
}

const (
	profile = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"
	fulfill = `{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]}`
)

// The calls of the referral source client, the coordination platform and the agency's client, one after the other, on one server.
//
// Source: Gravity referral source, coordination platform and CBO clients, as seen on the wire
func TestThreePublicApplicationsWorkUnchanged(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	ehr := client{t: t, h: s, who: "org=Organization/ehr;role=referrer"}
	assert.Equal(t, "4.0.1", ehr.read("/metadata").Get("fhirVersion").Text())

	patient := ehr.create(`{"resourceType":"Patient","name":[{"family":"Quince","given":["Ada"]}]}`).ID()
	who := ehr.create(`{"resourceType":"Practitioner","name":[{"family":"Reed"}]}`).ID()
	role := ehr.create(`{"resourceType":"PractitionerRole","practitioner":{"reference":"Practitioner/` + who + `"}}`).ID()
	harbor := ehr.create(`{"resourceType":"Organization","name":"Harbor House"}`).ID()
	cedar := ehr.create(`{"resourceType":"Organization","name":"Cedar"}`).ID()
	consent := ehr.create(`{"resourceType":"Consent","status":"active","scope":{"coding":[{"code":"patient-privacy"}]},
		"category":[{"coding":[{"code":"IDSCL"}]}],"patient":{"reference":"Patient/` + patient + `"},"policyRule":{"text":"local"},"provision":{"type":"permit"}}`).ID()
	assert.Equal(t, []string{who}, ehr.found("/Practitioner"))
	assert.Equal(t, []string{patient}, ehr.found("/Patient"))
	assert.Equal(t, []string{cedar, harbor}, ehr.found("/Organization?_sort=-_lastUpdated"), "newest first")
	assert.Equal(t, []string{consent}, ehr.found("/Consent?patient="+patient), "a bare id")
	assert.Empty(t, ehr.found("/Task?_profile="+profile+"&_sort=-_lastUpdated&requester=PractitionerRole/&subject="+patient), "no role was found")

	goal := ehr.create(`{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"a roof"},"subject":{"reference":"Patient/` + patient + `"}}`)
	achieved := ehr.put(with(goal, "achievementStatus", `{"coding":[{"code":"achieved"}]}`))
	assert.Equal(t, "2", achieved.VersionID())
	assert.Equal(t, []string{goal.ID()}, ehr.found("/Goal?_sort=-_lastUpdated&subject="+patient))
	assert.Equal(t, http.StatusNoContent, ehr.do("DELETE", "/Goal/"+goal.ID(), "").Code)
	assert.Equal(t, http.StatusGone, ehr.do("GET", "/Goal/"+goal.ID(), "").Code)
	assert.Empty(t, ehr.found("/Goal?_sort=-_lastUpdated&subject="+patient))

	request := ehr.create(`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/` + patient + `"},
		"requester":{"reference":"PractitionerRole/` + role + `"},"supportingInfo":[{"reference":"Consent/` + consent + `"}]}`)
	first := ehr.create(`{"resourceType":"Task","meta":{"profile":["` + profile + `"]},"status":"requested","intent":"order","code":` + fulfill + `,
		"focus":{"reference":"ServiceRequest/` + request.ID() + `"},"for":{"reference":"Patient/` + patient + `"},"authoredOn":"2026-03-02T09:00:00.000Z",
		"requester":{"reference":"PractitionerRole/` + role + `"},"owner":{"reference":"Organization/` + harbor + `"}}`)
	assert.Equal(t, "offered", ehr.state("/Task/"+first.ID()))
	assert.Equal(t, "active", ehr.state("/ServiceRequest/"+request.ID()))
	assert.Equal(t, []string{first.ID()}, ehr.found("/Task?_profile="+profile+"&_sort=-_lastUpdated&requester=PractitionerRole/"+role+"&subject="+patient))
	assert.Equal(t, []string{request.ID()}, ehr.found("/ServiceRequest?_sort=-_lastUpdated&subject="+patient))

	// The agency polls, accepts, works, and says it is done.
	cbo := client{t: t, h: s, who: "org=Organization/" + harbor + ";role=agency"}
	poll := "/Task?_profile=" + profile + "&_sort=-_lastUpdated&owner=Organization/" + harbor
	assert.Equal(t, []string{first.ID()}, cbo.found(poll))
	accepted := cbo.put(with(cbo.read("/Task/"+first.ID()), "status", `"accepted"`))
	working := cbo.put(with(accepted, "status", `"in-progress"`))
	procedure := cbo.create(`{"resourceType":"Procedure","status":"completed","basedOn":[{"reference":"ServiceRequest/` + request.ID() + `"}],
		"subject":{"reference":"Patient/` + patient + `"},"performedDateTime":"2026-03-02"}`)
	done := cbo.put(with(working, "status", `"completed"`, "output",
		`[{"type":{"coding":[{"code":"resulting-activity"}]},"valueReference":{"reference":"Procedure/`+procedure.ID()+`"}}]`))
	assert.NotEmpty(t, done.Get("status").Text())
	assert.Equal(t, done.VersionID(), cbo.read("/Task/"+first.ID()).VersionID(), "the answer was the newest version, ours included")

	// The platform passes a second referral on: copies with the ids and versions of what it read.
	request2 := ehr.create(`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/` + patient + `"},
		"requester":{"reference":"PractitionerRole/` + role + `"}}`)
	second := ehr.create(`{"resourceType":"Task","meta":{"profile":["` + profile + `"]},"status":"requested","intent":"order","code":` + fulfill + `,
		"focus":{"reference":"ServiceRequest/` + request2.ID() + `"},"for":{"reference":"Patient/` + patient + `"},
		"requester":{"reference":"PractitionerRole/` + role + `"},"owner":{"reference":"Organization/` + cedar + `"}}`)
	platform := client{t: t, h: s, who: "org=Organization/" + cedar + ";role=agency"}
	platform.put(with(second, "status", `"accepted"`))
	copied := platform.read("/ServiceRequest/" + request2.ID())
	child := platform.create(string(good(t, with(copied, "intent", `"original-order"`, "basedOn", `[{"reference":"ServiceRequest/`+request2.ID()+`"}]`)).With(fhir.RemoveMember("id"))))
	assert.NotEqual(t, request2.ID(), child.ID())
	assert.Equal(t, "1", child.VersionID(), "what came in is not taken over")
	platform.create(string(good(t, with(second, "partOf", `[{"reference":"Task/`+second.ID()+`"}]`, "focus", `{"reference":"ServiceRequest/`+child.ID()+`"}`,
		"requester", `{"reference":"Organization/`+cedar+`"}`, "owner", `{"reference":"Organization/`+harbor+`"}`)).With(fhir.RemoveMember("id"))))
	assert.Len(t, platform.found("/Task?_profile="+profile+"&_sort=-_lastUpdated"), 3)
	assert.Len(t, cbo.found(poll), 2)

	// The referrer gives up the second one, without a reason.
	ehr.put(with(ehr.read("/Task/"+second.ID()), "status", `"cancelled"`))
	ehr.put(with(ehr.read("/ServiceRequest/"+request2.ID()), "status", `"revoked"`))
	assert.Equal(t, "closed", ehr.state("/Task/"+second.ID()))
}

// A whole-resource PUT from an old cache is taken where nobody asks otherwise, and history keeps what it overwrote.
func TestAStalePutIsKeptApartInHistory(t *testing.T) {
	t.Parallel()
	c := client{t: t, h: realServer(t)}
	old := c.create(`{"resourceType":"Organization","name":"Harbor"}`)
	c.put(with(old, "name", `"Harbor House"`))
	c.put(with(old, "alias", `["HH"]`))
	assert.Equal(t, "3", c.read("/Organization/"+old.ID()).VersionID())
	assert.Equal(t, "Harbor House", c.read("/Organization/"+old.ID()+"/_history/2").Get("name").Text())
	b := bundleOf(t, ask(t, c.h, "GET", "/Organization/"+old.ID()+"/_history", ""))
	assert.Len(t, b.Entry, 3)

	w := c.do("PUT", "/Organization/"+old.ID(), with(old, "name", `"No"`), "If-Match: W/1")
	assert.Equal(t, http.StatusPreconditionFailed, w.Code)
	w = c.do("PUT", "/Organization/"+old.ID(), with(old, "name", `"Yes"`), "If-Match: W/3")
	assert.Equal(t, http.StatusOK, w.Code)
	w = c.do("PUT", "/Organization/"+old.ID(), with(old, "name", `"Yes"`))
	assert.Equal(t, `W/"4"`, w.Header().Get("ETag"), "the same again changes nothing")
	w = c.do("PUT", "/Organization/"+old.ID(), with(old, "name", `"Again"`), "If-None-Match: *")
	assert.Equal(t, http.StatusPreconditionFailed, w.Code)
}

// Source: Gravity SDOH Exchange RI (EHR prepare, EHR create); ORCA (conditional PUT, base with a slash, forms)
func TestTransactionsOfTheJavaAndGoClients(t *testing.T) {
	t.Parallel()
	c := client{t: t, h: realServer(t), who: "org=Organization/ehr;role=referrer"}
	identifier := `"identifier":[{"system":"http://ehr.example/fhir","value":"77"}]`
	c.create(`{"resourceType":"Patient",` + identifier + `}`)
	body := transact(
		`{"fullUrl":"`+urn+`","resource":{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient?identifier=http://ehr.example/fhir|77"}},
		  "request":{"method":"POST","url":"ServiceRequest"}}`,
		`{"resource":{"resourceType":"Task","status":"requested","intent":"order","code":`+fulfill+`,"focus":{"reference":"`+urn+`"},"owner":{"reference":"Organization/harbor"},`+identifier+`},
		  "request":{"method":"POST","url":"Task"}}`,
		entry("GET", "Task?identifier=http://ehr.example/fhir|77,http://ehr.example/fhir|78", ""),
		entry("GET", "Patient?identifier=http://ehr.example/fhir|77", ""),
	)
	b := bundleOf(t, c.do("POST", "/", body, "Accept-Encoding: "))
	require.Len(t, b.Entry, 4)
	assert.Regexp(t, `^ServiceRequest/[A-Za-z0-9.-]+/_history/1$`, b.Entry[0].Response.Location)
	assert.Equal(t, "201 Created", b.Entry[0].Response.Status)
	location := regexp.MustCompile(`^Task/([A-Za-z0-9.-]+)/_history/\d+$`).FindStringSubmatch(b.Entry[1].Response.Location)
	require.NotNil(t, location, b.Entry[1].Response.Location)
	made := good(t, string(b.Entry[1].Resource))
	assert.Equal(t, "ServiceRequest/"+strings.Split(b.Entry[0].Response.Location, "/")[1], made.Get("focus", "reference").Text())
	inside := good(t, string(b.Entry[2].Resource))
	assert.Equal(t, "searchset", inside.Get("type").Text())
	assert.Equal(t, "1", inside.Get("total").Text(), "the GET sees what the transaction wrote")
	assert.Equal(t, []string{location[1]}, c.found("/Task?_id="+location[1]))

	// ORCA: a conditional PUT, none, one.
	put := transact(entry("PUT", "Task?identifier=urn:orca|9", `{"resourceType":"Task","status":"received","intent":"order","identifier":[{"system":"urn:orca","value":"9"}]}`))
	assert.Equal(t, "201 Created", bundleOf(t, c.do("POST", "/", put)).Entry[0].Response.Status)
	assert.Equal(t, "200 OK", bundleOf(t, c.do("POST", "/", strings.Replace(put, "received", "accepted", 1))).Entry[0].Response.Status)
	w := ask(t, c.h, "POST", "/Task/_search", "identifier=urn%3Aorca%7C9", "Content-Type: application/x-www-form-urlencoded", "Cache-Control: no-cache")
	assert.Len(t, bundleOf(t, w).Entry, 1)

	// HAPI: the PUT of what a search found names the version.
	b = bundleOf(t, c.do("POST", "", transact(
		`{"fullUrl":"`+urn+`","resource":{"resourceType":"Procedure","status":"completed","subject":{"reference":"Patient/p"}},"request":{"method":"POST","url":"Procedure"}}`,
		entry("PUT", base+"/Task/"+location[1]+"/_history/1", with(made, "output", `[{"type":{"text":"x"},"valueReference":{"reference":"`+urn+`"}}]`)),
	), "Accept-Encoding: "))
	after := good(t, string(b.Entry[1].Resource))
	assert.Equal(t, "Procedure/"+strings.Split(b.Entry[0].Response.Location, "/")[1], after.Get("output", "valueReference", "reference").Text())
}

// Of 16 identical posts at once each makes one and the same referral.
func TestIdenticalPostsAtOnceMakeOneReferral(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	for round := range 12 {
		key := fmt.Sprint("r", round)
		referral := transact(
			`{"fullUrl":"`+urn+`","resource":{"resourceType":"ServiceRequest","identifier":[{"system":"urn:ehr","value":"`+key+`"}],"status":"active","intent":"order",
			"subject":{"reference":"Patient/p1"},"requester":{"reference":"Organization/ehr"}},"request":{"method":"POST","url":"ServiceRequest"}}`,
			`{"resource":{"resourceType":"Task","status":"requested","intent":"order","code":`+fulfill+`,"focus":{"reference":"`+urn+`"},"requester":{"reference":"Organization/ehr"},
			"owner":{"reference":"Organization/harbor"}},"request":{"method":"POST","url":"Task"}}`)
		ids := map[string]bool{}
		for _, w := range atOnce(16, func() *httptest.ResponseRecorder { return ask(t, s, "POST", "/", referral) }) {
			b := bundleOf(t, w)
			ids[good(t, string(b.Entry[0].Resource)).ID()+" "+good(t, string(b.Entry[1].Resource)).ID()] = true
		}
		assert.Len(t, ids, 1)

		ids = map[string]bool{}
		created := 0
		one := `{"resourceType":"ServiceRequest","identifier":[{"system":"urn:x","value":"` + key + `"}],"status":"active","intent":"order","subject":{"reference":"Patient/p1"}}`
		for _, w := range atOnce(16, func() *httptest.ResponseRecorder {
			return ask(t, s, "POST", "/ServiceRequest", one, "If-None-Exist: identifier=urn:x|"+key)
		}) {
			require.Contains(t, []int{http.StatusOK, http.StatusCreated}, w.Code, w.Body.String())
			created += w.Code - http.StatusOK
			ids[good(t, w.Body.String()).ID()] = true
		}
		assert.Equal(t, 1, created)
		assert.Len(t, ids, 1)
	}
	b := bundleOf(t, ask(t, s, "GET", "/ServiceRequest?_count=0&_total=accurate", ""))
	assert.Equal(t, 24, *b.Total)
	assert.Len(t, client{t: t, h: s}.found("/Task?_count=100"), 12)
}

// Of accept and cancel at once, without If-Match, one wins and the other is told what is open to it.
func TestOfAcceptAndCancelAtOnceOneWins(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	ehr, cbo := client{t: t, h: s, who: "org=Organization/ehr;role=referrer"}, client{t: t, h: s, who: "org=Organization/harbor;role=agency"}
	request := ehr.create(`{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"Patient/p1"},"requester":{"reference":"Organization/ehr"}}`)
	for range 12 {
		offered := ehr.create(`{"resourceType":"Task","status":"requested","intent":"order","code":` + fulfill + `,"focus":{"reference":"ServiceRequest/` + request.ID() + `"},
			"requester":{"reference":"Organization/ehr"},"owner":{"reference":"Organization/harbor"}}`)
		var turn atomic.Int64
		won := 0
		for _, w := range atOnce(2, func() *httptest.ResponseRecorder {
			if turn.Add(1) == 1 {
				return cbo.do("PUT", "/Task/"+offered.ID(), with(offered, "status", `"rejected"`))
			}
			return ehr.do("PUT", "/Task/"+offered.ID(), with(offered, "status", `"cancelled"`))
		}) {
			if w.Code == http.StatusOK {
				won++
				continue
			}
			assert.Equal(t, http.StatusUnprocessableEntity, w.Code)
			i := outcome(t, []byte(text(t, w)))[0]
			assert.Equal(t, "business-rule", i.Code)
			assert.Equal(t, []string{"Task.status"}, i.Expression)
		}
		assert.Equal(t, 1, won)
	}
}

func atOnce(n int, f func() *httptest.ResponseRecorder) []*httptest.ResponseRecorder {
	answers := make([]*httptest.ResponseRecorder, n)
	start := make(chan bool)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			answers[i] = f()
		})
	}
	close(start)
	all.Wait()
	return answers
}

const testdata = "../../../testdata/"

// Every Bundle that is there to be posted is done, on one server, in the order of the names.
func TestTheBundlesToPostArePosted(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	names, err := filepath.Glob(testdata + "bundles/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		body, err := os.ReadFile(name)
		require.NoError(t, err)
		b := bundleOf(t, ask(t, s, "POST", "", string(body)))
		bad := 0
		for _, one := range b.Entry {
			if one.Response.Status[0] != '2' {
				bad++
			}
		}
		want := 0
		if strings.Contains(name, "one-bad") {
			want = 1
		}
		assert.Equal(t, want, bad, name)
	}
}
