package fhir

import (
	"encoding/json"
	"fmt"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"
)

// OperationOutcome gives the JSON of an OperationOutcome with these issues, in
// their order; the words stand in issue.details.text, as the standard asks of
// text for people. Without issues it says that all is well. A severity
// or code that R4 does not know becomes error or processing.
//
// Source: FHIR R4, operationoutcome.html
func OperationOutcome(issues ...Issue) []byte {
	if len(issues) == 0 {
		issues = []Issue{{Severity: Information, Code: CodeInformational, Text: "All OK"}}
	}
	var outcome models.OperationOutcome
	for _, i := range issues {
		outcome.Issue = append(outcome.Issue, i.model())
	}
	data, err := json.Marshal(outcome)
	if err != nil {
		panic(fmt.Sprintf("fhir: an OperationOutcome of our own making cannot be written: %v", err))
	}
	return data
}

func (i Issue) model() models.OperationOutcomeIssue {
	m := models.OperationOutcomeIssue{Severity: models.IssueSeverityError, Code: models.IssueTypeProcessing}
	decodeCode(&m.Severity, string(i.Severity))
	decodeCode(&m.Code, string(i.Code))
	if i.Text != "" {
		m.Details = &models.CodeableConcept{Text: &i.Text}
	}
	if i.Expression != "" {
		m.Expression = []string{i.Expression}
	}
	return m
}

// decodeCode sets an enum of the model by its code, and leaves it alone where
// the model knows no such code.
func decodeCode(enum json.Unmarshaler, code string) {
	quoted, err := json.Marshal(code)
	if err == nil {
		_ = enum.UnmarshalJSON(quoted)
	}
}
