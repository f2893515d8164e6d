package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// A Task that is given from one agency to another, after the first was asked, is a leg for each of them. What was said and done is judged by who is
// named in it, else by whose leg it was at its time: each thing belongs to one tenure and to no other.
//
// Source: local, ruling 38

// shapeIn gives what a Task is in one of its tenures.
func (t *task) shapeIn(x *tenure) Shape {
	if x.former {
		return Single
	}
	return t.shape
}

// now gives the tenure of the present owner.
func (t *task) now() *tenure { return &t.all[len(t.all)-1] }

// legs gives the tenures of a Task that are legs, in their order: the present one last.
func (t *task) legs() []*tenure {
	list := make([]*tenure, 0, len(t.all))
	for i := range t.all {
		if x := &t.all[i]; x.former || i == len(t.all)-1 {
			list = append(list, x)
		}
	}
	return list
}

// given reports that a Task named another owner before, who may be of the same agency.
func (t *task) given() bool {
	for i := range t.h.Versions {
		if v := &t.h.Versions[i]; !v.silent() && v.Fact.Task != nil && v.Fact.Task.Owner != t.fact.Owner {
			return true
		}
	}
	return false
}

// shared reports that a Task has more than one leg.
func (t *task) shared() bool { return t.now().number > 1 }

// asks reports that a Task asks an agency, or did.
func (t *task) asks(agency string) bool {
	return slices.ContainsFunc(t.all, func(x tenure) bool { return x.owner == agency })
}

// settleTenures learns which former tenures were legs: those of an agency that the Task was released to. Another was a correction, and what was said
// until then belongs to whoever is asked next.
func (q *reading) settleTenures() {
	for i := range q.tasks {
		t := &q.tasks[i]
		t.now().number = 1
		if len(t.all) == 1 {
			continue
		}
		number, from := 1, t.all[0].from
		for k := range t.all {
			x := &t.all[k]
			last := k == len(t.all)-1
			x.former = !last && q.released(t, x, t.all[k+1].began(t.h).Received)
			if !x.former && !last {
				continue
			}
			x.number, x.from = number, from
			if !last {
				number, from = number+1, t.all[k+1].from
			}
		}
	}
}

// released reports whether a Task was released to the agency of one tenure, by a time. To us, and to a household, nothing is released.
func (q *reading) released(t *task, x *tenure, by time.Time) bool {
	if x.owner == "" || x.owner == q.s.Self || t.shape == Household || q.joint(t) != nil || q.forAnother(t) {
		return false
	}
	around := q.around(t)
	if around == nil || around.request == nil {
		return false
	}
	c := around.about(t, x)
	c.ledger = &workflow.Ledger{Agency: x.owner, Words: x.words}
	c.parties(t.h)
	c.gates()
	return workflow.ReleasedBy(c.ledger, by)
}

// transferred gives the words of a former tenure: where nothing had ended it, that it was passed on.
func (t *task) transferred(x *tenure) []workflow.Word {
	if last := x.last(); last != nil && ended(last.Status) {
		return x.words
	}
	v := &t.h.Versions[x.high]
	return append(slices.Clone(x.words), workflow.Word{Status: workflow.TaskCancelled, Reason: workflow.Transferred, Said: x.until, Received: v.Received,
		By: v.Role, Party: v.Party, Source: v.source(t.h.Key)})
}

// outputs gives what the outputs of a Task name that were put there in one tenure.
func (x *tenure) outputs(h *History) []string {
	if x.low == 0 {
		h := History{Versions: h.Versions[:x.high]}
		return h.outputs()
	}
	before := History{Versions: h.Versions[:x.low]}
	until := History{Versions: h.Versions[:x.high]}
	old := before.outputs()
	return slices.DeleteFunc(slices.Clone(until.outputs()), func(ref string) bool { return slices.Contains(old, ref) })
}

// said is what a resource tells about whose it is.
type said struct {
	names []string  // of whoever did it
	links []string  // what it points at
	at    time.Time // what time it is about
}

