package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// rows gives the read model, by Task.
func (f *fixture) rows() map[string]store.Handoff {
	all := map[string]store.Handoff{}
	require.NoError(f.t, f.store.View(context.Background(), func(r store.Reader) error {
		return r.EachHandoff(context.Background(), func(h store.Handoff) error {
			all[h.Task] = h
			return nil
		})
	}))
	return all
}

func (f *fixture) referrals(n int) {
	f.apply(f.put(`{"resourceType":"Patient","id":"p"}`))
	for i := range n {
		f.apply(bundle(f.put(request(fmt.Sprintf(`"id":"sr%d","identifier":[{"system":"urn:ehr","value":"R-%d"}],`, i, i), `,"authoredOn":"2026-03-01"`)),
			f.put(task(fmt.Sprintf(`,"id":"t%d","focus":{"reference":"ServiceRequest/sr%d"},"owner":{"reference":"Organization/harbor"}`, i, i))))...)
	}
}

// spoil makes rows read as other rules would have made them.
func (f *fixture) spoil(rows ...store.Handoff) {
	require.NoError(f.t, f.store.Update(context.Background(), func(tx store.Tx) error {
		for _, h := range rows {
			h.State, h.Doc, h.Mark = "attended", []byte(`{"Handoff":{"State":"attended"}}`), "of other rules"
			if err := tx.PutHandoff(context.Background(), h); err != nil {
				return err
			}
		}
		return nil
	}))
}

func TestMarkOfRows(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.set.Rules = workflow.DefaultRules(time.UTC)
	f.referrals(7)
	right := f.rows()
	require.Len(t, right, 7)
	for _, h := range right {
		require.Equal(t, f.mark(), h.Mark)
	}
	seen := f.store.Seen()

	stray := right["t0"]
	stray.Task, stray.Referral = "gone", "sr-gone"
	f.spoil(right["t1"], right["t5"], stray)
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error { return tx.DropHandoff(t.Context(), "t3") }), "a Task that other rules did not follow")
	f.apply(f.put(task(`,"id":"t5","focus":{"reference":"ServiceRequest/sr5"},"owner":{"reference":"Organization/harbor"},"description":"x"`)))
	assert.Equal(t, f.mark(), f.rows()["t5"].Mark, "what is written to is made anew at once")
	assert.Equal(t, "attended", f.rows()["t1"].State, "the others are answered with until then")

	looked := 0
	require.NoError(t, f.Refresh(t.Context(), func(done int) { looked = done }))
	assert.Equal(t, 7, looked)
	assert.Equal(t, right, f.rows(), "the same rows, and none that nothing makes")
	assert.Equal(t, seen+1, f.store.Seen(), "and nothing was written for it but the Task")

	f.spoil(right["t2"])
	require.NoError(t, f.Refresh(t.Context(), func(int) { t.Error("it looked again") }), "it is done once")
}

func TestMarkChangesWithTheSettings(t *testing.T) {
	t.Parallel()
	f := start(t)
	was := f.mark()
	assert.Equal(t, was, New(f.store, f.set).mark())
	for name, change := range map[string]func(*Settings){
		"a partner": func(s *Settings) {
			s.Guide.Partners = map[string]mapping.Partner{"Organization/harbor": {Treatment: true}}
		},
		"the zone":   func(s *Settings) { s.Rules.Zone = time.FixedZone("PST", -8*3600) },
		"ourselves":  func(s *Settings) { s.Guide.Self = "Organization/wh" },
		"a deadline": func(s *Settings) { s.Rules = workflow.DefaultRules(time.UTC); s.Rules.ReopenDays = 30 },
		"a site": func(s *Settings) {
			s.Rules.Sites = map[string]workflow.Site{"Organization/harbor": {Zone: time.FixedZone("EST", -5*3600)}}
		},
	} {
		set := f.set
		change(&set)
		assert.NotEqual(t, was, New(f.store, set).mark(), name)
	}
	set := f.set
	set.Base = "http://localhost:9999/fhir"
	assert.Equal(t, was, New(f.store, set).mark(), "where we are reached")
}

func TestMarkOfARefreshThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.referrals(2*batchSize + 3)
	right := f.rows()
	all := make([]store.Handoff, 0, len(right))
	for _, h := range right {
		all = append(all, h)
	}
	f.spoil(all...)
	ctx, stop := context.WithCancel(t.Context())
	require.ErrorIs(t, f.Refresh(ctx, func(int) { stop() }), context.Canceled)
	made := 0
	for _, h := range f.rows() {
		if h.Mark == f.mark() {
			made++
		}
	}
	assert.Equal(t, batchSize, made, "a part of it is done")
	folds := 0
	f.fold = func(l *workflow.Ledger, at time.Time, r *workflow.Rules) workflow.Handoff {
		folds++
		return workflow.Fold(l, at, r)
	}
	require.NoError(t, f.Refresh(t.Context(), nil))
	assert.Equal(t, right, f.rows())
	assert.Less(t, folds, 2*(len(right)-batchSize)+1, "what was made is not made again")
}

func TestMarkOfAReferralThatCannotBeFolded(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.referrals(3)
	right := f.rows()
	f.spoil(right["t0"], right["t1"], right["t2"])
	require.NoError(t, f.store.Update(t.Context(), func(tx store.Tx) error {
		_, err := tx.Put(t.Context(), store.Write{Key: store.Key{Type: "Task", ID: "t1"}, Replaces: 1, Updated: f.time(), Body: []byte(`{"resourceType":`),
			Links: []store.Link{{Via: "focus", To: "ServiceRequest/sr1"}}})
		return err
	}))
	f.Engine = New(f.store, f.set) // which remembers nothing
	err := f.Refresh(t.Context(), nil)
	require.ErrorContains(t, err, "ServiceRequest/sr1")
	rows := f.rows()
	assert.Equal(t, "of other rules", rows["t1"].Mark, "it stays as it is")
	assert.Equal(t, right["t0"], rows["t0"])
	assert.Equal(t, right["t2"], rows["t2"])
	looked := false
	require.Error(t, f.Refresh(t.Context(), func(int) { looked = true }))
	assert.True(t, looked, "and is tried again")
	assert.True(t, strings.HasPrefix(err.Error(), "follow "))
}
