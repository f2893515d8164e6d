package mapping

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	samply "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// LegAnswer is what is told of one leg.
type LegAnswer struct {
	Task    string // id
	Agency  string
	Handoff workflow.Handoff
	// Navigator is whom the person rings; nil for nobody.
	Navigator *Navigator
	Written   *Written // the newest version of the Task that we wrote; nil for none

	Shape   Shape
	Above   string      // id of the Task that follows from this one; "" none
	Request string      // id of the agency's own request; "" where it is the referrer's
	Inside  bool        // does not stand for itself in what the referral comes to
	Number  int         // of the leg among those of its Task, 0 where it is the only one
	Former  int         // Number, where the Task was given to another agency since
	Below   []LegAnswer // the legs from which it follows
	Before  []LegAnswer // the former legs of its Task
}

// Written is a version of a Task that we wrote: what both sides can read of what we make of it.
type Written struct {
	At     time.Time
	Source string // "Task/t1/_history/4"
	Status string // Task.status
	Says   string // our code in businessStatus; "" none
}

// WrittenOf reads a version of a Task of ours.
func (s Settings) WrittenOf(r *fhir.Resource, number int, at time.Time) *Written {
	w := &Written{At: at, Source: "Task/" + r.ID() + "/_history/" + strconv.Itoa(number), Status: r.Get("status").Text()}
	if codes := codesOf(codings(r.Get("businessStatus")), SystemState); len(codes) > 0 {
		w.Says = codes[0]
	}
	return w
}

// TaskParameters gives the answer for a leg as the JSON of a Parameters resource. A nil leg is not followed, for the reason that is given.
func (s Settings) TaskParameters(l *LegAnswer, because string) []byte {
	p := samply.Parameters{}
	if l == nil {
		p.Parameter = append([]samply.ParametersParameter{code("state", string(workflow.None))}, why(because)...)
	} else {
		p.Parameter = append(s.legParameters(l), s.legs("leg", l.Below)...)
		p.Parameter = append(p.Parameter, s.legs("former", l.Before)...)
	}
	return encoded(p)
}

// RequestParameters gives the answer for a referral: its state and a part for each leg; of one that is not followed the reason.
func (s Settings) RequestParameters(state workflow.ReferralState, legs []LegAnswer, because string) []byte {
	p := samply.Parameters{Parameter: []samply.ParametersParameter{code("state", string(state))}}
	p.Parameter = append(append(p.Parameter, why(because)...), s.legs("leg", legs)...)
	return encoded(p)
}

// why gives the reason for which something is not followed, nothing for "".
func why(because string) []samply.ParametersParameter {
	if because == "" {
		return nil
	}
	return []samply.ParametersParameter{text("because", because)}
}

// legs gives a part of a name for each leg. The former leg of a Task that was given to another agency says so.
func (s Settings) legs(name string, legs []LegAnswer) []samply.ParametersParameter {
	var list []samply.ParametersParameter
	for i := range legs {
		l := &legs[i]
		part := []samply.ParametersParameter{ref("task", "Task/"+l.Task)}
		if l.Agency != "" {
			part = append(part, text("agency", l.Agency))
		}
		if l.Former > 0 {
			part = append(part, number("former", l.Former))
		}
		part = append(part, s.legParameters(l)...)
		list = append(list, samply.ParametersParameter{Name: name, Part: part})
	}
	return list
}

// Below gives the answers of the Tasks directly below one.
func Below(legs []LegAnswer, task string) []LegAnswer {
	var list []LegAnswer
	for i := range legs {
		if legs[i].Above == task {
			list = append(list, legs[i])
		}
	}
	return list
}

// Before gives the answers of the former legs of a Task.
func Before(legs []LegAnswer, task string) []LegAnswer {
	var list []LegAnswer
	for i := range legs {
		if legs[i].Task == task && legs[i].Former > 0 {
			list = append(list, legs[i])
		}
	}
	return list
}

// Lowest gives the answers of what is a leg: Tasks with others below them are told by those.
func Lowest(legs []LegAnswer) []LegAnswer {
	return slices.DeleteFunc(slices.Clone(legs), func(l LegAnswer) bool { return l.Shape != Single && len(Below(legs, l.Task)) > 0 })
}

