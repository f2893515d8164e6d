package sdohcc

import "warmhandoff/mapping"

// CoordinationPlatform is what the guide asks of a coordination platform's server. Every search has _id as well (SHALL), and _lastUpdated (SHOULD).
//
// Source: SDOHCC 3.0.0, CapabilityStatement SDOHCC Coordination Platform
var CoordinationPlatform = mapping.Platform{
	Canonical: "http://hl7.org/fhir/us/sdoh-clinicalcare/CapabilityStatement/SDOHCC-CoordinationPlatform",
	Source:    Guide.Source,
	Demands: []mapping.Demand{
		{Type: "Task", Level: mapping.Shall, Does: "create read update search-type", Params: "_id code patient requester status focus", Includes: "Task:focus Task:output"},
		{Type: "Task", Level: mapping.May, Params: "_lastUpdated owner output"},
		{Type: "ServiceRequest", Level: mapping.Shall, Does: "read search-type", Params: "_id category intent patient status"},
		{Type: "ServiceRequest", Level: mapping.May, Does: "create update", Params: "_lastUpdated code occurrence performer requester supporting-info",
			Includes: "ServiceRequest:supporting-info ServiceRequest:patient ServiceRequest:requester ServiceRequest:performer"},
		{Type: "Procedure", Level: mapping.Shall, Does: "create read update search-type", Params: "_id based-on category patient performer status"},
		{Type: "Procedure", Level: mapping.May, Params: "_lastUpdated code date"},
		{Type: "Consent", Level: mapping.Shall, Does: "read search-type", Params: "_id source-reference"},
		{Type: "Consent", Level: mapping.May, Does: "create update", Params: "_lastUpdated", Includes: "Consent:source-reference"},
		{Type: "Condition", Level: mapping.Shall, Does: "read search-type", Params: "_id category patient"},
		{Type: "Condition", Level: mapping.May, Does: "create update", Params: "_lastUpdated clinical-status code verification-status"},
		{Type: "Goal", Level: mapping.Shall, Does: "read search-type", Params: "_id category patient"},
		{Type: "Goal", Level: mapping.May, Does: "create update", Params: "_lastUpdated achievement-status lifecycle-status target-date"},
		{Type: "Observation", Level: mapping.Shall, Does: "read search-type", Params: "_id category patient status"},
		{Type: "Observation", Level: mapping.May, Does: "create update", Params: "_lastUpdated code date derived-from code-value-concept"},
		{Type: "DocumentReference", Level: mapping.Shall, Does: "create read search-type", Params: "_id"},
		{Type: "DocumentReference", Level: mapping.May, Does: "update", Params: "_lastUpdated"},
		{Type: "QuestionnaireResponse", Level: mapping.Shall, Does: "read", Params: "author patient questionnaire status"},
		{Type: "QuestionnaireResponse", Level: mapping.May, Does: "create update search-type", Params: "_lastUpdated authored"},
		{Type: "Questionnaire", Level: mapping.Shall, Does: "read", Params: "url version"},
		{Type: "Questionnaire", Level: mapping.May, Does: "search-type", Asks: "populate"},
		{Type: "Group", Level: mapping.Shall, Does: "read search-type", Params: "_id characteristic member", Includes: "Group:member"},
		{Type: "Group", Level: mapping.May, Params: "_lastUpdated managing-entity characteristic-value"},
		{Type: "HealthcareService", Level: mapping.Shall, Does: "read", Params: "location", Includes: "HealthcareService:location"},
		{Type: "HealthcareService", Level: mapping.May, Does: "search-type"},
		{Type: "PractitionerRole", Level: mapping.Shall, Does: "read search-type", Params: "_id"},
		{Type: "PractitionerRole", Level: mapping.May, Params: "_lastUpdated organization practitioner", Includes: "PractitionerRole:organization PractitionerRole:practitioner"},
		{Type: "Patient", Level: mapping.Shall, Does: "read search-type", Params: "_id"},
		{Type: "Practitioner", Level: mapping.Shall, Does: "read search-type", Params: "_id"},
		{Type: "Organization", Level: mapping.Shall, Does: "read search-type", Params: "_id"},
		{Type: "Location", Level: mapping.Shall, Does: "read"},
		{Type: "Location", Level: mapping.May, Does: "search-type"},
		{Type: "RelatedPerson", Level: mapping.Shall, Does: "read"},
		{Type: "RelatedPerson", Level: mapping.May, Does: "search-type"},
		{Type: "CareTeam", Level: mapping.Shall, Does: "read"},
		{Type: "CareTeam", Level: mapping.May, Does: "search-type"},
		{Type: "Device", Level: mapping.Shall, Does: "read"},
		{Type: "Device", Level: mapping.May, Does: "search-type"},
		{Type: "Subscription", Level: mapping.May, Does: "create update", Asks: "status"},
	},
}
