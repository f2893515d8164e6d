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
	codes    *codeSet // what a code must be one of; nil: anything
}

// resourceTypeElement stands for the member that names a resource's type.
var resourceTypeElement = &Element{Name: "resourceType", Min: 1, Max: 1, Types: []string{"code"}}

// resourceTypeBit is beyond the bits of elements.
const resourceTypeBit = 1 << 63

// find gives the member of that JSON name, or nil.
func (t *Type) find(name []byte) *member {
	t.once.Do(t.fill)
	return t.members[string(name)]
}

// fill makes the members of a type when it is first met.
func (t *Type) fill() {
	t.members = make(map[string]*member, 2*len(t.Elements))
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
		t.members["resourceType"] = &member{name: "resourceType", element: resourceTypeElement, bit: resourceTypeBit, typ: r4().byName["code"]}
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
	}
	if typ.Name == "code" {
		m.codes = e.codes
	}
	t.members[name] = m
	if typ.Kind == KindPrimitive {
		t.members["_"+name] = &member{
			name: "_" + name, element: e, bit: bit, typ: r4().byName["Element"], list: e.Max != 1, sibling: true,
		}
	}
}

// path is how the member is written in FHIRPath here: its JSON name, without
// the underscore of a primitive's extensions.
func (m *member) path() string { return strings.TrimPrefix(m.name, "_") }
