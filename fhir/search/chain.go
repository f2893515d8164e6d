package search

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// maxDepth is how many steps a search may go from resource to resource.
const maxDepth = 2

// chain adds a condition on what a reference names: "owner:Organization" and "identifier". Without a type it is asked of every type that the
// reference may name and that knows the parameter.
//
// Source: FHIR R4, search.html, Chained parameters
func (p *parser) chain(head, rest, v string) (known bool, err *fhir.Issue) {
	name, typ, typed := strings.Cut(head, ":")
	param := p.plan.find(name)
	if param == nil || param.leaves&aReference == 0 || typed && !fhir.IsResourceType(typ) {
		return false, nil
	}
	types := param.Targets
	if typed {
		types = []string{typ}
	} else if param.any {
		p.partly("%s may name any type of resource, and %s.%s was asked of %s alone; write %s:Type.%s", name, name, rest, strings.Join(types, ", "), name, rest)
	}
	c := Chain{Param: param.Terms, Loose: param.Loose}
	for _, t := range types {
		q, knows, no := p.inside(t, rest, v)
		switch {
		case no != nil && err == nil:
			err = no
		case no == nil && knows:
			c.Queries = append(c.Queries, q)
		}
	}
	if len(c.Queries) == 0 {
		return err != nil, err
	}
	p.query.Chains = append(p.query.Chains, c)
	return true, nil
}

// has adds a condition on what names this resource: "_has:Task:focus:status".
//
// Source: FHIR R4, search.html, Reverse Chaining
func (p *parser) has(name, v string) (known bool, err *fhir.Issue) {
	parts := strings.SplitN(name, ":", 4)
	if len(parts) < 4 || p.query.Type == "" {
		return false, nil
	}
	param := planOf(parts[1]).find(parts[2])
	if param == nil || param.leaves&aReference == 0 || param.Only != "" && param.Only != p.query.Type {
		return false, nil
	}
	q, known, err := p.inside(parts[1], parts[3], v)
	if err == nil && known {
		p.query.Has = append(p.query.Has, Has{Type: parts[1], Param: param.Terms, Query: q, Loose: param.Loose})
	}
	return known, err
}

// inside reads one condition of a search on another type.
func (p *parser) inside(typ, name, v string) (q *Query, known bool, err *fhir.Issue) {
	if p.depth == maxDepth {
		return nil, true, failed(fhir.CodeTooCostly, "A search may go at most %d steps from resource to resource; search for the far end first, and then with its ids", maxDepth)
	}
	in := parser{opt: p.opt, plan: planOf(typ), query: Query{Type: typ}, depth: p.depth + 1}
	known, err = in.filter(name, v)
	if !known || err != nil {
		return nil, known, err
	}
	in.finish()
	for _, i := range in.issues { // each of several types has the same to say
		if !slices.Contains(p.issues, i) {
			p.issues = append(p.issues, i)
		}
	}
	return &in.query, true, nil
}

// include reads _include and _revinclude: "Task:focus", "Task:focus:ServiceRequest", "Task:*", "*".
//
// Source: FHIR R4, search.html, Including other resources in result
type include struct{ reverse, iterate bool }

func (in include) parse(p *parser, values []string) *fhir.Issue {
	for _, v := range values {
		i, ok := in.one(v)
		if !ok {
			if err := p.ignored(p.asked + " must be Type:parameter, Type:parameter:Target or Type:*, where parameter is a reference parameter of Type" + in.all()); err != nil {
				return err
			}
			continue
		}
		if !slices.Contains(p.query.Includes, i) {
			p.query.Includes = append(p.query.Includes, i)
		}
		p.query.Self.Add(p.asked, v)
	}
	if len(p.query.Includes) > maxMatches {
		return failed(fhir.CodeTooCostly, "A search may have at most %d includes", maxMatches)
	}
	return nil
}

// all says what else may be written.
func (in include) all() string {
	if in.reverse {
		return ""
	}
	return "; or *"
}

func (in include) one(v string) (Include, bool) {
	i := Include{Reverse: in.reverse, Iterate: in.iterate, Loose: true}
	parts := strings.Split(v, ":")
	if v == "*" && !in.reverse {
		i.Type, i.Param = "*", "*"
		return i, true
	}
	if len(parts) < 2 || len(parts) > 3 || !fhir.IsResourceType(parts[0]) {
		return i, false
	}
	i.Type = parts[0]
	if len(parts) == 3 {
		if i.Target = parts[2]; i.Target != "" && !fhir.IsResourceType(i.Target) {
			return i, false
		}
	}
	if parts[1] == "*" {
		i.Param = "*"
		return i, true
	}
	q := planOf(i.Type).find(parts[1])
	if q == nil || q.Kind != Reference {
		return i, false
	}
	i.Param, i.Loose = q.Terms, q.Loose
	if q.Only != "" && i.Target == "" {
		i.Target = q.Only
	}
	return i, true
}
