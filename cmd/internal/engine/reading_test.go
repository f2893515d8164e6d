package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// full is a store that can be made to take nothing more.
type full struct {
	store.Store
	now bool
}

func (s *full) Update(ctx context.Context, f func(store.Tx) error) error {
	if s.now {
		return store.ErrFull
	}
	return s.Store.Update(ctx, f)
}

// shared is a released leg of a treating provider, on a store that can be full.
func shared(t *testing.T) (*fixture, *full) {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Options{Memory: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	inner := &full{Store: s}
	f := startOn(t, inner)
	f.set.Guide.Partners = map[string]mapping.Partner{"Organization/harbor": {Treatment: true}}
	f.apply(f.put(`{"resourceType":"Patient","id":"p","name":[{"family":"Delgado"}]}`),
		f.put(`{"resourceType":"PractitionerRole","id":"jr","organization":{"reference":"Organization/harbor"}}`))
	f.refer("t")
	return f, inner
}

var (
	theAgency = Principal{Party: "Organization/harbor", Role: workflow.Agency}
	aWorker   = Principal{Party: "PractitionerRole/jr", Role: workflow.Agency}
)

// readings gives what is kept of a package being read.
func (f *fixture) readings() []string {
	f.t.Helper()
	var list []string
	ctx := context.Background()
	require.NoError(f.t, f.store.View(ctx, func(r store.Reader) error {
		return r.EachKey(ctx, "AuditEvent", func(v store.Version) error {
			newest, err := r.Newest(ctx, v.Key)
			list = append(list, v.Key.String()+" "+string(newest.Body))
			assert.Equal(f.t, 1, newest.Number)
			assert.True(f.t, newest.Author.Own)
			return err
		})
	}))
	return list
}

func TestTheFirstReadingOfEachReaderIsKept(t *testing.T) {
	t.Parallel()
	f, _ := shared(t)
	for _, p := range []Principal{theAgency, aWorker, theAgency, aWorker, {Role: workflow.Navigator, Party: "Practitioner/nav"}, {Role: workflow.Agency}} {
		_, err := f.Package(t.Context(), p, "t")
		require.NoError(t, err)
	}
	_, err := f.Package(t.Context(), Principal{Party: "Organization/cedar", Role: workflow.Agency}, "t")
	require.Error(t, err)
	kept := f.readings()
	require.Len(t, kept, 2, "a navigator prepares it, one who does not say who they are is nobody, and one who was given nothing read nothing")
	for _, one := range kept {
		assert.NotContains(t, one, "Delgado")
		assert.Contains(t, one, `"what":{"reference":"Task/t"}`)
		assert.Contains(t, one, `"what":{"reference":"ServiceRequest/t"}`)
	}
	assert.Equal(t, "done shown", f.warmth("t")["W8"])
}

func TestReadersAtOnceAreEachKeptOnce(t *testing.T) {
	t.Parallel()
	f, _ := shared(t)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			_, err := f.Package(context.Background(), []Principal{theAgency, aWorker}[i%2], "t")
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Len(t, f.readings(), 2)
}

func TestWhatCannotBeKeptIsNotGivenOut(t *testing.T) {
	t.Parallel()
	f, inner := shared(t)
	inner.now = true
	body, err := f.Package(t.Context(), theAgency, "t")
	require.ErrorIs(t, err, store.ErrFull)
	assert.Empty(t, body)
	inner.now = false
	body, err = f.Package(t.Context(), theAgency, "t")
	require.NoError(t, err)
	assert.NotEmpty(t, body)
	inner.now = true
	_, err = f.Package(t.Context(), theAgency, "t")
	assert.NoError(t, err, "what is kept already needs no room")
}

func TestAReadingStaysAsItIs(t *testing.T) {
	t.Parallel()
	f, _ := shared(t)
	_, err := f.Package(t.Context(), aWorker, "t")
	require.NoError(t, err)
	key, body, _ := strings.Cut(f.readings()[0], " ")
	id := strings.TrimPrefix(key, "AuditEvent/")
	for _, c := range []Change{
		f.put(strings.Replace(body, `"R"`, `"U"`, 1)),
		{Method: Delete, Type: "AuditEvent", ID: id},
	} {
		_, err := f.Apply(t.Context(), Principal{Role: workflow.Admin}, []Change{c})
		var no *Refusal
		require.True(t, errors.As(err, &no), "%v", err)
		assert.Equal(t, NotAllowed, no.Kind)
	}
	require.Len(t, f.readings(), 1)
	assert.Equal(t, "done shown", f.warmth("t")["W8"])
}

// TestAPackageOfAnotherLegIsNotThisOne: one agency asked for two members of a household, or twice, reads of each for itself.
func TestAPackageOfAnotherLegIsNotThisOne(t *testing.T) {
	t.Parallel()
	f, _ := shared(t)
	f.apply(f.put(strings.Replace(legTask("t", "requested", ""), `"id":"t"`, `"id":"t2"`, 1)))
	_, err := f.Package(t.Context(), aWorker, "t2")
	require.NoError(t, err)
	assert.Equal(t, "done shown", f.warmth("t2")["W8"])
	assert.NotEqual(t, "done shown", f.warmth("t")["W8"])
}
