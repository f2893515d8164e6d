package patch

import (
	"bytes"
	"errors"
	"io"
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

// parse reads one JSON value, and nothing behind it. The tree holds data, which must not change any more.
func parse(data []byte) (*node, error) {
	p := parser{d: jsontext.NewDecoder(bytes.NewBuffer(data)), data: data}
	n, err := p.read()
	if err != nil {
		return nil, err
	}
	if _, err := p.d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return n, nil
}

type parser struct {
	d    *jsontext.Decoder
	data []byte
}

func (p *parser) read() (*node, error) {
	switch kind := p.d.PeekKind(); kind {
	case '{', '[':
		n := &node{kind: byte(kind)}
		if _, err := p.d.ReadToken(); err != nil {
			return nil, err
		}
		for end := p.d.PeekKind(); end != '}' && end != ']'; end = p.d.PeekKind() {
			if kind == '{' {
				name, err := p.d.ReadToken()
				if err != nil {
					return nil, err
				}
				n.names = append(n.names, name.String())
			}
			kid, err := p.read()
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
		_, err := p.d.ReadToken()
		return n, err
	}
	raw, err := p.d.ReadValue()
	end := int(p.d.InputOffset())
	return &node{kind: 'v', raw: p.data[end-len(raw) : end : end]}, err
}

// size gives about how many bytes write appends.
func (n *node) size() int {
	size := len(n.raw)
	if n.kind != 'v' {
		size = len("[]") + len(n.kids)
	}
	for _, name := range n.names {
		size += len(name) + len(`"":`)
	}
	for _, kid := range n.kids {
		size += kid.size()
	}
	return size
}

// clone gives the same value anew.
func (n *node) clone() *node {
	same := &node{kind: n.kind, raw: n.raw, names: slices.Clone(n.names), kids: slices.Clone(n.kids)}
	for i, kid := range same.kids {
		same.kids[i] = kid.clone()
	}
	return same
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

// equal reports whether two values say the same, whatever the order of members and the way of writing text. Numbers are the same where their digits are:
// 1.0 and 1.00 are two decimals.
func (n *node) equal(m *node) bool {
	switch {
	case n.kind != m.kind || len(n.kids) != len(m.kids):
		return false
	case n.kind == 'v':
		return bytes.Equal(n.raw, m.raw) || n.isText() && m.isText() && n.text() == m.text()
	}
	find := m.member
	if n.kind == '{' && len(m.names) > few {
		find = m.finder()
	}
	for i, kid := range n.kids {
		other := m.kids[i]
		if n.kind == '{' && m.names[i] != n.names[i] {
			if other = find(n.names[i]); other == nil {
				return false
			}
		}
		if !kid.equal(other) {
			return false
		}
	}
	return true
}

// few is of how many members one is found sooner by looking at all. No object of FHIR has many more; one in a patch may have any number.
const few = 64

// finder is member for an object of many names that is asked for all of them.
func (n *node) finder() func(name string) *node {
	var places map[string]int
	return func(name string) *node {
		if places == nil {
			places = make(map[string]int, len(n.names))
			for i, one := range n.names {
				places[one] = i
			}
		}
		if i, ok := places[name]; ok {
			return n.kids[i]
		}
		return nil
	}
}

func nullNode() *node { return &node{kind: 'v', raw: []byte("null")} }

// empty reports whether a list or an object holds nothing but null.
func (n *node) empty() bool {
	return n.kind != 'v' && !slices.ContainsFunc(n.kids, func(k *node) bool { return !k.isNull() })
}

func (n *node) isText() bool { return n != nil && n.kind == 'v' && len(n.raw) > 0 && n.raw[0] == '"' }

func (n *node) isNull() bool { return n == nil || n.kind == 'v' && string(n.raw) == "null" }

// text gives a string's characters; "" for anything else.
func (n *node) text() string {
	if !n.isText() {
		return ""
	}
	s, err := jsontext.AppendUnquote(nil, n.raw)
	if err != nil {
		return ""
	}
	return string(s)
}
