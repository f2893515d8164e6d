package engine

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// identity is what a resource is recognised by.
type identity struct {
	key     string   // of the first row: all that must be the same to the letter
	about   string   // digest of how the person is named
	brought bool     // the same Bundle makes the person
	codes   []string // digests of the codings, sorted
}

// namer says what references of a work point at, given what became of the other works.
type namer struct {
	works []*work
	base  string
}

// identity gives a resource's business identity; false where it has none, because there is no requester or no identifier.
func (n namer) identity(w *work) (identity, bool) {
	r := w.Resource
	ids := identifiers(r.Get("identifier"))
	requester := n.party(w, r.Get("requester"))
	if len(ids) == 0 || requester == "" {
		return identity{}, false
	}
	h := newDigest()
	h.words(w.Type, requester, r.Get("intent").Text())
	h.list(n.named(w, r.Get("basedOn")))
	if w.Type == "Task" {
		h.list(n.named(w, r.Get("focus")))
		h.list(n.named(w, r.Get("partOf")))
		h.words(n.party(w, r.Get("owner")))
	}
	h.list(ids)
	who := n.person(w)
	is := identity{key: "identity|" + h.sum(), about: digest(who.name()), brought: who.brought}
	for _, c := range codings(r.Get("code")) {
		is.codes = append(is.codes, digest(c)[:8])
	}
	return is, true
}

// samePlace reports whether two resources stand at the same place: intent, what they stand under and what they are for, and for a Task its owner. What
// the Bundle brings is not compared: it has no name of its own yet.
func (n namer) samePlace(a, b *work) bool {
	if a.Resource.Get("intent").Text() != b.Resource.Get("intent").Text() {
		return false
	}
	for _, element := range []string{"basedOn", "focus", "partOf", "owner"} {
		v := a.Resource.Get(element)
		if u := a.use(v.Get("reference").Text()); u != nil && n.anew(u) {
			continue
		}
		if !slices.Equal(n.named(a, v), n.named(b, b.Resource.Get(element))) {
			return false
		}
	}
	return true
}

// identifiers gives "system|value" of each identifier that has a value, sorted.
func identifiers(v fhir.Value) []string {
	var out []string
	for id := range v.All() {
		if value := id.Get("value").Text(); value != "" {
			out = append(out, id.Get("system").Text()+"|"+value)
		}
	}
	slices.Sort(out)
	return out
}

// codings gives "system|code" of each coding that has a code, sorted.
func codings(v fhir.Value) []string {
	var out []string
	for c := range v.Get("coding").All() {
		if code := c.Get("code").Text(); code != "" {
			out = append(out, c.Get("system").Text()+"|"+code)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sameCode reports whether a coding is shared, or whether neither has one.
func sameCode(a, b []string) bool {
	return len(a)+len(b) == 0 || slices.ContainsFunc(a, func(c string) bool { return slices.Contains(b, c) })
}

// named gives what references point at, sorted.
func (n namer) named(w *work, v fhir.Value) []string {
	var out []string
	for ref := range v.All() {
		if name := n.target(w, ref); name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// anew reports whether a reference points at an entry that makes a resource without asking whether it is there.
func (n namer) anew(u *use) bool {
	if u.target < 0 {
		return false
	}
	x := n.works[u.target]
	return x.Method == Create && x.none == nil && !x.existed
}

// target gives what a reference points at: "Type/id", a URL, the identifiers of a contained resource or a logical reference, or a digest of what is
// contained without one.
func (n namer) target(w *work, v fhir.Value) string {
	ref := v.Get("reference").Text()
	if u := w.use(ref); u != nil && ref != "" {
		if u.target >= 0 {
			return n.works[u.target].key.String()
		}
		return u.key.String()
	}
	if strings.HasPrefix(ref, "#") {
		return partyIn(w.Resource, ref).name()
	}
	if ref = search.Local(ref, n.base); ref != "" {
		return ref
	}
	if ids := identifiers(v.Get("identifier")); len(ids) > 0 {
		return "id:" + ids[0]
	}
	return ""
}

// party is target for people and organizations. One that the same Bundle creates anew has a new id each time and is named by its identifiers, or by
// what it says.
func (n namer) party(w *work, v fhir.Value) string {
	if u := w.use(v.Get("reference").Text()); u != nil && n.anew(u) {
		x := n.works[u.target]
		if ids := identifiers(x.Resource.Get("identifier")); len(ids) > 0 {
			return "new:" + x.Type + ":" + strings.Join(ids, ",")
		}
		return described(x.Resource.Root()).name()
	}
	return n.target(w, v)
}
