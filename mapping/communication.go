package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// communicationFact is what a Communication says.
type communicationFact struct {
	Status   string
	Elements []string
	Results  []string
	Media    []string
	At       time.Time // sent, else received
	Sender   string
	To       []string
	Tasks    []string // about or basedOn: one leg alone

	warm communicationWarmth
}

func (s Settings) readCommunication(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("subject"))
	m := &communicationFact{
		Status:   r.Get("status").Text(),
		Elements: codesOf(codings(r.Get("category")), SystemElement),
		Results:  codesOf(codings(r.Get("reasonCode")), SystemContactResult),
		At:       s.instant(r.Get("sent")),
		Sender:   s.ref(r.Get("sender")),
		To:       s.refs(r.Get("recipient")),
		Tasks:    tasksAmong(s.refs(r.Get("basedOn")), s.refs(r.Get("about"))),
	}
	if m.At.IsZero() {
		m.At = s.instant(r.Get("received"))
	}
	m.warm = s.readCommunicationWarmth(r)
	if m.warm.Waived == "" || slices.Contains(m.Elements, outreach) {
		m.Results = append(m.Results, codesOf(codings(r.Get("statusReason")), SystemContactResult)...)
	}
	for _, c := range codings(r.Get("medium")) {
		m.Media = append(m.Media, c.Code)
	}
	f.Communication = m
	s.readEffect(r, f)
}

func tasksAmong(lists ...[]string) []string {
	var found []string
	for _, list := range lists {
		for _, ref := range list {
			if strings.HasPrefix(ref, "Task/") {
				found = append(found, ref)
			}
		}
	}
	return found
}

func communicationInError(f *Fact) bool { return f.Communication.Status == "entered-in-error" }

// communication adds what a Communication says: an attempt to reach the person, or an element of warmth. It is never evidence of a visit.
//
// Source: local, e-mail, letters, reminders and their answers are not evidence
func (c *leg) communication(h *History) {
	v, taken := h.live(communicationInError)
	if v == nil || taken {
		return
	}
	m := v.Fact.Communication
	if c.another(v, m.Sender) || len(m.Tasks) > 0 && !slices.Contains(m.Tasks, c.ledger.Leg) && !slices.Contains(m.Tasks, c.household) {
		return
	}
	at := m.At
	if at.IsZero() {
		at = v.Received
	}
	if c.agreed(v, m) {
		c.ledger.Yeses = append(c.ledger.Yeses, workflow.Yes{At: at, Source: v.source(h.Key)})
	} else if result, ok := m.result(); ok {
		c.ledger.Contacts = append(c.ledger.Contacts, workflow.Contact{
			Result: result, At: at, ToPerson: c.toPerson(m), Self: c.withSelf(m), Role: v.Role, Mode: m.mode(), By: m.Sender,
			Supporter: m.anyTo("RelatedPerson/"), Source: v.source(h.Key),
		})
	}
	c.warmth(h, v, m, at)
}

// agreed is what came of a call to the agency that said yes.
const agreed = "agreed"

// agreed reports the agency's yes by telephone: a conversation that took place, with somebody other than the person, written down by whoever may
// speak for either side.
func (c *leg) agreed(v *Version, m *communicationFact) bool {
	mayTell := v.Role == workflow.Agency && c.isAgency(v.Party) || v.Role == workflow.Navigator || v.Role == workflow.Supervisor || v.Role == workflow.Referrer || v.Role == ""
	return mayTell && m.Status == "completed" && slices.Contains(m.Results, agreed) && !c.toPerson(m)
}

// result gives what came of an attempt to reach the person: by its code, or for an outreach by whether it took place.
func (m *communicationFact) result() (workflow.ContactResult, bool) {
	for _, r := range contactResults {
		if slices.Contains(m.Results, string(r)) {
			return r, true
		}
	}
	switch {
	case !slices.Contains(m.Elements, outreach):
		return "", false
	case m.Status == "not-done":
		return workflow.NotReached, true
	case m.Status == "completed":
		return workflow.Reached, true
	}
	return "", false
}

func (m *communicationFact) anyTo(prefix string) bool {
	return slices.ContainsFunc(m.To, func(ref string) bool { return strings.HasPrefix(ref, prefix) })
}

func (c *leg) toPerson(m *communicationFact) bool {
	return m.anyTo("Patient/") || m.anyTo("RelatedPerson/") || strings.HasPrefix(m.Sender, "Patient/") || len(m.To) == 0 && slices.Contains(m.Elements, outreach)
}

// withSelf reports that the person's own self took part, not somebody of theirs.
func (c *leg) withSelf(m *communicationFact) bool {
	return m.anyTo("Patient/") || strings.HasPrefix(m.Sender, "Patient/")
}
