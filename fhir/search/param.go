package search

import (
	"slices"
	"strings"
	"sync"
	"time"

	"warmhandoff/fhir"
)

// Kind says how the values of a parameter are written and compared.
//
// Source: FHIR R4, search.html, Search Parameter Types
type Kind string

// The kinds of parameters that we have.
const (
	Token     Kind = "token"
	Reference Kind = "reference"
	URI       Kind = "uri"
	Date      Kind = "date"
	String    Kind = "string"
	Number    Kind = "number"
	Quantity  Kind = "quantity"
)

// Param is one search parameter of one resource type. It is shared and must not be changed.
type Param struct {
	Name    string   // "owner"
	Kind    Kind     //
	URL     string   // its definition: "http://hl7.org/fhir/SearchParameter/Task-owner"
	Text    string   // what it is about, in words of the definition
	Terms   string   // Term.Param of its values: "Task.owner"; parameters that differ only in Only share one
	Only    string   // the one type of target that it is about; "" for all
	Targets []string // Reference: the types that may stand there; where any may, those of them that referrals are made of
	Loose   bool     // its terms are loose: it sorts out, and does not drive

	exact  string // String: Term.Param of the texts as they are written
	ofType string // Identifier: Term.Param of the values with the type in front
	paths  []path
	leaves form          // the forms of all elements that it is read from
	system string        // code: the one system that its codes come from; "" for several
	width  time.Duration // Date: no value is longer; 0: there is no telling
	single bool          // no resource has more than one value
	lacks  string        // the value where no path leads to one; "" for none
	shared bool          // another Param gives the terms
	any    bool          // Reference: any type may stand there, and Targets are some of them
}

// pair is a composite: the terms of two parameters of one type, as one. With void, resources that have no term of the first are in it too.
type pair struct {
	first, second, terms string
	void                 bool
}

// plan is all that is known of one type.
type plan struct {
	params []*Param // by name
	pairs  []pair
	root   node
	lacks  []*Param
}

func (p *plan) find(name string) *Param {
	i, ok := slices.BinarySearchFunc(p.params, name, func(q *Param, n string) int { return strings.Compare(q.Name, n) })
	if !ok {
		return nil
	}
	return p.params[i]
}

// Params gives the parameters of a type that can be searched, by name; those that are not kept as terms (_id, _lastUpdated) are left out. Type ""
// gives those that every type has. Safe for concurrent use; the slice must not be changed.
func Params(typ string) []*Param { return planOf(typ).params }

var plans = sync.OnceValue(func() map[string]func() *plan {
	all := map[string]func() *plan{}
	for _, typ := range append(fhir.ResourceTypes(), "") {
		all[typ] = sync.OnceValue(func() *plan { return newPlan(typ) })
	}
	return all
})

func planOf(typ string) *plan {
	if p := plans()[typ]; p != nil {
		return p()
	}
	return &plan{}
}

func newPlan(typ string) *plan {
	p := &plan{}
	drives := drivers(typ)
	for _, r := range append(r4().rows[""][:len(r4().rows[""]):len(r4().rows[""])], r4().rows[typ]...) {
		if typ == "" && slices.ContainsFunc(p.params, func(q *Param) bool { return q.Name == r.name }) {
			continue
		}
		q := newParam(typ, r)
		q.Loose = !slices.Contains(drives, r.name)
		p.params = append(p.params, q)
	}
	slices.SortFunc(p.params, func(a, b *Param) int { return strings.Compare(a.Name, b.Name) })
	p.share()
	for _, q := range p.params {
		if !q.shared {
			p.root.plant(q)
		}
		if q.lacks != "" {
			p.lacks = append(p.lacks, q)
		}
	}
	for _, c := range pairs {
		if c.typ == typ {
			p.pairs = append(p.pairs, pair{p.find(c.first).Terms, p.find(c.second).Terms, typ + "." + c.first + "+" + c.second, c.void})
		}
	}
	return p
}

func newParam(typ string, r row) *Param {
	q := &Param{Name: r.name, Kind: Kind(r.kind), URL: r.url, Text: r.text, Terms: typ + "." + r.name}
	q.exact, q.ofType = q.Terms+"=", q.Terms+":of-type"
	var targets []string
	for i, text := range strings.Fields(r.paths) {
		if lacks, ok := strings.CutPrefix(text, "="); ok {
			q.lacks = lacks
			continue
		}
		w := parsePath(text)
		q.paths = append(q.paths, w)
		q.leaves |= w.form
		if i == 0 {
			q.Only = w.only
		} else if q.Only != w.only {
			q.Only = ""
		}
		e, single := element(typ, w.steps)
		q.single = single && i == 0
		if e != nil {
			q.system = e.CodeSystem
			targets = append(targets, e.Targets...)
		}
		q.width = wider(i, q.width, w.form.width())
	}
	if q.Kind == Reference {
		q.Targets = q.targets(targets, strings.Fields(r.targets))
	}
	return q
}

// wider gives the greater of two widths, of which 0 is the greatest.
func wider(i int, a, b time.Duration) time.Duration {
	if i > 0 && (a == 0 || b == 0) {
		return 0
	}
	return max(a, b)
}

// targets gives the types that a bare id may name: those of the elements that the definition of the parameter names too.
func (q *Param) targets(elements, defined []string) []string {
	if q.Only != "" {
		return []string{q.Only}
	}
	both := elements
	if len(defined) > 0 && len(elements) > 0 {
		both = nil
		for _, t := range elements {
			if slices.Contains(defined, t) {
				both = append(both, t)
			}
		}
	}
	if len(both) == 0 {
		both = defined
	}
	if len(both) == 0 || len(both) > len(anyTarget) || slices.Contains(both, "Resource") {
		q.any = true
		return anyTarget
	}
	slices.Sort(both)
	return slices.Compact(both)
}

// share lets the reference parameters that are read from the same elements have the same terms. The one that is not narrowed to one type of target
// gives them; where all are narrowed, the first does.
func (p *plan) share() {
	owner := map[string]*Param{}
	for _, narrowed := range []bool{false, true} {
		for _, q := range p.params {
			if q.Kind != Reference || (q.Only != "") != narrowed {
				continue
			}
			o := owner[q.source()]
			if o == nil {
				owner[q.source()] = q
				continue
			}
			q.shared, q.Terms = true, o.Terms
			o.Loose = o.Loose && q.Loose
			if o.Only != "" {
				o.everything()
			}
		}
	}
	for _, q := range p.params {
		if q.shared {
			q.Loose = owner[q.source()].Loose
		}
	}
}

// source tells what elements a parameter is read from, whatever their targets.
func (q *Param) source() string {
	var all []string
	for _, w := range q.paths {
		all = append(all, strings.Join(w.steps, "."))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// everything makes a narrowed parameter give the terms of all targets, because others read theirs from them.
func (q *Param) everything() {
	for i := range q.paths {
		q.paths[i].only = ""
	}
}

// element finds the element at the end of a path of JSON names, and tells whether a resource has but one; nil in the plan of all types.
func element(typ string, steps []string) (found *fhir.Element, single bool) {
	single = true
	for _, s := range steps {
		s, _, _ = strings.Cut(s, "[")
		t, ok := fhir.LookupType(typ)
		if !ok {
			return nil, false
		}
		found = nil
		for i := range t.Elements {
			e := &t.Elements[i]
			for _, it := range e.Types {
				if !e.Choice && e.Name == s || e.Choice && e.Name+strings.ToUpper(it[:1])+it[1:] == s {
					found, typ = e, it
				}
			}
		}
		if found == nil {
			return nil, false
		}
		single = single && found.Max == 1
	}
	return found, single
}
