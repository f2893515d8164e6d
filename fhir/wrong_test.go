package fhir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
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
		patient(`"name":[{"text":"\ud800` + secret + `"}]`),
		patient(`"name":[{"text":"\udc00` + secret + `"}]`),
		patient(`"name":[{"text":"\x` + secret + `"}]`),
		patient(`"name":[{"text":"\u` + secret + `"}]`),
		patient(`"name":[{"text":` + secret + `}]`),
	} {
		_, issues := Read([]byte(input))
		require.NotEmpty(t, issues)
		assert.NotContains(t, fmt.Sprint(issues), secret[:2])
	}
}

func TestSyntaxErrorsNameLineAndColumn(t *testing.T) {
	t.Parallel()
	_, issues := Read([]byte("{\n  \"resourceType\": \"Task\",\n  \"status\": draft\n}"))
	require.Len(t, issues, 1)
	assert.Contains(t, issues[0].Text, "line 3, column 13")
	assert.Equal(t, "Task.status", issues[0].Expression)
}

func TestAnotherEncodingIsNamed(t *testing.T) {
	t.Parallel()
	for _, input := range []string{"\xff\xfe{\x00}\x00", "\xfe\xff\x00{\x00}", "{\x00}\x00", "\x00{\x00}", "\xff\xfe\x00\x00{\x00\x00\x00"} {
		_, issues := Read([]byte(input))
		require.Len(t, issues, 1, "%q", input)
		assert.Contains(t, issues[0].Text, "FHIR is UTF-8", "%q", input)
	}
}

// TestTheCursorAndTheLibraryAgreeOnWhatIsJSON damages a Task at each of its bytes.
func TestTheCursorAndTheLibraryAgreeOnWhatIsJSON(t *testing.T) {
	t.Parallel()
	whole := `{"resourceType":"Task","status":"requested","intent":"order","priority":"routine","note":[{"text":"caf\u00e9 \"é\""},{"text":"b"}],` +
		`"restriction":{"repetitions":12},"input":[{"type":{"text":"x"},"valueDecimal":-0.5e+1},{"type":{"text":"y"},"valueBoolean":true}],` +
		`"description":"x","_description":{"extension":[{"url":"urn:x","valueDecimal":10.25}]}}`
	_, issues := Read([]byte(whole))
	require.Empty(t, issues)
	refused, valid := 0, 0
	look := func(data string) {
		r, issues := Read([]byte(data))
		if jsontext.Value(data).IsValid(lax) {
			valid++
			for _, one := range issues {
				require.NotContains(t, one.Text, "Not valid JSON", data)
			}
			return
		}
		refused++
		require.Nil(t, r, data)
		require.Len(t, issues, 1, data)
		require.Equal(t, Fatal, issues[0].Severity, data)
		_, err := ReadStored([]byte(data))
		require.Error(t, err, data)
	}
	for b := range 256 {
		look(whole + string([]byte{byte(b)}))
	}
	for at := range len(whole) {
		look(whole[:at])
		look(whole[:at] + "\x00" + whole[at:])
		look(whole[:at] + whole[at+1:])
		for _, b := range "{}[],:\"\\ \t\x010-.eEtnu\x80\xc3é" {
			look(whole[:at] + string(b) + whole[at+1:])
			look(whole[:at] + string(b) + whole[at:])
		}
		look(whole[:at] + "\x80" + whole[at:])
		look(whole[:at] + "\xed\xa0\x80" + whole[at:])
		look(whole[:at] + `\ud800` + whole[at:])
	}
	assert.Greater(t, refused, 8_000)
	assert.Greater(t, valid, 1_000)
}
