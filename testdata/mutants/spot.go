package mutants

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// spot is a place in a decoded resource: the resource, a member of an object, or an item of an array.
type spot struct {
	root    map[string]any
	path    []any         // names and indexes
	owner   *fhir.Type    // of the object that has the member; nil for the resource
	element *fhir.Element // that the member is of; nil for the resource
	typ     *fhir.Type    // of the value, or of the items
	nested  bool          // inside a contained resource
}

// spots returns the places of a resource in a fixed order. Members that the table does not know, and the extensions of primitives, have none.
func spots(root map[string]any) []*spot {
	w := walk{root: root}
	w.object(&spot{root: root, typ: typeOf(root)}, root)
	return w.all
}

type walk struct {
	root map[string]any
	all  []*spot
}

func (w *walk) object(s *spot, members map[string]any) {
	w.all = append(w.all, s)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		element, typ := member(s.typ, name)
		if element == nil {
			continue
		}
		inner := &spot{root: w.root, path: append(slices.Clone(s.path), name), owner: s.typ, element: element, typ: typ, nested: s.nested || name == "contained"}
		items, isArray := members[name].([]any)
		if !isArray {
			w.value(inner, members[name])
			continue
		}
		w.all = append(w.all, inner)
		for i, item := range items {
			one := *inner
			one.path = append(slices.Clone(inner.path), i)
			w.value(&one, item)
		}
	}
}

func (w *walk) value(s *spot, v any) {
	members, isObject := v.(map[string]any)
	switch {
	case v == nil:
	case !isObject:
		w.all = append(w.all, s)
	case s.typ.Name == "Resource":
		s.typ = typeOf(members)
		w.object(s, members)
	default:
		w.object(s, members)
	}
}

// member returns the element that a name in JSON is of, and the type of its value; nil for none.
func member(owner *fhir.Type, name string) (*fhir.Element, *fhir.Type) {
	for i := range owner.Elements {
		e := &owner.Elements[i]
		for _, t := range e.Types {
			if name == e.Name && !e.Choice || e.Choice && name == e.Name+upper(t) {
				typ, _ := fhir.LookupType(t)
				return e, typ
			}
		}
	}
	return nil, nil
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// name returns the name of the member in JSON, "" for the resource.
func (s *spot) name() string {
	for _, step := range slices.Backward(s.path) {
		if name, ok := step.(string); ok {
			return name
		}
	}
	return ""
}

func (s *spot) isItem() bool {
	if len(s.path) == 0 {
		return false
	}
	_, is := s.path[len(s.path)-1].(int)
	return is
}

func (s *spot) isArray() bool {
	_, is := s.get().([]any)
	return is
}

// object returns the members of the value; nil where it is no object.
func (s *spot) object() map[string]any {
	members, _ := s.get().(map[string]any)
	return members
}

// get returns the value.
func (s *spot) get() any { return at(s.root, s.path) }

func at(v any, path []any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v
}

// parent returns the object that has the member.
func (s *spot) parent() map[string]any {
	path := s.path
	for len(path) > 0 {
		last := path[len(path)-1]
		path = path[:len(path)-1]
		if _, is := last.(string); is {
			break
		}
	}
	return at(s.root, path).(map[string]any)
}

// set puts another value in place.
func (s *spot) set(v any) {
	around := at(s.root, s.path[:len(s.path)-1])
	switch step := s.path[len(s.path)-1].(type) {
	case string:
		around.(map[string]any)[step] = v
	case int:
		around.([]any)[step] = v
	}
}

// remove takes the member away, with its extensions.
func (s *spot) remove() {
	delete(s.parent(), s.name())
	delete(s.parent(), "_"+s.name())
}

// rename gives the member another name.
func (s *spot) rename(name string) {
	v := s.parent()[s.name()]
	s.remove()
	s.parent()[name] = v
}

// place returns where it is, as FHIRPath writes it.
func (s *spot) place() string {
	path := typeOf(s.root).Name
	for _, step := range s.path {
		if i, is := step.(int); is {
			path += fmt.Sprintf("[%d]", i)
		} else {
			path += "." + step.(string)
		}
	}
	return path
}

// is reports whether the value is one of a type with these names, and no array.
func (s *spot) is(names ...string) bool { return slices.Contains(names, s.typ.Name) && !s.isArray() }

// of reports whether it is this element of a type: of("Task", "status").
func (s *spot) of(owner, element string) bool {
	return s.element != nil && s.owner.Name == owner && s.element.Name == element && !s.isArray()
}

func (s *spot) isPrimitive() bool { return s.typ.Kind == fhir.KindPrimitive && !s.isArray() }

// isText reports a primitive that is a string in JSON.
func (s *spot) isText() bool {
	_, text := s.get().(string)
	return text && s.isPrimitive()
}
