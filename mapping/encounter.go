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
	Kind         kind // of encounter, by its class
	Introduction bool
	Typed        bool
	Start        workflow.Moment
	End          time.Time
	EndsBefore   bool // its end lies before its start
	Provider     string
	Appointments []string
	People       []string // participant.individual
	Places       []string // location.location
	Services     []string // what kind of service it was: "system|code", or words
	BasedOn      []string
	PartOf       string

	ProviderInWords bool // serviceProvider names somebody in words only
}

func (s Settings) readEncounter(r *fhir.Resource, f *Fact) {
	s.readSubject(r, f)
	e := &encounterFact{
		Status:       r.Get("status").Text(),
		Class:        r.Get("class", "code").Text(),
		Typed:        r.Get("type").Exists(),
		Introduction: anyIs([]Coding{introduction}, codings(r.Get("type"))),
		Start:        s.moment(r.Get("period", "start")),
		End:          s.endOf(r.Get("period", "end")),
		Provider:     s.ref(r.Get("serviceProvider")),
		Appointments: s.refs(r.Get("appointment")),
		Services:     services(codings(r.Get("serviceType")), r.Get("serviceType", "text").Text()),
		BasedOn:      s.refs(r.Get("basedOn")),
		PartOf:       s.ref(r.Get("partOf")),
	}
	e.ProviderInWords = e.Provider == "" && r.Get("serviceProvider").Exists()
	e.Kind = s.kindOf(Coding{r.Get("class", "system").Text(), e.Class})
	for l := range r.Get("location").All() {
		if ref := s.ref(l.Get("location")); ref != "" {
			e.Places = append(e.Places, ref)
		}
	}
	e.EndsBefore = !e.End.IsZero() && e.End.Before(e.Start.At)
	for p := range r.Get("participant").All() {
		if ref := s.ref(p.Get("individual")); ref != "" {
			e.People = append(e.People, ref)
		}
	}
	f.About = append(slices.Clone(e.BasedOn), e.Appointments...)
	f.Encounter = e
}

func encounterInError(f *Fact) bool {
	return f.Encounter.Status == "entered-in-error"
}

// stay reports a stay in hospital.
func (e *encounterFact) stay() bool { return e.Kind == kindStay }

// here reports that the person has come, and nothing more is known yet.
func (e *encounterFact) here() bool { return e.Status == "arrived" || e.Status == "triaged" }

// came reports a status that says that the person came.
func (e *encounterFact) came() bool {
	return e.here() || e.Status == "in-progress" || e.Status == "onleave" || e.Status == "finished"
}

// encounter adds to a ledger what an Encounter says: a visit, the introduction, or a stay in hospital.
func (c *leg) encounter(h *History) {
	if n := lastFact(h); n == nil || n.Encounter.stay() {
		c.stay(h)
		return
	}
	if v, taken := h.live(encounterInError); v != nil && !taken && v.Fact.NotUnderstood == "" {
		if e := v.Fact.Encounter; e.Introduction && (e.Status == "finished" || e.Status == "in-progress") {
			c.encounters = append(c.encounters, h.Key)
			c.introduced(h, v, e)
		}
	}
	only, bare := c.witnessed(h)
	v, taken := only.live(encounterInError)
	if v == nil {
		return
	}
	e := v.Fact.Encounter
	r := &record{typ: "Encounter", h: h, v: v, taken: taken, bare: bare, self: saidBySelf(only), by: e.People, at: e.Start, booking: c.bookingOf(e)}
	r.place = c.placeOf(e.Provider, append(slices.Clone(e.Places), e.People...), v, about(e.Start, v.Received))
	switch {
	case r.loose() && !c.mayBeVisit(r):
		return
	case e.Status == "cancelled":
		c.cancelledEncounter(only, r)
		return
	case !e.came():
		return
	}
	s := c.sign(r, e.Status == "finished")
	s.Elsewhere = s.Grade == workflow.GradeX && s.Note == elsewhere
	if r.loose() {
		c.infer(&s, e)
	}
	c.attended(v, e, &s)
	if s.Grade != workflow.GradeX {
		c.encounters = append(c.encounters, h.Key)
	}
	c.ledger.Signs = append(c.ledger.Signs, s)
	c.overwritten(only, &s, encounterInError)
}

