package workflow

import "time"

// Role is the part in which somebody speaks.
type Role string

// The roles. The zero Role is somebody who did not say.
const (
	Referrer   Role = "referrer"
	Agency     Role = "agency"
	Navigator  Role = "navigator"
	Supervisor Role = "supervisor"
	Person     Role = "person"
	Feed       Role = "feed"
	Admin      Role = "admin"
)

// Rules are the windows and habits of one installation. The zero Rules are not usable; start from DefaultRules.
type Rules struct {
	Zone *time.Location // of the receiving site: what a day is
}
