package turn

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoeverHadLeastIsNext(t *testing.T) {
	t.Parallel()
	q := NewQueue[string](100, Clock{})
	for _, one := range []string{"a1", "a2", "a3", "a4", "b1", "c1", "b2"} {
		require.NoError(t, q.Push(one[:1], one))
	}
	cost := map[string]int64{"a": 1000, "b": 10, "c": 10}
	var served []string
	for {
		next, ok := q.Pull(nil)
		if !ok {
			break
		}
		one := next.Call
		served = append(served, one)
		q.Charge(one[:1], cost[one[:1]])
	}
	at := func(one string) int {
		for i := range served {
			if served[i] == one {
				return i
			}
		}
		return -1
	}
	assert.Len(t, served, 7)
	assert.Less(t, at("b2"), at("a2"), "who pays little is not behind who pays much: %v", served)
	assert.Less(t, at("c1"), at("a2"))
	assert.Less(t, at("a2"), at("a3"), "what one caller sends stays in its order")
}

func TestADearCallIsPaidForByWhoeverComesAgain(t *testing.T) {
	t.Parallel()
	q := NewQueue[string](100, Clock{})
	require.NoError(t, q.Push("a", "a1"))
	_, _ = q.Pull(nil)
	require.NoError(t, q.Push("b", "b1")) // while a1 is served
	q.Charge("a", 1000)
	require.NoError(t, q.Push("a", "a2")) // one after the other, never two at once
	one, _ := q.Pull(nil)
	assert.Equal(t, "b1", one.Call)
	q.Charge("b", 10)
	require.NoError(t, q.Push("b", "b2"))
	one, _ = q.Pull(nil)
	assert.Equal(t, "b2", one.Call)
	require.NoError(t, q.Push("new", "n1"))
	one, _ = q.Pull(nil)
	assert.Equal(t, "n1", one.Call, "whoever comes has saved nothing up, and owes nothing")
	one, _ = q.Pull(nil)
	assert.Equal(t, "a2", one.Call)
}

// clockOf returns the clock of a bubble.
func clockOf() Clock {
	began := time.Now()
	return Clock{Elapsed: func() time.Duration { return time.Since(began) }, After: func(d time.Duration) (<-chan time.Time, func() bool) {
		t := time.NewTimer(d)
		return t.C, t.Stop
	}}
}

// TestWhoTakesLongIsServedLessThanTheirShare has one caller whose calls take 100 ms each and who always has another, and four who ask now and then: of ten
// seconds the first has less than a fifth, and hardly any of the others find it served. Alone it has all of them.
func TestWhoTakesLongIsServedLessThanTheirShare(t *testing.T) {
	t.Parallel()
	const long = 100 * time.Millisecond
	for _, others := range []int{0, 4} {
		synctest.Test(t, func(t *testing.T) {
			q := NewQueue[string](1000, clockOf())
			for range 200 {
				require.NoError(t, q.Push("long", "long"))
			}
			asking := make(chan struct{})
			for i := range others {
				who := string(rune('a' + i))
				go func() {
					time.Sleep(time.Duration(i) * 7 * time.Millisecond)
					for {
						select {
						case <-asking:
							return
						case <-time.After(31 * time.Millisecond):
							_ = q.Push(who, who)
						}
					}
				}()
			}
			began, had := time.Now(), map[string]time.Duration{}
			for time.Since(began) < 10*time.Second {
				next, ok := q.Wait()
				require.True(t, ok)
				cost := 200 * time.Microsecond
				if next.Call == "long" {
					cost = long
				}
				time.Sleep(cost)
				had[next.Call] += cost
				q.Charge(next.Caller, int64(cost))
			}
			close(asking)
			if others == 0 {
				assert.GreaterOrEqual(t, had["long"], 9*time.Second, "nobody waits for nothing")
				return
			}
			assert.Less(t, had["long"], 1500*time.Millisecond, "%v", had)
			assert.GreaterOrEqual(t, had["long"], 3*long, "it is served all the same")
			assert.Greater(t, had["a"], 50*time.Millisecond)
		})
	}
}

// TestWhatIsClosedServesAllWhoWait whatever they owe.
func TestWhatIsClosedServesAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue[string](1000, clockOf())
		for _, who := range []string{"a", "long", "long", "long", "a"} {
			require.NoError(t, q.Push(who, who))
		}
		time.Sleep(time.Millisecond) // nobody was served at the very beginning
		for range 2 {
			next, ok := q.Wait()
			require.True(t, ok)
			time.Sleep(time.Second)
			q.Charge(next.Caller, int64(time.Second))
		}
		_, ok := q.Pull(nil)
		assert.False(t, ok, "it waits")
		q.Close()
		began := time.Now()
		for range 2 {
			_, ok := q.Wait()
			assert.True(t, ok)
		}
		assert.Zero(t, time.Since(began))
	})
}

