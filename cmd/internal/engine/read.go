package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// Read gives the newest version of a resource. It refuses with NotFound what never was and with Gone what was deleted; then the deletion is
// given beside the refusal, so that its version can be told.
//
// Source: FHIR R4, http.html, read
func (e *Engine) Read(ctx context.Context, p Principal, typ, id string) (store.Version, error) {
	var v store.Version
	key := store.Key{Type: typ, ID: id}
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		v, err = r.Newest(ctx, key)
		return err
	})
	return there(key, v, err)
}

// VRead gives one version of a resource by its version id. It refuses as Read does; a version that was a deletion is Gone.
//
// Source: FHIR R4, http.html, vread
func (e *Engine) VRead(ctx context.Context, p Principal, typ, id, version string) (store.Version, error) {
	key := store.Key{Type: typ, ID: id}
	number, ok := versionNumber(version)
	if !ok {
		return store.Version{}, absent(key)
	}
	var v store.Version
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		v, err = r.Numbered(ctx, key, number)
		return err
	})
	return there(key, v, err)
}

// History gives versions, newest first, deletions included: of a resource, of a type or of all, as the query says. More says that there are older
// ones than its limit, or the room of its caller, lets through. Of one resource it refuses with NotFound what never was.
//
// Source: FHIR R4, http.html, history
func (e *Engine) History(ctx context.Context, p Principal, q store.Past) (versions []store.Version, more bool, err error) {
	key := store.Key{Type: q.Type, ID: q.ID}
	var page store.Page
	err = e.store.View(ctx, func(r store.Reader) (err error) {
		if page, err = r.History(ctx, q); err != nil || len(page.Versions) > 0 || q.ID == "" {
			return err
		}
		_, err = r.Newest(ctx, key)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, false, absent(key)
	}
	return page.Versions, page.More, err
}

// there turns what the store found into what the caller is told.
func there(key store.Key, v store.Version, err error) (store.Version, error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Version{}, absent(key)
	case err != nil:
		return store.Version{}, err
	case v.Deleted:
		return v, refuse(Gone, fhir.CodeDeleted, "", fmt.Sprintf("%s was deleted with version %d.", key, v.Number))
	}
	return v, nil
}

func absent(key store.Key) *Refusal {
	return refuse(NotFound, fhir.CodeNotFound, "", fmt.Sprintf("There is no %s with this id here.", key.Type))
}

// versionNumber reads a version id. Ours are 1, 2, 3 …; anything else names no version.
func versionNumber(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n > 0 && strconv.Itoa(n) == s
}
