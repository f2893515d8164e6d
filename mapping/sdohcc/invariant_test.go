package sdohcc

import (
	"slices"
	"strings"
	"testing"

	"github.com/gofhir/fhirpath"
	"github.com/gofhir/fhirpath/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
)

// worded are invariants whose published expressions say less than their words, by which the tables go.
//
// Source: mapping/DIVERGENCES.md
var worded = map[string]string{
	"SDOH-Task-1": "the expression also takes three questionnaires",
	"SDOH-Task-2": "the expression takes any output",
	"SDOH-Task-3": "the expression takes a Task without focus",
	"SDOH-Task-6": "the expression asks for codes of SDC, which are the guide's own",
	"SDOH-Task-7": "the expression takes any output",
}

// TestTheRulesMeanWhatTheExpressionsMean evaluates the published expression of each invariant of a resource over all mutants, and compares what it
// says with what the rules of that key say. Of those that go by words, the rules find whatever the expression finds.
func TestTheRulesMeanWhatTheExpressionsMean(t *testing.T) {
	t.Parallel()
	l := read(t)
	all, compared, broken := every(), map[string]int{}, map[string]int{}
	for i := range all {
		p := &all[i]
		for _, c := range l[p.URL].Snapshot.Element[0].Constraint {
			alone := *p
			alone.Rules, alone.Systems = nil, nil
			for _, r := range p.Rules {
				if r.Key == c.Key {
					alone.Rules = append(alone.Rules, r)
				}
			}
			if alone.Rules == nil || strings.Contains(c.Expression, "memberOf") { // of R4; of codes that a terminology server would know
				continue
			}
			expression, err := fhirpath.Compile(c.Expression)
			require.NoError(t, err, c.Key)
			compare(t, &alone, expression, c.Key, compared, broken)
		}
	}
	assert.Len(t, compared, 18, "invariants: %v", compared)
	for key, n := range compared {
		assert.True(t, broken[key] > 0 || slices.Contains(implied, key+" "), "%s was broken by none of %d", key, n)
	}
}

func compare(t *testing.T, p *profile.Profile, expression *fhirpath.Expression, key string, compared, broken map[string]int) {
	t.Helper()
	for _, tree := range kept(t) {
		if r := parsed(t, tree); r.Get("meta", "profile").Items()[0].Text() != p.URL {
			continue
		}
		mutants(tree, func(mutant any) {
			m := parsed(t, mutant)
			if m == nil {
				return
			}
			if sound, _ := fhir.Read(m.Bytes()); sound == nil {
				return
			}
			result, err := expression.Evaluate(m.Bytes())
			if err != nil || len(result) != 1 {
				return
			}
			yes, is := result[0].(types.Boolean)
			if !is {
				return
			}
			compared[key]++
			found := len(p.Check(m)) > 0
			if found {
				broken[key]++
			}
			if yes.Bool() == found && !(worded[key] != "" && found) {
				assert.Fail(t, "not the same", "%s: the expression says %v, the rules find %v: %s", key, yes.Bool(), found, m.Bytes())
			}
		})
	}
}
