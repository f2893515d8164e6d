package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// navigator gives whom the person rings, as an answer names them, with the number that stands with them now; nil for nobody.
func (e *Engine) navigator(ctx context.Context, r store.Reader, h *workflow.Handoff) (*mapping.Navigator, error) {
	return e.set.Guide.NavigatorOf(h.Navigator, h.Team, func(ref string) (*fhir.Resource, error) {
		k := keyOf(ref)
		if k.ID == "" || strings.ContainsAny(ref, ":|#") {
			return nil, nil
		}
		v, err := r.Newest(ctx, k)
		if errors.Is(err, store.ErrNotFound) || err == nil && v.Deleted {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", k, err)
		}
		one, err := fhir.ReadStored(v.Body)
		if err != nil {
			return nil, fmt.Errorf("read %s/_history/%d: %w", k, v.Number, err)
		}
		return one, nil
	})
}
