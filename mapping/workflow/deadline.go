package workflow

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Deadline is one row of the table of deadlines: what is due, by whom, and how soon by urgency. A zero Span is none.
type Deadline struct {
	Name    string   // T1 … T10
	Clock   Clock    // when it is due at all, and from when on it counts
	State   State    // "" any open state
	Reasons []Reason // nil: whatever the reason
	What    string
	For     Role
	Crisis  Span
	Urgent  Span
	Routine Span
	Source  string
}

// Clock says what starts a deadline.
type Clock string

// The clocks.
const (
	OnState        Clock = ""              // what the state rests on was known, or what kept the leg from going on had ended
	OnDischarge    Clock = "discharge"     // a stay in hospital ended, and nobody has spoken with the person since
	OnFirstContact Clock = "first-contact" // the same, and one has spoken with the person once
	OnFirstAttempt Clock = "first-attempt" // in outreach, before the first attempt
	OnAttempt      Clock = "attempt"       // in outreach, after an attempt; the table of attempts gives the pace
	OnHandBack     Clock = "hand-back"     // the referral as a whole came back to its referrer
	OnSilence      Clock = "silence"       // the agency has to be asked for news, and none came
)

// DefaultDeadlines is what is due, by when. An installation may set other spans.
//
// Source: local, timers T1-T10; the numbers as each row says
var DefaultDeadlines = []Deadline{
	{Name: "T1", State: Preparing, Reasons: []Reason{""}, What: "release", For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "LA County DMH 302.14, requests reviewed; crisis as its 302.07, arrival of mobile crisis teams"},
	{Name: "T1", State: Preparing, Reasons: []Reason{ConsentMissing}, What: "get-consent", For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "as T1: without consent there is no release"},
	{Name: "T1", State: Preparing, Reasons: []Reason{PersonMismatch}, What: "say-for-whom", For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "as T1: a referral for somebody else is never released"},
	{Name: "T2", State: Offered, What: "answer", For: Agency, Crisis: Hours(2), Urgent: Days(1), Routine: Days(3),
		Source: "LA County DMH 302.14, latest contact attempt; crisis and urgent local"},
	{Name: "T3", State: Accepted, What: "book-visit", For: Agency, Crisis: SameDay, Urgent: Hours(48), Routine: Days(10),
		Source: "LA County DMH 302.07; California timely access, 28 CCR 1300.67.2.2; CCBHC criteria"},
	{Name: "T4", Clock: OnDischarge, What: "contact-person", For: Navigator, Crisis: Hours(24), Urgent: Hours(24), Routine: Days(2),
		Source: "Zero Suicide, transition; CCBHC care transitions; routine local"},
	{Name: "T4", Clock: OnFirstContact, What: "contact-again", For: Navigator, Crisis: Hours(72),
		Source: "SPI+ trial, JAMA Psychiatry 2018;75:894: a call within 72 h"},
	{Name: "T5a", State: Unconfirmed, Reasons: []Reason{NoNews, ClaimOnly, UnclearNoShow, Retracted}, What: "confirm-visit", For: Agency, Crisis: Hours(4), Urgent: Hours(24), Routine: Hours(24),
		Source: "Zero Suicide, transition: contact 24-48 h after the appointment; crisis local"},
	{Name: "T5a", State: Unconfirmed, Reasons: []Reason{InConflict}, What: "resolve-conflict", For: Navigator, Crisis: Hours(4), Urgent: Hours(24), Routine: Hours(24),
		Source: "as T5a"},
	{Name: "T5b", State: Unconfirmed, What: "decide", For: Supervisor, Crisis: Hours(24), Urgent: Hours(48), Routine: Days(2),
		Source: "as T5a"},
	{Name: "T6", State: Outreach, Clock: OnFirstAttempt, What: "reach-person", For: Navigator, Crisis: Hours(2), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "local; Zero Suicide, engage, asks for a rule and gives no number"},
	{Name: "T7", State: Outreach, Clock: OnAttempt, What: "try-again", For: Navigator,
		Source: "local: the attempts that are asked for, spread evenly over their window"},
	{Name: "T7", State: Outreach, Reasons: []Reason{DecisionNeeded}, What: "decide", For: Supervisor, Crisis: Hours(1), Urgent: Days(1), Routine: Days(2),
		Source: "local"},
	{Name: "T9", Clock: OnHandBack, State: Closed, What: "choose-next", For: Referrer, Crisis: Hours(1), Urgent: Days(1), Routine: Days(3),
		Source: "local"},
	{Name: "T10", Clock: OnSilence, What: "poll", For: Navigator, Urgent: Hours(1), Routine: Days(1),
		Source: "Gravity SDOH Clinical Care, checking task status"},

	{Name: "A8", Clock: OnAsk, What: AssignNavigator, For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "local: as T1"},
	{Name: "A14a", Clock: OnAsk, What: CallFirst, For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "local: with T1, before the release"},
	{Name: "A14b", Clock: OnAsk, What: CallAgency, For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "local: one business day after a release without a call"},
	{Name: "A7", Clock: OnAsk, What: ReadBackNow, For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "local: with T1, before the release"},
	{Name: "A5", Clock: OnAsk, What: Introduce, For: Navigator, Crisis: Hours(2), Urgent: Days(1), Routine: Days(3),
		Source: "local: as T2; at a booked visit at the latest"},
	{Name: "B5a", Clock: OnAsk, What: AskBarriers, For: Navigator, Crisis: Hours(2), Urgent: Days(1), Routine: Days(3),
		Source: "local: as T2, in time for what has to be arranged"},
	{Name: "B5b", Clock: DueBeforeVisit, What: Arrange, For: Navigator, Crisis: DaysToVisit(-2), Urgent: DaysToVisit(-2), Routine: DaysToVisit(-2),
		Source: "local: a known unmet need two days before the visit escalates"},
	{Name: "B3", Clock: OnAsk, What: GivePlan, For: Navigator, Crisis: Hours(1), Urgent: SameBusinessDay, Routine: Days(1),
		Source: "local; an orientation at booking, Kluger & Karras 1983"},
	{Name: "A15", Clock: AskBeforeVisit, What: CheckInNow, For: Navigator, Crisis: DaysToVisit(-1), Urgent: DaysToVisit(-1), Routine: DaysToVisit(-1),
		Source: "local: half-way, and the day before"},
	{Name: "A4", Clock: AskBeforeVisit, What: ReadStory, For: Agency, Crisis: DaysToVisit(-1), Urgent: DaysToVisit(-1), Routine: DaysToVisit(-1),
		Source: "local: the day before"},
	{Name: "A17", Clock: AskAfterVisit, What: HowDidItGo, For: Person, Crisis: DaysToVisit(1), Urgent: DaysToVisit(1), Routine: DaysToVisit(1),
		Source: "Zero Suicide, transition: contact 24-48 h after the appointment"},
}

