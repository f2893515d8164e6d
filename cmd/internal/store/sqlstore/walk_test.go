package sqlstore

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/store"
)

// common stores so many Tasks of which most have the same values, and gives them oldest first.
func common(t *testing.T, n int) (*Store, []store.Write) {
	t.Helper()
	st := openTest(t, Options{})
	chance := rand.New(rand.NewPCG(1, 2))
	all := make([]store.Write, n)
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		for i := range all {
			terms := []store.Term{{Param: "Task.status", Value: "requested"}, {Param: "Task.intent", Value: "order"}}
			for _, one := range []struct {
				param string
				of    int
			}{{"Task.tag", 3}, {"Task.owner", 40}, {"Task.rare", 700}} {
				terms = append(terms, store.Term{Param: one.param, Value: fmt.Sprint("v", chance.IntN(one.of))})
			}
			if chance.IntN(900) == 0 {
				terms[0].Value = "draft"
			}
			all[i] = store.Write{Key: store.Key{Type: "Task", ID: fmt.Sprint("t", i)}, Updated: noon, Terms: append(terms, store.Term{Param: "Task.note", Value: fmt.Sprint("n", i%5), Loose: true})}
			if _, err := tx.Put(t.Context(), all[i]); err != nil {
				return err
			}
		}
		return nil
	}))
	return st, all
}

// TestAWalkFindsWhatIsThere draws searches of common conditions in a store in which each walk takes several portions, and compares them with what is there.
func TestAWalkFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	st, all := common(t, 12_000)
	params := map[string]int{"Task.status": 0, "Task.intent": 0, "Task.tag": 3, "Task.owner": 40, "Task.rare": 700}
	walked := 0
	rapid.Check(t, func(t *rapid.T) {
		q := store.Query{Type: "Task", Limit: rapid.IntRange(1, 60).Draw(t, "limit"), Ascending: rapid.Bool().Draw(t, "ascending"), Total: rapid.Bool().Draw(t, "total"), Bare: true}
		for _, param := range rapid.Permutation([]string{"Task.status", "Task.intent", "Task.tag", "Task.owner", "Task.rare"}).Draw(t, "params")[:rapid.IntRange(2, 3).Draw(t, "conditions")] {
			m := store.Match{Param: param, Not: rapid.IntRange(0, 4).Draw(t, "not") == 0}
			switch {
			case param == "Task.status":
				m.Values = []string{rapid.SampledFrom([]string{"requested", "draft"}).Draw(t, "status")}
			case param == "Task.intent":
				m.Values = []string{"order"}
			default:
				for range rapid.IntRange(1, 3).Draw(t, "values") {
					m.Values = append(m.Values, fmt.Sprint("v", rapid.IntRange(0, params[param]).Draw(t, "value")))
				}
			}
			q.All = append(q.All, m)
		}
		if rapid.IntRange(0, 3).Draw(t, "sifted") == 0 {
			q.All = append(q.All, store.Match{Param: "Task.note", Values: []string{"n1"}, Loose: true})
		}
		behind := int64(0)
		if rapid.Bool().Draw(t, "a page behind") {
			if behind = int64(rapid.IntRange(1, len(all)).Draw(t, "behind")); q.Ascending {
				q.After = behind
			} else {
				q.Before = behind
			}
		}
		var want []string
		total := 0
		for i := range all {
			seq := int64(i + 1)
			if slices.ContainsFunc(q.All, func(m store.Match) bool { return !m.Holds(all[i].Terms) }) {
				continue
			}
			total++
			if behind == 0 || q.Ascending && seq > behind || !q.Ascending && seq < behind {
				want = append(want, all[i].ID)
			}
		}
		if !q.Ascending {
			slices.Reverse(want)
		}
		require.NoError(t, st.View(t.Context(), func(r store.Reader) error {
			p, err := r.(*reader).plan(q)
			require.NoError(t, err)
			if p.far {
				walked++
			}
			page, err := r.Search(t.Context(), q)
			require.NoError(t, err)
			var got []string
			for _, v := range page.Versions {
				got = append(got, v.ID)
			}
			require.Equal(t, fmt.Sprint(want[:min(len(want), q.Limit)]), fmt.Sprint(got))
			require.Equal(t, len(want) > q.Limit, page.More)
			if q.Total {
				require.Equal(t, total, page.Total)
			}
			return nil
		}))
	})
	assert.Positive(t, walked)
}

// TestAWalkIsCounted and ends: what a search looks at without finding it costs as much as what it finds, and the rarest condition is gone along once that pays.
func TestAWalkIsCounted(t *testing.T) {
	t.Parallel()
	st, _ := common(t, 12_000)
	cost := func(all ...store.Match) int {
		b := store.NewBudget(store.MostSteps)
		ctx := store.WithAsked(t.Context(), &store.Asked{Budget: b})
		require.NoError(t, st.View(ctx, func(r store.Reader) error {
			_, err := r.Search(ctx, store.Query{Type: "Task", All: all, Limit: 20, Bare: true})
			return err
		}))
		return store.MostSteps - b.Left()
	}
	is := func(param string, values ...string) store.Match { return store.Match{Param: param, Values: values} }
	not := func(m store.Match) store.Match { m.Not = true; return m }
	assert.Less(t, cost(is("Task.status", "requested"), is("Task.intent", "order")), 300, "a page that is soon full")
	assert.Greater(t, cost(is("Task.status", "requested"), not(is("Task.intent", "order"))), 6000, "half a step for each that is looked at for nothing")
	assert.Less(t, cost(is("Task.status", "requested"), is("Task.intent", "order"), is("Task.owner", "v1", "v2"), not(is("Task.tag", "v0", "v1", "v2"))), 6000, "the owner's Tasks, once that is known")
	b := store.NewBudget(3000)
	ctx := store.WithAsked(t.Context(), &store.Asked{Budget: b})
	err := st.View(ctx, func(r store.Reader) error {
		_, err := r.Search(ctx, store.Query{Type: "Task", All: []store.Match{is("Task.status", "requested"), not(is("Task.intent", "order"))}, Limit: 20})
		return err
	})
	require.ErrorIs(t, err, store.ErrTooCostly)
}

// TestAWalkGoesInOrder holds the plan that this rests on: what is walked along comes row by row, and nothing is sorted on the way.
func TestAWalkGoesInOrder(t *testing.T) {
	t.Parallel()
	st, _ := common(t, 200)
	s := <-st.pool
	defer func() { st.pool <- s }()
	for _, ascending := range []bool{false, true} {
		for _, values := range [][]string{{"requested"}, {"requested", "draft"}} {
			p, err := (&reader{s: s}).plan(store.Query{Type: "Task", Ascending: ascending, All: []store.Match{{Param: "Task.status", Values: values}, {Param: "Task.intent", Values: []string{"order"}}}})
			require.NoError(t, err)
			require.True(t, p.far)
			text, args := p.among(512, 20)
			plan := explained(t, s, text, args)
			assert.Contains(t, plan, "CO-ROUTINE d")
			assert.NotContains(t, plan, "TEMP B-TREE")
			assert.NotContains(t, plan, "MATERIALIZE")
		}
	}
}
