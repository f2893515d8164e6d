package sdohcc

import (
	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

const (
	definition = "http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/"
	edition    = "3.0.0"
)

// Profiles are the guide's profiles, but for bindings to value sets that a resource cannot be checked against without a terminology server; where
// such a set says of what systems its codes are, that is checked. Slices by the profile of what is referred to are open and ask for nothing.
// profile_definitions_test.go compares them with the definitions where these are on the machine.
//
// Source: SDOHCC 3.0.0 (hl7.fhir.us.sdoh-clinicalcare, CC0-1.0), StructureDefinition of each; US Core 7.0.0, those they are derived from
var Profiles = []profile.Profile{
	of("Task", "TaskForReferralManagement", "Task for Referral Management", taskForReferralManagement),
	of("Task", "TaskForPatient", "Task for Patient", taskForPatient),
	of("ServiceRequest", "ServiceRequest", "ServiceRequest", serviceRequest),
	of("Procedure", "Procedure", "Procedure", procedure),
	of("Consent", "Consent", "Consent", consent),
	of("Condition", "Condition", "Condition", condition),
	of("Goal", "Goal", "Goal", goal),
	of("Group", "Group", "Group", group),
	of("HealthcareService", "HealthcareService", "HealthcareService", healthcareService),
	of("HealthcareService", "HealthcareServiceForReferralManagement", "HealthcareService for Referral Management", capacityService),
	of("Location", "Location", "Location", location),
	of("PractitionerRole", "practitionerrole", "PractitionerRole", practitionerRole),
	of("Observation", "ObservationAssessment", "Observation Assessment", assessment),
	of("Observation", "ObservationScreeningResponse", "Observation Screening Response", screeningResponse),
	of("Observation", "ObservationProgramEnrollmentStatus", "Observation Program Enrollment Status", enrollmentStatus),
	of("Observation", "ObservationPersonalCharacteristic", "Observation Personal Characteristic", personalCharacteristic),
	of("Observation", "ObservationEthnicityOMB", "Observation Ethnicity OMB", ethnicity),
	of("Observation", "ObservationGenderIdentity", "Observation Gender Identity", genderIdentity),
	of("Observation", "ObservationPersonalPronouns", "Observation Personal Pronouns", personalPronouns),
	of("Observation", "ObservationRaceOMB", "Observation Race OMB", race),
	of("Observation", "ObservationRecordedSexGender", "Observation Recorded Sex Gender", recordedSexGender),
	of("Observation", "ObservationSexualOrientation", "Observation Sexual Orientation", sexualOrientation),
}

func of(typ, id, name string, rules []profile.Rule) profile.Profile {
	return profile.Profile{
		URL: definition + "SDOHCC-" + id, Version: edition, Name: "SDOHCC " + name, Type: typ, Rules: rules, Systems: systems,
		Source: "SDOHCC 3.0.0, SDOHCC-" + id,
	}
}

// temporary is a code of the guide's own system.
func temporary(code string) *profile.Coding { return &profile.Coding{System: System, Code: code} }

// ofType is the slice of inputs or outputs of a type.
func ofType(name string, typ *profile.Coding, more ...profile.Test) *profile.Slice {
	return &profile.Slice{Name: name, Where: append([]profile.Test{{Path: "type", Is: typ}}, more...)}
}

// refers is that the value of an extension is a reference, and of no other kind, to a type.
func refers(typ string) []profile.Rule {
	return []profile.Rule{{Path: "value", Min: 1, Types: []string{"Reference"}, Targets: []string{typ}}, {Path: "extension", Max: profile.None}}
}

// isSDOH is that one category says so.
func isSDOH(key string) profile.Rule {
	return profile.Rule{Key: key, Path: "category", Min: 1, Slice: &profile.Slice{Name: "sdoh", Where: []profile.Test{{Is: &profile.Coding{System: uscore.CategorySystem, Code: "sdoh"}}}}}
}

var pertainsToGoal = profile.Rule{Path: "extension", Slice: uscore.Extension("pertainsToGoal", "http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal"), Each: refers("Goal")}
