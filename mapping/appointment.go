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
	Status         string
	Start, End     time.Time
	Created        time.Time
	Cancelled      workflow.BookingStatus // who cancelled, by the coded reason
	ServiceReason  bool                   // the coded reason is the provider's
	Comment        bool
	Patients       []string
	Actors         []string // of the others: whoever is neither patient nor family
	Refused        []string // of all of them: who declined to take part
	RefusedInWords bool     // somebody who is named in words only declined
	Services       []string // what kind of service it is: "system|code", or words

	warm appointmentWarmth
}

// mostMinutes is how long a visit is taken for at most: a year.
const mostMinutes = 366 * 24 * 60

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
		a.End = workflow.Plus(a.Start, time.Duration(min(m, mostMinutes))*time.Minute)
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
		ref, declined := s.ref(p.Get("actor")), p.Get("status").Text() == "declined"
		switch typ := s.typeOf(p.Get("actor"), ref); {
		case typ == "Patient":
			a.Patients = append(a.Patients, ref)
		case ref != "" && typ != "RelatedPerson":
			a.Actors = append(a.Actors, ref)
		case ref == "":
			a.RefusedInWords = a.RefusedInWords || declined
		}
		if declined && ref != "" {
			a.Refused = append(a.Refused, ref)
		}
	}
	a.Services = services(codings(r.Get("serviceType")), firstOf(r.Get("serviceType")).Get("text").Text())
	f.About = s.refs(r.Get("basedOn"))
	a.warm = s.readAppointmentWarmth(r)
	f.Appointment = a
}

func appointmentInError(f *Fact) bool { return f.Appointment.Status == "entered-in-error" }

// happened are the statuses of an Appointment that say what became of it. The others plan: anybody may.
var happened = []string{"arrived", "checked-in", "fulfilled", "noshow"}

// attendedStatuses are those by which the person was there.
var attendedStatuses = []string{"arrived", "checked-in", "fulfilled"}

