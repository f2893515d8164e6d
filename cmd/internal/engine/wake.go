package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"warmhandoff/cmd/internal/store"
)

// batchSize bounds how many referrals one transaction of Tick or Reproject folds.
const batchSize = 200

// Tick brings up to date every leg whose answer time alone may have changed by now: a visit's time has passed, a date has come. It gives when it
// should be called next (zero: only after something is written) and how many referrals it folded. Safe for concurrent use; several at once do
// the same work twice and no harm.
func (e *Engine) Tick(ctx context.Context) (next time.Time, done int, err error) {
	for {
		var due []store.Handoff
		now := e.now()
		err = e.store.View(ctx, func(r store.Reader) error {
			var err error
			if due, err = r.Awake(ctx, now, batchSize); err != nil {
				return err
			}
			next, err = r.NextWake(ctx)
			return err
		})
		if err != nil || len(due) == 0 {
			return next, done, err
		}
		var ids []string
		for i := range due {
			if !slices.Contains(ids, due[i].Referral) {
				ids = append(ids, due[i].Referral)
			}
		}
		stale := func(tx store.Tx) error { return dropAsleep(ctx, tx, due, now) }
		if err := e.refold(ctx, ids, nil, stale); err != nil {
			return next, done, fmt.Errorf("wake %d referrals: %w", len(ids), err)
		}
		done += len(ids)
	}
}

// dropAsleep drops rows that were due, and that folding their referral did not write again: nothing makes them any more, and they would be due
// for ever.
func dropAsleep(ctx context.Context, tx store.Tx, due []store.Handoff, now time.Time) error {
	for i := range due {
		row, err := tx.Handoff(ctx, due[i].Task)
		if err == nil && !row.Wake.IsZero() && !row.Wake.After(now) {
			err = tx.DropHandoff(ctx, row.Task)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// refold folds referrals in one transaction, between what first and last do in it; either may be nil.
func (e *Engine) refold(ctx context.Context, ids []string, first, last func(store.Tx) error) error {
	var t *txn
	err := e.store.Update(ctx, func(tx store.Tx) error {
		t = &txn{e: e, ctx: ctx, tx: tx}
		if err := t.begin(); err != nil {
			return err
		}
		if first != nil {
			if err := first(tx); err != nil {
				return err
			}
		}
		if err := t.refold(ids); err != nil || last == nil {
			return err
		}
		return last(tx)
	})
	if err != nil {
		return err
	}
	for _, f := range t.after {
		f()
	}
	return nil
}

// Reproject throws the read model away and makes it again from the resources. progress, where given, is told how many referrals are done. It must
// not run beside other writers of the same store.
func (e *Engine) Reproject(ctx context.Context, progress func(done int)) error {
	var ids []string
	err := e.store.View(ctx, func(r store.Reader) error {
		return r.EachKey(ctx, "ServiceRequest", func(v store.Version) error {
			ids = append(ids, v.ID)
			return nil
		})
	})
	if err != nil {
		return err
	}
	drop := func(tx store.Tx) error { return tx.DropHandoffs(ctx) }
	for done := 0; done < len(ids) || drop != nil; {
		some := ids[done:min(done+batchSize, len(ids))]
		if err := e.refold(ctx, some, drop, nil); err != nil {
			return err
		}
		drop = nil
		if done += len(some); progress != nil {
			progress(done)
		}
	}
	return nil
}
