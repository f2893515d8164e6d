package workflow

import (
	"slices"
	"time"
)

// Since when, and whether, each row of the table of seeds asks. Zero is: it does not. Each leg asks for itself, so that nothing in it
// tells of another.

// since says since when a leg is known, or was last opened again.
func (f *folding) since() time.Time { return later(f.l.Received, f.said.reopened) }

// toCome reports that a first visit is still to come: the leg goes forward, and no visit is under way.
func (f *folding) toCome(h *Handoff) bool {
	switch h.State {
	case Preparing:
		return h.Reason == "" || h.Reason == ConsentMissing
	case Offered, Accepted:
		return true
	case Scheduled:
		return f.coming != nil
	}
	return false
}

func (f *folding) withoutNavigator(h *Handoff) time.Time {
	if !h.State.Open() || f.l.Person.Navigator != "" {
		return time.Time{}
	}
	return later(f.l.Received, f.l.Person.Alone)
}

// beforeRelease: somebody may speak with the agency, and is about to send.
func (f *folding) beforeRelease(h *Handoff) time.Time {
	if f.l.Agency == "" || f.shut() {
		return time.Time{}
	}
	return f.beforeSending(h)
}

func (f *folding) beforeSending(h *Handoff) time.Time {
	if h.State != Preparing || h.Reason != "" || !f.said.released.IsZero() {
		return time.Time{}
	}
	return f.began(h)
}

func (f *folding) releasedUncalled(h *Handoff) time.Time {
	if h.State != Offered {
		return time.Time{}
	}
	return later(f.said.released, f.said.reopened)
}

// calledSince: somebody has talked with the agency by now, said why not, or is asked to for its answer.
func (f *folding) calledSince(h *Handoff) bool {
	return f.talked() || slices.ContainsFunc(h.Due, func(d Due) bool { return d.What == "answer" && d.Level.reached(Red) })
}

// mayIntroduce: consent lets anybody speak with the agency about the person.
func (f *folding) mayIntroduce(h *Handoff) time.Time {
	if f.l.Agency == "" || !f.toCome(h) || h.Reason == ConsentMissing || f.shut() {
		return time.Time{}
	}
	for i := range f.l.Gate {
		if g := &f.l.Gate[i]; g.Open {
			return later(f.since(), g.From)
		}
	}
	return f.since()
}

func (f *folding) beforeVisit(h *Handoff) time.Time {
	if !f.toCome(h) {
		return time.Time{}
	}
	return f.since()
}

func (f *folding) askedBarriers(*Handoff) bool { return f.marked(BarriersAsked) }

func (f *folding) booked(*Handoff) time.Time {
	if b := f.coming; b != nil {
		return b.Made
	}
	return time.Time{}
}

// planDue: a visit is booked, or the person was introduced; whichever came first.
func (f *folding) planDue(h *Handoff) time.Time {
	if !f.toCome(h) {
		return time.Time{}
	}
	at := f.booked(h)
	for _, m := range f.marks {
		if f.elements[4].Status == Done && m.Element == Introduction && m.Waived == "" && m.live() && (at.IsZero() || m.At.Before(at)) {
			at = m.At
		}
	}
	if at.IsZero() {
		return at
	}
	return later(at, f.said.reopened)
}

func (f *folding) checkInDue(h *Handoff) time.Time { return f.booked(h) }

// storyRead: somebody shows it, or the person says so.
func (f *folding) storyRead(*Handoff) bool {
	e := &f.elements[7]
	return e.Status == Done && e.Shown != Stated
}

// longAgo is how long after a visit it is too late to ask how it was.
//
// Source: local
const longAgo = 30 * 24 * time.Hour

func (f *folding) visitToAskAbout(h *Handoff) time.Time {
	if h.State != Attended || f.heardOf().Sub(h.Visit.At) > longAgo {
		return time.Time{}
	}
	return h.Visit.At
}

// askedBefore: the person was asked about this visit while nobody knew of it.
func (f *folding) askedBefore(h *Handoff) bool {
	return slices.ContainsFunc(f.l.Told, func(t Telling) bool {
		return t.What == HowDidItGo && t.Timer != "A17" && !t.Open && !t.Dropped && sameDay(t.Visit.At, h.Visit.At, f.site.Zone)
	})
}

// marked reports that something was done by now.
func (f *folding) marked(element string) bool {
	return slices.ContainsFunc(f.marks, func(m *Mark) bool { return m.Element == element && m.Waived == "" })
}

// live marks in which the services talk.
var talks = []string{Precall, Introduction, HeardTogether, IntroducedThere}

// talked reports that somebody of either side talked live with the other by now.
func (f *folding) talked() bool {
	if t := f.said.telephone; !t.IsZero() && f.past(t) {
		return true
	}
	return slices.ContainsFunc(f.marks, func(m *Mark) bool { return slices.Contains(talks, m.Element) && m.live() && m.Waived == "" })
}
