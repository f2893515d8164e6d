package search_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

func TestTheCompartmentOfAPatientIsThePublishedOneAndTasks(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("FHIR_R4_EXAMPLES")
	if dir == "" {
		t.Skip("set FHIR_R4_EXAMPLES to the folder of the published definitions")
	}
	data, err := os.ReadFile(filepath.Join(dir, "CompartmentDefinition-patient.json"))
	require.NoError(t, err)
	var published struct {
		Resource []struct {
			Code  string
			Param []string
		}
	}
	require.NoError(t, json.Unmarshal(data, &published))
	types := []string{"Task"}
	for _, r := range published.Resource {
		if len(r.Param) > 0 {
			assert.Equal(t, r.Param, search.Compartment("Patient", r.Code), r.Code)
			types = append(types, r.Code)
		}
	}
	slices.Sort(types)
	assert.Equal(t, types, search.CompartmentTypes("Patient"))
}

func TestCompartments(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"patient", "performer"}, search.Compartment("Patient", "Procedure"))
	assert.Equal(t, []string{"patient"}, search.Compartment("Patient", "Task"))
	assert.Empty(t, search.Compartment("Patient", "Organization"))
	assert.Empty(t, search.Compartment("Organization", "Task"))
	assert.Empty(t, search.CompartmentTypes("Organization"))
	for _, typ := range search.CompartmentTypes("Patient") {
		assert.True(t, fhir.IsResourceType(typ), typ)
		for _, name := range search.Compartment("Patient", typ) {
			i := slices.IndexFunc(search.Params(typ), func(p *search.Param) bool { return p.Name == name })
			require.GreaterOrEqual(t, i, 0, "%s.%s", typ, name)
			assert.False(t, search.Params(typ)[i].Loose, "%s.%s drives", typ, name)
		}
	}
}
