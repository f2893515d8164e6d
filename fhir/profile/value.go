package profile

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
)

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

// all reports whether every test holds of a value.
func all(tests []Test, v fhir.Value) bool {
	for i := range tests {
		if !tests[i].holds(v) {
			return false
		}
	}
	return true
}

func (t *Test) holds(v fhir.Value) bool {
	return slices.ContainsFunc(below(v, t.Path), t.has) != t.Not
}

func (t *Test) has(v fhir.Value) bool {
	switch {
	case t.Is != nil:
		return t.Is.in(v)
	case t.OneOf != nil:
		return among(v, t.OneOf)
	}
	return all(t.All, v)
}

// has reports whether a value has a coding that is wanted. A value that has only extensions says that it has none, and that is let be.
func has(v fhir.Value, wanted func(Coding) bool) bool {
	switch v.Type() {
	case "Element":
		return true
	case "CodeableConcept":
		return slices.ContainsFunc(v.Get("coding").Items(), func(one fhir.Value) bool { return has(one, wanted) })
	case "Coding", "Quantity":
		return wanted(Coding{v.Get("system").Text(), v.Get("code").Text()})
	}
	return wanted(Coding{Code: v.Text()})
}

// in reports whether a value has the coding. A code, a string, a boolean and a URL have no system.
func (want Coding) in(v fhir.Value) bool {
	if t := v.Type(); t != "CodeableConcept" && t != "Coding" {
		want.System = ""
	}
	return has(v, func(one Coding) bool { return one == want })
}

// among reports whether a value has a coding of one of the sets.
func among(v fhir.Value, sets []CodeSet) bool {
	t := v.Type()
	plain := t != "CodeableConcept" && t != "Coding" && t != "Quantity"
	return has(v, func(one Coding) bool {
		return slices.ContainsFunc(sets, func(s CodeSet) bool {
			return (plain || one.System == s.System) && one.Code != "" && (s.Codes == nil || slices.Contains(s.Codes, one.Code))
		})
	})
}

func (want Coding) words() string {
	if want.System == "" {
		return want.Code
	}
	return want.System + "|" + want.Code
}

func setWords(sets []CodeSet) string {
	words := make([]string, len(sets))
	for i, s := range sets {
		switch codes := strings.Join(s.Codes, ", "); {
		case s.Codes == nil:
			words[i] = s.System
		case s.System == "":
			words[i] = codes
		default:
			words[i] = codes + " of " + s.System
		}
	}
	return strings.Join(words, ", or ")
}

func (t *Test) words() string {
	words := ""
	switch {
	case t.Is != nil:
		words = t.Is.words()
	case t.OneOf != nil:
		words = setWords(t.OneOf)
	case t.All != nil:
		words = "with " + testWords(t.All)
	}
	if words = strings.TrimSpace(t.Path + " " + words); t.Not {
		words = "not " + words
	}
	return words
}

func testWords(tests []Test) string {
	words := make([]string, len(tests))
	for i := range tests {
		words[i] = tests[i].words()
	}
	return strings.Join(words, " and ")
}
