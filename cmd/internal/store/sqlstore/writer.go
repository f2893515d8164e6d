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
	unseen           int   // updates since the log was looked at
	tried            int64 // how long the log was at the last checkpoint
	commits, updates atomic.Int64
	seen             atomic.Int64 // end.seq, for others to read
}

// loop takes whoever waits into a group, until the queue is closed and empty.
func (w *writer) loop() {
	defer close(w.stopped)
	calls := make([]*call, 0, groupSize)
	for c := range w.queue {
		calls = append(calls[:0], c)
		for n := -1; n != len(w.queue) && n < groupSize; {
			n = len(w.queue)
			runtime.Gosched() // whoever is about to call joins this group
		}
		for len(calls) < groupSize && len(w.queue) > 0 {
			calls = append(calls, <-w.queue)
		}
		w.serve(calls)
		clear(calls)
	}
}

// group is one transaction under way.
type group struct {
	end   mark  // of the order of versions, moved by every Put
	terms moves // of callers who are done
	wrote int   // callers whose writes are kept
}

// serve carries a group of callers to the disk and answers them.
func (w *writer) serve(calls []*call) {
	if w.isDown() {
		answer(calls, nil, store.ErrFailed)
		return
	}
	if w.pool != nil {
		<-w.pool
		defer func() { w.pool <- w.s }()
	}
	results := make([]error, len(calls))
	g := &group{end: w.end, terms: moves{}}
	if err := w.transact(g, calls, results); err != nil {
		answer(calls, nil, err)
		return
	}
	if g.wrote > 0 {
		w.end = g.end
		w.seen.Store(g.end.seq)
		w.commits.Add(1)
		w.updates.Add(int64(g.wrote))
	}
	answer(calls, results, nil)
	if w.checkpoints {
		w.checkpoint(g.wrote)
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

// transact runs a group in one transaction. An error is everybody's.
func (w *writer) transact(g *group, calls []*call, results []error) error {
	w.s.worst, w.s.cause = noTrouble, nil
	if _, err := w.s.exec(w.s.d.begin); err != nil {
		return w.verdict(err)
	}
	for i, c := range calls {
		t := &tx{reader: reader{s: w.s, lasting: true}, group: g, start: g.end, guard: len(calls) > 1, terms: moves{}}
		results[i] = c.take(t)
		if w.s.worst >= full {
			return w.abandon()
		}
		if err := t.settle(results[i]); err != nil {
			return w.abandon()
		}
		if results[i] == nil {
			results[i] = t.broken
		}
	}
	last := "ROLLBACK"
	if g.wrote > 0 {
		last = "COMMIT"
		if err := g.terms.apply(w.s.exec); err != nil {
			return w.abandon()
		}
	}
	if _, err := w.s.exec(last); err != nil {
		return w.abandon()
	}
	return nil
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

// settle keeps what a caller wrote, or takes it back, without touching its neighbours.
func (t *tx) settle(failure error) error {
	if !t.wrote {
		return nil
	}
	kept := failure == nil && t.broken == nil
	if kept {
		t.group.wrote++
		for _, m := range t.terms {
			t.group.terms.add(m)
		}
	} else {
		t.group.end = t.start
		if t.applied != nil {
			t.group.terms = t.applied
		}
	}
	if !t.guard {
		return nil
	}
	if !kept {
		if _, err := t.s.exec("ROLLBACK TO SAVEPOINT caller"); err != nil {
			return err
		}
	}
	_, err := t.s.exec("RELEASE SAVEPOINT caller")
	return err
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
	checkpointPages = 4000
	restartPages    = 12000
)

// checkpointLook is after how many updates the writer looks how long the log is.
const checkpointLook = 64

// checkpoint copies the log into the database when it has grown. It runs between groups, when all callers have their answers. A View that
// goes on for long keeps the log from being copied whole; the next try is then made when it has grown by as much again.
func (w *writer) checkpoint(wrote int) {
	if w.unseen += wrote; w.unseen < checkpointLook {
		return
	}
	w.unseen = 0
	log, done, ok := w.askCheckpoint("NOOP")
	if log < w.tried {
		w.tried = 0 // it has started over
	}
	if !ok || log-max(done, w.tried) < checkpointPages {
		return
	}
	w.tried = log
	if log < restartPages {
		w.askCheckpoint("PASSIVE")
		return
	}
	// Readers that come one after the other never leave the log unused, so for once wait until none reads in it, but not for long.
	_, _ = w.s.exec("PRAGMA busy_timeout = 50")
	w.askCheckpoint("RESTART")
	_, _ = w.s.exec("PRAGMA busy_timeout = 5000")
}

// askCheckpoint runs a checkpoint and gives how many pages the log has and how many of them are in the database.
func (w *writer) askCheckpoint(mode string) (log, done int64, ok bool) {
	w.s.worst, w.s.cause = noTrouble, nil
	err := w.s.one("PRAGMA wal_checkpoint("+mode+")", nil, func(r row) error {
		log, done = r.long(1), r.long(2)
		return nil
	})
	if err != nil && w.s.worst == failed {
		w.fail(err)
	}
	return log, done, err == nil
}
