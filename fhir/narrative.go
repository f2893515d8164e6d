package fhir

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxTags bounds how deep the elements of a narrative may lie in one another.
const maxTags = 256

// tags are the elements that a narrative may have. Those marked true hold no
// text.
//
// Source: FHIR R4, narrative.html, txt-1; HTML 4.0, chapters 7 to 11 (but 9.4) and 15, a and images
var tags = tagTable(map[string]bool{
	"div": false, "span": false, "p": false, "br": true, "hr": true, "pre": false, "blockquote": false, "q": false, "address": false, "bdo": false, "center": false,
	"h1": false, "h2": false, "h3": false, "h4": false, "h5": false, "h6": false,
	"em": false, "strong": false, "dfn": false, "code": false, "samp": false, "kbd": false, "var": false, "cite": false, "abbr": false, "acronym": false, "sub": false, "sup": false,
	"b": false, "i": false, "u": false, "s": false, "strike": false, "tt": false, "big": false, "small": false, "font": false, "basefont": true,
	"ul": false, "ol": false, "li": false, "dl": false, "dt": false, "dd": false,
	"table": false, "caption": false, "colgroup": false, "col": true, "thead": false, "tfoot": false, "tbody": false, "tr": false, "th": false, "td": false,
	"a": false, "img": true, "map": false, "area": true,
})

// tag is one element that a narrative may have.
type tag struct {
	name  string
	empty bool
}

// tagTable puts the name of each beside it, so that reading one makes no string anew.
func tagTable(rows map[string]bool) map[string]tag {
	table := make(map[string]tag, len(rows))
	for name, empty := range rows {
		table[name] = tag{name, empty}
	}
	return table
}

// commonAttributes may stand at every element of a narrative.
//
// Source: HTML 4.0, 7.5.2, 7.6, 8.1, 8.2, 11.2 to 11.4, 14.2.2, 17.11, as far as txt-1 allows them
var commonAttributes = []string{
	"xmlns", "xml:lang", "xml:space", "id", "class", "style", "title", "lang", "dir", "accesskey", "tabindex",
	"span", "width", "align", "valign", "char", "charoff", "abbr", "axis", "headers", "scope", "rowspan", "colspan",
}

// tagAttributes may stand at some elements.
//
// Source: HTML 4.0, index of attributes, as far as txt-1 allows them
var tagAttributes = map[string][]string{
	"a":          {"href", "name", "charset", "type", "hreflang", "rel", "rev", "shape", "coords"},
	"img":        {"src", "alt", "name", "longdesc", "height", "border", "hspace", "vspace", "usemap", "ismap"},
	"map":        {"name"},
	"area":       {"shape", "coords", "href", "nohref", "alt"},
	"blockquote": {"cite"},
	"q":          {"cite"},
	"br":         {"clear"},
	"hr":         {"size", "noshade"},
	"font":       {"size", "color", "face"},
	"basefont":   {"size", "color", "face"},
	"ul":         {"type", "compact"},
	"ol":         {"type", "compact", "start"},
	"dl":         {"compact"},
	"li":         {"type", "value"},
	"table":      {"summary", "border", "frame", "rules", "cellspacing", "cellpadding", "bgcolor"},
	"tr":         {"bgcolor"},
	"th":         {"nowrap", "bgcolor", "height"},
	"td":         {"nowrap", "bgcolor", "height"},
}

// addresses are the attributes that hold a URL.
var addresses = []string{"href", "src", "cite", "longdesc", "usemap"}

// active begin a URL, or stand in a style, that a browser would run.
//
// Source: WHATWG URL and HTML, javascript: URLs; style expressions and bindings of older browsers
var (
	activeSchemes = []string{"javascript:", "vbscript:", "livescript:"}
	activeStyles  = []string{"expression(", "javascript:", "vbscript:", "behavior:", "-moz-binding", "@import"}
)

// checkNarrative reads the XHTML of a narrative and returns what is wrong with
// it in words, the first thing only; "" when nothing is. Refused are what is
// not one well-formed div, what FHIR's subset of XHTML does not have, what a
// browser would run, and a narrative that shows nothing. A div without a
// namespace is taken for one of XHTML. The words never repeat text of it.
//
// Source: FHIR R4, narrative.html, txt-1 and txt-2
func checkNarrative(b []byte) (Code, string) {
	var open [12]string
	n := narrative{rest: bytes.TrimSpace(b), open: open[:0]}
	n.read()
	if n.words == "" && !n.shows {
		n.refuse(CodeInvariant, "A narrative must show something: text or an image (txt-2).")
	}
	return n.code, n.words
}

// narrative is one pass over the XHTML of a narrative.
type narrative struct {
	rest  []byte   // what was not read yet
	open  []string // elements that are open, outermost first
	shows bool     // there is text or an image
	code  Code
	words string // what is wrong; reading ends there
}

func (n *narrative) refuse(code Code, words string) {
	if n.words == "" {
		n.code, n.words = code, words
	}
}

func (n *narrative) malformed(words string) {
	n.refuse(CodeStructure, "Not well-formed XHTML: "+words+".")
}

