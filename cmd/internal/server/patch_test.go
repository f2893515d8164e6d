package server_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A patch that changes nothing is done, and makes no version: alone, by a search, in a transaction.
func TestAPatchThatChangesNothingMakesNoVersion(t *testing.T) {
	t.Parallel()
	const nothing = `{"resourceType":"Parameters"}`
	same := func(path, value string) string {
		return `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"` + path +
			`"},{"name":"value",` + value + `}]}]}`
	}
	s, seen := countedServer(t)
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Patient/g1", "{ \"resourceType\": \"Patient\", \"id\": \"g1\",\n  \"name\": [{\"family\": \"Mu\\u00f1oz\"}], \"birthDate\": \"1920-01-01\" }").Code)
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Task/t1", task).Code)
	for _, c := range []struct{ name, path, body, media string }{
		{"no operations", "/Patient/g1", nothing, "application/fhir+json"},
		{"no operations, by another name of JSON", "/Patient/g1", nothing, "application/json"},
		{"no operations, in XML", "/Patient/g1", `<Parameters xmlns="http://hl7.org/fhir"/>`, "application/fhir+xml"},
		{"no instructions", "/Patient/g1", `[]`, "application/json-patch+json"},
		{"a test alone", "/Patient/g1", `[{"op":"test","path":"/birthDate","value":"1920-01-01"}]`, "application/json-patch+json"},
		{"the same value", "/Patient/g1", `[{"op":"replace","path":"/name/0/family","value":"Muñoz"}]`, "application/json-patch+json"},
		{"the same value by FHIRPath", "/Patient/g1", same("Patient.name[0].family", `"valueString":"Muñoz"`), "application/fhir+json"},
		{"by a search", "/Patient?_id=g1", `[]`, "application/json-patch+json"},
		{"of a Task", "/Task/t1", nothing, "application/fhir+json"},
	} {
		before := seen()
		w := ask(t, s, "PATCH", c.path, c.body, "Content-Type: "+c.media)
		assert.Equal(t, http.StatusOK, w.Code, "%s: %s", c.name, w.Body)
		assert.Equal(t, before, seen(), c.name)
	}
	before := seen()
	w := ask(t, s, "POST", "/", `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"PATCH","url":"Patient/g1"},"resource":`+nothing+`}]}`)
	assert.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, before, seen())
	assert.Equal(t, `W/"1"`, ask(t, s, "GET", "/Patient/g1", "").Header().Get("ETag"))
	assert.Equal(t, http.StatusPreconditionFailed, ask(t, s, "PATCH", "/Patient/g1", nothing, `If-Match: W/"7"`).Code, "a version that is not there is refused all the same")
	assert.Equal(t, http.StatusNotFound, ask(t, s, "PATCH", "/Patient/nobody", nothing).Code)
}

// A patch in a form that is not known is 415, and told which forms are: in words, and in the header that RFC 5789 has for it.
func TestAPatchInAnotherFormIsToldWhichAreRight(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Patient/q", `{"resourceType":"Patient","id":"q"}`).Code)
	for _, c := range []struct{ name, media, body string }{
		{"a merge patch", "application/merge-patch+json", `{"active":true}`},
		{"a merge patch that says it is JSON, as fhirpy's", "application/json", `{"active":true}`},
		{"a merge patch that says it is a resource", "application/fhir+json", `{"active":true}`},
		{"an empty one", "application/json", `{}`},
		{"an XML patch", "application/xml-patch+xml", `<diff/>`},
		{"text", "text/plain", `[]`},
		{"a form", "application/x-www-form-urlencoded", `active=true`},
	} {
		w := ask(t, s, "PATCH", "/Patient/q", c.body, "Content-Type: "+c.media)
		assert.Equal(t, http.StatusUnsupportedMediaType, w.Code, c.name)
		assert.Equal(t, "application/json-patch+json, application/fhir+json, application/fhir+xml", w.Header().Get("Accept-Patch"), c.name)
		assert.Contains(t, w.Body.String(), "application/json-patch+json", c.name)
		assert.Contains(t, w.Body.String(), "Parameters", c.name)
	}
	w := ask(t, s, "PATCH", "/Patient/q", `[{"op":"add","path":"/gender","value":"other"}]`, "Content-Type: application/json")
	assert.Equal(t, http.StatusOK, w.Code, "a JSON Patch by the name of JSON is taken")
	assert.Empty(t, w.Header().Get("Accept-Patch"))
	assert.Equal(t, `W/"2"`, ask(t, s, "GET", "/Patient/q", "").Header().Get("ETag"))
}
