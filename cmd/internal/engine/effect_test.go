package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// wants makes an engine whose folds ask for the effects that the test names, beside what they find.
func wants(f *fixture, effects func(l *workflow.Ledger, at time.Time) []workflow.Effect) {
	f.fold = func(l *workflow.Ledger, at time.Time, r *workflow.Rules) workflow.Handoff {
		h := workflow.Fold(l, at, r)
		h.Effects = effects(l, at)
		return h
	}
}

var (
	askAgency = workflow.Effect{Key: "T2/answer/red/1", Kind: workflow.Todo, What: "answer", Timer: "T2", For: workflow.Agency}
	remind    = workflow.Effect{Key: "T8/reminder/1", Kind: workflow.Message, What: "reminder", Timer: "T8", For: workflow.Person}
)

// refer posts a request with one Task, both under the id.
func (f *fixture) refer(id string) {
	f.t.Helper()
	f.apply(f.put(`{"resourceType":"ServiceRequest","id":"`+id+`","status":"active","intent":"order","subject":{"reference":"Patient/p"},"requester":{"reference":"Organization/r"}}`),
		f.put(legTask(id, "requested", "")))
}

func legTask(id, status, more string) string {
	return `{"resourceType":"Task","id":"` + id + `","status":"` + status + `","intent":"order",` + more + `"focus":{"reference":"ServiceRequest/` + id + `"},"owner":{"reference":"Organization/harbor"}}`
}

// versions gives the statuses of a resource's versions, the oldest first.
func (f *fixture) statuses(k store.Key) (list []string) {
	f.t.Helper()
	require.NoError(f.t, f.store.View(context.Background(), func(r store.Reader) error {
		all, err := r.Versions(context.Background(), k, 0, 0)
		for _, v := range slices.Backward(all) {
			var b struct{ Status string }
			if !v.Deleted {
				require.NoError(f.t, json.Unmarshal(v.Body, &b))
			}
			list = append(list, b.Status)
		}
		return err
	}))
	return list
}

func (f *fixture) row(task string) (row store.Handoff) {
	f.t.Helper()
	require.NoError(f.t, f.store.View(context.Background(), func(r store.Reader) (err error) {
		row, err = r.Handoff(context.Background(), task)
		return err
	}))
	return row
}

func effectKey(leg string, e workflow.Effect) store.Key {
	typ := "Communication"
	if e.Kind == workflow.Todo {
		typ = "Task"
	}
	return store.Key{Type: typ, ID: mapping.EffectID("Task/"+leg, e.Key)}
}

func TestAnEffectIsWrittenOnceAndClosedWhenNothingAsksForIt(t *testing.T) {
	t.Parallel()
	f := start(t)
	desired := []workflow.Effect{askAgency, remind, askAgency}
	wants(f, func(*workflow.Ledger, time.Time) []workflow.Effect { return desired })
	f.refer("a")
	for range 3 {
		f.apply(f.put(`{"resourceType":"Communication","id":"c","status":"completed","basedOn":[{"reference":"ServiceRequest/a"}],"payload":[{"contentString":"` + f.set.NewID() + `"}]}`))
	}
	assert.Equal(t, []string{"ready"}, f.statuses(effectKey("a", askAgency)))
	assert.Equal(t, []string{"preparation"}, f.statuses(effectKey("a", remind)))
	assert.Contains(t, string(f.row("a").Doc), askAgency.Key, "the answer says what was told")

	desired = nil
	f.apply(f.put(legTask("a", "accepted", "")))
	f.apply(f.put(legTask("a", "in-progress", "")))
	assert.Equal(t, []string{"ready", "cancelled"}, f.statuses(effectKey("a", askAgency)))
	assert.Equal(t, []string{"preparation", "not-done"}, f.statuses(effectKey("a", remind)))
}

