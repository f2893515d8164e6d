package workflow

import (
	"slices"
	"time"
)

func (f *folding) isVoid() (answer, bool) {
	if f.said.ended == nil || !f.said.end.Void {
		return answer{}, false
	}
	return answer{reason: Void, since: f.said.ended.Said}, true
}

// isRevoked: the consent was taken back after the release, and is back in force no more. What was received before may have proved a visit.
func (f *folding) isRevoked() (answer, bool) {
	g := f.gate()
	if g == nil || g.Cause != Revoked || f.said.released.IsZero() || !f.said.released.Before(g.From) {
		return answer{}, false
	}
	if _, attended := f.isAttended(); attended {
		return answer{}, false
	}
	return answer{reason: ConsentRevoked, since: g.From}, true
}

// isAttended: the first visit that the person came to, with its own best grade. An ended leg is opened by evidence A to C only, or by what was
// said before it ended.
func (f *folding) isAttended() (answer, bool) {
	for i := range f.visits {
		v := &f.visits[i]
		if v.verdict != visitAttended {
			continue
		}
		best := v.tally.best
		if f.tooLate(v, best) {
			continue
		}
		at := best.At
		if at.IsZero() || at.Day && !v.at.Day {
			at = v.at
		}
		return answer{visit: at, grade: best.Grade, since: at.At}, true
	}
	return answer{}, false
}

func (f *folding) isDisputed() (answer, bool) {
	if f.isDead() {
		return answer{}, false
	}
	for i := len(f.visits) - 1; i >= 0; i-- {
		if f.visits[i].verdict == visitDisputed {
			return answer{reason: InConflict, visit: f.visits[i].at, since: f.visits[i].at.At, known: f.knownOf(&f.visits[i])}, true
		}
	}
	return answer{}, false
}

// withdrawn says when the referrer withdrew, by the request itself or by the Task; zero when they did not.
func (f *folding) withdrawn() time.Time {
	if w := f.said.ended; w != nil && f.said.end.Reason == ReferrerWithdrew && w.By != Navigator && w.By != Supervisor {
		return w.Said
	}
	return f.l.Withdrawn.At
}

// tooLate reports the person's own word alone about a leg that had ended when it was said. A leg that the referrer withdrew shortly before the visit
// has not, as long as nobody told the person.
//
// Source: local, late evidence of grade A to C opens an end
func (f *folding) tooLate(v *visit, s *Sign) bool {
	if s.Grade != GradeD {
		return false
	}
	if at := f.withdrawn(); !at.IsZero() && f.surprises(v, at) && !f.knew(at, s.Said) {
		return false
	}
	if w := f.said.ended; w != nil {
		return s.Said.After(w.Said)
	}
	return !f.l.Withdrawn.At.IsZero() && s.Said.After(f.l.Withdrawn.At)
}

// isLateWithdrawal: withdrawn shortly before a booked visit, and nobody has told the person yet. Once the visit's time is over, whether they
// went is an open question: the passing of time does not end the leg.
//
// Source: local, referrer withdraws within 48 h of a booked visit
func (f *folding) isLateWithdrawal() (answer, bool) {
	at := f.withdrawn()
	if at.IsZero() || f.isDead() || f.knew(at, time.Time{}) {
		return answer{}, false
	}
	for i := range f.visits {
		v := &f.visits[i]
		switch {
		case !f.surprises(v, at):
		case v.verdict == visitUpcoming:
			return answer{visit: v.at, since: at}, true
		case openQuestion[v.verdict]:
			return answer{state: Unconfirmed, reason: verdictReason[v.verdict], visit: v.at, since: v.at.At, known: f.knownOf(v)}, true
		}
	}
	return answer{}, false
}

// surprises reports a booked visit that lay shortly ahead when the referrer withdrew.
func (f *folding) surprises(v *visit, withdrawn time.Time) bool {
	return v.kept() && f.endOf(v.booking).After(withdrawn) && v.at.At.Sub(withdrawn) <= f.rules.WithdrawNow
}

