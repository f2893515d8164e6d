package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"warmhandoff/cmd/internal/store"
)

// batchSize bounds how many referrals one transaction of Tick or Reproject folds.
const batchSize = 200

// batchTime bounds how long one transaction of Tick folds: whoever else writes waits for so long, and for the commit.
const batchTime = 20 * time.Millisecond

// sickFor is for how long a referral that could not be folded is left alone.
const sickFor = time.Minute

// waking is what the engine remembers of what is due when.
type waking struct {
	mu    sync.Mutex
	next  time.Time            // the earliest wake that Tick last told of, or that a write set since; zero: none
	early chan struct{}        // told when a write sets an earlier one
	sick  map[string]time.Time // Tasks whose referral could not be folded, and when to try again
}

func newWaking() *waking {
	return &waking{early: make(chan struct{}, 1), sick: map[string]time.Time{}}
}

// expect notes a wake that is on disk.
func (w *waking) expect(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if at.IsZero() || !w.next.IsZero() && !at.Before(w.next) {
		return
	}
	w.next = at
	select {
	case w.early <- struct{}{}:
	default:
	}
}

func (w *waking) told(next time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next = next
}

// Woken is sent to when a write of this engine makes something due before the time that Tick gave last. What another instance writes on the same
// store is not told here: whoever waits has to look now and then.
func (e *Engine) Woken() <-chan struct{} { return e.waking.early }

// Tick brings up to date every leg whose answer time alone may have changed by now: a visit's time has passed, a deadline has come. It gives when
// it should be called next (zero: only after something is written) and how many referrals it folded. When nothing is due it costs one look at an
// index.
//
// Who is due is read, folded and written in one transaction, many of them one after the other: of several instances on one store each does a
// referral that no other does, and one that is killed has done a thing whole or not at all. A referral that cannot be folded is left alone for a
// minute, so that it does not stand in the way of others; the error names it. Safe for concurrent use.
func (e *Engine) Tick(ctx context.Context) (next time.Time, done int, err error) {
	for {
		next, err = e.nextWake(ctx)
		if err != nil || next.IsZero() || next.After(e.now()) {
			e.waking.told(next)
			return next, done, err
		}
		n, rest, err := e.tick(ctx)
		done += n
		if err != nil {
			return next, done, err
		}
		if n == 0 { // another instance was faster, or what is left is sick
			e.waking.told(rest)
			return rest, done, nil
		}
	}
}

func (e *Engine) nextWake(ctx context.Context) (next time.Time, err error) {
	err = e.store.View(ctx, func(r store.Reader) error {
		next, err = r.NextWake(ctx)
		return err
	})
	return next, err
}

// tick does a batch of what is due. next is when there is more.
func (e *Engine) tick(ctx context.Context) (done int, next time.Time, err error) {
	var due []store.Handoff
	var t *txn
	err = e.store.Update(ctx, func(tx store.Tx) error {
		t = &txn{e: e, ctx: ctx, tx: tx, ticking: true}
		if err := t.begin(); err != nil {
			return err
		}
		sick := e.waking.stillSick(t.now)
		var err error
		if due, err = tx.Awake(ctx, t.now, batchSize+len(sick)); err != nil {
			return err
		}
		due = slices.DeleteFunc(due, func(h store.Handoff) bool { return sick[h.Task] })
		if done, err = t.wake(due); err != nil {
			return err
		}
		next, err = tx.NextWake(ctx)
		if !next.IsZero() && !next.After(t.now) && done == 0 {
			next = t.now.Add(sickFor) // only the sick are due
		}
		return err
	})
	var bad *foldError
	if errors.As(err, &bad) {
		e.waking.leave(due, bad.request, t.now.Add(sickFor))
	}
	if err != nil {
		return 0, next, fmt.Errorf("wake: %w", err)
	}
	t.end()
	return done, next, nil
}

// wake folds the referrals of rows that are due, as many as there is time for, and gives how many.
func (t *txn) wake(due []store.Handoff) (int, error) {
	began := t.e.set.Now()
	var ids []string
	for i := range due {
		if slices.Contains(ids, due[i].Referral) {
			continue
		}
		if len(ids) > 0 && t.e.set.Now().Sub(began) > batchTime {
			due = due[:i]
			break
		}
		ids = append(ids, due[i].Referral)
		if err := t.refold(ids[len(ids)-1:]); err != nil {
			return len(ids), err
		}
	}
	return len(ids), t.dropAsleep(due)
}

// dropAsleep drops rows that were due, and that folding their referral did not write again: nothing makes them any more, and they would be due
// for ever.
func (t *txn) dropAsleep(due []store.Handoff) error {
	for i := range due {
		row, err := t.tx.Handoff(t.ctx, due[i].Task)
		if err == nil && !row.Wake.IsZero() && !row.Wake.After(t.now) {
			err = t.tx.DropHandoff(t.ctx, row.Task)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// leave marks the rows of a referral as sick until a time.
func (w *waking) leave(due []store.Handoff, request string, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range due {
		if due[i].Referral == request {
			w.sick[due[i].Task] = until
		}
	}
}

// stillSick gives the Tasks that are to be left alone, and forgets those whose time is over.
func (w *waking) stillSick(now time.Time) map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make(map[string]bool, len(w.sick))
	for task, until := range w.sick {
		if now.Before(until) {
			list[task] = true
		} else {
			delete(w.sick, task)
		}
	}
	return list
}

// foldError says which referral could not be folded.
type foldError struct {
	request string
	err     error
}

func (f *foldError) Error() string {
	return "follow ServiceRequest/" + f.request + ": " + f.err.Error()
}

func (f *foldError) Unwrap() error { return f.err }

// foldFailed names the referral that could not be folded, unless it is a refusal or the store's own trouble.
func foldFailed(request string, err error) error {
	var no *Refusal
	if errors.As(err, &no) || ofStore(err) || errors.Is(err, errHeld) {
		return fmt.Errorf("follow ServiceRequest/%s: %w", request, err)
	}
	return &foldError{request, err}
}

// ofStore reports an error that says nothing about the referral that was being folded.
func ofStore(err error) bool {
	for _, kind := range []error{store.ErrFull, store.ErrFailed, store.ErrBusy, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
