package workflow

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// as gives a ledger another urgency.
func (l *Ledger) as(u Urgency) *Ledger {
	l.Urgency = u
	return l
}

// begun moves all that was said so far to a later start.
func begun(l *Ledger, start time.Time) *Ledger {
	shift := start.Sub(l.Received)
	l.Received, l.Authored = start, start
	for i := range l.Words {
		l.Words[i].Said, l.Words[i].Received = l.Words[i].Said.Add(shift), l.Words[i].Received.Add(shift)
	}
	for i := range l.Gate {
		l.Gate[i].From = l.Gate[i].From.Add(shift)
	}
	return l
}

// timers are the rules without what the seeds ask for, of which seed_test.go tells.
var timers = func() Rules {
	r := DefaultRules(pacific)
	r.Deadlines = slices.DeleteFunc(slices.Clone(r.Deadlines), func(d Deadline) bool { return d.Clock.ofSeed() })
	return r
}()

func dueOf(t *testing.T, h *Handoff, what string) Due {
	t.Helper()
	for _, d := range h.Due {
		if d.What == what {
			return d
		}
	}
	require.Failf(t, "nothing of the kind is due", "%s in %s:%s, which has %v", what, h.State, h.Reason, h.Due)
	return Due{}
}

// written gives what stands written, "todo call-agency navigator".
func written(h *Handoff) []string {
	list := []string{}
	for _, e := range h.Effects {
		list = append(list, string(e.Kind)+" "+e.What+" "+string(e.For))
	}
	return list
}

// call is an attempt to reach the person.
func call(result ContactResult, mode string, at time.Time) Contact {
	return Contact{Result: result, Mode: mode, At: at, ToPerson: true, Self: true, Role: Navigator, Source: "Communication/" + at.Format("0102-150405") + "/_history/1"}
}

func calls(l *Ledger, contacts ...Contact) *Ledger {
	l.Contacts = append(l.Contacts, contacts...)
	return l
}

// missedVisit is a leg whose visit on Thursday, 5 March, 10:00 was missed; the desk said so at 10:20.
func missedVisit() *Ledger {
	l := base(TaskRequested, TaskAccepted)
	l.Bookings = []Booking{booking("Appointment/AP1", on(5, 10, 0))}
	s := noShow(OnPerson)
	s.Said, s.Received = on(5, 10, 20), on(5, 10, 20)
	l.Signs = []Sign{s}
	return l
}

// silent is a leg of whose visit, on Thursday, 5 March, 10:00 to 11:00, nothing was heard.
func silent() *Ledger {
	l := base(TaskRequested, TaskAccepted)
	l.Bookings = []Booking{booking("Appointment/AP1", on(5, 10, 0))}
	return l
}

