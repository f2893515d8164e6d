package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
)

// call is one Update on its way.
type call struct {
	ctx    context.Context
	caller string
	f      func(store.Tx) error
	taken  atomic.Bool // by the writer, who runs it, or by the caller, who gave up
	left   bool        // f ended the goroutine that ran it
	done   chan error  // the writer says how it ended
}

func newCall(ctx context.Context, f func(store.Tx) error) *call {
	return &call{ctx: ctx, caller: turn.Of(ctx), f: f, done: make(chan error, 1)}
}

// wait waits for the commit. A caller whose context ends before its turn has come waits no longer.
func (c *call) wait() error {
	select {
	case err := <-c.done:
		return err
	case <-c.ctx.Done():
	}
	if c.taken.CompareAndSwap(false, true) {
		return c.ctx.Err()
	}
	return <-c.done
}

var errLeft = errors.New("store: the function left its goroutine")

// attempt runs f. A panic becomes an error; a Goexit (a test's FailNow) ends the writer's goroutine, see loop.
func (c *call) attempt(t *tx) (err error) {
	returned := false
	defer func() {
		t.over = true
		if returned {
			return
		}
		if p := recover(); p != nil {
			err = panicked(p)
			return
		}
		c.left = true
	}()
	err = c.f(t)
	returned = true
	return err
}

// panicked tells of a panic without what it was called with, which may be about a person; Go's own run-time errors never are.
func panicked(p any) error {
	if e, ok := p.(runtime.Error); ok {
		return fmt.Errorf("store: panic in an update: %w", e)
	}
	return fmt.Errorf("store: panic in an update (%T)", p)
}

// take gives a caller its turn, unless it has gone.
func (c *call) take(t *tx) error {
	if !c.taken.CompareAndSwap(false, true) {
		return context.Canceled
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	return c.attempt(t)
}
