package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/testdata/invalid"
)

// Each rule that the workflow has, by the name that clinicians and programmers call it by, is one short story below testdata/rules: the rows of the
// list of transitions, the contradictions (k), the timers (t), what the seeds ask for, and the rulings on what was open.

const rules = samples + "rules/"

// TestRules plays every story of a rule, and the openings that they share, in its own order and in others.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, file := range ruleFiles(t) {
		t.Run(ruleOf(file), func(t *testing.T) {
			t.Parallel()
			s, wants, refused := storyAt(t, file), 0, map[int]bool{}
			end, err := scenario.Play(t.Context(), s, stage(), func(told scenario.Told) {
				assert.Empty(t, told.Wrong, "step %d, %s %s %s: %v", told.Step.Number, told.Step.Who.Name, told.Step.Method, told.Step.Path, told.Issues)
				for _, issue := range told.Issues {
					assert.True(t, invalid.IsSentence(issue.Text), issue.Text)
				}
				wants += len(told.Step.Want)
				refused[told.Step.Number] = told.Refused()
			})
			require.NoError(t, err)
			assert.NotZero(t, wants, "a story that wants nothing shows nothing")
			if s.Fixed == "" {
				endsAlike(t, s, s.Messages(refused), end)
			}
		})
	}
}

// endsAlike delivers the messages of a story in a few other orders, and compares where they lead.
func endsAlike(t *testing.T, s *scenario.Scenario, messages []int, end scenario.End) {
	t.Helper()
	chance := rand.New(rand.NewPCG(2026, 3))
	for range 2 {
		order := s.Order(messages, chance.IntN)
		other, err := scenario.Replay(t.Context(), s, order, stage())
		require.NoError(t, err)
		require.Empty(t, end.Differences(other.End), "order %v, refused in it: %v; where the order decides, the story says `permute: no` and why", order, other.Refused)
	}
}

func ruleFiles(t *testing.T) []string {
	t.Helper()
	openings, err := filepath.Glob(rules + "*.txtar")
	require.NoError(t, err)
	files, err := filepath.Glob(rules + "*/*.txtar")
	require.NoError(t, err)
	return append(openings, files...)
}

// ruleOf gives "row/01" of the path of a story.
func ruleOf(file string) string {
	name, err := filepath.Rel(rules, strings.TrimSuffix(file, ".txtar"))
	if err != nil {
		return file
	}
	return filepath.ToSlash(name)
}

// TestRulesAreAllThere fails for every rule without a story, and every ruling that has no test named by it either. A rule may have several: row/13 and row/13-new-appointment.
func TestRulesAreAllThere(t *testing.T) {
	t.Parallel()
	there := map[string]bool{}
	for _, file := range ruleFiles(t) {
		there[ruleOf(file)] = true
	}
	tests := testsByRuling(t)
	for _, name := range ruleNames() {
		number := strings.TrimLeft(strings.TrimPrefix(name, "ruling/"), "0")
		assert.True(t, there[name] || len(tests[number]) > 0, "no story tells of %s, and no test is named by it", name)
	}
}

// TestRulesAreShort keeps the stories small enough to be read at a glance, and their titles in plain words.
func TestRulesAreShort(t *testing.T) {
	t.Parallel()
	for _, file := range ruleFiles(t) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.LessOrEqual(t, strings.Count(string(data), "\n"), 60, file)
	}
}

func ruleNames() []string {
	names := append(numbered("row/%02d", 57), "row/19a", "row/28a", "row/01-moved-out", "ruling/14a", "ruling/16a", "ruling/51")
	names = append(names, numbered("k/K%d", 11)...)
	names = append(names, numbered("t/T%d", 10)...)
	names = append(names, numbered("seed/A%d", 17)...)
	names = append(names, numbered("seed/B%d", 13)...)
	return append(names, numbered("ruling/%02d", 45)...)
}

func numbered(format string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(format, i+1)
	}
	return names
}
