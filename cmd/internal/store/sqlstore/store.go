package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
)

// Options say where a store is kept. One of Path and Memory is needed.
type Options struct {
	// Path is the database file. It is made, readable by its owner alone, when it is not there; its folder must be.
	Path string
	// Memory asks for a private store that is gone with Close. It has one connection, so Views and Updates take turns: a View must not
	// wait for an Update.
	Memory bool
	// Shared lets other programs on this machine have the file open too, if all of them say so. Each has a writer of its own, and they take turns:
	// one that is paused while it writes keeps the others waiting, and after five seconds they answer store.ErrBusy.
	Shared bool
	// Synchronous is for tests that prove what syncing is worth: "NORMAL" or "OFF" answer before anything is on the disk. "" means FULL.
	Synchronous string
	// Readers is how many Views may run at once; 0 means 4.
	Readers int
	// Queue is how many Updates may wait before the next one gets store.ErrBusy; 0 means 1024. One caller may fill three quarters of it, see package turn.
	Queue int
	// Elapsed is a clock that never goes back, such as the time since the program began: by it a group of Updates ends in time, and callers have the
	// writer by turns as long as each other. nil: by turns as often as each other.
	Elapsed func() time.Duration
	// After is a timer, and what stops it, by which whoever has the writer for long is kept from having it more often than the others. nil: nobody is.
	After func(time.Duration) (<-chan time.Time, func() bool)
}

// Store is a store.Store in a SQL database. Safe for concurrent use.
type Store struct {
	writer  *writer
	turns   *turn.Gate    // for one of the pool
	pool    chan *session // read connections that are free
	readers int
	lock    *session      // keeps other programs out; nil in memory
	ping    chan *session // the connection by which it is seen whether the store can be read, nobody else's; nil in memory
	kept    kept
	path    string // "" in memory
	exposed bool   // until it was opened

	mu     sync.Mutex // of closed
	closed bool
	down   atomic.Bool
	failed chan struct{}
	cause  error // set before failed is closed
	once   sync.Once
}

var _ store.Store = (*Store)(nil)

// Open opens the store, makes or migrates its tables, and starts its writer. It refuses a file of another program, one that another program has open
// (unless both share it), a schema that a later program made, and a version of the database that is known to lose data. On a full disk its
// error is store.ErrFull. The context is for opening only.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	if (o.Path == "") == !o.Memory {
		return nil, errors.New("open store: give either a path or memory")
	}
	switch o.Synchronous {
	case "", "FULL", "NORMAL", "OFF":
	default:
		return nil, fmt.Errorf("open store: there is no level of syncing named %q", o.Synchronous)
	}
	st := &Store{failed: make(chan struct{})}
	defer func() {
		if err != nil {
			if judgeSQLite(err) == full || errors.Is(err, syscall.ENOSPC) {
				err = fmt.Errorf("%w: %w", store.ErrFull, err)
			}
			err = fmt.Errorf("open store: %w", err)
			_ = st.closeAll()
		}
	}()
	if o.Memory {
		err = st.openMemory(ctx)
	} else {
		err = st.openFile(ctx, o)
	}
	if err != nil {
		return nil, err
	}
	return st, st.start(o)
}

