package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
