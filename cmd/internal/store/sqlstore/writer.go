package sqlstore

import (
	"runtime"
	"slices"
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

	checkpoints      bool
	shared           bool  // others write too
	unseen           int   // updates since the log was looked at
	tried            int64 // how long the log was at the last checkpoint
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

// loop takes whoever waits into a group, by turns, until the queue is closed and empty. Should a caller's function end the goroutine, as a failing test
// does, another goroutine goes on: whoever was in the group with it is told to try again.
func (w *writer) loop() {
	calls := make([]*call, 0, groupSize)
	ended := false
	defer func() {
		if ended {
			close(w.stopped)
			return
		}
		for _, c := range calls {
			if c.left {
				c.done <- errLeft
			} else {
				c.done <- store.ErrBusy
			}
		}
		go w.loop()
	}()
	for {
		c, ok := w.queue.Wait()
		if !ok {
			break
		}
		calls = append(calls[:0], c)
		for n := -1; n != w.queue.Len() && n < groupSize; {
			n = w.queue.Len()
			runtime.Gosched() // whoever is about to call joins this group
		}
		for len(calls) < groupSize {
			if c, ok = w.queue.Pull(); !ok {
				break
			}
			calls = append(calls, c)
		}
		w.serve(calls)
		clear(calls)
	}
	ended = true
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
	g := &group{end: w.end, terms: moves{}}
	results, err := w.transact(g, calls)
	if err != nil {
		answer(calls, nil, err)
		return
	}
	for _, late := range slices.Backward(calls[len(results):]) {
		w.queue.Return(late.caller, late)
	}
	calls = calls[:len(results)]
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
