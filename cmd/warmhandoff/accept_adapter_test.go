package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/testdata/invalid"
)

// The acceptance tests ask the whole program, wired as serve wires it, through its HTTP handler, with a clock that stands still until a test
// moves it. What they ask for is what the program promises to those who connect to it, not how a room does it.

// Those who speak in the acceptance tests.
var (
	bayview   = scenario.Party{Name: "bayview", Ref: "Organization/bayview", Role: "referrer"}
	harbor    = scenario.Party{Name: "harbor", Ref: "Organization/harbor", Role: "agency"}
	cedar     = scenario.Party{Name: "cedar", Ref: "Organization/cedar", Role: "agency"}
	navigator = scenario.Party{Name: "navigator", Ref: "Practitioner/nav", Role: "navigator"}
	nobody    = scenario.Party{}
)

// monday is when the acceptance tests begin: nine in the morning where the agencies are.
var monday = time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)

// stepped is a clock that stands still until it is moved.
type stepped struct {
	mu sync.Mutex
	at time.Time
}

func (c *stepped) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *stepped) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// adapter is the program with a store of its own.
type adapter struct {
	t     require.TestingT
	store *sqlstore.Store
	sys   *system
	clock *stepped
	door  scenario.Door
}

// openAdapter opens the program on a database: ":memory:", or a file. Agreed is what was agreed with partners.
func openAdapter(t require.TestingT, db string, at time.Time, agreed map[string]mapping.Partner) *adapter {
	zone, err := time.LoadLocation("America/Los_Angeles")
	require.NoError(t, err)
	st, err := openStore(context.Background(), db, sqlstore.Options{})
	require.NoError(t, err)
	a := &adapter{t: t, store: st, clock: &stepped{at: at}}
	ids := &scenario.IDs{Prefix: "id"}
	a.sys = wire(st, wiring{base: scenario.Base, guide: mapping.Settings{Zone: zone, Guides: guides, Partners: agreed}, now: a.clock.now, newID: ids.Next})
	a.door = scenario.Door{Handler: a.sys.server}
	return a
}

// newAdapter is the program on an empty store in memory, on that Monday; the test's end closes it.
func newAdapter(t *testing.T) *adapter {
	t.Helper()
	a := openAdapter(t, ":memory:", monday, nil)
	t.Cleanup(func() { assert.NoError(t, a.store.Close()) })
	return a
}

