package fhir

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// frame is one object being read.
type frame struct {
	typ       *Type
	node      int32
	depth     int
	contained bool   // inside contained
	count     int    // members met
	seen      uint64 // elements met, by bit
	siblings  uint64 // elements whose "_name" was met
	arrays    bool   // a null, or an array of extensions, wants pairing
}

// push lays the node of a value, and stops if that is one too many.
func (r *reader) push(n node) int32 {
	i := int32(len(r.nodes))
	if len(r.nodes) == cap(r.nodes) {
		r.grow()
	}
	n.next = i + 1
	r.nodes = append(r.nodes, n)
	if i == MaxValues {
		r.stop(CodeTooCostly, "", fmt.Sprintf("More than %d values.", MaxValues))
	}
	return i
}

// grow makes room for as many nodes as the rest of the input will take, if it is
// as dense as what was read.
func (r *reader) grow() {
	read, n := int64(r.at+1), int64(len(r.nodes))
	whole := n * int64(len(r.data)) / read
	room := min(whole+whole/16, MaxValues+1) - n
	r.nodes = slices.Grow(r.nodes, int(max(room, 16)))
}

// open takes the opening bracket of an object or array, lays its node, and
// stops if that is one level too many.
func (r *reader) open(parent int32, m *member, typ *Type, index int32, k kind, depth int) int32 {
	i := r.push(node{member: m, start: int32(r.at), parent: parent, index: index, typ: typ.number, kind: k})
	r.at++
	if depth > MaxDepth {
		r.stop(CodeTooCostly, r.where(i, ""), fmt.Sprintf("More than %d levels of objects and arrays.", MaxDepth))
	}
	return i
}

// close takes the closing bracket.
func (r *reader) close(i int32) {
	r.at++
	r.nodes[i].end = int32(r.at)
	r.nodes[i].next = int32(len(r.nodes))
}

// resource reads a resource object. One of unknown type is an issue, and is
// passed over without a node.
func (r *reader) resource(parent int32, m *member, index int32, depth int, contained bool) {
	name := r.resourceType()
	t := r4().byName[name]
	if t == nil || t.Kind != KindResource || t.Abstract {
		r.unknownResource(r.place(parent, m, index), name)
		r.skip()
		return
	}
	i := r.open(parent, m, t, index, object, depth)
	r.object(&frame{typ: t, node: i, depth: depth, contained: contained})
}

func (r *reader) unknownResource(place, name string) {
	switch {
	case name == "":
		r.issue(CodeRequired, place, `resourceType is missing; it names the type of the resource, such as "Task".`)
	case isName(name):
		r.issue(CodeNotSupported, place, fmt.Sprintf("%q is not a resource type of FHIR R4.", name))
	default:
		r.issue(CodeNotSupported, place, "resourceType is not the name of a resource type of FHIR R4.")
	}
}

// object reads the members of an object up to its end.
func (r *reader) object(f *frame) {
	for first := true; !r.stopped && r.more('}', first); first = false {
		name := r.name()
		if r.broken {
			return
		}
		r.member(f, name)
	}
	if r.stopped || r.broken {
		return
	}
	r.close(f.node)
	if r.strict {
		r.complete(f)
	}
}

// member reads the value of a member whose name was taken.
func (r *reader) member(f *frame, name []byte) {
	f.count++
	m := f.typ.find(name)
	if m == nil {
		r.unknown(f, string(name))
		r.skip()
		return
	}
	met := &f.seen
	if m.sibling {
		met = &f.siblings
	}
	if *met&m.bit != 0 {
		r.repeated(f, m)
		r.skip()
		return
	}
	*met |= m.bit
	if m.list {
		r.array(f, m)
	} else {
		r.value(f, m, f.node, -1, f.depth+1)
	}
}

// array reads the array of a member.
func (r *reader) array(f *frame, m *member) {
	if k := r.peek(); k != array {
		r.mismatch(f.node, m, -1, k, "an array is expected, even for one value")
		return
	}
	i := r.open(f.node, m, m.typ, -1, array, f.depth+1)
	n := int32(0)
	for ; !r.stopped && r.more(']', n == 0); n++ {
		if n == MaxItems {
			r.stop(CodeTooCostly, r.where(i, ""), fmt.Sprintf("More than %d items.", MaxItems))
			return
		}
		r.value(f, m, i, n, f.depth+2)
	}
	if r.stopped || r.broken {
		return
	}
	r.close(i)
	if n == 0 {
		r.report(i, CodeStructure, "An array must not be empty; leave it out.")
	}
	f.arrays = f.arrays || m.sibling
}

