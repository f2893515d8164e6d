package workflow

import (
	"slices"
	"time"
)

// What a record that lacks its time, or its link, is worth by the appointments of its leg.

// linked gives a sign that names neither request nor appointment with the appointment whose visit it is by inference: one of the same local day, within
// the window of a late arrival, where no other leg has one that it may be the visit of as well. Where there is none, somebody is asked.
//
// Source: local, ruling 41
func (f *folding) linked(s *Sign) *Sign {
	if !s.Loose || s.Grade != GradeB {
		return s
	}
	one := *s
	if b := f.nearby(s); b != nil && !slices.ContainsFunc(s.Others, func(m Moment) bool { return f.fits(s, m) }) {
		one.Booking = b.Name
		return &one
	}
	one.asks("it names neither the request nor an appointment")
	if s.Taken { // what never counted is not missed
		one.Grade, one.Asks = GradeX, false
	}
	return &one
}

// nearby gives the appointment of which a sign without links may be the visit: the one that starts nearest.
func (f *folding) nearby(s *Sign) *Booking {
	var best *Booking
	for i := range f.l.Bookings {
		b := &f.l.Bookings[i]
		if b.Status != Booked || !slices.Contains(s.Nearby, b.Name) || !f.fits(s, Moment{At: b.Start}) {
			continue
		}
		if best == nil || apart(b.Start, s.At.At) < apart(best.Start, s.At.At) {
			best = b
		}
	}
	return best
}

// fits reports that a sign is of the local day of an appointment and within the window of a late arrival.
func (f *folding) fits(s *Sign, start Moment) bool {
	return !s.At.IsZero() && !start.IsZero() && sameDay(s.At.At, start.At, f.site.Zone) && (s.At.Day || f.inWindow(s, start))
}

func (f *folding) inWindow(s *Sign, start Moment) bool {
	return !s.At.At.Before(Plus(start.At, -f.rules.LateBefore)) && !s.At.At.After(Plus(start.At, f.rules.LateAfter))
}

// timed gives a record without a time of its own with the time of its appointment, where that lies after the referral and was not cancelled: one that is
// over counts from the appointment's end, one under way from its start. What reached us before that start cannot know: it is a claim, and so is what
// has no such appointment.
//
// Source: local, ruling 35
func (f *folding) timed(s *Sign) *Sign {
	if s.Borrows == "" || !s.At.IsZero() || s.Grade == GradeX {
		return s
	}
	one := *s
	for i := range f.l.Bookings {
		b := &f.l.Bookings[i]
		if b.Name != s.Booking || b.Status != Booked || b.Start.IsZero() || tooEarly(Moment{At: b.Start}, f.l.Authored, f.site.Zone) {
			continue
		}
		if s.Received.Before(b.Start) {
			one.asks("it has no time of its own, and came before its appointment began")
			return &one
		}
		one.At = Moment{At: b.Start}
		if end := f.lasts(b); s.Borrows == FromEnd && f.at.Before(end) {
			one.At = Moment{At: Plus(end, f.rules.Skew)} // it waits until then
		}
		return &one
	}
	one.asks("it has no time of its own, and no appointment that gives it one")
	return &one
}

// asks makes a record a question: was this the first visit?
func (s *Sign) asks(note string) {
	s.Grade, s.Voice, s.Asks, s.Note = GradeE, Claimed, true, note
}

// lasts gives until when an appointment is to last.
func (f *folding) lasts(b *Booking) time.Time {
	if b.End.After(b.Start) {
		return b.End
	}
	return Plus(b.Start, f.rules.VisitLength)
}

// unasked reports that the agency has not been asked yet: what it does with the person is its own business.
func (f *folding) unasked() bool {
	return !f.said.agreedOrReleased() && f.said.telephone.IsZero() && len(f.l.Bookings) == 0
}

// unplaced reports that what makes a visit a question is nothing but records that name neither request nor appointment: a navigator finds out.
//
// Source: local, ruling 41
func (f *folding) unplaced(at Moment) bool {
	return slices.ContainsFunc(f.visits, func(v visit) bool {
		return v.at == at && v.verdict == visitClaimed && !v.tally.bare && !slices.ContainsFunc(v.tally.asked, func(s *Sign) bool { return !s.Loose })
	})
}

// question says in plain words what has to be found out about a record.
func (s *Sign) question() string {
	return "Ask whether this was the first visit: " + resourceOf(s.Source) + " (" + s.Note + ")."
}

// remarkBookings says what is to be found out about bookings: for when one is, and whether the person will be out of hospital by then.
//
// Source: local, ruling 37, ruling 44
func (f *folding) remarkBookings() {
	for i := range f.l.Bookings {
		b := &f.l.Bookings[i]
		if b.Status != Booked {
			continue
		}
		if b.Start.IsZero() {
			f.flag("A visit is booked, and nobody said for when: ask for the time.")
		}
		for j := range f.l.Holds {
			if h := &f.l.Holds[j]; h.Origin && b.Start.After(h.From) && b.Start.After(f.at) && (h.Until.IsZero() || b.Start.Before(h.Until)) {
				f.flag("The visit on " + Moment{At: b.Start}.Date(f.rules.Zone) + " is booked for a time at which the person may still be in hospital.")
			}
		}
	}
}
