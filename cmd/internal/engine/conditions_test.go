package engine

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

func TestConditionalCreate(t *testing.T) {
	t.Parallel()
	f := start(t)
	const mrn = "identifier=urn:mrn|1"
	first := f.apply(f.post(patient("1")).ifNone(mrn))[0]
	assert.Equal(t, Created, first.Done)
	again := f.apply(f.post(`{"resourceType":"Patient","active":true}`).ifNone("?identifier=urn%3Amrn%7C1"))[0]
	assert.Equal(t, Unchanged, again.Done)
	assert.Equal(t, first.Version, again.Version)

	f.apply(Change{Method: Delete, Type: "Patient", ID: first.Version.ID})
	second := f.apply(f.post(patient("1")).ifNone(mrn))[0]
	assert.Equal(t, Created, second.Done, "a deleted one is no match")
	assert.NotEqual(t, first.Version.ID, second.Version.ID)

	f.apply(f.put(`{"resourceType":"Patient","id":"` + second.Version.ID + `","active":true}`))
	third := f.apply(f.post(patient("1")).ifNone(mrn))[0]
	assert.Equal(t, Created, third.Done, "one that lost its identifier is no match")
	f.apply(f.post(patient("1")))
	r := f.refused(PreconditionFailed, f.post(patient("1")).ifNone(mrn))
	assert.Equal(t, fhir.CodeMultipleMatches, r.Issues[0].Code)
}

func TestConditionsMustBeUnderstood(t *testing.T) {
	t.Parallel()
	f := start(t)
	for _, text := range []string{"colour=blue", "identifier=1&colour=blue", "_count=1", "?", "identifier=", "status:below=x"} {
		r := f.refused(Invalid, bundle(f.post(patient("1")).ifNone(text))...)
		assert.Equal(t, "Bundle.entry[0].request.ifNoneExist", r.Issues[0].Expression, text)
		r = f.refused(Invalid, f.put(patient("1")).where(text))
		assert.Empty(t, r.Issues[0].Expression, text)
		_ = f.refused(Invalid, Change{Method: Delete, Type: "Patient", Query: text})
	}
}

func TestConditionalUpdate(t *testing.T) {
	t.Parallel()
	f := start(t)
	const mrn = "identifier=urn:mrn|1"
	first := f.apply(f.put(patient("1")).where(mrn))[0]
	assert.Equal(t, Created, first.Done, "no match creates")
	again := f.apply(f.put(patient("1")).where(mrn))[0]
	assert.Equal(t, Unchanged, again.Done)
	assert.Equal(t, first.Version.ID, again.Version.ID)
	changed := f.apply(f.put(`{"resourceType":"Patient","active":true,"identifier":[{"system":"urn:mrn","value":"1"}]}`).where(mrn))[0]
	assert.Equal(t, Updated, changed.Done)
	assert.Equal(t, 2, changed.Version.Number)
	_ = f.refused(Invalid, f.put(`{"resourceType":"Patient","id":"other"}`).where(mrn))
	_ = f.refused(PreconditionFailed, f.put(patient("1")).where(mrn).ifMatch("1"))

	named := f.apply(f.put(`{"resourceType":"Patient","id":"mine","identifier":[{"system":"urn:mrn","value":"2"}]}`).where("identifier=urn:mrn|2"))[0]
	assert.Equal(t, "mine", named.Version.ID, "no match creates with the id of the body")
	_ = f.refused(Conflict, f.put(`{"resourceType":"Patient","id":"mine"}`).where("identifier=urn:mrn|3"))
	f.apply(Change{Method: Delete, Type: "Patient", ID: "mine"})
	revived := f.apply(f.put(`{"resourceType":"Patient","id":"mine","identifier":[{"system":"urn:mrn","value":"2"}]}`).where("identifier=urn:mrn|2"))[0]
	assert.Equal(t, 3, revived.Version.Number, "a deleted one belongs to nobody")
	f.apply(f.post(patient("2")))
	r := f.refused(PreconditionFailed, f.put(patient("2")).where("identifier=urn:mrn|2"))
	assert.Equal(t, fhir.CodeMultipleMatches, r.Issues[0].Code)
}

func TestConditionalDelete(t *testing.T) {
	t.Parallel()
	f := start(t)
	gone := Change{Method: Delete, Type: "Patient", Query: "identifier=urn:mrn|1"}
	assert.Equal(t, Result{Done: Deleted}, f.apply(gone)[0], "no match is fine")
	f.apply(f.post(patient("1")))
	got := f.apply(gone)[0]
	assert.Equal(t, Deleted, got.Done)
	assert.Equal(t, 2, got.Version.Number)
	f.apply(f.post(patient("1")), f.post(patient("1")))
	_ = f.refused(PreconditionFailed, gone)
}

const (
	crowd  = 16
	rounds = 50
)

// together runs f in as many goroutines as a crowd has, all at once.
func together(f func(i int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range crowd {
		wg.Go(func() { <-gate; f(i) })
	}
	close(gate)
	wg.Wait()
}

func TestACrowdWithOneCondition(t *testing.T) {
	t.Parallel()
	f := start(t)
	for round := range rounds {
		var created sync.Map
		ids := make([]string, crowd)
		together(func(i int) {
			got, err := f.Apply(t.Context(), Principal{}, []Change{f.post(patient("1")).ifNone("identifier=urn:mrn|1")})
			if assert.NoError(t, err) {
				ids[i] = got[0].Version.ID
				if got[0].Done == Created {
					created.Store(i, true)
				}
			}
		})
		n := 0
		created.Range(func(any, any) bool { n++; return true })
		require.Equal(t, 1, n, "round %d", round)
		for _, id := range ids {
			require.Equal(t, ids[0], id, "everybody is told of the same one")
		}
		require.Equal(t, 1, f.count("Patient"))
		f.apply(Change{Method: Delete, Type: "Patient", ID: ids[0]})
	}
}
