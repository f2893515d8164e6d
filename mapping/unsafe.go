package mapping

import (
	"slices"

	"warmhandoff/mapping/workflow"
)

// unsafe reports that the person must not be contacted directly: the request says so, or a Task about the person that still stands.
//
// Source: SDOHCC 3.0.0, contacting-subject-prohibited
func (q *reading) unsafe() bool {
	if q.request != nil && q.request.Unsafe {
		return true
	}
	if q.at != nil && q.at.unsafe != nil {
		return *q.at.unsafe
	}
	found := false
	for i := range q.r.Tasks {
		t := liveTask(&q.r.Tasks[i])
		found = found || t != nil && t.Unsafe && !slices.Contains(overForUnsafe, t.Status)
	}
	if q.at != nil {
		q.at.unsafe = &found
	}
	return found
}

// overForUnsafe are the statuses of a Task that forbids contact in which it forbids nothing any more.
var overForUnsafe = []workflow.Status{workflow.TaskCancelled, workflow.TaskInError, workflow.TaskRejected, workflow.TaskFailed}
