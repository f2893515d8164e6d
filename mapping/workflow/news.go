package workflow

import "time"

// What a navigator brings to the person, and what the agency hears of a request that it was sent.
const (
	TellPerson      = "tell-person"
	ReferralChanged = "referral-changed"
)

// bringNews asks a navigator to tell the person, by talking with them and not by letter, that the agency said no or took a booked visit back, until
// somebody has. Where the agency took back its yes with a visit booked, the supervisor hears of it at once.
//
// Source: local, rows 15, 41 and 42
func (f *folding) bringNews(h *Handoff) {
	since, what := f.badNews(h)
	if since.IsZero() || f.spokeAfter(since) || !f.l.Death.Confirmed.IsZero() {
		return
	}
	tell := Effect{Kind: Todo, What: TellPerson, Visit: what.at, Booking: what.name()}
	whom := []Role{Navigator}
	if h.State == Closed && what.verdict == visitUpcoming {
		whom = append(whom, Supervisor)
	}
	for _, tell.For = range whom {
		tell.Key = key("", TellPerson, Todo, tell.For, stamp(since))
		h.Effects = append(h.Effects, tell)
	}
}

// badNews says since when the person has to hear of something that the agency did, and of which visit. Zero for nothing.
func (f *folding) badNews(h *Handoff) (since time.Time, about visit) {
	switch {
	case h.State == Closed && f.said.ended != nil && f.said.end.Declines:
		if v := f.upcoming(); v != nil {
			about = *v
		}
		return f.said.ended.Said, about
	case h.State != Accepted:
		return since, about
	}
	for i := range f.visits {
		if v := &f.visits[i]; v.booking != nil && v.booking.Status == CancelledService && v.booking.Received.After(since) {
			since, about = v.booking.Received, *v
		}
	}
	return since, about
}

// tellRevised tells the agency that what it was sent has changed since: once for each change, the newest alone while it has not gone out.
//
// Source: local, row 3: already released and the content changed
func (f *folding) tellRevised(h *Handoff) {
	at := f.revised()
	if at.IsZero() || !h.State.Open() && h.State != Attended || f.reachable(Agency) != Agency {
		return
	}
	h.Effects = append(h.Effects, Effect{Key: key("", ReferralChanged, Notice, Agency, stamp(at)), Kind: Notice, What: ReferralChanged, For: Agency})
}

// revised says when the request last changed since it was released; zero where it did not.
func (f *folding) revised() time.Time {
	var at time.Time
	if f.said.released.IsZero() {
		return at
	}
	for _, r := range f.l.Revised {
		f.wake(r)
		if r.After(f.said.released) && !r.After(f.at) {
			at = later(at, r)
		}
	}
	return at
}
