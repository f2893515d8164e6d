package workflow

import (
	"fmt"
	"slices"
	"time"
)

// Minimum is how hard somebody has to have tried to reach a person before closing as unreachable may be proposed.
type Minimum struct {
	Urgency  Urgency
	Attempts int
	Days     int // the window, in calendar days of the receiving site from the first attempt; 0: Hours
	Hours    float64
	Ways     int      // different media
	OnDays   int      // different local days
	InPerson bool     // at least once face to face, or by somebody whom the person chose
	Reviews  []string // what a second person has to have looked at
	Source   string
}

// DefaultMinimums are the minimums by urgency.
//
// Source: local, T7
var DefaultMinimums = []Minimum{
	{Urgency: Crisis, Attempts: 5, Hours: 72, Ways: 2, OnDays: 1, InPerson: true, Reviews: []string{"risk"}, Source: "988 Lifeline, follow-up: 3-5 attempts; the rest local"},
	{Urgency: Urgent, Attempts: 4, Days: 7, Ways: 2, OnDays: 3, Source: "988 Lifeline, follow-up: 3-5 attempts; the rest local"},
	{Urgency: Routine, Attempts: 3, Days: 14, Ways: 2, OnDays: 3, Source: "988 Lifeline, follow-up: 3-5 attempts; LA County DMH 302.14: at least 2; the rest local"},
}

// Effort is what was done to reach the person since the last time that somebody spoke with them, or that they missed or cancelled a visit.
type Effort struct {
	Minimum
	Tried  int       // attempts that count
	Media  []string  // in which, without repeats, sorted
	Dates  []Date    // on which local days, without repeats
	Person bool      // once in person, or by somebody whom they chose
	First  time.Time // zero: nobody tried
	Last   time.Time
	Until  time.Time // the end of the window; zero: nobody tried
	Enough time.Time // when all but the window was met; zero: it is not
	zone   *time.Location
}

// Efforts gives what was done to reach the person by a moment, whatever state the leg is in.
func Efforts(l *Ledger, at time.Time, r *Rules) Effort {
	f := newFolding(l, at, r)
	f.read()
	return f.effort()
}

// Met reports whether closing as unreachable may be proposed.
func (e *Effort) Met(at time.Time) bool { return !e.Enough.IsZero() && !at.Before(e.Until) }

// Missing says in words and numbers what is still missing at a moment; nil when nothing is.
func (e *Effort) Missing(at time.Time) []string {
	var list []string
	if e.Tried < e.Attempts {
		text := fmt.Sprintf("%d of %d attempts to reach the person", e.Tried, e.Attempts)
		if e.Tried > 0 && len(e.Dates) < e.OnDays {
			text += ", the next one from " + dateOf(In(PlusDays(e.Last, e.zone, 1), e.zone)).String() + " on"
		}
		list = append(list, text)
	}
	if len(e.Media) < e.Ways {
		list = append(list, fmt.Sprintf("%d of %d different ways (Communication.medium: PHONE, FACE, SMSWRIT, …)", len(e.Media), e.Ways))
	}
	if len(e.Dates) < e.OnDays {
		list = append(list, fmt.Sprintf("%d of %d different days", len(e.Dates), e.OnDays))
	}
	if e.InPerson && !e.Person {
		list = append(list, "an attempt face to face (medium FACE), or by somebody whom the person chose")
	}
	switch {
	case e.Until.IsZero():
		list = append(list, "a window of "+e.window()+" from the first attempt")
	case at.Before(e.Until):
		list = append(list, "the window is open until "+In(e.Until, e.zone).Format("2006-01-02 15:04 -07:00"))
	}
	return list
}

func (m *Minimum) window() string {
	if m.Days == 0 {
		return fmt.Sprintf("%g hours", m.Hours)
	}
	return fmt.Sprintf("%d days", m.Days)
}

// next says by when the next attempt is due: those that are asked for are spread evenly over the window. Where that has passed, the day after the
// last one.
func (e *Effort) next() time.Time {
	by := e.Until
	switch {
	case e.Tried >= e.Attempts:
	case e.Minimum.Days > 0:
		by = PlusDays(e.First, e.zone, e.Minimum.Days*e.Tried/(e.Attempts-1))
	default:
		by = Plus(e.First, part(e.Until.Sub(e.First), int64(e.Tried), int64(e.Attempts-1)))
	}
	if by.After(e.Last) {
		return by
	}
	return PlusDays(e.Last, e.zone, 1)
}

