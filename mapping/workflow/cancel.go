package workflow

import (
	"slices"
	"time"
)

// Cancelling says how an agency lets the referrer's side cancel what it has begun. The zero Cancelling is CancelEither.
type Cancelling string

// The ways.
const (
	CancelEither  Cancelling = ""     // either side sets cancelled, at any time
	CancelByAbort Cancelling = "cow"  // the referrer's side asks by a Task of its own, and the agency sets cancelled
	CancelByAsk   Cancelling = "bser" // the referrer's side asks by Task.businessStatus, and the agency sets cancelled
)

// CancelRow says from which statuses on the referrer's side has to ask an agency, and how it does.
type CancelRow struct {
	Way    Cancelling
	From   []Status
	How    string
	Source string
}

// Cancels are the ways of cancelling under which somebody has to ask first. What is a fact of the person (they declined, moved, died, could not be
// reached) is nobody's wish to cancel, and is said as ever.
//
// Source: COW ballot, CancellationRequestTask: the placer cancels until in-progress, and asks afterwards
// Source: BSeR 2.0.0-ballot, transitions 04, 07, 14, 20, 22, 28, 34 ask, 23 confirms; 1.0.0 asks with 5.4
var Cancels = []CancelRow{
	{CancelByAbort, []Status{TaskInProgress, TaskOnHold},
		"after asking this agency: post a Task with the code http://hl7.org/fhir/CodeSystem/task-code#abort and this Task as its focus; the agency then sets cancelled",
		"COW"},
	{CancelByAsk, []Status{TaskReceived, TaskAccepted, TaskInProgress, TaskOnHold},
		"after asking this agency: write in-progress with the businessStatus 5.2, Service Request Cancellation Requested (5.4 in BSeR 1.0.0); the agency then sets cancelled and 6.0",
		"BSeR"},
}

// asking are the moves by which the referrer's side asks for a cancellation: they bring in-progress, and are nobody's yes.
//
// Source: BSeR 2.0.0-ballot, transitions 04 and 07
var asking = []Move{
	{From: TaskReceived, To: TaskInProgress, By: requester, Source: "BSeR 04"},
	{From: TaskAccepted, To: TaskInProgress, By: requester, Source: "BSeR 07"},
	{From: TaskOnHold, To: TaskInProgress, By: requester, Source: "local: as from accepted"},
}

// mustAsk gives the row under which a cancelling has to be asked for first, nil when it need not be.
func (a Asked) mustAsk() *CancelRow {
	if a.To != TaskCancelled || !slices.Contains(requester, a.By) {
		return nil
	}
	if e, coded := EndOf(a.Reason); coded && e.Reason != ReferrerWithdrew && a.By != Referrer {
		return nil
	}
	for i := range Cancels {
		if c := &Cancels[i]; c.Way == a.Cancel && slices.Contains(c.From, a.From) {
			return c
		}
	}
	return nil
}

// asks reports a move that is a request to cancel, and legal as that.
func (a Asked) asks() bool {
	return a.Asks && slices.ContainsFunc(asking, func(m Move) bool { return m.From == a.From && m.To == a.To && m.allows(a.By) })
}

// CancelAsk is a request of the referrer's side to cancel, which the agency confirms or does not.
type CancelAsk struct {
	At      time.Time
	By      Role
	Refused bool // the agency said no
	Source  string
}

// cancelAsked gives the request to cancel that stood at a moment, nil when there was none: the newest that the agency did not refuse.
func (l *Ledger) cancelAsked(at time.Time) *CancelAsk {
	var last *CancelAsk
	for i := range l.CancelAsks {
		if c := &l.CancelAsks[i]; !c.Refused && !c.At.After(at) && (last == nil || c.At.After(last.At)) {
			last = c
		}
	}
	return last
}
