package workflow

// Reason says why a leg is in its state, in a word of ours. The zero Reason is none.
type Reason string

// Reasons for unconfirmed.
const (
	NoNews        Reason = "no-news"
	ClaimOnly     Reason = "claim-only"
	InConflict    Reason = "conflict"
	UnclearNoShow Reason = "unclear-noshow"
	Retracted     Reason = "retracted"
)

// Reasons for outreach.
const (
	Missed            Reason = "missed"
	CancelledByPerson Reason = "cancelled-by-person"
	CouldNotReach     Reason = "could-not-reach"
	DecisionNeeded    Reason = "decision-needed"
)

// Reasons for paused; ConsentMissing is also the reason of a preparing leg that may not be released.
const (
	ConsentMissing Reason = "consent"
	Waitlist       Reason = "waitlist"
	Hospitalised   Reason = "hospitalised"
	InCustody      Reason = "in-custody"
	Away           Reason = "away"
	PersonAsked    Reason = "person-asked"
	InfoNeeded     Reason = "info-needed"
	DeathCheck     Reason = "death-check"
	Unspecified    Reason = "unspecified"
)

// Reasons for preparing alone.
const (
	MeaningUnknown Reason = "not-understood"
	PersonMismatch Reason = "person-mismatch" // the Task is for somebody whom its request is not about
)

// Reasons for closed.
const (
	AttendedElsewhere   Reason = "attended-elsewhere"
	PersonDeclined      Reason = "person-declined"
	NeedResolved        Reason = "need-resolved"
	PersonUnreachable   Reason = "person-unreachable"
	DeclinedCapacity    Reason = "agency-declined-capacity"
	DeclinedIneligible  Reason = "agency-declined-ineligible"
	DeclinedWrongPlace  Reason = "agency-declined-wrong-service"
	DeclinedOther       Reason = "agency-declined-other"
	Transferred         Reason = "transferred"
	Moved               Reason = "moved"
	ConsentRevoked      Reason = "consent-revoked"
	Deceased            Reason = "deceased"
	ReferrerWithdrew    Reason = "referrer-withdrew"
	Duplicate           Reason = "duplicate"
	EnteredInError      Reason = "entered-in-error"
	Void                Reason = "void"
	DidNotComeAttribute Reason = "no-show" // said of one visit with Task.status failed; it ends nothing
)

// End says what an end means for the person's need, who may give it, and what it needs.
type End struct {
	Reason     Reason
	ClosesNeed bool   // the referral may end; otherwise the leg alone, and the referral is handed back
	Void       bool   // never was; out of every count
	Declines   bool   // the agency takes its yes back
	By         []Role // who may give it as a coded reason; nil: whoever may make the move
	Needs      []Need // what has to be there beside the reason
}

var (
	forPerson = []Role{Person, Navigator, Supervisor, Referrer} // who speak for the need of the person; an agency does not close it
	guides    = []Role{Navigator, Supervisor}
	decliners = []Role{Agency, Navigator, Supervisor, Referrer}
	movers    = []Role{Agency, Person, Navigator, Supervisor, Referrer}
)

// Ends are the reasons for which a leg can be closed. A death that nobody confirmed is a report, whoever says it, and holds the leg (Pauses).
//
// Source: local, ends and pauses, who may cause what; findhelp and DHCS closed-loop closing reasons are mapped to these
var Ends = []End{
	{Reason: AttendedElsewhere, ClosesNeed: true, By: forPerson, Needs: []Need{NeedElsewhere}},
	{Reason: PersonDeclined, ClosesNeed: true, By: forPerson, Needs: []Need{NeedSpoken}},
	{Reason: NeedResolved, ClosesNeed: true, By: forPerson, Needs: []Need{NeedSpoken}},
	{Reason: PersonUnreachable, By: guides, Needs: []Need{NeedAttempts, NeedSecond, NeedRisk, NeedChild}},
	{Reason: DeclinedCapacity, Declines: true, By: decliners},
	{Reason: DeclinedIneligible, Declines: true, By: decliners},
	{Reason: DeclinedWrongPlace, Declines: true, By: decliners},
	{Reason: DeclinedOther, Declines: true, By: decliners},
	{Reason: Transferred, By: correctors, Needs: []Need{NeedOtherLeg}},
	{Reason: Moved, By: movers, Needs: []Need{NeedMove}},
	{Reason: ConsentRevoked, By: forPerson, Needs: []Need{NeedShut}},
	{Reason: Deceased, ClosesNeed: true},
	{Reason: ReferrerWithdrew, ClosesNeed: true, By: correctors},
	{Reason: Duplicate, Void: true, By: correctors},
	{Reason: EnteredInError, Void: true, By: correctors},
	{Reason: Void, Void: true, By: correctors},
}

// EndOf gives the row of a closing reason, and whether there is one.
func EndOf(r Reason) (End, bool) {
	for _, e := range Ends {
		if e.Reason == r {
			return e, true
		}
	}
	return End{}, false
}

// Pause is a reason for which a leg can be on hold.
type Pause struct {
	Reason   Reason
	Booking  bool // a booking made after the hold began ends it
	Excuses  bool // a visit missed meanwhile does not count as missed
	Days     int  // reviewed after so many days when no review date was given; 0: at once
	Urgent   int  // the same for an urgent referral
	Business bool // days are business days
}

// Pauses are the reasons for which a leg can be on hold.
//
// Source: local, ends and pauses, review dates; a booking ends some holds and not others
var Pauses = []Pause{
	{Reason: Waitlist, Booking: true, Days: 14, Urgent: 7},
	{Reason: InfoNeeded, Booking: true, Days: 1, Urgent: 1, Business: true},
	{Reason: PersonAsked, Booking: true, Days: 14, Urgent: 7},
	{Reason: Unspecified, Booking: true, Days: 1, Urgent: 1, Business: true},
	{Reason: Hospitalised, Excuses: true, Days: 3, Urgent: 3},
	{Reason: InCustody, Excuses: true, Days: 14, Urgent: 14},
	{Reason: Away, Days: 14, Urgent: 7},
	{Reason: DeathCheck},
	{Reason: ConsentMissing},
}

// PauseOf gives the row of a pause, and whether there is one.
func PauseOf(r Reason) (Pause, bool) {
	for _, p := range Pauses {
		if p.Reason == r {
			return p, true
		}
	}
	return Pause{}, false
}
