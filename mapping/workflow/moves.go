package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Status is a Task's status: FHIR's word, because the parties speak through it.
//
// Source: FHIR R4, http://hl7.org/fhir/task-status
type Status string

// The statuses of a Task.
const (
	TaskDraft      Status = "draft"
	TaskRequested  Status = "requested"
	TaskReceived   Status = "received"
	TaskAccepted   Status = "accepted"
	TaskRejected   Status = "rejected"
	TaskReady      Status = "ready"
	TaskCancelled  Status = "cancelled"
	TaskInProgress Status = "in-progress"
	TaskOnHold     Status = "on-hold"
	TaskFailed     Status = "failed"
	TaskCompleted  Status = "completed"
	TaskInError    Status = "entered-in-error"
)

// Statuses are all twelve.
var Statuses = []Status{
	TaskDraft, TaskRequested, TaskReceived, TaskAccepted, TaskRejected, TaskReady,
	TaskCancelled, TaskInProgress, TaskOnHold, TaskFailed, TaskCompleted, TaskInError,
}

// Move is one row of the table of Task moves: who may take Task.status from where to where.
type Move struct {
	From, To Status
	By       []Role // who may; Admin may wherever anybody may
	Reopens  bool   // opens an ended leg again: a coded reason, within Rules.ReopenDays
	Source   string
}

var (
	owner       = []Role{Agency}
	requester   = []Role{Referrer, Navigator, Supervisor}
	helpers     = []Role{Navigator, Supervisor, Person}
	enders      = []Role{Referrer, Navigator, Supervisor, Person}
	anyParty    = []Role{Referrer, Agency, Navigator, Supervisor, Person}
	resumers    = []Role{Agency, Navigator, Supervisor, Person}
	reopeners   = []Role{Referrer, Navigator, Supervisor, Person}
	correctors  = []Role{Referrer, Navigator, Supervisor}
	staffEnders = []Role{Agency, Navigator, Supervisor}
)

// Moves are all legal moves of a fulfilment Task. Writing the status that is there already is no move and always open.
//
// Source: FHIR R4, task.html, task state machine
// Source: SDOHCC 3.0.0, TaskForReferralManagement status table; BSeR 2.0.0-ballot, transitions 01-34 (05: late decline)
// Source: local, requested or received → in-progress; requested → completed is not a move; reopening
var Moves = []Move{
	{From: TaskDraft, To: TaskRequested, By: requester, Source: "SDOHCC"},
	{From: TaskDraft, To: TaskCancelled, By: enders, Source: "SDOHCC"},

	{From: TaskRequested, To: TaskReceived, By: owner, Source: "FHIR R4"},
	{From: TaskRequested, To: TaskAccepted, By: owner, Source: "SDOHCC; BSeR 02"},
	{From: TaskRequested, To: TaskRejected, By: owner, Source: "SDOHCC; BSeR 03"},
	{From: TaskRequested, To: TaskInProgress, By: owner, Source: "local: a yes and a start in one"},
	{From: TaskRequested, To: TaskOnHold, By: resumers, Source: "eOverdracht: another date"},
	{From: TaskRequested, To: TaskCancelled, By: enders, Source: "SDOHCC"},

	{From: TaskReceived, To: TaskAccepted, By: owner, Source: "BSeR 02"},
	{From: TaskReceived, To: TaskRejected, By: owner, Source: "BSeR 03"},
	{From: TaskReceived, To: TaskInProgress, By: owner, Source: "local: a yes and a start in one"},
	{From: TaskReceived, To: TaskOnHold, By: helpers, Source: "local: pause"},
	{From: TaskReceived, To: TaskCancelled, By: enders, Source: "SDOHCC"},

	{From: TaskAccepted, To: TaskInProgress, By: owner, Source: "SDOHCC; BSeR 06"},
	{From: TaskAccepted, To: TaskOnHold, By: resumers, Source: "SDOHCC"},
	{From: TaskAccepted, To: TaskCompleted, By: owner, Source: "SDOHCC; BSeR 09"},
	{From: TaskAccepted, To: TaskFailed, By: staffEnders, Source: "SDOHCC"},
	{From: TaskAccepted, To: TaskRejected, By: owner, Source: "BSeR 05"},
	{From: TaskAccepted, To: TaskCancelled, By: anyParty, Source: "SDOHCC"},

	{From: TaskReady, To: TaskInProgress, By: owner, Source: "FHIR R4"},
	{From: TaskReady, To: TaskOnHold, By: resumers, Source: "FHIR R4"},
	{From: TaskReady, To: TaskCompleted, By: owner, Source: "FHIR R4"},
	{From: TaskReady, To: TaskCancelled, By: anyParty, Source: "FHIR R4"},

	{From: TaskInProgress, To: TaskOnHold, By: resumers, Source: "SDOHCC"},
	{From: TaskInProgress, To: TaskCompleted, By: owner, Source: "SDOHCC; BSeR 16, 30"},
	{From: TaskInProgress, To: TaskFailed, By: staffEnders, Source: "SDOHCC"},
	{From: TaskInProgress, To: TaskRejected, By: owner, Source: "BSeR 10, 17, 25, 33"},
	{From: TaskInProgress, To: TaskReady, By: owner, Source: "FHIR R4: stop"},
	{From: TaskInProgress, To: TaskCancelled, By: anyParty, Source: "SDOHCC: either"},

	{From: TaskOnHold, To: TaskRequested, By: resumers, Source: "eOverdracht"},
	{From: TaskOnHold, To: TaskAccepted, By: resumers, Source: "FHIR R4: resume"},
	{From: TaskOnHold, To: TaskInProgress, By: resumers, Source: "SDOHCC"},
	{From: TaskOnHold, To: TaskCompleted, By: owner, Source: "SDOHCC"},
	{From: TaskOnHold, To: TaskFailed, By: staffEnders, Source: "SDOHCC"},
	{From: TaskOnHold, To: TaskCancelled, By: anyParty, Source: "SDOHCC"},

	{From: TaskRejected, To: TaskRequested, By: reopeners, Reopens: true, Source: "local: reopening; Ocean"},
	{From: TaskRejected, To: TaskInProgress, By: reopeners, Reopens: true, Source: "local: reopening; Ocean"},
	{From: TaskCancelled, To: TaskRequested, By: reopeners, Reopens: true, Source: "local: reopening; Ocean"},
	{From: TaskCancelled, To: TaskInProgress, By: reopeners, Reopens: true, Source: "local: reopening; Ocean"},
	{From: TaskFailed, To: TaskRequested, By: reopeners, Reopens: true, Source: "local: reopening"},
	{From: TaskFailed, To: TaskInProgress, By: reopeners, Reopens: true, Source: "local: reopening"},
}

