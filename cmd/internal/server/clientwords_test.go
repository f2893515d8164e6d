package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The condition of a create as clients write it: the search alone, the type in front, the whole address, with what is about the transport in it; in the
// header, in the address of the POST, and in an entry. Each finds the one that is there, and none makes another.
func TestAConditionOfACreateAsClientsWriteIt(t *testing.T) {
	t.Parallel()
	const body = `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}]}`
	s, seen := countedServer(t)
	require.Equal(t, http.StatusCreated, ask(t, s, "POST", "/Patient", body, "If-None-Exist: identifier=urn:mrn%7C7").Code)
	post := func(condition, address string) int {
		headers := []string{}
		if condition != "" {
			headers = append(headers, "If-None-Exist: "+condition)
		}
		return ask(t, s, "POST", "/Patient"+address, body, headers...).Code
	}
	for _, c := range []struct {
		condition, address string
		want               int
	}{
		{"identifier=urn:mrn%7C7", "", http.StatusOK},
		{"identifier=urn:mrn|7", "", http.StatusOK},
		{"?identifier=urn:mrn%7C7", "", http.StatusOK},
		{"Patient?identifier=urn:mrn%7C7", "", http.StatusOK},
		{"/Patient?identifier=urn:mrn%7C7", "", http.StatusOK},
		{base + "/Patient?identifier=urn:mrn%7C7", "", http.StatusOK},
		{base + "/Patient?_format=json&identifier=urn:mrn%7C7", "", http.StatusOK},
		{base + "/Patient?identifier=urn:mrn%7C7&_format=json&_pretty=true", "?_format=json", http.StatusOK},
		{"https://localhost:8080/fhir/Patient?identifier=urn:mrn%7C7", "", http.StatusOK}, // as the host in front of a proxy is called
		{"", "?identifier=urn:mrn%7C7", http.StatusOK},
		{"", "?identifier=urn:mrn|7&_format=json", http.StatusOK},
		{"identifier=urn:mrn%7C7", "?identifier=urn:mrn%7C7", http.StatusOK},
		{"identifier=urn:mrn%7C7", "?identifier=urn:mrn%7C8", http.StatusBadRequest},
		{"", "?_count=1", http.StatusBadRequest},
		{"", "?colour=red", http.StatusBadRequest},
		{"https://elsewhere.example/fhir/Patient?identifier=urn:mrn%7C7", "", http.StatusBadRequest},
		{base + "/Practitioner?identifier=urn:mrn%7C7", "", http.StatusBadRequest},
		{"Practitioner?identifier=urn:mrn%7C7", "", http.StatusBadRequest},
		{base + "/Patient?_format=json", "", http.StatusBadRequest},
	} {
		before := seen()
		assert.Equal(t, c.want, post(c.condition, c.address), "%s %s", c.condition, c.address)
		assert.Equal(t, before, seen(), "%s %s", c.condition, c.address)
	}
	entry := func(url, condition string) string {
		return `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":` + body + `,"request":{"method":"POST","url":"` + url + `"` + condition + `}}]}`
	}
	for _, bundle := range []string{entry("Patient?identifier=urn:mrn%7C7", ""), entry("Patient", `,"ifNoneExist":"`+base+`/Patient?identifier=urn:mrn%7C7"`),
		entry("Patient", `,"ifNoneExist":"/Patient?identifier=urn:mrn%7C7&_format=json"`)} {
		before := seen()
		w := ask(t, s, "POST", "/", bundle)
		assert.Equal(t, http.StatusOK, w.Code, w.Body)
		assert.Contains(t, w.Body.String(), `"status":"200`, bundle)
		assert.Equal(t, before, seen(), bundle)
	}
	w := ask(t, s, "PUT", "/Patient?identifier=urn:mrn%7C7&_format=json", strings.Replace(body, `"Patient"`, `"Patient","active":true`, 1))
	assert.Equal(t, http.StatusOK, w.Code, w.Body)
	w = ask(t, s, "POST", "/Patient?identifier=http://x?y|1", body)
	assert.Equal(t, http.StatusCreated, w.Code, "a mark of question in a value is part of it: %s", w.Body)
}

