package mutants

// isHolder is a resource without contained ones that can have some.
func isHolder(s *spot) bool { return isRoot(s) && s.object()["contained"] == nil && hasContained(s) }

// holds gives a resource contained ones, and an extension that refers to each of the names.
func holds(names []string, contained ...any) func(*spot) {
	return func(s *spot) {
		s.object()["contained"] = contained
		extensions, _ := s.object()["extension"].([]any)
		for _, name := range names {
			extensions = append(extensions, object{"url": extensionURL, "valueReference": object{"reference": name}})
		}
		if len(extensions) > 0 {
			s.object()["extension"] = extensions
		}
	}
}

// basic returns a resource to be contained.
func basic(id string, more ...any) object {
	o := object{"resourceType": "Basic", "id": id, "code": object{"text": "x"}}
	for i := 0; i+1 < len(more); i += 2 {
		o[more[i].(string)] = more[i+1]
	}
	if id == "" {
		delete(o, "id")
	}
	return o
}

var (
	a  = []string{"#a"}
	ab = []string{"#a", "#b"}
)

var badContained = []change{
	{"no id", isHolder, holds(nil, basic("")), nil},
	{"no id, and one that is named", isHolder, holds(a, basic("a"), basic("")), nil},
	{"an empty id", isHolder, holds(nil, basic("a", "id", "")), nil},
	{"an id with a #", isHolder, holds(a, basic("#a")), nil},
	{"an id with a blank", isHolder, holds([]string{"#a b"}, basic("a b")), nil},
	{"an id with an underscore", isHolder, holds([]string{"#a_b"}, basic("a_b")), nil},
	{"equal ids", isHolder, holds(a, basic("a"), basic("a")), nil},
	{"equal ids of two types", isHolder, holds(a, basic("a"), object{"resourceType": "Organization", "id": "a", "name": "x"}), nil},
	{"one that nothing names", isHolder, holds(nil, basic("a")), nil},
	{"one of two that nothing names", isHolder, holds(a, basic("a"), basic("b")), nil},
	{"a name of nothing", isHolder, holds([]string{"#nothing"}, basic("a")), nil},
	{"a name of nothing, beside one that is there", isHolder, holds([]string{"#a", "#nothing"}, basic("a")), nil},
	{"a name in another case", isHolder, holds([]string{"#A"}, basic("a")), nil},
	{"named by its type and id", isHolder, holds([]string{"Basic/a"}, basic("a")), nil},
	{"named by id alone", isHolder, holds([]string{"a"}, basic("a")), nil},
	{"one contained in it", isHolder, holds(ab, basic("a", "contained", []any{basic("b")})), nil},
	{"one contained in it that it names", isHolder, holds(a, basic("a", "contained", []any{basic("b")}, "subject", object{"reference": "#b"})), nil},
	{"one that names the other", isHolder, holds(a, basic("a", "subject", object{"reference": "#b"}), basic("b")), nil},
	{"one that names nothing that is there", isHolder, holds(a, basic("a", "subject", object{"reference": "#c"})), nil},
	{"one that names the resource", isHolder, holds(nil, basic("a", "subject", object{"reference": "#"})), nil},
	{"one that names itself", isHolder, holds(nil, basic("a", "subject", object{"reference": "#a"})), nil},
	{"two that name each other", isHolder, holds(nil, basic("a", "subject", object{"reference": "#b"}), basic("b", "subject", object{"reference": "#a"})), nil},
	{"a version", isHolder, holds(a, basic("a", "meta", object{"versionId": "1"})), nil},
	{"a time of change", isHolder, holds(a, basic("a", "meta", object{"lastUpdated": "2025-03-01T10:00:00Z"})), nil},
	{"a label", isHolder, holds(a, basic("a", "meta", object{"security": []any{object{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}}})), nil},
	{"a tag", isHolder, holds(a, basic("a", "meta", object{"tag": []any{object{"code": "x"}}})), nil},
	{"a narrative", isHolder, holds(a, basic("a", "text", object{"status": "generated", "div": div + "x</div>"})), nil},
	{"a type that there is none of", isHolder, holds(a, object{"resourceType": "Unicorn", "id": "a"}), nil},
	{"no type", isHolder, holds(a, object{"id": "a", "code": object{"text": "x"}}), nil},
	{"an object instead of an array", isHolder, add("contained", basic("a")), nil},
	{"a string", isHolder, holds(nil, "x"), nil},
	{"null", isHolder, holds(nil, nil), nil},
	{"an empty array", isHolder, add("contained", []any{}), nil},
	{"an empty object", isHolder, holds(nil, object{}), nil},
	{"a name that is none in it", isHolder, holds(a, basic("a", "colour", "red")), nil},
	{"what is required is missing in it", isHolder, holds(a, object{"resourceType": "Basic", "id": "a"}), nil},
	{"a code that there is none of in it", isHolder, holds(a, object{"resourceType": "Patient", "id": "a", "gender": "bogus"}), nil},
	{"a date that is none in it", isHolder, holds(a, object{"resourceType": "Patient", "id": "a", "birthDate": "2025-02-30"}), nil},
	{"a Bundle", isHolder, holds(a, object{"resourceType": "Bundle", "id": "a", "type": "collection"}), nil},
	{"a Binary", isHolder, holds(a, object{"resourceType": "Binary", "id": "a", "contentType": "text/plain"}), nil},
	{"a Parameters", isHolder, holds(a, object{"resourceType": "Parameters", "id": "a", "parameter": []any{object{"name": "x", "valueString": "x"}}}), nil},
	{"nothing but a type and an id", isHolder, holds(a, object{"resourceType": "Patient", "id": "a"}), nil},
	{"a broken invariant in it", isHolder, holds(a, object{"resourceType": "Organization", "id": "a"}), nil},
	{"a Period of it that ends before it starts", isHolder, holds(a, object{"resourceType": "PractitionerRole", "id": "a", "period": object{"start": "2025-03-03", "end": "2025-03-01"}}), nil},
	{"one named from a canonical", isHolder, func(s *spot) {
		holds(nil, basic("a"))(s)
		extensions, _ := s.object()["extension"].([]any)
		s.object()["extension"] = append(extensions, object{"url": extensionURL, "valueCanonical": "#a"})
	}, nil},
	{"one named from a URI", isHolder, func(s *spot) {
		holds(nil, basic("a"))(s)
		extensions, _ := s.object()["extension"].([]any)
		s.object()["extension"] = append(extensions, object{"url": extensionURL, "valueUri": "#a"})
	}, nil},
	{"implicit rules", isHolder, holds(a, basic("a", "implicitRules", "http://harbor.example/rules")), nil},
	{"an id of 65 characters", isHolder, holds([]string{"#" + long}, basic(long)), nil},
}

const long = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