// Terminal reports whether a status ends the Task in its parties' words.
func (s Status) Terminal() bool {
	switch s {
	case TaskRejected, TaskCancelled, TaskFailed, TaskCompleted, TaskInError:
		return true
	}
	return false
}

// Asked is a move that somebody asks for.
type Asked struct {
	From, To Status
	By       Role      // zero: whoever may
	Reason   Reason    // the coded reason, zero when none was given
	Ended    time.Time // when the leg ended; for a move that opens it again
	At       time.Time
	Cancel   Cancelling // what was agreed with the agency
	Asks     bool       // it carries a request to cancel
}

// RefusedMove says that a Task may not be moved so, by whom it was asked, and which moves are open to them.
type RefusedMove struct {
	Asked
	Open    []Status
	Why     string   // what else is missing where the move itself is legal; "" otherwise
	Missing []string // of an end: what it needs and lacks, in words and numbers
}

// Error gives the refusal in plain words.
func (r *RefusedMove) Error() string {
	who := "anybody"
	if r.By != "" {
		who = "a " + string(r.By)
	}
	if r.By == Agency || r.By == Admin {
		who = "an " + string(r.By)
	}
	if len(r.Missing) > 0 {
		return fmt.Sprintf("This referral may not end as %s yet. Missing: %s.", r.Reason, strings.Join(r.Missing, "; "))
	}
	if r.Why != "" {
		return fmt.Sprintf("Task.status may go from %s to %s only %s. Open from %s: %s.", r.From, r.To, r.Why, r.From, Listed(r.Open))
	}
	return fmt.Sprintf("Task.status may not go from %s to %s by %s. Open from %s: %s.", r.From, r.To, who, r.From, Listed(r.Open))
}

// Listed gives statuses in words: "accepted, rejected"; "none" for none.
func Listed(statuses []Status) string {
	if len(statuses) == 0 {
		return "none"
	}
	words := make([]string, len(statuses))
	for i, s := range statuses {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// OpenMoves gives the statuses to which a role may take a Task from where it is, in the order of the table. The zero Role may do what any role
// may. Entered-in-error comes last, where it is open.
func OpenMoves(from Status, by Role) []Status {
	var open []Status
	for _, m := range Moves {
		if m.From == from && m.allows(by) && !slices.Contains(open, m.To) {
			open = append(open, m.To)
		}
	}
	if from != TaskInError && allowed(correctors, by) {
		open = append(open, TaskInError)
	}
	return open
}

// CheckMove gives nil when the move is legal for whoever asks, and a *RefusedMove otherwise. A Task that is new may begin in any status: what it
// says is then its parties' first word.
func CheckMove(a Asked, r Rules) *RefusedMove {
	if a.From == a.To || a.From == "" {
		return nil
	}
	if a.To == TaskInError && allowed(correctors, a.By) || a.asks() {
		return nil
	}
	if c := a.mustAsk(); c != nil {
		return &RefusedMove{Asked: a, Open: a.open(r), Why: c.How}
	}
	for _, m := range Moves {
		if m.From != a.From || m.To != a.To || !m.allows(a.By) {
			continue
		}
		if m.Reopens && a.Reason == "" {
			return &RefusedMove{Asked: a, Open: a.open(r), Why: "with a coded reason in statusReason (system urn:warmhandoff:reason), because it opens an ended referral again"}
		}
		if m.Reopens && a.tooLate(r) {
			return &RefusedMove{Asked: a, Open: a.open(r), Why: fmt.Sprintf("within %d days of its end; make a new Task on the same ServiceRequest instead", r.ReopenDays)}
		}
		return nil
	}
	return &RefusedMove{Asked: a, Open: a.open(r)}
}

// tooLate reports that a leg ended too long ago to be opened again.
func (a Asked) tooLate(r Rules) bool {
	return !a.Ended.IsZero() && a.At.After(PlusDays(a.Ended, time.UTC, r.ReopenDays))
}

// open gives the moves that are open to whoever asks, at the time when they ask.
func (a Asked) open(r Rules) []Status {
	return slices.DeleteFunc(OpenMoves(a.From, a.By), func(s Status) bool {
		to := a
		to.To = s
		if to.mustAsk() != nil {
			return true
		}
		return a.tooLate(r) && slices.ContainsFunc(Moves, func(m Move) bool { return m.From == a.From && m.To == s && m.Reopens })
	})
}

func (m Move) allows(by Role) bool { return allowed(m.By, by) }

// allowed reports whether a role is among those listed. The zero Role and Admin may do what anybody may.
func allowed(list []Role, by Role) bool {
	return by == "" || by == Admin || slices.Contains(list, by)
}
