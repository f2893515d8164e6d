package sqlstore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// explained gives SQLite's plan for a statement, a step on each line.
func explained(t *testing.T, s *session, text string, args []any) string {
	t.Helper()
	var steps []string
	require.NoError(t, s.query(t.Context(), "EXPLAIN QUERY PLAN "+text, args, func(r row) error {
		steps = append(steps, r.text(3))
		return nil
	}))
	return strings.Join(steps, "\n")
}

func TestSearchesRunAlongAnIndex(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{})
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		for i := range 200 {
			k := store.Key{Type: "Task", ID: fmt.Sprint(i)}
			terms := []store.Term{{Param: "Task.status", Value: "requested"}, {Param: "Task.identifier", Value: fmt.Sprint(i)}}
			if _, err := tx.Put(t.Context(), store.Write{Key: k, Updated: noon, Terms: terms}); err != nil {
				return err
			}
		}
		return nil
	}))
	s := <-st.pool
	defer func() { st.pool <- s }()
	status := store.Match{Param: "Task.status", Values: []string{"requested"}}
	const along = "SEARCH d USING PRIMARY KEY (param=? AND value=? AND seq>? AND seq<?)"
	for _, row := range []struct {
		name string
		q    store.Query
		want []string
	}{
		{"one term", store.Query{All: []store.Match{status}}, []string{along}},
		{"one term, oldest first", store.Query{All: []store.Match{status}, Ascending: true}, []string{along}},
		{"one term since yesterday", store.Query{All: []store.Match{status}, From: noon, To: noon.AddDate(0, 0, 1)}, []string{along}},
		{"one of two values", store.Query{All: []store.Match{{Param: "Task.status", Values: []string{"requested", "received"}}}},
			[]string{"MERGE (UNION)", along}},
		{"a common and a rare term", store.Query{All: []store.Match{status, {Param: "Task.identifier", Values: []string{"7"}}}},
			[]string{along, "SEARCH t EXISTS USING PRIMARY KEY (param=? AND value=? AND seq=?)"}},
		{"one term and not another", store.Query{All: []store.Match{status, {Param: "Task.owner", Values: []string{"x"}, Not: true}}},
			[]string{along, "SEARCH t USING PRIMARY KEY (param=? AND value=? AND seq=?)"}},
		{"all of a type", store.Query{}, []string{"SEARCH d USING COVERING INDEX resource_newest (type=? AND seq>? AND seq<?)"}},
	} {
		row.q.Type = "Task"
		p, err := (&reader{s: s}).plan(row.q)
		require.NoError(t, err)
		text, args := p.seqs(20)
		plan := explained(t, s, text, args)
		for _, step := range row.want {
			assert.Contains(t, plan, step, row.name)
		}
		assert.NotContains(t, plan, "SCAN", row.name)
		assert.NotContains(t, plan, "TEMP B-TREE", row.name)
		plan = explained(t, s, "SELECT v.body FROM version v WHERE v.seq IN ("+text+")", args)
		assert.Contains(t, plan, "SEARCH v USING INTEGER PRIMARY KEY (rowid=?)", row.name)
		assert.NotContains(t, plan, "SCAN", row.name)
	}

	span := store.Match{Param: "Task.identifier", Ranges: []store.Range{{From: "1", To: "2"}}}
	many := store.Match{Param: "Task.identifier"}
	for i := range 100 {
		many.Values = append(many.Values, fmt.Sprint(i))
	}
	for step, m := range map[string]store.Match{
		"SEARCH d USING PRIMARY KEY (param=? AND value>? AND value<?)":         span,
		"SEARCH d USING PRIMARY KEY (param=? AND value=? AND seq>? AND seq<?)": many,
	} {
		p, err := (&reader{s: s}).plan(store.Query{Type: "Task", All: []store.Match{m, status}})
		require.NoError(t, err)
		text, args := p.seqs(20)
		plan := explained(t, s, text, args)
		assert.Contains(t, plan, step, "what a rare condition finds is put in order")
		assert.NotContains(t, plan, "SCAN")
	}

	p, err := (&reader{s: s}).plan(store.Query{Type: "Task", IDs: []string{"1", "2"}})
	require.NoError(t, err)
	text, args := p.seqs(20)
	assert.Contains(t, explained(t, s, text, args), "SEARCH d USING COVERING INDEX resource_key (id=? AND type=?)")
}

