package engine

import (
	"errors"
	"fmt"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// effectRounds bounds how often what was just written may change what else ought to stand.
const effectRounds = 3

// effects writes what ought to stand for the legs of a referral and does not yet, and closes what ought to no more, until nothing is left to write.
// What was told is part of the answer, so the referral is then folded again.
func (t *txn) effects(f *folded) (*folded, error) {
	for range effectRounds {
		wrote := false
		for i := range f.read.Legs {
			one, err := t.effect(f.id, f.subject(i), &f.read.Legs[i], &f.answers[i])
			if err != nil {
				return nil, err
			}
			wrote = wrote || one
		}
		if !wrote {
			return f, nil
		}
		var err error
		if f, err = t.fold(f.id); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// effect brings what is written for one leg in line with what its answer asks for, and reports whether it wrote anything. What a human closed stays
// closed: it is there, so it is not written again.
func (t *txn) effect(request, subject string, leg *mapping.Leg, h *workflow.Handoff) (wrote bool, err error) {
	if len(h.Effects) == 0 && len(leg.Ledger.Told) == 0 {
		return false, nil
	}
	wanted := map[string]bool{}
	for i := range h.Effects {
		e := &h.Effects[i]
		if wanted[e.Key] || muted(h, e.Kind) {
			continue
		}
		wanted[e.Key] = true
		if told(leg.Ledger.Told, e.Key) {
			continue
		}
		if err := t.writeEffect(request, subject, leg, e); err != nil {
			return wrote, fmt.Errorf("write %s for Task/%s: %w", e.What, leg.Task, err)
		}
		wrote = true
	}
	for i := range leg.Ledger.Told {
		one := &leg.Ledger.Told[i]
		if !one.Open || wanted[one.Key] {
			continue
		}
		if err := t.closeEffect(one); err != nil {
			return wrote, fmt.Errorf("close %s: %w", one.Source, err)
		}
		wrote = true
	}
	return wrote, nil
}

// muted reports that nothing of a kind may go out any more: to the person about a leg for which consent was taken back.
//
// Source: local, revocation midway: queued messages are cancelled
func muted(h *workflow.Handoff, k workflow.EffectKind) bool {
	return k == workflow.Message && h.State == workflow.Closed && h.Reason == workflow.ConsentRevoked
}

func told(list []workflow.Telling, key string) bool {
	for i := range list {
		if list[i].Key == key {
			return true
		}
	}
	return false
}

// writeEffect stores a new Task or Communication under the id that leg and key give. Where something else has taken that id it gets another: what is
// written is told by its identifier.
func (t *txn) writeEffect(request, subject string, leg *mapping.Leg, e *workflow.Effect) error {
	typ, body := t.e.set.Guide.WriteEffect(request, subject, leg, e, t.now)
	r, err := fhir.ReadStored(body)
	if err != nil {
		return err
	}
	key := store.Key{Type: typ, ID: mapping.EffectID(leg.Name(), e.Key)}
	v, err := t.put(key, 0, store.Author{Own: true}, r)
	if errors.Is(err, store.ErrConflict) {
		key.ID = t.e.set.NewID()
		v, err = t.put(key, 0, store.Author{Own: true}, r)
	}
	if err != nil {
		return err
	}
	t.learn(key, &v)
	return nil
}

// closeEffect stores a version of an effect that says that it is no longer needed.
func (t *txn) closeEffect(one *workflow.Telling) error {
	name, _, _ := strings.Cut(one.Source, "/_history/")
	key := keyOf(name)
	newest, r, err := t.newest(key)
	if err != nil || r == nil {
		return err
	}
	if _, err := t.kept(key, newest.Number); err != nil {
		return err
	}
	closed, err := fhir.ReadStored(t.e.set.Guide.CloseEffect(r, t.now))
	if err != nil {
		return err
	}
	v, err := t.put(key, newest.Number, store.Author{Own: true}, closed)
	if err != nil {
		return err
	}
	t.learn(key, &v)
	return nil
}

// learn adds a version that was just stored to what this transaction knows of a resource. The history itself may be shared and is not touched.
func (t *txn) learn(k store.Key, v *store.Version) {
	h := t.fresh[k]
	if h == nil {
		h = t.e.facts.get(k)
	}
	if h == nil && v.Number == 1 {
		h = &mapping.History{Key: k.String()}
	}
	if h == nil || len(h.Versions) != v.Number-1 {
		return // it is read when it is asked for
	}
	grown := &mapping.History{Key: h.Key, Versions: h.Versions[:len(h.Versions):len(h.Versions)]}
	grown.Add(versionOf(v), t.said(t.find(k)))
	t.fresh[k] = grown
}