// TestDeadlinesByUrgency names every row that is a span: what is due, for whom, and by when, for each urgency.
func TestDeadlinesByUrgency(t *testing.T) {
	t.Parallel()
	friday := on(6, 17, 30)
	draft := func() *Ledger { return base(TaskDraft) }
	offered := func() *Ledger { return base(TaskRequested) }
	accepted := func() *Ledger { return base(TaskRequested, TaskAccepted) }
	ungated := func() *Ledger {
		l := base(TaskRequested)
		l.Gate = []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}}
		return l
	}
	declined := func() *Ledger { return base(TaskRequested, TaskRejected) }
	discharged := func() *Ledger {
		l := accepted()
		l.Holds = []Hold{{Reason: Hospitalised, From: on(2, 12, 0), Until: on(6, 15, 0)}}
		return l
	}
	disputed := func() *Ledger {
		l := missedVisit()
		l.Signs = append(l.Signs, Sign{Says: Came, Grade: GradeE, Voice: Claimed, Said: on(5, 10, 40), Received: on(5, 10, 40), Source: "Task/T1/_history/9"})
		return l
	}
	for _, c := range []struct {
		name                    string
		ledger                  func() *Ledger
		at                      time.Time
		timer, what             string
		who                     Role
		crisis, urgent, routine time.Time // zero: none
	}{
		{"T1 in the morning", draft, on(2, 9, 5), "T1", "release", Navigator, on(2, 10, 0), on(2, 17, 0), on(2, 17, 0)},
		{"T1 on Friday evening", func() *Ledger { return begun(draft(), friday) }, friday, "T1", "release", Navigator, on(6, 18, 30), on(9, 17, 0), on(9, 17, 0)},
		{"T1 without consent", ungated, on(2, 9, 5), "T1", "get-consent", Navigator, on(2, 10, 0), on(2, 17, 0), on(2, 17, 0)},
		{"T2 on Friday evening", func() *Ledger { return begun(offered(), friday) }, friday, "T2", "answer", Agency, on(6, 19, 30), on(9, 17, 0), on(11, 17, 0)},
		{"T2 in the morning", offered, on(2, 9, 0), "T2", "answer", Agency, on(2, 11, 0), on(2, 17, 0), on(4, 17, 0)},
		{"T3", accepted, on(2, 9, 10), "T3", "book-visit", Agency, on(3, 0, 0), on(4, 9, 10), on(16, 9, 10)},
		{"T4 after a stay in hospital", discharged, on(6, 15, 0), "T4", "contact-person", Navigator, on(7, 15, 0), on(7, 15, 0), on(10, 15, 0)},
		{"T5a after the visit", silent, on(5, 11, 0), "T5a", "confirm-visit", Agency, on(5, 15, 0), on(6, 11, 0), on(6, 11, 0)},
		{"T5a in a conflict, since it is one", disputed, on(5, 11, 0), "T5a", "resolve-conflict", Navigator, on(5, 14, 40), on(6, 10, 40), on(6, 10, 40)},
		{"T5b still not known", silent, on(5, 11, 0), "T5b", "decide", Supervisor, on(6, 11, 0), on(7, 11, 0), on(9, 11, 0)},
		{"T6 since the miss was reported", missedVisit, on(5, 10, 20), "T6", "reach-person", Navigator, on(5, 12, 20), on(5, 17, 0), on(6, 10, 20)},
		{"T9 when the agency says no", declined, on(2, 9, 10), "T9", "choose-next", Referrer, on(2, 10, 10), on(3, 9, 10), on(5, 9, 10)},
	} {
		for u, want := range map[Urgency]time.Time{Crisis: c.crisis, Urgent: c.urgent, Routine: c.routine} {
			t.Run(c.name+", "+string(u), func(t *testing.T) {
				t.Parallel()
				h := Fold(c.ledger().as(u), c.at, &rules)
				d := dueOf(t, &h, c.what)
				assert.Equal(t, want.In(pacific).String(), d.By.In(pacific).String())
				assert.Equal(t, c.timer, d.Timer)
				assert.Equal(t, c.who, d.For)
				assert.False(t, d.From.After(d.By))
			})
		}
	}
}

