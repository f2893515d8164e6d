package bser

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// The codes of each edition, as published.
var published = map[string][]string{
	STU1:   {"2.0", "3.0", "4.0", "5.4", "5.x", "6.0", "7.0"},
	Ballot: {"2.0", "3.0", "4.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.2", "6.0", "7.0"},
}

func TestEachEditionIsWhole(t *testing.T) {
	t.Parallel()
	for edition, want := range published {
		var have []string
		for _, r := range Rows {
			for _, e := range r.Editions {
				if e == edition {
					have = append(have, r.Code)
				}
			}
			assert.NotEmpty(t, r.Display, r.Code)
		}
		assert.ElementsMatch(t, want, have, edition)
	}
}

func TestOnlyBallotCodesAreWritten(t *testing.T) {
	t.Parallel()
	ballot := map[string]bool{}
	for _, c := range published[Ballot] {
		ballot[c] = true
	}
	for _, r := range Rows {
		if len(r.For) > 0 {
			assert.True(t, ballot[r.Code], r.Code)
		}
	}
}

// TestWhatEachCodeSays reads a Task with each code of both editions.
func TestWhatEachCodeSays(t *testing.T) {
	t.Parallel()
	set := mapping.Settings{Guides: []mapping.Guide{Guide}}
	for _, r := range Rows {
		task, issues := fhir.Read([]byte(fmt.Sprintf(
			`{"resourceType":"Task","status":"in-progress","intent":"order","focus":{"reference":"ServiceRequest/s"},"owner":{"reference":"Organization/o"},"businessStatus":{"coding":[{"system":%q,"code":%q}]}}`, System, r.Code)))
		require.Empty(t, issues)
		f := set.FactOf(task)
		assert.Equal(t, r.Says, f.Task.Says, r.Code)
		move, ok := f.Move()
		require.True(t, ok)
		assert.Equal(t, r.Code == "5.2" || r.Code == "5.4", move.Asks, r.Code)
	}
}

func TestWhichCodeIsWrittenForWhichState(t *testing.T) {
	t.Parallel()
	set := mapping.Settings{Guides: []mapping.Guide{Guide}}
	for _, c := range []struct {
		h    workflow.Handoff
		code string // "" none
	}{
		{workflow.Handoff{State: workflow.Scheduled}, "5.1.1"},
		{workflow.Handoff{State: workflow.Outreach, Reason: workflow.Missed}, "5.1.2"},
		{workflow.Handoff{State: workflow.Outreach, Reason: workflow.CancelledByPerson}, "5.1.3"},
		{workflow.Handoff{State: workflow.Outreach, Reason: workflow.CouldNotReach}, ""},
		{workflow.Handoff{State: workflow.Unconfirmed, Reason: workflow.NoNews}, ""},
		{workflow.Handoff{State: workflow.Attended}, "5.1.4"},
		{workflow.Handoff{State: workflow.Closed, Reason: workflow.DeclinedCapacity}, "4.0"},
		{workflow.Handoff{State: workflow.Closed, Reason: workflow.PersonDeclined}, "6.0"},
		{workflow.Handoff{State: workflow.Scheduled, CancelAsked: true}, "5.2"},
	} {
		task, err := fhir.ReadStored([]byte(`{"resourceType":"Task","id":"t","status":"in-progress","intent":"order","businessStatus":{"text":"x"}}`))
		require.NoError(t, err)
		a := set.Amend(task, nil, workflow.TaskInProgress, &c.h, workflow.Moment{}.At)
		require.NotNil(t, a, "%v", c.h)
		body := string(a.Body)
		for _, r := range Rows {
			if r.Code == c.code {
				assert.Contains(t, body, fmt.Sprintf(`"code":%q,"display":%q`, r.Code, r.Display))
			} else {
				assert.NotContains(t, body, fmt.Sprintf(`"code":%q`, r.Code), "%s:%s", c.h.State, c.h.Reason)
			}
		}
	}
}
