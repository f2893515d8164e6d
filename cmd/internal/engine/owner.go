package engine

import (
	"fmt"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// ownerNamers may say whose a followed Task is: whoever did not say who they are is taken at their word.
//
// Source: local, ruling 38, Task.owner is changed by the referrer or a navigator
var ownerNamers = []workflow.Role{"", workflow.Referrer, workflow.Navigator, workflow.Supervisor, workflow.Admin}

// asItWas are the statuses that say nothing of the next agency: that it is asked, and those that a Task may show whoever reads it between a claim, our
// holding it and our closing it. Which of them it shows depends on when the evidence came.
var asItWas = []workflow.Status{workflow.TaskRequested, workflow.TaskInProgress, workflow.TaskCompleted}

// checkOwner checks whom a version of a followed Task names as its owner, and who writes it. given reports that it gives the Task to another agency,
// so that its status is no move of the agency before.
//
// Source: local, ruling 38
func (t *txn) checkOwner(e *mapping.Exchange, old *store.Version, r *fhir.Resource, move *mapping.TaskMove) (issues []fhir.Issue, given bool) {
	another := mapping.Another(e.Owner, move.Owner, t.orgs)
	switch {
	case t.wasOwner(e):
		return []fhir.Issue{ownerIssue(fmt.Sprintf("This Task was given to another agency (%s), and yours takes no part in it any more. A visit can still be "+
			"reported, as an Encounter or Appointment based on the ServiceRequest.", e.Owner))}, false
	case !another:
		return nil, false
	case !slices.Contains(ownerNamers, t.p.Role):
		return []fhir.Issue{ownerIssue(fmt.Sprintf("Task.owner is %s. Only the referrer or a navigator may give the Task to another, and you are neither.",
			e.Owner))}, false
	case t.repeats(old, r):
		return []fhir.Issue{ownerIssue("This says to the letter what you said before the Task was given to another agency.")}, true
	case !e.Said || e.Last.Status == workflow.TaskDraft:
		return nil, false
	case mapping.IsEnd(e.Last.Status):
		if move.Status == e.Last.Status || e.Ours != "" && move.Status == e.Ours {
			return []fhir.Issue{ownerIssue(fmt.Sprintf("This Task has ended (%s), so there is nothing to give to another agency. Open it again, with status "+
				"requested and a coded statusReason, or make a new Task on the same ServiceRequest.", e.Last.Status))}, true
		}
		return nil, false // opened again, if that move is open
	case move.Status == e.Last.Status, slices.Contains(asItWas, move.Status):
		return nil, true
	}
	return []fhir.Issue{ownerIssue(fmt.Sprintf("A Task that is given to another agency is asked of it: its status becomes requested, or stays %s, and not %s.",
		e.Last.Status, move.Status))}, true
}

// repeats reports a version that says to the letter what the same party wrote before: an old message that comes again gives nothing to anybody.
//
// Source: local, an older version or a duplicate changes nothing
func (t *txn) repeats(old *store.Version, r *fhir.Resource) bool {
	versions, err := t.tx.Versions(t.ctx, old.Key, 0, 100)
	return err == nil && slices.ContainsFunc(versions, func(v store.Version) bool {
		return !v.Deleted && v.Author == t.author() && string(r.Stamp(old.ID, v.Number, v.Updated)) == string(v.Body)
	})
}

// wasOwner reports an agency that the Task was taken from.
func (t *txn) wasOwner(e *mapping.Exchange) bool {
	if t.p.Role != workflow.Agency || t.p.Party == "" || t.speaks(e.Owner) {
		return false
	}
	return slices.ContainsFunc(e.Former, t.speaks)
}

// speaks reports whether the caller is a party, or belongs to it.
func (t *txn) speaks(party string) bool {
	return party != "" && mapping.SameAgency(party, t.p.Party, t.orgs)
}

func ownerIssue(text string) fhir.Issue {
	return fhir.Issue{Severity: fhir.Error, Code: fhir.CodeBusinessRule, Expression: "Task.owner", Text: text}
}
