package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// suits names the types of elements that a kind of parameter can compare. Of a choice, only these are followed.
//
// Source: FHIR R4, search.html, Search Parameter Types
var suits = map[string]string{
	"token":     "code Coding CodeableConcept Identifier ContactPoint boolean string id uri",
	"reference": "Reference canonical uri",
	"date":      "date dateTime instant Period Timing",
	"string":    "string markdown HumanName Address",
	"number":    "decimal integer positiveInt unsignedInt Range",
	"quantity":  "Quantity Money Range Age Duration Count Distance",
	"uri":       "uri url canonical oid uuid",
}

var (
	cast     = regexp.MustCompile(`^\(([\w.]+) as (\w+)\)(.*)$`)
	presence = regexp.MustCompile(`^([\w.]+)\.exists\(\) and ([\w.]+) != false$`)
	narrowed = regexp.MustCompile(`^where\(resolve\(\) is (\w+)\)$`)
	filtered = regexp.MustCompile(`^where\((\w+)='([\w-]+)'\)$`)
	typed    = regexp.MustCompile(`^(?:as|ofType)\((\w+)\)$`)
	name     = regexp.MustCompile(`^\w+$`)
)

// compile turns one part of an expression into paths; it gives none where the part is about another type of resource, or about elements that a
// parameter of this kind cannot compare, such as SampledData.
func compile(part, typ, kind string) ([]string, error) {
	if m := cast.FindStringSubmatch(part); m != nil {
		part = m[1] + ".as(" + m[2] + ")" + m[3]
	}
	told := false
	if m := presence.FindStringSubmatch(part); m != nil && m[1] == m[2] {
		part, told = m[1], true
	}
	steps := split(part)
	if steps[0] != typ {
		if fhir.IsResourceType(steps[0]) {
			return nil, nil
		}
		steps = append([]string{typ}, steps...) // InsurancePlan writes "name | alias"
	}
	c := compiler{kind: kind, told: told}
	if err := c.walk(typ, "", steps[1:]); err != nil {
		return nil, err
	}
	if told {
		c.paths = append(c.paths, "=false")
	}
	return c.paths, nil
}

// split cuts at the dots outside of parentheses.
func split(part string) []string {
	var steps []string
	depth, from := 0, 0
	for i, c := range part {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '.' && depth == 0:
			steps, from = append(steps, part[from:i]), i+1
		}
	}
	return append(steps, part[from:])
}

type compiler struct {
	kind  string
	told  bool
	paths []string
}

// walk follows the steps below a type; path is what was gone so far.
func (c *compiler) walk(typ, path string, steps []string) error {
	if len(steps) == 0 {
		return c.end(typ, path, "")
	}
	if m := narrowed.FindStringSubmatch(steps[0]); m != nil && len(steps) == 1 && typ == "Reference" {
		return c.end(typ, path, "?"+m[1])
	}
	if m := filtered.FindStringSubmatch(steps[0]); m != nil {
		return c.walk(typ, path+"["+m[1]+"="+m[2]+"]", steps[1:])
	}
	if !name.MatchString(steps[0]) {
		return fmt.Errorf("%s is not understood", steps[0])
	}
	t, ok := fhir.LookupType(typ)
	if !ok {
		return fmt.Errorf("there is no type %s", typ)
	}
	e, ok := t.Element(steps[0])
	if !ok {
		return fmt.Errorf("%s has no element %s", typ, steps[0])
	}
	if path != "" {
		path += "."
	}
	if !e.Choice {
		return c.walk(e.Types[0], path+e.Name, steps[1:])
	}
	return c.choice(e, path, steps[1:])
}

// choice follows every type that a choice may have, or the one that is named.
func (c *compiler) choice(e *fhir.Element, path string, steps []string) error {
	only := ""
	if len(steps) > 0 {
		if m := typed.FindStringSubmatch(steps[0]); m != nil {
			only, steps = m[1], steps[1:]
		}
	}
	if only != "" && !slices.Contains(e.Types, only) {
		return fmt.Errorf("%s is never of the type %s", e.Name, only)
	}
	for _, t := range e.Types {
		if only != "" && t != only {
			continue
		}
		if err := c.walk(t, path+e.Name+strings.ToUpper(t[:1])+t[1:], steps); err != nil {
			return err
		}
	}
	return nil
}

// end notes a path whose element can be compared.
func (c *compiler) end(typ, path, target string) error {
	switch {
	case c.told && typ != "boolean":
		c.paths = append(c.paths, path+":present")
	case slices.Contains(strings.Fields(suits[c.kind]), typ):
		c.paths = append(c.paths, path+":"+typ+target)
	}
	return nil
}
