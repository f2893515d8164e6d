package fhir

import (
	"slices"
	"sync"
)

// Kind is the family that a type belongs to.
type Kind string

// The kinds of types in the table.
const (
	KindPrimitive Kind = "primitive" // code, dateTime, …
	KindComplex   Kind = "complex"   // CodeableConcept, Reference, …
	KindResource  Kind = "resource"  // Task, Bundle, …
	KindBackbone  Kind = "backbone"  // Task.output, Timing.repeat, …
)

// Type is one type of R4. It is shared and must not be changed.
type Type struct {
	Name     string    // "Task", "CodeableConcept", "dateTime"; a backbone type is named by its path, "Task.output"
	Kind     Kind      //
	Abstract bool      // Element, BackboneElement, Resource, DomainResource
	Elements []Element // in the order of the definitions, inherited ones included; none for a primitive

	number    uint16     // place in table.types
	primitive *primitive // how its values are checked; nil for other kinds
	once      sync.Once
	members   members              // by JSON name; made when first needed
	required  uint64               // a bit for each element with Min > 0
	invariant func(*reader, int32) // what the table cannot say of it; nil for most
}

// Element is one element of a type.
//
// Source: FHIR R4, elementdefinition.html
type Element struct {
	Name       string   // "status"; "value" for value[x]
	Min        int      // 0 or 1
	Max        int      // 1, or -1 for *
	Types      []string // names for LookupType; contentReferences are resolved; "Resource" means any resource
	Choice     bool     // written with the type's name: valueString, valueDateTime, …
	Codes      []string // codes of the required binding; nil where there is none or it cannot be listed
	CodeSystem string   // the system of Codes; "" where they come from several
	Targets    []string // resource types that a Reference may point to; nil: any
	Modifier   bool     // isModifier
	Summary    bool     // isSummary, for _summary=true
	Attribute  bool     // an attribute in XML

	codes *codeSet
}

// Element gives the element of that name ("status", "value" for value[x]).
func (t *Type) Element(name string) (*Element, bool) {
	i := slices.IndexFunc(t.Elements, func(e Element) bool { return e.Name == name })
	if i < 0 {
		return nil, false
	}
	return &t.Elements[i], true
}

// LookupType gives a type of R4 by its name: "Task", "CodeableConcept",
// "dateTime", "Task.output". It may be called concurrently.
func LookupType(name string) (*Type, bool) {
	t, ok := r4().byName[name]
	return t, ok
}

// IsResourceType reports whether name is a resource type of R4 that can
// be instantiated; case counts.
func IsResourceType(name string) bool {
	t, ok := r4().byName[name]
	return ok && t.Kind == KindResource && !t.Abstract
}

// ResourceTypes gives the names of all concrete resource types of R4, sorted;
// the caller owns the slice.
func ResourceTypes() []string {
	var names []string
	for _, t := range r4().types {
		if t.Kind == KindResource && !t.Abstract {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	return names
}

// codeSet is a required value set.
type codeSet struct {
	system string
	codes  []string
	index  map[string]struct{}
}

func (s *codeSet) has(code []byte) bool {
	_, ok := s.index[string(code)]
	return ok
}
