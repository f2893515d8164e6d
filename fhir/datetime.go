package fhir

import "time"

// Precision says how much of a date was written.
type Precision int

// The precisions of dates, from coarse to fine. The zero Precision is that of
// the zero DateTime.
const (
	Year Precision = iota + 1
	Month
	Day
	Minute   // in search values only; a resource writes seconds
	Second   //
	Fraction // of a second
)

// DateTime is a date, dateTime or instant as it was written. The zero value
// stands for none.
//
// Source: FHIR R4, datatypes.html#dateTime
type DateTime struct {
	Text      string // as written
	Precision Precision
	Zoned     bool // a zone was written: Z or an offset

	year, month, day, hour, minute, second, nano int
	offset                                       int // seconds east of UTC, if Zoned
}

// ParseDateTime reads a date, dateTime or instant of R4, and also times without
// seconds or without a zone, which search values may have. It gives
// false for what is not in the calendar.
func ParseDateTime(s string) (DateTime, bool) {
	d, ok := parseDate([]byte(s))
	if !ok {
		return DateTime{}, false
	}
	d.Text = s
	return d, true
}

// IsZero reports whether there is no date.
func (d DateTime) IsZero() bool { return d.Precision == 0 }

// Timed reports whether a time of day was written.
func (d DateTime) Timed() bool { return d.Precision >= Minute }

// Start gives the first instant that the text may mean, in UTC. Zone is used
// where none was written; nil is UTC. The zero DateTime gives the zero time.
func (d DateTime) Start(zone *time.Location) time.Time {
	switch {
	case d.IsZero():
		return time.Time{}
	case d.Timed():
		return time.Date(d.year, time.Month(d.month), d.day, d.hour, d.minute, d.second, d.nano, d.zone(zone)).UTC()
	}
	return midnight(d.year, max(d.month, 1), max(d.day, 1), d.zone(zone))
}

// End gives the first instant after all that the text may mean, in UTC: a day
// ends at the next local midnight, a second one second after its start, and
// a fraction one millisecond after, since that is what the store keeps.
func (d DateTime) End(zone *time.Location) time.Time {
	switch d.Precision {
	case Year:
		return midnight(d.year+1, 1, 1, d.zone(zone))
	case Month:
		return midnight(d.year, d.month+1, 1, d.zone(zone))
	case Day:
		return midnight(d.year, d.month, d.day+1, d.zone(zone))
	case Minute:
		return d.Start(zone).Add(time.Minute)
	case Second:
		return d.Start(zone).Add(time.Second)
	case Fraction:
		return d.Start(zone).Add(time.Millisecond)
	}
	return time.Time{}
}

func (d DateTime) zone(zone *time.Location) *time.Location {
	switch {
	case d.Zoned && d.offset == 0:
		return time.UTC
	case d.Zoned:
		return time.FixedZone("", d.offset)
	case zone == nil:
		return time.UTC
	}
	return zone
}

// midnight gives the first instant of a local day, in UTC, also where the clock
// is set forward or back at midnight. A day that a country left out is empty.
func midnight(year, month, day int, zone *time.Location) time.Time {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, zone)
	from, to := t.ZoneBounds()
	switch wanted := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); wanted.Compare(wallClock(t)) {
	case 1: // there is no such time, and t is before the gap
		return to.UTC()
	case -1:
		return from.UTC()
	}
	if from.IsZero() {
		return t.UTC()
	}
	_, before := from.Add(-time.Second).Zone()
	_, now := t.Zone()
	if earlier := t.Add(time.Duration(now-before) * time.Second); earlier.Before(from) {
		return earlier.UTC() // the hour from midnight comes twice
	}
	return t.UTC()
}

// wallClock gives what a local clock shows, as if it were UTC, so that two can be
// compared.
func wallClock(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
