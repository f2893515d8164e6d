package workflow

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// bare is a leg for which nothing warm was done: known on Monday at nine, nobody named, nobody called.
func bare(statuses ...Status) *Ledger {
	l := base(statuses...)
	l.Gate[0].Source = "Consent/C1/_history/1"
	return l
}

// bareBooked is one whose visit was booked at ten on Monday, the 2nd, for ten on the day of March that is given.
func bareBooked(day int) *Ledger {
	l := bare(TaskRequested, TaskAccepted)
	l.Bookings = []Booking{booking("Appointment/AP1", on(day, 10, 0))}
	return l
}

func inNeed(what string, at time.Time) func(*Ledger) {
	return func(l *Ledger) { l.Marks = append(l.Marks, mark(Barrier, at, about(what))) }
}

func also(marks ...Mark) func(*Ledger) {
	return func(l *Ledger) { l.Marks = append(l.Marks, marks...) }
}

func with1(l *Ledger, change ...func(*Ledger)) *Ledger {
	for _, c := range change {
		c(l)
	}
	return l
}

// owed gives what is due of a kind, nil for nothing.
func owed(h *Handoff, what, timer string) *Due {
	for i := range h.Due {
		if h.Due[i].What == what && h.Due[i].Timer == timer {
			return &h.Due[i]
		}
	}
	return nil
}

func effectsFor(h *Handoff, what, timer string) []string {
	list := []string{}
	for _, e := range h.Effects {
		if e.What == what && e.Timer == timer {
			list = append(list, string(e.For))
		}
	}
	return list
}