// Waiting is what came before its ServiceRequest.
type Waiting struct {
	Request string   // "ServiceRequest/sr9", which is not there
	Items   []string // "Task/t1", "Encounter/e1"
}

// WaitingParameters gives what waits as the JSON of a Parameters resource: a part for each request that is missing.
func (s Settings) WaitingParameters(list []Waiting) []byte {
	p := samply.Parameters{Parameter: []samply.ParametersParameter{}}
	for _, w := range list {
		parts := append([]samply.ParametersParameter{ref("request", w.Request)}, why(KeptAbsent.Words())...)
		for _, item := range w.Items {
			parts = append(parts, ref("item", item))
		}
		p.Parameter = append(p.Parameter, group("waiting", parts...))
	}
	return encoded(p)
}

func (s Settings) legParameters(l *LegAnswer) []samply.ParametersParameter {
	s, h := s.At(l.Agency), &l.Handoff
	list := []samply.ParametersParameter{code("state", string(h.State))}
	if h.State == workflow.NotShared {
		return list
	}
	if h.Reason != "" {
		list = append(list, code("reason", string(h.Reason)))
	}
	if h.Grade != "" {
		list = append(list, code("grade", string(h.Grade)))
	}
	if v := s.FormatMoment(h.Visit); v != "" {
		list = append(list, when("visit", v))
	}
	list = append(list, number("misses", h.Misses), text("why", h.Rule))
	if h.Attempts > 0 {
		list = append(list, number("attempts", h.Attempts))
	}
	for _, r := range h.Reschedules {
		list = append(list, group("reschedules", when("at", r.At.UTC().Format(time.RFC3339)), code("by", cmp.Or(string(r.By), "not-said"))))
	}
	for _, f := range h.Flags {
		list = append(list, text("flag", f))
	}
	list = append(list, l.Navigator.parameter())
	for _, what := range h.Suggest {
		list = append(list, code("suggest", what))
	}
	for i := range h.Visits {
		list = append(list, s.judged(&h.Visits[i]))
	}
	for i := range h.Due {
		list = append(list, due(&h.Due[i]))
	}
	for i := range h.Evidence {
		list = append(list, s.evidence(&h.Evidence[i]))
	}
	all := workflow.AllWarmth(h.Warmth)
	done, of := workflow.CountWarmth(all)
	list = append(list, number("warmth-done", done), number("warmth-of", of))
	for i := range all {
		list = append(list, element(&all[i]))
	}
	if w := l.Written; w != nil {
		list = append(list, w.parameter())
	}
	for i := range h.Told {
		list = append(list, telling(&h.Told[i]))
	}
	return list
}

func element(e *workflow.Element) samply.ParametersParameter {
	parts := []samply.ParametersParameter{code("element", e.Name), text("name", workflow.WarmthWords(e.Name)), code("status", e.Status)}
	if e.Shown != "" {
		parts = append(parts, code("shown", e.Shown))
	}
	if e.Mode != "" {
		parts = append(parts, code("mode", e.Mode))
	}
	if e.Source != "" {
		parts = append(parts, ref("source", e.Source))
	}
	if e.Because != "" {
		parts = append(parts, text("because", e.Because))
	}
	return group("warmth", parts...)
}

func due(d *workflow.Due) samply.ParametersParameter {
	parts := []samply.ParametersParameter{code("what", d.What)}
	if !d.By.IsZero() {
		parts = append(parts, when("by", d.By.UTC().Format(time.RFC3339)))
	}
	parts = append(parts, code("for", string(d.For)))
	if d.Timer != "" {
		parts = append(parts, code("timer", d.Timer))
	}
	if d.Level != workflow.OnTime {
		parts = append(parts, code("level", string(d.Level)))
	}
	if d.About != "" {
		parts = append(parts, code("about", d.About))
	}
	return group("due", parts...)
}

// judged says what is known of one visit, and by which rule.
func (s Settings) judged(v *workflow.Judged) samply.ParametersParameter {
	parts := []samply.ParametersParameter{code("verdict", string(v.Verdict))}
	if at := s.FormatMoment(v.At); at != "" {
		parts = append(parts, when("occurred", at))
	}
	if v.Booking != "" {
		parts = append(parts, ref("appointment", v.Booking))
	}
	return group("judged", append(parts, text("why", v.Rule))...)
}

