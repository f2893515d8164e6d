package mutants

import "slices"

// isExtension is one that is not inside another.
func isExtension(s *spot) bool {
	return isObject(s) && s.typ.Name == "Extension" && s.owner.Name != "Extension" && s.object()["extension"] == nil
}

// isExtensible is an object that can have extensions and has none.
func isExtensible(s *spot) bool {
	return isObject(s) && has(s.typ, "extension") && s.typ.Name != "Extension" && s.object()["extension"] == nil
}

const extensionURL = "http://warmhandoff.example/extension/more"

// one gives an object an extension.
func one(v any) func(*spot) { return add("extension", []any{v}) }

var badExtensions = []change{
	{"no url", isExtensible, one(object{"valueString": "x"}), nil},
	{"an empty url", isExtensible, one(object{"url": "", "valueString": "x"}), nil},
	{"a url of white space", isExtensible, one(object{"url": " ", "valueString": "x"}), nil},
	{"a relative url", isExtensible, one(object{"url": "more", "valueString": "x"}), nil},
	{"a url with a path alone", isExtensible, one(object{"url": "/extension/more", "valueString": "x"}), nil},
	{"a url with a blank", isExtensible, one(object{"url": "http://warmhandoff.example/a b", "valueString": "x"}), nil},
	{"a url without a scheme", isExtensible, one(object{"url": "warmhandoff.example/more", "valueString": "x"}), nil},
	{"a url that is a number", isExtensible, one(object{"url": 7, "valueString": "x"}), nil},
	{"a url that is null", isExtensible, one(object{"url": nil, "valueString": "x"}), nil},
	{"a url with a fragment alone", isExtensible, one(object{"url": "#more", "valueString": "x"}), nil},
	{"a UUID that is none", isExtensible, one(object{"url": "urn:uuid:12", "valueString": "x"}), nil},
	{"an OID that is none", isExtensible, one(object{"url": "urn:oid:x", "valueString": "x"}), nil},
	{"neither value nor extensions", isExtensible, one(object{"url": extensionURL}), nil},
	{"a value and extensions", isExtensible, one(object{"url": extensionURL, "valueString": "x", "extension": []any{object{"url": "a", "valueString": "x"}}}), nil},
	{"two values", isExtensible, one(object{"url": extensionURL, "valueString": "x", "valueBoolean": true}), nil},
	{"a value of a type that there is none of", isExtensible, one(object{"url": extensionURL, "valueFoo": "x"}), nil},
	{"a value of a type that none may have", isExtensible, one(object{"url": extensionURL, "valueNarrative": object{"status": "empty", "div": `<div xmlns="http://www.w3.org/1999/xhtml">x</div>`}}), nil},
	{"a value without a type", isExtensible, one(object{"url": extensionURL, "value": "x"}), nil},
	{"a value in the wrong case", isExtensible, one(object{"url": extensionURL, "valuestring": "x"}), nil},
	{"a value of another type than its name", isExtensible, one(object{"url": extensionURL, "valueBoolean": "yes"}), nil},
	{"an empty value", isExtensible, one(object{"url": extensionURL, "valueString": ""}), nil},
	{"a date that is none as value", isExtensible, one(object{"url": extensionURL, "valueDateTime": "2025-02-30"}), nil},
	{"a name that is none", isExtensible, one(object{"url": extensionURL, "valueString": "x", "colour": "red"}), nil},
	{"an object instead of an array", isExtensible, add("extension", object{"url": extensionURL, "valueString": "x"}), nil},
	{"a string instead of an object", isExtensible, one("x"), nil},
	{"an empty array", isExtensible, add("extension", []any{}), nil},
	{"an empty object", isExtensible, one(object{}), nil},
	{"an id alone", isExtensible, one(object{"id": "x", "url": extensionURL}), nil},
	{"one inside without a url", isExtensible, one(object{"url": extensionURL, "extension": []any{object{"valueString": "x"}}}), nil},
	{"one inside without a value", isExtensible, one(object{"url": extensionURL, "extension": []any{object{"url": "a"}}}), nil},
	{"one inside with a blank in its url", isExtensible, one(object{"url": extensionURL, "extension": []any{object{"url": "a b", "valueString": "x"}}}), nil},
	{"of a primitive, without a url", isText, func(s *spot) { s.parent()["_"+s.name()] = object{"extension": []any{object{"valueString": "x"}}} }, nil},
	{"of a primitive, without a value", isText, func(s *spot) { s.parent()["_"+s.name()] = object{"extension": []any{object{"url": extensionURL}}} }, nil},
	{"of a primitive, as an array", isText, func(s *spot) {
		s.parent()["_"+s.name()] = []any{object{"extension": []any{object{"url": extensionURL, "valueString": "x"}}}}
	}, nil},
	{"of a primitive, with a value", isText, func(s *spot) { s.parent()["_"+s.name()] = object{"value": "x"} }, nil},
	{"of a primitive, a string", isText, func(s *spot) { s.parent()["_"+s.name()] = "x" }, nil},
	{
		"of another type of a choice than the value", func(s *spot) bool {
			return isChoice(s) && slices.ContainsFunc(s.element.Types, func(t string) bool { return t != s.typ.Name && isPrimitive(t) })
		}, func(s *spot) {
			i := slices.IndexFunc(s.element.Types, func(t string) bool { return t != s.typ.Name && isPrimitive(t) })
			s.parent()["_"+s.element.Name+upper(s.element.Types[i])] = object{"extension": []any{object{"url": "http://warmhandoff.example/e", "valueBoolean": true}}}
		}, nil,
	},
	{"a modifier without a url", isModifiable, add("modifierExtension", []any{object{"valueBoolean": true}}), nil},
	{"a modifier without a value", isModifiable, add("modifierExtension", []any{object{"url": extensionURL}}), nil},
	{"a modifier with a relative url", isModifiable, add("modifierExtension", []any{object{"url": "more", "valueBoolean": true}}), nil},
	{"a modifier with two values", isModifiable, add("modifierExtension", []any{object{"url": extensionURL, "valueBoolean": true, "valueString": "x"}}), nil},
	{"of R4 where it may not stand", func(s *spot) bool { return isRoot(s) && s.typ.Name != "Patient" && isExtensible(s) }, one(object{"url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime", "valueDateTime": "2025-03-01"}), nil},
	{"of R4 with a value of another type", func(s *spot) bool { return s.is("HumanName") && isExtensible(s) }, func(s *spot) {
		s.object()["_family"] = object{"extension": []any{object{"url": "http://hl7.org/fhir/StructureDefinition/humanname-own-name", "valueInteger": 1}}}
	}, nil},
}

func isText(s *spot) bool { return s.isText() && !s.isItem() && !inExtension(s) && s.name() != "div" }

func isModifiable(s *spot) bool {
	return isObject(s) && has(s.typ, "modifierExtension") && s.element != nil
}