// effort counts the attempts of this spell of outreach.
func (f *folding) effort() Effort {
	e := Effort{Minimum: f.minimum(), zone: f.site.Zone}
	start := f.spell()
	var tried []*Contact
	for i := range f.l.Contacts {
		if c := &f.l.Contacts[i]; c.counts(&f.l.Person) && c.At.After(start) && f.past(c.At) {
			tried = append(tried, c)
		}
	}
	slices.SortFunc(tried, func(a, b *Contact) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return compareText(a.Source, b.Source)
	})
	texted := map[Date]bool{}
	for i, c := range tried {
		if i == 0 || *c != *tried[i-1] { // what is said twice is said once
			e.add(c, texted)
		}
	}
	return e
}

// counts reports whether a contact is an attempt at the person: a wrong number is none, nor is a message left where none may be.
//
// Source: local, T7: wrong numbers do not count, voicemail only where it is allowed
func (c *Contact) counts(p *Individual) bool {
	return c.ToPerson && (c.Result == NotReached || c.Result == LeftMessage && !p.Unsafe)
}

// add counts one attempt; a second text message of a day is none.
func (e *Effort) add(c *Contact, texted map[Date]bool) {
	day := dateOf(c.At.In(e.zone))
	if slices.Contains(writing, c.Mode) {
		if texted[day] {
			return
		}
		texted[day] = true
	}
	if e.Tried++; e.Tried == 1 {
		e.First, e.Until = c.At, e.end(c.At)
	}
	e.Last = c.At
	if c.Mode != "" && !slices.Contains(e.Media, c.Mode) {
		e.Media = append(e.Media, c.Mode)
		slices.Sort(e.Media)
	}
	if !slices.Contains(e.Dates, day) {
		e.Dates = append(e.Dates, day)
	}
	e.Person = e.Person || c.Mode == faceToFace || c.Supporter
	if e.Enough.IsZero() && e.Tried >= e.Attempts && len(e.Media) >= e.Ways && len(e.Dates) >= e.OnDays && (e.Person || !e.InPerson) {
		e.Enough = c.At
	}
}

// faceToFace is the medium of an attempt in person.
//
// Source: HL7 v3-ParticipationMode
const faceToFace = "FACE"

// writing are the media in which a second message of a day is no further attempt.
var writing = []string{"SMSWRIT", "EMAILWRIT"}

func (e *Effort) end(first time.Time) time.Time {
	if e.Minimum.Days == 0 {
		return Plus(first, time.Duration(e.Minimum.Hours*float64(time.Hour)))
	}
	return PlusDays(first, e.zone, e.Minimum.Days)
}

func (f *folding) minimum() Minimum {
	for i := range f.rules.Minimums {
		if f.rules.Minimums[i].Urgency == f.l.Urgency {
			return f.rules.Minimums[i]
		}
	}
	if n := len(f.rules.Minimums); n > 0 {
		return f.rules.Minimums[n-1]
	}
	return Minimum{}
}

// spell says since when nobody has spoken with the person: after the newest visit that is over, after the last time that they were reached, and
// after the leg was opened again.
func (f *folding) spell() time.Time {
	start := f.said.reopened
	if n := f.newest(); !n.missing {
		start = later(start, n.cleared)
	}
	for i := range f.l.Contacts {
		if c := &f.l.Contacts[i]; c.talked() && f.past(c.At) {
			start = later(start, c.At)
		}
	}
	return start
}

// isExhausted: nobody could reach the person, everything that has to be tried was tried, and the window is over. A human decides what comes next.
func (f *folding) isExhausted() (answer, bool) {
	a, out := f.isMissed()
	if !out {
		a, out = f.isUnreached()
	}
	if !out {
		return answer{}, false
	}
	f.tried = f.effort()
	if f.tried.Enough.IsZero() {
		return answer{}, false
	}
	if !f.tried.Met(f.at) {
		f.wake(f.tried.Until)
		return answer{}, false
	}
	a.reason, a.since = DecisionNeeded, later(f.tried.Enough, f.tried.Until)
	a.known = a.since
	return a, true
}