func (w *Written) parameter() samply.ParametersParameter {
	parts := []samply.ParametersParameter{code("what", w.Status), code("kind", "task"), when("at", w.At.UTC().Format(time.RFC3339)), ref("source", w.Source)}
	if w.Says != "" {
		parts = append(parts, code("says", w.Says))
	}
	return group("told", parts...)
}

// telling says what was written for a leg on our own account: what, for whom or to whom, when, and whether it is still to be done or sent.
func telling(t *workflow.Telling) samply.ParametersParameter {
	open := t.Open
	parts := []samply.ParametersParameter{code("what", t.What), code("kind", string(t.Kind)), code("for", string(t.For))}
	if t.To != "" {
		parts = append(parts, text("to", t.To))
	}
	parts = append(parts, when("at", t.At.UTC().Format(time.RFC3339)), samply.ParametersParameter{Name: "open", ValueBoolean: &open})
	if t.Source != "" {
		parts = append(parts, ref("source", t.Source))
	}
	return group("told", parts...)
}

func (s Settings) evidence(u *workflow.Used) samply.ParametersParameter {
	parts := []samply.ParametersParameter{code("kind", u.Kind)}
	if u.Grade != "" {
		parts = append(parts, code("grade", string(u.Grade)))
	}
	if u.For != "" {
		parts = append(parts, code("for-or-against", u.For))
	}
	if v := s.FormatMoment(u.When); v != "" {
		parts = append(parts, when("occurred", v))
	}
	used := u.Used
	parts = append(parts, ref("source", u.Source), samply.ParametersParameter{Name: "used", ValueBoolean: &used})
	if u.Because != "" {
		parts = append(parts, text("because", u.Because))
	}
	if u.Rule != "" {
		parts = append(parts, text("rule", u.Rule))
	}
	return group("evidence", parts...)
}

func group(name string, parts ...samply.ParametersParameter) samply.ParametersParameter {
	return samply.ParametersParameter{Name: name, Part: parts}
}

func code(name, v string) samply.ParametersParameter {
	return samply.ParametersParameter{Name: name, ValueCode: &v}
}

func number(name string, v int) samply.ParametersParameter {
	return samply.ParametersParameter{Name: name, ValueInteger: &v}
}

func text(name, v string) samply.ParametersParameter {
	return samply.ParametersParameter{Name: name, ValueString: &v}
}

func when(name, v string) samply.ParametersParameter {
	return samply.ParametersParameter{Name: name, ValueDateTime: &v}
}

func ref(name, v string) samply.ParametersParameter {
	return samply.ParametersParameter{Name: name, ValueReference: &samply.Reference{Reference: &v}}
}

// Provenance gives the JSON of a Provenance that says why we wrote a version of a Task, and on what evidence.
//
// Source: FHIR R4, provenance.html
func (s Settings) Provenance(task string, version int, a *Amendment, h *workflow.Handoff, at time.Time) []byte {
	target := task + "/_history/" + strconv.Itoa(version)
	us, kind, system := "warmhandoff", a.Why, SystemActivity
	who := samply.Reference{Display: &us}
	if s.Self != "" {
		self := s.Self
		who.Reference = &self
	}
	p := samply.Provenance{
		Target:   []samply.Reference{{Reference: &target}},
		Recorded: at.UTC().Format("2006-01-02T15:04:05.000Z"),
		Activity: &samply.CodeableConcept{Coding: []samply.Coding{{System: &system, Code: &kind}}},
		Agent:    []samply.ProvenanceAgent{{Who: who}},
	}
	if a.Reason != "" {
		reason, system := string(a.Reason), SystemReason
		p.Reason = []samply.CodeableConcept{{Coding: []samply.Coding{{System: &system, Code: &reason}}}}
	}
	for i := range h.Evidence {
		u := &h.Evidence[i]
		if !u.Used || u.Source == "" || a.Why == ActNeutral { // which evidence there is would tell
			continue
		}
		source := u.Source
		p.Entity = append(p.Entity, samply.ProvenanceEntity{Role: samply.ProvenanceEntityRoleSource, What: samply.Reference{Reference: &source}})
	}
	return encoded(p)
}