// TestWhoTakesLongTakesTurns has two callers work on what takes long, of whom one sends ten: the other has a turn after each of theirs, and what takes little
// waits for nobody.
func TestWhoTakesLongTakesTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewProcessors(1, clockOf().Elapsed)
		var order []string
		work := func(who string, steps int) {
			ctx, w := p.Begin(t.Context(), who)
			defer w.End()
			for i := range steps {
				time.Sleep(time.Millisecond)
				if !assert.NoError(t, Yield(ctx)) {
					return
				}
				if i >= fewYields && i%8 == 0 {
					order = append(order, who)
				}
			}
		}
		for range 10 {
			go work("many", 100)
		}
		synctest.Wait()
		ctx, w := p.Begin(t.Context(), "little")
		began := time.Now()
		require.NoError(t, Yield(ctx))
		assert.Zero(t, time.Since(began))
		w.End()
		work("one", 100)
		took := time.Since(began)
		synctest.Wait()
		assert.Less(t, took, 2*100*time.Millisecond+10*slice, "half of the time is its own, of ten that another sends")
		assert.Greater(t, took, 120*time.Millisecond, "and only half")
		time.Sleep(2 * time.Second)
		assert.False(t, p.gate.Waiting())
		assert.Zero(t, p.gate.used)
		assert.NotEmpty(t, order)
	})
}

// TestWhoRestsOrIsWaitedForHasNoPlace: whoever waits for a connection, or is at the writer, keeps nobody from working, and never waits for a turn there.
func TestWhoRestsOrIsWaitedForHasNoPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewProcessors(1, clockOf().Elapsed)
		ctx, w := p.Begin(t.Context(), "a")
		require.NoError(t, Long(ctx))
		other, o := p.Begin(t.Context(), "b")
		got := make(chan error, 1)
		go func() { got <- Long(other) }()
		synctest.Wait()
		assert.True(t, p.gate.Waiting())
		Rest(ctx)
		require.NoError(t, <-got)
		over := Still(ctx)
		require.NoError(t, Long(ctx), "at the writer nobody waits")
		for range 10 * fewYields {
			time.Sleep(slice)
			require.NoError(t, Yield(ctx))
		}
		over()
		for range fewYields - 1 {
			time.Sleep(slice)
			require.NoError(t, Yield(ctx), "a machine that has much to do makes nobody long who does little")
		}
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		require.ErrorIs(t, Long(short), context.DeadlineExceeded, "whoever has gone waits no longer")
		require.ErrorIs(t, Yielding(short).Err(), context.DeadlineExceeded)
		o.End()
		require.NoError(t, Long(ctx))
		w.End()
		w.End()
		assert.Zero(t, p.gate.used)
		require.NoError(t, Yield(t.Context()), "without turns")
		Rest(t.Context())
		Still(t.Context())()
		assert.Equal(t, "a", Of(ctx))
	})
}

func TestOneCallerFillsNoQueue(t *testing.T) {
	t.Parallel()
	q := NewQueue[int](8, Clock{})
	for i := range 6 {
		require.NoError(t, q.Push("a", i))
	}
	require.ErrorIs(t, q.Push("a", 6), ErrFull)
	require.NoError(t, q.Push("b", 0))
	require.NoError(t, q.Push("c", 0))
	require.ErrorIs(t, q.Push("d", 0), ErrFull)
	q.Close()
	require.ErrorIs(t, q.Push("b", 1), ErrClosed)
	for range 8 {
		_, ok := q.Wait()
		require.True(t, ok, "those who wait are served")
	}
	_, ok := q.Wait()
	assert.False(t, ok)
}

func TestManyCallersAreForgotten(t *testing.T) {
	t.Parallel()
	q := NewQueue[int](8, Clock{})
	for i := range 5000 {
		who := string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		require.NoError(t, q.Push(who, i))
		_, _ = q.Pull(nil)
		q.Charge(who, 5)
	}
	assert.LessOrEqual(t, len(q.lines), mostIdle+1)
	g := NewGate(4)
	for i := range 5000 {
		who := string(rune(i))
		require.NoError(t, g.Enter(t.Context(), who))
		g.Leave(who)
	}
	assert.Empty(t, g.callers)
}

func TestAGateKeepsAPlaceForTheNext(t *testing.T) {
	t.Parallel()
	g := NewGate(4)
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	for range 3 {
		require.NoError(t, g.Enter(t.Context(), "a"))
	}
	require.ErrorIs(t, g.Enter(gone, "a"), context.Canceled, "three of four are one caller's share")
	require.NoError(t, g.Enter(t.Context(), "b"))
	in := make(chan string, 2)
	wait := func(who string) {
		before := g.waits()
		go func() {
			if assert.NoError(t, g.Enter(t.Context(), who)) {
				in <- who
			}
		}()
		for g.waits() == before {
		}
	}
	wait("a")
	wait("c")
	g.Leave("a")
	assert.Equal(t, "c", <-in, "whoever has fewest is first, however late")
	g.Leave("b")
	assert.Equal(t, "a", <-in)
	for _, who := range []string{"a", "a", "a", "c"} {
		g.Leave(who)
	}
	assert.Zero(t, g.used)
	assert.Empty(t, g.callers)
}

func (g *Gate) waits() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting
}
