package invariant

import (
	"maps"
	"math/big"
	"slices"

	"warmhandoff/fhir"
)

// plainly are rules that are checked without their expression: it would look through the whole resource once for each contained one, or for each
// reference, or the library cannot evaluate it. They give the places that break the rule.
var plainly = map[string]func(*checker, fhir.Value) []fhir.Value{
	"dom-3": (*checker).unused,
	"rng-2": falling,
}

// unused gives the contained resources that nothing in the resource refers to, be it by way of others, and that do not refer to it.
//
// Source: FHIR R4, domainresource.html, dom-3
func (c *checker) unused(v fhir.Value) []fhir.Value {
	contained := v.Get("contained").Items()
	if len(contained) == 0 {
		return nil
	}
	used := map[string]bool{}
	for name, m := range v.Members() {
		if name == "contained" {
			continue
		}
		pointer := isPointer(v, name, m)
		for item := range m.All() {
			note(item, pointer, used)
		}
	}
	within := make([]map[string]bool, len(contained))
	byID := map[string][]int{}
	for i, one := range contained {
		within[i] = map[string]bool{}
		pointers(one, within[i])
		byID["#"+one.Get("id").Text()] = append(byID["#"+one.Get("id").Text()], i)
		if within[i]["#"] {
			used["#"+one.Get("id").Text()] = true
		}
	}
	next := slices.Collect(maps.Keys(used))
	for len(next) > 0 {
		name := next[len(next)-1]
		next = next[:len(next)-1]
		for _, i := range byID[name] {
			for named := range within[i] {
				if !used[named] {
					used[named] = true
					next = append(next, named)
				}
			}
		}
	}
	return slices.DeleteFunc(contained, func(one fhir.Value) bool {
		id := one.Get("id").Text()
		return id == "" || used["#"+id]
	})
}

// pointers notes every literal reference and URI in a value.
func pointers(v fhir.Value, used map[string]bool) {
	for name, m := range v.Members() {
		pointer := isPointer(v, name, m)
		for item := range m.All() {
			note(item, pointer, used)
		}
	}
}

// isPointer reports whether a member of v names something by its address.
func isPointer(v fhir.Value, name string, m fhir.Value) bool {
	typ := m.Type()
	return typ == "uri" || typ == "url" || typ == "canonical" || name == "reference" && v.Type() == "Reference"
}

func note(item fhir.Value, pointer bool, used map[string]bool) {
	if pointer {
		used[item.Text()] = true
	} else {
		pointers(item, used)
	}
}

// falling gives a range whose low is above its high. Values in two units are not compared.
//
// Source: FHIR R4, datatypes.html#Range, rng-2
func falling(_ *checker, v fhir.Value) []fhir.Value {
	low, high := v.Get("low"), v.Get("high")
	for _, unit := range []string{"system", "code", "unit"} {
		if low.Get(unit).Text() != high.Get(unit).Text() {
			return nil
		}
	}
	from, ok1 := new(big.Float).SetString(low.Get("value").Text())
	to, ok2 := new(big.Float).SetString(high.Get("value").Text())
	return only(ok1 && ok2 && from.Cmp(to) > 0, v)
}
