// Package ereferral holds the codes of the Canadian eReferral guides as data. There a Task names its request by basedOn, not by focus, and its
// code is process-request. A referrer revokes the ServiceRequest; the agency decides on the Task.
package ereferral

import (
	"warmhandoff/mapping"
)

// Guide is the guides' codes. The system of the business statuses stands behind a login, so a code of any system is read. A decline is
// Task.status rejected; its businessStatus only repeats it. Advice given instead of a visit is no visit.
//
// Source: CA:eReC 1.0-1.3 DFT, Task.code process-request; AB:eReC, businessStatus no-show, rejected-by-performer, completed-with-advice
var Guide = mapping.Guide{
	Name:   "ereferral",
	Source: "CA:eReC 1.3 DFT, AB:eReC",
	Business: []mapping.BusinessCode{
		{Coding: mapping.Coding{Code: "no-show"}, Says: mapping.SaysNoShow, Display: "The person did not come"},
		{Coding: mapping.Coding{Code: "rejected-by-performer"}, Says: mapping.SaysNothing, Display: "Rejected by performer"},
		{Coding: mapping.Coding{Code: "completed-with-advice"}, Says: mapping.SaysNothing, Display: "Completed with advice"},
	},
	Fulfil: []mapping.Coding{{Code: "process-request"}},
	Events: events,
}

// events are the messages of the guide. Ontario and Alberta have code systems of their own with the same codes, so any system is read. A correction of
// data is taken as the requester's, because it is the request that it corrects.
//
// Source: CA:eReC 1.1.0 DFT, Messaging Events, eReCm-1 to eReCm-11; Ontario eReferral, send-communication
var events = []mapping.MessageEvent{
	{Coding: mapping.Coding{Code: "add-service-request"}, Focus: request, By: mapping.ByRequester, Asks: true},
	{Coding: mapping.Coding{Code: "notify-add-service-record"}, Focus: request, By: mapping.ByRequester},
	{Coding: mapping.Coding{Code: "notify-update-service-record"}, Focus: request, By: mapping.ByRequester},
	{Coding: mapping.Coding{Code: "notify-update-service-request"}, Focus: request, By: mapping.ByRequester},
	{Coding: mapping.Coding{Code: "notify-data-correction"}, Focus: request, By: mapping.ByRequester},
	{Coding: mapping.Coding{Code: "revoke-service-request"}, Focus: request, By: mapping.ByRequester, Ends: true},
	{Coding: mapping.Coding{Code: "notify-add-process-request"}, Focus: process, By: mapping.ByPerformer},
	{Coding: mapping.Coding{Code: "notify-update-process-request"}, Focus: []string{"Task", "ServiceRequest", "Appointment"}, By: mapping.ByPerformer},
	{Coding: mapping.Coding{Code: "notify-add-appointment"}, Focus: []string{"Appointment"}, By: mapping.ByPerformer},
	{Coding: mapping.Coding{Code: "send-communication-from-requester"}, Focus: []string{"Communication"}, By: mapping.ByPerformer},
	{Coding: mapping.Coding{Code: "send-communication-from-provider"}, Focus: []string{"Communication"}, By: mapping.ByPerformer},
	{Coding: mapping.Coding{Code: "send-communication"}, Focus: []string{"Communication"}, By: mapping.ByPerformer},
}

var (
	request = []string{"ServiceRequest"}
	process = []string{"Task", "ServiceRequest"}
)
