package patch

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"warmhandoff/fhir"
)

// FHIRPath applies a FHIRPath Patch, a Parameters resource, to a resource. The result has at most most bytes; it is the resource to the letter where
// the patch has no operations or they change nothing. Issues say which operation could not be done, by its element in the Parameters; nothing is then
// given.
//
// Source: FHIR R4, fhirpatch.html
func FHIRPath(resource []byte, parameters *fhir.Resource, most int) ([]byte, []fhir.Issue) {
	tree, err := parse(resource)
	if err != nil || tree.kind != '{' {
		return nil, refuse(fhir.CodeStructure, "", "The resource is no JSON object.")
	}
	operations := parameters.Get("parameter").Items()
	switch {
	case parameters.Type() != "Parameters":
		return nil, refuse(fhir.CodeStructure, "Parameters.parameter", "A FHIRPath Patch is a Parameters resource with parameters named operation.")
	case len(operations) > MaxSteps:
		return nil, refuse(fhir.CodeTooCostly, "Parameters.parameter", "More than %d operations.", MaxSteps)
	}
	var paths finder
	for i, v := range operations {
		o, issues := readOperation(v, fmt.Sprintf("Parameters.parameter[%d]", i))
		if issues == nil {
			o.paths = &paths
			issues = o.apply(tree)
		}
		if issues != nil {
			return nil, issues
		}
	}
	return finish(resource, tree, most)
}

// operation is one operation of a FHIRPath Patch.
type operation struct {
	at                         string
	kind, path, name           string
	value                      fhir.Value // the parameter named value; absent where there is none
	index, source, destination int        // -1: not given
	paths                      *finder
}

func readOperation(v fhir.Value, at string) (*operation, []fhir.Issue) {
	if v.Get("name").Text() != "operation" {
		return nil, refuse(fhir.CodeInvalid, at+".name", "Every parameter of a FHIRPath Patch is named operation.")
	}
	o := &operation{at: at, index: -1, source: -1, destination: -1}
	for p := range v.Get("part").All() {
		_, value := p.Choice("value")
		switch name := p.Get("name").Text(); name {
		case "type":
			o.kind = value.Text()
		case "path":
			o.path = value.Text()
		case "name":
			o.name = value.Text()
		case "value":
			o.value = p
		case "index":
			o.index = whole(value)
		case "source":
			o.source = whole(value)
		case "destination":
			o.destination = whole(value)
		default:
			return nil, refuse(fhir.CodeInvalid, at+".part", "An operation has the parts type, path, name, value, index, source and destination.")
		}
	}
	return o, o.complete()
}

func whole(v fhir.Value) int {
	n, err := strconv.Atoi(v.Text())
	if err != nil {
		return -1
	}
	return n
}

// kinds says what each kind of operation needs beside its path.
var kinds = map[string]struct {
	name, value, index, move bool
	do                       func(*operation, *node) []fhir.Issue
}{
	"add":     {name: true, value: true, do: (*operation).add},
	"insert":  {value: true, index: true, do: (*operation).insert},
	"delete":  {do: (*operation).remove},
	"replace": {value: true, do: (*operation).replace},
	"move":    {move: true, do: (*operation).move},
}

func (o *operation) complete() []fhir.Issue {
	k, known := kinds[o.kind]
	missing := ""
	switch {
	case !known:
		return refuse(fhir.CodeInvalid, o.at, "The type of an operation is add, insert, delete, replace or move.")
	case o.path == "":
		missing = "path"
	case k.name && o.name == "":
		missing = "name"
	case k.value && !o.value.Exists():
		missing = "value"
	case k.index && o.index < 0:
		missing = "index"
	case k.move && o.source < 0:
		missing = "source"
	case k.move && o.destination < 0:
		missing = "destination"
	}
	if missing != "" {
		return refuse(fhir.CodeRequired, o.at, "The operation %s needs the part %s.", o.kind, missing)
	}
	return nil
}

func (o *operation) apply(tree *node) []fhir.Issue { return kinds[o.kind].do(o, tree) }

func (o *operation) refuse(code fhir.Code, format string, args ...any) []fhir.Issue {
	return refuse(code, o.at, format, args...)
}

// refusePath says what is wrong with a path.
func (o *operation) refusePath(err error) []fhir.Issue {
	if errors.Is(err, errTooFar) {
		return o.refuse(fhir.CodeTooCostly, "%s.", sentence(err))
	}
	return o.refuse(fhir.CodeInvalid, "%s.", sentence(err))
}

// one gives the one place that a path leads to.
func (o *operation) one(tree *node, path string) (*place, []fhir.Issue) {
	found, err := o.paths.find(tree, path)
	switch {
	case err != nil:
		return nil, o.refusePath(err)
	case len(found) == 0:
		return nil, o.refuse(fhir.CodeNotFound, "The path leads to nothing in this resource.")
	case len(found) > 1:
		return nil, o.refuse(fhir.CodeMultipleMatches, "The path leads to %d elements; it must lead to one.", len(found))
	}
	return &found[0], nil
}

// sentence returns the words of an error, beginning with a capital where they begin with a letter.
func sentence(err error) string {
	first, size := utf8.DecodeRuneInString(err.Error())
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + err.Error()[size:]
}

