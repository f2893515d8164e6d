package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"warmhandoff/cmd/internal/store"
)

// call is one Update on its way.
type call struct {
	ctx   context.Context
	taken atomic.Bool // by the writer, who runs it, or by the caller, who gave up
	turn  chan *tx    // the writer lets the caller run its function
	ran   chan error  // the caller says how it went
	done  chan error  // the writer says how it ended
}

func newCall(ctx context.Context) *call {
	return &call{ctx: ctx, turn: make(chan *tx, 1), ran: make(chan error, 1), done: make(chan error, 1)}
}

// run waits for the caller's turn, runs f, and waits for the commit.
func (c *call) run(f func(store.Tx) error) error {
	select {
	case t := <-c.turn:
		c.ran <- c.attempt(t, f)
		return <-c.done
	case err := <-c.done:
		return err
	case <-c.ctx.Done():
	}
	if c.taken.CompareAndSwap(false, true) {
		return c.ctx.Err()
	}
	select {
	case t := <-c.turn:
		c.ran <- c.attempt(t, f)
		return <-c.done
	case err := <-c.done:
		return err
	}
}

var errLeft = errors.New("store: the function left its goroutine")

// attempt runs f. A panic becomes an error; a Goexit (a test's FailNow) tells the writer before the goroutine ends.
func (c *call) attempt(t *tx, f func(store.Tx) error) (err error) {
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
		c.ran <- errLeft
	}()
	err = f(t)
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
	c.turn <- t
	return <-c.ran
}
