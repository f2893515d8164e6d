package mapping

import "warmhandoff/mapping/workflow"

// Our own code systems.
//
// Source: local, urn:warmhandoff code systems
const (
	SystemState         = "urn:warmhandoff:state"
	SystemReason        = "urn:warmhandoff:reason"
	SystemCloseReason   = "urn:warmhandoff:close-reason"
	SystemElement       = "urn:warmhandoff:element"
	SystemContactResult = "urn:warmhandoff:contact-result"
	SystemVisitResult   = "urn:warmhandoff:visit-result"
	SystemObservation   = "urn:warmhandoff:observation"
	SystemOutput        = "urn:warmhandoff:output"
	SystemGrade         = "urn:warmhandoff:grade"
	SystemActivity      = "urn:warmhandoff:activity"
	SystemTodo          = "urn:warmhandoff:todo"    // Task.code of what somebody has to do
	SystemMessage       = "urn:warmhandoff:message" // Communication.category of what we prepare for sending
	SystemReview        = "urn:warmhandoff:review"  // Provenance.reason of a second signature: risk, safeguarding
	SystemTimer         = "urn:warmhandoff:timer"   // why a todo or message was made: T1 … T10
	SystemRole          = "urn:warmhandoff:role"    // Task.performerType of a todo: navigator, supervisor, …
)

// Codes of other people's systems that we read.
const (
	systemTaskCode = "http://hl7.org/fhir/CodeSystem/task-code"
	codePart2      = "42CFRPart2"
)

// firstVisit is the code of an Observation that attests a visit.
var firstVisit = Coding{SystemObservation, "first-visit"}

// introduction is the type of an Encounter that was the warm introduction, never a visit.
var introduction = Coding{SystemElement, "introduction"}

// visitResults are the values of an attestation.
var visitResults = []workflow.Saying{
	workflow.Came, workflow.DidNotCome, workflow.TurnedAway, workflow.ServiceCancelled, workflow.NotAVisit,
}

// contactResults are the results of an attempt to reach somebody, the most telling first.
var contactResults = []workflow.ContactResult{
	workflow.WantsVisit, workflow.SaidNo, workflow.Reached, workflow.LeftMessage, workflow.WrongNumber, workflow.NotReached,
}

// ElementCode is one element of warmth.
type ElementCode struct {
	Code string
	Live bool // counts only in a live medium: telephone, face to face, video
	Both bool // counts as shown only with the person and a worker of the agency present
}

// elements are the codes of Communication.category.
//
// Source: local, urn:warmhandoff:element; v3-ParticipationMode for the media
var elements = []ElementCode{
	{Code: "precall", Live: true},
	{Code: "introduction", Live: true, Both: true},
	{Code: "plan-given"},
	{Code: "check-in"},
	{Code: "accompanied"},
	{Code: "read-back"},
	{Code: "barriers-asked"},
}

// outreach is the category of an attempt to reach the person.
const outreach = "outreach"

// liveMedia are the media in which people talk to each other.
//
// Source: HL7 v3-ParticipationMode
var liveMedia = []string{"PHONE", "FACE", "VIDEOCONF"}

// fulfil are the Task.code values of a fulfilment Task, beside those of the guides.
var fulfil = []Coding{{systemTaskCode, "fulfill"}}

// appointmentCancel says on whose side a cancelled appointment was cancelled.
//
// Source: HL7 appointment-cancellation-reason
var appointmentCancel = []struct {
	code  string
	gives workflow.BookingStatus
}{
	{"pat-dec", workflow.CancelledForDeath},
	{"pat", workflow.CancelledPerson},
	{"pat-crs", workflow.CancelledPerson},
	{"pat-cpp", workflow.CancelledPerson},
	{"pat-fb", workflow.CancelledPerson},
	{"pat-lt", workflow.CancelledPerson},
	{"pat-mt", workflow.CancelledPerson},
	{"pat-mv", workflow.CancelledPerson},
	{"pat-preg", workflow.CancelledPerson},
	{"pat-swl", workflow.CancelledPerson},
	{"pat-uwo", workflow.CancelledPerson},
	{"prov", workflow.CancelledService},
	{"prov-pers", workflow.CancelledService},
	{"prov-dch", workflow.CancelledService},
	{"prov-edu", workflow.CancelledService},
	{"prov-hosp", workflow.CancelledService},
	{"prov-labs", workflow.CancelledService},
	{"prov-mrr", workflow.CancelledService},
	{"prov-onc", workflow.CancelledService},
	{"maint", workflow.CancelledService},
	{"meds-inc", workflow.CancelledService},
	{"other", workflow.CancelledUnknown},
	{"oth-cms", workflow.CancelledService},
	{"oth-err", workflow.CancelledService},
	{"oth-fin", workflow.CancelledService},
	{"oth-iv", workflow.CancelledService},
	{"oth-int", workflow.CancelledService},
	{"oth-mu", workflow.CancelledService},
	{"oth-room", workflow.CancelledService},
	{"oth-oerr", workflow.CancelledService},
	{"oth-swie", workflow.CancelledService},
	{"oth-weath", workflow.CancelledService},
}

// urgencies maps ServiceRequest.priority; what is not listed is routine.
var urgencies = map[string]workflow.Urgency{
	"stat":   workflow.Crisis,
	"asap":   workflow.Urgent,
	"urgent": workflow.Urgent,
}

// inpatient and emergency are Encounter classes that are no first visit. Inpatient is a stay: it holds the referral.
//
// Source: HL7 v3-ActCode, ActEncounterCode
var (
	inpatient = []string{"IMP", "ACUTE", "NONAC"}
	emergency = []string{"EMER"}
)

// followedIntents are the intents of a ServiceRequest that asks for something to be done.
//
// Source: FHIR R4, request-intent
var followedIntents = []string{"order", "plan", "original-order", "reflex-order", "filler-order", "instance-order"}
