package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func testHandoffs(t *testing.T, st store.Store) {
	tasks := func(hs []store.Handoff) []string {
		all := []string{}
		for _, h := range hs {
			all = append(all, h.Task)
		}
		return all
	}
	awake := func(now time.Time, limit int) []string {
		var all []store.Handoff
		view(t, st, func(ctx context.Context, r store.Reader) {
			var err error
			all, err = r.Awake(ctx, now, limit)
			require.NoError(t, err)
		})
		return tasks(all)
	}
	nextWake := func() time.Time {
		var at time.Time
		view(t, st, func(ctx context.Context, r store.Reader) {
			var err error
			at, err = r.NextWake(ctx)
			require.NoError(t, err)
		})
		return at
	}
	assert.True(t, nextWake().IsZero(), "nobody waits in an empty store")

	t1 := store.Handoff{Task: "t1", Referral: "sr1", Agency: harbor, Patient: "Patient/p1", State: "unconfirmed", Reason: "no-news",
		Due: minute(5), Wake: minute(3).Add(7 * time.Microsecond), Seq: 9, Doc: []byte(`{"state":"unconfirmed"}`), Mark: "of these rules"}
	t0 := store.Handoff{Task: "t0", Referral: "sr1", State: "offered", Wake: minute(1), Due: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}
	t2 := store.Handoff{Task: "t2", State: "offered"}
	update(t, st, func(ctx context.Context, tx store.Tx) {
		for _, h := range []store.Handoff{t1, t0, t2} {
			require.NoError(t, tx.PutHandoff(ctx, h))
		}
	})
	view(t, st, func(ctx context.Context, r store.Reader) {
		h, err := r.Handoff(ctx, "t1")
		require.NoError(t, err)
		assert.Equal(t, t1, h)
		h, err = r.Handoff(ctx, "t2")
		require.NoError(t, err)
		assert.Equal(t, t2, h, "zero times come back as zero")
		_, err = r.Handoff(ctx, "t3")
		require.ErrorIs(t, err, store.ErrNotFound)
		hs, err := r.Handoffs(ctx, "sr1")
		require.NoError(t, err)
		assert.Equal(t, []store.Handoff{t0, t1}, hs, "the legs of a referral, by Task id")
		hs, err = r.Handoffs(ctx, "sr2")
		require.NoError(t, err)
		assert.Empty(t, hs)
	})

	assert.Equal(t, minute(1), nextWake())
	assert.Empty(t, awake(minute(1).Add(-time.Millisecond), 10))
	assert.Equal(t, []string{"t0"}, awake(minute(1), 10), "the time itself counts")
	assert.Equal(t, []string{"t0"}, awake(minute(3), 10), "seven microseconds too early")
	assert.Equal(t, []string{"t0", "t1"}, awake(minute(4), 10), "earliest first, those without a time never")
	assert.Equal(t, []string{"t0"}, awake(minute(4), 1))

	t0.Wake, t0.State, t0.Referral, t0.Mark = time.Time{}, "closed", "sr2", "of other rules"
	update(t, st, func(ctx context.Context, tx store.Tx) {
		require.NoError(t, tx.PutHandoff(ctx, t0))
		h, err := tx.Handoff(ctx, "t0")
		require.NoError(t, err)
		assert.Equal(t, t0, h, "a row is replaced, and seen inside the transaction")
		require.NoError(t, tx.DropHandoff(ctx, "t2"))
		require.NoError(t, tx.DropHandoff(ctx, "never"), "no row, no error")
	})
	assert.Equal(t, t1.Wake, nextWake())
	view(t, st, func(ctx context.Context, r store.Reader) {
		_, err := r.Handoff(ctx, "t2")
		require.ErrorIs(t, err, store.ErrNotFound)
		hs, err := r.Handoffs(ctx, "sr1")
		require.NoError(t, err)
		assert.Equal(t, []string{"t1"}, tasks(hs))
	})
	each := func(f func(store.Handoff) error) (err error) {
		view(t, st, func(ctx context.Context, r store.Reader) { err = r.EachHandoff(ctx, f) })
		return err
	}
	var all []store.Handoff
	require.NoError(t, each(func(h store.Handoff) error { all = append(all, h); return nil }))
	assert.Equal(t, []store.Handoff{t0, t1}, all)
	calls := 0
	require.ErrorIs(t, each(func(store.Handoff) error { calls++; return errEnough }), errEnough)
	assert.Equal(t, 1, calls, "an error ends it")
	update(t, st, func(ctx context.Context, tx store.Tx) {
		for i := range 600 {
			require.NoError(t, tx.PutHandoff(ctx, store.Handoff{Task: fmt.Sprintf("u%03d", i)}))
		}
	})
	all = nil
	require.NoError(t, each(func(h store.Handoff) error { all = append(all, h); return nil }))
	assert.Len(t, all, 602)
	assert.Equal(t, "u599", all[601].Task, "in order, whatever the portions")
}

var errEnough = errors.New("enough")
