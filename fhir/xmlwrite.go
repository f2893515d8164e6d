package fhir

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// The namespaces of FHIR XML.
//
// Source: FHIR R4, xml.html
const (
	spaceFHIR  = "http://hl7.org/fhir"
	spaceXHTML = "http://www.w3.org/1999/xhtml"
)

// XML gives the resource as FHIR XML in UTF-8, elements in the order of the
// definitions. Nothing that JSON says is lost: decimals keep their digits, and
// extensions of primitives their place. A narrative that is not well-formed is
// written as text.
//
// Source: FHIR R4, xml.html
func (r *Resource) XML() []byte {
	w := xmlWriter{}
	w.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n")
	w.resource(r.Root(), true)
	return w.Bytes()
}

type xmlWriter struct{ bytes.Buffer }

// resource writes a resource in an element of its type's name.
func (w *xmlWriter) resource(v Value, outermost bool) {
	name := v.Type()
	w.WriteString("<" + name)
	if outermost {
		w.WriteString(` xmlns="` + spaceFHIR + `"`)
	}
	w.WriteByte('>')
	w.elements(v)
	w.WriteString("</" + name + ">")
}

// pair is the value of an element and what its sibling with the underscore
// says.
type pair struct {
	name           string
	value, sibling Value
}

// elements writes the members of an object that are elements in XML.
func (w *xmlWriter) elements(v Value) {
	typ := v.r.doc.typ(v.i)
	slots := make([]pair, len(typ.Elements))
	for name, m := range v.Members() {
		about := m.node().member
		i := indexOf(typ, about.element)
		if i < 0 || about.element.Attribute {
			continue
		}
		slots[i].name = strings.TrimPrefix(name, "_")
		if about.sibling {
			slots[i].sibling = m
		} else {
			slots[i].value = m
		}
	}
	for i := range slots {
		if slots[i].name != "" {
			w.pair(&slots[i])
		}
	}
}

func indexOf(t *Type, e *Element) int {
	for i := range t.Elements {
		if &t.Elements[i] == e {
			return i
		}
	}
	return -1
}

// pair writes an element as often as it has values.
func (w *xmlWriter) pair(p *pair) {
	values, siblings := p.value.Items(), p.sibling.Items()
	for i := range max(len(values), len(siblings)) {
		var v, s Value
		if i < len(values) {
			v = values[i]
		}
		if i < len(siblings) {
			s = siblings[i]
		}
		w.one(p.name, v, s)
	}
}

// one writes one value: a primitive as an attribute, an object as elements, a
// resource as an element of its own inside.
func (w *xmlWriter) one(name string, v, sibling Value) {
	inside := v
	kind := null
	if v.Exists() {
		kind = v.node().kind
	}
	switch {
	case kind == object && v.Resource() != nil:
		w.WriteString("<" + name + ">")
		w.resource(v, false)
		w.WriteString("</" + name + ">")
		return
	case kind != object && v.Exists() && v.Type() == "xhtml":
		w.narrative(v.written())
		return
	case kind != object:
		inside = sibling
	}
	w.WriteString("<" + name)
	if inside.Exists() && inside.node().kind == object {
		w.attributes(inside)
	}
	if kind != object && kind != null {
		w.attribute("value", v.written())
	}
	if !inside.Exists() || inside.node().kind != object {
		w.WriteString("/>")
		return
	}
	w.WriteByte('>')
	w.elements(inside)
	w.WriteString("</" + name + ">")
}

func (w *xmlWriter) attributes(v Value) {
	for name, m := range v.Members() {
		if m.node().member.element.Attribute && m.node().kind == text {
			w.attribute(name, m.written())
		}
	}
}

func (w *xmlWriter) attribute(name, value string) {
	w.WriteString(" " + name + `="`)
	_ = xml.EscapeText(w, []byte(value)) // a Buffer takes everything
	w.WriteByte('"')
}

// narrative writes an XHTML div as it is, named characters as numbers, since
// XML without a DTD knows none. What is not one well-formed div is text.
func (w *xmlWriter) narrative(div string) {
	if plain, ok := plainXHTML(div); ok {
		w.WriteString(plain)
		return
	}
	w.WriteString(`<div xmlns="` + spaceXHTML + `">`)
	_ = xml.EscapeText(w, []byte(div)) // a Buffer takes everything
	w.WriteString("</div>")
}

// plainXHTML checks that div is one well-formed XHTML div, and gives it with
// its namespace and without named characters that XML does not know.
func plainXHTML(div string) (string, bool) {
	d := xml.NewDecoder(strings.NewReader(div))
	d.Entity = xml.HTMLEntity
	depth, roots := 0, 0
	space := ""
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", false
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
				space = t.Name.Space
				if t.Name.Local != "div" {
					return "", false
				}
			}
		case xml.EndElement:
			depth--
		case xml.Directive, xml.ProcInst:
			return "", false
		case xml.CharData:
			if depth == 0 && strings.TrimSpace(string(t)) != "" {
				return "", false
			}
		}
	}
	if roots != 1 || space != "" && space != spaceXHTML {
		return "", false
	}
	div = strings.TrimSpace(div)
	if space == "" {
		div = `<div xmlns="` + spaceXHTML + `"` + strings.TrimPrefix(div, "<div")
	}
	return unnamed(div), true
}

// unnamed replaces named characters that only HTML knows by their numbers.
func unnamed(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "&")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, ended := strings.Cut(rest, ";")
		if known, ok := xml.HTMLEntity[name]; ended && ok && name != "quot" {
			_ = xml.EscapeText(&b, []byte(known)) // a Builder takes everything
			s = after
			continue
		}
		b.WriteByte('&')
		s = rest
	}
}
