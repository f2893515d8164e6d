package engine

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
)

// Whom a request and its Tasks are about, and that it stays so.

// sayNotTheirs tells whoever wrote a Task, or its request, that they are not about the same person.
//
// Source: local, a Task for somebody else is kept, never released, and said in the answer to the write
func (t *txn) sayNotTheirs(request, task string) {
	for _, k := range []store.Key{{Type: "Task", ID: task}, {Type: "ServiceRequest", ID: request}} {
		for _, w := range t.works {
			if w.key == k && w.write {
				w.issues = append(w.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeBusinessRule, Expression: w.at("Task.for"),
					Text: fmt.Sprintf("Task/%s is for somebody whom ServiceRequest/%s is not about. It is kept, and goes to nobody until it names the request's subject, "+
						"a member of the Group that is, or a record that is linked with theirs.", task, request)})
				return
			}
		}
	}
}

// checkWhom refuses an update by which a request or its Task would be about somebody else. The same person said another way is no change; a version that
// ends is taken for its ending; and a Task that was never released may be corrected to the request's subject.
//
// Source: local, whom a ServiceRequest or its Task is about does not change by an update
func (t *txn) checkWhom(old *store.Version, was, r *fhir.Resource) ([]fhir.Issue, error) {
	if old == nil || was == nil || r.Type() != "ServiceRequest" && r.Type() != "Task" || sameWords(was, r) {
		return nil, nil
	}
	t.recall()
	now, err := t.factOf(r)
	if err != nil {
		return nil, err
	}
	if now.Request == nil && now.Task == nil {
		return nil, nil // it is not understood, and acted on by nobody
	}
	before, err := t.history(old.Key, old.Number)
	if err != nil {
		return nil, err
	}
	changed, err := t.changesWhom(before, now)
	if err != nil || !changed {
		return nil, err
	}
	if r.Type() == "ServiceRequest" {
		return []fhir.Issue{whomIssue("ServiceRequest.subject", "Whom a request is about does not change; revoke it, or mark it as entered in error, and send another one.")}, nil
	}
	return []fhir.Issue{whomIssue("Task.for", "Whom a Task is for does not change, but that one that was never released may be corrected to whom its request is about; "+
		"cancel it, or mark it as entered in error, and send another one.")}, nil
}

// sameWords reports that the new version of a request or a Task names whom it is about in the words of one that did not end, and a Task the same request.
// What is contained may have become somebody else under the same name.
func sameWords(was, r *fhir.Resource) bool {
	element := "subject"
	if r.Type() == "Task" {
		element = "for"
	}
	v := r.Get(element)
	switch was.Get("status").Text() {
	case "revoked", "cancelled", "entered-in-error":
		return false
	}
	if r.Type() == "Task" && !(bytes.Equal(was.Get("focus").Raw(), r.Get("focus").Raw()) && bytes.Equal(was.Get("basedOn").Raw(), r.Get("basedOn").Raw())) {
		return false
	}
	return bytes.Equal(was.Get(element).Raw(), v.Raw()) && !strings.HasPrefix(v.Get("reference").Text(), "#")
}

func whomIssue(at, text string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Error, Code: fhir.CodeBusinessRule, Expression: at, Text: text}
}

// changesWhom reports whether a version is about somebody else than those before it, and may not be.
func (t *txn) changesWhom(before *mapping.History, now *mapping.Fact) (bool, error) {
	was, is := before.Subject(), now.Subject
	if now.Ends() {
		return false, nil
	}
	if now.Task == nil {
		same, err := t.onePerson(was, is)
		return !same, err
	}
	if len(before.Requests()) == 0 {
		return false, nil // it is no Task of a request
	}
	first, err := t.subjectOf(before.Requests())
	if err != nil {
		return false, err
	}
	subject := first
	if next := now.Requests(); len(next) > 0 {
		if subject, err = t.subjectOf(next); err != nil {
			return false, err
		}
	}
	if subject == "" {
		return false, nil // nobody knows yet for whom it ought to be
	}
	was, is, first = cmp.Or(was, first, subject), cmp.Or(is, subject), cmp.Or(first, subject)
	same, err := t.onePerson(was, is)
	if err != nil {
		return false, err
	}
	if stays, err := t.onePerson(first, subject); err != nil || same && stays {
		return false, err
	}
	if right, err := t.onePerson(subject, is); err != nil || !right {
		return true, err
	}
	return t.released(before.ID())
}

// subjectOf gives whom the first request that is here is about, "" for none.
func (t *txn) subjectOf(requests []string) (string, error) {
	for _, ref := range requests {
		h, err := t.history(keyOf(ref), 0)
		if err != nil || h.Subject() != "" {
			return h.Subject(), err
		}
	}
	return "", nil
}

// onePerson reports whether two references mean one person, under whatever ids.
func (t *txn) onePerson(a, b string) (bool, error) {
	if a == b {
		return true, nil
	}
	if keyOf(a).Type != "Patient" || keyOf(b).Type != "Patient" {
		return false, nil
	}
	people, err := t.recordsOf(a)
	if err != nil {
		return false, err
	}
	return slices.Contains(people, b), nil
}

// released reports whether a Task was ever released to its agency.
func (t *txn) released(task string) (bool, error) {
	row, err := t.tx.Handoff(t.ctx, task)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var d doc
	err = json.Unmarshal(row.Doc, &d)
	return d.Handoff.Released, err
}
