package fhir

import "fmt"

// Limits of the reader.
//
// Source: local, they keep the cost of one reading in proportion to its bytes
const (
	MaxDepth  = 64              // levels of JSON objects and arrays
	MaxItems  = 10_000          // items of one array
	MaxValues = 500_000         // values in one resource, all levels together
	MaxString = 1 << 20         // characters of a string; base64Binary and xhtml may be longer
	MaxIssues = 500             // issues told; reading stops there
	MaxBytes  = 1<<31 - 1 - 256 // a tape counts bytes in 32 bits
)

// Read reads one FHIR R4 resource in JSON, checks it against the element table
// in one pass, and gives all issues at once. The resource is nil if any issue
// is fatal or an error. Data is kept; the caller must not change it afterwards.
// A byte order mark in front is passed over.
//
// What is not one JSON value in UTF-8 is one fatal issue with line and column,
// and nothing more is said. Otherwise refused are: more than [MaxDepth] levels,
// [MaxItems] items or [MaxValues] values; duplicate, unknown and wrongly cased
// names; wrong JSON types, an array for a single value and the reverse; values
// outside their type's form; codes outside a required value set; missing
// elements; empty strings, arrays and objects; null, except where the sibling
// array of a primitive fills its place; two values of one choice, or extensions of
// one type of it beside a value of another; a literal reference to a type that the
// element does not allow, be it contained, or to another than Reference.type says;
// resources inside contained ones; contained ones without an id, or with one
// that another has; a reference to a contained one that is not there; a relative
// reference that is not Type/id. White space alone is no id and no reference, and
// no code of a required value set; for other text it is let be, and package
// invariant warns of it. A required primitive may be given by its extensions
// alone. Of the invariants of R4 those are checked without which
// bytes are unusable or unsafe: txt-1 and txt-2 of narratives, which are
// well-formed and hold nothing active, ele-1, ext-1, dom-2 and ref-1. The
// others are warnings; package invariant gives them.
//
// Source: FHIR R4, json.html, datatypes.html, references.html
func Read(data []byte) (*Resource, []Issue) {
	data = unmarked(data)
	r := reader{strict: true}
	doc := r.read(data)
	if Refused(r.issues) {
		return nil, r.issues
	}
	return &Resource{doc: doc, bytes: data}, r.issues
}

// ReadStored gives the view over bytes that [Read] has accepted before; it
// checks no more than it needs to. The error says that data is no JSON or
// no resource of a known type; it never quotes the data.
func ReadStored(data []byte) (*Resource, error) {
	r := reader{}
	doc := r.read(data)
	if r.stopped || doc == nil {
		return nil, fmt.Errorf("read a stored resource: %s", r.issues[len(r.issues)-1].Text)
	}
	return &Resource{doc: doc, bytes: data}, nil
}

// reader is one pass over one document.
type reader struct {
	cursor
	nodes   []node
	issues  []Issue
	strict  bool
	stopped bool    // an issue was fatal
	local   []int32 // references to what the resource around them contains
}

// read reads the one resource of the input; it gives nil if it cannot tell
// what resource that is.
func (r *reader) read(data []byte) *document {
	if len(data) > MaxBytes {
		r.stop(CodeTooLong, "", "The input is too long.")
		return nil
	}
	r.data = data
	if r.peek() == object {
		r.nodes = make([]node, 0, min(len(data)/24+8, 1<<14))
		r.resource(-1, nil, -1, 1, false)
	} else {
		r.issue(CodeStructure, "", "A FHIR resource is a JSON object.")
	}
	if len(r.issues) > 0 || r.broken || !r.over() {
		r.verdict()
	}
	if r.stopped || len(r.nodes) == 0 {
		return nil
	}
	return &document{data: data, nodes: r.nodes}
}

// verdict is for an input that something is wrong with: where it is no JSON, that alone is said. What was passed over was not looked at closely.
func (r *reader) verdict() {
	switch issue, ok := syntax(r.data); {
	case !ok:
		r.issues, r.stopped = []Issue{issue}, true
	case len(r.issues) == 0: // two opinions on what JSON is
		r.stop(CodeStructure, "", "Not valid JSON.")
	}
}

// issue notes an error; the last one allowed stops the reading.
func (r *reader) issue(code Code, expression, words string) {
	if r.stopped {
		return
	}
	r.issues = append(r.issues, Issue{Error, code, expression, words})
	if len(r.issues) >= MaxIssues {
		r.stop(CodeTooCostly, "", fmt.Sprintf("Reading stopped after %d issues.", MaxIssues))
	}
}

// report notes an error about a node.
func (r *reader) report(i int32, code Code, words string) {
	r.issue(code, r.where(i, ""), words)
}

// stop notes a fatal issue; nothing is read after it.
func (r *reader) stop(code Code, expression, words string) {
	if !r.stopped {
		r.issues = append(r.issues, Issue{Fatal, code, expression, words})
		r.stopped = true
	}
}

// where gives the FHIRPath of a node, or of a name below it.
func (r *reader) where(i int32, name string) string {
	if i < 0 {
		return ""
	}
	doc := r.document()
	p := doc.appendPath(nil, i, 0)
	if name != "" {
		p = append(append(p, '.'), name...)
	}
	return string(p)
}

// document gives what was read so far.
func (r *reader) document() document { return document{data: r.data, nodes: r.nodes} }

// child gives a member of an object by its JSON name, or -1.
func (r *reader) child(i int32, name string) int32 {
	doc := r.document()
	return doc.child(i, name)
}

// content gives the content of a string; nil for anything else, and for -1.
func (r *reader) content(i int32) []byte {
	doc := r.document()
	return doc.chars(i)
}

// text gives the content of a member that is a string.
func (r *reader) text(i int32, name string) []byte { return r.content(r.child(i, name)) }
