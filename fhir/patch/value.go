package patch

import (
	"slices"

	"warmhandoff/fhir"
)

// made is a value as it is to stand in a resource: its JSON, and what stands beside it under the name with the underscore.
type made struct {
	value, sibling *node
}

// made makes the value of an operation for a place: a value[x], a resource, or parts that are the elements of a backbone.
func (o *operation) made(p *place) (*made, []fhir.Issue) {
	m, ok := fromParameter(o.value, p.typ, 0)
	if !ok {
		return nil, o.refuse(fhir.CodeInvalid, "The value does not fit: it needs a value[x], a resource, or parts named for the elements of %s.", p.typ)
	}
	return m, nil
}

// fromParameter makes the value of a parameter for an element of a type.
func fromParameter(v fhir.Value, typ string, depth int) (*made, bool) {
	if r := v.Get("resource"); r.Exists() {
		n, err := parse(r.Raw())
		return &made{value: n}, err == nil
	}
	m := &made{}
	for name, member := range v.Members() {
		n, err := parse(member.Raw())
		switch {
		case err != nil:
			return nil, false
		case len(name) > 6 && name[:6] == "_value":
			m.sibling = n
		case len(name) > 5 && name[:5] == "value":
			m.value = n
		}
	}
	if m.value != nil || m.sibling != nil {
		return m, true
	}
	if !v.Get("part").Exists() || depth > 8 {
		return nil, false
	}
	object, ok := fromParts(v, typ, depth)
	return &made{value: object}, ok
}

// fromParts makes an object of parts that are named for its elements.
func fromParts(v fhir.Value, typ string, depth int) (*node, bool) {
	owner, ok := fhir.LookupType(typ)
	if !ok {
		return nil, false
	}
	object := &node{kind: '{'}
	for part := range v.Get("part").All() {
		e, ok := owner.Element(part.Get("name").Text())
		if !ok {
			return nil, false
		}
		t := e.Types[0]
		if _, value := part.Choice("value"); e.Choice {
			if t = value.Type(); !slices.Contains(e.Types, t) {
				return nil, false
			}
		}
		m, ok := fromParameter(part, t, depth+1)
		if !ok {
			return nil, false
		}
		at := place{in: object, owner: owner, e: e, name: jsonName(e, t), typ: t, index: -1}
		if e.Max == 1 {
			m.put(&at)
			continue
		}
		at.index = at.count()
		m.insert(&at)
	}
	return object, true
}

// put writes the value at a place, in the stead of what stands there.
func (m *made) put(p *place) {
	if p.index < 0 {
		p.in.set(p.name, m.value)
		p.in.set("_"+p.name, m.sibling)
		return
	}
	n := p.count()
	for _, side := range m.sides(p) {
		list := p.in.member(side.name)
		if list == nil && side.v == nil {
			continue
		}
		if list == nil {
			list = &node{kind: '['}
			p.in.set(side.name, list)
		}
		list.pad(n)
		list.kids[p.index] = orNull(side.v)
	}
	p.tidy()
}

// insert writes the value into a list before the place.
func (m *made) insert(p *place) {
	n := p.count()
	for _, side := range m.sides(p) {
		list := p.in.member(side.name)
		if list == nil && side.v == nil {
			continue
		}
		if list == nil {
			list = &node{kind: '['}
			p.in.set(side.name, list)
		}
		list.pad(n)
		list.kids = slices.Insert(list.kids, p.index, orNull(side.v))
	}
	p.tidy()
}

type side struct {
	name string
	v    *node
}

func (m *made) sides(p *place) []side {
	return []side{{p.name, m.value}, {"_" + p.name, m.sibling}}
}

func orNull(n *node) *node {
	if n == nil {
		return nullNode()
	}
	return n
}

// pad fills a list with nulls up to n items, so that it stands beside the other of its pair.
func (n *node) pad(items int) {
	for n.kind == '[' && len(n.kids) < items {
		n.kids = append(n.kids, nullNode())
	}
}

// drop takes the value at a place away.
func (p *place) drop() {
	for _, name := range []string{p.name, "_" + p.name} {
		v := p.in.member(name)
		switch {
		case v == nil:
		case p.index < 0 || v.kind != '[':
			p.in.set(name, nil)
		case p.index < len(v.kids):
			v.kids = slices.Delete(v.kids, p.index, p.index+1)
		}
	}
	p.tidy()
}

// prune takes the object at a place away where nothing is left in it, and then what holds nothing but that: FHIR knows no empty elements. In a list that
// stands beside one of primitives the others keep their places.
//
// Source: FHIR R4, json.html#null (an object has at least one member)
func (p *place) prune() {
	for ; p.up != nil && p.up.e != nil && p.in.empty(); p = p.up {
		for _, name := range []string{p.up.name, "_" + p.up.name} {
			v := p.up.in.member(name)
			switch {
			case v == nil:
				continue
			case v == p.in:
				p.up.in.set(name, nil)
				continue
			case v.kind != '[' || p.up.index >= len(v.kids) || v.kids[p.up.index] != p.in:
				continue
			case name[0] == '_':
				v.kids[p.up.index] = nullNode()
			default:
				v.kids = slices.Delete(v.kids, p.up.index, p.up.index+1)
			}
			if v.empty() {
				p.up.in.set(name, nil)
			}
		}
	}
}

// tidy takes lists away that hold nothing, and nulls from the end of a pair.
func (p *place) tidy() {
	if p.e == nil || p.e.Max == 1 {
		return
	}
	for _, name := range []string{p.name, "_" + p.name} {
		if v := p.in.member(name); v != nil && v.kind == '[' && v.empty() {
			p.in.set(name, nil)
		}
	}
}

// beside gives the object with id and extensions of a primitive, and makes it where there is none.
func (p *place) beside() *node {
	made := &node{kind: '{'}
	sibling := &place{in: p.in, e: p.e, name: "_" + p.name, typ: "Element", index: p.index}
	if p.index < 0 {
		p.in.set(sibling.name, made)
		return made
	}
	list := p.in.member(sibling.name)
	if list == nil {
		list = &node{kind: '['}
		p.in.set(sibling.name, list)
	}
	list.pad(p.count())
	list.kids[p.index] = made
	return made
}

// rename gives a choice another type's name, where it stands.
func (p *place) rename(name string) {
	p.in.set("_"+p.name, nil)
	if i := p.in.at(p.name); i >= 0 {
		p.in.names[i] = name
	}
	p.name = name
}