// knew reports that somebody spoke with the person after one time and not after another; zero: whenever.
func (f *folding) knew(from, until time.Time) bool {
	return slices.ContainsFunc(f.l.Contacts, func(c Contact) bool {
		return c.ToPerson && !c.At.Before(from) && (until.IsZero() || !c.At.After(until)) && (c.Result == Reached || c.Result == SaidNo || c.Result == WantsVisit)
	})
}

// openQuestion are the verdicts with which it is not known whether the person came.
var openQuestion = map[Verdict]bool{
	visitConflict: true, visitDisputed: true, visitUnclear: true, visitRetracted: true, visitClaimed: true, visitUnknown: true,
}

func (f *folding) isEnded() (answer, bool) {
	if w := f.said.ended; w != nil && f.said.end.Reason != Deceased {
		return answer{reason: f.said.end.Reason, since: w.Said}, true
	}
	if !f.l.Withdrawn.At.IsZero() {
		return answer{reason: ReferrerWithdrew, since: f.l.Withdrawn.At}, true
	}
	if f.isDead() {
		return answer{reason: Deceased, since: f.l.Death.Confirmed}, true
	}
	return answer{}, false
}

// isForAnother: the Task is for neither the request's subject nor a member of its Group.
func (f *folding) isForAnother() (answer, bool) {
	return answer{reason: PersonMismatch, since: f.l.Received}, f.l.Another
}

// heldFirst is the order in which holds are named when several are in force.
var heldFirst = []Reason{DeathCheck, ConsentMissing, Hospitalised, InCustody, Away, PersonAsked, InfoNeeded, Waitlist, Unspecified}

func (f *folding) isHeld() (answer, bool) {
	var found []Hold
	if w := f.said.hold; w != nil {
		found = append(found, Hold{Reason: pauseOfWord(w), From: w.Said, Source: w.Source})
	}
	if w := f.said.dead; w != nil {
		found = append(found, Hold{Reason: DeathCheck, From: w.Said, Source: w.Source})
	}
	found = append(found, f.l.Holds...)
	if g := f.gate(); g != nil && g.Cause == Expired && !f.said.released.IsZero() {
		found = append(found, Hold{Reason: ConsentMissing, From: g.From, Source: g.Source})
	}
	var held *Hold
	for i := range found {
		h := &found[i]
		if !f.inForce(h) {
			continue
		}
		if held == nil || h.before(held) {
			held = h
		}
	}
	if held == nil {
		return answer{}, false
	}
	a := answer{reason: held.Reason, since: held.From}
	if v := f.upcoming(); v != nil {
		a.visit = v.at
	}
	return a, true
}

// before says which of two holds is named: by the order of reasons, else the one that began first.
func (h *Hold) before(other *Hold) bool {
	if a, b := slices.Index(heldFirst, h.Reason), slices.Index(heldFirst, other.Reason); a != b {
		return a < b
	}
	return h.From.Before(other.From)
}

func pauseOfWord(w *Word) Reason {
	if p, ok := PauseOf(w.Reason); ok {
		return p.Reason
	}
	return Unspecified
}

// inForce reports whether a hold still holds: it has begun, has not ended, was not refuted by a navigator, and no booking made since ends it.
func (f *folding) inForce(h *Hold) bool {
	if h.Origin {
		return false
	}
	if h.From.After(f.at) {
		f.wake(h.From)
		return false
	}
	if !h.Until.IsZero() {
		f.wake(h.Until)
		if !h.Until.After(f.at) {
			return false
		}
	}
	p, ok := PauseOf(h.Reason)
	if !ok {
		return true
	}
	for i := range f.l.Bookings {
		b := &f.l.Bookings[i]
		if p.Booking && b.Status == Booked && b.Made.After(h.From) {
			return false
		}
	}
	return h.Reason != DeathCheck || !f.refuted(h.From)
}

// upcoming gives the next booked visit, nil when there is none.
func (f *folding) upcoming() *visit {
	for i := range f.visits {
		if f.visits[i].verdict == visitUpcoming {
			return &f.visits[i]
		}
	}
	return nil
}

