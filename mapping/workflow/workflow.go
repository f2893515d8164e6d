// Package workflow is the domain: what a warm handoff is, and how its state follows from what was said.
//
// A referral is one need of one person. A leg is one agency that was asked to meet it. For each leg everything that anybody said is kept in a
// Ledger, and the leg's state is a pure function of that ledger, a moment and a few settings:
//
//	Handoff = Fold(Ledger, at, Rules)
//
// Nothing patches a stored state, so messages that come late, twice or out of order do no harm. Three tables hold all the rules, and a clinician
// should be able to read them: who may move a Task from where to where (moves.go), what a visit's evidence amounts to and which state follows
// (verdict.go and fold.go), and what is due by when (deadline.go).
//
// Completed is a claim; attended is a fact with evidence. Timers may ask, remind and escalate; no rule here lets the mere passing of time make
// somebody attended, missed, or finished with.
//
// The package imports nothing that knows FHIR, HTTP or SQL. Where its words meet FHIR's is the business of package mapping.
package workflow

import "time"

// State says where a leg is. A leg is in exactly one state at any moment.
type State string

// The nine states, and None for what the store keeps and does not follow.
//
// Source: local, warm handoff states
const (
	None        State = "none"
	Preparing   State = "preparing"   // known, not yet released to the agency
	Offered     State = "offered"     // released, no answer yet
	Accepted    State = "accepted"    // the agency said yes, no date yet
	Scheduled   State = "scheduled"   // a first visit is booked, or under way
	Unconfirmed State = "unconfirmed" // we do not know whether the person came
	Outreach    State = "outreach"    // the next move is to reach the person
	Paused      State = "paused"      // something named blocks progress
	Attended    State = "attended"    // made it to the first visit, with evidence
	Closed      State = "closed"      // ended without a visit, for a reason
)

// NotShared is what a referrer is told instead of a state where the outcome may not be told. No leg is ever in it.
//
// Source: local, blind ending
const NotShared State = "outcome-not-shared"

// States are the nine states of a leg that is followed.
var States = []State{Preparing, Offered, Accepted, Scheduled, Unconfirmed, Outreach, Paused, Attended, Closed}

// Open reports whether a leg in this state still needs somebody.
func (s State) Open() bool { return s != None && s != Attended && s != Closed && s != "" }

// Words gives the state in plain words for a screen.
func (s State) Words() string {
	if s == NotShared {
		return "Tracking ended, outcome not shared"
	}
	return stateWords[s]
}

var stateWords = map[State]string{
	None:        "Not followed",
	Preparing:   "Getting ready",
	Offered:     "Waiting for their answer",
	Accepted:    "They said yes, no date yet",
	Scheduled:   "Visit booked",
	Unconfirmed: "We do not know yet",
	Outreach:    "Reaching out",
	Paused:      "On hold",
	Attended:    "Made it to the first visit",
	Closed:      "Ended without a visit",
}

// Grade says how good a piece of evidence is, A best. The zero Grade is no grade.
type Grade string

// The grades.
//
// Source: local, evidence rule
const (
	GradeA Grade = "A" // conclusive: the agency's own visit record
	GradeB Grade = "B" // strong: arrived, checked in, or an activity recorded
	GradeC Grade = "C" // attested by a named human who was there
	GradeD Grade = "D" // the person's own word
	GradeE Grade = "E" // a claim: somebody set a status
	GradeX Grade = "X" // only looks like progress
)

// proves reports whether the grade is enough for attended.
func (g Grade) proves() bool { return g >= GradeA && g <= GradeD }

// better reports whether g is better evidence than h. Any grade is better than none.
func (g Grade) better(h Grade) bool { return g != "" && (h == "" || g < h) }

// Moment is a point in time as somebody wrote it: an instant, or a whole local day. The zero Moment was not said.
type Moment struct {
	At  time.Time // the instant, or the first instant of the day
	Day bool      // the whole local day that begins at At
}

// IsZero reports that no time was said.
func (m Moment) IsZero() bool { return m.At.IsZero() }

// Date gives the local calendar day, "2026-03-05"; "" for the zero Moment.
func (m Moment) Date(zone *time.Location) string {
	if m.IsZero() {
		return ""
	}
	return In(m.At, zone).Format(time.DateOnly)
}

// sameDay compares calendar days in a zone.
func sameDay(a, b time.Time, zone *time.Location) bool {
	ay, am, ad := a.In(zone).Date()
	by, bm, bd := b.In(zone).Date()
	return ad == bd && am == bm && ay == by
}
