package fhir

import "strings"

// Reference is a literal reference, taken apart. Logical references
// (Reference.identifier) have no literal and are not of this type.
//
// Source: FHIR R4, references.html#literal
type Reference struct {
	Base     string // "https://ehr.example/fhir"; "" if relative
	Type     string // "Patient"
	ID       string // "123"
	Version  string // "2" of Patient/123/_history/2, or ""
	Fragment string // "x" of "#x"; the id of a contained resource
	URN      string // the whole of "urn:uuid:…" or "urn:oid:…"
}

// ParseReference takes a literal reference apart. It understands Type/id and
// Type/id/_history/version, the same behind any http or https base, #id (and #
// alone, the containing resource, which gives the zero Reference), urn:uuid:
// and urn:oid:. Anything else, such as a URL that names no resource or
// a conditional reference (Patient?identifier=…), gives false.
func ParseReference(s string) (Reference, bool) {
	if s == "" || strings.ContainsAny(s, " \t\r\n") {
		return Reference{}, false
	}
	if isURN(s) {
		return Reference{URN: s}, true
	}
	path, fragment, _ := strings.Cut(s, "#")
	if path == "" {
		return Reference{Fragment: fragment}, true
	}
	ref := Reference{Fragment: fragment}
	if strings.HasPrefix(path, "http://") || strings.HasPrefix(path, "https://") {
		var ok bool
		if ref.Base, path, ok = cutBase(path); !ok {
			return Reference{}, false
		}
	}
	if !ref.parse(path) {
		return Reference{}, false
	}
	return ref, true
}

// parse reads Type/id or Type/id/_history/version.
func (r *Reference) parse(path string) bool {
	var rest string
	var versioned bool
	r.Type, rest, _ = strings.Cut(path, "/")
	r.ID, r.Version, versioned = strings.Cut(rest, "/_history/")
	if versioned && !IsID(r.Version) {
		return false
	}
	return IsResourceType(r.Type) && IsID(r.ID)
}

// cutBase parts a URL before its last two segments, or before its last four if
// the third of them is _history.
func cutBase(url string) (base, path string, ok bool) {
	segments := 2
	at := len(url)
	for n := 1; ; n++ {
		at = strings.LastIndexByte(url[:at], '/')
		if at < 0 {
			return "", "", false
		}
		if n == 2 && strings.HasPrefix(url[at:], "/_history/") {
			segments = 4
		}
		if n == segments {
			break
		}
	}
	base = url[:at]
	_, host, _ := strings.Cut(base, "://")
	return base, url[at+1:], host != "" && host[0] != '/'
}

func isURN(s string) bool {
	for _, prefix := range []string{"urn:uuid:", "urn:oid:"} {
		if len(s) > len(prefix) && strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// Key gives "Type/ID" of a relative or absolute reference, else "".
func (r Reference) Key() string {
	if r.Type == "" {
		return ""
	}
	return r.Type + "/" + r.ID
}

// Relative reports whether the reference is Type/id without a base.
func (r Reference) Relative() bool { return r.Type != "" && r.Base == "" }

// IsID reports whether s is a logical id: 1 to 64 of A-Z, a-z, 0-9, - and dot,
// but neither . nor .., which mean something else in an address.
//
// Source: FHIR R4, datatypes.html#id
func IsID(s string) bool {
	if len(s) == 0 || len(s) > 64 || s == "." || s == ".." {
		return false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}
