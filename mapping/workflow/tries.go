package workflow

import (
	"fmt"
	"slices"
	"time"
)

// Effort is how often, in how many ways and on how many days somebody has to have tried before a person may be called unreachable.
type Effort struct {
	Urgency  Urgency
	Attempts int
	Modes    int
	Days     int
	Window   time.Duration // from the first attempt; elapsed
	InPerson bool          // one of them face to face
}

// Efforts are the least that is done.
//
// Source: local, T7; 988 Lifeline follow-up 3-5 attempts, LA County DMH 302.14 at least 2, others our default
var Efforts = []Effort{
	{Crisis, 5, 2, 1, 72 * time.Hour, true},
	{Urgent, 4, 2, 3, 7 * 24 * time.Hour, false},
	{Routine, 3, 2, 3, 14 * 24 * time.Hour, false},
}

// tries is what was done to reach the person since they were last reached.
type tries struct {
	need     Effort
	count    int
	modes    []string
	days     []string
	inPerson bool
	first    time.Time
	last     time.Time
	at       time.Time
}

// triesOf counts attempts to reach the person. A wrong number is none; texts count once a day.
//
// Source: local, T7: wrong number does not count, texts count once per day
func triesOf(l *Ledger, since, at time.Time, r *Rules) tries {
	t := tries{at: at, need: Efforts[len(Efforts)-1]}
	for _, e := range Efforts {
		if e.Urgency == l.Urgency {
			t.need = e
		}
	}
	list := slices.Clone(l.Contacts)
	slices.SortFunc(list, func(a, b Contact) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return compareText(a.Source, b.Source)
	})
	texted := map[string]bool{}
	for i := range list {
		c := &list[i]
		day := Moment{At: c.At}.Date(r.Zone)
		switch {
		case c.At.Before(since) || c.At.After(at):
		case c.talked():
			t = tries{at: at, need: t.need}
		case c.Result != NotReached && c.Result != LeftMessage, isText(c.Mode) && texted[day]:
		default:
			texted[day] = texted[day] || isText(c.Mode)
			t.add(c, day)
		}
	}
	return t
}

func isText(mode string) bool { return mode == "SMSWRIT" || mode == "EMAILWRIT" }

func (t *tries) add(c *Contact, day string) {
	t.count++
	if t.first.IsZero() {
		t.first = c.At
	}
	t.last = c.At
	if c.Mode != "" && !slices.Contains(t.modes, c.Mode) {
		t.modes = append(t.modes, c.Mode)
	}
	if !slices.Contains(t.days, day) {
		t.days = append(t.days, day)
	}
	t.inPerson = t.inPerson || c.Mode == "FACE"
}

// lacks says what is still to be done, in words and numbers.
func (t tries) lacks(r *Rules) []string {
	var missing []string
	n := &t.need
	day := func(at time.Time) string { return at.In(r.Zone).Format("2006-01-02 15:04 -07:00") }
	if t.count < n.Attempts {
		text := fmt.Sprintf("%d of %d attempts to reach the person", t.count, n.Attempts)
		if t.count > 0 && len(t.days) < n.Days {
			y, m, d := t.last.In(r.Zone).Date()
			text += ", the next one from " + time.Date(y, m, d+1, 0, 0, 0, 0, r.Zone).Format(time.DateOnly) + " on"
		}
		missing = append(missing, text)
	}
	if len(t.modes) < n.Modes {
		missing = append(missing, fmt.Sprintf("%d of %d different ways (Communication.medium: PHONE, FACE, SMSWRIT, …)", len(t.modes), n.Modes))
	}
	if len(t.days) < n.Days {
		missing = append(missing, fmt.Sprintf("%d of %d different days", len(t.days), n.Days))
	}
	if n.InPerson && !t.inPerson {
		missing = append(missing, "an attempt face to face (medium FACE)")
	}
	switch until := t.first.Add(n.Window); {
	case t.first.IsZero():
		missing = append(missing, fmt.Sprintf("a window of %d hours from the first attempt", int(n.Window.Hours())))
	case t.at.Before(until):
		missing = append(missing, "the window is open until "+day(until))
	}
	return missing
}