// TestEachTimerWritesAsItsLevelRises walks what is due in time, and looks at what stands written after each step.
func TestEachTimerWritesAsItsLevelRises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		ledger  *Ledger
		due     string
		nothing time.Time // still nothing is written
		steps   []step
	}{
		{"T1 is red, then the supervisor's", base(TaskDraft), "release", on(2, 16, 59), []step{
			{on(2, 17, 0), Red, []string{"todo release navigator"}},
			{on(3, 13, 0), Escalated, []string{"todo release navigator", "todo release supervisor"}},
		}},
		{"T2 asks a navigator to ring the agency", base(TaskRequested), "answer", on(4, 16, 59), []step{
			{on(4, 17, 0), Red, []string{"todo call-agency navigator"}},
			{on(6, 13, 0), Escalated, []string{"todo call-agency navigator", "todo call-agency supervisor"}},
		}},
		{"T2 in a crisis skips to the supervisor", begun(base(TaskRequested), on(6, 17, 40)).as(Crisis), "answer", on(6, 19, 39), []step{
			{on(6, 19, 40), Escalated, []string{"todo call-agency navigator", "todo call-agency supervisor"}},
		}},
		{"T3 asks for a date", base(TaskRequested, TaskAccepted), "book-visit", on(16, 9, 9), []step{
			{on(16, 9, 10), Red, []string{"todo get-date navigator"}},
			{on(23, 9, 10), Escalated, []string{"todo get-date navigator", "todo get-date supervisor"}},
		}},
		{"T5a asks agency and person, T5b the supervisor", silent(), "confirm-visit", on(6, 10, 59), []step{
			{on(6, 11, 0), Red, []string{"todo confirm-visit agency", "message how-did-it-go person"}},
			{on(6, 23, 0), Escalated, []string{"todo confirm-visit agency", "message how-did-it-go person"}},
			{on(9, 11, 0), Escalated, []string{"todo confirm-visit agency", "message how-did-it-go person", "todo decide supervisor"}},
		}},
		{"T6", missedVisit(), "reach-person", time.Time{}, []step{
			{on(5, 10, 20), OnTime, []string{"todo hold-place agency"}},
			{on(6, 10, 20), Red, []string{"todo hold-place agency", "todo reach-person navigator"}},
			{on(6, 14, 20), Escalated, []string{"todo hold-place agency", "todo reach-person navigator", "todo reach-person supervisor"}},
		}},
		{"T9", base(TaskRequested, TaskRejected), "choose-next", time.Time{}, []step{
			{on(2, 9, 10), OnTime, []string{"todo choose-next referrer", "notice handed-back referrer", "todo tell-person navigator"}},
			{on(5, 9, 10), Red, []string{"todo choose-next referrer", "notice handed-back referrer", "todo choose-next navigator", "todo tell-person navigator"}},
			{on(6, 13, 10), Escalated, []string{"todo choose-next referrer", "notice handed-back referrer", "todo choose-next navigator", "todo choose-next supervisor", "todo tell-person navigator"}},
		}},
		{"a pause whose review is over", func() *Ledger {
			l := base(TaskRequested, TaskAccepted, TaskOnHold)
			l.Words[2].Reason, l.Words[2].Review = PersonAsked, on(12, 9, 20)
			return l
		}(), "review", on(12, 9, 19), []step{
			{on(12, 9, 20), Red, []string{"todo review navigator"}},
			{on(17, 9, 20), Escalated, []string{"todo review navigator", "todo review supervisor"}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !c.nothing.IsZero() {
				h := Fold(c.ledger, c.nothing, &timers)
				assert.Empty(t, written(&h))
			}
			for _, s := range c.steps {
				h := Fold(c.ledger, s.at, &timers)
				assert.Equal(t, s.level, dueOf(t, &h, c.due).Level, s.at)
				assert.Equal(t, s.written, written(&h), s.at)
			}
		})
	}
}

type step struct {
	at      time.Time
	level   Level
	written []string
}

