package server

import (
	"context"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
	"warmhandoff/fhir/invariant"
	"warmhandoff/fhir/profile"
)

// Besides gives, as warnings, what a write is not refused for, and whoever sends it should know: the invariants of R4 that a resource breaks, and what it
// and the resources of a Bundle lack of the profiles that they claim, as far as those are known. Narrative says whether the one that should be there
// (dom-6) is asked for, too. $validate and check tell what is said here.
//
// Source: local, all other invariants never cost a referral; check, $validate and the write itself give one verdict, by one code
func Besides(ctx context.Context, r *fhir.Resource, profiles []profile.Profile, narrative bool) []fhir.Issue {
	var all []fhir.Issue
	for _, i := range invariant.Check(ctx, r) {
		if narrative || i.Refuses() || i.Code != fhir.CodeInvariant {
			all = append(all, i)
		}
	}
	for _, c := range claims(r) {
		if p, known := profile.Find(profiles, c.url.Text()); known {
			all = append(all, c.check(p)...)
		}
	}
	for i := range all {
		if all[i].Refuses() {
			all[i].Severity = fhir.Warning
		}
	}
	return all
}

const (
	maxClaims = 16 // profiles of one resource that are looked at
	maxLacks  = 8  // issues that the answer to a write says of one resource's profiles
)

// claim is a profile that a resource says it keeps.
type claim struct {
	by  *fhir.Resource
	at  string // where the resource stands in what was sent
	url fhir.Value
}

// claims gives those of a resource and, of a Bundle, those of the resources in it.
func claims(r *fhir.Resource) []claim {
	all := claimsOf(r, r.Type(), nil)
	if r.Type() != "Bundle" {
		return all
	}
	for entry := range r.Get("entry").All() {
		if inner := entry.Get("resource").Resource(); inner != nil {
			all = claimsOf(inner, entry.Get("resource").Path(), all)
		}
	}
	return all
}

// claimsOf adds the claims of one resource, each once, and not more than can be meant: what is checked costs its size for each.
func claimsOf(r *fhir.Resource, at string, all []claim) []claim {
	mine := len(all)
	for url := range r.Get("meta", "profile").All() {
		again := slices.ContainsFunc(all[mine:], func(c claim) bool { return canonical(c.url.Text()) == canonical(url.Text()) })
		if len(all)-mine < maxClaims && !again {
			all = append(all, claim{r, at, url})
		}
	}
	return all
}

// place gives a path in the resource as one in what was sent.
func (c claim) place(path string) string { return c.at + strings.TrimPrefix(path, c.by.Type()) }

// check gives what the resource breaks of the profile, as warnings: a write is not refused for it.
func (c claim) check(p *profile.Profile) []fhir.Issue {
	all := p.Check(c.by)
	for i := range all {
		all[i].Expression = c.place(all[i].Expression)
		if all[i].Refuses() {
			all[i].Severity = fhir.Warning
		}
	}
	return all
}

// tryBundle finds out what would become of a transaction or batch that is posted to the base. Nothing is kept. GETs are not asked.
func (s *Server) tryBundle(ctx context.Context, v *validation) ([]fhir.Issue, error) {
	in, bundle, places := *v.in, v.resource, []int(nil)
	if !v.sound {
		if bundle, places = goodEntries(v); bundle == nil {
			return nil, nil // what the strict reader refuses is refused
		}
	}
	entries, err := s.entries(&in, bundle, places)
	if err != nil {
		return toldBy(failed(err, v.in.asked), err)
	}
	if bundle.Get("type").Text() == "transaction" {
		changes, err := s.changes(ctx, entries)
		if err == nil {
			var results []engine.Result
			results, err = atWriter(ctx, s, func(ctx context.Context) ([]engine.Result, error) {
				return s.engine.TryBundle(ctx, v.in.who, identifierOf(v.resource), changes)
			})
			if err == nil {
				return became(results), nil
			}
		}
		return toldBy(failed(err, v.in.asked), err)
	}
	var all []fhir.Issue
	for _, e := range entries {
		more, err := s.tryEntry(ctx, e)
		if err != nil {
			return all, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// goodEntries gives a batch without the entries that the strict reader refuses, and where those that stay stood; nil where no part of it is carried out.
func goodEntries(v *validation) (*fhir.Resource, []int) {
	wrong := slices.DeleteFunc(slices.Clone(v.issues), func(i fhir.Issue) bool { return !i.Refuses() })
	faults, inside := faultsByEntry(wrong)
	if !inside {
		return nil, nil
	}
	_, places, rest := withoutEntries(v.data, faults)
	if rest == nil {
		return nil, nil
	}
	b, _ := fhir.Read(rest)
	return b, places
}

// tryEntry is tryBundle for one entry of a batch.
func (s *Server) tryEntry(ctx context.Context, e entry) ([]fhir.Issue, error) {
	err := e.err
	if err == nil && e.in.route.change == nil {
		return nil, nil
	}
	if err == nil {
		var change engine.Change
		if change, err = e.in.route.change(s, ctx, e.in); err == nil {
			change.Alone = true
			var results []engine.Result
			results, err = atWriter(ctx, s, func(ctx context.Context) ([]engine.Result, error) {
				return s.engine.Try(ctx, e.in.who, []engine.Change{change})
			})
			if err == nil {
				return became(results), nil
			}
		}
		err = failed(err, e.in.asked).in(e.in.at)
	}
	return toldBy(failed(err, ""), err)
}

// toldBy gives the issues of a failure that is the caller's to mend; another is an error here, too.
func toldBy(f *failure, err error) ([]fhir.Issue, error) {
	if f.status >= 500 {
		return nil, err
	}
	return f.issues, nil
}

func became(results []engine.Result) []fhir.Issue {
	var all []fhir.Issue
	for i := range results {
		all = append(append(all, results[i].Issues...), results[i].Became...)
	}
	return all
}
