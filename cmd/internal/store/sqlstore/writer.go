package sqlstore

import (
	"sync/atomic"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
)

// groupSize is how many callers share one commit at most.
const groupSize = 256

// After what time no further caller of a group is served: all who were wait for its end, and for the sync. Ordinary ones take a fraction of a millisecond
// each. Where a sync takes long a group may take four times as long, so that the disk is not asked for much more of them. The others wait on, by turns.
const (
	leastGroupTime = 10 * time.Millisecond
	mostGroupTime  = 50 * time.Millisecond
)

// aheadTime is by how much more of the writer a caller may have had than another to be in one group with it. Whoever asks for little does not wait for the end
// of what those do who ask for much; callers who ask for as much as each other share a sync. It is as long as a sync, where one takes longer.
const aheadTime = 2 * time.Millisecond

// writer owns the write connection.
type writer struct {
	s       *session
	pool    chan *session // where the session is borrowed for each group; nil when it is the writer's alone
	queue   *turn.Queue[*call]
	elapsed func() time.Duration // never goes back; nil where nothing is measured
	sync    time.Duration        // how long the last commit took
	stopped chan struct{}
	end     mark
	fail    func(error)
	isDown  func() bool

	log              *checkpointer // nil in memory
	shared           bool          // others write too
	calls            []*call       // of the group under way
	commits, updates atomic.Int64
	seen             atomic.Int64 // end.seq, for others to read
}

// clock gives how long the writer has been there, zero where nothing is measured.
func (w *writer) clock() time.Duration {
	if w.elapsed == nil {
		return 0
	}
	return w.elapsed()
}

// groupTime is for how long a group may be served.
func (w *writer) groupTime() time.Duration { return min(max(leastGroupTime, 4*w.sync), mostGroupTime) }

// loop serves whoever waits, in groups, until the queue is closed and empty. Should a caller's function end the goroutine, as a failing test does, another
// goroutine goes on: whoever was in the group with it is told to try again.
func (w *writer) loop() {
	ended := false
	defer func() {
		if ended {
			close(w.stopped)
			return
		}
		for _, c := range w.calls {
			if c.left {
				c.done <- errLeft
			} else {
				c.done <- store.ErrBusy
			}
		}
		go w.loop()
	}()
	for {
		w.calls = w.calls[:0]
		first, ok := w.queue.Wait()
		if !ok {
			break
		}
		w.serve(first)
		clear(w.calls)
	}
	ended = true
}

// serve carries a caller and those who share its group to the disk and answers them.
func (w *writer) serve(first turn.Taken[*call]) {
	if w.isDown() {
		first.Call.done <- store.ErrFailed
		return
	}
	if w.pool != nil {
		<-w.pool
		defer func() { w.pool <- w.s }()
	}
	g := &group{end: w.end, terms: moves{}}
	if err := w.transact(g, first); err != nil {
		for _, c := range w.calls {
			c.done <- err
		}
		return
	}
	if g.wrote > 0 {
		w.end = g.end
		w.seen.Store(g.end.seq)
		w.commits.Add(1)
		w.updates.Add(int64(g.wrote))
	}
	for i, c := range w.calls {
		c.done <- g.results[i]
	}
	if w.log != nil {
		w.log.grew(w, g.pages)
	}
}
