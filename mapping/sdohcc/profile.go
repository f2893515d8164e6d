package sdohcc

import "warmhandoff/fhir/profile"

const definition = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"

// categories are the domains that a request is for.
//
// Source: SDOHCC 3.0.0, SDOHCC-ValueSetSDOHCategory
var categories = &profile.CodeSet{System: System, Codes: []string{
	"sdoh-category-unspecified", "food-insecurity", "housing-instability", "homelessness", "inadequate-housing", "transportation-insecurity",
	"financial-insecurity", "material-hardship", "educational-attainment", "employment-status", "veteran-status", "stress", "social-connection",
	"intimate-partner-violence", "elder-abuse", "personal-health-literacy", "health-insurance-coverage-status", "medical-cost-burden",
	"digital-literacy", "digital-access", "utility-insecurity", "incarceration-status", "language-access", "protective-factor",
}}

// Profiles are the guide's profiles of what makes a referral. Left out are bindings to value sets that a resource cannot be checked against
// without a terminology server (US Core procedure codes of ServiceRequest.code and of an output's code).
//
// Source: SDOHCC 3.0.0, SDOHCC-TaskForReferralManagement, SDOHCC-ServiceRequest; US Core 7.0.0, us-core-servicerequest
var Profiles = []profile.Profile{
	{
		URL: definition + "SDOHCC-TaskForReferralManagement", Version: "3.0.0", Name: "SDOHCC Task for Referral Management", Type: "Task",
		Source: "SDOHCC 3.0.0, SDOHCC-TaskForReferralManagement",
		Rules: []profile.Rule{
			{Path: "partOf", Targets: []string{"Task"}},
			{Path: "status", OneOf: &profile.CodeSet{Codes: []string{
				"draft", "requested", "accepted", "rejected", "cancelled", "in-progress", "on-hold", "failed", "completed", "entered-in-error",
			}}, Source: "SDOHCC 3.0.0, SDOHCC-ValueSetReferralTaskStatus: all of R4 but ready and received"},
			{Path: "statusReason.text", Min: 1},
			{Path: "intent", Is: &profile.Coding{Code: "order"}},
			{Path: "code", Min: 1, Is: &profile.Coding{System: "http://hl7.org/fhir/CodeSystem/task-code", Code: "fulfill"}},
			{Path: "focus", Min: 1, Targets: []string{"ServiceRequest"}},
			{Path: "for", Min: 1, Targets: []string{"Patient", "RelatedPerson", "Group"}},
			{Path: "authoredOn", Min: 1},
			{Path: "requester", Min: 1, Targets: []string{"PractitionerRole", "Organization"}},
			{Path: "output", Slice: &profile.Slice{Name: "PerformedActivityReference", Path: "type", Choice: "Reference",
				Is: &profile.Coding{System: System, Code: "resulting-activity"}},
				Each: []profile.Rule{{Path: "value", Targets: []string{"Procedure"}}}},
		},
	},
	{
		URL: definition + "SDOHCC-ServiceRequest", Version: "3.0.0", Name: "SDOHCC ServiceRequest", Type: "ServiceRequest",
		Source: "SDOHCC 3.0.0, SDOHCC-ServiceRequest",
		Rules: []profile.Rule{
			{Path: "basedOn", Targets: []string{"CarePlan", "ServiceRequest"}},
			{Path: "category", Min: 1, Slice: &profile.Slice{Name: "SDOHCC", OneOf: categories}},
			{Path: "code", Min: 1, Source: "US Core 7.0.0, us-core-servicerequest, from which the profile is derived"},
			{Path: "orderDetail", Max: 1, Slice: &profile.Slice{Name: "SubjectContactDetail",
				Is: &profile.Coding{System: System, Code: "contacting-subject-prohibited"}}},
			{Path: "subject", Targets: []string{"Patient", "Group", "Location"}},
			{Path: "occurrence", Types: []string{"Period", "dateTime", "Timing"}},
			{Path: "requester", Targets: []string{"RelatedPerson", "Device", "PractitionerRole", "Practitioner", "Patient", "Organization"}},
			{Path: "performer", Targets: []string{
				"HealthcareService", "Device", "RelatedPerson", "Patient", "Practitioner", "PractitionerRole", "Organization", "CareTeam",
			}},
		},
	},
}
