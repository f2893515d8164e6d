package store

import (
	"slices"
	"strings"
)

// Match is one condition of a Query: among the resource's terms of Param there must be one that is one of Values, or begins with one of Prefixes,
// or lies in one of Ranges, or passes one of Tests; with Not, there may be none. A Match with none of the four asks for the presence (or with
// Not the absence) of any value.
//
// With Or, a term of one of those params does as well as one of Param.
//
// A search may run along values, prefixes and ranges of a param that is in the index. Loose says that Param's terms are loose: without it, terms
// that are loose need not be seen.
type Match struct {
	Param    string
	Or       []string
	Values   []string
	Prefixes []string
	Ranges   []Range
	Tests    []Test
	Not      bool
	Loose    bool
}

// Range is a half-open range of text, by its bytes: From <= value, and value < To. To "" has no end.
type Range struct{ From, To string }

// Test is asked of the text of a value. Op "contains" holds where Lo is part of it. The others are asked of a value that is a span, "lead|from,to"
// or "from,to": what stands before the last bar must be Lead, and from and to are compared with Lo and Hi as text.
//
//	eq  Lo <= from and to <= Hi     ne  not eq
//	lt  from < Lo                   le  lt or eq
//	gt  to > Hi                     ge  gt or eq
//	sa  from >= Hi                  eb  to <= Lo
//	ap  from < Hi and to > Lo
//
// Source: FHIR R4, search.html, Prefixes
type Test struct{ Op, Lead, Lo, Hi string }

// Holds reports whether the condition holds for a resource with these terms.
func (m *Match) Holds(terms []Term) bool {
	about := func(param string) bool { return param == m.Param || slices.Contains(m.Or, param) }
	return slices.ContainsFunc(terms, func(t Term) bool { return about(t.Param) && m.Fits(t.Value) }) != m.Not
}

// Fits reports whether one value is what the condition asks for, whatever Not says.
func (m *Match) Fits(value string) bool {
	if len(m.Values)+len(m.Prefixes)+len(m.Ranges)+len(m.Tests) == 0 {
		return true
	}
	return slices.Contains(m.Values, value) ||
		slices.ContainsFunc(m.Prefixes, func(p string) bool { return strings.HasPrefix(value, p) }) ||
		slices.ContainsFunc(m.Ranges, func(r Range) bool { return r.From <= value && (r.To == "" || value < r.To) }) ||
		slices.ContainsFunc(m.Tests, func(t Test) bool { return t.passed(value) })
}

func (t Test) passed(value string) bool {
	if t.Op == "contains" {
		return strings.Contains(value, t.Lo)
	}
	lead, span := "", value
	if i := strings.LastIndexByte(value, '|'); i >= 0 {
		lead, span = value[:i], value[i+1:]
	}
	from, to, ok := strings.Cut(span, ",")
	if !ok || lead != t.Lead {
		return false
	}
	eq := t.Lo <= from && to <= t.Hi
	switch t.Op {
	case "eq":
		return eq
	case "ne":
		return !eq
	case "lt":
		return from < t.Lo
	case "le":
		return from < t.Lo || eq
	case "gt":
		return to > t.Hi
	case "ge":
		return to > t.Hi || eq
	case "sa":
		return from >= t.Hi
	case "eb":
		return to <= t.Lo
	case "ap":
		return from < t.Hi && to > t.Lo
	}
	return false
}