// TestEachSeedAsksOfSomebodyInTimeUntilItIsShown walks every row: when it begins to ask, of whom, by when, from when on it stands written and for whom,
// and what closes it.
func TestEachSeedAsksOfSomebodyInTimeUntilItIsShown(t *testing.T) {
	t.Parallel()
	draft := func() *Ledger { return bare(TaskDraft) }
	offered := func() *Ledger { return bare(TaskRequested) }
	scheduled := func() *Ledger { return bareBooked(12) }
	rideless := func() *Ledger { return with1(bareBooked(12), inNeed("transport", on(3, 9, 0))) }
	introduced := func() *Ledger {
		return with1(bare(TaskRequested, TaskAccepted), also(mark(Introduction, on(3, 9, 0), all)))
	}
	visited := func() *Ledger { return came(bareBooked(5)) }
	toWorker := with(Present{Worker: true, Guide: true})
	for _, c := range []struct {
		name     string
		ledger   func() *Ledger
		timer    string
		what     string
		not      time.Time // not asked yet; zero: asked from the beginning
		at       time.Time // asked, and not written yet; zero: written as soon as it is asked
		who      Role
		by       time.Time
		written  time.Time
		whom     []string
		closes   []func(*Ledger)
		unrelate []func(*Ledger) // what does not close it
	}{
		{"A8", draft, "A8", AssignNavigator, time.Time{}, on(2, 16, 59), Navigator, on(2, 17, 0), on(2, 17, 0), []string{"supervisor"},
			[]func(*Ledger){func(l *Ledger) { l.Person.Navigator = "Practitioner/nav" }}, []func(*Ledger){also(mark(CheckIn, on(2, 10, 0)))}},
		{"A14 before", draft, "A14a", CallFirst, time.Time{}, on(2, 16, 59), Navigator, on(2, 17, 0), on(2, 17, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(Precall, on(2, 16, 0), toWorker)), also(mark(Precall, on(2, 16, 0), waived("a standing agreement with the agency"))), said(TaskRequested, on(2, 16, 0))},
			[]func(*Ledger){also(mark(Precall, on(2, 16, 0), by("EMAILWRIT")))}},
		{"A14 after", offered, "A14b", CallAgency, time.Time{}, on(2, 16, 59), Navigator, on(2, 17, 0), on(2, 17, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(Precall, on(2, 16, 0), toWorker)), also(mark(Introduction, on(2, 16, 0), all)), also(mark(Precall, on(2, 16, 0), waived("a crisis: there was no time"))), said(TaskAccepted, on(2, 16, 0))},
			[]func(*Ledger){also(mark(Precall, on(2, 16, 0), by("FAXWRIT"))), also(mark(PackageSent, on(2, 16, 0)))}},
		{"A7", draft, "A7", ReadBackNow, time.Time{}, on(2, 16, 59), Navigator, on(2, 17, 0), on(2, 17, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(ReadBack, on(2, 16, 0))), also(mark(Corrected, on(2, 16, 0))), also(mark(ReadBack, on(2, 16, 0), waived("the person does not want it"))), said(TaskRequested, on(2, 16, 0))},
			[]func(*Ledger){also(mark(PlanGiven, on(2, 16, 0)))}},
		{"A5", offered, "A5", Introduce, time.Time{}, on(4, 16, 59), Navigator, on(4, 17, 0), on(4, 17, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(Introduction, on(3, 9, 0), all)), also(mark(Introduction, on(3, 9, 0), waived("the person does not want it")))},
			[]func(*Ledger){also(mark(Introduction, on(3, 9, 0), all, by("MAILWRIT"))), also(mark(Precall, on(3, 9, 0)))}},
		{"A5 up to the visit", scheduled, "A5", Introduce, time.Time{}, on(11, 8, 59), Navigator, on(12, 10, 0), on(11, 9, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(Introduction, on(10, 9, 0), all))}, nil},
		{"B5 ask", offered, "B5a", AskBarriers, time.Time{}, on(4, 16, 59), Navigator, on(4, 17, 0), on(4, 17, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(BarriersAsked, on(3, 9, 0))), also(mark(BarriersAsked, on(3, 9, 0), waived("the person does not want it"))), also(mark(BarriersAsked, on(3, 9, 0)), mark(Barrier, on(3, 9, 0), about("transport")))},
			[]func(*Ledger){inNeed("transport", on(3, 9, 0))}},
		{"B5 arrange", rideless, "B5b", Arrange, time.Time{}, time.Time{}, Navigator, on(10, 10, 0), on(10, 10, 0), []string{"navigator", "supervisor"},
			[]func(*Ledger){also(mark(BarrierMet, on(4, 9, 0), about("transport"))), also(mark(BarrierTaken, on(4, 9, 0), about("transport")))},
			[]func(*Ledger){also(mark(BarrierMet, on(4, 9, 0), about("interpreter"))), also(mark(BarriersAsked, on(4, 9, 0)))}},
		{"B3", scheduled, "B3", GivePlan, time.Time{}, on(3, 9, 59), Navigator, on(3, 10, 0), on(3, 10, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(PlanGiven, on(2, 16, 0))), also(mark(PlanGiven, on(2, 16, 0), waived("the person does not want it")))}, nil},
		{"B13", introduced, "B3", GivePlan, on(3, 8, 54), on(3, 16, 59), Navigator, on(3, 17, 0), on(3, 17, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(PlanGiven, on(3, 16, 0)))}, nil},
		{"A15 half-way", scheduled, "A15", CheckInNow, on(7, 8, 59), time.Time{}, Navigator, on(12, 10, 0), on(7, 9, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(CheckIn, on(6, 9, 0)))}, nil},
		{"A15 the day before", scheduled, "A15", CheckInNow, time.Time{}, time.Time{}, Navigator, on(12, 10, 0), on(11, 9, 0), []string{"navigator"},
			[]func(*Ledger){also(mark(CheckIn, on(8, 9, 0)), mark(CheckIn, on(11, 8, 0)))}, []func(*Ledger){also(mark(CheckIn, on(3, 9, 0)))}},
		{"A4", scheduled, "A4", ReadStory, on(11, 8, 59), time.Time{}, Agency, on(12, 10, 0), on(11, 9, 0), []string{"agency"},
			[]func(*Ledger){also(mark(PackageRead, on(10, 9, 0)))}, []func(*Ledger){also(mark(PackageReceived, on(10, 9, 0), stated))}},
		{"A17", visited, "A17", HowDidItGo, on(6, 8, 59), time.Time{}, "", time.Time{}, on(6, 9, 0), []string{"person"},
			[]func(*Ledger){also(mark(CheckIn, on(5, 16, 0))), also(mark(Answered, on(5, 18, 0), answering(false)))}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			look := func(l *Ledger, at time.Time) *Handoff { h := Fold(l, at, &rules); return &h }
			if !c.not.IsZero() {
				h := look(c.ledger(), c.not)
				assert.Nil(t, owed(h, c.what, c.timer), "not yet")
				assert.Empty(t, effectsFor(h, c.what, c.timer))
				assert.False(t, h.Wake.IsZero() || h.Wake.After(c.written), "it is looked at again in time")
			}
			if !c.at.IsZero() {
				h := look(c.ledger(), c.at)
				require.NotNil(t, owed(h, c.what, c.timer), "it is due")
				assert.Equal(t, c.who, owed(h, c.what, c.timer).For)
				assert.Equal(t, c.by.In(pacific).String(), owed(h, c.what, c.timer).By.In(pacific).String())
				assert.Empty(t, effectsFor(h, c.what, c.timer), "and not written")
			}
			h := look(c.ledger(), c.written)
			if c.who != "" {
				require.NotNil(t, owed(h, c.what, c.timer))
				assert.Equal(t, c.who, owed(h, c.what, c.timer).For)
				assert.Equal(t, c.by.In(pacific).String(), owed(h, c.what, c.timer).By.In(pacific).String())
			}
			assert.Equal(t, c.whom, effectsFor(h, c.what, c.timer))
			for i, change := range c.closes {
				h := look(with1(c.ledger(), change), c.written)
				assert.Nil(t, owed(h, c.what, c.timer), "closed by %d", i)
				assert.Empty(t, effectsFor(h, c.what, c.timer), "closed by %d", i)
			}
			for i, change := range c.unrelate {
				assert.Equal(t, c.whom, effectsFor(look(with1(c.ledger(), change), c.written), c.what, c.timer), "not closed by %d", i)
			}
		})
	}
}

