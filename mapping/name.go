package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping/distinct"
)

// Whom or what a Reference means. Three ways of naming lead to one text by which everything here is compared:
//
//	"Type/id"          what is stored here, named by its place
//	"system|value"     a logical identity: an identifier, where nothing that is stored carries it
//	"Type/id#x"        what is contained in Type/id and has no identifier, or has one that several carry; nothing else is ever equal to it
//
// A URL of another server stays as it is. What identifiers mean is not in the resource that names them: whoever asks hands it over in Settings.Means.

// Logical is an identity by which a resource names another one, without a place.
//
// Source: FHIR R4, references.html#logical
type Logical struct {
	Name    string   // "system|value"
	Types   []string // what it can be, by Reference.type, what is contained, or the element; nil: anything
	Vouched bool     // it decides who may receive, who is asked or who asks: only an identifier counts for which somebody else vouches
}

// may reports whether a resource of a type can be meant.
func (l *Logical) may(typ string) bool { return l.Types == nil || slices.Contains(l.Types, typ) }

// identities collect by what identities a resource names others, and which of them nobody can tell apart.
type identities struct {
	logical []Logical
	unclear []string // names that several carry

	seen map[string]bool // of logical, once they are many
}

// Logical gives the identities by which a resource names others. Most name none.
func (f *Fact) Logical() []Logical { return f.logical }

// Logical gives the identities by which any version of a resource names others, each once.
func (h *History) Logical() []Logical {
	var all identities
	for i := range h.Versions {
		if f := h.Versions[i].Fact; f != nil {
			for _, l := range f.logical {
				all.add(l)
			}
		}
	}
	return all.logical
}

func (n *identities) add(l Logical) {
	if n == nil || n.has(&l) {
		return
	}
	n.logical = append(n.logical, l)
	switch {
	case n.seen != nil:
		n.seen[l.text()] = true
	case len(n.logical) > distinct.Few:
		n.seen = make(map[string]bool, 2*len(n.logical))
		for i := range n.logical {
			n.seen[n.logical[i].text()] = true
		}
	}
}

func (n *identities) has(l *Logical) bool {
	if n.seen != nil {
		return n.seen[l.text()]
	}
	return slices.ContainsFunc(n.logical, func(o Logical) bool {
		return o.Name == l.Name && o.Vouched == l.Vouched && slices.Equal(o.Types, l.Types)
	})
}

// text is the same for identities that are.
func (l *Logical) text() string {
	vouched := " "
	if l.Vouched {
		vouched = "+"
	}
	return vouched + strings.Join(l.Types, ",") + " " + l.Name
}

// Ref gives what a Reference means, as texts that can be compared; "" for none.
func (s Settings) Ref(v fhir.Value) string { return s.ref(v) }

// ref gives what a Reference means.
//
// Source: local, contained resources and references by identifier
func (s Settings) ref(v fhir.Value) string {
	text := v.Get("reference").Text()
	if text == "" {
		return s.identified(v, v.Get("identifier"))
	}
	if text[0] == '#' {
		return s.contained(v, text[1:])
	}
	ref, ok := fhir.ParseReference(text)
	if !ok || ref.Type == "" || ref.Base != "" && ref.Base != s.Base {
		return text
	}
	if ref.Fragment != "" {
		return ref.Key() + "#" + ref.Fragment
	}
	return ref.Key()
}

// party is ref for whoever receives, discloses, is asked or asks.
//
// Source: local, for consent, owner and requester only identifiers count for which somebody else vouches
func (s Settings) party(v fhir.Value) string {
	s.vouched = true
	return s.ref(v)
}

func (s Settings) parties(v fhir.Value) []string {
	s.vouched = true
	return s.refs(v)
}

// identified gives what a reference by identifier means. Without a system the identifier matches nothing but itself, in the same resource.
func (s Settings) identified(v, id fhir.Value) string {
	value := id.Get("value").Text()
	if value == "" {
		return ""
	}
	system := id.Get("system").Text()
	if system == "" {
		return keyOf(v.Holder()) + "#|" + value
	}
	return s.meant(v.Holder(), []string{system + "|" + value}, typesOf(v))
}

