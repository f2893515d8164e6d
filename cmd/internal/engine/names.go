package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// A resource that names another by an identifier means whatever carries that identifier now, whichever came first. So what it means is no part of what
// it says, which is kept and never changes: it is looked up for each of the few that name something so, and for no others.

// nameable are the types of what can be named by an identifier.
//
// Source: local, it holds for persons, requests, agencies, requesters, performers and consent actors
var nameable = map[string]bool{
	"Patient": true, "RelatedPerson": true, "Group": true, "ServiceRequest": true, "Task": true, "Appointment": true, "Encounter": true,
	"Organization": true, "Practitioner": true, "PractitionerRole": true, "HealthcareService": true, "Location": true, "CareTeam": true,
	"Consent": true, "Procedure": true,
}

// vouchable are those that may receive, disclose, be asked or ask: what they say of themselves is not enough.
var vouchable = map[string]bool{"Organization": true, "Practitioner": true, "PractitionerRole": true, "HealthcareService": true, "Location": true, "CareTeam": true}

// mostCarriers bounds how many resources with one identifier are looked at: more than one are too many, unless they are one person.
const mostCarriers = 20

// mostPages bounds how many pages of them are read, where most were entered in error.
const mostPages = 25

// carrier is a resource that carries an identifier.
type carrier struct {
	key store.Key
	res *fhir.Resource
}

// meaning is the mapping with what identities mean now.
func (t *txn) meaning(logical []mapping.Logical) (mapping.Settings, error) {
	guide := t.e.set.Guide
	if len(logical) == 0 {
		return guide, nil
	}
	found := make(map[string][]string, len(logical))
	for _, l := range logical {
		keys, err := t.means(&l)
		if err != nil {
			return guide, fmt.Errorf("look up an identifier: %w", err)
		}
		found[sayingOf(&l)] = keys
	}
	guide.Means = func(l mapping.Logical) []string { return found[sayingOf(&l)] }
	return guide, nil
}

// asking is the mapping that looks up identities as it meets them, and what went wrong with that; for what is read once and may name anything.
func (t *txn) asking() (mapping.Settings, func() error) {
	guide, failed := t.e.set.Guide, error(nil)
	guide.Means = func(l mapping.Logical) []string {
		keys, err := t.means(&l)
		if err != nil {
			failed = fmt.Errorf("look up an identifier: %w", err)
		}
		return keys
	}
	return guide, func() error { return failed }
}

func sayingOf(l *mapping.Logical) string {
	return fmt.Sprint(l.Vouched, l.Types == nil, " ", strings.Join(l.Types, ","), " ", l.Name)
}

// factOf gives what a resource says, with what it names by identifiers.
func (t *txn) factOf(r *fhir.Resource) (*mapping.Fact, error) {
	f := t.e.set.Guide.FactOf(r)
	if len(f.Logical()) == 0 {
		return f, nil
	}
	guide, err := t.meaning(f.Logical())
	if err != nil {
		return nil, err
	}
	return guide.FactOf(r), nil
}

// links gives what a resource points at, with what it names by identifiers.
func (t *txn) links(r *fhir.Resource) ([]mapping.Link, error) {
	links, logical := t.e.set.Guide.Follow(r)
	if len(logical) == 0 {
		return links, nil
	}
	guide, err := t.meaning(logical)
	if err != nil {
		return nil, err
	}
	return guide.Links(r), nil
}

// named gives a history with what its versions name by identifiers.
func (t *txn) named(h *mapping.History) (*mapping.History, error) {
	if known := t.known[h]; known != nil {
		return known, nil
	}
	guide, err := t.meaning(h.Logical())
	if err != nil {
		return nil, err
	}
	out := *h
	out.Versions = make([]mapping.Version, 0, len(h.Versions))
	for _, one := range h.Versions {
		if one.NotUnderstood != "" || one.Fact == nil || len(one.Fact.Logical()) == 0 {
			out.Again(one)
			continue
		}
		v, err := t.numbered(keyOf(h.Key), one.Number)
		if err != nil {
			return nil, fmt.Errorf("read %s/_history/%d: %w", h.Key, one.Number, err)
		}
		r, err := t.resourceOf(&v)
		if err != nil {
			return nil, err
		}
		out.Add(one, guide.FactOf(r))
	}
	if t.known == nil {
		t.known = map[*mapping.History]*mapping.History{}
	}
	t.known[h] = &out
	return &out, nil
}

