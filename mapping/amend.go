package mapping

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// Amendment is a Task as we would write it, and why.
type Amendment struct {
	Body   []byte // the whole Task; every byte that is not ours to change is as it was
	Why    string // a code of urn:warmhandoff:activity: hold, close, take-back, transfer, tell, neutral
	Reason workflow.Reason
}

// The activities of a write-back.
const (
	ActHold     = "hold"      // they say completed, the evidence rule is not met
	ActClose    = "close"     // the evidence rule is met
	ActTakeBack = "take-back" // the evidence under our close fell away
	ActTransfer = "transfer"  // another agency is asked: they have not answered
	ActTell     = "tell"      // businessStatus alone
)

// Amend gives the Task as it should read for a handoff, nil when it reads so already. theirs is what is their own of its businessStatus, last the
// parties' last word.
//
// We change a Task of theirs in five ways and no other: hold, close on evidence, take back, requested where another agency is asked, and
// businessStatus where it says more than the status does.
//
// Source: local, what we write back; ruling 38
func (s Settings) Amend(task *fhir.Resource, theirs *Business, last workflow.Status, h *workflow.Handoff, at time.Time) *Amendment {
	now := workflow.Status(task.Get("status").Text())
	if last == workflow.TaskInError || now == workflow.TaskInError {
		return nil
	}
	want, why := s.status(task, last, h)
	var edits []fhir.Edit
	if want != now {
		edits = append(edits, fhir.SetMember("status", quoted(string(want))))
	} else {
		why = ActTell
	}
	if b := s.businessEdit(task, theirs, last, h); b != nil {
		edits = append(edits, *b)
	}
	if o := s.outputEdit(task, h); o != nil {
		edits = append(edits, *o)
	}
	if len(edits) == 0 {
		return nil
	}
	edits = append(edits, modified(task, at)...)
	return &Amendment{Body: task.With(edits...), Why: why, Reason: h.Reason}
}

// status gives the status that a Task should have, and what it would mean to write it.
func (s Settings) status(task *fhir.Resource, last workflow.Status, h *workflow.Handoff) (workflow.Status, string) {
	switch {
	case h.State == workflow.Attended:
		return workflow.TaskCompleted, ActClose
	case last != workflow.TaskCompleted:
		return last, ActTakeBack
	case s.Partners[s.party(task.Get("owner"))].Mark:
		return workflow.TaskCompleted, ActHold
	}
	return workflow.TaskInProgress, ActHold
}

// told are the states of which businessStatus says more than the status does.
var told = map[workflow.State]bool{
	workflow.Scheduled:   true,
	workflow.Unconfirmed: true,
	workflow.Outreach:    true,
	workflow.Attended:    true,
	workflow.Paused:      true,
}

// businessEdit gives the change of businessStatus, nil when there is none to make. Once we have said a state, we keep it true. While we hold, the
// text is ours, and we add nothing in a system that they use.
//
// Source: local, ruling 43
func (s Settings) businessEdit(task *fhir.Resource, theirs *Business, last workflow.Status, h *workflow.Handoff) *fhir.Edit {
	have := task.Get("businessStatus")
	hold := last == workflow.TaskCompleted && h.State != workflow.Attended
	says := told[h.State] || h.State == workflow.Closed && !last.Terminal()
	if !says && !hold && !oursAmong(codings(have), SystemState) {
		return nil
	}
	var text []byte
	if hold || theirs == nil || theirs.text == nil {
		text = quoted(stateText(h.State, h.Reason))
	}
	ours := slices.DeleteFunc(s.businessStatus(h), func(c coding) bool {
		return theirs != nil && slices.Contains(theirs.codings, Coding{c.System, c.Code}) || hold && theirs.uses(c.System)
	})
	return theirs.edit(have, ours, text)
}

type coding struct {
	System  string `json:"system,omitempty"`
	Code    string `json:"code"`
	Display string `json:"display,omitempty"`
}

type concept struct {
	Coding []coding `json:"coding,omitempty"`
	Text   string   `json:"text,omitempty"`
}

