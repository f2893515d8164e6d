package mapping

import (
	"slices"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// SystemAsked is the system of the identifier of a Task that was made because a message asked without one. Its value is what the request is
// recognised by.
const SystemAsked = "urn:warmhandoff:message#asked"

// ask makes the Task that a message leaves out: it asks the service that it is sent to, so somebody was asked, and there is a leg. A message that
// names no receiver asks nobody.
//
// Source: local, a referral by message without a Task (NHS BaRS; CA:eReC add-service-request, where the performer makes the Task later)
func (m *Message) ask() {
	request := m.only("ServiceRequest")
	if !m.Event.Asks || request == nil || len(request.Known) == 0 && request.Local == "" || m.only("Task") != nil {
		return
	}
	owner := m.Receiver
	if owner == "" {
		owner = firstOf(request.Resource.Get("performer")).Get("reference").Text()
	}
	if owner == "" || request.Resource.Get("status").Text() != "active" {
		return
	}
	id := SystemAsked + "|" + request.recognised()
	o := newObject("Task")
	o.put("identifier", []identifier{{System: SystemAsked, Value: request.recognised()}})
	o.put("status", workflow.TaskRequested)
	o.put("intent", "order")
	o.put("code", concept{Coding: []coding{{System: "http://hl7.org/fhir/CodeSystem/task-code", Code: "fulfill"}}})
	o.put("description", "Asked by a message that has no Task.")
	o.put("focus", party{Reference: request.Name})
	o.raw("for", request.Resource.Get("subject").Raw())
	for _, element := range []string{"priority", "authoredOn", "requester"} {
		if v := request.Resource.Get(element); v.Exists() {
			o.raw(element, v.Raw())
		}
	}
	if !request.Resource.Get("requester").Exists() && m.Sender != "" {
		o.put("requester", party{Reference: m.Sender})
	}
	o.put("owner", party{Reference: owner})
	if r, issues := fhir.Read(o.bytes()); len(issues) == 0 {
		m.Parts = append(m.Parts, MessagePart{Resource: r, Entry: request.Entry, Name: "urn:warmhandoff:asked", Known: []string{id}, Keep: true, Made: true})
	}
}

// recognised is the first of what a part is known by.
func (p *MessagePart) recognised() string {
	if len(p.Known) > 0 {
		return p.Known[0]
	}
	return p.Resource.Type() + "/" + p.Local
}

// decline finds the no of a receiver that has no Task to say it with.
func (m *Message) decline(s Settings) {
	if m.Event.By != ByPerformer {
		return
	}
	for _, g := range s.Guides {
		for i := range m.Parts {
			r := m.Parts[i].Resource
			if g.Name != m.Guide || r.Type() != "Encounter" || r.Get("status").Text() != "cancelled" {
				continue
			}
			for reason := range r.Get("reasonCode").All() {
				if anyIs(g.Declines, codings(reason)) {
					m.Declined = reason.Raw()
				}
			}
		}
	}
}

// Request gives the one request that a message is about, nil where there is none or several.
func (m *Message) Request() *MessagePart { return m.only("ServiceRequest") }

// Standing gives which of the Tasks that stand for a request a Task of a message is: the one with an identifier of it, else the only one that goes
// on, if that has the same owner or the message names none.
func (p *MessagePart) Standing(tasks []*fhir.Resource) *fhir.Resource {
	var open []*fhir.Resource
	known := p.known()
	for _, t := range tasks {
		if slices.ContainsFunc(namedIdentifiers(t), func(id string) bool { return known[id] }) {
			return t
		}
		if !ended(workflow.Status(t.Get("status").Text())) {
			open = append(open, t)
		}
	}
	if len(open) != 1 {
		return nil
	}
	made := slices.ContainsFunc(open[0].Get("identifier").Items(), func(id fhir.Value) bool { return id.Get("system").Text() == SystemAsked })
	if owner := p.Resource.Get("owner"); made || !owner.Exists() {
		return open[0]
	}
	return nil
}

// known gives the identifiers of a part as a set: a Task may have thousands, and what it is compared with, too.
func (p *MessagePart) known() map[string]bool {
	set := make(map[string]bool, len(p.Known))
	for _, id := range p.Known {
		set[id] = true
	}
	return set
}

// Over gives the Task of a message as the next version of one that stands: under its id, with the identifiers that both sides gave it, and with
// the owner and the code that it had where the message says none.
func (p *MessagePart) Over(standing *fhir.Resource) (*fhir.Resource, error) {
	edits, known := []fhir.Edit{fhir.SetMember("id", quoted(standing.ID()))}, p.known()
	var more []byte
	for id := range standing.Get("identifier").All() {
		if !known[identifierOf(id)] {
			more = append(append(more, ','), id.Raw()...)
		}
	}
	if len(more) > 0 { // at once: each item on its own would copy all that stand there
		edits = append(edits, fhir.AppendItem("identifier", more[1:]))
	}
	for _, element := range []string{"owner", "requester", "code", "for"} {
		if v := standing.Get(element); v.Exists() && !p.Resource.Get(element).Exists() {
			edits = append(edits, fhir.SetMember(element, v.Raw()))
		}
	}
	return fhir.ReadStored(p.Resource.With(edits...))
}

// Rejected gives a Task as it reads when its owner says no.
func (m *Message) Rejected(task *fhir.Resource) (*fhir.Resource, error) {
	return fhir.ReadStored(task.With(fhir.SetMember("status", quoted(string(workflow.TaskRejected))), fhir.SetMember("statusReason", m.Declined)))
}