// contained gives what "#x" means in the resource in which it stands: the container itself, the identity of what is contained, or that and nothing else.
func (s Settings) contained(v fhir.Value, id string) string {
	holder := v.Holder()
	if id == "" {
		return keyOf(holder)
	}
	inner := holder.Contained(id)
	if inner != nil {
		if names := Identities(inner); len(names) > 0 {
			return s.meant(holder, names, []string{inner.Type()})
		}
	}
	return keyOf(holder) + "#" + id
}

// meant gives the one resource that carries one of some names, else the first name. Where several carry it, nobody can tell whether two who say it mean
// the same one: it means nothing outside of its holder.
func (s Settings) meant(holder *fhir.Resource, names, types []string) string {
	var found []string
	for _, name := range names {
		l := Logical{Name: name, Types: types, Vouched: s.vouched}
		s.noted.add(l)
		if s.Means == nil {
			continue
		}
		for _, key := range s.Means(l) {
			if !slices.Contains(found, key) {
				found = append(found, key)
			}
		}
	}
	switch len(found) {
	case 0:
		return names[0]
	case 1:
		return found[0]
	}
	if s.noted != nil && !slices.Contains(s.noted.unclear, names[0]) {
		s.noted.unclear = append(s.noted.unclear, names[0])
	}
	return keyOf(holder) + "#" + names[0]
}

// isUnclear reports what a reference by identifier means where several carry it, or where it has no system: it means nothing outside of its holder.
func isUnclear(ref string) bool {
	_, name, within := strings.Cut(ref, "#")
	return within && strings.Contains(name, "|")
}

// Unclear reports that the newest version of a resource names somebody or something by an identifier of which nobody can tell what is meant.
func (h *History) Unclear() bool {
	n := h.newest()
	return n != nil && n.Fact != nil && slices.ContainsFunc(n.Fact.About, isUnclear)
}

// Identities gives the names by which a resource can be named without its place: "system|value" of each identifier that has both.
func Identities(r *fhir.Resource) []string {
	var names distinct.List[string]
	for id := range r.Get("identifier").All() {
		if system, value := id.Get("system").Text(), id.Get("value").Text(); system != "" && value != "" {
			names.Put(system + "|" + value)
		}
	}
	return names.Items()
}

// identifierOf gives an Identifier as it is named.
func identifierOf(v fhir.Value) string {
	if value := v.Get("value").Text(); value != "" {
		return v.Get("system").Text() + "|" + value
	}
	return ""
}

// typesOf gives what a Reference can be to: its own type where it says one, else what its element allows; nil: anything.
func typesOf(v fhir.Value) []string {
	if typ := strings.TrimPrefix(v.Get("type").Text(), "http://hl7.org/fhir/StructureDefinition/"); fhir.IsResourceType(typ) {
		return []string{typ}
	}
	return v.Targets()
}

// typeOf gives the type of what a Reference means, "" where nobody can tell: by what it means, by what is contained, by its own type, or by the only
// type that its element allows.
func (s Settings) typeOf(v fhir.Value, ref string) string {
	if typ, _, placed := strings.Cut(ref, "/"); placed && fhir.IsResourceType(typ) && !strings.Contains(ref, "#") {
		return typ
	}
	if parsed, ok := fhir.ParseReference(ref); ok && parsed.Type != "" && parsed.Fragment == "" {
		return parsed.Type
	}
	if id, here := strings.CutPrefix(v.Get("reference").Text(), "#"); here {
		if inner := v.Holder().Contained(id); inner != nil {
			return inner.Type()
		}
	}
	if types := typesOf(v); len(types) == 1 {
		return types[0]
	}
	return ""
}

// keyOf names a resource by its place.
func keyOf(r *fhir.Resource) string {
	if r == nil {
		return ""
	}
	return r.Type() + "/" + r.ID()
}

// placed reports whether a reference names something by its place here: "Type/id" and nothing else.
func placed(ref string) bool { return strings.Contains(ref, "/") && !strings.ContainsAny(ref, "|:#") }
