// Package bser holds the codes of the Bidirectional Services eReferral guide (HL7 BSeR) as data. Both editions are read; the codes of the ballot
// edition are written, because only they can say that a visit was scheduled, unattended, cancelled or completed.
package bser

import (
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// System is the code system of Task.businessStatus.
//
// Source: BSeR 2.0.0-ballot, TaskBusinessStatusCS; the system of 1.0.0 is the same
const System = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

// Guide is the guide's codes. No code of it is evidence: 5.1.4 and 7.0 are claims, 5.1.2 is a claim that the person did not come.
var Guide = mapping.Guide{
	Name:   "bser",
	Source: "HL7 BSeR 1.0.0 and 2.0.0-ballot",
	Business: []mapping.BusinessCode{
		row("2.0", mapping.SaysNothing, workflow.Preparing, "", "Service Request Created"),
		row("2.0", mapping.SaysNothing, workflow.Offered, "", "Service Request Created"),
		row("3.0", mapping.SaysNothing, workflow.Accepted, "", "Service Request Accepted"),
		row("4.0", mapping.SaysNothing, "", "", "Service Request Declined"),
		row("5.1.1", mapping.SaysNothing, workflow.Scheduled, "", "Event Scheduled"),
		row("5.1.2", mapping.SaysNoShow, workflow.Outreach, workflow.Missed, "Scheduled Event Unattended"),
		row("5.1.3", mapping.SaysNothing, workflow.Outreach, workflow.CancelledByPerson, "Scheduled Event Cancelled"),
		row("5.1.4", mapping.SaysVisitDone, workflow.Attended, "", "Event Completed"),
		row("5.2", mapping.SaysNothing, "", "", "Cancellation Requested"),
		row("5.4", mapping.SaysNothing, "", "", "Cancellation Requested (1.0.0)"),
		row("6.0", mapping.SaysNothing, workflow.Closed, "", "Fulfillment Cancelled"),
		row("7.0", mapping.SaysVisitDone, "", "", "Fulfillment Completed"),
	},
}

func row(code string, says mapping.BusinessSaying, state workflow.State, reason workflow.Reason, display string) mapping.BusinessCode {
	return mapping.BusinessCode{
		Coding: mapping.Coding{System: System, Code: code}, Says: says, State: state, Reason: reason, Display: display,
	}
}
