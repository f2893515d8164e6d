package mapping

import (
	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// An element that R4 marks as isModifier may turn what a resource says into its opposite. Whoever reads the resource without reading that element
// has not understood it, and must not act on it.

// knownModifiers are the URLs of modifier extensions that are understood. None is: those that are published for what is followed here (such as
// request-doNotPerform) say that something is not to be done, or not as it reads.
//
// Source: FHIR R4, extensibility.html#modifierExtension ("SHALL NOT process the resource if there is one that it does not understand")
var knownModifiers = map[string]bool{}

// modifyingFlags are the isModifier elements of what is followed that no reader reads: a resource in which one is there and is not false is not
// understood. A test holds this table and readModifiers against the published elements.
//
// Source: FHIR R4, servicerequest.html, ServiceRequest.doNotPerform
var modifyingFlags = map[string][]string{
	"ServiceRequest": {"doNotPerform"},
}

// readModifiers are the isModifier elements that are read, or about which nothing is decided here: whether somebody or some place is still there.
var readModifiers = map[string][]string{
	"ServiceRequest": {"status", "intent"}, "Task": {"status"}, "Appointment": {"status"}, "Encounter": {"status"}, "Procedure": {"status"},
	"Observation": {"status"}, "Communication": {"status"}, "Consent": {"status", "scope"}, "QuestionnaireResponse": {"status"},
	"DocumentReference": {"status"}, "CareTeam": {"status"}, "Patient": {"active", "deceased", "link"}, "HealthcareService": {"active"},
	"Location": {"status"}, "RelatedPerson": {"active"}, "Organization": {"active"},
}

// notUnderstood gives the FHIRPath of the first element of a resource that changes what the rest means in a way that is not known here, "" for none.
// What stands in a contained resource counts: it says who or what is meant.
//
// Source: local, not understood means not acted on
func notUnderstood(r *fhir.Resource) string {
	for _, m := range r.Modifiers() {
		if m.Type() != "Extension" || !knownModifiers[m.Get("url").Text()] {
			return m.Path()
		}
	}
	for _, name := range modifyingFlags[r.Type()] {
		if v := r.Get(name); v.Exists() && string(v.Raw()) != "false" || !v.Exists() && r.Get("_"+name).Exists() {
			return r.Type() + "." + name
		}
	}
	return ""
}

// NotUnderstood reports that the newest version of a ServiceRequest or Task is not understood: nobody of ours writes to it.
func (h *History) NotUnderstood() bool {
	n := h.newest()
	return n != nil && n.NotUnderstood != ""
}

// Understood gives the number of the newest version that is understood, 0 for none, or where that was a deletion.
func (h *History) Understood() int {
	if h.deletion() != nil {
		return 0
	}
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if v := &h.Versions[i]; !v.silent() {
			return v.Number
		}
	}
	return 0
}

// notUnderstood adds since when and by what a resource is one that is not understood, nothing where it is.
func (h *History) notUnderstood(list []workflow.NotUnderstood) []workflow.NotUnderstood {
	if !h.NotUnderstood() {
		return list
	}
	first := len(h.Versions) - 1
	for first > 0 && h.Versions[first-1].NotUnderstood != "" {
		first--
	}
	return append(list, workflow.NotUnderstood{At: h.Versions[first].Received, Element: h.newest().NotUnderstood, Source: h.newest().source(h.Key)})
}

// notUnderstood gives what a leg rests on and is not understood any more: its Task, the one above, and the requests that both are about.
func (q *reading) notUnderstood(t *task) []workflow.NotUnderstood {
	list := q.r.Request.notUnderstood(nil)
	if t.h.Of != "" {
		if child := q.child(t.h.Of); child != nil {
			list = child.notUnderstood(list)
		}
	}
	for up := q.above(t); up != nil; up = q.above(up) {
		list = up.h.notUnderstood(list)
	}
	return t.h.notUnderstood(list)
}
