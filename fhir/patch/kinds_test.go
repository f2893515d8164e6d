package patch

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/fhir"
)

// Cases of the kinds that HL7's own file has, about a made-up person: each kind of element, each operation.
func TestFHIRPathPatchKinds(t *testing.T) {
	t.Parallel()
	const head, tail = `{"resourceType":"Patient","id":"rosa"`, `}`
	list := func(values ...string) string {
		for i, v := range values {
			values[i] = `{"system":"http://example.org/mrn","value":"` + v + `"}`
		}
		return `,"identifier":[` + strings.Join(values, ",") + `]`
	}
	move := func(from, to int) string { return op("move", "Patient.identifier", "", "", from, to) }
	for _, c := range []struct {
		name, was string
		ops       []string
		is        string
	}{
		{"no operations", `,"birthDate":"1961-05-02"`, nil, `,"birthDate":"1961-05-02"`},
		{"replace a primitive", `,"birthDate":"1961-05-02"`, []string{op("replace", "Patient.birthDate", "", `"valueDate":"1961-05-03"`)}, `,"birthDate":"1961-05-03"`},
		{"delete a primitive", `,"birthDate":"1961-05-02"`, []string{op("delete", "Patient.birthDate", "", "")}, ``},
		{"add a primitive", ``, []string{op("add", "Patient", "birthDate", `"valueDate":"1961"`)}, `,"birthDate":"1961"`},
		{"replace a nested primitive", `,"contact":[{"name":{"text":"sister"},"gender":"male"}]`, []string{op("replace", "Patient.contact[0].gender", "", `"valueCode":"female"`)},
			`,"contact":[{"name":{"text":"sister"},"gender":"female"}]`},
		{"replace one two levels down", `,"contact":[{"name":{"text":"sister"}}]`, []string{op("replace", "Patient.contact[0].name.text", "", `"valueString":"Inés"`)},
			`,"contact":[{"name":{"text":"Inés"}}]`},
		{"delete the only one of an object", `,"contact":[{"name":{"text":"sister"},"gender":"female"}]`, []string{op("delete", "Patient.contact[0].name.text", "", "")},
			`,"contact":[{"gender":"female"}]`},
		{"delete the only one of an item", `,"contact":[{"name":{"text":"a"}},{"gender":"female"}]`, []string{op("delete", "Patient.contact[0].name.text", "", "")},
			`,"contact":[{"gender":"female"}]`},
		{"delete the only one of all", `,"contact":[{"name":{"text":"a"}}]`, []string{op("delete", "Patient.contact[0].name.text", "", "")}, ``},
		{"add a complex value", ``, []string{op("add", "Patient", "maritalStatus", `"valueCodeableConcept":{"text":"widowed"}`)}, `,"maritalStatus":{"text":"widowed"}`},
		{"replace a complex value", `,"maritalStatus":{"id":"1","text":"married"}`, []string{op("replace", "Patient.maritalStatus", "", `"valueCodeableConcept":{"id":"2","text":"widowed"}`)},
			`,"maritalStatus":{"id":"2","text":"widowed"}`},
		{"delete a complex value", `,"maritalStatus":{"text":"married"}`, []string{op("delete", "Patient.maritalStatus", "", "")}, ``},
		{"add a backbone", ``, []string{op("add", "Patient", "contact", `"part":[{"name":"name","valueHumanName":{"text":"sister"}}]`)}, `,"contact":[{"name":{"text":"sister"}}]`},
		{"delete a backbone", `,"contact":[{"name":{"text":"sister"}}]`, []string{op("delete", "Patient.contact[0]", "", "")}, ``},
		{"change two of a list", list("a", "b"), []string{op("replace", "Patient.identifier[0].value", "", `"valueString":"b"`),
			op("replace", "Patient.identifier[1].value", "", `"valueString":"a"`)}, list("b", "a")},
		{"insert at the end", list("a", "b"), []string{op("insert", "Patient.identifier", "", `"valueIdentifier":{"system":"http://example.org/mrn","value":"c"}`, 2)}, list("a", "b", "c")},
		{"insert in the middle", list("a", "b"), []string{op("insert", "Patient.identifier", "", `"valueIdentifier":{"system":"http://example.org/mrn","value":"c"}`, 1)}, list("a", "c", "b")},
		{"insert at the beginning", list("a", "b"), []string{op("insert", "Patient.identifier", "", `"valueIdentifier":{"system":"http://example.org/mrn","value":"c"}`, 0)}, list("c", "a", "b")},
		{"delete from a list", list("a", "b", "c"), []string{op("delete", "Patient.identifier[1]", "", "")}, list("a", "c")},
		{"move to the front", list("a", "b", "c", "d"), []string{move(3, 1)}, list("a", "d", "b", "c")},
		{"move to the end", list("a", "b", "c", "d"), []string{move(0, 3)}, list("b", "c", "d", "a")},
		{"several moves", list("a", "b", "c", "d"), []string{move(3, 0), move(3, 1), move(3, 2)}, list("d", "c", "b", "a")},
		{"one behind the other", `,"contact":[{"name":{"text":"sister"}}]`, []string{op("add", "Patient.contact[0]", "gender", `"valueCode":"female"`),
			op("add", "Patient", "contact", `"part":[{"name":"gender","valueCode":"male"}]`)}, `,"contact":[{"name":{"text":"sister"},"gender":"female"},{"gender":"male"}]`},
		{"add an extension to a primitive", `,"birthDate":"1961"`, []string{op("add", "Patient.birthDate", "extension", `"part":[{"name":"url","valueUri":"http://e.x"},{"name":"value","valueCode":"a"}]`)},
			`,"birthDate":"1961","_birthDate":{"extension":[{"url":"http://e.x","valueCode":"a"}]}`},
		{"add one to an item of a list of primitives", `,"name":[{"given":["Rosa","Luz"]}]`, []string{op("add", "Patient.name[0].given[1]", "id", `"valueString":"second"`)},
			`,"name":[{"given":["Rosa","Luz"],"_given":[null,{"id":"second"}]}]`},
		{"replace in an extension of a primitive", `,"birthDate":"1961","_birthDate":{"extension":[{"url":"http://e.x","valueCode":"a"}]}`,
			[]string{op("replace", "Patient.birthDate.extension('http://e.x').value", "", `"valueCode":"b"`)},
			`,"birthDate":"1961","_birthDate":{"extension":[{"url":"http://e.x","valueCode":"b"}]}`},
		{"delete an extension of a primitive", `,"birthDate":"1961","_birthDate":{"extension":[{"url":"http://e.x","valueCode":"a"}]}`,
			[]string{op("delete", "Patient.birthDate.extension[0]", "", "")}, `,"birthDate":"1961"`},
		{"delete one of a list of primitives", `,"name":[{"given":["Rosa","Luz"],"_given":[{"id":"first"},{"id":"second"}]}]`,
			[]string{op("delete", "Patient.name[0].given[0].id", "", "")}, `,"name":[{"given":["Rosa","Luz"],"_given":[null,{"id":"second"}]}]`},
		{"a choice of the type", `,"deceasedBoolean":false`, []string{op("replace", "Patient.deceased.ofType(boolean)", "", `"valueBoolean":true`)}, `,"deceasedBoolean":true`},
		{"a choice of another type", `,"deceasedDateTime":"2026"`, []string{op("delete", "Patient.deceased.ofType(FHIR.boolean)", "", "")}, `,"deceasedDateTime":"2026"`},
	} {
		was := head + c.was + tail
		parameters := `{"resourceType":"Parameters"}`
		if len(c.ops) > 0 {
			parameters = `{"resourceType":"Parameters","parameter":[` + strings.Join(c.ops, ",") + `]}`
		}
		got, issues := FHIRPath([]byte(was), resource(t, parameters), roomy)
		if assert.Empty(t, issues, c.name) {
			assert.Equal(t, head+c.is+tail, string(got), c.name)
			resource(t, string(got))
		}
	}
}

