package workflow

import "slices"

// A Task above others has no evidence of its own: where it stands follows from the Tasks below. There are two kinds. In the indirect shape the
// Tasks below are agencies asked for the same need, and one visit is enough. In a household they are its members, and everybody counts.

// Joins says how a Task above others follows from them.
type Joins string

// The ways.
const (
	AnyOf   Joins = "any-of"   // the agencies below the referrer's Task: one visit meets the need
	EveryOf Joins = "every-of" // the members of a household: whoever has not ended otherwise has to have come
)

// aboveRow is one rule for a Task above others. The first that holds decides; it gives the answer below on which it rests, nil for the Task's own.
type aboveRow struct {
	name   string
	decide func(a *above) (*Handoff, bool)
	words  string
}

// aboveRows are the rules, in order.
//
// Source: local, referral roll-up; two Tasks per leg when we are in the middle; household
var aboveRows = []aboveRow{
	{"child-attended", (*above).attended, "One of the agencies saw the person; of a household everybody came whose part has not ended otherwise."},
	{"own-end", (*above).ended, "Whoever is in the middle, or the referrer, ended it."},
	{"own-hold", (*above).held, "Whoever is in the middle holds it."},
	{"nobody-asked", (*above).nobody, "No agency, or no member of the household, has a Task of its own yet."},
	{"child-open", (*above).open, "Of several agencies the one that is furthest on; of a household the member for whom most is to be done."},
	{"children-ended", (*above).over, "All have ended; the last end says why."},
}

// furthest is the order of open states for several agencies: which is nearest to a visit.
var furthest = []State{Scheduled, Unconfirmed, Outreach, Accepted, Offered, Paused, Preparing}

// neediest is the order of open states for a household: for whom most is to be done.
var neediest = []State{Unconfirmed, Outreach, Preparing, Offered, Accepted, Paused, Scheduled}

// above is the work on one Task above others.
type above struct {
	own   *Handoff
	below []*Handoff
	joins Joins
}

// Above gives the answer for a Task above others. own is what its own words come to, below are the answers of the Tasks below it. What is due, and
// what ought to stand written, stays with the Tasks below; the choice of what comes next after a hand-back is said on both.
func Above(own *Handoff, below []*Handoff, joins Joins) Handoff {
	a := &above{own: own, below: below, joins: joins}
	for i := range aboveRows {
		if from, holds := aboveRows[i].decide(a); holds {
			return a.answer(&aboveRows[i], from)
		}
	}
	return *own
}

func (a *above) answer(row *aboveRow, from *Handoff) Handoff {
	if from == nil {
		h := *a.own
		h.Rule = row.name
		return h
	}
	h := Handoff{
		State: from.State, Reason: from.Reason, Rule: row.name + ": " + from.Rule, Grade: from.Grade, Visit: from.Visit, Since: from.Since,
		Ended: from.Ended, ClosesNeed: from.ClosesNeed, Void: from.Void, Evidence: from.Evidence, Visits: from.Visits,
		Navigator: a.own.Navigator, Team: a.own.Team, Stands: a.own.Stands, Claims: a.own.Claims, Told: a.own.Told,
	}
	for _, b := range a.below {
		h.Misses += b.Misses
		h.Released = h.Released || b.Released
		h.Agreed = h.Agreed || b.Agreed
		h.Blind, h.Over = h.Blind || b.Blind, h.Over || b.Over
		h.Due = append(h.Due, choices(b)...)
	}
	if a.joins == AnyOf {
		h.Misses = from.Misses
		h.Blind, h.Over = h.Blind && (from.Blind || from.State != Attended), h.Over && (from.Blind || from.State != Attended)
	}
	if h.State == Closed {
		h.ClosesNeed = a.closesNeed()
	}
	return h
}

// choices gives what is due of a leg after a hand-back.
func choices(h *Handoff) []Due {
	return slices.DeleteFunc(slices.Clone(h.Due), func(d Due) bool { return d.What != "choose-next" })
}

func (a *above) nobody() (*Handoff, bool) { return nil, len(a.below) == 0 }

// attended prefers a visit that may be told to the referrer, and then the earliest.
func (a *above) attended() (*Handoff, bool) {
	var best *Handoff
	for _, b := range a.below {
		switch {
		case b.State == Attended && (best == nil || best.Blind && !b.Blind || best.Blind == b.Blind && b.Since.Before(best.Since)):
			best = b
		case b.State.Open() && a.joins == EveryOf:
			return nil, false
		}
	}
	return best, best != nil
}

// ended: the Task's own end. A referrer's withdrawal has reached the Tasks below, and they say what is still open about it.
func (a *above) ended() (*Handoff, bool) {
	return nil, a.own.State == Closed && (a.own.Reason != ReferrerWithdrew || !a.anyOpen())
}

func (a *above) held() (*Handoff, bool) {
	return nil, a.own.State == Paused && (a.anyOpen() || len(a.below) == 0)
}

func (a *above) anyOpen() bool {
	return slices.ContainsFunc(a.below, func(b *Handoff) bool { return b.State.Open() })
}

func (a *above) open() (*Handoff, bool) {
	order := furthest
	if a.joins == EveryOf {
		order = neediest
	}
	var best *Handoff
	for _, b := range a.below {
		if !b.State.Open() {
			continue
		}
		if best == nil || slices.Index(order, b.State) < slices.Index(order, best.State) ||
			b.State == best.State && (b.Since.Before(best.Since) || b.Since.Equal(best.Since) && b.Reason < best.Reason) {
			best = b
		}
	}
	return best, best != nil
}

func (a *above) over() (*Handoff, bool) {
	var last *Handoff
	for _, b := range a.below {
		if last == nil || last.Void && !b.Void || last.Void == b.Void && (b.Ended.After(last.Ended) || b.Ended.Equal(last.Ended) && b.Reason < last.Reason) {
			last = b
		}
	}
	return last, last != nil
}

// closesNeed: one agency's end may close the need for all; of a household everybody's has to be closed.
func (a *above) closesNeed() bool {
	closes := func(b *Handoff) bool { return b.ClosesNeed }
	if a.joins == AnyOf {
		return slices.ContainsFunc(a.below, closes)
	}
	return !slices.ContainsFunc(a.below, func(b *Handoff) bool { return !b.ClosesNeed && !b.Void && b.State == Closed })
}

// Under adds to the answers below a Task what follows from the Task's own end: whoever was asked is asked kindly to stop, by a human, and no
// state changes.
func Under(own *Handoff, below []*Handoff) {
	if own.State != Closed || own.Void {
		return
	}
	for _, b := range below {
		if b.State.Open() {
			b.suggestWithdrawal(own.Ended)
		}
	}
}

// Idle gives the words of a Task above others as far as they are its own: what it ended or holds with. That it was asked, accepted or begun says
// nothing of an agency.
func Idle(words []Word) []Word {
	if len(words) == 0 {
		return nil
	}
	first := words[0]
	first.Status = TaskDraft
	last := words[len(words)-1]
	if last.Status == TaskOnHold || last.ends() {
		return []Word{first, last}
	}
	return []Word{first}
}

// End gives what a word means that ends its Task, and false for one that does not.
func (w *Word) End() (End, bool) {
	if !w.ends() {
		return End{}, false
	}
	return endOfWord(w), true
}

// AboveRules gives the rules for a Task above others, in their order.
func AboveRules() []Rule {
	list := make([]Rule, len(aboveRows))
	for i := range aboveRows {
		list[i] = Rule{Name: aboveRows[i].name, When: aboveRows[i].words}
	}
	return list
}