func TestWhatIsAskedAtOnce(t *testing.T) {
	t.Parallel()
	claim := Sign{Says: Came, Grade: GradeE, Voice: Claimed, Said: on(5, 12, 0), Received: on(5, 12, 0), Source: "Task/T1/_history/9"}
	for _, c := range []struct {
		name   string
		ledger *Ledger
		at     time.Time
		want   []string
	}{
		{"19 a bare claim: which visit was it?", func() *Ledger { l := silent(); l.Signs = []Sign{claim}; return l }(), on(5, 12, 0), []string{"todo confirm-visit agency"}},
		{"19a a claim before the booked visit: does it stand?", func() *Ledger {
			l := silent()
			l.Signs = []Sign{claim}
			l.Signs[0].Said, l.Signs[0].Received = on(2, 15, 0), on(2, 15, 0)
			return l
		}(), on(2, 15, 0), []string{"todo confirm-booking agency"}},
		{"23 a no-show, unclear whose: ask both", func() *Ledger { l := missedVisit(); l.Signs[0].Blame = Unclear; return l }(), on(5, 10, 20), []string{"todo confirm-visit agency", "message how-did-it-go person"}},
		{"24 a conflict: a navigator sees to it, and both are asked", func() *Ledger { l := missedVisit(); l.Signs = append(l.Signs, claim); return l }(), on(5, 12, 0),
			[]string{"todo resolve-conflict navigator", "todo confirm-visit agency", "message how-did-it-go person"}},
		{"8 no consent in a crisis: the supervisor now", func() *Ledger {
			l := base(TaskRequested).as(Crisis)
			l.Gate = []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}}
			return l
		}(), on(2, 9, 0), []string{"todo get-consent supervisor"}},
		{"a report of death: a navigator checks, and nobody writes to the person", func() *Ledger {
			l := missedVisit()
			l.Signs = append(l.Signs, claim)
			l.Holds = []Hold{{Reason: DeathCheck, From: on(5, 12, 0)}}
			return l
		}(), on(5, 12, 0), []string{"todo check-death navigator"}},
		{"36 a crisis on a waiting list: another agency now", func() *Ledger {
			l := base(TaskRequested, TaskAccepted).as(Crisis)
			l.Holds = []Hold{{Reason: Waitlist, From: on(2, 10, 0)}}
			return l
		}(), on(2, 10, 0), []string{"todo offer-another navigator", "todo offer-another supervisor"}},
		{"48 withdrawn shortly before the visit: tell the person", func() *Ledger { l := silent(); l.Withdrawn = Withdrawal{At: on(4, 10, 0)}; return l }(), on(4, 10, 0), []string{"todo confirm-person-knows navigator"}},
		{"18 she came: the referrer is told", func() *Ledger {
			l := silent()
			l.Signs = []Sign{sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1")}
			return l
		}(), on(5, 12, 0), []string{"notice attended referrer"}},
		{"33 she declined: the referrer is told", func() *Ledger {
			l := base(TaskRequested, TaskAccepted, TaskCancelled)
			l.Words[2].By, l.Words[2].Reason = Navigator, PersonDeclined
			return l
		}(), on(3, 9, 0), []string{"notice closed referrer"}},
		{"35 she was not reached: the door stays open", func() *Ledger {
			l := base(TaskRequested, TaskAccepted, TaskFailed)
			l.Words[2].By, l.Words[2].Reason = Navigator, PersonUnreachable
			return l
		}(), on(2, 9, 30), []string{"todo choose-next referrer", "notice handed-back referrer", "message open-door person"}},
		{"an ordinary referral, sent", base(TaskRequested), on(2, 9, 0), []string{}},
		{"an ordinary yes", base(TaskRequested, TaskAccepted), on(2, 9, 10), []string{}},
		{"an ordinary start", base(TaskRequested, TaskAccepted, TaskInProgress), on(2, 9, 20), []string{}},
		{"an ordinary booking", silent(), on(2, 10, 0), []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := Fold(c.ledger, c.at, &timers)
			assert.Equal(t, c.want, written(&h), "%s:%s", h.State, h.Reason)
		})
	}
}

// TestT3StartsAnewAndFasterWhenTheServiceCancels: a date that the service took away is wanted faster than the first one.
func TestT3StartsAnewAndFasterWhenTheServiceCancels(t *testing.T) {
	t.Parallel()
	l := silent()
	l.Bookings[0].Status, l.Bookings[0].Over, l.Bookings[0].Received = CancelledService, on(4, 14, 0), on(4, 14, 0)
	h := Fold(l, on(4, 14, 0), &rules)
	require.Equal(t, Accepted, h.State)
	d := dueOf(t, &h, "book-visit")
	assert.Equal(t, on(4, 14, 0), d.From)
	assert.Equal(t, on(6, 14, 0), d.By, "48 hours, as an urgent one")
}