// means gives what carries an identity: one resource, or each of several that nobody can tell apart.
//
// Source: local, if there is exactly one; with several it is none of them
func (t *txn) means(l *mapping.Logical) ([]string, error) {
	var all []carrier
	for typ := range nameable {
		if l.Types != nil && !slices.Contains(l.Types, typ) {
			continue
		}
		some, err := t.carriersOf(typ, l.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b carrier) int { return strings.Compare(a.key.String(), b.key.String()) })
	if requests := ofCarriers(all, "ServiceRequest"); l.Types == nil && len(requests) > 0 {
		all = requests // of a number that a request shares with its Task the request is meant
	}
	if l.Vouched {
		var err error
		if all, err = t.vouchedFor(all, l.Name); err != nil {
			return nil, err
		}
	}
	return t.oneOf(all)
}

func ofCarriers(all []carrier, typ string) []carrier {
	return slices.DeleteFunc(slices.Clone(all), func(c carrier) bool { return c.key.Type != typ })
}

// carriersOf gives the resources of a type that carry an identifier now. What was entered in error carries none.
func (t *txn) carriersOf(typ, name string) ([]carrier, error) {
	memo := typ + " " + name
	if found, done := t.carried[memo]; done {
		return found, nil
	}
	system, value, _ := strings.Cut(name, "|")
	q := store.Query{Type: typ, Limit: mostCarriers, All: []store.Match{{Param: typ + ".identifier", Values: []string{search.Identifier(system, value)}}}}
	var found []carrier
	var last carrier
	more := true
	for range mostPages { // what was entered in error takes nobody's place
		if !more || len(found) >= mostCarriers {
			break
		}
		page, err := t.tx.Search(t.ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page.Versions {
			r, err := fhir.ReadStored(page.Versions[i].Body)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", page.Versions[i].Key, err)
			}
			if slices.Contains(mapping.Identities(r), name) && r.Get("status").Text() != wrong {
				found = append(found, carrier{page.Versions[i].Key, r})
			}
			last = carrier{page.Versions[i].Key, r}
			q.Before = page.Versions[i].Seq
		}
		more = page.More && len(page.Versions) > 0
	}
	if more && len(found) == 1 { // there may be another: nobody can tell
		found = append(found, last)
	}
	if t.carried == nil {
		t.carried = map[string][]carrier{}
	}
	t.carried[memo] = found
	return found, nil
}

// vouchedFor leaves of carriers those for which somebody vouches: an administrator wrote the identifier, or it stands in the first record of the only one
// that carries it, and that was not written by another agency. Whoever writes another's identifier into their own record gains nothing.
//
// Source: local, for consent, owner and requester only such identifiers count
func (t *txn) vouchedFor(all []carrier, name string) ([]carrier, error) {
	var byAdmin, first []carrier
	for _, c := range all {
		if !vouchable[c.key.Type] {
			first = append(first, c)
			continue
		}
		versions, err := t.tx.Versions(t.ctx, c.key, 0, 0)
		if err != nil {
			return nil, fmt.Errorf("read versions of %s: %w", c.key, err)
		}
		admin, begun, err := vouched(versions, name)
		if err != nil {
			return nil, err
		}
		if admin {
			byAdmin = append(byAdmin, c)
		} else if begun {
			first = append(first, c)
		}
	}
	switch {
	case len(byAdmin) > 0:
		return byAdmin, nil
	case len(first) < len(all):
		return nil, nil
	}
	return first, nil
}

// vouched reports whether an administrator wrote an identifier into a record, and whether it stood there from the first.
func vouched(versions []store.Version, name string) (admin, first bool, err error) {
	for i := range versions {
		v := &versions[i]
		theirs := v.Number == 1 && (v.Author.Role != string(workflow.Agency) || v.Author.Party == "" || v.Author.Party == v.Key.String())
		if v.Deleted || v.Author.Role != string(workflow.Admin) && !theirs {
			continue
		}
		r, err := fhir.ReadStored(v.Body)
		if err != nil {
			return false, false, fmt.Errorf("read %s/_history/%d: %w", v.Key, v.Number, err)
		}
		if slices.Contains(mapping.Identities(r), name) {
			admin, first = admin || v.Author.Role == string(workflow.Admin), first || theirs
		}
	}
	return admin, first, nil
}

