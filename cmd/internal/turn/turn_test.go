package turn

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhoeverHadLeastIsNext(t *testing.T) {
	t.Parallel()
	q := NewQueue[string](100)
	for _, one := range []string{"a1", "a2", "a3", "a4", "b1", "c1", "b2"} {
		require.NoError(t, q.Push(one[:1], one))
	}
	cost := map[string]int64{"a": 1000, "b": 10, "c": 10}
	var served []string
	for {
		one, ok := q.Pull()
		if !ok {
			break
		}
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
	q := NewQueue[string](100)
	require.NoError(t, q.Push("a", "a1"))
	_, _ = q.Pull()
	require.NoError(t, q.Push("b", "b1")) // while a1 is served
	q.Charge("a", 1000)
	require.NoError(t, q.Push("a", "a2")) // one after the other, never two at once
	one, _ := q.Pull()
	assert.Equal(t, "b1", one)
	q.Charge("b", 10)
	require.NoError(t, q.Push("b", "b2"))
	one, _ = q.Pull()
	assert.Equal(t, "b2", one)
	require.NoError(t, q.Push("new", "n1"))
	one, _ = q.Pull()
	assert.Equal(t, "n1", one, "whoever comes has saved nothing up, and owes nothing")
	one, _ = q.Pull()
	assert.Equal(t, "a2", one)
}

func TestOneCallerFillsNoQueue(t *testing.T) {
	t.Parallel()
	q := NewQueue[int](8)
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
	q := NewQueue[int](8)
	for i := range 5000 {
		who := string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676))
		require.NoError(t, q.Push(who, i))
		_, _ = q.Pull()
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
