package sqlstore

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
)

// queued runs Updates of callers that all wait when the first of them begins, and gives the order in which they were served.
func queued(t *testing.T, st *Store, callers []string, serve func(caller string)) []string {
	t.Helper()
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
	var served []string
	for i, caller := range callers {
		all.Go(func() {
			assert.NoError(t, st.Update(turn.For(t.Context(), caller), func(tx store.Tx) error {
				served = append(served, caller) // in the writer's goroutine
				serve(caller)
				return putOne(t.Context(), tx, string(rune('a'+i)), noon, nil)
			}))
		})
		for st.writer.queue.Len() <= i {
			runtime.Gosched()
		}
	}
	close(goOn)
	all.Wait()
	return served
}

// TestADearCallerWaitsForTheOthers has one caller whose writes take 200 ms each, in a queue before another's: the second is served after one of them, and
// nobody waits for the sync until all are done.
func TestADearCallerWaitsForTheOthers(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	st := openTest(t, Options{Elapsed: func() time.Duration { return time.Duration(now.Load()) }})
	served := queued(t, st, []string{"dear", "dear", "dear", "dear", "honest", "honest", "another"}, func(caller string) {
		if caller == "dear" {
			now.Add(int64(200 * time.Millisecond))
		} else {
			now.Add(int64(time.Millisecond))
		}
	})
	require.Len(t, served, 7)
	assert.Equal(t, "dear", served[0])
	assert.ElementsMatch(t, []string{"honest", "honest", "another"}, served[1:4], "%v", served)
	commits, updates := st.Syncs()
	assert.Equal(t, int64(7), updates)
	assert.GreaterOrEqual(t, commits, int64(4), "a group ends in time")
	assert.Equal(t, 7, stored(t, st))
}

// TestWithoutAClockCallersTakeTurns one after the other.
func TestWithoutAClockCallersTakeTurns(t *testing.T) {
	t.Parallel()
	served := queued(t, openTest(t, Options{}), []string{"a", "a", "a", "b", "b", "c"}, func(string) {})
	assert.Equal(t, []string{"a", "b", "c", "a", "b", "a"}, served)
}

// TestNoCallerHasAllReaders has one caller wait in as many Views as there are: another still reads, and so does whoever asks whether the store is well.
func TestNoCallerHasAllReaders(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{Readers: 4})
	inside, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			assert.NoError(t, st.View(turn.For(t.Context(), "many"), func(store.Reader) error {
				inside <- struct{}{}
				<-goOn
				return nil
			}))
		})
	}
	for range 3 {
		<-inside
	}
	require.NoError(t, st.View(turn.For(t.Context(), "other"), func(store.Reader) error { return nil }))
	all.Go(func() {
		assert.NoError(t, st.View(turn.For(t.Context(), "third"), func(store.Reader) error {
			inside <- struct{}{}
			<-goOn
			return nil
		}))
	})
	<-inside
	require.NoError(t, st.Ping(t.Context()), "with all readers in use")
	all.Go(func() {
		for range 5 {
			<-inside
		}
	})
	close(goOn)
	all.Wait()
	require.NoError(t, st.Ping(t.Context()))
}

// TestWhoHadLittleSharesNoCommitWithWhoHadMuch has a caller whose writes take long, and others who came after it: they are in a group with its first, which was
// under way, and its next ones are in groups of their own.
func TestWhoHadLittleSharesNoCommitWithWhoHadMuch(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	st := openTest(t, Options{Elapsed: func() time.Duration { return time.Duration(now.Load()) }})
	served := queued(t, st, []string{"dear", "dear", "dear", "a", "b", "c"}, func(caller string) {
		if caller == "dear" {
			now.Add(int64(3 * time.Millisecond))
		}
	})
	assert.Equal(t, []string{"dear", "a", "b", "c", "dear", "dear"}, served)
	commits, updates := st.Syncs()
	assert.Equal(t, [2]int64{2, 6}, [2]int64{commits, updates}, "those who had little do not wait for the end of who had much")
}

// TestWhatACommitTakesIsPaidByWhoWroteMuch: of two callers in one group, whose functions take as long as each other, the one that writes much to be found by
// has had more of the writer, and is served after the other when both come again.
func TestWhatACommitTakesIsPaidByWhoWroteMuch(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	st := openTest(t, Options{Elapsed: func() time.Duration { return time.Duration(now.Add(int64(time.Millisecond))) }}) // each look at it takes some
	write := func(id string, terms int) func(store.Tx) error {
		w := store.Write{Key: store.Key{Type: "Task", ID: id}, Updated: noon, Body: make([]byte, 8192)}
		for n := range terms {
			w.Terms = append(w.Terms, store.Term{Param: "Task.identifier", Value: fmt.Sprint(n)})
		}
		return func(one store.Tx) error {
			_, err := one.Put(t.Context(), w)
			assert.Equal(t, int64(4+terms), one.(*tx).pages, "two of its body, two of its rows, and those it is found by")
			return err
		}
	}
	for round := range 2 {
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
		var order []string
		for i, who := range []string{"much", "little"} {
			f := write(fmt.Sprint(who, round), 500*(1-i))
			all.Go(func() {
				assert.NoError(t, st.Update(turn.For(t.Context(), who), func(tx store.Tx) error {
					order = append(order, who)
					return f(tx)
				}))
			})
			for st.writer.queue.Len() <= i {
				runtime.Gosched()
			}
		}
		close(goOn)
		all.Wait()
		assert.Equal(t, [][]string{{"much", "little"}, {"little", "much"}}[round], order)
	}
}

// TestPagesAreGivenBack by connections that nobody uses, and who reads goes on.
func TestPagesAreGivenBack(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Readers: 2}, {Memory: true}} {
		st := openTest(t, o)
		require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error { return putOne(t.Context(), tx, "t1", noon, nil) }))
		require.NoError(t, st.View(t.Context(), func(r store.Reader) error {
			assert.Equal(t, 1, count(t, r))
			st.Shrink() // the others
			return nil
		}))
		st.Shrink()
		assert.Equal(t, 1, stored(t, st))
	}
}
