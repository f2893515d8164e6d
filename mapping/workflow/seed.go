package workflow

import (
	"slices"
	"time"
)

// SeedRow says what somebody is asked to do so that a handoff is warm: since when and while, by whom, by when, and what shows that it was done. How
// soon it is due says the deadline of the same timer; from which level on it stands written, and for whom, say the effects of the same timer.
type SeedRow struct {
	Seed   string // the row of the seeds: "A5"
	Words  string // what is asked, for people
	Begins string // since when, and while, in words
	Timer  string // the deadline by which it is due, and the timer of what is written
	Kind   EffectKind
	What   string // a code of urn:warmhandoff:todo or urn:warmhandoff:message
	For    Role
	Closes string   // what closes it, in words
	Shown  []string // the elements of warmth of which one that is done, or does not apply, closes it
	Flag   string   // said once it is overdue; "" nothing
	Source string

	since func(f *folding, h *Handoff) time.Time // zero: not asked
	done  func(f *folding, h *Handoff) bool      // closed by something else than an element; nil: by those alone
	visit bool                                   // may be done up to and at a booked visit: then it is due at the visit
}

// What the seeds ask for, as codes of todos and messages.
const (
	AssignNavigator = "assign-navigator"
	CallFirst       = "call-first"
	CallAgency      = "call-agency"
	ReadBackNow     = "read-back"
	Introduce       = "introduce"
	AskBarriers     = "ask-barriers"
	Arrange         = "arrange"
	GivePlan        = "give-plan"
	CheckInNow      = "check-in"
	ReadStory       = "read-story"
	HowDidItGo      = "how-did-it-go"
)

