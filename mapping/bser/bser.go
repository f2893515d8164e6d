// Package bser holds the codes of the Bidirectional Services eReferral guide (HL7 BSeR) as data. Both editions are read; the codes of the ballot
// edition are written, because only they can say that a visit was scheduled, unattended, cancelled or completed.
//
// In BSeR the initiator does not set cancelled: it asks with a businessStatus, and the recipient confirms. Where that was agreed with an agency
// (mapping.Partner.Cancel), the same is asked of the referrer here; a request to cancel is read from everybody.
package bser

import (
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// System is the code system of Task.businessStatus.
//
// Source: BSeR 2.0.0-ballot, TaskBusinessStatusCS; the system of 1.0.0 is the same
const System = "http://hl7.org/fhir/us/bser/CodeSystem/TaskBusinessStatusCS"

// Editions are those whose codes are read. Ballot is the one whose codes are written.
const (
	STU1   = "1.0.0"
	Ballot = "2.0.0-ballot"
)

// Row is one code of the guide: in which editions it is, by what name, and what it says here.
type Row struct {
	Code     string
	Editions []string
	Display  string
	Says     mapping.BusinessSaying
	For      []Standing // what it is written for; nil: only read
}

// Standing is a state for which a code is written. The zero Reason is any.
type Standing struct {
	State  workflow.State
	Reason workflow.Reason
}

var (
	both   = []string{STU1, Ballot}
	stu1   = []string{STU1}
	ballot = []string{Ballot}
)

// Rows are the codes of both editions, the special before the general. No code is evidence: 5.1.4 and 7.0 are claims, 5.1.2 is a claim that the
// person did not come, and 5.x of 1.0.0 says only that something goes on.
//
// Source: BSeR 1.0.0 and 2.0.0-ballot, TaskBusinessStatusCS; local, what is written for which state
var Rows = []Row{
	{"2.0", both, "Service Request Created", mapping.SaysNothing, []Standing{{workflow.Preparing, ""}, {workflow.Offered, ""}}},
	{"3.0", both, "Service Request Accepted", mapping.SaysNothing, []Standing{{workflow.Accepted, ""}}},
	{"4.0", both, "Service Request Declined", mapping.SaysNothing, []Standing{
		{workflow.Closed, workflow.DeclinedCapacity}, {workflow.Closed, workflow.DeclinedIneligible},
		{workflow.Closed, workflow.DeclinedWrongPlace}, {workflow.Closed, workflow.DeclinedOther},
	}},
	{"5.1.1", ballot, "Service Request Event Scheduled", mapping.SaysNothing, []Standing{{workflow.Scheduled, ""}}},
	{"5.1.2", ballot, "Scheduled Service Request Event Unattended", mapping.SaysNoShow, []Standing{{workflow.Outreach, workflow.Missed}}},
	{"5.1.3", ballot, "Scheduled Service Request Event Cancelled", mapping.SaysNothing, []Standing{{workflow.Outreach, workflow.CancelledByPerson}}},
	{"5.1.4", ballot, "Service Request Event Completed", mapping.SaysVisitDone, []Standing{{workflow.Attended, ""}}},
	{"5.2", ballot, "Service Request Cancellation Requested", mapping.SaysCancel, nil},
	{"5.4", stu1, "Service Request Cancellation Requested", mapping.SaysCancel, nil},
	{"5.x", stu1, "Service Request Fulfillment Initiated", mapping.SaysNothing, nil},
	{"6.0", both, "Service Request Fulfillment Cancelled", mapping.SaysNothing, []Standing{{workflow.Closed, ""}}},
	{"7.0", both, "Service Request Fulfillment Completed", mapping.SaysVisitDone, nil},
}

// Guide is the guide's codes.
var Guide = mapping.Guide{
	Name:     "bser",
	Source:   "HL7 BSeR 1.0.0 and 2.0.0-ballot",
	Business: business(),
	// One event for the referral and for every answer to it. Source: BSeR 2.0.0-ballot, BSeR Referral MessageHeader, event[x]
	Events: []mapping.MessageEvent{
		{Coding: mapping.Coding{System: "http://terminology.hl7.org/CodeSystem/v2-0003", Code: "I12"}, Focus: []string{"Task"}},
	},
}

// business gives the rows as the mapping wants them: one for each state that a code is written for, or one that is only read.
func business() []mapping.BusinessCode {
	var list []mapping.BusinessCode
	for _, r := range Rows {
		one := mapping.BusinessCode{Coding: mapping.Coding{System: System, Code: r.Code}, Says: r.Says, Display: r.Display}
		if len(r.For) == 0 {
			list = append(list, one)
		}
		for _, f := range r.For {
			one.State, one.Reason = f.State, f.Reason
			list = append(list, one)
		}
	}
	return list
}
