package workflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// closedOnTuesday is a site in Los Angeles, 9 to 17, whose people are off on Tuesday, 10 March 2026.
var closedOnTuesday = Site{Zone: pacific, Opens: 9 * time.Hour, Closes: 17 * time.Hour, Holidays: []Date{{2026, time.March, 10}}}

func TestSpansEndWhenTheTableSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		from time.Time
		span Span
		want time.Time
	}{
		{"hours are real on a Friday evening", on(6, 17, 30), Hours(2), on(6, 19, 30)},
		{"hours are real through the night in which the clocks change", on(7, 20, 0), Hours(24), on(8, 21, 0)},
		{"three business days go to the same time of day", on(2, 9, 30), Days(3), on(5, 9, 30)},
		{"a weekend between does not count", on(5, 15, 0), Days(1), on(6, 15, 0)},
		{"nor does it on a Friday", on(6, 15, 0), Days(1), on(9, 15, 0)},
		{"what comes on Friday evening counts from Monday's opening, and is due at its close", on(6, 17, 30), Days(1), on(9, 17, 0)},
		{"what comes on Saturday too", on(7, 12, 0), Days(1), on(9, 17, 0)},
		{"what comes before the opening counts from the opening", on(5, 6, 0), Days(1), on(5, 17, 0)},
		{"a holiday does not count", on(9, 10, 0), Days(1), on(11, 10, 0)},
		{"what comes on a holiday counts from the next opening", on(10, 10, 0), Days(1), on(11, 17, 0)},
		{"ten business days across weekends, a holiday and the change of the clocks", on(2, 10, 0), Days(10), on(17, 10, 0)},
		{"today is the close of that business day", on(5, 10, 20), SameBusinessDay, on(5, 17, 0)},
		{"today, said after the close, is the next business day", on(6, 18, 0), SameBusinessDay, on(9, 17, 0)},
		{"today, said before a holiday's eve is over", on(9, 16, 59), SameBusinessDay, on(9, 17, 0)},
		{"the same day ends at midnight", on(7, 22, 0), SameDay, on(8, 0, 0)},
		{"and is an hour shorter when the clocks change", on(8, 1, 0), SameDay, on(9, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want.In(pacific).String(), c.span.ladder(c.from, &closedOnTuesday, Routine).by.In(pacific).String())
		})
	}
}

func TestLevelsComeByFractionOfTheTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                   string
		from                   time.Time
		span                   Span
		urgency                Urgency
		amber, red, supervisor time.Time
	}{
		{"hours are real", on(2, 10, 0), Hours(24), Routine, on(3, 4, 0), on(3, 10, 0), on(3, 22, 0)},
		{"in a crisis the supervisor comes at once when it is late", on(6, 17, 40), Hours(2), Crisis, on(6, 19, 10), on(6, 19, 40), on(6, 19, 40)},
		{"of a business day, fractions are business time", on(6, 15, 0), Days(1), Urgent, on(9, 13, 0), on(9, 15, 0), on(11, 11, 0)},
		{"of today, what was left of it", on(5, 13, 0), SameBusinessDay, Urgent, on(5, 16, 0), on(5, 17, 0), on(6, 11, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := c.span.ladder(c.from, &closedOnTuesday, c.urgency)
			assert.Equal(t, []time.Time{c.amber, c.red, c.supervisor}, []time.Time{l.amber, l.by, l.supervisor})
			for _, at := range []struct {
				moment time.Time
				want   Level
			}{
				{c.amber.Add(-time.Millisecond), OnTime}, {c.amber, Amber}, {c.red.Add(-time.Millisecond), Amber}, {c.supervisor, Escalated},
			} {
				level, _ := l.level(at.moment)
				assert.Equal(t, at.want, level, at.moment)
			}
			level, _ := l.level(c.red)
			assert.Equal(t, c.urgency == Crisis, level == Escalated)
		})
	}
}

func TestEachAgencyHasItsOwnDays(t *testing.T) {
	t.Parallel()
	r := DefaultRules(pacific)
	r.Holidays = []Date{{2026, time.March, 3}}
	eastern := mustZone("America/New_York")
	r.Sites = map[string]Site{"Organization/harbor": {Zone: eastern, Opens: 8 * time.Hour, Closes: 20 * time.Hour, Holidays: []Date{}}}

	there := Fold(base(TaskRequested), on(2, 12, 0), &r)
	assert.Equal(t, on(5, 9, 0), there.Due[0].By, "three days of twelve hours, none of them a holiday")
	other := base(TaskRequested)
	other.Agency = "Organization/cedar"
	here := Fold(other, on(2, 12, 0), &r)
	assert.Equal(t, on(5, 17, 0), here.Due[0].By, "the installation's holiday")

	// 23:30 on the 5th in Los Angeles is the 6th in New York: which day a visit was is a matter of where it was.
	l := base(TaskRequested, TaskAccepted)
	l.Bookings = []Booking{booking("Appointment/AP1", on(5, 20, 30))}
	came := sign(Came, GradeC, Staff, on(5, 21, 0), "Observation/O1")
	came.At = Moment{At: time.Date(2026, time.March, 5, 0, 0, 0, 0, eastern).UTC(), Day: true}
	l.Signs = []Sign{came}
	h := Fold(l, on(6, 12, 0), &r)
	assert.Equal(t, Attended, h.State)
	l.Bookings[0].Start = on(5, 21, 30) // 00:30 on the 6th there
	l.Bookings[0].End = on(5, 22, 0)
	h = Fold(l, on(5, 21, 40), &r)
	assert.Len(t, h.Visits, 2, "another day, another visit")
}

func TestDaysAreCountedByTheCalendar(t *testing.T) {
	t.Parallel()
	site := rules.Site("")
	assert.Equal(t, on(8, 10, 0), site.days(on(7, 10, 0), 1), "23 hours later")
	assert.Equal(t, on(7, 10, 0), site.days(on(8, 10, 0), -1))
	assert.Equal(t, "2026-03-01", Date{2026, time.February, 28}.next().String())
	assert.Equal(t, "2028-02-29", Date{2028, time.February, 28}.next().String())
	_, err := ParseDate("2026-02-30")
	assert.ErrorContains(t, err, "give one such as 2026-05-25")
}

func TestPropertyBusinessTimeNeverEndsWhereNobodyWorks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := on(1, 0, 0).Add(time.Duration(rapid.IntRange(0, 30*24*60).Draw(t, "minutes")) * time.Minute)
		a := time.Duration(rapid.IntRange(1, 5000).Draw(t, "first")) * time.Minute
		b := time.Duration(rapid.IntRange(1, 5000).Draw(t, "second")) * time.Minute
		site := &closedOnTuesday
		end := site.after(from, a)
		day, weekday, since := site.wall(end)
		require.True(t, site.works(day, weekday), end)
		require.True(t, since > site.Opens && since <= site.Closes, end)
		require.True(t, end.After(from))
		require.Equal(t, site.after(from, a+b), site.after(end, b), "one after the other is both at once")
	})
}

func TestSpansReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2h", "90m", "1h30m", "72h", "3d", "today", "same-day", "day-2", "day+1"} {
		s, err := ParseSpan(text)
		require.NoError(t, err, text)
		again, err := ParseSpan(s.String())
		require.NoError(t, err, s.String())
		assert.Equal(t, s, again)
	}
	for _, text := range []string{"", "0d", "-1h", "3", "3w", "d", "400d", "9999h", "day", "day0", "day2", "day-99"} {
		_, err := ParseSpan(text)
		assert.ErrorContains(t, err, "is no span of time", text)
	}
}
