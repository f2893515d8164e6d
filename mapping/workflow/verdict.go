package workflow

import (
	"slices"
	"time"
)

// Verdict says what is known about one visit.
type Verdict string

// The verdicts.
const (
	visitAttended  Verdict = "attended"
	visitMissed    Verdict = "missed"
	visitExcused   Verdict = "excused"
	visitService   Verdict = "service-side" // it did not take place, and not because of the person
	visitConflict  Verdict = "conflict"
	visitDisputed  Verdict = "disputed" // a conflict in which the person says they did not go
	visitUnclear   Verdict = "unclear-noshow"
	visitRetracted Verdict = "retracted"
	visitClaimed   Verdict = "claim"
	visitUpcoming  Verdict = "upcoming"
	visitUnknown   Verdict = "unknown" // its time passed and nobody said anything
	visitCancelled Verdict = "cancelled-by-person"
	visitVoid      Verdict = "void" // not a visit at all
)

// visit is one planned or actual first visit, with every sign about it. Same appointment is the same visit; so is the same local day at the
// same agency where a sign names no appointment.
type visit struct {
	booking *Booking
	at      Moment // when it was, or is to be
	signs   []*Sign
	tally   tally
	verdict Verdict
	rule    string
}

// tally is what the verdict table asks about a visit.
type tally struct {
	best       *Sign     // best standing evidence that the person came
	late       bool      // best is a timed record within the window of a late arrival (K3)
	recordNo   *Sign     // a no-show in a record
	blame      Blame     // of it
	vague      bool      // a no-show of several people together
	staffNo    bool      // a worker says that the person did not come
	selfNo     bool      // the person says so
	turnedBy   Voice     // who says that the person was turned away, "" nobody
	service    bool      // a worker says that the service cancelled
	notVisit   time.Time // when it was explained as no visit
	claim      time.Time // when somebody claimed it, barely
	asked      []*Sign   // records about which somebody is asked
	bare       bool      // a claim that is no record
	taken      bool      // evidence that stood once was taken back
	excused    bool      // the person was in hospital or in custody that day
	decided    Saying
	decidedFor Grade
}

func (t *tally) no() bool { return t.recordNo != nil || t.staffNo || t.selfNo }

// claimed reports a bare claim that was not explained afterwards as no visit.
func (t *tally) claimed() bool {
	return !t.claim.IsZero() && (t.notVisit.IsZero() || t.claim.After(t.notVisit))
}

func (t *tally) grade() Grade {
	if t.best == nil {
		return ""
	}
	return t.best.Grade
}

// verdictRow is one row of the table of visits: the first that holds decides.
type verdictRow struct {
	name  string
	holds func(v *visit, t *tally) bool
	gives Verdict
}

// verdicts is the table: what the signs about one visit amount to.
//
// Source: local, evidence rule and contradictions K2-K7, K11
var verdicts = []verdictRow{
	{"K6 the person says they did not go, a record or a worker says they came", func(_ *visit, t *tally) bool {
		return t.selfNo && t.best != nil && t.best.Grade <= GradeC
	}, visitDisputed},
	{"K3 a visit record within the window outweighs a no-show", func(_ *visit, t *tally) bool {
		against := t.recordNo != nil || !t.notVisit.IsZero()
		return against && t.grade() == GradeA && t.late && !t.staffNo && t.turnedBy == "" && !t.service
	}, visitAttended},
	{"K4 K7 somebody says the person came, somebody that they did not", func(_ *visit, t *tally) bool {
		return t.best != nil && (t.no() || t.turnedBy != "" || t.service || !t.notVisit.IsZero() && t.best.Grade <= GradeC)
	}, visitConflict},
	{"visit-attended", func(_ *visit, t *tally) bool { return t.best != nil }, visitAttended},
	{"decided: did not come", func(_ *visit, t *tally) bool { return t.decided == DidNotCome && !t.excused }, visitMissed},
	{"decided: not the person's doing", func(_ *visit, t *tally) bool {
		return t.decided == TurnedAway || t.decided == ServiceCancelled
	}, visitService},
	{"decided: not a visit", func(v *visit, t *tally) bool { return t.decided == NotAVisit && v.booking == nil }, visitVoid},
	{"a worker says turned away, or that the service cancelled", func(_ *visit, t *tally) bool {
		return t.turnedBy == Staff || t.service
	}, visitService},
	{"the person says turned away, a record says no-show", func(_ *visit, t *tally) bool {
		return t.turnedBy == Self && t.no()
	}, visitConflict},
	{"K5 a claim and a no-show", func(_ *visit, t *tally) bool { return t.claimed() && t.no() }, visitConflict},
	{"the person says turned away", func(_ *visit, t *tally) bool { return t.turnedBy == Self }, visitService},
	{"missed while in hospital or custody", func(_ *visit, t *tally) bool { return t.no() && t.excused }, visitExcused},
	{"somebody who was to be there says that the person did not come", func(_ *visit, t *tally) bool {
		return t.staffNo || t.selfNo
	}, visitMissed},
	{"no-show on the service's side", func(_ *visit, t *tally) bool { return t.recordNo != nil && t.blame == OnService }, visitService},
	{"no-show, unclear whose", func(_ *visit, t *tally) bool {
		return t.recordNo != nil && t.blame != OnPerson || t.recordNo == nil && t.vague
	}, visitUnclear},
	{"no-show", func(_ *visit, t *tally) bool { return t.recordNo != nil }, visitMissed},
	{"K2 evidence taken back", func(_ *visit, t *tally) bool { return t.taken }, visitRetracted},
	{"bare claim", func(_ *visit, t *tally) bool { return t.claimed() }, visitClaimed},
	{"explained as not a visit", func(v *visit, t *tally) bool { return !t.notVisit.IsZero() && v.booking == nil }, visitVoid},
}

