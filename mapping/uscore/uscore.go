// Package uscore holds profiles of US Core as data: those that SDOHCC wants beside its own, and those that its own are derived from.
//
// Only what narrows FHIR R4 is a rule. Left out are bindings to value sets that cannot be checked without a terminology server; where such a set
// says of what systems its codes are, that is checked.
package uscore

import "warmhandoff/fhir/profile"

const (
	// Version is the edition that all of this is of.
	Version = "7.0.0"

	definition = "http://hl7.org/fhir/us/core/StructureDefinition/"
	source     = "US Core 7.0.0, CC0"

	loinc    = "http://loinc.org"
	snomed   = "http://snomed.info/sct"
	races    = "urn:oid:2.16.840.1.113883.6.238"
	flavours = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
	category = "http://terminology.hl7.org/CodeSystem/observation-category"

	// CategorySystem is US Core's system of categories.
	CategorySystem = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
	// ConditionCategorySystem is US Core's own system beside that of R4.
	ConditionCategorySystem = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"
	// Absent is the extension that says why something is not there.
	Absent = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
)

// Categories are what US Core adds to the categories of R4.
//
// Source: US Core 7.0.0, CodeSystem us-core-category
var Categories = profile.CodeSet{System: CategorySystem, Codes: []string{
	"sdoh", "functional-status", "disability-status", "cognitive-status", "treatment-intervention-preference", "care-experience-preference",
}}

// Systems are the code systems of US Core that are known whole.
//
// Source: US Core 7.0.0, CodeSystem us-core-category, condition-category
var Systems = []profile.CodeSet{Categories, {System: ConditionCategorySystem, Codes: []string{"problem", "health-concern"}}}

// The systems that codes of procedures, of conditions, of surveys and of documents are of; of which codes, a terminology server would know.
//
// Source: US Core 7.0.0, us-core-procedure-code, us-core-condition-code, us-core-survey-codes, us-core-documentreference-type
var (
	ProcedureCodes = []profile.CodeSet{
		{System: "http://www.ama-assn.org/go/cpt"}, {System: snomed}, {System: "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"},
		{System: "http://www.cms.gov/Medicare/Coding/ICD10"}, {System: "http://www.ada.org/cdt"}, {System: loinc},
	}
	ConditionCodes = []profile.CodeSet{{System: snomed}, {System: "http://hl7.org/fhir/sid/icd-10-cm"}, {System: "http://hl7.org/fhir/sid/icd-9-cm"}}
	GoalCodes      = []profile.CodeSet{{System: snomed}, {System: loinc}}
	SurveyCodes    = []profile.CodeSet{{System: loinc}}
	documentTypes  = []profile.CodeSet{{System: loinc}, {System: flavours, Codes: []string{"UNK"}}}
)

// Profiles are those that are claimed by themselves.
var Profiles = []profile.Profile{
	of("CareTeam", "us-core-careteam", "US Core CareTeam", careTeam),
	of("DocumentReference", "us-core-documentreference", "US Core DocumentReference", documentReference),
	of("Organization", "us-core-organization", "US Core Organization", organization),
	of("Patient", "us-core-patient", "US Core Patient", patient),
	of("Practitioner", "us-core-practitioner", "US Core Practitioner", practitioner),
}

func of(typ, id, name string, rules []profile.Rule) profile.Profile {
	return profile.Profile{URL: definition + id, Version: Version, Name: name, Type: typ, Rules: rules, Systems: Systems, Source: source + ", " + id}
}
