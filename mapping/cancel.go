package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// cancelAsks reads the requests of the referrer's side to cancel a Task: those that its own versions carry, from low to high, and Tasks that ask to abort it.
//
// Source: BSeR 2.0.0-ballot, businessStatus 5.2 (1.0.0: 5.4); COW ballot, CancellationRequestTask
func (q *reading) cancelAsks(h *History, low, high int) []workflow.CancelAsk {
	var list []workflow.CancelAsk
	asked := false
	read := h.heard()
	for i := range h.Versions[:high] {
		v := &h.Versions[i]
		if v.Own || v.silent() || v.Fact.Task == nil {
			continue
		}
		if read == nil || i < low {
			continue
		}
		t := v.Fact.Task
		switch {
		case asksCancel(read[i].says, t, v.Role) && !asked:
			list, asked = append(list, workflow.CancelAsk{At: v.Received, By: v.Role, Source: v.source(h.Key)}), true
		case asked && v.Role == workflow.Agency && !t.Status.Terminal() && read[i].coded && read[i].says != SaysCancel:
			list[len(list)-1].Refused, asked = true, false
		}
	}
	list = append(list, q.aborts(h.Key)...)
	slices.SortFunc(list, func(a, b workflow.CancelAsk) int { return strings.Compare(a.Source, b.Source) })
	return list
}

// aborts reads the Tasks that ask to abort another.
func (q *reading) aborts(key string) []workflow.CancelAsk {
	if q.at != nil && q.at.aborts != nil {
		return q.at.aborts[key]
	}
	if q.at == nil {
		var list []workflow.CancelAsk
		for i := range q.r.Tasks {
			if a, ok := abortOf(&q.r.Tasks[i], key); ok {
				list = append(list, a)
			}
		}
		return list
	}
	q.at.aborts = map[string][]workflow.CancelAsk{}
	for i := range q.r.Tasks {
		h := &q.r.Tasks[i]
		if n := h.newest(); n == nil || n.silent() || n.Fact.Task == nil || n.Fact.Task.Aborts == "" {
			continue
		}
		of := h.newest().Fact.Task.Aborts
		if a, ok := abortOf(h, of); ok {
			q.at.aborts[of] = append(q.at.aborts[of], a)
		}
	}
	return q.at.aborts[key]
}

// asksCancel reports a version of a Task that asks for its cancellation, by what its business status says. The agency only repeats that it was asked.
func asksCancel(says BusinessSaying, t *taskFact, by workflow.Role) bool {
	return says == SaysCancel && by != workflow.Agency && t.Status == workflow.TaskInProgress
}

// abortOf reads a Task that asks to abort another.
func abortOf(h *History, key string) (workflow.CancelAsk, bool) {
	n := h.newest()
	if n == nil || n.silent() || n.Fact.Task == nil || n.Fact.Task.Aborts != key {
		return workflow.CancelAsk{}, false
	}
	a := workflow.CancelAsk{Source: h.Versions[0].source(h.Key), By: h.Versions[0].Role}
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.silent() || v.Fact.Task == nil {
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
