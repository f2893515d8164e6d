package engine

import (
	"context"
	"errors"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// errTried undoes a transaction that was only to show what would come of it.
var errTried = errors.New("engine: only tried")

// Try finds out what Apply would do with these changes, by doing it and undoing it: the same checks in the same transaction, and nothing is
// kept. It refuses as Apply does. What it gives holds for that moment; versions and ids in it are not there afterwards. Safe for concurrent use.
//
// Source: FHIR R4, resource-operation-validate.html (modes create, update, delete)
func (e *Engine) Try(ctx context.Context, p Principal, changes []Change) ([]Result, error) {
	return e.TryBundle(ctx, p, "", changes)
}

// TryBundle is Try for the entries of a transaction Bundle, as ApplyBundle is Apply for them.
func (e *Engine) TryBundle(ctx context.Context, p Principal, identifier string, changes []Change) ([]Result, error) {
	seen := e.store.Seen()
	b, err := e.prepare(p, identifier, changes)
	if err != nil {
		return nil, err
	}
	var results []Result
	var t *txn
	err = e.store.Update(ctx, func(tx store.Tx) error {
		t = &txn{e: e, ctx: e.hold(ctx), tx: tx, p: p, seen: seen}
		if err := t.begin(); err != nil {
			return err
		}
		var err error
		if results, err = t.apply(b); err == nil {
			err = t.held()
		}
		if err != nil {
			return err
		}
		return errTried
	})
	switch {
	case errors.Is(err, errTried):
		return results, nil
	case errors.Is(err, errHeld):
		t.keepRead()
		return nil, e.heldTooLong(len(b.works))
	case errors.Is(err, store.ErrConflict), errors.Is(err, errAgain):
		return nil, refuse(Conflict, fhir.CodeConflict, "", "Somebody else wrote one of these resources at the same moment; try again.")
	}
	return nil, err
}
