package sqlstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func write(id string, replaces int, at time.Time) store.Write {
	k := store.Key{Type: "Task", ID: id}
	return store.Write{Key: k, Replaces: replaces, Updated: at, Body: []byte(`{"resourceType":"Task"}`),
		Terms: []store.Term{{Param: "Task.owner", Value: "Organization/harbor"}},
		Links: []store.Link{{Via: "focus", To: "ServiceRequest/sr1"}}}
}

func put(t *testing.T, st store.Store, writes ...store.Write) {
	t.Helper()
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		for _, w := range writes {
			if _, err := tx.Put(t.Context(), w); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestAStoreThatIsOpenedAgainHasEverything(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "a file named 100%? #1.db")
	leg := store.Handoff{Task: "t1", Referral: "sr1", State: "offered", Wake: morning}
	query := store.Query{Type: "Task", Limit: 9, Total: true, All: []store.Match{{Param: "Task.owner", Values: []string{"Organization/harbor"}}}}
	type state struct {
		newest store.Version
		page   store.Page
		linked []store.Linked
		leg    store.Handoff
		value  string
		last   time.Time
	}
	read := func(st store.Store) (s state) {
		require.NoError(t, st.View(ctx, func(r store.Reader) (err error) {
			s.newest, err = r.Newest(ctx, store.Key{Type: "Task", ID: "t1"})
			require.NoError(t, err)
			s.page, err = r.Search(ctx, query)
			require.NoError(t, err)
			s.linked, err = r.LinkedTo(ctx, "ServiceRequest/sr1")
			require.NoError(t, err)
			s.leg, err = r.Handoff(ctx, "t1")
			require.NoError(t, err)
			s.value, _, err = r.Remembered(ctx, "key")
			require.NoError(t, err)
			s.last, err = r.LastUpdated(ctx)
			return err
		}))
		return s
	}

	st, err := sqlstore.Open(ctx, sqlstore.Options{Path: path})
	require.NoError(t, err)
	put(t, st, write("t1", 0, morning), write("t2", 0, morning))
	require.NoError(t, st.Update(ctx, func(tx store.Tx) error {
		require.NoError(t, tx.PutHandoff(ctx, leg))
		_, _, err := tx.Remember(ctx, "key", "value", morning)
		require.NoError(t, err)
		_, err = tx.Put(ctx, write("t1", 1, morning.Add(time.Hour)))
		return err
	}))
	before, seen := read(st), st.Seen()
	require.Equal(t, 2, before.page.Total)
	require.NoError(t, st.Close())
	require.NoError(t, st.Close(), "closing twice does nothing")

	st, err = sqlstore.Open(ctx, sqlstore.Options{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	assert.Equal(t, before, read(st))
	assert.Equal(t, seen, st.Seen())
	require.Error(t, st.Update(ctx, func(tx store.Tx) error {
		_, err := tx.Put(ctx, write("t3", 0, morning))
		return err
	}), "lastUpdated does not run backwards over a restart either")
	put(t, st, write("t1", 2, morning.Add(time.Hour)))
	assert.Equal(t, before.newest.Seq+1, read(st).newest.Seq, "the order goes on")
}

func TestTheFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.db")
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	put(t, st, write("t1", 0, morning))
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), path+suffix)
	}
}

func TestOnlyOneProgramOpensAFile(t *testing.T) {
	t.Parallel()
	o := sqlstore.Options{Path: filepath.Join(t.TempDir(), "w.db")}
	first, err := sqlstore.Open(t.Context(), o)
	require.NoError(t, err)
	_, err = sqlstore.Open(t.Context(), o)
	require.ErrorContains(t, err, "another program has this database open")
	put(t, first, write("t1", 0, morning))
	require.NoError(t, first.Close())
	again, err := sqlstore.Open(t.Context(), o)
	require.NoError(t, err, "once it is closed the next may")
	require.NoError(t, again.Close())
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	noDatabase := filepath.Join(folder, "text.db")
	require.NoError(t, os.WriteFile(noDatabase, []byte("this is no database, but a text that somebody wrote"), 0o600))
	for name, o := range map[string]sqlstore.Options{
		"neither a file nor memory":     {},
		"both a file and memory":        {Path: filepath.Join(folder, "both.db"), Memory: true},
		"a folder that is not there":    {Path: filepath.Join(folder, "none", "w.db")},
		"a file that is no database":    {Path: noDatabase},
		"a folder in place of a file":   {Path: folder},
		"a level of syncing unheard of": {Path: filepath.Join(folder, "level.db"), Synchronous: "SOMETIMES"},
	} {
		_, err := sqlstore.Open(t.Context(), o)
		require.ErrorContains(t, err, "open store: ", name)
	}
	_, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: noDatabase})
	require.NotContains(t, fmt.Sprint(err), "another program", "a failed Open lets go of its lock")
}

func TestAViewHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	ctx, st := t.Context(), openFile(t)
	put(t, st, write("t1", 0, morning))
	require.NoError(t, st.View(ctx, func(r store.Reader) error {
		before, err := r.Newest(ctx, store.Key{Type: "Task", ID: "t1"})
		require.NoError(t, err)
		put(t, st, write("t1", 1, morning))
		now, err := r.Newest(ctx, store.Key{Type: "Task", ID: "t1"})
		require.NoError(t, err)
		assert.Equal(t, before, now, "and sees what it saw")
		return nil
	}))
}

func TestAPanicInAViewGivesTheConnectionBack(t *testing.T) {
	t.Parallel()
	st := openFile(t)
	for range 9 {
		require.Panics(t, func() { _ = st.View(t.Context(), func(store.Reader) error { panic("a bug") }) })
	}
	require.NoError(t, st.View(t.Context(), func(store.Reader) error { return nil }))
}

func TestAViewWaitsForAConnectionNoLongerThanItsContext(t *testing.T) {
	t.Parallel()
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: filepath.Join(t.TempDir(), "w.db"), Readers: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	require.NoError(t, st.View(t.Context(), func(store.Reader) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, st.View(ctx, func(store.Reader) error { return nil }), context.Canceled)
		return nil
	}))
}

func TestTheLogDoesNotGrowForEver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "w.db")
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: path})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	big := make([]byte, 200_000)
	for i := range 700 { // 140 MB
		w := write(fmt.Sprint("t", i), 0, morning)
		w.Body = big
		put(t, st, w)
	}
	info, err := os.Stat(path + "-wal")
	require.NoError(t, err)
	assert.Less(t, info.Size(), int64(40<<20))
}