// said adds a word of the Task.
func said(s Status, at time.Time) func(*Ledger) {
	return func(l *Ledger) {
		l.Words = append(l.Words, Word{Status: s, Said: at, Received: at, By: Agency, Source: "Task/T1/_history/9"})
	}
}

// TestWhatSeedsNeverAsk names where nobody is asked, or nobody is told.
func TestWhatSeedsNeverAsk(t *testing.T) {
	t.Parallel()
	seeds := func(l *Ledger, at time.Time) []string {
		h := Fold(l, at, &rules)
		var list []string
		for i := range Seeds {
			r := &Seeds[i]
			if owed(&h, r.What, r.Timer) != nil || len(effectsFor(&h, r.What, r.Timer)) > 0 {
				list = append(list, r.Seed)
			}
		}
		return list
	}
	unsafe := came(bareBooked(5))
	unsafe.Person.Unsafe = true
	dead := bareBooked(12)
	dead.Holds = []Hold{{Reason: DeathCheck, From: on(3, 9, 0), Source: "Patient/P1/_history/2"}}
	deadAfter := came(bareBooked(5))
	deadAfter.Death = Death{Confirmed: on(5, 18, 0), Source: "Patient/P1/_history/2"}
	revoked := came(bareBooked(5))
	revoked.Gate = append(revoked.Gate, GateSpan{From: on(5, 18, 0), Cause: Revoked, Source: "Consent/C1/_history/2"})
	gated := bare(TaskDraft)
	gated.Gate = []GateSpan{{From: on(2, 9, 0), Cause: NotGiven}}
	above := bare(TaskRequested)
	above.Above = true
	late := came(bareBooked(5))
	for i := range late.Signs {
		late.Signs[i].Said, late.Signs[i].Received = on(5, 12, 0).AddDate(0, 2, 0), on(5, 12, 0).AddDate(0, 2, 0)
	}
	nobody := bare(TaskDraft)
	nobody.Agency = ""
	for _, c := range []struct {
		name   string
		ledger *Ledger
		at     time.Time
		asks   []string
	}{
		{"she must not be written to", unsafe, on(7, 9, 0), nil},
		{"she may have died: whoever sees to it does, and no more", dead, on(11, 9, 0), []string{"A8"}},
		{"she has died", deadAfter, on(7, 9, 0), nil},
		{"consent was taken back after the visit", revoked, on(7, 9, 0), nil},
		{"without consent nobody is asked to speak with the agency", gated, on(5, 9, 0), []string{"A8", "A7, B4", "B5"}},
		{"a Task above others asks for nothing", above, on(5, 9, 0), nil},
		{"it is two months ago", late, on(6, 12, 0).AddDate(0, 2, 0), nil},
		{"no agency is asked: there is nobody to call or to be introduced to", nobody, on(3, 9, 0), []string{"A8", "A7, B4", "B5"}},
		{"the agency said no", bare(TaskRequested, TaskRejected), on(5, 9, 0), nil},
		{"the visit is under way", bareBooked(5), on(5, 10, 30), []string{"A8"}},
	} {
		assert.Equal(t, c.asks, seeds(c.ledger, c.at), c.name)
	}
}

