package patch

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

// node is one JSON value that can be changed. Strings, numbers and literals keep the bytes that they came with.
type node struct {
	kind  byte // '{', '[', or 'v'
	raw   []byte
	names []string // of an object, beside kids
	kids  []*node
}

// parse reads one JSON value.
func parse(data []byte) (*node, error) {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	return read(d)
}

func read(d *jsontext.Decoder) (*node, error) {
	switch kind := d.PeekKind(); kind {
	case '{', '[':
		n := &node{kind: byte(kind)}
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
		for end := d.PeekKind(); end != '}' && end != ']'; end = d.PeekKind() {
			if kind == '{' {
				name, err := d.ReadToken()
				if err != nil {
					return nil, err
				}
				n.names = append(n.names, name.String())
			}
			kid, err := read(d)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
		_, err := d.ReadToken()
		return n, err
	}
	raw, err := d.ReadValue()
	return &node{kind: 'v', raw: bytes.Clone(raw)}, err
}

// write appends the value's JSON, without blanks.
func (n *node) write(out []byte) []byte {
	switch n.kind {
	case 'v':
		return append(out, n.raw...)
	case '[':
		out = append(out, '[')
	default:
		out = append(out, '{')
	}
	for i, kid := range n.kids {
		if i > 0 {
			out = append(out, ',')
		}
		if n.kind == '{' {
			out, _ = jsontext.AppendQuote(out, n.names[i])
			out = append(out, ':')
		}
		out = kid.write(out)
	}
	if n.kind == '[' {
		return append(out, ']')
	}
	return append(out, '}')
}

func (n *node) at(name string) int { return slices.Index(n.names, name) }

// member gives a member's value; nil where there is none.
func (n *node) member(name string) *node {
	if i := n.at(name); i >= 0 {
		return n.kids[i]
	}
	return nil
}

// set puts a member, where it stood or at the end; nil takes it away.
func (n *node) set(name string, v *node) {
	i := n.at(name)
	switch {
	case i < 0 && v == nil:
	case i < 0:
		n.names, n.kids = append(n.names, name), append(n.kids, v)
	case v == nil:
		n.names, n.kids = slices.Delete(n.names, i, i+1), slices.Delete(n.kids, i, i+1)
	default:
		n.kids[i] = v
	}
}

// prune takes away objects that hold nothing any more, and what holds nothing but them: FHIR knows no empty elements. In a list that stands beside
// one of primitives the others keep their places.
//
// Source: FHIR R4, json.html#null (an object has at least one member)
func (n *node) prune(beside bool) {
	for i := len(n.kids) - 1; i >= 0; i-- {
		kid := n.kids[i]
		kid.prune(n.kind == '{' && n.names[i][0] == '_')
		empty := kid.kind != 'v' && !slices.ContainsFunc(kid.kids, func(k *node) bool { return !k.isNull() })
		switch {
		case !empty:
		case n.kind == '{':
			n.names, n.kids = slices.Delete(n.names, i, i+1), slices.Delete(n.kids, i, i+1)
		case beside:
			n.kids[i] = nullNode()
		default:
			n.kids = slices.Delete(n.kids, i, i+1)
		}
	}
}

// equal reports whether two values say the same, whatever the order of members and the way of writing text. Numbers are the same where their digits are:
// 1.0 and 1.00 are two decimals.
func (n *node) equal(m *node) bool {
	switch {
	case n.kind != m.kind || len(n.kids) != len(m.kids):
		return false
	case n.kind == 'v' && len(n.raw) > 0 && n.raw[0] == '"':
		return len(m.raw) > 0 && m.raw[0] == '"' && n.text() == m.text()
	case n.kind == 'v':
		return bytes.Equal(n.raw, m.raw)
	}
	for i, kid := range n.kids {
		other := m.kids[i]
		if n.kind == '{' {
			if other = m.member(n.names[i]); other == nil {
				return false
			}
		}
		if !kid.equal(other) {
			return false
		}
	}
	return true
}

func nullNode() *node { return &node{kind: 'v', raw: []byte("null")} }

func (n *node) isNull() bool { return n == nil || n.kind == 'v' && string(n.raw) == "null" }

// text gives a string's characters; "" for anything else.
func (n *node) text() string {
	if n == nil || n.kind != 'v' || len(n.raw) == 0 || n.raw[0] != '"' {
		return ""
	}
	s, err := jsontext.AppendUnquote(nil, n.raw)
	if err != nil {
		return ""
	}
	return string(s)
}
