package fhir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/testdata/invalid"
)

// nested is a Questionnaire of so many levels of JSON, an odd number.
func nested(levels int) string {
	n := (levels - 1) / 2
	return `{"resourceType":"Questionnaire","status":"draft"` + strings.Repeat(`,"item":[{"linkId":"x","type":"group"`, n) + strings.Repeat(`}]`, n) + `}`
}

// wrong is an input that the reader refuses, and all that must be said of it.
type wrong struct {
	name  string
	input string
	want  []string // "error structure Task.foo", in any order
	more  bool     // and others besides
}

// wrongInputs are the cases of the corpus that need no server.
var wrongInputs = byReader()

func byReader() []wrong {
	var list []wrong
	for _, c := range invalid.Cases() {
		if c.ByReader {
			list = append(list, wrong{c.File + "/" + c.Name, string(c.Body), c.Issues, c.More})
		}
	}
	return list
}

// task puts members into a Task that is right without them.
func task(members string) string {
	return `{"resourceType":"Task","status":"requested","intent":"order",` + members + `}`
}

// patient puts members into a Patient that is right without them.
func patient(members string) string { return `{"resourceType":"Patient",` + members + `}` }

// appointment puts members into an Appointment that lacks status and times.
func appointment(members string) string {
	return `{"resourceType":"Appointment","participant":[{"actor":{"reference":"Patient/P1"},"status":"accepted"}],` + members + `}`
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(wrongInputs), 180)
	for _, w := range wrongInputs {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			r, issues := Read([]byte(w.input))
			assert.Nil(t, r)
			var got []string
			for _, i := range issues {
				at := i.Expression
				if at == "" {
					at = "-"
				}
				got = append(got, fmt.Sprintf("%s %s %s", i.Severity, i.Code, at))
				assert.NotEmpty(t, i.Text)
				assert.True(t, i.Refuses())
			}
			if w.more {
				assert.Subset(t, got, w.want)
			} else {
				assert.ElementsMatch(t, w.want, got, "%v", issues)
			}
		})
	}
}

func TestReadTellsAllIssuesAtOnce(t *testing.T) {
	t.Parallel()
	_, issues := Read([]byte(`{"resourceType":"Task","status":"done","for":[],"description":"","owner":{"reference":"Location/1"},"x":1}`))
	assert.Len(t, issues, 6)
}

func TestReadStopsAfterTooManyIssues(t *testing.T) {
	t.Parallel()
	_, issues := Read([]byte(patient(`"name":[` + strings.Repeat(`{"x":1},`, 2*MaxIssues) + `{"x":1}]`)))
	require.Len(t, issues, MaxIssues+1)
	assert.Equal(t, Fatal, issues[MaxIssues].Severity)
}

func TestReadDoesNotRepeatTextOfTheInput(t *testing.T) {
	t.Parallel()
	const secret = "Ana Fictional"
	for _, input := range []string{
		`{"resourceType":"` + secret + `"}`,
		patient(`"` + secret + `":1`),
		patient(`"birthDate":"` + secret + `"`),
		patient(`"gender":"` + secret + `"`),
		patient(`"link":[{"type":"seealso","other":{"reference":"` + secret + `"}}]`),
		patient(`"maritalStatus":"` + secret + `"`),
		patient(`"name":[{"text":"` + secret + `",]`),
	} {
		_, issues := Read([]byte(input))
		require.NotEmpty(t, issues)
		assert.NotContains(t, fmt.Sprint(issues), secret)
	}
}

func TestSyntaxErrorsNameLineAndColumn(t *testing.T) {
	t.Parallel()
	_, issues := Read([]byte("{\n  \"resourceType\": \"Task\",\n  \"status\": draft\n}"))
	require.Len(t, issues, 1)
	assert.Contains(t, issues[0].Text, "line 3, column 13")
	assert.Equal(t, "Task.status", issues[0].Expression)
}
