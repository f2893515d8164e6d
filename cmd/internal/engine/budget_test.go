package engine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// linked puts so many Patients in place, each linked to the one before, each with an Observation.
func linked(t testing.TB, n int) *fixture {
	f := start(t)
	for i := 0; i < n; {
		var some []Change
		for end := min(n, i+100); i < end; i++ {
			some = append(some,
				f.put(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"family":"Quince"}],"link":[{"other":{"reference":"Patient/p%d"},"type":"seealso"}]}`, i, max(0, i-1))),
				f.put(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p%d"},"device":{"reference":"Device/d%d"}}`, i, i, i)))
		}
		f.apply(some...)
	}
	return f
}

// asks counts what a search comes to.
type asks struct{ statements, steps int }

// spend searches with a budget, and gives what it came to.
func (f *fixture) spend(typ, text string, steps int) (SearchResult, asks, error) {
	f.t.Helper()
	q, err := url.ParseQuery(text)
	require.NoError(f.t, err)
	var cost asks
	b := store.NewBudget(steps)
	ctx := store.WithAsked(f.t.Context(), &store.Asked{Budget: b, Patience: func(ctx context.Context) (context.Context, context.CancelFunc) {
		cost.statements++
		return ctx, func() {}
	}})
	found, err := f.Search(ctx, Principal{}, typ, q, false)
	cost.steps = steps - b.Left()
	return found, cost, err
}

// TestASearchGrowsWithWhatItFinds doubles what there is, and counts statements and steps of searches that look far: no more than twice as many.
func TestASearchGrowsWithWhatItFinds(t *testing.T) {
	t.Parallel()
	small, large := linked(t, 200), linked(t, 400)
	for typ, texts := range map[string][]string{
		"Patient": {"_count=1000&_revinclude:iterate=Observation:*&_revinclude:iterate=Patient:*", "_count=1000&_revinclude=Observation:device", "_count=1000&_revinclude=Observation:*",
			"name:contains=zz", "_count=1000&_sort=family", "_count=1000&_include:iterate=Patient:link&_revinclude=Observation:subject", "_has:Observation:subject:status=final&_count=1000"},
		"Observation": {"_count=1000&_include:iterate=*", "_count=1000&_include=Observation:subject&_include:iterate=Patient:link", "subject:Patient.name=Quince&_count=1000"},
	} {
		for _, text := range texts {
			_, few, err := small.spend(typ, text, 10_000_000)
			require.NoError(t, err, text)
			_, many, err := large.spend(typ, text, 10_000_000)
			require.NoError(t, err, text)
			assert.LessOrEqual(t, many.statements, 2*few.statements+10, "%s?%s: %v, and of twice as many %v", typ, text, few, many)
			assert.LessOrEqual(t, float64(many.steps), 2.2*float64(few.steps), "%s?%s: %v, and of twice as many %v", typ, text, few, many)
		}
	}
}

// issueOf gives the one issue of a refusal.
func issueOf(t *testing.T, err error) fhir.Issue {
	t.Helper()
	var no *Refusal
	require.True(t, errors.As(err, &no), "%v", err)
	require.Len(t, no.Issues, 1)
	return no.Issues[0]
}

// TestABudgetEndsASearch wherever it is spent, with words that say what to do.
func TestABudgetEndsASearch(t *testing.T) {
	t.Parallel()
	f := linked(t, 200)
	for typ, text := range map[string]string{
		"Patient": "_count=100&_revinclude:iterate=Observation:*&_revinclude:iterate=Patient:*", "Observation": "_count=100&subject:Patient.name=Quince&_include:iterate=*",
		"Task": "subject:Patient.name:contains=zz",
	} {
		_, cost, err := f.spend(typ, text, 1_000_000)
		require.NoError(t, err)
		for _, steps := range []int{0, cost.steps / 3, cost.steps / 2, cost.steps - 1} {
			_, _, err := f.spend(typ, text, steps)
			issue := issueOf(t, err)
			assert.Equal(t, fhir.CodeTooCostly, issue.Code, "%s with %d steps", text, steps)
			assert.Contains(t, issue.Text, "add a condition")
		}
	}
}

// TestSearchesOfABundleShareABudget counts what goes with all pages of a Bundle together, be each of them small enough.
func TestSearchesOfABundleShareABudget(t *testing.T) {
	t.Parallel()
	f := linked(t, 120)
	ctx := store.WithAsked(t.Context(), &store.Asked{Budget: store.NewBudget(10_000)}) // of which 500 may be included
	q := url.Values{"_count": {"1000"}, "_revinclude": {"Observation:subject"}}
	for range 4 {
		found, err := f.Search(ctx, Principal{}, "Patient", q, false)
		require.NoError(t, err)
		require.Len(t, found.Included, 120)
	}
	_, err := f.Search(ctx, Principal{}, "Patient", q, false)
	assert.Equal(t, fhir.CodeTooCostly, issueOf(t, err).Code)
}

