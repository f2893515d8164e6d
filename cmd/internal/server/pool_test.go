package server

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestAPoolIsNeverOverdrawn holds that nobody has more than a share and all together no more than there is, whoever takes, waits, gives up and gives back, and
// that in the end all of it is there again.
func TestAPoolIsNeverOverdrawn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.Int64Range(1, 100).Draw(rt, "limit")
		p := newPool(limit, rapid.Int64Range(1, 100).Draw(rt, "request"))
		require.LessOrEqual(rt, p.share, p.limit)
		has := map[string]int64{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			who := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "who")
			n := rapid.Int64Range(1, 120).Draw(rt, "n")
			switch rapid.IntRange(0, 3).Draw(rt, "does") {
			case 0:
				room := p.room(who)
				took := p.take(who, n)
				require.Equal(rt, n <= room, took)
				if took {
					has[who] += n
				}
			case 1:
				over, cancel := context.WithCancel(context.Background())
				cancel()
				if got, err := p.wait(over, who, n); err == nil {
					has[who] += got
				}
			default:
				n = min(n, has[who])
				p.give(who, n)
				has[who] -= n
			}
			require.LessOrEqual(rt, p.used, p.limit)
			for who, n := range has {
				require.Equal(rt, n, p.of[who])
				require.LessOrEqual(rt, n, p.share)
			}
			require.Empty(rt, p.queue, "whoever gave up waits no more")
		}
		for who, n := range has {
			p.give(who, n)
		}
		require.Zero(rt, p.used)
		require.Empty(rt, p.of)
	})
}

func TestWhoeverWaitsForAPoolHasTheirTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPool(100, 10)
		require.True(t, p.take("a", 50))
		require.False(t, p.take("a", 1), "a has its share")
		require.True(t, p.take("b", 45))

		var order []string
		var mu sync.Mutex // of order, for the race detector: the bubble runs one at a time
		wait := func(who string, n int64) {
			go func() {
				got, err := p.wait(t.Context(), who, n)
				assert.NoError(t, err)
				assert.Equal(t, n, got)
				mu.Lock()
				defer mu.Unlock()
				order = append(order, who)
			}()
			synctest.Wait()
		}
		wait("a", 20) // has its share, and keeps nobody waiting
		wait("c", 50)
		wait("d", 5) // there is room for it, but c came first
		assert.Empty(t, order)
		p.give("b", 45)
		synctest.Wait()
		assert.Equal(t, []string{"c"}, order)
		p.give("a", 50)
		synctest.Wait()
		assert.ElementsMatch(t, []string{"a", "d"}, order[1:])

		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := p.wait(short, "e", 50)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		p.give("a", 20)
		p.give("c", 50)
		p.give("d", 5)
		assert.Zero(t, p.used)
	})
}
