// Package patch changes a resource by instructions: JSON Patch (RFC 6902) and FHIRPath Patch.
//
// A patch gives new JSON, and says nothing of whether that is still a good resource: give it to [fhir.Read], which knows. What the instructions do
// not touch keeps its order, its digits and its extensions; blanks between values may go. Nothing here may change what a resource is: its type and
// its id.
//
// Cost is bounded: [MaxSteps] instructions, a result of at most the size that the caller allows, [MaxPlaces] for the paths of a FHIRPath Patch. A resource
// is taken apart once, whatever the number of instructions, and written once. All functions are pure and may be called concurrently.
package patch

import (
	"bytes"
	"fmt"

	"warmhandoff/fhir"
)

// The bounds of one patch.
//
// Source: local, limits of the server
const (
	// MaxSteps is the most instructions that one patch may have.
	MaxSteps = 200
	// MaxPlaces is how many elements the paths of one FHIRPath Patch may look at, all together: a list of 10,000, the longest there is, fifty times,
	// with the element of a condition. A patch of a few operations on a resource of ordinary size looks at some hundreds.
	MaxPlaces = 1_000_000
)

func refuse(code fhir.Code, at, format string, args ...any) []fhir.Issue {
	return []fhir.Issue{{Severity: fhir.Error, Code: code, Expression: at, Text: fmt.Sprintf(format, args...)}}
}

// finish gives the resource that a patch made of another, and what was there where it says the same. It refuses one that is another resource.
func finish(before []byte, is *node, most int) ([]byte, []fhir.Issue) {
	was, err := parse(before)
	if err != nil {
		return nil, refuse(fhir.CodeStructure, "", "The resource is no JSON.")
	}
	if is.kind != '{' {
		return nil, refuse(fhir.CodeStructure, "", "The patch would leave no resource.")
	}
	for _, name := range []string{"resourceType", "id"} {
		a, b := was.member(name), is.member(name)
		if a == nil != (b == nil) || a != nil && !bytes.Equal(a.raw, b.raw) {
			return nil, refuse(fhir.CodeBusinessRule, name, "A patch may not change what a resource is: its %s stays.", name)
		}
	}
	if was.equal(is) {
		return before, nil
	}
	after := is.write(make([]byte, 0, len(before)+len(before)/16))
	if len(after) > most {
		return nil, refuse(fhir.CodeTooCostly, "", "The resource would grow beyond %d bytes.", most)
	}
	return after, nil
}
