package engine

import (
	"context"
	"maps"
	"net/url"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
	"warmhandoff/mapping"
)

// SearchResult is one page of what a search found.
type SearchResult struct {
	Versions []store.Version // newest first, unless the search asked for the other way
	Total    int             // of all pages; -1 when it was not asked for and not found on the way
	Self     url.Values      // the parameters that were understood
	Next     url.Values      // the parameters of the next page; nil on the last one
	Issues   []fhir.Issue    // warnings: what was ignored
}

// Search finds the newest versions of one type. A search that cannot be understood is refused with Invalid, and so is, if strict, one with a
// parameter that is not known. A page starts behind the one before it: what is written meanwhile moves to the front, and is not seen twice.
//
// Source: FHIR R4, http.html, search; search.html
func (e *Engine) Search(ctx context.Context, p Principal, typ string, q url.Values, strict bool) (SearchResult, error) {
	mark, q := takeCursor(q)
	query, issues := search.Parse(typ, q, e.searchOptions(strict))
	if fhir.Refused(issues) {
		return SearchResult{}, &Refusal{Kind: Invalid, Issues: issues}
	}
	found := SearchResult{Total: -1, Self: query.Self, Issues: issues}
	sq := storeQuery(query)
	seal := cursorSeal(p, query)
	if mark != "" {
		seq, ok := openCursor(mark, seal)
		if !ok {
			return SearchResult{}, refuse(Invalid, fhir.CodeInvalid, "", "_cursor does not belong to this search; follow the link of the page as it is, or start again without it")
		}
		if query.Ascending {
			sq.After = seq
		} else {
			sq.Before = seq
		}
	}
	if query.Nothing {
		found.Total = 0
		return found, nil
	}
	page, err := e.page(ctx, sq)
	if err != nil {
		return SearchResult{}, err
	}
	found.Versions, found.Total = page.Versions, page.Total
	switch {
	case page.More && len(page.Versions) > 0:
		found.Next = maps.Clone(query.Self)
		found.Next.Set(cursorName, sealCursor(page.Versions[len(page.Versions)-1].Seq, seal))
	case mark == "" && sq.Limit > 0:
		found.Total = len(page.Versions)
	}
	return found, nil
}

func (e *Engine) page(ctx context.Context, q store.Query) (page store.Page, err error) {
	err = e.store.View(ctx, func(r store.Reader) (err error) {
		page, err = r.Search(ctx, q)
		return err
	})
	return page, err
}

func (e *Engine) searchOptions(strict bool) search.Options {
	return search.Options{Base: e.set.Base, Zone: e.set.Rules.Zone, Strict: strict}
}

// storeQuery says a search in the words of the store.
func storeQuery(q search.Query) store.Query {
	all := make([]store.Match, len(q.All))
	for i, m := range q.All {
		all[i] = store.Match{Param: m.Param, Values: m.Values, Prefixes: m.Prefixes, Not: m.Not}
	}
	return store.Query{Type: q.Type, All: all, IDs: slices.Clone(q.IDs), From: q.From, To: q.To, Ascending: q.Ascending,
		Limit: q.Count, Total: q.Total}
}

// storeTerms gives what a resource is found by, in the words of the store.
func (e *Engine) storeTerms(r *fhir.Resource) []store.Term {
	terms := search.Terms(r, e.searchOptions(false))
	out := make([]store.Term, len(terms))
	for i, t := range terms {
		out[i] = store.Term{Param: t.Param, Value: t.Value}
	}
	return out
}

// storeLinks gives the references that workflow follows.
func (e *Engine) storeLinks(r *fhir.Resource) []store.Link {
	links := e.set.Guide.Links(r)
	out := make([]store.Link, len(links))
	for i, l := range links {
		out[i] = store.Link{Via: l.Via, To: l.To}
	}
	return out
}

// shelved adds the link by which a person's resource is found among what concerns the person.
func shelved(k store.Key, links []store.Link) []store.Link {
	if own, ok := mapping.OwnShelf(k.Type, k.ID); ok {
		return append(links[:len(links):len(links)], store.Link{Via: own.Via, To: own.To})
	}
	return links
}
