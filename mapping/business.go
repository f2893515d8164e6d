package mapping

import (
	"bytes"
	"slices"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// A Task's businessStatus is shared: what the parties put there stays, and ours stands behind it. Which is which is known from the versions: a coding
// that first stood in a version of ours is ours, wherever it comes back; and what stands behind a state that we never said of this Task was copied from
// words of ours elsewhere.
//
// Source: local, ruling 43

// businessFact is what a Task.businessStatus says.
type businessFact struct {
	Codings []businessWord // but those of our own systems
	State   workflow.State // our state in it, "" none
	Text    []byte         // its text as it is written, nil where there is none or it is ours
	Ours    bool           // its text is ours
	Beside  []byte         // what stands beside the text ("_text"), nil for nothing
}

// businessWord is one coding, and what it means where a guide knows it.
type businessWord struct {
	Coding
	says   BusinessSaying
	known  bool
	behind bool // it stands behind a coding of ours
}

func (s Settings) readBusiness(v fhir.Value) *businessFact {
	if !v.Exists() {
		return nil
	}
	b := &businessFact{}
	read := codings(v)
	behind := false
	for _, c := range read {
		if behind = behind || isOurs(c); !isOurs(c) {
			b.Codings = append(b.Codings, businessWord{c, s.business([]Coding{c}), s.coded([]Coding{c}), behind})
		}
	}
	if states := codesOf(read, SystemState); len(states) > 0 {
		b.State = workflow.State(states[0])
		reason := workflow.Reason("")
		if reasons := codesOf(read, SystemReason); len(reasons) > 0 {
			reason = workflow.Reason(reasons[0])
		}
		text := v.Get("text").Text()
		b.Ours = text != "" && (text == stateText(b.State, reason) || text == notSharedText)
	}
	if text := v.Get("text"); text.Exists() && !b.Ours {
		b.Text = bytes.Clone(text.Raw())
	}
	if beside := v.Get("_text"); beside.Exists() {
		b.Beside = bytes.Clone(beside.Raw())
	}
	return b
}

// isOurs reports a coding of one of our systems, as we write them in businessStatus.
func isOurs(c Coding) bool { return c.System == SystemState || c.System == SystemReason }

// stateText is what we write as businessStatus.text.
func stateText(s workflow.State, r workflow.Reason) string {
	if r == "" {
		return s.Words()
	}
	return s.Words() + " (" + string(r) + ")"
}

// heard is what a version's businessStatus says for whoever wrote it: without what is ours.
type heard struct {
	says   BusinessSaying
	coded  bool
	theirs *Business
}

// Business is the parties' own part of a Task's businessStatus, and what of the codings in it is ours. nil: there is none of either.
type Business struct {
	codings []Coding
	text    []byte
	beside  []byte
	added   []Coding
	states  []workflow.State // that we said
}

// heard reads the businessStatus of each version of a Task; nil where none has one.
func (h *History) heard() []heard {
	if !slices.ContainsFunc(h.Versions, func(v Version) bool { return v.Fact != nil && v.Fact.Task != nil && v.Fact.Task.Business != nil }) {
		return nil
	}
	list := make([]heard, len(h.Versions))
	now := &Business{}
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.silent() || v.Fact.Task == nil {
			list[i].theirs = now
			continue
		}
		t := v.Fact.Task
		if v.Own {
			now = now.adding(t.Business)
		} else {
			list[i].says, list[i].coded, now = now.hear(t)
		}
		list[i].theirs = now
	}
	return list
}

// BusinessOf gives the parties' own part of the newest version's businessStatus.
func BusinessOf(h *History) *Business {
	if all := h.heard(); len(all) > 0 {
		return all[len(all)-1].theirs
	}
	return nil
}