// appointment adds to a ledger what an Appointment says: a booking, a wait, and what became of it.
//
// Source: FHIR R4, appointment.html, AppointmentStatus; fulfilled means that planning is over, not that the visit is
// Source: local, ruling 36: a referrer may book; what happened is not theirs to say
func (c *leg) appointment(h *History) {
	plan := c.planning(h)
	v, taken := plan.live(appointmentInError)
	if v == nil {
		c.became(h, time.Time{})
		return
	}
	a := v.Fact.Appointment
	b := workflow.Booking{Name: h.Key, Start: a.Start, End: a.End, Made: a.Created, Received: v.Received, Source: v.source(h.Key), Status: workflow.Booked}
	if b.Made.IsZero() {
		b.Made = firstBooked(h)
	}
	b.Moved = moves(h)
	another := len(a.Patients) > 0 && !c.isSubject(a.Patients...) && !c.undone(h)
	if another || !c.isHere(h, a.Actors, b.Made) {
		c.theirs = append(c.theirs, h.Key)
	}
	switch {
	case !c.isHere(h, a.Actors, b.Made), another && c.household != "":
		return
	case another: // kept, and said so: it is not known that the person is one of them
		b.Status, b.Note = workflow.NeverBooked, "no patient who takes part is known to be the person"
		c.ledger.Bookings = append(c.ledger.Bookings, b)
		c.became(h, a.Start)
		return
	}
	if b.Note = c.noBooking(h, v); b.Note != "" && a.Status != "cancelled" {
		b.Status = workflow.NeverBooked
		c.ledger.Bookings = append(c.ledger.Bookings, b)
		c.became(h, a.Start)
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
	c.became(h, a.Start)
	if taken {
		b.Status = workflow.NeverBooked
	}
	c.planned(a, &b)
	c.ledger.Bookings = append(c.ledger.Bookings, b)
}

// planning gives what of an Appointment plans: all versions but those in which the referrer's side says what became of it.
func (c *leg) planning(h *History) *History {
	says := func(v Version) bool {
		return v.Fact != nil && slices.Contains(happened, v.Fact.Appointment.Status) && c.ofReferrer(&v)
	}
	if !slices.ContainsFunc(h.Versions, says) {
		return h
	}
	only := *h
	only.Versions = slices.DeleteFunc(slices.Clone(h.Versions), says)
	return &only
}

// noBooking says why an Appointment is no booking of a first visit, "" where it is one: it is not understood, it is that of the contact at which the
// person was referred, or the person takes no part in it.
//
// Source: local, ruling 33, ruling 36
func (c *leg) noBooking(h *History, v *Version) string {
	a := v.Fact.Appointment
	switch {
	case v.Fact.NotUnderstood != "":
		return "not understood: " + v.Fact.NotUnderstood
	case c.r.atOrigin(h.Key):
		return "it is where the person was referred"
	case !c.isSubject(a.Patients...) && !c.undone(h):
		return "the person takes no part in it"
	case c.personDeclined(a):
		return "the person declined to take part in it"
	}
	return ""
}

// personDeclined reports that the person is a participant, and declined.
func (c *leg) personDeclined(a *appointmentFact) bool {
	mine := 0
	for _, ref := range a.Patients {
		if !c.isSubject(ref) {
			continue
		}
		if !slices.Contains(a.Refused, ref) {
			return false
		}
		mine++
	}
	return mine > 0
}

// withOthers reports that another patient takes part as well.
func (c *leg) withOthers(a *appointmentFact) bool {
	return slices.ContainsFunc(a.Patients, func(ref string) bool { return !c.isSubject(ref) })
}

// became adds what became of an Appointment, by those who can say it. start is that of the booking as it stands now: what was said of another start is
// said of that day.
func (c *leg) became(h *History, start time.Time) {
	only, bare := c.witnessed(h)
	if !bare {
		c.setAside(h)
	}
	v, taken := only.live(appointmentInError)
	if v == nil {
		return
	}
	a := v.Fact.Appointment
	r := &record{typ: "Appointment", h: h, v: v, taken: taken, bare: bare, self: saidBySelf(only), by: a.Actors, at: workflow.Moment{At: a.Start}}
	r.place = c.placeOf("", a.Actors, v, about(r.at, v.Received))
	there := wasThere(only, v)
	if a.Status == "cancelled" && there {
		r.taken = true
	} else if !slices.Contains(happened, a.Status) {
		return
	}
	s := c.sign(r, a.Status == "fulfilled")
	s.Said = firstStatus(h, a.Status)
	if a.Start.Equal(start) {
		s.Booking = h.Key
	}
	if s.Grade == workflow.GradeX && s.Rule == withoutPerson && !r.taken && slices.Contains(attendedStatuses, a.Status) {
		s.Asks = true
	}
	switch {
	case a.Status == "noshow":
		s.Says, s.Asks = workflow.DidNotCome, false
		if s.Grade == workflow.GradeX || c.personDeclined(a) {
			s.Grade = workflow.GradeX
			break
		}
		s.Grade, s.Blame, s.Note, s.Borrows = "", c.blame(a), "Appointment noshow", ""
		if there && s.Blame == workflow.OnPerson {
			s.Blame, s.Note = workflow.Unclear, "Appointment noshow, after the person had been there"
		}
	case a.Status == "cancelled":
		s.Note = "Appointment cancelled, after the person had been there"
	}
	c.ledger.Signs = append(c.ledger.Signs, s)
	c.overwritten(only, &s, appointmentInError)
}

// setAside lists what the referrer's side says last of what became of an Appointment, where others have spoken of it too.
func (c *leg) setAside(h *History) {
	n := h.newest()
	if n == nil || n.Deleted || !c.ofReferrer(n) || !slices.Contains(happened, n.Fact.Appointment.Status) {
		return
	}
	s := c.sign(&record{typ: "Appointment", h: h, v: n, bare: true, at: workflow.Moment{At: n.Fact.Appointment.Start}, booking: h.Key}, false)
	if n.Fact.Appointment.Status == "noshow" {
		s.Says = workflow.DidNotCome
	}
	c.ledger.Signs = append(c.ledger.Signs, s)
}

// wasThere reports that an Appointment once said, of the same start, that the person was there.
//
// Source: local, ruling 36, over K1
func wasThere(h *History, now *Version) bool {
	return slices.ContainsFunc(h.Versions, func(v Version) bool {
		return v.Number < now.Number && v.Fact != nil && v.Fact.NotUnderstood == "" && v.Fact.Appointment.Start.Equal(now.Fact.Appointment.Start) &&
			slices.Contains(attendedStatuses, v.Fact.Appointment.Status)
	})
}

// blame says on whose side a no-show was. It is the person's only with exactly one patient and nothing said of the service; the service's only by
// a coded provider reason or a participant of theirs who declined; a free-text comment alone leaves it unclear.
//
// Source: local, evidence rule; a no-show is the service's only by coded word
func (c *leg) blame(a *appointmentFact) workflow.Blame {
	switch {
	case a.ServiceReason || c.serviceDeclined(a) || a.Cancelled == workflow.CancelledService:
		return workflow.OnService
	case a.Comment || len(a.Patients) != 1:
		return workflow.Unclear
	}
	return workflow.OnPerson
}

// serviceDeclined reports that a participant of the service's side declined: whoever is neither of the person's nor of the referrer's side, also one who
// is named in words only.
//
// Source: local, ruling 39
func (c *leg) serviceDeclined(a *appointmentFact) bool {
	return a.RefusedInWords || slices.ContainsFunc(a.Actors, func(ref string) bool {
		return slices.Contains(a.Refused, ref) && (c.isAgency(ref) || !c.r.isGuide(ref) && !c.referrersSide(ref))
	})
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
