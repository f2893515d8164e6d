package workflow

import "slices"

// What a navigator may want to do next, in Handoff.Suggest.
const (
	SuggestDuplicate    = "possible-duplicate"
	SuggestSafeguarding = "safeguarding"
	SuggestConsentAgain = "ask-consent-again"
)

// young adds what is different for a child: who was not brought did not miss, and whoever turns eighteen is asked for consent again.
//
// Source: local, awkward cases, minors and guardians: not brought; turning 18
func (f *folding) young(h *Handoff) {
	p := &f.l.Person
	adult := p.adult(f.rules.Zone)
	if adult.IsZero() || !f.l.Received.Before(adult) {
		return
	}
	missed := 0
	for i := range f.visits {
		if v := &f.visits[i]; v.verdict == visitMissed && p.minor(v.at.At, f.rules.Zone) {
			missed++
		}
	}
	if missed > 0 {
		f.flag("The child was not brought.")
		suggest(h, SuggestSafeguarding)
	}
	if !h.State.Open() {
		return
	}
	if f.wake(adult); !f.at.Before(adult) {
		f.flag("The person has turned eighteen since the referral: the consent is theirs to give again.")
		suggest(h, SuggestConsentAgain)
	}
}

// guarded warns of what must not be done, and of what may have been done twice.
func (f *folding) guarded(h *Handoff) {
	if f.l.Person.Unsafe {
		f.flag("The person must not be contacted directly: no reminder, no message, only the agreed way.")
	}
	if h.State.Open() && len(f.l.Twins) > 0 {
		suggest(h, SuggestDuplicate)
		for _, other := range f.l.Twins {
			f.flag("Possibly the same as " + other + ".")
		}
	}
}

// quiet keeps back every message to a person who is dead or reported dead, and to one who must not be contacted directly.
//
// Source: local, rows 16 and 45, stop everything addressed to the person; awkward cases, unsafe contact
func (f *folding) quiet(h *Handoff) {
	if !f.l.Person.Unsafe && !f.mayBeDead() {
		return
	}
	h.Effects = slices.DeleteFunc(h.Effects, func(e Effect) bool { return e.Kind == Message || e.For == Person })
}

// mayBeDead reports a death that is confirmed, or reported and not refuted.
func (f *folding) mayBeDead() bool {
	if !f.l.Death.Confirmed.IsZero() || f.said.dead != nil {
		return true
	}
	reported := false
	for i := range f.l.Holds {
		h := &f.l.Holds[i]
		reported = h.Reason == DeathCheck && f.inForce(h) || reported // each is looked at: the leg wakes when the next one begins or ends
	}
	return reported
}

// answering adds what the agency has to say to a request to cancel.
//
// Source: local, the agency answers a request to cancel as it answers an offer (T2)
func (f *folding) answering(h *Handoff) {
	ask := f.l.cancelAsked(f.at)
	if ask == nil || !h.State.Open() {
		return
	}
	h.CancelAsked = true
	f.flag("The referrer asks to cancel; the agency has not answered.")
	for i := range f.rules.Deadlines {
		if d := &f.rules.Deadlines[i]; d.Name == "T2" {
			f.add(h, Due{What: "answer-cancel", For: f.reachable(Agency), Timer: d.Name}, d.span(f.l.Urgency).ladder(ask.At, &f.site, f.l.Urgency))
		}
	}
}

func suggest(h *Handoff, what string) {
	for _, s := range h.Suggest {
		if s == what {
			return
		}
	}
	h.Suggest = append(h.Suggest, what)
}
