package mapping

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// appointmentFact is what an Appointment says.
type appointmentFact struct {
	Status          string
	Start, End      time.Time
	Created         time.Time
	Cancelled       workflow.BookingStatus // who cancelled, by the coded reason
	ServiceReason   bool                   // the coded reason is the provider's
	ServiceDeclined bool                   // somebody of the service declined
	Comment         bool
	Patients        []string
	Actors          []string // of the service: whoever is neither patient nor family

	warm appointmentWarmth
}

func (s Settings) readAppointment(r *fhir.Resource, f *Fact) {
	a := &appointmentFact{
		Status:    r.Get("status").Text(),
		Start:     s.instant(r.Get("start")),
		End:       s.instant(r.Get("end")),
		Created:   s.instant(r.Get("created")),
		Cancelled: workflow.CancelledUnknown,
		Comment:   r.Get("comment").Text() != "",
	}
	if m, err := strconv.Atoi(r.Get("minutesDuration").Text()); err == nil && a.End.IsZero() && !a.Start.IsZero() {
		a.End = a.Start.Add(time.Duration(m) * time.Minute)
	}
	for _, c := range codings(r.Get("cancelationReason")) {
		for _, row := range appointmentCancel {
			if row.code == c.Code {
				a.Cancelled = row.gives
			}
		}
		a.ServiceReason = a.ServiceReason || strings.HasPrefix(c.Code, "prov")
	}
	for p := range r.Get("participant").All() {
		switch ref := s.ref(p.Get("actor")); {
		case strings.HasPrefix(ref, "Patient/"):
			a.Patients = append(a.Patients, ref)
		case ref != "" && !strings.HasPrefix(ref, "RelatedPerson/"):
			a.Actors = append(a.Actors, ref)
			a.ServiceDeclined = a.ServiceDeclined || p.Get("status").Text() == "declined"
		}
	}
	a.warm = s.readAppointmentWarmth(r)
	f.Appointment = a
}

func appointmentInError(f *Fact) bool { return f.Appointment.Status == "entered-in-error" }

// appointment adds to a ledger what an Appointment says: a booking, a wait, and what became of it.
//
// Source: FHIR R4, appointment.html, AppointmentStatus; fulfilled means that planning is over, not that the visit is
func (c *leg) appointment(h *History) {
	v, taken := h.live(appointmentInError)
	if v == nil {
		return
	}
	a := v.Fact.Appointment
	b := workflow.Booking{Name: h.Key, Start: a.Start, End: a.End, Made: a.Created, Received: v.Received, Source: v.source(h.Key), Status: workflow.Booked}
	if b.Made.IsZero() {
		b.Made = firstBooked(h)
	}
	b.Moved = moves(h)
	if len(a.Patients) > 0 && !c.isSubject(a.Patients...) || !c.isHere(h, a.Actors, b.Made) {
		c.theirs = append(c.theirs, h.Key)
		return
	}
	c.bookings = append(c.bookings, h.Key)
	switch a.Status {
	case "proposed", "pending":
		b.Status = workflow.NeverBooked
	case "waitlist":
		b.Status = workflow.OnWaitlist
		c.hold(workflow.Hold{Reason: workflow.Waitlist, From: firstStatus(h, "waitlist"), Source: b.Source}, taken)
	case "cancelled":
		b.Status, b.Over = a.Cancelled, firstStatus(h, "cancelled")
		if a.Cancelled == workflow.CancelledForDeath {
			c.hold(workflow.Hold{Reason: workflow.DeathCheck, From: v.Received, Source: b.Source}, taken)
		}
	}
	if s, ok := a.sign(); ok {
		s.At, s.Booking, s.Said, s.Received, s.Source, s.Taken = workflow.Moment{At: a.Start}, h.Key, firstStatus(h, a.Status), v.Received, b.Source, taken
		c.ledger.Signs = append(c.ledger.Signs, s)
	}
	if taken {
		b.Status = workflow.NeverBooked
	}
	c.planned(a, &b)
	c.ledger.Bookings = append(c.ledger.Bookings, b)
}

// sign gives what an Appointment's status says about the visit.
func (a *appointmentFact) sign() (workflow.Sign, bool) {
	s := workflow.Sign{Voice: workflow.Record}
	switch a.Status {
	case "arrived", "checked-in", "fulfilled":
		s.Says, s.Grade, s.Note = workflow.Came, workflow.GradeB, "Appointment "+a.Status
	case "noshow":
		s.Says, s.Blame, s.Note = workflow.DidNotCome, a.blame(), "Appointment noshow"
	default:
		return s, false
	}
	return s, true
}

// blame says on whose side a no-show was. It is the person's only with exactly one patient and nothing said of the service; the service's only by
// a coded provider reason or a participant of theirs who declined; a free-text comment alone leaves it unclear.
//
// Source: local, evidence rule; a no-show is the service's only by coded word
func (a *appointmentFact) blame() workflow.Blame {
	switch {
	case a.ServiceReason || a.ServiceDeclined || a.Cancelled == workflow.CancelledService:
		return workflow.OnService
	case a.Comment || len(a.Patients) != 1:
		return workflow.Unclear
	}
	return workflow.OnPerson
}

func firstBooked(h *History) time.Time {
	for i := range h.Versions {
		if f := h.Versions[i].Fact; f != nil && f.Appointment != nil && f.Appointment.Status != "proposed" && f.Appointment.Status != "pending" && f.Appointment.Status != "waitlist" {
			return h.Versions[i].Received
		}
	}
	return time.Time{}
}

// moves gives each version of a booked Appointment that has another start than the one before it, and who wrote it.
func moves(h *History) []workflow.Reschedule {
	var list []workflow.Reschedule
	var start time.Time
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Deleted || v.Fact == nil || v.Fact.Appointment == nil || v.Fact.Appointment.Status != "booked" {
			continue
		}
		to := v.Fact.Appointment.Start
		if !start.IsZero() && !to.Equal(start) {
			list = append(list, workflow.Reschedule{At: v.Received, By: v.Role})
		}
		start = to
	}
	return list
}

func firstStatus(h *History, status string) time.Time {
	for i := range h.Versions {
		if f := h.Versions[i].Fact; f != nil && f.Appointment != nil && f.Appointment.Status == status {
			return h.Versions[i].Received
		}
	}
	return time.Time{}
}

// isSubject reports whether the person referred is among these.
func (c *leg) isSubject(patients ...string) bool {
	return c.r.subject == "" || slices.ContainsFunc(patients, func(ref string) bool { return c.r.person.is(ref) || c.r.person.was(ref) })
}

// hold adds a hold unless it was taken back.
func (c *leg) hold(h workflow.Hold, taken bool) {
	if !taken {
		c.ledger.Holds = append(c.ledger.Holds, h)
	}
}
