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
	Ended    time.Time
	ClosesNeed,
	Void bool

	Due      []Due
	Evidence []Used
	Warmth   []Element
	Flags    []string // older open questions and warnings, in plain words
}

// Due is something that somebody has to do by some time.
type Due struct {
	What string
	By   time.Time // zero: at once
	For  Role
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
}

// Element is one of the elements of warmth and how well it is shown.
type Element struct {
	Name   string
	Status string
	Source string
}
