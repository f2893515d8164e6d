package fhir

import "bytes"

// container checks what a resource contains, once it is read to its end: each has an id of its own, and whatever is named inside is there. A # alone
// means the resource itself. What is named is of a type that the element allows.
//
// Source: FHIR R4, references.html#contained, ref-1; local, contained resources without or with equal ids
func (r *reader) container(i int32) {
	var ids contents
	for c, end := r.inside(r.child(i, "contained")); c < end; c = r.nodes[c].next {
		id := r.text(c, "id")
		switch {
		case len(id) == 0:
			r.issue(CodeRequired, r.where(c, "id"), "A contained resource must have an id: nothing else names it.")
		case ids.typeOf(id) != nil:
			r.issue(CodeDuplicate, r.where(c, "id"), "Another contained resource has this id already.")
		}
		ids.add(id, r4().types[r.nodes[c].typ])
	}
	first := len(r.local)
	for first > 0 && r.local[first-1] > i {
		first--
	}
	for _, j := range r.local[first:] {
		name := r.content(j)[1:]
		if len(name) == 0 {
			continue
		}
		typ, reference := ids.typeOf(name), r.nodes[j].parent
		if typ == nil {
			r.report(j, CodeInvariant, "Nothing of this id is contained here (ref-1).")
			continue
		}
		r.target(reference, "reference", typ.Name, r.nodes[reference].member.element.Targets)
	}
	r.local = r.local[:first]
}

// contents are the types of contained resources by id: in a list while they are few, as they nearly always are.
type contents struct {
	list []content
	byID map[string]*Type
}

type content struct {
	id  []byte
	typ *Type
}

// fewContents are found faster in a list than in a map.
const fewContents = 16

func (c *contents) add(id []byte, typ *Type) {
	c.list = append(c.list, content{id, typ})
	switch {
	case len(c.list) <= fewContents:
		return
	case c.byID == nil:
		c.byID = map[string]*Type{}
		for _, one := range c.list {
			c.byID[string(one.id)] = one.typ
		}
	}
	c.byID[string(id)] = typ
}

// typeOf gives the type of the one of that id, nil where there is none.
func (c *contents) typeOf(id []byte) *Type {
	if c.byID != nil {
		return c.byID[string(id)]
	}
	for _, one := range c.list {
		if bytes.Equal(one.id, id) {
			return one.typ
		}
	}
	return nil
}
