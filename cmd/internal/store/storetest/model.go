package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/store"
)

// model is a store without any cleverness: all versions in a list, and every question answered by looking at each.
type model struct {
	round    int
	versions []store.Version
	writes   map[int64]store.Write // by Seq
}

// Each round takes ten minutes, and has a resource of its own for others to point at.

func (m *model) at(minutes int) time.Time { return minute(10*m.round + minutes) }

func (m *model) target() string { return fmt.Sprint("ServiceRequest/", m.round) }

func (m *model) add(v store.Version, w store.Write) {
	m.versions = append(m.versions, v)
	m.writes[v.Seq] = w
	slices.SortFunc(m.versions, func(a, b store.Version) int { return cmp.Compare(a.Seq, b.Seq) })
}

// newest gives the newest version of a resource; Number 0 when there is none.
func (m *model) newest(k store.Key) (newest store.Version) {
	for _, v := range m.versions {
		if v.Key == k {
			newest = v
		}
	}
	return newest
}

func (m *model) matches(q store.Query, v store.Version) bool {
	if v.Type != q.Type || v.Deleted || m.newest(v.Key).Seq != v.Seq || q.IDs != nil && !slices.Contains(q.IDs, v.ID) ||
		!q.From.IsZero() && v.Updated.Before(q.From) || !q.To.IsZero() && !v.Updated.Before(q.To) {
		return false
	}
	for _, c := range q.All {
		has := slices.ContainsFunc(m.writes[v.Seq].Terms, func(t store.Term) bool {
			return (t.Param == c.Param || slices.Contains(c.Or, t.Param)) && fits(c, t.Value)
		})
		if has == c.Not {
			return false
		}
	}
	return true
}

// fits says again, in other words, what store.Match promises.
func fits(c store.Match, value string) bool {
	asked := false
	for _, v := range c.Values {
		if asked = true; v == value {
			return true
		}
	}
	for _, v := range c.Prefixes {
		if asked = true; strings.HasPrefix(value, v) {
			return true
		}
	}
	for _, r := range c.Ranges {
		if asked = true; strings.Compare(value, r.From) >= 0 && (r.To == "" || strings.Compare(value, r.To) < 0) {
			return true
		}
	}
	for _, t := range c.Tests {
		if asked = true; passed(t, value) {
			return true
		}
	}
	return !asked
}

var spans = regexp.MustCompile(`^(?:(.*)\|)?([^|,]*),([^|]*)$`)

func passed(t store.Test, value string) bool {
	if t.Op == "contains" {
		return strings.Contains(value, t.Lo)
	}
	part := spans.FindStringSubmatch(value)
	if part == nil || part[1] != t.Lead {
		return false
	}
	from, to := part[2], part[3]
	within := !(from < t.Lo) && !(to > t.Hi)
	return map[string]bool{"eq": within, "ne": !within, "lt": from < t.Lo, "le": from < t.Lo || within, "gt": to > t.Hi, "ge": to > t.Hi || within,
		"sa": !(from < t.Hi), "eb": !(to > t.Lo), "ap": from < t.Hi && t.Lo < to}[t.Op]
}

// shown gives the terms of a version that a query asks to see.
func (m *model) shown(q store.Query, v store.Version) string {
	var all []string
	for _, t := range m.writes[v.Seq].Terms {
		if slices.Contains(q.Show, store.Shown{Param: t.Param, Loose: t.Loose}) {
			all = append(all, t.Param+" "+t.Value)
		}
	}
	slices.Sort(all)
	return fmt.Sprint(v.Key, v.Number, v.Seq, slices.Compact(all))
}

func (m *model) search(q store.Query) store.Page {
	page := store.Page{Total: -1}
	total := 0
	var all []store.Version
	for _, v := range m.versions {
		if !m.matches(q, v) {
			continue
		}
		total++
		if (q.Before == 0 || v.Seq < q.Before) && v.Seq > q.After {
			all = append(all, v)
		}
	}
	if q.Total {
		page.Total = total
	}
	if !q.Ascending {
		slices.Reverse(all)
	}
	if q.Limit > 0 {
		page.More = len(all) > q.Limit
		page.Versions = all[:min(len(all), q.Limit)]
	}
	return page
}

