package fhir

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// primitive is the form of one primitive type.
type primitive struct {
	kind  kind              // of JSON; yes stands for both booleans
	valid func([]byte) bool // of the content of a string, or of the literal
	words string            // what would be right
	long  bool              // may be longer than MaxString
	blank bool              // white space alone is let be; package invariant warns of it

	// examine returns what is wrong with content in words of its own, "" for nothing, where one sentence for all would not help; nil for most.
	examine func([]byte) (Code, string)
}

// primitives are the forms of all primitive types, by name.
//
// Source: FHIR R4, datatypes.html, 2.24.0.1 Primitive Types
var primitives = map[string]*primitive{
	"boolean":      {kind: yes, words: "true or false, without quotes"},
	"integer":      {kind: number, valid: isInteger, words: "a whole number from -2147483648 to 2147483647"},
	"unsignedInt":  {kind: number, valid: isUnsignedInt, words: "a whole number from 0 to 2147483647"},
	"positiveInt":  {kind: number, valid: isPositiveInt, words: "a whole number from 1 to 2147483647"},
	"decimal":      {kind: number, valid: anything, words: "a number, without quotes"},
	"string":       {kind: text, valid: isString, words: "text without control characters and others that XML lacks", blank: true},
	"markdown":     {kind: text, valid: isString, words: "text without control characters and others that XML lacks", blank: true},
	"uri":          {kind: text, valid: isURI, words: "a URI, without white space", blank: true},
	"url":          {kind: text, valid: isURI, words: "a URL, without white space", blank: true},
	"canonical":    {kind: text, valid: isURI, words: "a canonical URL, without white space", blank: true},
	"oid":          {kind: text, valid: isOID, words: "an OID such as urn:oid:1.2.3"},
	"uuid":         {kind: text, valid: isUUID, words: "a UUID such as urn:uuid:c757873d-ec9a-4326-a141-556f43239520, in lower case"},
	"id":           {kind: text, valid: func(b []byte) bool { return IsID(string(b)) }, words: "1 to 64 letters, digits, hyphens and dots"},
	"code":         {kind: text, valid: isCodeText, words: "a code, without white space around it and without two blanks together", blank: true},
	"date":         {kind: text, valid: isDate, words: "a calendar date written YYYY, YYYY-MM or YYYY-MM-DD", blank: true},
	"dateTime":     {kind: text, valid: isDateTime, words: "a calendar date written YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss+zz:zz", blank: true},
	"instant":      {kind: text, valid: isInstant, words: "an instant written YYYY-MM-DDThh:mm:ss.sss+zz:zz", blank: true},
	"time":         {kind: text, valid: isTime, words: "a time of day written hh:mm:ss", blank: true},
	"base64Binary": {kind: text, valid: isBase64, words: "base64, without line noise", long: true},
	"xhtml":        {kind: text, valid: anything, words: "XHTML in one <div> element", long: true, examine: checkNarrative},
}

// fits reports whether a value of that JSON kind is of the right kind.
func (p *primitive) fits(k kind) bool { return k == p.kind || p.kind == yes && k == no }

// primitive reads a value of a primitive type.
func (r *reader) primitive(m *member, parent, index int32, k kind) {
	if k == object || k == array {
		r.mismatch(parent, m, index, k, m.typ.Name+" is expected: "+m.typ.primitive.words)
		return
	}
	n := node{member: m, parent: parent, index: index, typ: m.typ.number, kind: k}
	var start, end int
	if k == text {
		start, end, n.escaped = r.chars()
	} else {
		start, end = r.literal()
	}
	if r.broken {
		return
	}
	n.start, n.end = int32(start), int32(end)
	i := r.push(n)
	if r.strict {
		r.check(i, m, k)
	}
}

// check checks a value of a primitive type.
func (r *reader) check(i int32, m *member, k kind) {
	p, n := m.typ.primitive, &r.nodes[i]
	if !p.fits(k) {
		r.report(i, CodeStructure, fmt.Sprintf("Here stands %s; %s is expected: %s.", k, m.typ.Name, p.words))
		return
	}
	content := r.data[n.start:n.end]
	switch k {
	case yes, no:
		return
	case text:
		content = unquote(content, n.escaped)
	}
	switch {
	case len(content) == 0:
		r.report(i, CodeValue, "A string must not be empty; leave it out.")
	case !p.long && len(content) > MaxString && utf8.RuneCount(content) > MaxString:
		r.report(i, CodeTooLong, fmt.Sprintf("Longer than %d characters.", MaxString))
	case !p.valid(content) && !(p.blank && isBlank(content)):
		r.report(i, CodeValue, fmt.Sprintf("Not of type %s, which is %s.", m.typ.Name, p.words))
	case m.codes != nil && !m.codes.has(content):
		r.report(i, CodeCodeInvalid, codeWords(content, m.codes))
	case p.examine != nil:
		if code, words := p.examine(content); words != "" {
			r.report(i, code, words)
		}
	}
}

