package workflow

import (
	"slices"
	"time"
)

// ReferralState says where a referral is: derived from its legs, never kept by hand.
type ReferralState string

// The states of a referral.
const (
	ReferralNone       ReferralState = "none"
	ReferralActive     ReferralState = "active"
	ReferralAttended   ReferralState = "attended"
	ReferralHandedBack ReferralState = "handed-back"
	ReferralEnded      ReferralState = "ended"
	ReferralNotShared  ReferralState = "outcome-not-shared" // outward only: what a referrer is told who may not know how a leg ended
)

// RollUp gives a referral's state from its legs. final says that the referrer ended the request, or took note of a hand-back as the end.
//
// Source: local, referral roll-up
func RollUp(legs []Handoff, final bool) ReferralState {
	open, counted, ended := false, 0, false
	for i := range legs {
		l := &legs[i]
		switch {
		case l.State == Attended:
			return ReferralAttended
		case l.State.Open():
			open = true
		case l.State == Closed && !l.Void:
			counted++
			ended = ended || l.ClosesNeed
		case l.State == Closed:
			counted++
		}
	}
	switch {
	case open:
		return ReferralActive
	case ended || final:
		return ReferralEnded
	case counted == 0:
		return ReferralActive
	case allVoid(legs):
		return ReferralEnded
	}
	return ReferralHandedBack
}

func allVoid(legs []Handoff) bool {
	for i := range legs {
		if !legs[i].Void {
			return false
		}
	}
	return true
}

// Together adds to each leg what follows from all legs of the referral: suggestions, and whether somebody has to choose what comes next. It never
// changes a state: no message for one leg changes another leg's, and what it adds to one says nothing of another.
//
// Source: local, referral roll-up: the others are suggested for withdrawal, never cancelled; row 48; T9
func Together(legs []*Handoff, final bool) {
	all := make([]Handoff, len(legs))
	for i, h := range legs {
		all[i] = *h
	}
	handedBack := RollUp(all, final) == ReferralHandedBack
	for i, h := range legs {
		switch {
		case h.State.Open():
			if since := attendedElsewhere(legs, i); !since.IsZero() {
				h.suggestWithdrawal(since)
			}
		case h.State == Closed && h.Reason == ReferrerWithdrew && h.Stands:
			h.suggestWithdrawal(h.Ended)
			h.add(Effect{Key: Withdrawn + "/" + stampOf(h.Ended), Kind: Notice, What: Withdrawn, For: Agency})
		}
		if h.State == Closed && !(handedBack && !h.Void && endedLast(all, i)) {
			h.dropHandBack()
		}
	}
}

// What may come of several legs together.
const (
	Withdraw  = "withdraw"  // Todo, navigator, and suggestion: ask the agency kindly to close its part
	Withdrawn = "withdrawn" // Notice, agency: the referrer took the referral back
	handBack  = "T9"
)

func (h *Handoff) suggestWithdrawal(since time.Time) {
	if !slices.Contains(h.Suggest, Withdraw) {
		h.Suggest = append(h.Suggest, Withdraw)
	}
	h.add(Effect{Key: Withdraw + "/" + stampOf(since), Kind: Todo, What: Withdraw, For: Navigator})
}

func (h *Handoff) add(e Effect) {
	if !slices.ContainsFunc(h.Effects, func(o Effect) bool { return o.Key == e.Key }) {
		h.Effects = append(h.Effects, e)
	}
}

// attendedElsewhere says when another leg was attended first; zero when none was.
func attendedElsewhere(legs []*Handoff, this int) time.Time {
	var first time.Time
	for i, h := range legs {
		if i != this && h.State == Attended && (first.IsZero() || h.Since.Before(first)) {
			first = h.Since
		}
	}
	return first
}

// endedLast reports whether no other leg that counts ended after this one: the hand-back is due once, from the last end.
func endedLast(legs []Handoff, this int) bool {
	for i := range legs {
		if l := &legs[i]; i != this && l.State == Closed && !l.Void && l.Ended.After(legs[this].Ended) {
			return false
		}
	}
	return true
}

// dropHandBack takes away the choice of what comes next: while another leg is open or attended nobody has to make it.
func (h *Handoff) dropHandBack() {
	h.Due = slices.DeleteFunc(h.Due, func(d Due) bool { return d.Timer == handBack || d.What == "choose-next" })
	h.Effects = slices.DeleteFunc(h.Effects, func(e Effect) bool { return e.Timer == handBack })
}
