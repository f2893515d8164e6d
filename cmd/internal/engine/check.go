package engine

import (
	"fmt"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// check asks the rules of the domain about a version that is to be stored: the Task's move and who makes it, and attestations. It runs inside
// the transaction, so that of two moves at once one wins.
func (t *txn) check(_ *Change, old *store.Version, _, r *fhir.Resource) []fhir.Issue {
	if r == nil {
		return nil
	}
	switch r.Type() {
	case "Task":
		return t.checkTask(old, r)
	case "Observation":
		return t.e.set.Guide.CheckAttestation(r, t.now, t.e.set.Rules.Skew)
	}
	return nil
}

// checkTask checks a fulfilment Task. Others are plain resources, and so are those of a request that is not followed.
func (t *txn) checkTask(old *store.Version, r *fhir.Resource) []fhir.Issue {
	now := t.e.set.Guide.FactOf(r)
	move, ok := now.Move()
	if !ok {
		return nil
	}
	issues := t.e.set.Guide.CheckReason(r)
	if old == nil || old.Deleted {
		return issues
	}
	if t.fresh == nil {
		t.fresh = map[store.Key]*mapping.History{}
	}
	followed, err := t.mayFollow(now)
	if err != nil || !followed {
		return append(issues, t.failed(err)...)
	}
	h, err := t.history(old.Key, old.Number)
	if err != nil {
		return append(issues, t.failed(err)...)
	}
	last, said, ours := mapping.LastWord(h)
	if !said || move.Status == ours && move.Status != last.Status {
		return issues
	}
	asked := workflow.Asked{From: last.Status, To: move.Status, By: t.p.Role, Reason: move.Reason, Ended: last.Said, At: t.now}
	if asked.By == workflow.Agency && asked.From != asked.To && !t.speaksFor(h, move.Owner) {
		return append(issues, ruleIssue(fmt.Sprintf("Task.status may be moved from %s by the Task's owner only, and that is another party.", asked.From)))
	}
	if no := workflow.CheckMove(asked, t.e.set.Rules); no != nil {
		issues = append(issues, ruleIssue(no.Error()))
	}
	return issues
}

func ruleIssue(text string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Error, Code: fhir.CodeBusinessRule, Expression: "Task.status", Text: text}
}

// failed turns a failure to read the store into a refusal of the change: nothing is written on half knowledge.
func (t *txn) failed(err error) []fhir.Issue {
	if err == nil {
		return nil
	}
	return []fhir.Issue{{Severity: fhir.Error, Code: fhir.CodeTransient, Text: "What this Task was before could not be read; try again."}}
}

// speaksFor reports whether the caller is the Task's owner, before or after the change, or belongs to it. A caller who names no party is
// taken at their word.
func (t *txn) speaksFor(h *mapping.History, owner string) bool {
	if t.p.Party == "" {
		return true
	}
	for _, o := range []string{owner, h.Owner()} {
		if o == "" || o == t.p.Party || slices.Contains(t.orgs(o), t.p.Party) || slices.Contains(t.orgs(t.p.Party), o) {
			return true
		}
	}
	return false
}

// mayFollow reports whether a fulfilment Task is held to the workflow: its request is followed, or has not come yet.
func (t *txn) mayFollow(f *mapping.Fact) (bool, error) {
	for _, ref := range f.Requests() {
		h, err := t.history(keyOf(ref), 0)
		if err != nil || len(h.Versions) == 0 || h.Followed() {
			return err == nil, err
		}
	}
	return false, nil
}
