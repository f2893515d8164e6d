package fhir

import "bytes"

// cursor walks over bytes that are known to be valid JSON; see syntax. It
// therefore need not look at commas, colons and the insides of literals.
type cursor struct {
	data  []byte
	at    int
	plain bool // no string of data has an escape
}

// peek tells what comes next; it passes over what stands between values.
func (c *cursor) peek() kind {
	for {
		switch b := c.data[c.at]; b {
		case ' ', '\n', '\t', '\r', ',', ':':
			c.at++
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			return number
		default:
			return kind(b)
		}
	}
}

// chars takes a string and gives its place, quotes included, and whether
// there are escapes in it.
func (c *cursor) chars() (start, end int, escaped bool) {
	start = c.at
	at := start + 1
	at += bytes.IndexByte(c.data[at:], '"')
	if !c.plain && bytes.IndexByte(c.data[start:at], '\\') >= 0 {
		escaped = true
		for at = start + 1; c.data[at] != '"'; at++ {
			if c.data[at] == '\\' {
				at++
			}
		}
	}
	c.at = at + 1
	return start, c.at, escaped
}

// literal takes a number, true, false or null and gives its place.
func (c *cursor) literal() (start, end int) {
	start = c.at
	for c.at < len(c.data) && !isDelimiter(c.data[c.at]) {
		c.at++
	}
	return start, c.at
}

func isDelimiter(b byte) bool {
	return b == ',' || b == '}' || b == ']' || b == ' ' || b == '\n' || b == '\t' || b == '\r'
}

// skip takes a whole value.
func (c *cursor) skip() {
	for level := 0; ; {
		switch c.peek() {
		case object, array:
			level++
			c.at++
		case '}', ']':
			level--
			c.at++
		case text:
			c.chars()
		default:
			c.literal()
		}
		if level == 0 {
			return
		}
	}
}

// resourceType looks for the member resourceType of the object that comes
// next, without taking anything; it gives "" if there is none.
func (c *cursor) resourceType() string {
	ahead := *c
	ahead.peek()
	ahead.at++
	for ahead.peek() == text {
		name := ahead.name()
		k := ahead.peek()
		if string(name) == "resourceType" && k == text {
			return string(ahead.name())
		}
		ahead.skip()
	}
	return ""
}

// name takes a string and gives its content.
func (c *cursor) name() []byte {
	start, end, escaped := c.chars()
	return unquote(c.data[start:end], escaped)
}
