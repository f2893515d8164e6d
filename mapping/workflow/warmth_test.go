package workflow

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// marked is a leg with a visit booked on the 2nd for the 5th, and marks.
func marked(marks ...Mark) *Ledger {
	l := base(TaskRequested, TaskAccepted)
	l.Gate[0].Source = "Consent/C1/_history/1"
	l.Bookings = []Booking{booking("Appointment/AP1", on(5, 10, 0))}
	l.Person.Navigator = "Practitioner/nav"
	l.Marks = marks
	return l
}

// came adds that the person came to the visit.
func came(l *Ledger) *Ledger {
	l.Signs = append(l.Signs, sign(Came, GradeA, Record, on(5, 10, 0), "Encounter/E1"))
	return l
}

func mark(element string, at time.Time, change ...func(*Mark)) Mark {
	m := Mark{Element: element, Status: Shown, At: at, Mode: "PHONE", By: "Practitioner/nav", Source: "Communication/" + element + "/_history/1"}
	for _, c := range change {
		c(&m)
	}
	return m
}

func by(mode string) func(*Mark)      { return func(m *Mark) { m.Mode = mode } }
func until(t time.Time) func(*Mark)   { return func(m *Mark) { m.End = t } }
func speaking(tag string) func(*Mark) { return func(m *Mark) { m.Language = tag } }
func from(who string) func(*Mark)     { return func(m *Mark) { m.By = who } }
func about(b string) func(*Mark)      { return func(m *Mark) { m.About = b } }
func waived(why string) func(*Mark)   { return func(m *Mark) { m.Waived, m.Status = why, "" } }
func with(p Present) func(*Mark)      { return func(m *Mark) { m.Present = p } }
func answering(no bool) func(*Mark) {
	return func(m *Mark) { m.Status, m.Denied, m.Mode = Confirmed, no, "" }
}
func source(s string) func(*Mark)       { return func(m *Mark) { m.Source = s } }
func stated(m *Mark)                    { m.Status = Stated }
func element(h *Handoff, n int) Element { return AllWarmth(h.Warmth)[n-1] }

var (
	all      = with(Present{Person: true, Worker: true, Guide: true})
	noWorker = with(Present{Person: true, Guide: true})
)

