package workflow

import "time"

// Ledger is everything that was said about one leg, made from FHIR resources by package mapping. The order of its lists means nothing, but for
// Words, which come in the order of the Task's versions.
type Ledger struct {
	Leg      string      // what names the leg: "Task/t1"
	Agency   string      // the party that was asked
	Urgency  Urgency     //
	Authored time.Time   // when the need was written down; a visit before it is not a first visit. Zero: not said
	Received time.Time   // when we first heard of it
	Revised  []time.Time // when the request came with other content than before
	Above    bool        // no leg: it follows from the Tasks below it
	NoStep   bool        // nobody said from what kind of support to what other the person goes

	Words     []Word
	Bookings  []Booking
	Signs     []Sign
	Contacts  []Contact
	Yeses     []Yes // of the agency, by telephone
	Holds     []Hold
	Gate      []GateSpan
	Withdrawn Withdrawal
	Another   bool // the Task is for somebody whom its request is not about
	Marks     []Mark

	Back       []GateSpan  // whether the outcome may be told to the referrer; in the form of Gate. None: nothing was said against it
	Copy       []GateSpan  // whether a third party (a plan, an exchange) may have a copy; in the form of Gate. None: nobody asked. Nobody is told
	Signatures []Signature // of a second person, under what a Task says
	Person     Individual
	Death      Death
	CancelAsks []CancelAsk // of the referrer's side, where the agency confirms cancellations
	Twins      []string    // other referrals of the person to the same agency for the same service at about the same time: "ServiceRequest/sr2"
	Told       []Telling   // what we wrote for this leg on our own account: todos, messages, notices

	NotUnderstood []NotUnderstood // what it rests on and is not understood as it reads now: the leg goes on as it read before
}

// Individual is what rules ask about the person referred.
type Individual struct {
	Born        time.Time // first instant of the day of birth; zero: not known
	Unsafe      bool      // must not be contacted directly
	Language    string    // preferred, BCP 47; "" not known
	Interpreter bool      // needs one
	Navigator   string    // whoever stays in touch, "PractitionerRole/n1"; "" nobody is named
	Team        string    // the care team that names them, "CareTeam/ct1"; "" none
	Alone       time.Time // since when nobody is named who was before; zero: nobody ever was, or somebody is
	Navigators  int       // how many there have been since the referral
	Family      bool      // chose somebody of the family to take part
}

// Signature is a second person's, under a version of the Task.
type Signature struct {
	By      string    // "Practitioner/s1"
	At      time.Time // when it reached us
	Word    string    // the version of the Task that it stands by, "Task/t1/_history/3"; "Task/t1" for whichever was newest then
	Reviews []string  // what was reviewed: "risk", "safeguarding"
	Authors []string  // who, by the same Provenance, made what is signed
	Source  string
}

// Death is what was said of the person's death. A report holds the leg; a human's confirmation ends it.
type Death struct {
	Confirmed time.Time // zero: not confirmed
	Source    string
}

// Telling is one Effect that was written: it is there, and is not written again.
type Telling struct {
	Effect
	Open    bool      // a todo that nobody did yet, a message that was not sent yet
	Dropped bool      // we closed it ourselves before anybody did or sent it
	At      time.Time // when it was written
	To      string    // party, "" not said
	Source  string    // "Communication/wh-…/_history/1"
}

// Urgency says how fast things are due.
type Urgency string

// The three urgencies.
//
// Source: FHIR R4, http://hl7.org/fhir/request-priority: stat is crisis, asap and urgent are urgent
const (
	Crisis  Urgency = "crisis"
	Urgent  Urgency = "urgent"
	Routine Urgency = "routine"
)

// Word is what the parties said in one version of the Task. Versions that we wrote ourselves are not words, and neither is an echo of them.
type Word struct {
	Status   Status
	Said     time.Time // by the sender's own clock where it gave one, else Received
	Received time.Time
	By       Role
	Party    string    // whose word it is, "Practitioner/n1"; "" not said
	Reason   Reason    // the coded reason in our words: a pause, or an end
	Review   time.Time // when a pause is to be looked at again; zero: by the table
	Source   string    // "Task/t1/_history/3"
	Asks     bool      // it asks for a cancellation, and says nothing else

	Reworded   time.Time // when a later version gave the same status another reason; zero: never
	RewordedBy Role
}

// BookingStatus says what became of an appointment.
type BookingStatus string

// What can become of an appointment.
const (
	Booked             BookingStatus = "booked" // planned, or kept: what happened at it are Signs
	CancelledPerson    BookingStatus = "cancelled-by-person"
	CancelledService   BookingStatus = "cancelled-by-service"
	CancelledUnknown   BookingStatus = "cancelled" // nobody said by whom
	OnWaitlist         BookingStatus = "waitlist"
	NeverBooked        BookingStatus = "not-booked" // proposed, pending, or entered in error
	CancelledForDeath  BookingStatus = "cancelled-deceased"
	CancelledAdmission BookingStatus = "cancelled-admitted"
)

