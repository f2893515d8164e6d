package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func openTest(t *testing.T, o Options) *Store {
	t.Helper()
	if !o.Memory {
		o.Path = filepath.Join(t.TempDir(), "w.db")
	}
	st, err := Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	return st
}

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func putOne(ctx context.Context, t store.Tx, id string, at time.Time, body []byte) error {
	_, err := t.Put(ctx, store.Write{Key: store.Key{Type: "Task", ID: id}, Updated: at, Body: body,
		Terms: []store.Term{{Param: "Task.owner", Value: "Organization/harbor"}}})
	return err
}

// count searches, so that terms are looked at too.
func count(t *testing.T, r store.Reader) int {
	t.Helper()
	page, err := r.Search(t.Context(), store.Query{Type: "Task", Total: true,
		All: []store.Match{{Param: "Task.owner", Values: []string{"Organization/harbor"}}}})
	require.NoError(t, err)
	return page.Total
}

func stored(t *testing.T, st *Store) (n int) {
	t.Helper()
	require.NoError(t, st.View(t.Context(), func(r store.Reader) error {
		n = count(t, r)
		return nil
	}))
	return n
}

// together runs functions as one group: the writer is held up, by one that is in the group too, until all of them wait.
func together(t *testing.T, st *Store, fs ...func(tx *tx) error) []error {
	t.Helper()
	errs := make([]error, len(fs))
	held, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = st.Update(t.Context(), func(store.Tx) error { // an error of all is its own too
			close(held)
			<-goOn
			return nil
		})
	})
	<-held
	for i, f := range fs {
		all.Go(func() { errs[i] = st.Update(t.Context(), func(t store.Tx) error { return f(t.(*tx)) }) })
		for st.writer.queue.Len() <= i {
			runtime.Gosched()
		}
	}
	close(goOn)
	all.Wait()
	return errs
}

func TestCallersWhoWaitShareOneCommit(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	refused := errors.New("refused")
	var fs []func(*tx) error
	for i := range 9 {
		fs = append(fs, func(tx *tx) error {
			assert.Equal(t, i-(i+1)/3, count(t, tx), "each sees what those before it keep")
			if err := putOne(t.Context(), tx, fmt.Sprint(i), noon, nil); err != nil {
				return err
			}
			assert.Equal(t, i-(i+1)/3+1, count(t, tx), "and what it wrote itself")
			if i%3 == 1 {
				return refused
			}
			return nil
		})
	}
	for i, err := range together(t, st, fs...) {
		if i%3 == 1 {
			assert.ErrorIs(t, err, refused)
		} else {
			assert.NoError(t, err)
		}
	}
	commits, updates := st.Syncs()
	assert.Equal(t, [2]int64{1, 6}, [2]int64{commits, updates})
	assert.Equal(t, 6, stored(t, st))
}

func TestTheTimeOfAWriteThatFailedDoesNotCount(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	errs := together(t, st,
		func(tx *tx) error {
			require.NoError(t, putOne(t.Context(), tx, "late", noon.Add(time.Hour), nil))
			return errors.New("refused")
		},
		func(tx *tx) error { return putOne(t.Context(), tx, "early", noon, nil) })
	require.Error(t, errs[0])
	require.NoError(t, errs[1])
}

func TestAStatementThatFailedSpoilsTheUpdateEvenIfTheFunctionGoesOn(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	errs := together(t, st,
		func(tx *tx) error {
			require.NoError(t, putOne(t.Context(), tx, "half", noon, nil))
			_, err := tx.exec("INSERT INTO nonsense VALUES (1)")
			require.Error(t, err)
			require.ErrorIs(t, putOne(t.Context(), tx, "more", noon, nil), err)
			return nil
		},
		func(tx *tx) error { return putOne(t.Context(), tx, "neighbour", noon, nil) })
	require.ErrorContains(t, errs[0], "nonsense")
	require.NoError(t, errs[1])
	assert.Equal(t, 1, stored(t, st))
}

func TestATransactionThatIsOverRefuses(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{Memory: true})
	var kept store.Tx
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		kept = tx
		return nil
	}))
	require.ErrorIs(t, putOne(t.Context(), kept, "t1", noon, nil), errOver)
	_, err := kept.NextWake(t.Context())
	require.ErrorIs(t, err, errOver)
	var r store.Reader
	require.NoError(t, st.View(t.Context(), func(within store.Reader) error {
		r = within
		return nil
	}))
	_, err = r.Newest(t.Context(), store.Key{Type: "Task", ID: "t1"})
	require.ErrorIs(t, err, errOver)
}

