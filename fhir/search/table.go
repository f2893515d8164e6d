package search

// row is one search parameter as the standard defines it, cut down to what is indexed. Path is below the resource, by element names. Only
// narrows a reference to one type of target and stands for the ".where(resolve() is Patient)" of the published expression.
type row struct {
	types string // resource types, separated by spaces
	name  string
	kind  Kind
	path  string
	only  string
}

// rows is the table. Every type also has the parameters of common.
//
// Source: FHIR R4, searchparameter-registry.html
// Source: local, Task.group-identifier and the like are left out until a client asks for them: every term costs time in each write
var rows = []row{
	{"Task", "based-on", Reference, "basedOn", ""},
	{"Task", "business-status", Token, "businessStatus", ""},
	{"Task", "code", Token, "code", ""},
	{"Task", "focus", Reference, "focus", ""},
	{"Task", "identifier", Token, "identifier", ""},
	{"Task", "intent", Token, "intent", ""},
	{"Task", "owner", Reference, "owner", ""},
	{"Task", "part-of", Reference, "partOf", ""},
	{"Task", "patient", Reference, "for", "Patient"},
	{"Task", "requester", Reference, "requester", ""},
	{"Task", "status", Token, "status", ""},
	{"Task", "subject", Reference, "for", ""},

	{"ServiceRequest", "based-on", Reference, "basedOn", ""},
	{"ServiceRequest", "category", Token, "category", ""},
	{"ServiceRequest", "code", Token, "code", ""},
	{"ServiceRequest", "identifier", Token, "identifier", ""},
	{"ServiceRequest", "intent", Token, "intent", ""},
	{"ServiceRequest", "patient", Reference, "subject", "Patient"},
	{"ServiceRequest", "performer", Reference, "performer", ""},
	{"ServiceRequest", "requester", Reference, "requester", ""},
	{"ServiceRequest", "status", Token, "status", ""},
	{"ServiceRequest", "subject", Reference, "subject", ""},

	{"Appointment", "actor", Reference, "participant.actor", ""},
	{"Appointment", "based-on", Reference, "basedOn", ""},
	{"Appointment", "identifier", Token, "identifier", ""},
	{"Appointment", "location", Reference, "participant.actor", "Location"},
	{"Appointment", "patient", Reference, "participant.actor", "Patient"},
	{"Appointment", "practitioner", Reference, "participant.actor", "Practitioner"},
	{"Appointment", "status", Token, "status", ""},

	{"Encounter", "appointment", Reference, "appointment", ""},
	{"Encounter", "based-on", Reference, "basedOn", ""},
	{"Encounter", "class", Token, "class", ""},
	{"Encounter", "identifier", Token, "identifier", ""},
	{"Encounter", "part-of", Reference, "partOf", ""},
	{"Encounter", "patient", Reference, "subject", "Patient"},
	{"Encounter", "status", Token, "status", ""},
	{"Encounter", "subject", Reference, "subject", ""},
	{"Encounter", "type", Token, "type", ""},

	{"Communication", "based-on", Reference, "basedOn", ""},
	{"Communication", "category", Token, "category", ""},
	{"Communication", "identifier", Token, "identifier", ""},
	{"Communication", "part-of", Reference, "partOf", ""},
	{"Communication", "patient", Reference, "subject", "Patient"},
	{"Communication", "recipient", Reference, "recipient", ""},
	{"Communication", "sender", Reference, "sender", ""},
	{"Communication", "status", Token, "status", ""},
	{"Communication", "subject", Reference, "subject", ""},

	{"Observation", "based-on", Reference, "basedOn", ""},
	{"Observation", "category", Token, "category", ""},
	{"Observation", "code", Token, "code", ""},
	{"Observation", "derived-from", Reference, "derivedFrom", ""},
	{"Observation", "focus", Reference, "focus", ""},
	{"Observation", "identifier", Token, "identifier", ""},
	{"Observation", "patient", Reference, "subject", "Patient"},
	{"Observation", "performer", Reference, "performer", ""},
	{"Observation", "status", Token, "status", ""},
	{"Observation", "subject", Reference, "subject", ""},

	{"Procedure", "based-on", Reference, "basedOn", ""},
	{"Procedure", "category", Token, "category", ""},
	{"Procedure", "code", Token, "code", ""},
	{"Procedure", "identifier", Token, "identifier", ""},
	{"Procedure", "part-of", Reference, "partOf", ""},
	{"Procedure", "patient", Reference, "subject", "Patient"},
	{"Procedure", "performer", Reference, "performer.actor", ""},
	{"Procedure", "status", Token, "status", ""},
	{"Procedure", "subject", Reference, "subject", ""},

	{"Consent", "actor", Reference, "provision.actor.reference", ""},
	{"Consent", "category", Token, "category", ""},
	{"Consent", "consentor", Reference, "performer", ""},
	{"Consent", "identifier", Token, "identifier", ""},
	{"Consent", "organization", Reference, "organization", ""},
	{"Consent", "patient", Reference, "patient", "Patient"},
	{"Consent", "scope", Token, "scope", ""},
	{"Consent", "status", Token, "status", ""},

	{"Condition", "category", Token, "category", ""},
	{"Condition", "clinical-status", Token, "clinicalStatus", ""},
	{"Condition", "code", Token, "code", ""},
	{"Condition", "identifier", Token, "identifier", ""},
	{"Condition", "patient", Reference, "subject", "Patient"},
	{"Condition", "subject", Reference, "subject", ""},
	{"Condition", "verification-status", Token, "verificationStatus", ""},

	{"Goal", "achievement-status", Token, "achievementStatus", ""},
	{"Goal", "category", Token, "category", ""},
	{"Goal", "identifier", Token, "identifier", ""},
	{"Goal", "lifecycle-status", Token, "lifecycleStatus", ""},
	{"Goal", "patient", Reference, "subject", "Patient"},
	{"Goal", "subject", Reference, "subject", ""},

	{"CarePlan", "activity-reference", Reference, "activity.reference", ""},
	{"CarePlan", "based-on", Reference, "basedOn", ""},
	{"CarePlan", "category", Token, "category", ""},
	{"CarePlan", "identifier", Token, "identifier", ""},
	{"CarePlan", "intent", Token, "intent", ""},
	{"CarePlan", "part-of", Reference, "partOf", ""},
	{"CarePlan", "patient", Reference, "subject", "Patient"},
	{"CarePlan", "performer", Reference, "activity.detail.performer", ""},
	{"CarePlan", "status", Token, "status", ""},
	{"CarePlan", "subject", Reference, "subject", ""},

	{"Coverage", "beneficiary", Reference, "beneficiary", ""},
	{"Coverage", "identifier", Token, "identifier", ""},
	{"Coverage", "patient", Reference, "beneficiary", "Patient"},
	{"Coverage", "payor", Reference, "payor", ""},
	{"Coverage", "status", Token, "status", ""},
	{"Coverage", "type", Token, "type", ""},

	{"DocumentReference", "category", Token, "category", ""},
	{"DocumentReference", "identifier", Token, "identifier", ""},
	{"DocumentReference", "patient", Reference, "subject", "Patient"},
	{"DocumentReference", "status", Token, "status", ""},
	{"DocumentReference", "subject", Reference, "subject", ""},
	{"DocumentReference", "type", Token, "type", ""},

	{"Questionnaire", "identifier", Token, "identifier", ""},
	{"Questionnaire", "status", Token, "status", ""},
	{"Questionnaire", "url", URI, "url", ""},

	{"QuestionnaireResponse", "author", Reference, "author", ""},
	{"QuestionnaireResponse", "based-on", Reference, "basedOn", ""},
	{"QuestionnaireResponse", "identifier", Token, "identifier", ""},
	{"QuestionnaireResponse", "part-of", Reference, "partOf", ""},
	{"QuestionnaireResponse", "patient", Reference, "subject", "Patient"},
	{"QuestionnaireResponse", "questionnaire", URI, "questionnaire", ""},
	{"QuestionnaireResponse", "status", Token, "status", ""},
	{"QuestionnaireResponse", "subject", Reference, "subject", ""},

	{"Provenance", "agent", Reference, "agent.who", ""},
	{"Provenance", "agent-type", Token, "agent.type", ""},
	{"Provenance", "patient", Reference, "target", "Patient"},
	{"Provenance", "target", Reference, "target", ""},

	{"AuditEvent", "agent", Reference, "agent.who", ""},
	{"AuditEvent", "entity", Reference, "entity.what", ""},
	{"AuditEvent", "type", Token, "type", ""},

	{"Patient", "active", Token, "active", ""},
	{"Patient", "general-practitioner", Reference, "generalPractitioner", ""},
	{"Patient", "identifier", Token, "identifier", ""},
	{"Patient", "link", Reference, "link.other", ""},
	{"Patient", "organization", Reference, "managingOrganization", ""},
	{"RelatedPerson", "active", Token, "active", ""},
	{"RelatedPerson", "identifier", Token, "identifier", ""},
	{"RelatedPerson", "patient", Reference, "patient", "Patient"},
	{"RelatedPerson", "relationship", Token, "relationship", ""},

	{"Organization", "active", Token, "active", ""},
	{"Organization", "endpoint", Reference, "endpoint", ""},
	{"Organization", "identifier", Token, "identifier", ""},
	{"Organization", "partof", Reference, "partOf", ""},
	{"Organization", "type", Token, "type", ""},
	{"Practitioner", "active", Token, "active", ""},
	{"Practitioner", "identifier", Token, "identifier", ""},
	{"PractitionerRole", "active", Token, "active", ""},
	{"PractitionerRole", "identifier", Token, "identifier", ""},
	{"PractitionerRole", "location", Reference, "location", ""},
	{"PractitionerRole", "organization", Reference, "organization", ""},
	{"PractitionerRole", "practitioner", Reference, "practitioner", ""},
	{"PractitionerRole", "role", Token, "code", ""},
	{"PractitionerRole", "service", Reference, "healthcareService", ""},
	{"HealthcareService", "active", Token, "active", ""},
	{"HealthcareService", "identifier", Token, "identifier", ""},
	{"HealthcareService", "location", Reference, "location", ""},
	{"HealthcareService", "organization", Reference, "providedBy", ""},
	{"HealthcareService", "service-category", Token, "category", ""},
	{"HealthcareService", "service-type", Token, "type", ""},
	{"Location", "identifier", Token, "identifier", ""},
	{"Location", "organization", Reference, "managingOrganization", ""},
	{"Location", "status", Token, "status", ""},
	{"Location", "type", Token, "type", ""},
	{"Endpoint", "connection-type", Token, "connectionType", ""},
	{"Endpoint", "identifier", Token, "identifier", ""},
	{"Endpoint", "organization", Reference, "managingOrganization", ""},
	{"Endpoint", "status", Token, "status", ""},

	{"Schedule", "active", Token, "active", ""},
	{"Schedule", "actor", Reference, "actor", ""},
	{"Schedule", "identifier", Token, "identifier", ""},
	{"Slot", "identifier", Token, "identifier", ""},
	{"Slot", "schedule", Reference, "schedule", ""},
	{"Slot", "status", Token, "status", ""},

	{"Group", "identifier", Token, "identifier", ""},
	{"Group", "member", Reference, "member.entity", ""},
	{"CareTeam", "identifier", Token, "identifier", ""},
	{"CareTeam", "participant", Reference, "participant.member", ""},
	{"CareTeam", "patient", Reference, "subject", "Patient"},
	{"CareTeam", "status", Token, "status", ""},
	{"CareTeam", "subject", Reference, "subject", ""},
	{"Subscription", "status", Token, "status", ""},
	{"CodeSystem StructureMap ValueSet SearchParameter", "status", Token, "status", ""},
	{"CodeSystem StructureMap ValueSet SearchParameter", "url", URI, "url", ""},
}

// common are the parameters of every type beside _id and _lastUpdated, which are not terms.
//
// Source: FHIR R4, search.html, Parameters for all resources
var common = []row{
	{"", "_profile", URI, "meta.profile", ""},
	{"", "_security", Token, "meta.security", ""},
	{"", "_tag", Token, "meta.tag", ""},
}

// pairs are parameters that are kept together as one term, first and second of a type.
//
// Source: local, the searches that worklists and pollers make over and over
var pairs = []struct{ typ, first, second string }{
	{"Task", "owner", "status"},
	{"Task", "requester", "status"},
	{"Task", "subject", "status"},
	{"Appointment", "based-on", "status"},
}

// anyTarget is what a bare id may name where the standard allows a reference to any type of resource.
//
// Source: local, the types that referrals are made of; asking for all 148 would cost 148 look-ups
var anyTarget = []string{
	"Patient", "ServiceRequest", "Task", "Appointment", "Encounter", "Communication", "Procedure", "Observation", "Consent", "Condition",
	"Goal", "CarePlan", "CareTeam", "Organization", "Practitioner", "PractitionerRole", "RelatedPerson", "Location", "HealthcareService",
	"Group", "Device", "QuestionnaireResponse", "DocumentReference", "Questionnaire",
}
