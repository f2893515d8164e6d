package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryMoveOfAVisitIsCountedOnce(t *testing.T) {
	t.Parallel()
	cancelled := func(name string, made, at time.Time, by BookingStatus) Booking {
		b := booking(name, on(5, 10, 0))
		b.Made, b.Received, b.Status = made, at, by
		return b
	}
	made := func(name string, at time.Time, moved ...Reschedule) Booking {
		b := booking(name, on(10, 10, 0))
		b.Made, b.Received, b.Moved = at, at, moved
		return b
	}
	for _, row := range []struct {
		name     string
		bookings []Booking
		by       []Role
	}{
		{"never booked, never moved", nil, nil},
		{"booked and left alone", []Booking{made("a", on(2, 10, 0))}, nil},
		{"moved twice in its own record", []Booking{made("a", on(2, 10, 0), Reschedule{on(3, 9, 0), Agency}, Reschedule{on(3, 10, 0), Agency})}, []Role{Agency, Agency}},
		{"cancelled by the person, booked anew within a day", []Booking{cancelled("a", on(2, 10, 0), on(4, 9, 0), CancelledPerson), made("b", on(5, 8, 0))}, []Role{Person}},
		{"booked anew before the old one was cancelled", []Booking{cancelled("a", on(2, 10, 0), on(4, 9, 0), CancelledService), made("b", on(3, 18, 0))}, []Role{Agency}},
		{"booked anew two days later: another attempt", []Booking{cancelled("a", on(2, 10, 0), on(4, 9, 0), CancelledPerson), made("b", on(6, 9, 0))}, nil},
		{"cancelled, and nothing booked anew", []Booking{cancelled("a", on(2, 10, 0), on(4, 9, 0), CancelledPerson)}, nil},
		{"one cancelled, two made for it: one move", []Booking{cancelled("a", on(2, 10, 0), on(4, 9, 0), CancelledPerson), made("b", on(4, 10, 0)), made("c", on(4, 11, 0))}, []Role{Person}},
		{"a chain of two", []Booking{
			cancelled("a", on(2, 10, 0), on(4, 9, 0), CancelledPerson), cancelled("b", on(4, 10, 0), on(6, 9, 0), CancelledUnknown), made("c", on(6, 10, 0)),
		}, []Role{Person, ""}},
		{"the older booking does not stand in for the newer", []Booking{made("a", on(2, 10, 0)), cancelled("b", on(3, 10, 0), on(3, 11, 0), CancelledPerson)}, nil},
		{"what was only proposed", []Booking{cancelled("a", on(2, 10, 0), on(4, 9, 0), CancelledPerson), cancelled("b", on(4, 10, 0), on(4, 10, 0), NeverBooked)}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := base(TaskRequested, TaskAccepted)
			l.Bookings = row.bookings
			var by []Role
			for _, m := range Fold(l, on(7, 9, 0), &rules).Reschedules {
				by = append(by, m.By)
			}
			assert.Equal(t, row.by, by)
		})
	}
}

func TestAMissSaysWhetherThePersonKnew(t *testing.T) {
	t.Parallel()
	plan := func(at time.Time) Mark { return Mark{Element: PlanGiven, Status: Shown, At: at} }
	reminder := Telling{Effect: Effect{What: "reminder", Kind: Message, Booking: "Appointment/AP1", Visit: Moment{At: on(5, 10, 0)}}}
	for _, row := range []struct {
		name string
		say  func(l *Ledger)
		knew bool
	}{
		{"nothing was said", func(*Ledger) {}, false},
		{"the plan was given after the booking", func(l *Ledger) { l.Marks = []Mark{plan(on(3, 9, 0))} }, true},
		{"the plan was given before there was a date", func(l *Ledger) { l.Marks = []Mark{plan(on(2, 9, 0))} }, false},
		{"the plan was given for the date before", func(l *Ledger) {
			l.Marks = []Mark{plan(on(3, 9, 0))}
			l.Bookings[0].Moved = []Reschedule{{At: on(4, 9, 0), By: Agency}}
		}, false},
		{"the plan was given after the visit", func(l *Ledger) { l.Marks = []Mark{plan(on(6, 9, 0))} }, false},
		{"no plan was wanted", func(l *Ledger) {
			m := plan(on(3, 9, 0))
			m.Waived = "not wanted"
			l.Marks = []Mark{m}
		}, false},
		{"a reminder was sent", func(l *Ledger) { l.Told = []Telling{reminder} }, true},
		{"a reminder was prepared and not sent", func(l *Ledger) {
			r := reminder
			r.Open = true
			l.Told = []Telling{r}
		}, false},
		{"a reminder of another date was sent", func(l *Ledger) {
			r := reminder
			r.Visit.At = on(4, 10, 0)
			l.Told = []Telling{r}
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := base(TaskRequested, TaskAccepted)
			l.Bookings = []Booking{booking("Appointment/AP1", on(5, 10, 0))}
			l.Signs = []Sign{noShow(OnPerson)}
			row.say(l)
			h := Fold(l, on(6, 10, 0), &rules)
			require.Equal(t, 1, h.Misses, "it is a miss either way")
			said := "The person may not have known of the visit on 2026-03-05."
			if row.knew {
				assert.NotContains(t, h.Flags, said)
				return
			}
			assert.Contains(t, h.Flags, said)
		})
	}
}

func TestAYesByTelephone(t *testing.T) {
	t.Parallel()
	yes := []Yes{{At: on(2, 11, 0)}}
	shut := []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}}
	for _, row := range []struct {
		name   string
		l      *Ledger
		gate   []GateSpan
		at     time.Time
		state  State
		reason Reason
	}{
		{"before the release", base(TaskDraft), nil, on(2, 12, 0), Accepted, ""},
		{"before the release, without consent", base(TaskDraft), shut, on(2, 12, 0), Preparing, ConsentMissing},
		{"after the release", base(TaskDraft, TaskRequested), nil, on(2, 12, 0), Accepted, ""},
		{"that is still to come", base(TaskDraft), nil, on(2, 10, 0), Preparing, ""},
		{"and a no in writing afterwards", declinedAt(on(2, 12, 0)), nil, on(2, 13, 0), Closed, DeclinedOther},
		{"and a no in writing before it, opened again since", reopenedAt(on(2, 10, 0), on(2, 10, 30)), nil, on(2, 12, 0), Accepted, ""},
		{"that a later no took back, opened again since", reopenedAt(on(2, 12, 0), on(2, 13, 0)), nil, on(2, 14, 0), Offered, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			l := row.l
			l.Yeses = yes
			if row.gate != nil {
				l.Gate = row.gate
			}
			h := Fold(l, row.at, &rules)
			assert.Equal(t, [2]string{string(row.state), string(row.reason)}, [2]string{string(h.State), string(h.Reason)})
		})
	}
}

func declinedAt(at time.Time) *Ledger {
	l := base(TaskRequested)
	l.Words = append(l.Words, Word{Status: TaskRejected, Said: at, Received: at, By: Agency, Source: "Task/T1/_history/2"})
	return l
}

func reopenedAt(declined, at time.Time) *Ledger {
	l := declinedAt(declined)
	l.Words = append(l.Words, Word{Status: TaskRequested, Said: at, Received: at, By: Referrer, Reason: "reopened", Source: "Task/T1/_history/3"})
	return l
}
