package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"warmhandoff/cmd/internal/store"
)

// groupSize is how many callers share one commit at most.
const groupSize = 256

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

// writer owns the write connection.
type writer struct {
	s       *session
	pool    chan *session // where the session is borrowed for each group; nil when it is the writer's alone
	queue   chan *call
	stopped chan struct{}
	end     mark
	fail    func(error)
	isDown  func() bool

	checkpoints      bool
	commits, updates atomic.Int64
}

// loop takes whoever waits into a group, until the queue is closed and empty.
func (w *writer) loop() {
	defer close(w.stopped)
	calls := make([]*call, 0, groupSize)
	for c := range w.queue {
		calls = append(calls[:0], c)
		for len(calls) < groupSize && len(w.queue) > 0 {
			calls = append(calls, <-w.queue)
		}
		w.group(calls)
		clear(calls)
	}
}

func (w *writer) group(calls []*call) {
	if w.isDown() {
		answer(calls, nil, store.ErrFailed)
		return
	}
	if w.pool != nil {
		<-w.pool
		defer func() { w.pool <- w.s }()
	}
	results := make([]error, len(calls))
	start := w.end
	wrote, err := w.transact(calls, results)
	if err != nil {
		w.end = start
		answer(calls, nil, err)
		return
	}
	if wrote > 0 {
		w.commits.Add(1)
		w.updates.Add(int64(wrote))
	}
	answer(calls, results, nil)
	if wrote > 0 && w.checkpoints {
		w.checkpoint()
	}
}

// answer tells each caller its own result, or the same to all.
func answer(calls []*call, results []error, all error) {
	for i, c := range calls {
		if all != nil {
			c.done <- all
		} else {
			c.done <- results[i]
		}
	}
}

// transact runs a group in one transaction and gives how many of its callers wrote something that is now on the disk. An error is everybody's.
func (w *writer) transact(calls []*call, results []error) (wrote int, err error) {
	w.s.worst, w.s.cause = noTrouble, nil
	if _, err := w.s.exec(w.s.d.begin); err != nil {
		return 0, w.verdict(err)
	}
	for i, c := range calls {
		t := &tx{reader: reader{s: w.s, lasting: true}, end: &w.end, start: w.end, guard: len(calls) > 1}
		results[i] = w.serve(c, t)
		if w.s.worst >= full {
			return 0, w.abandon()
		}
		kept, err := w.settle(t, results[i])
		if err != nil {
			return 0, w.abandon()
		}
		if results[i] == nil {
			results[i] = t.broken
		}
		if kept {
			wrote++
		}
	}
	last := "COMMIT"
	if wrote == 0 {
		last = "ROLLBACK"
	}
	if _, err := w.s.exec(last); err != nil {
		return 0, w.abandon()
	}
	return wrote, nil
}

// serve gives a caller its turn, unless it has gone.
func (w *writer) serve(c *call, t *tx) error {
	if !c.taken.CompareAndSwap(false, true) {
		return context.Canceled
	}
	if err := c.ctx.Err(); err != nil {
		return err
	}
	c.turn <- t
	return <-c.ran
}

// settle keeps what a caller wrote, or takes it back, without touching its neighbours.
func (w *writer) settle(t *tx, failure error) (kept bool, err error) {
	if !t.wrote {
		return false, nil
	}
	kept = failure == nil && t.broken == nil
	if !kept {
		w.end = t.start
	}
	if !t.guard {
		return kept, nil
	}
	if !kept {
		if _, err := w.s.exec("ROLLBACK TO SAVEPOINT caller"); err != nil {
			return false, err
		}
	}
	_, err = w.s.exec("RELEASE SAVEPOINT caller")
	return kept, err
}

// abandon gives up a group after trouble. SQLite may have ended the transaction already.
func (w *writer) abandon() error {
	worst, cause := w.s.worst, w.s.cause
	_, err := w.s.exec("ROLLBACK")
	if worst == noTrouble || w.s.worst > worst {
		worst, cause = failed, errors.Join(cause, err)
	}
	return w.pass(worst, cause)
}

func (w *writer) verdict(err error) error {
	if w.s.worst == noTrouble {
		return w.pass(failed, err)
	}
	return w.pass(w.s.worst, err)
}

// pass turns trouble into what callers are told.
func (w *writer) pass(t trouble, cause error) error {
	switch t {
	case busy:
		return store.ErrBusy
	case full:
		return store.ErrFull
	}
	w.fail(cause)
	return store.ErrFailed
}

// Pages of the log after which it is copied into the database, and after which the writer waits for readers so that it can start over.
const (
	checkpointPages = 2000
	restartPages    = 8000
)

func (w *writer) checkpoint() {
	var log, done int64
	ask := func(mode string) bool {
		w.s.worst, w.s.cause = noTrouble, nil
		err := w.s.one("PRAGMA wal_checkpoint("+mode+")", nil, func(r row) error {
			log, done = r.long(1), r.long(2)
			return nil
		})
		if err != nil && w.s.worst == failed {
			w.fail(err)
		}
		return err == nil
	}
	if !ask("NOOP") || log-done < checkpointPages {
		return
	}
	mode := "PASSIVE"
	if log >= restartPages {
		mode = "RESTART"
	}
	ask(mode)
}
