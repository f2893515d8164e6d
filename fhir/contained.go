package fhir

import (
	"bytes"
	"slices"
)

// container checks what a resource contains, once it is read to its end: each has an id of its own, and whatever is named inside is there. A # alone
// means the resource itself.
//
// Source: FHIR R4, references.html#contained, ref-1; local, contained resources without or with equal ids
func (r *reader) container(i int32) {
	c, end := r.inside(r.child(i, "contained"))
	var ids [][]byte
	has := func(id []byte) bool {
		return slices.ContainsFunc(ids, func(one []byte) bool { return bytes.Equal(one, id) })
	}
	for ; c < end; c = r.nodes[c].next {
		id := r.text(c, "id")
		switch {
		case len(id) == 0:
			r.issue(CodeRequired, r.where(c, "id"), "A contained resource must have an id: nothing else names it.")
		case has(id):
			r.issue(CodeDuplicate, r.where(c, "id"), "Another contained resource has this id already.")
		}
		ids = append(ids, id)
	}
	first := len(r.local)
	for first > 0 && r.local[first-1] > i {
		first--
	}
	for _, j := range r.local[first:] {
		if name := r.content(j)[1:]; len(name) > 0 && !has(name) {
			r.report(j, CodeInvariant, "Nothing of this id is contained here (ref-1).")
		}
	}
	r.local = r.local[:first]
}
