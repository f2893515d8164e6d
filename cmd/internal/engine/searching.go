package engine

import (
	"context"
	"errors"
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
	Versions []store.Version // what matches, in the order that was asked for; newest first where none was
	Included []store.Version // what _include and _revinclude bring along, each once
	Total    int             // of all pages; -1 when it was not asked for and not found on the way
	Self     url.Values      // the parameters that were understood, with the cursor of this page
	First    url.Values      // those of the first page; nil on that page
	Next     url.Values      // those of the next page; nil on the last one
	Summary  string          // _summary: "true", "text", "data", "" for whole resources
	Elements []string        // _elements: what matches is to be shown with these; nil: with all
	Issues   []fhir.Issue    // warnings: what was ignored, what was left out
}

// Search finds the newest versions of one type, or with typ "" of those that the parameter _type names. A search that cannot be understood is refused
// with Invalid, and so is one that would cost too much and, if strict, one with a parameter that is not known. A page starts behind the one before
// it: what is written meanwhile moves to the front, and is not seen twice.
//
// Source: FHIR R4, http.html, search; search.html
func (e *Engine) Search(ctx context.Context, p Principal, typ string, q url.Values, strict bool) (SearchResult, error) {
	return e.SearchWithin(ctx, p, store.Key{}, typ, q, strict)
}

// SearchWithin is Search in the compartment of a resource, such as a Patient; with typ "" in all of it. A type that is never in such a compartment is
// refused with NotFound.
//
// Source: FHIR R4, http.html, Variant Searches; compartmentdefinition.html
func (e *Engine) SearchWithin(ctx context.Context, p Principal, within store.Key, typ string, q url.Values, strict bool) (SearchResult, error) {
	if within.Type != "" && !hasCompartment(within.Type, typ) {
		return SearchResult{}, refuse(NotFound, fhir.CodeNotSupported, "", noCompartment(within.Type, typ))
	}
	mark, q := takeCursor(q)
	options := e.searchOptions(strict)
	var failed error
	options.Types = func() (types []string) {
		types, failed = e.typesHere(ctx)
		return types
	}
	query, issues := search.Parse(typ, q, options)
	if failed != nil {
		return SearchResult{}, failed
	}
	if fhir.Refused(issues) {
		return SearchResult{}, &Refusal{Kind: Invalid, Issues: issues}
	}
	if len(query.Includes) > 0 && query.Summary == "text" {
		return SearchResult{}, refuse(Invalid, fhir.CodeInvalid, "", "_summary=text cannot stand together with _include or _revinclude.")
	}
	found := SearchResult{Total: -1, Self: query.Self, Summary: query.Summary, Elements: query.Elements, Issues: issues}
	s := &seeker{e: e, ctx: ctx, query: &query, within: within, budget: budgetOf(ctx)}
	if mark != "" {
		secret, err := e.cursorSecret(ctx)
		if err != nil {
			return SearchResult{}, err
		}
		seq, ok := openCursor(mark, secret, cursorTo(p, within, query))
		if !ok {
			return SearchResult{}, refuse(Invalid, fhir.CodeInvalid, "", "_cursor does not belong to this search; follow the link of the page as it is, or start again without it.")
		}
		s.behind, found.First, found.Self = seq, query.Self, maps.Clone(query.Self)
		found.Self.Set(cursorName, mark)
	}
	more, err := s.run(&found)
	if err == nil && more {
		err = e.setNext(ctx, p, within, query, &found)
	}
	if err != nil {
		return SearchResult{}, tooCostly(err)
	}
	return found, nil
}

func (e *Engine) setNext(ctx context.Context, p Principal, within store.Key, query search.Query, found *SearchResult) error {
	secret, err := e.cursorSecret(ctx)
	if err != nil {
		return err
	}
	found.Next = maps.Clone(query.Self)
	found.Next.Set(cursorName, sealCursor(found.Versions[len(found.Versions)-1].Seq, secret, cursorTo(p, within, query)))
	return nil
}

// tooCostly refuses what the store found too costly.
func tooCostly(err error) error {
	if errors.Is(err, store.ErrTooCostly) {
		return refuse(Invalid, fhir.CodeTooCostly, "", "This would look at more resources than one request may, with what it includes and with the other searches of its "+
			"Bundle, or take longer than one question may: add a condition that few of them meet, such as identifier, patient, owner with status, or _lastUpdated; "+
			"include less, ask for smaller pages, or send it by itself.")
	}
	return err
}

// seeker answers one search from one consistent state.
type seeker struct {
	e      *Engine
	ctx    context.Context
	r      store.Reader
	query  *search.Query
	within store.Key // the compartment; zero: none
	behind int64     // the place of the last version of the page before; 0: the first page
	here   []string  // the types of which there are resources, where they matter
	budget *store.Budget
}

// budgetOf gives what the request may still come to; nil for what nobody asked for.
func budgetOf(ctx context.Context) *store.Budget {
	if a := store.AskedOf(ctx); a != nil {
		return a.Budget
	}
	return nil
}

