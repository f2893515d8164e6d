// Package patch changes a resource by instructions: JSON Patch (RFC 6902) and FHIRPath Patch.
//
// A patch gives new JSON, and says nothing of whether that is still a good resource: give it to [fhir.Read], which knows. What the instructions do
// not touch keeps its order, its digits and its extensions; blanks between values may go. Nothing here may change what a resource is: its type and
// its id.
//
// Cost is bounded: [MaxSteps] instructions, and a result of at most the size that the caller allows. All functions are pure and may be called
// concurrently.
package patch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/go-json-experiment/json/jsontext"

	"warmhandoff/fhir"
)

// MaxSteps is the most instructions that one patch may have.
//
// Source: local, limits of the server
const MaxSteps = 200

func refuse(code fhir.Code, at, format string, args ...any) []fhir.Issue {
	return []fhir.Issue{{Severity: fhir.Error, Code: code, Expression: at, Text: fmt.Sprintf(format, args...)}}
}

// JSON applies a JSON Patch document to a resource's JSON. The result has at most most bytes; it is the resource to the letter where nothing changes. Issues say which instruction could not be done, by its
// place ("[3]"), counted from 0; nothing is then given.
//
// Source: RFC 6902; FHIR R4, http.html#patch
func JSON(resource, document []byte, most int) ([]byte, []fhir.Issue) {
	var steps jsonpatch.Patch
	err := json.Unmarshal(document, &steps)
	if err != nil || steps == nil {
		return nil, refuse(fhir.CodeStructure, "", "A JSON Patch is an array of objects with op and path (RFC 6902).")
	}
	if len(steps) > MaxSteps {
		return nil, refuse(fhir.CodeTooCostly, "", "More than %d instructions.", MaxSteps)
	}
	if issues := refuseDoubles(document); issues != nil {
		return nil, issues
	}
	options := jsonpatch.NewApplyOptions()
	options.SupportNegativeIndices, options.EscapeHTML = false, false
	options.AccumulatedCopySizeLimit = int64(most)
	now := resource
	for i, step := range steps {
		at := fmt.Sprintf("[%d]", i)
		if issues := wellFormed(step, at); issues != nil {
			return nil, issues
		}
		if now, err = (jsonpatch.Patch{step}).ApplyWithOptions(now, options); err != nil {
			return nil, refuseStep(err, step, at)
		}
		if len(now) > most {
			return nil, refuse(fhir.CodeTooCostly, at, "The resource would grow beyond %d bytes.", most)
		}
	}
	return sameIdentity(resource, now)
}

// refuseDoubles refuses a document in which an object has a name twice: which of the two counts is chance.
//
// Source: RFC 8259, 4 (names within an object should be unique)
func refuseDoubles(document []byte) []fhir.Issue {
	var wrong *jsontext.SyntacticError
	d := jsontext.NewDecoder(bytes.NewReader(document))
	for {
		_, err := d.ReadToken()
		switch {
		case err == nil:
		case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &wrong):
			step, _, _ := strings.Cut(strings.TrimPrefix(string(wrong.JSONPointer), "/"), "/")
			return refuse(fhir.CodeStructure, "["+step+"]", "An object has the name %s twice, so it says two things: give it once.", clipped(wrong.JSONPointer.LastToken()))
		default:
			return nil
		}
	}
}

// wellFormed checks what the library leaves to chance.
func wellFormed(step jsonpatch.Operation, at string) []fhir.Issue {
	switch step.Kind() {
	case "add", "replace", "test":
		if _, ok := step["value"]; !ok {
			return refuse(fhir.CodeRequired, at+".value", "This instruction needs a value.")
		}
	case "move", "copy":
		if _, err := step.From(); err != nil {
			return refuse(fhir.CodeRequired, at+".from", "This instruction needs from, a JSON Pointer.")
		}
	case "remove":
	default:
		return refuse(fhir.CodeInvalid, at+".op", "op is one of add, remove, replace, move, copy, test.")
	}
	if path, err := step.Path(); err != nil || path == "" || path[0] != '/' {
		return refuse(fhir.CodeInvalid, at+".path", "path is a JSON Pointer to something inside the resource, such as /status.")
	}
	return nil
}

// refuseStep says why an instruction failed; never what stands in the resource.
func refuseStep(err error, step jsonpatch.Operation, at string) []fhir.Issue {
	var tooLarge *jsonpatch.AccumulatedCopySizeError
	switch {
	case errors.As(err, &tooLarge):
		return refuse(fhir.CodeTooCostly, at, "The resource would grow too much.")
	case errors.Is(err, jsonpatch.ErrTestFailed):
		return refuse(fhir.CodeConflict, at, "The test does not hold: another value stands there.")
	case errors.Is(err, jsonpatch.ErrMissing), errors.Is(err, jsonpatch.ErrInvalidIndex):
		return refuse(fhir.CodeNotFound, at+".path", "There is nothing at this path to %s.", step.Kind())
	}
	return refuse(fhir.CodeProcessing, at, "This %s cannot be done: the path or the value does not fit the resource.", step.Kind())
}

// sameIdentity refuses a result that is another resource, and gives what was there where the result says the same.
func sameIdentity(before, after []byte) ([]byte, []fhir.Issue) {
	was, err := parse(before)
	if err != nil {
		return nil, refuse(fhir.CodeStructure, "", "The resource is no JSON.")
	}
	is, err := parse(after)
	if err != nil || is.kind != '{' {
		return nil, refuse(fhir.CodeStructure, "", "The patch would leave no resource.")
	}
	for _, name := range []string{"resourceType", "id"} {
		a, b := was.member(name), is.member(name)
		if a == nil != (b == nil) || a != nil && !bytes.Equal(a.raw, b.raw) {
			return nil, refuse(fhir.CodeBusinessRule, name, "A patch may not change what a resource is: its %s stays.", name)
		}
	}
	if was.equal(is) {
		return before, nil
	}
	return after, nil
}
