package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// maxElements is how many elements one type may have: the reader keeps a bit
// for each in one word, and one for resourceType.
const maxElements = 63

// system is how the definitions name the types of FHIRPath.
const system = "http://hl7.org/fhirpath/System."

// table writes the lines of the table.
func (d *definitions) table() ([]byte, error) {
	w := &writer{defs: d, sets: map[string]bool{}}
	for _, s := range d.structures {
		if err := w.structure(s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Type, err)
		}
	}
	return append(w.valueSets.Bytes(), w.types.Bytes()...), nil
}

type writer struct {
	defs      *definitions
	sets      map[string]bool // value sets written; false: cannot be listed
	valueSets bytes.Buffer
	types     bytes.Buffer
}

// structure writes a type, then each backbone type inside it.
func (w *writer) structure(s structure) error {
	switch s.Kind {
	case "primitive-type":
		fmt.Fprintf(&w.types, "T\t%s\tprimitive\t\n", s.Type)
		return nil
	case "complex-type":
		return w.typ(s, s.Type, "complex")
	case "resource":
		return w.typ(s, s.Type, "resource")
	}
	return fmt.Errorf("unknown kind %s", s.Kind)
}

func (w *writer) typ(s structure, path, kind string) error {
	abstract := ""
	if s.Abstract {
		abstract = "abstract"
	}
	fmt.Fprintf(&w.types, "T\t%s\t%s\t%s\n", path, kind, abstract)
	var backbones []string
	n := 0
	for _, e := range s.Snapshot.Element {
		name, direct := strings.CutPrefix(e.Path, path+".")
		if !direct || strings.Contains(name, ".") {
			continue
		}
		n++
		if s.hasChildren(e.Path) {
			backbones = append(backbones, e.Path)
		}
		if err := w.element(s, e, name); err != nil {
			return fmt.Errorf("%s: %w", e.Path, err)
		}
	}
	if n > maxElements {
		return fmt.Errorf("%s has %d elements, at most %d are foreseen", path, n, maxElements)
	}
	for _, b := range backbones {
		if err := w.typ(s, b, "backbone"); err != nil {
			return err
		}
	}
	return nil
}

func (s structure) hasChildren(path string) bool {
	return slices.ContainsFunc(s.Snapshot.Element, func(e element) bool { return strings.HasPrefix(e.Path, path+".") })
}

// element writes one element; a contentReference is resolved to the type that
// it names.
func (w *writer) element(s structure, e element, name string) error {
	name, choice := strings.CutSuffix(name, "[x]")
	types, targets, err := s.types(e)
	if err != nil {
		return err
	}
	limit := "1"
	switch e.Max {
	case "1":
	case "*":
		limit = "-1"
	default:
		return fmt.Errorf("max %s is not foreseen", e.Max)
	}
	fmt.Fprintf(&w.types, "E\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", name, e.Min, limit, e.flags(choice),
		strings.Join(types, " "), w.valueSet(e, types), strings.Join(targets, " "))
	return nil
}

func (e element) flags(choice bool) string {
	flags := ""
	for _, f := range []struct {
		on   bool
		flag string
	}{
		{choice, "C"}, {e.IsModifier, "M"}, {e.IsSummary, "S"}, {slices.Contains(e.Representation, "xmlAttr"), "A"},
	} {
		if f.on {
			flags += f.flag
		}
	}
	return flags
}

// types gives the names of the types an element may have and, for a Reference,
// the resource types it may point to (none: any).
func (s structure) types(e element) (types, targets []string, err error) {
	if ref, is := strings.CutPrefix(e.ContentReference, "#"); is {
		return []string{ref}, nil, nil
	}
	if s.hasChildren(e.Path) {
		return []string{e.Path}, nil, nil
	}
	anything := false
	for _, t := range e.Type {
		types = append(types, typeName(e, t.Code))
		for _, profile := range t.TargetProfile {
			name := profile[strings.LastIndex(profile, "/")+1:]
			if t.Code == "Reference" {
				targets = append(targets, name)
				anything = anything || name == "Resource"
			}
		}
	}
	if len(types) == 0 {
		return nil, nil, fmt.Errorf("no type")
	}
	if anything {
		targets = nil
	}
	return types, targets, nil
}

// typeName turns a FHIRPath type into the FHIR type that the text of the
// standard names for it: the definitions say "string" even for Resource.id.
//
// Source: FHIR R4, resource.html, Resource.id: type id
func typeName(e element, code string) string {
	if !strings.HasPrefix(code, system) {
		return code
	}
	switch e.Base.Path {
	case "Resource.id":
		return "id"
	case "Extension.url":
		return "uri"
	}
	return "string"
}

// valueSet gives the name of the element's required value set and writes the
// set itself when it is first met; "" where there is none or it has no list.
func (w *writer) valueSet(e element, types []string) string {
	if e.Binding.Strength != "required" || !slices.ContainsFunc(types, bindable) {
		return ""
	}
	url := withoutVersion(e.Binding.ValueSet)
	name := url[strings.LastIndex(url, "/")+1:]
	listed, met := w.sets[name]
	if !met {
		sys, codes := w.defs.codes(url)
		listed = len(codes) > 0
		w.sets[name] = listed
		if listed {
			fmt.Fprintf(&w.valueSets, "V\t%s\t%s\t%s\n", name, sys, strings.Join(codes, " "))
		}
	}
	if !listed {
		return ""
	}
	return name
}

// bindable tells the types whose codes the reader checks.
func bindable(typ string) bool { return typ == "code" || typ == "CodeableConcept" }
