package mutants

import (
	"encoding/json"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

func isBound(s *spot) bool { return s.element != nil && len(s.element.Codes) > 0 && !inExtension(s) }

func isBoundCode(s *spot) bool { return isBound(s) && s.is("code") }

// isBoundConcept is a CodeableConcept or Coding with a required value set.
func isBoundConcept(s *spot) bool { return isBound(s) && s.is("CodeableConcept") }

func coding(s *spot) object { return s.object()["coding"].([]any)[0].(object) }

var badCodes = []change{
	{"a code that there is none of", isBoundCode, to("bogus"), nil},
	{"another case", isBoundCode, func(s *spot) { s.set(strings.ToUpper(s.get().(string)[:1]) + s.get().(string)[1:]) }, nil},
	{"the words for it", isBoundCode, to("In Progress"), nil},
	{"a letter too many", isBoundCode, func(s *spot) { s.set(s.get().(string) + "s") }, nil},
	{"a concept with a code that there is none of", isBoundConcept, func(s *spot) { coding(s)["code"] = "bogus" }, nil},
	{"a concept of another system", isBoundConcept, func(s *spot) { coding(s)["system"] = "http://bayview.example/codes" }, nil},
	{"a concept without its system", isBoundConcept, func(s *spot) { delete(coding(s), "system") }, nil},
	{"a concept in words alone", isBoundConcept, func(s *spot) { s.set(object{"text": "active"}) }, nil},
	{"a concept without a code", isBoundConcept, func(s *spot) { delete(coding(s), "code") }, nil},
	{"a media type that is none", func(s *spot) bool {
		return slices.Contains([]string{"contentType", "sigFormat", "targetFormat", "payload", "payloadMimeType"}, s.name()) && s.is("code")
	}, to("picture"), nil},
	{"a currency that there is none of", func(s *spot) bool { return s.of("Money", "currency") }, to("XQZ"), nil},
	{"a language that there is none of", func(s *spot) bool { return s.name() == "language" && s.is("code") }, to("english"), nil},
	{"a status of another type", func(s *spot) bool { return isBoundCode(s) && s.name() == "status" }, func(s *spot) {
		for _, code := range []string{"planned", "not-done", "refuted", "W"} {
			if !slices.Contains(s.element.Codes, code) {
				s.set(code)
				return
			}
		}
	}, nil},
}

// datesOf returns a change for each wrong date, of types that can have it.
func datesOf(rows [][3]string) []change {
	var all []change
	for _, row := range rows {
		types := strings.Fields(row[0])
		all = append(all, change{row[1], func(s *spot) bool { return s.is(types...) }, to(row[2]), nil})
	}
	return all
}

var badDates = datesOf([][3]string{
	{"date dateTime", "a month that there is none of", "2025-13-01"},
	{"date dateTime", "a day that the month does not have", "2025-02-30"},
	{"date dateTime", "29 February of a year that is no leap year", "2025-02-29"},
	{"date dateTime", "the day 00", "2025-03-00"},
	{"date dateTime", "digits missing", "2025-3-1"},
	{"date dateTime", "slashes", "03/01/2025"},
	{"date dateTime", "no hyphens", "20250301"},
	{"date dateTime instant", "words", "yesterday"},
	{"date dateTime", "a year of two digits", "25"},
	{"date dateTime", "a year of five digits", "12025-03-01"},
	{"date dateTime", "the year 0000", "0000-01-01"},
	{"date dateTime", "white space in front", " 2025-03-01"},
	{"date dateTime", "white space behind", "2025-03-01 "},
	{"date", "a time of day", "2025-03-01T10:00:00Z"},
	{"date dateTime", "a zone behind a day", "2025-03-01Z"},
	{"dateTime instant", "no zone", "2025-03-01T10:00:00"},
	{"dateTime instant", "no seconds", "2025-03-01T10:00Z"},
	{"dateTime instant", "hours alone", "2025-03-01T10Z"},
	{"dateTime instant", "a blank for the T", "2025-03-01 10:00:00Z"},
	{"dateTime instant", "a small t", "2025-03-01t10:00:00Z"},
	{"dateTime instant", "a small z", "2025-03-01T10:00:00z"},
	{"dateTime instant", "the hour 25", "2025-03-01T25:00:00Z"},
	{"dateTime instant", "the hour 24", "2025-03-01T24:00:00Z"},
	{"dateTime instant", "the minute 60", "2025-03-01T10:60:00Z"},
	{"dateTime instant", "the second 61", "2025-03-01T10:00:61Z"},
	{"dateTime instant", "a zone without a colon", "2025-03-01T10:00:00-0800"},
	{"dateTime instant", "a zone of hours alone", "2025-03-01T10:00:00-08"},
	{"dateTime instant", "a zone too far", "2025-03-01T10:00:00+15:00"},
	{"dateTime instant", "a fraction without digits", "2025-03-01T10:00:00.Z"},
	{"dateTime instant", "a day that the month does not have, with a time", "2025-02-30T10:00:00Z"},
	{"instant", "a day alone", "2025-03-01"},
	{"time", "the hour 25", "25:00:00"},
	{"time", "no seconds", "10:00"},
	{"time", "a zone", "10:00:00Z"},
	{"time", "words", "ten"},
})

// samples are a right value of each type that a choice of the bases has.
var samples = map[string]any{
	"string": "x", "boolean": true, "integer": 1, "decimal": 1.5, "code": "x", "uri": "urn:x", "dateTime": "2025-03-01", "date": "2025-03-01", "instant": "2025-03-01T10:00:00Z",
	"time": "10:00:00", "positiveInt": 1, "unsignedInt": 1, "markdown": "x", "id": "x", "url": "https://harbor.example", "canonical": "http://harbor.example/x",
	"CodeableConcept": object{"text": "x"}, "Coding": object{"code": "x"}, "Period": object{"start": "2025-03-01"}, "Quantity": object{"value": 1}, "Reference": object{"display": "x"},
	"Identifier": object{"value": "x"}, "Attachment": object{"title": "x"}, "Range": object{"low": object{"value": 1}}, "Timing": object{"code": object{"text": "x"}}, "Annotation": object{"text": "x"},
}

// sampled returns types with a sample, those first that a choice allows, or does not.
func sampled(s *spot, allowed bool) []string {
	var names []string
	for name := range samples {
		if slices.Contains(s.element.Types, name) == allowed && name != s.typ.Name {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// another puts a value of another type of the choice beside the one that is there.
func another(which int) change {
	return change{
		[]string{"of the first other type", "of the second other type", "of the third other type"}[which],
		func(s *spot) bool { return isChoice(s) && len(sampled(s, true)) > which },
		func(s *spot) {
			name := sampled(s, true)[which]
			s.parent()[s.element.Name+upper(name)] = samples[name]
		}, nil,
	}
}

func isChoice(s *spot) bool { return s.element != nil && s.element.Choice }

func isOpen(s *spot) bool { return isChoice(s) && len(s.element.Types) > 40 } // any type at all

var twoValues = []change{another(0), another(1), another(2), {
	"of the same type in another case", isChoice, func(s *spot) { s.parent()[s.element.Name+strings.ToLower(s.typ.Name[:1])+s.typ.Name[1:]+"s"] = s.get() }, nil,
}}

func isPrimitive(name string) bool {
	t, known := fhir.LookupType(name)
	return known && t.Kind == fhir.KindPrimitive
}

func wrongly(which int) change {
	return change{
		[]string{"the first other type", "the second other type", "the third other type", "the fourth other type"}[which],
		func(s *spot) bool { return isChoice(s) && !isOpen(s) && len(sampled(s, false)) > 5*which },
		func(s *spot) {
			name := sampled(s, false)[5*which]
			s.remove()
			s.parent()[s.element.Name+upper(name)] = samples[name]
		}, nil,
	}
}

var wrongChoices = []change{
	wrongly(0), wrongly(1), wrongly(2), wrongly(3),
	{"a type that there is none of", isChoice, func(s *spot) { s.rename(s.element.Name + "Foo") }, nil},
	{"no type", isChoice, func(s *spot) { s.rename(s.element.Name) }, nil},
	{"[x]", isChoice, func(s *spot) { s.rename(s.element.Name + "[x]") }, nil},
	{"the type in another case", isChoice, func(s *spot) {
		s.rename(s.element.Name + strings.ToLower(s.typ.Name[:1]) + s.typ.Name[1:])
	}, nil},
	{"a backbone", isChoice, func(s *spot) { s.rename(s.element.Name + "BackboneElement") }, nil},
	{"a resource", isChoice, func(s *spot) { s.rename(s.element.Name + "Patient") }, nil},
}

func valuesOf(rows [][3]any) []change {
	var all []change
	for _, row := range rows {
		types := strings.Fields(row[0].(string))
		all = append(all, change{row[1].(string), func(s *spot) bool { return s.is(types...) && !inExtension(s) }, to(row[2]), nil})
	}
	return all
}

var badPrimitives = valuesOf([][3]any{
	{"boolean", "true in a string", "true"},
	{"boolean", "yes", "yes"},
	{"boolean", "0", 0},
	{"integer unsignedInt positiveInt", "a fraction", number("1.5")},
	{"integer unsignedInt positiveInt", "an exponent", number("1e2")},
	{"integer unsignedInt positiveInt", "a fraction of zero", number("1.0")},
	{"integer unsignedInt positiveInt", "beyond 32 bits", number("2147483648")},
	{"positiveInt", "zero", 0},
	{"positiveInt unsignedInt", "less than zero", -1},
	{"decimal", "in a string", "1.5"},
	{"decimal", "words", "many"},
	{"base64Binary", "characters that base64 lacks", "not*base64"},
	{"base64Binary", "a length that base64 lacks", "QUJ"},
	{"base64Binary", "white space inside", "QU JD"},
	{"uri url canonical", "a blank inside", "http://harbor.example/a b"},
	{"uri url canonical", "a blank behind", "http://harbor.example/a "},
	{"uri url canonical", "a blank in front", " http://harbor.example/a"},
	{"uri canonical", "an OID that is none", "urn:oid:1.2.x"},
	{"uri canonical", "a UUID that is none", "urn:uuid:12"},
	{"uri canonical", "a UUID in capitals", "urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0"},
	{"uri", "no scheme", "harbor"},
	{"canonical", "no scheme", "harbor"},
	{"url", "no scheme", "harbor"},
	{"uri canonical", "a fragment alone", "#x"},
	{"uri url canonical", "brackets", "http://harbor.example/{a}<b>"},
	{"string markdown", "a control character", "a\u0001b"},
	{"string markdown", "a NUL", "a\u0000b"},
	{"string markdown", "white space only", " \t "},
	{"string", "white space around", "  a  "},
	{"string markdown", "a character that XML lacks", "a\uffffb"},
	{"string", "tags", "<b>a</b>"},
	{"code", "a blank in front", " a"},
	{"code", "a blank behind", "a "},
	{"code", "two blanks inside", "a  b"},
	{"code", "a tab inside", "a\tb"},
	{"string markdown", "a no-break space only", "\u00a0"},
})

func number(s string) any { return json.Number(s) }

func init() {
	id := func(words, v string) change {
		return change{words, isRoot, func(s *spot) { s.object()["id"] = v }, nil}
	}
	badPrimitives = append(badPrimitives, id("an id with an underscore", "a_b"), id("an id of 65 characters", strings.Repeat("a", 65)), id("an id with a blank", "a b"),
		id("an id that is a dot", "."), id("an empty id", ""), id("an id with a slash", "Patient/1"))
	badPrimitives = append(badPrimitives, change{"an id of an element with a blank", isInner, add("id", "a b"), nil},
		change{"an id of an element with an underscore", isInner, add("id", "a_b"), nil}, change{"an empty id of an element", isInner, add("id", ""), nil},
		change{"an id of an element of 65 characters", isInner, add("id", strings.Repeat("a", 65)), nil},
		change{"an id of an element that is white space", isInner, add("id", "  "), nil})
}
