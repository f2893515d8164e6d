package workflow

import (
	"slices"
	"time"
)

// Mark is one thing that was done for the person around the handoff, or one answer of theirs about it, as one resource tells it. It is never
// evidence of a visit.
type Mark struct {
	Element  string    // what was done: one of the kinds below
	Status   string    // Shown, Stated or Confirmed
	At       time.Time // when; zero: not said
	End      time.Time // when it was over; zero: not said
	Mode     string    // of v3-ParticipationMode: "PHONE"; Virtual for a virtual encounter; "" not said
	Present  Present   // who took part
	By       string    // whose doing it was, "Practitioner/n1"; "" not said
	Language string    // BCP 47; "" not said
	About    string    // which barrier; "" for none
	Waived   string    // why it was left undone on purpose, in plain words; "" it was done
	Denied   bool      // of an answer: the person says that it was not so
	Lacks    string    // why it is only stated, in plain words; "" for no reason of its own
	Source   string
}

// How well an element is shown. One that is stated is done, and flagged.
//
// Source: local, evidence of warmth
const (
	Shown     = "shown"     // a resource names who, when and how
	Stated    = "stated"    // somebody only ticked it
	Confirmed = "confirmed" // the person says so
)

// The kinds of marks. The first are codes of urn:warmhandoff:element; the others are made of what resources say besides.
const (
	Precall       = "precall"
	Introduction  = "introduction"
	HeardTogether = "heard-together"
	PlanGiven     = "plan-given"
	CheckIn       = "check-in"
	Accompanied   = "accompanied"
	ReadBack      = "read-back"
	BarriersAsked = "barriers-asked"
	HandedOver    = "handed-over"

	PlanWritten     = "plan-written"     // instructions for the person, in the request or the appointment
	PackageSent     = "sent"             // a document, or a written summary to the agency
	PackageReceived = "package-received" // it reached the agency
	PackageRead     = "package-read"     // a worker of the agency opened it, or the request
	Corrected       = "corrected"        // a document was replaced by a corrected one
	VisitHeld       = "visit"            // a visit record, for who took part
	IntroducedThere = "introduced-there" // a visit record, in which the person, a worker and somebody of the referrer's took part
	Barrier         = "barrier"          // something stands in the way
	BarrierMet      = "barrier-met"      // and was seen to
	BarrierTaken    = "barrier-taken"    // and somebody took it on, without a date

	Answered     = "answered"      // anything of the questions after the visit
	StoryOnce    = "story-once"    // did not have to tell the whole story again
	KnewWho      = "knew-who"      // knew whom they would meet
	CouldCorrect = "could-correct" // could correct what was said
	CouldAsk     = "could-ask"     // questions were answered
)

// Virtual is the mode of an introduction that was a virtual encounter: live, by telephone or by video.
const Virtual = "VR"

// liveModes are those in which people talk to each other.
//
// Source: HL7 v3-ParticipationMode; v3-ActCode for VR
var liveModes = []string{"PHONE", "FACE", "VIDEOCONF", Virtual}

// formalModes are those of a formal letter. They show nothing but that something was sent.
//
// Source: HL7 v3-ParticipationMode; local, a formal e-mail summary is not a warm handoff
var formalModes = []string{"EMAILWRIT", "FAXWRIT", "MAILWRIT"}

func (m *Mark) live() bool   { return slices.Contains(liveModes, m.Mode) }
func (m *Mark) formal() bool { return slices.Contains(formalModes, m.Mode) }

// over says when it ended, as far as is known.
func (m *Mark) over() time.Time {
	if m.End.After(m.At) {
		return m.End
	}
	return m.At
}

// Present says who took part in something.
type Present struct {
	Person bool
	Family bool // somebody whom the person chose
	Others bool // family whom the person is not known to have chosen
	Worker bool // a named worker of the agency
	Guide  bool // a navigator, or somebody of the referrer's
	Place  bool // where it is, is said
}

// lacking names the first of those asked for who was not there; "" when all were.
func (p Present) lacking(there Present) string {
	switch {
	case p.Person && !there.Person:
		return "the person is not named among those present"
	case p.Worker && !there.Worker:
		return "no worker of the agency is named"
	case p.Guide && !there.Guide:
		return "nobody of the referrer is named"
	case p.Place && !there.Place:
		return "the place is not named"
	}
	return ""
}
