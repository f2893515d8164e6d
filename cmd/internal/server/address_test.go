package server_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAddressesThatLeadNowhereGetWordsThatHelp(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	const operations = "There is no such operation here. There are: $process-message, Task/[id]/$handoff, "
	for _, row := range []struct{ method, path, says string }{
		{"GET", "/fhir//Patient", "A part of the address is empty (//): write one slash, as in " + base + "/Patient."},
		{"GET", "//fhir/Patient", "There is nothing at this address."},
		{"GET", "/fhir/Patient//p1", "write one slash, as in " + base + "/Patient/p1."},
		{"GET", "/fhir///", "A part of the address is empty (//): write one slash."},
		{"GET", "/fhir/Patient/", "The address ends with a slash: leave it out, as in " + base + "/Patient."},
		{"POST", "/fhir/Patient/", "leave it out, as in " + base + "/Patient."},
		{"GET", "/fhir/Patient/p1/", "leave it out, as in " + base + "/Patient/p1."},
		{"GET", "/fhir/Task/t1/$handoff/", "leave it out, as in " + base + "/Task/t1/$handoff."},
		{"GET", "/fhir/Patient/p1/_history/", "leave it out"},
		{"GET", "/fhir/$export", operations},
		{"POST", "/fhir/$export", operations},
		{"GET", "/fhir/Patient/$everything", operations},
		{"GET", "/fhir/Task/t1/$unheard-of", operations},
		{"POST", "/fhir/Task/t1/$meta-add", operations},
		{"PUT", "/fhir/Task/t1/$meta-add", operations},
		{"POST", "/fhir/Task/$meta", operations},
		{"DELETE", "/fhir/Task/$expunge", operations},
		{"PATCH", "/fhir/$graphql", operations},
		{"POST", "/fhir/Patient/p1/$handoff", operations},
		{"GET", "/fhir/Task/_search", "asked without _search"},
		{"GET", "/fhir/_search", "asked without _search"},
		{"GET", "/fhir/Task/t1/Procedure/$x/y", operations},
		{"GET", "/fhir/patient", "as it is written there: Patient."},
		{"GET", "/fhir/PATIENT/p1", "as it is written there: Patient."},
		{"GET", "/fhir/Patients", "as it is written there: Patient."},
		{"GET", "/fhir/Unicorn", "such as Task."},
		{"GET", "/Patient/p1", "FHIR is served below " + base + ": ask for " + base + "/Patient."},
		{"GET", "/metadata", "ask for " + base + "/metadata."},
		{"GET", "/fhirs", "There is nothing at this address."},
		{"GET", "/", "There is nothing at this address."},
	} {
		r := httptest.NewRequest(row.method, "http://localhost"+row.path, nil)
		r.Host = "localhost"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		assert.Equal(t, http.StatusNotFound, w.Code, row.path)
		assert.Contains(t, issuesOf(t, w)[0].Details.Text, row.says, row.path)
	}
	// One that is there, asked by a method that it does not take, is.
	for _, row := range []struct{ method, path, allow string }{{"POST", "/Task/t1/$package", "GET"}, {"DELETE", "/Task/t1/$handoff", "GET"}} {
		w := ask(t, s, row.method, row.path, "")
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, row.path)
		assert.Contains(t, w.Header().Get("Allow"), row.allow, row.path)
	}
	// An entry of a Bundle hears the same.
	for address, says := range map[string]string{"Patient//p1": "write one slash", "$export": operations, "Task/_search": "asked without _search", "patient": "as it is written there: Patient."} {
		b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entry("GET", address, ""))))
		assert.Contains(t, string(b.Entry[0].Response.Outcome), says, address)
	}
	b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entry("POST", "Task/t1/$meta-add", `{"resourceType":"Parameters"}`))))
	assert.Contains(t, string(b.Entry[0].Response.Outcome), operations)
}

func TestMetadataHasASummary(t *testing.T) {
	t.Parallel()
	s := serve(t, newFake())
	whole := ask(t, s, "GET", "/metadata", "").Body.Len()
	for query, has := range map[string]bool{"?_summary=true": false, "?_elements=fhirVersion": false, "?_summary=false": true, "?_summary=data": true} {
		w := ask(t, s, "GET", "/metadata"+query, "")
		require.Equal(t, http.StatusOK, w.Code, query)
		var c struct {
			FHIRVersion, Status string
			Rest                []struct{ Documentation string }
			Meta                struct{ Tag []struct{ Code string } }
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &c))
		assert.Equal(t, "4.0.1", c.FHIRVersion, query)
		assert.Equal(t, has, len(c.Rest) > 0 && c.Rest[0].Documentation != "", query)
		if !has {
			assert.Less(t, w.Body.Len(), whole, query)
			assert.Equal(t, "SUBSETTED", c.Meta.Tag[0].Code, query)
		}
	}
	assert.Equal(t, http.StatusBadRequest, ask(t, s, "GET", "/metadata?_summary=some", "").Code)
}