// run fills in one page, and reports whether there is another behind it.
func (s *seeker) run(found *SearchResult) (more bool, err error) {
	if s.query.Nothing {
		found.Total = 0
		return false, nil
	}
	err = s.e.store.View(s.ctx, func(r store.Reader) error {
		s.r = r
		if s.query.Type == "" || slices.ContainsFunc(s.query.Includes, func(one search.Include) bool { return one.Type == "*" }) {
			var err error
			if s.here, err = r.Types(s.ctx); err != nil {
				return err
			}
		}
		parts, err := s.parts()
		if err != nil {
			return err
		}
		whole := s.ctx
		if len(s.query.Includes) > 0 {
			s.ctx = store.WithHalf(whole)
		}
		page, err := s.page(parts)
		s.ctx = whole
		if err != nil {
			return err
		}
		found.Versions, found.Total, more = page.Versions, page.Total, page.More && len(page.Versions) > 0
		if !more && s.behind == 0 && s.query.Count > 0 {
			found.Total = len(page.Versions)
		}
		if len(s.query.Chains) > 0 {
			s.sayVersions(page, found)
		}
		return s.include(page, found)
	})
	return more, err
}

// page finds one page of the union of the parts.
func (s *seeker) page(parts []part) (store.Page, error) {
	if len(parts) == 0 {
		return store.Page{Total: 0}, nil
	}
	if s.query.Count == 0 || s.query.Total && len(parts) > 1 {
		total, err := s.total(parts)
		if err != nil || s.query.Count == 0 {
			return store.Page{Total: total}, err
		}
		page, err := s.rows(parts)
		page.Total = total
		return page, err
	}
	return s.rows(parts)
}

func (s *seeker) rows(parts []part) (store.Page, error) {
	if !byPlace(s.query.Sort) {
		return s.sorted(parts)
	}
	for i := range parts {
		q := &parts[i].Query
		q.Limit, q.Ascending = s.query.Count, oldestFirst(s.query)
		if q.Ascending {
			q.After = s.behind
		} else {
			q.Before = s.behind
		}
	}
	if len(parts) == 1 {
		q := parts[0].Query
		q.Total, q.Show = s.query.Total, s.shown()
		return s.r.Search(s.ctx, q)
	}
	return s.merged(parts)
}

// merged gives the first rows of several parts, each once.
func (s *seeker) merged(parts []part) (store.Page, error) {
	all, more := seqSet{}, false
	for _, one := range parts {
		one.Bare = true
		page, err := s.r.Search(s.ctx, one.Query)
		if err != nil {
			return store.Page{}, err
		}
		more = more || page.More
		all.add(page.Versions)
	}
	seqs := slices.Sorted(maps.Keys(all))
	if !parts[0].Ascending {
		slices.Reverse(seqs)
	}
	if len(seqs) > s.query.Count {
		more, seqs = true, seqs[:s.query.Count]
	}
	versions, err := s.r.Placed(s.ctx, seqs...)
	return store.Page{Versions: versions, More: more || len(versions) < len(seqs), Total: -1}, err
}

// total counts the union of the parts. Parts of different types have nothing in common; what others have must be found out.
func (s *seeker) total(parts []part) (int, error) {
	of := map[string]int{}
	for _, one := range parts {
		of[one.Type]++
	}
	sum, all := 0, seqSet{}
	for _, one := range parts {
		q := one.Query
		q.Bare, q.Total, q.Limit = true, true, 0
		if of[q.Type] > 1 {
			q.Total, q.Limit = false, mostSorted
		}
		page, err := s.r.Search(s.ctx, q)
		if err != nil {
			return 0, err
		}
		if page.More {
			return 0, store.ErrTooCostly
		}
		sum += max(page.Total, 0)
		all.add(page.Versions)
	}
	return sum + len(all), nil
}

type seqSet map[int64]struct{}

func (s seqSet) add(versions []store.Version) {
	for i := range versions {
		s[versions[i].Seq] = struct{}{}
	}
}

// typesAt are the types that there were when the store had taken in a version.
type typesAt struct {
	seen  int64
	types []string
}

// typesHere gives the types of which there are resources. They are asked for again once something was written.
func (e *Engine) typesHere(ctx context.Context) ([]string, error) {
	seen := e.store.Seen()
	if known := e.types.Load(); known != nil && known.seen == seen {
		return known.types, nil
	}
	var types []string
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		types, err = r.Types(ctx)
		return err
	})
	if err == nil {
		e.types.Store(&typesAt{seen, types})
	}
	return types, err
}

func (e *Engine) searchOptions(strict bool) search.Options {
	return search.Options{Base: e.set.Base, Zone: e.set.Rules.Zone, Strict: strict}
}

// storeTerms gives what a resource is found by, in the words of the store.
func (e *Engine) storeTerms(r *fhir.Resource) []store.Term {
	terms := search.Terms(r, e.searchOptions(false))
	out := make([]store.Term, len(terms))
	for i, t := range terms {
		out[i] = store.Term(t)
	}
	return out
}

// storeLinks gives the references that workflow follows, by what a resource says by itself. fact is what it says.
func (e *Engine) storeLinks(r *fhir.Resource, fact *mapping.Fact) []store.Link {
	return withIdentities(linksOf(e.set.Guide.Links(r)), fact)
}

// shelved adds the link by which a person's resource is found among what concerns the person.
func shelved(k store.Key, links []store.Link) []store.Link {
	if own, ok := mapping.OwnShelf(k.Type, k.ID); ok {
		return append(links[:len(links):len(links)], store.Link{Via: own.Via, To: own.To})
	}
	return links
}
