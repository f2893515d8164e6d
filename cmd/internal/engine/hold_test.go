package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/cmd/internal/store/storetest"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// ticking is a clock that is one millisecond further each time it is looked at: what is measured by it are the steps of a transaction.
type ticking struct{ n int }

func (c *ticking) elapsed() time.Duration {
	c.n++
	return time.Duration(c.n) * time.Millisecond
}

// budgeted is a fixture with budgets, whose partner may be sent to, and its clock.
func budgeted(t *testing.T, b Budgets) (*fixture, *ticking) {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	clock := &ticking{}
	return budgetedOn(t, s, b, clock), clock
}

func budgetedOn(t *testing.T, s store.Store, b Budgets, clock *ticking) *fixture {
	f := startOn(t, s)
	f.set.Rules, f.set.Guide.Partners = workflow.DefaultRules(time.UTC), map[string]mapping.Partner{"Organization/harbor": {Treatment: true}}
	f.set.Budgets, f.set.Elapsed = b, clock.elapsed
	f.Engine = New(s, f.set)
	return f
}

// TestAWriteThatHoldsTheWriterTooLongIsUndone whenever its time is over, after any step of it: it is answered, nothing of it is stored, and the next one is
// written as if it had never been.
func TestAWriteThatHoldsTheWriterTooLongIsUndone(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]func(f *fixture) []Change{
		"a household": func(f *fixture) []Change { return householdOf(f, "h", 5) },
		"many entries": func(f *fixture) []Change {
			return chainOf(f, "c", 25)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, clock := budgeted(t, Budgets{Hold: time.Hour})
			whole.apply(changes(whole)...)
			steps := clock.n
			require.Greater(t, steps, 30)
			for over := 1; over < steps; over += 1 + steps/40 {
				f, _ := budgeted(t, Budgets{Hold: time.Duration(over) * time.Millisecond})
				kind := Busy
				if len(changes(f)) > fewChanges {
					kind = TooCostly
				}
				r := f.refused(kind, changes(f)...)
				assert.Contains(t, r.Issues[0].Text, "nothing was stored", over)
				_, err := f.Try(t.Context(), Principal{}, changes(f))
				assert.ErrorContains(t, err, "nothing was stored")
				f.set.Budgets.Hold = time.Hour
				f.Engine = New(f.inner(), f.set)
				f.apply(changes(f)...)
				assert.Equal(t, whole.everything(), f.everything())
			}
		})
	}
}

// inner gives the store under a fixture.
func (f *fixture) inner() store.Store { return f.store.(watched).Store }

// TestAWriteEndsWithItsCaller whenever the caller goes, and nothing of it is stored.
func TestAWriteEndsWithItsCaller(t *testing.T) {
	t.Parallel()
	whole, clock := budgeted(t, Budgets{Hold: time.Hour})
	whole.apply(householdOf(whole, "h", 5)...)
	for gone := 2; gone < clock.n; gone += 1 + clock.n/40 {
		f, looks := budgeted(t, Budgets{Hold: time.Hour})
		ctx, hangUp := context.WithCancel(t.Context())
		f.set.Elapsed = func() time.Duration {
			if looks.n == gone {
				hangUp()
			}
			return looks.elapsed()
		}
		f.Engine = New(f.inner(), f.set)
		_, err := f.Apply(ctx, Principal{}, householdOf(f, "h", 5))
		require.ErrorIs(t, err, context.Canceled, gone)
		assert.Zero(t, f.everything(), gone)
	}
}

// TestStepsGrowWithWhatIsSent counts the steps of twice as much.
func TestStepsGrowWithWhatIsSent(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]func(f *fixture, n int) []Change{
		"household": func(f *fixture, n int) []Change { return householdOf(f, "h", n) },
		"chain":     func(f *fixture, n int) []Change { return chainOf(f, "c", n) },
	} {
		steps := func(n int) int {
			f, clock := budgeted(t, Budgets{Hold: time.Hour})
			f.apply(changes(f, n)...)
			return clock.n
		}
		assert.Less(t, steps(40), 2*steps(20)+40, name)
	}
}

