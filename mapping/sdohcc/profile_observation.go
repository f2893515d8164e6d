package sdohcc

import (
	"slices"

	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

// known is the slice of categories of R4 or US Core.
var known = &profile.Slice{Name: "us-core", Where: []profile.Test{{OneOf: uscore.ObservationCategories}}}

var assessment = slices.Concat(uscore.SimpleObservation, []profile.Rule{
	uscore.Valued,
	isSDOH("SDOH-Obs-4"),
	{Path: "category", Min: 1, Slice: known},
	{Path: "subject", Targets: []string{"Patient", "Group"}},
})

var screeningResponse = slices.Concat(uscore.ScreeningAssessment, []profile.Rule{
	isSDOH("SDOH-Obs-4"),
	{Path: "status", OneOf: observed},
	{Path: "category", Min: 2},
	{Path: "category", Min: 1, Slice: &profile.Slice{Name: "screening-assessment", Where: []profile.Test{{OneOf: []profile.CodeSet{uscore.Categories}}}}},
	{Path: "code", OneOf: uscore.SurveyCodes},
	{Path: "subject", Targets: []string{"Patient"}},
	{Path: "effective", Min: 1, Types: []string{"dateTime", "Period"}},
	{When: []profile.Test{{Path: "valueQuantity.code"}}, Path: "valueQuantity", OneOf: []profile.CodeSet{{System: "http://unitsofmeasure.org"}}},
	{Path: "bodySite", Max: profile.None},
	{Path: "specimen", Max: profile.None},
	{Path: "derivedFrom", Targets: []string{"DocumentReference", "QuestionnaireResponse", "Observation"}},
})

var enrollmentStatus = slices.Concat(uscore.SimpleObservation, []profile.Rule{
	{Path: "category", Max: 1, Slice: &profile.Slice{Name: "enrollment", Where: []profile.Test{{Is: temporary("program-enrollment")}}}},
	{Path: "category", Min: 1, Slice: known},
	{Path: "value", Min: 1},
	{Path: "focus", Targets: []string{"HealthcareService"}},
})
