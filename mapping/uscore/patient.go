package uscore

import (
	"slices"
	"strings"

	"warmhandoff/fhir/profile"
)

var (
	noReason = []profile.Test{{Path: "extension.url", Is: &profile.Coding{Code: Absent}, Not: true}}
	reason   = []profile.Test{{Path: "extension.url", Is: &profile.Coding{Code: Absent}}}
	names    = []profile.Test{{Path: "family"}, {Path: "given"}}
)

var patient = []profile.Rule{
	{Path: "extension", Max: 1, Slice: Extension("race", definition+"us-core-race"), Each: race},
	{Path: "extension", Max: 1, Slice: Extension("ethnicity", definition+"us-core-ethnicity"), Each: ethnicity},
	{Path: "extension", Slice: Extension("tribalAffiliation", definition+"us-core-tribal-affiliation"), Each: []profile.Rule{
		{Path: "value", Max: profile.None},
		Parts("tribalAffiliation", "isEnrolled"),
		{Path: "extension", Min: 1, Max: 1, Slice: Extension("tribalAffiliation", "tribalAffiliation"), Each: valueOf("CodeableConcept")},
		{Path: "extension", Max: 1, Slice: Extension("isEnrolled", "isEnrolled"), Each: valueOf("boolean")},
	}},
	{Path: "extension", Max: 1, Slice: Extension("birthsex", definition+"us-core-birthsex"), Each: valueOf("code")},
	{Path: "extension", Max: 1, Slice: Extension("sex", definition+"us-core-sex"), Each: valueOf("code")},
	{Path: "extension", Slice: Extension("genderIdentity", definition+"us-core-genderIdentity"), Each: []profile.Rule{{Path: "value", Types: []string{"CodeableConcept"}}}},
	{Path: "identifier", Min: 1},
	{Path: "identifier.system", Min: 1},
	{Path: "identifier.value", Min: 1},
	{Path: "name", Min: 1},
	{Path: "name", Each: []profile.Rule{
		{Key: "us-core-6", When: noReason, Of: names, Min: 1},
		{Key: "us-core-6", When: reason, Of: names, Max: profile.None},
	}},
	{Path: "telecom.system", Min: 1},
	{Path: "telecom.value", Min: 1},
	{Path: "gender", Min: 1},
}

// Extension is the slice of extensions with a URL.
func Extension(name, url string) *profile.Slice {
	return &profile.Slice{Name: name, Where: []profile.Test{{Path: "url", Is: &profile.Coding{Code: url}}}}
}

// Parts is that a complex extension has those parts, and no others with a name of its own.
//
// Source: FHIR R4, extensibility.html, complex extensions (the url of a part is one that the definition names)
func Parts(names ...string) profile.Rule {
	return profile.Rule{Path: "extension.url", Form: &profile.Form{
		Words: "a part that the definition of this extension has (" + strings.Join(names, ", ") + "), or an absolute URL",
		Keeps: func(url string) bool { return slices.Contains(names, url) || strings.Contains(url, ":") },
	}}
}

func valueOf(typ string) []profile.Rule {
	return []profile.Rule{{Path: "value", Min: 1, Types: []string{typ}}}
}

// unsaid are the codes for a race or ethnicity that nobody said.
var unsaid = profile.CodeSet{System: flavours, Codes: []string{"ASKU", "UNK"}}

// Races and Ethnicities are the categories of the Office of Management and Budget.
//
// Source: US Core 7.0.0, omb-race-category, omb-ethnicity-category
var (
	Races       = profile.CodeSet{System: races, Codes: []string{"1002-5", "2028-9", "2054-5", "2076-8", "2106-3"}}
	Ethnicities = profile.CodeSet{System: races, Codes: []string{"2135-2", "2186-5"}}
)

var race = []profile.Rule{
	{Key: "us-core-23", When: []profile.Test{{Path: "extension", All: []profile.Test{
		{Path: "url", Is: &profile.Coding{Code: "ombCategory"}}, {Path: "value", OneOf: []profile.CodeSet{unsaid}},
	}}}, Path: "extension", Max: 1, Slice: Extension("ombCategory", "ombCategory")},
	{Path: "value", Max: profile.None},
	Parts("ombCategory", "detailed", "text"),
	{Path: "extension", Max: 6, Slice: Extension("ombCategory", "ombCategory"), Each: []profile.Rule{
		{Path: "value", Min: 1, Types: []string{"Coding"}, OneOf: []profile.CodeSet{Races, unsaid}},
	}},
	{Path: "extension", Slice: Extension("detailed", "detailed"), Each: detailed},
	{Path: "extension", Min: 1, Max: 1, Slice: Extension("text", "text"), Each: valueOf("string")},
}

var ethnicity = []profile.Rule{
	{Path: "value", Max: profile.None},
	Parts("ombCategory", "detailed", "text"),
	{Path: "extension", Max: 1, Slice: Extension("ombCategory", "ombCategory"), Each: []profile.Rule{
		{Path: "value", Min: 1, Types: []string{"Coding"}, OneOf: []profile.CodeSet{Ethnicities, unsaid}},
	}},
	{Path: "extension", Slice: Extension("detailed", "detailed"), Each: detailed},
	{Path: "extension", Min: 1, Max: 1, Slice: Extension("text", "text"), Each: valueOf("string")},
}

var detailed = []profile.Rule{{Path: "value", Min: 1, Types: []string{"Coding"}, OneOf: []profile.CodeSet{{System: races}, {System: flavours}}}}