func TestAFullDiskRefusesTheGroupAndNothingElse(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error { return putOne(t.Context(), tx, "before", noon, nil) }))
	pages := int64(0)
	limit := func(tx *tx, to int64) {
		require.NoError(t, tx.s.one(fmt.Sprint("PRAGMA max_page_count = ", to), nil, func(r row) error { return nil }))
	}
	errs := together(t, st,
		func(tx *tx) error {
			require.NoError(t, tx.s.one("PRAGMA page_count", nil, func(r row) error { pages = r.long(0); return nil }))
			limit(tx, pages+2)
			return putOne(t.Context(), tx, "small", noon, nil)
		},
		func(tx *tx) error { return putOne(t.Context(), tx, "big", noon, make([]byte, 100_000)) },
		func(tx *tx) error { return putOne(t.Context(), tx, "last", noon, nil) })
	for i, err := range errs[:2] {
		assert.ErrorIs(t, err, store.ErrFull, "caller %d", i)
	}
	require.NoError(t, errs[2], "whoever had not begun is in the next group, and has room")
	assert.Equal(t, 2, stored(t, st), "nothing of the group is kept, reading works")
	require.NoError(t, st.Update(t.Context(), func(t2 store.Tx) error {
		limit(t2.(*tx), 1<<30)
		return putOne(t.Context(), t2, "after", noon, make([]byte, 100_000))
	}), "with space again writing works")
	assert.Equal(t, 3, stored(t, st))
	select {
	case <-st.Failed():
		t.Fatal("a full disk is no reason to stop")
	default:
	}
}

func TestAGroupThatIsGivenUpLeavesNoTransactionOpen(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	st.writer.s.d.judge = func(error) trouble { return full }
	errs := together(t, st,
		func(tx *tx) error {
			_, _ = tx.exec("INSERT INTO nonsense VALUES (1)")
			return nil
		},
		func(tx *tx) error { return putOne(t.Context(), tx, "t1", noon, nil) })
	require.ErrorIs(t, errs[0], store.ErrFull)
	require.NoError(t, errs[1], "in the next group")
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error { return putOne(t.Context(), tx, "t2", noon, nil) }))
	assert.Equal(t, 2, stored(t, st))
}

func TestAfterAFailedWriteTheStoreRefusesEverything(t *testing.T) {
	t.Parallel()
	for why, breakAt := range map[string]func(tx *tx){
		"nonsense": func(tx *tx) { _, _ = tx.exec("INSERT INTO nonsense VALUES (1)") }, // in a caller's statement
		"FOREIGN KEY": func(tx *tx) { // in the commit
			_, err := tx.s.exec("CREATE TEMP TABLE parent (id INTEGER PRIMARY KEY)")
			require.NoError(t, err)
			_, err = tx.s.exec("CREATE TEMP TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
			require.NoError(t, err)
			_, err = tx.s.exec("INSERT INTO child VALUES (1)")
			require.NoError(t, err)
		},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			st := openTest(t, Options{})
			// Any error counts as one of the disk.
			st.writer.s.d.judge = func(error) trouble { return failed }
			require.NoError(t, st.Cause())
			next := make(chan error, 1)
			errs := together(t, st,
				func(tx *tx) error { return putOne(t.Context(), tx, "first", noon, nil) },
				func(tx *tx) error {
					require.NoError(t, putOne(t.Context(), tx, "second", noon, nil))
					go func() {
						next <- st.Update(t.Context(), func(store.Tx) error { return nil })
					}()
					for st.writer.queue.Len() < 2 { // the third, and that one
						runtime.Gosched()
					}
					breakAt(tx)
					return nil
				},
				func(tx *tx) error { return putOne(t.Context(), tx, "third", noon, nil) })
			for i, err := range errs {
				require.ErrorIs(t, err, store.ErrFailed, "caller %d", i)
			}
			<-st.Failed()
			require.ErrorIs(t, <-next, store.ErrFailed, "who waits while it fails")
			require.ErrorContains(t, st.Cause(), why)
			require.ErrorIs(t, st.Update(t.Context(), func(store.Tx) error { return nil }), store.ErrFailed)
			require.ErrorIs(t, st.View(t.Context(), func(store.Reader) error { return nil }), store.ErrFailed)
		})
	}
}

func TestTooManyWaitingCallersAreSentAway(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{Memory: true, Queue: 3})
	nothing := func(store.Tx) error { return nil }
	held, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		assert.NoError(t, st.Update(t.Context(), func(store.Tx) error {
			close(held)
			<-goOn
			return nil
		}))
	})
	<-held
	for i := range 3 {
		all.Go(func() { assert.NoError(t, st.Update(t.Context(), nothing)) })
		for st.writer.queue.Len() <= i {
			runtime.Gosched()
		}
	}
	require.ErrorIs(t, st.Update(t.Context(), nothing), store.ErrBusy)
	close(goOn)
	all.Wait()
	require.NoError(t, st.Update(t.Context(), nothing))
}

func TestAnotherWriterMakesCallersTryAgain(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	require.NoError(t, st.Update(t.Context(), func(t2 store.Tx) error {
		_, err := t2.(*tx).s.exec("PRAGMA busy_timeout = 1")
		return err
	}))
	path := ""
	require.NoError(t, st.writer.s.one("SELECT file FROM pragma_database_list", nil, func(r row) error { path = r.text(0); return nil }))
	shell, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer func() { require.NoError(t, shell.Close()) }()
	shell.SetMaxOpenConns(1)
	_, err = shell.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	write := func() error {
		return st.Update(t.Context(), func(tx store.Tx) error { return putOne(t.Context(), tx, "t1", noon, nil) })
	}
	require.ErrorIs(t, write(), store.ErrBusy)
	_, err = shell.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, write())
}