// Booking is an appointment for a first visit, as its newest version has it.
type Booking struct {
	Name     string // "Appointment/ap1"
	Status   BookingStatus
	Start    time.Time
	End      time.Time    // zero: not said
	Made     time.Time    // when it was made
	Received time.Time    // of the newest version
	Moved    []Reschedule // to another start, while it was booked
	Over     time.Time    // when it was first said to be cancelled; zero: it is not, or Received
	Source   string
	Note     string // of one that is no booking of a first visit: why
}

// Saying is what a sign says about a visit.
type Saying string

// What a sign can say.
const (
	Came             Saying = "came"
	DidNotCome       Saying = "did-not-come"
	TurnedAway       Saying = "turned-away"
	ServiceCancelled Saying = "service-cancelled"
	NotAVisit        Saying = "not-a-visit"
)

// Voice says whose word a sign is.
type Voice string

// The voices.
const (
	Record  Voice = "record" // a system's record: Encounter, Appointment, Procedure
	Staff   Voice = "staff"  // a worker of the agency, or a navigator who was there
	Self    Voice = "person" // the person, a guardian, or somebody they chose
	Claimed Voice = "claim"  // a status that somebody set
	Guide   Voice = "navigator"
)

// Blame says on whose side a missed visit was missed.
type Blame string

// The sides.
const (
	OnPerson  Blame = "person"
	OnService Blame = "service"
	Unclear   Blame = "unclear" // the zero Blame: not said at all, and outweighed by any other
)

// Sign is one piece of evidence about a visit.
type Sign struct {
	Says      Saying
	Grade     Grade // of a Came; others have none
	Voice     Voice
	At        Moment // the visit's time as the sign has it; zero: undated
	Booking   string // the appointment that it names, "" when none
	Blame     Blame  // of a DidNotCome by Record or Claimed
	Said      time.Time
	Received  time.Time
	Elsewhere bool     // at another service than the leg's agency
	Vague     bool     // of a DidNotCome: about several people together. It asks, and speaks against nothing
	Taken     bool     // it was so, and was taken back: entered in error, deleted, or no longer about this referral
	Decides   []string // what it decides between, when it is a human's decision in a conflict ("Task/t1", without versions)
	Source    string   // "Encounter/e1/_history/2"
	Note      string   // why it was graded so, for people
	Rule      string   // the row of the table of evidence that graded it; "" for what is no record of a visit

	Asks    bool     // of a Came of grade E: somebody is asked whether it was the first visit. A booking that is under way or lies ahead stays booked
	Borrows Borrow   // of one without a time of its own that names an appointment: from when on that appointment's time is its own
	Nearby  []string // of one that names neither request nor appointment: the appointments that it may be the visit of, "Appointment/a1"
	Loose   bool     // it names neither request nor appointment
	Others  []Moment // and when, on other legs, there are appointments that it may be the visit of
}

// Borrow says from when on a record without a time counts, by the time of its appointment.
//
// Source: local, evidence without a time of its own
type Borrow string

// What of an appointment's time a record borrows; the zero Borrow is nothing.
const (
	FromStart Borrow = "start" // it is under way
	FromEnd   Borrow = "end"   // it is over
)

// Contact is an attempt to reach the person, or what came of it.
type Contact struct {
	Result    ContactResult
	At        time.Time
	ToPerson  bool   // addressed to, or said by, the person or somebody of theirs
	Self      bool   // the person's own self took part
	Role      Role   // of whoever recorded it
	Mode      string // of v3-ParticipationMode: "PHONE", "FACE", "SMSWRIT"; "" not said
	By        string // who tried; "" not said
	Supporter bool   // addressed to somebody whom the person chose
	Source    string
}

// ContactResult says what came of an attempt to reach the person.
type ContactResult string

// The results.
//
// Source: local, urn:warmhandoff:contact-result
const (
	Reached     ContactResult = "reached"
	NotReached  ContactResult = "not-reached"
	WrongNumber ContactResult = "wrong-number"
	LeftMessage ContactResult = "left-message"
	SaidNo      ContactResult = "declined"
	WantsVisit  ContactResult = "wants-visit"
)

// Hold is something other than the Task's own status that keeps a leg waiting.
type Hold struct {
	Reason Reason
	From   time.Time
	Until  time.Time // zero: still in force
	Source string
	Origin bool // a stay from which the person was referred: it excuses and has an end, and holds nothing
}

// GateSpan says from when on the consent gate stood open or shut, by the order in which consents and their changes reached us. A leg has at
// least one span; spans are in order, and the last one has no end.
type GateSpan struct {
	From   time.Time
	Open   bool
	Cause  Cause // why it is shut; "" while open
	Source string
	Why    string // of a shut one: what is missing, in plain words
}

// Cause says why the consent gate is shut.
type Cause string

// The causes.
const (
	NotGiven Cause = "not-given" // no consent, or none that covers this agency
	Revoked  Cause = "revoked"   // taken back, or denied
	Expired  Cause = "expired"   // its own period is over
)

// Withdrawal says that the referrer took the request itself back.
type Withdrawal struct {
	At     time.Time // zero: not withdrawn
	Source string
}
