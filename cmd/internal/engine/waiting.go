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
// missing, at most 500, and what points at each.
func (e *Engine) WaitingParameters(ctx context.Context, _ Principal) ([]byte, error) {
	var list []mapping.Waiting
	err := e.store.View(ctx, func(r store.Reader) error {
		missing, err := r.Missing(ctx, "ServiceRequest", mostWaiting)
		if err != nil {
			return err
		}
		for _, request := range missing {
			linked, err := r.LinkedTo(ctx, request)
			if err != nil {
				return err
			}
			w := mapping.Waiting{Request: request}
			for i := range linked {
				if from := linked[i].From.String(); !linked[i].Former && !slices.Contains(w.Items, from) {
					w.Items = append(w.Items, from)
				}
			}
			list = append(list, w)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return e.set.Guide.WaitingParameters(list), nil
}
