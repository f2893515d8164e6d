package fhir

import "strconv"

// String words a JSON type for people.
func (k kind) String() string {
	switch k {
	case object:
		return "an object"
	case array:
		return "an array"
	case text:
		return "a string"
	case number:
		return "a number"
	case yes, no:
		return "a boolean"
	case null:
		return "null"
	}
	return "something else"
}

// isName reports whether s could be an element's name; nothing else from the
// input is repeated in words.
func isName(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case c >= '0' && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return true
}

// isCode reports whether s looks like a code and may be repeated in words.
func isCode(s []byte) bool {
	if len(s) == 0 || len(s) > 40 {
		return false
	}
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_':
		default:
			return false
		}
	}
	return true
}

// quoteName repeats a name of the input if it looks like one.
func quoteName(name string) string {
	if !isName(name) {
		return "of this name"
	}
	return strconv.Quote(name)
}

// objectOf words what should stand where a type that is no primitive is
// expected.
func objectOf(t *Type) string {
	switch t.Name {
	case "Resource":
		return "a resource, which is an object,"
	case "Element":
		return "an object with id or extension"
	}
	return "an object of type " + t.Name
}
