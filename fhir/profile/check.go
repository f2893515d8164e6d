package profile

import (
	"fmt"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// checker is one run of a profile over a resource.
type checker struct {
	p      *Profile
	issues []fhir.Issue
}

func (c *checker) tell(code fhir.Code, at, words string) {
	c.issues = append(c.issues, fhir.Issue{Severity: fhir.Error, Code: code, Expression: at, Text: fmt.Sprintf("%s (%s %s).", words, c.p.Name, c.p.Version)})
}

// rule checks one rule below a value, in each parent of its element that is there.
func (c *checker) rule(v fhir.Value, r *Rule) {
	parent, name := "", r.Path
	if dot := strings.LastIndexByte(r.Path, '.'); dot >= 0 {
		parent, name = r.Path[:dot], r.Path[dot+1:]
	}
	for _, p := range below(v, parent) {
		c.element(p, name, r)
	}
}

// below gives every value at a path of names.
func below(v fhir.Value, path string) []fhir.Value {
	found := []fhir.Value{v}
	if path == "" {
		return found
	}
	for name := range strings.SplitSeq(path, ".") {
		var next []fhir.Value
		for _, one := range found {
			next = append(next, values(one, name)...)
		}
		found = next
	}
	return found
}

// values gives the values of an element, of a choice by whatever name they have. A primitive that has extensions instead of a value counts: its
// extensions are given.
func values(v fhir.Value, name string) []fhir.Value {
	if v.Get(name).Exists() {
		return v.Get(name).Items()
	}
	if _, choice := v.Choice(name); choice.Exists() {
		return choice.Items()
	}
	return v.Get("_" + name).Items()
}

// element checks one rule for the element of one parent.
func (c *checker) element(parent fhir.Value, name string, r *Rule) {
	found := values(parent, name)
	if r.Slice != nil {
		found = slices.DeleteFunc(found, func(v fhir.Value) bool { return !r.Slice.has(v) })
	}
	at := parent.Path() + "." + name
	switch {
	case len(found) < r.Min && r.Slice != nil:
		c.tell(fhir.CodeRequired, at, fmt.Sprintf("At least %d of %s must be %s: %s", r.Min, name, r.Slice.Name, r.Slice.words()))
	case len(found) < r.Min:
		c.tell(fhir.CodeRequired, at, name+" is required")
	case r.Max > 0 && len(found) > r.Max:
		c.tell(fhir.CodeStructure, at, fmt.Sprintf("There may be %d of these and there are %d", r.Max, len(found)))
	}
	for _, v := range found {
		c.value(v, parent, name, r)
	}
}

// value checks one value against what a rule says of it.
func (c *checker) value(v, parent fhir.Value, name string, r *Rule) {
	if r.Is != nil && !has(v, func(one Coding) bool { return one == r.Is.like(v) }) {
		c.tell(fhir.CodeValue, v.Path(), "This must be "+r.Is.words())
	}
	if r.OneOf != nil && !has(v, r.OneOf.like(v)) {
		c.outside(v, r)
	}
	if len(r.Targets) > 0 {
		c.target(v, r.Targets)
	}
	if suffix, _ := parent.Choice(name); len(r.Types) > 0 && !slices.ContainsFunc(r.Types, func(t string) bool { return strings.EqualFold(t, suffix) }) {
		c.tell(fhir.CodeStructure, v.Path(), "The type of this is one of "+strings.Join(r.Types, ", "))
	}
	for i := range r.Each {
		c.rule(v, &r.Each[i])
	}
}

// outside tells of a code that is not in a set.
func (c *checker) outside(v fhir.Value, r *Rule) {
	c.tell(fhir.CodeCodeInvalid, v.Path(), "The code is one of "+r.OneOf.words())
	if r.Extensible {
		c.issues[len(c.issues)-1].Severity = fhir.Information
	}
}

// target checks what a reference points to, where it says that: by its text, its type, or what is contained.
func (c *checker) target(v fhir.Value, allowed []string) {
	typ := v.Get("type").Text()
	if ref, ok := fhir.ParseReference(v.Get("reference").Text()); ok && ref.Type != "" {
		typ = ref.Type
	}
	if typ != "" && !slices.Contains(allowed, typ) {
		c.tell(fhir.CodeValue, v.Path(), "This refers to "+typ+"; allowed is "+strings.Join(allowed, ", "))
	}
}

// has reports whether a value has a coding that is wanted. A value that has only extensions says that it has none, and that is let be.
func has(v fhir.Value, wanted func(Coding) bool) bool {
	switch v.Type() {
	case "Element":
		return true
	case "CodeableConcept":
		return slices.ContainsFunc(v.Get("coding").Items(), func(one fhir.Value) bool { return has(one, wanted) })
	case "Coding":
		return wanted(Coding{v.Get("system").Text(), v.Get("code").Text()})
	}
	return wanted(Coding{Code: v.Text()})
}

// like gives the coding as a value of v's type would say it: a code has no system.
func (want Coding) like(v fhir.Value) Coding {
	if t := v.Type(); t != "CodeableConcept" && t != "Coding" {
		want.System = ""
	}
	return want
}

func (want Coding) words() string {
	if want.System == "" {
		return want.Code
	}
	return want.System + "|" + want.Code
}

// like gives whether a coding is of the set, as a value of v's type would say it.
func (s *CodeSet) like(v fhir.Value) func(Coding) bool {
	system := Coding{System: s.System}.like(v).System
	return func(one Coding) bool { return one.System == system && slices.Contains(s.Codes, one.Code) }
}

func (s *CodeSet) words() string {
	codes := strings.Join(s.Codes, ", ")
	if s.System == "" {
		return codes
	}
	return codes + " of " + s.System
}

// has reports whether an item is of the slice.
func (s *Slice) has(item fhir.Value) bool {
	if suffix, _ := item.Choice("value"); s.Choice != "" && suffix != s.Choice {
		return false
	}
	for _, v := range below(item, s.Path) {
		if s.Is != nil && has(v, func(one Coding) bool { return one == s.Is.like(v) }) || s.OneOf != nil && has(v, s.OneOf.like(v)) {
			return true
		}
	}
	return false
}

func (s *Slice) words() string {
	words := ""
	if s.Is != nil {
		words = s.Is.words()
	} else if s.OneOf != nil {
		words = s.OneOf.words()
	}
	if s.Path != "" {
		words = s.Path + " " + words
	}
	return words
}
