package server_test

import (
	"net/http"
	"testing"
)

// What real clients do at the edges of HTTP: how they ask for JSON, write version tags and addresses.
//
// Source: FHIR R4, http.html; what the clients named in each row send
func TestTheMannersOfRealClients(t *testing.T) {
	t.Parallel()
	a := ruby(realServer(t))
	a.play(t, directory)
	a.play(t, []call{
		{why: "an unquoted version in If-Match", ask: "PUT /Patient/{ben}", change: "ben", set: []string{"gender", `"male"`}, headers: []string{"If-Match: W/1"}},
		{why: "an unquoted version that is old", ask: "PUT /Patient/{ben}", change: "ben", set: []string{"gender", `"other"`}, headers: []string{"If-Match: W/1"}, status: http.StatusPreconditionFailed},
	})
	a.play(t, []call{
		{why: "an unquoted version in If-None-Match", ask: "GET /Patient/{ada}", headers: []string{"If-None-Match: W/1"}, status: http.StatusNotModified},
		{why: "one that is not the newest any more", ask: "GET /Patient/{ada}", headers: []string{"If-None-Match: W/0"}},
		{why: "no cache, please", ask: "GET /Patient/{ada}", headers: []string{"Cache-Control: no-cache", "Pragma: no-cache"}},
		{why: "JSON by any of its names", ask: "GET /Patient/{ada}", headers: []string{"Accept: application/json+fhir"}},
		{why: "JSON as a script asks", ask: "GET /Patient/{ada}", headers: []string{"Accept: application/json, text/plain, */*"}},
		{why: "JSON as a browser asks", ask: "GET /Patient/{ada}", headers: []string{"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}},
		{why: "JSON with the version of FHIR", ask: "GET /Patient/{ada}", headers: []string{"Accept: application/fhir+json; fhirVersion=4.0"}},
		{why: "JSON where XML comes first and weighs the same", ask: "GET /Patient/{ada}",
			headers: []string{"Accept: application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9"}},
		{why: "what the server can, by an old name of JSON", ask: "GET /metadata", headers: []string{"Accept: application/json+fhir"}, shows: []string{"fhirVersion", "4.0.1"}},
		{why: "printed for people", ask: "GET /Patient?_id={ada}&_format=json&_pretty=true", finds: "ada"},
		{why: "JSON by _format, whatever Accept says", ask: "GET /Patient/{ada}?_format=json", headers: []string{"Accept: application/fhir+xml"}},
		{why: "a form with the colon escaped and a charset", ask: "POST /Task/_search", form: "owner%3AOrganization={harbor}", finds: "none",
			headers: []string{"Content-Type: application/x-www-form-urlencoded;charset=UTF-8"}},
		{why: "a form and a query", ask: "POST /Organization/_search?_sort=-_lastUpdated", form: "type=cbo", finds: "cedar harbor"},
		{why: "a system and a code", ask: "GET /Organization?type=urn:x%7Ccbo", finds: "harbor"},
		{why: "a bar that is not escaped", ask: "GET /Organization?type=urn:x|cbo", finds: "harbor"},
		{why: "a system alone", ask: "GET /Organization?type=urn:x|&_sort=-_lastUpdated", finds: "harbor platform"},
		{why: "a code without any system", ask: "GET /Organization?type=|cbo", finds: "cedar"},
		{why: "many ids at once", ask: "GET /Patient?_id={ada},{ben},nobody", finds: "ada ben"},
		{why: "an absolute reference to this server", ask: "GET /Consent?patient=" + base + "/Patient/{ada}", finds: "consent"},
		{why: "the same with escapes", ask: "GET /Consent?patient=http%3A%2F%2Flocalhost%3A8080%2Ffhir%2FPatient%2F{ada}", finds: "consent"},
		{why: "an empty role", ask: "GET /Task?requester=PractitionerRole/", finds: "none"},
		{why: "a batch to the base without a slash", ask: "POST ", entries: []string{entry("GET", "Patient/{ada}", "")}, shows: []string{"entry.0.resource.id", "{ada}"}},
	})
}