// codeWords says that a code is not in a required value set.
func codeWords(code []byte, set *codeSet) string {
	words := "This code"
	if isCode(code) {
		words = strconv.Quote(string(code))
	}
	words += " is not in the required value set"
	if len(set.codes) <= 40 {
		words += "; it is one of " + strings.Join(set.codes, ", ")
	}
	return words + "."
}

func anything([]byte) bool { return true }

func isInteger(b []byte) bool { return isWhole(b, -1<<31) }

func isUnsignedInt(b []byte) bool { return isWhole(b, 0) }

func isPositiveInt(b []byte) bool { return isWhole(b, 1) }

// isWhole reports whether b is a 32-bit number of at least low, written without
// fraction or exponent.
func isWhole(b []byte, low int64) bool {
	if len(b) > len("-2147483648") {
		return false
	}
	n, err := strconv.ParseInt(string(b), 10, 32)
	return err == nil && n >= low
}

// isString wants something visible, and none of the control characters that XML
// cannot hold.
//
// Source: FHIR R4, datatypes.html#string; xml.html
func isString(b []byte) bool {
	visible := false
	for i, c := range b {
		if c > ' ' {
			if c == 0xEF && isNoncharacter(b[i:]) {
				return false
			}
			visible = true
		} else if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return visible
}

// isBlank reports white space alone. It says nothing and so is no date and no URI,
// but what stands around it is as good as without it.
//
// Source: local, white-space-only strings are a warning, as they are to the HL7 validator
func isBlank(b []byte) bool {
	for _, c := range b {
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// isNoncharacter reports U+FFFE and U+FFFF, which XML does not have.
//
// Source: XML 1.0, 2.2 Characters
func isNoncharacter(b []byte) bool {
	return len(b) > 2 && b[0] == 0xEF && b[1] == 0xBF && b[2] >= 0xBE
}

func isURI(b []byte) bool {
	for i, c := range b {
		if c <= ' ' || c == 0xEF && isNoncharacter(b[i:]) {
			return false
		}
	}
	return len(b) > 0
}

func isCodeText(b []byte) bool {
	blank := true // what went before; a code does not begin with one
	for i, c := range b {
		isBlank := c == ' ' || c == '\t' || c == '\n' || c == '\r'
		if isBlank && blank || c < ' ' && !isBlank || c == 0xEF && isNoncharacter(b[i:]) {
			return false
		}
		blank = isBlank
	}
	return !blank
}

// IsOID reports whether s is of type oid: urn:oid: and numbers.
//
// Source: FHIR R4, datatypes.html#oid
func IsOID(s string) bool { return isOID([]byte(s)) }

// IsUUID reports whether s is of type uuid: urn:uuid: and a UUID in lower case.
//
// Source: FHIR R4, datatypes.html#uuid
func IsUUID(s string) bool { return isUUID([]byte(s)) }

func isOID(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte("urn:oid:"))
	if !ok || len(rest) < 3 || rest[0] < '0' || rest[0] > '2' || rest[1] != '.' {
		return false
	}
	for arc := range bytes.SplitSeq(rest[2:], []byte(".")) {
		if !isDigits(arc) || len(arc) > 1 && arc[0] == '0' {
			return false
		}
	}
	return true
}

func isUUID(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte("urn:uuid:"))
	if !ok || len(rest) != 36 {
		return false
	}
	for i, c := range rest {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if hyphen != (c == '-') || !hyphen && !hex {
			return false
		}
	}
	return true
}

func isBase64(b []byte) bool {
	n, padding := 0, 0
	for _, c := range b {
		switch {
		case c == ' ' || c == '\n' || c == '\r' || c == '\t':
			continue
		case c == '=':
			padding++
		case padding > 0:
			return false
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '/':
		default:
			return false
		}
		n++
	}
	return n > 0 && n%4 == 0 && padding <= 2
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
