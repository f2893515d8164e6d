package patch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

const patient = `{"resourceType":"Patient","id":"p","active":true,"name":[{"family":"Delgado","given":["Ana","Maria"],"_given":[null,{"id":"m"}]},` +
	`{"use":"old","family":"Reyes"}],"deceasedBoolean":false,"identifier":[{"system":"http://x","value":"1"},{"system":"http://y","value":"2"}],` +
	`"extension":[{"url":"http://d","valueDecimal":1.10}]}`

const roomy = 10_000

// patched is the Patient after a change of one piece of it.
func patched(was, is string) string { return strings.Replace(patient, was, is, 1) }

func TestJSONPatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, patch, want string }{
		{"replace", `[{"op":"replace","path":"/active","value":false}]`, patched(`"active":true`, `"active":false`)},
		{"decimals keep their digits", `[{"op":"test","path":"/active","value":true}]`, patient},
		{"remove from a list", `[{"op":"remove","path":"/identifier/0"}]`, patched(`{"system":"http://x","value":"1"},`, "")},
		{"add at the end", `[{"op":"add","path":"/identifier/-","value":{"value":"<3>"}}]`, patched(`"value":"2"}`, `"value":"2"},{"value":"<3>"}`)},
		{"move", `[{"op":"move","from":"/identifier/1","path":"/identifier/0"}]`,
			patched(`{"system":"http://x","value":"1"},{"system":"http://y","value":"2"}`, `{"system":"http://y","value":"2"},{"system":"http://x","value":"1"}`)},
		{"nothing", `[]`, patient},
	} {
		got, issues := JSON([]byte(patient), []byte(c.patch), roomy)
		require.Empty(t, issues, c.name)
		assert.Equal(t, c.want, string(got), c.name)
	}
}

func TestJSONPatchIsRefused(t *testing.T) {
	t.Parallel()
	doubling := make([]string, 40)
	for i := range doubling {
		doubling[i] = fmt.Sprintf(`{"op":"copy","from":"/name","path":"/name/%d"}`, i%2)
	}
	for _, c := range []struct {
		name, patch string
		code        fhir.Code
		at          string
	}{
		{"no array", `{}`, fhir.CodeStructure, ""},
		{"an op that is none", `[{"op":"change","path":"/active"}]`, fhir.CodeInvalid, "[0].op"},
		{"no path", `[{"op":"remove"}]`, fhir.CodeInvalid, "[0].path"},
		{"a path that is no pointer", `[{"op":"remove","path":"active"}]`, fhir.CodeInvalid, "[0].path"},
		{"the whole resource", `[{"op":"replace","path":"","value":{}}]`, fhir.CodeInvalid, "[0].path"},
		{"no value", `[{"op":"add","path":"/active"}]`, fhir.CodeRequired, "[0].value"},
		{"no from", `[{"op":"move","path":"/active"}]`, fhir.CodeRequired, "[0].from"},
		{"nothing there to remove", `[{"op":"remove","path":"/birthDate"}]`, fhir.CodeNotFound, "[0].path"},
		{"nothing there to replace", `[{"op":"replace","path":"/name/7/family","value":"x"}]`, fhir.CodeNotFound, "[0].path"},
		{"a place counted from the end", `[{"op":"remove","path":"/name/-1"}]`, fhir.CodeNotFound, "[0].path"},
		{"a test that fails", `[{"op":"replace","path":"/active","value":false},{"op":"test","path":"/active","value":true}]`, fhir.CodeConflict, "[1]"},
		{"another id", `[{"op":"replace","path":"/id","value":"q"}]`, fhir.CodeBusinessRule, "id"},
		{"no id", `[{"op":"remove","path":"/id"}]`, fhir.CodeBusinessRule, "id"},
		{"another type", `[{"op":"replace","path":"/resourceType","value":"Group"}]`, fhir.CodeBusinessRule, "resourceType"},
		{"too many steps", "[" + strings.Repeat(`{"op":"test","path":"/active","value":true},`, MaxSteps) + `{"op":"test","path":"/active","value":true}]`, fhir.CodeTooCostly, ""},
		{"a bomb", "[" + strings.Join(doubling, ",") + "]", fhir.CodeTooCostly, ""},
	} {
		got, issues := JSON([]byte(patient), []byte(c.patch), roomy)
		assert.Nil(t, got, c.name)
		if assert.Len(t, issues, 1, c.name) {
			assert.Equal(t, c.code, issues[0].Code, c.name)
			if c.at != "" {
				assert.Equal(t, c.at, issues[0].Expression, c.name)
			}
		}
	}
}

// op writes one operation; value is the members of the parameter that holds it.
func op(kind, path, name, value string, numbers ...int) string {
	s := fmt.Sprintf(`{"name":"operation","part":[{"name":"type","valueCode":%q},{"name":"path","valueString":%q}`, kind, path)
	if name != "" {
		s += fmt.Sprintf(`,{"name":"name","valueString":%q}`, name)
	}
	if value != "" {
		s += `,{"name":"value",` + value + `}`
	}
	for i, n := range numbers {
		s += fmt.Sprintf(`,{"name":%q,"valueInteger":%d}`, map[string][]string{"insert": {"index"}, "move": {"source", "destination"}}[kind][i], n)
	}
	return s + "]}"
}

