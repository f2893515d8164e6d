package mapping

import (
	"slices"
	"time"

	"warmhandoff/fhir"
)

// content is something of which a rule may speak: a resource, or a request and its Task, with its codes and labels.
type content struct {
	types  []string
	ref    string   // "ServiceRequest/sr1"
	task   string   // "Task/t1", of the referral itself
	names  []string // by which it is named without its place: "system|value"
	codes  []Coding // that say what it is
	within []Coding // and that stand anywhere else in it
	labels []string
	at     time.Time // when it was written; zero where that is not known
	crisis bool
}

// caring are the purposes for which a person is referred; emergencies are those that hold in a crisis only, and are denied like any.
//
// Source: HL7 v3-ActReason, PurposeOfUse: treatment, care management, coordination of care, patient requested; emergency treatment
var (
	caring      = []string{"TREAT", "CAREMGT", "COC", "PATRQT"}
	emergencies = []string{"ETREAT"}
)

// ordinary are labels that say nothing special about content: a rule need not name them.
//
// Source: HL7 v3-Confidentiality: unrestricted, low, moderate, normal
var ordinary = []string{"U", "L", "M", "N"}

// labelled reports content under 42 CFR Part 2.
func (c *content) labelled() bool { return slices.Contains(c.labels, codePart2) }

// special reports content with a label that says something special about it.
func (c *content) special() bool {
	return slices.ContainsFunc(c.labels, func(label string) bool { return !slices.Contains(ordinary, label) })
}

// isOf reports whether a rule that is limited to types of resources takes content in: a permit has to name all of it, a deny some.
func (c *content) isOf(types []string, denies bool) bool {
	is := func(typ string) bool { return slices.Contains(types, typ) }
	if denies {
		return slices.ContainsFunc(c.types, is)
	}
	return len(c.types) > 0 && !slices.ContainsFunc(c.types, func(typ string) bool { return !is(typ) })
}

// isNamed reports whether a rule that is limited to data takes content in. What depends on a request takes in its Task, what a Task is related to
// takes in its request.
//
// Source: FHIR R4, consent.html, provision.data.meaning; http://hl7.org/fhir/consent-data-meaning
func (c *content) isNamed(data []datum, denies bool) bool {
	ref, task := false, c.task == ""
	for _, d := range data {
		understood := d.Meaning == "instance" || d.Meaning == "related" || d.Meaning == "dependents"
		if !understood || d.Ref == "" {
			continue
		}
		ref = ref || d.Ref == c.ref || d.Ref == c.task && d.Meaning == "related" || slices.Contains(c.names, d.name())
		task = task || d.Ref == c.task || d.Ref == c.ref && d.Meaning == "dependents"
	}
	if denies {
		return ref || task && c.task != ""
	}
	return ref && task
}

// hasCode reports content with one of some codes: what a deny names counts wherever it stands in an instance, what a permit names only where it says
// what the instance is.
//
// Source: FHIR R4, consent.html, provision.code: "if this code is found in an instance, then the rule applies"
func (c *content) hasCode(codes []Coding, denies bool) bool {
	return slices.ContainsFunc(codes, func(a Coding) bool {
		is := func(b Coding) bool {
			return a.Code == b.Code && (a.System == b.System || a.System == "" || b.System == "")
		}
		return a.Code != "" && (slices.ContainsFunc(c.codes, is) || denies && slices.ContainsFunc(c.within, is))
	})
}

// codingsWithin gives every coding in a value, at whatever depth, but for those of resources inside it and of its labels and tags.
func codingsWithin(v fhir.Value) []Coding {
	var list []Coding
	if v.Type() == "Coding" {
		return append(list, Coding{v.Get("system").Text(), v.Get("code").Text()})
	}
	for name, item := range v.Members() {
		if name == "meta" {
			continue
		}
		for one := range item.All() {
			if one.Resource() == nil {
				list = append(list, codingsWithin(one)...)
			}
		}
	}
	return list
}

// labelElements are the elements beside meta.security by which a resource of a type labels itself, or a part of itself. What a Consent labels is what
// it speaks of.
//
// Source: FHIR R4, documentreference.html, securityLabel; composition.html, confidentiality; auditevent.html, entity.securityLabel; contract.html,
// term.securityLabel
var labelElements = map[string]string{
	"DocumentReference": "securityLabel", "Composition": "confidentiality", "AuditEvent": "securityLabel", "Contract": "securityLabel",
}

// labelsOf gives the codes by which a resource is labelled.
func labelsOf(r *fhir.Resource) []string {
	list := codesIn(r.Get("meta", "security"))
	if element := labelElements[r.Type()]; element != "" {
		list = append(list, labelsIn(r.Root(), element)...)
	}
	return list
}

// labelsIn gives the codes in every element of one name in a value, at whatever depth.
func labelsIn(v fhir.Value, element string) []string {
	var list []string
	for name, item := range v.Members() {
		for one := range item.All() {
			switch {
			case one.Resource() != nil:
			case name != element:
				list = append(list, labelsIn(one, element)...)
			case one.Type() == "code":
				list = append(list, one.Text())
			default:
				for _, c := range codingsWithin(one) {
					list = append(list, c.Code)
				}
			}
		}
	}
	return list
}

// namesOf gives the names by which a resource can be named without its place, that of a document among them.
func namesOf(r *fhir.Resource) []string {
	names := Identities(r)
	if name := identifierOf(r.Get("masterIdentifier")); name != "" && name[0] != '|' {
		names = append(names, name)
	}
	return names
}
