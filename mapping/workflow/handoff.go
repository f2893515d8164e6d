package workflow

import "time"

// Handoff is the answer for one leg at one moment.
type Handoff struct {
	State  State
	Reason Reason
	Rule   string    // the name of the rule that decided: the answer to "why"
	Grade  Grade     // of the evidence for attended; "" otherwise
	Visit  Moment    // the attended visit, or the visit in question; zero: none
	Misses int       // visits that the person missed, those in dispute left out
	Since  time.Time // when what the rule rests on happened, as far as was said
	Wake   time.Time // the next moment at which time alone may change the answer; zero: never

	Released bool // the package went to the agency: asked for, and the consent gate was open
	Agreed   bool // the agency's yes is in force
	Claims   bool // the agency says completed
	Stands   bool // the Task has not ended in its parties' own words
	Ended    time.Time
	ClosesNeed,
	Void bool

	Due      []Due
	Visits   []Judged // every visit, planned or not, with what is known of it, by time
	Evidence []Used
	Warmth   []Element // those of which something is known; AllWarmth gives all twelve
	Flags    []string  // older open questions and warnings, in plain words

	Reschedules []Reschedule // every time that a visit was moved, by time

	Attempts int     // to reach the person, since the last time that nobody could
	Blind    bool    // the outcome may not be told to the referrer
	Over     bool    // blind, and the fixed day has come: for the referrer the tracking has ended
	Shares   Sharing // what consent allows now, in each direction
	// CancelAsked says that the referrer's side asked to cancel, and the agency has not answered.
	CancelAsked bool
	// Navigator is whom the person rings, "PractitionerRole/n1", and Team the care team that says so; "" for nobody.
	Navigator, Team string    `json:",omitempty"`
	Suggest         []string  // what a navigator may want to do next: "withdraw"
	Told            []Telling // what we wrote for this leg, open and done
	Effects         []Effect  `json:"-"` // what ought to stand written now; the engine writes what is missing and closes what is not here
}

// Level says how pressing something due is.
type Level string

// The levels.
//
// Source: local, escalation ladder: amber at 75 %, red at 100 %, supervisor at 150 %, in a crisis at 100 %
const (
	OnTime    Level = ""
	Amber     Level = "amber"
	Red       Level = "red"
	Escalated Level = "supervisor"
)

// EffectKind says what kind of resource an effect is written as.
type EffectKind string

// The kinds.
const (
	Todo    EffectKind = "todo"    // a Task of its own, for whoever has to act
	Message EffectKind = "message" // a Communication to the person, prepared for sending
	Notice  EffectKind = "notice"  // a Communication to an organization, prepared for sending
)

// Effect is something that ought to stand written for a leg. Time and rules make effects; they ask, remind, escalate and tell, and never decide.
type Effect struct {
	Key     string // names it within its leg; the same key is written once: "T2/answer/red/2026-03-02T17:00:00Z"
	Kind    EffectKind
	What    string    // a code of urn:warmhandoff:todo or urn:warmhandoff:message
	Timer   string    // "T2"; "" for none
	For     Role      // who has to act, or is told
	By      time.Time // when it has to be done; zero: at once
	About   string    // which barrier; "" for none
	Visit   Moment    // the visit that it is about; zero: none
	Booking string    // and its appointment, "Appointment/a1"; "" none
}

// Due is something that somebody has to do by some time.
type Due struct {
	What  string
	By    time.Time `json:",omitzero"` // zero: at once
	For   Role
	Timer string    `json:",omitempty"` // the row of Deadlines: "T2"
	From  time.Time `json:",omitzero"`  // when its clock began
	Level Level     `json:",omitempty"` // at the moment of the fold
	About string    `json:",omitempty"` // which barrier; "" for none
	Seed  bool      `json:",omitempty"` // the table of seeds asks for it
}

// Judged is one visit and what is known of it.
type Judged struct {
	At      Moment
	Booking string // "Appointment/a1"; "" for a visit without
	Verdict Verdict
	Rule    string // the row of the table of visits that decided
}

// Used is one item of evidence and what became of it.
type Used struct {
	Kind    string // "came", "did-not-come", "booked", …
	Grade   Grade
	For     string // "for", "against", or "" when it is neither
	When    Moment
	Source  string
	Used    bool
	Because string
	Rule    string // the row of the table of evidence that graded it; "" for what is no record of a visit
}
