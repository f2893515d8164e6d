package fhir

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOperationOutcome(t *testing.T) {
	t.Parallel()
	got := OperationOutcome(
		Issue{Error, CodeRequired, "Task.status", "Task.status is required."},
		Issue{Severity: Warning, Code: CodeNotSupported},
	)
	assert.JSONEq(t, `{"resourceType":"OperationOutcome","issue":[
		{"severity":"error","code":"required","details":{"text":"Task.status is required."},"diagnostics":"Task.status is required.","expression":["Task.status"]},
		{"severity":"warning","code":"not-supported"}]}`, string(got))
	mustRead(t, string(got))
}

func TestOperationOutcomeWithoutIssues(t *testing.T) {
	t.Parallel()
	assert.JSONEq(t, `{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational","details":{"text":"All OK"},"diagnostics":"All OK"}]}`,
		string(OperationOutcome()))
}

func TestOperationOutcomeKnowsEverySeverityAndCode(t *testing.T) {
	t.Parallel()
	for _, s := range []Severity{Fatal, Error, Warning, Information} {
		r := mustRead(t, string(OperationOutcome(Issue{Severity: s, Code: CodeInvalid})))
		assert.Equal(t, string(s), r.Get("issue", "severity").Text())
	}
	outcome, _ := LookupType("OperationOutcome.issue")
	code, _ := outcome.Element("code")
	for _, c := range code.Codes {
		r := mustRead(t, string(OperationOutcome(Issue{Severity: Error, Code: Code(c)})))
		assert.Equal(t, c, r.Get("issue", "code").Text())
	}
}

func TestOperationOutcomeOfOurOwnMistakeIsStillOne(t *testing.T) {
	t.Parallel()
	r := mustRead(t, string(OperationOutcome(Issue{Severity: "bad", Code: "no such", Text: "a\x00b\xff <b>"})))
	assert.Equal(t, "error", r.Get("issue", "severity").Text())
	assert.Equal(t, "processing", r.Get("issue", "code").Text())
}

func TestEveryWrongInputMakesAGoodOutcome(t *testing.T) {
	t.Parallel()
	for _, w := range wrongInputs {
		_, issues := Read([]byte(w.input))
		for issue := range mustRead(t, string(OperationOutcome(issues...))).Get("issue").All() {
			assert.Equal(t, issue.Get("details", "text").Text(), issue.Get("diagnostics").Text(), "HAPI's client shows diagnostics alone")
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	assert.False(t, Refused(nil))
	assert.False(t, Refused([]Issue{{Severity: Warning}, {Severity: Information}}))
	assert.True(t, Refused([]Issue{{Severity: Warning}, {Severity: Error}}))
	assert.True(t, Refused([]Issue{{Severity: Fatal}}))
}
