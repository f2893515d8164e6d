package engine

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping/workflow"
)

// dueAt makes an engine whose legs each ask for one todo from a time on.
func dueAt(f *fixture, due func(leg string) time.Time) {
	f.fold = func(l *workflow.Ledger, at time.Time, r *workflow.Rules) workflow.Handoff {
		h := workflow.Fold(l, at, r)
		if by := due(l.Leg); at.Before(by) {
			h.Wake = by
		} else {
			h.Effects = []workflow.Effect{askAgency}
		}
		return h
	}
}

func TestAWriteThatIsDueEarlierWakesTheEngine(t *testing.T) {
	t.Parallel()
	f := start(t)
	due := map[string]time.Time{"Task/a": f.time().Add(time.Hour), "Task/b": f.time().Add(2 * time.Hour), "Task/c": f.time().Add(time.Minute)}
	dueAt(f, func(leg string) time.Time { return due[leg] })
	woken := func() bool {
		select {
		case <-f.Woken():
			return true
		default:
			return false
		}
	}
	f.refer("a")
	assert.True(t, woken(), "nothing was due before")
	f.refer("b")
	assert.False(t, woken(), "that is later")
	f.refer("c")
	assert.True(t, woken())
	f.step(time.Minute)
	next, done, err := f.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, done)
	assert.True(t, next.Equal(due["Task/a"]))
	assert.False(t, woken(), "its own work wakes nobody")
	due["Task/d"] = next.Add(-time.Second)
	f.refer("d")
	assert.True(t, woken())
}

func TestAReferralThatCannotBeFoldedStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	f := start(t)
	due := f.time().Add(time.Hour)
	dueAt(f, func(string) time.Time { return due })
	for i := range 5 {
		f.refer(fmt.Sprint("r", i))
	}
	// What is stored of r2 cannot be read any more.
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), store.Write{Key: store.Key{Type: "Task", ID: "r2"}, Replaces: 1, Updated: f.time(), Body: []byte(`{`),
			Links: []store.Link{{Via: "focus", To: "ServiceRequest/r2"}}})
		return err
	}))
	f.step(time.Hour)
	_, _, err := f.Tick(t.Context())
	require.ErrorContains(t, err, "ServiceRequest/r2")
	next, done, err := f.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 4, done)
	assert.True(t, next.After(f.time()), "and nobody turns in circles about it")
	for _, id := range []string{"r0", "r1", "r3", "r4"} {
		assert.Equal(t, []string{"requested"}, f.statuses(effectKey(id, askAgency)), id)
	}
	f.step(sickFor)
	_, _, err = f.Tick(t.Context())
	require.ErrorContains(t, err, "ServiceRequest/r2", "it is tried again, and told again")
}

func TestABatchOfWhatIsDueIsShort(t *testing.T) {
	t.Parallel()
	f := start(t)
	due := f.time().Add(time.Hour)
	dueAt(f, func(string) time.Time { return due })
	for i := range 20 {
		f.refer(fmt.Sprint("r", i))
	}
	f.step(time.Hour)
	_, before := f.store.Syncs()
	clock := f.clock
	f.set.Now = func() time.Time { clock = clock.Add(batchTime / 4); return clock } // each referral takes a quarter of the time
	_, done, err := f.Tick(t.Context())
	require.NoError(t, err)
	_, after := f.store.Syncs()
	assert.Equal(t, 20, done)
	assert.GreaterOrEqual(t, after-before, int64(4), "several transactions, so that others get their turn")
}

func TestTheStoresOwnTroubleMakesNoReferralSick(t *testing.T) {
	t.Parallel()
	var bad *foldError
	assert.False(t, errors.As(foldFailed("a", fmt.Errorf("x: %w", store.ErrBusy)), &bad))
	assert.False(t, errors.As(foldFailed("a", &Refusal{Kind: Unprocessable}), &bad))
	assert.True(t, errors.As(foldFailed("a", errors.New("damaged")), &bad))
}