func TestEachElementOfWarmth(t *testing.T) {
	t.Parallel()
	sister := func(l *Ledger) *Ledger { l.Person.Family = true; return l }
	spanish := func(l *Ledger) *Ledger { l.Person.Language = "es"; return l }
	interpreter := func(l *Ledger) *Ledger { l.Person.Interpreter = true; return l }
	unnamed := func(l *Ledger) *Ledger { l.Person.Navigator = ""; return l }
	far := func(l *Ledger) *Ledger { l.Bookings[0] = booking("Appointment/AP1", on(11, 10, 0)); return l }
	shut := func(c Cause) *Ledger {
		l := marked()
		l.Gate = []GateSpan{{From: on(2, 9, 0), Cause: c, Source: "Consent/C1/_history/2"}}
		return l
	}
	treating := marked()
	treating.Gate[0].Source = ""
	const done, not, moot = Done, NotDone, NotApplicable
	for _, c := range []struct {
		name    string
		n       int
		ledger  *Ledger
		status  string
		shown   string
		because string
	}{
		{"W1 a consent that covers this agency", 1, marked(), done, Shown, ""},
		{"W1 no consent", 1, shut(NotGiven), not, "", "no consent covers this agency"},
		{"W1 a consent taken back", 1, shut(Revoked), not, "", "the consent was revoked"},
		{"W1 a treating provider needs none", 1, treating, moot, "", "a treating provider: none is needed"},

		{"W2 a call before the release", 2, marked(mark(Precall, on(2, 8, 50))), done, Shown, ""},
		{"W2 a call after it", 2, marked(mark(Precall, on(2, 9, 30))), not, "", "not before the release"},
		{"W2 an e-mail that calls itself a call", 2, marked(mark(Precall, on(2, 8, 50), by("EMAILWRIT"))), not, "", "in writing only"},
		{"W2 a text message is no call either", 2, marked(mark(Precall, on(2, 8, 50), by("SMSWRIT"))), not, "", "in writing only"},
		{"W2 nobody said by what means", 2, marked(mark(Precall, on(2, 8, 50), by(""))), done, Stated, "nobody said by what means"},
		{"W2 left undone in a crisis", 2, marked(mark(Precall, on(2, 8, 50), waived("a crisis: there was no time"))), moot, "", "a crisis: there was no time"},
		{"W2 nothing at all", 2, marked(), not, "", "nobody called the agency before sending"},

		{"W3 a call between the services alone", 3, marked(mark(Precall, on(2, 8, 50), with(Present{Worker: true, Guide: true}))), not, "", "the person is not named among those present"},
		{"W3 a call in the person's presence", 3, marked(mark(Precall, on(2, 8, 50), all)), done, Shown, ""},
		{"W3 without the sister whom the person chose", 3, sister(marked(mark(Introduction, on(2, 9, 30), all))), done, Stated, "whom they chose of their family is not named among those present"},
		{"W3 with her", 3, sister(marked(mark(Introduction, on(2, 9, 30), with(Present{Person: true, Family: true})))), done, Shown, ""},
		{"W3 not safe", 3, marked(mark(HeardTogether, on(2, 9, 30), waived("it would not be safe"))), moot, "", "it would not be safe"},

		{"W4 read back", 4, marked(mark(ReadBack, on(2, 9, 0))), done, Shown, ""},
		{"W4 only ticked", 4, marked(mark(ReadBack, on(2, 9, 0), stated)), done, Stated, "stated, and not shown"},
		{"W4 a correction went through", 4, marked(mark(Corrected, on(2, 9, 0))), done, Shown, ""},
		{"W4 the person says so", 4, marked(mark(CouldCorrect, on(2, 9, 0), answering(false))), done, Confirmed, ""},
		{"W4 read back, and the person says no", 4, marked(mark(ReadBack, on(2, 9, 0)), mark(CouldCorrect, on(6, 9, 0), answering(true))), not, "", "the person says that it was not so"},
		{"W4 the newest answer holds", 4, marked(mark(CouldAsk, on(2, 9, 0), answering(true)), mark(CouldCorrect, on(6, 9, 0), answering(false))), done, Confirmed, ""},
		{"W4 another's word for it", 4, marked(mark(CouldCorrect, on(2, 9, 0), stated)), done, Stated, "stated, and not shown"},

		{"W5 all three, live", 5, marked(mark(Introduction, on(2, 9, 30), all)), done, Shown, ""},
		{"W5 a virtual encounter is live", 5, marked(mark(Introduction, on(2, 9, 30), all, by(Virtual))), done, Shown, ""},
		{"W5 no worker is named", 5, marked(mark(Introduction, on(2, 9, 30), noWorker)), done, Stated, "no worker of the agency is named"},
		{"W5 nobody of the referrer", 5, marked(mark(Introduction, on(2, 9, 30), with(Present{Person: true, Worker: true}))), done, Stated, "nobody of the referrer is named"},
		{"W5 by letter", 5, marked(mark(Introduction, on(2, 9, 30), all, by("MAILWRIT"))), not, "", "in writing only"},
		{"W5 by letter, then by telephone", 5, marked(mark(Introduction, on(2, 9, 30), all, by("MAILWRIT")), mark(Introduction, on(2, 9, 50), all, source("Communication/K2/_history/1"))), done, Shown, ""},
		{"W5 the person does not want it", 5, marked(mark(Introduction, on(2, 9, 30), waived("the person does not want it"))), moot, "", "the person does not want it"},
		{"W5 did not want it at first", 5, marked(mark(Introduction, on(2, 9, 30), waived("the person does not want it")), mark(Introduction, on(3, 9, 30), all, source("Communication/K2/_history/1"))), done, Shown, ""},
		{"W5 the person did not know whom they would meet", 5, marked(mark(Introduction, on(2, 9, 30), all), mark(KnewWho, on(6, 9, 0), answering(true))), not, "", "the person says that it was not so"},

		{"W6 nobody talked", 6, marked(), not, "", "nobody has talked with the agency yet"},
		{"W6 booked before the talk was over", 6, marked(mark(Introduction, on(2, 9, 50), until(on(2, 10, 5)))), done, Shown, ""},
		{"W6 booked after it", 6, marked(mark(Introduction, on(2, 9, 30), until(on(2, 9, 59)))), not, "", "the conversation ended without a date"},
		{"W6 a letter is no conversation", 6, marked(mark(Introduction, on(3, 9, 0), by("MAILWRIT"))), not, "", "nobody has talked with the agency yet"},

		{"W7 no plan", 7, marked(), not, "", "the person was given no plan"},
		{"W7 a plan by letter is a plan", 7, marked(mark(PlanGiven, on(2, 11, 0), by("MAILWRIT"))), done, Shown, ""},
		{"W7 in another language", 7, spanish(marked(mark(PlanGiven, on(2, 11, 0), speaking("en")))), done, Stated, "not known to be in the person's language"},
		{"W7 in their language", 7, spanish(marked(mark(PlanGiven, on(2, 11, 0), speaking("es-MX")))), done, Shown, ""},

		{"W8 sent is not read", 8, marked(mark(PackageSent, on(2, 11, 0), by(""))), not, "", "nobody shows that the story was read"},
		{"W8 it arrived", 8, marked(mark(PackageReceived, on(2, 11, 0), by("EMAILWRIT"), stated)), done, Stated, "stated, and not shown"},
		{"W8 read before the visit", 8, came(marked(mark(PackageRead, on(4, 11, 0), by("")))), done, Shown, ""},
		{"W8 read after the visit", 8, came(marked(mark(PackageRead, on(5, 12, 0), by("")))), not, "", "not before the visit"},
		{"W8 read, and the person had to tell it again", 8, came(marked(mark(PackageRead, on(4, 11, 0), by("")), mark(StoryOnce, on(6, 9, 0), answering(true)))), not, "", "the person says that it was not so"},

		{"W9 nobody asked", 9, marked(), not, "", "nobody asked what stands in the way"},
		{"W9 asked, and nothing is needed", 9, marked(mark(BarriersAsked, on(2, 11, 0))), done, Shown, ""},
		{"W9 an interpreter is needed", 9, interpreter(marked(mark(BarriersAsked, on(2, 11, 0)))), not, "", "needed and not arranged: interpreter"},
		{"W9 and is booked", 9, interpreter(marked(mark(BarrierMet, on(2, 11, 0), about("interpreter")))), done, Shown, ""},
		{"W9 a ride is arranged, the interpreter is not", 9, interpreter(marked(mark(Barrier, on(2, 11, 0), about("transport")), mark(BarrierMet, on(2, 12, 0), about("transport")))), not, "", "needed and not arranged: interpreter"},

		{"W10 nobody checked in", 10, marked(), not, "", "nobody checked in between the booking and the visit"},
		{"W10 without a booking there is no wait", 10, base(TaskRequested, TaskAccepted), moot, "", "no visit is booked"},
		{"W10 the navigator checked in", 10, marked(mark(CheckIn, on(4, 9, 0))), done, Shown, ""},
		{"W10 before the booking is not between", 10, marked(mark(CheckIn, on(2, 9, 30))), not, "", "nobody checked in between the booking and the visit"},
		{"W10 by letter does not count", 10, marked(mark(CheckIn, on(4, 9, 0), by("MAILWRIT"))), not, "", "nobody checked in between the booking and the visit"},
		{"W10 no navigator is named", 10, unnamed(marked(mark(CheckIn, on(4, 9, 0)))), done, Stated, "no navigator is named"},
		{"W10 somebody else checked in", 10, marked(mark(CheckIn, on(4, 9, 0), from("Practitioner/other"))), done, Stated, "not the named navigator"},
		{"W10 two of them", 10, marked(mark(CheckIn, on(4, 9, 0)), mark(CheckIn, on(4, 10, 0), from("Practitioner/other"))), done, Stated, "not always the same navigator"},
		{"W10 one check-in in nine days", 10, far(marked(mark(CheckIn, on(4, 9, 0)))), not, "", "one check-in, and the wait is longer than seven days"},
		{"W10 two check-ins in nine days", 10, far(marked(mark(CheckIn, on(4, 9, 0)), mark(CheckIn, on(6, 8, 0)))), done, Shown, ""},

		{"W11 before the visit", 11, marked(mark(Accompanied, on(5, 10, 0), with(Present{Guide: true}))), moot, "", "there was no visit yet"},
		{"W11 the navigator went along", 11, came(marked(mark(Accompanied, on(5, 10, 0), with(Present{Guide: true})))), done, Shown, ""},
		{"W11 and took part in the visit", 11, came(marked(mark(VisitHeld, on(5, 10, 0), with(Present{Guide: true})))), done, Shown, ""},
		{"W11 the introduction was at the visit", 11, came(marked(mark(Introduction, on(5, 9, 50), all))), done, Shown, ""},
		{"W11 the introduction was days before", 11, came(marked(mark(Introduction, on(3, 9, 50), all))), not, "", "nobody known was at the visit"},

		{"W12 before the visit", 12, marked(), moot, "", "there was no visit yet"},
		{"W12 nobody asked", 12, came(marked(mark(CheckIn, on(4, 9, 0)))), not, "", "nobody asked how it went"},
		{"W12 a call afterwards", 12, came(marked(mark(CheckIn, on(6, 8, 0)))), done, Shown, ""},
		{"W12 asked in writing, and not answered", 12, came(marked(mark(CheckIn, on(6, 8, 0), by("SMSWRIT")))), moot, "", "asked once, and not answered"},
		{"W12 asked in writing, and answered", 12, came(marked(mark(CheckIn, on(6, 8, 0), by("SMSWRIT")), mark(Answered, on(6, 8, 30), answering(false)))), done, Confirmed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := Fold(c.ledger, on(6, 9, 0), &rules)
			e := element(&h, c.n)
			assert.Equal(t, []string{c.status, c.shown, c.because}, []string{e.Status, e.Shown, e.Because})
			if e.Status == Done {
				assert.NotEmpty(t, e.Source, "what is done has its evidence")
			}
		})
	}
}

