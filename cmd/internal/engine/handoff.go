package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// doc is what a row of the read model keeps beside its columns.
type doc struct {
	Agency  string
	Urgency workflow.Urgency
	Handoff workflow.Handoff
}

func rowOf(request, subject string, leg *mapping.Leg, h *workflow.Handoff) (store.Handoff, error) {
	body, err := json.Marshal(doc{Agency: leg.Agency, Urgency: leg.Ledger.Urgency, Handoff: *h})
	if err != nil {
		return store.Handoff{}, fmt.Errorf("write the answer of Task/%s: %w", leg.Task, err)
	}
	row := store.Handoff{
		Task: leg.Task, Referral: request, Agency: leg.Agency, Patient: subject,
		State: string(h.State), Reason: string(h.Reason), Wake: h.Wake, Doc: body,
	}
	for i := range h.Due {
		if by := h.Due[i].By; !by.IsZero() && (row.Due.IsZero() || by.Before(row.Due)) {
			row.Due = by
		}
	}
	return row, nil
}

// answerOf gives the answer that a row keeps, and the newest version of the Task that we wrote ourselves.
func (e *Engine) answerOf(ctx context.Context, r store.Reader, row *store.Handoff) (mapping.LegAnswer, error) {
	var d doc
	if err := json.Unmarshal(row.Doc, &d); err != nil {
		return mapping.LegAnswer{}, fmt.Errorf("read the answer of Task/%s: %w", row.Task, err)
	}
	if err := e.warnOfSilence(ctx, r, &d); err != nil {
		return mapping.LegAnswer{}, err
	}
	leg := mapping.LegAnswer{Task: row.Task, Agency: d.Agency, Handoff: d.Handoff}
	key := store.Key{Type: "Task", ID: row.Task}
	versions, err := r.Numbers(ctx, key)
	if err != nil {
		return leg, err
	}
	for _, v := range slices.Backward(versions) {
		if !v.Author.Own || v.Deleted {
			continue
		}
		if v, err = r.Numbered(ctx, key, v.Number); err != nil {
			return leg, err
		}
		ours, err := fhir.ReadStored(v.Body)
		if err != nil {
			return leg, fmt.Errorf("read %s/_history/%d: %w", key, v.Number, err)
		}
		leg.Written = e.set.Guide.WrittenOf(ours, v.Number, v.Updated)
		break
	}
	return leg, nil
}

// HandoffParameters gives the answer for a Task or a ServiceRequest as the JSON of a Parameters resource. A Task or request that is stored and
// not followed has the state none. A *Refusal says that there is no such resource.
func (e *Engine) HandoffParameters(ctx context.Context, p Principal, typ, id string) ([]byte, error) {
	if _, err := e.Read(ctx, p, typ, id); err != nil {
		return nil, err
	}
	if typ == "Task" {
		return e.taskParameters(ctx, p, id)
	}
	return e.requestParameters(ctx, p, id)
}

func (e *Engine) taskParameters(ctx context.Context, p Principal, id string) ([]byte, error) {
	var leg mapping.LegAnswer
	err := e.store.View(ctx, func(r store.Reader) error {
		row, err := r.Handoff(ctx, id)
		if err != nil {
			return err
		}
		leg, err = e.answerOf(ctx, r, &row)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return e.set.Guide.TaskParameters(nil), nil
	}
	if err != nil {
		return nil, err
	}
	return e.set.Guide.TaskParameters(&mapping.ToldTo(p.Role, []mapping.LegAnswer{leg})[0]), nil
}

func (e *Engine) requestParameters(ctx context.Context, p Principal, id string) ([]byte, error) {
	var legs []mapping.LegAnswer
	var request store.Version
	err := e.store.View(ctx, func(r store.Reader) error {
		rows, err := r.Handoffs(ctx, id)
		if err != nil {
			return err
		}
		legs = make([]mapping.LegAnswer, len(rows))
		for i := range rows {
			if legs[i], err = e.answerOf(ctx, r, &rows[i]); err != nil {
				return err
			}
		}
		request, err = r.Newest(ctx, store.Key{Type: "ServiceRequest", ID: id})
		return err
	})
	if err != nil {
		return nil, err
	}
	handoffs := make([]workflow.Handoff, len(legs))
	for i := range legs {
		handoffs[i] = legs[i].Handoff
	}
	r, err := fhir.ReadStored(request.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", request.Key, err)
	}
	asks, final := e.set.Guide.FactOf(r).Asks()
	state := workflow.ReferralNone
	if len(legs) > 0 || asks {
		state = mapping.RollUpFor(p.Role, handoffs, final)
	}
	return e.set.Guide.RequestParameters(state, mapping.ToldTo(p.Role, legs)), nil
}