func parameters(t *testing.T, ops ...string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Read([]byte(`{"resourceType":"Parameters","parameter":[` + strings.Join(ops, ",") + `]}`))
	require.NotNil(t, r, "%v", issues)
	return r
}

func TestFHIRPathPatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, op, want string }{
		{"add what is not there", op("add", "Patient", "birthDate", `"valueDate":"1990-04-12"`), patched(`1.10}]}`, `1.10}],"birthDate":"1990-04-12"}`)},
		{"add to a list", op("add", "Patient.name[1]", "given", `"valueString":"Ann"`), patched(`"Reyes"}`, `"Reyes","given":["Ann"]}`)},
		{"add a value with an extension", op("add", "Patient", "birthDate", `"valueDate":"1990","_valueDate":{"id":"b"}`),
			patched(`1.10}]}`, `1.10}],"birthDate":"1990","_birthDate":{"id":"b"}}`)},
		{"add a whole backbone by its parts", op("add", "Patient", "contact", `"part":[{"name":"name","valueHumanName":{"text":"B"}},{"name":"relationship","valueCodeableConcept":{"text":"c"}}]`),
			patched(`1.10}]}`, `1.10}],"contact":[{"name":{"text":"B"},"relationship":[{"text":"c"}]}]}`)},
		{"insert at the beginning", op("insert", "Patient.identifier", "", `"valueIdentifier":{"value":"0"}`, 0), patched(`"identifier":[`, `"identifier":[{"value":"0"},`)},
		{"insert keeps the pair of lists together", op("insert", "Patient.name[0].given", "", `"valueString":"X"`, 1),
			patched(`["Ana","Maria"],"_given":[null,{"id":"m"}]`, `["Ana","X","Maria"],"_given":[null,null,{"id":"m"}]`)},
		{"delete", op("delete", "Patient.active", "", ""), patched(`"active":true,`, "")},
		{"delete what is not there", op("delete", "Patient.birthDate", "", ""), patient},
		{"delete by a condition", op("delete", "Patient.identifier.where(system = 'http://x')", "", ""), patched(`{"system":"http://x","value":"1"},`, "")},
		{"delete an item of a pair of lists", op("delete", "Patient.name[0].given[0]", "", ""), patched(`["Ana","Maria"],"_given":[null,{"id":"m"}]`, `["Maria"],"_given":[{"id":"m"}]`)},
		{"delete the last item takes the list", op("delete", "Patient.extension[0]", "", ""), patched(`,"extension":[{"url":"http://d","valueDecimal":1.10}]`, "")},
		{"replace", op("replace", "Patient.name.where(use = 'old').family", "", `"valueString":"Ray"`), patched("Reyes", "Ray")},
		{"replace a choice by another type", op("replace", "Patient.deceased", "", `"valueDateTime":"2026-01-01"`), patched(`"deceasedBoolean":false`, `"deceasedDateTime":"2026-01-01"`)},
		{"replace by extension", op("replace", "Patient.extension('http://d').value", "", `"valueDecimal":2.50`), patched("1.10", "2.50")},
		{"replace takes the extension of the old value along", op("replace", "Patient.name.first().given.last()", "", `"valueString":"M"`), patched(`"Maria"],"_given":[null,{"id":"m"}]`, `"M"]`)},
		{"move", op("move", "Patient.name[0].given", "", "", 1, 0), patched(`["Ana","Maria"],"_given":[null,{"id":"m"}]`, `["Maria","Ana"],"_given":[{"id":"m"},null]`)},
	} {
		got, issues := FHIRPath([]byte(patient), parameters(t, c.op), roomy)
		if assert.Empty(t, issues, c.name) {
			assert.Equal(t, c.want, string(got), c.name)
			_, issues = fhir.Read(got)
			assert.Empty(t, issues, "%s: it is a good resource", c.name)
		}
	}
}

func TestFHIRPathPatchIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, op string
		code     fhir.Code
		words    string
	}{
		{"an operation that is none", op("change", "Patient", "", ""), fhir.CodeInvalid, "add, insert"},
		{"no name", op("add", "Patient", "", `"valueString":"x"`), fhir.CodeRequired, "part name"},
		{"no value", op("replace", "Patient.active", "", ""), fhir.CodeRequired, "part value"},
		{"no index", op("insert", "Patient.name", "", `"valueString":"x"`), fhir.CodeRequired, "part index"},
		{"no destination", op("move", "Patient.name", "", "", 0), fhir.CodeRequired, "part destination"},
		{"another type", op("delete", "Task.status", "", ""), fhir.CodeInvalid, "this is a Patient"},
		{"an element that is none", op("delete", "Patient.colour", "", ""), fhir.CodeInvalid, "no element colour"},
		{"an element to add that is none", op("add", "Patient", "colour", `"valueString":"x"`), fhir.CodeInvalid, "no element colour"},
		{"a function", op("delete", "Patient.name.repeat(x)", "", ""), fhir.CodeInvalid, "not understood"},
		{"a quote that is open", op("delete", "Patient.name.where(use = 'old)", "", ""), fhir.CodeInvalid, "quote"},
		{"add what is there", op("add", "Patient", "active", `"valueBoolean":false`), fhir.CodeInvalid, "replace it"},
		{"add a choice that is there in another type", op("add", "Patient", "deceased", `"valueDateTime":"2026"`), fhir.CodeInvalid, "replace it"},
		{"a type that a choice does not have", op("replace", "Patient.deceased", "", `"valueString":"x"`), fhir.CodeInvalid, "this type"},
		{"replace what is not there", op("replace", "Patient.birthDate", "", `"valueDate":"1990"`), fhir.CodeNotFound, "nothing"},
		{"replace several", op("replace", "Patient.identifier", "", `"valueIdentifier":{"value":"1"}`), fhir.CodeMultipleMatches, "2 elements"},
		{"delete several", op("delete", "Patient.identifier", "", ""), fhir.CodeMultipleMatches, "2 elements"},
		{"the resource", op("delete", "Patient", "", ""), fhir.CodeInvalid, "delete the resource"},
		{"the resource's place", op("replace", "Patient", "", `"valueString":"x"`), fhir.CodeInvalid, "update it"},
		{"beyond the end", op("insert", "Patient.name", "", `"valueHumanName":{"text":"x"}`, 3), fhir.CodeInvalid, "beyond"},
		{"insert into what is no list", op("insert", "Patient.active", "", `"valueBoolean":true`, 0), fhir.CodeInvalid, "no list"},
		{"move beyond the end", op("move", "Patient.name", "", "", 0, 2), fhir.CodeInvalid, "places in it"},
		{"into a primitive what it has not", op("add", "Patient.active", "coding", `"valueString":"x"`), fhir.CodeInvalid, "no element coding"},
		{"an element of a condition that is none", op("delete", "Patient.identifier.where(colour = 'x')", "", ""), fhir.CodeInvalid, "no element colour"},
		{"another id", op("replace", "Patient.id", "", `"valueId":"q"`), fhir.CodeBusinessRule, "stays"},
		{"a part that a backbone does not have", op("add", "Patient", "contact", `"part":[{"name":"colour","valueString":"x"}]`), fhir.CodeInvalid, "does not fit"},
	} {
		got, issues := FHIRPath([]byte(patient), parameters(t, c.op), roomy)
		assert.Nil(t, got, c.name)
		if assert.Len(t, issues, 1, c.name) {
			assert.Equal(t, c.code, issues[0].Code, "%s: %s", c.name, issues[0].Text)
			assert.Contains(t, issues[0].Text, c.words, c.name)
		}
	}
	_, issues := FHIRPath([]byte(patient), parameters(t, op("add", "Patient", "identifier", `"valueIdentifier":{"value":"`+strings.Repeat("x", roomy)+`"}`)), roomy)
	require.Len(t, issues, 1)
	assert.Equal(t, fhir.CodeTooCostly, issues[0].Code)
}

// FuzzFHIRPath takes any path: an answer or an issue, no panic, and never another id.
func FuzzFHIRPath(f *testing.F) {
	for _, path := range []string{"Patient.name[0].given", "Patient.identifier.where(system = 'http://x' and value='1').value", "Patient.extension('http://d').value", "Patient.name.first().given.last()"} {
		f.Add("delete", path, "given", 0)
	}
	f.Fuzz(func(t *testing.T, kind, path, name string, n int) {
		r, _ := fhir.Read([]byte(`{"resourceType":"Parameters","parameter":[` + op("delete", "x", "", "") + `]}`))
		o := &operation{at: "x", kind: kind, path: path, name: name, index: n, source: n, destination: 0, value: r.Get("parameter", "part"), paths: &finder{}}
		tree, err := parse([]byte(patient))
		require.NoError(t, err)
		if o.complete() == nil {
			_ = o.apply(tree)
		}
		_, _ = finish([]byte(patient), tree, roomy)
	})
}

// FuzzJSON takes any document.
func FuzzJSON(f *testing.F) {
	f.Add([]byte(`[{"op":"add","path":"/identifier/-","value":{"value":"3"}},{"op":"copy","from":"/name","path":"/name/0"}]`))
	f.Fuzz(func(t *testing.T, document []byte) {
		got, issues := JSON([]byte(patient), document, roomy)
		assert.Equal(t, got == nil, len(issues) > 0)
		assert.LessOrEqual(t, len(got), roomy)
	})
}

func resource(t *testing.T, text string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Read([]byte(text))
	require.NotNil(t, r, "%v", issues)
	return r
}
