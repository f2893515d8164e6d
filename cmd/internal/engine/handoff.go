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

	Shape   mapping.Shape `json:",omitzero"`
	Above   string        `json:",omitzero"` // id of the Task that follows from this one
	Request string        `json:",omitzero"` // id of the agency's own request
	Inside  bool          `json:",omitzero"` // does not stand for itself in what the referral comes to
	Number  int           `json:",omitzero"` // of the leg among those of its Task, where there is more than one
}

func rowOf(request, subject string, leg *mapping.Leg, h *workflow.Handoff, inside bool) (store.Handoff, error) {
	d := doc{Agency: leg.Agency, Urgency: leg.Ledger.Urgency, Handoff: *h, Shape: leg.Shape, Above: leg.Above, Inside: inside}
	if leg.Number > 1 || leg.Former {
		d.Number = leg.Number
	}
	if leg.Request != request {
		d.Request = leg.Request
	}
	body, err := json.Marshal(d)
	if err != nil {
		return store.Handoff{}, fmt.Errorf("write the answer of Task/%s: %w", leg.Task, err)
	}
	row := store.Handoff{
		Task: leg.Row(), Referral: request, Agency: leg.Agency, Patient: subject,
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
	task, former := mapping.TaskOfRow(row.Task)
	leg := mapping.LegAnswer{Task: task, Former: former, Number: d.Number, Agency: d.Agency, Handoff: d.Handoff, Shape: d.Shape, Above: d.Above, Request: d.Request, Inside: d.Inside}
	who, err := e.navigator(ctx, r, &d.Handoff)
	if err != nil {
		return leg, err
	}
	leg.Navigator = who
	if former > 0 { // what both sides can read now is about the present leg
		return leg, nil
	}
	key := store.Key{Type: "Task", ID: task}
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
	var all []mapping.LegAnswer
	var because string
	err := e.store.View(ctx, func(r store.Reader) error {
		row, err := r.Handoff(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			because, err = e.because(ctx, r, store.Key{Type: "Task", ID: id})
			return err
		}
		if err != nil {
			return err
		}
		if leg, err = e.answerOf(ctx, r, &row); err != nil || leg.Shape == mapping.Single && leg.Number == 0 {
			return err
		}
		all, err = e.answersOf(ctx, r, row.Referral)
		return err
	})
	if err != nil {
		return nil, err
	}
	if because != "" {
		return e.set.Guide.TaskParameters(nil, because), nil
	}
	below, before := mapping.Below(all, id), mapping.Before(all, id)
	told := mapping.ToldTo(p.Role, slices.Concat([]mapping.LegAnswer{leg}, below, before))
	told[0].Below, told[0].Before = told[1:1+len(below)], told[1+len(below):]
	return e.set.Guide.TaskParameters(&told[0], ""), nil
}

func (e *Engine) requestParameters(ctx context.Context, p Principal, id string) ([]byte, error) {
	var legs []mapping.LegAnswer
	var request store.Version
	var because string
	err := e.store.View(ctx, func(r store.Reader) error {
		var err error
		if request, err = r.Newest(ctx, store.Key{Type: "ServiceRequest", ID: id}); err != nil {
			return err
		}
		if legs, err = e.answersOf(ctx, r, id); err != nil || len(legs) > 0 {
			return err
		}
		if legs, err = e.answersOfChild(ctx, r, &request); err != nil || len(legs) > 0 {
			return err
		}
		because, err = e.because(ctx, r, request.Key)
		return err
	})
	if err != nil {
		return nil, err
	}
	var handoffs []workflow.Handoff
	for i := range legs {
		if !legs[i].Inside {
			handoffs = append(handoffs, legs[i].Handoff)
		}
	}
	r, err := fhir.ReadStored(request.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", request.Key, err)
	}
	_, final := e.set.Guide.FactOf(r).Asks()
	state := workflow.ReferralNone
	if len(legs) > 0 || because == "" {
		state = mapping.RollUpFor(p.Role, handoffs, final)
	}
	return e.set.Guide.RequestParameters(state, mapping.ToldTo(p.Role, mapping.Lowest(legs)), because), nil
}
