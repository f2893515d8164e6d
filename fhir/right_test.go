package fhir

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rightInputs look odd and are right.
var rightInputs = map[string]string{
	"a resource with its type alone":                     `{"resourceType":"Patient"}`,
	"white space all around":                             " \n{\"resourceType\" : \"Patient\"\t}\r\n ",
	"a type that comes last":                             `{"active":true,"resourceType":"Patient"}`,
	"a type in escapes":                                  `{"resource\u0054ype":"Pat\u0069ent","\u0061ctive":true}`,
	"a required code said to be absent":                  `{"resourceType":"Task","_status":{"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]},"intent":"order"}`,
	"a value with an id":                                 patient(`"birthDate":"1980","_birthDate":{"id":"b"}`),
	"a null whose place an extension fills":              patient(`"name":[{"given":["A",null],"_given":[null,{"extension":[{"url":"urn:u","valueCode":"c"}]}]}]`),
	"fewer extensions than values":                       patient(`"name":[{"given":["A","B"],"_given":[{"id":"x"}]}]`),
	"extensions before their values":                     patient(`"name":[{"_given":[null,{"extension":[{"url":"urn:u","valueCode":"c"}]}],"given":["A",null]}]`),
	"extensions instead of values":                       patient(`"name":[{"_given":[{"extension":[{"url":"urn:u","valueCode":"c"}]}]}]`),
	"a choice said to be absent":                         task(`"input":[{"type":{"text":"x"},"_valueString":{"extension":[{"url":"urn:u","valueCode":"c"}]}}]`),
	"nested extensions":                                  task(`"extension":[{"url":"urn:u","extension":[{"url":"urn:v","valueString":"x"}]}]`),
	"a reference with a display alone":                   task(`"for":{"display":"somebody"}`),
	"a logical reference":                                task(`"for":{"identifier":{"system":"urn:x","value":"1"}}`),
	"a conditional reference":                            task(`"for":{"reference":"Patient?identifier=urn:x|1"}`),
	"a reference to a URN":                               task(`"owner":{"reference":"urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56"}`),
	"a reference to a URN with its type in front":        task(`"owner":{"reference":"Organization/urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56"}`),
	"a versioned reference":                              task(`"owner":{"reference":"Organization/o1/_history/3"}`),
	"a reference to what is no FHIR server":              task(`"focus":{"reference":"https://example.org/some/page"}`),
	"a contained reference":                              task(`"contained":[{"resourceType":"Patient","id":"p"}],"for":{"reference":"#p"}`),
	"an appointment fulfilled without times (app-3)":     `{"resourceType":"Appointment","status":"fulfilled","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`,
	"an appointment with a start alone (app-2)":          `{"resourceType":"Appointment","status":"booked","start":"2026-03-02T09:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`,
	"a booked one with a reason of cancellation (app-4)": `{"resourceType":"Appointment","status":"booked","start":"2026-03-02T09:00:00Z","end":"2026-03-02T10:00:00Z","cancelationReason":{"text":"x"},"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"}]}`,
	"a Task modified before it was made (inv-1)":         task(`"authoredOn":"2026-03-02T09:00:00Z","lastModified":"2026-03-01T09:00:00Z"`),
	"a contained one that nothing names (dom-3)":         task(`"contained":[{"resourceType":"Patient","id":"p"}]`),
	"a contained one with a version (dom-4)":             task(`"contained":[{"resourceType":"Patient","id":"p","meta":{"versionId":"3","security":[{"code":"R"}]}}],"for":{"reference":"#p"}`),
	"a reference to the resource itself":                 task(`"contained":[{"resourceType":"Patient","id":"p","managingOrganization":{"reference":"#"}}],"for":{"reference":"#p"}`),
	"a type outside the extensible value set":            task(`"for":{"type":"http://example.org/Person","display":"x"}`),
	"a reference and its type as a canonical":            task(`"for":{"reference":"Patient/p","type":"http://hl7.org/fhir/StructureDefinition/Patient"}`),
	"a type that is not allowed, without a literal":      task(`"owner":{"type":"Location","display":"x"}`),
	"white space for text":                               task(`"description":" \n","note":[{"text":"\t"}]`),
	"white space for a date and a URI":                   patient(`"language":" ","birthDate":" ","identifier":[{"system":" ","value":"x"}]`),
	"a leap second":                                      task(`"authoredOn":"2016-12-31T23:59:60Z"`),
	"a leap day":                                         patient(`"birthDate":"2000-02-29"`),
	"the furthest zone":                                  task(`"authoredOn":"2026-03-02T09:00:00.123456789+14:00"`),
	"modified on the day it was made":                    task(`"authoredOn":"2026-03-02T23:30:00-12:00","lastModified":"2026-03-02"`),
	"a decimal in many digits":                           task(`"input":[{"type":{"text":"x"},"valueDecimal":-1.0000000000000000000000000010e+5}]`),
	"the least integer":                                  patient(`"multipleBirthInteger":-2147483648`),
	"base64 in lines":                                    task(`"input":[{"type":{"text":"x"},"valueBase64Binary":"YWJj\nZGU="}]`),
	"a code with a blank inside":                         task(`"performerType":[{"coding":[{"code":"a b"}]}]`),
	"a proposed appointment without times":               appointment(`"status":"proposed"`),
	"a missed appointment with a reason of cancellation": appointment(`"status":"noshow","start":"2026-03-02T09:00:00Z","end":"2026-03-02T10:00:00Z","cancelationReason":{"text":"x"}`),
	"a concept of two systems":                           `{"resourceType":"Condition","subject":{"display":"x"},"clinicalStatus":{"coding":[{"system":"urn:x","code":"a"},{"system":"http://terminology.hl7.org/CodeSystem/condition-clinical","code":"active"}]}}`,
	"text of a million characters":                       task(`"description":"` + strings.Repeat("ü", MaxString) + `"`),
	"63 levels":                                          nested(63),
	"10,000 items":                                       patient(`"name":[` + strings.Repeat(`{"text":"x"},`, MaxItems-1) + `{"text":"x"}]`),
	"a Task of the usual size":                           string(exampleTask),
}

func TestReadAccepts(t *testing.T) {
	t.Parallel()
	for name, input := range rightInputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, issues := Read([]byte(input))
			require.Empty(t, issues)
			require.NotNil(t, r)
			assert.Equal(t, input, string(r.Bytes()))
		})
	}
}

func TestReadStoredGivesTheSameView(t *testing.T) {
	t.Parallel()
	for name, input := range rightInputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			read, _ := Read([]byte(input))
			require.NotNil(t, read)
			stored, err := ReadStored([]byte(input))
			require.NoError(t, err)
			assert.Equal(t, read.doc, stored.doc)
		})
	}
}

func TestReadStoredTellsWhatIsNoResource(t *testing.T) {
	t.Parallel()
	for _, input := range []string{``, `{`, `[]`, `{"resourceType":"Tusk"}`, `{"id":"x"}`, nested(65)} {
		_, err := ReadStored([]byte(input))
		assert.Error(t, err, input)
	}
}

func TestReadStoredTakesWhatStricterReadersRefuse(t *testing.T) {
	t.Parallel()
	r, err := ReadStored([]byte(`{"resourceType":"Task","unknown":{"a":[1,"]",{}]},"status":"gone","for":[],"basedOn":{},"id":"x"}`))
	require.NoError(t, err)
	assert.Equal(t, "x", r.ID())
	assert.Equal(t, "gone", r.Get("status").Text())
	assert.False(t, r.Get("for").Exists())
}