func (f *folding) isUpcoming() (answer, bool) {
	v := f.upcoming()
	if v == nil {
		return answer{}, false
	}
	for _, s := range f.loose {
		if s.Says == Came {
			f.flag("They closed their task before the booked visit.")
		}
	}
	if n := f.newest(); n.verdict != "" && verdictReason[n.verdict] != "" && n.verdict != visitMissed && n.verdict != visitCancelled {
		f.flag("An earlier visit is still an open question.")
	}
	return answer{visit: v.at, since: v.booking.Made}, true
}

func (f *folding) flag(words string) {
	if !slices.Contains(f.flags, words) {
		f.flags = append(f.flags, words)
	}
}

// finding is the newest thing known about a visit that is over.
type finding struct {
	verdict Verdict
	at      Moment
	visit   Moment    // the visit in question; zero for what is about no visit
	cleared time.Time // a contact after this clears a miss or a cancellation
	known   time.Time // when somebody could first act on it
	missing bool      // nothing was found
}

// newest gives the newest visit that is over, by its own time, and counts claims and denials about no visit at the time when they were made.
func (f *folding) newest() finding {
	best := finding{missing: true}
	for i := range f.visits {
		v := &f.visits[i]
		if v.verdict == visitVoid || v.verdict == visitUpcoming || v.verdict == visitAttended || v.at.At.Before(f.said.reopened) {
			continue
		}
		n := finding{verdict: v.verdict, at: v.at, visit: v.at, cleared: v.at.At, known: f.knownOf(v)}
		if v.verdict == visitCancelled {
			n.cleared = v.booking.Made
		}
		if best.missing || !n.at.At.Before(best.at.At) {
			best = n
		}
	}
	for _, s := range f.loose {
		n := finding{verdict: f.looseVerdict(s), at: Moment{At: s.Said}, cleared: s.Said, known: s.Said}
		if n.verdict == "" {
			continue
		}
		if best.missing || n.at.At.After(best.at.At) {
			best = n
		}
	}
	return best
}

// verdictReason turns the newest verdict into the reason of unconfirmed or outreach.
var verdictReason = map[Verdict]Reason{
	visitConflict:  InConflict,
	visitDisputed:  InConflict,
	visitUnclear:   UnclearNoShow,
	visitRetracted: Retracted,
	visitClaimed:   ClaimOnly,
	visitUnknown:   NoNews,
	visitMissed:    Missed,
	visitCancelled: CancelledByPerson,
}

func (f *folding) isUnknown() (answer, bool) {
	n := f.newest()
	if !openQuestion[n.verdict] {
		return answer{}, false
	}
	return answer{reason: verdictReason[n.verdict], visit: n.visit, since: n.at.At, known: n.known}, true
}

func (f *folding) isMissed() (answer, bool) {
	n := f.newest()
	if n.verdict != visitMissed && n.verdict != visitCancelled {
		return answer{}, false
	}
	for i := range f.l.Contacts {
		c := &f.l.Contacts[i]
		if c.Result == WantsVisit && c.At.After(n.cleared) {
			return answer{}, false
		}
	}
	return answer{reason: verdictReason[n.verdict], visit: n.visit, since: n.at.At, known: n.known}, true
}

// isUnreached: the last attempt to reach the person did not, and nothing newer is known.
func (f *folding) isUnreached() (answer, bool) {
	if f.said.released.IsZero() {
		return answer{}, false
	}
	var last *Contact
	for i := range f.l.Contacts {
		c := &f.l.Contacts[i]
		if c.At.Before(f.said.reopened) {
			continue
		}
		if last == nil || c.At.After(last.At) || c.At.Equal(last.At) && c.Source > last.Source {
			last = c
		}
	}
	if last == nil || last.Result == Reached || last.Result == WantsVisit || last.Result == SaidNo {
		return answer{}, false
	}
	if n := f.newest(); !n.missing && !last.At.After(n.at.At) {
		return answer{}, false
	}
	return answer{reason: CouldNotReach, since: last.At}, true
}

