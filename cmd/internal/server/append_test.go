package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const audit = `{"resourceType":"AuditEvent","id":"a1","type":{"code":"rest"},"recorded":"2026-01-01T00:00:00Z","agent":[{"requestor":true}],"source":{"observer":{"display":"x"}}}`

// TestAnAuditEventStaysAsItIs goes through every way in which what is there could be changed: each is 405, alone, in a batch and in a transaction.
func TestAnAuditEventStaysAsItIs(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/AuditEvent/a1", audit).Code, "an id of its own")
	require.Equal(t, http.StatusCreated, ask(t, s, "POST", "/AuditEvent", audit).Code)
	require.Equal(t, http.StatusOK, ask(t, s, "PUT", "/AuditEvent/a1", audit).Code, "the same again changes nothing")
	other := strings.Replace(audit, "true", "false", 1)
	unnamed := strings.Replace(other, `"id":"a1",`, "", 1)
	fhirPatch := `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"delete"},{"name":"path","valueString":"AuditEvent.language"}]}]}`
	for _, c := range []struct{ method, path, body, more, header string }{
		{"PUT", "AuditEvent/a1", other, "", ""},
		{"PUT", "AuditEvent/a1", other, `"ifMatch":"W/\"1\""`, `If-Match: W/"1"`},
		{"PUT", "AuditEvent?_id=a1", unnamed, "", ""},
		{"PATCH", "AuditEvent/a1", fhirPatch, "", ""},
		{"PATCH", "AuditEvent/nobody", fhirPatch, "", ""},
		{"PATCH", "AuditEvent?_id=a1", fhirPatch, "", ""},
		{"DELETE", "AuditEvent/a1", "", "", ""},
		{"DELETE", "AuditEvent/nobody", "", "", ""},
		{"DELETE", "AuditEvent/a1", "", `"ifMatch":"W/\"1\""`, `If-Match: W/"1"`},
		{"DELETE", "AuditEvent?_lastUpdated=gt1900-01-01", "", "", ""},
		{"DELETE", "AuditEvent?_id=nobody", "", "", ""},
	} {
		name := c.method + " " + c.path
		var headers, more []string
		if c.header != "" {
			headers, more = []string{c.header}, []string{c.more}
		}
		w := ask(t, s, c.method, "/"+c.path, c.body, headers...)
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s: %s", name, w.Body)
		assert.Contains(t, issuesOf(t, w)[0].Details.Text, "stays as it was written", name)
		assert.Contains(t, w.Header().Get("Allow"), "GET", name)
		b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entry(c.method, c.path, c.body, more...))))
		assert.Equal(t, "405 Method Not Allowed", b.Entry[0].Response.Status, name)
		w = ask(t, s, "POST", "", transact(entry("POST", "Patient", `{"resourceType":"Patient"}`), entry(c.method, c.path, c.body, more...)))
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, name)
		assert.Equal(t, []string{"Bundle.entry[1].request.method"}, issuesOf(t, w)[0].Expression, name)
	}
	assert.Contains(t, ask(t, s, "GET", "/AuditEvent/a1/_history", "").Body.String(), `"total":1`)
	assert.Contains(t, ask(t, s, "GET", "/AuditEvent/a1", "").Body.String(), `"requestor":true`)
	assert.Contains(t, ask(t, s, "GET", "/Patient", "").Body.String(), `"total":0`)
}