func (st *Store) openFile(ctx context.Context, o Options) (err error) {
	if err := CheckOwn(ctx, o.Path); err != nil {
		return fmt.Errorf("%s is %w", o.Path, err)
	}
	st.path = o.Path
	if st.lock, err = lockSQLite(ctx, o.Path, o.Shared); err != nil {
		return err
	}
	if err := createPrivate(o.Path); err != nil {
		return err
	}
	if st.exposed, err = hide(o.Path); err != nil {
		return err
	}
	write, err := openWriter(ctx, sqliteWriter(o.Path, cmp.Or(o.Synchronous, "FULL")))
	if err != nil {
		return err
	}
	st.writer = &writer{s: write, shared: o.Shared}
	if st.writer.log, err = openCheckpointer(ctx, write.d, o.Path, cmp.Or(o.Synchronous, "FULL"), st.fail); err != nil {
		return err
	}
	go st.writer.log.run()
	if o.Shared {
		if err := shareSQLite(st.lock); err != nil {
			return err
		}
	}
	readers := o.Readers
	if readers <= 0 {
		readers = 4
	}
	st.pool, st.turns = make(chan *session, readers), turn.NewGate(readers)
	for ; st.readers < readers; st.readers++ {
		s, err := connect(ctx, write.d, sqliteReader(o.Path))
		if err != nil {
			return err
		}
		st.pool <- s
	}
	s, err := connect(ctx, write.d, sqliteReader(o.Path))
	if err != nil {
		return err
	}
	st.ping = make(chan *session, 1)
	st.ping <- s
	return nil
}

func (st *Store) openMemory(ctx context.Context) error {
	s, err := openWriter(ctx, sqliteMemory())
	if err != nil {
		return err
	}
	st.readers, st.pool, st.turns = 1, make(chan *session, 1), turn.NewGate(1)
	st.pool <- s
	st.writer = &writer{s: s, pool: st.pool}
	return nil
}

