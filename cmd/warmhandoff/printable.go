package main

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// printable writes text to where people read it, with what could steer a terminal, or turn the order of what is read, in letters: \x1b for the byte that
// begins such a thing. A file that is checked, or the answer of a server, decides nothing of how it is shown. Lines, tabs and our own colours pass.
type printable struct{ w io.Writer }

// passed are the only sequences that may stand in what the program writes itself.
var passed = [][]byte{[]byte(paint), []byte(unpaint)}

// Write writes all of text, or fails. A character that is split between two writes is taken for what it is not: write whole ones.
func (p printable) Write(text []byte) (int, error) {
	var out []byte // what is written instead, nil while all of it passes
	from := 0      // where what was not taken over begins
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		if own := ownColour(text[i:]); own > 0 {
			n = own
		} else if steers(c, n) {
			out = append(out, text[from:i]...)
			if n == 1 {
				out = fmt.Appendf(out, `\x%02x`, text[i])
			} else {
				out = fmt.Appendf(out, `\u%04x`, c)
			}
			from = i + n
		}
		i += n
	}
	if out = append(out, text[from:]...); from == 0 {
		out = text
	}
	if _, err := p.w.Write(out); err != nil {
		return 0, err
	}
	return len(text), nil
}

// steers reports whether a character is none that is seen: a control, a byte that is no text, or a mark that turns the order of others.
//
// Source: Unicode UAX 9, 2 (explicit directional formatting); ECMA-48, 5.2 and 5.3 (C0 and C1)
func steers(c rune, n int) bool {
	switch {
	case c == '\n', c == '\t':
		return false
	case c == utf8.RuneError:
		return n == 1
	}
	return c < 0x20 || c >= 0x7f && c < 0xa0 || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f
}

func ownColour(text []byte) int {
	for _, one := range passed {
		if bytes.HasPrefix(text, one) {
			return len(one)
		}
	}
	return 0
}

// unprinted returns the writer below, for what draws on a terminal itself.
func unprinted(w io.Writer) io.Writer {
	if p, ok := w.(printable); ok {
		return p.w
	}
	return w
}
