package server_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/server"
	"warmhandoff/fhir"
)

type statement struct {
	FhirVersion string
	Software    struct{ Version string }
	Rest        []struct {
		Documentation string
		Security      struct{ Description string }
		Interaction   []struct{ Code string }
		Resource      []struct {
			Type                            string
			Versioning                      string
			UpdateCreate, ConditionalCreate bool
			Interaction                     []struct{ Code string }
			SearchParam                     []struct{ Name, Type string }
			Operation                       []struct{ Name string }
		}
	}
}

func TestMetadataTellsWhatTheTablesHold(t *testing.T) {
	t.Parallel()
	s := serve(t, newFake(), func(s *server.Settings) { s.Version = "0.1" })
	w := ask(t, s, "GET", "/metadata", "", "Accept: application/fhir+json", "Accept-Encoding: identity")
	require.Equal(t, http.StatusOK, w.Code)
	_, issues := fhir.Read(w.Body.Bytes())
	require.Empty(t, issues, "the statement itself is good FHIR")
	var st statement
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &st))
	assert.Equal(t, "4.0.1", st.FhirVersion)
	assert.Equal(t, "0.1", st.Software.Version)
	rest := st.Rest[0]
	assert.Contains(t, rest.Documentation, "Subscriptions are checked, kept as off and never fired")
	assert.Contains(t, rest.Security.Description, "No authentication")
	assert.Contains(t, rest.Security.Description, "loopback")
	assert.Len(t, rest.Interaction, 4, "transaction, batch, history-system, search-system")

	assert.Len(t, rest.Resource, len(fhir.ResourceTypes())-1, "all but Parameters")
	for _, r := range rest.Resource {
		var codes []string
		for _, i := range r.Interaction {
			codes = append(codes, i.Code)
		}
		want := []string{"search-type", "create", "update", "patch", "delete", "vread", "history-instance", "history-type", "read"}
		if r.Type == "AuditEvent" {
			want = []string{"search-type", "create", "vread", "history-instance", "history-type", "read"}
		}
		assert.ElementsMatch(t, want, codes, r.Type)
		assert.Equal(t, "versioned-update", r.Versioning)
		assert.True(t, r.UpdateCreate && r.ConditionalCreate)
		assert.Len(t, r.Operation, 1+map[string]int{"Task": 2, "ServiceRequest": 3, "Patient": 1}[r.Type], "validate, and what the type has of its own: %s", r.Type)
		names := map[string]string{}
		for _, p := range r.SearchParam {
			names[p.Name] = p.Type
		}
		assert.Equal(t, "token", names["_id"], r.Type)
		assert.Equal(t, "date", names["_lastUpdated"], r.Type)
		if r.Type == "Task" {
			assert.Equal(t, "reference", names["owner"])
			assert.Equal(t, "token", names["status"])
		}
	}
}

func TestMetadataNeedsNobody(t *testing.T) {
	t.Parallel()
	s := serve(t, newFake())
	assert.Equal(t, http.StatusOK, ask(t, s, "GET", "/metadata", "", "Authorization: Bearer x", "X-Dev-Principal: nonsense").Code)
}
