package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/cmd/internal/store/storetest"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

var faults = []error{store.ErrBusy, store.ErrFailed, store.ErrFull, context.Canceled, errors.New("disk I/O error")}

// faulty is a fixture on a store that fails when it is told to. It remembers nothing from one attempt to the next, so that all is read again.
type faulty struct {
	*fixture
	st  *storetest.Faulty
	set Settings
}

func startFaulty(t *testing.T) *faulty {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	f := &faulty{st: &storetest.Faulty{Store: s}}
	f.fixture = startOn(t, f.st)
	f.set = f.fixture.set
	f.set.Rules, f.set.Guide.Self = workflow.DefaultRules(time.UTC), "Organization/wh"
	f.set.Guide.Partners = map[string]mapping.Partner{"Organization/harbor": {Treatment: true}}
	f.Engine = New(f.st, f.set)
	f.apply(bundle(f.put(`{"resourceType":"Patient","id":"p"}`),
		f.put(`{"resourceType":"PractitionerRole","id":"jr","practitioner":{"reference":"Practitioner/j"},"organization":{"reference":"Organization/harbor"}}`),
		f.put(request(`"id":"sr",`, `,"authoredOn":"2026-03-01"`)),
		f.put(task(`,"id":"t","focus":{"reference":"ServiceRequest/sr"},"owner":{"reference":"Organization/harbor"}`)),
		f.put(`{"resourceType":"Appointment","id":"ap","status":"booked","basedOn":[{"reference":"ServiceRequest/sr"}],"start":"2026-03-03T10:00:00Z","end":"2026-03-03T11:00:00Z","participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"},{"actor":{"reference":"PractitionerRole/jr"},"status":"accepted"}]}`))...)
	f.step(30 * time.Hour)
	return f
}

func (f *faulty) contents() string {
	lines, err := storetest.Contents(context.Background(), f.st.Store)
	require.NoError(f.t, err)
	return strings.Join(lines, "\n")
}

// TestReadFaultsOfWhatNobodyAsksFor does what the program does by itself, and what an operator asks for, with a fault in every single call of the store.
func TestReadFaultsOfWhatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		whole bool // in one transaction: it is done, or nothing is
		do    func(f *faulty) error
	}{
		{"timers", true, func(f *faulty) error {
			_, _, err := f.Tick(f.t.Context())
			return err
		}},
		{"reproject", false, func(f *faulty) error { return f.Reproject(f.t.Context(), nil) }},
		{"refresh", false, func(f *faulty) error { return f.Refresh(f.t.Context(), nil) }},
		{"reindex", false, func(f *faulty) error { return f.Reindex(f.t.Context(), true, nil) }},
		{"a move by a worker", true, func(f *faulty) error {
			_, err := f.Apply(f.t.Context(), Principal{Role: workflow.Agency, Party: "Practitioner/j"},
				[]Change{f.put(task(`,"id":"t","focus":{"reference":"ServiceRequest/sr"},"owner":{"reference":"Organization/harbor"},"description":"x"`))})
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			healthy, f := startFaulty(t), startFaulty(t)
			for _, one := range []*faulty{healthy, f} {
				if c.name == "refresh" {
					require.NoError(t, one.st.Store.Update(t.Context(), func(tx store.Tx) error {
						h, err := tx.Handoff(t.Context(), "t")
						h.Mark, h.State = "of other rules", "attended"
						return errors.Join(err, tx.PutHandoff(t.Context(), h))
					}))
				}
			}
			ids := f.ids.Load()
			require.NoError(t, c.do(healthy))
			before, after := f.contents(), healthy.contents()
			require.NotEmpty(t, before)
			for at := 1; ; at++ {
				f.ids.Store(ids)
				f.Engine = New(f.st, f.set)
				f.st.FailAt(at, faults[at%len(faults)])
				err := c.do(f)
				hit, _ := f.st.Hit()
				f.st.FailAt(0, nil)
				if hit == "" {
					require.NoError(t, err)
					require.Greater(t, at, 5)
					break
				}
				require.ErrorIs(t, err, faults[at%len(faults)], "%s (call %d) failed", hit, at)
				var no *Refusal
				require.False(t, errors.As(err, &no), "it is nobody's fault: %v", err)
				if now := f.contents(); c.whole && now != after { // what is due is done before it is asked what is due next
					require.Equal(t, before, now, "half of it is stored although %s (call %d) failed", hit, at)
				}
			}
			assert.Equal(t, healthy.contents(), f.contents())
		})
	}
}

// TestReadFaultsAreNotOverlooked: a View or Update in which a read failed fails, whatever was made of it.
func TestReadFaultsAreNotOverlooked(t *testing.T) {
	t.Parallel()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	st := &storetest.Faulty{Store: s}
	w := watched{st}
	broken, mine := errors.New("broken"), errors.New("mine")
	for name, c := range map[string]struct{ says, want error }{
		"nothing":         {nil, broken},
		"a refusal":       {refuse(NotFound, "not-found", "", "x"), broken},
		"something else":  {mine, broken},
		"what it was":     {fmt.Errorf("x: %w", &storeFault{"read", broken}), broken},
		"both":            {errors.Join(&storeFault{"read", broken}, refuse(NotFound, "not-found", "", "x")), broken},
		"that it is gone": {store.ErrNotFound, broken},
	} {
		st.FailAt(2, broken)
		err := w.View(t.Context(), func(r store.Reader) error {
			_, err := r.Newest(t.Context(), store.Key{Type: "Task", ID: "t"})
			assert.Error(t, err)
			return c.says
		})
		require.ErrorIs(t, err, c.want, name)
		var no *Refusal
		assert.False(t, errors.As(err, &no), name)
		assert.NotErrorIs(t, err, store.ErrNotFound, name)
	}
	st.FailAt(0, nil)
	require.ErrorIs(t, w.View(t.Context(), func(r store.Reader) error {
		_, err := r.Newest(t.Context(), store.Key{Type: "Task", ID: "t"})
		return err
	}), store.ErrNotFound, "what is not there is an answer")
	require.NoError(t, w.Update(t.Context(), func(tx store.Tx) error {
		require.NoError(t, tx.PutHandoff(t.Context(), store.Handoff{Task: "a"}))
		require.ErrorIs(t, tx.EachHandoff(t.Context(), func(store.Handoff) error { return mine }), mine)
		return nil
	}), "what somebody says to each is no fault of the store")
}
