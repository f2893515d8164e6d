package mutants

// breaks returns a change that gives an object of a type these members, and takes away what is nil.
func breaks(key, typ string, members object) change {
	return change{key, func(s *spot) bool { return isObject(s) && s.typ.Name == typ && !s.nested }, func(s *spot) {
		for name, v := range members {
			if v == nil {
				delete(s.object(), name)
			} else {
				s.object()[name] = v
			}
		}
	}, nil}
}

// instead returns a change that puts another object of the type in place.
func instead(key, typ string, v object) change {
	return change{key, func(s *spot) bool { return isInner(s) && s.is(typ) && !s.nested }, func(s *spot) { s.set(v) }, nil}
}

func concept(system, code string) object {
	return object{"coding": []any{object{"system": "http://terminology.hl7.org/CodeSystem/" + system, "code": code}}}
}

var (
	words    = object{"text": "x"}
	somebody = object{"display": "x"}
)

// brokenInvariants are named by the invariant, and by what breaks it where that is not all.
//
// Source: FHIR R4, the constraints of its definitions
var brokenInvariants = []change{
	instead("per-1", "Period", object{"start": "2025-03-10", "end": "2025-03-01"}),
	instead("per-1 with times", "Period", object{"start": "2025-03-10T10:00:00Z", "end": "2025-03-10T09:59:00Z"}),
	instead("per-1 in two zones", "Period", object{"start": "2025-03-10T10:00:00-08:00", "end": "2025-03-10T17:00:00Z"}),
	instead("per-1 in two precisions", "Period", object{"start": "2025-03-10", "end": "2025-02"}),
	instead("qty-3", "Quantity", object{"value": 1, "code": "kg"}),
	instead("cpt-2", "ContactPoint", object{"value": "+1 415 555 0199"}),
	breaks("att-1", "Attachment", object{"data": "QUJD", "contentType": nil}),
	instead("rat-1", "Ratio", object{"numerator": object{"value": 1}}),
	instead("rng-2", "Range", object{"low": object{"value": 5}, "high": object{"value": 2}}),
	instead("sqty-1", "Range", object{"low": object{"value": 5, "comparator": "<"}}),
	breaks("tim-2", "Timing.repeat", object{"period": 1, "periodUnit": nil}),
	breaks("tim-1", "Timing.repeat", object{"duration": 1}),
	breaks("tim-5", "Timing.repeat", object{"period": -1}),
	breaks("tim-4", "Timing.repeat", object{"duration": -1, "durationUnit": "h"}),
	breaks("tim-6", "Timing.repeat", object{"periodMax": 3, "period": nil, "periodUnit": nil}),
	breaks("tim-7", "Timing.repeat", object{"durationMax": 3}),
	breaks("tim-8", "Timing.repeat", object{"countMax": 3}),
	breaks("tim-9", "Timing.repeat", object{"offset": 3, "when": nil}),
	breaks("tim-10", "Timing.repeat", object{"timeOfDay": []any{"10:00:00"}, "when": []any{"MORN"}}),
	instead("age-1", "Age", object{"value": 35, "unit": "a"}),
	instead("age-1, less than nothing", "Age", object{"value": -1, "unit": "a", "system": "http://unitsofmeasure.org", "code": "a"}),
	instead("drt-1", "Duration", object{"value": 35, "unit": "min"}),
	instead("drt-1, in kilograms", "Duration", object{"value": 35, "unit": "kg", "system": "http://bayview.example/units", "code": "kg"}),
	breaks("app-1", "Appointment.participant", object{"actor": nil, "type": nil}),
	breaks("app-2", "Appointment", object{"end": nil}),
	breaks("app-3", "Appointment", object{"start": nil, "end": nil}),
	breaks("app-4", "Appointment", object{"cancelationReason": words}),
	breaks("apr-1", "AppointmentResponse", object{"actor": nil, "participantType": nil}),
	breaks("pat-1", "Patient.contact", object{"name": nil, "telecom": nil}),
	breaks("org-1", "Organization", object{"name": nil, "identifier": nil}),
	breaks("org-2", "Organization", object{"address": []any{object{"use": "home", "text": "x"}}}),
	breaks("org-3", "Organization", object{"telecom": []any{object{"use": "home", "system": "phone", "value": "1"}}}),
	breaks("prr-1", "ServiceRequest", object{"code": nil}),
	breaks("inv-1", "Task", object{"authoredOn": "2025-03-03", "lastModified": "2025-03-01"}),
	breaks("con-4", "Condition", object{"abatementDateTime": "2025-03-10"}),
	breaks("con-5", "Condition", object{"verificationStatus": concept("condition-ver-status", "entered-in-error")}),
	breaks("con-3", "Condition", object{"clinicalStatus": nil}),
	breaks("con-1", "Condition.stage", object{"summary": nil}),
	breaks("con-2", "Condition.evidence", object{"code": nil, "detail": nil, "id": "x"}),
	breaks("obs-3", "Observation.referenceRange", object{"low": nil, "high": nil, "text": nil, "type": words}),
	breaks("obs-6", "Observation", object{"dataAbsentReason": words}),
	breaks("obs-7", "Observation", object{"code": words, "component": []any{object{"code": words, "valueString": "x"}}}),
	breaks("ait-1", "AllergyIntolerance", object{"clinicalStatus": nil}),
	breaks("ait-2", "AllergyIntolerance", object{"verificationStatus": concept("allergyintolerance-verification", "entered-in-error")}),
	breaks("ppc-1", "Consent", object{"policy": nil, "policyRule": nil}),
	breaks("ppc-2", "Consent", object{"patient": nil}),
	breaks("ppc-3", "Consent", object{"patient": nil, "scope": concept("consentscope", "research")}),
	breaks("ppc-4", "Consent", object{"patient": nil, "scope": concept("consentscope", "adr")}),
	breaks("ppc-5", "Consent", object{"patient": nil, "scope": concept("consentscope", "treatment")}),
	breaks("cpl-3", "CarePlan.activity", object{"reference": somebody, "detail": object{"status": "scheduled"}}),
	breaks("ctm-1", "CareTeam.participant", object{"member": object{"reference": "Patient/1"}, "onBehalfOf": somebody}),
	breaks("gol-1", "Goal.target", object{"measure": nil}),
	breaks("que-1, a group with nothing", "Questionnaire.item", object{"type": "group", "item": nil, "answerOption": nil, "required": nil}),
	breaks("que-1, a display with items", "Questionnaire.item", object{"type": "display", "required": nil, "answerOption": nil, "enableWhen": nil, "maxLength": nil, "item": []any{object{"linkId": "9", "type": "display", "text": "x"}}}),
	breaks("que-2", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "string"}, object{"linkId": "1", "type": "string"}}}),
	breaks("que-3", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "display", "code": []any{object{"code": "x"}}}}}),
	breaks("que-4", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "choice", "answerOption": []any{object{"valueString": "x"}}, "answerValueSet": "http://bayview.example/vs"}}}),
	breaks("que-5", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "boolean", "answerOption": []any{object{"valueString": "x"}}}}}),
	breaks("que-6", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "display", "required": true}}}),
	breaks("que-7", "Questionnaire.item.enableWhen", object{"answerBoolean": nil, "answerString": "x"}),
	breaks("que-8", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "display", "initial": []any{object{"valueString": "x"}}}}}),
	breaks("que-9", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "display", "readOnly": true}}}),
	breaks("que-10", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "boolean", "maxLength": 3}}}),
	breaks("que-11", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "choice", "answerOption": []any{object{"valueString": "x"}}, "initial": []any{object{"valueString": "x"}}}}}),
	breaks("que-12", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "string"}, object{"linkId": "2", "type": "string", "enableWhen": []any{object{"question": "1", "operator": "exists", "answerBoolean": true}, object{"question": "1", "operator": "=", "answerString": "x"}}}}}),
	breaks("que-13", "Questionnaire", object{"item": []any{object{"linkId": "1", "type": "string", "initial": []any{object{"valueString": "x"}, object{"valueString": "y"}}}}}),
	breaks("que-0", "Questionnaire", object{"name": "food questions"}),
	breaks("qrs-1", "QuestionnaireResponse", object{"item": []any{object{"linkId": "1", "answer": []any{object{"valueString": "x"}}, "item": []any{object{"linkId": "2"}}}}}),
	breaks("sev-1", "AuditEvent.entity", object{"query": "QUJD"}),
	breaks("lst-1", "List", object{"emptyReason": words}),
	breaks("lst-2", "List.entry", object{"deleted": true}),
	breaks("lst-3", "List", object{"mode": "snapshot"}),
	breaks("imm-1", "Immunization.education", object{"documentType": nil}),
	breaks("cmp-1", "Composition.section", object{"text": nil, "entry": nil, "section": nil, "emptyReason": nil}),
	breaks("cmp-2", "Composition.section", object{"emptyReason": words, "entry": []any{somebody}}),
	breaks("vsd-0", "ValueSet", object{"name": "how often"}),
	breaks("vsd-1", "ValueSet.compose.include", object{"system": nil, "concept": nil, "id": "x"}),
	breaks("vsd-2", "ValueSet.compose.include", object{"system": nil, "valueSet": []any{"http://bayview.example/vs"}}),
	breaks("vsd-3", "ValueSet.compose.include", object{"filter": []any{object{"property": "x", "op": "=", "value": "x"}}}),
	breaks("bdl-1", "Bundle", object{"total": 2}),
	breaks("bdl-2", "Bundle.entry", object{"search": object{"mode": "match"}}),
	breaks("bdl-3", "Bundle.entry", object{"request": object{"method": "GET", "url": "Patient/1"}}),
	breaks("bdl-4", "Bundle.entry", object{"response": object{"status": "200"}}),
	breaks("bdl-5", "Bundle.entry", object{"resource": nil}),
	breaks("bdl-8", "Bundle.entry", object{"fullUrl": "https://bayview.example/fhir/Patient/moreau/_history/1"}),
	{"bdl-7", func(s *spot) bool { return isRoot(s) && s.typ.Name == "Bundle" }, func(s *spot) {
		entries := s.object()["entry"].([]any)
		s.object()["entry"] = append(entries, entries[0])
	}, nil},
	breaks("bdl-9", "Bundle", object{"type": "document"}),
	breaks("bdl-12", "Bundle", object{"type": "message"}),
	breaks("a batch without requests", "Bundle", object{"type": "batch"}),
	breaks("a transaction without requests", "Bundle", object{"type": "transaction"}),
	breaks("inv-1 of Parameters, nothing", "Parameters.parameter", object{"valueReference": nil, "valueDateTime": nil, "valueDecimal": nil, "part": nil, "resource": nil}),
	breaks("inv-1 of Parameters, a value and parts", "Parameters.parameter", object{"part": []any{object{"name": "x", "valueString": "x"}}, "valueString": nil, "resource": basic("b")}),
	breaks("ele-1", "CodeableConcept", object{"coding": nil, "text": nil, "id": "x"}),
	breaks("a group that is not of its kind (grp-1)", "Group", object{"actual": false}),
	breaks("a code without its system", "Coding", object{"system": nil}),
	breaks("a system that is no absolute URI", "Coding", object{"system": "codes"}),
	breaks("an identifier's system that is no absolute URI", "Identifier", object{"system": "mrn"}),
	breaks("an identifier's URI that is none", "Identifier", object{"system": "urn:ietf:rfc:3986", "value": "12"}),
	breaks("a canonical with a fragment", "QuestionnaireResponse", object{"questionnaire": "http://bayview.example/q#1"}),
	breaks("an attachment of another size", "Attachment", object{"data": "QUJD", "url": nil, "contentType": "text/plain", "size": 99}),
	breaks("text and no status", "Narrative", object{"status": "empty"}),
	breaks("a link of a Bundle twice", "Bundle", object{"link": []any{object{"relation": "self", "url": "https://bayview.example"}, object{"relation": "self", "url": "https://bayview.example"}}}),
	breaks("an entry without a fullUrl", "Bundle.entry", object{"fullUrl": nil}),
	breaks("a fullUrl that is not that of the id", "Bundle.entry", object{"fullUrl": "https://bayview.example/fhir/Patient/other"}),
	breaks("a fullUrl that is relative", "Bundle.entry", object{"fullUrl": "Patient/moreau"}),
	breaks("a telephone number without digits", "ContactPoint", object{"value": "by the door"}),
}
