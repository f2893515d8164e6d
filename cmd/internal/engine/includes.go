package engine

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// The bounds of what goes with a page.
const (
	mostIncluded = 1000 // resources
	mostRounds   = 10   // of includes that include

	termsOfStep = 16 // references that are looked at for one step of the budget
)

// included gathers what belongs to a page, round by round: what the page names or is named by, then what that names, as far as includes iterate.
type included struct {
	*seeker
	met   map[store.Key]bool
	there seqSet // the versions that are there, as what matches or as what goes with it
	last  []item // what the round before brought; at first the page
	found []store.Version
	exact []store.Key // versions that are named as such, ID with /_history/ and the number behind it
	full  bool
}

// iterates reports whether what is included is looked at for what it names or is named by.
func (in *included) iterates() bool {
	return slices.ContainsFunc(in.query.Includes, func(one search.Include) bool { return one.Iterate })
}

// item is a resource and its references: terms of the params that includes follow.
type item struct {
	key       store.Key
	terms     []store.Term
	versioned []search.Versioned // what it names by version
}

// include brings along what the search asks for beside what matches. References are followed to the newest version, and those that name a version to
// that one. References to other servers, logical ones and those to what is not there bring nothing.
//
// Source: FHIR R4, search.html, Including other resources in result; References and Versions
func (s *seeker) include(page store.Page, found *SearchResult) error {
	if len(s.query.Includes) == 0 || len(page.Versions) == 0 {
		return nil
	}
	in := &included{seeker: s, met: make(map[store.Key]bool, 4*len(page.Versions)), last: make([]item, 0, len(page.Versions)), there: make(seqSet, 2*len(page.Versions))}
	in.there.add(page.Versions)
	for i, v := range page.Versions {
		in.met[v.Key] = true
		one := item{key: v.Key, versioned: s.versioned(&page.Versions[i])}
		if page.Shown != nil {
			one.terms = page.Shown[i]
		}
		in.last = append(in.last, one)
	}
	if page.Shown == nil && s.shown() != nil {
		if err := in.readTerms(in.last); err != nil {
			return err
		}
	}
	for round := 0; round < mostRounds && len(in.last) > 0 && !in.full; round++ {
		if err := in.round(round > 0); err != nil {
			return err
		}
	}
	found.Included = in.found
	if in.full {
		found.Issues = append(found.Issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeIncomplete,
			Text: fmt.Sprintf("Only %d of the resources that _include and _revinclude ask for are here; ask with a smaller _count.", len(in.found))})
	}
	return nil
}

func (in *included) round(again bool) error {
	from, wanted := in.last, map[string][]string{}
	in.last = nil
	for _, one := range in.query.Includes {
		if again && !one.Iterate {
			continue
		}
		if one.Reverse {
			if err := in.reverse(one, from); err != nil {
				return err
			}
			continue
		}
		for _, it := range from {
			if err := in.budget.Spend(len(it.terms) / termsOfStep); err != nil {
				return err
			}
			in.follow(one, it, wanted)
		}
	}
	named := 0
	for _, ids := range wanted {
		named += len(ids)
	}
	in.found = slices.Grow(in.found, min(named, mostIncluded))
	for _, typ := range slices.Sorted(maps.Keys(wanted)) {
		for ids := range slices.Chunk(wanted[typ], search.MaxIDs) {
			if err := in.add(store.Query{Type: typ, IDs: ids}); err != nil {
				return err
			}
		}
	}
	return in.addExact()
}

// addExact reads the versions that are named as such. One that is not there, or was a deletion, brings nothing.
func (in *included) addExact() error {
	for _, k := range in.exact {
		id, version, _ := strings.Cut(k.ID, versionMark)
		number, ok := versionNumber(version)
		if in.full = in.full || store.Left(in.ctx) < 0; !ok || in.full {
			continue
		}
		v, err := in.r.Numbered(in.ctx, store.Key{Type: k.Type, ID: id}, number)
		if err == nil {
			err = in.budget.Spend(store.StepsOfStatement + store.StepsOfRow + store.StepsOfBody + store.StepsOfBytes(len(v.Body)))
		}
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue
		case err != nil:
			return err
		case v.Deleted || in.has(v.Seq):
			continue
		}
		if err := in.take(v); err != nil || in.full {
			return err
		}
		if r, err := fhir.ReadStored(v.Body); err == nil && in.iterates() {
			in.last = append(in.last, item{key: v.Key, terms: in.e.storeTerms(r), versioned: in.versioned(&v)})
		}
	}
	in.exact = nil
	return nil
}

// has reports whether a version is there already.
func (in *included) has(seq int64) bool {
	_, is := in.there[seq]
	return is
}

// take adds a version; full where there are as many as go with a page. It is too costly where there are as many as go with all pages of a Bundle.
func (in *included) take(v store.Version) error {
	if in.full = len(in.found) == mostIncluded; in.full {
		return nil
	}
	if !in.budget.Include(1) {
		return store.ErrTooCostly
	}
	in.there[v.Seq] = struct{}{}
	in.found = append(in.found, v)
	return nil
}

// bytesRead is how much of a resource is read for one step of the budget.
const bytesRead = 600

const versionMark = "/_history/"

// versioned gives the references of a version that name a version. Hardly any does, so few are read for it.
func (s *seeker) versioned(v *store.Version) []search.Versioned {
	if !bytes.Contains(v.Body, []byte(versionMark)) {
		return nil
	}
	_ = s.budget.Spend(len(v.Body) / bytesRead) // where nothing is left, the next statement says so
	r, err := fhir.ReadStored(v.Body)
	if err != nil {
		return nil
	}
	return search.VersionedReferences(r, s.e.searchOptions(false))
}

