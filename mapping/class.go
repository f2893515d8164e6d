package mapping

import "slices"

// kind says what kind of encounter a class means. The zero kind is one of which it is not known that it is a visit: somebody is asked.
type kind string

const (
	kindOther     kind = ""
	kindVisit     kind = "visit"
	kindStay      kind = "stay" // in hospital: it holds the referral
	kindEmergency kind = "emergency"
)

// The code systems of Encounter.class, under the names that they have had.
var (
	actCode = []string{"http://terminology.hl7.org/CodeSystem/v3-ActCode", "http://hl7.org/fhir/v3/ActCode", "urn:oid:2.16.840.1.113883.5.4", ""}
	v2Class = []string{"http://terminology.hl7.org/CodeSystem/v2-0004", "http://hl7.org/fhir/v2/0004", "urn:oid:2.16.840.1.113883.18.5", "urn:oid:2.16.840.1.113883.12.4"}
)

// classes says which classes are first visits, and which hold. A code without a system is read as one of v3.
//
// Source: local, ruling 36: AMB, VR, HH, FLD, v2 O and R
// Source: HL7 v3-ActCode, ActEncounterCode; HL7 v2 table 0004, patient class
var classes = []struct {
	systems []string
	code    string
	kind    kind
}{
	{actCode, "AMB", kindVisit},
	{actCode, "VR", kindVisit},
	{actCode, "HH", kindVisit},
	{actCode, "FLD", kindVisit},
	{v2Class, "O", kindVisit},
	{v2Class, "R", kindVisit},
	{actCode, "IMP", kindStay},
	{actCode, "ACUTE", kindStay},
	{actCode, "NONAC", kindStay},
	{v2Class, "I", kindStay},
	{actCode, "EMER", kindEmergency},
	{v2Class, "E", kindEmergency},
}

// kindOf gives what a class means here: what the site lists is a visit.
func (s Settings) kindOf(class Coding) kind {
	if class.Code == "" {
		return kindOther
	}
	if slices.ContainsFunc(s.Visits, func(c Coding) bool { return c.is(class) }) {
		return kindVisit
	}
	for i := range classes {
		if c := &classes[i]; c.code == class.Code && slices.Contains(c.systems, class.System) {
			return c.kind
		}
	}
	return kindOther
}
