package patch

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"warmhandoff/fhir"
)

// JSON applies a JSON Patch document to a resource's JSON. The result has at most most bytes; it is the resource to the letter where nothing changes.
// Issues say which instruction could not be done, by its place ("[3]"), counted from 0; nothing is then given.
//
// Source: RFC 6902; FHIR R4, http.html#patch
func JSON(resource, document []byte, most int) ([]byte, []fhir.Issue) {
	if issues := refuseDoubles(document); issues != nil {
		return nil, issues
	}
	steps, err := parse(document)
	if err != nil || steps.kind != '[' || slices.ContainsFunc(steps.kids, func(step *node) bool { return step.kind != '{' }) {
		return nil, refuse(fhir.CodeStructure, "", "A JSON Patch is an array of objects with op and path (RFC 6902).")
	}
	if len(steps.kids) > MaxSteps {
		return nil, refuse(fhir.CodeTooCostly, "", "More than %d instructions.", MaxSteps)
	}
	tree, err := parse(resource)
	if err != nil {
		return nil, refuse(fhir.CodeStructure, "", "The resource is no JSON.")
	}
	e := editor{tree: tree, size: tree.size(), most: most}
	for i, step := range steps.kids {
		if issues := e.take(step, fmt.Sprintf("[%d]", i)); issues != nil {
			return nil, issues
		}
	}
	return finish(resource, tree, most)
}

// refuseDoubles refuses a document in which an object has a name twice: which of the two counts is chance.
//
// Source: RFC 8259, 4 (names within an object should be unique)
func refuseDoubles(document []byte) []fhir.Issue {
	var wrong *jsontext.SyntacticError
	d := jsontext.NewDecoder(bytes.NewBuffer(document))
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

// editor carries the instructions of a JSON Patch out, one after the other, on one tree.
type editor struct {
	tree   *node
	size   int // of the tree, about
	most   int // that it may be
	copied int // bytes that copy has made, all together: a copy that is taken away again was made nevertheless
}

// Why an instruction cannot be done.
var (
	errNothing  = errors.New("nothing is there")
	errMisfit   = errors.New("the path or the value does not fit")
	errTooLarge = errors.New("the resource would grow too much")
	errOther    = errors.New("another value is there")
)

// take carries out one instruction.
func (e *editor) take(step *node, at string) []fhir.Issue {
	op := step.member("op").text()
	do, known := instructions[op]
	if !known {
		return refuse(fhir.CodeInvalid, at+".op", "The op is one of add, remove, replace, move, copy, test.")
	}
	value, from := step.member("value"), step.member("from")
	switch {
	case do.value && value == nil:
		return refuse(fhir.CodeRequired, at+".value", "This instruction needs a value.")
	case do.from && !from.isText():
		return refuse(fhir.CodeRequired, at+".from", "This instruction needs from, a JSON Pointer.")
	}
	path := step.member("path").text()
	if path == "" || path[0] != '/' {
		return refuse(fhir.CodeInvalid, at+".path", "The path is a JSON Pointer to something inside the resource, such as /status.")
	}
	err := do.do(e, path, from.text(), value)
	if err == nil && e.size > e.most {
		err = errTooLarge
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooLarge):
		return refuse(fhir.CodeTooCostly, at, "The resource would grow beyond %d bytes.", e.most)
	case errors.Is(err, errOther):
		return refuse(fhir.CodeConflict, at, "The test does not hold: another value stands there.")
	case errors.Is(err, errNothing):
		return refuse(fhir.CodeNotFound, at+".path", "There is nothing at this path to %s.", op)
	}
	return refuse(fhir.CodeProcessing, at, "This %s cannot be done: the path or the value does not fit the resource.", op)
}

// instructions are those of RFC 6902, with what each needs beside its path.
var instructions = map[string]struct {
	value, from bool
	do          func(e *editor, path, from string, value *node) error
}{
	"add":     {value: true, do: func(e *editor, path, _ string, value *node) error { return e.add(path, value) }},
	"remove":  {do: func(e *editor, path, _ string, _ *node) error { _, err := e.remove(path); return err }},
	"replace": {value: true, do: func(e *editor, path, _ string, value *node) error { return e.replace(path, value) }},
	"move":    {from: true, do: func(e *editor, path, from string, _ *node) error { return e.move(path, from) }},
	"copy":    {from: true, do: func(e *editor, path, from string, _ *node) error { return e.copy(path, from) }},
	"test":    {value: true, do: func(e *editor, path, _ string, value *node) error { return e.test(path, value) }},
}

