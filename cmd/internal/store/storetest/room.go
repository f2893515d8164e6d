package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/store"
)

// room is a store.Room of a fixed size, that notes what is taken of it.
type room struct {
	left, taken int
	err         error
}

func (r *room) Left() int { return r.left }

func (r *room) Take(bytes int) error {
	r.taken += bytes
	return r.err
}

// testRoom compares pages that are bounded by bytes with those that are not.
func testRoom(t *testing.T, st store.Store) {
	var ids []string
	var seqs []int64
	sizes := map[int64]int{}
	update(t, st, func(ctx context.Context, tx store.Tx) {
		for i := range 40 {
			k := store.Key{Type: "Task", ID: fmt.Sprintf("t%02d", i)}
			w := version(k, 0, minute(i), store.Term{Param: "Task.status", Value: fmt.Sprint(i % 2)})
			w.Body = bytes.Repeat([]byte("x"), 1+i*i*7%500)
			v, err := tx.Put(ctx, w)
			require.NoError(t, err)
			ids, seqs, sizes[v.Seq] = append(ids, k.ID), append(seqs, v.Seq), len(w.Body)
		}
	})
	read := func(ctx context.Context, f func(r store.Reader) error) {
		t.Helper()
		require.NoError(t, st.View(ctx, f))
	}
	rapid.Check(t, func(rt *rapid.T) {
		q := store.Query{Type: "Task", Ascending: rapid.Bool().Draw(rt, "ascending"), Limit: rapid.IntRange(1, 50).Draw(rt, "limit")}
		if rapid.Bool().Draw(rt, "by id") {
			q.IDs = rapid.SliceOfNDistinct(rapid.SampledFrom(ids), 1, 20, rapid.ID[string]).Draw(rt, "ids")
		}
		if rapid.Bool().Draw(rt, "by term") {
			q.All = []store.Match{{Param: "Task.status", Values: []string{"1"}}}
		}
		if rapid.Bool().Draw(rt, "shown") {
			q.Show = []store.Shown{{Param: "Task.status"}}
		}
		var want, got []int64
		all := q
		all.Limit = 100
		read(t.Context(), func(r store.Reader) error {
			page, err := r.Search(t.Context(), all)
			want = places(page.Versions)
			return err
		})
		bound := &room{left: rapid.IntRange(1, 2000).Draw(rt, "room")}
		within := store.WithRoom(t.Context(), bound)
		for more := true; more && len(got) <= len(want); {
			read(within, func(r store.Reader) error {
				before := bound.taken
				page, err := r.Search(within, q)
				require.NoError(rt, err)
				held(rt, bound, before, page)
				got, more = append(got, places(page.Versions)...), page.More
				if q.Show != nil {
					require.Len(rt, page.Shown, len(page.Versions))
				}
				if more {
					require.NotEmpty(rt, page.Versions)
					if q.Before, q.After = got[len(got)-1], 0; q.Ascending {
						q.Before, q.After = 0, q.Before
					}
				}
				return nil
			})
		}
		require.Equal(rt, want, got)

		past, seen := store.Past{Type: "Task", Limit: q.Limit}, 0
		for more := true; more && seen <= len(seqs); {
			read(within, func(r store.Reader) error {
				before := bound.taken
				page, err := r.History(within, past)
				require.NoError(rt, err)
				held(rt, bound, before, page)
				seen, more = seen+len(page.Versions), page.More
				past.Before = page.Versions[len(page.Versions)-1].Seq
				return nil
			})
		}
		require.Equal(rt, len(seqs), seen)

		some := rapid.Permutation(seqs).Draw(rt, "places")[:rapid.IntRange(1, len(seqs)).Draw(rt, "n")]
		read(within, func(r store.Reader) error {
			before := bound.taken
			placed, err := r.Placed(within, some...)
			require.NoError(rt, err)
			held(rt, bound, before, store.Page{Versions: placed, More: len(placed) < len(some)})
			require.Equal(rt, some[:len(placed)], places(placed))
			if n := len(placed); n < len(some) {
				require.Greater(rt, bound.taken-before+sizes[some[n]], bound.left, "the next one has no room")
			}
			return nil
		})
	})

	full := &room{left: 1, err: errors.New("there is no more")}
	within := store.WithRoom(t.Context(), full)
	require.ErrorIs(t, st.View(within, func(r store.Reader) error {
		_, err := r.Newest(within, task("t01"))
		return err
	}), full.err)
	require.Equal(t, sizes[seqs[1]], full.taken)
	read(within, func(r store.Reader) error {
		_, err := r.Newest(store.WithRoom(within, nil), task("t01"))
		return err
	})
	full.taken = 0
	require.NoError(t, st.Update(within, func(tx store.Tx) error {
		_, err := tx.Newest(within, task("t01"))
		return err
	}), "a write has no bounds")
	require.Zero(t, full.taken)
}

// held holds that a page has no more than there is room for, and what it has is noted.
func held(t require.TestingT, r *room, before int, page store.Page) {
	n := 0
	for _, v := range page.Versions {
		n += len(v.Body)
	}
	require.Equal(t, n, r.taken-before)
	if len(page.Versions) > 1 {
		require.LessOrEqual(t, n, r.left)
	}
}

func places(versions []store.Version) []int64 {
	all := slices.Collect(func(yield func(int64) bool) {
		for i := range versions {
			if !yield(versions[i].Seq) {
				return
			}
		}
	})
	return all
}
