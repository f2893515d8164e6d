package mapping

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// TestWhomToRing names where the number of a navigator is found, and which numbers are nobody's to be given.
func TestWhomToRing(t *testing.T) {
	t.Parallel()
	const (
		role   = `{"resourceType":"PractitionerRole","id":"r","practitioner":{"reference":"Practitioner/n","display":"Noel O."},"organization":{"reference":"Organization/o"}`
		worker = `{"resourceType":"Practitioner","id":"n","name":[{"given":["Noel","J."],"family":"Okafor"}]`
		team   = `{"resourceType":"CareTeam","id":"t"`
		org    = `{"resourceType":"Organization","id":"o","name":"Peers"`
	)
	phone := func(number, use string) string {
		return `,"telecom":[{"system":"email","value":"x@peers.example"},{"system":"phone","value":"` + number + `","use":"` + use + `"}]`
	}
	for _, c := range []struct {
		name                    string
		who                     string
		role, worker, team, org string // what is added to each; "-" it is not here
		called                  string
		phones                  []string
	}{
		{"nothing but a reference", "PractitionerRole/r", "-", "-", "-", "-", "", nil},
		{"the role's own number comes first", "PractitionerRole/r", phone("1", "work"), phone("2", "work"), phone("3", "work"), phone("4", "work"), "Noel O.", []string{"1"}},
		{"then the worker's", "PractitionerRole/r", "", phone("2", "mobile"), phone("3", "work"), phone("4", "work"), "Noel O.", []string{"2"}},
		{"not at home", "PractitionerRole/r", "", phone("2", "home"), phone("3", "work"), phone("4", "work"), "Noel O.", []string{"3"}},
		{"not one of old", "PractitionerRole/r", phone("1", "old"), "", "", phone("4", "work"), "Noel O.", []string{"4"}},
		{"a worker", "Practitioner/n", "-", phone("2", "work"), phone("3", "work"), "-", "Noel J. Okafor", []string{"2"}},
		{"a worker without a number", "Practitioner/n", "-", "", phone("3", "work"), "-", "Noel J. Okafor", []string{"3"}},
		{"an organization and its contact", "Organization/o", "-", "-", "", `,"contact":[{"telecom":[{"system":"phone","value":"5"}]}]`, "Peers", []string{"5"}},
		{"nobody has a number", "PractitionerRole/r", "", "", "", "", "Noel O.", nil},
	} {
		here := map[string]string{"PractitionerRole/r": role, "Practitioner/n": worker, "CareTeam/t": team, "Organization/o": org}
		more := map[string]string{"PractitionerRole/r": c.role, "Practitioner/n": c.worker, "CareTeam/t": c.team, "Organization/o": c.org}
		n, err := Settings{}.NavigatorOf(c.who, "CareTeam/t", func(ref string) (*fhir.Resource, error) {
			if here[ref] == "" || more[ref] == "-" {
				return nil, nil
			}
			return fhir.ReadStored([]byte(here[ref] + more[ref] + "}"))
		})
		require.NoError(t, err, c.name)
		assert.Equal(t, c.who, n.Ref, c.name)
		assert.Equal(t, c.called, n.Name, c.name)
		assert.Equal(t, c.phones, n.Phones, c.name)
		told, err := json.Marshal(n.parameter())
		require.NoError(t, err)
		assert.Equal(t, c.phones == nil, strings.Contains(string(told), "no telephone number"), c.name)
	}
	nobody, err := Settings{}.NavigatorOf("", "", nil)
	require.NoError(t, err)
	assert.Nil(t, nobody)
	broken := errors.New("broken")
	_, err = Settings{}.NavigatorOf("Practitioner/n", "", func(string) (*fhir.Resource, error) { return nil, broken })
	assert.ErrorIs(t, err, broken, "what could not be read is not what is not there")
}
