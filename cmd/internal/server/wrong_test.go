package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Nothing in this list may be done, and each answer must be an OperationOutcome that says what is wrong and, where a body was sent, where.
func TestWrongRequestsAreRefusedWithWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 17<<10)
	tests := []struct {
		name       string
		method     string
		path       string
		body       string
		headers    []string
		status     int
		code       string
		expression string
	}{
		// addresses
		{"a path below the base that is nothing", "GET", "/Task/t1/notes", "", nil, 404, "not-found", ""},
		{"a longer path that is nothing", "GET", "/Task/t1/_history/1/x", "", nil, 404, "not-found", ""},
		{"a type that FHIR does not know", "GET", "/Referral/1", "", nil, 404, "not-supported", ""},
		{"a type in small letters", "GET", "/task/t1", "", nil, 404, "not-supported", ""},
		{"a search of an unknown type", "GET", "/Referral", "", nil, 404, "not-supported", ""},
		{"a create of an unknown type", "POST", "/Referral", `{}`, nil, 404, "not-supported", ""},
		{"an update of an unknown type", "PUT", "/Referral/1", `{}`, nil, 404, "not-supported", ""},
		{"a delete of an unknown type", "DELETE", "/Referral/1", "", nil, 404, "not-supported", ""},
		{"a history of an unknown type", "GET", "/Referral/1/_history", "", nil, 404, "not-supported", ""},
		{"Parameters to be stored", "POST", "/Parameters", `{"resourceType":"Parameters"}`, nil, 404, "not-supported", ""},
		{"an abstract type", "GET", "/DomainResource/1", "", nil, 404, "not-supported", ""},
		{"a history of everything", "GET", "/_history", "", nil, 404, "not-supported", ""},
		{"a history of a type", "GET", "/Task/_history", "", nil, 404, "not-found", ""},
		{"an operation that is not offered", "GET", "/Patient/$everything", "", nil, 404, "not-found", ""},
		{"an operation on a type that has it not", "GET", "/Patient/p1/$handoff", "", nil, 404, "not-found", ""},
		{"a validation of nothing", "POST", "/Task/$validate", "", nil, 400, "required", ""},
		{"a validation of another type", "POST", "/Task/$validate", patient, nil, 400, "invalid", "Patient.resourceType"},
		{"a validation of Parameters without a resource", "POST", "/Task/$validate", `{"resourceType":"Parameters","parameter":[{"name":"mode","valueCode":"create"}]}`, nil, 400, "required", ""},
		{"a validation in a mode that is none", "POST", "/Task/t1/$validate?mode=check", task, nil, 400, "code-invalid", ""},
		{"a validation of an update of no one resource", "POST", "/Task/$validate?mode=update", task, nil, 400, "invalid", ""},
		{"a validation against no profile in particular", "POST", "/Task/$validate?mode=profile", task, nil, 400, "required", ""},
		{"a validation of what is not there", "GET", "/Task/none/$validate", "", nil, 404, "not-found", ""},
		{"a validation of what was deleted", "GET", "/Task/gone/$validate", "", nil, 410, "deleted", ""},
		{"a validation of a whole type", "GET", "/Task/$validate", "", nil, 404, "not-found", ""},
		{"a validation with a broken %-code", "GET", "/Task/t1/$validate?mode=%zz", "", nil, 400, "invalid", ""},
		{"a validation of an unknown type", "POST", "/Referral/$validate", task, nil, 404, "not-supported", ""},
		{"a validation for an If-Match that is no version", "POST", "/Task/t1/$validate?mode=update", task, []string{`If-Match: W/"`}, 400, "value", ""},
		{"a read of what is not there", "GET", "/Task/none", "", nil, 404, "not-found", ""},
		{"a read of an id that cannot be", "GET", "/Task/a_b", "", nil, 404, "not-found", ""},
		{"a read of an id with an encoded slash", "GET", "/Task/a%2Fb", "", nil, 404, "not-found", ""},
		{"a read of an id that is too long", "GET", "/Task/" + strings.Repeat("a", 65), "", nil, 404, "not-found", ""},
		{"a version that is not there", "GET", "/Task/t1/_history/7", "", nil, 404, "not-found", ""},
		{"a version that is no number", "GET", "/Task/t1/_history/latest", "", nil, 404, "not-found", ""},
		{"a history of what is not there", "GET", "/Task/none/_history", "", nil, 404, "not-found", ""},
		{"an update of an id that cannot be", "PUT", "/Task/a_b", task, nil, 400, "value", ""},
		{"a delete of an id that cannot be", "DELETE", "/Task/a_b", "", nil, 400, "value", ""},
		{"a read of what was deleted", "GET", "/Task/gone", "", nil, 410, "deleted", ""},
		{"a version that is a deletion", "GET", "/Task/gone/_history/2", "", nil, 410, "deleted", ""},
		{"an address that is too long", "GET", "/Task?identifier=" + long, "", nil, 414, "too-long", ""},

		// methods
		{"a post to an id", "POST", "/Task/t1", task, nil, 405, "not-supported", ""},
		{"a put of the base", "PUT", "", task, nil, 405, "not-supported", ""},
		{"a patch of the base", "PATCH", "", "{}", nil, 405, "not-supported", ""},
		{"a compartment of what is no type", "GET", "/Patient/p1/Nothing", "", nil, 404, "not-found", ""},
		{"a summary of one resource that counts", "GET", "/Task/t1?_summary=count", "", nil, 400, "invalid", ""},
		{"a delete of metadata's neighbour", "DELETE", "/Task/t1/_history/1", "", nil, 405, "not-supported", ""},
		{"a get of _search", "GET", "/Task/_search", "", nil, 404, "not-found", ""},
		{"a delete of a handoff", "DELETE", "/Task/t1/$handoff", "", nil, 405, "not-supported", ""},
		{"a method of no standard", "BREW", "/Task/t1", "", nil, 405, "not-supported", ""},

		// what is wanted and what is sent
		{"XML in no namespace", "POST", "/Task", `<Task/>`, []string{"Content-Type: application/fhir+xml"}, 400, "structure", "Task"},
		{"XML that ends early", "POST", "/Task", `<Task xmlns="http://hl7.org/fhir">`, []string{"Content-Type: application/fhir+xml"}, 400, "structure", ""},
		{"XML with a document type", "POST", "/Task", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Task xmlns="http://hl7.org/fhir"/>`, []string{"Content-Type: application/fhir+xml"}, 400, "structure", ""},
		{"XML with an element that is none", "POST", "/Task", `<Task xmlns="http://hl7.org/fhir"><colour value="red"/></Task>`, []string{"Content-Type: application/xml"}, 400, "structure", "Task"},
		{"XML in Latin-1", "POST", "/Task", `<Task xmlns="http://hl7.org/fhir"/>`, []string{"Content-Type: application/fhir+xml; charset=latin1"}, 415, "not-supported", ""},
		{"a text sent", "POST", "/Task", `Task`, []string{"Content-Type: text/plain"}, 415, "not-supported", ""},
		{"a patch in a form that is none", "PATCH", "/Task/t1", `<diff/>`, []string{"Content-Type: application/xml-patch+xml"}, 415, "not-supported", ""},
		{"a patch without a form", "PATCH", "/Task/t1", `[]`, []string{"Content-Type: "}, 415, "not-supported", ""},
		{"a JSON Patch that is no array", "PATCH", "/Task/t1", `{}`, []string{"Content-Type: application/json-patch+json"}, 422, "structure", ""},
		{"a JSON Patch of what is not there", "PATCH", "/Task/t1", `[{"op":"remove","path":"/note"}]`, []string{"Content-Type: application/json-patch+json"}, 422, "not-found", "[0].path"},
		{"a JSON Patch that leaves a wrong resource", "PATCH", "/Task/t1", `[{"op":"replace","path":"/status","value":"done"}]`, []string{"Content-Type: application/json-patch+json"}, 422, "code-invalid", "Task.status"},
		{"a JSON Patch of the id", "PATCH", "/Task/t1", `[{"op":"replace","path":"/id","value":"t2"}]`, []string{"Content-Type: application/json-patch+json"}, 422, "business-rule", "id"},
		{"a patch that is another resource", "PATCH", "/Task/t1", task, []string{"Content-Type: application/fhir+json"}, 400, "invalid", "Task.resourceType"},
		{"a FHIRPath Patch of nothing", "PATCH", "/Task/t1", `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"delete"}]}]}`, []string{"Content-Type: application/fhir+json"}, 422, "required", "Parameters.parameter[0]"},
		{"a patch of what is not there", "PATCH", "/Task/nobody", `[]`, []string{"Content-Type: application/json-patch+json"}, 404, "not-found", ""},
		{"a patch for an older version", "PATCH", "/Task/t1", `[{"op":"add","path":"/description","value":"x"}]`, []string{"Content-Type: application/json-patch+json", `If-Match: W/"9"`}, 412, "conflict", ""},
		{"a patch of every Task", "PATCH", "/Task", `[]`, []string{"Content-Type: application/json-patch+json"}, 400, "required", ""},
		{"text sent", "PUT", "/Task/t1", task, []string{"Content-Type: text/plain"}, 415, "not-supported", ""},
		{"a form sent as a resource", "POST", "/Task", "a=b", []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "not-supported", ""},
		{"JSON in Latin-1", "POST", "/Task", task, []string{"Content-Type: application/fhir+json; charset=iso-8859-1"}, 415, "not-supported", ""},
		{"JSON sent to _search", "POST", "/Task/_search", `{}`, nil, 415, "not-supported", ""},
		{"a packing that we do not know", "POST", "/Task", task, []string{"Content-Encoding: br"}, 415, "not-supported", ""},
		{"gzip that is none", "POST", "/Task", task, []string{"Content-Encoding: gzip"}, 400, "invalid", ""},

		// bodies
		{"no body", "POST", "/Task", "", nil, 400, "structure", ""},
		{"no JSON", "POST", "/Task", `{"resourceType":"Task",`, nil, 400, "structure", "Task.resourceType"},
		{"a list", "POST", "/Task", `[` + task + `]`, nil, 400, "structure", ""},
		{"something after the end", "POST", "/Task", task + `{}`, nil, 400, "structure", ""},
		{"no resourceType", "POST", "/Task", `{"status":"requested"}`, nil, 400, "required", ""},
		{"an unknown resourceType", "POST", "/Task", `{"resourceType":"Tusk"}`, nil, 400, "not-supported", ""},
		{"a resource of another type", "POST", "/Task", patient, nil, 400, "invalid", "Patient.resourceType"},
		{"an update with a resource of another type", "PUT", "/Task/p1", patient, nil, 400, "invalid", "Patient.resourceType"},
		{"an unknown element", "POST", "/Task", `{"resourceType":"Task","status":"requested","intent":"order","state":"x"}`, nil, 400, "structure", "Task.state"},
		{"an unknown code", "POST", "/Task", `{"resourceType":"Task","status":"done","intent":"order"}`, nil, 400, "code-invalid", "Task.status"},
		{"a missing element", "POST", "/Task", `{"resourceType":"Task","status":"requested"}`, nil, 400, "required", "Task.intent"},
		{"a duplicate key", "POST", "/Task", `{"resourceType":"Task","status":"requested","status":"accepted","intent":"order"}`, nil, 400, "structure", "Task.status"},
		{"a bad date", "PUT", "/Patient/p1", `{"resourceType":"Patient","id":"p1","birthDate":"2026-02-30"}`, nil, 400, "value", "Patient.birthDate"},
		{"a body for a handoff that is no Parameters", "POST", "/Task/t1/$handoff", patient, nil, 400, "invalid", "Patient.resourceType"},

		// conditions
		{"an If-Match that is no version", "PUT", "/Task/t1", task, []string{`If-Match: W/"`}, 400, "value", ""},
		{"an If-Match of two versions", "PUT", "/Task/t1", task, []string{`If-Match: W/"1", W/"2"`}, 400, "value", ""},
		{"an If-Match of any version", "DELETE", "/Task/t1", "", []string{`If-Match: *`}, 400, "value", ""},
		{"an old If-Match", "PUT", "/Task/t1", task, []string{`If-Match: W/"7"`}, 412, "conflict", ""},
		{"an old If-Match on a delete", "DELETE", "/Task/t1", "", []string{`If-Match: "7"`}, 412, "conflict", ""},
		{"only create, and it is there", "PUT", "/Task/t1", task, []string{"If-None-Match: *"}, 412, "conflict", ""},
		{"an If-None-Match of a version on an update", "PUT", "/Task/t1", task, []string{`If-None-Match: W/"1"`}, 400, "value", ""},
		{"an update of no id and no search", "PUT", "/Task", task, nil, 400, "required", ""},
		{"an update of no id and no search but _format", "PUT", "/Task?_format=json", task, nil, 400, "required", ""},
		{"a delete of no id and no search", "DELETE", "/Task", "", nil, 400, "required", ""},
		{"a delete by an empty search", "DELETE", "/Task?&", "", nil, 400, "required", ""},
		{"a condition with a broken %-code", "POST", "/Task", task, []string{"If-None-Exist: identifier=%zz"}, 400, "invalid", ""},
		{"a search with a broken %-code", "GET", "/Task?status=%zz", "", nil, 400, "invalid", ""},
		{"a search with a semicolon", "GET", "/Task?status=a;b", "", nil, 400, "invalid", ""},
		{"a form with a broken %-code", "POST", "/Task/_search", "status=%zz", []string{"Content-Type: application/x-www-form-urlencoded"}, 400, "invalid", ""},
		{"a history of so many that it is no number", "GET", "/Task/t1/_history?_count=some", "", nil, 400, "invalid", ""},
		{"a history since no time", "GET", "/Task/t1/_history?_since=yesterday", "", nil, 400, "invalid", ""},
		{"a history of what it cannot say", "GET", "/Task/t1/_history?_at=2026", "", nil, 400, "invalid", ""},

		// who asks, and from where
		{"an unknown role", "GET", "/Task/t1", "", []string{"X-Dev-Principal: org=Organization/harbor;role=boss"}, 400, "value", ""},
		{"a party that is no reference", "GET", "/Task/t1", "", []string{"X-Dev-Principal: org=harbor;role=agency"}, 400, "value", ""},
		{"a principal with a word that we do not know", "GET", "/Task/t1", "", []string{"X-Dev-Principal: name=x"}, 400, "value", ""},
		{"two principals", "GET", "/Task/t1", "", []string{"X-Dev-Principal: role=agency", "X-Dev-Principal: role=admin"}, 400, "value", ""},
		{"a token", "GET", "/Task/t1", "", []string{"Authorization: Bearer abc"}, 401, "login", ""},
		{"a foreign host", "GET", "/Task/t1", "", []string{"Host: evil.example"}, 421, "security", ""},
		{"a foreign host that begins like ours", "GET", "/metadata", "", []string{"Host: localhost.evil.example:8080"}, 421, "security", ""},
		{"a foreign origin", "GET", "/Task/t1", "", []string{"Origin: https://evil.example"}, 403, "forbidden", ""},
		{"an origin of no page", "POST", "/Task", task, []string{"Origin: null"}, 403, "forbidden", ""},
		{"a proxy", "GET", "/Task/t1", "", []string{"X-Forwarded-For: 203.0.113.7"}, 403, "forbidden", ""},
		{"a proxy that says so in the standard's way", "GET", "/Task/t1", "", []string{"Forwarded: for=203.0.113.7"}, 403, "forbidden", ""},

		// sizes
		{"headers that are too long", "GET", "/Task/t1", "", []string{"X-Story: " + strings.Repeat("x", 65<<10)}, 431, "too-long", ""},
		{"a body that is too large", "POST", "/Task", `{"resourceType":"Task","description":"` + strings.Repeat("x", 5<<20) + `"}`, nil, 413, "too-long", ""},
		{"a body that unpacks to too much", "POST", "/Task", packed(noise(6 << 20)), []string{"Content-Encoding: gzip"}, 413, "too-long", ""},
		{"a body that unpacks to far more than it was", "POST", "/Task", packed(strings.Repeat(" ", 1<<20)), []string{"Content-Encoding: gzip"}, 413, "too-long", ""},
		{"more levels than anybody needs", "POST", "/Task", strings.Repeat(`{"extension":[`, 100_000), nil, 400, "too-costly", ""},

		// Bundles
		{"no Bundle at the base", "POST", "", task, nil, 400, "invalid", "Task.resourceType"},
		{"a Bundle that is no batch or transaction", "POST", "/", bundleWith("collection"), nil, 400, "value", "Bundle.type"},
		{"a Bundle without type", "POST", "", `{"resourceType":"Bundle"}`, nil, 400, "required", "Bundle.type"},
		{"an entry without request", "POST", "", transact(`{"resource":` + task + `}`), nil, 400, "required", "Bundle.entry[0].request"},
		{"an entry without method", "POST", "", transact(`{"resource":` + task + `,"request":{"url":"Task"}}`), nil, 400, "required", "Bundle.entry[0].request.method"},
		{"an entry without url", "POST", "", transact(`{"resource":` + task + `,"request":{"method":"POST"}}`), nil, 400, "required", "Bundle.entry[0].request.url"},
		{"a method that is none", "POST", "", transact(entry("SEND", "Task", task)), nil, 400, "code-invalid", "Bundle.entry[0].request.method"},
		{"a resource for a patch in an entry", "POST", "", transact(entry("PATCH", "Task/t1", task)), nil, 422, "value", "Bundle.entry[0]"},
		{"a second entry that goes nowhere", "POST", "", transact(entry("POST", "Task", task), entry("GET", "Task/t1/notes", "")), nil, 404, "not-found", "Bundle.entry[1].request.url"},
		{"an entry of an unknown type", "POST", "", transact(entry("POST", "Referral", task)), nil, 400, "invalid", "Bundle.entry[0].resource.resourceType"},
		{"a get of an unknown type in an entry", "POST", "", transact(entry("GET", "Referral/1", "")), nil, 404, "not-supported", "Bundle.entry[0].request.url"},
		{"an entry without its resource", "POST", "", transact(entry("PUT", "Task/t1", "")), nil, 400, "required", "Bundle.entry[0].resource"},
		{"an entry with another resource", "POST", "", transact(entry("POST", "Task", patient)), nil, 400, "invalid", "Bundle.entry[0].resource.resourceType"},
		{"an entry for another server", "POST", "", transact(entry("GET", "https://ehr.example/fhir/Task/1", "")), nil, 400, "value", "Bundle.entry[0].request.url"},
		{"an entry for a urn", "POST", "", transact(entry("GET", "urn:uuid:8b9a2f6e-9e0e-4a11-8d5f-3f1f4c1a0001", "")), nil, 400, "value", "Bundle.entry[0].request.url"},
		{"an entry with a broken %-code", "POST", "", transact(entry("GET", "Task/%zz", "")), nil, 400, "value", "Bundle.entry[0].request.url"},
		{"an entry with a broken search", "POST", "", transact(entry("GET", "Task?status=%zz", "")), nil, 400, "invalid", "Bundle.entry[0].request.url"},
		{"an entry with an id that cannot be", "POST", "", transact(entry("PUT", "Task/a_b", task)), nil, 400, "value", "Bundle.entry[0].request.url"},
		{"a Bundle in a Bundle", "POST", "", transact(entry("POST", "/", transact())), nil, 400, "not-supported", "Bundle.entry[0].request.method"},
		{"a _search in an entry", "POST", "", transact(entry("POST", "Task/_search", task)), nil, 400, "not-supported", "Bundle.entry[0].request.method"},
		{"a bad resource in the second entry", "POST", "", transact(entry("POST", "Task", task), entry("POST", "Task", `{"resourceType":"Task","status":"done","intent":"order"}`)), nil, 400, "code-invalid", "Bundle.entry[1].resource.status"},
		{"a bad If-Match in an entry", "POST", "", transact(entry("PUT", "Task/t1", task, `"ifMatch":"W/\"\""`)), nil, 400, "value", "Bundle.entry[0].request.ifMatch"},
		{"an old If-Match in an entry", "POST", "", transact(entry("PUT", "Task/t1", task, `"ifMatch":"W/\"7\""`)), nil, 412, "conflict", "Bundle.entry[0]"},
		{"only create in an entry, and it is there", "POST", "", transact(entry("PUT", "Task/t1", task, `"ifNoneMatch":"*"`)), nil, 412, "conflict", "Bundle.entry[0].request.ifNoneMatch"},
		{"a broken condition in an entry", "POST", "", transact(entry("POST", "Task", task, `"ifNoneExist":"identifier=%zz"`)), nil, 400, "invalid", "Bundle.entry[0].request.ifNoneExist"},
		{"a delete of a whole type in an entry", "POST", "", transact(entry("DELETE", "Task", "")), nil, 400, "required", "Bundle.entry[0].request.url"},
		{"a get of what is not there beside a write", "POST", "", transact(entry("POST", "Task", task), entry("GET", "Patient/none", "")), nil, 404, "not-found", "Bundle.entry[1]"},
		{"a get of what is deleted beside a write", "POST", "", transact(entry("GET", "Task/gone", ""), entry("POST", "Task", task)), nil, 410, "deleted", "Bundle.entry[0]"},
		{"more entries than a Bundle may have", "POST", "", transact(strings.Split(strings.Repeat(entry("GET", "Task", "")+"\n", 501), "\n")[:501]...), nil, 413, "too-costly", "Bundle.entry"},
	}
	require.GreaterOrEqual(t, len(tests), 80)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := stocked(t)
			before := e.count()
			w := ask(t, serve(t, e), tt.method, tt.path, tt.body, tt.headers...)
			issues := issuesOf(t, w)
			assert.Equal(t, tt.status, w.Code, w.Body.String())
			at := ""
			if len(issues[0].Expression) > 0 {
				at = issues[0].Expression[0]
			}
			assert.Equal(t, tt.code+" at "+tt.expression, issues[0].Code+" at "+at, w.Body.String())
			assert.Equal(t, before, e.count(), "something was stored")
			assert.Len(t, e.versions[taskT1], 1, "something was changed")
			if tt.status == http.StatusMethodNotAllowed {
				assert.NotEmpty(t, w.Header().Get("Allow"))
			}
			if tt.status == http.StatusUnauthorized {
				assert.NotEmpty(t, w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

// noise is text that packs to about half its size, always the same.
func noise(n int) string {
	raw := make([]byte, n/2)
	_, _ = rand.NewChaCha8([32]byte{}).Read(raw)
	return hex.EncodeToString(raw)
}

func packed(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = fmt.Fprint(z, s)
	_ = z.Close()
	return b.String()
}