func TestT4IsOverOnceSomebodySpokeWithThePerson(t *testing.T) {
	t.Parallel()
	l := base(TaskRequested, TaskAccepted).as(Crisis)
	l.Holds = []Hold{{Reason: Hospitalised, From: on(2, 12, 0), Until: on(6, 15, 0)}}
	due := func(at time.Time) string {
		h := Fold(l, at, &rules)
		for _, d := range h.Due {
			if d.Timer == "T4" {
				return d.What + " by " + d.By.In(pacific).Format("2 15:04")
			}
		}
		return ""
	}
	assert.Empty(t, due(on(6, 14, 0)), "still there")
	assert.Equal(t, "contact-person by 7 15:00", due(on(6, 15, 0)))
	calls(l, call(NotReached, "PHONE", on(6, 16, 0)))
	assert.Equal(t, "contact-person by 7 15:00", due(on(6, 17, 0)), "trying is not speaking")
	calls(l, call(Reached, "PHONE", on(7, 10, 0)))
	assert.Equal(t, "contact-again by 9 16:00", due(on(7, 11, 0)), "in a crisis again within 72 hours, one of them lost in the night")
	calls(l, call(Reached, "PHONE", on(9, 10, 0)))
	assert.Empty(t, due(on(9, 11, 0)))
	assert.Empty(t, func() string { l.Urgency = Routine; l.Contacts = l.Contacts[:2]; return due(on(7, 11, 0)) }(), "otherwise once is enough")
}

func TestT9IsDueOnlyWhereTheWholeReferralCameBack(t *testing.T) {
	t.Parallel()
	no, yes := Fold(base(TaskRequested, TaskRejected), on(3, 9, 0), &rules), Fold(base(TaskRequested, TaskAccepted), on(3, 9, 0), &rules)
	alone, beside := no, no
	Together([]*Handoff{&alone}, false)
	assert.Equal(t, Referrer, dueOf(t, &alone, "choose-next").For)
	Together([]*Handoff{&beside, &yes}, false)
	assert.Empty(t, beside.Due)
	assert.NotContains(t, strings.Join(written(&beside), ", "), "choose-next")

	l := base(TaskRequested, TaskRejected)
	l.Told = []Telling{{Effect: Effect{Kind: Todo, What: "choose-next", For: Referrer}}}
	h := Fold(l, on(3, 9, 0), &rules)
	assert.Empty(t, h.Due, "they took note of it")
	l.Told[0].Dropped = true
	h = Fold(l, on(3, 9, 0), &rules)
	assert.NotEmpty(t, h.Due, "that we took it back ourselves is no answer")

	l = base(TaskRequested, TaskAccepted, TaskFailed)
	l.Words[2].Reason = DeclinedCapacity
	h = Fold(l, on(2, 9, 20), &rules)
	assert.Equal(t, on(3, 9, 20), dueOf(t, &h, "choose-next").By, "42 a yes taken back is more urgent")

	l = base(TaskRequested, TaskRejected)
	l.Back = []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}}
	h = Fold(l, on(3, 9, 0), &rules)
	assert.Equal(t, Navigator, dueOf(t, &h, "choose-next").For, "who may not know cannot choose")
	for _, e := range h.Effects {
		assert.True(t, e.For != Referrer || e.What == MayNotBeShared, e.What)
	}
}

