package fhir

import "strconv"

// node is one JSON value on the tape. The tape lists the values of a document
// in their order; a node's children follow it, up to next.
type node struct {
	member     *member // nil for the outermost resource
	start, end int32   // bytes in the document
	next       int32   // the first node after this one and all inside it
	parent     int32   // -1 for the outermost
	index      int32   // place in an array, -1 elsewhere
	typ        uint16  // number of the type (of the items, for an array)
	kind       kind
	escaped    bool // a string with escapes
}

// kind is what a JSON value is, by its first byte.
type kind byte

const (
	object kind = '{'
	array  kind = '['
	text   kind = '"'
	number kind = '0'
	yes    kind = 't'
	no     kind = 'f'
	null   kind = 'n'
)

// document is what one reading made; it does not change afterwards.
type document struct {
	data  []byte
	nodes []node
}

func (d *document) typ(i int32) *Type { return r4().types[d.nodes[i].typ] }

// child gives the member of an object by its JSON name, or -1.
func (d *document) child(i int32, name string) int32 {
	if d.nodes[i].kind != object {
		return -1
	}
	for j := i + 1; j < d.nodes[i].next; j = d.nodes[j].next {
		if d.nodes[j].member.name == name {
			return j
		}
	}
	return -1
}

// raw gives the bytes of a node.
func (d *document) raw(i int32) []byte {
	n := &d.nodes[i]
	return d.data[n.start:n.end:n.end]
}

// chars gives the bytes between the quotes of a string, unescaped; nil for
// anything else, and for -1.
func (d *document) chars(i int32) []byte {
	if i < 0 || d.nodes[i].kind != text {
		return nil
	}
	return unquote(d.raw(i), d.nodes[i].escaped)
}

// path gives the FHIRPath of a node, from the resource at root on.
func (d *document) path(i, root int32) string {
	return string(d.appendPath(nil, i, root))
}

func (d *document) appendPath(dst []byte, i, root int32) []byte {
	n := &d.nodes[i]
	if i == root || n.parent < 0 {
		return append(dst, d.typ(i).Name...)
	}
	dst = d.appendPath(dst, n.parent, root)
	if n.index >= 0 {
		dst = append(dst, '[')
		dst = strconv.AppendInt(dst, int64(n.index), 10)
		return append(dst, ']')
	}
	dst = append(dst, '.')
	return append(dst, n.member.path()...)
}
