package main

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProofOfAbuse shows that the proof measures what it says. How fast it must be is for the proof to say, not for a test.
func TestProofOfAbuse(t *testing.T) {
	t.Parallel()
	if _, err := resetPeak(os.Getpid()); err != nil {
		t.Skipf("processes cannot be measured here: %v", err)
	}
	got := runProgram(t, "", "proof", "abuse", "--seconds", "1.2", "--clients", "2", "--patients", "50", "--calm", "1ms", "--rows", "unknown-xml,performers")
	require.NotEmpty(t, got.out, got.err)
	var v verdict
	require.NoError(t, json.Unmarshal([]byte(got.out), &v))
	assert.InDelta(t, 0, v.Figures["honestFailures"], 0, v.Figures["firstFailure"])
	assert.Greater(t, v.Figures["honest"], 0.0)
	assert.Greater(t, v.Figures["abuses"], 0.0)
	alone, _ := v.Figures["alone"].([]any)
	require.Len(t, alone, 2)
	for _, one := range alone {
		one, _ := one.(map[string]any)
		assert.Greater(t, one["readMs"], 0.0)
		assert.Greater(t, one["writeMs"], 0.0)
		assert.NotEmpty(t, one["answers"])
	}
	got = runProgram(t, "", "proof", "abuse", "--rows", "quince")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.err, `"quince" is none of household, household-allowed, household-touched, chain`)
}

func TestWrongAnswersToAbuseAreThoseThatNobodyCanActOn(t *testing.T) {
	t.Parallel()
	seen := &answers{}
	for _, one := range []string{"200", "400", "500", "503", "507", "502", "no answer", "500"} {
		seen.add(one)
	}
	assert.Equal(t, 3, seen.wrong())
	assert.Equal(t, []string{"200×1", "400×1", "500×2", "502×1", "503×1", "507×1", "no answer×1"}, seen.list())
}

// TestEachKindOfAbuseIsAsItSays: a body that is no longer what it was meant to be would prove nothing.
func TestEachKindOfAbuseIsAsItSays(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, k := range abuses() {
		assert.False(t, names[k.name], k.name)
		names[k.name] = true
		assert.Positive(t, k.requests, k.name)
	}
	for name, body := range map[string][]byte{
		"household": bundle("transaction", household("h", 1000)...), "chain": bundle("transaction", chain("c", 500)...), "end of time": bundle("transaction", endOfTime("e")...),
		"a large Patient": largePatient("p", 2_400_000), "a patch": patchOf(200),
	} {
		assert.True(t, json.Valid(body), name)
	}
	assert.InDelta(t, 2_400_000, len(largePatient("p", 2_400_000)), 400_000)
	used, err := processor(os.Getpid())
	if err == nil {
		assert.Greater(t, used, time.Duration(0))
	}
}
