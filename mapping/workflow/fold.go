package workflow

import (
	"cmp"
	"slices"
	"time"
)

// Fold gives the answer for one leg at a moment. It is pure: the same ledger in whatever order, the same moment and rules give the same
// answer. at is compared in UTC; days are those of
// the site of the ledger's agency.
//
// Source: local, the fold in one page
func Fold(l *Ledger, at time.Time, r *Rules) Handoff {
	f := newFolding(l, at, r)
	f.read()
	var h Handoff
	for i := range rows {
		if a, holds := rows[i].decide(f); holds {
			h.State, h.Reason, h.Rule = rows[i].state, a.reason, rows[i].name
			if a.state != "" {
				h.State = a.state
			}
			h.Visit, h.Grade, h.Since = a.visit, a.grade, a.since
			if f.known = a.known; f.known.IsZero() {
				f.known = a.since
			}
			break
		}
	}
	f.finish(&h)
	return h
}

func newFolding(l *Ledger, at time.Time, r *Rules) *folding {
	f := &folding{l: l, at: at, rules: r, site: r.Site(l.Agency)}
	f.visits = make([]visit, 0, len(l.Bookings)+1)
	f.evidence = make([]Used, 0, len(l.Bookings)+len(l.Signs))
	return f
}

// read hears what was said and judges the visits.
func (f *folding) read() {
	f.hear()
	f.gather()
	for i := range f.visits {
		f.judge(&f.visits[i])
	}
}

// ruleLateWithdrawal names the rule of a withdrawal that the person may not know of.
const ruleLateWithdrawal = "referrer-withdrew-shortly-before-visit"

// row is one rule of the fold. The first that holds decides.
type row struct {
	name   string
	decide func(f *folding) (answer, bool)
	state  State
	words  string // when it holds
}

// answer is what a rule adds to its state.
type answer struct {
	reason Reason
	state  State // where it differs from the row's
	visit  Moment
	grade  Grade
	since  time.Time
	known  time.Time // when somebody could first act on it; zero: since
}

// rows are the fold, in order.
//
// Source: local, the fold in one page, steps 2-9
var rows = []row{
	{"void", (*folding).isVoid, Closed, "Somebody said that the Task or its request was a mistake or a duplicate."},
	{"consent-revoked", (*folding).isRevoked, Closed, "Consent was taken back after the release, and is not in force again. What was received before and shows a visit stays."},
	{"visit-attended", (*folding).isAttended, Attended, "Evidence of grade A to D shows one visit, and nothing speaks against it."},
	{"visit-disputed-by-person", (*folding).isDisputed, Unconfirmed, "The person says that they did not go, and somebody else that they came."},
	{ruleLateWithdrawal, (*folding).isLateWithdrawal, Scheduled, "The referrer withdrew within 48 hours of a booked visit, and nobody has told the person yet."},
	{"ended", (*folding).isEnded, Closed, "A human, or a proven fact, ended it, and nobody opened it again."},
	{"person-mismatch", (*folding).isForAnother, Preparing, "The Task is for somebody whom its request is not about: nothing goes out until a human says whom it is for."},
	{"hold-in-force", (*folding).isHeld, Paused, "Something named holds it: a pause, a stay in hospital, a report of death, an expired consent."},
	{"visit-upcoming", (*folding).isUpcoming, Scheduled, "A booked visit lies ahead or is under way."},
	{"newest-visit-unknown", (*folding).isUnknown, Unconfirmed, "Of the newest visit that is over we do not know whether the person came."},
	{"attempts-exhausted", (*folding).isExhausted, Outreach, "Nobody could reach the person, all that has to be tried was tried, and the time for it is over: a human decides what comes next."},
	{"newest-visit-missed", (*folding).isMissed, Outreach, "The newest visit was missed, or the person cancelled it, and nobody has reached them since who said that they want another."},
	{"could-not-reach", (*folding).isUnreached, Outreach, "The last attempt to reach the person failed, and nothing newer is known."},
	{"not-understood", (*folding).isUnclear, Preparing, "The request or its Task is not understood as it reads now, and was not released before."},
	{"consent-missing", (*folding).isGated, Preparing, "The release was asked for, or the agency said yes, and consent has not allowed it so far."},
	{"agency-agreed", (*folding).isAgreed, Accepted, "The agency said yes, or booked."},
	{"released", (*folding).isReleased, Offered, "It was released to the agency, and consent allows it."},
	{"not-released", (*folding).isKnown, Preparing, "It is known, and nobody has released it."},
}