// read reads the one div and what it holds.
func (n *narrative) read() {
	if !bytes.HasPrefix(n.rest, []byte("<div")) {
		n.refuse(CodeValue, "A narrative is XHTML in one div element.")
		return
	}
	for n.words == "" {
		n.tag()
		if n.words != "" {
			return
		}
		if len(n.open) == 0 {
			break
		}
		n.text()
	}
	if n.words == "" && len(n.rest) > 0 {
		n.refuse(CodeStructure, "A narrative is XHTML in one div element; something stands behind its end.")
	}
}

// text reads up to the next tag.
func (n *narrative) text() {
	end := bytes.IndexByte(n.rest, '<')
	if end < 0 {
		n.malformed("an element is not closed")
		return
	}
	text := n.rest[:end]
	n.rest = n.rest[end:]
	if bytes.Contains(text, []byte("]]>")) {
		n.malformed("]]> stands in text")
	}
	n.shows = n.shows || len(bytes.Trim(text, " \t\r\n")) > 0 // a no-break space is no white space of XML, however it is written
	n.characters(text)
}

// characters checks text, or the value of an attribute.
func (n *narrative) characters(text []byte) {
	for i := 0; i < len(text) && n.words == ""; {
		c := text[i]
		switch {
		case c == '&':
			i += n.entity(text[i:])
			continue
		case c < ' ' && c != '\t' && c != '\n' && c != '\r':
			n.malformed("a control character stands in text")
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(text[i:])
			if !inXML(r) || r == utf8.RuneError && size == 1 {
				n.malformed("a character stands in it that XML does not have")
			}
			i += size
			continue
		}
		i++
	}
}

// inXML reports a character that XML 1.0 has.
//
// Source: XML 1.0, 2.2 Characters
func inXML(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000 && r <= 0x10FFFF
}

// entity checks a character that is written as a name or a number, and returns
// how long that is.
func (n *narrative) entity(text []byte) int {
	end := bytes.IndexByte(text, ';')
	if end < 2 || end > 12 {
		n.malformed("an & that begins no named or numbered character is written &amp;")
		return len(text)
	}
	if _, ok := character(string(text[1:end])); !ok {
		n.malformed("it names a character that HTML 4 does not have")
	}
	return end + 1
}

// character returns what a name or number between & and ; stands for.
func character(name string) (string, bool) {
	number, isNumber := strings.CutPrefix(name, "#")
	if !isNumber {
		switch name {
		case "amp", "lt", "gt", "quot", "apos":
			return map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}[name], true
		}
		known, ok := xml.HTMLEntity[name]
		return known, ok
	}
	base := 10
	if hex, isHex := strings.CutPrefix(number, "x"); isHex {
		number, base = hex, 16
	}
	var r rune
	for _, c := range number {
		d := strings.IndexRune("0123456789abcdef", c|0x20)
		if c >= '0' && c <= '9' {
			d = int(c - '0')
		}
		if d < 0 || d >= base || r > utf8.MaxRune {
			return "", false
		}
		r = r*rune(base) + rune(d)
	}
	return string(r), number != "" && inXML(r)
}

// tag reads a tag or a comment.
func (n *narrative) tag() {
	switch {
	case bytes.HasPrefix(n.rest, []byte("<!--")):
		n.comment()
	case bytes.HasPrefix(n.rest, []byte("</")):
		n.endTag()
	case len(n.rest) > 1 && (n.rest[1] == '!' || n.rest[1] == '?'):
		n.refuse(CodeStructure, "A narrative has no declarations, no sections such as CDATA and no processing instructions.")
	default:
		n.startTag()
	}
}

// comment reads a comment that a browser ends where XML does.
//
// Source: XML 1.0, 2.5 Comments; WHATWG HTML, 13.2.5.43 comment start state
func (n *narrative) comment() {
	inside := n.rest[len("<!--"):]
	end := bytes.Index(inside, []byte("--"))
	if end < 0 || !bytes.HasPrefix(inside[end:], []byte("-->")) || inside[0] == '>' || bytes.HasPrefix(inside, []byte("->")) {
		n.malformed("a comment ends with --> and has no -- inside")
		return
	}
	n.rest = inside[end+len("-->"):]
}

func (n *narrative) endTag() {
	end := bytes.IndexByte(n.rest, '>')
	if end < 0 {
		n.malformed("a tag is not closed")
		return
	}
	name := bytes.TrimRight(n.rest[2:end], " \t\r\n")
	if last := len(n.open) - 1; last < 0 || n.open[last] != string(name) {
		n.malformed("the elements do not close in the order in which they open")
		return
	}
	n.open = n.open[:len(n.open)-1]
	n.rest = n.rest[end+1:]
}

