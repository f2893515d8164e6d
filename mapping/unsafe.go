package mapping

import (
	"slices"

	"warmhandoff/mapping/workflow"
)

// unsafe reports that the person must not be contacted directly: the request says so, or a Task about the person that still stands.
//
// Source: SDOHCC 3.0.0, contacting-subject-prohibited
func (q *reading) unsafe() bool {
	return q.request != nil && q.request.Unsafe || slices.ContainsFunc(q.r.Tasks, func(h History) bool {
		t := lastTask(&h)
		n := h.newest()
		return t != nil && n != nil && !n.Deleted && t.Unsafe && !slices.Contains(overForUnsafe, t.Status)
	})
}

// overForUnsafe are the statuses of a Task that forbids contact in which it forbids nothing any more.
var overForUnsafe = []workflow.Status{workflow.TaskCancelled, workflow.TaskInError, workflow.TaskRejected, workflow.TaskFailed}