// folding is the work on one ledger.
type folding struct {
	l     *Ledger
	at    time.Time
	rules *Rules
	site  Site

	elements [12]Element // of warmth, as Warmth has them
	marks    []*Mark     // whose time has come
	coming   *Booking    // of a visit that lies ahead and that everybody wants; nil: none, or not asked yet
	unmet    []need      // what is needed to come and not arranged

	known time.Time // when what the state rests on was known
	tried Effort    // in outreach: what was done to reach the person

	said     hearing
	visits   []visit
	loose    []*Sign // claims and denials about no visit that had started
	next     time.Time
	evidence []Used
	flags    []string

	questions []string // what has to be asked about records, while the leg is open
}

// hearing is what the Task's words come to.
type hearing struct {
	last      *Word
	asked     time.Time // when the release was asked for: first word beyond draft; zero: not yet
	released  time.Time // asked for and the gate open; zero: not yet
	agreed    bool
	agreedAt  time.Time
	refused   time.Time // when the agency last said no; zero: never
	tookBack  bool      // with its last no the agency took a yes back
	telephone time.Time // when the agency first said yes by telephone; zero: never
	end       End
	ended     *Word
	hold      *Word
	dead      *Word     // a report of death that nobody confirmed
	reopened  time.Time // when an ended leg was last opened again; zero: never. What was before is of an earlier cycle
	resumed   time.Time // when the Task last went on after a hold; zero: never
}

// hear reads the words in their order.
func (f *folding) hear() {
	h := &f.said
	var before Status
	for i := range f.l.Words {
		w := &f.l.Words[i]
		if h.asked.IsZero() && w.Status != TaskDraft && !(before == "" && w.Status.Terminal()) && w.Status != TaskCancelled {
			h.asked = w.Received
		}
		f.hearYes(before, w)
		if h.ended != nil && !w.Status.Terminal() {
			h.reopened = w.Said
		}
		if before == TaskOnHold && w.Status != TaskOnHold && !w.Status.Terminal() {
			h.resumed = w.Said
		}
		h.ended, h.hold, h.dead = nil, nil, nil
		switch {
		case f.reports(w):
			h.dead = w
		case w.Status == TaskFailed && w.Reason == DidNotComeAttribute:
		case w.Status.Terminal() && w.Status != TaskCompleted:
			h.ended, h.end = w, f.endOfAnswer(w)
			if h.end.Declines {
				h.agreed, h.refused, h.tookBack = false, w.Said, h.agreed
			}
		case w.Status == TaskOnHold:
			h.hold = w
		}
		h.last, before = w, w.Status
	}
	f.hearTelephone()
	f.hearGate()
	f.hearUnclear()
}

// hearYes keeps the agency's yes: it is given by accepting, starting or completing, and stands when somebody else resumes or reopens.
func (f *folding) hearYes(before Status, w *Word) {
	resumed := before == TaskOnHold || before.Terminal() && before != TaskCompleted
	switch {
	case w.Asks:
	case w.Status == TaskAccepted, w.Status == TaskInProgress, w.Status == TaskCompleted:
		if w.Status != before && !f.said.agreed && (!resumed || w.By == Agency) {
			f.said.agreed, f.said.agreedAt = true, w.Said
		}
	}
}

// endOfWord gives the end that a terminal word makes, with the default where its reason was not coded.
//
// Source: local, rejected or failed without a coded reason
func endOfWord(w *Word) End {
	if e, ok := EndOf(w.Reason); ok {
		return e
	}
	reason := DeclinedOther
	switch {
	case w.Status == TaskInError:
		reason = EnteredInError
	case w.Status == TaskCancelled && w.By == Person:
		reason = PersonDeclined
	case w.Status == TaskCancelled && w.By != Agency:
		reason = ReferrerWithdrew
	}
	e, _ := EndOf(reason)
	return e
}

// endOfAnswer gives the end that a word makes where it may answer a request of the referrer's: that cancels for them.
//
// Source: BSeR 2.0.0-ballot, transition 23; COW ballot, CancellationRequestTask
func (f *folding) endOfAnswer(w *Word) End {
	if _, coded := EndOf(w.Reason); !coded && w.Status == TaskCancelled && w.By == Agency && f.l.cancelAsked(w.Received) != nil {
		e, _ := EndOf(ReferrerWithdrew)
		return e
	}
	return endOfWord(w)
}

