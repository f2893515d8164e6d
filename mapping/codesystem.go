package mapping

import (
	"strings"

	"warmhandoff/mapping/workflow"
)

// codeSystem is one of our code systems: what a reader of our codes looks up.
type codeSystem struct {
	url, title string
	codes      []defined
}

type defined struct{ Code, Display string }

// codeSystems are all of ours. Those that the workflow has tables for are made from them.
func codeSystems() []codeSystem {
	list := []codeSystem{
		{SystemObservation, "Observations of ours", []defined{{"first-visit", "An attestation of what happened at the first visit"}}},
		{SystemVisitResult, "What happened at a first visit", []defined{
			{"came", "The person came"}, {"did-not-come", "The person did not come"}, {"turned-away", "The person came and was turned away"},
			{"service-cancelled", "The service cancelled"}, {"not-a-visit", "What was reported was no first visit"},
		}},
		{SystemContactResult, "What came of an attempt to reach the person", []defined{
			{"reached", "Reached"}, {"not-reached", "Not reached"}, {"wrong-number", "Wrong number"}, {"left-message", "Left a message"},
			{"declined", "Reached, and said no for now"}, {"wants-visit", "Reached, and wants a visit"},
			{agreed, "The agency said yes"},
		}},
		{SystemElement, "Elements of a warm handoff", []defined{
			{"precall", "The agency was called before the package was sent"}, {"introduction", "The person was introduced to a named worker"},
			{"plan-given", "The person holds the plan"}, {"check-in", "Somebody checked in with the person"},
			{"accompanied", "Somebody went along to the visit"}, {"read-back", "What is said was read back and could be corrected"},
			{"barriers-asked", "Barriers were asked and dealt with"}, {"heard-together", "The person heard what the services said to each other"},
			{"handed-over", "One navigator handed over to the next"}, {"outreach", "An attempt to reach the person"},
		}},
		{SystemNotDone, "Why something was left undone on purpose", []defined{
			{"not-wanted", "The person does not want it"}, {"not-safe", "It would not be safe"}, {"after-hours", "Outside the agency's hours"},
			{"crisis", "A crisis: there was no time"}, {"standing-agreement", "A standing agreement with the agency"},
		}},
		{SystemBarrier, "What stands in the way of a visit", []defined{
			{"transport", "A way to get there"}, {"interpreter", "An interpreter"}, {"access", "Access to the place"}, {"other", "Something else"},
		}},
		{SystemOutput, "What we add to Task.output", []defined{
			{"first-visit", "When the first visit was"}, {"evidence", "The evidence of the first visit"}, {"activity", "The activity that resulted"},
		}},
		{SystemReview, "What a second person reviewed before a referral ends", []defined{
			{"risk", "The risk of leaving the person unreached"}, {"safeguarding", "Whether a child is safe"},
		}},
		{SystemGrade, "How good a piece of evidence is", []defined{
			{"A", "Conclusive: the agency's own visit record"}, {"B", "Strong: arrived, checked in, or an activity recorded"},
			{"C", "Attested by a named human who was there"}, {"D", "The person's own word"}, {"E", "A claim: somebody set a status"},
			{"X", "Only looks like progress"},
		}},
		{SystemTag, "What a resource of ours is", []defined{{"todo", "Something that somebody has to do"}}},
		{SystemActivity, "Why we wrote a version of a Task", []defined{
			{ActHold, "They say completed, and the evidence rule is not met"}, {ActClose, "The evidence rule is met"},
			{ActTakeBack, "The evidence fell away"}, {ActTransfer, "Another agency is asked, and has not answered"}, {ActTell, "To say where the person is"},
			{ActPass, "To ask an agency, or for a member of a household, in a Task of its own"}, {ActSend, "Consent allows it now"},
			{ActFollow, "The Task above, beside or below it moved"},
			{ActNeutral, "Written by the program"},
		}},
	}
	states := codeSystem{url: SystemState, title: "Where a person is on the way to the first visit"}
	for _, s := range workflow.States {
		states.codes = append(states.codes, defined{string(s), s.Words()})
	}
	states.codes = append(states.codes, defined{string(workflow.NotShared), workflow.NotShared.Words()})
	reasons := codeSystem{url: SystemReason, title: "Why a referral is in its state, or on hold"}
	for _, r := range otherReasons {
		reasons.codes = append(reasons.codes, defined{string(r), inWords(string(r))})
	}
	for _, p := range workflow.Pauses {
		reasons.codes = append(reasons.codes, defined{string(p.Reason), inWords(string(p.Reason))})
	}
	ends := codeSystem{url: SystemCloseReason, title: "Why a referral ended without a visit"}
	for _, e := range workflow.Ends {
		ends.codes = append(ends.codes, defined{string(e.Reason), inWords(string(e.Reason))})
	}
	return append(list, states, reasons, ends, todoCodes(), messageCodes(), roleCodes(), timerCodes(), reviewCodes())
}

func inWords(code string) string {
	words := strings.ReplaceAll(code, "-", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// CodeSystems gives our code systems as CodeSystem resources, by id, so that a client can look up what a code of ours means.
//
// Source: FHIR R4, codesystem.html
func CodeSystems() map[string][]byte {
	type concept struct {
		Code    string `json:"code"`
		Display string `json:"display"`
	}
	out := map[string][]byte{}
	for _, s := range codeSystems() {
		id := "warmhandoff-" + s.url[strings.LastIndexByte(s.url, ':')+1:]
		concepts := make([]concept, len(s.codes))
		for i, c := range s.codes {
			concepts[i] = concept(c)
		}
		out[id] = encoded(struct {
			ResourceType  string    `json:"resourceType"`
			ID            string    `json:"id"`
			URL           string    `json:"url"`
			Title         string    `json:"title"`
			Status        string    `json:"status"`
			CaseSensitive bool      `json:"caseSensitive"`
			Content       string    `json:"content"`
			Concept       []concept `json:"concept"`
		}{"CodeSystem", id, s.url, s.title, "active", true, "complete", concepts})
	}
	return out
}