// TestASecondCauseAsksAgain: an answer closes what it answers, and what happens anew is asked anew.
func TestASecondCauseAsksAgain(t *testing.T) {
	t.Parallel()
	keys := func(l *Ledger, at time.Time, what string) []string {
		h := Fold(l, at, &rules)
		var list []string
		for _, e := range h.Effects {
			if e.What == what {
				list = append(list, e.Key)
			}
		}
		return list
	}
	l := with1(bareBooked(12), inNeed("transport", on(3, 9, 0)), inNeed("interpreter", on(3, 10, 0)))
	two := keys(l, on(4, 9, 0), Arrange)
	assert.Len(t, two, 2, "each need for itself")
	l.Marks = append(l.Marks, mark(Barrier, on(4, 10, 0), about("transport"), source("Observation/O1/_history/1")))
	assert.Equal(t, two, keys(l, on(4, 11, 0), Arrange), "the same need said twice is one")
	l.Bookings[0].Status, l.Bookings[0].Over = CancelledService, on(4, 12, 0)
	again := booking("Appointment/AP2", on(18, 10, 0))
	again.Made = on(4, 13, 0)
	l.Bookings = append(l.Bookings, again)
	for _, k := range keys(l, on(5, 9, 0), Arrange) {
		assert.NotContains(t, two, k, "another visit needs another ride")
	}
	gone := bare(TaskRequested)
	first := keys(gone, on(3, 9, 0), AssignNavigator)
	gone.Person.Alone = on(4, 9, 0)
	assert.NotEqual(t, first, keys(gone, on(6, 9, 0), AssignNavigator), "the navigator left")
}

// TestPropertyASeedAsksOnceAndIsOwnedAndDue: whatever is said, each thing that the seeds ask for stands written at most once for each of those who are
// asked, with an owner, a time and a key of its own; it is gone where what shows it is there; and the person is told nothing where they must not be.
func TestPropertyASeedAsksOnceAndIsOwnedAndDue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyLedger(t, allGrades)
		at := drawNow(t)
		h := Fold(l, at, &rules)
		f := newFolding(l, at, &rules)
		f.read()
		type asked struct{ what, who, about string }
		seen := map[asked]bool{}
		for i := range h.Effects {
			e := &h.Effects[i]
			row := slices.IndexFunc(Seeds, func(r SeedRow) bool { return r.What == e.What && r.Timer == e.Timer })
			if row < 0 {
				continue
			}
			one := asked{e.What, string(e.For), e.About}
			require.False(t, seen[one], "%v is asked twice", one)
			seen[one] = true
			require.NotEmpty(t, e.For)
			require.False(t, e.By.IsZero(), "%s is due", e.What)
			require.False(t, e.For == Person && (l.Person.Unsafe || f.mayBeDead()), "nothing to the person")
			require.True(t, h.State.Open() || e.What == HowDidItGo && h.State == Attended, "%s in %s", e.What, h.State)
			for _, name := range Seeds[row].Shown {
				for _, w := range AllWarmth(h.Warmth) {
					require.False(t, w.Name == name && w.Status != NotDone, "%s is %s, and %s is asked", name, w.Status, e.What)
				}
			}
		}
	})
}

