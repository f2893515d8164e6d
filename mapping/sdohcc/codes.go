package sdohcc

import (
	"slices"

	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

// categories are the domains that a request is for.
//
// Source: SDOHCC 3.0.0, SDOHCC-ValueSetSDOHCategory
var categories = profile.CodeSet{System: System, Codes: []string{
	"sdoh-category-unspecified", "food-insecurity", "housing-instability", "homelessness", "inadequate-housing", "transportation-insecurity",
	"financial-insecurity", "material-hardship", "educational-attainment", "employment-status", "veteran-status", "stress", "social-connection",
	"intimate-partner-violence", "elder-abuse", "personal-health-literacy", "health-insurance-coverage-status", "medical-cost-burden",
	"digital-literacy", "digital-access", "utility-insecurity", "incarceration-status", "language-access", "protective-factor",
}}

// methods are the ways to learn of a characteristic, and questionnaires the kinds of them.
//
// Source: SDOHCC 3.0.0, SDOHCC-ValueSetObservationMethod, SDOHCC-ValueSetSDOHQuestionnaireCategory, SDOHCC-ValueSetCapacityStatus
var (
	methods        = profile.CodeSet{System: System, Codes: []string{"self-reported", "reported-by-related-person", "administrative", "derived-specify", "other-specify", "observed"}}
	questionnaires = profile.CodeSet{System: System, Codes: []string{
		"risk-questionnaire", "feedback-questionnaire", "application-questionnaire", "personal-characteristics-questionnaire", "other-specify",
	}}
	capacities = profile.CodeSet{System: System, Codes: []string{"no-capacity", "capacity", "waitlist", "additional-assessment-required"}}
)

// others are the codes of the guide's system that are in none of these sets.
//
// Source: SDOHCC 3.0.0, SDOHCC-CodeSystemTemporaryCodes
var others = profile.CodeSet{System: System, Codes: []string{
	"resulting-activity", "sdoh-condition-category", "payer-coverage", "general-information", "make-contact", "review-material", "contact-entity",
	"general-information-response", "questionnaire-category", "questionnaire-pdf", "questionnaire-url", "questionnaire-pdf-completed",
	"contacting-subject-prohibited", "personal-characteristic", "chosen-contact", "additional-content", "program-enrollment", "enrolled",
	"not-enrolled", "not-enrolled-on-waitlist",
}}

// systems are the code systems that are known whole.
var systems = append([]profile.CodeSet{{System: System, Codes: slices.Compact(slices.Sorted(slices.Values(slices.Concat(
	categories.Codes, methods.Codes, questionnaires.Codes, capacities.Codes, others.Codes,
))))}, sdcCodes}, uscore.Systems...)

// sdcCodes are the temporary codes of Structured Data Capture, of which the guide uses some.
//
// Source: SDC 4.0.0, CodeSystem temp
var sdcCodes = profile.CodeSet{System: sdc, Codes: []string{
	"complete-questionnaire", "questionnaire", "questionnaire-response", "response-endpoint", "question-library", "behaviorExpressionLanguage", "extractionExpressionLanguage", "populationExpressionLanguage",
}}

// observed are the states that an answer to a screening, or a characteristic, may be in.
//
// Source: SDOHCC 3.0.0, SDOHCC-ValueSetObservationStatus
var observed = []profile.CodeSet{{Codes: []string{"final", "corrected", "entered-in-error", "unknown"}}}

// Systems of others.
const (
	loinc    = "http://loinc.org"
	flavours = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
	sdc      = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
)
