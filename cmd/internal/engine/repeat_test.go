package engine

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
)

// elsewhere is a store that another process writes too: rows that it takes first are not fresh for us.
type elsewhere struct {
	store.Store
	taken map[string]string // prefix of a key → what the other process keeps there
}

func (s elsewhere) Update(ctx context.Context, f func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return f(elsewhereTx{tx, s.taken}) })
}

type elsewhereTx struct {
	store.Tx
	taken map[string]string
}

func (t elsewhereTx) Remember(ctx context.Context, key, value string, at time.Time) (string, bool, error) {
	for prefix, kept := range t.taken {
		if strings.HasPrefix(key, prefix) {
			delete(t.taken, prefix)
			_, _, err := t.Tx.Remember(ctx, key, kept, at)
			return kept, false, err
		}
	}
	return t.Tx.Remember(ctx, key, value, at)
}

func TestAnotherProcessWasFirst(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		taken map[string]string
		send  func(f *fixture) []Change
		ids   string
	}{
		{"with the same Bundle: everything is undone and done again", map[string]string{"bundle|": "Patient/other"},
			func(f *fixture) []Change { return bundle(f.post(patient("1"))) }, "n1"},
		{"with the same condition, and has not written yet: its id is taken", map[string]string{"condition|": "other"},
			func(f *fixture) []Change { return []Change{f.post(patient("1")).ifNone("identifier=urn:mrn|1")} }, "other"},
		{"with the same conditional update: its id is taken", map[string]string{"condition|": "other"},
			func(f *fixture) []Change { return []Change{f.put(patient("1")).where("identifier=urn:mrn|1")} }, "other"},
		{"with the same referral, and has not written yet: its id is taken", map[string]string{"identity|": "other digest"},
			func(f *fixture) []Change { return []Change{f.post(request(placed, ""))} }, "other"},
		{"with the same referral and Task: its id is taken, and the Task points there", map[string]string{"identity|": "other digest"},
			func(f *fixture) []Change { return f.sent(urnA, "") }, "other n2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.store = elsewhere{f.store, tt.taken}
			results, err := f.ApplyBundle(t.Context(), Principal{}, "urn:b|1", tt.send(f))
			require.NoError(t, err)
			var ids []string
			for _, r := range results {
				assert.Equal(t, Created, r.Done)
				ids = append(ids, r.Version.ID)
				assert.Equal(t, r.Version.ID, f.stored(r.Version.Type, r.Version.ID).ID())
			}
			assert.Equal(t, tt.ids, strings.Join(ids, " "))
			if last := results[len(results)-1].Version; last.Type == "Task" {
				assert.Equal(t, "ServiceRequest/other", f.stored("Task", last.ID).Get("focus", "reference").Text())
			}
			assert.Empty(t, tt.taken)
		})
	}
}

// The commonest Bundle is remembered in one row, that of its request.
func TestOneRowForAReferral(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.sent(urnA, "")...)
	b, err := f.prepare(Principal{}, "", f.sent(urnA, ""))
	require.NoError(t, err)
	require.NotNil(t, b.lead)
	require.NoError(t, f.store.View(t.Context(), func(r store.Reader) error {
		_, own, err := r.Remembered(t.Context(), b.key)
		require.NoError(t, err)
		assert.False(t, own)
		kept, known, err := r.Remembered(t.Context(), b.lead.identity)
		assert.True(t, known)
		assert.Contains(t, kept, b.key)
		return err
	}))
	var got []Result
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) (err error) {
		txn := &txn{e: f.Engine, ctx: t.Context(), tx: tx, now: f.now()}
		var repeat bool
		got, repeat, err = txn.repeated(b)
		assert.True(t, repeat)
		return err
	}))
	assert.Equal(t, "unchanged unchanged", done(got))

	for name, changes := range map[string][]Change{
		"a Patient beside it":                append(f.sent(urnA, ""), f.post(patient("1"))),
		"a Task for something else":          {f.sent(urnA, "")[0], f.post(task(owned))},
		"no request":                         {f.post(task(owned)), f.post(task(owned))},
		"a condition":                        {f.sent(urnA, "")[0].ifNone("identifier=1"), f.sent(urnA, "")[1]},
		"a request that points at the other": {f.post(request(placed, `,"supportingInfo":[{"reference":"`+urnB+`"}]`)).as(urnA), f.sent(urnA, "")[1].as(urnB)},
	} {
		b, err := f.prepare(Principal{}, "", bundle(changes...))
		require.NoError(t, err, name)
		assert.Nil(t, b.lead, name)
	}
}

// A Bundle whose resources nothing can tell apart is told by its bytes, also one of a single entry. What is posted alone is not.
func TestRuling51ABundleWithoutAnyIdentityByteForByte(t *testing.T) {
	t.Parallel()
	nameless := func(f *fixture) []Change {
		return bundle(f.post(request("", "")).as(urnA), f.post(task(`,"focus":{"reference":"`+urnA+`"}`+owned)))
	}
	for name, changes := range map[string]func(f *fixture) []Change{
		"a request and its Task": nameless,
		"a request alone":        func(f *fixture) []Change { return nameless(f)[:1] },
		"a Task alone":           func(f *fixture) []Change { return bundle(f.post(task(owned))) },
	} {
		f := start(t)
		send := func(party string) string {
			got, err := f.ApplyBundle(t.Context(), Principal{Party: party}, "", changes(f))
			require.NoError(t, err)
			return done(got)
		}
		first := send("Organization/a")
		assert.NotContains(t, first, "unchanged", name)
		assert.NotContains(t, send("Organization/a"), "created", name)
		assert.Equal(t, first, send("Organization/b"), "%s, from another client", name)
	}
	f := start(t)
	for range 2 {
		assert.Equal(t, Created, f.apply(f.post(request("", "")))[0].Done)
	}
}
