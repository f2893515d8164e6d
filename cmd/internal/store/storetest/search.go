package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

const (
	harbor = "Organization/harbor"
	north  = "Organization/north"
)

// corpus are the resources that testSearch looks for, a minute apart.
func corpus() []store.Write {
	return []store.Write{
		version(task("a"), 0, minute(0), terms("Task.owner", harbor, "Task.status", "requested", "Task.identifier", "urn:x|1")...),
		version(task("b"), 0, minute(1), terms("Task.owner", north, "Task.status", "requested")...),
		version(task("c"), 0, minute(2), terms("Task.owner", harbor, "Task.status", "accepted", "Task.code", "fulfill")...),
		version(task("d"), 0, minute(3), terms("Task.owner", harbor, "Task.status", "draft", "Task.identifier", "urn:y|2",
			"Task.identifier", "urn:x|3", "shared", "v")...),
		version(task("e"), 0, minute(4), terms("Task.status", "accepted", "Task.owner", north)...),
		version(task("gone"), 0, minute(5), terms("Task.status", "accepted")...),
		{Key: task("gone"), Replaces: 1, Updated: minute(6), Deleted: true, Terms: terms("Task.status", "accepted")},
		version(task("b"), 1, minute(7), terms("Task.owner", harbor, "Task.status", "received")...),
		version(store.Key{Type: "Patient", ID: "a"}, 0, minute(8), terms("Patient.name", "smith", "Patient.name", "smythe", "shared", "v")...),
		version(store.Key{Type: "Patient", ID: "b"}, 0, minute(9), terms("Patient.name", "smithson", "Patient.name", "müller")...),
		version(store.Key{Type: "Patient", ID: "c"}, 0, minute(10), terms("Patient.name", "smi", "Patient.name", "smi\U0010FFFFx")...),
	}
}

