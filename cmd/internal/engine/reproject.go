package engine

import (
	"context"
	"slices"

	"warmhandoff/cmd/internal/store"
)

// Reproject throws the read model away and makes it again from the resources, referral by referral: one that is broken off has made some rows anew and
// left the others as they were. progress, where given, is told how many of all referrals are done. It must not run beside other writers of the same
// store.
func (e *Engine) Reproject(ctx context.Context, progress func(done, all int)) error {
	ids, err := e.requests(ctx)
	if err != nil {
		return err
	}
	for done := 0; done < len(ids); {
		some := ids[done:min(done+batchSize, len(ids))]
		if err := e.remake(ctx, some); err != nil {
			return err
		}
		if done += len(some); progress != nil {
			progress(done, len(ids))
		}
	}
	if err := e.dropStray(ctx, ids); err != nil {
		return err
	}
	return e.rememberMark(ctx)
}

// requests gives the ids of all ServiceRequests.
func (e *Engine) requests(ctx context.Context) (ids []string, err error) {
	err = e.store.View(ctx, func(r store.Reader) error {
		return r.EachKey(ctx, "ServiceRequest", func(v store.Version) error {
			ids = append(ids, v.ID)
			return nil
		})
	})
	return ids, err
}

// remake drops the rows of some referrals and folds them, in one transaction.
func (e *Engine) remake(ctx context.Context, ids []string) error {
	return e.update(ctx, func(t *txn) error {
		for _, id := range ids {
			rows, err := t.tx.Handoffs(ctx, id)
			if err != nil {
				return err
			}
			for i := range rows {
				if err := t.tx.DropHandoff(ctx, rows[i].Task); err != nil {
					return err
				}
			}
		}
		return t.refold(ids)
	})
}

// dropStray drops the rows of referrals that are not there.
func (e *Engine) dropStray(ctx context.Context, ids []string) error {
	known := make(map[string]bool, len(ids))
	for _, id := range ids {
		known[id] = true
	}
	var stray []string
	err := e.store.View(ctx, func(r store.Reader) error {
		return r.EachHandoff(ctx, func(h store.Handoff) error {
			if !known[h.Referral] {
				stray = append(stray, h.Task)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(stray, batchSize) {
		if err := e.update(ctx, func(t *txn) error {
			for _, task := range some {
				if err := t.tx.DropHandoff(ctx, task); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// update runs work of our own in one transaction.
func (e *Engine) update(ctx context.Context, f func(*txn) error) error {
	var t *txn
	err := e.store.Update(ctx, func(tx store.Tx) error {
		t = &txn{e: e, ctx: ctx, tx: tx}
		if err := t.begin(); err != nil {
			return err
		}
		return f(t)
	})
	if err == nil {
		t.end()
	}
	return err
}