func TestT10AsksForNewsWhereNoneIsSent(t *testing.T) {
	t.Parallel()
	r := rules
	r.Sites = map[string]Site{"Organization/harbor": {Polled: true}}
	l := base(TaskRequested, TaskAccepted) // heard on Monday, 9:10
	due := func(at time.Time) int {
		h := Fold(l, at, &r)
		n := 0
		for _, d := range h.Due {
			if d.Timer == "T10" {
				n++
				assert.Equal(t, Navigator, d.For)
				assert.NotEmpty(t, h.Flags)
			}
		}
		return n
	}
	assert.Zero(t, due(on(3, 9, 9)))
	assert.Equal(t, 1, due(on(3, 9, 10)), "after a business day")
	l.Urgency = Urgent
	assert.Zero(t, due(on(2, 10, 9)))
	assert.Equal(t, 1, due(on(2, 10, 10)), "after an hour")
	l.Urgency = Crisis
	assert.Zero(t, due(on(9, 9, 0)), "in a crisis people talk to each other")
	l.Urgency = Routine
	r.Sites = nil
	assert.Zero(t, due(on(9, 9, 0)), "who sends news is not asked for any")
}

// TestT8OneReminderAtATime walks through the days before a visit on Thursday, 19 March, 10:00, booked on Monday the 2nd.
func TestT8OneReminderAtATime(t *testing.T) {
	t.Parallel()
	leg := func(u Urgency) *Ledger {
		l := base(TaskRequested, TaskAccepted).as(u)
		l.Bookings = []Booking{booking("Appointment/AP1", on(19, 10, 0))}
		l.Marks = []Mark{{Element: CheckIn, At: on(18, 8, 0), Source: "Communication/C/_history/1"}} // so that nothing else is asked
		return l
	}
	reminder := func(l *Ledger, at time.Time) string {
		h := Fold(l, at, &timers)
		found := []string{}
		for _, e := range h.Effects {
			if e.What == "reminder" {
				found = append(found, e.Key)
				assert.Equal(t, Message, e.Kind)
				assert.Equal(t, "Appointment/AP1", e.Booking)
			}
		}
		require.LessOrEqual(t, len(found), 1, "one at a time")
		return strings.TrimPrefix(strings.Join(found, ""), "T8/reminder/message/person/")
	}
	visit := "/Appointment/AP1/2026-03-19T17:00:00.000Z"
	l := leg(Routine)
	assert.Empty(t, reminder(l, on(12, 8, 59)))
	assert.Equal(t, "2026-03-12T16:00:00.000Z"+visit, reminder(l, on(12, 9, 0)), "seven days before, at a civil hour")
	assert.Equal(t, "2026-03-16T16:00:00.000Z"+visit, reminder(l, on(16, 9, 0)), "three, in place of it")
	assert.Equal(t, "2026-03-18T16:00:00.000Z"+visit, reminder(l, on(18, 9, 0)), "and one")
	assert.Empty(t, reminder(l, on(19, 10, 0)), "none once it has begun")
	other := timers
	require.NoError(t, other.Set("T8.routine", "1,7,3"))
	h := Fold(l, on(18, 9, 0), &other)
	assert.Contains(t, h.Effects[0].Key, "2026-03-18", "in whatever order the days are given")

	l.Bookings[0].Made = on(17, 12, 0)
	assert.Empty(t, reminder(l, on(17, 12, 0)), "who has just booked is not reminded")

	assert.Empty(t, reminder(leg(Urgent), on(17, 12, 0)))
	assert.Equal(t, "2026-03-18T16:00:00.000Z"+visit, reminder(leg(Urgent), on(18, 9, 0)))
	assert.Equal(t, "2026-03-19T16:00:00.000Z"+visit, reminder(leg(Urgent), on(19, 9, 0)), "and the same day")
	assert.Empty(t, reminder(leg(Crisis), on(18, 9, 0)), "in a crisis somebody gets in touch")

	for name, change := range map[string]func(l *Ledger){
		"where it is not safe":         func(l *Ledger) { l.Person.Unsafe = true },
		"while in hospital":            func(l *Ledger) { l.Holds = []Hold{{Reason: Hospitalised, From: on(17, 9, 0)}} },
		"after consent was taken back": func(l *Ledger) { l.Gate = append(l.Gate, GateSpan{From: on(17, 9, 0), Cause: Revoked}) },
		"after the end": func(l *Ledger) {
			l.Words = append(l.Words, Word{Status: TaskFailed, Reason: Moved, By: Agency, Said: on(17, 9, 0), Received: on(17, 9, 0)})
		},
		"once she came":              func(l *Ledger) { l.Signs = []Sign{sign(Came, GradeA, Record, on(17, 10, 0), "Encounter/E1")} },
		"once the referrer withdrew": func(l *Ledger) { l.Withdrawn = Withdrawal{At: on(18, 8, 0)} },
		"once she cancelled":         func(l *Ledger) { l.Bookings[0].Status = CancelledPerson },
	} {
		l := leg(Routine)
		change(l)
		assert.Empty(t, reminder(l, on(18, 9, 0)), name)
	}
}

