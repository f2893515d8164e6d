// Package storetest is the suite that every store.Store must pass. A back end's tests call Run with a function that opens an empty store; what
// Run finds is what the engine relies on, no more.
//
// All tests run in parallel with each other, each on a store of its own, and use made-up resources only: the store does not look into bodies.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// Run runs the suite. open gives a new empty store and sees to it that it is closed when the test ends.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	for _, part := range []struct {
		name string
		test func(t *testing.T, st store.Store)
	}{
		{"versions", testVersions},
		{"history", testHistory},
		{"search", testSearch},
		{"paging", testPaging},
		{"room", testRoom},
		{"links", testLinks},
		{"handoffs", testHandoffs},
		{"idempotency", testIdempotency},
		{"isolation", testIsolation},
		{"model", testModel},
		{"closing", testClosing},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, open(t))
		})
	}
}

// start is the time of the first version in each test.
var start = time.Date(2026, 3, 2, 9, 0, 0, 123_000_000, time.UTC)

// minute gives the n-th minute after start.
func minute(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }

func task(id string) store.Key { return store.Key{Type: "Task", ID: id} }

func body(k store.Key, number int) []byte {
	return fmt.Appendf(nil, `{"resourceType":%q,"id":%q,"meta":{"versionId":"%d"}}`, k.Type, k.ID, number)
}

// version makes a write of the version after replaces.
func version(k store.Key, replaces int, at time.Time, terms ...store.Term) store.Write {
	return store.Write{Key: k, Replaces: replaces, Updated: at, Body: body(k, replaces+1), Terms: terms}
}

// put stores versions, each in an Update of its own.
func put(t *testing.T, st store.Store, writes ...store.Write) []store.Version {
	t.Helper()
	var all []store.Version
	for _, w := range writes {
		require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
			v, err := tx.Put(t.Context(), w)
			all = append(all, v)
			return err
		}))
	}
	return all
}

func view(t *testing.T, st store.Store, f func(ctx context.Context, r store.Reader)) {
	t.Helper()
	require.NoError(t, st.View(t.Context(), func(r store.Reader) error {
		f(t.Context(), r)
		return nil
	}))
}

func update(t *testing.T, st store.Store, f func(ctx context.Context, tx store.Tx)) {
	t.Helper()
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		f(t.Context(), tx)
		return nil
	}))
}

func terms(pairs ...string) []store.Term {
	var all []store.Term
	for i := 0; i+1 < len(pairs); i += 2 {
		all = append(all, store.Term{Param: pairs[i], Value: pairs[i+1]})
	}
	return all
}

func ids(versions []store.Version) []string {
	all := make([]string, len(versions))
	for i, v := range versions {
		all[i] = v.ID
	}
	return all
}