// spot is where a pointer leads: a name in an object, or a place in a list, at which something may stand or not.
type spot struct {
	in    *node
	name  string
	index int // in a list; its length: behind the last
}

var unescaped = strings.NewReplacer("~1", "/", "~0", "~")

// spot follows a pointer; all but its last step must be there.
//
// Source: RFC 6901
func (e *editor) spot(path string) (spot, error) {
	at, rest := e.tree, strings.TrimPrefix(path, "/")
	for {
		token, more, deeper := strings.Cut(rest, "/")
		s := spot{in: at, name: unescaped.Replace(token), index: -1}
		switch at.kind {
		case '[':
			var err error
			if s.index, err = at.index(s.name); err != nil {
				return s, err
			}
		case 'v':
			return s, errNothing
		}
		if !deeper {
			return s, nil
		}
		if at = s.value(); at == nil {
			return s, errNothing
		}
		rest = more
	}
}

// index reads a place in a list: digits without a zero in front, or - for that behind the last.
func (n *node) index(token string) (int, error) {
	if token == "-" {
		return len(n.kids), nil
	}
	i, err := strconv.Atoi(token)
	switch {
	case err == nil && (i < 0 || i > len(n.kids)), errors.Is(err, strconv.ErrRange):
		return 0, errNothing
	case err != nil || strconv.Itoa(i) != token:
		return 0, errMisfit
	}
	return i, nil
}

// value gives what stands at a spot, nil for nothing.
func (s *spot) value() *node {
	switch {
	case s.index < 0:
		return s.in.member(s.name)
	case s.index < len(s.in.kids):
		return s.in.kids[s.index]
	}
	return nil
}

func (e *editor) add(path string, value *node) error {
	s, err := e.spot(path)
	if err != nil {
		return err
	}
	if s.index >= 0 {
		s.in.kids = slices.Insert(s.in.kids, s.index, value)
		e.size += value.size() + len(",")
		return nil
	}
	if was := s.value(); was != nil {
		e.size -= was.size()
	} else {
		e.size += len(s.name) + len(`"":,`)
	}
	e.size += value.size()
	s.in.set(s.name, value)
	return nil
}

func (e *editor) remove(path string) (*node, error) {
	s, err := e.spot(path)
	if err != nil {
		return nil, err
	}
	was := s.value()
	if was == nil {
		return nil, errNothing
	}
	e.size -= was.size()
	if s.index >= 0 {
		e.size -= len(",")
		s.in.kids = slices.Delete(s.in.kids, s.index, s.index+1)
		return was, nil
	}
	e.size -= len(s.name) + len(`"":,`)
	s.in.set(s.name, nil)
	return was, nil
}

func (e *editor) replace(path string, value *node) error {
	s, err := e.spot(path)
	if err != nil {
		return err
	}
	was := s.value()
	if was == nil {
		return errNothing
	}
	e.size += value.size() - was.size()
	if s.index >= 0 {
		s.in.kids[s.index] = value
	} else {
		s.in.set(s.name, value)
	}
	return nil
}

func (e *editor) move(path, from string) error {
	value, err := e.remove(from)
	if err != nil {
		return err
	}
	return e.add(path, value)
}

// copy counts what it copies before it does.
func (e *editor) copy(path, from string) error {
	s, err := e.spot(from)
	if err != nil {
		return err
	}
	value := s.value()
	if value == nil {
		return errNothing
	}
	if e.copied += value.size(); e.copied > e.most {
		return errTooLarge
	}
	return e.add(path, value.clone())
}

// test compares; what is not there passes for null, as it did with the library that was here before.
func (e *editor) test(path string, value *node) error {
	s, err := e.spot(path)
	if err != nil {
		return err
	}
	switch was := s.value(); {
	case was == nil && s.index >= 0:
		return errNothing
	case was == nil && value.isNull(), was != nil && was.equal(value):
		return nil
	}
	return errOther
}