// add puts an element into an object: at the end of a list, or where none stands.
func (o *operation) add(tree *node) []fhir.Issue {
	p, issues := o.one(tree, o.path)
	if issues != nil {
		return issues
	}
	target, issues := o.target(p, o.name)
	if issues != nil {
		return issues
	}
	value, issues := o.made(target)
	if issues != nil {
		return issues
	}
	if target.e.Max == 1 {
		if target.count() > 0 || target.e.Choice && target.taken() {
			return o.refuse(fhir.CodeInvalid, "%s stands there already; replace it.", target.e.Name)
		}
		value.put(target)
		return nil
	}
	target.index = target.count()
	value.insert(target)
	return nil
}

// target gives the place of an element of the object at p, which need not be there.
func (o *operation) target(p *place, name string) (*place, []fhir.Issue) {
	n, owner := p.object()
	if n == nil && owner != nil && owner.Name == "Element" {
		n = p.beside()
	}
	if n == nil || owner == nil {
		return nil, o.refuse(fhir.CodeInvalid, "The path leads to a value that has no elements.")
	}
	e, ok := owner.Element(name)
	if !ok {
		return nil, o.refuse(fhir.CodeInvalid, "%s has no element %s.", owner.Name, clipped(name))
	}
	t := e.Types[0]
	if e.Choice {
		t = o.valueType(e)
	}
	if t == "" {
		return nil, o.refuse(fhir.CodeInvalid, "%s.%s[x] may not have a value of this type.", owner.Name, e.Name)
	}
	return &place{in: n, owner: owner, e: e, name: jsonName(e, t), typ: t, index: -1}, nil
}

// valueType gives the type of the operation's value where a choice allows it.
func (o *operation) valueType(e *fhir.Element) string {
	_, v := o.value.Choice("value")
	if slices.Contains(e.Types, v.Type()) {
		return v.Type()
	}
	return ""
}

// taken reports whether a choice has a value of another type.
func (p *place) taken() bool {
	for _, t := range p.e.Types {
		other := place{in: p.in, e: p.e, name: jsonName(p.e, t)}
		if other.count() > 0 {
			return true
		}
	}
	return false
}

// insert puts an element into a list.
func (o *operation) insert(tree *node) []fhir.Issue {
	target, issues := o.list(tree)
	if issues != nil {
		return issues
	}
	if o.index > target.count() {
		return o.refuse(fhir.CodeInvalid, "The list has %d items; index %d lies beyond its end.", target.count(), o.index)
	}
	value, issues := o.made(target)
	if issues != nil {
		return issues
	}
	target.index = o.index
	value.insert(target)
	return nil
}

// list gives the list that a path names: its last step has no place in it.
func (o *operation) list(tree *node) (*place, []fhir.Issue) {
	typ, steps, err := parsePath(o.path)
	switch {
	case err != nil:
		return nil, o.refuse(fhir.CodeInvalid, "%s.", sentence(err))
	case len(steps) == 0 || len(steps[len(steps)-1].filters) > 0:
		return nil, o.refuse(fhir.CodeInvalid, "The path must name a whole list, such as Task.note.")
	}
	at := []place{root(tree)}
	if typ != at[0].typ {
		return nil, o.refuse(fhir.CodeInvalid, "The path is about another type than %s.", at[0].typ)
	}
	for i := range steps[:len(steps)-1] {
		if at, err = o.paths.follow(at, &steps[i]); err != nil {
			return nil, o.refusePath(err)
		}
	}
	if len(at) != 1 {
		return nil, o.refuse(fhir.CodeNotFound, "The path leads to %d lists; it must lead to one.", len(at))
	}
	target, issues := o.target(&at[0], steps[len(steps)-1].name)
	if issues == nil && target.e.Max == 1 {
		return nil, o.refuse(fhir.CodeInvalid, "%s is no list.", target.e.Name)
	}
	return target, issues
}

// remove takes an element away. What is not there already is gone.
func (o *operation) remove(tree *node) []fhir.Issue {
	found, err := o.paths.find(tree, o.path)
	switch {
	case err != nil:
		return o.refusePath(err)
	case len(found) > 1:
		return o.refuse(fhir.CodeMultipleMatches, "The path leads to %d elements; it must lead to one at most.", len(found))
	case len(found) == 1 && found[0].e == nil:
		return o.refuse(fhir.CodeInvalid, "A patch does not delete the resource.")
	case len(found) == 1:
		found[0].drop()
		found[0].prune()
	}
	return nil
}

// replace puts another value in an element's place.
func (o *operation) replace(tree *node) []fhir.Issue {
	p, issues := o.one(tree, o.path)
	if issues != nil {
		return issues
	}
	if p.e == nil {
		return o.refuse(fhir.CodeInvalid, "A patch does not replace the resource; update it.")
	}
	if p.e.Choice {
		t := o.valueType(p.e)
		if t == "" {
			return o.refuse(fhir.CodeInvalid, "%s[x] may not have a value of this type.", p.e.Name)
		}
		p.rename(jsonName(p.e, t))
		p.typ = t
	}
	value, issues := o.made(p)
	if issues != nil {
		return issues
	}
	value.put(p)
	return nil
}

// move takes an item of a list to another place in it.
func (o *operation) move(tree *node) []fhir.Issue {
	target, issues := o.list(tree)
	if issues != nil {
		return issues
	}
	if n := target.count(); o.source >= n || o.destination >= n {
		return o.refuse(fhir.CodeInvalid, "The list has %d items; source and destination are places in it.", n)
	}
	for _, name := range []string{target.name, "_" + target.name} {
		list := target.in.member(name)
		if list == nil || list.kind != '[' {
			continue
		}
		list.pad(target.count())
		item := list.kids[o.source]
		list.kids = slices.Insert(slices.Delete(list.kids, o.source, o.source+1), o.destination, item)
	}
	target.tidy()
	return nil
}
