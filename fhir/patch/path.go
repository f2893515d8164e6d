package patch

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"warmhandoff/fhir"
)

// step is one step of a path: a name, and what narrows down what it finds.
type step struct {
	name    string
	filters []filter
}

// filter narrows down a list: to one place, to the last, or to items whose element has a value.
type filter struct {
	index int      // at least 0: this place; -1: the last; -2: by value
	path  []string // of the element that is compared
	value string
}

const (
	last    = -1
	byValue = -2
)

// parsePath reads the simple paths that FHIRPath Patch uses: Type.name.name[0], .first(), .last(), .where(a.b = 'x' and c = 'y'), .extension('url').
//
// Source: FHIR R4, fhirpatch.html: paths are simple
func parsePath(s string) (typ string, steps []step, err error) {
	p := pathParser{rest: strings.TrimSpace(s)}
	typ = p.name()
	if typ == "" {
		return "", nil, fmt.Errorf("a path begins with the type of the resource, as in Task.status")
	}
	for p.rest != "" && p.err == nil {
		steps = p.step(steps)
	}
	return typ, steps, p.err
}

type pathParser struct {
	rest string
	err  error
}

func (p *pathParser) fail(words string) { p.err = fmt.Errorf("%s", words) }

func (p *pathParser) take(what string) bool {
	p.rest = strings.TrimLeft(p.rest, " ")
	rest, ok := strings.CutPrefix(p.rest, what)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *pathParser) name() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	n := strings.IndexFunc(p.rest, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if n < 0 {
		n = len(p.rest)
	}
	name := p.rest[:n]
	p.rest = p.rest[n:]
	return name
}

// step reads one step, or a filter of the step before.
func (p *pathParser) step(steps []step) []step {
	if p.take("[") {
		return p.filter(steps, p.index())
	}
	if !p.take(".") {
		p.fail("only names, [places], first(), last(), where(…), extension('…') and ofType(…) are understood in a path")
		return steps
	}
	name := p.name()
	if !p.take("(") {
		if name == "" {
			p.fail("a name is missing in the path")
		}
		return append(steps, step{name: name})
	}
	switch name {
	case "first":
		p.expect(")")
		return p.filter(steps, []filter{{index: 0}})
	case "last":
		p.expect(")")
		return p.filter(steps, []filter{{index: last}})
	case "where":
		return p.filter(steps, p.conditions())
	case "extension":
		url := p.literal()
		p.expect(")")
		return append(steps, step{name: "extension", filters: []filter{{index: byValue, path: []string{"url"}, value: url}}})
	case "ofType":
		p.name()
		p.expect(")")
		return steps // a choice has one value at most
	}
	p.fail("the function " + strconv.Quote(name) + " is not understood in a path")
	return steps
}

func (p *pathParser) filter(steps []step, f []filter) []step {
	if len(steps) == 0 {
		p.fail("a path narrows down an element, not the resource")
		return steps
	}
	at := &steps[len(steps)-1]
	at.filters = append(at.filters, f...)
	return steps
}

func (p *pathParser) index() []filter {
	n, err := strconv.Atoi(p.name())
	if err != nil || n < 0 {
		p.fail("between brackets stands a place, counted from 0")
	}
	p.expect("]")
	return []filter{{index: n}}
}

func (p *pathParser) conditions() []filter {
	var list []filter
	for p.err == nil {
		f := filter{index: byValue, path: []string{p.name()}}
		for p.take(".") {
			f.path = append(f.path, p.name())
		}
		p.expect("=")
		f.value = p.literal()
		list = append(list, f)
		if !p.take("and ") {
			break
		}
	}
	p.expect(")")
	return list
}

func (p *pathParser) expect(what string) {
	if p.err == nil && !p.take(what) {
		p.fail(what + " is missing in the path")
	}
}

// literal reads 'text', true, false or a number.
func (p *pathParser) literal() string {
	if !p.take("'") {
		if v := p.name(); v != "" {
			return v
		}
		p.fail("a value between single quotes is missing in the path")
		return ""
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\'':
			p.rest = p.rest[i+1:]
			return b.String()
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	p.fail("a quote is not closed in the path")
	return ""
}

// place is one value in a resource: item index of the member name of an object, or the member itself where it is no list (index -1).
type place struct {
	in    *node // the object
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

// find gives every place that a path leads to.
func find(resource *node, path string) ([]place, error) {
	typ, steps, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	at := []place{root(resource)}
	if typ != at[0].typ && typ != "Resource" && typ != "DomainResource" {
		return nil, fmt.Errorf("the path is about a %s, and this is a %s", shortName(typ), at[0].typ)
	}
	for i := range steps {
		if at, err = follow(at, &steps[i]); err != nil {
			return nil, err
		}
	}
	return at, nil
}

// shortName keeps a long word out of an answer.
func shortName(s string) string {
	if len(s) > 40 {
		return "type that is not known"
	}
	return s
}

// follow goes one step down from each place.
func follow(from []place, s *step) ([]place, error) {
	var all []place
	for i := range from {
		found, err := from[i].down(s.name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for i := range s.filters {
		all = s.filters[i].keep(all)
	}
	return all, nil
}

// down gives the places of one element of the object at a place.
func (p *place) down(name string) ([]place, error) {
	n := p.value()
	if n == nil || n.kind != '{' {
		return nil, nil
	}
	typ := p.typ
	if typ == "Resource" {
		typ = n.member("resourceType").text()
	}
	owner, ok := fhir.LookupType(typ)
	if !ok {
		return nil, fmt.Errorf("%s has no elements", typ)
	}
	e, ok := owner.Element(name)
	if !ok {
		return nil, fmt.Errorf("%s has no element %s", typ, shortName(name))
	}
	var list []place
	for _, t := range e.Types {
		at := place{in: n, owner: owner, e: e, name: jsonName(e, t), typ: t, index: -1}
		for i := range at.count() {
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
func (f *filter) keep(all []place) []place {
	switch {
	case f.index >= 0 && f.index < len(all):
		return all[f.index : f.index+1]
	case f.index == last && len(all) > 0:
		return all[len(all)-1:]
	case f.index != byValue:
		return nil
	}
	var list []place
	for _, p := range all {
		if f.holds(&p) {
			list = append(list, p)
		}
	}
	return list
}

// holds reports whether an element below a place has the value.
func (f *filter) holds(p *place) bool {
	at := []place{*p}
	for _, name := range f.path {
		var err error
		if at, err = follow(at, &step{name: name}); err != nil {
			return false
		}
	}
	for i := range at {
		v := at[i].value()
		if v != nil && v.kind == 'v' && (v.text() == f.value || string(v.raw) == f.value) {
			return true
		}
	}
	return false
}
