package bser

import (
	"slices"

	"warmhandoff/fhir/profile"
)

const identifiers = "http://terminology.hl7.org/CodeSystem/v2-0203"

// Profiles are the guide's profile of a referral's Task, of the ballot edition.
//
// Source: BSeR 2.0.0-ballot, BSeR-ReferralTask and ReferralTask, from which it is derived
var Profiles = []profile.Profile{{
	URL: "http://hl7.org/fhir/us/bser/StructureDefinition/BSeR-ReferralTask", Version: Ballot, Name: "BSeR Referral Task", Type: "Task",
	Source: "BSeR 2.0.0-ballot, BSeR-ReferralTask",
	Rules: []profile.Rule{
		{Path: "identifier", Min: 1, Max: 1, Slice: byType("referralInitiatorTaskIdentifier", placer),
			Each: []profile.Rule{{Path: "value", Min: 1}, {Path: "assigner", Targets: []string{"Organization"}}}},
		{Path: "identifier", Max: 1, Slice: byType("referralRecipientTaskIdentifier", filler),
			Each: []profile.Rule{{Path: "value", Min: 1}, {Path: "assigner", Min: 1, Targets: []string{"Organization"}}}},
		{Path: "statusReason.text", Min: 1},
		{Path: "businessStatus", OneOf: []profile.CodeSet{{System: System, Codes: codes(Ballot)}}, Extensible: true, Source: "BSeR 2.0.0-ballot, TaskBusinessStatusVS"},
		{Path: "intent", Is: &profile.Coding{Code: "order"}},
		{Path: "code", Min: 1, Is: &profile.Coding{System: "http://hl7.org/fhir/CodeSystem/task-code", Code: "fulfill"}},
		{Path: "focus", Min: 1, Targets: []string{"ServiceRequest"}},
		{Path: "for", Min: 1, Targets: []string{"Patient"}},
		{Path: "authoredOn", Min: 1},
		{Path: "requester", Min: 1, Targets: []string{"PractitionerRole", "Organization"}},
		{Path: "owner", Min: 1, Targets: []string{"PractitionerRole"}},
		{Path: "output.value", Types: []string{"Reference"}, Targets: []string{"Bundle"}},
	},
}}

// byType is the slice of identifiers of a type.
// The types of the identifiers of the two sides.
var (
	placer = profile.Coding{System: identifiers, Code: "PLAC"}
	filler = profile.Coding{System: identifiers, Code: "FILL"}
)

func byType(name string, code profile.Coding) *profile.Slice {
	return &profile.Slice{Name: name, Where: []profile.Test{{Path: "type", Is: &code}}}
}

// codes gives the codes of businessStatus that an edition has.
func codes(edition string) []string {
	var list []string
	for _, r := range Rows {
		if slices.Contains(r.Editions, edition) {
			list = append(list, r.Code)
		}
	}
	return list
}
