package sdohcc

import (
	"slices"

	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

var performed = uscore.ProcedureCodes

// A request need have no category of the guide's: those are a slice of an open list that may be empty.
var serviceRequest = slices.Concat(uscore.ServiceRequest, []profile.Rule{
	pertainsToGoal,
	{Path: "basedOn", Targets: []string{"CarePlan", "ServiceRequest"}},
	{Path: "code", OneOf: performed},
	{Path: "orderDetail", Max: 1, Slice: &profile.Slice{Name: "SubjectContactDetail", Where: []profile.Test{{Is: temporary("contacting-subject-prohibited")}}}},
	{Path: "subject", Targets: []string{"Patient", "Group", "Location"}},
	{Path: "reasonCode", OneOf: uscore.ConditionCodes, Extensible: true},
	{Path: "specimen", Max: profile.None},
	{Path: "bodySite", Max: profile.None},
})

var procedure = []profile.Rule{
	pertainsToGoal,
	{Key: "us-core-7", When: []profile.Test{{Path: "status", OneOf: []profile.CodeSet{{Codes: []string{"completed", "in-progress"}}}}}, Path: "performed", Min: 1},
	{Path: "category.coding", Max: 1, Slice: &profile.Slice{Name: "SDOHCC", Where: []profile.Test{{OneOf: []profile.CodeSet{categories}}}}},
	{Path: "code", Min: 1, OneOf: performed},
	{Path: "subject", Targets: []string{"Patient"}},
	{Path: "reasonCode", OneOf: uscore.ConditionCodes, Extensible: true},
}

var consent = []profile.Rule{
	{Path: "category", Min: 1, Max: 1, Slice: &profile.Slice{Name: "IDSCL", Where: []profile.Test{
		{Is: &profile.Coding{System: "http://terminology.hl7.org/CodeSystem/v3-ActCode", Code: "IDSCL"}},
	}}},
	{Path: "patient", Min: 1},
	{Path: "dateTime", Min: 1},
	{Path: "organization", Min: 1, Max: 1},
	{Path: "source", Min: 1},
}
