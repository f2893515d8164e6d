package sdohcc

import (
	"slices"

	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

// instead is the extension of a subject that is no Patient.
const instead = "http://hl7.org/fhir/StructureDefinition/alternate-reference"

// attested are the rules of what a person says of themselves, which one of the profiles has from elsewhere than the others.
var attested = []profile.Rule{
	{Key: "SDOH-Obs-2", When: []profile.Test{{Path: "focus"}}, Path: "subject", Min: 1},
	{Key: "SDOH-Obs-3", Of: []profile.Test{{Path: "performer"}, {Path: "derivedFrom"}}, Min: 1},
	{Path: "status", OneOf: observed},
	{Path: "category", Min: 1, Max: 1, Slice: &profile.Slice{Name: "PersonalCharacteristic", Where: []profile.Test{{Is: temporary("personal-characteristic")}}}},
	{Path: "subject", Targets: []string{"Patient"}},
	{Key: "SDOH-Obs-1", Path: "subject", Of: []profile.Test{{Path: "reference"}, {Path: "extension.url", Is: &profile.Coding{Code: instead}}}, Min: 1, Max: 1},
	{Path: "subject.extension", Max: 1, Slice: uscore.Extension("subjectPractitioner", instead), Each: refers("Practitioner")},
	{Path: "focus", Max: 1, Targets: []string{"RelatedPerson"}},
	{Path: "effective", Types: []string{"dateTime", "Period"}},
	{Path: "value", Types: []string{"CodeableConcept"}},
	{Path: "interpretation", Max: profile.None},
	{Path: "bodySite", Max: profile.None},
	{Path: "specimen", Max: profile.None},
	{Path: "referenceRange", Max: profile.None},
	{Path: "derivedFrom", Targets: []string{"DocumentReference", "QuestionnaireResponse", "Observation"}},
}

var personalCharacteristic = slices.Concat(uscore.SimpleObservation, attested)

// told is that a characteristic has a value, or one that says that it is masked, and how it was learnt.
var told = []profile.Rule{
	{Path: "value", Min: 1},
	{Path: "value.extension", Max: 1, Slice: uscore.Extension("DataAbsentReasonMasked", uscore.Absent), Each: []profile.Rule{
		{Path: "value", Min: 1, Types: []string{"code"}, Is: &profile.Coding{Code: "masked"}}, {Path: "extension", Max: profile.None},
	}},
	{Path: "dataAbsentReason", Max: profile.None},
	{Path: "method", Min: 1},
}

var byMethod = profile.Rule{Path: "method", OneOf: []profile.CodeSet{methods, {System: flavours, Codes: []string{"UNK"}}}, Extensible: true}

func coded(code string) profile.Rule {
	return profile.Rule{Path: "code", Is: &profile.Coding{System: loinc, Code: code}}
}

var (
	genderIdentity    = slices.Concat(personalCharacteristic, told, []profile.Rule{coded("76691-5"), byMethod})
	personalPronouns  = slices.Concat(personalCharacteristic, told, []profile.Rule{coded("90778-2"), byMethod})
	recordedSexGender = slices.Concat(personalCharacteristic, told, []profile.Rule{
		coded("99502-7"),
		{Path: "derivedFrom", Min: 1, Max: 1},
		{Path: "derivedFrom.identifier.type", OneOf: []profile.CodeSet{papers}, Extensible: true},
	})
	sexualOrientation = slices.Concat(uscore.SexualOrientation, attested, told, []profile.Rule{byMethod})
)

// papers are the documents that say somebody's sex or gender.
//
// Source: SDOHCC 3.0.0, SDOHCC-ValueSetObservationDerivedFromIdType
var papers = profile.CodeSet{System: "http://terminology.hl7.org/CodeSystem/v2-0203", Codes: []string{"BCT", "DL", "PPN", "SB", "MCT", "MI", "SR", "WP"}}

// absences are the reasons for which a race or ethnicity is not there.
//
// Source: SDOHCC 3.0.0, SDOHCC-ValueSetObservationDataAbsentReason
var absences = profile.CodeSet{System: "http://terminology.hl7.org/CodeSystem/data-absent-reason", Codes: []string{
	"unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked",
}}

var (
	race      = slices.Concat(personalCharacteristic, parted("72826-1", "SDOH-Race-1", "Race", uscore.Races, 5))
	ethnicity = slices.Concat(personalCharacteristic, parted("69490-1", "SDOH-Ethnicity-1", "Ethnicity", uscore.Ethnicities, 1))
)

// parted are the rules of a characteristic that is told in components: in words, by a category (at most so many), and by codes beyond those.
func parted(code, key, name string, categories profile.CodeSet, most int) []profile.Rule {
	isIt := &profile.Coding{System: loinc, Code: code}
	part := func(more ...profile.Test) []profile.Test {
		return append([]profile.Test{{Path: "code", Is: isIt}}, more...)
	}
	bare := []profile.Rule{{Path: "dataAbsentReason", Max: profile.None}, {Path: "interpretation", Max: profile.None}, {Path: "referenceRange", Max: profile.None}}
	return []profile.Rule{
		{Key: key, Of: []profile.Test{{Path: "dataAbsentReason"}, {Path: "component.code", Is: isIt}}, Min: 1, Max: 1},
		coded(code),
		{Path: "value", Max: profile.None},
		{Path: "dataAbsentReason", OneOf: []profile.CodeSet{absences}},
		{Path: "method", Min: 1},
		byMethod,
		{Path: "component", Max: 1, Slice: &profile.Slice{Name: name + "Description", Where: part(profile.Test{Path: "valueString"})}, Each: bare},
		{Path: "component", Max: most, Slice: &profile.Slice{Name: name, Where: part(profile.Test{Path: "valueCodeableConcept", OneOf: []profile.CodeSet{categories}})}, Each: bare},
		{Path: "component", Slice: &profile.Slice{Name: "Detailed" + name, Where: part(
			profile.Test{Path: "valueCodeableConcept.coding.system", Is: &profile.Coding{Code: categories.System}},
			profile.Test{Path: "valueCodeableConcept", OneOf: []profile.CodeSet{categories}, Not: true},
		)}, Each: bare},
	}
}
