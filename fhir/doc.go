// Package fhir is FHIR R4 as this program uses it.
//
// Three ideas carry it.
//
// The bytes are the truth. A [Resource] keeps what was received, to the byte,
// with a view over it; nothing is decoded into structs and encoded again. What
// the server has to set (id, version, lastUpdated, resolved references) is
// spliced into the bytes by [Resource.Stamp], [Resource.Rewrite] and
// [Resource.With], and every other byte stays: decimals such as 1.10, the order
// of keys, white space, extensions of primitives, contained resources.
//
// One element table knows R4. It is generated from the published definitions
// (internal/gen), embedded, and covers every resource and data type: names,
// cardinality, types, choices, required codes, targets of references.
// [LookupType] shows it.
//
// One strict pass. [Read] walks the JSON once, checks everything that the table
// knows, and tells all issues at once, each with a FHIRPath, a code and words.
// During that pass it lays a tape of nodes, which [Value] is a cursor into.
//
//	bytes ── Read ──► *Resource ── Get ──► Value ── Text, Items, Choice …
//	           │          └─ Stamp, Rewrite, With ──► new bytes
//	           └────► []Issue ── OperationOutcome ──► bytes
//
// Beside them stand the two data types whose text needs understanding:
// [DateTime], which keeps precision and whether a zone was written, and
// [Reference].
//
// Profiles, terminology beyond required codes, and FHIRPath invariants are left
// to others; the invariants that are checked here are listed at [Read].
package fhir

//go:generate go run ./internal/gen
