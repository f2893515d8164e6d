package fhir

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// FromXML gives FHIR XML as FHIR JSON, for [Read], which then says what is wrong
// with it as a resource. The JSON is nil if any issue is an error: data is no
// well-formed XML in UTF-8, has a document type (none is ever followed), is
// deeper than [MaxDepth], has more than [MaxValues] elements or a tag of more
// than [MaxAttributes], or holds elements, attributes or text that the element
// table does not know. Order of
// elements is not held against the sender, a byte order mark is passed over,
// and a narrative that is written with a prefix comes without.
//
// Source: FHIR R4, xml.html
func FromXML(data []byte) ([]byte, []Issue) {
	if words := otherEncoding(data); words != "" {
		return nil, []Issue{{Severity: Fatal, Code: CodeStructure, Text: words}}
	}
	data = spaceAttributes(unmarked(data))
	p := xmlParser{decoder: xml.NewDecoder(bytes.NewReader(data)), data: data}
	p.decoder.CharsetReader = asciiOnly
	root := p.document()
	if root == nil {
		return nil, p.issues
	}
	c := xmlConverter{}
	c.resource(root, root.name)
	if Refused(c.issues) {
		return nil, c.issues
	}
	return c.Bytes(), c.issues
}

// MaxAttributes is how many attributes one tag may have. FHIR has three of its
// own (id, url, value), and a document declares a few name spaces: each is
// compared with those before it.
const MaxAttributes = 64

// xmlNode is one element of a document.
type xmlNode struct {
	name     string
	attrs    []xml.Attr
	children []*xmlNode
	raw      string // of an XHTML div: all of it
	text     bool   // it has text, which FHIR has nowhere
	space    string
}

func (n *xmlNode) attr(name string) (string, bool) {
	for _, a := range n.attrs {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value, true
		}
	}
	return "", false
}

// xmlParser reads the tree.
type xmlParser struct {
	decoder *xml.Decoder
	data    []byte
	count   int
	issues  []Issue
}

func (p *xmlParser) fail(code Code, words string) *xmlNode {
	line, column := p.decoder.InputPos()
	p.issues = append(p.issues, Issue{Severity: Fatal, Code: code, Text: fmt.Sprintf("%s At line %d, column %d.", words, line, column)})
	return nil
}

// document reads the whole, and refuses what stands around the root.
func (p *xmlParser) document() *xmlNode {
	var root *xmlNode
	for {
		token, err := p.decoder.Token()
		switch {
		case errors.Is(err, io.EOF) && root == nil:
			return p.fail(CodeStructure, "There is no XML element.")
		case errors.Is(err, io.EOF):
			return root
		case err != nil:
			return p.fail(CodeStructure, "Not well-formed XML: "+xmlSyntax(err)+".")
		}
		switch t := token.(type) {
		case xml.Directive:
			return p.fail(CodeStructure, "A document type is not allowed in FHIR.")
		case xml.StartElement:
			if root != nil {
				return p.fail(CodeStructure, "A second element stands behind the resource.")
			}
			if root = p.element(t, 1); root == nil {
				return nil
			}
		case xml.CharData:
			if len(bytes.TrimSpace(t)) > 0 {
				return p.fail(CodeStructure, "Text stands outside the resource.")
			}
		}
	}
}

// xmlSyntax says what the library found, without what stood there.
func xmlSyntax(err error) string {
	var syntax *xml.SyntaxError
	switch {
	case errors.Is(err, errEncoding):
		return "FHIR is UTF-8, and it declares another encoding"
	case !errors.As(err, &syntax) && strings.Contains(err.Error(), "unsupported version"):
		return "FHIR is XML 1.0, and it declares another version"
	case !errors.As(err, &syntax):
		return "it cannot be read"
	case strings.HasPrefix(syntax.Msg, "element <"):
		return "an element is closed by another's end"
	case strings.Contains(syntax.Msg, "<") || strings.Contains(syntax.Msg, `"`) || strings.Contains(syntax.Msg, "&"):
		return "the syntax is wrong"
	}
	return syntax.Msg
}

