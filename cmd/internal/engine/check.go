package engine

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// check asks the rules of the domain about a version that is to be stored: the Task's move and who makes it, and attestations. It runs inside
// the transaction, so that of two moves at once one wins.
func (t *txn) check(c *Change, old *store.Version, was, r *fhir.Resource) ([]fhir.Issue, error) {
	no, err := t.checkTodo(old, was, r)
	if err != nil || len(no) > 0 || r == nil {
		return no, err
	}
	var issues []fhir.Issue
	if !c.samePerson {
		if issues, err = t.checkWhom(old, was, r); err != nil {
			return nil, err
		}
	}
	switch r.Type() {
	case "Task":
		more, err := t.checkTask(c, old, was, r)
		return append(issues, more...), err
	case "Subscription":
		return append(issues, t.e.checkSubscription(r)...), nil
	case "Observation":
		return t.e.set.Guide.CheckAttestation(r, t.now, t.e.set.Rules.Skew), nil
	}
	return issues, nil
}

// checkTask checks a fulfilment Task. Others are plain resources, and so are those of a request that is not followed.
func (t *txn) checkTask(c *Change, old *store.Version, was, r *fhir.Resource) ([]fhir.Issue, error) {
	now, err := t.factOf(r)
	if err != nil {
		return nil, err
	}
	move, is := now.Said()
	if !is {
		return nil, nil
	}
	var issues []fhir.Issue
	if !now.Kept() {
		issues = t.e.set.Guide.CheckReason(r)
	}
	if old == nil || old.Deleted {
		return issues, nil
	}
	if t.fresh == nil {
		t.fresh = map[store.Key]*mapping.History{}
	}
	followed, err := t.mayFollow(now)
	if err != nil || !followed && was != nil && t.e.set.Guide.FactOf(was).Kept() {
		return issues, err
	}
	h, err := t.history(old.Key, old.Number)
	if err != nil {
		return nil, err
	}
	if !followed {
		held, no, err := t.checkStays(h, now)
		if err != nil || !held || len(no) > 0 {
			return append(issues, no...), err
		}
	}
	e := mapping.ExchangeOf(h, t.orgs)
	no, given := t.checkOwner(&e, old, r, &move)
	if issues = append(issues, no...); len(no) > 0 || given {
		return issues, nil
	}
	last, said, ours, err := t.lastWord(h, &e)
	if err != nil {
		return nil, err
	}
	if !said || mapping.IsEcho(move, last.Status, ours) {
		return issues, nil
	}
	asked := workflow.Asked{From: last.Status, To: move.Status, By: t.p.Role, Reason: move.Reason, Ended: last.Said, At: t.now,
		Cancel: t.e.set.Guide.Partners[h.Owner()].Cancel, Asks: move.Asks}
	if no := workflow.MayGive(asked); no != nil && (asked.From != asked.To || asked.Reason != last.Reason) {
		return append(issues, ruleIssue(no.Error())), nil
	}
	if asked.From == asked.To && asked.To != workflow.TaskCompleted {
		return issues, nil
	}
	if asked.By == workflow.Agency && !t.speaksFor(h, move.Owner) {
		return append(issues, ruleIssue(fmt.Sprintf("Task.status may be moved from %s by the Task's owner only, and that is another party.", asked.From))), nil
	}
	if asked.From == asked.To {
		return issues, nil
	}
	late, err := t.late(c, old, h, last)
	if err != nil {
		return nil, err
	}
	switch no := t.checkMove(h, &asked); {
	case no != nil:
		issues = append(issues, ruleIssue(no.Error()))
	case late:
		issues = append(issues, ruleIssue(fmt.Sprintf("Task.status has been moved to %s since this was made; read it again. Open from %s: %s.",
			asked.From, asked.From, workflow.Listed(workflow.OpenMoves(asked.From, asked.By)))))
	}
	return issues, nil
}

