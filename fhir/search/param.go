package search

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"warmhandoff/fhir"
)

// Kind says how the values of a parameter are written and compared.
//
// Source: FHIR R4, search.html, Search Parameter Types
type Kind string

// The kinds that are indexed.
const (
	Token     Kind = "token"
	Reference Kind = "reference"
	URI       Kind = "uri"
)

// Param is one search parameter of one resource type. It is shared and must not be changed.
type Param struct {
	Name    string   // "owner"
	Kind    Kind     //
	Path    string   // below the resource: "participant.actor"
	Terms   string   // Term.Param of its values: "Task.owner"; parameters that differ only in Only share one
	Only    string   // the one type of target that it is about; "" for all
	Targets []string // Reference: the types that a bare id may name

	steps  []string
	leaf   string // type of the element at the end of Path: "CodeableConcept", "code", …
	system string // code: the one system that its codes come from; "" for several
	shared bool   // another Param gives the terms
}

// pair is a composite: the terms of two parameters of one type, as one.
type pair struct{ first, second, terms string }

// plan is all that is known of one type.
type plan struct {
	params []*Param // by name
	pairs  []pair
}

func (p *plan) find(name string) *Param {
	i, ok := slices.BinarySearchFunc(p.params, name, func(q *Param, n string) int { return strings.Compare(q.Name, n) })
	if !ok {
		return nil
	}
	return p.params[i]
}

// Params gives the parameters of a type that can be searched, by name; those that are not indexed as terms (_id, _lastUpdated) are left out.
// A type that the table does not name has only the common ones. Safe for concurrent use; the slice must not be changed.
func Params(typ string) []*Param { return planOf(typ).params }

var plans = sync.OnceValue(func() map[string]*plan {
	all := map[string]*plan{}
	for _, t := range fhir.ResourceTypes() {
		p := &plan{}
		for _, r := range common {
			p.add(t, r)
		}
		all[t] = p
	}
	for _, r := range rows {
		for t := range strings.FieldsSeq(r.types) {
			all[t].add(t, r)
		}
	}
	for _, c := range pairs {
		p := all[c.typ]
		p.pairs = append(p.pairs, pair{c.typ + "." + c.first, c.typ + "." + c.second, c.typ + "." + c.first + "+" + c.second})
	}
	return all
})

func planOf(typ string) *plan {
	if p := plans()[typ]; p != nil {
		return p
	}
	return &plan{}
}

// add compiles a row. The row that is not narrowed to one target owns the terms; where all are narrowed, the first does.
func (p *plan) add(typ string, r row) {
	n := &Param{Name: r.name, Kind: r.kind, Path: r.path, Only: r.only, Terms: typ + "." + r.name, steps: strings.Split(r.path, ".")}
	e := element(typ, n.steps)
	n.leaf, n.system = e.Types[0], e.CodeSystem
	if n.Kind == Reference {
		n.Targets = targets(e, r.only)
	}
	for _, q := range p.params {
		if q.Path != n.Path || q.Kind != Reference {
			continue
		}
		switch {
		case n.Only == "" && !q.shared:
			q.shared, q.Terms = true, n.Terms
		case n.Only == "":
			q.Terms = n.Terms
		default:
			n.shared, n.Terms = true, q.Terms
		}
	}
	i, _ := slices.BinarySearchFunc(p.params, n.Name, func(q *Param, name string) int { return strings.Compare(q.Name, name) })
	p.params = slices.Insert(p.params, i, n)
}

func targets(e *fhir.Element, only string) []string {
	switch {
	case only != "":
		return []string{only}
	case len(e.Targets) == 0 || slices.Contains(e.Targets, "Resource"):
		return anyTarget
	}
	return e.Targets
}

// element finds the element at the end of a path. A path that the table does not have is a mistake in rows, which a test would find.
func element(typ string, steps []string) *fhir.Element {
	for i, s := range steps {
		t, ok := fhir.LookupType(typ)
		if !ok {
			break
		}
		e, ok := t.Element(s)
		if !ok {
			break
		}
		if i == len(steps)-1 {
			return e
		}
		typ = e.Types[0]
	}
	panic(fmt.Sprintf("search: no element %s in %s", strings.Join(steps, "."), typ))
}
