package invariant

import "warmhandoff/fhir"

// plainly are rules that are checked without their expression: it would look through the whole resource once for each contained one, or for each
// reference. They give the places that break the rule.
var plainly = map[string]func(*checker, fhir.Value) []fhir.Value{
	"dom-3": (*checker).unused,
}

// unused gives the contained resources that nothing in the resource refers to and that do not refer to it.
//
// Source: FHIR R4, domainresource.html, dom-3
func (c *checker) unused(v fhir.Value) []fhir.Value {
	contained := v.Get("contained").Items()
	if len(contained) == 0 {
		return nil
	}
	used := map[string]bool{}
	pointers(v, used)
	var wrong []fhir.Value
	for _, one := range contained {
		id := one.Get("id").Text()
		if id == "" || used["#"+id] {
			continue
		}
		within := map[string]bool{}
		if pointers(one, within); !within["#"] {
			wrong = append(wrong, one)
		}
	}
	return wrong
}

// pointers notes every literal reference and URI in a value.
func pointers(v fhir.Value, used map[string]bool) {
	for name, m := range v.Members() {
		typ := m.Type()
		pointer := typ == "uri" || typ == "url" || typ == "canonical" || name == "reference" && v.Type() == "Reference"
		for item := range m.All() {
			if pointer {
				used[item.Text()] = true
			} else {
				pointers(item, used)
			}
		}
	}
}
