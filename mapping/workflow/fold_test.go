package workflow

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	pacific = mustZone("America/Los_Angeles")
	rules   = DefaultRules(pacific)
)

func mustZone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// on gives a local time in March 2026: on(5, 10, 30) is Thursday the 5th, 10:30.
func on(day, hour, minute int) time.Time {
	return time.Date(2026, time.March, day, hour, minute, 0, 0, pacific).UTC()
}

// base is a leg whose consent gate has stood open from the start.
func base(words ...Status) *Ledger {
	l := &Ledger{
		Leg: "Task/T1", Agency: "Organization/harbor", Urgency: Routine, Authored: on(2, 9, 0), Received: on(2, 9, 0),
		Gate: []GateSpan{{From: on(2, 9, 0), Open: true}},
	}
	for i, s := range words {
		at := on(2, 9, 10*i)
		by := Agency
		if s == TaskDraft || s == TaskRequested {
			by = Referrer
		}
		l.Words = append(l.Words, Word{Status: s, Said: at, Received: at, By: by, Source: fmt.Sprintf("Task/T1/_history/%d", i+1)})
	}
	return l
}

func booking(name string, start time.Time) Booking {
	return Booking{Name: name, Status: Booked, Start: start, End: start.Add(time.Hour), Made: on(2, 10, 0), Received: on(2, 10, 0), Source: name + "/_history/1"}
}

func sign(says Saying, g Grade, v Voice, at time.Time, source string) Sign {
	return Sign{Says: says, Grade: g, Voice: v, At: Moment{At: at}, Said: at, Received: at, Source: source + "/_history/1"}
}

func noShow(blame Blame) Sign {
	s := sign(DidNotCome, "", Record, on(5, 10, 0), "Appointment/AP1")
	s.Booking, s.Blame = "Appointment/AP1", blame
	return s
}