func TestWarmthNeverDecides(t *testing.T) {
	t.Parallel()
	var every []Mark
	for _, r := range Warmth {
		for _, kind := range slices.Concat(r.Marks, r.Answer) {
			every = append(every, mark(kind, on(5, 10, 30), all))
		}
	}
	cold, warm := Fold(marked(), on(6, 9, 0), &rules), Fold(marked(every...), on(6, 9, 0), &rules)
	assert.Equal(t, Unconfirmed, warm.State)
	assert.Equal(t, []any{cold.State, cold.Reason, cold.Rule, cold.Due}, []any{warm.State, warm.Reason, warm.Rule, warm.Due})
}

func TestWarmthDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	l := came(marked(
		mark(Introduction, on(2, 9, 30), noWorker), mark(Introduction, on(2, 9, 30), all, by("FACE"), source("Encounter/E0/_history/1")),
		mark(Introduction, on(2, 9, 20), by("MAILWRIT"), source("Communication/K9/_history/1")), mark(Precall, on(2, 9, 30)), mark(CheckIn, on(4, 9, 0)),
		mark(CheckIn, on(4, 9, 0), from("Practitioner/other"), source("Communication/K8/_history/1")), mark(CouldCorrect, on(6, 8, 0), answering(true)),
		mark(CouldAsk, on(6, 8, 0), answering(false)), mark(PackageRead, on(5, 12, 0)), mark(PackageReceived, on(5, 12, 0), stated), mark(Barrier, on(3, 9, 0), about("transport")),
	))
	want := Fold(l, on(6, 9, 0), &rules)
	for range 200 {
		rand.Shuffle(len(l.Marks), func(i, j int) { l.Marks[i], l.Marks[j] = l.Marks[j], l.Marks[i] })
		got := Fold(l, on(6, 9, 0), &rules)
		require.Equal(t, want.Warmth, got.Warmth)
		require.Equal(t, want.Flags, got.Flags)
		require.Equal(t, want.Evidence, got.Evidence)
	}
}

