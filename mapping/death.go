package mapping

import (
	"slices"
	"strings"

	"warmhandoff/mapping/workflow"
)

// confirmers are who can confirm that a person died.
//
// Source: local, row 45, a trusted source and a human
var confirmers = []workflow.Role{workflow.Navigator, workflow.Supervisor}

// death reads what was said of the person's death over all legs: it is confirmed by a navigator or supervisor whose last word on a Task is that
// the person died, while somebody else or the person's own record reports it too.
func (q *reading) death() workflow.Death {
	if q.at == nil {
		return q.readDeath()
	}
	if q.at.death == nil {
		d := q.readDeath()
		q.at.death = &d
	}
	return *q.at.death
}

func (q *reading) readDeath() workflow.Death {
	var d workflow.Death
	reported := slices.ContainsFunc(q.r.Others, q.reportsDeath)
	for i := range q.r.Tasks {
		t := liveTask(&q.r.Tasks[i])
		if t == nil || t.Kept != "" || t.Reason != workflow.Deceased {
			continue
		}
		w, said, _ := LastWord(&q.r.Tasks[i], q.r.Orgs)
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
