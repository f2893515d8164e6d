package mapping

import (
	"bytes"
	"slices"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// Where the outcome may not go back to the referrer, the Task that the referrer reads tells nothing while the leg goes on: no businessStatus of
// ours, no output of ours, and completed is not let stand. On a day that does not depend on what happened it ends, in the same bytes whatever
// did happen.
//
// Source: local, blind ending: cancelled, outcome-not-shared, same text, fixed day

// ActNeutral is the activity of every version that we write while the outcome may not be told: it says nothing.
const ActNeutral = "neutral"

// notSharedText stands in a Task that ended so.
const notSharedText = "Tracking ended. What came of it is not shared."

// BlindTask gives the Task as its referrer may see it for a handoff that is Blind, nil when it reads so already. task is the newest version; from
// is the version to make the ending from: what the referrer sent, nil for task itself. status is what it reads until its day comes. The same
// function serves the one Task of both sides, and the referrer's own Task above the agencies' Tasks. theirs is what is the parties' own of its
// businessStatus.
func (s Settings) BlindTask(task, from *fhir.Resource, theirs *Business, status workflow.Status, h *workflow.Handoff, at time.Time) *Amendment {
	var body []byte
	if h.Over {
		body = s.ending(task, from, at)
	} else {
		body = s.unsaid(task, theirs, status, at)
	}
	if body == nil || sameSaying(task, body) {
		return nil
	}
	return &Amendment{Body: body, Why: ActNeutral}
}

// unsaid takes from a Task what we said in it, and sets its status.
func (s Settings) unsaid(task *fhir.Resource, theirs *Business, status workflow.Status, at time.Time) []byte {
	var edits []fhir.Edit
	if task.Get("status").Text() != string(status) {
		edits = append(edits, fhir.SetMember("status", quoted(string(status))))
	}
	if have := task.Get("businessStatus"); oursAmong(codings(have), SystemState) {
		if e := theirs.edit(have, nil, nil); e != nil {
			edits = append(edits, *e)
		}
	}
	if o := s.outputEdit(task, &workflow.Handoff{}); o != nil {
		edits = append(edits, *o)
	}
	if len(edits) == 0 {
		return nil
	}
	return task.With(append(edits, modified(task, at)...)...)
}

// tells are the members of a Task that may say what happened.
var tells = []string{"text", "note", "output", "executionPeriod", "relevantHistory", "restriction", "lastModified"}

// bearing are the members that say what a Task is about and whose it is: they are kept as they are now.
var bearing = []string{"owner", "focus", "basedOn", "for", "code", "partOf"}

// ending gives the Task as it ends: what the referrer sent, without anything that could tell.
func (s Settings) ending(task, from *fhir.Resource, at time.Time) []byte {
	if from == nil {
		from = task
	}
	var edits []fhir.Edit
	for _, name := range tells {
		edits = append(edits, fhir.RemoveMember(name))
	}
	for _, name := range bearing {
		if v := task.Get(name); v.Exists() {
			edits = append(edits, fhir.SetMember(name, v.Raw()))
		} else {
			edits = append(edits, fhir.RemoveMember(name))
		}
	}
	edits = append(edits,
		fhir.SetMember("status", quoted(string(workflow.TaskCancelled))),
		fhir.SetMember("statusReason", encoded(concept{Text: notSharedText})),
		fhir.SetMember("businessStatus", encoded(concept{
			Coding: []coding{{System: SystemState, Code: string(workflow.NotShared), Display: workflow.NotShared.Words()}}, Text: notSharedText,
		})))
	return from.With(append(edits, fhir.SetMember("lastModified", stampedAt(at)))...)
}

// EndedBlind reports a Task that ended with the outcome not shared.
func EndedBlind(task *fhir.Resource) bool {
	return slices.Contains(codesOf(codings(task.Get("businessStatus")), SystemState), string(workflow.NotShared))
}

// Restore gives the Task again as its parties last wrote it, with what a handoff adds, after an ending that told nothing.
func (s Settings) Restore(theirs *fhir.Resource, business *Business, last workflow.Status, h *workflow.Handoff, at time.Time) *Amendment {
	if a := s.Amend(theirs, business, last, h, at); a != nil {
		return a
	}
	return &Amendment{Body: theirs.Bytes(), Why: ActTell}
}

// BlindStatus gives the status that the Task of both sides reads until its day: their own word, but that completed is held whether or not it is
// so.
func (s Settings) BlindStatus(task *fhir.Resource, last workflow.Status) workflow.Status {
	if last == workflow.TaskCompleted && !s.Partners[s.party(task.Get("owner"))].Mark {
		return workflow.TaskInProgress
	}
	return last
}

// Sent gives the number of the version of a Task from which a neutral ending is made: the newest that the referrer wrote, else the first.
func (h *History) Sent() int {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if v := &h.Versions[i]; v.Role == workflow.Referrer && !v.Own && !v.silent() {
			return v.Number
		}
	}
	return 1
}

// Theirs gives the number of the newest version that we did not write, 0 for none.
func (h *History) Theirs() int {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if v := &h.Versions[i]; !v.Own && !v.silent() {
			return v.Number
		}
	}
	return 0
}

// modified gives the edit of lastModified where a Task has one.
func modified(task *fhir.Resource, at time.Time) []fhir.Edit {
	if !task.Get("lastModified").Exists() {
		return nil
	}
	return []fhir.Edit{fhir.SetMember("lastModified", stampedAt(at))}
}

func stampedAt(at time.Time) []byte { return quoted(at.UTC().Format("2006-01-02T15:04:05.000Z")) }

// sameSaying reports that a body says what a Task says already, but for when.
func sameSaying(task *fhir.Resource, body []byte) bool {
	r, err := fhir.ReadStored(body)
	if err != nil {
		return false
	}
	timeless := []fhir.Edit{fhir.RemoveMember("meta"), fhir.RemoveMember("lastModified")}
	return bytes.Equal(r.With(timeless...), task.With(timeless...))
}
