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
	SystemNotDone       = "urn:warmhandoff:not-done" // Communication.statusReason: why something was left undone on purpose
	SystemBarrier       = "urn:warmhandoff:barrier"  // what stands in the way of a visit
	SystemTodo          = "urn:warmhandoff:todo"     // Task.code of what somebody has to do
	SystemMessage       = "urn:warmhandoff:message"  // Communication.category of what we prepare for sending
	SystemReview        = "urn:warmhandoff:review"   // Provenance.reason of a second signature: risk, safeguarding
	SystemTimer         = "urn:warmhandoff:timer"    // why a todo or message was made: T1 … T10
	SystemRole          = "urn:warmhandoff:role"     // Task.performerType of a todo: navigator, supervisor, …
)

// What marks a resource of ours for what it is: a to-do is no request to anybody's app.
//
// Source: local, ruling 42, to-do Tasks
const (
	SystemTag   = "urn:warmhandoff:tag" // meta.tag
	ProfileTodo = "urn:warmhandoff:profile:todo"
)

// Codes of other people's systems that we read.
const (
	systemTaskCode      = "http://hl7.org/fhir/CodeSystem/task-code"
	systemNotDoneReason = "http://terminology.hl7.org/CodeSystem/communication-not-done-reason"
	systemSDOHCC        = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"
	systemNUCC          = "http://nucc.org/provider-taxonomy"
	codePart2           = "42CFRPart2"
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

// elements are the codes of Communication.category that say what was done for the person. What each counts for is in workflow.Warmth.
//
// Source: local, urn:warmhandoff:element
var elements = []string{
	workflow.Precall, workflow.Introduction, workflow.HeardTogether, workflow.PlanGiven, workflow.CheckIn, workflow.Accompanied,
	workflow.ReadBack, workflow.BarriersAsked, workflow.HandedOver,
}

// outreach is the category of an attempt to reach the person.
const outreach = "outreach"

// liveMedia are the media in which people talk to each other.
//
// Source: HL7 v3-ParticipationMode
var liveMedia = []string{"PHONE", "FACE", "VIDEOCONF"}

// waivers are the reasons for which something was left undone on purpose: Communication.statusReason of a Communication that is not-done.
//
// Source: FHIR R4, http://terminology.hl7.org/CodeSystem/communication-not-done-reason; local, urn:warmhandoff:not-done
var waivers = []struct {
	Coding
	words string
}{
	{Coding{SystemNotDone, "not-wanted"}, "the person does not want it"},
	{Coding{SystemContactResult, "declined"}, "the person does not want it"},
	{Coding{systemNotDoneReason, "patient-objection"}, "the person does not want it"},
	{Coding{systemNotDoneReason, "family-objection"}, "the family does not want it"},
	{Coding{SystemNotDone, "not-safe"}, "it would not be safe"},
	{Coding{SystemNotDone, "after-hours"}, "outside the agency's hours"},
	{Coding{SystemNotDone, "crisis"}, "a crisis: there was no time"},
	{Coding{SystemNotDone, "standing-agreement"}, "a standing agreement with the agency"},
}

// barrierCodes say what stands in the way of a visit, in our words.
//
// Source: SDOHCC 3.0.0, SDOHCC-CodeSystemTemporaryCodes; local, urn:warmhandoff:barrier
var barrierCodes = []struct {
	Coding
	barrier string
}{
	{Coding{SystemBarrier, "transport"}, "transport"},
	{Coding{SystemBarrier, "interpreter"}, "interpreter"},
	{Coding{SystemBarrier, "access"}, "access"},
	{Coding{SystemBarrier, "other"}, "other"},
	{Coding{systemSDOHCC, "transportation-insecurity"}, "transport"},
}

// affirmed are the codes by which an Observation says that what it asks about is so.
//
// Source: HL7 v3-ObservationInterpretation; LOINC answer LA33-6, yes
var affirmed = []Coding{{"", "POS"}, {"http://loinc.org", "LA33-6"}}

// translator is the participant type of an interpreter.
//
// Source: FHIR R4, http://terminology.hl7.org/CodeSystem/participant-type
var translator = Coding{"", "translator"}

// navigatorRoles are the roles of somebody in a CareTeam who stays in touch with the person: navigator, peer support specialist, care coordinator,
// community health worker.
//
// Source: NUCC Health Care Provider Taxonomy; local, urn:warmhandoff:role
var navigatorRoles = []Coding{
	{SystemRole, "navigator"}, {SystemRole, "peer"}, {systemNUCC, "175T00000X"}, {systemNUCC, "171M00000X"}, {systemNUCC, "172V00000X"},
}

// abort is the code of a Task that asks to abort another, its focus.
//
// Source: COW ballot, CancellationRequestTask
var abort = Coding{systemTaskCode, "abort"}

// fulfil are the Task.code values of a fulfilment Task, beside those of the guides.
var fulfil = []Coding{{systemTaskCode, "fulfill"}}

// appointmentCancel says on whose side a cancelled appointment was cancelled.
//
// Source: FHIR R4 4.0.1, http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason
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
	{"pat-ucp", workflow.CancelledPerson},
	{"prov", workflow.CancelledService},
	{"prov-pers", workflow.CancelledService},
	{"prov-dch", workflow.CancelledService},
	{"prov-edu", workflow.CancelledService},
	{"prov-hosp", workflow.CancelledService},
	{"prov-labs", workflow.CancelledService},
	{"prov-mri", workflow.CancelledService},
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

// followedIntents are the intents of a ServiceRequest that asks for something to be done.
//
// Source: FHIR R4, request-intent
var followedIntents = []string{"order", "plan", "original-order", "reflex-order", "filler-order", "instance-order"}
