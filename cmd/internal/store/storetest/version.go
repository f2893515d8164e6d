package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

func testVersions(t *testing.T, st store.Store) {
	ctx := t.Context()
	k := task("t1")
	view(t, st, func(ctx context.Context, r store.Reader) {
		_, err := r.Newest(ctx, k)
		require.ErrorIs(t, err, store.ErrNotFound, "nothing is there yet")
		_, err = r.Numbered(ctx, k, 1)
		require.ErrorIs(t, err, store.ErrNotFound)
		all, err := r.Versions(ctx, k, 0, 0)
		require.NoError(t, err)
		require.Empty(t, all)
		last, err := r.LastUpdated(ctx)
		require.NoError(t, err)
		require.True(t, last.IsZero(), "an empty store was never updated")
	})

	author := store.Author{Role: "agency", Party: "Organization/harbor", Own: true}
	first := version(k, 0, minute(0))
	second := version(k, 1, minute(1))
	second.Author = author
	gone := store.Write{Key: k, Replaces: 2, Updated: minute(2), Deleted: true}
	back := version(k, 3, minute(3))
	other := version(store.Key{Type: "Patient", ID: "t1"}, 0, minute(3))
	written := put(t, st, first, second, gone, back, other)

	for i, v := range written[:4] {
		assert.Equal(t, i+1, v.Number)
		assert.Equal(t, minute(i), v.Updated)
		if i > 0 {
			assert.Greater(t, v.Seq, written[i-1].Seq, "each version has a later place")
		}
	}
	view(t, st, func(ctx context.Context, r store.Reader) {
		newest, err := r.Newest(ctx, k)
		require.NoError(t, err)
		assert.Equal(t, written[3], newest)

		v, err := r.Numbered(ctx, k, 2)
		require.NoError(t, err)
		assert.Equal(t, store.Version{Key: k, Number: 2, Seq: written[1].Seq, Updated: minute(1), Author: author, Body: second.Body}, v)

		v, err = r.Numbered(ctx, k, 3)
		require.NoError(t, err)
		assert.True(t, v.Deleted)
		assert.Nil(t, v.Body)

		_, err = r.Numbered(ctx, k, 5)
		require.ErrorIs(t, err, store.ErrNotFound)

		all, err := r.Versions(ctx, k, 0, 0)
		require.NoError(t, err)
		assert.Equal(t, []store.Version{written[3], written[2], written[1], written[0]}, all, "newest first")
		all, err = r.Versions(ctx, k, 4, 2)
		require.NoError(t, err)
		assert.Equal(t, []store.Version{written[2], written[1]}, all, "a page of history")

		numbers, err := r.Numbers(ctx, k)
		require.NoError(t, err)
		require.Len(t, numbers, 4)
		assert.Nil(t, numbers[0].Body)
		assert.Equal(t, author, numbers[1].Author)
		assert.Equal(t, []int{1, 2, 3, 4}, []int{numbers[0].Number, numbers[1].Number, numbers[2].Number, numbers[3].Number}, "oldest first")

		last, err := r.LastUpdated(ctx)
		require.NoError(t, err)
		assert.Equal(t, minute(3), last)
	})

	for name, w := range map[string]store.Write{
		"creating what is there":             version(k, 0, minute(4)),
		"replacing what is not the newest":   version(k, 3, minute(4)),
		"replacing what is not there yet":    version(k, 5, minute(4)),
		"replacing a version of what is not": version(task("t2"), 1, minute(4)),
	} {
		err := st.Update(ctx, func(tx store.Tx) error {
			_, err := tx.Put(ctx, w)
			return err
		})
		require.ErrorIs(t, err, store.ErrConflict, name)
	}
	testEachKey(t, st)
}

func testEachKey(t *testing.T, st store.Store) {
	put(t, st, version(task("t2"), 0, minute(5)), version(task("t3"), 0, minute(5)),
		store.Write{Key: task("t2"), Replaces: 1, Updated: minute(6), Deleted: true}, version(task("t1"), 4, minute(6)))
	var order []string
	view(t, st, func(ctx context.Context, r store.Reader) {
		require.NoError(t, r.EachKey(ctx, "Task", func(v store.Version) error {
			order = append(order, v.ID)
			assert.Equal(t, v.ID == "t2", v.Deleted)
			_, err := r.Newest(ctx, v.Key)
			return err
		}))
		stop := errors.New("enough")
		require.ErrorIs(t, r.EachKey(ctx, "Task", func(store.Version) error { return stop }), stop)
	})
	assert.Equal(t, []string{"t3", "t2", "t1"}, order, "in the order of the newest versions, deleted ones too")

	many := make([]store.Write, 0, 600)
	for range cap(many) {
		many = append(many, version(store.Key{Type: "Location", ID: "l" + string(rune('a'+len(many)%26)) + time.Duration(len(many)).String()}, 0, minute(7)))
	}
	update(t, st, func(ctx context.Context, tx store.Tx) {
		for _, w := range many {
			_, err := tx.Put(ctx, w)
			require.NoError(t, err)
		}
	})
	n := 0
	view(t, st, func(ctx context.Context, r store.Reader) {
		require.NoError(t, r.EachKey(ctx, "Location", func(v store.Version) error {
			assert.Equal(t, many[n].ID, v.ID)
			n++
			return nil
		}))
	})
	assert.Equal(t, len(many), n)
}
