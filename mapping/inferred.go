package mapping

import (
	"slices"
	"strings"

	"warmhandoff/mapping/workflow"
)

// Rival is an Appointment of another referral of the person: a record that names neither request nor appointment may be that one's.
type Rival = History

// mayBeVisit reports that an Encounter which names neither request nor appointment is one of the person at this agency, since the referral. Others are
// no business of this leg.
//
// Source: local, ruling 41
func (c *leg) mayBeVisit(r *record) bool {
	e := r.v.Fact.Encounter
	if r.place != placeAgency || r.v.Fact.Subject == "" || !c.isSubject(r.v.Fact.Subject) || !e.came() || e.Introduction || r.bare || slices.Contains(c.r.origins, r.h.Key) {
		return false
	}
	if e.Start.IsZero() {
		return !r.v.Received.Before(c.ledger.Received)
	}
	return !e.Start.At.Before(c.ledger.Authored) || sameDay(e.Start.At, c.ledger.Authored, c.s.zone())
}

// infer adds to what an Encounter without links says which appointments of this leg it may be the visit of, and which of other legs: those with which it
// agrees in what both say.
func (c *leg) infer(s *workflow.Sign, e *encounterFact) {
	s.Loose = true
	for _, key := range c.bookings {
		if a := c.booked(key); a != nil && a.agrees(e) {
			s.Nearby = append(s.Nearby, key)
		}
	}
	for i := range c.r.tasks {
		t := &c.r.tasks[i]
		if t.shape != Single || t.h.Key == c.ledger.Leg || ended(t.fact.Status) || !c.isAgency(t.fact.Owner) || c.household != "" && c.r.joint(t) != nil {
			continue
		}
		for _, key := range c.bookings { // of one agency that was asked twice: an appointment is either leg's
			if a := c.booked(key); a != nil {
				s.Others = append(s.Others, workflow.Moment{At: a.Start})
			}
		}
	}
	for i := range c.r.r.Rivals {
		if a := c.rival(&c.r.r.Rivals[i]); a != nil && a.agrees(e) {
			s.Others = append(s.Others, workflow.Moment{At: a.Start})
		}
	}
}

// rival gives an appointment of another referral of the person that may be at this agency; nil where it is none.
func (c *leg) rival(h *Rival) *appointmentFact {
	n := h.newest()
	if n == nil || n.Deleted || n.Fact == nil || n.Fact.Appointment == nil || n.Fact.NotUnderstood != "" || c.aboutHere(n.Fact) {
		return nil
	}
	a := n.Fact.Appointment
	if !slices.Contains(heldStatuses, a.Status) || a.Start.IsZero() || !c.isSubject(a.Patients...) || c.personDeclined(a) {
		return nil
	}
	switch {
	case c.anyOfAgency(a.Actors):
		return a
	case n.Role == workflow.Agency && n.Party != "" && !c.isAgency(n.Party):
		return nil
	case c.r.r.Orgs != nil && slices.ContainsFunc(a.Actors, func(ref string) bool { return len(c.r.r.Orgs(ref)) > 0 }):
		return nil // it says where, and that is elsewhere
	}
	return a
}

// heldStatuses are those of an appointment that stands or stood: live, past or missed, and not cancelled.
var heldStatuses = []string{"booked", "arrived", "checked-in", "fulfilled", "noshow"}

// booked gives what an appointment of this referral says.
func (c *leg) booked(key string) *appointmentFact {
	if h := c.r.other(key); h != nil {
		if f := lastFact(h); f != nil {
			return f.Appointment
		}
	}
	return nil
}

// agrees reports that an appointment and an Encounter may be one visit: where both name a kind of service, a place or a practitioner, at least one is
// the same.
func (a *appointmentFact) agrees(e *encounterFact) bool {
	both, same := false, false
	look := func(mine, theirs []string) {
		if len(mine) > 0 && len(theirs) > 0 {
			both = true
			same = same || slices.ContainsFunc(mine, func(one string) bool { return slices.Contains(theirs, one) })
		}
	}
	look(a.Services, e.Services)
	for _, typ := range []string{"Location/", "Practitioner/", "PractitionerRole/"} {
		look(ofType(typ, slices.Clone(a.Actors)), ofType(typ, append(slices.Clone(e.Places), e.People...)))
	}
	return same || !both
}

// Loose reports an Encounter that names neither request nor appointment.
func (h *History) Loose() bool {
	n := h.newest()
	return n != nil && n.Fact != nil && strings.HasPrefix(h.Key, "Encounter/") && len(n.Fact.About) == 0 && !n.Fact.Encounter.stay()
}
