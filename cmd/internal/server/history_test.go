package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAHistorySaysHowEachVersionCame goes through the ways in which a version comes to be, and asks for it of the resource, the type and the system.
func TestAHistorySaysHowEachVersionCame(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	const basic, patch = `{"resourceType":"Basic","code":{"text":"x"}}`, `[{"op":"replace","path":"/code/text","value":"y"}]`
	named := strings.Replace(basic, `{`, `{"id":"b",`, 1)
	told := func(path string) (all []string) {
		for next := path + "?_count=2"; next != ""; {
			b := bundleOf(t, ask(t, s, "GET", strings.TrimPrefix(next, base), ""))
			assert.LessOrEqual(t, len(b.Entry), 2)
			for _, one := range b.Entry {
				all = append(all, one.Request.Method+" "+one.Request.URL+" "+one.Response.Status)
			}
			next = b.link("next")
		}
		return all
	}
	var want []string
	step := func(line, method, path, body string, headers ...string) {
		t.Helper()
		w := ask(t, s, method, path, body, headers...)
		require.Less(t, w.Code, 300, "%s %s: %s", method, path, w.Body)
		want = append([]string{line}, want...)
	}
	step("POST Basic 201 Created", "POST", "/Basic", basic)
	id := good(t, ask(t, s, "GET", "/Basic?_elements=id", "").Body.String()).Get("entry").Items()[0].Get("resource").Resource().ID()
	at := "Basic/" + id
	step("PATCH "+at+" 200 OK", "PATCH", "/"+at, patch, "Content-Type: application/json-patch+json")
	step("PUT "+at+" 200 OK", "PUT", "/"+at, strings.Replace(basic, `{`, `{"id":"`+id+`",`, 1))
	step("PATCH "+at+" 200 OK", "POST", "", transact(entry("PATCH", at, `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Basic.code.text"},{"name":"value","valueString":"z"}]}]}`)))
	step("DELETE "+at+" 204 No Content", "DELETE", "/"+at, "")
	assert.Equal(t, want, told("/"+at+"/_history"))
	step("PUT Basic/b 201 Created", "PUT", "/Basic/b", named)
	step("POST Basic 201 Created", "POST", "", transact(entry("POST", "Basic", basic)))
	step("POST Basic 201 Created", "POST", "/Basic", basic, "If-None-Exist: identifier=a|b")
	assert.Equal(t, want, told("/Basic/_history"))
	since := good(t, ask(t, s, "GET", "/Basic/b", "").Body.String()).Get("meta", "lastUpdated").Text()
	step("POST Patient 201 Created", "POST", "/Patient", `{"resourceType":"Patient"}`)
	assert.Equal(t, want, told("/_history"))
	b := bundleOf(t, ask(t, s, "GET", "/Basic/_history?_since="+since, ""))
	assert.Len(t, b.Entry, 3)
	assert.Equal(t, 3, *b.Total)
	assert.Empty(t, told("/Group/_history"))
	b = bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entry("GET", "Basic/_history?_count=1", ""), entry("GET", "_history", ""))))
	for i := range b.Entry {
		assert.Equal(t, "200 OK", b.Entry[i].Response.Status, fmt.Sprint(i))
	}
	for _, path := range []string{"/_history?_at=2026", "/Task/_history?_count=x", "/Nothing/_history"} {
		assert.GreaterOrEqual(t, ask(t, s, "GET", path, "").Code, http.StatusBadRequest, path)
	}
}
