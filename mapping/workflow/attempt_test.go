package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestT7MinimumsByUrgency(t *testing.T) {
	t.Parallel()
	phone := func(at ...time.Time) []Contact {
		var list []Contact
		for _, a := range at {
			list = append(list, call(NotReached, "PHONE", a))
		}
		return list
	}
	for _, c := range []struct {
		name    string
		urgency Urgency
		tried   []Contact
		at      time.Time
		missing []string
	}{
		{"nobody tried", Routine, nil, on(6, 9, 0), []string{
			"0 of 3 attempts to reach the person", "0 of 2 different ways (Communication.medium: PHONE, FACE, SMSWRIT, …)", "0 of 3 different days", "a window of 14 days from the first attempt",
		}},
		{"two of three, the window open", Routine, []Contact{call(NotReached, "PHONE", on(6, 9, 0)), call(NotReached, "SMSWRIT", on(10, 15, 0))}, on(10, 16, 0), []string{
			"2 of 3 attempts to reach the person, the next one from 2026-03-11 on", "2 of 3 different days", "the window is open until 2026-03-20 09:00 -07:00",
		}},
		{"three by telephone are one way", Routine, phone(on(6, 9, 0), on(10, 9, 0), on(12, 9, 0)), on(20, 9, 0), []string{
			"1 of 2 different ways (Communication.medium: PHONE, FACE, SMSWRIT, …)",
		}},
		{"three on two days", Routine, append(phone(on(6, 9, 0), on(6, 15, 0)), call(NotReached, "MAILWRIT", on(9, 9, 0))), on(20, 9, 0), []string{"2 of 3 different days"}},
		{"all there, an hour early: the window ends by the calendar, across the change of the clocks", Routine,
			append(phone(on(6, 9, 0), on(10, 9, 0)), call(NotReached, "MAILWRIT", on(19, 9, 0))), on(20, 8, 59), []string{"the window is open until 2026-03-20 09:00 -07:00"}},
		{"all there", Routine, append(phone(on(6, 9, 0), on(10, 9, 0)), call(NotReached, "MAILWRIT", on(19, 9, 0))), on(20, 9, 0), nil},
		{"urgent: four in seven days", Urgent, append(phone(on(6, 9, 0), on(7, 9, 0), on(8, 9, 0)), call(NotReached, "SMSWRIT", on(9, 9, 0))), on(13, 9, 0), nil},
		{"urgent: three are too few", Urgent, append(phone(on(6, 9, 0), on(7, 9, 0)), call(NotReached, "SMSWRIT", on(9, 9, 0))), on(13, 9, 0), []string{"3 of 4 attempts to reach the person"}},
		{"crisis: five in 72 hours, one of them in person", Crisis, append(phone(on(5, 11, 0), on(5, 12, 0), on(5, 18, 0), on(6, 9, 0)), call(NotReached, "FACE", on(6, 10, 0))), on(8, 12, 0), nil},
		{"crisis: hours are real", Crisis, append(phone(on(5, 11, 0), on(5, 12, 0), on(5, 18, 0), on(6, 9, 0)), call(NotReached, "FACE", on(6, 10, 0))), on(8, 11, 59), []string{"the window is open until 2026-03-08 12:00 -07:00"}},
		{"crisis: nobody went there", Crisis, append(phone(on(5, 11, 0), on(5, 12, 0), on(5, 18, 0), on(6, 9, 0)), call(NotReached, "SMSWRIT", on(6, 10, 0))), on(9, 12, 0), []string{"an attempt face to face (medium FACE), or by somebody whom the person chose"}},
		{"crisis: somebody whom the person chose tried", Crisis, append(phone(on(5, 11, 0), on(5, 12, 0), on(5, 18, 0), on(6, 9, 0)), func() Contact {
			c := call(NotReached, "SMSWRIT", on(6, 10, 0))
			c.Supporter = true
			return c
		}()), on(9, 12, 0), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := Efforts(calls(missedVisit(), c.tried...).as(c.urgency), c.at, &rules)
			assert.Equal(t, c.missing, e.Missing(c.at))
			assert.Equal(t, c.missing == nil, e.Met(c.at))
		})
	}
}