// hearGate finds the first moment at which the release was asked for and the gate stood open.
func (f *folding) hearGate() {
	h := &f.said
	if h.asked.IsZero() {
		return
	}
	for i := range f.l.Gate {
		g := &f.l.Gate[i]
		until := f.gateEnd(i)
		if !g.Open || !until.IsZero() && !until.After(h.asked) || g.From.After(f.at) {
			continue
		}
		h.released = later(h.asked, g.From)
		return
	}
}

// gateEnd says when a span of the gate ends; zero for the last one.
func (f *folding) gateEnd(i int) time.Time {
	if i+1 < len(f.l.Gate) {
		return f.l.Gate[i+1].From
	}
	return time.Time{}
}

// gate gives the span in force, nil where nothing was ever said.
func (f *folding) gate() *GateSpan {
	var g *GateSpan
	for i := range f.l.Gate {
		if f.l.Gate[i].From.After(f.at) {
			f.wake(f.l.Gate[i].From)
			break
		}
		g = &f.l.Gate[i]
	}
	return g
}

// wake notes a moment at which time alone may change the answer.
func (f *folding) wake(t time.Time) {
	if t.After(f.at) && (f.next.IsZero() || t.Before(f.next)) {
		f.next = t
	}
}

// past reports that a moment has come, and otherwise wakes the leg then.
func (f *folding) past(t time.Time) bool {
	f.wake(t)
	return !t.After(f.at)
}

// set records what became of a sign.
func (f *folding) set(s *Sign, because string, used bool) {
	side := "for"
	switch s.Says {
	case DidNotCome:
		side = "against"
	case TurnedAway, ServiceCancelled, NotAVisit:
		side = "against"
	}
	f.evidence = append(f.evidence, Used{
		Kind: string(s.Says), Grade: s.Grade, For: side, When: s.At, Source: s.Source, Used: used, Because: because, Rule: s.Rule,
	})
}

// gather groups signs by visit. What lies in the future waits; what was received after a revocation, or happened before the referral, does
// not count.
func (f *folding) gather() {
	for i := range f.l.Bookings {
		b := &f.l.Bookings[i]
		switch {
		case b.Status == NeverBooked, b.Status == OnWaitlist:
			f.note(b, false, cmp.Or(b.Note, "not booked"))
			continue
		case b.Start.IsZero():
			f.note(b, false, "nobody said for when")
			continue
		case tooEarly(Moment{At: b.Start}, f.l.Authored, f.site.Zone):
			f.note(b, false, beforeReferral)
			continue
		}
		f.note(b, true, "")
		f.visits = append(f.visits, visit{booking: b, at: Moment{At: b.Start}})
	}
	f.sortVisits()
	var undated []*Sign
	for i := range f.l.Signs {
		s := f.timed(f.linked(&f.l.Signs[i]))
		switch {
		case s.Grade == GradeX:
			f.set(s, s.Note, false)
			if s.Asks {
				f.questions = append(f.questions, s.question())
			}
		case f.shutAt(s.Received):
			f.set(s, AfterRevocation, false)
		case tooEarly(s.At, f.l.Authored, f.site.Zone):
			f.set(s, beforeReferral, false)
		case s.Loose && s.Grade == GradeE && f.unasked():
			f.set(s, "nothing was asked of this agency yet", false)
		case f.waits(s):
			f.set(s, "its time has not come", false)
		case s.At.IsZero() && f.visitOf(s.Booking) == nil:
			undated = append(undated, s)
		default:
			f.attach(s)
		}
	}
	for i := range f.visits {
		f.visits[i].settle()
	}
	f.sortVisits()
	for _, s := range undated {
		if v := f.startedBy(s.Said); v != nil {
			v.signs = append(v.signs, s)
		} else {
			f.loose = append(f.loose, s)
		}
	}
	slices.SortFunc(f.loose, bySource)
	for i := range f.visits {
		slices.SortFunc(f.visits[i].signs, bySource)
	}
}

func bySource(a, b *Sign) int { return compareText(a.Source, b.Source) }