// late reports a move that was made without knowing of the last one: it came before that was stored, or it cancels, and still carries the meta of
// a version before the other side's last word. Of accept and cancel at once one wins, also without If-Match.
//
// Source: local, of accept and cancel at once one wins; a stale whole-resource PUT is taken where nobody else's word is lost by it
func (t *txn) late(c *Change, old *store.Version, h *mapping.History, last workflow.Word) (bool, error) {
	theirs, err := t.theirs(*old)
	if err != nil || theirs.Seq > t.seen {
		return err == nil, err
	}
	if workflow.Status(c.Resource.Get("status").Text()) != workflow.TaskCancelled || last.By == t.p.Role && last.By != "" {
		return false, nil
	}
	n, err := strconv.Atoi(c.Resource.VersionID())
	if err != nil || n < 1 || n >= len(h.Versions) {
		return false, nil
	}
	read, err := time.Parse(time.RFC3339, c.Resource.LastUpdated())
	if err != nil || !read.Equal(h.Versions[n-1].Received) {
		return false, nil // the meta of another server says nothing here
	}
	then, said, _ := mapping.LastWord(&mapping.History{Key: h.Key, Versions: h.Versions[:n]}, t.orgs)
	return said && then.Status != last.Status, nil
}

func ruleIssue(text string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Error, Code: fhir.CodeBusinessRule, Expression: "Task.status", Text: text}
}

// speaksFor reports whether the caller is the Task's owner, or belongs to it; where nobody owned it, whoever it is to belong to. A caller who names
// no party is taken at their word.
func (t *txn) speaksFor(h *mapping.History, owner string) bool {
	if t.p.Party == "" {
		return true
	}
	o := h.Owner()
	if o == "" {
		o = owner // it was open for claiming
	}
	return o == "" || o == t.p.Party || slices.Contains(t.orgs(o), t.p.Party) || slices.Contains(t.orgs(t.p.Party), o)
}

// checkStays refuses that a Task that asks an agency becomes something else, or loses its request: the leg would be gone, and with it who has to do what by
// when, and the rules of who may move it. One that was never released may be corrected by whoever may say whose it is. One that was a mistake is none,
// whatever else it says. held reports a Task that is held to the workflow by what it was.
//
// Source: local, no leg is lost without an end; ruling 38
func (t *txn) checkStays(h *mapping.History, now *mapping.Fact) (held bool, no []fhir.Issue, err error) {
	was, err := t.isLeg(h.Fact())
	switch {
	case err != nil || !was:
		return false, nil, err
	case now.InError():
		return true, nil, nil
	case slices.Contains(ownerNamers, t.p.Role):
		if released, err := t.released(h.ID()); err != nil || !released {
			return false, nil, err
		}
	}
	next := *h
	next.Versions = slices.Clip(h.Versions)
	next.Add(mapping.Version{Number: len(h.Versions) + 1, Received: t.now}, now)
	why, err := t.whyKept(&next)
	if err != nil {
		return true, nil, err
	}
	return true, []fhir.Issue{why.Issue("This Task asks an agency, and stays what it is: cancel it, or mark it as entered in error, and send another one. This version would not be followed: ")}, nil
}

// isLeg reports whether a Task asks an agency by a request that is here and followed.
func (t *txn) isLeg(f *mapping.Fact) (bool, error) {
	for _, ref := range f.Requests() {
		h, err := t.history(keyOf(ref), 0)
		if err != nil || h.Followed() && t.e.set.Guide.Follows(f, h, t.orgs) {
			return err == nil, err
		}
	}
	return false, nil
}

// mayFollow reports whether a Task is held to the workflow: its request is followed and it is a leg of that, or the request has not come yet.
func (t *txn) mayFollow(f *mapping.Fact) (bool, error) {
	for _, ref := range f.Requests() {
		h, err := t.history(keyOf(ref), 0)
		if err != nil || len(h.Versions) == 0 || h.Followed() && t.e.set.Guide.Follows(f, h, t.orgs) {
			return err == nil, err
		}
	}
	return false, nil
}
