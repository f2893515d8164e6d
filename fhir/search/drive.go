package search

import "strings"

// driving names the parameters whose terms are in the index, of the types that referrals are made of: what a search can begin with. The others sort
// out what these have found, because every row of the index costs time in each write. What is the same in nearly all resources of a type (intent,
// active) does not drive.
//
// Source: local, the searches that the known clients make
var driving = map[string]string{
	"Task":                  "based-on business-status code focus identifier owner part-of requester status subject",
	"ServiceRequest":        "based-on category code identifier performer requester status subject",
	"Appointment":           "actor based-on date identifier slot status",
	"Encounter":             "appointment based-on class identifier part-of status subject type",
	"Communication":         "based-on category identifier part-of recipient sender status subject",
	"Observation":           "based-on category code derived-from encounter focus identifier performer subject",
	"Procedure":             "based-on category code identifier part-of performer subject",
	"Consent":               "actor category consentor identifier organization patient source-reference status",
	"Condition":             "category code encounter identifier subject",
	"Goal":                  "category identifier subject",
	"CarePlan":              "activity-reference based-on category identifier part-of performer status subject",
	"Coverage":              "beneficiary identifier payor type",
	"DocumentReference":     "category identifier related subject type",
	"Questionnaire":         "identifier status url",
	"QuestionnaireResponse": "author based-on identifier part-of questionnaire status subject",
	"Provenance":            "agent target",
	"AuditEvent":            "agent entity type",
	"Patient":               "birthdate family general-practitioner given identifier link name organization phone email",
	"RelatedPerson":         "identifier name patient relationship",
	"Organization":          "endpoint identifier name partof type",
	"Practitioner":          "family given identifier name",
	"PractitionerRole":      "identifier location organization practitioner role service",
	"HealthcareService":     "identifier location name organization service-category service-type",
	"Location":              "identifier name organization partof type",
	"Endpoint":              "connection-type identifier organization",
	"Schedule":              "actor identifier",
	"Slot":                  "identifier schedule status",
	"Group":                 "characteristic identifier managing-entity member",
	"CareTeam":              "identifier participant subject",
	"Subscription":          "status url",
}

// others drive in types that have no row, and common ones in all.
const (
	others = "identifier patient subject url status"
	common = " _profile _security _tag"
)

// drivers gives the parameters that drive. Those that put a resource into a person's compartment always do, or a search in it would look at all
// resources of the type.
func drivers(typ string) []string {
	names, ok := driving[typ]
	if !ok {
		names = others
	}
	return append(strings.Fields(names+common), Compartment("Patient", typ)...)
}

// pairs are parameters that are kept together as one term, first and second of a type.
//
// Source: local, the searches that worklists and pollers make over and over
var pairs = []struct {
	typ, first, second string
	void               bool
}{
	{"Task", "owner", "status", true},
	{"Task", "requester", "status", false},
	{"Task", "subject", "status", false},
	{"Appointment", "based-on", "status", false},
	{"Appointment", "status", "date", false},
	{"Encounter", "based-on", "status", false},
	{"Consent", "patient", "status", false},
}

// anyTarget is what a chain without a type is asked of where the standard allows a reference to any type of resource. A bare id may name any: that is
// a look-up for each type, and no search for each.
//
// Source: local, the types that referrals are made of
var anyTarget = []string{
	"Patient", "ServiceRequest", "Task", "Appointment", "Encounter", "Communication", "Procedure", "Observation", "Consent", "Condition",
	"Goal", "CarePlan", "CareTeam", "Organization", "Practitioner", "PractitionerRole", "RelatedPerson", "Location", "HealthcareService",
	"Group", "Device", "QuestionnaireResponse", "DocumentReference", "Questionnaire",
}
