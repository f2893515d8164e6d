package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestExplainAStory(t *testing.T) {
	t.Parallel()
	file, err := filepath.Abs(samples + "scenarios/03a-noshow-then-completed.txtar")
	require.NoError(t, err)
	told := runProgram(t, "", "explain", file)
	assert.Zero(t, told.status, told.err)
	for _, line := range []string{
		"Task/T1 at Organization/harbor\n",
		"Where:    Reaching out: missed the visit (outreach:missed)",
		"Why:      newest-visit-missed: The newest visit was missed",
		"Thu 5 Mar 10:00: missed (Appointment/AP1), by the rule: decided: did not come",
		"set aside  Task/T1/_history/6  came, grade E, for: set aside by a decision",
		"counted    Observation/O1/_history/1  did-not-come",
		"reach-person, navigator, by Mon 9 Mar 09:30",
		"task in-progress (outreach)",
	} {
		assert.Contains(t, told.out, line)
	}
}

func TestExplainResources(t *testing.T) {
	t.Parallel()
	file := func(name string) string {
		path, err := filepath.Abs(samples + name)
		require.NoError(t, err)
		return path
	}
	told := runProgram(t, "", "explain", file("bundles/06-without-consent.json"))
	assert.Zero(t, told.status, told.err)
	assert.Contains(t, told.out, "Getting ready: consent that covers this agency is missing (preparing:consent)")

	told = runProgram(t, "", "explain", file("bundles/06-without-consent.json"), "--partner", "Organization/harbor=treatment")
	assert.Contains(t, told.out, "(offered)", "what was agreed with a partner counts")

	told = runProgram(t, `{"resourceType": "Task"}`, "explain", "nowhere.json")
	assert.Equal(t, 2, told.status)
	told = runProgram(t, "", "explain", file("invalid/README.md"))
	assert.Equal(t, 1, told.status)
	assert.Contains(t, told.out, "fatal (structure)")
}

func TestExplainAServer(t *testing.T) {
	t.Parallel()
	s := serveDemo(t)
	told := runProgram(t, "", "explain", s.base+"/ServiceRequest/demo-scheduled-SR1", "--zone", "UTC")
	assert.Zero(t, told.status, told.err)
	assert.Contains(t, told.out, "ServiceRequest/demo-scheduled-SR1: active")
	assert.Contains(t, told.out, "Visit booked (scheduled)")

	told = runProgram(t, "", "explain", s.base+"/Task/demo-scheduled-T1/$handoff")
	assert.Zero(t, told.status, told.err)
	assert.Contains(t, told.out, "Why:      visit-upcoming: A booked visit lies ahead or is under way.")

	assert.Equal(t, 1, runProgram(t, "", "explain", s.base+"/Task/nobody").status)
	assert.Equal(t, 2, runProgram(t, "", "explain", s.base+"/Patient/p").status)
}
