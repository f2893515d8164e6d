package engine

import (
	"context"
	"errors"
	"fmt"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
)

// keepReading keeps, as an AuditEvent of ours, that somebody of an agency had the package of a Task: the first time of each reader. What cannot be kept is
// an error, and nothing is given out. Whoever does not say who they are is nobody of whom it could be kept.
//
// Source: local, how each thing arrives; RULINGS.md, 49: what cannot be audited is not read
func (e *Engine) keepReading(ctx context.Context, p Principal, task string) error {
	key := store.Key{Type: "AuditEvent", ID: mapping.ReadingID("Task/"+task, p.Party)}
	if p.Party == "" {
		return nil
	}
	kept := false
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		kept, err = isKept(ctx, r, key)
		return err
	})
	if kept || err != nil {
		return err
	}
	var t *txn
	err = e.store.Update(ctx, func(tx store.Tx) error {
		t = &txn{e: e, ctx: ctx, tx: tx, p: p}
		if err := t.begin(); err != nil {
			return err
		}
		if kept, err := isKept(ctx, tx, key); kept || err != nil {
			return err // at the same moment
		}
		return t.keepReading(key, task)
	})
	if err != nil {
		return fmt.Errorf("keep that the package of Task/%s was read: %w", task, err)
	}
	t.end()
	return nil
}

// isKept reports that there is an AuditEvent of ours.
func isKept(ctx context.Context, r store.Reader, key store.Key) (bool, error) {
	v, err := r.Numbered(ctx, key, 1)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && v.Author.Own, err
}

func (t *txn) keepReading(key store.Key, task string) error {
	t.recall()
	row, err := t.tx.Handoff(t.ctx, task)
	if err != nil {
		return err
	}
	f, err := t.fold(row.Referral)
	if err != nil {
		return err
	}
	part2 := false
	for i := range f.read.Legs {
		part2 = part2 || f.read.Legs[i].Task == task && f.read.Legs[i].Part2
	}
	r, err := fhir.ReadStored(t.e.set.Guide.WriteReading("Task/"+task, f.id, t.p.Party, part2, t.now))
	if err != nil {
		return err
	}
	_, err = t.put(key, 0, store.Author{Own: true}, r)
	if errors.Is(err, store.ErrConflict) { // something else has that id
		key.ID = t.e.set.NewID()
		_, err = t.put(key, 0, store.Author{Own: true}, r)
	}
	if err != nil {
		return err
	}
	return t.follow()
}
