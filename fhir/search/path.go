package search

import (
	"strings"
	"time"

	"warmhandoff/fhir"
)

// form is a bit for the type of element that values are read from.
type form uint32

const (
	aReference form = 1 << iota
	aConcept
	aCoding
	anIdentifier
	aContact
	aCode
	aBoolean
	present // it is there; its value does not matter
	plain   // the text as it stands
	aCanonical
	aDate
	anInstant
	aPeriod
	aTiming
	words // string, markdown
	aName
	anAddress
	aNumber
	aRange
	aQuantity
	aMoney
)

// formOf is how the values of each type of element are read. A type that is not named is text.
var formOf = map[string]form{
	"Reference": aReference, "CodeableConcept": aConcept, "Coding": aCoding, "Identifier": anIdentifier, "ContactPoint": aContact, "code": aCode,
	"boolean": aBoolean, "present": present, "canonical": aCanonical, "date": aDate, "dateTime": aDate, "instant": anInstant, "Period": aPeriod,
	"Timing": aTiming, "markdown": words, "HumanName": aName, "Address": anAddress, "decimal": aNumber, "integer": aNumber,
	"positiveInt": aNumber, "unsignedInt": aNumber, "Range": aRange, "Quantity": aQuantity, "Age": aQuantity, "Duration": aQuantity,
	"Count": aQuantity, "Distance": aQuantity, "Money": aMoney,
}

// width says that no value of the form is longer; 0 if there is no telling.
func (f form) width() time.Duration {
	switch f {
	case anInstant:
		return time.Second
	case aDate:
		return 367 * 24 * time.Hour // a year, and what its zones may differ by
	}
	return 0
}

// path leads from a resource to the elements that a parameter is read from.
type path struct {
	steps []string // JSON names, with a filter as the table writes it: "telecom[system=phone]"
	form  form
	only  string // references to this type of target, or of no known type; "" for all
}

func parsePath(text string) path {
	names, typ, _ := strings.Cut(text, ":")
	typ, only, _ := strings.Cut(typ, "?")
	f, ok := formOf[typ]
	if !ok {
		f = plain
	}
	return path{steps: strings.Split(names, "."), form: f, only: only}
}

// node is a place in the tree of all paths of a type, so that a resource is walked once, whatever the number of parameters.
type node struct {
	below  map[string][]*node // by JSON name
	filter string             // "system=phone", "" for none
	member string             // "system"
	wanted string             // "phone"
	leaves []leaf
}

// leaf is a parameter that is read from the element at a node.
type leaf struct {
	param *Param
	form  form
	only  string
}

// plant adds the paths of a parameter.
func (n *node) plant(q *Param) {
	for _, w := range q.paths {
		at := n
		for _, step := range w.steps {
			at = at.child(step)
		}
		f := w.form
		if f == plain && q.Kind == String {
			f = words
		}
		at.leaves = append(at.leaves, leaf{q, f, w.only})
	}
}

func (n *node) child(step string) *node {
	name, filter, _ := strings.Cut(strings.TrimSuffix(step, "]"), "[")
	for _, c := range n.below[name] {
		if c.filter == filter {
			return c
		}
	}
	c := &node{filter: filter}
	c.member, c.wanted, _ = strings.Cut(filter, "=")
	if n.below == nil {
		n.below = map[string][]*node{}
	}
	n.below[name] = append(n.below[name], c)
	return c
}

// walk follows the tree as far as the value does.
func (g *gatherer) walk(n *node, v fhir.Value) {
	if len(n.below) == 0 {
		return
	}
	for name, member := range v.Members() {
		for _, c := range n.below[name] {
			for item := range member.All() {
				if c.filter != "" && item.Get(c.member).Text() != c.wanted {
					continue
				}
				for i := range c.leaves {
					g.leaf(&c.leaves[i], item)
				}
				g.walk(c, item)
			}
		}
	}
}
