package engine

import (
	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// sign adds the signatures under a Task to its ledger, where the Task ends its leg for a reason that asks for one. Nothing else asks for them, so
// that an ordinary write does not pay for reading them.
func (t *txn) sign(task store.Key, l *workflow.Ledger) error {
	if !l.MustBeSigned() {
		return nil
	}
	linked, err := t.tx.LinkedTo(t.ctx, task.String())
	if err != nil {
		return err
	}
	var found []*mapping.History
	for i := range linked {
		if linked[i].From.Type != "Provenance" || linked[i].Former {
			continue
		}
		h, err := t.history(linked[i].From, linked[i].Number)
		if err != nil {
			return err
		}
		found = append(found, h)
	}
	t.e.set.Guide.Sign(l, found, t.worker)
	return nil
}

// worker gives the person behind a PractitionerRole, and any other reference as it is. Where that could not be read the transaction fails at its end (see
// watched).
func (t *txn) worker(ref string) string {
	k := keyOf(ref)
	if k.Type != "PractitionerRole" {
		return ref
	}
	h, err := t.history(k, 0)
	if err != nil || h.Worker() == "" {
		return ref
	}
	return h.Worker()
}
