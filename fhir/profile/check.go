package profile

import (
	"fmt"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// checker is one run of a profile over a resource.
type checker struct {
	p      *Profile
	issues []fhir.Issue
}

// full reports that nothing more is told, and so nothing more need be looked at.
func (c *checker) full() bool { return len(c.issues) >= MaxIssues }

// tell adds an issue. What breaks an invariant is of that kind, and its key is said.
func (c *checker) tell(r *Rule, code fhir.Code, at, words string) {
	if c.full() {
		return
	}
	from := c.p.Name + " " + c.p.Version
	if r != nil && r.Key != "" {
		code, from = fhir.CodeInvariant, r.Key+", "+from
	}
	c.issues = append(c.issues, fhir.Issue{Severity: fhir.Error, Code: code, Expression: at, Text: fmt.Sprintf("%s (%s).", words, from)})
}

// rule checks one rule below a value, in each parent of its element that is there.
func (c *checker) rule(v fhir.Value, r *Rule) {
	if c.full() || !all(r.When, v) {
		return
	}
	if r.Of != nil {
		for _, one := range below(v, r.Path) {
			c.several(one, r)
		}
		return
	}
	parent, name := "", r.Path
	if dot := strings.LastIndexByte(r.Path, '.'); dot >= 0 {
		parent, name = r.Path[:dot], r.Path[dot+1:]
	}
	for _, p := range below(v, parent) {
		if c.full() {
			return
		}
		c.element(p, name, r)
	}
}

// several checks how many of several things are so.
func (c *checker) several(v fhir.Value, r *Rule) {
	n, names := 0, make([]string, len(r.Of))
	for i := range r.Of {
		if names[i] = r.Of[i].words(); r.Of[i].holds(v) {
			n++
		}
	}
	list := strings.Join(names, ", ")
	switch {
	case n < r.Min:
		c.tell(r, fhir.CodeRequired, v.Path(), fmt.Sprintf("There must be %d of these: %s", r.Min, list))
	case r.Max == None && n > 0:
		c.tell(r, fhir.CodeStructure, v.Path(), "There must be none of these: "+list)
	case r.Max > 0 && n > r.Max:
		c.tell(r, fhir.CodeStructure, v.Path(), fmt.Sprintf("There may be %d of these and there are %d: %s", r.Max, n, list))
	}
}

// element checks one rule for the element of one parent.
func (c *checker) element(parent fhir.Value, name string, r *Rule) {
	found := values(parent, name)
	what := name
	if r.Slice != nil {
		found = slices.DeleteFunc(found, func(v fhir.Value) bool { return !all(r.Slice.Where, v) })
		what = "these (" + r.Slice.Name + ": " + testWords(r.Slice.Where) + ")"
	}
	at := parent.Path() + "." + name
	switch {
	case len(found) < r.Min && r.Slice != nil:
		c.tell(r, fhir.CodeRequired, at, fmt.Sprintf("At least %d of %s must be %s: %s", r.Min, name, r.Slice.Name, testWords(r.Slice.Where)))
	case len(found) < r.Min && r.Min > 1:
		c.tell(r, fhir.CodeRequired, at, fmt.Sprintf("At least %d of %s are required and there are %d", r.Min, name, len(found)))
	case len(found) < r.Min:
		c.tell(r, fhir.CodeRequired, at, "The element "+name+" is required")
	case r.Max == None && len(found) > 0:
		c.tell(r, fhir.CodeStructure, at, "There may be none of "+what)
	case r.Max > 0 && len(found) > r.Max:
		c.tell(r, fhir.CodeStructure, at, fmt.Sprintf("There may be %d of %s and there are %d", r.Max, what, len(found)))
	}
	for _, v := range found {
		if c.full() {
			return
		}
		c.value(v, parent, name, r)
	}
}

// value checks one value against what a rule says of it.
func (c *checker) value(v, parent fhir.Value, name string, r *Rule) {
	if r.Is != nil && !r.Is.in(v) {
		c.tell(r, fhir.CodeValue, v.Path(), "This must be "+r.Is.words())
	}
	if r.OneOf != nil && !among(v, r.OneOf) {
		c.outside(v, r)
	}
	if len(r.Targets) > 0 {
		c.target(v, r)
	}
	if suffix, _ := parent.Choice(name); len(r.Types) > 0 && !slices.ContainsFunc(r.Types, func(t string) bool { return strings.EqualFold(t, suffix) }) {
		c.tell(r, fhir.CodeStructure, v.Path(), "The type of this is one of "+strings.Join(r.Types, ", "))
	}
	if r.Day && v.Type() == "dateTime" && v.Text() != "" && len(v.Text()) < len("2026-01-02") {
		c.tell(r, fhir.CodeValue, v.Path(), "This must say the day at least")
	}
	if r.Form != nil && v.Text() != "" && !r.Form.Keeps(v.Text()) {
		c.tell(r, fhir.CodeValue, v.Path(), "This must be "+r.Form.Words)
	}
	for i := range r.Each {
		c.rule(v, &r.Each[i])
	}
}

// outside tells of a code that is not in a set.
func (c *checker) outside(v fhir.Value, r *Rule) {
	if c.full() {
		return
	}
	if c.tell(r, fhir.CodeCodeInvalid, v.Path(), "The code is one of "+setWords(r.OneOf)); r.Extensible {
		c.issues[len(c.issues)-1].Severity = fhir.Information
	}
}

// target checks what a reference points to, where it says that: by its text, its type, or what is contained.
func (c *checker) target(v fhir.Value, r *Rule) {
	typ := v.Get("type").Text()
	ref, ok := fhir.ParseReference(v.Get("reference").Text())
	switch {
	case ok && ref.Type != "":
		typ = ref.Type
	case ok && ref.Fragment != "":
		if in := v.Holder().Contained(ref.Fragment); in != nil {
			typ = in.Type()
		}
	}
	if typ != "" && !slices.Contains(r.Targets, typ) {
		c.tell(r, fhir.CodeValue, v.Path(), "This refers to "+typ+"; allowed is "+strings.Join(r.Targets, ", "))
	}
}

// codings checks every Coding below a value that is of a system which is known whole. Resources inside say themselves what they keep.
func (c *checker) codings(v fhir.Value) {
	for _, m := range v.Members() {
		for item := range m.All() {
			if c.full() {
				return
			}
			if item.Resource() != nil {
				continue
			}
			if item.Type() == "Coding" {
				c.coding(item)
			}
			c.codings(item)
		}
	}
}

func (c *checker) coding(v fhir.Value) {
	system, code := v.Get("system").Text(), v.Get("code").Text()
	for i := range c.p.Systems {
		if s := &c.p.Systems[i]; code != "" && s.System == system && !slices.Contains(s.Codes, code) {
			c.tell(nil, fhir.CodeCodeInvalid, v.Path()+".code", system+" has no code "+code)
		}
	}
}
