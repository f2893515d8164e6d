package workflow

import (
	"fmt"
	"slices"
	"time"
)

// Date is a calendar day, wherever it is.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2026-05-25".
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no day: give one such as 2026-05-25", s)
	}
	return dateOf(t), nil
}

// String gives "2026-05-25".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// Site is where an agency receives people: what a day is there, and when somebody works. What is zero is as in the installation's rules.
//
// Source: local, business days use the receiving site's calendar and time zone
type Site struct {
	Zone     *time.Location
	Holidays []Date        // beside Saturdays and Sundays
	Opens    time.Duration // since local midnight, by the wall clock
	Closes   time.Duration
	Polled   bool // it sends no news of its own and has to be asked for it (T10)
}

// Site gives the site of an agency, with everything filled in that was not said of it.
func (r *Rules) Site(agency string) Site {
	s := r.Sites[agency]
	if s.Zone == nil {
		s.Zone = r.Zone
	}
	if s.Holidays == nil {
		s.Holidays = r.Holidays
	}
	if s.Closes <= s.Opens {
		s.Opens, s.Closes = r.Opens, r.Closes
	}
	if s.Closes <= s.Opens {
		s.Opens, s.Closes = 9*time.Hour, 17*time.Hour
	}
	return s
}

// Zones gives the zones of those agencies whose site has one of its own.
func (r *Rules) Zones() map[string]*time.Location {
	zones := map[string]*time.Location{}
	for agency, s := range r.Sites {
		if s.Zone != nil {
			zones[agency] = s.Zone
		}
	}
	return zones
}

// length is how long a business day is.
func (s *Site) length() time.Duration { return s.Closes - s.Opens }

// works reports whether a calendar day is a business day.
func (s *Site) works(d Date, w time.Weekday) bool {
	return w != time.Saturday && w != time.Sunday && !slices.Contains(s.Holidays, d)
}

// clock gives the instant at which the wall clock of a day shows a time since midnight. Days are counted by the calendar, so that a day with 23
// hours is a day.
func (s *Site) clock(d Date, since time.Duration) time.Time {
	return Within(time.Date(d.Year, d.Month, d.Day, 0, 0, int(since/time.Second), int(since%time.Second), s.Zone))
}

// wall gives the day of an instant and what the wall clock shows then.
func (s *Site) wall(t time.Time) (Date, time.Weekday, time.Duration) {
	local := t.In(s.Zone)
	hour, minute, second := local.Clock()
	since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(local.Nanosecond())
	return dateOf(local), local.Weekday(), since
}

// days gives the same wall clock time so many calendar days later; before, where days is negative.
func (s *Site) days(t time.Time, days int) time.Time {
	d, _, since := s.wall(t)
	d.Day += days
	return s.clock(d, since)
}

// midnight gives the end of an instant's calendar day.
func (s *Site) midnight(t time.Time) time.Time {
	d, _, _ := s.wall(t)
	d.Day++
	return s.clock(d, 0)
}

// after gives the first instant at which so much business time has gone by since t. What begins outside business time is counted from the next
// opening. A business day is length() of business time: from Monday 10:00 it goes to Tuesday 10:00, from Saturday to the close of Monday.
func (s *Site) after(t time.Time, business time.Duration) time.Time {
	d, w, since := s.wall(t)
	for start := max(since, s.Opens); ; start = s.Opens {
		if start < s.Closes && s.works(d, w) {
			if left := s.Closes - start; business <= left {
				return s.clock(d, start+business)
			} else {
				business -= left
			}
		}
		d, w = d.next(), (w+1)%7
	}
}

// rest is how much business time is left of the business day that t is in, or else of the next one.
func (s *Site) rest(t time.Time) time.Duration {
	d, w, since := s.wall(t)
	if since >= s.Closes || !s.works(d, w) {
		return s.length()
	}
	return s.Closes - max(since, s.Opens)
}

// next gives the next calendar day.
func (d Date) next() Date {
	if d.Day < 28 {
		return Date{d.Year, d.Month, d.Day + 1}
	}
	return dateOf(time.Date(d.Year, d.Month, d.Day+1, 0, 0, 0, 0, time.UTC))
}