// judge fills in a visit's verdict at a moment. A booking without signs is upcoming until its end, then unknown.
func (f *folding) judge(v *visit) {
	v.tally = f.tally(v)
	for i := range verdicts {
		if verdicts[i].holds(v, &v.tally) {
			v.verdict, v.rule = verdicts[i].gives, verdicts[i].name
			if (v.verdict == visitRetracted || v.verdict == visitClaimed && !v.tally.bare) && v.kept() && f.at.Before(f.endOf(v.booking)) {
				v.verdict, v.rule = f.judgeBooking(v.booking)
			}
			if v.verdict == visitClaimed || v.verdict == visitUpcoming {
				for _, s := range v.tally.asked {
					f.questions = append(f.questions, s.question())
				}
			}
			return
		}
	}
	v.verdict, v.rule = f.judgeBooking(v.booking)
}

func (f *folding) judgeBooking(b *Booking) (Verdict, string) {
	switch {
	case b == nil:
		return visitVoid, "nothing stands"
	case b.Status == CancelledPerson:
		return visitCancelled, "cancelled by the person"
	case b.Status != Booked:
		return visitService, "cancelled"
	case f.at.Before(f.endOf(b)):
		f.wake(f.endOf(b))
		return visitUpcoming, "booked"
	case f.shutAt(b.Start):
		return visitVoid, "its time passed while consent was revoked"
	}
	return visitUnknown, "no-news"
}

// endOf says until when a booked visit is under way.
func (f *folding) endOf(b *Booking) time.Time {
	least := Plus(b.Start, f.rules.VisitLength)
	if b.End.After(least) {
		return b.End
	}
	return least
}

// tally reads a visit's signs. A human's decision sets aside what it decided between, and all that is no better than the best of it.
func (f *folding) tally(v *visit) tally {
	var t tally
	decision := latestDecision(v.signs)
	if decision != nil {
		t.decided = decision.Says
		t.decidedFor = bestDecided(v.signs, decision)
	}
	for _, s := range v.signs {
		if s == decision {
			continue
		}
		if decision != nil && !(s.Says == Came && s.Grade.better(t.decidedFor) && !names(decision, s)) {
			f.set(s, "set aside by a decision", false)
			continue
		}
		f.count(v, &t, s)
	}
	if decision != nil {
		f.applyDecision(&t, decision)
	}
	t.excused = f.excused(v.at)
	return t
}

// count adds one sign to a tally.
func (f *folding) count(v *visit, t *tally, s *Sign) {
	switch {
	case s.Taken:
		if s.Says == Came && s.Grade.proves() {
			t.taken = true
		}
		f.set(s, "taken back", false)
		return
	case s.Says == Came && s.Grade.proves():
		if t.best == nil || s.Grade.better(t.best.Grade) || s.Grade == t.best.Grade && t.best.At.Day && !s.At.Day {
			t.best = s
		}
		if s.Grade == GradeA && f.lateArrival(v, s) {
			t.late = true
		}
	case s.Says == Came:
		if t.claim = later(t.claim, s.Said); s.Asks {
			t.asked = append(t.asked, s)
		} else {
			t.bare = true
		}
	case s.Says == DidNotCome && s.Vague:
		t.vague = true
	case s.Says == DidNotCome && s.Voice == Staff:
		t.staffNo = true
	case s.Says == DidNotCome && s.Voice == Self:
		t.selfNo = true
	case s.Says == DidNotCome:
		t.recordNo, t.blame = s, worse(t, s)
	case s.Says == TurnedAway && (t.turnedBy != Staff || s.Voice == Staff):
		t.turnedBy = s.Voice
	case s.Says == ServiceCancelled:
		t.service = true
	case s.Says == NotAVisit:
		t.notVisit = later(t.notVisit, s.Said)
	}
	f.set(s, s.Note, true)
}

// worse combines the blame of several no-shows: the service's beats unclear beats the person's beats not said.
func worse(t *tally, s *Sign) Blame {
	if t.blame == "" || s.Blame == OnService || s.Blame == Unclear && t.blame == OnPerson {
		return s.Blame
	}
	return t.blame
}

