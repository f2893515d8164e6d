package engine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

const base = "http://localhost:8080/fhir"

// fixture is an engine on a store in memory, with a clock that is stepped and ids that count.
type fixture struct {
	*Engine
	t     testing.TB
	ids   atomic.Int64
	mu    sync.Mutex
	clock time.Time
}

func start(t testing.TB) *fixture {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return startOn(t, s)
}

func startOn(t testing.TB, s store.Store) *fixture {
	f := &fixture{t: t, clock: time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)}
	f.Engine = New(s, Settings{Base: base, Rules: workflow.Rules{Zone: time.UTC}, Now: f.time,
		NewID: func() string { return "n" + strconv.FormatInt(f.ids.Add(1), 10) }})
	return f
}

func (f *fixture) time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clock
}

func (f *fixture) step(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
}

// read gives a resource as the strict reader would.
func read(t testing.TB, body string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Read([]byte(body))
	require.False(t, fhir.Refused(issues), "%v in %s", issues, body)
	return r
}

func (f *fixture) post(body string) Change {
	r := read(f.t, body)
	return Change{Method: Create, Type: r.Type(), Resource: r}
}

func (f *fixture) put(body string) Change {
	r := read(f.t, body)
	return Change{Method: Update, Type: r.Type(), ID: r.ID(), Resource: r}
}

// bundle gives changes the paths and fullUrls that they have as entries of a transaction.
func bundle(changes ...Change) []Change {
	for i := range changes {
		changes[i].Path = fmt.Sprintf("Bundle.entry[%d]", i)
	}
	return changes
}

func (c Change) as(fullURL string) Change {
	c.FullURL = fullURL
	return c
}

func (c Change) ifNone(query string) Change {
	c.IfNoneExist = query
	return c
}

func (c Change) ifMatch(version string) Change {
	c.IfMatch = version
	return c
}

func (c Change) where(query string) Change {
	c.Query, c.ID = query, ""
	return c
}

func (f *fixture) apply(changes ...Change) []Result {
	f.t.Helper()
	results, err := f.Apply(context.Background(), Principal{}, changes)
	require.NoError(f.t, err)
	require.Len(f.t, results, len(changes))
	return results
}

func (f *fixture) refused(kind Kind, changes ...Change) *Refusal {
	f.t.Helper()
	before := f.everything()
	_, err := f.Apply(context.Background(), Principal{}, changes)
	var r *Refusal
	require.ErrorAs(f.t, err, &r)
	assert.Equal(f.t, kind, r.Kind, "%v", r)
	assert.Equal(f.t, before, f.everything(), "a refusal stores nothing")
	return r
}

// everything counts the versions in the store.
func (f *fixture) everything() int {
	n := 0
	require.NoError(f.t, f.store.View(context.Background(), func(r store.Reader) error {
		for _, typ := range []string{"Patient", "ServiceRequest", "Task", "Organization", "Practitioner", "PractitionerRole", "Procedure", "Appointment"} {
			if err := r.EachKey(context.Background(), typ, func(v store.Version) error { n += v.Number; return nil }); err != nil {
				return err
			}
		}
		return nil
	}))
	return n
}

func (f *fixture) count(typ string) int {
	n := 0
	require.NoError(f.t, f.store.View(context.Background(), func(r store.Reader) error {
		return r.EachKey(context.Background(), typ, func(v store.Version) error {
			if !v.Deleted {
				n++
			}
			return nil
		})
	}))
	return n
}

func (f *fixture) stored(typ, id string) *fhir.Resource {
	f.t.Helper()
	v, err := f.Read(context.Background(), Principal{}, typ, id)
	require.NoError(f.t, err)
	r, err := fhir.ReadStored(v.Body)
	require.NoError(f.t, err)
	return r
}

func done(results []Result) string {
	var all []string
	for _, r := range results {
		all = append(all, string(r.Done))
	}
	return strings.Join(all, " ")
}

func patient(mrn string) string {
	return `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"` + mrn + `"}],"gender":"other"}`
}

func request(identifier, more string) string {
	return `{"resourceType":"ServiceRequest",` + identifier + `"status":"active","intent":"order","subject":{"reference":"Patient/p"},
		"requester":{"reference":"Organization/ref"}` + more + `}`
}

func task(more string) string {
	return `{"resourceType":"Task","status":"requested","intent":"order",
		"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"for":{"reference":"Patient/p"}` + more + `}`
}

const placed = `"identifier":[{"system":"urn:ehr","value":"R-7"}],`
