package sqlstore

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// worklists are the searches that are made over and over: each must be one range of the index, of the param that stands beside it, and nothing that
// has to be asked of each resource on the way. Those in the order of time need no sorting either.
//
// Source: local, combinations worth an index
var worklists = []struct {
	search, along string
	sorted        bool // the range is of values; what it finds is put in order
}{
	{search: "Task?owner=Organization/a1&status=requested", along: "Task.owner+status"},
	{search: "Task?owner=Organization/a1&status=requested&_sort=-_lastUpdated", along: "Task.owner+status"},
	{search: "Task?owner=Organization/a1&status=requested&_sort=_lastUpdated", along: "Task.owner+status"},
	{search: "Task?owner=Organization/a1&status=requested,accepted", along: "Task.owner+status"},
	{search: "Task?owner=Organization/a1&status=requested&_lastUpdated=ge2026-03-01", along: "Task.owner+status"},
	{search: "Task?owner=Organization/a1", along: "Task.owner"},
	{search: "Task?requester=Organization/r1&_lastUpdated=ge2026-03-01", along: "Task.requester"},
	{search: "Task?requester=Organization/r1&status=requested", along: "Task.requester+status"},
	{search: "Task?owner:missing=true&status=requested", along: "Task.owner+status"},
	{search: "Task?focus=ServiceRequest/s1", along: "Task.focus"},
	{search: "Task?patient=Patient/p1&status=requested", along: "Task.subject+status"},
	{search: "Task?business-status=urn:x|waiting", along: "Task.business-status"},
	{search: "Task?identifier=urn:x|1", along: "Task.identifier"},
	{search: "Appointment?based-on=ServiceRequest/s1&status=booked", along: "Appointment.based-on+status"},
	{search: "Appointment?date=lt2026-03-02&status=booked", along: "Appointment.status+date", sorted: true},
	{search: "Encounter?based-on=ServiceRequest/s1&status=finished", along: "Encounter.based-on+status"},
	{search: "Consent?patient=Patient/p1&status=active", along: "Consent.patient+status"},
}

func parsed(t testing.TB, text string) store.Query {
	t.Helper()
	typ, query, _ := strings.Cut(text, "?")
	values, err := url.ParseQuery(query)
	require.NoError(t, err)
	q, issues := search.Parse(typ, values, search.Options{Strict: true, Zone: time.UTC})
	require.Empty(t, issues, text)
	out := store.Query{Type: q.Type, IDs: q.IDs, From: q.From, To: q.To, Ascending: q.Ascending, Limit: q.Count}
	for _, m := range q.All {
		one := store.Match{Param: m.Param, Values: m.Values, Prefixes: m.Prefixes, Not: m.Not, Loose: m.Loose}
		for _, r := range m.Ranges {
			one.Ranges = append(one.Ranges, store.Range(r))
		}
		for _, r := range m.Tests {
			one.Tests = append(one.Tests, store.Test(r))
		}
		out.All = append(out.All, one)
	}
	return out
}

// stock writes resources with the terms that they are found by.
func stock(t testing.TB, st *Store, bodies ...string) {
	t.Helper()
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		for _, body := range bodies {
			r, issues := fhir.Read([]byte(body))
			require.False(t, fhir.Refused(issues), "%v", issues)
			w := store.Write{Key: store.Key{Type: r.Type(), ID: r.ID()}, Updated: noon, Body: []byte(body)}
			for _, one := range search.Terms(r, search.Options{Zone: time.UTC}) {
				w.Terms = append(w.Terms, store.Term(one))
			}
			if _, err := tx.Put(t.Context(), w); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestWorklistsAreOneRange(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	for i := range 100 {
		status, booked := []string{"requested", "accepted"}[i%2], []string{"booked", "fulfilled"}[i%2]
		owner := fmt.Sprintf(`"owner":{"reference":"Organization/a%d"},`, i%3)
		if i%10 == 0 {
			owner = ""
		}
		stock(t, st,
			fmt.Sprintf(`{"resourceType":"Task","id":"t%d","status":%q,"intent":"order",%s"requester":{"reference":"Organization/r%d"},"for":{"reference":"Patient/p%d"},
				"focus":{"reference":"ServiceRequest/s%d"},"identifier":[{"system":"urn:x","value":"%d"}],"businessStatus":{"coding":[{"system":"urn:x","code":"waiting"}]}}`, i, status, owner, i%2, i%7, i, i),
			fmt.Sprintf(`{"resourceType":"Appointment","id":"a%d","status":%q,"start":"2026-03-%02dT09:00:00Z","end":"2026-03-%02dT10:00:00Z","basedOn":[{"reference":"ServiceRequest/s%d"}],
				"participant":[{"actor":{"reference":"Patient/p%d"},"status":"accepted"}]}`, i, booked, i%28+1, i%28+1, i, i%7))
	}
	s := <-st.pool
	defer func() { st.pool <- s }()
	for _, row := range worklists {
		t.Run(row.search, func(t *testing.T) {
			p, err := (&reader{s: s}).plan(parsed(t, row.search))
			require.NoError(t, err)
			require.NotNil(t, p.drive)
			assert.Equal(t, row.along, p.drive.Param)
			assert.Empty(t, p.exact, "nothing is looked up on the way")
			assert.Empty(t, p.sifted, "nothing is sifted")
			text, args := p.seqs(51)
			plan := explained(t, s, text, args)
			for step := range strings.SplitSeq(plan, "\n") {
				if strings.HasPrefix(step, "SEARCH") {
					if row.sorted {
						assert.Equal(t, "SEARCH d USING PRIMARY KEY (param=? AND value>? AND value<?)", step)
					} else {
						assert.Equal(t, "SEARCH d USING PRIMARY KEY (param=? AND value=? AND seq>? AND seq<?)", step)
					}
				}
			}
			assert.NotContains(t, plan, "SCAN")
			assert.Equal(t, row.sorted, strings.Contains(plan, "TEMP B-TREE"), plan)
		})
	}
}

// With the scope too, a person's few consents are sifted.
func TestAPersonsConsentsAreSifted(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{Memory: true})
	s := <-st.pool
	defer func() { st.pool <- s }()
	p, err := (&reader{s: s}).plan(parsed(t, "Consent?patient=Patient/p1&status=active&scope=patient-privacy"))
	require.NoError(t, err)
	require.NotNil(t, p.drive)
	assert.Equal(t, "Consent.patient+status", p.drive.Param)
	assert.Len(t, p.exact, 0)
	assert.Len(t, p.sifted, 1)
}