var errEncoding = errors.New("another encoding than UTF-8")

// asciiOnly reads what declares the part of UTF-8 that all encodings share.
//
// Source: FHIR R4, xml.html (UTF-8)
func asciiOnly(label string, input io.Reader) (io.Reader, error) {
	if strings.EqualFold(label, "us-ascii") || strings.EqualFold(label, "ascii") {
		return input, nil
	}
	return nil, errEncoding
}

// otherEncoding says in words that an input is UTF-16 or UTF-32, which shows in
// the zero bytes about its first character; "" if it is not.
//
// Source: XML 1.0, appendix F.1; RFC 4627, 3
func otherEncoding(data []byte) string {
	mark := bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
	if mark || len(data) > 3 && (data[0] == 0) != (data[1] == 0) {
		return "This is UTF-16 or UTF-32: FHIR is UTF-8."
	}
	return ""
}

// element reads an element whose start was read.
func (p *xmlParser) element(start xml.StartElement, depth int) *xmlNode {
	if p.count++; depth > MaxDepth || p.count > MaxValues {
		return p.fail(CodeTooCostly, fmt.Sprintf("More than %d levels, or %d elements.", MaxDepth, MaxValues))
	}
	if len(start.Attr) > MaxAttributes {
		return p.fail(CodeTooCostly, fmt.Sprintf("More than %d attributes in one tag.", MaxAttributes))
	}
	n := &xmlNode{name: start.Name.Local, space: start.Name.Space}
	for i, a := range start.Attr {
		if slices.ContainsFunc(start.Attr[:i], func(b xml.Attr) bool { return b.Name == a.Name }) {
			return p.fail(CodeStructure, "Not well-formed XML: an attribute stands twice in one tag.")
		}
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" && a.Name.Space != "http://www.w3.org/2001/XMLSchema-instance" {
			n.attrs = append(n.attrs, a)
		}
	}
	for {
		before := p.decoder.InputOffset()
		token, err := p.decoder.Token()
		if err != nil {
			return p.fail(CodeStructure, "Not well-formed XML: "+xmlSyntax(err)+".")
		}
		switch t := token.(type) {
		case xml.EndElement:
			return n
		case xml.CharData:
			n.text = n.text || len(bytes.TrimSpace(t)) > 0
		case xml.Directive:
			return p.fail(CodeStructure, "A document type is not allowed in FHIR.")
		case xml.StartElement:
			child := p.child(t, before, depth)
			if child == nil {
				return nil
			}
			n.children = append(n.children, child)
		}
	}
}

// child reads an element inside another; XHTML is taken as it stands.
func (p *xmlParser) child(t xml.StartElement, from int64, depth int) *xmlNode {
	if t.Name.Space != spaceXHTML {
		return p.element(t, depth+1)
	}
	plain, err := p.unprefixed(t)
	if err != nil {
		return p.fail(CodeStructure, "Not well-formed XML: "+xmlSyntax(err)+".")
	}
	raw := string(p.data[from:p.decoder.InputOffset()])
	if prefixedTag.MatchString(raw) {
		raw = plain
	}
	return &xmlNode{name: t.Name.Local, space: spaceXHTML, raw: raw}
}

// prefixedTag finds a tag with a prefix in XHTML.
var prefixedTag = regexp.MustCompile(`<[A-Za-z_][\w.-]*:`)