func testSearch(t *testing.T, st store.Store) {
	put(t, st, corpus()...)
	has := func(param string, values ...string) store.Match { return store.Match{Param: param, Values: values} }
	not := func(m store.Match) store.Match { m.Not = true; return m }
	begins := func(param string, prefixes ...string) store.Match {
		return store.Match{Param: param, Prefixes: prefixes}
	}
	all := func(m ...store.Match) []store.Match { return m }
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprint("s", i))
	}

	for _, row := range []struct {
		name string
		q    store.Query
		want string // ids, newest first
	}{
		{"all of a type, deleted ones left out", store.Query{}, "b e d c a"},
		{"a type that is not there", store.Query{Type: "Group"}, ""},
		{"one value", store.Query{All: all(has("Task.owner", harbor))}, "b d c a"},
		{"a value that an earlier version had", store.Query{All: all(has("Task.owner", north))}, "e"},
		{"a value that nothing has", store.Query{All: all(has("Task.owner", "Organization/none"))}, ""},
		{"a param that nothing has", store.Query{All: all(has("Task.nothing", "x"))}, ""},
		{"any of several values", store.Query{All: all(has("Task.status", "requested", "accepted", "draft"))}, "e d c a"},
		{"any of several values that one resource has", store.Query{All: all(has("Task.identifier", "urn:y|2", "urn:x|3", "urn:x|1"))}, "d a"},
		{"two conditions", store.Query{All: all(has("Task.owner", harbor), has("Task.status", "accepted"))}, "c"},
		{"three conditions, one with two values", store.Query{All: all(has("Task.owner", harbor),
			has("Task.status", "accepted", "draft"), has("Task.identifier", "urn:x|3"))}, "d"},
		{"not a value", store.Query{All: all(not(has("Task.status", "accepted", "draft")))}, "b a"},
		{"a value and not another", store.Query{All: all(has("Task.owner", harbor), not(has("Task.status", "draft")))}, "b c a"},
		{"not one of a param's several values", store.Query{All: all(not(has("Task.identifier", "urn:y|2")))}, "b e c a"},
		{"missing", store.Query{All: all(not(has("Task.identifier")))}, "b e c"},
		{"present", store.Query{All: all(has("Task.identifier"))}, "d a"},
		{"a value and missing", store.Query{All: all(has("Task.owner", harbor), not(has("Task.identifier")))}, "b c"},
		{"a value and present", store.Query{All: all(has("Task.owner", harbor), has("Task.code"))}, "c"},
		{"a prefix", store.Query{Type: "Patient", All: all(begins("Patient.name", "smith"))}, "b a"},
		{"a prefix that is a whole value", store.Query{Type: "Patient", All: all(begins("Patient.name", "smi"))}, "c b a"},
		{"a prefix that ends in the last character there is", store.Query{Type: "Patient", All: all(begins("Patient.name", "smi\U0010FFFF"))}, "c"},
		{"a prefix beyond ASCII", store.Query{Type: "Patient", All: all(begins("Patient.name", "mü"))}, "b"},
		{"any of several prefixes", store.Query{Type: "Patient", All: all(begins("Patient.name", "smy", "mü", "smit"))}, "b a"},
		{"the empty prefix", store.Query{Type: "Patient", All: all(begins("Patient.name", ""))}, "c b a"},
		{"a prefix and a value", store.Query{All: all(has("Task.owner", harbor), begins("Task.identifier", "urn:x|"))}, "d a"},
		{"two prefixes, both needed", store.Query{Type: "Patient", All: all(begins("Patient.name", "smith"), begins("Patient.name", "m"))}, "b"},
		{"a value of one of several params", store.Query{All: all(store.Match{Param: "Task.owner", Or: []string{"Task.code", "Task.identifier"}, Values: []string{north, "fulfill", "urn:x|1"}})}, "e c a"},
		{"no value of any of several params", store.Query{All: all(not(store.Match{Param: "Task.identifier", Or: []string{"Task.code"}}))}, "b e"},
		{"values or prefixes", store.Query{Type: "Patient", All: all(store.Match{Param: "Patient.name", Values: []string{"smi"},
			Prefixes: []string{"smy"}})}, "c a"},
		{"not a prefix", store.Query{Type: "Patient", All: all(not(begins("Patient.name", "smy", "mü")))}, "c"},
		{"not values or prefixes", store.Query{Type: "Patient", All: all(not(store.Match{Param: "Patient.name", Values: []string{"smi"},
			Prefixes: []string{"smy"}}))}, "b"},
		{"a param that another type has too", store.Query{Type: "Patient", All: all(has("shared", "v"))}, "a"},
		{"a param that another type has too, negated", store.Query{All: all(not(has("shared", "v")))}, "b e c a"},
		{"another type's param", store.Query{Type: "Patient", All: all(has("Task.owner", harbor))}, ""},
		{"ids", store.Query{IDs: []string{"a", "e", "gone", "none"}}, "e a"},
		{"ids and a value", store.Query{IDs: []string{"a", "e", "c"}, All: all(has("Task.owner", harbor))}, "c a"},
		{"ids and missing", store.Query{IDs: []string{"a", "e", "c"}, All: all(not(has("Task.identifier")))}, "e c"},
		{"an id twice", store.Query{IDs: []string{"a", "e", "a"}}, "e a"},
		{"no ids", store.Query{IDs: []string{}}, ""},
		{"more values than a search should have", store.Query{All: all(has("Task.status", append(many, "draft")...), has("Task.owner", harbor))}, "d"},
		{"updated from", store.Query{From: minute(3)}, "b e d"},
		{"updated before", store.Query{To: minute(3)}, "c a"},
		{"updated between", store.Query{From: minute(2), To: minute(4)}, "d c"},
		{"updated after a time between milliseconds", store.Query{From: minute(3).Add(1)}, "b e"},
		{"updated from before everything", store.Query{From: minute(-9), To: minute(99)}, "b e d c a"},
		{"updated from after everything", store.Query{From: minute(99)}, ""},
		{"a value, updated between", store.Query{From: minute(1), To: minute(4), All: all(has("Task.owner", harbor))}, "d c"},
		{"missing, updated between", store.Query{From: minute(1), To: minute(5), All: all(not(has("Task.identifier")))}, "e c"},
	} {
		t.Run(row.name, func(t *testing.T) { found(t, st, row.q, strings.Fields(row.want)) })
	}
}

