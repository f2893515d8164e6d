// Package invariant holds the invariants of FHIR R4, as the published definitions write them, and evaluates them over a resource.
//
// A definition says of a type, or of one of its elements, what must be so in a FHIRPath expression: ServiceRequest prr-1,
// "orderDetail SHALL only be present if code is present", is orderDetail.empty() or code.exists(). The table of all of them is made from the
// definitions by internal/gen and embedded. It is unpacked, and an expression compiled, when it is first needed, and kept from then on.
//
// This costs: some ten microseconds for each expression and place, so it stands behind $validate and not in the way of a write. What matters to
// writes (dom-2, ext-1, ele-1, ref-1, txt-1, txt-2) is checked by the strict reader in plain Go, and not again here.
//
// Beside them stand rules that R4's pages state in words, and the HL7 validator checks: that a fullUrl is absolute, a currency one of ISO 4217, and the
// like. They are plain Go, and named by their page instead of a key. testdata/mutants/README.md compares the whole with that validator.
//
// Only a clear no is an issue. An expression that comes out empty, as the comparison of two dates of different precision does, breaks nothing.
//
// What it is not: it checks no terminology and no profile.
package invariant

//go:generate go run warmhandoff/fhir/invariant/internal/gen
