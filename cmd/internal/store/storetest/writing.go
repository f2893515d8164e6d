package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func testIdempotency(t *testing.T, st store.Store) {
	ctx := t.Context()
	const callers = 16
	for round := range 20 {
		key := fmt.Sprint("POST|", round)
		kept, fresh := make([]string, callers), make([]bool, callers)
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				assert.NoError(t, st.Update(ctx, func(tx store.Tx) (err error) {
					kept[i], fresh[i], err = tx.Remember(ctx, key, fmt.Sprint("by ", i), minute(round))
					if err == nil && fresh[i] {
						_, err = tx.Put(ctx, version(task(fmt.Sprint("t", round)), 0, start))
					}
					return err
				}))
			})
		}
		all.Wait()
		winners := 0
		for i := range callers {
			assert.Equal(t, kept[0], kept[i], "all see one value")
			if fresh[i] {
				winners++
				assert.Equal(t, fmt.Sprint("by ", i), kept[i])
			}
		}
		require.Equal(t, 1, winners, "of callers at once exactly one keeps its value")
	}

	update(t, st, func(ctx context.Context, tx store.Tx) {
		n, err := tx.Forget(ctx, minute(18))
		require.NoError(t, err)
		assert.Equal(t, 18, n, "those before the time")
		_, known, err := tx.Remembered(ctx, "POST|17")
		require.NoError(t, err)
		assert.False(t, known)
		_, fresh, err := tx.Remember(ctx, "POST|17", "again", minute(30))
		require.NoError(t, err)
		assert.True(t, fresh, "a forgotten key is free")
	})
	view(t, st, func(ctx context.Context, r store.Reader) {
		value, known, err := r.Remembered(ctx, "POST|17")
		require.NoError(t, err)
		assert.True(t, known)
		assert.Equal(t, "again", value)
		_, known, err = r.Remembered(ctx, "POST|18")
		require.NoError(t, err)
		assert.True(t, known, "the time itself is not before it")
	})
}

func testIsolation(t *testing.T, st store.Store) {
	testNothingIsLeft(t, st)
	testNeighbours(t, st)
	testPanic(t, st)
	testCounting(t, st)
	testSnapshot(t, st)
	testCancelled(t, st)
}

var errRefused = errors.New("refused")

// everything writes one row of each kind.
func everything(ctx context.Context, tx store.Tx, id string, replaces int) error {
	w := version(task(id), replaces, minute(1), terms("Task.owner", harbor)...)
	w.Links = []store.Link{{Via: "focus", To: "ServiceRequest/" + id}}
	if _, err := tx.Put(ctx, w); err != nil {
		return err
	}
	if err := tx.PutHandoff(ctx, store.Handoff{Task: id, Referral: id, Wake: minute(9)}); err != nil {
		return err
	}
	_, _, err := tx.Remember(ctx, id, "v", minute(1))
	return err
}

// kept says whether every row that everything writes is there; half of them is an error.
func kept(t *testing.T, st store.Store, id string) bool {
	t.Helper()
	there := []bool{}
	view(t, st, func(ctx context.Context, r store.Reader) {
		_, err := r.Newest(ctx, task(id))
		there = append(there, !errors.Is(err, store.ErrNotFound))
		page, err := r.Search(ctx, store.Query{Type: "Task", IDs: []string{id}, All: []store.Match{{Param: "Task.owner", Values: []string{harbor}}},
			Total: true})
		require.NoError(t, err)
		there = append(there, page.Total == 1)
		links, err := r.LinkedTo(ctx, "ServiceRequest/"+id)
		require.NoError(t, err)
		there = append(there, len(links) == 1)
		_, err = r.Handoff(ctx, id)
		there = append(there, !errors.Is(err, store.ErrNotFound))
		_, known, err := r.Remembered(ctx, id)
		require.NoError(t, err)
		there = append(there, known)
	})
	for _, is := range there {
		require.Equal(t, there[0], is, "half of %s is there: %v", id, there)
	}
	return there[0]
}

func testNothingIsLeft(t *testing.T, st store.Store) {
	ctx := t.Context()
	err := st.Update(ctx, func(tx store.Tx) error {
		require.NoError(t, everything(ctx, tx, "left", 0))
		_, err := tx.Newest(ctx, task("left"))
		require.NoError(t, err, "a transaction sees what it wrote")
		return errRefused
	})
	require.ErrorIs(t, err, errRefused, "the caller gets its own error")
	require.False(t, kept(t, st, "left"), "an Update that fails leaves nothing")

	first := put(t, st, version(task("after"), 0, minute(1)))
	require.Equal(t, 1, first[0].Number)
	err = st.Update(ctx, func(tx store.Tx) error {
		if err := everything(ctx, tx, "left", 0); err != nil {
			return err
		}
		_, err := tx.Put(ctx, version(task("after"), 0, minute(1)))
		return err
	})
	require.ErrorIs(t, err, store.ErrConflict)
	require.False(t, kept(t, st, "left"), "a conflict in the second of two writes takes the first along")
}

