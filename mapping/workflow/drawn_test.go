package workflow

import (
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// drawn is a generator of ledgers: everything that can be said about one leg in the first half of March, in every mixture.
type drawn struct {
	t      *rapid.T
	grades []Grade // of what speaks for a visit
}

// drawnUntil is when everything that a drawn ledger speaks of is over.
var drawnUntil = on(15, 12, 0)

var allGrades = []Grade{GradeA, GradeB, GradeC, GradeD, GradeE, GradeX, ""}

func anyLedger(t *rapid.T, grades []Grade) *Ledger {
	d := drawn{t: t, grades: grades}
	l := base()
	l.Urgency = rapid.SampledFrom([]Urgency{Routine, Routine, Urgent, Crisis}).Draw(t, "urgency")
	d.words(l)
	d.bookings(l)
	d.signs(l)
	d.contacts(l)
	d.holds(l)
	l.Gate = d.gate("gate")
	if d.chance(3, "second direction") {
		l.Back = d.gate("back")
	}
	d.rest(l)
	return l
}

// chance is true once in n times.
func (d drawn) chance(n int, what string) bool { return rapid.IntRange(1, n).Draw(d.t, what) == n }

func (d drawn) time(what string) time.Time {
	return on(rapid.IntRange(1, 14).Draw(d.t, what+" day"), rapid.IntRange(8, 18).Draw(d.t, what+" hour"), 30*rapid.IntRange(0, 1).Draw(d.t, what+" half"))
}

// words walks the table of moves, and each move is made by somebody who may.
func (d drawn) words(l *Ledger) {
	at := on(2, 9, 0)
	status := rapid.SampledFrom([]Status{TaskDraft, TaskDraft, TaskRequested, TaskRequested, TaskAccepted, TaskCompleted, TaskRejected}).Draw(d.t, "first status")
	by := Referrer
	for i := range rapid.IntRange(1, 7).Draw(d.t, "words") {
		l.Words = append(l.Words, Word{
			Status: status, Said: at, Received: at, By: by, Reason: d.reason(status, l.Words), Source: fmt.Sprintf("Task/T1/_history/%d", i+1),
		})
		open := slices.DeleteFunc(slices.Clone(Moves), func(m Move) bool { return m.From != status })
		if len(open) == 0 {
			return
		}
		m := rapid.SampledFrom(open).Draw(d.t, "move")
		status, by = m.To, rapid.SampledFrom(m.By).Draw(d.t, "by")
		at = at.Add(time.Duration(rapid.IntRange(1, 40).Draw(d.t, "gap")) * time.Hour)
	}
}

func (d drawn) reason(to Status, before []Word) Reason {
	may := []Reason{""}
	switch {
	case len(before) > 0 && before[len(before)-1].Status.Terminal():
		return PersonAsked
	case to == TaskOnHold:
		may = []Reason{"", Waitlist, Hospitalised, InCustody, Away, PersonAsked, InfoNeeded, DeathCheck}
	case to == TaskRejected:
		may = []Reason{"", DeclinedCapacity, DeclinedIneligible}
	case to == TaskFailed:
		may = []Reason{"", DidNotComeAttribute, PersonUnreachable}
	case to == TaskCancelled:
		may = []Reason{"", PersonDeclined, Transferred, Moved, Deceased, Duplicate, NeedResolved, AttendedElsewhere}
	}
	return rapid.SampledFrom(may).Draw(d.t, "reason")
}

func (d drawn) bookings(l *Ledger) {
	kinds := []BookingStatus{Booked, Booked, Booked, CancelledPerson, CancelledService, CancelledUnknown, OnWaitlist, NeverBooked, CancelledForDeath, CancelledAdmission}
	for i := range rapid.IntRange(0, 3).Draw(d.t, "bookings") {
		b := booking(fmt.Sprintf("Appointment/AP%d", i), d.time("start"))
		b.Made, b.Received = d.time("made"), d.time("booking received")
		b.Status = rapid.SampledFrom(kinds).Draw(d.t, "booked")
		if d.chance(4, "moved") {
			b.Moved = []Reschedule{{At: d.time("moved at"), By: rapid.SampledFrom([]Role{Agency, Person, ""}).Draw(d.t, "moved by")}}
		}
		l.Bookings = append(l.Bookings, b)
	}
}

func (d drawn) signs(l *Ledger) {
	for i := range rapid.IntRange(0, 6).Draw(d.t, "signs") {
		s := sign(rapid.SampledFrom([]Saying{Came, Came, DidNotCome, TurnedAway, ServiceCancelled, NotAVisit}).Draw(d.t, "says"),
			rapid.SampledFrom(d.grades).Draw(d.t, "grade"), rapid.SampledFrom([]Voice{Record, Staff, Self, Claimed}).Draw(d.t, "voice"),
			d.time("visit"), fmt.Sprintf("Encounter/E%d", i))
		s.Blame = rapid.SampledFrom([]Blame{"", OnPerson, OnService, Unclear}).Draw(d.t, "blame")
		s.Taken = d.chance(6, "taken")
		if d.chance(4, "whole day") {
			s.At = Moment{At: time.Date(2026, time.March, s.At.At.In(pacific).Day(), 0, 0, 0, 0, pacific).UTC(), Day: true}
		}
		s.Said, s.Received = d.time("said"), d.time("received")
		if d.chance(4, "undated") {
			s.At = Moment{}
		}
		if len(l.Bookings) > 0 && rapid.Bool().Draw(d.t, "names") {
			s.Booking = rapid.SampledFrom(l.Bookings).Draw(d.t, "booking").Name
		}
		if d.chance(7, "decides") {
			s.Decides = []string{"Encounter/E0", "Encounter/E1"}
		}
		l.Signs = append(l.Signs, s)
	}
}

func (d drawn) contacts(l *Ledger) {
	results := []ContactResult{Reached, NotReached, NotReached, WrongNumber, LeftMessage, WantsVisit, SaidNo}
	for i := range rapid.IntRange(0, 5).Draw(d.t, "contacts") {
		l.Contacts = append(l.Contacts, Contact{
			Result: rapid.SampledFrom(results).Draw(d.t, "result"), At: d.time("called"), ToPerson: rapid.Bool().Draw(d.t, "to person"),
			Mode: rapid.SampledFrom([]string{"", "PHONE", "FACE", "SMSWRIT"}).Draw(d.t, "mode"), Source: fmt.Sprintf("Communication/M%d/_history/1", i),
		})
	}
	for i := range rapid.IntRange(0, 2).Draw(d.t, "telephone") - 1 {
		l.Yeses = append(l.Yeses, Yes{At: d.time("said yes"), Source: fmt.Sprintf("Communication/Y%d/_history/1", i)})
	}
}

func (d drawn) holds(l *Ledger) {
	for i := range rapid.IntRange(0, 2).Draw(d.t, "holds") {
		h := Hold{Reason: rapid.SampledFrom([]Reason{Waitlist, Hospitalised, InCustody, DeathCheck}).Draw(d.t, "hold"), From: d.time("from"), Source: fmt.Sprintf("Encounter/H%d/_history/1", i)}
		if rapid.Bool().Draw(d.t, "over") {
			h.Until = d.time("until")
		}
		l.Holds = append(l.Holds, h)
	}
}

// gate draws spans in order, the first of them from the beginning. Mostly the gate is open.
func (d drawn) gate(what string) []GateSpan {
	spans := []GateSpan{{From: on(2, 9, 0), Open: true}}
	if d.chance(4, what+" shut at first") {
		spans[0] = GateSpan{From: on(2, 9, 0), Cause: NotGiven}
	}
	if !d.chance(3, what+" changes") {
		return spans
	}
	at := on(2, 9, 0)
	for range rapid.IntRange(1, 3).Draw(d.t, what+" changes so often") {
		at = at.Add(time.Duration(rapid.IntRange(1, 80).Draw(d.t, what+" gap")) * time.Hour)
		g := GateSpan{From: at, Cause: rapid.SampledFrom([]Cause{"", Revoked, Expired}).Draw(d.t, what+" cause"), Source: fmt.Sprintf("Consent/%s/_history/%d", what, len(spans))}
		g.Open = g.Cause == ""
		spans = append(spans, g)
	}
	return spans
}

// rest draws what is said of the person and of the request.
func (d drawn) rest(l *Ledger) {
	if d.chance(5, "revised") {
		l.Revised = []time.Time{d.time("revised")}
	}
	if d.chance(8, "withdrawn") {
		l.Withdrawn = Withdrawal{At: d.time("withdrawn"), Source: "ServiceRequest/SR1/_history/2"}
	}
	if d.chance(10, "died") {
		l.Death = Death{Confirmed: d.time("confirmed"), Source: "Patient/P1/_history/2"}
	}
	l.Person = Individual{Unsafe: d.chance(5, "unsafe"), Interpreter: d.chance(4, "interpreter")}
	if d.chance(4, "young") {
		l.Person.Born = on(1, 0, 0).AddDate(-15, 0, 0)
	}
	if d.chance(2, "navigator") {
		l.Person.Navigator = "PractitionerRole/nav"
	}
	for i := range rapid.IntRange(0, 2).Draw(d.t, "signatures") {
		l.Signatures = append(l.Signatures, Signature{
			By: fmt.Sprintf("Practitioner/s%d", rapid.IntRange(0, 1).Draw(d.t, "signer")), At: d.time("signed"), Word: "Task/T1",
			Reviews: rapid.SampledFrom([][]string{nil, {"risk"}, {"risk", "safeguarding"}}).Draw(d.t, "reviews"), Source: fmt.Sprintf("Provenance/P%d/_history/1", i),
		})
	}
	for i := range rapid.IntRange(0, 3).Draw(d.t, "marks") {
		l.Marks = append(l.Marks, Mark{
			Element: rapid.SampledFrom([]string{Precall, Introduction, PlanGiven, CheckIn, Accompanied, ReadBack, PackageRead, Answered, CouldCorrect, StoryOnce, Barrier, BarrierMet}).Draw(d.t, "element"),
			Mode:    rapid.SampledFrom([]string{"", "PHONE", "EMAILWRIT", "SMSWRIT"}).Draw(d.t, "mode"), Denied: d.chance(3, "denied"),
			Status: rapid.SampledFrom([]string{"shown", "stated", "confirmed"}).Draw(d.t, "shown"), At: d.time("marked"), Source: fmt.Sprintf("Communication/W%d/_history/1", i),
		})
	}
}
