package main

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/mapping"
)

// TestSeveralServersDoEachThingOnce is the short form of proof timers. Not parallel: it measures how late things are.
func TestSeveralServersDoEachThingOnce(t *testing.T) {
	got := runProgram(t, "", "proof", "timers", "--timers", "200", "--spread", "2s", "--kills", "2", "--pauses", "1", "--pause", "500ms", "--step", "300ms")
	require.Equal(t, 0, got.status, "%s%s", got.out, got.err)
	var v verdict
	require.NoError(t, json.Unmarshal([]byte(got.out), &v), got.out)
	assert.InDelta(t, 200, v.Figures["timers"], 0)
	assert.InDelta(t, 2, v.Figures["kills"], 0)
	assert.InDelta(t, 1, v.Figures["pauses"], 0)
	assert.Positive(t, v.Figures["lateP50ms"])
}

// TestSearchesAmongFewTasks is the short form of proof search: that it asks and measures, not what comes out.
func TestSearchesAmongFewTasks(t *testing.T) {
	t.Parallel()
	got := runProgram(t, "", "proof", "search", "--tasks", "1500", "--few", "1000", "--clients", "2", "--seconds", "0.05")
	require.Contains(t, []int{0, 1}, got.status, "it comes to a verdict, whichever: %s", got.err)
	var v verdict
	require.NoError(t, json.Unmarshal([]byte(got.out), &v), "%s%s", got.out, got.err)
	assert.Equal(t, got.status == 0, v.OK)
	assert.InDelta(t, 1000, v.Figures["deepPageBehind"], 0)
	for _, kind := range []string{"worklistFew", "worklistMany", "firstPage", "deepPage", "fiftyAlone", "fiftyIncluding"} {
		assert.Positive(t, v.Figures[kind+"PerSecond"], kind)
	}
}

// TestFewHandoffsAreSweptAndMadeAgain is the short form of proof scale.
func TestFewHandoffsAreSweptAndMadeAgain(t *testing.T) {
	t.Parallel()
	got := runProgram(t, "", "proof", "scale", "--handoffs", "600", "--few", "200", "--due", "20", "--writes", "20")
	var v verdict
	require.NoError(t, json.Unmarshal([]byte(got.out), &v), "%s%s", got.out, got.err)
	assert.InDelta(t, 20, v.Figures["due"], 0)
	assert.InDelta(t, 20, v.Figures["done"], 0)
	assert.InDelta(t, 640, v.Figures["rows"], 0)
	assert.InDelta(t, 0, v.Figures["rowsDifferent"], 0)
	assert.Contains(t, v.Figures, "sweepDueMs")
}

// TestARowThatIsNotWhatTheResourcesSayIsFoundByReproject spoils one row and drops another.
func TestARowThatIsNotWhatTheResourcesSayIsFoundByReproject(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "r.db")
	st, err := openStore(t.Context(), file, sqlstore.Options{})
	require.NoError(t, err)
	sys := wire(st, wiring{base: "http://127.0.0.1/fhir", guide: mapping.Settings{Zone: time.UTC}, now: machineClock("", nil).Now, newID: newID})
	require.NoError(t, fill(t.Context(), sys.engine, 0, 300, func(int) time.Time { return time.Now().Add(time.Hour) }))
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		row, err := tx.Handoff(t.Context(), filled(7))
		if err != nil {
			return err
		}
		row.State = "attended"
		return errors.Join(tx.PutHandoff(t.Context(), row), tx.DropHandoff(t.Context(), filled(8)),
			tx.PutHandoff(t.Context(), store.Handoff{Task: "stray", Referral: "gone", State: "offered", Doc: []byte(`{}`)}))
	}))
	require.NoError(t, st.Close())
	got := runProgram(t, "", "reproject", "--verify", "--zone", "UTC", "--base-url", "http://127.0.0.1/fhir", "--db", file)
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.out, "300 referrals projected in")
	assert.Contains(t, got.out, "Task/"+filled(7)+": was attended")
	assert.Contains(t, got.err, "3 of 300 rows came out otherwise")
	got = runProgram(t, "", "reproject", "--verify", "--zone", "UTC", "--base-url", "http://127.0.0.1/fhir", "--db", file)
	assert.Equal(t, 0, got.status, got.out)
	assert.Contains(t, got.out, "all 300 rows came out as they were")
}
