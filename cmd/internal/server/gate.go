package server

import (
	"context"
	"sync/atomic"
	"time"
)

// gate lets so many requests into the engine at once. The others wait a moment and are then sent away, so that a server with too much to do
// says so quickly and does not collect work that nobody waits for any more.
type gate struct {
	places chan struct{}
	wait   time.Duration
}

func newGate(places int, wait time.Duration) gate {
	return gate{places: make(chan struct{}, places), wait: wait}
}

// enter takes a place; whoever gets no error must call leave.
func (g gate) enter(ctx context.Context) error {
	select {
	case g.places <- struct{}{}:
		return nil
	default:
	}
	patience, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	select {
	case g.places <- struct{}{}:
		return nil
	case <-patience.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errCrowded
}

func (g gate) leave() { <-g.places }

// budget counts the bytes of large bodies that are in memory. It never waits: a caller who has to keep megabytes may ask again.
type budget struct {
	limit int64
	used  atomic.Int64
}

// take charges n bytes, or nothing and says no.
func (b *budget) take(n int64) bool {
	if b.used.Add(n) > b.limit {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *budget) give(n int64) {
	if n != 0 {
		b.used.Add(-n)
	}
}