// businessStatus says a state in our code, its reason, and in the code of a guide where one fits.
func (s Settings) businessStatus(h *workflow.Handoff) []coding {
	list := []coding{{System: SystemState, Code: string(h.State), Display: h.State.Words()}}
	if h.Reason != "" {
		list = append(list, coding{System: SystemReason, Code: string(h.Reason)})
	}
	for i := range s.Guides {
		for _, row := range s.Guides[i].Business {
			standing := row.State == h.State && (row.Reason == "" || row.Reason == h.Reason)
			if h.CancelAsked && row.Says == SaysCancel || !h.CancelAsked && standing {
				list = append(list, coding{System: row.System, Code: row.Code, Display: row.Display})
				break
			}
		}
	}
	return list
}

type output struct {
	Type           concept    `json:"type"`
	ValueDateTime  string     `json:"valueDateTime,omitempty"`
	ValueReference *reference `json:"valueReference,omitempty"`
}

type reference struct {
	Reference string `json:"reference"`
}

// outputEdit gives the change of output: what we say of the first visit is there while the leg is attended, and nowhere else.
func (s Settings) outputEdit(task *fhir.Resource, h *workflow.Handoff) *fhir.Edit {
	var theirs, ours [][]byte
	activity := false
	for o := range task.Get("output").All() {
		types := codings(o.Get("type"))
		if oursAmong(types, SystemOutput) {
			ours = append(ours, o.Raw())
			continue
		}
		for i := range s.Guides {
			activity = activity || anyIs(s.Guides[i].Activity, types)
		}
		theirs = append(theirs, o.Raw())
	}
	var want [][]byte
	if h.State == workflow.Attended {
		for _, o := range s.outputs(h, activity) {
			want = append(want, encoded(o))
		}
	}
	if sameBytes(ours, want) {
		return nil
	}
	all := append(theirs, want...)
	if len(all) == 0 {
		e := fhir.RemoveMember("output")
		return &e
	}
	e := fhir.SetMember("output", append(append([]byte{'['}, bytes.Join(all, []byte(","))...), ']'))
	return &e
}

func sameBytes(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

// outputs says when the first visit was and on which evidence.
func (s Settings) outputs(h *workflow.Handoff, activity bool) []output {
	list := []output{{
		Type:          concept{Coding: []coding{{System: SystemOutput, Code: "first-visit", Display: "First visit attended"}}},
		ValueDateTime: s.FormatMoment(h.Visit),
	}}
	source := BestSource(h)
	if source == "" {
		return list
	}
	list = append(list, output{
		Type:           concept{Coding: []coding{{System: SystemOutput, Code: "evidence", Display: "Evidence of the first visit"}}},
		ValueReference: &reference{source},
	})
	if !activity && len(source) > 10 && source[:10] == "Procedure/" {
		for i := range s.Guides {
			for _, c := range s.Guides[i].Activity {
				types := []coding{{System: c.System, Code: c.Code}, {System: SystemOutput, Code: "activity"}}
				list = append(list, output{Type: concept{Coding: types}, ValueReference: &reference{source}})
			}
		}
	}
	return list
}

// BestSource names the resource on which attended rests, without a version; "" when there is none.
func BestSource(h *workflow.Handoff) string {
	var best *workflow.Used
	for i := range h.Evidence {
		u := &h.Evidence[i]
		if u.Used && u.Kind == string(workflow.Came) && u.Grade != "" && (best == nil || u.Grade < best.Grade) {
			best = u
		}
	}
	if best == nil {
		return ""
	}
	if ref, ok := fhir.ParseReference(best.Source); ok {
		return ref.Key()
	}
	return ""
}

// FormatMoment writes a moment as a FHIR dateTime: a date, or an instant with the site's offset.
func (s Settings) FormatMoment(m workflow.Moment) string {
	switch {
	case m.IsZero():
		return ""
	case m.Day:
		return workflow.In(m.At, s.zone()).Format(time.DateOnly)
	}
	return workflow.In(m.At, s.zone()).Format(time.RFC3339)
}

// encoded writes a small value of ours as JSON.
func encoded(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("mapping: a value of ours cannot be written: " + err.Error())
	}
	return b
}

func quoted(s string) []byte { return encoded(s) }