// unprefixed reads a narrative whose start was read, and returns it as it would
// be written without prefixes. What is not XHTML inside keeps the name of its
// element alone, and is refused when it is read as a narrative.
func (p *xmlParser) unprefixed(start xml.StartElement) (string, error) {
	var b strings.Builder
	write := func(t xml.StartElement) {
		b.WriteString("<" + t.Name.Local)
		if b.Len() == len("<div") {
			b.WriteString(` xmlns="` + spaceXHTML + `"`)
		}
		for _, a := range t.Attr {
			name := a.Name.Local
			switch {
			case a.Name.Space == "xmlns" || a.Name.Space == "" && name == "xmlns":
				continue
			case a.Name.Space != "":
				name = "xml:" + name // the one prefix that needs no declaration; another is no attribute of a narrative
			}
			b.WriteString(" " + name + `="` + escapedXML.Replace(a.Value) + `"`)
		}
		b.WriteByte('>')
	}
	write(start)
	for depth := 1; depth > 0; {
		token, err := p.decoder.Token()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			write(t)
		case xml.EndElement:
			depth--
			b.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			b.WriteString(escapedXML.Replace(string(t)))
		case xml.Comment:
			b.WriteString("<!--" + string(t) + "-->")
		}
	}
	return b.String(), nil
}

// escapedXML writes text and values of attributes.
var escapedXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// xmlConverter writes the tree as JSON, led by the element table.
type xmlConverter struct {
	bytes.Buffer
	issues []Issue
}

func (c *xmlConverter) issue(at, words string) {
	if len(c.issues) < MaxIssues {
		c.issues = append(c.issues, Issue{Severity: Error, Code: CodeStructure, Expression: at, Text: words})
	}
}

// resource writes a resource.
func (c *xmlConverter) resource(n *xmlNode, at string) {
	t := r4().byName[n.name]
	if t == nil || t.Kind != KindResource || t.Abstract {
		c.issue(at, "No resource type of FHIR R4 has this name.")
		return
	}
	if n.space != spaceFHIR {
		c.issue(at, "The namespace of a resource is "+spaceFHIR+".")
	}
	c.WriteString(`{"resourceType":"` + t.Name + `"`)
	c.members(t, n, at, true)
	c.WriteByte('}')
}

// object writes an object of a type.
func (c *xmlConverter) object(t *Type, n *xmlNode, at string) {
	c.WriteByte('{')
	c.members(t, n, at, false)
	c.WriteByte('}')
}

// members writes the attributes and children of an element. more says that a
// member stands before them.
func (c *xmlConverter) members(t *Type, n *xmlNode, at string, more bool) {
	if n.text {
		c.issue(at, "Text between elements is not FHIR; values stand in the attribute value.")
	}
	for _, a := range n.attrs {
		if a.Name.Local == "value" {
			c.issue(at, "An element of type "+t.Name+" has no attribute value.")
			continue
		}
		m := t.find([]byte(a.Name.Local))
		if m == nil || !m.element.Attribute {
			c.issue(at, t.Name+" has no attribute "+quoteName(a.Name.Local)+".")
			continue
		}
		c.name(m.name, &more)
		c.Write(quote(a.Value))
	}
	groups := map[string]int{}
	var order [][]*xmlNode
	for _, child := range n.children {
		at, ok := groups[child.name]
		if !ok {
			at = len(order)
			groups[child.name] = at
			order = append(order, nil)
		}
		order[at] = append(order[at], child)
	}
	for _, same := range order {
		c.group(t, same, at, &more)
	}
}

func (c *xmlConverter) name(name string, more *bool) {
	if *more {
		c.WriteByte(',')
	}
	*more = true
	c.WriteByte('"')
	c.WriteString(name)
	c.WriteString(`":`)
}

// group writes the elements of one name as one member, or two for a primitive.
func (c *xmlConverter) group(t *Type, same []*xmlNode, at string, more *bool) {
	m := t.find([]byte(same[0].name))
	switch {
	case m == nil || m.element == resourceTypeElement || m.sibling:
		c.issue(at, t.Name+" has no element "+quoteName(same[0].name)+".")
		return
	case m.element.Attribute:
		c.issue(at+"."+m.name, "This is an attribute in XML.")
		return
	case !m.list && len(same) > 1:
		c.issue(at+"."+m.name, "This element stands more than once; only one is allowed.")
		return
	}
	for _, n := range same {
		if xhtml := m.typ.Name == "xhtml"; xhtml != (n.space == spaceXHTML) || !xhtml && n.space != spaceFHIR {
			c.issue(at+"."+m.name, "This element has the wrong namespace.")
			return
		}
	}
	if m.typ.primitive != nil {
		c.primitives(m, same, at, more)
		return
	}
	c.name(m.name, more)
	c.list(m, len(same), at, func(i int, at string) { c.value(m, same[i], at) })
}

