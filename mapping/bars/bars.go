// Package bars holds the codes of the NHS Booking and Referral Standard as data. BaRS sends messages and has no Task: a referral is a ServiceRequest
// with a receiving service, its answer an Encounter or Appointment of that service. What an answer comes to without a Task is said in
// mapping/DIVERGENCES.md.
package bars

import (
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// The code systems of the standard that are read.
//
// Source: NHS BaRS 1.5.0, message-events-bars, message-reason-bars, rejected-reasons-bars
const (
	Events   = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
	Purposes = "https://fhir.nhs.uk/CodeSystem/message-reason-bars"
	Rejected = "https://fhir.nhs.uk/CodeSystem/rejected-reasons-bars"
)

// Guide is the standard's codes. A service that rejects a referral sends its own Encounter, cancelled, with the reason. Failed contact is the
// service's no, too: it has let the person go.
//
// Source: NHS BaRS 1.5.0, applications 1 to 6, referral and validation response payloads
var Guide = mapping.Guide{
	Name:   "bars",
	Source: "NHS BaRS 1.5.0",
	Events: []mapping.MessageEvent{
		{Coding: mapping.Coding{System: Events, Code: "servicerequest-request"}, Focus: []string{"ServiceRequest"}, By: mapping.ByRequester, Asks: true},
		{Coding: mapping.Coding{System: Events, Code: "servicerequest-response"}, Focus: []string{"ServiceRequest", "Encounter", "Appointment"}, By: mapping.ByPerformer},
		{Coding: mapping.Coding{System: Events, Code: "booking-request"}, Focus: []string{"Appointment"}, By: mapping.ByRequester},
		{Coding: mapping.Coding{System: Events, Code: "booking-response"}, Focus: []string{"Appointment"}, By: mapping.ByPerformer},
	},
	Purposes: []mapping.MessageReason{
		{Coding: mapping.Coding{System: Purposes, Code: "new"}},
		{Coding: mapping.Coding{System: Purposes, Code: "update"}},
		{Coding: mapping.Coding{System: Purposes, Code: "delete"}, Ends: true},
	},
	Declines: []mapping.Coding{{System: Rejected, Code: "RRNA"}, {System: Rejected, Code: "FC"}, {System: Rejected, Code: "OTH"}},
	Reasons: []mapping.ReasonCode{
		{Coding: mapping.Coding{System: Rejected, Code: "RRNA"}, Reason: workflow.DeclinedCapacity},
		{Coding: mapping.Coding{System: Rejected, Code: "FC"}, Reason: workflow.DeclinedOther},
		{Coding: mapping.Coding{System: Rejected, Code: "OTH"}, Reason: workflow.DeclinedOther},
	},
}
