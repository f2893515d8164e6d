package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// A store that was written under another way of indexing is searched like any other once it was indexed again.
func TestReindex(t *testing.T) {
	t.Parallel()
	f := start(t)
	require.NoError(t, f.Reindex(t.Context(), false, nil), "an empty one")
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error {
		for i := range 2*batchSize + 3 {
			id := fmt.Sprintf("t%d", i)
			w := store.Write{Key: store.Key{Type: "Task", ID: id}, Updated: f.time(), Terms: []store.Term{{Param: "Task.old", Value: "x"}, {Param: "Task.status", Value: "requested"}},
				Body: fmt.Appendf(nil, `{"resourceType":"Task","id":%q,"status":"requested","intent":"order","priority":"stat","authoredOn":"2026-03-0%d"}`, id, i%9+1)}
			if _, err := tx.Put(t.Context(), w); err != nil {
				return err
			}
		}
		gone := store.Write{Key: store.Key{Type: "Task", ID: "t0"}, Replaces: 1, Updated: f.time(), Deleted: true}
		_, err := tx.Put(t.Context(), gone)
		return err
	}))
	total := func(query string) int { return f.search("Task", query+"&_count=0").Total }
	assert.Zero(t, total("priority=stat"))
	require.NoError(t, f.Reindex(t.Context(), false, nil), "it was done before")
	assert.Zero(t, total("priority=stat"))
	last := 0
	require.NoError(t, f.Reindex(t.Context(), true, func(done int) { last = done }))
	assert.Equal(t, 2*batchSize+2, last)
	assert.Equal(t, last, total("priority=stat"), "loose terms")
	assert.Equal(t, last, total("status=requested"), "terms that were there")
	assert.Positive(t, total("authored-on=2026-03-02"))
	require.NoError(t, f.store.View(t.Context(), func(r store.Reader) error {
		page, err := r.Search(t.Context(), store.Query{Type: "Task", Total: true, All: []store.Match{{Param: "Task.old", Values: []string{"x"}}}})
		assert.Zero(t, page.Total, "terms that are no more")
		return err
	}))
	before := f.everything()
	require.NoError(t, f.Reindex(t.Context(), true, nil))
	assert.Equal(t, before, f.everything(), "no new versions")
	assert.Equal(t, last, total("status=requested"))
}
