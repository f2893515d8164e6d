package scenario_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
)

// shelf holds stories in folders, as testdata does.
func shelf(t *testing.T, files map[string]string) func(file string) (*scenario.Scenario, error) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return func(file string) (*scenario.Scenario, error) {
		return scenario.ParseAfter(file, fsys[file].Data, scenario.Beside(file, fsys.ReadFile))
	}
}

const opening = head + `note: the opening's own
-- 2026-03-02T09:00:00Z ref PUT Task/T1 --
{"resourceType":"Task","id":"T1","status":"draft","owner":{"reference":"Organization/a","display":"A"},"priority":"stat"}
-- want --
status 201
`

func TestAStoryBeginsWithAnother(t *testing.T) {
	t.Parallel()
	parse := shelf(t, map[string]string{
		"rules/base.txtar":  opening,
		"rules/sent.txtar":  "Sent\nbegins: base\n-- 2026-03-02T10:00:00Z ref PUT Task/T1 --\nlike Task/T1\n{\"status\":\"requested\"}\n",
		"rules/row/1.txtar": "The rule\nbegins: sent, base\nparty: nav Practitioner/n navigator\n-- 2026-03-02T11:00:00Z nav GET Task/T1 --\n-- want --\nstatus 200\n",
	})
	s, err := parse("rules/row/1.txtar")
	require.NoError(t, err)
	assert.Equal(t, "The rule", s.Title)
	assert.Equal(t, "America/Los_Angeles", s.Zone.String())
	assert.Empty(t, s.Notes)
	require.Len(t, s.Steps, 3, "base comes once, though it is named twice")
	assert.Equal(t, []int{1, 2, 3}, []int{s.Steps[0].Number, s.Steps[1].Number, s.Steps[2].Number})
	assert.Empty(t, s.Steps[0].Want, "what the opening wants is its own business")
	assert.JSONEq(t, `{"resourceType":"Task","id":"T1","status":"requested","owner":{"reference":"Organization/a","display":"A"},"priority":"stat"}`, string(s.Steps[1].Body))
	assert.Len(t, s.Steps[2].Want, 1)
}

func TestABodyIsLikeAnother(t *testing.T) {
	t.Parallel()
	s := story(t, `-- 2026-03-02T09:00:00Z ref POST / --
{"resourceType":"Bundle","entry":[{"request":{"method":"PUT","url":"Task/T1"},"resource":{"resourceType":"Task","id":"T1","n":1.50,"owner":{"reference":"a","display":"A"},"x":1}}]}
-- 2026-03-02T10:00:00Z ref PUT Task/T2 --
like Task/T1
{"owner":{"reference":"b"},"x":null,"y":2,"z":null}
-- 2026-03-02T11:00:00Z ref PUT Task/T1 --
like Task/T1
`)
	assert.Equal(t, `{"resourceType":"Task","id":"T2","n":1.50,"owner":{"reference":"b","display":"A"},"y":2}`, string(s.Steps[1].Body), "what is left alone keeps its place")
	assert.Equal(t, `{"resourceType":"Task","id":"T1","n":1.50,"owner":{"reference":"a","display":"A"},"x":1}`, string(s.Steps[2].Body), "the first is not altered")
}

func TestAnOpeningThatCannotBeTakenIsNamed(t *testing.T) {
	t.Parallel()
	step := "-- 2026-03-02T09:00:00Z ref GET Task/T1 --\n"
	parse := shelf(t, map[string]string{
		"base.txtar":    opening,
		"missing.txtar": "T\nbegins: nowhere\n",
		"up.txtar":      "T\nbegins: ../base\n",
		"late.txtar":    "T\nbegins: base\n-- 2026-03-01T09:00:00Z ref GET Task/T1 --\n",
		"unlike.txtar":  "T\nbegins: base\n-- 2026-03-02T10:00:00Z ref PUT Task/T2 --\nlike Task/T2\n{}\n",
		"list.txtar":    "T\nbegins: base\n-- 2026-03-02T10:00:00Z ref PUT Task/T1 --\nlike Task/T1\n[]\n",
		"broken.txtar":  "T\nbegins: base\n-- 2026-03-02T10:00:00Z ref PUT Task/T1 --\nlike Task/T1\n{\n",
	})
	for _, row := range []struct{ file, says string }{
		{"missing.txtar", "nowhere.txtar"},
		{"up.txtar", `no story "../base"`},
		{"late.txtar", "before the step above it"},
		{"unlike.txtar", "no step above sends Task/T2"},
		{"broken.txtar", "what differs from Task/T1"},
		{"list.txtar", "a JSON object should stand here"},
	} {
		_, err := parse(row.file)
		assert.ErrorContains(t, err, row.says, row.file)
	}
	_, err := scenario.Parse("a.txtar", []byte("T\nbegins: base\n"+step))
	assert.ErrorContains(t, err, `no story "base"`, "a story that stands alone has no openings")
}

func TestOpeningsThatBeginWithEachOtherEnd(t *testing.T) {
	t.Parallel()
	parse := shelf(t, map[string]string{"a.txtar": "A\nbegins: b\n", "b.txtar": "B\nbegins: a\n"})
	_, err := parse("a.txtar")
	assert.ErrorContains(t, err, "has no step")
}
