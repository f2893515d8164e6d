package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"sync"
	"syscall"
	"time"
)

// herd is several servers on one database file.
type herd struct {
	file, offset string
	all          []*child
}

func startHerd(ctx context.Context, file, offset string, size int) (*herd, error) {
	h := &herd{file: file, offset: offset}
	for range size {
		c, err := h.one(ctx)
		if err != nil {
			h.kill()
			return nil, err
		}
		h.all = append(h.all, c)
	}
	return h, nil
}

func (h *herd) one(ctx context.Context) (*child, error) {
	return startWith(ctx, nil, "--db", h.file, "--shared", "--zone", "UTC", "--clock", h.offset)
}

// restart kills one with SIGKILL and starts another in its place.
func (h *herd) restart(ctx context.Context, i int) (err error) {
	h.all[i].kill()
	h.all[i], err = h.one(ctx)
	return err
}

// pause stops one as it stands, for a while, and reports whether it held the database's one lock for writing, so that nobody could write.
func (h *herd) pause(ctx context.Context, i int, d time.Duration) (held bool, err error) {
	process := h.all[i].command.Process
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		return false, err
	}
	until := time.NewTimer(d)
	held = !writable(ctx, h.file, d/2)
	<-until.C
	return held, process.Signal(syscall.SIGCONT)
}

// writable reports whether somebody can begin to write within a time.
func writable(ctx context.Context, file string, within time.Duration) bool {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout("+milliseconds(within)+")")
	if err != nil {
		return false
	}
	defer func() { _ = db.Close() }()
	c, err := db.Conn(ctx)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return false
	}
	_, err = c.ExecContext(ctx, "ROLLBACK")
	return err == nil
}

func (h *herd) kill() {
	for _, c := range h.all {
		if c != nil {
			c.kill()
		}
	}
}

func (h *herd) stop() error {
	var errs []error
	for _, c := range h.all {
		errs = append(errs, c.stop())
	}
	h.all = nil
	return errors.Join(errs...)
}

// setClock sets the clock of every machine that the herd believes to run on.
func (h *herd) setClock(by time.Duration) error {
	next := h.offset + ".next" // put in place whole
	if err := os.WriteFile(next, []byte(by.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(next, h.offset)
}

// watcher notes when each effect is on the disk, by reading what others commit.
type watcher struct {
	db    *sql.DB
	stop  context.CancelFunc
	ended sync.WaitGroup
	mu    sync.Mutex
	first map[string]time.Time // by the referral
	times map[string]int       // how many versions
	err   error
}

// watchEvery is how often the watcher looks: what it sees is later than the commit by so much at most, and never earlier.
const watchEvery = 20 * time.Millisecond

func watch(ctx context.Context, file string) (*watcher, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	ctx, stop := context.WithCancel(ctx)
	w := &watcher{db: db, stop: stop, first: map[string]time.Time{}, times: map[string]int{}}
	w.ended.Go(func() {
		for last := int64(0); ctx.Err() == nil; {
			if last, err = w.look(ctx, last); err != nil && ctx.Err() == nil {
				w.mu.Lock()
				w.err = err
				w.mu.Unlock()
			}
			select {
			case <-ctx.Done():
			case <-time.After(watchEvery):
			}
		}
	})
	return w, nil
}

// look reads what was committed after a version.
func (w *watcher) look(ctx context.Context, last int64) (int64, error) {
	rows, err := w.db.QueryContext(ctx, `SELECT seq, json_extract(body, '$.focus.reference') FROM version
		WHERE seq > ? AND type = 'Task' AND own = 1 AND json_extract(body, '$.code.coding[0].code') = 'renew-consent' ORDER BY seq`, last)
	if err != nil {
		return last, err
	}
	defer func() { _ = rows.Close() }()
	seen := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for rows.Next() {
		var focus string
		if err := rows.Scan(&last, &focus); err != nil {
			return last, err
		}
		if w.times[focus]++; w.times[focus] == 1 {
			w.first[focus] = seen
		}
	}
	return last, rows.Err()
}

// count gives how many effects are there.
func (w *watcher) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.first)
}

func (w *watcher) close() error {
	w.stop()
	w.ended.Wait()
	return errors.Join(w.err, w.db.Close())
}
