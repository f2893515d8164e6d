package workflow

import (
	"math"
	"time"
)

// Times reach from the first day of the year 1 to the last of the year 9999, which is what a date of FHIR can say, in whatever zone. A time that is computed
// stops there: what lies beyond could neither be kept nor told. All times that come of others are made here.
//
// Source: FHIR R4, datatypes.html, dateTime; RFC 3339

// earliest is a millisecond after the zero time, which is how it is said that there is none.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, int(time.Millisecond), time.UTC)
	latest   = time.Date(9999, 12, 31, 23, 59, 59, 999*int(time.Millisecond), time.UTC)
)

// Within returns a time that was said, in UTC, or the nearest that can be told.
func Within(t time.Time) time.Time {
	switch {
	case t.Before(earliest):
		return earliest
	case t.After(latest):
		return latest
	}
	return t.UTC()
}

// Plus returns the time so long after another; before it, where d is negative. Zero, which was not said, stays zero.
func Plus(t time.Time, d time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return Within(t.Add(d))
}

// PlusDays returns the same time of day so many calendar days later in a zone, likewise.
func PlusDays(t time.Time, zone *time.Location, days int) time.Time {
	return plusDate(t, zone, 0, days)
}

func plusDate(t time.Time, zone *time.Location, years, days int) time.Time {
	if t.IsZero() {
		return t
	}
	return Within(t.In(zone).AddDate(years, 0, days))
}

// Midnight returns the first instant of a calendar day in a zone. A day beyond the last one, as of a month, is one of the next.
func Midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	return Within(time.Date(year, month, day, 0, 0, 0, 0, zone))
}

// In returns a time as a zone has it, to be written; in UTC where it would be of no year that can be written there.
func In(t time.Time, zone *time.Location) time.Time {
	if local := t.In(zone); local.Year() >= 1 && local.Year() <= 9999 {
		return local
	}
	return t.UTC()
}

// part returns n times the m-th part of a duration. A duration that is as long as any can be has parts, too.
func part(d time.Duration, n, m int64) time.Duration {
	whole, rest := int64(d)/m, int64(d)%m
	if n > 0 && whole >= math.MaxInt64/n {
		return math.MaxInt64
	}
	return time.Duration(whole*n + rest*n/m)
}