// ask sends one request and gives what was answered. Headers are "Name: value".
func (a *adapter) ask(who scenario.Party, method, path, body string, headers ...string) scenario.Answer {
	r := httptest.NewRequest(method, scenario.Base+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1"
	if body != "" || method == "POST" || method == "PUT" {
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	if who.Role != "" {
		r.Header.Set("X-Dev-Principal", "org="+who.Ref+";role="+string(who.Role))
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	a.sys.server.ServeHTTP(w, r)
	assert.Empty(a.t, invalid.Unfinished(w.Body.Bytes()), "words that are no sentence")
	return scenario.Answer{Status: w.Code, Header: w.Header(), Body: w.Body.Bytes()}
}

// do sends one request that must be done, and gives the resource that was answered.
func (a *adapter) do(who scenario.Party, method, path, body string, headers ...string) *fhir.Resource {
	answer := a.ask(who, method, path, body, headers...)
	require.True(a.t, answer.OK(), "%s %s: status %d: %s", method, path, answer.Status, answer.Body)
	if len(answer.Body) == 0 {
		return nil
	}
	return strictly(a.t, answer.Body)
}

// put sends a resource to its own address. It must be done.
func (a *adapter) put(who scenario.Party, body string) *fhir.Resource {
	r := strictly(a.t, []byte(body))
	return a.do(who, "PUT", "/"+r.Type()+"/"+r.ID(), body)
}

func (a *adapter) get(path string) *fhir.Resource { return a.do(nobody, "GET", path, "") }

// refused sends one request that must be refused with a status, and gives the words of the answer.
func (a *adapter) refused(who scenario.Party, method, path, body string, status int) string {
	answer := a.ask(who, method, path, body)
	require.Equal(a.t, status, answer.Status, "%s %s: %s", method, path, answer.Body)
	var words []string
	for _, issue := range answer.Issues() {
		words = append(words, issue.Text)
	}
	require.NotEmpty(a.t, words)
	return strings.Join(words, "\n")
}

// strictly reads what the program answers as strictly as the program reads what it is sent.
func strictly(t require.TestingT, body []byte) *fhir.Resource {
	r, issues := fhir.Read(body)
	require.NotNil(t, r, "%v: %s", issues, body)
	return r
}

// leg gives where a Task's leg stands.
func (a *adapter) leg(task string) scenario.Leg {
	l, err := a.door.Leg(context.Background(), task)
	require.NoError(a.t, err)
	return l
}

// stands says where a Task's leg stands in one word: "unconfirmed:claim-only", "attended A".
func (a *adapter) stands(task string) string {
	l := a.leg(task)
	s := l.State
	if l.Reason != "" {
		s += ":" + l.Reason
	}
	if l.Grade != "" {
		s += " " + l.Grade
	}
	return s
}

// history gives the versions of a resource, oldest first.
func (a *adapter) history(key string) []*fhir.Resource {
	var list []*fhir.Resource
	for e := range a.get("/" + key + "/_history?_count=1000").Get("entry").All() {
		list = append([]*fhir.Resource{e.Get("resource").Resource()}, list...)
	}
	return list
}

// statuses gives the status of each version, oldest first.
func (a *adapter) statuses(key string) []string {
	var list []string
	for _, r := range a.history(key) {
		list = append(list, r.Get("status").Text())
	}
	return list
}

// found gives what a search finds.
func (a *adapter) found(query string) []*fhir.Resource {
	var list []*fhir.Resource
	for e := range a.get("/" + query).Get("entry").All() {
		if e.Get("search", "mode").Text() == "match" {
			list = append(list, e.Get("resource").Resource())
		}
	}
	return list
}

// holdings gives every version of everything that is stored, and every row of the read model.
func (a *adapter) holdings() map[string]string {
	all := map[string]string{}
	ctx := context.Background()
	require.NoError(a.t, a.store.View(ctx, func(r store.Reader) error {
		for _, typ := range fhir.ResourceTypes() {
			var keys []store.Key
			if err := r.EachKey(ctx, typ, func(v store.Version) error { keys = append(keys, v.Key); return nil }); err != nil {
				return err
			}
			for _, k := range keys {
				versions, err := r.Versions(ctx, k, 0, 10_000)
				if err != nil {
					return err
				}
				for i := range versions {
					all[k.String()+"/_history/"+strconv.Itoa(versions[i].Number)] = string(versions[i].Body)
				}
				if h, err := r.Handoff(ctx, k.ID); typ == "Task" && err == nil {
					all["handoff of Task/"+k.ID] = h.State + ":" + h.Reason
				}
			}
		}
		return nil
	}))
	return all
}

// codesIn gives "system|code" of each coding of a CodeableConcept.
func codesIn(v fhir.Value) []string {
	var list []string
	for c := range v.Get("coding").All() {
		list = append(list, c.Get("system").Text()+"|"+c.Get("code").Text())
	}
	return list
}

// rounds says how often races are run: WARMHANDOFF_ROUNDS, else few enough for every day.
func rounds(t *testing.T, everyDay int) int {
	t.Helper()
	text := os.Getenv("WARMHANDOFF_ROUNDS")
	if text == "" {
		return everyDay
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "WARMHANDOFF_ROUNDS")
	return n
}

// atOnce runs f n times at once and gives what came out.
func atOnce(n int, f func(i int) scenario.Answer) []scenario.Answer {
	answers := make([]scenario.Answer, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			answers[i] = f(i)
		})
	}
	close(start)
	all.Wait()
	return answers
}

// The resources of a referral, as its parties send them. More is further members, each with a comma in front.

func patientJSON(id string) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"name":[{"family":"Esposito","given":["Dario"]}]}`, id)
}

// consentJSON permits sharing with harbor.
func consentJSON(id, patient, status string) string {
	return fmt.Sprintf(`{"resourceType":"Consent","id":%q,"status":%q,
"scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}]},
"category":[{"coding":[{"system":"http://loinc.org","code":"59284-0"}]}],"patient":{"reference":"Patient/%s"},"dateTime":"2026-03-02T08:00:00-08:00",
"policyRule":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentpolicycodes","code":"hipaa-auth"}]},
"provision":{"type":"permit","actor":[{"role":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ParticipationType","code":"PRCP"}]},
"reference":{"reference":"Organization/harbor"}}]}}`, id, status, patient)
}

func requestJSON(id, patient, more string) string {
	return fmt.Sprintf(`{"resourceType":"ServiceRequest","id":%q,"status":"active","intent":"order","code":{"text":"Counseling"},
"subject":{"reference":"Patient/%s"},"authoredOn":"2026-03-02T08:50:00-08:00","requester":{"reference":"Organization/bayview"}%s}`, id, patient, more)
}

// taskJSON is the leg of ServiceRequest/sr-ID at harbor.
func taskJSON(id, status, more string) string {
	return fmt.Sprintf(`{"resourceType":"Task","id":%q,"status":%q,"intent":"order",%s,"focus":{"reference":"ServiceRequest/sr-%s"},
"for":{"reference":"Patient/p-%s"},"authoredOn":"2026-03-02T08:55:00-08:00","requester":{"reference":"Organization/bayview"},
"owner":{"reference":"Organization/harbor"}%s}`, id, status, code, id, id, more)
}

func reason(word string) string {
	return `,"statusReason":{"coding":[{"system":"urn:warmhandoff:reason","code":"` + word + `"}]}`
}

// visitJSON is harbor's record of a visit of the person of leg ID.
func visitJSON(id, leg, status, start string) string {
	return fmt.Sprintf(`{"resourceType":"Encounter","id":%q,"status":%q,"class":{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"AMB"},
"subject":{"reference":"Patient/p-%s"},"basedOn":[{"reference":"ServiceRequest/sr-%s"}],"period":{"start":%q},
"serviceProvider":{"reference":"Organization/harbor"}}`, id, status, leg, leg, start)
}

func bookingJSON(id, leg, status, start, end string) string {
	return fmt.Sprintf(`{"resourceType":"Appointment","id":%q,"status":%q,"start":%q,"end":%q,"basedOn":[{"reference":"ServiceRequest/sr-%s"}],
"participant":[{"actor":{"reference":"Patient/p-%s"},"status":"accepted"}]}`,
		id, status, start, end, leg, leg)
}

// transaction makes a Bundle that PUTs resources.
func transaction(t require.TestingT, bodies ...string) string {
	var entries []string
	for _, body := range bodies {
		r := strictly(t, []byte(body))
		entries = append(entries, fmt.Sprintf(`{"resource":%s,"request":{"method":"PUT","url":"%s/%s"}}`, body, r.Type(), r.ID()))
	}
	return `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`
}

// referred posts an ordinary referral: the person, their consent, the request sr-ID, and Task ID in a status.
func (a *adapter) referred(id, status string) {
	a.do(bayview, "POST", "", transaction(a.t, patientJSON("p-"+id), consentJSON("c-"+id, "p-"+id, "active"), requestJSON("sr-"+id, "p-"+id, ""), taskJSON(id, status, "")))
}