// list writes n values, as an array where the member is one.
func (c *xmlConverter) list(m *member, n int, at string, one func(i int, at string)) {
	if !m.list {
		one(0, at+"."+m.path())
		return
	}
	c.WriteByte('[')
	for i := range n {
		if i > 0 {
			c.WriteByte(',')
		}
		one(i, fmt.Sprintf("%s.%s[%d]", at, m.path(), i))
	}
	c.WriteByte(']')
}

// value writes an object or a resource.
func (c *xmlConverter) value(m *member, n *xmlNode, at string) {
	if !m.resource {
		c.object(m.typ, n, at)
		return
	}
	if len(n.children) != 1 || len(n.attrs) > 0 || n.text {
		c.issue(at, "Here stands one element, named for the type of the resource that it is.")
		return
	}
	c.resource(n.children[0], at)
}

// primitives writes values, and beside them their ids and extensions.
func (c *xmlConverter) primitives(m *member, same []*xmlNode, at string, more *bool) {
	values, siblings := 0, 0
	for _, n := range same {
		if _, ok := n.attr("value"); ok || n.raw != "" {
			values++
		}
		if _, ok := n.attr("id"); ok || len(n.children) > 0 {
			siblings++
		}
	}
	if values == 0 && siblings == 0 {
		c.issue(at+"."+m.name, "This element is empty: it has neither a value nor an extension.")
		return
	}
	if values > 0 {
		c.name(m.name, more)
		c.list(m, len(same), at, func(i int, at string) { c.primitive(m, same[i], at) })
	}
	if siblings == 0 {
		return
	}
	c.name("_"+m.name, more)
	c.list(m, len(same), at, func(i int, at string) {
		n := *same[i]
		n.attrs = nil
		for _, a := range same[i].attrs {
			if a.Name.Local != "value" {
				n.attrs = append(n.attrs, a)
			}
		}
		if len(n.attrs) == 0 && len(n.children) == 0 {
			c.WriteString("null")
			return
		}
		c.object(r4().byName["Element"], &n, at)
	})
}

// primitive writes a value. One that is no JSON number or boolean where its
// type is one is written as text, which the strict reader then refuses.
func (c *xmlConverter) primitive(m *member, n *xmlNode, at string) {
	value, ok := n.attr("value")
	switch {
	case n.raw != "":
		c.Write(quote(n.raw))
	case !ok:
		c.WriteString("null")
	case n.text:
		c.issue(at, "Text between elements is not FHIR; values stand in the attribute value.")
		c.WriteString("null")
	case m.typ.primitive.kind == number && isJSONNumber(value), m.typ.primitive.kind == yes && (value == "true" || value == "false"):
		c.WriteString(value)
	default:
		c.Write(quote(value))
	}
	for _, a := range n.attrs {
		if a.Name.Local != "value" && a.Name.Local != "id" {
			c.issue(at, "A primitive has no attribute "+quoteName(a.Name.Local)+".")
		}
	}
}

// isJSONNumber reports whether text is a number as JSON writes it.
//
// Source: RFC 8259, section 6
func isJSONNumber(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if whole < 0 {
		whole = len(s)
	}
	if whole == 0 || whole > 1 && s[0] == '0' {
		return false
	}
	s = s[whole:]
	if rest, ok := strings.CutPrefix(s, "."); ok {
		s = strings.TrimLeft(rest, "0123456789")
		if len(s) == len(rest) {
			return false
		}
	}
	if s == "" {
		return true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return false
	}
	rest := strings.TrimLeft(strings.TrimLeft(s[1:], "+-"), "0123456789")
	return rest == "" && strings.TrimLeft(s[1:], "+-") != "" && len(s[1:])-len(strings.TrimLeft(s[1:], "+-")) <= 1
}