// What a path says beyond the little that patches need is refused with its name, and with what is known.
func TestWhatAPathSaysElseIsNamed(t *testing.T) {
	t.Parallel()
	for path, word := range map[string]string{
		"Patient.identifier.where(value.startsWith('1')).system":             "The function startsWith()",
		"Patient.identifier.where(startsWith(value, '1')).system":            "The function startsWith()",
		"Patient.identifier.where(system = 'http://x'.lower()).value":        "The function lower()",
		"Patient.identifier.where(system = lower('X')).value":                "The function lower()",
		"Patient.identifier.where(system.exists()).value":                    "The function exists()",
		"Patient.identifier.single().value":                                  "The function single()",
		"Patient.name.given.skip(1)":                                         "The function skip()",
		"Patient.descendants()":                                              "The function descendants()",
		"iif(true, Patient.name, Patient.contact)":                           "The function iif()",
		"Patient.identifier.where(system != 'http://x').value":               "!=",
		"Patient.identifier.where(value > 1).value":                          "> ",
		"Patient.identifier.where(system ~ 'http://x').value":                "~",
		"Patient.identifier.where(system = 'a' or system = 'b').value":       "or ",
		"Patient.identifier.where(system in ('a' | 'b')).value":              "in ",
		"Patient.identifier.where($this.system = 'a').value":                 "$",
		"Patient.identifier.where(%resource.id = 'a').value":                 "%",
		"Patient.identifier.where(period.start = @2026-01-01).value":         "quotes",
		"Patient.identifier | Patient.name":                                  "|",
		"Patient.identifier as Identifier":                                   "as ",
		"Patient.`identifier`":                                               "`",
		"Patient..identifier":                                                ".",
		"Patient.identifier.where(value." + strings.Repeat("x", 400) + "())": strings.Repeat("x", 40) + "…()",
	} {
		got, issues := FHIRPath([]byte(patient), parameters(t, op("delete", path, "", "")), roomy)
		assert.Nil(t, got, path)
		if assert.Len(t, issues, 1, path) {
			assert.Equal(t, fhir.CodeInvalid, issues[0].Code, path)
			assert.Contains(t, issues[0].Text, word, path)
			assert.Contains(t, issues[0].Text, "ofType(Type)", path)
			assert.Less(t, len(issues[0].Text), 300, path)
		}
	}
}