// found asks a query in every way there is and expects the ids, newest first.
func found(t *testing.T, st store.Store, q store.Query, want []string) {
	t.Helper()
	if q.Type == "" {
		q.Type = "Task"
	}
	view(t, st, func(ctx context.Context, r store.Reader) {
		q.Limit, q.Total = 0, true
		page, err := r.Search(ctx, q)
		require.NoError(t, err)
		assert.Equal(t, store.Page{Total: len(want)}, page, "count only")

		q.Limit, q.Total = 100, false
		page, err = r.Search(ctx, q)
		require.NoError(t, err)
		assert.Equal(t, want, ids(page.Versions))
		assert.False(t, page.More)
		assert.Equal(t, -1, page.Total, "not asked for")
		for _, v := range page.Versions {
			newest, err := r.Newest(ctx, v.Key)
			require.NoError(t, err)
			assert.Equal(t, newest, v, "whole and newest")
		}

		q.Ascending = true
		page, err = r.Search(ctx, q)
		require.NoError(t, err)
		for i, id := range ids(page.Versions) {
			assert.Equal(t, want[len(want)-1-i], id, "oldest first is the other way round")
		}
		assert.Len(t, page.Versions, len(want))
	})
	for _, ascending := range []bool{false, true} {
		q.Ascending, q.Limit, q.Total = ascending, 1, true
		got := walk(t, st, q, func() {})
		if ascending {
			for i, j := 0, len(got)-1; i < j; i, j = i+1, j-1 {
				got[i], got[j] = got[j], got[i]
			}
		}
		assert.Equal(t, want, got, "page by page, ascending %v", ascending)
	}
}

// walk reads all pages, calling between after each.
func walk(t *testing.T, st store.Store, q store.Query, between func()) []string {
	t.Helper()
	all := []string{}
	for total := -1; ; {
		var page store.Page
		view(t, st, func(ctx context.Context, r store.Reader) {
			var err error
			page, err = r.Search(ctx, q)
			require.NoError(t, err)
		})
		if q.Total && total >= 0 {
			require.Equal(t, total, page.Total, "the total is the same on each page")
		}
		total = page.Total
		all = append(all, ids(page.Versions)...)
		if !page.More {
			return all
		}
		require.Len(t, page.Versions, q.Limit, "a page that is not the last is full")
		last := page.Versions[len(page.Versions)-1].Seq
		if q.Ascending {
			q.After = last
		} else {
			q.Before = last
		}
		between()
	}
}

func testPaging(t *testing.T, st store.Store) {
	var want, back []string
	for i := range 23 {
		id := fmt.Sprintf("t%02d", i)
		put(t, st, version(task(id), 0, minute(i), terms("Task.owner", harbor, "Task.identifier", "urn:x|"+id)...))
		want, back = append([]string{id}, want...), append(back, id)
	}
	n := 0
	grow := func() {
		n++
		put(t, st, version(task(fmt.Sprint("new", n)), 0, minute(100+n), terms("Task.owner", harbor, "Task.identifier", "urn:x|new")...))
	}
	for name, m := range map[string][]store.Match{
		"of a type":                     nil,
		"of a value":                    {{Param: "Task.owner", Values: []string{harbor}}},
		"of values":                     {{Param: "Task.owner", Values: []string{harbor, north}}},
		"of a prefix, with one to sift": {{Param: "Task.identifier", Prefixes: []string{"urn:x"}}, {Param: "Task.owner"}},
	} {
		fresh := n
		q := store.Query{Type: "Task", All: m, Limit: 5}
		got := walk(t, st, q, grow)
		require.Equal(t, want, got[len(got)-23:], "newest first, %s: the pages go on where they were", name)
		require.Len(t, got, 23+fresh, "newest first, %s: what is added meanwhile is not in it", name)
		q.Ascending = true
		got = walk(t, st, q, grow)
		require.Equal(t, back, got[:23], "oldest first, %s", name)
		require.Len(t, got, 23+n, "oldest first, %s: what is added meanwhile comes at the end", name)
	}
}
