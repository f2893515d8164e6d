package workflow

import (
	"fmt"
	"slices"
	"time"
)

// Sharing is what consent allows for a leg now. Nothing else opens a direction, and no direction opens another.
//
// Source: local, both directions per agency: package forward, updates forward, outcome back, copy to third
type Sharing struct {
	Package bool // the package may go to the agency
	Updates bool // and so may what changes afterwards
	Back    bool // the outcome may go to the referrer
	Copy    bool // a third party may have a copy; kept, and used for nothing yet
}

// The effects that follow from consent alone.
const (
	RenewConsent   = "renew-consent"             // Todo, navigator: a consent on which the leg rests runs out
	MayNotBeShared = "outcome-may-not-be-shared" // Notice, referrer: they may not hear how it ends
	NothingFurther = "no-further-information"    // Notice, agency: consent was taken back
)

// spanAt gives the span in force at a moment and its place, nil where nothing was said by then.
func spanAt(spans []GateSpan, at time.Time) (*GateSpan, int) {
	for i := len(spans) - 1; i >= 0; i-- {
		if !spans[i].From.After(at) {
			return &spans[i], i
		}
	}
	return nil, -1
}

// shares works out what may be told to whom now. It wakes the leg when that changes.
func (f *folding) shares(h *Handoff) {
	open := func(spans []GateSpan, unsaid bool) bool {
		for i := range spans {
			f.wake(spans[i].From)
		}
		if g, _ := spanAt(spans, f.at); g != nil {
			return g.Open
		}
		return unsaid
	}
	forward := open(f.l.Gate, false)
	h.Shares = Sharing{Package: forward, Updates: forward, Back: open(f.l.Back, len(f.l.Back) == 0), Copy: open(f.l.Copy, false)}
	h.Blind = !h.Shares.Back && f.reachedAgency(h) && !f.toldBefore(h)
	if h.Blind {
		day := f.blindDay()
		f.wake(day)
		h.Over = !day.IsZero() && !f.at.Before(day)
	}
	f.sayWhyShut(h)
}

// reachedAgency reports that there may be something to tell: the package went out, or the agency was heard of. Before that a referrer knows all
// there is to know.
func (f *folding) reachedAgency(h *Handoff) bool {
	return !f.said.released.IsZero() || h.State != Preparing && h.State != Closed
}

// toldBefore reports that what the state rests on reached us while the outcome could be told. What was told lawfully stays told.
//
// Source: local, what was lawfully sent earlier stays
func (f *folding) toldBefore(h *Handoff) bool {
	var heard time.Time
	switch h.State {
	case Attended:
		heard = f.heardOf()
	case Closed:
		if f.said.ended != nil && h.Reason != ConsentRevoked {
			heard = f.said.ended.Received
		}
	}
	if heard.IsZero() {
		return false
	}
	g, _ := spanAt(f.l.Back, heard)
	return g != nil && g.Open
}

// heardOf says when the evidence for attended first was there: when it reached us, or when the time that it is about came, whichever is later.
func (f *folding) heardOf() time.Time {
	var first time.Time
	for i := range f.visits {
		v := &f.visits[i]
		if v.verdict != visitAttended {
			continue
		}
		for _, s := range v.signs {
			if s.Says != Came || !s.Grade.proves() || s.Taken {
				continue
			}
			if there := later(s.Received, f.counts(s)); first.IsZero() || there.Before(first) {
				first = there
			}
		}
	}
	return first
}

// blindDay is when the tracking ends for a referrer who may not know the outcome: a day that does not depend on what happened.
//
// Source: local, blind ending: same text, fixed day
func (f *folding) blindDay() time.Time {
	if f.l.Received.IsZero() || f.rules.BlindDays == 0 {
		return time.Time{}
	}
	return f.site.days(f.l.Received, f.rules.BlindDays)
}

