package fhir

import (
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// OperationOutcome gives the JSON of an OperationOutcome with these issues, in
// their order; the words stand in issue.details.text, as the standard asks of
// text for people, and again in issue.diagnostics, because HAPI's client and
// others show nothing else. Without issues it says that all is well. A severity
// or code that R4 does not know becomes error or processing.
//
// Source: FHIR R4, operationoutcome.html
func OperationOutcome(issues ...Issue) []byte {
	if len(issues) == 0 {
		issues = []Issue{{Severity: Information, Code: CodeInformational, Text: "All OK"}}
	}
	room := 48
	for i := range issues {
		room += 112 + len(issues[i].Expression) + 2*len(issues[i].Text)
	}
	out := append(make([]byte, 0, room), `{"issue":[`...)
	for i := range issues {
		if i > 0 {
			out = append(out, ',')
		}
		out = issues[i].append(out)
	}
	return append(out, `],"resourceType":"OperationOutcome"}`...)
}

// append writes an issue: by hand, because each answer to a write has one.
func (i *Issue) append(out []byte) []byte {
	severity, code := i.Severity, i.Code
	if !listed("severity", string(severity)) {
		severity = Error
	}
	if !listed("code", string(code)) {
		code = CodeProcessing
	}
	out = append(append(append(out, `{"severity":"`...), severity...), `","code":"`...)
	out = append(append(out, code...), '"')
	if words := printable(i.Text); words != "" {
		out = append(out, `,"details":{"text":`...)
		from := len(out)
		out, _ = jsontext.AppendQuote(out, words) // printable sees to it that it is UTF-8
		to := len(out)
		out = append(out, `},"diagnostics":`...)
		out = append(out, out[from:to]...)
	}
	if i.Expression != "" {
		out = append(out, `,"expression":[`...)
		out, _ = jsontext.AppendQuote(out, printable(i.Expression))
		out = append(out, ']')
	}
	return append(out, '}')
}

// listed reports whether R4 has a code for an element of OperationOutcome.issue.
func listed(element, code string) bool {
	set := issueCodes()[element]
	return set != nil && set.has([]byte(code))
}

// issueCodes gives the required value sets of OperationOutcome.issue.
var issueCodes = sync.OnceValue(func() map[string]*codeSet {
	sets := map[string]*codeSet{}
	issue := r4().byName["OperationOutcome.issue"]
	for i := range issue.Elements {
		if e := &issue.Elements[i]; e.codes != nil {
			sets[e.Name] = e.codes
		}
	}
	return sets
})

// printable takes out what a FHIR string must not hold.
func printable(words string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if c < ' ' && c != '\n' && c != '\t' {
			return '\ufffd'
		}
		return c
	}, words))
}
