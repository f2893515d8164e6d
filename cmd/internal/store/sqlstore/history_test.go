package sqlstore

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// The versions of a type are the same by whichever way they are gathered.
func TestTheHistoryOfATypeByBothWays(t *testing.T) {
	t.Parallel()
	st, err := Open(t.Context(), Options{Memory: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		for i := range 60 {
			k := store.Key{Type: []string{"Task", "Patient"}[i%2], ID: fmt.Sprint(i % 5)}
			if _, err := tx.Put(t.Context(), store.Write{Key: k, Replaces: i / 10, Updated: noon, Body: []byte("{}"), Method: "PUT"}); err != nil {
				return err
			}
		}
		return nil
	}))
	for before := range int64(70) {
		for from := range int64(12) {
			q := store.Past{Type: "Task", Before: before, Limit: 7}
			require.NoError(t, st.View(t.Context(), func(in store.Reader) error {
				r := in.(*reader)
				few, err := r.pastOfFew(context.Background(), q, 5*from)
				require.NoError(t, err)
				many, err := r.pastOfMany(context.Background(), q, 5*from)
				require.NoError(t, err)
				assert.Equal(t, many, few)
				return nil
			}))
		}
	}
}