// isGated: the release was asked for, or the agency said yes, and the consent gate never stood open since.
func (f *folding) isGated() (answer, bool) {
	since := f.mayNot()
	return answer{reason: ConsentMissing, since: since}, f.said.released.IsZero() && !since.IsZero()
}

// isAgreed: the agency's yes is in force. A booking counts as one.
func (f *folding) isAgreed() (answer, bool) {
	if f.said.agreed {
		return answer{since: f.said.agreedAt}, true
	}
	var since time.Time
	for i := range f.visits {
		if b := f.visits[i].booking; b != nil && b.Made.After(f.said.refused) && (since.IsZero() || b.Made.Before(since)) {
			since = b.Made
		}
	}
	for i := range f.l.Bookings { // one without a time is no visit, and a yes
		if b := &f.l.Bookings[i]; b.Status == Booked && b.Start.IsZero() && b.Made.After(f.said.refused) && (since.IsZero() || b.Made.Before(since)) {
			since = b.Made
		}
	}
	return answer{since: since}, !since.IsZero()
}

func (f *folding) isReleased() (answer, bool) {
	return answer{since: f.said.released}, !f.said.released.IsZero()
}

func (f *folding) isKnown() (answer, bool) { return answer{since: f.l.Received}, true }

// finish fills in what does not decide the state.
func (f *folding) finish(h *Handoff) {
	h.Released = !f.said.released.IsZero()
	_, h.Agreed = f.isAgreed()
	h.Claims = f.said.last != nil && f.said.last.Status == TaskCompleted
	h.Stands = f.said.last == nil || !f.said.last.Status.Terminal()
	if h.State == Closed {
		h.ClosesNeed, h.Void = f.endMeans(h.Reason)
		h.Ended = h.Since
	}
	for i := range f.visits {
		if f.visits[i].verdict == visitMissed {
			h.Misses++
		}
	}
	for _, s := range f.loose {
		f.setLoose(s, h)
	}
	h.Visits, h.Told = f.judged(), f.l.Told
	h.Navigator, h.Team = f.l.Person.Navigator, f.l.Person.Team
	f.warm(h)
	f.remark(h)
	f.sortEvidence()
	if h.State == Outreach && f.tried.zone == nil {
		f.tried = f.effort()
	}
	h.Attempts = f.tried.Tried
	f.shares(h)
	f.young(h)
	f.guarded(h)
	h.Evidence = f.evidence
	f.owe(h)
	f.answering(h)
	f.affect(h)
	f.consented(h)
	f.quiet(h)
	h.Flags, h.Wake = f.flags, f.next
}

// sortEvidence puts the evidence in the order of its time, its source and its kind. It sorts small numbers in place of large items.
func (f *folding) sortEvidence() {
	list := f.evidence
	order := make([]int32, len(list))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(i, j int32) int {
		a, b := &list[i], &list[j]
		if c := a.When.At.Compare(b.When.At); c != 0 {
			return c
		}
		if c := compareText(a.Source, b.Source); c != 0 {
			return c
		}
		return compareText(a.Kind, b.Kind)
	})
	for i := range order { // each circle of places is walked once
		first, at := list[i], i
		for from := int(order[at]); from != at; from = int(order[at]) {
			order[at] = int32(at)
			if from == i {
				list[at] = first
				break
			}
			list[at] = list[from]
			at = from
		}
	}
}

// judged gives every visit with its verdict; what turned out to be no visit is left out.
func (f *folding) judged() []Judged {
	list := make([]Judged, 0, len(f.visits))
	for i := range f.visits {
		v := &f.visits[i]
		if v.verdict != visitVoid {
			list = append(list, Judged{At: v.at, Booking: v.name(), Verdict: v.verdict, Rule: v.rule})
		}
	}
	return list
}

func (f *folding) endMeans(r Reason) (closesNeed, void bool) {
	e, _ := EndOf(r)
	return e.ClosesNeed, e.Void
}
