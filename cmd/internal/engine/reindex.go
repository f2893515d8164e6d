package engine

import (
	"context"
	"errors"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// indexMark names the way in which resources are indexed. It changes with the terms and links that they are given, so that a store that was written under
// another one is found out.
const indexMark = "index|6"

// Reindex gives all resources the terms and links that they are found by, where that has not been done since the last change of what these are; with again, in
// any case. A search that runs meanwhile finds some resources by the old terms. progress, where given, is told how many are done. It may run beside
// other writers.
func (e *Engine) Reindex(ctx context.Context, again bool, progress func(done int)) error {
	known, types := false, []string(nil)
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		if _, known, err = r.Remembered(ctx, indexMark); err == nil {
			types, err = r.Types(ctx)
		}
		return err
	})
	if err != nil || known && !again {
		return err
	}
	x := &indexing{}
	for _, typ := range types {
		for after, more := int64(0), true; more; {
			if after, more, err = e.reindexSome(ctx, typ, after, x); err != nil {
				return err
			}
			if progress != nil {
				progress(x.done)
			}
		}
	}
	for some := range slices.Chunk(x.naming, batchSize) { // now that everything is found by its identifiers
		if err := e.update(ctx, func(t *txn) error {
			t.recall()
			for _, k := range some {
				if _, err := t.retie(k); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return e.store.Update(ctx, func(tx store.Tx) error {
		_, _, err := tx.Remember(ctx, indexMark, "", forever)
		return err
	})
}

// indexing is how far Reindex has come.
type indexing struct {
	done   int
	naming []store.Key // what names others by identifiers
}

// reindexSome indexes the next few resources of a type.
func (e *Engine) reindexSome(ctx context.Context, typ string, after int64, x *indexing) (last int64, more bool, err error) {
	var page store.Page
	err = e.store.View(ctx, func(r store.Reader) (err error) {
		page, err = r.Search(ctx, store.Query{Type: typ, Bare: true, Ascending: true, After: after, Limit: batchSize})
		return err
	})
	if err != nil || len(page.Versions) == 0 {
		return after, false, err
	}
	seqs := make([]int64, len(page.Versions))
	for i, v := range page.Versions {
		seqs[i] = v.Seq
	}
	err = e.store.Update(ctx, func(tx store.Tx) error {
		versions, err := tx.Placed(ctx, seqs...)
		if err != nil {
			return err
		}
		for _, v := range versions {
			r, err := fhir.ReadStored(v.Body)
			if err != nil {
				return err
			}
			// One that was written meanwhile has its own already.
			fact := e.set.Guide.FactOf(r)
			if len(fact.Logical()) > 0 {
				x.naming = append(x.naming, v.Key)
			}
			if err := tx.Index(ctx, v, e.storeTerms(r), shelved(v.Key, e.storeLinks(r, fact))); err != nil && !errors.Is(err, store.ErrConflict) {
				return err
			}
		}
		return nil
	})
	x.done += len(seqs)
	return seqs[len(seqs)-1], page.More, err
}
