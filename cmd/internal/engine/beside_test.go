package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// TestTheSameConditionInTwoEntries goes through what two entries may ask for one Encounter: never are there two. What is there already comes first.
func TestTheSameConditionInTwoEntries(t *testing.T) {
	t.Parallel()
	const one, cond = `"identifier":[{"system":"urn:x","value":"1"}]`, "identifier=urn:x|1"
	encounter := func(status string) string {
		return `{"resourceType":"Encounter","status":"` + status + `","class":{"code":"AMB"},` + one + `}`
	}
	kinds := map[string]func(*fixture) Change{
		"POST":     func(f *fixture) Change { return f.post(encounter("planned")) },
		"POST if":  func(f *fixture) Change { return f.post(encounter("arrived")).ifNone(cond) },
		"POST if?": func(f *fixture) Change { return f.post(encounter("triaged")).ifNone("identifier=urn:x|1,urn:x|1") },
		"PUT ?":    func(f *fixture) Change { return f.put(encounter("finished")).where(cond) },
		"PUT ??":   func(f *fixture) Change { return f.put(encounter("onleave")).where("identifier=urn:x%7C1") },
		"PUT id": func(f *fixture) Change {
			return f.put(`{"resourceType":"Encounter","id":"own","status":"planned","class":{"code":"AMB"},` + one + `}`)
		},
	}
	plain := map[string]bool{"POST": true, "PUT id": true}
	for a := range kinds {
		for b := range kinds {
			for _, there := range []bool{false, true} {
				if plain[a] && plain[b] {
					continue // nothing was asked to be one
				}
				t.Run(fmt.Sprint(a, ", ", b, ", there: ", there), func(t *testing.T) {
					t.Parallel()
					f := start(t)
					if there {
						f.apply(f.post(encounter("planned")))
					}
					if there && (plain[a] || plain[b]) {
						return // whoever posts without asking makes a second
					}
					results, err := f.Apply(t.Context(), Principal{}, bundle(kinds[a](f).as(urnA), kinds[b](f), f.post(`{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"`+urnA+`"}}`)))
					if err != nil {
						var no *Refusal
						require.ErrorAs(t, err, &no)
						assert.Contains(t, no.Issues[0].Text, "Bundle.entry[")
						assert.Equal(t, map[bool]int{true: 1}[there], f.count("Encounter"))
						return
					}
					assert.Equal(t, 1, f.count("Encounter"))
					assert.Equal(t, results[0].Version.Key, results[1].Version.Key)
					assert.NotZero(t, results[0].Version.Number)
					assert.Equal(t, results[0].Version.Key.String(), f.stored("Basic", results[2].Version.ID).Get("subject", "reference").Text())
				})
			}
		}
	}
}

func TestManyConditionsInATransaction(t *testing.T) {
	t.Parallel()
	f := start(t)
	var changes []Change
	for i := range 300 {
		mrn := fmt.Sprint(i % 200)
		changes = append(changes, f.post(patient(mrn)).ifNone("identifier=urn:mrn|"+mrn))
	}
	f.apply(bundle(changes...)...)
	assert.Equal(t, 200, f.count("Patient"))
}

// TestAnEntryWithoutAFullURLIsNotReferredTo: what its sender calls it is no name here, and whoever refers to it hears so.
func TestAnEntryWithoutAFullURLIsNotReferredTo(t *testing.T) {
	t.Parallel()
	f := start(t)
	got := f.apply(bundle(f.post(`{"resourceType":"Patient","id":"p"}`), f.post(subject("Patient/p")), f.post(subject("Patient/q")))...)
	require.Len(t, got[1].Issues, 1)
	assert.Equal(t, fhir.Warning, got[1].Issues[0].Severity)
	assert.Equal(t, "Bundle.entry[1].resource.subject.reference", got[1].Issues[0].Expression)
	assert.Contains(t, got[1].Issues[0].Text, "Bundle.entry[0]")
	assert.Empty(t, got[2].Issues)
	assert.Empty(t, f.apply(bundle(f.post(`{"resourceType":"Patient","id":"p"}`).as(urnA), f.post(subject(urnA)))...)[1].Issues)
}
