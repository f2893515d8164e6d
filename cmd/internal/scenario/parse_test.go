package scenario_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
)

const head = `A story
zone: America/Los_Angeles
party: ref Organization/ref referrer
`

func TestParseReadsAStory(t *testing.T) {
	t.Parallel()
	s, err := scenario.Parse("a.txtar", []byte(head+`self: Organization/wh
permute: no, the revocation decides by its arrival
note: for the reader

free words
-- 2026-03-02T09:00:00-08:00 ref POST / --
{"resourceType":"Bundle"}
-- want --
status 200
Task/T1 unconfirmed:no-news grade=B misses=0 visit=2026-03-05 due=ask-agency
-- 2026-03-05T11:00:00-08:00 clock --
`))
	require.NoError(t, err)
	assert.Equal(t, "A story", s.Title)
	assert.Equal(t, "America/Los_Angeles", s.Zone.String())
	assert.Equal(t, "Organization/wh", s.Self)
	assert.Equal(t, "the revocation decides by its arrival", s.Fixed)
	require.Len(t, s.Steps, 2)
	post, clock := s.Steps[0], s.Steps[1]
	assert.Equal(t, scenario.Party{Name: "ref", Ref: "Organization/ref", Role: "referrer"}, post.Who)
	assert.Equal(t, "POST", post.Method)
	assert.Equal(t, "/", post.Path)
	assert.JSONEq(t, `{"resourceType":"Bundle"}`, string(post.Body))
	assert.True(t, post.At.Equal(time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)))
	require.Len(t, post.Want, 2)
	assert.Equal(t, "status", post.Want[0].Word)
	assert.Equal(t, []string{"200"}, post.Want[0].Args)
	want := post.Want[1]
	want.Line = ""
	assert.Equal(t, scenario.Want{
		Type: "Task", ID: "T1", State: "unconfirmed", Reason: "no-news",
		Details: []scenario.Detail{{"grade", "B"}, {"misses", "0"}, {"visit", "2026-03-05"}, {"due", "ask-agency"}},
	}, want)
	assert.True(t, clock.Clock())
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	step := "-- 2026-03-02T09:00:00Z ref GET /Task/T1 --\n"
	for _, row := range []struct{ name, text, says string }{
		{"nothing at all", "", "title"},
		{"a title and no step", head, "has no step"},
		{"an unknown header key", head + "colour: red\n" + step, `header key "colour"`},
		{"a zone that is nowhere", head + "zone: Mars/Base\n" + step, `zone "Mars/Base"`},
		{"a permute that is neither yes nor a reason", head + "permute: no\n" + step, "and the reason"},
		{"a party without role", head + "party: x Organization/x\n" + step, "NAME Type/ID ROLE"},
		{"a party with a role nobody has", head + "party: x Organization/x king\n" + step, `"king" is not one of the roles`},
		{"two parties of one name", head + "party: ref Organization/x agency\n" + step, `"ref" is taken`},
		{"a want before the first step", head + "-- want --\nstatus 200\n" + step, "before the first step"},
		{"a step by a stranger", head + "-- 2026-03-02T09:00:00Z bob GET /Task/T1 --\n", `called "bob"`},
		{"a step without offset", head + "-- 2026-03-02T09:00:00 ref GET /Task/T1 --\n", "is not like"},
		{"a step before the one above it", head + step + "-- 2026-03-01T09:00:00Z clock --\n", "before the step above"},
		{"a step with a word too many", head + "-- 2026-03-02T09:00:00Z ref GET /Task/T1 now --\n", "TIME PARTY METHOD PATH"},
		{"a method that HTTP does not know", head + "-- 2026-03-02T09:00:00Z ref LOOK /Task/T1 --\n", `method "LOOK"`},
		{"a clock with a body", head + "-- 2026-03-02T09:00:00Z clock --\n{}\n", "has no body"},
		{"a status of a clock", head + "-- 2026-03-02T09:00:00Z clock --\n-- want --\nstatus 200\n", "no status"},
		{"a state that does not exist", head + step + "-- want --\nTask/T1 happy\n", `"happy" is not a state`},
		{"a detail that does not exist", head + step + "-- want --\nTask/T1 offered mood=good\n", `"mood" is not`},
		{"a detail without value", head + step + "-- want --\nTask/T1 offered grade\n", "has no value"},
		{"misses that are no number", head + step + "-- want --\nTask/T1 offered misses=some\n", "takes a number"},
		{"a referral with a leg's state", head + step + "-- want --\nServiceRequest/S1 offered\n", "handed-back"},
		{"a patient with a state", head + step + "-- want --\nPatient/P1 active\n", "only Task and ServiceRequest"},
		{"a status that is none", head + step + "-- want --\nstatus fine\n", "one HTTP status"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, err := scenario.Parse("a.txtar", []byte(row.text))
			require.ErrorContains(t, err, row.says)
			assert.ErrorContains(t, err, "a.txtar")
			assert.Nil(t, s)
		})
	}
}

func TestEveryStoryOfTheSampleDataIsReadable(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../testdata/scenarios/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		_, err = scenario.ParseAfter(file, data, scenario.Beside(file, os.ReadFile))
		assert.NoError(t, err)
	}
}