func unbooked(l *Ledger) *Ledger { l.Bookings = nil; return l }

func TestWhatOnlyLooksWarmIsFlagged(t *testing.T) {
	t.Parallel()
	changed := marked(mark(HandedOver, on(3, 9, 0), by("FACE")))
	changed.Person.Navigators = 2
	unsaid := marked()
	unsaid.Person.Navigators = 2
	nobody := base(TaskDraft)
	nobody.Agency, nobody.NoStep = "", true
	for _, c := range []struct {
		name   string
		ledger *Ledger
		flag   string
	}{
		{"B11 a formal e-mail", marked(mark(PackageSent, on(2, 9, 0), by("EMAILWRIT"))), "Referral only: nobody talked live."},
		{"A14 sent without a call", marked(), "Sent without a call to the agency, and nobody said why."},
		{"B1 nothing but the electronic referral, answered", base(TaskRequested, TaskAccepted), "Referral only: nobody talked live."},
		{"B6 a call without a date", unbooked(marked(mark(Precall, on(2, 8, 50)))), "The conversation ended without a date."},
		{"B13 a friendly talk", marked(mark(Introduction, on(2, 9, 30), all)), "Introduced, no plan: neither a date nor a plan in hand."},
		{"A6 family whom the person did not choose", marked(mark(Introduction, on(2, 9, 30), with(Present{Others: true}))), "Family took part whom the person is not known to have chosen."},
		{"A9 a new navigator", unsaid, "The navigator changed, and no talk to hand over is recorded."},
		{"A9 a new navigator who was handed over to", changed, "The navigator changed, and handed over in a talk."},
		{"A1 nobody is asked", nobody, "No agency is asked: nobody owns this leg."},
		{"B7 nobody said which step", nobody, "Nobody said which step this is."},
	} {
		assert.Contains(t, Fold(c.ledger, on(3, 9, 30), &rules).Flags, c.flag, c.name)
	}
	warm := Fold(marked(mark(Precall, on(2, 8, 50)), mark(Introduction, on(2, 9, 50), all, until(on(2, 10, 5)))), on(3, 9, 30), &rules)
	assert.Empty(t, warm.Flags, "an introduction with a date is no friendly talk")
}