// oneOf gives of several carriers the one that they come to: of requests the one that replaces the others, of the records of one person one of them.
// Where they come to none, it gives all.
func (t *txn) oneOf(all []carrier) ([]string, error) {
	if len(all) > 1 {
		all = slices.DeleteFunc(slices.Clone(all), func(c carrier) bool { return c.replacedBy(all, t.e.set.Guide) })
	}
	keys := make([]string, len(all))
	for i, c := range all {
		keys[i] = c.key.String()
	}
	if len(ofCarriers(all, "Patient")) < len(all) || len(all) < 2 {
		return keys, nil
	}
	same, err := t.recordsOf(keys[0])
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(keys, func(key string) bool { return !slices.Contains(same, key) }) {
		return keys, nil
	}
	return keys[:1], nil
}

// replacedBy reports a request that another of several replaces.
func (c carrier) replacedBy(all []carrier, guide mapping.Settings) bool {
	return c.key.Type == "ServiceRequest" && slices.ContainsFunc(all, func(o carrier) bool {
		for ref := range o.res.Get("replaces").All() {
			if o.key != c.key && guide.Ref(ref) == c.key.String() {
				return true
			}
		}
		return false
	})
}

// recordsOf gives the ids under which somebody stands, by what the records say by their places.
func (t *txn) recordsOf(key string) ([]string, error) {
	people := distinct.Of(key)
	for i := 0; i < people.Len() && i < mostIDs; i++ {
		linked, err := t.tx.LinkedTo(t.ctx, people.Items()[i]+mapping.ShelfLinked)
		if err != nil {
			return nil, err
		}
		own, err := t.kept(keyOf(people.Items()[i]), 0)
		if err != nil {
			return nil, err
		}
		more, _ := own.Same()
		for j := range linked {
			if !linked[j].Former {
				more = append(more, linked[j].From.String())
			}
		}
		for _, other := range more {
			people.Put(other)
		}
	}
	return people.Items(), nil
}

// tie brings the links of what names others by an identifier up to date with what this transaction wrote, and gives those of which something else may be
// so now, beside what was written. Where nothing names anything so it costs one look at an index, for everything that came with an identifier.
func (t *txn) tie() ([]touch, error) {
	t.carried, t.known = nil, nil
	var naming distinct.List[store.Key]
	add := func(k store.Key) { naming.Put(k) }
	var to []string
	for i := range t.touched {
		at := &t.touched[i]
		if at.New != nil && len(t.said(at).Logical()) > 0 {
			add(at.Key)
		}
		names, err := t.carriedAnew(at)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			to = append(to, mapping.IdentityLink(name))
		}
	}
	for some := range slices.Chunk(to, 500) {
		linked, err := t.tx.LinkedTo(t.ctx, some...)
		if err != nil {
			return nil, err
		}
		for i := range linked {
			add(linked[i].From) // also what once named it so: that was taken back from whatever it means now
		}
	}
	var also []touch
	for _, k := range naming.Items() {
		one, err := t.retie(k)
		if err != nil {
			return nil, err
		}
		if one != nil {
			also = append(also, *one)
		}
	}
	return also, nil
}

// carriedAnew gives the identifiers of a written resource by which something else may be meant now than before.
func (t *txn) carriedAnew(at *touch) ([]string, error) {
	if !nameable[at.Key.Type] {
		return nil, nil
	}
	if at.Key.Type == "Patient" && (at.Old != nil && at.Old.Get("link").Exists() || at.New != nil && at.New.Get("link").Exists()) {
		return t.carriedByAll(at)
	}
	var names [2][]string
	for i, r := range []*fhir.Resource{at.Old, at.New} {
		if r != nil {
			names[i] = mapping.Identities(r)
		}
	}
	if at.Old != nil && at.New != nil && slices.Equal(names[0], names[1]) && t.p.Role != workflow.Admin && !joinsAnew(at) {
		return nil, nil
	}
	all := distinct.Of(names[1]...)
	for _, name := range names[0] {
		all.Put(name)
	}
	return all.Items(), nil
}

// carriedByAll gives the identifiers of all records of a person one of which joins or parts some.
func (t *txn) carriedByAll(at *touch) ([]string, error) {
	records, err := t.recordsOf(at.Key.String())
	if err != nil {
		return nil, err
	}
	people := distinct.Of(records...)
	var names []string
	add := func(r *fhir.Resource) {
		if r != nil {
			names = append(names, mapping.Identities(r)...)
		}
	}
	for _, r := range []*fhir.Resource{at.Old, at.New} {
		if r == nil {
			continue
		}
		for _, ref := range t.e.set.Guide.FactOf(r).Same {
			people.Put(ref)
		}
		add(r)
	}
	for _, key := range people.Items() {
		_, r, err := t.newest(keyOf(key))
		if err != nil {
			return nil, err
		}
		add(r)
	}
	return names, nil
}