// settle takes a visit's time from its signs where no appointment gives it: the earliest instant, or else the day.
func (v *visit) settle() {
	if v.booking != nil || len(v.signs) == 0 {
		return
	}
	v.at = v.signs[0].At
	for _, s := range v.signs[1:] {
		if v.at.Day && !s.At.Day || v.at.Day == s.At.Day && s.At.At.Before(v.at.At) {
			v.at = s.At
		}
	}
}

// shutAt reports whether the gate stood shut by a revocation when something was received. This is the one place where arrival decides.
func (f *folding) shutAt(received time.Time) bool {
	if f.said.released.IsZero() {
		return false
	}
	for i := range f.l.Gate {
		g := &f.l.Gate[i]
		end := f.gateEnd(i)
		if g.Cause == Revoked && g.From.After(f.said.released) && !received.Before(g.From) && (end.IsZero() || received.Before(end)) {
			return true
		}
	}
	return false
}

func (f *folding) note(b *Booking, used bool, because string) {
	f.evidence = append(f.evidence, Used{
		Kind: string(b.Status), Grade: GradeX, When: Moment{At: b.Start}, Source: b.Source, Used: used, Because: because,
	})
}

// beforeReferral is said of what was over when the need was written down.
const beforeReferral = "before the referral"

// tooEarly reports a visit before the need was written down.
func tooEarly(at Moment, authored time.Time, zone *time.Location) bool {
	if authored.IsZero() || at.IsZero() {
		return false
	}
	return at.At.Before(authored) && !sameDay(at.At, authored, zone)
}

// waits reports a sign about a time that has not come, and wakes the leg when it comes.
func (f *folding) waits(s *Sign) bool {
	due := f.counts(s)
	if f.at.Before(due) {
		f.wake(due)
		return true
	}
	return false
}

// counts gives from when on a sign counts, as far as the time that it is about decides; zero for one without.
func (f *folding) counts(s *Sign) time.Time {
	if s.At.IsZero() || s.At.Day {
		return s.At.At
	}
	return Plus(s.At.At, -f.rules.Skew)
}

// attach puts a sign to its visit: the appointment that it names, else the one nearest on its day, else a visit of that day without one.
func (f *folding) attach(s *Sign) {
	v := f.visitOf(s.Booking)
	if v == nil {
		v = f.visitOn(s.At)
	}
	if v == nil {
		f.visits = append(f.visits, visit{at: s.At})
		v = &f.visits[len(f.visits)-1]
	}
	v.signs = append(v.signs, s)
}

func (f *folding) visitOf(booking string) *visit {
	for i := range f.visits {
		if b := f.visits[i].booking; b != nil && b.Name == booking {
			return &f.visits[i]
		}
	}
	return nil
}

// visitOn gives the visit of a day: a kept booking before a cancelled one, the nearest start before others.
func (f *folding) visitOn(m Moment) *visit {
	var best *visit
	for i := range f.visits {
		v := &f.visits[i]
		if !sameDay(v.at.At, m.At, f.site.Zone) {
			continue
		}
		if best == nil || v.nearer(best, m) {
			best = v
		}
	}
	return best
}

func (v *visit) nearer(w *visit, m Moment) bool {
	if a, b := v.kept(), w.kept(); a != b {
		return a
	}
	return v.at.At.Sub(m.At).Abs() < w.at.At.Sub(m.At).Abs()
}

func (v *visit) kept() bool { return v.booking != nil && v.booking.Status == Booked }

// startedBy gives the latest visit that had started at a time; cancelled bookings are no visits.
func (f *folding) startedBy(t time.Time) *visit {
	var best *visit
	for i := range f.visits {
		v := &f.visits[i]
		if v.booking != nil && !v.kept() || v.at.At.After(t) {
			continue
		}
		if best == nil || v.at.At.After(best.at.At) {
			best = v
		}
	}
	return best
}

func (f *folding) sortVisits() {
	slices.SortFunc(f.visits, func(a, b visit) int {
		if c := a.at.At.Compare(b.at.At); c != 0 {
			return c
		}
		return compareText(a.name(), b.name())
	})
}

func (v *visit) name() string {
	if v.booking == nil {
		return ""
	}
	return v.booking.Name
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ReleasedBy reports whether a leg was released by a time: it was asked for, and the gate stood open.
func ReleasedBy(l *Ledger, at time.Time) bool {
	f := newFolding(l, at, &Rules{})
	f.hear()
	return !f.said.released.IsZero() && !f.said.released.After(at)
}