func TestAMarkAheadOfItsTimeWaits(t *testing.T) {
	t.Parallel()
	l := marked(mark(ReadBack, on(4, 9, 0)))
	h := Fold(l, on(3, 9, 0), &timers)
	assert.Equal(t, NotDone, element(&h, 4).Status)
	assert.Equal(t, on(4, 8, 55), h.Wake)
	h = Fold(l, h.Wake, &timers)
	assert.Equal(t, Done, element(&h, 4).Status)
}

func TestAnUnmetNeedIsFlaggedTwoDaysBefore(t *testing.T) {
	t.Parallel()
	l := marked(mark(Precall, on(2, 8, 50)))
	l.Person.Interpreter = true
	h := Fold(l, on(2, 12, 0), &rules)
	assert.Empty(t, h.Flags)
	require.False(t, h.Wake.IsZero())
	require.False(t, h.Wake.After(on(3, 10, 0)), "it is looked at again in time")
	assert.Contains(t, Fold(l, on(3, 10, 0), &rules).Flags, "The visit is near, and something that is needed is not arranged: interpreter.")
}

func TestWarmthIsCounted(t *testing.T) {
	t.Parallel()
	h := Fold(marked(mark(Precall, on(2, 8, 50), all), mark(Introduction, on(2, 9, 30), waived("the person does not want it"))), on(3, 9, 0), &rules)
	done, of := CountWarmth(AllWarmth(h.Warmth))
	assert.Equal(t, []int{3, 9}, []int{done, of}, "W1, W2 and W3 of all but W5, W11 and W12")
	assert.Len(t, h.Warmth, 6, "what nothing is known of is not kept")
	for i, e := range AllWarmth(nil) {
		assert.Equal(t, Warmth[i].Name, e.Name)
		assert.NotEmpty(t, e.Because, e.Name)
		assert.NotEmpty(t, WarmthWords(e.Name))
	}
}

// BenchmarkWarmth judges the elements of a leg with fifteen marks, a part of what a fold does.
func BenchmarkWarmth(b *testing.B) {
	l := came(marked())
	for i := range 15 {
		r := &Warmth[1+i%11]
		kind := Introduction
		if len(r.Marks) > 0 {
			kind = r.Marks[0]
		}
		l.Marks = append(l.Marks, mark(kind, on(2+i%4, 10, i), all))
	}
	f := newFolding(l, on(6, 9, 0), &rules)
	f.read()
	h := Handoff{State: Attended, Visit: Moment{At: on(5, 10, 0)}}
	b.ReportAllocs()
	for b.Loop() {
		f.evidence, f.flags = f.evidence[:0], f.flags[:0]
		f.warm(&h)
	}
}
