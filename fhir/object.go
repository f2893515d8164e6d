package fhir

import (
	"fmt"
	"math/bits"
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

// push lays a node for what was just taken, size bytes long.
func (r *reader) push(parent int32, m *member, typ *Type, index int32, k kind, size int) int32 {
	end := r.offset()
	i := int32(len(r.nodes))
	r.nodes = append(r.nodes, node{
		member: m, start: int32(end - size), end: int32(end), next: i + 1, parent: parent, index: index, typ: typ.number, kind: k,
	})
	return i
}

// open takes the opening bracket of an object or array, lays its node, and
// stops if that is one level too many.
func (r *reader) open(parent int32, m *member, typ *Type, index int32, k kind, depth int) (int32, bool) {
	if err := r.token(); err != nil {
		return 0, r.syntax(err, parent, "")
	}
	i := r.push(parent, m, typ, index, k, 1)
	if depth > MaxDepth {
		r.stop(CodeTooCostly, r.where(i, ""), fmt.Sprintf("More than %d levels of objects and arrays.", MaxDepth))
		return i, false
	}
	return i, true
}

// close takes the closing bracket.
func (r *reader) close(i int32) bool {
	if err := r.token(); err != nil {
		return r.syntax(err, i, "")
	}
	r.nodes[i].end = int32(r.offset())
	r.nodes[i].next = int32(len(r.nodes))
	return true
}

// resource reads a resource object. One of unknown type is an issue, and is
// passed over without a node.
func (r *reader) resource(parent int32, m *member, index int32, depth int, contained bool) bool {
	i, ok := r.open(parent, m, r4().byName["Resource"], index, object, depth)
	if !ok {
		return false
	}
	name := resourceTypeIn(r.data[r.nodes[i].start:])
	t := r4().byName[string(name)]
	if t == nil || t.Kind != KindResource || t.Abstract {
		r.nodes = r.nodes[:i]
		if m != nil || r.peek() != 0 { // else it is no JSON at all, which skipping tells
			r.unknownResource(r.place(parent, m, index), string(name))
		}
		return r.skipRest(parent) && !r.stopped
	}
	r.nodes[i].typ = t.number
	return r.object(&frame{typ: t, node: i, depth: depth, contained: contained})
}

func (r *reader) unknownResource(place, name string) {
	if name == "" {
		r.issue(CodeRequired, place, "resourceType is missing; it names the type of the resource, such as \"Task\".")
		return
	}
	r.issue(CodeNotSupported, place, fmt.Sprintf("resourceType %sis not a resource type of FHIR R4.", quoteName(name)))
}

// skipRest passes over the members of an object and takes its end.
func (r *reader) skipRest(i int32) bool {
	for r.peek() == text {
		if _, err := r.scalar(); err != nil {
			return r.syntax(err, i, "")
		}
		if !r.skip(i, "") {
			return false
		}
	}
	if err := r.token(); err != nil {
		return r.syntax(err, i, "")
	}
	return true
}

// skip passes over a value without looking at it.
func (r *reader) skip(i int32, name string) bool {
	if err := r.decoder.SkipValue(); err != nil {
		return r.syntax(err, i, name)
	}
	return true
}

// object reads the members of an object up to its end.
func (r *reader) object(f *frame) bool {
	for r.peek() != '}' {
		raw, err := r.scalar()
		if err != nil {
			return r.syntax(err, f.node, "")
		}
		if !r.member(f, unquote(raw)) {
			return false
		}
	}
	if !r.close(f.node) {
		return false
	}
	if r.strict {
		r.complete(f)
	}
	return !r.stopped
}

// member reads the value of a member whose name was taken.
func (r *reader) member(f *frame, name []byte) bool {
	f.count++
	m := f.typ.find(name)
	if m == nil {
		r.unknown(f, string(name))
		return r.skip(f.node, "")
	}
	met := &f.seen
	if m.sibling {
		met = &f.siblings
	}
	if *met&m.bit != 0 {
		r.repeated(f, m)
		return r.skip(f.node, m.path())
	}
	*met |= m.bit
	if m.list {
		return r.array(f, m)
	}
	return r.value(f, m, f.node, -1, f.depth+1)
}

// array reads the array of a member.
func (r *reader) array(f *frame, m *member) bool {
	if r.peek() != array {
		return r.mismatch(f.node, m, -1, "an array is expected, even for one value")
	}
	i, ok := r.open(f.node, m, m.typ, -1, array, f.depth+1)
	if !ok {
		return false
	}
	n := int32(0)
	for ; r.peek() != ']'; n++ {
		if n == MaxItems {
			r.stop(CodeTooCostly, r.where(i, ""), fmt.Sprintf("More than %d items.", MaxItems))
			return false
		}
		if !r.value(f, m, i, n, f.depth+2) {
			return false
		}
	}
	if !r.close(i) {
		return false
	}
	if n == 0 {
		r.at(i, CodeStructure, "An array must not be empty; leave it out.")
	}
	f.arrays = f.arrays || m.sibling
	return !r.stopped
}

// value reads a single value, or one item of an array.
func (r *reader) value(f *frame, m *member, parent, index int32, depth int) bool {
	k := r.peek()
	switch {
	case k == 0:
		return r.scalarError(parent, m)
	case k == null:
		return r.null(f, m, parent, index)
	case m.typ.Kind == KindPrimitive:
		return r.primitive(m, parent, index, k)
	case k != object:
		return r.mismatch(parent, m, index, fmt.Sprintf("%s is expected", article(m.typ.Name)))
	case m.typ.Name == "Resource":
		return r.nested(f, m, parent, index, depth)
	}
	i, ok := r.open(parent, m, m.typ, index, object, depth)
	if !ok {
		return false
	}
	return r.object(&frame{typ: m.typ, node: i, depth: depth, contained: f.contained})
}

// nested reads a resource inside another.
//
// Source: FHIR R4, domainresource.html, dom-2
func (r *reader) nested(f *frame, m *member, parent, index int32, depth int) bool {
	contained := m.name == "contained"
	if contained && f.contained {
		r.issue(CodeInvariant, r.place(parent, m, index), "A contained resource must not contain others (dom-2).")
	}
	return r.resource(parent, m, index, depth, f.contained || contained)
}

// scalarError takes what cannot be taken, for its error.
func (r *reader) scalarError(parent int32, m *member) bool {
	_, err := r.scalar()
	return r.syntax(err, parent, m.path())
}

// null lays a node for a null in an array of primitives or of their extensions,
// and refuses any other.
func (r *reader) null(f *frame, m *member, parent, index int32) bool {
	if _, err := r.scalar(); err != nil {
		return r.syntax(err, parent, m.path())
	}
	if index < 0 || m.typ.Kind != KindPrimitive && !m.sibling {
		r.issue(CodeStructure, r.place(parent, m, index), "null is not allowed here; leave the value out.")
		return !r.stopped
	}
	f.arrays = true
	r.push(parent, m, m.typ, index, null, len("null"))
	return true
}

// mismatch passes over a value of the wrong JSON type.
func (r *reader) mismatch(parent int32, m *member, index int32, words string) bool {
	k := r.peek()
	if k == 0 {
		return r.scalarError(parent, m)
	}
	r.issue(CodeStructure, r.place(parent, m, index), fmt.Sprintf("Here stands %s; %s.", k, words))
	return r.skip(parent, m.path()) && !r.stopped
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

// unknown words an issue about a name that the type does not have.
func (r *reader) unknown(f *frame, name string) {
	words := fmt.Sprintf("%s has no element %s", f.typ.Name, quoteName(name))
	f.typ.once.Do(f.typ.fill)
	for known := range f.typ.members {
		if strings.EqualFold(known, name) {
			words += fmt.Sprintf("; names are case-sensitive, write %q", known)
		}
	}
	path := r.where(f.node, "")
	if isName(name) {
		path = r.where(f.node, strings.TrimPrefix(name, "_"))
	}
	r.issue(CodeStructure, path, strings.TrimRight(words, " ")+".")
}

// repeated words an issue about a name, or a choice, met twice in an object.
func (r *reader) repeated(f *frame, m *member) {
	if m.element.Choice {
		for j := f.node + 1; j < int32(len(r.nodes)); j = r.nodes[j].next {
			other := r.nodes[j].member
			if other.element == m.element && other.sibling == m.sibling && other.name != m.name {
				r.issue(CodeStructure, r.where(f.node, m.path()),
					fmt.Sprintf("%s[x] has two values, %s and %s; only one is allowed.", m.element.Name, other.name, m.name))
				return
			}
		}
	}
	r.issue(CodeStructure, r.where(f.node, m.path()), fmt.Sprintf("The name %q stands twice in one object.", m.name))
}

// complete checks an object that was read to its end.
func (r *reader) complete(f *frame) {
	if f.count == 0 {
		r.at(f.node, CodeStructure, "An object must not be empty; leave it out.")
		return
	}
	for missing := f.typ.required &^ (f.seen | f.siblings); missing != 0; missing &= missing - 1 {
		e := &f.typ.Elements[bits.TrailingZeros64(missing)]
		r.issue(CodeRequired, r.where(f.node, e.Name), requiredWords(f.typ, e))
	}
	if f.arrays {
		r.pair(f.node)
	}
	r.content(f)
	r.invariants(f)
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
