package mapping

import (
	"slices"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// procedureFact is what a Procedure says.
type procedureFact struct {
	Status     string
	At         workflow.Moment
	Performers []string // performer.actor and performer.onBehalfOf
}

func (s Settings) readProcedure(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("subject"))
	p := &procedureFact{
		Status: r.Get("status").Text(),
		At:     s.choiceMoment(r, "performed"),
	}
	for one := range r.Get("performer").All() {
		for _, ref := range []string{s.ref(one.Get("actor")), s.ref(one.Get("onBehalfOf"))} {
			if ref != "" {
				p.Performers = append(p.Performers, ref)
			}
		}
	}
	f.Procedure = p
}

func procedureInError(f *Fact) bool { return f.Procedure.Status == "entered-in-error" }

// procedure adds what a Procedure says: the activity that resulted, where it is completed, dated, and the agency's.
//
// Source: local, a Procedure basedOn the request, completed, dated, performed by the agency's staff is grade B
// Source: SDOHCC 3.0.0, Task.output resulting-activity
func (c *leg) procedure(h *History) {
	v, taken := h.live(procedureInError)
	if v == nil || v.Fact.Procedure.Status != "completed" {
		return
	}
	p := v.Fact.Procedure
	s := workflow.Sign{Says: workflow.Came, Grade: workflow.GradeB, Voice: workflow.Record, At: p.At, Said: v.Received, Received: v.Received, Taken: taken, Source: v.source(h.Key), Note: "Procedure completed"}
	mine := slices.Contains(c.outputs, h.Key)
	if !mine && c.another(v, p.Performers...) {
		return
	}
	switch {
	case v.Fact.Subject != "" && !c.isSubject(v.Fact.Subject):
		s.Grade, s.Note = workflow.GradeX, "it is about somebody else"
	case p.At.IsZero():
		s.Grade, s.Note = workflow.GradeE, "Procedure completed, without a date"
	case mine || c.anyOfAgency(p.Performers) || len(p.Performers) == 0 && c.isAgency(v.Party):
	case len(p.Performers) == 0:
		s.Grade, s.Note = workflow.GradeE, "Procedure completed, nobody said by whom"
	default:
		s.Grade, s.Note = workflow.GradeX, "it was performed by another organization"
	}
	c.ledger.Signs = append(c.ledger.Signs, s)
}
