package engine

import (
	"fmt"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// todoMovers may move any to-do of ours, whosever it is.
var todoMovers = []workflow.Role{"", workflow.Navigator, workflow.Supervisor, workflow.Admin}

// checkTodo refuses that a to-do of ours is moved, given to somebody else or deleted by a party whose it is not. r is nil where it is to be deleted.
//
// Source: local, ruling 42, no party but navigators, supervisors and their owner may move a to-do
func (t *txn) checkTodo(old *store.Version, was, r *fhir.Resource) ([]fhir.Issue, error) {
	if was == nil || was.Type() != "Task" || slices.Contains(todoMovers, t.p.Role) {
		return nil, nil
	}
	todo, is := t.e.set.Guide.FactOf(was).TodoOf()
	if !is {
		return nil, nil
	}
	first := *old
	if old.Number > 1 {
		var err error
		if first, err = t.tx.Numbered(t.ctx, old.Key, 1); err != nil {
			return nil, err
		}
	}
	if !first.Author.Own || t.mayMove(&todo) {
		return nil, nil
	}
	at := t.moved(&todo, r)
	if at == "" {
		return nil, nil
	}
	return []fhir.Issue{{Severity: fhir.Error, Code: fhir.CodeBusinessRule, Expression: at,
		Text: fmt.Sprintf("This is a to-do of ours (%s). Only its owner, a navigator or a supervisor may move it, and you are none of them.", mapping.ProfileTodo)}}, nil
}

// moved names what of a to-do would be changed that is not for everybody to change; "" where nothing is.
func (t *txn) moved(todo *mapping.Todo, r *fhir.Resource) string {
	if r == nil {
		return "Task"
	}
	f := t.e.set.Guide.FactOf(r)
	switch now, is := f.TodoOf(); {
	case !is:
		return "Task.identifier"
	case now.Status != todo.Status:
		return "Task.status"
	case now.Owner != todo.Owner:
		return "Task.owner"
	}
	return ""
}

// mayMove reports whether the caller is who a to-do is for: its owner, or of its owner; where nobody of ours is named, whoever acts in that part.
func (t *txn) mayMove(todo *mapping.Todo) bool {
	if keyOf(todo.Owner).Type == "" {
		return t.p.Role == todo.For
	}
	if t.p.Party == "" || todo.Owner == t.p.Party {
		return t.p.Party != "" || t.p.Role == todo.For
	}
	if t.fresh == nil {
		t.fresh = map[store.Key]*mapping.History{}
	}
	return slices.Contains(t.orgs(todo.Owner), t.p.Party) || slices.Contains(t.orgs(t.p.Party), todo.Owner)
}