// wrong is the status of what was a mistake.
const wrong = "entered-in-error"

// joinsAnew reports that a version changes with which others a resource counts as one, or whether it counts at all.
func joinsAnew(at *touch) bool {
	if string(at.Old.Get("replaces").Raw()) != string(at.New.Get("replaces").Raw()) {
		return true
	}
	return (at.Old.Get("status").Text() == wrong) != (at.New.Get("status").Text() == wrong)
}

// retie gives the newest version of a resource its links as they are now, and those of earlier versions as links that it had; nil where there is none. A
// person whose record is linked with another one that is named here is the same person under whatever id, so that those who name it are asked too.
func (t *txn) retie(k store.Key) (*touch, error) {
	v, r, err := t.newest(k)
	if err != nil || r == nil {
		return nil, err
	}
	links, err := t.storedLinks(k, r, t.e.set.Guide.FactOf(r))
	if err != nil {
		return nil, err
	}
	before, err := t.tx.Links(t.ctx, k)
	if err != nil {
		return nil, err
	}
	ever := distinct.Of(links...)
	now := ever.Len()
	if v.Number > 1 {
		err := t.everLinked(k, func(l mapping.Link) error {
			ever.Put(store.Link{Via: l.Via, To: l.To})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	terms := t.e.storeTerms(r)
	if ever.Len() > now {
		if err := t.tx.Index(t.ctx, v, terms, ever.Items()); err != nil {
			return nil, err
		}
		before = ever.Items()
	}
	if !sameLinks(before, links) {
		if err := t.tx.Index(t.ctx, v, terms, links); err != nil {
			return nil, err
		}
	}
	meant, err := t.meantBy(k, v.Number)
	return &touch{Key: k, New: r, Version: v, before: slices.Concat(before, links, meant)}, err
}

// meantBy gives whom a resource may mean by the identifiers that it names or once named: the referrals of each of them are looked at again.
func (t *txn) meantBy(k store.Key, number int) ([]store.Link, error) {
	h, err := t.kept(k, number)
	if err != nil {
		return nil, err
	}
	var links []store.Link
	for _, l := range h.Logical() {
		for _, typ := range []string{"Patient", "ServiceRequest"} {
			all, err := t.carriersOf(typ, l.Name)
			if err != nil {
				return nil, err
			}
			for _, c := range all {
				to := c.key.String()
				if typ == "Patient" {
					to += mapping.ShelfConsents
				}
				links = append(links, store.Link{To: to})
			}
		}
	}
	return links, nil
}

// storedLinks gives the links under which the newest version of a resource is stored.
func (t *txn) storedLinks(k store.Key, r *fhir.Resource, fact *mapping.Fact) ([]store.Link, error) {
	links := t.e.storeLinks(r, fact)
	if len(fact.Logical()) > 0 {
		now, err := t.links(r)
		if err != nil {
			return nil, err
		}
		links = withIdentities(linksOf(now), fact)
	}
	return shelved(k, links), nil
}

func linksOf(links []mapping.Link) []store.Link {
	out := make([]store.Link, len(links))
	for i, l := range links {
		out[i] = store.Link{Via: l.Via, To: l.To}
	}
	return out
}

// withIdentities adds a link for each identity by which a resource names another.
func withIdentities(links []store.Link, fact *mapping.Fact) []store.Link {
	for _, l := range fact.Logical() {
		if one := (store.Link{Via: mapping.ViaIdentity, To: mapping.IdentityLink(l.Name)}); !slices.Contains(links, one) {
			links = append(links, one)
		}
	}
	return links
}

func sameLinks(a, b []store.Link) bool {
	lacks := func(list []store.Link) func(store.Link) bool {
		all := distinct.Of(list...)
		return func(l store.Link) bool { return !all.Has(l) }
	}
	return !slices.ContainsFunc(a, lacks(b)) && !slices.ContainsFunc(b, lacks(a))
}

// once reports whether a version of a resource pointed at any of some, by what its identifiers mean now.
func (t *txn) once(k store.Key, to []string) (bool, error) {
	found := errors.New("found")
	err := t.everLinked(k, func(l mapping.Link) error {
		if slices.Contains(to, l.To) && l.Via != mapping.ViaUnclear {
			return found
		}
		return nil
	})
	if errors.Is(err, found) {
		return true, nil
	}
	return false, err
}
