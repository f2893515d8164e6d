package sdohcc

import "warmhandoff/fhir/profile"

var taskForReferralManagement = []profile.Rule{
	{Path: "status", OneOf: []profile.CodeSet{{Codes: []string{
		"draft", "requested", "accepted", "rejected", "cancelled", "in-progress", "on-hold", "failed", "completed", "entered-in-error",
	}}}, Source: "SDOHCC 3.0.0, SDOHCC-ValueSetReferralTaskStatus: all of R4 but ready and received"},
	{Path: "statusReason.text", Min: 1},
	{Path: "intent", Is: &profile.Coding{Code: "order"}},
	{Path: "code", Min: 1, Is: &profile.Coding{System: "http://hl7.org/fhir/CodeSystem/task-code", Code: "fulfill"}},
	{Path: "focus", Min: 1, Targets: []string{"ServiceRequest"}},
	{Path: "for", Min: 1, Targets: []string{"Patient", "RelatedPerson", "Group"}},
	{Path: "authoredOn", Min: 1},
	{Path: "requester", Min: 1, Targets: []string{"PractitionerRole", "Organization"}},
	{Path: "input", Slice: ofType("AdditionalContent", temporary("additional-content")), Each: valued("Reference")},
	{Path: "output", Slice: ofType("PerformedActivityReference", temporary("resulting-activity"), profile.Test{Path: "valueReference"}), Each: []profile.Rule{
		{Path: "valueReference", Targets: []string{"Procedure"}},
	}},
	{Path: "output", Slice: ofType("PerformedActivityCode", temporary("resulting-activity"), profile.Test{Path: "valueCodeableConcept"}), Each: []profile.Rule{
		{Path: "valueCodeableConcept", OneOf: performed},
	}},
	{Path: "output", Slice: ofType("AdditionalContent", temporary("additional-content")), Each: []profile.Rule{
		{Path: "valueReference", Targets: []string{"Observation", "Goal", "Condition", "QuestionnaireResponse", "CarePlan"}},
	}},
}

var (
	questionnaire         = &profile.Coding{System: sdc, Code: "questionnaire"}
	questionnaireResponse = &profile.Coding{System: sdc, Code: "questionnaire-response"}
	pdf                   = temporary("questionnaire-pdf")
	pdfCompleted          = temporary("questionnaire-pdf-completed")
	response              = temporary("general-information-response")
	contact               = temporary("contact-entity")
	chosen                = temporary("chosen-contact")
)

// asks is that a Task of some kind is meant.
func asks(code *profile.Coding) []profile.Test {
	return []profile.Test{{Path: "code", Is: code}}
}

// valued is that a value is of a type.
func valued(typ string, targets ...string) []profile.Rule {
	return []profile.Rule{{Path: "value", Types: []string{typ}, Targets: targets}}
}

// The outputs that SDOH-Task-2 and SDOH-Task-7 speak of are asked for as their words want it: the published expressions ask whether an answer
// exists, and one always does. Likewise SDOH-Task-3, whose expression is content without a focus.
var taskForPatient = []profile.Rule{
	{Path: "status", OneOf: []profile.CodeSet{{Codes: []string{"ready", "in-progress", "completed", "cancelled", "on-hold", "failed", "entered-in-error"}}}},
	{Path: "statusReason.text", Min: 1},
	{Path: "intent", Is: &profile.Coding{Code: "order"}},
	{Path: "priority", Min: 1, OneOf: []profile.CodeSet{{Codes: []string{"routine", "urgent"}}}},
	{Path: "code", Min: 1, OneOf: []profile.CodeSet{
		{System: System, Codes: []string{"make-contact", "review-material", "general-information"}}, {System: sdc, Codes: []string{"complete-questionnaire"}},
	}, Extensible: true},
	{Path: "for", Min: 1, Targets: []string{"Patient"}},
	{Path: "authoredOn", Min: 1},
	{Path: "requester", Min: 1, Targets: []string{"PractitionerRole", "Organization"}},
	{Path: "owner", Min: 1, Targets: []string{"Patient", "RelatedPerson"}},

	{Path: "input", Max: 1, Slice: ofType("Questionnaire", questionnaire), Each: valued("canonical")},
	{Path: "input", Max: 1, Slice: ofType("QuestionnairePDF", pdf), Each: valued("Reference", "DocumentReference")},
	{Path: "input", Max: 1, Slice: ofType("QuestionnaireURL", temporary("questionnaire-url")), Each: valued("url")},
	{Path: "input", Max: 1, Slice: ofType("QuestionnaireCategory", temporary("questionnaire-category")), Each: []profile.Rule{
		{Path: "value", Types: []string{"CodeableConcept"}, OneOf: []profile.CodeSet{questionnaires}},
	}},
	{Path: "input", Slice: ofType("Contact", contact), Each: valued("Reference", "HealthcareService", "PractitionerRole", "Practitioner", "Organization")},

	{Path: "output", Max: 1, Slice: ofType("QuestionnaireResponse", questionnaireResponse), Each: valued("Reference", "QuestionnaireResponse")},
	{Path: "output", Max: 1, Slice: ofType("QuestionnairePDFCompleted", pdfCompleted), Each: valued("Reference", "DocumentReference")},
	{Path: "output", Slice: ofType("GeneralInformationResponse", response), Each: valued("markdown")},
	{Path: "output", Max: 1, Slice: ofType("ChosenContact", chosen), Each: valued("markdown")},

	{Key: "SDOH-Task-1", When: asks(&profile.Coding{System: sdc, Code: "complete-questionnaire"}), Of: []profile.Test{
		{Path: "input.type", Is: questionnaire}, {Path: "input.type", Is: pdf}, {Path: "input.type", Is: temporary("questionnaire-url")},
	}, Min: 1, Max: 1},
	{Key: "SDOH-Task-1", When: asks(&profile.Coding{System: sdc, Code: "complete-questionnaire"}), Path: "input", Min: 1,
		Slice: ofType("QuestionnaireCategory", temporary("questionnaire-category"))},
	{Key: "SDOH-Task-2", When: asks(temporary("general-information")), Path: "description", Min: 1},
	{Key: "SDOH-Task-2", When: asks(temporary("general-information")), Path: "output.type", Is: response},
	{Key: "SDOH-Task-3", When: asks(temporary("review-material")), Path: "focus", Min: 1, Targets: []string{"DocumentReference"}},
	{Key: "SDOH-Task-4", When: asks(temporary("make-contact")), Path: "input", Min: 1, Slice: ofType("Contact", contact)},
	{Key: "SDOH-Task-5", When: []profile.Test{{Path: "input.type", Is: questionnaire}, {Path: "output"}}, Path: "output", Min: 1,
		Slice: ofType("QuestionnaireResponse", questionnaireResponse)},
	{Key: "SDOH-Task-6", When: []profile.Test{{Path: "input.type", Is: pdf}, {Path: "output"}}, Path: "output", Min: 1,
		Slice: ofType("QuestionnairePDFCompleted", pdfCompleted)},
	{Key: "SDOH-Task-7", When: asks(temporary("make-contact")), Path: "description", Min: 1},
	{Key: "SDOH-Task-7", When: asks(temporary("make-contact")), Path: "output.type", Is: chosen},
}
