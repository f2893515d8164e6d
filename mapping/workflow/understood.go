package workflow

import "time"

// NotUnderstood is something that a leg rests on, and that came in a version which is not understood.
type NotUnderstood struct {
	At      time.Time // when the first such version came
	Element string    // that changes what the rest means, "ServiceRequest.modifierExtension[0]"
	Source  string    // the newest version
}

// ClarifyChange is what a navigator has to do where something is not understood: find out what was meant.
const ClarifyChange = "clarify-change"

// unclearSince says since when something that the leg rests on is not understood; zero where all is.
func (l *Ledger) unclearSince() time.Time {
	var since time.Time
	for i := range l.NotUnderstood {
		if at := l.NotUnderstood[i].At; since.IsZero() || at.Before(since) {
			since = at
		}
	}
	return since
}

// hearUnclear takes back a release that came after something was not understood any more: nothing new is released.
//
// Source: local, not understood means not acted on
func (f *folding) hearUnclear() {
	if since := f.l.unclearSince(); !since.IsZero() && !f.said.released.Before(since) {
		f.said.released = time.Time{}
	}
}

// isUnclear: what would be released is not understood as it reads now.
func (f *folding) isUnclear() (answer, bool) {
	since := f.l.unclearSince()
	return answer{reason: MeaningUnknown, since: since}, f.said.released.IsZero() && !since.IsZero()
}

// oweClarity adds what is due while something is not understood, and says what that is.
func (f *folding) oweClarity(h *Handoff) {
	since := f.l.unclearSince()
	if since.IsZero() {
		return
	}
	for i := range f.l.NotUnderstood {
		n := &f.l.NotUnderstood[i]
		f.flag(n.Element + " is not understood here, and may change what the rest means: " + n.Source + " is kept, and what was said before it holds.")
	}
	if h.State.Open() {
		f.oweNow(h, ClarifyChange, since)
	}
}
