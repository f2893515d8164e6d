package search

import (
	"net/url"
	"time"
)

// Query is a search as it was understood. Type, IDs, All, Chains and Has pick resources, and all must hold; the rest shapes the answer.
type Query struct {
	Type      string     // "" searches several types at once: see Types
	Types     []string   // Type "": the types that are searched; nil: all. Parse says whether it can be asked; it is parsed anew for each
	All       []Match    //
	Chains    []Chain    //
	Has       []Has      //
	IDs       []string   // nil: any
	From, To  time.Time  // lastUpdated in [From, To), UTC; zero: open
	Nothing   bool       // no resource can match
	Includes  []Include  // what goes with the page
	Sort      []SortKey  // nil: newest first
	Ascending bool       // Sort is lastUpdated alone, oldest first
	Count     int        // resources on a page; 0: none, the total only
	Total     bool       // the total was asked for
	Summary   string     // "true", "text", "data" or "" for whole resources; count is Count 0
	Elements  []string   // nil: all; names of elements at the top, without the mandatory ones
	Self      url.Values // the parameters that were understood, as they came
}

// Match is one condition: the resource has among its terms of Param one that is one of Values, or begins with one of Prefixes, or lies in one of
// Ranges, or passes one of Tests; with Not, it has none such. With none of the four it asks whether there is any term (with Not: none).
type Match struct {
	Param    string
	Values   []string
	Prefixes []string
	Ranges   []Range
	Tests    []Test
	Not      bool
	Loose    bool // the terms of Param are loose: nothing of it is in the index
}

// Range is a half-open range of text: From <= value, and value < To. To "" has no end.
type Range struct{ From, To string }

// Test is asked of the text of a value. Op "contains" holds where Lo is part of it. The others are asked of a value that is a span, "lead|from,to"
// (lead and bar may be absent): what stands before the last bar must be Lead, and from and to are compared as text with Lo and Hi:
//
//	eq  Lo <= from and to <= Hi     ne  not eq
//	lt  from < Lo                   le  lt or eq
//	gt  to > Hi                     ge  gt or eq
//	sa  from >= Hi                  eb  to <= Lo
//	ap  from < Hi and to > Lo
//
// Source: FHIR R4, search.html, Prefixes
type Test struct{ Op, Lead, Lo, Hi string }

// Chain is a condition on what a reference of this type names: among the terms of Param, a reference parameter, there is one that is found by one
// of Queries, one for each type that may stand there. They hold conditions only.
type Chain struct {
	Param   string // "Task.owner"
	Queries []*Query
	Loose   bool // as in Match
}

// Has is a condition on what names this resource: there is a resource of Type that is found by Query and whose terms of Param name this one.
type Has struct {
	Type  string // "Provenance"
	Param string // "Provenance.target"
	Query *Query
	Loose bool // as in Match
}

// Include asks for what belongs to the page: with Reverse the resources of Type whose Param names one of the page, otherwise what Param of the
// resources of Type on the page names; only those of the type Target if that is not "". With Iterate, also for what was included.
type Include struct {
	Reverse, Iterate bool
	Type             string // "*" for all types
	Param            string // terms of a reference parameter, "Task.focus"; "*" for all of Type
	Target           string
	Loose            bool // as in Match
}

// SortKey is one rule of an order: the smallest value of Param among the terms of a resource, the greatest if Descending. Resources without one
// come last.
type SortKey struct {
	Param      string // "" for lastUpdated, "_id" for the id
	Kind       Kind
	Descending bool
	Loose      bool // as in Match
}

// Unfiltered reports whether the search names no condition at all, so that every resource of the type matches.
func (q Query) Unfiltered() bool {
	return len(q.All) == 0 && len(q.Chains) == 0 && len(q.Has) == 0 && q.IDs == nil && q.From.IsZero() && q.To.IsZero() && !q.Nothing
}
