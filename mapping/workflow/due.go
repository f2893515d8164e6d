package workflow

import (
	"slices"
	"time"
)

// owe fills in what is due for a leg in its state, with how pressing each is now, and wakes the leg when that changes.
func (f *folding) owe(h *Handoff) {
	f.oweByState(h)
	f.oweClarity(h)
	for i := range f.rules.Deadlines {
		d := &f.rules.Deadlines[i]
		if d.Clock.ofSeed() || !d.about(h.State, h.Reason) {
			continue
		}
		if from, runs := f.start(d, h); runs {
			f.oweRow(h, d, from)
		}
	}
	f.oweSeeds(h)
}

// oweByState adds what is due in states that have no row in the table: a booked visit comes at its own time, a pause has its review.
func (f *folding) oweByState(h *Handoff) {
	switch {
	case h.State == Scheduled && h.Rule == ruleLateWithdrawal:
		f.oweNow(h, "confirm-person-knows", h.Since)
	case h.State == Scheduled:
		h.Due = append(h.Due, Due{What: "visit", By: h.Visit.At, For: f.reachable(Agency), From: f.known})
	case h.State == Paused:
		f.oweReview(h)
	}
}

// oweReview adds when a pause is to be looked at again. A crisis does not sit on a waitlist: another agency is offered at once.
//
// Source: local, ends and pauses, review dates
func (f *folding) oweReview(h *Handoff) {
	p, _ := PauseOf(h.Reason)
	by := f.review(h, p)
	if !by.After(h.Since) {
		f.oweNow(h, "review", h.Since)
		return
	}
	l := ladder{from: h.Since}
	l.real(by)
	if f.l.Urgency == Crisis {
		l.supervisor = l.by
		if h.Reason == Waitlist {
			f.oweNow(h, "offer-another", h.Since)
		}
	}
	f.add(h, Due{What: "review", For: Navigator}, l)
}

// oweNow adds what is due at once: it is red from the start, and the supervisor's after a business day, in a crisis at once.
func (f *folding) oweNow(h *Handoff, what string, since time.Time) {
	l := ladder{from: since, amber: since, by: since, supervisor: f.site.after(since, f.site.length())}
	if f.l.Urgency == Crisis {
		l.supervisor = since
	}
	f.add(h, Due{What: what, For: Navigator}, l)
}

// oweRow adds what a row of the table says.
func (f *folding) oweRow(h *Handoff, d *Deadline, from time.Time) {
	due := Due{What: d.What, For: f.reachable(d.For), Timer: d.Name}
	if h.State == Unconfirmed && d.For == Agency && f.unplaced(h.Visit) {
		due.For = Navigator
	}
	if d.Clock == OnAttempt {
		l := ladder{from: f.tried.Last}
		if l.real(f.tried.next()); f.l.Urgency == Crisis {
			l.supervisor = l.by
		}
		f.add(h, due, l)
		return
	}
	u := f.l.Urgency
	if d.State == Accepted && f.afterService() || d.Clock == OnHandBack && f.tookYesBack() {
		u = u.sooner()
	}
	s := d.span(u)
	if s == (Span{}) {
		return
	}
	l := s.ladder(from, &f.site, u)
	if d.Clock != OnSilence {
		f.add(h, due, l)
		return
	}
	if f.wake(l.by); !f.at.Before(l.by) {
		f.flag("Nothing was heard from this agency for longer than it should go unasked.")
		due.From, due.By, due.Level = from, l.by, Red
		h.Due = append(h.Due, due)
	}
}

// add fills in the times and the level of what is due, and wakes the leg when the level changes next.
func (f *folding) add(h *Handoff, d Due, l ladder) {
	level, next := l.level(f.at)
	f.wake(next)
	d.From, d.By, d.Level = l.from, l.by, level
	h.Due = append(h.Due, d)
}

// reachable gives who has to act: what an agency cannot be asked, because nobody is named or nothing may be sent to it, a navigator sees to.
func (f *folding) reachable(who Role) Role {
	if who == Agency && (f.l.Agency == "" || f.said.released.IsZero() && (!f.said.agreed || f.shut())) {
		return Navigator
	}
	return who
}

// start says whether the clock of a row runs, and since when.
func (f *folding) start(d *Deadline, h *Handoff) (time.Time, bool) {
	switch d.Clock {
	case OnDischarge:
		from, first := f.discharged(h)
		return from, !from.IsZero() && first.IsZero()
	case OnFirstContact:
		from, first := f.discharged(h)
		return from, !first.IsZero() && !f.spokeAfter(first)
	case OnFirstAttempt:
		return f.known, h.Reason != DecisionNeeded && f.tried.Tried == 0
	case OnAttempt:
		return f.tried.Last, h.Reason != DecisionNeeded && f.tried.Tried > 0
	case OnHandBack:
		return h.Since, !h.ClosesNeed && !h.Void && !f.acknowledged()
	case OnSilence:
		return f.heard(), f.site.Polled && f.said.agreedOrReleased()
	}
	return f.began(h), true
}

