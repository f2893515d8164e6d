package fhir

import (
	"fmt"
	"strings"
)

// structureDefinition begins the canonical URL of every type of FHIR.
const structureDefinition = "http://hl7.org/fhir/StructureDefinition/"

// invariants check what the table cannot say of an object that was read.
var invariants = map[string]func(r *reader, i int32){
	"Extension":       (*reader).extension,
	"Reference":       (*reader).reference,
	"CodeableConcept": (*reader).concept,
}

// hollow refuses an object that holds nothing but its id; the sibling of a
// primitive may, where the value is there.
//
// Source: FHIR R4, element.html, ele-1
func (r *reader) hollow(f *frame) {
	const words = "There is nothing here but an id (ele-1)."
	const id = 1 // the bit of the first element
	m := r.nodes[f.node].member
	if f.typ.Kind != KindResource && f.seen == id && f.siblings == 0 && !m.sibling {
		r.report(f.node, CodeInvariant, words)
	}
	if f.siblings&^f.seen == 0 {
		return
	}
	for j := f.node + 1; j < r.nodes[f.node].next; j = r.nodes[j].next {
		n := &r.nodes[j]
		if n.member.sibling && f.seen&n.member.bit == 0 && n.kind == object && r.child(j, "extension") < 0 {
			r.report(j, CodeInvariant, words)
		}
	}
}

// mixed refuses extensions of one type of a choice beside a value of another: they
// would be a second value. Both are the elements that have a value and extensions.
//
// Source: FHIR R4, formats.html#choice
func (r *reader) mixed(f *frame, both uint64) {
	for j := f.node + 1; j < r.nodes[f.node].next; j = r.nodes[j].next {
		m := r.nodes[j].member
		if m.sibling && m.element.Choice && both&m.bit != 0 && r.child(f.node, m.path()) < 0 {
			r.report(j, CodeStructure, fmt.Sprintf("%s[x] has a value of another type; extensions of %s do not belong to it.", m.element.Name, m.path()))
		}
	}
}

// pair checks that each place in an array of primitives has a value or an
// extension.
//
// Source: FHIR R4, json.html, 2.6.2.3
func (r *reader) pair(i int32) {
	for j := i + 1; j < r.nodes[i].next; j = r.nodes[j].next {
		m := r.nodes[j].member
		switch {
		case r.nodes[j].kind != array:
		case !m.sibling:
			r.places(j, r.child(i, "_"+m.name))
		case r.child(i, m.name[1:]) < 0:
			r.places(-1, j)
		}
	}
}

// places walks an array of values and that of their extensions side by side;
// -1 stands for an array that is not there.
func (r *reader) places(values, extensions int32) {
	v, vEnd := r.inside(values)
	x, xEnd := r.inside(extensions)
	for n := 0; v < vEnd || x < xEnd; n++ {
		valued, extended := false, false
		if v < vEnd {
			valued = r.nodes[v].kind != null
			v = r.nodes[v].next
		}
		if x < xEnd {
			extended = r.nodes[x].kind != null && (valued || r.child(x, "extension") >= 0)
			x = r.nodes[x].next
		}
		if !valued && !extended {
			r.issue(CodeStructure, fmt.Sprintf("%s[%d]", r.where(max(values, extensions), ""), n),
				"Neither a value nor an extension fills this place of the array.")
		}
	}
}

// inside gives the first node of an array and the one after its last.
func (r *reader) inside(i int32) (first, end int32) {
	if i < 0 || r.nodes[i].kind != array {
		return 0, 0
	}
	return i + 1, r.nodes[i].next
}

// extension wants a value or extensions, not both.
//
// Source: FHIR R4, extensibility.html, ext-1
func (r *reader) extension(i int32) {
	valued, nested := false, false
	for j := i + 1; j < r.nodes[i].next; j = r.nodes[j].next {
		switch r.nodes[j].member.element.Name {
		case "value":
			valued = true
		case "extension":
			nested = true
		}
	}
	if valued == nested {
		r.report(i, CodeInvariant, "An extension has either a value or extensions of its own, one of them and not both (ext-1).")
	}
	if url := r.child(i, "url"); url >= 0 && !r.insideExtension(i) && !isAbsolute(string(r.content(url))) {
		r.report(url, CodeValue, "The url of an extension is an absolute URI, which names its definition; only an extension inside another has a plain name.")
	}
}

// insideExtension reports whether an extension is a part of another.
func (r *reader) insideExtension(i int32) bool {
	parent := r.nodes[i].parent
	if parent >= 0 && r.nodes[parent].kind == array {
		parent = r.nodes[parent].parent
	}
	return parent >= 0 && r4().types[r.nodes[parent].typ].Name == "Extension"
}

// concept checks a CodeableConcept that is bound to a required value set.
//
// Source: FHIR R4, terminologies.html#required
func (r *reader) concept(i int32) {
	set := r.nodes[i].member.element.codes
	if set == nil {
		return
	}
	coding := r.child(i, "coding")
	c, end := r.inside(coding)
	for ; c < end; c = r.nodes[c].next {
		system, code := r.text(c, "system"), r.child(c, "code")
		if string(system) == set.system && set.has(r.content(code)) {
			return
		}
		if string(system) == set.system && code >= 0 {
			r.report(code, CodeCodeInvalid, codeWords(r.content(code), set))
			return
		}
	}
	if coding < 0 && r.child(i, "extension") >= 0 {
		return // the code is said to be absent
	}
	r.report(i, CodeCodeInvalid, fmt.Sprintf("One coding must be of system %s; its code is one of %s.", set.system, strings.Join(set.codes, ", ")))
}
