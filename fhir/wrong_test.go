package fhir

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrong is an input and all that must be said of it: code and path, in order.
type wrong struct {
	name  string
	input string
	want  []string
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

var wrongInputs = []wrong{
	// what is no JSON, or no resource
	{"nothing", ``, []string{"structure "}},
	{"white space only", " \n\t ", []string{"structure "}},
	{"a byte order mark", "\xef\xbb\xbf" + task(`"priority":"stat"`), []string{"structure "}},
	{"an array", `[{"resourceType":"Task"}]`, []string{"structure "}},
	{"a string", `"Task"`, []string{"structure "}},
	{"null alone", `null`, []string{"structure "}},
	{"an object without type", `{"status":"draft"}`, []string{"required "}},
	{"an empty object", `{}`, []string{"required "}},
	{"a type that is no string", `{"resourceType":7}`, []string{"required "}},
	{"a type that R4 does not know", `{"resourceType":"Referral","status":"x"}`, []string{"not-supported "}},
	{"a type in the wrong case", `{"resourceType":"task"}`, []string{"not-supported "}},
	{"an abstract type", `{"resourceType":"DomainResource"}`, []string{"not-supported "}},
	{"a data type for a resource", `{"resourceType":"Reference"}`, []string{"not-supported "}},
	{"a comma too many", task(`"priority":"stat",`), []string{"structure Task.priority"}},
	{"an end too early", `{"resourceType":"Task","output":[{"valueString":"a`, []string{"structure Task.output[0].valueString"}},
	{"bytes behind the end", task(`"priority":"stat"`) + ` {}`, []string{"structure "}},
	{"a bracket behind the end", task(`"priority":"stat"`) + `}`, []string{"structure "}},
	{"single quotes", `{'resourceType':'Task'}`, []string{"structure "}},
	{"a comment", `{"resourceType":"Task",/* no */"status":"draft"}`, []string{"structure Task.resourceType"}},
	{"bad UTF-8", task("\"description\":\"\xff\""), []string{"structure Task.description"}},
	{"a lone surrogate", task(`"description":"\ud800"`), []string{"structure Task.description"}},
	{"a control character", task("\"description\":\"a\x01b\""), []string{"structure Task.description"}},
	{"a number with a leading zero", patient(`"multipleBirthInteger":01`), []string{"structure Patient.multipleBirthInteger"}},
	{"not a number", patient(`"multipleBirthInteger":NaN`), []string{"structure Patient.multipleBirthInteger"}},

	// names
	{"an unknown element", task(`"urgency":"high"`), []string{"structure Task.urgency"}},
	{"an element in the wrong case", `{"resourceType":"Task","Status":"draft","intent":"order"}`, []string{"structure Task.Status", "required Task.status"}},
	{"an unknown element deep down", task(`"restriction":{"period":{"begin":"2026"}}`), []string{"structure Task.restriction.period.begin"}},
	{"a comment in the manner of DSTU2", task(`"fhir_comments":["x"]`), []string{"structure Task.fhir_comments"}},
	{"a name that is no name", task(`"a b":1`), []string{"structure Task"}},
	{"a choice without its type", task(`"output":[{"type":{"text":"x"},"value":"y"}]`), []string{"structure Task.output[0].value", "required Task.output[0].value"}},
	{"a choice of a type it does not have", patient(`"deceasedString":"yes"`), []string{"structure Patient.deceasedString"}},
	{"extensions of an element that is no primitive", task(`"_for":{"id":"x"}`), []string{"structure Task.for"}},
	{"a key twice", task(`"priority":"stat","priority":"routine"`), []string{"structure Task.priority"}},
	{"a key twice, once escaped", task(`"priority":"stat","\u0070riority":"routine"`), []string{"structure Task.priority"}},
	{"a key twice deep down", task(`"for":{"display":"a","display":"b"}`), []string{"structure Task.for.display"}},
	{"the type twice", `{"resourceType":"Task","status":"draft","intent":"order","resourceType":"Patient"}`, []string{"structure Task.resourceType"}},

	// shape
	{"a number for a string", task(`"description":7`), []string{"structure Task.description"}},
	{"a string for a boolean", patient(`"active":"true"`), []string{"structure Patient.active"}},
	{"a string for a number", task(`"restriction":{"repetitions":"1"}`), []string{"structure Task.restriction.repetitions"}},
	{"a boolean for a number", task(`"restriction":{"repetitions":true}`), []string{"structure Task.restriction.repetitions"}},
	{"an object for a string", task(`"description":{"text":"x"}`), []string{"structure Task.description"}},
	{"a string for an object", task(`"for":"Patient/P1"`), []string{"structure Task.for"}},
	{"an array for a single value", task(`"for":[{"reference":"Patient/P1"}]`), []string{"structure Task.for"}},
	{"an array for a single primitive", task(`"description":["x"]`), []string{"structure Task.description"}},
	{"a single value for an array", task(`"basedOn":{"reference":"ServiceRequest/S1"}`), []string{"structure Task.basedOn"}},
	{"an array in an array", patient(`"name":[[{"family":"x"}]]`), []string{"structure Patient.name[0]"}},
	{"a string in an array of objects", patient(`"name":["x"]`), []string{"structure Patient.name[0]"}},
	{"null for a value", task(`"description":null`), []string{"structure Task.description"}},
	{"null for an array", task(`"basedOn":null`), []string{"structure Task.basedOn"}},
	{"null in an array of objects", task(`"basedOn":[null]`), []string{"structure Task.basedOn[0]"}},
	{"null in an array without extension", patient(`"name":[{"given":["A",null]}]`), []string{"structure Patient.name[0].given[1]"}},
	{"null beside null", patient(`"name":[{"given":["A",null],"_given":[{"id":"x"},null]}]`), []string{"structure Patient.name[0].given[1]"}},
	{"null beside an extension too few", patient(`"name":[{"given":["A",null],"_given":[{"id":"x"}]}]`), []string{"structure Patient.name[0].given[1]"}},
	{"null in extensions without values", patient(`"name":[{"_given":[null,{"extension":[{"url":"u","valueCode":"c"}]}]}]`), []string{"structure Patient.name[0].given[0]"}},
	{"an empty string", task(`"description":""`), []string{"value Task.description"}},
	{"an empty array", task(`"basedOn":[]`), []string{"structure Task.basedOn"}},
	{"an empty object for an element", task(`"for":{}`), []string{"structure Task.for"}},
	{"an empty object in an array", task(`"note":[{}]`), []string{"structure Task.note[0]"}},
	{"an element with an id only", task(`"for":{"id":"x"}`), []string{"invariant Task.for"}},
	{"a primitive with an id only", task(`"_description":{"id":"x"}`), []string{"invariant Task.description"}},
	{"two values of a choice", patient(`"deceasedBoolean":false,"deceasedDateTime":"2026"`), []string{"structure Patient.deceasedDateTime"}},
	{"no value of a required choice", task(`"input":[{"type":{"text":"x"}}]`), []string{"required Task.input[0].value"}},
	{"required elements missing", `{"resourceType":"Task","output":[{"valueString":"x"}]}`, []string{"required Task.output[0].type", "required Task.status", "required Task.intent"}},

	// primitives
	{"white space for text", task(`"description":" \n"`), []string{"value Task.description"}},
	{"an escaped control character", task(`"description":"a\u0000b"`), []string{"value Task.description"}},
	{"an id with a blank", `{"resourceType":"Patient","id":"a b"}`, []string{"value Patient.id"}},
	{"an id of 65 characters", `{"resourceType":"Patient","id":"` + strings.Repeat("x", 65) + `"}`, []string{"value Patient.id"}},
	{"a code with two blanks", task(`"performerType":[{"coding":[{"code":"a  b"}]}]`), []string{"value Task.performerType[0].coding[0].code"}},
	{"a code with a blank before it", task(`"performerType":[{"coding":[{"code":" a"}]}]`), []string{"value Task.performerType[0].coding[0].code"}},
	{"a URI with a blank", task(`"instantiatesUri":"http://a b"`), []string{"value Task.instantiatesUri"}},
	{"a positiveInt of zero", task(`"restriction":{"repetitions":0}`), []string{"value Task.restriction.repetitions"}},
	{"a positiveInt with a fraction", task(`"restriction":{"repetitions":1.5}`), []string{"value Task.restriction.repetitions"}},
	{"an integer with an exponent", patient(`"multipleBirthInteger":1e2`), []string{"value Patient.multipleBirthInteger"}},
	{"an integer beyond 32 bits", patient(`"multipleBirthInteger":2147483648`), []string{"value Patient.multipleBirthInteger"}},
	{"a negative unsignedInt", appointment(`"status":"proposed","priority":-1`), []string{"value Appointment.priority"}},
	{"a month that there is not", patient(`"birthDate":"1980-13-01"`), []string{"value Patient.birthDate"}},
	{"a day that there is not", patient(`"birthDate":"1981-02-29"`), []string{"value Patient.birthDate"}},
	{"a date with a time", patient(`"birthDate":"1980-01-01T10:00:00Z"`), []string{"value Patient.birthDate"}},
	{"a date of two digits", patient(`"birthDate":"80"`), []string{"value Patient.birthDate"}},
	{"a time without zone", task(`"authoredOn":"2026-03-02T09:00:00"`), []string{"value Task.authoredOn"}},
	{"a time without seconds", task(`"authoredOn":"2026-03-02T09:00Z"`), []string{"value Task.authoredOn"}},
	{"a time at 24 o'clock", task(`"authoredOn":"2026-03-02T24:00:00Z"`), []string{"value Task.authoredOn"}},
	{"a zone that there is not", task(`"authoredOn":"2026-03-02T09:00:00+14:30"`), []string{"value Task.authoredOn"}},
	{"an instant without time", task(`"meta":{"lastUpdated":"2026-03-02"}`), []string{"value Task.meta.lastUpdated"}},
	{"a time of day without seconds", task(`"input":[{"type":{"text":"x"},"valueTime":"10:30"}]`), []string{"value Task.input[0].valueTime"}},
	{"a UUID in upper case", task(`"input":[{"type":{"text":"x"},"valueUuid":"urn:uuid:C757873D-EC9A-4326-A141-556F43239520"}]`), []string{"value Task.input[0].valueUuid"}},
	{"an OID without prefix", task(`"input":[{"type":{"text":"x"},"valueOid":"1.2.3"}]`), []string{"value Task.input[0].valueOid"}},
	{"an OID with a leading zero", task(`"input":[{"type":{"text":"x"},"valueOid":"urn:oid:1.02"}]`), []string{"value Task.input[0].valueOid"}},
	{"base64 of three characters", task(`"input":[{"type":{"text":"x"},"valueBase64Binary":"abc"}]`), []string{"value Task.input[0].valueBase64Binary"}},
	{"narrative that is no div", task(`"text":{"status":"generated","div":"<p>x</p>"}`), []string{"value Task.text.div"}},
	{"text beyond a million characters", task(`"description":"` + strings.Repeat("x", MaxString+1) + `"`), []string{"too-long Task.description"}},

	// codes
	{"a code outside the value set", `{"resourceType":"Task","status":"done","intent":"order"}`, []string{"code-invalid Task.status"}},
	{"a code in the wrong case", `{"resourceType":"Task","status":"Draft","intent":"order"}`, []string{"code-invalid Task.status"}},
	{"a concept outside a required value set", `{"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"ill"}]}}`, []string{"code-invalid Condition.clinicalStatus.coding[0].code"}},
	{"a concept of another system where one is required", `{"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":{"coding":[{"system":"urn:x","code":"active"}]}}`, []string{"code-invalid Condition.clinicalStatus"}},

	// references
	{"a reference to a type that is not allowed", task(`"owner":{"reference":"Location/L1"}`), []string{"value Task.owner.reference"}},
	{"the same with an absolute URL", task(`"owner":{"reference":"https://ehr.example/fhir/Location/L1"}`), []string{"value Task.owner.reference"}},
	{"the same with a condition", task(`"owner":{"reference":"Location?identifier=x"}`), []string{"value Task.owner.reference"}},
	{"the same in Reference.type", task(`"owner":{"type":"Location","display":"x"}`), []string{"value Task.owner.type"}},
	{"a type that the reference belies", task(`"owner":{"reference":"Organization/O1","type":"Patient"}`), []string{"value Task.owner.type"}},
	{"the same with a URN", task(`"owner":{"reference":"Location/urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56"}`), []string{"value Task.owner.reference"}},
	{"a URN that ends too early", task(`"owner":{"reference":"Organization/urn:uuid:"}`), []string{"value Task.owner.reference"}},
	{"a reference to an unknown type", task(`"for":{"reference":"Pateint/P1"}`), []string{"value Task.for.reference"}},
	{"a reference with blanks", task(`"for":{"reference":"not//a ref"}`), []string{"value Task.for.reference"}},
	{"a reference with a bad id", task(`"for":{"reference":"Patient/a_b"}`), []string{"value Task.for.reference"}},

	// invariants
	{"an extension with value and extensions", task(`"extension":[{"url":"u","valueCode":"c","extension":[{"url":"v","valueCode":"c"}]}]`), []string{"invariant Task.extension[0]"}},
	{"an extension with neither", task(`"extension":[{"url":"u"}]`), []string{"invariant Task.extension[0]"}},
	{"an extension without url", task(`"extension":[{"valueCode":"c"}]`), []string{"required Task.extension[0].url"}},
	{"an extension of a primitive gone wrong", task(`"_description":{"extension":[{"url":"u","valueDate":"x"}]}`), []string{"value Task.description.extension[0].valueDate"}},
	{"a Task modified before it was made", task(`"authoredOn":"2026-03-02T09:00:00Z","lastModified":"2026-03-02T08:59:59Z"`), []string{"invariant Task.lastModified"}},
	{"an appointment with a start only", appointment(`"status":"booked","start":"2026-03-02T09:00:00Z"`), []string{"invariant Appointment"}},
	{"a booked appointment without times", appointment(`"status":"booked"`), []string{"invariant Appointment"}},
	{"a booked appointment with a reason of cancellation", appointment(`"status":"booked","start":"2026-03-02T09:00:00Z","end":"2026-03-02T10:00:00Z","cancelationReason":{"text":"x"}`), []string{"invariant Appointment.cancelationReason"}},
	{"a resource contained in a contained one", task(`"contained":[{"resourceType":"Patient","id":"p","contained":[{"resourceType":"Patient","id":"q"}]}]`), []string{"invariant Task.contained[0].contained[0]"}},

	// resources in resources
	{"a wrong resource in a Bundle", `{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"urn:x"},{"resource":{"resourceType":"Task","status":"done"}}]}`, []string{"code-invalid Bundle.entry[1].resource.status", "required Bundle.entry[1].resource.intent"}},
	{"a resource without type in a Bundle", `{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"status":"done"}}]}`, []string{"required Bundle.entry[0].resource"}},
	{"a resource of unknown type in a Bundle", `{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Tusk"}}]}`, []string{"not-supported Bundle.entry[0].resource"}},
	{"a resource laid right into an entry", `{"resourceType":"Bundle","type":"batch","entry":[{"resourceType":"Task","status":"draft","intent":"order"}]}`, []string{"structure Bundle.entry[0].resourceType", "structure Bundle.entry[0].status", "structure Bundle.entry[0].intent"}},
	{"a contained resource gone wrong", task(`"contained":[{"resourceType":"Patient","id":"p","gender":"f"}]`), []string{"code-invalid Task.contained[0].gender"}},
	{"a contained resource of no type", task(`"contained":[{"id":"p"}]`), []string{"required Task.contained[0]"}},
	{"a string for a contained resource", task(`"contained":["Patient/P1"]`), []string{"structure Task.contained[0]"}},
	{"a parameter gone wrong", `{"resourceType":"Parameters","parameter":[{"name":"x","resource":{"resourceType":"Patient","active":1}}]}`, []string{"structure Parameters.parameter[0].resource.active"}},

	// size
	{"65 levels", nested(65), []string{"too-costly " + "Questionnaire" + strings.Repeat(".item[0]", 32)}},
	{"500,001 values", patient(`"name":[` + strings.Repeat(`{"given":[`+strings.Repeat(`"a",`, 999)+`"a"]},`, 499) + `{"text":"x"}]`), []string{"too-costly "}},
	{"brackets without end", patient(`"x":` + strings.Repeat(`[`, 20_000)), []string{"too-costly Patient.x" + strings.Repeat("[0]", 62)}},
	{"10,001 items", patient(`"name":[` + strings.Repeat(`{"text":"x"},`, MaxItems) + `{"text":"x"}]`), []string{"too-costly Patient.name"}},
}

// nested is a Questionnaire of so many levels of JSON, an odd number.
func nested(levels int) string {
	n := (levels - 1) / 2
	return `{"resourceType":"Questionnaire","status":"draft"` + strings.Repeat(`,"item":[{"linkId":"x","type":"group"`, n) + strings.Repeat(`}]`, n) + `}`
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(wrongInputs), 60)
	for _, w := range wrongInputs {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			r, issues := Read([]byte(w.input))
			assert.Nil(t, r)
			var got []string
			for _, i := range issues {
				got = append(got, fmt.Sprintf("%s %s", i.Code, i.Expression))
				assert.NotEmpty(t, i.Text)
				assert.True(t, i.Refuses())
			}
			assert.Equal(t, w.want, got, "%v", issues)
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