// adding notes what a version of ours added.
func (b *Business) adding(f *businessFact) *Business {
	if f == nil || f.State == "" {
		return b
	}
	next := *b
	if !slices.Contains(b.states, f.State) {
		next.states = append(slices.Clone(b.states), f.State)
	}
	for _, w := range f.Codings {
		if !slices.Contains(b.codings, w.Coding) && !slices.Contains(b.added, w.Coding) {
			next.added = append(slices.Clone(next.added), w.Coding)
		}
	}
	return &next
}

// hear reads a party's version: without what is ours.
func (b *Business) hear(t *taskFact) (says BusinessSaying, known bool, next *Business) {
	f := t.Business
	if f == nil {
		if len(b.codings) == 0 && b.text == nil {
			return SaysNothing, false, b
		}
		return SaysNothing, false, &Business{added: b.added, states: b.states}
	}
	next = &Business{added: b.added, states: b.states, text: f.Text, beside: f.Beside}
	if f.Ours {
		next.text, next.beside = b.text, b.beside
	}
	for _, w := range f.Codings {
		if f.State != "" && (b.isAdded(w.Coding) || w.behind && !slices.Contains(b.states, f.State)) {
			continue
		}
		next.codings = append(next.codings, w.Coding)
		known = known || w.known
		if says == SaysNothing {
			says = w.says
		}
	}
	if f.State == "" { // in the order of the guide, where all of it is theirs
		says, known = t.Says, t.Coded
	}
	return says, known, next
}

func (b *Business) isAdded(c Coding) bool {
	return slices.Contains(b.added, c) && !slices.Contains(b.codings, c)
}

// isTheirs reports a coding that stays.
func (b *Business) isTheirs(c Coding) bool {
	return !isOurs(c) && (b == nil || slices.Contains(b.codings, c))
}

// uses reports whether the parties' own codings are of a system.
func (b *Business) uses(system string) bool {
	return b != nil && slices.ContainsFunc(b.codings, func(c Coding) bool { return c.System == system })
}

// same reports that two are alike in what is the parties' own.
func (b *Business) same(o *Business) bool {
	return slices.Equal(b.codings, o.codings) && bytes.Equal(b.text, o.text)
}

// edit gives the change that makes a businessStatus say what is the parties' own and, behind it, what is ours; nil where it says so. text is ours,
// nil for theirs.
func (b *Business) edit(have fhir.Value, ours []coding, text []byte) *fhir.Edit {
	var beside []byte
	if text == nil && b != nil {
		text, beside = b.text, b.beside
	}
	var want []Coding
	var raw [][]byte
	for item := range have.Get("coding").All() {
		c := Coding{item.Get("system").Text(), item.Get("code").Text()}
		if b.isTheirs(c) {
			want, raw = append(want, c), append(raw, item.Raw())
		}
	}
	for _, c := range ours {
		want, raw = append(want, Coding{c.System, c.Code}), append(raw, encoded(c))
	}
	if slices.Equal(codings(have), want) && bytes.Equal(have.Get("text").Raw(), text) && bytes.Equal(have.Get("_text").Raw(), beside) {
		return nil
	}
	body := rewritten(have, raw, text, beside)
	if body == nil {
		e := fhir.RemoveMember("businessStatus")
		return &e
	}
	e := fhir.SetMember("businessStatus", body)
	return &e
}

// rewritten gives a CodeableConcept with other codings and another text; every other member stays. nil where nothing is left of it.
func rewritten(have fhir.Value, codings [][]byte, text, beside []byte) []byte {
	body := []byte{'{'}
	add := func(name string, raw []byte) {
		if len(body) > 1 {
			body = append(body, ',')
		}
		body = append(append(append(body, quoted(name)...), ':'), raw...)
	}
	for name, v := range have.Members() {
		if name != "coding" && name != "text" && name != "_text" {
			add(name, v.Raw())
		}
	}
	if len(codings) > 0 {
		add("coding", append(append([]byte{'['}, bytes.Join(codings, []byte(","))...), ']'))
	}
	if text != nil {
		add("text", text)
	}
	if beside != nil {
		add("_text", beside)
	}
	if len(body) == 1 {
		return nil
	}
	return append(body, '}')
}
