package workflow

import (
	"slices"
	"time"
)

// Reschedule is one time that a visit was moved to another date.
type Reschedule struct {
	At time.Time // when we heard of it
	By Role      // who asked for it; "" not said
}

// anew is how soon after a cancelled visit another booking is the same visit moved.
//
// Source: local, row 13: a new Appointment and the old one cancelled within 24 h
const anew = 24 * time.Hour

// remark adds what does not decide: how often the visit was moved, and what people should know when they read the answer.
func (f *folding) remark(h *Handoff) {
	h.Reschedules = f.reschedules()
	f.remarkMisses()
	f.remarkLate(h)
	if h.State.Open() {
		f.remarkBookings()
		for _, q := range f.questions {
			f.flag(q)
		}
	}
}

// reschedules gives every move of a visit, by time: a booking with another start, and a booking that was made when another was cancelled.
//
// Source: local, rows 11 and 13
func (f *folding) reschedules() []Reschedule {
	var list []Reschedule
	for i := range f.l.Bookings {
		b := &f.l.Bookings[i]
		if !b.stands() {
			continue
		}
		list = append(list, b.Moved...)
		if old := f.replaced(b); old != nil {
			list = append(list, Reschedule{At: later(b.Made, old.Received), By: cancelledBy[old.Status]})
		}
	}
	slices.SortFunc(list, func(a, b Reschedule) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return compareText(string(a.By), string(b.By))
	})
	return list
}

// cancelledBy says who asked for another date, by how the old one was cancelled.
var cancelledBy = map[BookingStatus]Role{CancelledPerson: Person, CancelledService: Agency, CancelledUnknown: ""}

// replaced gives the cancelled booking that another stands in for: the one cancelled nearest to when the other was made, where no booking made in
// between took its place. nil for none.
func (f *folding) replaced(by *Booking) *Booking {
	var best *Booking
	for i := range f.l.Bookings {
		if b := &f.l.Bookings[i]; b.replacedBy(by) && (best == nil || b.closer(best, by.Made)) {
			best = b
		}
	}
	if best == nil || slices.ContainsFunc(f.l.Bookings, func(o Booking) bool { return o.stands() && o.Made.Before(by.Made) && best.replacedBy(&o) }) {
		return nil
	}
	return best
}

// stands reports a booking that was made, whatever became of it.
func (b *Booking) stands() bool { return b.Status != NeverBooked && b.Status != OnWaitlist }

// replacedBy reports that a booking was cancelled, and another one made for it.
func (b *Booking) replacedBy(o *Booking) bool {
	if b.Status == Booked { // most are
		return false
	}
	_, cancelled := cancelledBy[b.Status]
	return cancelled && b.Name != o.Name && b.Made.Before(o.Made) && apart(b.Received, o.Made) <= anew
}

// closer reports that b was cancelled nearer to a moment than o; of two as near, the one that comes first by name.
func (b *Booking) closer(o *Booking, at time.Time) bool {
	mine, theirs := apart(b.Received, at), apart(o.Received, at)
	return mine < theirs || mine == theirs && b.Name < o.Name
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }

// remarkMisses says of every missed visit of which nothing shows that the person knew of it that they may not have.
//
// Source: local, row 21; NHS rule on first did-not-attend: the appointment was clearly communicated
func (f *folding) remarkMisses() {
	for i := range f.visits {
		if v := &f.visits[i]; v.verdict == visitMissed && !f.wasTold(v) {
			f.flag("The person may not have known of the visit on " + v.at.Date(f.rules.Zone) + ".")
		}
	}
}

// wasTold reports that the person was told of a visit, once it was booked for that time: they hold a plan, or a reminder was sent.
func (f *folding) wasTold(v *visit) bool {
	var since time.Time
	if b := v.booking; b != nil {
		since = b.Made
		for _, m := range b.Moved {
			since = later(since, m.At)
		}
	}
	for i := range f.l.Marks {
		if m := &f.l.Marks[i]; m.Element == PlanGiven && m.Waived == "" && !m.At.Before(since) && m.At.Before(v.at.At) {
			return true
		}
	}
	return slices.ContainsFunc(f.l.Told, func(t Telling) bool {
		return t.What == "reminder" && !t.Open && !t.Dropped && v.booking != nil && t.Booking == v.booking.Name && t.Visit.At.Equal(v.at.At)
	})
}

// remarkLate says that the visit became known after somebody had ended the leg: those who were told of the end hear of it.
//
// Source: local, row 50
func (f *folding) remarkLate(h *Handoff) {
	if h.State != Attended {
		return
	}
	ended := f.withdrawn()
	if w := f.said.ended; w != nil {
		ended = w.Said
	}
	if ended.IsZero() {
		return
	}
	for i := range f.visits {
		if v := &f.visits[i]; v.verdict == visitAttended && v.tally.best.Received.After(ended) {
			f.flag("This is late news: the visit became known after the referral had ended.")
			return
		}
	}
}
