package mutants

import (
	"slices"
	"strings"
)

// isLimited is a Reference that may be to some types only.
func isLimited(s *spot) bool {
	return s.is("Reference") && isObject(s) && s.element != nil && len(s.element.Targets) > 0 && s.owner.Name != "Extension"
}

// other returns a type that a Reference may not be to.
func other(s *spot, names ...string) string {
	for _, name := range append(names, "Basic", "Substance", "Invoice") {
		if !slices.Contains(s.element.Targets, name) {
			return name
		}
	}
	panic("mutants: a Reference to anything")
}

func pointed(form string, names ...string) func(*spot) {
	return func(s *spot) { s.set(object{"reference": strings.ReplaceAll(form, "TYPE", other(s, names...))}) }
}

var wrongTargets = []change{
	{"relative", isLimited, pointed("TYPE/x1", "Patient", "Observation"), nil},
	{"relative, to an organization", isLimited, pointed("TYPE/x1", "Organization", "Location"), nil},
	{"absolute", isLimited, pointed("https://bayview.example/fhir/TYPE/x1", "Practitioner"), nil},
	{"with a version", isLimited, pointed("TYPE/x1/_history/2", "Task"), nil},
	{"by type alone", isLimited, func(s *spot) { s.set(object{"type": other(s, "Medication"), "display": "x"}) }, nil},
	{"by type and identifier", isLimited, func(s *spot) {
		s.set(object{"type": other(s, "Patient"), "identifier": object{"system": "http://bayview.example/x", "value": "1"}})
	}, nil},
	{"a type that is not that of the literal", isLimited, func(s *spot) {
		s.set(object{"type": other(s, "Medication"), "reference": s.element.Targets[0] + "/x1"})
	}, nil},
	{"a type of its own that is not that of the literal", func(s *spot) bool { return isLimited(s) && len(s.element.Targets) > 1 }, func(s *spot) {
		s.set(object{"type": s.element.Targets[1], "reference": s.element.Targets[0] + "/x1"})
	}, nil},
	{"contained", func(s *spot) bool { return isLimited(s) && !s.nested && s.root["contained"] == nil && hasContained(s) }, func(s *spot) {
		s.root["contained"] = []any{object{"resourceType": "Basic", "id": "w", "code": object{"text": "x"}}}
		s.set(object{"reference": "#w"})
	}, nil},
	{"a type that R4 lacks", isLimited, func(s *spot) { s.set(object{"type": "Unicorn", "display": "x"}) }, nil},
	{"a type as the URL of its definition", isLimited, func(s *spot) {
		s.set(object{"type": "http://hl7.org/fhir/StructureDefinition/" + other(s, "Medication"), "display": "x"})
	}, nil},
}

func hasContained(s *spot) bool { return has(typeOf(s.root), "contained") }

// literals returns a change for each form that names nothing, or not well.
func literals(rows [][2]string) []change {
	var all []change
	for _, row := range rows {
		all = append(all, change{row[0], func(s *spot) bool { return s.is("Reference") && isObject(s) && s.owner.Name != "Extension" }, func(s *spot) {
			typ := "Patient"
			if len(s.element.Targets) > 0 {
				typ = s.element.Targets[0]
			}
			s.set(object{"reference": strings.ReplaceAll(row[1], "TYPE", typ)})
		}, nil})
	}
	return all
}

var malformedReferences = literals([][2]string{
	{"a type alone", "TYPE"},
	{"a type and a slash", "TYPE/"},
	{"a slash in front", "/TYPE/1"},
	{"a slash behind", "TYPE/1/"},
	{"two slashes", "TYPE//1"},
	{"three parts", "TYPE/1/2"},
	{"a type in another case", "patient/1"},
	{"a type that R4 lacks", "Unicorn/1"},
	{"an id alone", "1"},
	{"words", "the patient"},
	{"a blank in it", "TYPE/a b"},
	{"a blank for the slash", "TYPE 1"},
	{"a blank behind", "TYPE/1 "},
	{"an underscore in the id", "TYPE/a_b"},
	{"an id of 65 characters", "TYPE/" + strings.Repeat("a", 65)},
	{"an id that is a dot", "TYPE/."},
	{"an id that is two dots", "TYPE/.."},
	{"an id with a percent", "TYPE/a%20b"},
	{"an id with a colon", "TYPE/a:b"},
	{"an id with a pipe", "TYPE/1|2"},
	{"a history without a version", "TYPE/1/_history"},
	{"a history with an empty version", "TYPE/1/_history/"},
	{"a history in another case", "TYPE/1/history/1"},
	{"an empty reference", ""},
	{"white space", "  "},
	{"a # alone", "#"},
	{"a # of nothing", "#nothing"},
	{"a fragment behind", "TYPE/1#x"},
	{"two #", "##x"},
	{"a query", "TYPE?identifier=1"},
	{"a query behind an id", "TYPE/1?x=1"},
	{"a UUID without its prefix", "0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},
	{"a UUID that is none", "urn:uuid:12"},
	{"a UUID in capitals", "urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0"},
	{"a UUID without digits", "urn:uuid:"},
	{"an OID that is none", "urn:oid:a.b"},
	{"an OID without digits", "urn:oid:"},
	{"another URN", "urn:x:1"},
	{"a URL of no server", "https://harbor.example"},
	{"a URL of a page", "https://harbor.example/people/ines.html"},
	{"a URL with a type alone", "https://harbor.example/fhir/TYPE"},
	{"a URL with a type that R4 lacks", "https://harbor.example/fhir/Unicorn/1"},
	{"a URL with a bad id", "https://harbor.example/fhir/TYPE/a_b"},
	{"a URL with a slash behind", "https://harbor.example/fhir/TYPE/1/"},
	{"a URL without a host", "https:///TYPE/1"},
	{"a URL with a blank", "https://harbor.example/f hir/TYPE/1"},
	{"a URL with one slash", "http:/harbor.example/TYPE/1"},
	{"a scheme alone", "http://"},
	{"a mail address", "mailto:ines@mail.example"},
	{"a file", "file:///TYPE/1"},
	{"dots in front", "../TYPE/1"},
	{"a dot in front", "./TYPE/1"},
	{"a base without a scheme", "harbor.example/fhir/TYPE/1"},
	{"a backslash", `TYPE\1`},
	{"a literal of two", "TYPE/1,TYPE/2"},
	{"an operation", "TYPE/1/$everything"},
	{"a search of a URL", "https://harbor.example/fhir/TYPE?identifier=1"},
	{"a contained type", "#TYPE/1"},
})
