package sdohcc

import (
	"strings"

	"warmhandoff/mapping"
)

const (
	usCore = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
	r4     = "http://hl7.org/fhir/StructureDefinition/"
)

// CoordinationPlatform is what the guide asks of a coordination platform's server. It writes HealthCareService:location, which is no type of R4.
//
// Source: SDOHCC 3.0.0, CapabilityStatement SDOHCC Coordination Platform, of its rest the part of mode server
var CoordinationPlatform = mapping.Platform{
	Canonical: "http://hl7.org/fhir/us/sdoh-clinicalcare/CapabilityStatement/SDOHCC-CoordinationPlatform",
	Source:    Guide.Source,
	Demands: []mapping.Demand{
		{Type: "Task", Level: mapping.Shall, Does: "create update read search-type", Params: "_id code patient requester status focus",
			Includes: "Task:focus Task:output", Keeps: keeps("TaskForPatient TaskForReferralManagement")},
		{Type: "Task", Level: mapping.May, Params: "_lastUpdated owner output"},
		{Type: "ServiceRequest", Level: mapping.Shall, Does: "read search-type", Params: "_id category intent patient status", Keeps: keeps("ServiceRequest")},
		{Type: "ServiceRequest", Level: mapping.May, Does: "create update", Params: "_lastUpdated code occurrence performer requester supporting-info",
			Includes: "ServiceRequest:supporting-info ServiceRequest:patient ServiceRequest:requester ServiceRequest:performer"},
		{Type: "Procedure", Level: mapping.Shall, Does: "create update read search-type", Params: "_id based-on category patient performer status",
			Keeps: keeps("Procedure")},
		{Type: "Procedure", Level: mapping.May, Params: "_lastUpdated code date"},
		{Type: "Consent", Level: mapping.Shall, Does: "read search-type", Params: "_id source-reference", Keeps: keeps("Consent")},
		{Type: "Consent", Level: mapping.May, Does: "create update", Params: "_lastUpdated", Includes: "Consent:source-reference"},
		{Type: "Condition", Level: mapping.Shall, Does: "read search-type", Params: "_id category patient", Keeps: keeps("Condition")},
		{Type: "Condition", Level: mapping.May, Does: "create update", Params: "_lastUpdated clinical-status code verification-status"},
		{Type: "Goal", Level: mapping.Shall, Does: "read search-type", Params: "_id category patient", Keeps: keeps("Goal")},
		{Type: "Goal", Level: mapping.May, Does: "create update", Params: "_lastUpdated achievement-status lifecycle-status target-date"},
		{Type: "Observation", Level: mapping.Shall, Does: "read search-type", Params: "_id category patient status",
			Keeps: keeps("ObservationAssessment ObservationScreeningResponse")},
		{Type: "Observation", Level: mapping.May, Does: "create update", Params: "_lastUpdated code code-value-concept date derived-from",
			Keeps: keeps("ObservationEthnicityOMB ObservationRaceOMB ObservationGenderIdentity ObservationPersonalCharacteristic ObservationPersonalPronouns ObservationRecordedSexGender ObservationSexualOrientation")},
		{Type: "DocumentReference", Level: mapping.Shall, Does: "create read search-type", Params: "_id", Keeps: usCore + "documentreference"},
		{Type: "DocumentReference", Level: mapping.May, Does: "update", Params: "_lastUpdated"},
		{Type: "QuestionnaireResponse", Level: mapping.Shall, Does: "read", Params: "_id author patient questionnaire status",
			Keeps: "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaireresponse"},
		{Type: "QuestionnaireResponse", Level: mapping.May, Does: "create update search-type", Params: "_lastUpdated authored"},
		{Type: "Questionnaire", Level: mapping.Shall, Does: "read", Params: "url version",
			Keeps: "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-extr-smap"},
		{Type: "Questionnaire", Level: mapping.May, Does: "search-type", Params: "code context-type-value identifier publisher status subject-type title",
			Asks: "populate"},
		{Type: "Group", Level: mapping.Shall, Does: "read search-type", Params: "_id characteristic member", Includes: "Group:member", Keeps: keeps("Group")},
		{Type: "Group", Level: mapping.May, Params: "_lastUpdated characteristic-value managing-entity"},
		{Type: "HealthcareService", Level: mapping.Shall, Does: "read", Params: "_id location", Includes: "HealthcareService:location", Keeps: keeps("HealthcareService")},
		{Type: "HealthcareService", Level: mapping.May, Does: "search-type", Params: "_lastUpdated"},
		{Type: "PractitionerRole", Level: mapping.Shall, Does: "read search-type", Params: "_id", Keeps: keeps("practitionerrole")},
		{Type: "PractitionerRole", Level: mapping.May, Params: "_lastUpdated organization practitioner",
			Includes: "PractitionerRole:organization PractitionerRole:practitioner"},
		{Type: "Patient", Level: mapping.Shall, Does: "read search-type", Params: "_id", Keeps: usCore + "patient"},
		{Type: "Patient", Level: mapping.May, Params: "_lastUpdated"},
		{Type: "Practitioner", Level: mapping.Shall, Does: "read search-type", Params: "_id", Keeps: usCore + "practitioner"},
		{Type: "Practitioner", Level: mapping.May, Params: "_lastUpdated"},
		{Type: "Organization", Level: mapping.Shall, Does: "read", Params: "_id", Keeps: usCore + "organization"},
		{Type: "Organization", Level: mapping.May, Does: "search-type", Params: "_lastUpdated"},
		{Type: "Location", Level: mapping.Shall, Does: "read", Params: "_id", Keeps: keeps("Location")},
		{Type: "Location", Level: mapping.May, Does: "search-type", Params: "_lastUpdated"},
		{Type: "RelatedPerson", Level: mapping.Shall, Does: "read", Params: "_id", Keeps: r4 + "RelatedPerson"},
		{Type: "RelatedPerson", Level: mapping.May, Does: "search-type", Params: "_lastUpdated"},
		{Type: "CareTeam", Level: mapping.Shall, Does: "read", Params: "_id", Keeps: usCore + "careteam"},
		{Type: "CareTeam", Level: mapping.May, Does: "search-type", Params: "_lastUpdated"},
		{Type: "Device", Level: mapping.Shall, Does: "read", Params: "_id", Keeps: r4 + "Device"},
		{Type: "Device", Level: mapping.May, Does: "search-type", Params: "_lastUpdated"},
		{Type: "Subscription", Level: mapping.Shall, Keeps: "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription"},
		{Type: "Subscription", Level: mapping.May, Does: "create update", Asks: "status"},
	},
}

// keeps gives the guide's profiles by their names, as a demand has them.
func keeps(names string) string {
	return definition + "SDOHCC-" + strings.ReplaceAll(names, " ", " "+definition+"SDOHCC-")
}