func TestWhichAttemptsCount(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(l *Ledger)
		want   int
	}{
		{"a call that nobody took", func(l *Ledger) { calls(l, call(NotReached, "PHONE", on(6, 9, 0))) }, 1},
		{"a wrong number never", func(l *Ledger) { calls(l, call(WrongNumber, "PHONE", on(6, 9, 0))) }, 0},
		{"a message left", func(l *Ledger) { calls(l, call(LeftMessage, "PHONE", on(6, 9, 0))) }, 1},
		{"not where none may be left", func(l *Ledger) { l.Person.Unsafe = true; calls(l, call(LeftMessage, "PHONE", on(6, 9, 0))) }, 0},
		{"two texts of one day are one", func(l *Ledger) {
			calls(l, call(NotReached, "SMSWRIT", on(6, 9, 0)), call(NotReached, "SMSWRIT", on(6, 19, 0)))
		}, 1},
		{"of two days, two", func(l *Ledger) {
			calls(l, call(NotReached, "SMSWRIT", on(6, 9, 0)), call(NotReached, "SMSWRIT", on(7, 9, 0)))
		}, 2},
		{"two calls of one day are two", func(l *Ledger) {
			calls(l, call(NotReached, "PHONE", on(6, 9, 0)), call(NotReached, "PHONE", on(6, 19, 0)))
		}, 2},
		{"what is said twice is one", func(l *Ledger) {
			calls(l, call(NotReached, "PHONE", on(6, 9, 0)), call(NotReached, "PHONE", on(6, 9, 0)))
		}, 1},
		{"a call to the agency is none", func(l *Ledger) {
			c := call(NotReached, "PHONE", on(6, 9, 0))
			c.ToPerson = false
			calls(l, c)
		}, 0},
		{"one before the missed visit is none", func(l *Ledger) { calls(l, call(NotReached, "PHONE", on(4, 9, 0))) }, 0},
		{"once they were reached it begins again", func(l *Ledger) {
			calls(l, call(NotReached, "PHONE", on(6, 9, 0)), call(Reached, "PHONE", on(7, 9, 0)), call(NotReached, "PHONE", on(8, 9, 0)))
		}, 1},
		{"what lies ahead has not happened", func(l *Ledger) { calls(l, call(NotReached, "PHONE", on(25, 9, 0))) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := missedVisit()
			c.change(l)
			h := Fold(l, on(12, 9, 0), &rules)
			require.Equal(t, Outreach, h.State)
			assert.Equal(t, c.want, h.Attempts)
		})
	}
}

// TestT7FromTheFirstAttemptToTheDecision follows one person who cannot be reached after a missed visit on Thursday the 5th.
func TestT7FromTheFirstAttemptToTheDecision(t *testing.T) {
	t.Parallel()
	l := calls(missedVisit(), call(NotReached, "PHONE", on(6, 9, 0)))
	h := Fold(l, on(6, 9, 0), &timers)
	d := dueOf(t, &h, "try-again")
	assert.Equal(t, on(13, 9, 0), d.By, "three attempts over fourteen days: the second after seven")
	assert.Equal(t, Navigator, d.For)
	h = Fold(l, on(13, 9, 0), &timers)
	assert.Equal(t, []string{"todo try-again navigator"}, written(&h))

	calls(l, call(NotReached, "SMSWRIT", on(10, 9, 0)))
	h = Fold(l, on(13, 9, 0), &timers)
	assert.Equal(t, on(20, 9, 0), dueOf(t, &h, "try-again").By, "the third at the end of the window")
	assert.Empty(t, h.Effects)

	calls(l, call(NotReached, "FACE", on(19, 9, 0)))
	h = Fold(l, on(19, 9, 0), &timers)
	assert.Equal(t, Missed, h.Reason)
	for h.Wake.Before(on(20, 9, 0)) {
		h = Fold(l, h.Wake, &timers)
	}
	assert.Equal(t, on(20, 9, 0), h.Wake, "time alone brings it on")
	h = Fold(l, h.Wake, &timers)
	assert.Equal(t, DecisionNeeded, h.Reason)
	assert.Equal(t, Outreach, h.State, "nothing is closed by time")
	assert.Equal(t, 3, h.Attempts)
	assert.Equal(t, Supervisor, dueOf(t, &h, "decide").For)
	assert.Equal(t, []string{"todo decide supervisor"}, written(&h))

	late := calls(missedVisit(), call(NotReached, "PHONE", on(6, 9, 0)), call(NotReached, "PHONE", on(23, 15, 0)))
	h = Fold(late, on(23, 15, 0), &timers)
	assert.Equal(t, on(24, 15, 0), dueOf(t, &h, "try-again").By, "the window is over and something is missing: the next day")

	calls(l, call(WantsVisit, "PHONE", on(21, 9, 0)))
	h = Fold(l, on(21, 9, 0), &timers)
	assert.Equal(t, Accepted, h.State, "and then the person rings")
}

func TestAWrongNumberLeavesTheFirstAttemptDue(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted)
	calls(l, call(NotReached, "PHONE", on(3, 9, 0)))
	h := Fold(l, on(3, 9, 0), &rules)
	assert.Equal(t, CouldNotReach, h.Reason)
	assert.Equal(t, 1, h.Attempts)
	assert.Equal(t, on(10, 9, 0), dueOf(t, &h, "try-again").By, "half of fourteen calendar days, one of them short")
	l.Contacts[0].Result = WrongNumber
	h = Fold(l, on(3, 9, 0), &rules)
	assert.Equal(t, on(3, 17, 0), dueOf(t, &h, "reach-person").By, "nobody has tried yet: T6")
}
