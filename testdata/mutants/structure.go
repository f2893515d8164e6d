package mutants

import (
	"strings"

	"warmhandoff/fhir"
)

var missing = []change{
	{"a primitive", func(s *spot) bool { return isRequired(s) && s.isPrimitive() }, (*spot).remove, nil},
	{"an object", func(s *spot) bool { return isRequired(s) && isObject(s) }, (*spot).remove, nil},
	{"a list", func(s *spot) bool { return isRequired(s) && s.isArray() }, (*spot).remove, nil},
	{"of a part", func(s *spot) bool { return isRequired(s) && s.owner.Kind == fhir.KindBackbone }, (*spot).remove, nil},
	{"of a choice", func(s *spot) bool { return isRequired(s) && s.element.Choice }, (*spot).remove, nil},
}

func isRequired(s *spot) bool {
	return s.element != nil && s.element.Min > 0 && !s.isItem() && !inExtension(s)
}

var wrongTypes = []change{
	{"an object for a primitive", func(s *spot) bool { return s.isPrimitive() && !inExtension(s) }, func(s *spot) { s.set(object{"value": s.get()}) }, nil},
	{"a number for a string", func(s *spot) bool { return s.isText() && !inExtension(s) }, to(7), nil},
	{"a boolean for a string", func(s *spot) bool { return s.isText() && !inExtension(s) }, to(true), nil},
	{"a string for a number", func(s *spot) bool {
		return s.is("integer", "decimal", "positiveInt", "unsignedInt")
	}, to("3"), nil},
	{"a string for a boolean", func(s *spot) bool { return s.is("boolean") }, to("true"), nil},
	{"a number for a boolean", func(s *spot) bool { return s.is("boolean") }, to(1), nil},
	{"a string for an object", isInner, to("x"), nil},
	{"an array for a single value", func(s *spot) bool { return s.element != nil && s.element.Max == 1 && !inExtension(s) }, func(s *spot) { s.set([]any{s.get()}) }, nil},
	{"a single value for an array", func(s *spot) bool { return s.isArray() && len(s.get().([]any)) == 1 }, func(s *spot) { s.set(s.get().([]any)[0]) }, nil},
	{"an array in an array", (*spot).isItem, func(s *spot) { s.set([]any{s.get()}) }, nil},
	{"a number for an object", isInner, to(7), nil},
}

var extras = []change{
	{"a name that is none, in the resource", isRoot, add("colour", "red"), nil},
	{"a name that is none, in a part", func(s *spot) bool { return isInner(s) && s.owner != nil && s.typ.Kind == fhir.KindBackbone }, add("colour", "red"), nil},
	{"a name that is none, in a data type", func(s *spot) bool { return isInner(s) && s.typ.Kind == fhir.KindComplex }, add("colour", object{"text": "red"}), nil},
	{"another case", func(s *spot) bool { return s.element != nil && s.element.Min == 0 && !s.isItem() && !inExtension(s) }, func(s *spot) { s.rename(upper(s.name())) }, nil},
	{"the extensions of a name that is none", isObject, add("_colour", object{"extension": []any{object{"url": "http://warmhandoff.example/e", "valueBoolean": true}}}), nil},
	{"fhir_comments", isObject, add("fhir_comments", []any{"a comment"}), nil},
	{"resourceType in a data type", isInner, func(s *spot) { s.object()["resourceType"] = s.typ.Name }, nil},
	{"modifierExtension in a data type", func(s *spot) bool {
		return isInner(s) && s.is("Period", "Coding", "Reference", "Identifier", "Quantity", "CodeableConcept")
	}, add("modifierExtension", []any{object{"url": "http://warmhandoff.example/e", "valueBoolean": true}}), nil},
	{"a name of another version", func(s *spot) bool { return isRoot(s) && !has(s.typ, "webLink") }, add("webLink", "https://harbor.example"), nil},
	{"a name that begins with @", isObject, add("@type", "x"), nil},
	{"an empty name", isObject, add("", "x"), nil},
	{"the extensions of an object", func(s *spot) bool { return isInner(s) && !s.isItem() }, func(s *spot) {
		s.parent()["_"+s.name()] = object{"extension": []any{object{"url": "http://warmhandoff.example/e", "valueBoolean": true}}}
	}, nil},
}

func has(t *fhir.Type, element string) bool {
	_, known := t.Element(element)
	return known
}

var emptyValues = []change{
	{"an empty string", func(s *spot) bool { return s.is("string", "markdown") && !inExtension(s) }, to(""), nil},
	{"an empty code", func(s *spot) bool { return s.is("code") && !inExtension(s) }, to(""), nil},
	{"an empty URI", func(s *spot) bool { return s.is("uri", "url", "canonical") && !inExtension(s) }, to(""), nil},
	{"an empty date", func(s *spot) bool { return s.is("date", "dateTime", "instant") }, to(""), nil},
	{"white space for a string", func(s *spot) bool { return s.is("string", "markdown") }, to("  \n "), nil},
	{"white space for a code", func(s *spot) bool { return s.is("code") && !inExtension(s) }, to(" "), nil},
	{"white space for a date", func(s *spot) bool { return s.is("date", "dateTime", "instant") }, to(" "), nil},
	{"white space for a URI", func(s *spot) bool { return s.is("uri", "url", "canonical") && !inExtension(s) }, to(" "), nil},
	{"an empty object", isInner, func(s *spot) { s.set(object{}) }, nil},
	{"an object with an id alone", isInner, func(s *spot) { s.set(object{"id": "x1"}) }, nil},
	{"an empty array", func(s *spot) bool { return s.isArray() }, func(s *spot) { s.set([]any{}) }, nil},
	{"an array of an empty object", func(s *spot) bool { return s.isArray() && s.typ.Kind != fhir.KindPrimitive }, func(s *spot) { s.set([]any{object{}}) }, nil},
	{"an array of an empty string", func(s *spot) bool { return s.isArray() && s.typ.Name == "string" }, func(s *spot) { s.set([]any{""}) }, nil},
	{"a resource of nothing", isRoot, nil, func(text string) string { return `{"resourceType":"` + typeOf(decode(text)).Name + `"}` }},
	{"extensions that are empty", func(s *spot) bool { return s.isPrimitive() && !s.isItem() && !inExtension(s) }, func(s *spot) { s.parent()["_"+s.name()] = object{} }, nil},
}

