package workflow

import "time"

// Role is the part in which somebody speaks.
type Role string

// The roles. The zero Role is somebody who did not say; what they say is taken at its word, but is nobody's in particular.
const (
	Referrer   Role = "referrer"
	Agency     Role = "agency"
	Navigator  Role = "navigator"
	Supervisor Role = "supervisor"
	Person     Role = "person"
	Feed       Role = "feed"
	Admin      Role = "admin"
)

// Roles are all of them, the zero Role left out.
var Roles = []Role{Referrer, Agency, Navigator, Supervisor, Person, Feed, Admin}

// Rules are the windows and habits of one installation. Start from DefaultRules.
type Rules struct {
	Zone        *time.Location // what a day is, where a site has no zone of its own
	Skew        time.Duration  // how far ahead of us a sender's clock may be
	VisitLength time.Duration  // a booked visit is under way for at least so long
	LateBefore  time.Duration  // a visit record that starts so long before the booked time
	LateAfter   time.Duration  // or so long after it outweighs a no-show (K3)
	WithdrawNow time.Duration  // a referrer who withdraws so shortly before a visit: a human first confirms that the person knows
	ReopenDays  int            // how long an ended leg may be opened again
	BlindDays   int            // so many calendar days after a request reached us its tracking ends for a referrer who may not know the outcome
	RenewDays   []int          // so many calendar days before a consent runs out somebody is asked to renew it, the longest first

	Holidays      []Date          // on which nobody works, beside Saturdays and Sundays
	Opens, Closes time.Duration   // business hours, since local midnight; a day with neither has 9:00 to 17:00
	Sites         map[string]Site // by agency, "Organization/harbor", where it differs
	CivilHour     time.Duration   // since local midnight: when reminders and questions about the next day come

	Deadlines []Deadline
	Minimums  []Minimum         // of attempts to reach a person, by urgency
	Reminders map[Urgency][]int // how many calendar days before a visit; 0 the same day
}

// reminders gives the days before a visit on which the person is reminded.
//
// Source: local, T8; none in a crisis, where a human gets in touch
func (r *Rules) reminders(u Urgency) []int { return r.Reminders[u] }

// DefaultRules gives the rules that hold where nothing else is set, with days in the given zone (nil: UTC).
//
// Source: local, defaults for windows, skew and reopening
// Source: local, T8 reminders; SMS 7 and 3 days before, Irish J Med Sci and four London clinics; a letter the day before, Swenson & Pekarik 1988
func DefaultRules(zone *time.Location) Rules {
	if zone == nil {
		zone = time.UTC
	}
	return Rules{
		Zone:        zone,
		Skew:        5 * time.Minute,
		VisitLength: time.Hour,
		LateBefore:  2 * time.Hour,
		LateAfter:   24 * time.Hour,
		WithdrawNow: 48 * time.Hour,
		ReopenDays:  90,
		BlindDays:   30,
		RenewDays:   []int{14, 3},
		Opens:       9 * time.Hour,
		Closes:      17 * time.Hour,
		CivilHour:   9 * time.Hour,
		Deadlines:   DefaultDeadlines,
		Minimums:    DefaultMinimums,
		Reminders:   map[Urgency][]int{Routine: {7, 3, 1}, Urgent: {1, 0}},
	}
}