// Span is a length of time: real hours, or business time of the receiving site. The zero Span is none.
type Span struct {
	Hours float64 // real hours, by night and on holidays too
	Days  int     // business days
	Close bool    // by the close of the business day in which it begins, or else of the next one
	Day   bool    // by the end of the calendar day
	Visit int     // calendar days after a visit; before it, where negative
}

// Spans by their names in the table.
var (
	SameBusinessDay = Span{Close: true}
	SameDay         = Span{Day: true}
)

// Hours gives a span of real hours.
func Hours(h float64) Span { return Span{Hours: h} }

// Days gives a span of business days.
func Days(n int) Span { return Span{Days: n} }

// DaysToVisit gives a span of calendar days after a visit; before it, where n is negative.
func DaysToVisit(n int) Span { return Span{Visit: n} }

// ParseSpan reads "2h", "90m", "3d" (business days), "today" (by the close of that business day) "same-day" (by midnight), and
// "day-2" and "day+1" (so many days before a visit, or after it). The error says what can be given.
func ParseSpan(s string) (Span, error) {
	switch s {
	case "today":
		return SameBusinessDay, nil
	case "same-day":
		return SameDay, nil
	}
	if n, ok := strings.CutSuffix(s, "d"); ok {
		if days, err := strconv.Atoi(n); err == nil && days > 0 && days <= 366 {
			return Days(days), nil
		}
	}
	if n, ok := strings.CutPrefix(s, "day"); ok {
		if days, err := strconv.Atoi(n); err == nil && days != 0 && days >= -60 && days <= 60 && strings.ContainsAny(n[:1], "+-") {
			return DaysToVisit(days), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 && d <= 366*24*time.Hour {
		return Hours(d.Hours()), nil
	}
	return Span{}, fmt.Errorf("%q is no span of time: give hours (2h, 90m), business days (3d), today (by the close of that business day) same-day (by midnight), or day-2 and day+1 (so many days before or after a visit)", s)
}

// String gives a span as ParseSpan reads it; "none" for the zero Span.
func (s Span) String() string {
	switch {
	case s.Close:
		return "today"
	case s.Day:
		return "same-day"
	case s.Days > 0:
		return strconv.Itoa(s.Days) + "d"
	case s.Visit != 0:
		return fmt.Sprintf("day%+d", s.Visit)
	case s.Hours > 0:
		text := time.Duration(s.Hours * float64(time.Hour)).String()
		for _, idle := range []string{"m0s", "h0m"} {
			if strings.HasSuffix(text, idle) {
				text = text[:len(text)-2]
			}
		}
		return text
	}
	return "none"
}

// ladder is when a due is amber, red and the supervisor's. A zero time is never.
type ladder struct {
	from, amber, by, supervisor time.Time
}

// ladder gives the rungs of a span that begins at a time. Fractions of business days are of business time, so that nobody is called at night for
// what can wait; fractions of hours are of real time. In a crisis the supervisor comes at 100 %.
//
// Source: local, escalation ladder
func (s Span) ladder(from time.Time, site *Site, u Urgency) ladder {
	l := ladder{from: from}
	switch {
	case s.Days > 0:
		l.business(site, time.Duration(s.Days)*site.length())
	case s.Close:
		l.business(site, site.rest(from))
	case s.Day:
		l.real(site.midnight(from))
	default:
		l.real(Plus(from, time.Duration(s.Hours*float64(time.Hour))))
	}
	if u == Crisis {
		l.supervisor = l.by
	}
	return l
}

func (l *ladder) business(site *Site, all time.Duration) {
	l.amber, l.by, l.supervisor = site.after(l.from, all*3/4), site.after(l.from, all), site.after(l.from, all*3/2)
}

func (l *ladder) real(by time.Time) {
	all := by.Sub(l.from)
	l.amber, l.by, l.supervisor = Plus(l.from, part(all, 3, 4)), by, Plus(l.from, part(all, 3, 2))
}

// level gives how pressing it is at a moment, and when that changes next; zero for never.
func (l *ladder) level(at time.Time) (Level, time.Time) {
	switch {
	case !at.Before(l.supervisor) && !l.supervisor.IsZero():
		return Escalated, time.Time{}
	case !at.Before(l.by):
		return Red, l.supervisor
	case !at.Before(l.amber):
		return Amber, l.by
	}
	return OnTime, l.amber
}

func (d *Deadline) about(s State, r Reason) bool {
	if d.State != s && (d.State != "" || !s.Open()) {
		return false
	}
	if d.Reasons == nil {
		return true
	}
	for _, one := range d.Reasons {
		if one == r {
			return true
		}
	}
	return false
}

func (d *Deadline) span(u Urgency) Span {
	switch u {
	case Crisis:
		return d.Crisis
	case Urgent:
		return d.Urgent
	}
	return d.Routine
}

// sooner gives the next higher urgency.
func (u Urgency) sooner() Urgency {
	if u == Routine || u == "" {
		return Urgent
	}
	return Crisis
}
