package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"warmhandoff/cmd/internal/store"
)

// A read that failed is never taken for something that is not there. Whatever is made of it on the way, the View or Update in which it failed fails with
// it: nothing is stored, and nothing is said. So no use case has to see to that, and one that forgets cannot save a wrong answer.

// storeFault is an error of the store itself: it says nothing about what was asked for. What is not there, a version that is not the newest, and a
// search that is too costly are answers and no faults.
type storeFault struct {
	act string
	err error
}

func (f *storeFault) Error() string { return f.act + ": " + f.err.Error() }

func (f *storeFault) Unwrap() error { return f.err }

// answers are the errors by which a store says how things are.
var answers = []error{store.ErrNotFound, store.ErrConflict, store.ErrTooCostly}

// isAnswer reports an error that is one of these and nothing worse.
func isAnswer(err error) bool {
	for _, kind := range answers {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// watched is a store whose faults cannot be overlooked.
type watched struct{ store.Store }

// View is Store.View; it fails where anything that f read could not be read, whatever f says.
func (w watched) View(ctx context.Context, f func(store.Reader) error) error {
	return w.Store.View(ctx, func(r store.Reader) error {
		seen := &watchedReader{in: r}
		return seen.end(f(seen))
	})
}

// Update is Store.Update, likewise.
func (w watched) Update(ctx context.Context, f func(store.Tx) error) error {
	return w.Store.Update(ctx, func(tx store.Tx) error {
		seen := &watchedTx{watchedReader{in: tx}, tx}
		return seen.end(f(seen))
	})
}

// watchedReader remembers the first fault.
type watchedReader struct {
	in    store.Reader
	fault *storeFault
}

// note gives an error back, as a fault where it is one.
func (r *watchedReader) note(act string, err error) error {
	if err == nil || isAnswer(err) {
		return err
	}
	fault := &storeFault{act, err}
	if r.fault == nil {
		r.fault = fault
	}
	return fault
}

// end gives what a View or Update comes to.
func (r *watchedReader) end(err error) error {
	if r.fault == nil || err != nil && isFault(err) {
		return err
	}
	return fmt.Errorf("nothing is made of half knowledge: %w", r.fault)
}

// isFault reports an error that is the store's own and no refusal.
func isFault(err error) bool {
	var fault *storeFault
	var no *Refusal
	return errors.As(err, &fault) && !errors.As(err, &no) && !isAnswer(err)
}

// each runs a method that calls f for one thing after the other: what f says is no fault of the store.
func each[T any](r *watchedReader, act string, f func(T) error, run func(func(T) error) error) error {
	var mine error
	err := run(func(one T) error {
		mine = f(one)
		return mine
	})
	if mine != nil {
		return err
	}
	return r.note(act, err)
}

func (r *watchedReader) Newest(ctx context.Context, k store.Key) (store.Version, error) {
	v, err := r.in.Newest(ctx, k)
	return v, r.note("read", err)
}

func (r *watchedReader) Numbered(ctx context.Context, k store.Key, number int) (store.Version, error) {
	v, err := r.in.Numbered(ctx, k, number)
	return v, r.note("read a version", err)
}

func (r *watchedReader) Versions(ctx context.Context, k store.Key, before, limit int) ([]store.Version, error) {
	all, err := r.in.Versions(ctx, k, before, limit)
	return all, r.note("read versions", err)
}

func (r *watchedReader) History(ctx context.Context, q store.Past) (store.Page, error) {
	all, err := r.in.History(ctx, q)
	return all, r.note("read a history", err)
}

func (r *watchedReader) Numbers(ctx context.Context, k store.Key) ([]store.Version, error) {
	all, err := r.in.Numbers(ctx, k)
	return all, r.note("read versions", err)
}

func (r *watchedReader) Search(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := r.in.Search(ctx, q)
	return page, r.note("search", err)
}

func (r *watchedReader) Placed(ctx context.Context, seqs ...int64) ([]store.Version, error) {
	all, err := r.in.Placed(ctx, seqs...)
	return all, r.note("read versions", err)
}

func (r *watchedReader) Types(ctx context.Context) ([]string, error) {
	all, err := r.in.Types(ctx)
	return all, r.note("read types", err)
}

func (r *watchedReader) LinkedTo(ctx context.Context, to ...string) ([]store.Linked, error) {
	all, err := r.in.LinkedTo(ctx, to...)
	return all, r.note("read links", err)
}

func (r *watchedReader) LinkedLast(ctx context.Context, to string, limit int) ([]store.Linked, error) {
	all, err := r.in.LinkedLast(ctx, to, limit)
	return all, r.note("read links", err)
}

func (r *watchedReader) Links(ctx context.Context, from store.Key) ([]store.Link, error) {
	all, err := r.in.Links(ctx, from)
	return all, r.note("read links", err)
}

func (r *watchedReader) Missing(ctx context.Context, typ string, limit int) ([]string, error) {
	all, err := r.in.Missing(ctx, typ, limit)
	return all, r.note("read links", err)
}

func (r *watchedReader) Handoff(ctx context.Context, task string) (store.Handoff, error) {
	h, err := r.in.Handoff(ctx, task)
	return h, r.note("read a handoff", err)
}

func (r *watchedReader) Handoffs(ctx context.Context, referral string) ([]store.Handoff, error) {
	all, err := r.in.Handoffs(ctx, referral)
	return all, r.note("read handoffs", err)
}

func (r *watchedReader) EachHandoff(ctx context.Context, f func(store.Handoff) error) error {
	return each(r, "read handoffs", f, func(f func(store.Handoff) error) error { return r.in.EachHandoff(ctx, f) })
}

func (r *watchedReader) Awake(ctx context.Context, now time.Time, limit int) ([]store.Handoff, error) {
	all, err := r.in.Awake(ctx, now, limit)
	return all, r.note("read handoffs", err)
}

func (r *watchedReader) NextWake(ctx context.Context) (time.Time, error) {
	at, err := r.in.NextWake(ctx)
	return at, r.note("read handoffs", err)
}

func (r *watchedReader) Remembered(ctx context.Context, key string) (string, bool, error) {
	value, known, err := r.in.Remembered(ctx, key)
	return value, known, r.note("read a key", err)
}

func (r *watchedReader) LastUpdated(ctx context.Context) (time.Time, error) {
	at, err := r.in.LastUpdated(ctx)
	return at, r.note("read the last update", err)
}

func (r *watchedReader) EachKey(ctx context.Context, typ string, f func(store.Version) error) error {
	return each(r, "read keys", f, func(f func(store.Version) error) error { return r.in.EachKey(ctx, typ, f) })
}

// watchedTx is a transaction whose faults are remembered, those of writing among them.
type watchedTx struct {
	watchedReader
	tx store.Tx
}

func (t *watchedTx) Put(ctx context.Context, w store.Write) (store.Version, error) {
	v, err := t.tx.Put(ctx, w)
	return v, t.note("write", err)
}

func (t *watchedTx) Index(ctx context.Context, v store.Version, terms []store.Term, links []store.Link) error {
	return t.note("index", t.tx.Index(ctx, v, terms, links))
}

func (t *watchedTx) PutHandoff(ctx context.Context, h store.Handoff) error {
	return t.note("write a handoff", t.tx.PutHandoff(ctx, h))
}

func (t *watchedTx) DropHandoff(ctx context.Context, task string) error {
	return t.note("drop a handoff", t.tx.DropHandoff(ctx, task))
}

func (t *watchedTx) Remember(ctx context.Context, key, value string, at time.Time) (string, bool, error) {
	kept, fresh, err := t.tx.Remember(ctx, key, value, at)
	return kept, fresh, t.note("write a key", err)
}

func (t *watchedTx) Forget(ctx context.Context, before time.Time) (int, error) {
	n, err := t.tx.Forget(ctx, before)
	return n, t.note("drop keys", err)
}
