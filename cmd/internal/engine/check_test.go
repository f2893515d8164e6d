package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func TestAnOldTaskThatComesAgainIsNoMoveBack(t *testing.T) {
	t.Parallel()
	f := start(t)
	task := func(status string) Change {
		return f.put(`{"resourceType":"Task","id":"t","status":"` + status + `","intent":"order","focus":{"reference":"ServiceRequest/sr"},"owner":{"reference":"Organization/harbor"}}`)
	}
	f.apply(f.put(`{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/p"}}`), task("requested"))
	f.apply(task("accepted"))
	again := f.apply(task("requested"))[0]
	assert.Equal(t, Unchanged, again.Done)
	assert.Equal(t, 2, again.Version.Number)
	_ = f.refused(Unprocessable, f.put(`{"resourceType":"Task","id":"t","status":"requested","intent":"order","description":"another","focus":{"reference":"ServiceRequest/sr"},"owner":{"reference":"Organization/harbor"}}`))
}

func TestWhatComesBeforeItsRequestWaitsInAListAndJoins(t *testing.T) {
	t.Parallel()
	f := start(t)
	waiting := func() string {
		doc, err := f.WaitingParameters(t.Context(), Principal{})
		require.NoError(t, err)
		return string(doc)
	}
	assert.NotContains(t, waiting(), "waiting")
	f.apply(f.put(`{"resourceType":"Task","id":"t","status":"accepted","intent":"order","focus":{"reference":"ServiceRequest/sr"},"owner":{"reference":"Organization/harbor"}}`),
		f.put(`{"resourceType":"Encounter","id":"e","status":"planned","class":{"code":"AMB"},"basedOn":[{"reference":"ServiceRequest/sr"}]}`))
	assert.JSONEq(t, `{"resourceType":"Parameters","parameter":[{"name":"waiting","part":[{"name":"request","valueReference":{"reference":"ServiceRequest/sr"}},
		{"name":"because","valueString":"the ServiceRequest that it names has not come; it waits for that"},
		{"name":"item","valueReference":{"reference":"Task/t"}},{"name":"item","valueReference":{"reference":"Encounter/e"}}]}]}`, waiting())
	f.apply(f.put(`{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/p"}}`))
	assert.NotContains(t, waiting(), "waiting", "it came")
	doc, err := f.HandoffParameters(t.Context(), Principal{}, "Task", "t")
	require.NoError(t, err)
	assert.Contains(t, string(doc), `"preparing"`, "and what waited is followed")
}

func TestATaskThatTurnsToAnotherRequestIsALegOfThatOne(t *testing.T) {
	t.Parallel()
	f := start(t)
	request := func(id string) Change {
		return f.put(`{"resourceType":"ServiceRequest","id":"` + id + `","status":"active","intent":"order","subject":{"reference":"Patient/p"}}`)
	}
	task := func(request string) Change {
		return f.put(`{"resourceType":"Task","id":"t","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/` + request + `"},"owner":{"reference":"Organization/harbor"}}`)
	}
	legs := func(id string) string {
		doc, err := f.HandoffParameters(t.Context(), Principal{}, "ServiceRequest", id)
		require.NoError(t, err)
		return string(doc)
	}
	f.apply(request("a"), request("b"), task("a"))
	assert.Contains(t, legs("a"), "Task/t")
	f.apply(task("b"))
	assert.NotContains(t, legs("a"), "Task/t")
	assert.Contains(t, legs("b"), "Task/t")
	f.apply(task("a"))
	assert.Contains(t, legs("a"), "Task/t")
	assert.NotContains(t, legs("b"), "Task/t")
	f.apply(f.put(`{"resourceType":"Task","id":"t","status":"requested","intent":"order","description":"about nothing","owner":{"reference":"Organization/harbor"}}`))
	assert.NotContains(t, legs("a"), "Task/t")
}

func TestARowThatNothingMakesAnyMoreDoesNotKeepTheEngineAwake(t *testing.T) {
	t.Parallel()
	f := start(t)
	stray := store.Handoff{Task: "stray", Referral: "gone", State: "scheduled", Wake: f.time().Add(-time.Hour), Doc: []byte(`{}`)}
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error { return tx.PutHandoff(t.Context(), stray) }))
	next, done, err := f.Tick(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, done)
	assert.True(t, next.IsZero())
}