// sayers are the types that belong to one leg, and what each tells. Others, a stay in hospital and a document of the package are everybody's.
var sayers = map[string]func(h *History, v *Version) (said, bool){
	"Appointment": func(h *History, v *Version) (said, bool) {
		a := v.Fact.Appointment
		s := said{names: a.Actors, at: a.Created}
		if s.at.IsZero() {
			s.at = firstBooked(h)
		}
		return s, true
	},
	"Encounter": func(_ *History, v *Version) (said, bool) {
		e := v.Fact.Encounter
		return said{append([]string{e.Provider}, e.People...), e.Appointments, about(e.Start, v.Received)}, !e.stay()
	},
	"Procedure": func(_ *History, v *Version) (said, bool) {
		return said{names: v.Fact.Procedure.Performers, at: about(v.Fact.Procedure.At, v.Received)}, true
	},
	"Observation": func(_ *History, v *Version) (said, bool) {
		o := v.Fact.Observation
		return said{o.Performers, o.Focus, about(o.At, v.Received)}, o.Attests
	},
	"Communication": func(_ *History, v *Version) (said, bool) {
		m := v.Fact.Communication
		return said{names: append([]string{m.Sender}, m.To...), at: m.At}, true
	},
	"QuestionnaireResponse": func(_ *History, v *Version) (said, bool) {
		a := v.Fact.Answers
		return said{names: []string{a.Source}, links: []string{a.Encounter}, at: a.At}, true
	},
	"AuditEvent": func(_ *History, v *Version) (said, bool) {
		return said{names: v.Fact.Audit.Agents, at: v.Fact.Audit.At}, true
	},
}

// tenureOf gives the tenure of a Task to which a resource belongs; nil where it may belong to each.
func (q *reading) tenureOf(t *task, h *History) *tenure {
	typ, _, _ := strings.Cut(h.Key, "/")
	read, v := sayers[typ], lastSaid(h)
	if read == nil || v == nil {
		return nil
	}
	s, one := read(h, v)
	if !one {
		return nil
	}
	if s.at.IsZero() {
		s.at = h.Versions[0].Received
	}
	legs := t.legs()
	of := q.ofAgencies(legs, s.names)
	if len(of) == 0 {
		of = q.ofAgencies(legs, writers(h))
	}
	if len(of) == 0 {
		if x := q.linked(t, s.links); x != nil {
			return x
		}
		of = legs
	}
	x := of[0]
	for _, next := range of[1:] {
		if !s.at.Before(next.from) {
			x = next
		}
	}
	return x
}

// linked gives the tenure of the first Appointment or Encounter among what something points at, nil for none.
func (q *reading) linked(t *task, refs []string) *tenure {
	for _, ref := range refs {
		if !strings.HasPrefix(ref, "Appointment/") && !strings.HasPrefix(ref, "Encounter/") {
			continue
		}
		if h := q.other(ref); h != nil {
			return q.tenureOf(t, h)
		}
	}
	return nil
}

// ofAgencies gives the tenures of agencies that are among those named, or of which somebody named is.
func (q *reading) ofAgencies(legs []*tenure, names []string) []*tenure {
	var list []*tenure
	for _, x := range legs {
		if slices.ContainsFunc(names, func(n string) bool {
			return n != "" && (n == x.owner || q.worksFor(n, x.owner) || slices.Contains(q.orgsOf(x.owner), n))
		}) {
			list = append(list, x)
		}
	}
	return list
}

// writers gives the agencies that wrote a resource.
func writers(h *History) []string {
	var list []string
	for i := range h.Versions {
		if v := &h.Versions[i]; v.Role == workflow.Agency && v.Party != "" && !slices.Contains(list, v.Party) {
			list = append(list, v.Party)
		}
	}
	return list
}

// lastSaid gives the newest version that says anything, nil for none.
func lastSaid(h *History) *Version {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if v := &h.Versions[i]; !v.Deleted && v.Fact != nil {
			return v
		}
	}
	return nil
}
