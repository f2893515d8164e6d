package fhir

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of the reader.
//
// Source: local, they keep the cost of one reading in proportion to its bytes
const (
	MaxDepth  = 64              // levels of JSON objects and arrays
	MaxItems  = 10_000          // items of one array
	MaxString = 1 << 20         // characters of a string; base64Binary and xhtml may be longer
	MaxIssues = 500             // issues told; reading stops there
	MaxBytes  = 1<<31 - 1 - 256 // a tape counts bytes in 32 bits
)

// Read reads one FHIR R4 resource in JSON, checks it against the element table
// in one pass, and gives all issues at once. The resource is nil if any issue
// is fatal or an error. Data is kept; the caller must not change it afterwards.
//
// Refused are: anything that is not one JSON value in UTF-8; more than
// [MaxDepth] levels; duplicate, unknown and wrongly cased names; wrong JSON
// types, an array for a single value and the reverse; values outside
// their type's form; codes outside a required value set; missing elements;
// empty strings, arrays and objects; null, except where the sibling array of a
// primitive fills its place; two values of one choice; a literal reference, or
// a Reference.type, of a type that the element does not allow; resources
// inside contained ones. A required primitive may be given by its extensions
// alone. Of the invariants of R4 these are checked: ele-1, ext-1, dom-2,
// inv-1 of Task, and app-2, app-3 and app-4 of Appointment.
//
// Source: FHIR R4, json.html, datatypes.html, references.html
func Read(data []byte) (*Resource, []Issue) {
	r := newReader(data, true)
	defer r.release()
	doc := r.read()
	if Refused(r.issues) {
		return nil, r.issues
	}
	return &Resource{doc: doc, bytes: data}, r.issues
}

// ReadStored gives the view over bytes that [Read] has accepted before; it
// checks no more than it needs to. The error says that data is no JSON or
// no resource of a known type; it never quotes the data.
func ReadStored(data []byte) (*Resource, error) {
	r := newReader(data, false)
	defer r.release()
	doc := r.read()
	if r.stopped || doc == nil {
		return nil, fmt.Errorf("read a stored resource: %s", r.issues[len(r.issues)-1].Text)
	}
	return &Resource{doc: doc, bytes: data}, nil
}

// reader is one pass over one document.
type reader struct {
	*scanner
	document // as far as it was read
	issues   []Issue
	strict   bool
	stopped  bool // an issue was fatal
}

func newReader(data []byte, strict bool) *reader {
	r := &reader{document: document{data: data}, strict: strict}
	if len(data) <= MaxBytes {
		r.scanner = newScanner(data)
		r.nodes = make([]node, 0, min(len(data)/24+8, 4096))
	}
	return r
}

func (r *reader) release() {
	if r.scanner != nil {
		r.scanner.release()
	}
}

// read reads the one resource of the input; it gives nil if it cannot tell
// what resource that is.
func (r *reader) read() *document {
	switch {
	case r.scanner == nil:
		r.stop(CodeTooLong, "", "The input is too long.")
		return nil
	case len(bytes.TrimLeft(r.data, " \t\r\n")) == 0:
		r.stop(CodeStructure, "", "The input is empty; a FHIR resource in JSON is expected.")
		return nil
	case bytes.HasPrefix(r.data, []byte("\xef\xbb\xbf")):
		r.stop(CodeStructure, "", "The input begins with a byte order mark; JSON must begin with the value itself.")
		return nil
	}
	if r.peek() != object {
		if r.skip(-1, "") {
			r.issue(CodeStructure, "", "A FHIR resource is a JSON object.")
			r.finish()
		}
		return nil
	}
	goOn := r.resource(-1, nil, -1, 1, false)
	if goOn {
		r.finish()
	}
	if !goOn || len(r.nodes) == 0 {
		return nil
	}
	doc := r.document
	return &doc
}

// finish makes sure that nothing follows the resource.
func (r *reader) finish() {
	if !r.atEnd() {
		r.stop(CodeStructure, "", fmt.Sprintf("Something follows the end of the resource, at %s; send one resource.", r.position(r.offset())))
	}
}

// issue notes an error; it gives false when there were too many to go on.
func (r *reader) issue(code Code, expression, words string) {
	if r.stopped {
		return
	}
	r.issues = append(r.issues, Issue{Error, code, expression, words})
	if len(r.issues) >= MaxIssues {
		r.stop(CodeTooCostly, "", fmt.Sprintf("Reading stopped after %d issues.", MaxIssues))
	}
}

// at notes an error about a node.
func (r *reader) at(i int32, code Code, words string) {
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
	p := r.appendPath(nil, i, 0)
	if name != "" {
		p = append(append(p, '.'), name...)
	}
	return string(p)
}

// syntax stops at what is not JSON.
func (r *reader) syntax(err error, i int32, name string) bool {
	offset, words := r.offset(), "this is not JSON"
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		offset, words = int(syntactic.ByteOffset), syntactic.Err.Error()
	}
	r.stop(CodeStructure, r.where(i, name), fmt.Sprintf("Not valid JSON at %s: %s.", r.position(offset), words))
	return false
}

// position words a byte offset for people.
func (r *reader) position(offset int) string {
	before := r.data[:min(max(offset, 0), len(r.data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(bytes.Runes(before[bytes.LastIndexByte(before, '\n')+1:])) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}
