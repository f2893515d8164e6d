package engine

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// Conditions on other resources (chains, _has) are resolved first, each by a search of its own in the same state, into conditions on the resources
// that are looked for: the ids that the inner search found.

// mostInner is how many resources an inner search may find.
const mostInner = 1000

// conditions says what a search asks for in the words of the store; some is false where nothing can match.
func (s *seeker) conditions(q *search.Query) (sq store.Query, some bool, err error) {
	if q.Nothing {
		return sq, false, nil
	}
	sq = store.Query{Type: q.Type, IDs: slices.Clone(q.IDs), From: q.From, To: q.To}
	for _, m := range q.All {
		sq.All = append(sq.All, storeMatch(m))
	}
	for _, c := range q.Chains {
		m, err := s.chain(c)
		if err != nil || len(m.Values) == 0 {
			return sq, false, err
		}
		sq.All = append(sq.All, m)
	}
	for _, h := range q.Has {
		if sq.IDs, err = s.has(q.Type, h, sq.IDs); err != nil || len(sq.IDs) == 0 {
			return sq, false, err
		}
	}
	return sq, true, nil
}

func storeMatch(m search.Match) store.Match {
	out := store.Match{Param: m.Param, Values: m.Values, Prefixes: m.Prefixes, Not: m.Not, Loose: m.Loose}
	for _, r := range m.Ranges {
		out.Ranges = append(out.Ranges, store.Range(r))
	}
	for _, t := range m.Tests {
		out.Tests = append(out.Tests, store.Test(t))
	}
	return out
}

// chain gives the condition that a reference names one of those that the inner searches find.
//
// Source: FHIR R4, search.html, Chained Parameters
func (s *seeker) chain(c search.Chain) (store.Match, error) {
	m := store.Match{Param: c.Param, Loose: c.Loose}
	for _, q := range c.Queries {
		page, err := s.inner(q, nil)
		if err != nil {
			return m, err
		}
		for _, v := range page.Versions {
			m.Values = append(m.Values, v.String())
		}
	}
	if len(m.Values) > mostInner {
		return m, tooMany(c.Param)
	}
	return m, nil
}

// has gives the ids of those of a type that the resources which the inner search finds name, among the ids that are asked for anyway (nil: any).
//
// Source: FHIR R4, search.html, Reverse Chaining
func (s *seeker) has(typ string, h search.Has, among []string) ([]string, error) {
	q := *h.Query
	if among != nil && len(among) <= search.MaxValues {
		m := search.Match{Param: h.Param, Loose: h.Loose}
		for _, id := range among {
			m.Values = append(m.Values, typ+"/"+id)
		}
		q.All = append(slices.Clone(q.All), m)
	}
	page, err := s.inner(&q, []store.Shown{{Param: h.Param, Loose: h.Loose}})
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, terms := range page.Shown {
		for _, t := range terms {
			id, ok := strings.CutPrefix(t.Value, typ+"/")
			if ok && (among == nil || slices.Contains(among, id)) {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > mostInner {
		return nil, tooMany(h.Param)
	}
	return ids, nil
}

// inner runs an inner search for keys, and the terms of some params.
func (s *seeker) inner(q *search.Query, show []store.Shown) (store.Page, error) {
	sq, some, err := s.conditions(q)
	if err != nil || !some {
		return store.Page{}, err
	}
	sq.Bare, sq.Show, sq.Limit = true, show, mostInner
	page, err := s.r.Search(s.ctx, sq)
	if err == nil && page.More {
		err = tooMany(q.Type)
	}
	return page, err
}

func tooMany(what string) *Refusal {
	return refuse(Invalid, fhir.CodeTooCostly, "", fmt.Sprintf("More than %d resources meet the condition on %s: add a condition there that fewer meet, "+
		"such as its identifier, or search for them first and ask by their ids.", mostInner, what))
}

// part is a search on one type. What a caller asks for is the union of its parts.
type part struct {
	store.Query
	sort []search.SortKey
}

// parts takes a search apart: one part, unless it is about several types or a compartment, of which a resource may be part by several params.
func (s *seeker) parts() ([]part, error) {
	if s.query.Type != "" && s.within.Type == "" {
		return s.part(nil, s.query)
	}
	types := []string{s.query.Type}
	if s.query.Type == "" {
		types = s.types()
	}
	var all []part
	for _, typ := range types {
		var err error
		if s.within.Type == "" {
			all, err = s.again(all, typ, "", "")
		} else {
			all, err = s.inCompartment(all, typ)
		}
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// types gives the types that a search on several is about, as far as there are resources of them.
func (s *seeker) types() []string {
	return slices.DeleteFunc(slices.Clone(s.here), func(typ string) bool {
		return s.query.Types != nil && !slices.Contains(s.query.Types, typ) || s.within.Type != "" && !hasCompartment(s.within.Type, typ)
	})
}

// inCompartment adds a part for each param by which a resource of the type can be in the compartment. Who the compartment belongs to is in it too.
func (s *seeker) inCompartment(all []part, typ string) (_ []part, err error) {
	for _, name := range search.Compartment(s.within.Type, typ) {
		if all, err = s.again(all, typ, name, s.within.String()); err != nil {
			return nil, err
		}
	}
	if typ == s.within.Type {
		return s.again(all, typ, "_id", s.within.ID)
	}
	return all, nil
}

// again reads the search anew as one on a single type, with one more parameter, so that pairs are found. A type to which it cannot be put has
// nothing that matches.
func (s *seeker) again(all []part, typ, name, value string) ([]part, error) {
	q := make(url.Values, len(s.query.Self)+1)
	for n, values := range s.query.Self {
		if n != "_type" {
			q[n] = values
		}
	}
	if name != "" {
		q[name] = append(q[name][:len(q[name]):len(q[name])], value)
	}
	options := s.e.searchOptions(true)
	options.Types = func() []string { return s.here }
	query, issues := search.Parse(typ, q, options)
	if fhir.Refused(issues) {
		return all, nil
	}
	return s.part(all, &query)
}

func (s *seeker) part(all []part, q *search.Query) ([]part, error) {
	sq, some, err := s.conditions(q)
	if some {
		all = append(all, part{sq, q.Sort})
	}
	return all, err
}

func hasCompartment(owner, typ string) bool {
	if typ == "" || typ == owner {
		return len(search.CompartmentTypes(owner)) > 0
	}
	return len(search.Compartment(owner, typ)) > 0
}

func noCompartment(owner, typ string) string {
	if !hasCompartment(owner, "") {
		return "only Patient has a compartment here: Patient/[id]/Task, Patient/[id]/*"
	}
	return typ + " is never in the compartment of a " + owner + "; search it by its own parameters"
}