func TestWhatAHumanClosedStaysClosed(t *testing.T) {
	t.Parallel()
	done := func(f *fixture, k store.Key) Change {
		doc, err := f.Read(t.Context(), Principal{}, k.Type, k.ID)
		require.NoError(t, err)
		return f.put(strings.Replace(string(doc.Body), `"ready"`, `"completed"`, 1))
	}
	drop := func(f *fixture, k store.Key) Change { return Change{Method: Delete, Type: k.Type, ID: k.ID} }
	for name, closes := range map[string]func(*fixture, store.Key) Change{"completed": done, "deleted": drop} {
		f := start(t)
		desired := []workflow.Effect{askAgency}
		wants(f, func(*workflow.Ledger, time.Time) []workflow.Effect { return desired })
		f.refer("a")
		k := effectKey("a", askAgency)
		before := f.row("a").State
		f.apply(closes(f, k))
		after := f.statuses(k)
		assert.Len(t, after, 2, name)
		assert.Equal(t, before, f.row("a").State, "a todo does not move its leg")
		assert.Contains(t, string(f.row("a").Doc), `"Open":false`, name)
		f.apply(f.put(legTask("a", "accepted", "")))
		desired = nil
		f.apply(f.put(legTask("a", "in-progress", "")))
		assert.Equal(t, after, f.statuses(k), name)
		all, err := f.Search(t.Context(), Principal{}, "Task", map[string][]string{"_summary": {"count"}}, false)
		require.NoError(t, err)
		assert.LessOrEqual(t, all.Total, 2, "%s: nothing was written again under another id", name)
	}
}

func TestSomebodyElsesResourceUnderTheIDOfAnEffectDoesNotSilenceIt(t *testing.T) {
	t.Parallel()
	f := start(t)
	k := effectKey("a", askAgency)
	f.apply(f.put(`{"resourceType":"Task","id":"` + k.ID + `","status":"completed","intent":"order","identifier":[{"system":"` + mapping.SystemEffect + `","value":"Task/a#` + askAgency.Key + `"}],
		"code":{"coding":[{"system":"urn:mine","code":"x"}]},"basedOn":[{"reference":"ServiceRequest/a"}]}`))
	wants(f, func(*workflow.Ledger, time.Time) []workflow.Effect { return []workflow.Effect{askAgency} })
	f.refer("a")
	f.apply(f.put(legTask("a", "accepted", "")))
	assert.Equal(t, []string{"completed"}, f.statuses(k))
	found, err := f.Search(t.Context(), Principal{}, "Task", map[string][]string{"status": {"ready"}, "owner": {"Organization/harbor"}}, false)
	require.NoError(t, err)
	assert.Len(t, found.Versions, 1, "it stands under another id, once")
}

func TestNoMessageGoesOutAfterConsentWasTakenBack(t *testing.T) {
	t.Parallel()
	h := &workflow.Handoff{State: workflow.Closed, Reason: workflow.ConsentRevoked}
	assert.True(t, muted(h, workflow.Message))
	assert.False(t, muted(h, workflow.Todo))
	assert.False(t, muted(&workflow.Handoff{State: workflow.Scheduled}, workflow.Message))
}

func TestAnEffectThatATimerMakesIsWrittenWhenItIsDueAndReprojectFindsNothingToAdd(t *testing.T) {
	t.Parallel()
	f := start(t)
	due := f.time().Add(time.Hour)
	f.fold = func(l *workflow.Ledger, at time.Time, r *workflow.Rules) workflow.Handoff {
		h := workflow.Fold(l, at, r)
		if at.Before(due) {
			h.Wake = due
		} else {
			h.Effects = []workflow.Effect{askAgency}
		}
		return h
	}
	f.refer("a")
	f.refer("b")
	next, done, err := f.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 0, done)
	assert.True(t, due.Equal(next))
	assert.Empty(t, f.statuses(effectKey("a", askAgency)))
	f.step(time.Hour)
	_, done, err = f.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, done)
	_, done, err = f.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 0, done)
	assert.Equal(t, []string{"ready"}, f.statuses(effectKey("b", askAgency)))

	before, seen := []store.Handoff{f.row("a"), f.row("b")}, f.store.Seen()
	fresh := startOn(t, f.store)
	fresh.fold, fresh.clock = f.fold, f.clock
	require.NoError(t, fresh.Reproject(t.Context(), nil))
	assert.Equal(t, before, []store.Handoff{f.row("a"), f.row("b")}, "the same rows, to the byte")
	assert.Equal(t, seen, f.store.Seen(), "and nothing was written")
}
