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
	Encounter  string
}

func (s Settings) readProcedure(r *fhir.Resource, f *Fact) {
	s.readSubject(r, f)
	p := &procedureFact{
		Status: r.Get("status").Text(),
		At:     s.choiceMoment(r, "performed"),
	}
	p.Encounter = s.ref(r.Get("encounter"))
	f.About = s.refs(r.Get("basedOn"))
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
	only, bare := c.witnessed(h)
	v, taken := only.live(procedureInError)
	if v == nil || v.Fact.Procedure.Status != "completed" {
		return
	}
	p := v.Fact.Procedure
	mine := slices.Contains(c.outputs, h.Key)
	if !mine && c.another(v, p.Performers...) {
		return
	}
	r := &record{typ: "Procedure", h: h, v: v, taken: taken, bare: bare, self: saidBySelf(only), by: p.Performers, at: p.At}
	switch {
	case c.house:
		r.place = c.placeOf("", p.Performers, v, about(p.At, v.Received))
	case c.anyOfAgency(p.Performers), len(p.Performers) == 0 && (mine || c.isAgency(v.Party)):
		r.place = placeAgency
	case slices.ContainsFunc(p.Performers, c.referrersSide):
		r.place = placeReferrer
	case mine:
		r.place = placeAgency
	case len(p.Performers) > 0:
		r.place = placeElsewhere
	}
	s := c.sign(r, true)
	if r.place == placeElsewhere && s.Grade == workflow.GradeX && s.Note == elsewhere {
		s.Note = "it was performed by another organization"
	}
	c.ledger.Signs = append(c.ledger.Signs, s)
	c.overwritten(only, &s, procedureInError)
}