// Seeds is the table of what the seeds ask for. Nothing in it decides anything. What comes due later is no more than due until then: an ordinary
// referral writes none of it.
//
// Source: local, every element in the seeds, column "if missing the workflow should"
var Seeds = []SeedRow{
	{Seed: "A8", Words: "Name a navigator", Begins: "since the leg is known, while it is open and nobody is named",
		Timer: "A8", Kind: Todo, What: AssignNavigator, For: Navigator, Closes: "a CareTeam names a navigator",
		Flag:   "No navigator is named: there is nobody whom the person can ring.",
		Source: "seed A8: assign within T1, otherwise escalate", since: (*folding).withoutNavigator},
	{Seed: "A14", Words: "Call the agency before sending", Begins: "since the release is due, until it is released, where consent lets anybody speak with the agency",
		Timer: "A14a", Kind: Todo, What: CallFirst, For: Navigator, Closes: "W2: a live call, or the coded reason for none; the release", Shown: []string{"W2"},
		Source: "seed A14: soft gate, the release asks whether they were called", since: (*folding).beforeRelease},
	{Seed: "A14", Words: "Call the agency after all", Begins: "since it was released without a call and without a reason, while the agency has not answered",
		Timer: "A14b", Kind: Todo, What: CallAgency, For: Navigator, Closes: "a live talk with the agency, a coded reason, the agency's answer; T2, which asks for the same", Shown: []string{"W2"},
		Source: "seed A14: at +1 business day remind to call", since: (*folding).releasedUncalled, done: (*folding).calledSince},
	{Seed: "A7, B4", Words: "Read back together what is said of the person", Begins: "since the release is due, until it is released",
		Timer: "A7", Kind: Todo, What: ReadBackNow, For: Navigator, Closes: "W4: read back, corrected, the person's answer, or not wanted; the release", Shown: []string{"W4"},
		Source: "seeds A7 and B4: before the release, read it back together", since: (*folding).beforeSending},
	{Seed: "A5", Words: "Introduce the person to a named worker", Begins: "since consent lets anybody speak with the agency, up to and at the first visit",
		Timer: "A5", Kind: Todo, What: Introduce, For: Navigator, Closes: "W5: introduced, or not wanted", Shown: []string{"W5"},
		Source: "seeds A5, A11 and A16: up to and at the first visit", since: (*folding).mayIntroduce, visit: true},
	{Seed: "B5", Words: "Ask the person what stands in the way", Begins: "since the leg is known, until the visit",
		Timer: "B5a", Kind: Todo, What: AskBarriers, For: Navigator, Closes: "W9: asked, all arranged, or not wanted", Shown: []string{"W9"},
		Flag:   "Nobody has asked what stands in the way of the visit.",
		Source: "seed B5: unanswered barrier questions keep the leg flagged", since: (*folding).beforeVisit, done: (*folding).askedBarriers},
	{Seed: "B5", Words: "Arrange what is needed to come", Begins: "since a visit is booked and the need is known, until the visit; for each need",
		Timer: "B5b", Kind: Todo, What: Arrange, For: Navigator, Closes: "W9: the need is met: a ride that somebody took on, an interpreter who takes part",
		Source: "seed B5: a known unmet interpreter or transport need at day -2 escalates", since: (*folding).booked},
	{Seed: "B3, B13", Words: "Give the person the plan", Begins: "since a visit is booked, or the introduction took place, until the visit",
		Timer: "B3", Kind: Todo, What: GivePlan, For: Navigator, Closes: "W7: a plan in hand, or not wanted", Shown: []string{"W7"},
		Source: "seed B3: a plan that the person can read; seed B13: introduced, no plan", since: (*folding).planDue},
	{Seed: "A15, A2", Words: "Check in with the person before the visit", Begins: "half-way between booking and visit, where they lie two days apart, and again the day before",
		Timer: "A15", Kind: Todo, What: CheckInNow, For: Navigator, Closes: "a check-in since",
		Source: "seed A15: at half-way and day -1", since: (*folding).checkInDue},
	{Seed: "A4", Words: "Ask the agency whether it has read the story", Begins: "the day before the visit",
		Timer: "A4", Kind: Todo, What: ReadStory, For: Agency, Closes: "W8: a worker of the agency opened it",
		Source: "seed A4: day -1, have you read it?", since: (*folding).booked, done: (*folding).storyRead},
	{Seed: "A3, A17", Words: "Ask the person how it was", Begins: "the day after the visit, once; never where they must not be written to",
		Timer: "A17", Kind: Message, What: HowDidItGo, For: Person, Closes: "W12: a check-in since, an answer; once it is sent it is not sent again, and no answer does not apply", Shown: []string{"W12"},
		Source: "seeds A3 and A17: invite once, never nag", since: (*folding).visitToAskAbout, done: (*folding).askedBefore},
}

// Seed clocks: what the span of a deadline that belongs to a seed counts from.
const (
	OnAsk          Clock = "ask"          // since the seed asks for it
	AskBeforeVisit Clock = "to-visit"     // it is asked so many days before the visit, and due at the visit
	DueBeforeVisit Clock = "before-visit" // it is due so many days before the visit, and then the supervisor's
	AskAfterVisit  Clock = "after-visit"  // it is asked so many days after the visit
)

// ofSeed reports a clock of the table of seeds.
func (c Clock) ofSeed() bool {
	return c == OnAsk || c == AskBeforeVisit || c == DueBeforeVisit || c == AskAfterVisit
}

// oweSeeds adds what the seeds ask for and nothing shows yet. A Task above others is asked for nothing: those below it are.
func (f *folding) oweSeeds(h *Handoff) {
	if f.l.Above {
		return
	}
	if f.coming = f.ahead(h); f.coming != nil {
		f.wake(f.coming.Start) // nobody is asked for it any more
	}
	for i := range Seeds {
		r := &Seeds[i]
		since := r.since(f, h)
		if since.IsZero() || f.shows(r.Shown) || r.done != nil && r.done(f, h) {
			continue
		}
		d := f.deadline(r)
		if d == nil || d.span(f.l.Urgency) == (Span{}) {
			continue
		}
		if r.What != Arrange {
			f.oweSeed(h, r, d, since, "")
			continue
		}
		for _, n := range f.unmet {
			f.oweSeed(h, r, d, later(since, n.since), n.what)
		}
	}
}