// TestLimitsOfAReferral goes to each limit and one beyond it. What is beyond is refused with the limit and with what to do instead; and what was beyond it
// before there was one may change, and not grow.
func TestLimitsOfAReferral(t *testing.T) {
	t.Parallel()
	records := func(f *fixture, n int) []Change {
		all := chainOf(f, "c", 1)
		for i := range n {
			all = append(all, f.put(fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"basedOn":[{"reference":"ServiceRequest/c"}]}`, i)))
		}
		return bundle(all...)
	}
	for _, row := range []struct {
		name    string
		limit   Budgets
		changes func(f *fixture, n int) []Change
		touch   string // something that concerns the referral, and does not make it larger
		words   string
	}{
		{"members", Budgets{Members: 4}, func(f *fixture, n int) []Change { return householdOf(f, "h", n) },
			`{"resourceType":"Patient","id":"h-m1","gender":"female"}`, "household"},
		{"agencies", Budgets{Agencies: 4}, func(f *fixture, n int) []Change {
			return bundle(requestOf(f, "a", `"performer":[`+listOf(n, func(i int) string { return fmt.Sprintf(`{"reference":"Organization/o%d"}`, i) })+`],`),
				f.put(strings.Replace(taskNamed("a", "a", "Patient/a", ""), "Organization/harbor", "Organization/wh", 1)))
		}, `{"resourceType":"Patient","id":"a","gender":"female"}`, "agencies"},
		{"Tasks", Budgets{Legs: 4}, func(f *fixture, n int) []Change { return chainOf(f, "c", n) }, `{"resourceType":"Patient","id":"c","gender":"female"}`, "Tasks"},
		{"records", Budgets{Items: 4}, records, `{"resourceType":"Patient","id":"c","gender":"female"}`, "records"},
		{"references", Budgets{Links: 4}, func(f *fixture, n int) []Change {
			return []Change{requestOf(f, "l", `"supportingInfo":[`+listOf(n-1, func(i int) string { return fmt.Sprintf(`{"reference":"Observation/o%d"}`, i) })+`],`)}
		}, `{"resourceType":"Patient","id":"l","gender":"female"}`, "references"},
		{"conditions", Budgets{Conditions: 4}, func(f *fixture, n int) []Change {
			var all []Change
			for i := range n {
				all = append(all, f.post(`{"resourceType":"Patient"}`).ifNone(fmt.Sprintf("identifier=urn:x|%d", i)))
			}
			return bundle(all...)
		}, "", "searches"},
		{"searches for which much is looked at", Budgets{}, func(f *fixture, n int) []Change {
			var all []Change
			for i := range n - 4 + mostOpen {
				all = append(all, f.put(`{"resourceType":"Patient","name":[{"family":"zz"}]}`).where(fmt.Sprintf("name:contains=x%d", i)))
			}
			return bundle(all...)
		}, "", "much has to be looked at"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			f, clock := budgeted(t, row.limit)
			f.set.Guide.Self = "Organization/wh"
			f.Engine = New(f.inner(), f.set)
			f.apply(row.changes(f, 4)...)
			large, _ := budgeted(t, row.limit)
			large.set.Guide.Self = "Organization/wh"
			large.Engine = New(large.inner(), large.set)
			r := large.refused(TooCostly, row.changes(large, 5)...)
			require.Len(t, r.Issues, 1)
			assert.Equal(t, fhir.CodeTooCostly, r.Issues[0].Code)
			assert.Contains(t, r.Issues[0].Text, row.words)
			if row.touch == "" {
				return
			}
			large.set.Budgets = Unlimited()
			large.Engine = New(large.inner(), large.set)
			large.apply(large.put(strings.Replace(row.touch, "female", "male", 1)))
			large.apply(row.changes(large, 5)...)
			again := budgetedOn(t, large.inner(), row.limit, clock)
			again.set.Guide.Self = "Organization/wh"
			again.Engine = New(large.inner(), again.set)
			again.apply(again.put(row.touch))
			require.NoError(t, again.Reproject(t.Context(), nil))
			if row.name != "references" {
				_ = again.refused(TooCostly, row.changes(again, 6)...)
			}
		})
	}
}

// TestWhatIsWithinLimits is taken: a household of 50 with a visit each, touched again and again.
func TestWhatIsWithinLimits(t *testing.T) {
	t.Parallel()
	f, _ := budgeted(t, Budgets{Hold: time.Hour})
	f.apply(members(f, "h", 50)...)
	f.apply(householdOf(f, "h", 50)...)
	var visits []Change
	for i := range 50 {
		visits = append(visits, f.put(fmt.Sprintf(`{"resourceType":"Appointment","id":"h-a%d","status":"booked","basedOn":[{"reference":"ServiceRequest/h"}],"start":"2026-03-03T10:00:00Z","end":"2026-03-03T11:00:00Z","participant":[{"actor":{"reference":"Patient/h-m%[1]d"},"status":"accepted"}]}`, i)))
	}
	f.apply(bundle(visits...)...)
	f.apply(f.put(`{"resourceType":"Patient","id":"h-m49","gender":"female"}`))
	f.apply(f.put(strings.Replace(taskNamed("h", "h", "Group/h", ""), `"requested"`, `"accepted"`, 1)))
	assert.Len(t, f.legs("h"), 51)
}

func (f *fixture) legs(referral string) (rows []store.Handoff) {
	require.NoError(f.t, f.store.View(f.t.Context(), func(r store.Reader) (err error) {
		rows, err = r.Handoffs(f.t.Context(), referral)
		return err
	}))
	return rows
}

// TestMoreReferralsThanOneWriteBringsUpToDate writes what concerns more referrals than that: the rest follows when time next passes, and then all rows are as
// if they were made anew.
func TestMoreReferralsThanOneWriteBringsUpToDate(t *testing.T) {
	t.Parallel()
	f, _ := budgeted(t, Budgets{Hold: time.Hour})
	f.apply(f.put(`{"resourceType":"HealthcareService","id":"hs","providedBy":{"reference":"Organization/harbor"}}`))
	const n = mostAtOnce + 60
	for from := 0; from < n; from += 140 {
		var all []Change
		for i := from; i < min(from+140, n); i++ {
			id := fmt.Sprintf("s%04d", i)
			all = append(all, requestOf(f, id, ""), f.put(strings.Replace(taskNamed(id, id, "Patient/"+id, ""), "Organization/harbor", "HealthcareService/hs", 1)))
		}
		f.apply(bundle(all...)...)
	}
	f.step(time.Minute)
	f.apply(f.put(`{"resourceType":"HealthcareService","id":"hs","providedBy":{"reference":"Organization/other"}}`))
	select {
	case <-f.Woken():
	default:
		assert.Fail(t, "nobody is told that there is more to do")
	}
	stale := 0
	for i := range n {
		if rows := f.legs(fmt.Sprintf("s%04d", i)); len(rows) == 1 && rows[0].Wake.Equal(f.time()) {
			stale++
		}
	}
	assert.Equal(t, n-mostAtOnce, stale)
	_, done, err := f.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, n-mostAtOnce, done)
	contents := func() []string {
		lines, err := storetest.Contents(t.Context(), f.inner())
		require.NoError(t, err)
		return lines
	}
	before := contents()
	require.NoError(t, f.Reproject(t.Context(), nil))
	assert.Equal(t, before, contents())
}
