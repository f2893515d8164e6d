// Package profile checks a resource against profiles that are given as data: what a guide wants beyond FHIR R4 itself.
//
// A [Profile] is a list of rules, each about one element: how many there must be, a code that it must have, a set that its code must be of, types
// that it may refer to, types that a choice may take, slices (the items of a list that have something in common, so also the extensions with one
// URL), and the guide's invariants, which hold only where something else is so, or want so many of several things. A guide's package holds the
// data, written from the guide's own definitions, and a test there compares both where the definitions are on the machine.
//
// What it is not: the HL7 validator. It reads no StructureDefinition, fetches nothing, knows no value set beyond the codes and systems written in a
// rule, follows no reference to see what profile its target keeps, and leaves must-support aside, which is about programs and not about a resource.
package profile

import (
	"fmt"
	"strings"

	"warmhandoff/fhir"
)

// Profile is one profile of a guide. It is data and must not be changed once it is in use.
type Profile struct {
	URL     string // canonical, without version
	Version string
	Name    string // for people: "SDOHCC Task for Referral Management"
	Type    string // resource type
	Rules   []Rule
	Systems []CodeSet // code systems that are known whole: a Coding of one of them, wherever it stands, has one of its codes
	Source  string    // guide, edition, definition
}

// MaxIssues is how many issues a check tells; it stops there.
const MaxIssues = 100

// None as a Rule's Max says that there may be none at all.
const None = -1

// Rule is what a profile says of one element, wherever that stands. Everything that is not zero is checked.
type Rule struct {
	Key  string // of the guide's invariant that this is or belongs to: "SDOH-Task-4"; "" for what is said of an element
	When []Test // the rule holds where all of these do, in the value that Path begins at

	Path  string // below the resource, or below the item of a slice: "statusReason.text"; a choice by its name alone ("value"), or with a type ("valueQuantity")
	Min   int    // how many there must be, in each parent that is there
	Max   int    // how many there may be; 0: as many as R4 allows
	Slice *Slice // the rule is about these items of the list only
	Of    []Test // Min and Max count, instead of what is at Path, how many of these hold in each value at Path

	Is         *Coding   // the value must have this: a CodeableConcept or Coding the code, a code, string or boolean the Code alone
	OneOf      []CodeSet // likewise, one of one of these
	Extensible bool      // of OneOf: another code is only told, since none may fit
	Targets    []string  // resource types that a Reference may point to
	Types      []string  // types that a choice may take, as R4 names them: "dateTime"
	Day        bool      // a date and time must say the day at least
	Form       *Form     // what a string must look like

	Each   []Rule // what holds inside each value; paths begin there
	Source string // "" where that of the profile says it all
}

// Slice is a part of a list: the items of which all tests hold. Open: other items are let be.
type Slice struct {
	Name  string // as the definition has it: "SubjectContactDetail"
	Where []Test
}

// Test is a question about a value. It holds where something at Path has the code, or a code of the sets, or passes all tests; where none of these
// is given, where anything is there.
type Test struct {
	Path  string // below the value; "" is the value itself
	Is    *Coding
	OneOf []CodeSet
	All   []Test
	Not   bool // it holds where it otherwise would not
}

// Coding is a code of a system.
type Coding struct{ System, Code string }

// CodeSet is codes of one system; no codes: all that it has.
type CodeSet struct {
	System string
	Codes  []string
}

// Form is what a string must look like.
type Form struct {
	Words string            // for people, after "This must be ": "ten digits"
	Keeps func(string) bool // must be pure
}

// Find gives the profile that a canonical URL names, with or without a version.
func Find(all []Profile, canonical string) (*Profile, bool) {
	url, version, _ := strings.Cut(canonical, "|")
	for i := range all {
		if all[i].URL == url && (version == "" || version == all[i].Version) {
			return &all[i], true
		}
	}
	return nil, false
}

// Check gives what a resource breaks of the profile, as errors, in the order of the rules. A resource of another type is one error. Where there is
// more than [MaxIssues], a warning of code too-costly stands at the end. Safe for concurrent use.
//
// Source: FHIR R4, profiling.html, elementdefinition.html (min, max, pattern, binding, slicing, constraint)
func (p *Profile) Check(r *fhir.Resource) []fhir.Issue {
	c := checker{p: p}
	if r.Type() != p.Type {
		c.tell(nil, fhir.CodeInvalid, r.Type(), "This is a "+r.Type()+", and the profile is for a "+p.Type)
		return c.issues
	}
	for i := range p.Rules {
		c.rule(r.Root(), &p.Rules[i])
	}
	if len(p.Systems) > 0 {
		c.codings(r.Root())
	}
	if c.full() {
		c.issues = append(c.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeTooCostly, Expression: r.Type(),
			Text: fmt.Sprintf("The check stopped after %d issues (%s %s).", MaxIssues, p.Name, p.Version)})
	}
	return c.issues
}