// deadline gives the deadline of a row, nil where the installation has none.
func (f *folding) deadline(r *SeedRow) *Deadline {
	for i := range f.rules.Deadlines {
		if d := &f.rules.Deadlines[i]; d.Clock.ofSeed() && d.Name == r.Timer {
			return d
		}
	}
	return nil
}

// oweSeed adds one thing that a seed asks for since a moment, with the times that its deadline gives.
func (f *folding) oweSeed(h *Handoff, r *SeedRow, d *Deadline, since time.Time, about string) {
	b := f.coming
	s := d.span(f.l.Urgency)
	due := Due{What: r.What, For: f.reachable(r.For), Timer: d.Name, About: about, Seed: true}
	var l ladder
	switch d.Clock {
	case OnAsk:
		l = s.ladder(since, &f.site, f.l.Urgency)
		switch {
		case r.visit && b != nil:
			f.oweAtVisit(h, due, since, b)
			return
		case b != nil && l.by.After(b.Start):
			l.real(later(since, b.Start))
		}
	case AskBeforeVisit:
		if l.from = f.eve(r, b, s); l.from.IsZero() || !f.past(l.from) {
			return
		}
		l.real(b.Start)
	case DueBeforeVisit:
		l.from = since
		l.real(later(since, f.site.days(b.Start, s.Visit)))
		l.supervisor = l.by
	case AskAfterVisit:
		f.askAfter(h, r, since, s)
		return
	}
	f.add(h, due, l)
	if n := len(h.Due) - 1; r.Flag != "" && h.Due[n].Level.reached(Red) {
		f.flag(r.Flag)
	}
}

// oweAtVisit adds what may be done up to and at the visit: it is due then, and pressing from the day before on.
func (f *folding) oweAtVisit(h *Handoff, due Due, since time.Time, b *Booking) {
	l := ladder{from: since}
	l.real(later(since, f.dayBefore(b, 1)))
	l.supervisor = time.Time{}
	f.add(h, due, l)
	h.Due[len(h.Due)-1].By = b.Start
}

// eve gives from when on something is asked before a booked visit: so many days before it at the civil hour, and a check-in half-way too. Zero for
// never: the booking was made later than that.
func (f *folding) eve(r *SeedRow, b *Booking, s Span) time.Time {
	eve := f.dayBefore(b, -s.Visit)
	if !eve.After(b.Made) {
		return time.Time{}
	}
	if r.What != CheckInNow {
		return eve
	}
	half := f.civil(Plus(b.Made, b.Start.Sub(b.Made)/2))
	halfWay := half.After(b.Made) && half.Before(eve) && f.site.days(b.Made, 2).Before(b.Start)
	switch {
	case f.elements[9].Status == NotApplicable:
	case f.past(eve) && (f.elements[9].Status == NotDone || !f.checkedIn(half, b.Start)):
		return eve
	case halfWay && f.past(half) && !f.checkedIn(b.Made, b.Start):
		return half
	case halfWay && !f.past(half):
		return half
	case !f.past(eve):
		return eve
	}
	return time.Time{}
}

// askAfter adds the one message by which the person is asked how a visit was, from so many days after it on, at the civil hour.
func (f *folding) askAfter(h *Handoff, r *SeedRow, visit time.Time, s Span) {
	day, _, _ := f.site.wall(visit)
	day.Day += s.Visit
	from := f.site.clock(day, f.rules.CivilHour)
	if !f.past(from) || !f.mayWrite() {
		return
	}
	h.Effects = append(h.Effects, Effect{
		Key: f.anew(key(r.Timer, r.What, r.Kind, r.For, stamp(from))), Kind: r.Kind, What: r.What, Timer: r.Timer, For: r.For, By: f.site.days(from, 1),
		Visit: h.Visit, Booking: f.bookingAt(h.Visit),
	})
}

// shows reports that one of these elements of warmth is done, or does not apply.
func (f *folding) shows(names []string) bool {
	for i := range Warmth {
		if slices.Contains(names, Warmth[i].Name) && f.elements[i].Status != NotDone {
			return true
		}
	}
	return false
}