func TestTheRarestConditionDrives(t *testing.T) {
	t.Parallel()
	st := openTest(t, Options{Memory: true})
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		for i := range 100 {
			terms := []store.Term{{Param: "Task.status", Value: "requested"}, {Param: "Task.owner", Value: "harbor"},
				{Param: "Task.owner+status", Value: "harbor|requested"}, {Param: "Task.patient", Value: fmt.Sprint(i / 4)}}
			k := store.Key{Type: "Task", ID: fmt.Sprint(i)}
			if _, err := tx.Put(t.Context(), store.Write{Key: k, Updated: noon, Terms: terms}); err != nil {
				return err
			}
		}
		return nil
	}))
	has := func(param string, values ...string) store.Match { return store.Match{Param: param, Values: values} }
	common, owner, rare := has("Task.status", "requested"), has("Task.owner", "harbor"), has("Task.patient", "3")
	both, not := has("Task.owner+status", "harbor|requested"), store.Match{Param: "Task.patient", Values: []string{"4"}, Not: true}
	prefix := store.Match{Param: "Task.patient", Prefixes: []string{"3"}}
	for _, row := range []struct {
		name string
		all  []store.Match
		want string
	}{
		{"nothing to ask", nil, ""},
		{"the rare one of two", []store.Match{common, rare}, "Task.patient"},
		{"the rare one of three", []store.Match{rare, owner, common}, "Task.patient"},
		{"of equals the composite", []store.Match{common, both, owner}, "Task.owner+status"},
		{"of equals the first", []store.Match{owner, common}, "Task.owner"},
		{"a prefix that is rare", []store.Match{prefix, common}, "Task.patient"},
		{"what is known to be few rather than what may be many", []store.Match{common, {Param: "Task.owner", Prefixes: []string{"h"}}}, "Task.owner"},
		{"prefixes rather than nothing", []store.Match{not, prefix}, "Task.patient"},
		{"a range rather than a negation", []store.Match{not, {Param: "Task.patient", Ranges: []store.Range{{From: "1", To: "2"}}}}, "Task.patient"},
		{"never what is loose", []store.Match{{Param: "Task.patient", Values: []string{"3"}, Loose: true}}, ""},
		{"never a test", []store.Match{{Param: "Task.patient", Tests: []store.Test{{Op: "contains", Lo: "3"}}}}, ""},
		{"never a negation", []store.Match{not}, ""},
		{"never presence", []store.Match{has("Task.owner")}, ""},
	} {
		s := <-st.pool
		p, err := (&reader{s: s}).plan(store.Query{Type: "Task", All: row.all})
		st.pool <- s
		require.NoError(t, err)
		got := ""
		if p.drive != nil {
			got = p.drive.Param
		}
		assert.Equal(t, row.want, got, row.name)
		n := len(p.exact) + len(p.sifted)
		if p.drive != nil {
			n++
		}
		assert.Equal(t, len(row.all), n, "%s: every condition is asked", row.name)
	}
}

func TestSuccessor(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{"a": "b", "ab": "ac", "a\x7f": "a\u0080", "\uD7FF": "\uE000", "x\U0010FFFF": "y", "\U0010FFFF": "", "": ""} {
		got, ok := successor(prefix)
		assert.Equal(t, want, got, "%q", prefix)
		assert.Equal(t, want != "", ok, "%q", prefix)
	}
}

func TestParamsOfTypesStayApart(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Task.owner", paramOf("Task", "Task.owner"))
	assert.Equal(t, "Task/_tag", paramOf("Task", "_tag"))
	assert.Equal(t, "Task/Tasks.owner", paramOf("Task", "Tasks.owner"))
	assert.Equal(t, "Patient/Task.owner", paramOf("Patient", "Task.owner"))
}

func TestPackedListsComeBackAndDamageIsNoticed(t *testing.T) {
	t.Parallel()
	terms := []store.Term{{Param: "a", Value: ""}, {Param: "", Value: strings.Repeat("x", 300)}}
	packed := packTerms(terms)
	got, err := unpackTerms(packed)
	require.NoError(t, err)
	assert.Equal(t, terms, got)
	for n := range packed {
		if got, err := unpackTerms(packed[:n]); err == nil {
			assert.Less(t, len(got), len(terms), "cut after %d bytes", n)
		}
	}
	_, err = unpackLinks([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 'x'})
	require.ErrorIs(t, err, errPacked)
}
