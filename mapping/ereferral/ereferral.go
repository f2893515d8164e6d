// Package ereferral holds the codes of the Canadian eReferral guides as data. There a Task names its request by basedOn, not by focus, and its
// code is process-request.
package ereferral

import (
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// Guide is the guides' codes. The system of the business statuses stands behind a login, so a code of any system is read.
//
// Source: CA:eReC 1.0-1.3, Task.code; AB:eReC, businessStatus no-show and rejected-by-performer
var Guide = mapping.Guide{
	Name:   "ereferral",
	Source: "CA:eReC 1.3 DFT, AB:eReC",
	Business: []mapping.BusinessCode{
		{Coding: mapping.Coding{Code: "no-show"}, Says: mapping.SaysNoShow},
		{Coding: mapping.Coding{Code: "completed-with-advice"}, Says: mapping.SaysNothing},
	},
	Reasons: []mapping.ReasonCode{
		{Coding: mapping.Coding{Code: "rejected-by-performer"}, Reason: workflow.DeclinedOther},
	},
	Fulfil: []mapping.Coding{{Code: "process-request"}},
}