// sayVersions warns where a chain went over a reference that names a version: it looked at the newest one.
//
// Source: FHIR R4, search.html, References and Versions
func (s *seeker) sayVersions(page store.Page, found *SearchResult) {
	for i := range page.Versions {
		for _, named := range s.versioned(&page.Versions[i]) {
			if slices.ContainsFunc(s.query.Chains, func(c search.Chain) bool { return c.Param == named.Param }) {
				found.Issues = append(found.Issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeIncomplete,
					Text: "A reference in what was found names a version, and the chain looked at the newest version of what it names."})
				return
			}
		}
	}
}

// follow notes what a resource names.
func (in *included) follow(one search.Include, it item, wanted map[string][]string) {
	if one.Type != "*" && one.Type != it.key.Type {
		return
	}
	for _, t := range it.terms {
		if one.Param != "*" && t.Param != one.Param {
			continue
		}
		typ, id, _ := strings.Cut(t.Value, "/")
		key := store.Key{Type: typ, ID: id}
		if one.Target != "" && typ != one.Target || !fhir.IsID(id) || !fhir.IsResourceType(typ) || in.followVersions(it, t, key) || in.met[key] {
			continue
		}
		in.met[key] = true
		wanted[typ] = append(wanted[typ], id)
	}
}

// followVersions notes the versions by which a resource names another; it reports whether there are any.
func (in *included) followVersions(it item, t store.Term, key store.Key) (found bool) {
	for _, named := range it.versioned {
		if named.Param != t.Param || named.Ref != t.Value {
			continue
		}
		found = true
		if exact := (store.Key{Type: key.Type, ID: key.ID + versionMark + named.Version}); !in.met[exact] {
			in.met[exact] = true
			in.exact = append(in.exact, exact)
		}
	}
	return found
}

// reverse adds what names one of these. By references that are in the index it is found a few names at a time; those that are in none are looked for all
// together, since that goes through all resources of the type.
func (in *included) reverse(one search.Include, items []item) error {
	var names []string
	for _, it := range items {
		if one.Target == "" || one.Target == it.key.Type {
			names = append(names, it.key.String())
		}
	}
	if len(names) == 0 {
		return nil
	}
	params := []store.Shown{{Param: one.Param, Loose: one.Loose}}
	if one.Param == "*" {
		params = references(one.Type)
	}
	loose := store.Match{Values: names, Loose: true}
	for _, p := range params {
		switch {
		case !p.Loose:
			for some := range slices.Chunk(names, search.MaxValues) {
				if err := in.add(store.Query{Type: one.Type, All: []store.Match{{Param: p.Param, Values: some}}}); err != nil {
					return err
				}
			}
		case loose.Param == "":
			loose.Param = p.Param
		default:
			loose.Or = append(loose.Or, p.Param)
		}
	}
	if loose.Param == "" {
		return nil
	}
	return in.add(store.Query{Type: one.Type, All: []store.Match{loose}})
}

// add reads what a query finds and is not there yet.
func (in *included) add(q store.Query) error {
	if in.full {
		return nil
	}
	q.Limit, q.Show = mostIncluded, in.iterated()
	page, err := in.r.Search(in.ctx, q)
	if err != nil {
		return err
	}
	iterates := in.iterates()
	for i, v := range page.Versions {
		if q.IDs == nil && in.met[v.Key] || in.has(v.Seq) {
			continue
		}
		if err := in.take(v); err != nil || in.full {
			return err
		}
		in.met[v.Key] = true
		if !iterates {
			continue
		}
		it := item{key: v.Key, versioned: in.versioned(&page.Versions[i])}
		if page.Shown != nil {
			it.terms = page.Shown[i]
		}
		in.last = append(in.last, it)
	}
	in.full = in.full || page.More
	return nil
}

// readTerms reads the references of resources of which only the keys are known.
func (in *included) readTerms(items []item) error {
	of := map[string][]string{}
	for _, it := range items {
		of[it.key.Type] = append(of[it.key.Type], it.key.ID)
	}
	terms := map[store.Key][]store.Term{}
	for typ, ids := range of {
		page, err := in.r.Search(in.ctx, store.Query{Type: typ, IDs: ids, Bare: true, Show: in.followed(false), Limit: len(ids)})
		if err != nil {
			return err
		}
		for i, v := range page.Versions {
			terms[v.Key] = page.Shown[i]
		}
	}
	for i := range items {
		items[i].terms = terms[items[i].key]
	}
	return nil
}

// shown gives the params whose terms the page must come with; nil for none.
func (s *seeker) shown() []store.Shown { return s.followed(false) }

// iterated gives the params whose terms what is included must come with; nil for none.
func (in *included) iterated() []store.Shown { return in.followed(true) }

// followed gives the params of references that are followed from a resource to what it names.
func (s *seeker) followed(again bool) []store.Shown {
	var params []store.Shown
	for _, one := range s.query.Includes {
		if again && !one.Iterate || one.Reverse {
			continue
		}
		switch {
		case one.Param != "*":
			params = append(params, store.Shown{Param: one.Param, Loose: one.Loose})
		case one.Type != "*":
			params = append(params, references(one.Type)...)
		default:
			for _, typ := range s.here {
				params = append(params, references(typ)...)
			}
		}
	}
	slices.SortFunc(params, compareShown)
	return slices.Compact(params)
}

func compareShown(a, b store.Shown) int { return cmp.Compare(a.Param, b.Param) }

// references gives the parameters of a type that are references.
func references(typ string) []store.Shown {
	var all []store.Shown
	for _, p := range search.Params(typ) {
		if p.Kind == search.Reference {
			all = append(all, store.Shown{Param: p.Terms, Loose: p.Loose})
		}
	}
	slices.SortFunc(all, compareShown)
	return slices.Compact(all)
}
