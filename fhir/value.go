package fhir

import (
	"iter"
	"strings"
)

// Value is one JSON value in a [Resource]. The zero Value stands for what is
// not there, and every method may be called on it. Values are small, are passed
// by value, and may be used concurrently.
type Value struct {
	r *Resource
	i int32
}

func (v Value) node() *node { return &v.r.doc.nodes[v.i] }

func (v Value) at(i int32) Value {
	if i < 0 {
		return Value{}
	}
	return Value{v.r, i}
}

// Exists reports whether the value is there. A null in an array, which holds
// the place of an extension, is there and has no text.
func (v Value) Exists() bool { return v.r != nil }

// Get walks down by exact JSON names ("valueReference", "_birthDate"); on an
// array it goes into the first item. It gives the zero Value where a name is
// missing.
func (v Value) Get(names ...string) Value {
	for _, name := range names {
		if v.r == nil {
			return v
		}
		if v.node().kind == array {
			v = v.first()
			if v.r == nil {
				return v
			}
		}
		v = v.at(v.r.doc.child(v.i, name))
	}
	return v
}

func (v Value) first() Value {
	if v.i+1 < v.node().next {
		return v.at(v.i + 1)
	}
	return Value{}
}

// Items gives the items of an array; a value that is no array is its own only
// item; what is absent has none. Nulls are included, so that places match
// those in the array of extensions.
func (v Value) Items() []Value {
	var items []Value
	for item := range v.All() {
		items = append(items, item)
	}
	return items
}

// All is Items without the slice.
func (v Value) All() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		switch {
		case v.r == nil:
		case v.node().kind != array:
			yield(v)
		default:
			v.children(yield)
		}
	}
}

func (v Value) children(yield func(Value) bool) {
	nodes := v.r.doc.nodes
	for j := v.i + 1; j < nodes[v.i].next; j = nodes[j].next {
		if !yield(v.at(j)) {
			return
		}
	}
}

// Members gives the members of an object by JSON name, in document order; of
// anything else nothing.
func (v Value) Members() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if v.r == nil || v.node().kind != object {
			return
		}
		v.children(func(m Value) bool { return yield(m.node().member.name, m) })
	}
}

// Text gives a JSON string decoded, and a number or boolean as written; "" for
// objects, arrays, null and what is absent, and for a string of white space
// alone: it says nothing, so nothing is matched, dated or told by it.
func (v Value) Text() string {
	s := v.written()
	if s != "" && s[0] <= ' ' && strings.Trim(s, " \t\r\n") == "" {
		return ""
	}
	return s
}

// written is Text for what has to be kept as it is.
func (v Value) written() string {
	if v.r == nil {
		return ""
	}
	switch v.node().kind {
	case text:
		return string(v.r.doc.chars(v.i))
	case number, yes, no:
		return string(v.Raw())
	}
	return ""
}

// Bool reports whether the value is the JSON literal true.
func (v Value) Bool() bool { return v.r != nil && v.node().kind == yes }

// Raw gives the bytes of the value as they were received; the caller must not
// change them. It is nil for what is absent.
func (v Value) Raw() []byte {
	if v.r == nil {
		return nil
	}
	return v.r.doc.raw(v.i)
}

// Choice gives the value of a choice element such as value[x] and the type in
// its name: Choice("value") on {"valueDateTime": …} gives "DateTime". It gives
// "" and the zero Value where none is there.
func (v Value) Choice(base string) (suffix string, val Value) {
	for name, m := range v.Members() {
		about := m.node().member
		if about.element.Choice && !about.sibling && about.element.Name == base {
			return name[len(base):], m
		}
	}
	return "", Value{}
}

// Type gives the name of the value's type in the table ("CodeableConcept",
// "dateTime", "Task.output", "Task"), of its items if it is an array, and "" if
// it is absent.
func (v Value) Type() string {
	if v.r == nil {
		return ""
	}
	return v.r.doc.typ(v.i).Name
}

// Path gives the place of the value below the resource that it was got from:
// Task.output[0].valueReference; in a Bundle, Bundle.entry[1].resource.status.
// It is "" for what is absent.
func (v Value) Path() string {
	if v.r == nil {
		return ""
	}
	return v.r.doc.path(v.i, v.r.root)
}

// Span gives the place of Raw in the Bytes of the resource that the value was
// got from.
func (v Value) Span() (start, end int) {
	if v.r == nil {
		return 0, 0
	}
	n := v.node()
	return int(n.start) - v.r.base, int(n.end) - v.r.base
}

// Resource gives the resource that the value is (Bundle.entry.resource, an item
// of contained, Parameters.parameter.resource): its bytes are a part of
// the outer ones, and its paths and spans begin anew. It is nil for any other
// value.
func (v Value) Resource() *Resource {
	if v.r == nil || v.node().kind != object || v.r.doc.typ(v.i).Kind != KindResource {
		return nil
	}
	if v.i == v.r.root {
		return v.r
	}
	return &Resource{doc: v.r.doc, root: v.i, base: int(v.node().start), bytes: v.Raw()}
}

// Holder gives the resource in which "#id" inside the value is looked for: the
// one that the value was got from, or, where that is itself contained, the one
// that contains it. It is nil for what is absent.
//
// Source: FHIR R4, references.html#contained
func (v Value) Holder() *Resource {
	if v.r == nil {
		return nil
	}
	n := &v.r.doc.nodes[v.r.root]
	if n.parent < 0 || n.member.name != "contained" {
		return v.r
	}
	outer := n.parent
	if v.r.doc.nodes[outer].kind == array {
		outer = v.r.doc.nodes[outer].parent
	}
	return v.at(outer).Resource()
}

// Targets gives the resource types that the element of the value may refer to,
// where it is a Reference; nil stands for any. The caller must not change it.
func (v Value) Targets() []string {
	if v.r == nil || v.node().member == nil {
		return nil
	}
	return v.node().member.element.Targets
}

// Contained gives the contained resource of that id, nil for none.
func (r *Resource) Contained(id string) *Resource {
	for v := range r.Get("contained").All() {
		if id != "" && v.Get("id").Text() == id {
			return v.Resource()
		}
	}
	return nil
}
