package engine

import (
	"errors"
	"fmt"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// writeBack writes the Task as it should read for a handoff, where it does not read so, as a version of our own with a Provenance that says why.
func (t *txn) writeBack(leg *mapping.Leg, h *workflow.Handoff) error {
	if leg.Former {
		return nil
	}
	key := store.Key{Type: "Task", ID: leg.Task}
	newest, task, err := t.newest(key)
	if err != nil || task == nil {
		return err
	}
	history, err := t.history(key, newest.Number)
	if err != nil || history.NotUnderstood() {
		return err
	}
	now := workflow.Status(task.Get("status").Text())
	last, said, why := t.word(leg, h, history, now)
	if !said {
		return nil
	}
	if leg.Between && h.Blind { // the agency is told what it said itself; what the referrer may not read stands above
		open := *h
		open.Blind, open.Over = false, false
		h = &open
	}
	a, err := t.amendment(history, task, &last, h)
	if err != nil || a == nil {
		return err
	}
	if why != "" && a.Why == mapping.ActTakeBack && (now != workflow.TaskCompleted || why == mapping.ActTransfer) {
		a.Why = why
	}
	amended, err := fhir.ReadStored(a.Body)
	if err != nil {
		return fmt.Errorf("amend %s: %w", key, err)
	}
	v, err := t.put(key, newest.Number, store.Author{Own: true}, amended)
	if err != nil {
		return err
	}
	t.learn(key, &v)
	if err := t.putProvenance(key, v.Number, a, h); err != nil || a.Why != mapping.ActSend {
		return err
	}
	return t.fillRequest(leg)
}

// amendment gives the Task as it should read, nil when it reads so. Where the outcome may not be told it is made from what the referrer sent, and
// where it may be told again from what the parties last wrote.
func (t *txn) amendment(history *mapping.History, task *fhir.Resource, last *workflow.Word, h *workflow.Handoff) (*mapping.Amendment, error) {
	guide, err := t.meaning(history.Logical())
	if err != nil {
		return nil, err
	}
	guide = guide.At(history.Owner())
	theirs := mapping.BusinessOf(history)
	theirOwn := last.Status == workflow.TaskInError || last.By == workflow.Referrer && last.Status.Terminal()
	switch {
	case h.Blind && theirOwn:
		return nil, nil
	case h.Blind && h.Over:
		from, err := t.resourceAt(history, history.Sent())
		if err != nil {
			return nil, err
		}
		return guide.BlindTask(task, from, theirs, workflow.TaskCancelled, h, t.now), nil
	case h.Blind:
		return guide.BlindTask(task, nil, theirs, guide.BlindStatus(task, last.Status), h, t.now), nil
	case mapping.EndedBlind(task) && history.Theirs() > 0:
		sent, err := t.resourceAt(history, history.Theirs())
		if err != nil {
			return nil, err
		}
		return guide.Restore(sent, theirs, last.Status, h, t.now), nil
	}
	return guide.Amend(task, theirs, last.Status, h, t.now), nil
}

// understood gives the newest version of a request or Task, or, where that is not understood, the last one before it that is: nothing new goes out. nil
// where there is none, or it is deleted.
func (t *txn) understood(k store.Key) (*fhir.Resource, error) {
	v, r, err := t.newest(k)
	if err != nil || r == nil {
		return nil, err
	}
	h, err := t.history(k, v.Number)
	if err != nil || !h.NotUnderstood() {
		return r, err
	}
	if n := h.Understood(); n > 0 {
		return t.resourceAt(h, n)
	}
	return nil, nil
}

// resourceAt reads one version of a resource.
func (t *txn) resourceAt(h *mapping.History, number int) (*fhir.Resource, error) {
	v, err := t.numbered(keyOf(h.Key), number)
	if err != nil {
		return nil, fmt.Errorf("read %s/_history/%d: %w", h.Key, number, err)
	}
	return t.resourceOf(&v)
}

func (t *txn) putProvenance(task store.Key, version int, a *mapping.Amendment, h *workflow.Handoff) error {
	body := t.e.set.Guide.Provenance(task.String(), version, a, h, t.now)
	r, err := fhir.ReadStored(body)
	if err != nil {
		return fmt.Errorf("provenance of %s: %w", task, err)
	}
	_, err = t.put(store.Key{Type: "Provenance", ID: t.e.set.NewID()}, 0, store.Author{Own: true}, r)
	return err
}

// newest gives the newest version of a resource, nil where there is none or it is deleted, from what the transaction holds where it can.
func (t *txn) newest(k store.Key) (store.Version, *fhir.Resource, error) {
	if at := t.find(k); at != nil {
		return at.Version, at.New, nil
	}
	v, err := t.tx.Newest(t.ctx, k)
	if errors.Is(err, store.ErrNotFound) || err == nil && v.Deleted {
		return v, nil, nil
	}
	if err != nil {
		return v, nil, fmt.Errorf("read %s: %w", k, err)
	}
	r, err := fhir.ReadStored(v.Body)
	if err != nil {
		return v, nil, fmt.Errorf("read %s/_history/%d: %w", k, v.Number, err)
	}
	return v, r, nil
}