// TestTheTableOfSeedsIsWhole: each row has a deadline, stands written for somebody, and says for whom and whence it is.
func TestTheTableOfSeedsIsWhole(t *testing.T) {
	t.Parallel()
	for i := range Seeds {
		r := &Seeds[i]
		assert.True(t, r.Words != "" && r.Begins != "" && r.Closes != "" && r.Source != "" && r.For != "" && r.since != nil, r.Seed)
		at := slices.IndexFunc(DefaultDeadlines, func(d Deadline) bool { return d.Name == r.Timer && d.What == r.What && d.Clock.ofSeed() })
		require.GreaterOrEqual(t, at, 0, "%s has a deadline", r.Seed)
		for _, u := range []Urgency{Crisis, Urgent, Routine} {
			assert.NoError(t, DefaultDeadlines[at].Clock.takes(DefaultDeadlines[at].span(u)), r.Seed)
		}
		assert.Equal(t, r.Kind == Todo, slices.ContainsFunc(EffectRows, func(e EffectRow) bool { return e.Timer == r.Timer && e.Due == r.What && e.Kind == Todo }), r.Seed)
		assert.Contains(t, Written(r.Kind), r.What)
	}
	for _, d := range DefaultDeadlines {
		if d.Clock.ofSeed() {
			assert.True(t, slices.ContainsFunc(Seeds, func(r SeedRow) bool { return r.Timer == d.Name }), "%s belongs to a seed", d.Name)
		}
	}
	for _, l := range Labels {
		assert.True(t, l.Seed != "" && l.Words != "" && l.When != "" && l.Source != "" && l.holds != nil, l.Words)
	}
}

// TestWhatSeedsAskForMayBeSetOrNone: how soon is the installation's to say, and whether at all.
func TestWhatSeedsAskForMayBeSetOrNone(t *testing.T) {
	t.Parallel()
	r := DefaultRules(pacific)
	require.NoError(t, r.Set("A5.routine", "5d"))
	h := Fold(bare(TaskRequested), on(3, 9, 0), &r)
	assert.Equal(t, on(6, 17, 0), owed(&h, Introduce, "A5").By)
	require.NoError(t, r.Set("A5.routine", "none"))
	h = Fold(bare(TaskRequested), on(3, 9, 0), &r)
	assert.Nil(t, owed(&h, Introduce, "A5"))
	require.NoError(t, r.Set("A5.routine", "1d"), "and anew")
	require.NoError(t, r.Set("B5b.routine", "day-3"))
	h = Fold(with1(bareBooked(12), inNeed("transport", on(3, 9, 0))), on(3, 10, 0), &r)
	assert.Equal(t, on(9, 10, 0), owed(&h, Arrange, "B5b").By)
	for name, value := range map[string]string{"A5.routine": "day-2", "A15.routine": "2d", "A17.routine": "day-1", "T2.routine": "none", "B5b.urgent": "day+1", "T1.routine": "day-1"} {
		assert.Error(t, r.Set(name, value), "%s %s", name, value)
	}
	assert.Equal(t, Days(3), DefaultDeadlines[slices.IndexFunc(DefaultDeadlines, func(d Deadline) bool { return d.Name == "A5" })].Routine, "the defaults are not touched")
}
