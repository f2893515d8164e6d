package server

import (
	"context"
	"slices"
	"sync"
)

// pool is memory that callers share, counted in bytes: of large bodies, or of answers that are not sent yet. No caller can have more than a share of it, so
// that one who keeps what it got keeps nobody else out. Safe for concurrent use.
type pool struct {
	mu    sync.Mutex
	limit int64
	share int64
	used  int64
	of    map[string]int64 // by caller
	queue []*waiter        // in the order in which they came
}

// waiter is somebody who waits for bytes of a pool.
type waiter struct {
	who string
	n   int64
	got chan struct{} // closed when they have them
}

// newPool makes a pool of which each caller may have half, or as much as one request needs.
func newPool(limit, request int64) *pool {
	return &pool{limit: limit, share: max(limit/2, min(request, limit)), of: map[string]int64{}}
}

// take gives n bytes at once, or nothing and says no.
func (p *pool) take(who string, n int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used+n > p.limit || p.of[who]+n > p.share {
		return false
	}
	p.add(who, n)
	return true
}

func (p *pool) add(who string, n int64) {
	p.used += n
	if p.of[who] += n; p.of[who] == 0 {
		delete(p.of, who)
	}
}

// wait gives n bytes, or as many as a caller may have, and says how many; it waits for its turn until the context ends. Those who have their share already
// keep nobody waiting.
func (p *pool) wait(ctx context.Context, who string, n int64) (int64, error) {
	n = min(n, p.share)
	w := &waiter{who: who, n: n, got: make(chan struct{})}
	p.mu.Lock()
	p.queue = append(p.queue, w)
	p.admit()
	p.mu.Unlock()
	select {
	case <-w.got:
		return n, nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-w.got: // just now
		return n, nil
	default:
	}
	p.queue = slices.DeleteFunc(p.queue, func(other *waiter) bool { return other == w })
	p.admit()
	return 0, ctx.Err()
}

// admit gives those who wait what they wait for, in their order: whoever has to wait for room lets nobody by who came later.
func (p *pool) admit() {
	full := false
	p.queue = slices.DeleteFunc(p.queue, func(w *waiter) bool {
		if full || p.of[w.who]+w.n > p.share {
			return false
		}
		if full = p.used+w.n > p.limit; full {
			return false
		}
		p.add(w.who, w.n)
		close(w.got)
		return true
	})
}

// give takes n bytes back.
func (p *pool) give(who string, n int64) {
	if n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(who, -n)
	p.admit()
}

// force takes n bytes that are there already, whatever the limit.
func (p *pool) force(who string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(who, n)
}

// room gives how many bytes somebody could take now.
func (p *pool) room(who string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, min(p.limit-p.used, p.share-p.of[who]))
}
