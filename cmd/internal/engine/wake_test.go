package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
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
		assert.Equal(t, []string{"ready"}, f.statuses(effectKey(id, askAgency)), id)
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

// TestThreeInstancesDoEachThingOnce lets three engines on one file do what is due, while they also take each other's writes.
func TestThreeInstancesDoEachThingOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.db")
	const legs = 60
	var all [3]*fixture
	for i := range all {
		s, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: path, Shared: true})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, s.Close()) })
		all[i] = startOn(t, s)
		name := string(rune('x' + i))
		all[i].set.NewID = func() string { return name + strconv.FormatInt(all[i].ids.Add(1), 10) }
	}
	due := all[0].time().Add(time.Hour)
	for _, f := range all {
		dueAt(f, func(string) time.Time { return due })
	}
	for i := range legs {
		id := fmt.Sprint("r", i)
		all[i%3].refer(id)
		all[(i+1)%3].apply(all[(i+1)%3].put(legTask(id, "accepted", ""))) // a move that another instance stored is known here
		all[(i+2)%3].apply(all[(i+2)%3].put(legTask(id, "in-progress", "")))
	}
	var running sync.WaitGroup
	var total atomic.Int64
	for _, f := range all {
		f.step(time.Hour)
		running.Go(func() {
			_, done, err := f.Tick(context.Background())
			assert.NoError(t, err)
			total.Add(int64(done))
		})
	}
	running.Wait()
	assert.Equal(t, int64(legs), total.Load(), "none twice, none forgotten")
	for i := range legs {
		id := fmt.Sprint("r", i)
		assert.Equal(t, []string{"ready"}, all[0].statuses(effectKey(id, askAgency)), id)
		assert.Equal(t, []string{"requested", "accepted", "in-progress"}, all[1].statuses(store.Key{Type: "Task", ID: id}), id)
	}
}