// TestADocumentThatSaysTwoThings is refused: libraries take the first or the last, and a proxy before us the other.
func TestADocumentThatSaysTwoThings(t *testing.T) {
	t.Parallel()
	for document, at := range map[string]string{
		`[{"op":"test","op":"remove","path":"/active"}]`:                                                                      "[0]",
		`[{"op":"test","path":"/active","value":true},{"op":"remove","path":"/active","path":"/name"}]`:                       "[1]",
		`[{"op":"replace","path":"/active","value":true,"value":false}]`:                                                      "[0]",
		`[{"op":"add","path":"/name/0","value":{"family":"A","family":"B"}}]`:                                                 "[0]",
		`[{"op":"test","path":"/active","value":true},{"op":"test","path":"/active","value":true},{"\u006fp":"test","op":1}]`: "[2]",
	} {
		got, issues := JSON([]byte(patient), []byte(document), roomy)
		assert.Nil(t, got, document)
		if assert.Len(t, issues, 1, document) {
			assert.Equal(t, fhir.CodeStructure, issues[0].Code, document)
			assert.Equal(t, at, issues[0].Expression, document)
			assert.Contains(t, issues[0].Text, "twice", document)
		}
	}
}

// TestASentenceBeginsWithACapital and loses nothing, whatever an error begins with.
func TestASentenceBeginsWithACapital(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"a path": "A path", "The function x()": "The function x()", "é": "É", `"x" is none`: `"x" is none`, "": ""} {
		assert.Equal(t, want, sentence(errors.New(text)))
	}
}

// A patch after which the resource says the same gives it back to the letter, however it was written.
func TestAPatchThatChangesNothingGivesWhatWasThere(t *testing.T) {
	t.Parallel()
	const loose = "{ \"resourceType\": \"Patient\", \"id\" : \"p\",\n \"name\": [ { \"family\": \"Mu\\u00f1oz\" } ], \"active\": true, \"extension\": [{\"url\": \"http://d\", \"valueDecimal\": 1.10}] }"
	for name, document := range map[string]string{
		"nothing":                 `[]`,
		"a test":                  `[{"op":"test","path":"/active","value":true}]`,
		"the same":                `[{"op":"replace","path":"/active","value":true}]`,
		"the same letters":        `[{"op":"replace","path":"/name/0/family","value":"Muñoz"}]`,
		"there and back":          `[{"op":"add","path":"/gender","value":"female"},{"op":"remove","path":"/gender"}]`,
		"out and in, elsewhere":   `[{"op":"remove","path":"/active"},{"op":"add","path":"/active","value":true}]`,
		"the same decimal digits": `[{"op":"replace","path":"/extension/0/valueDecimal","value":1.10}]`,
	} {
		got, issues := JSON([]byte(loose), []byte(document), roomy)
		assert.Empty(t, issues, name)
		assert.Equal(t, loose, string(got), name)
	}
	got, _ := JSON([]byte(loose), []byte(`[{"op":"replace","path":"/extension/0/valueDecimal","value":1.1}]`), roomy)
	assert.Contains(t, string(got), "1.1}", "fewer digits are another decimal")
	rapid.Check(t, func(t *rapid.T) {
		ops := rapid.SliceOfN(rapid.SampledFrom([]string{
			op("replace", "Patient.active", "", `"valueBoolean":true`), op("replace", "Patient.name[0].family", "", `"valueString":"Muñoz"`),
			op("move", "Patient.name", "", "", 0, 0), op("delete", "Patient.birthDate", "", ""), op("delete", "Patient.identifier.where(value = '9')", "", ""),
			op("replace", "Patient.extension('http://d').value", "", `"valueDecimal":1.10`),
			op("add", "Patient", "gender", `"valueCode":"female"`) + "," + op("delete", "Patient.gender", "", ""),
		}), 1, 6).Draw(t, "operations")
		r, issues := fhir.Read([]byte(fmt.Sprintf(`{"resourceType":"Parameters","parameter":[%s]}`, strings.Join(ops, ","))))
		require.NotNil(t, r, "%v", issues)
		got, issues := FHIRPath([]byte(loose), r, roomy)
		require.Empty(t, issues)
		require.Equal(t, loose, string(got))
	})
}