// sayWhyShut flags what consent lacks where the leg waits for it or ended by it, and that the way back is shut while the way there is open.
//
// Source: ruling 14, blind end, said to the navigator
func (f *folding) sayWhyShut(h *Handoff) {
	if h.State.Open() && h.Shares.Package && !h.Shares.Back {
		words := "A blind end: what comes of this may not go back to the referrer."
		if g, _ := spanAt(f.l.Back, f.at); g != nil && g.Why != "" {
			words += " " + g.Why
		}
		f.flag(words)
	}
	if h.Reason != ConsentMissing && h.Reason != ConsentRevoked {
		return
	}
	if g, _ := spanAt(f.l.Gate, f.at); g != nil && !g.Open && g.Why != "" {
		f.flag(g.Why)
	}
}

// shut reports that consent lets nothing go to the agency now.
func (f *folding) shut() bool {
	g, _ := spanAt(f.l.Gate, f.at)
	return g != nil && !g.Open
}

// consented adds the effects that follow from consent, and takes away those that consent does not allow: while the gate is shut nothing goes to the
// agency, and after a revocation nothing to the person either, but for one notice; while the outcome may not be told nothing goes to the referrer but one notice. It comes last.
//
// Source: local, revocation midway; blind ending; expiry warnings at 14 and 3 days
func (f *folding) consented(h *Handoff) {
	g, at := spanAt(f.l.Gate, f.at)
	stopped := f.shut() && !f.said.released.IsZero()
	back, _ := spanAt(f.l.Back, f.at)
	h.Effects = slices.DeleteFunc(h.Effects, func(e Effect) bool {
		untold := back != nil && !back.Open && e.Kind == Notice && e.For == Referrer // also of what was known before: it was told then, or never is
		return f.shut() && e.For == Agency || stopped && (e.For == Person || e.Kind == Message) || h.Blind && e.For == Referrer || untold
	})
	for i := range h.Due {
		if h.Blind && h.Due[i].For == Referrer {
			h.Due[i].For = Navigator // somebody has to; the referrer cannot know that it is their turn
		}
	}
	switch {
	case h.State == Closed && h.Reason == ConsentRevoked && g != nil:
		f.effect(h, Effect{Key: "consent/" + NothingFurther + "/" + stampOf(g.From), Kind: Notice, What: NothingFurther, For: Agency})
	case h.Blind:
		from := f.blindSince()
		f.effect(h, Effect{Key: "consent/" + MayNotBeShared + "/" + stampOf(from), Kind: Notice, What: MayNotBeShared, For: Referrer})
	}
	if h.State.Open() && g != nil && g.Open {
		f.renewal(h, f.l.Gate, at)
	}
	if b, i := spanAt(f.l.Back, f.at); h.State.Open() && b != nil && b.Open {
		f.renewal(h, f.l.Back, i)
	}
}

// blindSince says since when the outcome may not be told: since the package went out, or since the direction was shut.
func (f *folding) blindSince() time.Time {
	g, _ := spanAt(f.l.Back, f.at)
	if g == nil {
		return f.l.Received
	}
	return later(g.From, f.said.released)
}

// renewal asks for a consent that runs out to be renewed, some days before it does.
func (f *folding) renewal(h *Handoff, spans []GateSpan, at int) {
	if at+1 >= len(spans) || spans[at+1].Cause != Expired {
		return
	}
	ends := spans[at+1].From
	asked := -1
	for _, days := range f.rules.RenewDays {
		from := f.site.days(ends, -days)
		f.wake(from)
		if !f.at.Before(from) {
			asked = days
		}
	}
	if asked < 0 {
		return
	}
	f.effect(h, Effect{Key: fmt.Sprintf("consent/%s/%d/%s", RenewConsent, asked, stampOf(ends)), Kind: Todo, What: RenewConsent, For: Navigator, By: ends})
}

// effect adds an effect unless one of the same key is there.
func (f *folding) effect(h *Handoff, e Effect) {
	if !slices.ContainsFunc(h.Effects, func(o Effect) bool { return o.Key == e.Key }) {
		h.Effects = append(h.Effects, e)
	}
}

// stampOf writes a moment for a key.
func stampOf(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// AfterRevocation is why evidence was set aside that came while consent was taken back. The same evidence sent again after a new consent counts.
//
// Source: local, evidence received after a revocation does not count
const AfterRevocation = "received after consent was revoked"
