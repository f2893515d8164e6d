package uscore

import "warmhandoff/fhir/profile"

// The rules of profiles that others are derived from.
//
// Source: US Core 7.0.0, us-core-servicerequest, -goal, -location, -practitionerrole, -simple-observation, -observation-screening-assessment,
// -observation-sexual-orientation
var (
	ServiceRequest = []profile.Rule{
		{Path: "code", Min: 1},
	}
	Goal = []profile.Rule{
		{Path: "description", OneOf: GoalCodes, Extensible: true},
	}
	Location = []profile.Rule{
		{Path: "name", Min: 1},
	}
	PractitionerRole = []profile.Rule{
		{Key: "pd-1", Of: []profile.Test{{Path: "telecom"}, {Path: "endpoint"}}, Min: 1},
		{Key: "us-core-13", Of: []profile.Test{{Path: "practitioner"}, {Path: "organization"}, {Path: "healthcareService"}, {Path: "location"}}, Min: 1},
		{Path: "telecom.system", Min: 1},
		{Path: "telecom.value", Min: 1},
	}
	SimpleObservation = []profile.Rule{
		{Path: "category", Min: 1},
		{Path: "subject", Min: 1},
	}
	ScreeningAssessment = []profile.Rule{
		valued,
		{Path: "category", Min: 1, Max: 1, Slice: &profile.Slice{Name: "survey", Where: []profile.Test{{Is: &profile.Coding{System: category, Code: "survey"}}}}},
		{Path: "subject", Min: 1},
		{Key: "us-core-1", Path: "effective", Day: true},
		{Key: "us-core-3", Path: "valueQuantity.system", Is: &profile.Coding{Code: "http://unitsofmeasure.org"}},
	}
	SexualOrientation = []profile.Rule{
		valued,
		{Path: "code", Is: &profile.Coding{System: loinc, Code: "76690-7"}},
		{Path: "subject", Min: 1, Targets: []string{"Patient"}},
	}
)

// Valued is that an observation without parts has a value, or says why it has none.
var (
	Valued = profile.Rule{Key: "us-core-2", When: []profile.Test{{Path: "component", Not: true}, {Path: "hasMember", Not: true}},
		Of: []profile.Test{{Path: "dataAbsentReason"}, {Path: "value"}}, Min: 1}
	valued = Valued
)

// ObservationCategories are the categories of an observation by R4 and by US Core.
//
// Source: US Core 7.0.0, us-core-simple-observation-category
var ObservationCategories = []profile.CodeSet{Categories, {System: category, Codes: []string{
	"social-history", "vital-signs", "imaging", "laboratory", "procedure", "survey", "exam", "therapy", "activity",
}}}