// A plus sign that was not encoded arrives as a blank; wherever a moment is asked for, it is a plus sign.
func TestAMomentWithARawPlus(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Patient/h", `{"resourceType":"Patient","id":"h","birthDate":"1990-01-01"}`).Code)
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/ServiceRequest/r", `{"resourceType":"ServiceRequest","id":"r","status":"active","intent":"order","subject":{"reference":"Patient/h"},"authoredOn":"2026-02-01T00:00:00Z"}`).Code)
	for _, moment := range []string{"2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.000+00:00", "2026-01-01T05:00:00%2B05:00", "2026-01-01T00:00:00Z", "2026-01-01"} {
		for _, path := range []string{"/Patient/h/_history?_since=", "/Patient?_lastUpdated=gt", "/Patient?_lastUpdated=", "/Patient?_id=h&_lastUpdated=ge", "/ServiceRequest?authored=gt",
			"/Patient/h/ServiceRequest?_lastUpdated=gt", "/ServiceRequest/r/$everything?_since=", "/ServiceRequest?patient._lastUpdated=gt", "/?_type=Patient&_lastUpdated=gt"} {
			w := ask(t, s, "GET", path+moment, "")
			assert.Equal(t, http.StatusOK, w.Code, "%s%s: %s", path, moment, w.Body)
			if !strings.HasSuffix(path, "?_lastUpdated=") {
				assert.Regexp(t, `"total":[12]\b`, w.Body.String(), "%s%s", path, moment)
			}
		}
	}
	for _, path := range []string{"/Patient/h/_history?_since=", "/Patient?_lastUpdated=gt", "/ServiceRequest/r/$everything?_since="} {
		assert.Equal(t, http.StatusBadRequest, ask(t, s, "GET", path+"2026-01-01T00:00:00++00:00", "").Code)
	}
}

// A write of one resource by its id is not asked for anything else in its address: a condition or a cascade there is refused, alone and in a Bundle, and
// nothing is written.
func TestAWriteOfOneTakesNoQuery(t *testing.T) {
	t.Parallel()
	patch := `[{"op":"add","path":"/active","value":true}]`
	body := `{"resourceType":"Patient","id":"p","active":true}`
	for query, status := range map[string]int{"": http.StatusOK, "?_format=json": http.StatusOK, "?_pretty=true&_summary=true&_elements=id": http.StatusOK, "?": http.StatusOK,
		"?identifier=urn:x%7C1": http.StatusBadRequest, "?_format=json&upsert=true": http.StatusBadRequest, "?_cascade=delete": http.StatusBadRequest, "?a=%zz": http.StatusBadRequest} {
		for _, method := range []string{"PUT", "PATCH"} {
			s, seen := countedServer(t)
			require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Patient/p", `{"resourceType":"Patient","id":"p"}`).Code)
			before := seen()
			sent, headers := body, []string{}
			if method == "PATCH" {
				sent, headers = patch, []string{"Content-Type: application/json-patch+json"}
			}
			w := ask(t, s, method, "/Patient/p"+query, sent, headers...)
			assert.Equal(t, status, w.Code, "%s %s: %s", method, query, w.Body)
			assert.Equal(t, status == http.StatusOK, seen() > before, "%s %s", method, query)
			if method == "PUT" && status != http.StatusOK {
				w = ask(t, s, "POST", "", transact(entry("PUT", "Patient/p"+query, body)))
				assert.Equal(t, status, w.Code, w.Body)
				assert.Contains(t, w.Body.String(), "Bundle.entry[0].request.url")
			}
		}
	}
}

// The type of a body that was left out, where it may be, is not looked at; that of one that was sent is.
func TestTheTypeOfNoBody(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	const octets = "Content-Type: application/octet-stream"
	for _, path := range []string{"/Task/t1/$handoff", "/ServiceRequest/r1/$handoff", "/ServiceRequest/r1/$everything", "/Patient/p1/$everything", "/Task/$validate", "/Task/t1/$validate",
		"/_search", "/Task/_search", "/Task/_search?status=requested", "/Patient/p1/Task/_search"} {
		without, with := ask(t, s, "POST", path, ""), ask(t, s, "POST", path, "", octets)
		assert.NotEqual(t, http.StatusUnsupportedMediaType, with.Code, path)
		assert.Equal(t, without.Code, with.Code, path)
		assert.Equal(t, http.StatusUnsupportedMediaType, ask(t, s, "POST", path, "x", octets).Code, path)
	}
	for _, way := range []string{"POST /Task", "PUT /Task/t1", "PATCH /Task/t1", "POST ", "POST /$process-message"} {
		method, path, _ := strings.Cut(way, " ")
		assert.Equal(t, http.StatusUnsupportedMediaType, ask(t, s, method, path, "", octets).Code, way)
	}
}
