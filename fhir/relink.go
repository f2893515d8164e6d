package fhir

import "strings"

// links are the attributes of a narrative that lead to a resource, by element.
//
// Source: FHIR R4, http.html#trules; narrative.html
var links = map[string]string{"a": "href", "img": "src"}

// relink gives a narrative with its links replaced where f gives true for what
// they lead to, and whether any was. The narrative is well-formed; where it is
// not, what follows stays as it is.
func relink(div string, f func(string) (string, bool)) (string, bool) {
	if !strings.Contains(div, "href") && !strings.Contains(div, "src") {
		return div, false
	}
	var out strings.Builder
	kept := 0
	for at := 0; ; {
		tag := strings.IndexByte(div[at:], '<')
		if tag < 0 {
			break
		}
		at += tag + 1
		if strings.HasPrefix(div[at:], "!--") {
			end := strings.Index(div[at:], "-->")
			if end < 0 {
				break
			}
			at += end
			continue
		}
		name, end := word(div, at)
		for at = end; ; {
			a, ok := attributeAt(div, at)
			if !ok {
				break
			}
			at = a.end
			if a.name != links[name] {
				continue
			}
			old := plainText(div[a.start : a.end-1])
			if now, ok := f(old); ok && now != old {
				out.WriteString(div[kept:a.start])
				out.WriteString(attributeText.Replace(now))
				kept = a.end - 1
			}
		}
	}
	if kept == 0 {
		return div, false
	}
	out.WriteString(div[kept:])
	return out.String(), true
}

// attributeText writes what stands in an attribute, in quotes of either kind.
var attributeText = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", "'", "&#39;")

// attributePlace is an attribute in a tag: its value lies between start and
// end, of which the last byte is the quote that closes it.
type attributePlace struct {
	name       string
	start, end int
}

// attributeAt finds the attribute that comes next in a tag, if there is one.
func attributeAt(div string, at int) (a attributePlace, ok bool) {
	a.name, at = word(div, space(div, at))
	at = space(div, at)
	if a.name == "" || at >= len(div) || div[at] != '=' {
		return a, false
	}
	at = space(div, at+1)
	if at >= len(div) || div[at] != '"' && div[at] != '\'' {
		return a, false
	}
	end := strings.IndexByte(div[at+1:], div[at])
	if end < 0 {
		return a, false
	}
	a.start, a.end = at+1, at+1+end+1
	return a, true
}

// word gives the name that stands at a place, and where it ends.
func word(s string, at int) (string, int) {
	end := at
	for end < len(s) && isNameByte(s[end]) {
		end++
	}
	return s[at:end], end
}

// space gives the place behind white space.
func space(s string, at int) int {
	for at < len(s) && (s[at] == ' ' || s[at] == '\t' || s[at] == '\r' || s[at] == '\n') {
		at++
	}
	return at
}

// plainText gives the value of an attribute with named characters read, without
// white space around it.
func plainText(s string) string {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "&") {
		return s
	}
	var out strings.Builder
	for s != "" {
		before, rest, _ := strings.Cut(s, "&")
		out.WriteString(before)
		name, after, ended := strings.Cut(rest, ";")
		if c, known := character(name); ended && known {
			out.WriteString(c)
			s = after
			continue
		}
		if len(before) < len(s) {
			out.WriteByte('&')
		}
		s = rest
	}
	return out.String()
}
