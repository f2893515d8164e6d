package workflow

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Set gives a deadline another length: name is that of a timer and an urgency, "T2.routine". What value may be depends on the timer: a span of time
// as ParseSpan reads it, for what the seeds ask for (A…, B…) also "none"; for T7 attempts and their window, "3/14d" or "5/72h"; for T8 the days before a visit, "7,3,1", or "none". Rules that were
// copied from these are not touched. The error says what can be given.
func (r *Rules) Set(name, value string) error {
	timer, word, _ := strings.Cut(name, ".")
	urgency := Urgency(word)
	if !slices.Contains([]Urgency{Crisis, Urgent, Routine}, urgency) {
		return fmt.Errorf("%q is no deadline: give a timer and an urgency, T2.routine, T2.urgent or T2.crisis", name)
	}
	switch timer {
	case "T7":
		return r.setMinimum(urgency, value)
	case "T8":
		return r.setReminders(urgency, value)
	}
	span, err := Span{}, error(nil)
	if value != "none" || timer == "" || timer[0] == 'T' {
		span, err = ParseSpan(value)
	}
	if err != nil {
		return err
	}
	table, found := slices.Clone(r.Deadlines), false
	for i := range table {
		d := &table[i]
		if d.Name != timer || d.span(urgency) == (Span{}) && !d.Clock.ofSeed() {
			continue
		}
		if err := d.Clock.takes(span); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*d.of(urgency) = span
		found = true
	}
	if !found {
		return fmt.Errorf("%q is no deadline that can be set: there are %s, each with .crisis, .urgent or .routine where it has one", name, r.timers())
	}
	r.Deadlines = table
	return nil
}

// takes refuses a span of a kind that a clock cannot count. What the seeds ask for may be none.
func (c Clock) takes(s Span) error {
	switch toVisit := c == AskBeforeVisit || c == DueBeforeVisit; {
	case s == (Span{}):
	case toVisit && s.Visit >= 0:
		return errors.New("give so many days before a visit: day-1, day-2; or none")
	case c == AskAfterVisit && s.Visit <= 0:
		return errors.New("give so many days after a visit: day+1; or none")
	case !toVisit && c != AskAfterVisit && s.Visit != 0:
		return errors.New("it does not count from a visit: give hours (2h), business days (3d), today or same-day")
	}
	return nil
}

// timers names those that Set takes.
func (r *Rules) timers() string {
	var list []string
	for i := range r.Deadlines {
		if n := r.Deadlines[i].Name; !slices.Contains(list, n) {
			list = append(list, n)
		}
	}
	if at := slices.Index(list, "T9"); at >= 0 {
		list = slices.Insert(list, at, "T8")
	}
	return strings.Join(list, ", ")
}

func (d *Deadline) of(u Urgency) *Span {
	switch u {
	case Crisis:
		return &d.Crisis
	case Urgent:
		return &d.Urgent
	}
	return &d.Routine
}

var errMinimum = errors.New("give the attempts and their window: 3/14d (three attempts, over fourteen calendar days) or 5/72h")

func (r *Rules) setMinimum(u Urgency, value string) error {
	attempts, window, _ := strings.Cut(value, "/")
	n, err := strconv.Atoi(attempts)
	if err != nil || n < 1 || n > 50 {
		return errMinimum
	}
	span, err := ParseSpan(window)
	if err != nil || span.Close || span.Day {
		return errMinimum
	}
	table := slices.Clone(r.Minimums)
	for i := range table {
		if m := &table[i]; m.Urgency == u {
			m.Attempts, m.Days, m.Hours = n, span.Days, span.Hours
		}
	}
	r.Minimums = table
	return nil
}

func (r *Rules) setReminders(u Urgency, value string) error {
	table := maps.Clone(r.Reminders)
	if table == nil {
		table = map[Urgency][]int{}
	}
	delete(table, u)
	if value != "none" {
		for word := range strings.SplitSeq(value, ",") {
			days, err := strconv.Atoi(strings.TrimSpace(word))
			if err != nil || days < 0 || days > 60 {
				return fmt.Errorf("%q is not how many days before a visit somebody is reminded: give 7,3,1 (0 is the same day), or none", value)
			}
			table[u] = append(table[u], days)
		}
	}
	r.Reminders = table
	return nil
}

// ParseSite reads what differs at a site, words with + between them: a zone, business hours, holidays. "America/New_York+08:00-18:00+2026-05-25".
// The error says what can be given.
func ParseSite(words string) (Site, error) {
	var s Site
	for word := range strings.SplitSeq(words, "+") {
		if day, err := ParseDate(word); err == nil {
			s.Holidays = append(s.Holidays, day)
		} else if opens, closes, err := ParseHours(word); err == nil {
			s.Opens, s.Closes = opens, closes
		} else if zone, err := time.LoadLocation(word); err == nil && strings.Contains(word, "/") {
			s.Zone = zone
		} else {
			return s, fmt.Errorf("%q is no zone (America/New_York), no business hours (08:00-18:00) and no holiday (2026-05-25)", word)
		}
	}
	return s, nil
}

// ParseHours reads business hours, "09:00-17:00", as times since midnight.
func ParseHours(s string) (opens, closes time.Duration, err error) {
	from, to, _ := strings.Cut(s, "-")
	if opens, err = parseClock(from); err == nil {
		closes, err = parseClock(to)
	}
	if err != nil || closes <= opens {
		return 0, 0, fmt.Errorf("%q are no business hours: give when a site opens and closes, 09:00-17:00", s)
	}
	return opens, closes, nil
}

func parseClock(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, err
}