// linked gives what points at a target, now or formerly.
func (m *model) linked(to string) []store.Linked {
	type end struct {
		from store.Key
		via  string
	}
	ends := map[end]bool{} // former
	for _, v := range m.versions {
		for e := range ends {
			if e.from == v.Key {
				ends[e] = true
			}
		}
		for _, l := range m.writes[v.Seq].Links {
			if l.To == to {
				ends[end{v.Key, l.Via}] = false
			}
		}
	}
	all := []store.Linked{}
	for e, former := range ends {
		v := m.newest(e.from)
		all = append(all, store.Linked{From: e.from, Via: e.via, Former: former, Number: v.Number, Seq: v.Seq})
	}
	slices.SortFunc(all, func(a, b store.Linked) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), strings.Compare(a.Via, b.Via)) })
	return all
}

var (
	modelParams = []string{"Task.a", "Task.b", "a+b", "Patient.a", looseParam}
	modelValues = []string{"", "x", "xy", "xyz", "y", "é", "2,4", "3,5", "1,9", "u|2,4", "u|3,3", "4,4"}
	modelTests  = []string{"contains", "eq", "ne", "lt", "le", "gt", "ge", "sa", "eb", "ap"}
	modelTypes  = []string{"Task", "Patient"}
)

func (m *model) drawQuery(t *rapid.T) store.Query {
	last := int64(0)
	if len(m.versions) > 0 {
		last = m.versions[len(m.versions)-1].Seq
	}
	some := func(of []string, most int, label string) []string {
		return rapid.SliceOfN(rapid.SampledFrom(of), 0, most).Draw(t, label)
	}
	q := store.Query{
		Type: rapid.SampledFrom(modelTypes).Draw(t, "type"), Limit: rapid.IntRange(0, 5).Draw(t, "limit"),
		Ascending: rapid.Bool().Draw(t, "ascending"), Total: rapid.Bool().Draw(t, "total"),
	}
	if rapid.Bool().Draw(t, "further page") {
		near := rapid.Int64Range(max(0, last-20), last+2)
		q.Before, q.After = near.Draw(t, "before"), near.Draw(t, "after")
	}
	for range rapid.IntRange(0, 3).Draw(t, "conditions") {
		c := store.Match{Param: rapid.SampledFrom(modelParams).Draw(t, "param"), Values: some(modelValues, 3, "values"),
			Prefixes: some(modelValues, 1, "prefixes"), Not: rapid.Bool().Draw(t, "not")}
		if rapid.IntRange(0, 3).Draw(t, "of several params") == 0 {
			c.Or = some(modelParams, 2, "or")
		}
		c.Loose = c.Param == looseParam || slices.Contains(c.Or, looseParam)
		if rapid.Bool().Draw(t, "with a range") {
			c.Ranges = append(c.Ranges, store.Range{From: rapid.SampledFrom(modelValues).Draw(t, "from"), To: rapid.SampledFrom(modelValues).Draw(t, "to")})
		}
		if rapid.Bool().Draw(t, "with a test") {
			c.Tests = append(c.Tests, store.Test{Op: rapid.SampledFrom(modelTests).Draw(t, "op"), Lead: rapid.SampledFrom([]string{"", "u"}).Draw(t, "lead"),
				Lo: rapid.StringMatching("[1-5]").Draw(t, "lo"), Hi: rapid.StringMatching("[1-5]").Draw(t, "hi")})
		}
		if rapid.IntRange(0, 9).Draw(t, "with many values") == 0 {
			for i := range 70 {
				c.Values = append(c.Values, fmt.Sprint("none", i))
			}
		}
		q.All = append(q.All, c)
	}
	if rapid.IntRange(0, 4).Draw(t, "with ids") == 0 {
		q.IDs = append([]string{}, some([]string{"0-0", "0-1", "1-0", "1-2", "none"}, 3, "ids")...)
	}
	if rapid.Bool().Draw(t, "with times") {
		q.From, q.To = m.at(rapid.IntRange(-1, 9).Draw(t, "from")), m.at(rapid.IntRange(-1, 9).Draw(t, "to"))
	}
	return q
}

// looseParam is the one whose terms are loose.
const looseParam = "Task.loose"

