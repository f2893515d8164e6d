package mapping

import (
	"slices"
	"time"
)

// content is something of which a rule may speak: a resource, or a request and its Task, with its codes and labels.
type content struct {
	types  []string
	ref    string // "ServiceRequest/sr1"
	task   string // "Task/t1", of the referral itself
	codes  []Coding
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
		ref = ref || d.Ref == c.ref || d.Ref == c.task && d.Meaning == "related"
		task = task || d.Ref == c.task || d.Ref == c.ref && d.Meaning == "dependents"
	}
	if denies {
		return ref || task && c.task != ""
	}
	return ref && task
}

// hasCode reports content with one of some codes.
//
// Source: FHIR R4, consent.html, provision.code: "if this code is found in an instance, then the rule applies"
func (c *content) hasCode(codes []Coding) bool {
	return slices.ContainsFunc(codes, func(a Coding) bool {
		return a.Code != "" && slices.ContainsFunc(c.codes, func(b Coding) bool {
			return a.Code == b.Code && (a.System == b.System || a.System == "" || b.System == "")
		})
	})
}
