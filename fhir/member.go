package fhir

import "strings"

// member is what may stand in a JSON object of some type: an element, one type
// of a choice element, or the sibling that holds a primitive's extensions.
//
// Source: FHIR R4, json.html, 2.6.2.2 and 2.6.2.3
type member struct {
	name     string // as in JSON
	element  *Element
	bit      uint64   // of the element in its type
	typ      *Type    // of the value, or of each item
	list     bool     // the value is an array
	sibling  bool     // "_name"
	literal  bool     // Reference.reference
	resource bool     // any resource
	changing bool     // modifierExtension and implicitRules: it may change what everything around it means
	codes    *codeSet // what a code must be one of; nil: anything
}

// resourceTypeElement stands for the member that names a resource's type.
var resourceTypeElement = &Element{Name: "resourceType", Min: 1, Max: 1, Types: []string{"code"}}

// resourceTypeBit is beyond the bits of elements.
const resourceTypeBit = 1 << 63

// members finds members by name: a hash table with open addressing. Names are few and short, and this costs half of what a map does.
type members []*member

// newMembers gives a table with room for n.
func newMembers(n int) members {
	size := 8
	for size < 3*n {
		size *= 2
	}
	return make(members, size)
}

// slot gives the place of a name: where it stands, or where it would.
func (s members) slot(name []byte) int {
	at := len(name)
	if at > 0 {
		at += int(name[0])*5 + int(name[at/2])*11 + int(name[at-1])*31
	}
	for ; ; at++ {
		at &= len(s) - 1
		if m := s[at]; m == nil || m.name == string(name) {
			return at
		}
	}
}

func (s members) add(m *member) { s[s.slot([]byte(m.name))] = m }

// find gives the member of that JSON name, or nil.
func (t *Type) find(name []byte) *member {
	t.once.Do(t.fill)
	return t.members[t.members.slot(name)]
}

// fill makes the members of a type when it is first met.
func (t *Type) fill() {
	count := 1
	for i := range t.Elements {
		count += 2 * len(t.Elements[i].Types)
	}
	t.members = newMembers(count)
	t.invariant = invariants[t.Name]
	for i := range t.Elements {
		e := &t.Elements[i]
		if e.Min > 0 {
			t.required |= 1 << i
		}
		for _, name := range e.Types {
			t.addMember(e, r4().byName[name], 1<<i)
		}
	}
	if t.Kind == KindResource {
		t.members.add(&member{name: "resourceType", element: resourceTypeElement, bit: resourceTypeBit, typ: r4().byName["code"]})
	}
}

func (t *Type) addMember(e *Element, typ *Type, bit uint64) {
	name := e.Name
	if e.Choice {
		name += strings.ToUpper(typ.Name[:1]) + typ.Name[1:]
	}
	m := &member{
		name: name, element: e, bit: bit, typ: typ, list: e.Max != 1,
		literal: t.Name == "Reference" && name == "reference", resource: typ.Name == "Resource",
		changing: name == "modifierExtension" || name == "implicitRules",
	}
	if typ.Name == "code" {
		m.codes = e.codes
	}
	t.members.add(m)
	if typ.Kind == KindPrimitive {
		t.members.add(&member{
			name: "_" + name, element: e, bit: bit, typ: r4().byName["Element"], list: e.Max != 1, sibling: true, changing: m.changing,
		})
	}
}

// path is how the member is written in FHIRPath here: its JSON name, without
// the underscore of a primitive's extensions.
func (m *member) path() string { return strings.TrimPrefix(m.name, "_") }
