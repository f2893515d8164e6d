package fhir

import (
	"bytes"
	"slices"
)

// Edit is one change to the top level of a resource, for [Resource.With].
type Edit struct {
	name string
	how  func(old []byte) []byte // nil as result removes; old is nil if the member is not there
}

// SetMember replaces a top-level member's value, or adds it at the end. Raw is
// JSON and is not checked.
func SetMember(name string, raw []byte) Edit {
	return Edit{name, func([]byte) []byte { return raw }}
}

// RemoveMember takes a top-level member away, if it is there.
func RemoveMember(name string) Edit {
	return Edit{name, func([]byte) []byte { return nil }}
}

// AppendItem adds an item at the end of a top-level array, or makes the array.
// Raw is JSON and is not checked.
func AppendItem(name string, raw []byte) Edit {
	return Edit{name, func(old []byte) []byte {
		body, isArray := bytes.CutSuffix(old, []byte("]"))
		if !isArray {
			return slices.Concat([]byte("["), raw, []byte("]"))
		}
		if bytes.Equal(bytes.TrimSpace(body), []byte("[")) {
			return slices.Concat(body, raw, []byte("]"))
		}
		content := bytes.TrimRight(body, " \t\r\n")
		return slices.Concat(content, []byte(","), raw, body[len(content):], []byte("]"))
	}}
}

// With gives the resource's bytes with the edits made, one after the other.
// Every byte outside the edited members stays. The result is not checked; give
// it to [Read] where that matters.
func (r *Resource) With(edits ...Edit) []byte {
	parts, tail := r.parts()
	for _, e := range edits {
		parts = e.on(parts)
	}
	var out []byte
	for _, p := range parts {
		out = append(append(out, p.lead...), p.value...)
	}
	return append(out, tail...)
}

// part is a top-level member: all bytes between the value before it and its
// own, and its own.
type part struct {
	name        string
	lead, value []byte
}

// parts takes the resource apart; tail is what follows the last value.
func (r *Resource) parts() (parts []part, tail []byte) {
	at := 0
	for name, v := range r.Root().Members() {
		start, end := v.Span()
		parts = append(parts, part{name, r.bytes[at:start], r.bytes[start:end]})
		at = end
	}
	return parts, r.bytes[at:]
}

func (e Edit) on(parts []part) []part {
	i := slices.IndexFunc(parts, func(p part) bool { return p.name == e.name })
	if i < 0 {
		if value := e.how(nil); value != nil {
			lead := slices.Concat([]byte(","), quote(e.name), []byte(":"))
			parts = append(parts, part{e.name, lead, value})
		}
		return parts
	}
	value := e.how(parts[i].value)
	if value != nil {
		parts[i].value = value
		return parts
	}
	if i == 0 && len(parts) > 1 { // the second takes over the opening bracket
		_, rest, _ := bytes.Cut(parts[1].lead, []byte(","))
		open, _, _ := bytes.Cut(parts[0].lead, []byte("{"))
		parts[1].lead = slices.Concat(open, []byte("{"), rest)
	}
	return slices.Delete(parts, i, i+1)
}
