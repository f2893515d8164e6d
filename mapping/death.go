package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// confirmers are who can confirm that a person died.
//
// Source: local, row 45, a trusted source and a human
var confirmers = []workflow.Role{workflow.Navigator, workflow.Supervisor}

// death reads what was said of the person's death over all legs: it is confirmed by a navigator or supervisor whose last word on a Task is that
// the person died, while somebody else or the person's own record reports it too.
func (q *reading) death() workflow.Death {
	var d workflow.Death
	reported := slices.ContainsFunc(q.r.Others, q.reportsDeath)
	for i := range q.r.Tasks {
		t := lastTask(&q.r.Tasks[i])
		if t == nil || !t.Fulfils || t.Reason != workflow.Deceased {
			continue
		}
		w, said, _ := LastWord(&q.r.Tasks[i])
		if !said || w.Reason != workflow.Deceased || !ended(w.Status) {
			continue
		}
		by, at := w.By, w.Said
		if !w.Reworded.IsZero() {
			by, at = w.RewordedBy, w.Reworded
		}
		switch {
		case !slices.Contains(confirmers, by):
			reported = true
		case d.Confirmed.IsZero() || at.Before(d.Confirmed):
			d = workflow.Death{Confirmed: at, Source: w.Source}
		}
	}
	if !reported {
		return workflow.Death{}
	}
	return d
}

// reportsDeath reports whether a Patient or a cancelled Appointment says that the person died.
func (q *reading) reportsDeath(h History) bool {
	switch typ, _, _ := strings.Cut(h.Key, "/"); typ {
	case "Patient":
		n := h.newest()
		return n != nil && n.Fact != nil && n.Fact.Deceased && !h.Former
	case "Appointment":
		v, taken := h.live(appointmentInError)
		return v != nil && !taken && v.Fact.Appointment.Status == "cancelled" && v.Fact.Appointment.Cancelled == workflow.CancelledForDeath
	}
	return false
}

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

// cancelAsks reads the requests of the referrer's side to cancel a Task: those that its own versions carry, and Tasks that ask to abort it.
//
// Source: BSeR 2.0.0-ballot, businessStatus 5.2 (1.0.0: 5.4); COW ballot, CancellationRequestTask
func (q *reading) cancelAsks(h *History) []workflow.CancelAsk {
	var list []workflow.CancelAsk
	asked := false
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Own || v.Deleted || v.Fact == nil || v.Fact.Task == nil {
			continue
		}
		t := v.Fact.Task
		switch {
		case t.asksCancel(v.Role) && !asked:
			list, asked = append(list, workflow.CancelAsk{At: v.Received, By: v.Role, Source: v.source(h.Key)}), true
		case asked && v.Role == workflow.Agency && !t.Status.Terminal() && t.Coded && t.Says != SaysCancel:
			list[len(list)-1].Refused, asked = true, false
		}
	}
	for i := range q.r.Tasks {
		if a, ok := abortOf(&q.r.Tasks[i], h.Key); ok {
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b workflow.CancelAsk) int { return strings.Compare(a.Source, b.Source) })
	return list
}

// asksCancel reports a version of a Task that asks for its cancellation. The agency only repeats that it was asked.
func (t *taskFact) asksCancel(by workflow.Role) bool {
	return t.Says == SaysCancel && by != workflow.Agency && t.Status == workflow.TaskInProgress
}

// abortOf reads a Task that asks to abort another.
func abortOf(h *History, key string) (workflow.CancelAsk, bool) {
	n := h.newest()
	if n == nil || n.Deleted || n.Fact == nil || n.Fact.Task == nil || n.Fact.Task.Aborts != key {
		return workflow.CancelAsk{}, false
	}
	a := workflow.CancelAsk{Source: h.Versions[0].source(h.Key), By: h.Versions[0].Role}
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Fact == nil || v.Fact.Task == nil {
			continue
		}
		switch v.Fact.Task.Status {
		case workflow.TaskDraft:
		case workflow.TaskCancelled, workflow.TaskInError:
			return workflow.CancelAsk{}, false
		case workflow.TaskRejected, workflow.TaskFailed:
			a.Refused = true
		default:
			a.At = firstTime(a.At, v.Received)
		}
	}
	return a, !a.At.IsZero()
}

func firstTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}