func (n *narrative) startTag() {
	n.rest = n.rest[1:]
	written := n.name()
	known, ok := tags[string(written)]
	name := known.name
	switch {
	case len(written) == 0:
		n.malformed("a < that begins no tag is written &lt;")
	case !ok:
		n.refuse(CodeInvariant, fmt.Sprintf("%s is not allowed in a narrative, which has basic formatting, lists, tables, links and images only (txt-1).", element(string(written))))
	case len(n.open) >= maxTags:
		n.refuse(CodeTooCostly, fmt.Sprintf("More than %d elements lie in one another.", maxTags))
	}
	if n.words != "" {
		return
	}
	n.shows = n.shows || name == "img"
	closed := n.attributes(name)
	if n.words != "" || closed {
		return
	}
	if known.empty && !n.closesAtOnce(name) {
		n.malformed("<" + name + "> holds nothing, and is written <" + name + "/>")
		return
	}
	n.open = append(n.open, name)
}

// closesAtOnce reports whether the end tag stands right here: <br></br>.
func (n *narrative) closesAtOnce(name string) bool {
	rest := bytes.TrimLeft(n.rest, " \t\r\n")
	return bytes.HasPrefix(rest, []byte("</")) && bytes.HasPrefix(rest[2:], []byte(name))
}

// element quotes the name of an element, if it looks like one.
func element(name string) string {
	if len(name) > 20 {
		return "An element"
	}
	return "<" + name + ">"
}

// name reads a name; nothing where none stands.
func (n *narrative) name() []byte {
	end := 0
	for end < len(n.rest) && isNameByte(n.rest[end]) {
		end++
	}
	name := n.rest[:end]
	n.rest = n.rest[end:]
	return name
}

func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '-' || c == '_' || c == '.'
}

// attributes reads the rest of a start tag, and reports whether it closes its
// element.
func (n *narrative) attributes(tag string) (closed bool) {
	var seen [8][]byte
	names := seen[:0]
	for n.words == "" {
		rest := bytes.TrimLeft(n.rest, " \t\r\n")
		spaced := len(rest) < len(n.rest)
		n.rest = rest
		switch {
		case bytes.HasPrefix(rest, []byte(">")):
			n.rest = rest[1:]
			return false
		case bytes.HasPrefix(rest, []byte("/>")):
			n.rest = rest[2:]
			return true
		case !spaced:
			n.malformed("a tag is not closed, or white space is missing between attributes")
			return false
		}
		name := n.name()
		value := n.value()
		if slices.ContainsFunc(names, func(before []byte) bool { return bytes.Equal(before, name) }) {
			n.malformed("an attribute stands twice in one tag")
		}
		names = append(names, name)
		if n.words == "" {
			n.attribute(tag, name, value)
		}
	}
	return false
}

// value reads = and a value in quotes.
func (n *narrative) value() []byte {
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(n.rest, " \t\r\n"), []byte("="))
	rest = bytes.TrimLeft(rest, " \t\r\n")
	if !ok || len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		n.malformed(`an attribute is written name="value"`)
		return nil
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		n.malformed("the value of an attribute is not closed")
		return nil
	}
	value := rest[1 : end+1]
	n.rest = rest[end+2:]
	if bytes.IndexByte(value, '<') >= 0 {
		n.malformed("a < stands in the value of an attribute")
	}
	n.characters(value)
	return value
}

// attribute checks one attribute.
func (n *narrative) attribute(tag string, written, value []byte) {
	name, ok := known(commonAttributes, written)
	if !ok {
		name, ok = known(tagAttributes[tag], written)
	}
	switch {
	case !ok:
		words := "An attribute"
		if len(written) > 0 && len(written) <= 20 {
			words = "The attribute " + string(written)
		}
		n.refuse(CodeInvariant, words+" of <"+tag+"> is not allowed in a narrative (txt-1).")
	case name == "xmlns" && string(value) != spaceXHTML:
		n.refuse(CodeStructure, "The namespace of a narrative is "+spaceXHTML+".")
	case slices.Contains(addresses, name) && runs(tag, value):
		n.refuse(CodeInvariant, "A link that a browser would run is not allowed in a narrative (txt-1).")
	case name == "style" && containsAny(compared(value), activeStyles):
		n.refuse(CodeInvariant, "A style that a browser would run is not allowed in a narrative (txt-1).")
	}
}

// known returns the name of a list that is written.
func known(list []string, written []byte) (string, bool) {
	for _, name := range list {
		if name == string(written) {
			return name, true
		}
	}
	return "", false
}

// runs reports a URL that a browser would run, or show as a page of its own.
func runs(tag string, value []byte) bool {
	url := compared(value)
	for _, scheme := range activeSchemes {
		if strings.HasPrefix(url, scheme) {
			return true
		}
	}
	return strings.HasPrefix(url, "data:") && !(tag == "img" && strings.HasPrefix(url, "data:image/"))
}

func containsAny(s string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(s, part) })
}

// compared returns the value of an attribute as a browser would compare it: named
// characters read, in lower case, without white space and control characters.
func compared(value []byte) string {
	s := string(value)
	if strings.Contains(s, "&") {
		var b strings.Builder
		for {
			before, rest, found := strings.Cut(s, "&")
			b.WriteString(before)
			name, after, ended := strings.Cut(rest, ";")
			if !found {
				break
			}
			if c, ok := character(name); ok && ended {
				b.WriteString(c)
				s = after
				continue
			}
			b.WriteByte('&')
			s = rest
		}
		s = b.String()
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToLower(s))
}
