// Package profile checks a resource against profiles that are given as data: what a guide wants beyond FHIR R4 itself.
//
// A [Profile] is a list of rules, each about one element: how many there must be, a code that it must have, a set that its code must be of, types
// that it may refer to, types that a choice may take, and slices (the items of a list that have a certain code). That is what the guides of this
// house need; a guide's package holds the data, written from the guide's own definitions.
//
// What it is not: the HL7 validator. It reads no StructureDefinition, fetches nothing, knows no value set beyond the codes written in a rule, follows
// no reference to see what profile its target keeps, and leaves must-support aside, which is about programs and not about a resource.
package profile

import (
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
	Source  string // guide, edition, definition
}

// Rule is what a profile says of one element, wherever that stands. Everything that is not zero is checked.
type Rule struct {
	Path  string // below the resource, or below the item of a slice: "statusReason.text"; a choice by its name alone: "value"
	Min   int    // how many there must be, in each parent that is there
	Max   int    // how many there may be; 0: as many as R4 allows
	Slice *Slice // the rule is about these items of the list only

	Is         *Coding  // the value must have this: a CodeableConcept or Coding the code, a code or string the Code alone
	OneOf      *CodeSet // likewise, one of these
	Extensible bool     // of OneOf: another code is only told, since none may fit
	Targets    []string // resource types that a Reference may point to
	Types      []string // types that a choice may take, as R4 names them: "dateTime"

	Each   []Rule // what holds inside each value; paths begin there
	Source string // "" where that of the profile says it all
}

// Slice is a part of a list: the items that have a code. Open: other items are let be.
type Slice struct {
	Name   string
	Path   string   // of the code below the item; "" is the item itself
	Is     *Coding  // one of Is and OneOf
	OneOf  *CodeSet //
	Choice string   // the item's value[x] must be of this type besides; "" for any
}

// Coding is a code of a system.
type Coding struct{ System, Code string }

// CodeSet is codes of one system.
type CodeSet struct {
	System string
	Codes  []string
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

// Check gives what a resource breaks of the profile, as errors, in the order of the rules. A resource of another type is one error. Safe for
// concurrent use.
//
// Source: FHIR R4, profiling.html, elementdefinition.html (min, max, pattern, binding, slicing)
func (p *Profile) Check(r *fhir.Resource) []fhir.Issue {
	c := checker{p: p}
	if r.Type() != p.Type {
		c.tell(fhir.CodeInvalid, r.Type(), "This is a "+r.Type()+", and the profile is for a "+p.Type)
		return c.issues
	}
	for i := range p.Rules {
		c.rule(r.Root(), &p.Rules[i])
	}
	return c.issues
}