// plannedUpdate is what one caller does: writes, a search after some of them, and whether it fails in the end.
type plannedUpdate struct {
	writes []store.Write
	terms  []store.Term // other ones for the last that was written
	query  store.Query
	look   int // search before the write of this index
	fails  bool
}

// drawUpdate plans for a caller who writes resources that are its own.
func (m *model) drawUpdate(t *rapid.T, caller int, at time.Time) plannedUpdate {
	u := plannedUpdate{fails: rapid.IntRange(0, 3).Draw(t, "fails") == 0, look: rapid.IntRange(0, 4).Draw(t, "look")}
	numbers := map[store.Key]int{}
	for range rapid.IntRange(0, 4).Draw(t, "writes") {
		k := store.Key{Type: rapid.SampledFrom(modelTypes).Draw(t, "type"), ID: fmt.Sprint(caller, "-", rapid.IntRange(0, 2).Draw(t, "id"))}
		if _, known := numbers[k]; !known {
			numbers[k] = m.newest(k).Number
		}
		w := store.Write{Key: k, Replaces: numbers[k], Updated: at, Deleted: rapid.IntRange(0, 4).Draw(t, "deleted") == 0}
		numbers[k]++
		if !w.Deleted {
			w.Body = body(k, numbers[k])
			for range rapid.IntRange(0, 4).Draw(t, "terms") {
				one := store.Term{Param: rapid.SampledFrom(modelParams).Draw(t, "param"), Value: rapid.SampledFrom(modelValues).Draw(t, "value")}
				one.Loose = one.Param == looseParam
				w.Terms = append(w.Terms, one)
			}
			for range rapid.IntRange(0, 2).Draw(t, "links") {
				w.Links = append(w.Links, store.Link{Via: rapid.SampledFrom([]string{"focus", "for"}).Draw(t, "via"), To: m.target()})
			}
		}
		u.writes = append(u.writes, w)
	}
	if rapid.Bool().Draw(t, "other terms") {
		u.terms = []store.Term{{Param: "Task.a", Value: "again"}, {Param: looseParam, Value: "again", Loose: true},
			{Param: "Task.b", Value: rapid.SampledFrom(modelValues).Draw(t, "value")}}
	}
	u.query = m.drawQuery(t)
	u.query.Before, u.query.After, u.query.Total = 0, 0, true
	u.query.IDs = []string{fmt.Sprint(caller, "-0"), fmt.Sprint(caller, "-1")} // what neighbours write is not foreseen
	return u
}

// run does what was planned, comparing what the transaction sees with a model of its own, and gives what it wrote.
func (u plannedUpdate) run(ctx context.Context, st store.Store, m *model) ([]store.Version, error) {
	var written []store.Version
	own := &model{versions: slices.Clone(m.versions), writes: map[int64]store.Write{}}
	for seq, w := range m.writes {
		own.writes[seq] = w
	}
	err := st.Update(ctx, func(tx store.Tx) error {
		for i := 0; i <= len(u.writes); i++ {
			if i == u.look {
				got, err := tx.Search(ctx, u.query)
				if want := own.search(u.query); err != nil || fmt.Sprint(want) != fmt.Sprint(got) {
					return fmt.Errorf("search inside an update: %v, want %v, error %w", got, want, err)
				}
			}
			if i == len(u.writes) {
				break
			}
			v, err := tx.Put(ctx, u.writes[i])
			if err != nil {
				return err
			}
			written = append(written, v)
			if u.terms != nil && i == len(u.writes)-1 && !v.Deleted {
				links := append(slices.Clone(u.writes[i].Links), store.Link{Via: "indexed", To: m.target()})
				if err := tx.Index(ctx, v, u.terms, links); err != nil {
					return err
				}
				u.writes[i].Terms, u.writes[i].Links = u.terms, links
				if older := m.newest(v.Key); older.Seq > 0 {
					if err := tx.Index(ctx, older, nil, nil); !errors.Is(err, store.ErrConflict) {
						return fmt.Errorf("terms for a version that is not the newest: %w", err)
					}
				}
			}
			own.add(v, u.writes[i])
		}
		if u.fails {
			return errRefused
		}
		return nil
	})
	return written, err
}