var nulls = []change{
	{"a primitive", func(s *spot) bool { return s.isPrimitive() && !s.isItem() && !inExtension(s) }, to(nil), nil},
	{"an object", func(s *spot) bool { return isInner(s) && !s.isItem() }, to(nil), nil},
	{"an array", (*spot).isArray, to(nil), nil},
	{"an item that is an object", func(s *spot) bool { return isInner(s) && s.isItem() }, to(nil), nil},
	{"an item that is a primitive", func(s *spot) bool { return s.isPrimitive() && s.isItem() && s.parent()["_"+s.name()] == nil }, to(nil), nil},
	{"one more item", func(s *spot) bool { return s.isArray() && s.parent()["_"+s.name()] == nil }, func(s *spot) { s.set(append(s.get().([]any), nil)) }, nil},
	{"the extensions of a primitive", func(s *spot) bool { return s.isPrimitive() && !s.isItem() && !inExtension(s) }, func(s *spot) { s.parent()["_"+s.name()] = nil }, nil},
	{"a value and its extensions in a list", func(s *spot) bool { return s.isArray() && s.typ.Name == "string" }, func(s *spot) {
		s.set([]any{nil})
		s.parent()["_"+s.name()] = []any{nil}
	}, nil},
}

// head is how a resource in JSON begins.
const head = `{"resourceType":"`

func replaced(old, with string) func(string) string {
	return func(text string) string { return strings.Replace(text, old, with, 1) }
}

var badSyntax = []change{
	{"cut off", nil, nil, func(text string) string { return text[:len(text)*2/3] }},
	{"the last bracket missing", nil, nil, func(text string) string { return text[:len(text)-1] }},
	{"one bracket too many", nil, nil, func(text string) string { return text + "}" }},
	{"two resources", nil, nil, func(text string) string { return text + text }},
	{"a comma before the end", nil, nil, func(text string) string { return text[:len(text)-1] + ",}" }},
	{"a comma that is missing", nil, nil, replaced(`,"`, ` "`)},
	{"a comma too many", nil, nil, replaced(`,"`, `,,"`)},
	{"a colon that is missing", nil, nil, replaced(`":"`, `" "`)},
	{"a comment", nil, nil, replaced(`,"`, `,/* new */"`)},
	{"a comment at the end of a line", nil, nil, replaced(`,"`, ",// new\n\"")},
	{"single quotes", nil, nil, replaced(`"resourceType"`, `'resourceType'`)},
	{"a name without quotes", nil, nil, replaced(`"resourceType"`, `resourceType`)},
	{"the same name twice", nil, nil, func(text string) string { return text[:len(text)-1] + `,"language":"en","language":"fr"}` }},
	{"the type twice", nil, nil, func(text string) string { return text[:len(text)-1] + `,"resourceType":"Patient"}` }},
	{"a line break in a string", nil, nil, func(text string) string { return text[:len(text)-1] + ",\"implicitRules\":\"urn:a\nb\"}" }},
	{"half a surrogate", nil, nil, func(text string) string { return text[:len(text)-1] + `,"language":"e\ud800n"}` }},
	{"an escape that JSON lacks", nil, nil, func(text string) string { return text[:len(text)-1] + `,"language":"e\xn"}` }},
	{"NaN", nil, nil, func(text string) string { return text[:len(text)-1] + `,"language":NaN}` }},
	{"no type", nil, nil, func(text string) string { return "{" + text[strings.Index(text, ",")+1:] }},
	{"a type that there is none of", nil, nil, replaced(head, head+"X")},
	{"a type of another case", nil, nil, func(text string) string {
		return head + strings.ToLower(text[len(head):len(head)+1]) + text[len(head)+1:]
	}},
	{"a data type", nil, nil, func(text string) string { return head + `Period","start":"2025-03-03"}` }},
	{"an abstract type", nil, nil, func(text string) string { return head + `DomainResource","id":"x"}` }},
	{"a type that is a number", nil, nil, func(text string) string { return `{"resourceType":7` + text[strings.Index(text, ","):] }},
	{"a type that is null", nil, nil, func(text string) string { return `{"resourceType":null` + text[strings.Index(text, ","):] }},
	{"another type", nil, nil, func(text string) string {
		if typeOf(decode(text)).Name == "Slot" {
			return head + `Basic"` + text[strings.Index(text, ","):]
		}
		return head + `Slot"` + text[strings.Index(text, ","):]
	}},
	{"an array of a resource", nil, nil, func(text string) string { return "[" + text + "]" }},
	{"a string", nil, nil, func(string) string { return `"Patient"` }},
	{"nothing", nil, nil, func(string) string { return "" }},
	{"null", nil, nil, func(string) string { return "null" }},
	{"XML", nil, nil, func(text string) string { return `<Patient xmlns="http://hl7.org/fhir"/>` }},
}
