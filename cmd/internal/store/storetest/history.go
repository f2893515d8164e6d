package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/store"
)

// testHistory compares the history of a resource, a type and everything, page by page, with a list of what was written.
func testHistory(t *testing.T, st store.Store) {
	var written []store.Version
	numbers := map[store.Key]int{}
	methods := []string{"POST", "PUT", "PATCH", "DELETE", ""}
	rapid.Check(t, func(rt *rapid.T) {
		at := minute(len(written))
		update(t, st, func(ctx context.Context, tx store.Tx) {
			for range rapid.IntRange(1, 5).Draw(rt, "writes") {
				k := store.Key{Type: rapid.SampledFrom([]string{"Task", "Patient", "Basic"}).Draw(rt, "type"), ID: fmt.Sprint(rapid.IntRange(0, 3).Draw(rt, "id"))}
				w := version(k, numbers[k], at)
				w.Method = rapid.SampledFrom(methods).Draw(rt, "method")
				w.Deleted = w.Method == "DELETE"
				v, err := tx.Put(ctx, w)
				require.NoError(rt, err)
				numbers[k] = v.Number
				v.Method = w.Method
				written = append(written, v)
			}
		})
		q := store.Past{Type: rapid.SampledFrom([]string{"Task", "Patient", "Basic", "Group", ""}).Draw(rt, "of"), Limit: rapid.IntRange(1, 7).Draw(rt, "limit")}
		if q.Type != "" && rapid.Bool().Draw(rt, "of one") {
			q.ID = fmt.Sprint(rapid.IntRange(0, 4).Draw(rt, "its id"))
		}
		if rapid.Bool().Draw(rt, "since") {
			q.Since = minute(rapid.IntRange(-1, len(written)+1).Draw(rt, "minute")).Add(time.Duration(rapid.IntRange(-1, 1).Draw(rt, "nearly")) * time.Millisecond)
		}
		var want, got []string
		for _, v := range slices.Backward(written) {
			if (q.Type == "" || q.Type == v.Type) && (q.ID == "" || q.ID == v.ID) && !v.Updated.Before(q.Since) {
				want = append(want, fmt.Sprint(v))
			}
		}
		view(t, st, func(ctx context.Context, r store.Reader) {
			for range len(want)/q.Limit + 1 {
				page, err := r.History(ctx, q)
				require.NoError(rt, err)
				require.LessOrEqual(rt, len(page.Versions), q.Limit)
				for _, v := range page.Versions {
					got = append(got, fmt.Sprint(v))
					q.Before = v.Seq
				}
				require.Equal(rt, len(got) < len(want), page.More)
			}
		})
		require.Equal(rt, want, got)
	})
}