// lateArrival is the window of K3: the visit record carries a time, and starts from shortly before to a day after the booked start.
func (f *folding) lateArrival(v *visit, s *Sign) bool {
	if v.booking == nil || s.At.Day || s.At.IsZero() {
		return false
	}
	return f.inWindow(s, Moment{At: v.booking.Start})
}

// excused reports whether a hold that excuses lay over a visit's day.
func (f *folding) excused(at Moment) bool {
	for i := range f.l.Holds {
		h := &f.l.Holds[i]
		p, ok := PauseOf(h.Reason)
		if ok && p.Excuses && !h.From.After(at.At) && (h.Until.IsZero() || h.Until.After(at.At)) {
			return true
		}
	}
	return false
}

func latestDecision(signs []*Sign) *Sign {
	var d *Sign
	for _, s := range signs {
		if len(s.Decides) > 0 && !s.Taken && (d == nil || s.Said.After(d.Said) || s.Said.Equal(d.Said) && s.Source > d.Source) {
			d = s
		}
	}
	return d
}

// bestDecided gives the best grade among the signs that a decision names.
func bestDecided(signs []*Sign, d *Sign) Grade {
	var best Grade
	for _, s := range signs {
		if s != d && s.Says == Came && !s.Taken && names(d, s) && s.Grade.better(best) {
			best = s.Grade
		}
	}
	return best
}

// names reports whether a decision names a sign's resource.
func names(d, s *Sign) bool { return slices.Contains(d.Decides, resourceOf(s.Source)) }

// resourceOf drops the version from "Type/id/_history/3".
func resourceOf(source string) string {
	slash := 0
	for i := range len(source) {
		if source[i] == '/' {
			if slash++; slash == 2 {
				return source[:i]
			}
		}
	}
	return source
}

// applyDecision makes a human's decision count: came with the grade of the best item that it rests on (at least attested, or the person's word
// where that is all there is); against better evidence that came later it is one worker's word among others.
func (f *folding) applyDecision(t *tally, d *Sign) {
	f.set(d, "decided by a human", true)
	if t.best != nil {
		switch d.Says {
		case DidNotCome:
			t.staffNo = true
		case TurnedAway:
			t.turnedBy = Staff
		case ServiceCancelled:
			t.service = true
		case NotAVisit:
			t.notVisit = later(t.notVisit, d.Said)
		}
		t.decided = ""
		return
	}
	if d.Says != Came {
		return
	}
	s := *d
	s.Grade = GradeC
	if t.decidedFor.proves() {
		s.Grade = t.decidedFor
	}
	t.best = &s
	t.decided = ""
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// knownOf says when what is known of a visit could first be acted on: silence at its end, a cancellation when it was said, a decision when it was
// made, and otherwise when the first sign was given; in a conflict, the first on the side that came later.
func (f *folding) knownOf(v *visit) time.Time {
	b := v.booking
	switch {
	case v.verdict == visitUnknown && b != nil:
		return f.endOf(b)
	case len(v.signs) == 0 && b != nil && b.Over.IsZero():
		return b.Received
	case len(v.signs) == 0 && b != nil:
		return b.Over
	}
	if d := latestDecision(v.signs); d != nil && v.tally.decided != "" {
		return d.Said
	}
	var pro, contra time.Time
	for _, s := range v.signs {
		side := &contra
		if s.Says == Came {
			side = &pro
		}
		if s.Grade != GradeX && (side.IsZero() || s.Said.Before(*side)) {
			*side = s.Said
		}
	}
	if v.verdict == visitClaimed && b != nil && b.Status == Booked {
		contra = f.endOf(b)
	}
	return later(pro, contra)
}

// looseVerdict gives what a claim or denial about no visit that had started comes to; "" for nothing.
func (f *folding) looseVerdict(s *Sign) Verdict {
	switch {
	case s.Taken, s.Said.Before(f.said.reopened):
		return ""
	case s.Says == Came && !f.explained(s):
		return visitClaimed
	case s.Says == DidNotCome:
		return visitUnclear
	}
	return ""
}

// setLoose notes what was made of a claim or denial about no visit that had started: where the state rests on such a one it is used, and what has to be
// asked about it is asked.
func (f *folding) setLoose(s *Sign, h *Handoff) {
	verdict := f.looseVerdict(s)
	used := h.State == Unconfirmed && verdict != "" && h.Visit.IsZero() && verdictReason[verdict] == h.Reason
	because := "about no visit that had started"
	if s.Asks && verdict == visitClaimed {
		because += ": " + s.Note
		f.questions = append(f.questions, s.question())
	}
	f.set(s, because, used)
}

// explained reports that somebody said of a claim about no visit that it was none.
func (f *folding) explained(claim *Sign) bool {
	for i := range f.l.Signs {
		s := &f.l.Signs[i]
		if s.Says != NotAVisit || s.Taken || s.Voice == Claimed {
			continue
		}
		if names(s, claim) || len(s.Decides) == 0 && s.Said.After(claim.Said) {
			return true
		}
	}
	return false
}
