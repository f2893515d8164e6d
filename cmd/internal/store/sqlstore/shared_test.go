package sqlstore

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func shared(t *testing.T, path string) *Store {
	t.Helper()
	st, err := Open(t.Context(), Options{Path: path, Shared: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, st.Close()) })
	return st
}

// putNext stores one more version of a resource.
func putNext(ctx context.Context, st *Store, k store.Key) (v store.Version, err error) {
	err = st.Update(ctx, func(tx store.Tx) error {
		n, err := tx.Newest(ctx, k)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		at, err := tx.LastUpdated(ctx)
		if err != nil {
			return err
		}
		v, err = tx.Put(ctx, store.Write{Key: k, Replaces: n.Number, Updated: at.Add(time.Millisecond), Body: []byte(`{}`),
			Terms: []store.Term{{Param: "Task.status", Value: "requested"}}})
		return err
	})
	return v, err
}

func TestOnlyThoseWhoAllShareAFileHaveItOpenTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.db")
	a := shared(t, path)
	b := shared(t, path)
	_, err := Open(t.Context(), Options{Path: path})
	require.ErrorContains(t, err, "another program has this database open")
	require.NoError(t, a.Close())
	_, err = Open(t.Context(), Options{Path: path})
	require.ErrorContains(t, err, "another program has this database open", "one of them is still there")
	require.NoError(t, b.Close())
	alone, err := Open(t.Context(), Options{Path: path})
	require.NoError(t, err)
	require.NoError(t, alone.Close())
}

func TestThoseWhoShareAFileSeeEachOthersVersionsAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.db")
	a, b := shared(t, path), shared(t, path)
	k := store.Key{Type: "Task", ID: "t"}
	for n := range 6 {
		v, err := putNext(t.Context(), []*Store{a, b}[n%2], k)
		require.NoError(t, err)
		assert.Equal(t, n+1, v.Number)
		assert.Equal(t, int64(n+1), v.Seq, "one order for all")
		assert.Equal(t, v.Seq, a.Seen())
		assert.Equal(t, v.Seq, b.Seen(), "whoever asks here may have read it there")
	}
	err := a.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), store.Write{Key: k, Replaces: 5, Updated: time.Now(), Body: []byte(`{}`)})
		return err
	})
	require.ErrorIs(t, err, store.ErrConflict)
	for _, st := range []*Store{a, b} {
		require.NoError(t, st.View(t.Context(), func(r store.Reader) error {
			page, err := r.Search(t.Context(), store.Query{Type: "Task", All: []store.Match{{Param: "Task.status", Values: []string{"requested"}}}, Limit: 5})
			assert.Len(t, page.Versions, 1)
			return err
		}))
	}
}

func TestManyWhoShareAFileLoseNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s.db")
	var all sync.WaitGroup
	const each = 40
	k := store.Key{Type: "Task", ID: "t"}
	for range 3 {
		all.Go(func() {
			st, err := Open(t.Context(), Options{Path: path, Shared: true}) // at once, on a file that is not there
			if !assert.NoError(t, err) {
				return
			}
			defer func() { assert.NoError(t, st.Close()) }()
			for range each {
				_, err := putNext(t.Context(), st, k)
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	st := shared(t, path)
	v, err := putNext(t.Context(), st, k)
	require.NoError(t, err)
	assert.Equal(t, 3*each+1, v.Number)
	assert.Equal(t, int64(3*each+1), v.Seq)
}