// elsewhere is the note of a visit record of another service: none of this leg's, and yet a reason to end it.
const elsewhere = "it is a visit at another organization"

// overwritten adds what a resource said before its newest version became one that is not understood: it stands no more, and is not forgotten.
//
// Source: local, ruling 33
func (c *leg) overwritten(h *History, s *workflow.Sign, inError func(*Fact) bool) {
	n := h.newest()
	if s.Taken || n == nil || n.Fact == nil || n.Fact.NotUnderstood == "" {
		return
	}
	before := *h
	before.Versions = slices.DeleteFunc(slices.Clone(h.Versions), func(v Version) bool { return v.Fact != nil && v.Fact.NotUnderstood != "" })
	if v, _ := before.live(inError); v == nil {
		return
	}
	l := c.ledger
	signs, bookings, holds, contacts, marks := len(l.Signs), len(l.Bookings), len(l.Holds), len(l.Contacts), len(l.Marks)
	switch n.Fact.Type {
	case "Encounter":
		c.encounter(&before)
	case "Appointment":
		c.appointment(&before)
	case "Procedure":
		c.procedure(&before)
	case "Observation":
		c.observation(&before)
	}
	c.takeBack(signs, bookings, holds, contacts, marks)
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
		if c.r.guides.Has(p) || p == c.r.requester || c.r.worksFor(p, c.r.requester) && !c.own(p) {
			return true
		}
	}
	return false
}

// cancelledEncounter: left without being seen takes back that the person came; planned and cancelled is a weak sign that there was no visit.
func (c *leg) cancelledEncounter(h *History, r *record) {
	s := c.sign(r, false)
	if s.Grade == workflow.GradeX || s.Asks {
		return // no visit of this leg was to be held
	}
	s.Grade, s.Taken, s.Borrows, s.Rule = "", false, "", ""
	for i := range h.Versions {
		f := h.Versions[i].Fact
		if f == nil || f.Encounter == nil || f.Encounter.Status == "planned" || f.Encounter.Status == "cancelled" {
			continue
		}
		s.Grade, s.Taken, s.Note = workflow.GradeB, true, "arrived, then cancelled: left without being seen"
		c.ledger.Signs = append(c.ledger.Signs, s)
		return
	}
	s.Says, s.Note = workflow.DidNotCome, "Encounter cancelled before it began"
	c.ledger.Signs = append(c.ledger.Signs, s)
}

// stay holds the referral while the person is in hospital. One that began before the referral, or at which the person was referred, holds nothing.
//
// Source: local, ruling 37
func (c *leg) stay(h *History) {
	v, taken := h.live(encounterInError)
	if v == nil || c.r.ofOther(v.Fact.Subject) || v.Fact.Encounter == nil || v.Fact.NotUnderstood != "" {
		return
	}
	e, began := v.Fact.Encounter, c.ledger.Authored
	s := workflow.Hold{Reason: workflow.Hospitalised, From: e.Start.At, Source: v.source(h.Key)}
	s.Origin = slices.Contains(c.r.origins, h.Key) || !e.Start.IsZero() && e.Start.At.Before(began) && !(e.Start.Day && sameDay(e.Start.At, began, c.s.zone()))
	switch e.Status {
	case "arrived", "triaged", "in-progress", "onleave":
		if !s.Origin {
			s.From = later(e.Start.At, began)
		}
		c.hold(s, taken)
	case "finished":
		if s.Until = e.End; !e.End.IsZero() {
			c.hold(s, taken)
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
