package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
)

// people stores so many Patients, of whom none has a name with "zz" in it.
func people(t *testing.T, n int) *sqlstore.Store {
	t.Helper()
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: filepath.Join(t.TempDir(), "w.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		for i := range n {
			id := fmt.Sprintf("p%05d", i)
			_, err := tx.Put(t.Context(), store.Write{Key: store.Key{Type: "Patient", ID: id}, Body: []byte(`{"resourceType":"Patient"}`), Links: []store.Link{{Via: "link", To: "Patient/none" + id}},
				Terms: []store.Term{{Param: "Patient.name", Value: "quince"}, {Param: "Patient.gender", Value: "female"}, {Param: "Patient.note", Value: "x", Loose: true}}})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return st
}

var withinNames = store.Query{Type: "Patient", Limit: 20, All: []store.Match{{Param: "Patient.name", Tests: []store.Test{{Op: "contains", Lo: "zz"}}}}}

// TestASearchCostsWhatItLooksAt counts the steps of searches of each kind, in a store and in one of twice the size: those that an index answers cost the same, the
// others at most twice as much, and a budget that is spent ends each of them.
func TestASearchCostsWhatItLooksAt(t *testing.T) {
	t.Parallel()
	small, large := people(t, 1000), people(t, 2000)
	one := func(param, value string) []store.Match { return []store.Match{{Param: param, Values: []string{value}}} }
	for _, row := range []struct {
		name  string
		q     store.Query
		grows bool
	}{
		{"a page of an index", store.Query{Limit: 20, All: one("Patient.gender", "female")}, false},
		{"ids", store.Query{Limit: 20, IDs: []string{"p00001", "p00002", "none"}}, false},
		{"keys", store.Query{Limit: 20, Bare: true}, false},
		{"what is in no index", withinNames, true},
		{"a loose term", store.Query{Limit: 20, All: []store.Match{{Param: "Patient.note", Values: []string{"y"}, Loose: true}}}, true},
		{"a count of it", store.Query{Total: true, All: withinNames.All}, true},
		{"all", store.Query{Limit: 100_000}, true},
		{"all with terms", store.Query{Limit: 100_000, Bare: true, Show: []store.Shown{{Param: "Patient.name"}}}, true},
	} {
		cost := func(st *sqlstore.Store, steps int) (int, error) {
			b := store.NewBudget(steps)
			ctx, q := store.WithAsked(t.Context(), &store.Asked{Budget: b}), row.q
			q.Type = "Patient"
			err := st.View(ctx, func(r store.Reader) error { _, err := r.Search(ctx, q); return err })
			return steps - b.Left(), err
		}
		few, err := cost(small, store.MostSteps)
		require.NoError(t, err, row.name)
		many, err := cost(large, store.MostSteps)
		require.NoError(t, err, row.name)
		if row.grows {
			assert.Greater(t, many, 1900, row.name)
			assert.LessOrEqual(t, many, 2*few+2*store.StepsOfStatement, row.name)
		} else {
			assert.Equal(t, few, many, row.name)
			assert.Less(t, few, 200, row.name)
		}
		_, err = cost(large, many-1)
		assert.ErrorIs(t, err, store.ErrTooCostly, row.name)
	}
}

// TestSearchesOfOneRequestCountTogether in Views and Updates, and those of nobody each alone.
func TestSearchesOfOneRequestCountTogether(t *testing.T) {
	t.Parallel()
	st := people(t, 300)
	b := store.NewBudget(1000)
	ctx := store.WithAsked(t.Context(), &store.Asked{Budget: b})
	find := func(ctx context.Context) error {
		return st.View(ctx, func(r store.Reader) error { _, err := r.Search(ctx, withinNames); return err })
	}
	for range 3 {
		require.NoError(t, find(ctx))
	}
	require.ErrorIs(t, find(ctx), store.ErrTooCostly)
	inside := store.WithAsked(t.Context(), &store.Asked{Budget: store.NewBudget(1000)})
	err := st.Update(inside, func(tx store.Tx) error {
		_, err := tx.Search(inside, withinNames)
		require.NoError(t, err)
		_, err = tx.Search(inside, withinNames)
		return err
	})
	require.ErrorIs(t, err, store.ErrTooCostly, "half as much while others wait to write")
	require.NoError(t, find(inside), "which is counted apart")
	for range 500 {
		require.NoError(t, find(t.Context()))
	}
}

// statements is a patience that counts the statements it was asked for, and is over for one of them.
type statements struct{ n, over int }

func (s *statements) begin(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if s.n++; s.n == s.over {
		cancel()
	}
	return ctx, cancel
}

// TestEveryStatementThatMayTakeLongHasAnEnd plays each kind of question that looks at many rows, once for each of its statements, with a patience that is over for
// that statement: the answer is ErrTooCostly, and the store goes on. A caller who has gone ends it likewise.
func TestEveryStatementThatMayTakeLongHasAnEnd(t *testing.T) {
	t.Parallel()
	st := people(t, 200)
	asked := 0
	next := func() string { asked++; return fmt.Sprintf("p%05d", asked) } // not one that was lately read
	questions := map[string]func(ctx context.Context, r store.Reader) error{
		"search": func(ctx context.Context, r store.Reader) error {
			_, err := r.Search(ctx, store.Query{Type: "Patient", Limit: 20})
			return err
		},
		"sift": func(ctx context.Context, r store.Reader) error { _, err := r.Search(ctx, withinNames); return err },
		"count": func(ctx context.Context, r store.Reader) error {
			_, err := r.Search(ctx, store.Query{Type: "Patient", Total: true})
			return err
		},
		"ids": func(ctx context.Context, r store.Reader) error {
			_, err := r.Search(ctx, store.Query{Type: "Patient", Limit: 5, IDs: []string{next()}})
			return err
		},
		"placed": func(ctx context.Context, r store.Reader) error { _, err := r.Placed(ctx, 1, 2); return err },
		"history": func(ctx context.Context, r store.Reader) error {
			_, err := r.History(ctx, store.Past{Limit: 5})
			return err
		},
		"history of one": func(ctx context.Context, r store.Reader) error {
			_, err := r.History(ctx, store.Past{Type: "Patient", ID: "p00001"})
			return err
		},
		"history of few": func(ctx context.Context, r store.Reader) error {
			_, err := r.History(ctx, store.Past{Type: "Patient", Limit: 5})
			return err
		},
		"versions": func(ctx context.Context, r store.Reader) error {
			_, err := r.Versions(ctx, store.Key{Type: "Patient", ID: "p00001"}, 0, 0)
			return err
		},
		"numbers": func(ctx context.Context, r store.Reader) error {
			_, err := r.Numbers(ctx, store.Key{Type: "Patient", ID: "p00001"})
			return err
		},
		"types": func(ctx context.Context, r store.Reader) error { _, err := r.Types(ctx); return err },
		"linked to": func(ctx context.Context, r store.Reader) error {
			_, err := r.LinkedTo(ctx, "Patient/nonep00001")
			return err
		},
		"linked last": func(ctx context.Context, r store.Reader) error {
			_, err := r.LinkedLast(ctx, "Patient/nonep00001", 3)
			return err
		},
		"missing":  func(ctx context.Context, r store.Reader) error { _, err := r.Missing(ctx, "Patient", 3); return err },
		"handoffs": func(ctx context.Context, r store.Reader) error { _, err := r.Handoffs(ctx, "sr1"); return err },
		"keys": func(ctx context.Context, r store.Reader) error {
			return r.EachKey(ctx, "Patient", func(store.Version) error { return nil })
		},
	}
	ask := func(s *statements, question func(context.Context, store.Reader) error) error {
		ctx := store.WithAsked(t.Context(), &store.Asked{Patience: s.begin})
		return st.View(ctx, func(r store.Reader) error { return question(ctx, r) })
	}
	for name, question := range questions {
		all := &statements{}
		require.NoError(t, ask(all, question), name)
		assert.Positive(t, all.n, "%s: no statement of it has an end", name)
		for n := range all.n {
			require.ErrorIs(t, ask(&statements{over: n + 1}, question), store.ErrTooCostly, "%s: statement %d", name, n+1)
		}
		gone, hangUp := context.WithCancel(t.Context())
		err := st.View(gone, func(r store.Reader) error {
			hangUp()
			return question(gone, r)
		})
		require.ErrorIs(t, err, context.Canceled, name)
		require.NoError(t, ask(&statements{}, question), name)
	}
}

// TestAStatementIsStoppedOnItsWay holds that what has begun ends, too: the patience of this one is over once the statement runs.
func TestAStatementIsStoppedOnItsWay(t *testing.T) {
	t.Parallel()
	st := people(t, 5000)
	looked := 0
	stop := func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithCancel(ctx) }
	ctx, hangUp := context.WithCancel(store.WithAsked(t.Context(), &store.Asked{Patience: stop}))
	err := st.View(ctx, func(r store.Reader) error {
		return r.EachKey(ctx, "Patient", func(store.Version) error {
			if looked++; looked == 10 {
				hangUp()
			}
			return nil
		})
	})
	require.True(t, errors.Is(err, context.Canceled), "%v", err)
	assert.Less(t, looked, 300, "one portion")
}
