package scenario_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
)

const many = `-- 2026-03-02T09:00:00Z ref POST / --
{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"ServiceRequest"},"request":{"method":"PUT","url":"ServiceRequest/S1"}},
 {"resource":{"resourceType":"Task"},"request":{"method":"PUT","url":"Task/T1"}}]}
-- 2026-03-02T09:01:00Z ref GET /Task/T1 --
-- 2026-03-02T09:02:00Z ref PUT /Task/T1 --
{"resourceType":"Task","status":"one"}
-- 2026-03-02T09:03:00Z ref POST /Appointment --
{"resourceType":"Appointment","identifier":[{"system":"s","value":"a"}]}
-- 2026-03-02T09:04:00Z ref PUT /Appointment/A1 --
{"resourceType":"Appointment","identifier":[{"system":"s","value":"a"}]}
-- 2026-03-02T09:05:00Z ref DELETE /Task/T1 --
-- 2026-03-02T09:06:00Z clock --
-- 2026-03-02T09:07:00Z ref POST /Communication --
{"resourceType":"Communication"}
`

func TestOnlyWhatWasAcceptedIsDealtOutAgain(t *testing.T) {
	t.Parallel()
	s := story(t, many)
	assert.Equal(t, []int{1, 3, 4, 5, 6, 8}, s.Messages(nil))
	assert.Equal(t, []int{1, 4, 5, 6, 8}, s.Messages(map[int]bool{3: true}))
}

func TestVersionsOfOneResourceKeepTheirOrder(t *testing.T) {
	t.Parallel()
	s := story(t, many)
	messages := s.Messages(nil)
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		order := s.Order(messages, func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "chance") })
		at := func(n int) int { return slices.Index(order, n) }
		assert.ElementsMatch(t, messages, order)
		assert.Less(t, at(1), at(3), "the Bundle writes the Task first")
		assert.Less(t, at(3), at(6), "the Task is deleted last")
		assert.Less(t, at(4), at(5), "the Appointment is known by its identifier")
		for _, n := range []int{4, 8} {
			if at(n) < at(1) {
				seen["early"] = true
			}
		}
	})
	assert.True(t, seen["early"], "messages about other resources move")
}

func TestTheEndOfAnotherOrderIsCompared(t *testing.T) {
	t.Parallel()
	s := story(t, "-- 2026-03-02T09:00:00Z ref PUT /Task/T1 --\n{\"status\":\"offered\"}\n-- 2026-03-02T09:01:00Z ref PUT /Task/T2 --\n{\"status\":\"accepted\"}\n")
	_, straight := play(t, s, &ledger{})
	same, err := scenario.Replay(t.Context(), s, []int{1, 2}, world(&ledger{}))
	require.NoError(t, err)
	assert.Empty(t, straight.Differences(same.End))
	other, err := scenario.Replay(t.Context(), s, []int{2, 1}, world(&ledger{}))
	require.NoError(t, err)
	assert.Equal(t, []string{"Task/T1: in its own order accepted grade= visit=2026-03-05T18:00:00Z misses=2, " +
		"in this one offered grade= visit=2026-03-05T18:00:00Z misses=2"}, straight.Differences(other.End))
}