// testModel lets callers write at once, some failing, and compares every answer with the model's.
func testModel(t *testing.T, st store.Store) {
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		m := &model{round: round, writes: map[int64]store.Write{}}
		deleteAll(t, st, m)
		for step := range 6 {
			plans := make([]plannedUpdate, rapid.IntRange(1, 4).Draw(rt, "callers"))
			for i := range plans {
				plans[i] = m.drawUpdate(rt, i, m.at(step))
			}
			written, errs := make([][]store.Version, len(plans)), make([]error, len(plans))
			var all sync.WaitGroup
			for i, u := range plans {
				all.Go(func() { written[i], errs[i] = u.run(t.Context(), st, m) })
			}
			all.Wait()
			for i, u := range plans {
				if u.fails {
					require.ErrorIs(rt, errs[i], errRefused)
					continue
				}
				require.NoError(rt, errs[i])
				for n, v := range written[i] {
					m.add(v, u.writes[n])
				}
			}
			m.compare(rt, t.Context(), st)
		}
	})
}

// deleteAll deletes what earlier rounds left: one store serves all rounds.
func deleteAll(t *testing.T, st store.Store, m *model) {
	t.Helper()
	update(t, st, func(ctx context.Context, tx store.Tx) {
		var left []store.Version
		for _, typ := range modelTypes {
			require.NoError(t, tx.EachKey(ctx, typ, func(v store.Version) error {
				left = append(left, v)
				return nil
			}))
		}
		for _, v := range left {
			w := store.Write{Key: v.Key, Replaces: v.Number, Updated: m.at(0), Deleted: true}
			v, err := tx.Put(ctx, w)
			require.NoError(t, err)
			m.add(v, w)
		}
	})
}

// compareShown asks the same for the terms, with whole versions and bare ones.
func (m *model) compareShown(t *rapid.T, ctx context.Context, r store.Reader, q store.Query) {
	q.Show = []store.Shown{{Param: looseParam, Loose: true}, {Param: modelParams[0]}}
	want := []string{}
	for _, v := range m.search(q).Versions {
		want = append(want, m.shown(q, v))
	}
	for _, q.Bare = range []bool{false, true} {
		page, err := r.Search(ctx, q)
		require.NoError(t, err)
		got := []string{}
		for i, v := range page.Versions {
			var all []string
			for _, one := range page.Shown[i] {
				all = append(all, one.Param+" "+one.Value)
			}
			slices.Sort(all)
			got = append(got, fmt.Sprint(v.Key, v.Number, v.Seq, all))
			require.Equal(t, q.Bare, v.Body == nil)
		}
		require.Equal(t, want, got, "%+v", q)
	}
}

func (m *model) compare(t *rapid.T, ctx context.Context, st store.Store) {
	queries := make([]store.Query, 4)
	for i := range queries {
		queries[i] = m.drawQuery(t)
	}
	require.NoError(t, st.View(ctx, func(r store.Reader) error {
		for _, q := range queries {
			page, err := r.Search(ctx, q)
			require.NoError(t, err)
			require.Equal(t, fmt.Sprint(m.search(q)), fmt.Sprint(page), "%+v", q)
			m.compareShown(t, ctx, r, q)
		}
		seqs := []int64{-1}
		for i := len(m.versions) - 1; i >= 0; i -= 3 {
			seqs = append(seqs, m.versions[i].Seq)
		}
		placed, err := r.Placed(ctx, seqs...)
		require.NoError(t, err)
		require.Len(t, placed, len(seqs)-1)
		for i, v := range placed {
			require.Equal(t, m.versions[len(m.versions)-1-3*i], v)
		}
		linked, err := r.LinkedTo(ctx, m.target())
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(m.linked(m.target())), fmt.Sprint(linked))
		last, err := r.LinkedLast(ctx, m.target(), 1000)
		require.NoError(t, err)
		require.ElementsMatch(t, slices.DeleteFunc(m.linked(m.target()), func(l store.Linked) bool { return l.Former }), last)
		for _, v := range m.versions {
			newest, err := r.Newest(ctx, v.Key)
			require.NoError(t, err)
			require.Equal(t, m.newest(v.Key), newest)
		}
		return nil
	}))
}