func testNeighbours(t *testing.T, st store.Store) {
	ctx := t.Context()
	const callers = 64
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			id := fmt.Sprint("n", i)
			err := st.Update(ctx, func(tx store.Tx) error {
				if err := everything(ctx, tx, id, 0); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return errRefused
				case 2:
					panic("refused")
				}
				return nil
			})
			switch i % 4 {
			case 1:
				assert.ErrorIs(t, err, errRefused)
			case 2:
				assert.Error(t, err)
			default:
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	for i := range callers {
		assert.Equal(t, i%4 == 0 || i%4 == 3, kept(t, st, fmt.Sprint("n", i)), "caller %d", i)
	}
}

func testPanic(t *testing.T, st store.Store) {
	ctx := t.Context()
	err := st.Update(ctx, func(tx store.Tx) error {
		require.NoError(t, everything(ctx, tx, "panic", 0))
		panic("Jane Example, born 1980-05-05")
	})
	require.Error(t, err)
	require.NotContains(t, err.Error(), "Jane", "the error does not say what the panic was about")
	require.False(t, kept(t, st, "panic"))

	left := make(chan struct{})
	go func() {
		defer close(left)
		_ = st.Update(ctx, func(tx store.Tx) error {
			_ = everything(ctx, tx, "panic", 0)
			runtime.Goexit() // as a failing test does
			return nil
		})
	}()
	<-left
	require.False(t, kept(t, st, "panic"), "a goroutine that ends inside f leaves nothing")
	update(t, st, func(ctx context.Context, tx store.Tx) { require.NoError(t, everything(ctx, tx, "panic", 0)) })
	require.True(t, kept(t, st, "panic"), "and the store works on")
}

func testCounting(t *testing.T, st store.Store) {
	last := put(t, st, version(task("seen"), 0, minute(1)))[0].Seq
	assert.Equal(t, last, st.Seen(), "the last version that is acknowledged")
	_ = st.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), version(task("seen"), 1, minute(1)))
		require.NoError(t, err)
		assert.Equal(t, last, st.Seen(), "one that is not on disk yet is not seen")
		return errRefused
	})
	assert.Equal(t, last, st.Seen(), "nor one that never was")
	before, carried := st.Syncs()
	update(t, st, func(ctx context.Context, tx store.Tx) { require.NoError(t, everything(ctx, tx, "count", 0)) })
	commits, updates := st.Syncs()
	assert.Equal(t, before+1, commits, "one caller, one commit")
	assert.Equal(t, carried+1, updates)
	_ = st.Update(t.Context(), func(store.Tx) error { return errRefused })
	update(t, st, func(ctx context.Context, tx store.Tx) {})
	c, u := st.Syncs()
	assert.Equal(t, [2]int64{commits, updates}, [2]int64{c, u}, "what writes nothing is not counted")
}

func testSnapshot(t *testing.T, st store.Store) {
	put(t, st, version(task("snap"), 0, minute(1)))
	written := make(chan error, 1)
	view(t, st, func(ctx context.Context, r store.Reader) {
		before, err := r.Newest(ctx, task("snap"))
		require.NoError(t, err)
		go func() {
			written <- st.Update(ctx, func(tx store.Tx) error {
				_, err := tx.Put(ctx, version(task("snap"), 1, minute(1)))
				return err
			})
		}()
		for range 100 {
			now, err := r.Newest(ctx, task("snap"))
			require.NoError(t, err)
			require.Equal(t, before, now, "a View sees one state")
		}
	})
	require.NoError(t, <-written)
	view(t, st, func(ctx context.Context, r store.Reader) {
		now, err := r.Newest(ctx, task("snap"))
		require.NoError(t, err)
		require.Equal(t, 2, now.Number, "what was acknowledged is seen by the next View")
	})
}

func testCancelled(t *testing.T, st store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	inside, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		assert.NoError(t, st.Update(t.Context(), func(store.Tx) error {
			close(inside)
			<-goOn
			return nil
		}))
	})
	<-inside
	all.Go(func() {
		err := st.Update(ctx, func(store.Tx) error {
			assert.Fail(t, "a caller that gave up before its turn is not run")
			return nil
		})
		assert.ErrorIs(t, err, context.Canceled)
	})
	cancel()
	close(goOn)
	all.Wait()
	require.ErrorIs(t, st.View(ctx, func(r store.Reader) error {
		_, err := r.Newest(ctx, task("snap"))
		return err
	}), context.Canceled)
}

func testClosing(t *testing.T, st store.Store) {
	ctx := t.Context()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 50 {
				id := fmt.Sprint("c", i, "-", n)
				if err := st.Update(ctx, func(tx store.Tx) error { return everything(ctx, tx, id, 0) }); err != nil {
					assert.ErrorIs(t, err, store.ErrFailed)
				}
				if err := st.View(ctx, func(r store.Reader) error { _, err := r.Handoff(ctx, id); return err }); err != nil {
					assert.True(t, errors.Is(err, store.ErrFailed) || errors.Is(err, store.ErrNotFound), err)
				}
			}
		})
	}
	require.NoError(t, st.Close(), "closing waits for what is under way")
	all.Wait()
	require.ErrorIs(t, st.Update(ctx, func(store.Tx) error { return nil }), store.ErrFailed)
	require.ErrorIs(t, st.View(ctx, func(store.Reader) error { return nil }), store.ErrFailed)
}
