package uscore

import "warmhandoff/fhir/profile"

var careTeam = []profile.Rule{
	{Path: "subject", Min: 1},
	{Path: "participant", Min: 1},
	{Path: "participant.role", Min: 1, Max: 1},
	{Path: "participant.member", Min: 1},
}

var documentReference = []profile.Rule{
	{Path: "type", Min: 1, OneOf: documentTypes},
	{Path: "category", Min: 1},
	{Path: "subject", Min: 1},
	{Key: "us-core-6", Path: "content.attachment", Of: []profile.Test{{Path: "url"}, {Path: "data"}}, Min: 1},
	{Path: "context.encounter", Max: 1, Targets: []string{"Encounter"}},
}

var organization = []profile.Rule{
	{Path: "identifier", Slice: numbered("NPI", npi), Each: providerNumber},
	{Path: "identifier", Slice: numbered("CLIA", "urn:oid:2.16.840.1.113883.4.7"), Each: []profile.Rule{
		{Key: "us-core-18", Path: "value", Min: 1, Form: &profile.Form{Words: "two digits, D and seven digits", Keeps: laboratoryNumber}},
	}},
	{Path: "identifier", Slice: numbered("NAIC", "urn:oid:2.16.840.1.113883.6.300"), Each: []profile.Rule{
		{Key: "us-core-19", Path: "value", Min: 1, Form: &profile.Form{Words: "five digits", Keeps: func(s string) bool { return digits(s, 5) }}},
	}},
	{Path: "active", Min: 1},
	{Path: "name", Min: 1},
	{Path: "address.line", Max: 4},
}

var practitioner = []profile.Rule{
	{Path: "identifier", Min: 1},
	{Path: "identifier.system", Min: 1},
	{Path: "identifier.value", Min: 1},
	{Path: "identifier", Slice: numbered("NPI", npi), Each: providerNumber},
	{Path: "name", Min: 1},
	{Path: "name.family", Min: 1},
	{Path: "address.line", Max: 4},
}

const npi = "http://hl7.org/fhir/sid/us-npi"

// numbered is the slice of identifiers of a system.
func numbered(name, system string) *profile.Slice {
	return &profile.Slice{Name: name, Where: []profile.Test{{Path: "system", Is: &profile.Coding{Code: system}}}}
}

var providerNumber = []profile.Rule{
	{Key: "us-core-16", Path: "value", Min: 1, Form: &profile.Form{Words: "ten digits", Keeps: func(s string) bool { return digits(s, 10) }}},
	{Key: "us-core-17", Path: "value", Form: &profile.Form{Words: "a number of which the check digit is right", Keeps: checked}},
}

func digits(s string, n int) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(s) == n
}

func laboratoryNumber(s string) bool {
	return len(s) == 10 && digits(s[:2], 2) && s[2] == 'D' && digits(s[3:], 7)
}

// checked reports whether the last digit is what Luhn's sum over the others, and over 80840 before them, asks for. What is no ten digits says nothing.
//
// Source: US Core 7.0.0, us-core-17; CMS, Requirements for National Provider Identifier (NPI) and NPI Check Digit
func checked(s string) bool {
	if !digits(s, 10) {
		return true
	}
	sum := 24
	for i := range 10 {
		d := int(s[i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
