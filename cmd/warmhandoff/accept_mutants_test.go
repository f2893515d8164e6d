package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
	"warmhandoff/testdata/mutants"
)

// mutantsPage is where the comparison is printed.
const mutantsPage = "../../testdata/mutants/README.md"

// TestMutantsAgreeWithHAPI holds what the strict reader and the invariants say of resources with one thing wrong in them against what HAPI's validator
// said, which is kept. Each difference has a reason, and each reason a difference.
func TestMutantsAgreeWithHAPI(t *testing.T) {
	t.Parallel()
	all, kept := mutants.Make(mutants.Bases(), mutants.Seed, mutants.PerKind), mutants.Kept()
	require.Len(t, kept, len(all), "the verdicts are on other mutants: ask HAPI's validator again, see %s", mutantsPage)
	for i, m := range all {
		require.Equal(t, m.ID+" "+mutants.Digest(m.Text), kept[i].ID+" "+kept[i].Digest, "the verdict is on another mutant: ask HAPI's validator again, see %s", mutantsPage)
	}
	require.Greater(t, len(all), 900)

	c := mutants.Compare(t.Context(), all, kept)
	used := map[string]bool{}
	for _, d := range c.Diffs {
		assert.NotEqual(t, mutants.Right, d.Kind, "%s: what HAPI's validator finds right is right here: %s", d.ID, d.Ours)
		r := d.Reason()
		if assert.NotNil(t, r, "%s (%s at %s): HAPI's says %q, we say %q, and no reason is known", d.ID, d.Change, d.Place, d.Theirs, d.Ours) {
			used[fmt.Sprint(r.Kind, d.Change, r.OnlyWe, r.Failed)] = true
		}
	}
	for _, r := range mutants.Reasons {
		for _, change := range r.Changes {
			assert.True(t, used[fmt.Sprint(r.Kind, change, r.OnlyWe, r.Failed)], "%s, %s: the two say the same by now; the reason is stale", r.Kind, change)
		}
	}
	same, ruled, n := c.Agreement()
	assert.GreaterOrEqual(t, 100*(same+ruled), 99*n, "%d the same and %d as ruling 44 has it, of %d", same, ruled, n)

	page, err := os.ReadFile(mutantsPage)
	require.NoError(t, err)
	text := between(t, string(page), "counts", fmt.Sprintf("%d of %d the same, %d more as ruling 44 has it: %.2f %%.\n\n%s", same, n, ruled, 100*float64(same+ruled)/float64(n), c.Table()))
	text = between(t, text, "reasons", mutants.ReasonsTable())
	if os.Getenv("WARMHANDOFF_PRINT") != "" {
		require.NoError(t, os.WriteFile(mutantsPage, []byte(text), 0o644))
		return
	}
	assert.Equal(t, text, string(page), "print it again: WARMHANDOFF_PRINT=1 go test ./cmd/warmhandoff -run TestMutantsAgreeWithHAPI")
}

// between returns a page with other text between the marks of a name.
func between(t *testing.T, page, name, text string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	before, rest, found := strings.Cut(page, begin)
	require.True(t, found, begin)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found, end)
	return before + begin + text + end + after
}

// TestValidateAgreesWithTheReader asks the server's $validate of some mutants, with R4's own profile and without, and holds it to what was compared.
func TestValidateAgreesWithTheReader(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	for i, m := range mutants.Make(mutants.Bases(), mutants.Seed, mutants.PerKind) {
		shape, _ := shapeOf([]byte(m.Text))
		if i%7 != 0 || shape.ResourceType == "" || m.Kind == "syntax and type" {
			continue
		}
		ours, at := mutants.Ours(t.Context(), m.Text), "/"+shape.ResourceType+"/$validate"
		if shape.ResourceType == "Parameters" {
			continue // it would be taken for the parameters of the operation
		}
		assert.Equal(t, ours.Refused, !opinionOf(a.ask(scenario.Party{}, "POST", at, m.Text).Issues()).Taken, "%s: %s", m.ID, m.Text)
		asked := a.ask(scenario.Party{}, "POST", at+"?profile=http://hl7.org/fhir/StructureDefinition/"+shape.ResourceType, m.Text)
		assert.Equal(t, ours.Objects, !opinionOf(asked.Issues()).Taken, "%s: %s", m.ID, m.Text)
	}
}

// TestMutantsAreTakenOrRefused posts every mutant: none is an error of the server, and what is taken comes back through XML as it was.
func TestMutantsAreTakenOrRefused(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	for _, m := range mutants.Make(mutants.Bases(), mutants.Seed, mutants.PerKind) {
		shape, _ := shapeOf([]byte(m.Text))
		if shape.ResourceType == "" || m.Kind == "syntax and type" {
			continue
		}
		answer := a.ask(scenario.Party{}, "POST", "/"+shape.ResourceType, m.Text)
		require.Less(t, answer.Status, 500, "%s, %s: %s", m.ID, m.Change, answer.Body)
		r, _ := fhir.Read([]byte(m.Text))
		require.False(t, r == nil && answer.OK(), "%s, %s: a write takes what the reader refuses", m.ID, m.Change)
		if r == nil {
			continue
		}
		back, issues := fhir.FromXML(r.XML())
		require.NotNil(t, back, "%s, %s: %v", m.ID, m.Change, issues)
		again, issues := fhir.Read(back)
		require.NotNil(t, again, "%s, %s: %v", m.ID, m.Change, issues)
		assert.Equal(t, string(r.XML()), string(again.XML()), "%s, %s", m.ID, m.Change)
		if m.Kind != "bad narrative" { // whose namespace and entities XML writes in one way
			assert.JSONEq(t, m.Text, string(back), "%s, %s", m.ID, m.Change)
		}
	}
}
