package fhir

import (
	"encoding/json"
	"fmt"
	"strings"

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
	if words := printable(i.Text); words != "" {
		m.Details = &models.CodeableConcept{Text: &words}
	}
	if i.Expression != "" {
		m.Expression = []string{i.Expression}
	}
	return m
}

// printable takes out what a FHIR string must not hold.
func printable(words string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' {
			return '\ufffd'
		}
		return c
	}, words))
}

// decodeCode sets an enum of the model by its code, and leaves it alone where
// the model knows no such code.
func decodeCode(enum json.Unmarshaler, code string) {
	quoted, err := json.Marshal(code)
	if err == nil {
		_ = enum.UnmarshalJSON(quoted)
	}
}