// openWriter opens the connection that writes, checks the database and brings its schema up to date.
func openWriter(ctx context.Context, address string) (*session, error) {
	s, err := connect(ctx, sqliteDialect(), address)
	if err != nil {
		return nil, err
	}
	if err = s.d.check(s); err == nil {
		err = s.lend(func(db *sql.DB) error { return migrate(ctx, s.d, db) })
	}
	if err == nil {
		err = sign(s)
	}
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (st *Store) start(o Options) error {
	w := st.writer
	var err error
	if w.end, err = (&reader{s: w.s}).mark(); err != nil {
		return err
	}
	w.seen.Store(w.end.seq)
	size := o.Queue
	if size <= 0 {
		size = 1024
	}
	w.queue, w.stopped, w.elapsed = turn.NewQueue[*call](size, turn.Clock{Elapsed: o.Elapsed, After: o.After}), make(chan struct{}), o.Elapsed
	w.fail, w.isDown = st.fail, st.down.Load
	go w.loop()
	return nil
}

// fail ends the store for good: what is on the disk is uncertain.
func (st *Store) fail(cause error) {
	st.once.Do(func() {
		st.cause = cause
		st.down.Store(true)
		close(st.failed)
	})
}

// Failed is closed when the database could not be written or synced. The program must then end; Cause says why.
func (st *Store) Failed() <-chan struct{} { return st.failed }

// Cause gives the error behind Failed, nil before.
func (st *Store) Cause() error {
	if !st.down.Load() {
		return nil
	}
	return st.cause
}

// View runs f on a snapshot. It waits, by turns, while all read connections are in use, and no caller has all of them. f must call neither View nor Update.
func (st *Store) View(ctx context.Context, f func(store.Reader) error) (err error) {
	if st.down.Load() {
		return store.ErrFailed
	}
	caller := turn.Of(ctx)
	if !st.turns.Try(caller) {
		turn.Rest(ctx)
		if err := st.turns.Enter(ctx, caller); err != nil {
			return err
		}
	}
	defer st.turns.Leave(caller)
	var s *session
	select {
	case s = <-st.pool:
	case <-ctx.Done():
		return ctx.Err()
	}
	if s == nil {
		return store.ErrFailed
	}
	defer func() { st.pool <- s }()
	if _, err := s.exec(s.d.snapshot); err != nil {
		return err
	}
	defer func() {
		if _, e := s.exec("ROLLBACK"); e != nil {
			err = errors.Join(err, e)
		}
	}()
	r := &reader{s: s, kept: &st.kept, asked: store.AskedOf(ctx)}
	defer func() { r.over = true }()
	if st.writer.shared {
		if err := st.writer.look(r); err != nil {
			return err
		}
	}
	return f(r)
}

// Update runs f in a transaction, in the writer's goroutine. A panic in f is this caller's error. A context that ends before f's turn has come ends the
// wait; after that it makes f's own statements fail, but a commit under way is always waited for.
func (st *Store) Update(ctx context.Context, f func(store.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	defer turn.Still(ctx)()
	c := newCall(ctx, f)
	if err := st.enqueue(c); err != nil {
		return err
	}
	return c.wait()
}

func (st *Store) enqueue(c *call) error {
	if st.down.Load() {
		return store.ErrFailed
	}
	switch err := st.writer.queue.Push(c.caller, c); {
	case errors.Is(err, turn.ErrFull):
		return store.ErrBusy
	case err != nil:
		return store.ErrFailed
	}
	return nil
}

// Seen gives the place of the last version that is on disk. Where others share the file it asks the database, because a View may have shown what
// they wrote.
func (st *Store) Seen() int64 {
	if st.writer.shared {
		_ = st.View(context.Background(), func(store.Reader) error { return nil }) // notes what it sees
	}
	return st.writer.seen.Load()
}

// look notes the end of the order of versions in a snapshot that others may have written to.
func (w *writer) look(r *reader) error {
	m, err := r.mark()
	if err != nil {
		return err
	}
	for {
		was := w.seen.Load()
		if was >= m.seq || w.seen.CompareAndSwap(was, m.seq) {
			return nil
		}
	}
}

// Shrink gives back the memory in which read connections keep pages, of those that are free. The next questions read some from the file again.
func (st *Store) Shrink() {
	for range st.readers {
		select {
		case s := <-st.pool:
			if s == nil {
				return // closed
			}
			if st.writer.s != s { // in memory there is no other copy
				_, _ = s.exec("PRAGMA shrink_memory") // it goes on as well without
			}
			defer func() { st.pool <- s }()
		default:
			return
		}
	}
}

// Ping reads a little, and gives what went wrong. It waits for no View and no Update: it has a connection of its own, and where another Ping is using that,
// it is left to that one. A store in memory has nothing to be read from, and can always be read.
func (st *Store) Ping(ctx context.Context) error {
	if st.down.Load() {
		return store.ErrFailed
	}
	select {
	case s := <-st.ping:
		if s == nil {
			return store.ErrFailed // closed
		}
		defer func() { st.ping <- s }()
		_, err := (&reader{s: s}).LastUpdated(ctx)
		return err
	default:
		return ctx.Err()
	}
}

// Syncs gives how many commits reached the disk since Open, and how many Updates they carried. Updates that wrote nothing need no commit and are
// not counted.
func (st *Store) Syncs() (commits, updates int64) {
	return st.writer.commits.Load(), st.writer.updates.Load()
}

// Close lets the Updates that wait and the Views that run come to their end, then closes the database. Calls after it give store.ErrFailed; a
// second Close does nothing.
func (st *Store) Close() error {
	st.mu.Lock()
	if st.closed {
		st.mu.Unlock()
		return nil
	}
	st.closed = true
	st.mu.Unlock()
	st.writer.queue.Close()
	<-st.writer.stopped
	return st.closeAll()
}

// closeAll closes readers before the writer, whose end tidies up the log, and the lock last.
func (st *Store) closeAll() error {
	var errs []error
	for range st.readers {
		s := <-st.pool
		if s != nil && (st.writer == nil || s != st.writer.s) {
			errs = append(errs, s.close())
		}
	}
	if st.pool != nil {
		close(st.pool)
	}
	if st.ping != nil {
		s := <-st.ping
		errs = append(errs, s.close())
		close(st.ping)
	}
	if st.writer != nil {
		if st.writer.log != nil {
			errs = append(errs, st.writer.log.stop())
		}
		errs = append(errs, st.writer.s.close())
	}
	if st.lock != nil {
		errs = append(errs, st.lock.close())
	}
	return errors.Join(errs...)
}