func TestEachStateOfTheFoldIsReached(t *testing.T) {
	t.Parallel()
	ap1 := booking("Appointment/AP1", on(5, 10, 0))
	accepted := func(change func(*Ledger)) *Ledger {
		l := base(TaskRequested, TaskAccepted)
		change(l)
		return l
	}
	booked := func(signs ...Sign) *Ledger {
		return accepted(func(l *Ledger) { l.Bookings = []Booking{ap1}; l.Signs = signs })
	}
	claim := func(at time.Time) Sign {
		return Sign{Says: Came, Grade: GradeE, Voice: Claimed, Said: at, Received: at, Source: "Task/T1/_history/9"}
	}
	for _, c := range []struct {
		name   string
		ledger *Ledger
		at     time.Time
		state  State
		reason Reason
		grade  Grade
		misses int
	}{
		{"a draft is being prepared", base(TaskDraft), on(2, 12, 0), Preparing, "", "", 0},
		{"released with consent is offered", base(TaskRequested), on(2, 12, 0), Offered, "", "", 0},
		{"received is still offered", base(TaskRequested, TaskReceived), on(2, 12, 0), Offered, "", "", 0},
		{"a yes without a date is accepted", base(TaskRequested, TaskAccepted), on(2, 12, 0), Accepted, "", "", 0},
		{"a yes and a start in one is accepted", base(TaskRequested, TaskInProgress), on(2, 12, 0), Accepted, "", "", 0},
		{"a booking ahead is scheduled", booked(), on(4, 9, 0), Scheduled, "", "", 0},
		{"a visit under way is scheduled", booked(), on(5, 10, 59), Scheduled, "", "", 0},
		{"its time passed in silence", booked(), on(5, 11, 0), Unconfirmed, NoNews, "", 0},
		{"completed alone is a claim", booked(claim(on(5, 12, 0))), on(5, 12, 0), Unconfirmed, ClaimOnly, "", 0},
		{"completed before the visit is about no visit", booked(claim(on(2, 15, 0))), on(4, 9, 0), Scheduled, "", "", 0},
		{"completed before the visit, then silence", booked(claim(on(2, 15, 0))), on(5, 11, 0), Unconfirmed, NoNews, "", 0},
		{"completed without any booking", accepted(func(l *Ledger) { l.Signs = []Sign{claim(on(3, 9, 0))} }), on(3, 9, 0), Unconfirmed, ClaimOnly, "", 0},
		{"a no-show of the person", booked(noShow(OnPerson)), on(5, 10, 20), Outreach, Missed, "", 1},
		{"a no-show of the service", booked(noShow(OnService)), on(5, 10, 20), Accepted, "", "", 0},
		{"a no-show, unclear whose", booked(noShow(Unclear)), on(5, 10, 20), Unconfirmed, UnclearNoShow, "", 0},
		{"K5 completed against no-show", booked(noShow(OnPerson), claim(on(5, 10, 40))), on(5, 11, 0), Unconfirmed, InConflict, "", 0},
		{"K3 a late arrival beats the no-show", booked(noShow(OnPerson), sign(Came, GradeA, Record, on(5, 10, 35), "Encounter/E1")), on(5, 11, 0), Attended, "", GradeA, 0},
		{"18 grade A outside the window does not", booked(noShow(OnPerson), func() Sign {
			s := sign(Came, GradeA, Record, on(6, 10, 30), "Encounter/E1")
			s.Booking = "Appointment/AP1"
			return s
		}()), on(7, 9, 0), Unconfirmed, InConflict, "", 0},
		{"19 grade A on a date without time never beats a no-show", booked(noShow(OnPerson), func() Sign {
			s := sign(Came, GradeA, Record, on(5, 0, 0), "Encounter/E1")
			s.At.Day = true
			return s
		}()), on(6, 9, 0), Unconfirmed, InConflict, "", 0},
		{"K4 attested against no-show", booked(noShow(OnPerson), sign(Came, GradeC, Staff, on(5, 10, 0), "Observation/O1")), on(6, 9, 0), Unconfirmed, InConflict, "", 0},
		{"K6 the person denies a record", booked(sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1"), sign(DidNotCome, "", Self, on(5, 10, 0), "Observation/O1")), on(6, 9, 0), Unconfirmed, InConflict, "", 0},
		{"K6 the person denies a record, and a booking ahead does not hide it", func() *Ledger {
			l := booked(sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1"), sign(DidNotCome, "", Self, on(5, 10, 0), "Observation/O1"))
			l.Bookings = append(l.Bookings, booking("Appointment/AP2", on(12, 10, 0)))
			return l
		}(), on(6, 9, 0), Unconfirmed, InConflict, "", 0},
		{"K6 the person denies a record within the window of a late arrival", booked(noShow(OnPerson), sign(Came, GradeA, Record, on(5, 10, 35), "Encounter/E1"), sign(DidNotCome, "", Self, on(5, 10, 0), "Observation/O1")), on(6, 9, 0), Unconfirmed, InConflict, "", 0},
		{"K7 the person says they went, the desk says no", booked(noShow(OnPerson), sign(Came, GradeD, Self, on(5, 10, 0), "Observation/O1")), on(6, 9, 0), Unconfirmed, InConflict, "", 0},
		{"K2 evidence taken back", booked(func() Sign {
			s := sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1")
			s.Taken = true
			return s
		}()), on(6, 9, 0), Unconfirmed, Retracted, "", 0},
		{"21 turned away by the agency is no miss", booked(sign(TurnedAway, "", Staff, on(5, 10, 0), "Observation/O1")), on(6, 9, 0), Accepted, "", "", 0},
		{"21 turned away in the person's word, with a no-show", booked(noShow(OnPerson), sign(TurnedAway, "", Self, on(5, 10, 0), "Observation/O1")), on(6, 9, 0), Unconfirmed, InConflict, "", 0},
		{"a walk-in counts", accepted(func(l *Ledger) { l.Signs = []Sign{sign(Came, GradeA, Record, on(3, 9, 0), "Encounter/E1")} }), on(3, 10, 0), Attended, "", GradeA, 0},
		{"a visit before the referral does not", accepted(func(l *Ledger) { l.Signs = []Sign{sign(Came, GradeA, Record, on(1, 9, 0), "Encounter/E1")} }), on(3, 10, 0), Accepted, "", "", 0},
		{"19 what lies ahead waits", booked(sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1")), on(4, 10, 0), Scheduled, "", "", 0},
		{"the person's own word is enough", booked(sign(Came, GradeD, Self, on(5, 10, 0), "Observation/O1")), on(6, 9, 0), Attended, "", GradeD, 0},
		{"cancelled by the person", accepted(func(l *Ledger) {
			b := ap1
			b.Status = CancelledPerson
			l.Bookings = []Booking{b}
		}), on(4, 9, 0), Outreach, CancelledByPerson, "", 0},
		{"cancelled by the service", accepted(func(l *Ledger) {
			b := ap1
			b.Status = CancelledService
			l.Bookings = []Booking{b}
		}), on(4, 9, 0), Accepted, "", "", 0},
		{"11 a booking counts as a yes", func() *Ledger {
			l := base(TaskRequested)
			b := ap1
			b.Status = CancelledService
			l.Bookings = []Booking{b}
			return l
		}(), on(4, 9, 0), Accepted, "", "", 0},
		{"4 an old booking cancelled late does not outvote a newer visit", accepted(func(l *Ledger) {
			old, ap2 := ap1, booking("Appointment/AP2", on(9, 10, 0))
			old.Status, old.Received = CancelledPerson, on(12, 9, 0)
			l.Bookings = []Booking{ap2, old}
		}), on(12, 10, 0), Unconfirmed, NoNews, "", 0},
		{"26 nobody reached to book", accepted(func(l *Ledger) {
			l.Contacts = []Contact{{Result: NotReached, At: on(3, 9, 0), Source: "Communication/M1/_history/1"}}
		}), on(3, 10, 0), Outreach, CouldNotReach, "", 0},
		{"26 a failed call keeps the reason that outreach had", booked(noShow(OnPerson)).with(Contact{Result: NotReached, At: on(6, 9, 0)}), on(6, 10, 0), Outreach, Missed, "", 1},
		{"reached, wants a visit", booked(noShow(OnPerson)).with(Contact{Result: WantsVisit, At: on(6, 9, 0)}), on(6, 10, 0), Accepted, "", "", 1},
		{"16 asked for without consent", func() *Ledger {
			l := base(TaskRequested)
			l.Gate = []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}}
			return l
		}(), on(2, 12, 0), Preparing, ConsentMissing, "", 0},
		{"16 consent taken back after release", func() *Ledger {
			l := base(TaskRequested, TaskAccepted)
			l.Gate = append(l.Gate, GateSpan{From: on(4, 9, 0), Cause: Revoked})
			return l
		}(), on(4, 12, 0), Closed, ConsentRevoked, "", 0},
		{"16 consent over by its own period", func() *Ledger {
			l := base(TaskRequested, TaskAccepted)
			l.Gate = append(l.Gate, GateSpan{From: on(4, 9, 0), Cause: Expired})
			return l
		}(), on(4, 12, 0), Paused, ConsentMissing, "", 0},
		{"3 what was received before a revocation counts", func() *Ledger {
			l := booked(sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1"))
			l.Gate = append(l.Gate, GateSpan{From: on(6, 9, 0), Cause: Revoked})
			return l
		}(), on(7, 12, 0), Attended, "", GradeA, 0},
		{"3 what was received after does not", func() *Ledger {
			l := booked(sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1"))
			l.Gate = append(l.Gate, GateSpan{From: on(4, 9, 0), Cause: Revoked})
			return l
		}(), on(7, 12, 0), Closed, ConsentRevoked, "", 0},
		{"7 declined without a coded reason", base(TaskRequested, TaskRejected), on(3, 9, 0), Closed, DeclinedOther, "", 0},
		{"50 late news opens an end", func() *Ledger {
			l := base(TaskRequested, TaskRejected)
			l.Signs = []Sign{sign(Came, GradeB, Record, on(5, 10, 0), "Procedure/P1")}
			return l
		}(), on(6, 9, 0), Attended, "", GradeB, 0},
		{"52 the person's word alone does not", func() *Ledger {
			l := base(TaskRequested, TaskRejected)
			l.Signs = []Sign{sign(Came, GradeD, Self, on(5, 10, 0), "Observation/O1")}
			return l
		}(), on(6, 9, 0), Closed, DeclinedOther, "", 0},
		{"on-hold without a reason", base(TaskRequested, TaskAccepted, TaskOnHold), on(3, 9, 0), Paused, Unspecified, "", 0},
		{"25 a booking made since ends it", func() *Ledger {
			l := base(TaskRequested, TaskAccepted, TaskOnHold)
			l.Bookings = []Booking{ap1}
			return l
		}(), on(3, 9, 0), Scheduled, "", "", 0},
		{"25 not a stay in hospital", func() *Ledger {
			l := booked()
			l.Holds = []Hold{{Reason: Hospitalised, From: on(2, 9, 30)}}
			return l
		}(), on(3, 9, 0), Paused, Hospitalised, "", 0},
		{"39 missed while in hospital is excused", func() *Ledger {
			l := booked(noShow(OnPerson))
			l.Holds = []Hold{{Reason: Hospitalised, From: on(4, 9, 0), Until: on(8, 9, 0)}}
			return l
		}(), on(9, 9, 0), Accepted, "", "", 0},
		{"8 withdrawn shortly before the visit", func() *Ledger {
			l := booked()
			l.Withdrawn = Withdrawal{At: on(4, 9, 0)}
			return l
		}(), on(4, 10, 0), Scheduled, "", "", 0},
		{"8 withdrawn shortly before the visit, and its time passes: nobody knows whether the person went", func() *Ledger {
			l := booked()
			l.Withdrawn = Withdrawal{At: on(4, 9, 0)}
			return l
		}(), on(20, 9, 0), Unconfirmed, NoNews, "", 0},
		{"8 withdrawn shortly before the visit, and the person says that they went", func() *Ledger {
			l := booked(sign(Came, GradeD, Self, on(5, 10, 0), "Observation/O1")).with(Contact{Result: Reached, At: on(7, 9, 30), ToPerson: true})
			l.Withdrawn = Withdrawal{At: on(4, 9, 0)}
			return l
		}(), on(8, 10, 0), Attended, "", GradeD, 0},
		{"of two holds the one that is looked at first is named, whichever began first", func() *Ledger {
			l := booked()
			l.Holds = []Hold{{Reason: Hospitalised, From: on(2, 10, 0)}, {Reason: DeathCheck, From: on(3, 9, 0)}}
			return l
		}(), on(3, 12, 0), Paused, DeathCheck, "", 0},
		{"a consent that ran out is named before a stay in hospital", func() *Ledger {
			l := booked()
			l.Holds = []Hold{{Reason: Hospitalised, From: on(2, 10, 0)}}
			l.Gate = append(l.Gate, GateSpan{From: on(3, 9, 0), Cause: Expired})
			return l
		}(), on(3, 12, 0), Paused, ConsentMissing, "", 0},
		{"8 withdrawn more than two days before the visit ends at once", func() *Ledger {
			l := booked()
			l.Withdrawn = Withdrawal{At: on(3, 9, 59)}
			return l
		}(), on(3, 12, 0), Closed, ReferrerWithdrew, "", 0},
		{"26 a failed call before anything was sent leaves the leg in preparation", func() *Ledger {
			return base(TaskDraft).with(Contact{Result: NotReached, At: on(2, 10, 0), ToPerson: true})
		}(), on(2, 12, 0), Preparing, "", "", 0},
		{"52 withdrawn long before, and the person's word alone", func() *Ledger {
			l := accepted(func(l *Ledger) { l.Signs = []Sign{sign(Came, GradeD, Self, on(5, 10, 0), "Observation/O1")} })
			l.Withdrawn = Withdrawal{At: on(3, 9, 0)}
			return l
		}(), on(8, 10, 0), Closed, ReferrerWithdrew, "", 0},
		{"50 withdrawn long before, and a visit record comes", func() *Ledger {
			l := accepted(func(l *Ledger) { l.Signs = []Sign{sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1")} })
			l.Withdrawn = Withdrawal{At: on(3, 9, 0)}
			return l
		}(), on(8, 10, 0), Attended, "", GradeA, 0},
		{"8 withdrawn, and a human confirmed that the person knows", func() *Ledger {
			l := booked().with(Contact{Result: Reached, At: on(4, 9, 30), ToPerson: true})
			l.Withdrawn = Withdrawal{At: on(4, 9, 0)}
			return l
		}(), on(4, 10, 0), Closed, ReferrerWithdrew, "", 0},
		{"never was", func() *Ledger { return base(TaskRequested, TaskInError) }(), on(3, 9, 0), Closed, Void, "", 0},
		{"3 resolved: did not come", booked(noShow(OnPerson), claim(on(5, 10, 40)), Sign{
			Says: DidNotCome, Voice: Staff, At: Moment{At: on(5, 10, 0)}, Said: on(6, 9, 0), Received: on(6, 9, 0),
			Decides: []string{"Task/T1", "Appointment/AP1"}, Source: "Observation/D1/_history/1",
		}), on(6, 10, 0), Outreach, Missed, "", 1},
		{"24 only better evidence opens a decision", booked(noShow(OnPerson), claim(on(5, 10, 40)), sign(Came, GradeC, Staff, on(5, 10, 30), "Observation/O9"), Sign{
			Says: DidNotCome, Voice: Staff, At: Moment{At: on(5, 10, 0)}, Said: on(6, 9, 0), Received: on(6, 9, 0),
			Decides: []string{"Task/T1", "Appointment/AP1"}, Source: "Observation/D1/_history/1",
		}), on(6, 10, 0), Unconfirmed, InConflict, "", 0},
		{"28a explained as not a visit", accepted(func(l *Ledger) {
			l.Signs = []Sign{claim(on(3, 9, 0)), sign(NotAVisit, "", Staff, on(3, 10, 0), "Observation/O1")}
		}), on(3, 11, 0), Accepted, "", "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := Fold(c.ledger, c.at, &rules)
			assert.Equal(t, c.state, h.State, "rule %s", h.Rule)
			assert.Equal(t, c.reason, h.Reason)
			assert.Equal(t, c.grade, h.Grade)
			assert.Equal(t, c.misses, h.Misses)
			if h.State.Open() {
				require.NotEmpty(t, h.Due, "every open state has something due")
				for _, d := range h.Due {
					assert.NotEmpty(t, d.For, "and somebody who does it")
				}
			}
		})
	}
}

func (l *Ledger) with(c Contact) *Ledger {
	c.Source = "Communication/M9/_history/1"
	l.Contacts = append(l.Contacts, c)
	return l
}

func TestTheFoldWakesWhenTimeAloneMayChangeTheAnswer(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted)
	l.Bookings = []Booking{booking("Appointment/AP1", on(5, 10, 0))}
	h := Fold(l, on(4, 9, 0), &timers)
	assert.Equal(t, on(5, 10, 0), h.Wake, "the visit begins: nobody is reminded of it any more")
	h = Fold(l, h.Wake, &timers)
	assert.Equal(t, on(5, 11, 0), h.Wake)
	assert.Equal(t, Scheduled, Fold(l, h.Wake.Add(-time.Millisecond), &timers).State)
	after := Fold(l, h.Wake, &timers)
	assert.Equal(t, Unconfirmed, after.State)
	assert.Equal(t, on(6, 5, 0), after.Wake, "three quarters of the time to ask have gone by")
	for range 20 {
		after = Fold(l, after.Wake, &timers)
		if after.Wake.IsZero() {
			return
		}
	}
	assert.Fail(t, "it never comes to rest")
}

func TestVisitAndGradeAreThoseOfTheFirstAttendedVisit(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted)
	l.Signs = []Sign{
		sign(Came, GradeA, Record, on(12, 10, 0), "Encounter/E2"),
		sign(Came, GradeC, Staff, on(5, 10, 0), "Observation/O1"),
	}
	h := Fold(l, on(13, 9, 0), &rules)
	assert.Equal(t, on(5, 10, 0), h.Visit.At)
	assert.Equal(t, GradeC, h.Grade)
}

// BenchmarkFold folds a referral of thirty resources: a Task of five versions, fourteen appointments missed but for one, as many calls, a visit.
func BenchmarkFold(b *testing.B) {
	l := base(TaskDraft, TaskRequested, TaskReceived, TaskAccepted, TaskInProgress)
	for i := range 14 {
		l.Bookings = append(l.Bookings, booking(fmt.Sprintf("Appointment/AP%d", i), on(3+i, 10, 0)))
		s := sign(DidNotCome, "", Record, on(3+i, 10, 0), fmt.Sprintf("Appointment/AP%d", i))
		s.Booking, s.Blame = l.Bookings[i].Name, OnPerson
		l.Signs = append(l.Signs, s)
		l.Contacts = append(l.Contacts, Contact{Result: NotReached, At: on(3+i, 15, 0), Source: fmt.Sprintf("Communication/M%d/_history/1", i)})
	}
	l.Signs = append(l.Signs, sign(Came, GradeA, Record, on(16, 10, 5), "Encounter/E1"))
	b.ReportAllocs()
	for b.Loop() {
		if Fold(l, on(20, 9, 0), &rules).State != Attended {
			b.Fatal("not attended")
		}
	}
}

// A rule is named only where it decided: without anything against a visit there is nothing to outweigh.
func TestOutweighingIsSaidOnlyOfSomethingOutweighed(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted)
	l.Bookings = []Booking{booking("Appointment/AP1", on(5, 10, 0))}
	came := sign(Came, GradeA, Record, on(5, 10, 2), "Encounter/E1")
	came.Booking = "Appointment/AP1"
	l.Signs = []Sign{came}
	h := Fold(l, on(6, 12, 0), &rules)
	require.Len(t, h.Visits, 1)
	assert.Equal(t, "visit-attended", h.Visits[0].Rule)
	l.Signs = append(l.Signs, noShow(OnPerson))
	h = Fold(l, on(6, 12, 0), &rules)
	assert.Contains(t, h.Visits[0].Rule, "K3")
	assert.Equal(t, Attended, h.State)
}
