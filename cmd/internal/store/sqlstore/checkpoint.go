package sqlstore

import (
	"context"
	"sync/atomic"
)

// Pages of the log after which it is copied into the database, and after which the writer waits for readers so that it can start over.
const (
	checkpointPages = 1000
	restartPages    = 12000
)

// checkpointLook is after about how many pages it is looked how long the log is.
const checkpointLook = 250

// checkpointer copies the log into the database when it has grown, on a connection of its own, while the writer goes on: tens of megabytes take a tenth of a
// second. What was written meanwhile, little, the writer copies itself between two groups, so that the log is copied whole and starts over. A View that goes
// on for long keeps it from that; the next try is then made when it has grown by as much again.
type checkpointer struct {
	s       *session
	look    chan struct{} // it has grown
	stopped chan struct{}
	fail    func(error)
	unseen  int64        // pages since it was looked, for the writer alone
	tried   int64        // how long it was at the last checkpoint
	left    atomic.Int64 // how long it is, where the writer is to copy the rest; 0: not
}

// openCheckpointer connects. It begins with start.
func openCheckpointer(ctx context.Context, d dialect, path, synchronous string, fail func(error)) (*checkpointer, error) {
	s, err := connect(ctx, d, sqliteWriter(path, synchronous))
	if err != nil {
		return nil, err
	}
	return &checkpointer{s: s, look: make(chan struct{}, 1), stopped: make(chan struct{}), fail: fail}, nil
}

// grew notes what the writer wrote. It is called between two groups, when all callers have their answers.
func (c *checkpointer) grew(w *writer, pages int64) {
	if log := c.left.Swap(0); log > 0 {
		mode := "PASSIVE"
		if log >= restartPages {
			// Readers that come one after the other never leave the log unused, so for once wait until none reads in it, but not for long.
			mode = "RESTART"
			_, _ = w.s.exec("PRAGMA busy_timeout = 50")
			defer func() { _, _ = w.s.exec("PRAGMA busy_timeout = 5000") }()
		}
		_, _, _ = c.ask(w.s, mode)
	}
	if c.unseen += pages; c.unseen < checkpointLook {
		return
	}
	c.unseen = 0
	select {
	case c.look <- struct{}{}:
	default:
	}
}

// run looks and copies whenever the log has grown, until stop.
func (c *checkpointer) run() {
	defer close(c.stopped)
	for range c.look {
		log, done, ok := c.ask(c.s, "NOOP")
		if log < c.tried {
			c.tried = 0 // it has started over
		}
		if !ok || log-max(done, c.tried) < checkpointPages {
			continue
		}
		if log, _, ok = c.ask(c.s, "PASSIVE"); ok {
			c.tried = log // otherwise the disk is full, and it is tried again soon
			c.left.Store(log)
		}
	}
}

// stop ends run, and closes the connection. The writer must have ended.
func (c *checkpointer) stop() error {
	close(c.look)
	<-c.stopped
	return c.s.close()
}

// ask runs a checkpoint and returns how many pages the log has and how many of them are in the database.
func (c *checkpointer) ask(s *session, mode string) (log, done int64, ok bool) {
	s.worst, s.cause = noTrouble, nil
	err := s.one("PRAGMA wal_checkpoint("+mode+")", nil, func(r row) error {
		log, done = r.long(1), r.long(2)
		return nil
	})
	if err != nil && s.worst == failed {
		c.fail(err)
	}
	return log, done, err == nil
}
