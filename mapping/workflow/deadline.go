package workflow

import "time"

// Deadline is one row of the table of deadlines: what is due in a state, by whom, and how soon.
type Deadline struct {
	Name    string // T1 … T9
	State   State
	Reasons []Reason // nil: whatever the reason
	What    string
	For     Role
	Crisis  Span
	Urgent  Span
	Routine Span
	Source  string
}

// Span is a length of time in real hours, or in business days of the receiving site.
type Span struct {
	Hours float64
	Days  int // business days, to the same time of day
}

// Deadlines are what is due in each open state. The clock of each runs from what the state rests on (Handoff.Since).
//
// Source: local, timers T1-T9; LA County DMH 302.14 and 302.07, Zero Suicide, California timely access for the numbers
var Deadlines = []Deadline{
	{Name: "T1", State: Preparing, Reasons: []Reason{""}, What: "release", For: Navigator, Crisis: Span{Hours: 1}, Urgent: Span{Hours: 8}, Routine: Span{Days: 1}, Source: "LA DMH 302.14"},
	{Name: "T1", State: Preparing, Reasons: []Reason{ConsentMissing}, What: "get-consent", For: Navigator, Crisis: Span{Hours: 1}, Urgent: Span{Hours: 8}, Routine: Span{Days: 1}, Source: "LA DMH 302.14"},
	{Name: "T2", State: Offered, What: "answer", For: Agency, Crisis: Span{Hours: 2}, Urgent: Span{Days: 1}, Routine: Span{Days: 3}, Source: "LA DMH 302.14"},
	{Name: "T3", State: Accepted, What: "book-visit", For: Agency, Crisis: Span{Hours: 12}, Urgent: Span{Hours: 48}, Routine: Span{Days: 10}, Source: "LA DMH 302.07; California timely access"},
	{Name: "T5a", State: Unconfirmed, Reasons: []Reason{NoNews, ClaimOnly, UnclearNoShow, Retracted}, What: "confirm-visit", For: Agency, Crisis: Span{Hours: 4}, Urgent: Span{Hours: 24}, Routine: Span{Hours: 24}, Source: "Zero Suicide, transition"},
	{Name: "T5a", State: Unconfirmed, Reasons: []Reason{InConflict}, What: "resolve-conflict", For: Navigator, Crisis: Span{Hours: 4}, Urgent: Span{Hours: 24}, Routine: Span{Hours: 24}, Source: "Zero Suicide, transition"},
	{Name: "T5b", State: Unconfirmed, What: "decide", For: Supervisor, Crisis: Span{Hours: 24}, Urgent: Span{Hours: 48}, Routine: Span{Days: 2}, Source: "Zero Suicide, transition"},
	{Name: "T6", State: Outreach, What: "reach-person", For: Navigator, Crisis: Span{Hours: 2}, Urgent: Span{Hours: 8}, Routine: Span{Days: 1}, Source: "local"},
	{Name: "T9", State: Closed, What: "choose-next", For: Referrer, Crisis: Span{Hours: 1}, Urgent: Span{Days: 1}, Routine: Span{Days: 3}, Source: "local"},
}

// due gives what is due for a leg in its state.
func due(f *folding, h *Handoff) []Due {
	switch {
	case h.State == Scheduled && h.Rule == "referrer-withdrew-shortly-before-visit":
		return []Due{{What: "confirm-person-knows", By: h.Since, For: Navigator}}
	case h.State == Scheduled:
		return []Due{{What: "visit", By: h.Visit.At, For: Agency}}
	case h.State == Paused:
		return []Due{{What: "review", By: f.review(h), For: Navigator}}
	case h.State == Closed && (h.ClosesNeed || h.Void):
		return nil
	}
	var list []Due
	for i := range Deadlines {
		d := &Deadlines[i]
		if d.State != h.State || !d.about(h.Reason) {
			continue
		}
		list = append(list, Due{What: d.What, By: d.span(f.l.Urgency).after(h.Since, f.rules), For: d.For})
	}
	return list
}

func (d *Deadline) about(r Reason) bool {
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

// review gives when a pause is to be looked at again: the date that was given, or by the table of pauses.
func (f *folding) review(h *Handoff) time.Time {
	if w := f.said.hold; w != nil && !w.Review.IsZero() {
		return w.Review
	}
	p, _ := PauseOf(h.Reason)
	days := p.Days
	if f.l.Urgency != Routine {
		days = p.Urgent
	}
	if h.Reason == InfoNeeded || h.Reason == Unspecified {
		return Span{Days: days}.after(h.Since, f.rules)
	}
	return h.Since.In(f.rules.Zone).AddDate(0, 0, days).UTC()
}

// after adds a span to a time: real hours, or business days of the zone to the same time of day. A start outside business days counts from the
// beginning of the next one. Zero stays zero.
func (s Span) after(t time.Time, r *Rules) time.Time {
	if t.IsZero() {
		return t
	}
	if s.Days == 0 {
		return t.Add(time.Duration(s.Hours * float64(time.Hour)))
	}
	local := t.In(r.Zone)
	for n := s.Days; n > 0; {
		local = local.AddDate(0, 0, 1)
		if r.works(local) {
			n--
		}
	}
	return local.UTC()
}

// works reports whether a local day is a business day.
func (r *Rules) works(day time.Time) bool {
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		return false
	}
	for _, h := range r.Holidays {
		if sameDay(h, day, r.Zone) {
			return false
		}
	}
	return true
}
