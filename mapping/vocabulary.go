package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// vocabulary is the codes of one element that are understood, and the systems that they are taken from. A code without a system is read by its
// code; one of another system is not understood.
//
// Source: ruling 14a
type vocabulary struct {
	systems []string
	codes   []string // empty: any code of the systems
}

const (
	systemActCode       = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
	systemParticipation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
	systemResourceTypes = "http://hl7.org/fhir/resource-types"
	systemURI           = "urn:ietf:rfc:3986"
)

// The vocabularies of the elements of a Consent.
//
// Source: FHIR R4, consent.html; HL7 Terminology: consentscope, consentaction, consentpolicycodes, v3-ActCode, v3-Confidentiality, v3-ParticipationType,
// v3-ActReason (PurposeOfUse)
var (
	scopes   = vocabulary{[]string{"http://terminology.hl7.org/CodeSystem/consentscope"}, []string{"patient-privacy", "treatment", "research", "adr"}}
	policies = vocabulary{[]string{systemActCode, "http://terminology.hl7.org/CodeSystem/consentpolicycodes"},
		[]string{"OPTIN", "OPTINR", "OPTOUT", "OPTOUTE", "hipaa-auth", codePart2}}
	roles   = vocabulary{[]string{systemParticipation, systemAgentType}, []string{"IRCP", "CST", "performer"}}
	actions = vocabulary{[]string{"http://terminology.hl7.org/CodeSystem/consentaction"}, []string{"collect", "access", "use", "disclose", "correct"}}
	labels  = vocabulary{[]string{"http://terminology.hl7.org/CodeSystem/v3-Confidentiality", systemActCode,
		"http://terminology.hl7.org/CodeSystem/v3-ObservationValue"}, nil}
	purposes = vocabulary{[]string{"http://terminology.hl7.org/CodeSystem/v3-ActReason"}, append([]string{
		"HMARKT", "HOPERAT", "DONAT", "FRAUD", "GOV", "HACCRED", "HCOMPL", "HDECD", "HDIRECT", "HDM", "HLEGAL", "HOUTCOMS", "HPRGRP", "HQUALIMP",
		"HSYSADMIN", "LABELING", "METAMGT", "MEMADMIN", "MILCDM", "PATADMIN", "PATSFTY", "PERFMSR", "RECORDMGT", "SYSDEV", "HTEST", "TRAIN",
		"HPAYMT", "CLMATTCH", "COVAUTH", "COVERAGE", "ELIGDTRM", "ELIGVER", "ENROLLM", "MILDCRG", "REMITADV", "HRESCH", "BIORCH", "CLINTRCH",
		"CLINTRCHNPC", "CLINTRCHPC", "PRECLINTRCH", "DSRCH", "POARCH", "TRANSRCH", "FAMRQT", "PWATRNY", "SUPNWK", "PUBHLTH", "DISASTER", "THREAT",
		"CLINTRL", "BTG", "ERTREAT", "POPHLTH", "TREATDS"}, append(caring, emergencies...)...)}
)

// takes gives a code that is understood, "" for any other.
func (v *vocabulary) takes(c fhir.Value) string {
	system, code := c.Get("system").Text(), c.Get("code").Text()
	if system != "" && !slices.Contains(v.systems, system) || len(v.codes) > 0 && !slices.Contains(v.codes, code) {
		return ""
	}
	return code
}

// of gives the code of a CodeableConcept: the one of its codings that is understood, "" where none is. Codings that say different things in one concept
// are not understood, in whatever order they stand.
func (v *vocabulary) of(concept fhir.Value) string {
	found := ""
	for c := range concept.Get("coding").All() {
		code := v.takes(c)
		if code == "" || code == found {
			continue
		}
		if found != "" {
			return ""
		}
		found = code
	}
	return found
}

// each gives the code of each item of a list of CodeableConcepts.
func (v *vocabulary) each(list fhir.Value) []string {
	var codes []string
	for concept := range list.All() {
		codes = append(codes, v.of(concept))
	}
	return codes
}

// eachCoding gives the code of each item of a list of Codings.
func (v *vocabulary) eachCoding(list fhir.Value) []string {
	var codes []string
	for c := range list.All() {
		codes = append(codes, v.takes(c))
	}
	return codes
}

// classesOf gives the type of resource that each class of a rule means: by its name, or by a profile that is named after it. "" is not understood.
//
// Source: FHIR R4, consent.html, provision.class; http://hl7.org/fhir/resource-types
func classesOf(list fhir.Value) []string {
	var types []string
	for c := range list.All() {
		system, code := c.Get("system").Text(), c.Get("code").Text()
		typ, known := fhir.LookupType(code[strings.LastIndexByte(code, '/')+1:])
		if system != "" && system != systemResourceTypes && system != systemURI || !known || typ.Kind != fhir.KindResource {
			types = append(types, "")
			continue
		}
		types = append(types, typ.Name)
	}
	return types
}
