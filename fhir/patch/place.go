package patch

import (
	"fmt"
	"strings"

	"warmhandoff/fhir"
)

// place is one value in a resource: item index of the member name of an object, or the member itself where it is no list (index -1).
type place struct {
	up    *place // where the object stands; nil for the resource
	in    *node  // the object
	owner *fhir.Type
	e     *fhir.Element
	name  string // as in JSON: "valueString"
	typ   string // of the value
	index int
}

// value gives the JSON at a place; nil where only an extension stands.
func (p *place) value() *node {
	v := p.in.member(p.name)
	if p.index < 0 || v == nil || v.kind != '[' {
		return v
	}
	if p.index < len(v.kids) {
		return v.kids[p.index]
	}
	return nil
}

// root is the resource itself.
func root(n *node) place {
	return place{in: &node{kind: '{', names: []string{""}, kids: []*node{n}}, typ: n.member("resourceType").text(), index: -1}
}

// errTooFar says that paths look at too many elements.
var errTooFar = fmt.Errorf("the paths of this patch look at more than %d elements: name places by their number, or send it in parts", MaxPlaces)

// finder follows paths, and counts what it looks at.
type finder struct{ looked int }

func (f *finder) look(n int) error {
	if f.looked += n; f.looked > MaxPlaces {
		return errTooFar
	}
	return nil
}

// find gives every place that a path leads to.
func (f *finder) find(resource *node, path string) ([]place, error) {
	typ, steps, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	at := []place{root(resource)}
	if typ != at[0].typ && typ != "Resource" && typ != "DomainResource" {
		return nil, fmt.Errorf("the path is about a %s, and this is a %s", clipped(typ), at[0].typ)
	}
	for i := range steps {
		if at, err = f.follow(at, &steps[i]); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// follow goes one step down from each place.
func (f *finder) follow(from []place, s *step) ([]place, error) {
	var all []place
	filters, only := s.filters, every
	if len(from) == 1 && len(filters) > 0 && filters[0].index >= 0 {
		filters, only = filters[1:], filters[0].index // the others of a long list need not be listed
	}
	for i := range from {
		found, err := from[i].down(s.name, only)
		if err == nil {
			err = f.look(1 + len(found))
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for i := range filters {
		var err error
		if all, err = f.keep(&filters[i], all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// object gives the object at a place and its type; of a primitive the one beside it that has its id and extensions, as an Element. Nil where there is none.
func (p *place) object() (*node, *fhir.Type) {
	typ := p.typ
	n := p.value()
	if t, ok := fhir.LookupType(typ); ok && t.Kind == fhir.KindPrimitive {
		n, typ = (&place{in: p.in, name: "_" + p.name, index: p.index}).value(), "Element"
	}
	if typ == "Resource" {
		typ = n.member("resourceType").text()
	}
	owner, _ := fhir.LookupType(typ)
	if n == nil || n.kind != '{' {
		return nil, owner
	}
	return n, owner
}

// every stands for a place in a list where all are meant.
const every = -1

// down gives the places of one element of the object at a place, or only one of them, counted from 0.
func (p *place) down(name string, only int) ([]place, error) {
	n, owner := p.object()
	if n == nil || owner == nil {
		return nil, nil
	}
	e, ok := owner.Element(name)
	if !ok {
		return nil, fmt.Errorf("%s has no element %s", owner.Name, clipped(name))
	}
	var list []place
	for _, t := range e.Types {
		at := place{up: p, in: n, owner: owner, e: e, name: jsonName(e, t), typ: t, index: -1}
		first, end := 0, at.count()
		if only != every {
			first, end = only, min(end, only+1)
		}
		for i := first; i < end; i++ {
			one := at
			if e.Max != 1 {
				one.index = i
			}
			list = append(list, one)
		}
		if !e.Choice {
			break
		}
	}
	return list, nil
}

// count says how many values stand in a member, those that are extensions alone among them.
func (p *place) count() int {
	n := 0
	for _, m := range []*node{p.in.member(p.name), p.in.member("_" + p.name)} {
		switch {
		case m == nil:
		case m.kind == '[' && p.e.Max != 1:
			n = max(n, len(m.kids))
		default:
			n = max(n, 1)
		}
	}
	return n
}

func jsonName(e *fhir.Element, typ string) string {
	if !e.Choice {
		return e.Name
	}
	return e.Name + strings.ToUpper(typ[:1]) + typ[1:]
}

// keep gives those of a list that pass the filter.
func (f *finder) keep(by *filter, all []place) ([]place, error) {
	switch {
	case by.index >= 0 && by.index < len(all):
		return all[by.index : by.index+1], nil
	case by.index == last && len(all) > 0:
		return all[len(all)-1:], nil
	case by.index != byValue && by.index != byType:
		return nil, nil
	}
	var list []place
	for i := range all {
		holds, err := f.holds(by, &all[i])
		if err != nil {
			return nil, err
		}
		if holds {
			list = append(list, all[i])
		}
	}
	return list, nil
}

// holds reports whether a place is of the type, or an element below it has the value.
func (f *finder) holds(by *filter, p *place) (bool, error) {
	if by.index == byType {
		return p.typ == by.value, f.look(1)
	}
	at := []place{*p}
	for _, name := range by.path {
		var err error
		if at, err = f.follow(at, &step{name: name}); err != nil {
			return false, err
		}
	}
	for i := range at {
		v := at[i].value()
		if v != nil && v.kind == 'v' && (string(v.raw) == by.value || v.text() == by.value) {
			return true, nil
		}
	}
	return false, nil
}