// TestEverythingOfAPersonHasABudget, and the record of an ordinary person is far below it.
func TestEverythingOfAPersonHasABudget(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))
	for i := range 30 {
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p"},"performer":[{"reference":"Organization/g%d"}]}`, i, i)),
			f.put(fmt.Sprintf(`{"resourceType":"Organization","id":"g%d","name":"x"}`, i)))
	}
	everything := func(steps int) (int, error) {
		b := store.NewBudget(steps)
		_, err := f.Everything(store.WithAsked(t.Context(), &store.Asked{Budget: b}), Principal{}, "Patient", "p", url.Values{})
		return steps - b.Left(), err
	}
	cost, err := everything(store.MostSteps)
	require.NoError(t, err)
	assert.Less(t, cost, store.MostSteps/50)
	_, err = everything(cost - 1)
	assert.Equal(t, fhir.CodeTooCostly, issueOf(t, err).Code)
}

// TestNoBudgetMeetsRealUse counts what the dearest ordinary questions come to: a worklist of a hundred referrals with all that they name and that names them,
// a household of fifty, and the record of a person with 5 MB in a thousand resources, as Synthea makes them.
func TestNoBudgetMeetsRealUse(t *testing.T) {
	t.Parallel()
	f := start(t)
	for i := range 100 {
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","name":[{"family":"Quince"}]}`, i)),
			f.put(fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"s%d","status":"active","intent":"order","subject":{"reference":"Patient/p%d"},"requester":{"reference":"Organization/ref"}}`, i, i)),
			f.put(fmt.Sprintf(`{"resourceType":"Appointment","id":"a%d","status":"booked","start":"2026-03-09T09:00:00Z","end":"2026-03-09T09:30:00Z","basedOn":[{"reference":"ServiceRequest/s%d"}],"participant":[{"actor":{"reference":"Patient/p%d"},"status":"accepted"}]}`, i, i, i)),
			f.put(fmt.Sprintf(`{"resourceType":"Task","id":"t%d","status":"requested","intent":"order","code":{"coding":[{"code":"fulfill"}]},"focus":{"reference":"ServiceRequest/s%d"},"for":{"reference":"Patient/p%d"},"requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/harbor"}}`, i, i, i)))
	}
	f.apply(f.put(`{"resourceType":"Organization","id":"harbor","name":"x"}`), f.put(`{"resourceType":"Organization","id":"ref","name":"x"}`))
	found, cost, err := f.spend("Task", "owner=Organization/harbor&status=requested,received,accepted&_count=100&_include=Task:focus&_include=Task:patient&_include=Task:requester&_include=Task:owner&"+
		"_include:iterate=ServiceRequest:requester&_revinclude:iterate=Appointment:based-on&_revinclude=Provenance:target&_total=accurate", store.MostSteps)
	require.NoError(t, err)
	require.Len(t, found.Included, 302)
	assert.Less(t, cost.steps, store.MostSteps/30, "a worklist")

	members := make([]string, 50)
	for i := range members {
		members[i] = fmt.Sprintf("p%d", i)
	}
	_, cost, err = f.spend("Patient", "_id="+strings.Join(members, ",")+"&_revinclude=Task:patient&_revinclude=ServiceRequest:subject&_revinclude=Appointment:patient", store.MostSteps)
	require.NoError(t, err)
	assert.Less(t, cost.steps, store.MostSteps/50, "a household")

	f.apply(f.put(`{"resourceType":"Patient","id":"synthea"}`))
	words := strings.Repeat("x", 4800)
	for i := 0; i < 1000; {
		var some []Change
		for end := i + 100; i < end; i++ {
			some = append(some, f.put(fmt.Sprintf(`{"resourceType":"Observation","id":"y%d","status":"final","code":{"text":%q},"subject":{"reference":"Patient/synthea"},"performer":[{"reference":"Organization/ref"}]}`, i, words)))
		}
		f.apply(some...)
	}
	b := store.NewBudget(store.MostSteps)
	page, err := f.Everything(store.WithAsked(t.Context(), &store.Asked{Budget: b}), Principal{}, "Patient", "synthea", url.Values{"_count": {"500"}})
	require.NoError(t, err)
	require.NotNil(t, page.Next)
	assert.Greater(t, b.Left(), store.MostSteps*4/5, "a record")
}

// TestHangUpEndsASearch at whatever statement it comes.
func TestHangUpEndsASearch(t *testing.T) {
	t.Parallel()
	f := linked(t, 150)
	q := url.Values{"_count": {"1000"}, "_revinclude:iterate": {"Observation:*", "Patient:*"}}
	for n := 1; ; n++ {
		asked := 0
		ctx, hangUp := context.WithCancel(t.Context())
		_, err := f.Search(store.WithAsked(ctx, &store.Asked{Patience: func(ctx context.Context) (context.Context, context.CancelFunc) {
			if asked++; asked == n {
				hangUp()
			}
			return ctx, func() {}
		}}), Principal{}, "Patient", q, false)
		hangUp()
		if asked < n {
			require.NoError(t, err)
			require.Greater(t, n, 10)
			return
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, n, asked, "no statement begins after that")
	}
}