// value reads a single value, or one item of an array.
func (r *reader) value(f *frame, m *member, parent, index int32, depth int) {
	k := r.peek()
	switch {
	case k == null:
		r.null(f, m, parent, index)
	case m.typ.primitive != nil:
		r.primitive(m, parent, index, k)
	case k != object:
		r.mismatch(parent, m, index, k, objectOf(m.typ)+" is expected")
	case m.resource:
		r.nested(f, m, parent, index, depth)
	default:
		i := r.open(parent, m, m.typ, index, object, depth)
		r.object(&frame{typ: m.typ, node: i, depth: depth, contained: f.contained})
	}
}

// nested reads a resource inside another.
//
// Source: FHIR R4, domainresource.html, dom-2
func (r *reader) nested(f *frame, m *member, parent, index int32, depth int) {
	contained := m.name == "contained"
	if contained && f.contained {
		r.issue(CodeInvariant, r.place(parent, m, index), "A contained resource must not contain others (dom-2).")
	}
	r.resource(parent, m, index, depth, f.contained || contained)
}

// null lays a node for a null in an array of primitives or of their extensions,
// and refuses any other.
func (r *reader) null(f *frame, m *member, parent, index int32) {
	start, end := r.literal()
	if r.broken {
		return
	}
	if index < 0 || m.typ.primitive == nil && !m.sibling {
		r.issue(CodeStructure, r.place(parent, m, index), "A null is not allowed here; leave the value out.")
		return
	}
	f.arrays = true
	r.push(node{member: m, start: int32(start), end: int32(end), parent: parent, index: index, typ: m.typ.number, kind: null})
}

// mismatch passes over a value of the wrong JSON type.
func (r *reader) mismatch(parent int32, m *member, index int32, k kind, words string) {
	r.issue(CodeStructure, r.place(parent, m, index), fmt.Sprintf("Here stands %s; %s.", k, words))
	r.skip()
}

// place is the path of a value that got no node.
func (r *reader) place(parent int32, m *member, index int32) string {
	if m == nil {
		return ""
	}
	if index < 0 {
		return r.where(parent, m.path())
	}
	return fmt.Sprintf("%s[%d]", r.where(parent, ""), index)
}

// unknown tells of a name that the type does not have.
func (r *reader) unknown(f *frame, name string) {
	words := fmt.Sprintf("%s has no element %s", f.typ.Name, quoteName(name))
	for _, known := range f.typ.members {
		if known != nil && strings.EqualFold(known.name, name) {
			words += fmt.Sprintf("; names are case-sensitive, write %q", known.name)
		}
	}
	path := r.where(f.node, "")
	if isName(name) {
		path = r.where(f.node, strings.TrimPrefix(name, "_"))
	}
	r.issue(CodeStructure, path, words+".")
}

// repeated tells of a name, or a choice, met twice in one object.
func (r *reader) repeated(f *frame, m *member) {
	words := fmt.Sprintf("The name %q stands twice in one object.", m.name)
	for j := f.node + 1; m.element.Choice && j < int32(len(r.nodes)); j = r.nodes[j].next {
		other := r.nodes[j].member
		if other.element == m.element && other.sibling == m.sibling && other.name != m.name {
			words = fmt.Sprintf("%s[x] has two values, %s and %s; only one is allowed.", m.element.Name, other.name, m.name)
		}
	}
	r.issue(CodeStructure, r.where(f.node, m.path()), words)
}

// complete checks an object that was read to its end.
func (r *reader) complete(f *frame) {
	if f.count == 0 {
		r.report(f.node, CodeStructure, "An object must not be empty; leave it out.")
		return
	}
	for missing := f.typ.required &^ (f.seen | f.siblings); missing != 0; missing &= missing - 1 {
		e := &f.typ.Elements[bits.TrailingZeros64(missing)]
		r.issue(CodeRequired, r.where(f.node, e.Name), requiredWords(f.typ, e))
	}
	if f.arrays {
		r.pair(f.node)
	}
	if both := f.seen & f.siblings; both != 0 {
		r.mixed(f, both)
	}
	r.hollow(f)
	if f.typ.Kind == KindResource && !f.contained {
		r.container(f.node)
	}
	if f.typ.invariant != nil {
		f.typ.invariant(r, f.node)
	}
}

func requiredWords(t *Type, e *Element) string {
	name := e.Name
	if e.Choice {
		name += "[x]"
	}
	words := fmt.Sprintf("%s.%s is required", t.Name, name)
	if len(e.Codes) > 0 && len(e.Codes) <= 16 {
		words += "; it is one of " + strings.Join(e.Codes, ", ")
	}
	return words + "."
}
