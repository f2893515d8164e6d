package fhir

import (
	"fmt"
	"slices"
	"strings"
)

// reference checks the literal and the type of a Reference against what its
// element allows.
//
// Source: FHIR R4, references.html
func (r *reader) reference(i int32) {
	element := r.nodes[i].member.element
	literal, ok := r.literalType(i)
	if !ok {
		return
	}
	typed := r.targetType(i)
	r.target(i, "reference", literal, element.Targets)
	if literal != "" && typed != "" && literal != typed {
		r.issue(CodeValue, r.where(i, "type"), fmt.Sprintf("The reference is to %s, but its type says %s.", literal, typed))
	}
}

// literalType gives the resource type that Reference.reference names, "" if it
// names none, and false if it is no reference. A type before a URN is how
// some clients name what another entry of a transaction makes; the transaction
// puts the id in its place.
//
// Source: local, what HAPI clients send in transactions (Procedure/urn:uuid:…)
func (r *reader) literalType(i int32) (string, bool) {
	j := r.child(i, "reference")
	s := string(r.content(j))
	if s == "" {
		return "", true
	}
	if s[0] == '#' {
		r.local = append(r.local, j)
	}
	if ref, ok := ParseReference(s); ok {
		return ref.Type, true
	}
	if name, _, conditional := strings.Cut(s, "?"); conditional && IsResourceType(name) {
		return name, true
	}
	if name, urn, placed := strings.Cut(s, "/"); placed && IsResourceType(name) && isURN(urn) {
		return name, true
	}
	if isAbsolute(s) && isURI([]byte(s)) {
		return "", true
	}
	r.report(j, CodeValue, `Not a reference; write "Type/id" with a type of R4, an absolute URL, "urn:uuid:…" or "#id" of a contained resource.`)
	return "", false
}

// targetType gives the resource type of Reference.type, "" if there is none that R4
// has. Other names, and whether the element allows the type, are for package
// invariant to tell: published messages get them wrong.
func (r *reader) targetType(i int32) string {
	name := strings.TrimPrefix(string(r.text(i, "type")), structureDefinition)
	if !IsResourceType(name) {
		return ""
	}
	return name
}

// target refuses a type that is not among those allowed.
func (r *reader) target(i int32, name, typ string, allowed []string) {
	if typ == "" || len(allowed) == 0 || slices.Contains(allowed, typ) {
		return
	}
	r.issue(CodeValue, r.where(i, name), fmt.Sprintf("A reference to %s is not allowed here, only to %s.", typ, strings.Join(allowed, ", ")))
}

// isAbsolute reports whether s begins with a URI scheme.
func isAbsolute(s string) bool {
	scheme, _, found := strings.Cut(s, ":")
	if !found || scheme == "" {
		return false
	}
	for i, c := range []byte(strings.ToLower(scheme)) {
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || !(c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	return true
}
