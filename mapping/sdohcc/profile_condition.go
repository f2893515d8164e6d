package sdohcc

import (
	"slices"

	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

// The kinds of a condition. US Core's health-concern is of its own system.
//
// Source: SDOHCC 3.0.0, SDOHCC-Condition, SDOH-Con-2; US Core 7.0.0, us-core-problem-or-health-concern
const conditionCategory = "http://terminology.hl7.org/CodeSystem/condition-category"

var (
	diagnosis = profile.CodeSet{System: conditionCategory, Codes: []string{"encounter-diagnosis"}}
	problem   = profile.CodeSet{System: conditionCategory, Codes: []string{"problem-list-item"}}
	concern   = profile.CodeSet{System: uscore.ConditionCategorySystem, Codes: []string{"health-concern"}}
)

var condition = []profile.Rule{
	{Key: "SDOH-Con-1", Of: []profile.Test{{Path: "asserter"}, {Path: "extension.url", Is: &profile.Coding{Code: asserter}}}, Max: 1},
	{Key: "SDOH-Con-1", Path: "extension", Max: 1, Slice: uscore.Extension("asserterDevice", asserter)},
	{Key: "SDOH-Con-2", Path: "category", Min: 1, Slice: &profile.Slice{Name: "diagnosis, problem or concern", Where: []profile.Test{
		{OneOf: []profile.CodeSet{diagnosis, problem, concern}},
	}}},
	isSDOH("SDOH-Con-3"),
	{Path: "extension", Max: 1, Slice: uscore.Extension("asserterDevice", asserter), Each: refers("Device")},
	{Path: "extension", Max: 1, Slice: uscore.Extension("assertedDate", "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"), Each: []profile.Rule{
		{Path: "value", Min: 1, Types: []string{"dateTime"}}, {Path: "extension", Max: profile.None},
	}},
	{Path: "category", Min: 2},
	{Path: "category", Max: 1, Slice: &profile.Slice{Name: "encounter-diagnosis", Where: []profile.Test{{Is: &profile.Coding{System: conditionCategory, Code: "encounter-diagnosis"}}}}},
	{Path: "category", Min: 1, Slice: &profile.Slice{Name: "screening-assessment", Where: []profile.Test{{OneOf: []profile.CodeSet{uscore.Categories}}}}},
	{Path: "code", Min: 1, OneOf: uscore.ConditionCodes},
	{Path: "bodySite", Max: profile.None},
	{Path: "subject", Targets: []string{"Patient"}},
	{Path: "onset", Types: []string{"dateTime", "Period"}},
	{Path: "abatement", Types: []string{"dateTime", "Period"}},
	{Path: "recorder", Targets: []string{"Practitioner", "PractitionerRole"}},
	{Path: "stage", Max: profile.None},
}

const asserter = definition + "SDOHCC-ExtensionConditionAsserter"

var goal = slices.Concat(uscore.Goal, []profile.Rule{
	{Path: "subject", Targets: []string{"Patient"}},
	{Path: "addresses", Targets: []string{"Condition", "Observation", "RiskAssessment"}},
})
