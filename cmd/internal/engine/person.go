package engine

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
	"warmhandoff/mapping/distinct"
)

// party is somebody whom a reference names.
type party struct {
	key     string     // "Patient/p1", or a URL elsewhere; "" where no stored resource is named
	ids     []string   // identifiers of a logical reference, or of a resource that came along
	body    fhir.Value // the resource that came along, contained or as an entry of the Bundle
	words   string     // digest of what is said of one who has neither
	brought bool       // as an entry of the Bundle
}

// name is the same for parties that are named alike.
func (p party) name() string {
	switch {
	case p.key != "":
		return p.key
	case len(p.ids) > 0:
		return "id:" + strings.Join(p.ids, ",")
	}
	return p.words
}

// described is a party by a resource that came along.
func described(body fhir.Value) party {
	p := party{ids: identifiers(body.Get("identifier")), body: body}
	h := newDigest()
	for name, v := range body.Members() {
		if name != "id" && name != "meta" {
			h.words(name)
			h.bytes(v.Raw())
		}
	}
	p.words = "is:" + h.sum()
	return p
}

// partyIn is the party that a resource contains under "#x". Nobody outside that resource is meant by it.
//
// Source: RULINGS.md, 30
func partyIn(r *fhir.Resource, ref string) party {
	for c := range r.Get("contained").All() {
		if "#"+c.Get("id").Text() == ref {
			return described(c)
		}
	}
	return party{words: ref}
}

// person is whom a request or Task is about.
func (n namer) person(w *work) party {
	v := w.Resource.Get("subject")
	if w.Type == "Task" {
		v = w.Resource.Get("for")
	}
	ref := v.Get("reference").Text()
	if u := w.use(ref); u != nil && ref != "" {
		if n.anew(u) {
			p := described(n.works[u.target].Resource.Root())
			p.brought = true
			return p
		}
		return party{key: n.target(w, v)}
	}
	if strings.HasPrefix(ref, "#") {
		return partyIn(w.Resource, ref)
	}
	if key := search.Local(ref, n.base); key != "" {
		return party{key: key}
	}
	if ids := identifiers(v.Get("identifier")); len(ids) > 0 {
		return party{ids: ids}
	}
	return party{words: string(v.Raw())}
}

// samePerson reports whether two parties are one person: they are named alike; or they share an identifier; or one is the only person here with the
// identifier by which the other is named; under whatever ids that are linked. What two resources say against each other makes them two.
//
// Source: RULINGS.md, 31 and 51
func (t *txn) samePerson(a, b party) (bool, error) {
	if a.key != "" && b.key != "" && (a.key == b.key || !strings.HasPrefix(a.key, "Patient/") || !strings.HasPrefix(b.key, "Patient/")) {
		return a.key == b.key, nil
	}
	if against(a.body, b.body) {
		return false, nil
	}
	if theirs := distinct.Of(b.ids...); slices.ContainsFunc(a.ids, theirs.Has) {
		return true, nil
	}
	if a.key+b.key == "" && len(a.ids)+len(b.ids) == 0 {
		return a.words == b.words, nil
	}
	of, err := t.personOf(a)
	if err != nil || len(of) == 0 {
		return false, err
	}
	other, err := t.personOf(b)
	return slices.ContainsFunc(of, func(id string) bool { return slices.Contains(other, id) }), err
}

// personOf gives the ids under which the person stands whom a party names; none where it names nobody here, or several.
func (t *txn) personOf(p party) ([]string, error) {
	t.recall()
	if strings.HasPrefix(p.key, "Patient/") {
		return t.recordsOf(p.key)
	}
	if p.key != "" || p.body.Exists() && p.body.Type() != "Patient" {
		return nil, nil
	}
	var found []carrier
	for _, id := range p.ids {
		some, err := t.carriersOf("Patient", id)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	if len(found) == 0 {
		return nil, nil
	}
	ids, err := t.recordsOf(found[0].key.String())
	if err != nil || slices.ContainsFunc(found, func(c carrier) bool { return !slices.Contains(ids, c.key.String()) || against(p.body, c.res.Root()) }) {
		return nil, err
	}
	return ids, nil
}

// against reports whether two resources cannot be about one person: they have other identifiers of one system and none in common there, or another
// birth date. To be wrong here makes one referral two, which somebody sees; to be wrong the other way shows one person what is another's.
func against(a, b fhir.Value) bool {
	if !a.Exists() || !b.Exists() {
		return false
	}
	born, other := a.Get("birthDate").Text(), b.Get("birthDate").Text()
	if !strings.HasPrefix(born, other) && !strings.HasPrefix(other, born) {
		return true
	}
	theirs := distinct.Of(identifiers(b.Get("identifier"))...)
	const apart, same = 1, 2
	systems := map[string]int{} // how the two stand in each
	for _, id := range theirs.Items() {
		if system, _, _ := strings.Cut(id, "|"); system != "" {
			systems[system] = 0
		}
	}
	for _, id := range identifiers(a.Get("identifier")) {
		system, _, _ := strings.Cut(id, "|")
		if _, both := systems[system]; both {
			how := apart
			if theirs.Has(id) {
				how = same
			}
			systems[system] = max(systems[system], how)
		}
	}
	for _, how := range systems {
		if how == apart {
			return true
		}
	}
	return false
}
