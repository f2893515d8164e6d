package fhir

import "bytes"

// unmarked drops the byte order mark of UTF-8 in front of a document.
//
// Source: XML 1.0, 4.3.3; RFC 8259, 8.1: a reader may ignore it
func unmarked(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF")) }

// spaceAttributes returns an XML document in which each line break and tab that
// stands as itself in an attribute named value, which holds FHIR's primitives,
// is a blank, as every reader of XML takes it. One that is written as a number
// stays, and so does what stands in a narrative, which is kept to the letter.
// Data is not changed; it is returned as it is where there is nothing to do.
//
// Source: XML 1.0, 2.11 and 3.3.3
func spaceAttributes(data []byte) []byte {
	var out []byte
	done := 0 // data up to here is in out
	for i := 0; i < len(data); {
		open := bytes.IndexByte(data[i:], '<')
		if open < 0 {
			break
		}
		i += open
		if end := markEnd(data[i:]); end > 0 {
			i += end
			continue
		}
		quote, ours := byte(0), false
		for ; i < len(data) && (quote != 0 || data[i] != '>'); i++ {
			switch c := data[i]; {
			case quote == 0 && (c == '"' || c == '\''):
				quote, ours = c, ofValue(data[:i])
			case quote == 0:
			case c == quote:
				quote = 0
			case ours && (c == '\n' || c == '\t' || c == '\r'):
				out = append(out, data[done:i]...)
				if done = i + 1; c != '\r' || done == len(data) || data[done] != '\n' {
					out = append(out, ' ')
				}
			}
		}
	}
	if done == 0 {
		return data
	}
	return append(out, data[done:]...)
}

// ofValue reports whether what stands before a quote ends in the name value and =.
func ofValue(before []byte) bool {
	before = bytes.TrimRight(before, " \t\r\n")
	name, ok := bytes.CutSuffix(before, []byte("="))
	return ok && bytes.HasSuffix(bytes.TrimRight(name, " \t\r\n"), []byte("value"))
}

// markEnd returns the length of a comment, section or instruction, in which
// quotes mean nothing; 0 where a tag begins.
func markEnd(data []byte) int {
	for _, mark := range []struct{ begin, end string }{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		if bytes.HasPrefix(data, []byte(mark.begin)) {
			end := bytes.Index(data, []byte(mark.end))
			if end < 0 {
				return len(data)
			}
			return end + len(mark.end)
		}
	}
	return 0
}
