// Package sdohcc holds the codes of the Gravity SDOH Clinical Care guide as data.
package sdohcc

import (
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// System is the guide's code system of temporary codes.
//
// Source: SDOHCC 3.0.0, SDOHCC-CodeSystemTemporaryCodes
const System = "http://hl7.org/fhir/us/sdoh-clinicalcare/CodeSystem/SDOHCC-CodeSystemTemporaryCodes"

// Guide is the guide's codes. Its businessStatus is not profiled, and its statusReason is text that these codes may stand beside. Either side may
// cancel at any time (workflow.CancelEither).
//
// Source: SDOHCC 3.0.0, Task for Referral Management, code, output.type, status; SDOHCC-CodeSystemTemporaryCodes, capacity and enrolment codes
var Guide = mapping.Guide{
	Name:   "sdohcc",
	Source: "HL7 SDOH Clinical Care 3.0.0",
	Reasons: []mapping.ReasonCode{
		{Coding: mapping.Coding{System: System, Code: "no-capacity"}, Reason: workflow.DeclinedCapacity},
		{Coding: mapping.Coding{System: System, Code: "waitlist"}, Reason: workflow.Waitlist},
		{Coding: mapping.Coding{System: System, Code: "additional-assessment-required"}, Reason: workflow.InfoNeeded},
		{Coding: mapping.Coding{System: System, Code: "not-enrolled"}, Reason: workflow.DeclinedIneligible},
		{Coding: mapping.Coding{System: System, Code: "not-enrolled-on-waitlist"}, Reason: workflow.Waitlist},
	},
	NoContact: []mapping.Coding{{System: System, Code: "contacting-subject-prohibited"}},
	Activity:  []mapping.Coding{{System: System, Code: "resulting-activity"}},
}
