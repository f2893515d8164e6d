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
	head, parts, tail := r.parts()
	for _, e := range edits {
		parts = e.on(parts)
	}
	out := head
	for i, p := range parts {
		if i > 0 {
			out = append(append(out, p.before...), ',')
		}
		out = append(append(out, p.lead...), p.value...)
	}
	return append(out, tail...)
}

// part is a top-level member with what stands around it.
type part struct {
	name   string
	before []byte // between the value before it and the comma
	lead   []byte // from there to its own value: white space and name
	value  []byte
}

// parts takes the resource apart: head ends with the opening bracket and has
// room for all, tail follows the last value.
func (r *Resource) parts() (head []byte, parts []part, tail []byte) {
	at := bytes.IndexByte(r.bytes, '{') + 1
	head = append(make([]byte, 0, len(r.bytes)+256), r.bytes[:at]...)
	for name, v := range r.Root().Members() {
		start, end := v.Span()
		p := part{name: name, lead: r.bytes[at:start], value: r.bytes[start:end]}
		if len(parts) > 0 {
			p.before, p.lead, _ = bytes.Cut(p.lead, []byte(","))
		}
		parts = append(parts, p)
		at = end
	}
	return head, parts, r.bytes[at:]
}

func (e Edit) on(parts []part) []part {
	i := slices.IndexFunc(parts, func(p part) bool { return p.name == e.name })
	if i < 0 {
		if value := e.how(nil); value != nil {
			parts = append(parts, part{name: e.name, lead: append(quote(e.name), ':'), value: value})
		}
		return parts
	}
	if parts[i].value = e.how(parts[i].value); parts[i].value == nil {
		return slices.Delete(parts, i, i+1)
	}
	return parts
}
