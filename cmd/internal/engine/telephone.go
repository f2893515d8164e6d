package engine

import (
	"context"
	"errors"
	"fmt"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
)

// warnOfSilence flags an open leg that is urgent and whose agency nobody can call. It is looked up when somebody asks: a directory that changes
// would otherwise touch every leg of the agency.
func (e *Engine) warnOfSilence(ctx context.Context, r store.Reader, d *doc) error {
	if !d.Handoff.State.Open() || d.Agency == "" || !mapping.Calls(d.Urgency) {
		return nil
	}
	can, err := canBeCalled(ctx, r, d.Agency)
	if err == nil && !can {
		d.Handoff.Flags = append(d.Handoff.Flags, mapping.NoTelephone)
	}
	return err
}

// canBeCalled reports whether an agency, or a service of it, has a telephone number.
func canBeCalled(ctx context.Context, r store.Reader, agency string) (bool, error) {
	services, err := r.LinkedTo(ctx, agency+mapping.ShelfServices)
	if err != nil {
		return false, err
	}
	keys := []store.Key{keyOf(agency)}
	for i := range services {
		if !services[i].Former {
			keys = append(keys, services[i].From)
		}
	}
	for _, k := range keys {
		v, err := r.Newest(ctx, k)
		if errors.Is(err, store.ErrNotFound) || err == nil && v.Deleted {
			continue
		}
		if err != nil {
			return false, err
		}
		found, err := fhir.ReadStored(v.Body)
		if err != nil {
			return false, fmt.Errorf("read %s/_history/%d: %w", k, v.Number, err)
		}
		if mapping.HasTelephone(found) {
			return true, nil
		}
	}
	return false, nil
}