func TestTheReferrerIsToldOnceAndCorrected(t *testing.T) {
	t.Parallel()
	l := silent()
	visit := sign(Came, GradeB, Record, on(5, 9, 58), "Encounter/E1")
	l.Signs = []Sign{visit}
	tell := func() []string {
		h := Fold(l, on(6, 9, 0), &rules)
		var keys []string
		for _, e := range h.Effects {
			if e.Kind == Notice {
				keys = append(keys, e.Key)
				if !stands(l, e.Key) {
					l.Told = append(l.Told, Telling{Effect: e, Open: true})
				}
			}
		}
		return keys
	}
	first := tell()
	assert.Equal(t, []string{"attended/notice/referrer/0"}, first)
	l.Signs[0].Grade, l.Signs[0].Said = GradeA, on(5, 12, 0)
	assert.Equal(t, first, tell(), "better evidence is no news")
	l.Signs[0].Taken = true
	assert.Equal(t, []string{"correction/notice/referrer/1"}, tell())
	l.Signs[0].Taken = false
	assert.Equal(t, []string{"attended/notice/referrer/1"}, tell())
	assert.Equal(t, []string{"attended/notice/referrer/1"}, tell(), "and it comes to rest")
	l.Back = []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}}
	for _, k := range tell() {
		assert.Contains(t, k, MayNotBeShared)
	}
}

func stands(l *Ledger, key string) bool {
	for i := range l.Told {
		if l.Told[i].Key == key {
			return true
		}
	}
	return false
}

func TestPropertyNobodyIsLeftWithoutAnOwnerAndATime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := on(rapid.IntRange(2, 25).Draw(t, "now"), 12, 0)
		h := Fold(l, at, &rules)
		if h.State.Open() {
			require.NotEmpty(t, h.Due, "%s:%s", h.State, h.Reason)
		}
		for _, d := range h.Due {
			require.NotEmpty(t, d.For, d.What)
			require.False(t, d.By.IsZero(), "%s: at once is since when, not never", d.What)
		}
		keys := map[string]bool{}
		for _, e := range h.Effects {
			require.False(t, keys[e.Key], "%s is written once", e.Key)
			require.NotEmpty(t, e.For)
			keys[e.Key] = true
		}
	})
}

func TestTheTablesOfDeadlinesAndEffectsAreWhole(t *testing.T) {
	t.Parallel()
	dues := map[string]bool{"review": true, "offer-another": true, "confirm-person-knows": true, "answer-cancel": true, ClarifyChange: true}
	for _, d := range DefaultDeadlines {
		assert.NotEmpty(t, d.Source, d.Name)
		assert.NotEmpty(t, d.For)
		dues[d.What] = true
	}
	for _, m := range DefaultMinimums {
		assert.NotEmpty(t, m.Source, m.Urgency)
	}
	for _, r := range EffectRows {
		assert.NotEmpty(t, r.Source, r.What)
		assert.True(t, dues[r.Due], "%s is never due", r.Due)
		assert.NotContains(t, r.What, "missed", "nobody is told that they missed something")
		assert.True(t, (r.Kind == Message) == (r.For == Person), "%s: messages are for the person", r.What)
	}
}
