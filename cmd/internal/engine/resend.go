package engine

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping/workflow"
)

// evidential are the types of evidence that may have been set aside because it came while consent was taken back.
var evidential = []string{"Appointment", "Encounter", "Procedure", "Observation"}

// countsNow reports that a repeat of what is stored is worth a version of its own: every leg that knows the stored version set it aside because it
// came while consent was taken back, and for one of them consent is given again. Evidence is judged by when it came, and this comes now. So is the same
// said by somebody else than the referrer, whose word it was.
//
// It asks the store only about repeats of evidence, which are rare, and only as far as a leg is concerned.
//
// Source: local, evidence received after a revocation does not count; an agency that sends it again after a new consent is heard
func (t *txn) countsNow(w *work) (bool, error) {
	if w.Method != Update || !slices.Contains(evidential, w.Type) {
		return false, nil
	}
	if said := workflow.Role(w.old.Author.Role); said == workflow.Referrer && t.p.Role != said {
		return true, nil // the referrer's word alone counts for nothing; this one may
	}
	rows, err := t.rowsAbout(w)
	if err != nil {
		return false, err
	}
	source := w.key.String() + "/_history/" + strconv.Itoa(w.old.Number)
	given := false
	for i := range rows {
		var d doc
		if err := json.Unmarshal(rows[i].Doc, &d); err != nil {
			return false, err
		}
		for j := range d.Handoff.Evidence {
			u := &d.Handoff.Evidence[j]
			if u.Source != source {
				continue
			}
			if u.Because != workflow.AfterRevocation {
				return false, nil
			}
			given = given || d.Handoff.Reason != workflow.ConsentRevoked
		}
	}
	return given, nil
}

// rowsAbout gives the rows of all legs of the referrals that a stored resource is about.
func (t *txn) rowsAbout(w *work) ([]store.Handoff, error) {
	var ids []string
	add := func(ref string) {
		if k := keyOf(ref); k.Type == "ServiceRequest" && !slices.Contains(ids, k.ID) {
			ids = append(ids, k.ID)
		}
	}
	links, err := t.links(w.oldRes)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if err := t.climb(l, add); err != nil {
			return nil, err
		}
	}
	if err := t.pointedAt(w.key, add); err != nil {
		return nil, err
	}
	var rows []store.Handoff
	for _, id := range ids {
		legs, err := t.tx.Handoffs(t.ctx, id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		rows = append(rows, legs...)
	}
	return rows, nil
}
