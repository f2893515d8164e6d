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
}
