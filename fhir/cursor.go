package fhir

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// cursor walks over JSON and sees on the way whether it is any: once something is not, it is broken and at its end, and whoever walks has to look. What
// was wrong, and where, is for syntax to say.
//
// Source: RFC 8259
type cursor struct {
	data   []byte
	at     int
	broken bool
}

func (c *cursor) fail() { c.broken, c.at = true, len(c.data) }

// peek passes over white space and tells what comes next: a value or a mark; 0 at the end, and for a byte that is 0.
func (c *cursor) peek() kind {
	for c.at < len(c.data) {
		switch b := c.data[c.at]; b {
		case ' ', '\n', '\t', '\r':
			c.at++
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return number
		default:
			return kind(b)
		}
	}
	return 0
}

// over reports whether nothing but white space is left.
func (c *cursor) over() bool {
	c.peek()
	return c.at == len(c.data)
}

// more reports whether one more member or item follows in the object or array that ends with closing, and takes the comma before it.
func (c *cursor) more(closing kind, first bool) bool {
	switch k := c.peek(); {
	case k == closing:
		return false
	case first:
		return !c.broken
	case k != ',':
		c.fail()
		return false
	}
	c.at++
	return true // that something stands there is seen by who takes it
}

// plain are the bytes of a string that stand for themselves.
var plain = func() (is [256]bool) {
	for b := ' '; b < utf8.RuneSelf; b++ {
		is[b] = b != '"' && b != '\\'
	}
	return is
}()

// chars takes a string and gives its place, quotes included, and whether there are escapes in it.
func (c *cursor) chars() (start, end int, escaped bool) {
	start = c.at
	wide := false
	for at := start + 1; at < len(c.data); {
		switch b := c.data[at]; {
		case plain[b]:
			at++
		case b == '"':
			if c.at = at + 1; (escaped || wide) && !wellFormed(c.data[start:c.at], escaped) {
				c.fail()
			}
			return start, c.at, escaped
		case b == '\\':
			escaped = true
			at += 2
		case b >= utf8.RuneSelf:
			wide = true
			at++
		default:
			at = len(c.data)
		}
	}
	c.fail()
	return start, c.at, escaped
}

// wellFormed looks at a string with escapes, or with bytes beyond ASCII.
func wellFormed(raw []byte, escaped bool) bool {
	if escaped {
		return jsontext.Value(raw).IsValid(lax)
	}
	return utf8.Valid(raw)
}

// literal takes a number, true, false or null and gives its place.
func (c *cursor) literal() (start, end int) {
	start = c.at
	rest := c.data[start:]
	n := 0
	switch {
	case len(rest) == 0:
	case rest[0] == 't':
		n = prefix(rest, "true")
	case rest[0] == 'f':
		n = prefix(rest, "false")
	case rest[0] == 'n':
		n = prefix(rest, "null")
	default:
		n = numeral(rest)
	}
	if n == 0 {
		c.fail()
	} else {
		c.at += n
	}
	return start, c.at
}

func prefix(rest []byte, word string) int {
	if bytes.HasPrefix(rest, []byte(word)) {
		return len(word)
	}
	return 0
}

// numeral gives the length of the number that b begins with, 0 if there is none.
func numeral(b []byte) int {
	n := 0
	if n < len(b) && b[n] == '-' {
		n++
	}
	whole := digits(b[n:])
	if whole == 0 || whole > 1 && b[n] == '0' {
		return 0
	}
	n += whole
	if n < len(b) && b[n] == '.' {
		fraction := digits(b[n+1:])
		if fraction == 0 {
			return 0
		}
		n += 1 + fraction
	}
	if n < len(b) && (b[n] == 'e' || b[n] == 'E') {
		n++
		if n < len(b) && (b[n] == '+' || b[n] == '-') {
			n++
		}
		exponent := digits(b[n:])
		if exponent == 0 {
			return 0
		}
		n += exponent
	}
	return n
}

func digits(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		n++
	}
	return n
}

// name takes the name of a member with its colon, and gives its content.
func (c *cursor) name() []byte {
	if c.peek() != text {
		c.fail()
		return nil
	}
	name := c.content()
	if c.peek() != ':' {
		c.fail()
		return nil
	}
	c.at++
	return name
}

// content takes a string and gives what is in it.
func (c *cursor) content() []byte {
	start, end, escaped := c.chars()
	if c.broken {
		return nil
	}
	return unquote(c.data[start:end], escaped)
}

// skip takes a whole value. It does not look at commas and colons inside: it is for what is refused anyway.
func (c *cursor) skip() {
	for level := 0; ; {
		switch c.peek() {
		case object, array:
			level++
			c.at++
		case '}', ']':
			level--
			c.at++
		case ',', ':':
			c.at++
			continue
		case text:
			c.chars()
		default:
			c.literal()
		}
		if level <= 0 || c.broken {
			return
		}
	}
}

// resourceType looks for the member resourceType of the object that comes next, without taking anything; it gives "" if there is none.
func (c *cursor) resourceType() string {
	ahead := *c
	ahead.peek()
	ahead.at++
	for first := true; ahead.more('}', first); first = false {
		name := ahead.name()
		if string(name) == "resourceType" && ahead.peek() == text {
			return string(ahead.content())
		}
		ahead.skip()
	}
	return ""
}