// began says since when a leg is waiting for what comes next: since what its state rests on was known, or since what kept it from going on ended.
func (f *folding) began(h *Handoff) time.Time {
	from := f.known
	if h.State == Preparing || h.State == Offered || h.State == Accepted {
		from = later(from, f.resumed())
	}
	if from.IsZero() {
		from = later(f.l.Authored, f.l.Received)
	}
	return from
}

// resumed says when a leg last began to go on again: a hold ended, it was opened again, the person was reached and wants a visit, a visit fell
// through on the service's side. Zero for never.
func (f *folding) resumed() time.Time {
	at := later(f.said.resumed, f.said.reopened)
	for i := range f.l.Holds {
		if u := f.l.Holds[i].Until; !f.l.Holds[i].Origin && f.past(u) {
			at = later(at, u)
		}
	}
	for i := range f.l.Contacts {
		if c := &f.l.Contacts[i]; c.Result == WantsVisit && f.past(c.At) {
			at = later(at, c.At)
		}
	}
	if n := f.newest(); n.verdict == visitService && f.past(n.known) {
		at = later(at, n.known)
	}
	return at
}

// afterService reports that a date is wanted anew because the service cancelled or could not see the person: that goes faster.
//
// Source: local, T3 restarts at priority +1
func (f *folding) afterService() bool {
	n := f.newest()
	return n.verdict == visitService
}

// tookYesBack reports that the agency ended the leg after it had said yes: what comes next is then chosen faster.
//
// Source: local, row 42: priority +1
func (f *folding) tookYesBack() bool {
	w := f.said.ended
	return w != nil && f.said.end.Declines && (w.Status == TaskFailed || f.said.tookBack || f.bookedBefore(w.Said))
}

// bookedBefore reports a booking that was made by a moment: it counts as a yes.
func (f *folding) bookedBefore(at time.Time) bool {
	return slices.ContainsFunc(f.l.Bookings, func(b Booking) bool { return b.stands() && b.Made.Before(at) })
}

// discharged says when the last stay in hospital ended since the referral, and when somebody spoke with the person for the first time after it.
// Zero for never.
func (f *folding) discharged(h *Handoff) (at, spoke time.Time) {
	if h.Reason == DeathCheck {
		return at, spoke
	}
	for i := range f.l.Holds {
		s := &f.l.Holds[i]
		if s.Reason == Hospitalised && !s.Until.IsZero() && s.Until.After(f.l.Authored) && f.past(s.Until) {
			at = later(at, s.Until)
		}
	}
	if at.IsZero() {
		return at, spoke
	}
	return at, f.firstTalk(func(c *Contact) bool { return !c.At.Before(at) })
}

// firstTalk gives when the person was first spoken with in a conversation that counts; zero when they were not yet. It does not matter in which order
// conversations stand, nor for when the leg wakes.
func (f *folding) firstTalk(counts func(c *Contact) bool) time.Time {
	var first time.Time
	for i := range f.l.Contacts {
		if c := &f.l.Contacts[i]; c.ToPerson && c.talked() && counts(c) && (first.IsZero() || c.At.Before(first)) {
			first = c.At
		}
	}
	if first.IsZero() || !f.past(first) {
		return time.Time{}
	}
	return first
}

// spokeAfter reports that somebody spoke with the person after a moment.
func (f *folding) spokeAfter(first time.Time) bool {
	return !f.firstTalk(func(c *Contact) bool { return c.At.After(first) }).IsZero()
}

// heard says when the agency was heard last: a word on the Task, a booking, a sign of a visit; when it was released, where it never was.
func (f *folding) heard() time.Time {
	at := later(f.said.released, f.said.agreedAt)
	for i := range f.l.Words {
		if w := &f.l.Words[i]; w.By == Agency {
			at = later(at, w.Received)
		}
	}
	for i := range f.l.Bookings {
		at = later(at, f.l.Bookings[i].Received)
	}
	for i := range f.l.Signs {
		if s := &f.l.Signs[i]; s.Voice == Record || s.Voice == Staff {
			at = later(at, s.Received)
		}
	}
	return at
}

func (h *hearing) agreedOrReleased() bool { return h.agreed || !h.released.IsZero() }

// review gives when a pause is to be looked at again: the date that was given, or by the table of pauses.
func (f *folding) review(h *Handoff, p Pause) time.Time {
	if w := f.said.hold; w != nil && !w.Review.IsZero() && h.Reason == pauseOfWord(w) {
		return w.Review
	}
	days := p.Days
	if f.l.Urgency != Routine {
		days = p.Urgent
	}
	if p.Business {
		return f.site.after(h.Since, time.Duration(days)*f.site.length())
	}
	return f.site.days(h.Since, days)
}

// acknowledged reports that the referrer did what a hand-back asks for.
func (f *folding) acknowledged() bool {
	return slices.ContainsFunc(f.l.Told, func(t Telling) bool {
		return t.What == "choose-next" && t.Kind == Todo && t.For == Referrer && !t.Open && !t.Dropped
	})
}
