package engine

import (
	"context"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
)

// mostWaiting bounds how many missing requests one answer names.
const mostWaiting = 500

// WaitingParameters lists what came before its ServiceRequest and waits for it, as the JSON of a Parameters resource: the requests that are
// missing, at most 500, and what points at each. A Task that would not be followed if its request came waits for nothing.
func (e *Engine) WaitingParameters(ctx context.Context, _ Principal) ([]byte, error) {
	var list []mapping.Waiting
	err := e.store.View(ctx, func(r store.Reader) error {
		missing, err := r.Missing(ctx, "ServiceRequest", mostWaiting)
		if err != nil {
			return err
		}
		t := &txn{e: e, ctx: ctx, tx: looking{r}, now: e.now(), fresh: map[store.Key]*mapping.History{}}
		for _, request := range missing {
			linked, err := r.LinkedTo(ctx, request)
			if err != nil {
				return err
			}
			w := mapping.Waiting{Request: request}
			for i := range linked {
				from := linked[i].From.String()
				if linked[i].Former || slices.Contains(w.Items, from) {
					continue
				}
				waits, err := t.waits(linked[i].From)
				if err != nil {
					return err
				}
				if waits {
					w.Items = append(w.Items, from)
				}
			}
			if len(w.Items) > 0 {
				list = append(list, w)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.set.Guide.WaitingParameters(list), nil
}

// waits reports whether something that names a request which has not come waits for that.
func (t *txn) waits(k store.Key) (bool, error) {
	if k.Type != "Task" {
		return true, nil
	}
	h, err := t.history(k, 0)
	if err != nil {
		return false, err
	}
	why, err := t.whyKept(h)
	return why.Kept == mapping.KeptAbsent || why.Kept == mapping.KeptUnclear, err
}
