package mapping

import (
	"slices"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// encounterFact is what an Encounter says.
type encounterFact struct {
	Status       string
	Class        string
	Introduction bool
	Typed        bool
	Start        workflow.Moment
	End          time.Time
	EndsBefore   bool // its end lies before its start
	Provider     string
	Appointments []string
	People       []string // participant.individual
}

func (s Settings) readEncounter(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("subject"))
	e := &encounterFact{
		Status:       r.Get("status").Text(),
		Class:        r.Get("class", "code").Text(),
		Typed:        r.Get("type").Exists(),
		Introduction: anyIs([]Coding{introduction}, codings(r.Get("type"))),
		Start:        s.moment(r.Get("period", "start")),
		End:          s.endOf(r.Get("period", "end")),
		Provider:     s.ref(r.Get("serviceProvider")),
		Appointments: s.refs(r.Get("appointment")),
	}
	e.EndsBefore = !e.End.IsZero() && e.End.Before(e.Start.At)
	for p := range r.Get("participant").All() {
		if ref := s.ref(p.Get("individual")); ref != "" {
			e.People = append(e.People, ref)
		}
	}
	f.Encounter = e
}

func encounterInError(f *Fact) bool {
	return f.Encounter.Status == "entered-in-error"
}

func (e *encounterFact) stay() bool { return slices.Contains(inpatient, e.Class) }

// encounter adds to a ledger what an Encounter says: a visit, the introduction, or a stay in hospital.
func (c *leg) encounter(h *History) {
	v, taken := h.live(encounterInError)
	if v == nil {
		return
	}
	e := v.Fact.Encounter
	switch {
	case e.stay():
		c.stay(h, v, taken)
		return
	case e.Introduction:
		if !taken && (e.Status == "finished" || e.Status == "in-progress") {
			c.encounters = append(c.encounters, h.Key)
			c.introduced(h, v, e)
		}
		return
	case e.Status == "cancelled":
		c.cancelledEncounter(h, v)
		return
	}
	s := workflow.Sign{Says: workflow.Came, Voice: workflow.Record, At: e.Start, Said: v.Received, Received: v.Received, Taken: taken, Source: v.source(h.Key)}
	s.Booking = c.bookingOf(e)
	s.Grade, s.Note = c.gradeEncounter(v, e, s.Booking != "")
	s.Elsewhere = s.Grade == workflow.GradeX && s.Note == elsewhere
	if s.Grade == "" {
		return
	}
	c.attended(e, &s)
	c.encounters = append(c.encounters, h.Key)
	c.ledger.Signs = append(c.ledger.Signs, s)
}

// elsewhere is the note of a visit record of another service: none of this leg's, and yet a reason to end it.
const elsewhere = "it is a visit at another organization"

// gradeEncounter grades a visit record. "" when it says nothing about a visit yet.
//
// Source: local, evidence rule, grades A and B; K10, K11
func (c *leg) gradeEncounter(v *Version, e *encounterFact, booked bool) (workflow.Grade, string) {
	grade := workflow.GradeA
	switch e.Status {
	case "in-progress", "onleave", "finished":
	case "arrived", "triaged":
		grade = workflow.GradeB
	default:
		return "", ""
	}
	switch {
	case slices.Contains(emergency, e.Class):
		return workflow.GradeX, "an emergency encounter is not the first visit"
	case e.EndsBefore:
		return workflow.GradeX, "it ends before it starts"
	case v.Fact.Subject != "" && !c.isSubject(v.Fact.Subject):
		return workflow.GradeX, "it is about somebody else"
	}
	place := c.provider(e.Provider, v, about(e.Start, v.Received))
	switch {
	case place == placeReferrer:
		return workflow.GradeX, "it is a visit at the referrer"
	case place == placeElsewhere && !booked:
		return workflow.GradeX, elsewhere
	case !booked && c.maybeIntroduction(e):
		return workflow.GradeE, "it may be the introduction: a navigator or the referrer took part, and no visit was booked"
	}
	inferred := e.Start.IsZero() || place == placeElsewhere || place == placeUnsaid && !booked || v.Fact.Subject == "" && !booked
	if grade == workflow.GradeA && inferred {
		return workflow.GradeB, "Encounter " + e.Status + ", its link inferred"
	}
	return grade, "Encounter " + e.Status
}

// maybeIntroduction is K11: linked by basedOn alone, untyped, before any first visit was booked, with our navigator or the referrer's staff.
func (c *leg) maybeIntroduction(e *encounterFact) bool {
	booked := func(b workflow.Booking) bool {
		return b.Status != workflow.NeverBooked && b.Status != workflow.OnWaitlist
	}
	if e.Typed || slices.ContainsFunc(c.ledger.Bookings, booked) {
		return false
	}
	for _, p := range e.People {
		if slices.Contains(c.r.guides, p) || p == c.r.requester || c.r.worksFor(p, c.r.requester) {
			return true
		}
	}
	return false
}

// cancelledEncounter: left without being seen takes back that the person came; planned and cancelled is a weak sign that there was no visit.
func (c *leg) cancelledEncounter(h *History, v *Version) {
	e := v.Fact.Encounter
	s := workflow.Sign{Voice: workflow.Record, At: e.Start, Booking: c.bookingOf(e), Said: v.Received, Received: v.Received, Source: v.source(h.Key)}
	place := c.provider(e.Provider, v, about(e.Start, v.Received))
	if place == placeReferrer || place == placeElsewhere && s.Booking == "" || slices.Contains(emergency, e.Class) || v.Fact.Subject != "" && !c.isSubject(v.Fact.Subject) {
		return // no visit of this leg was to be held
	}
	for i := range h.Versions {
		f := h.Versions[i].Fact
		if f == nil || f.Encounter == nil || f.Encounter.Status == "planned" || f.Encounter.Status == "cancelled" {
			continue
		}
		s.Says, s.Grade, s.Taken, s.Note = workflow.Came, workflow.GradeB, true, "arrived, then cancelled: left without being seen"
		c.ledger.Signs = append(c.ledger.Signs, s)
		return
	}
	s.Says, s.Note = workflow.DidNotCome, "Encounter cancelled before it began"
	c.ledger.Signs = append(c.ledger.Signs, s)
}

// stay holds the referral while the person is in hospital.
func (c *leg) stay(h *History, v *Version, taken bool) {
	e := v.Fact.Encounter
	if c.r.foreign(v.Fact.Subject) {
		return
	}
	switch e.Status {
	case "arrived", "triaged", "in-progress", "onleave":
		c.hold(workflow.Hold{Reason: workflow.Hospitalised, From: later(e.Start.At, c.ledger.Authored), Source: v.source(h.Key)}, taken)
	case "finished":
		if !e.End.IsZero() {
			c.hold(workflow.Hold{Reason: workflow.Hospitalised, From: e.Start.At, Until: e.End, Source: v.source(h.Key)}, taken)
		}
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// bookingOf gives the appointment of this referral that an Encounter names.
func (c *leg) bookingOf(e *encounterFact) string {
	for _, a := range e.Appointments {
		if slices.Contains(c.bookings, a) {
			return a
		}
	}
	return ""
}
