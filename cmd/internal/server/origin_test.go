package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/cmd/internal/server"
)

func TestAppsInBrowsersAreLetInByTheirOrigin(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.org"
	open := serve(t, stocked(t), func(s *server.Settings) { s.Origins = []string{app, "http://localhost:3000"} })
	none := serve(t, stocked(t))
	for _, row := range []struct {
		origin string
		in     bool
	}{
		{app, true}, {"http://localhost:3000", true}, {"https://APP.example.org", true},
		{"https://app.example.org.evil.example", false}, {"http://app.example.org", false}, {"https://app.example.org:8443", false},
		{"http://localhost:3001", false}, {"null", false}, {"https://evil.example", false}, {"*", false},
	} {
		w := ask(t, open, "GET", "/Task/t1", "", "Origin: "+row.origin)
		before := ask(t, open, "OPTIONS", "/Task/t1", "", "Origin: "+row.origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: if-match,content-type")
		assert.Contains(t, w.Header().Values("Vary"), "Origin", row.origin)
		assert.Empty(t, w.Header().Get("Access-Control-Allow-Credentials"))
		if !row.in {
			assert.Equal(t, http.StatusForbidden, w.Code, row.origin)
			assert.Equal(t, http.StatusForbidden, before.Code, row.origin)
			assert.Contains(t, issuesOf(t, w)[0].Details.Text, "--cors-origin")
			assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"), row.origin)
			continue
		}
		assert.Equal(t, http.StatusOK, w.Code, row.origin)
		assert.Equal(t, row.origin, w.Header().Get("Access-Control-Allow-Origin"))
		assert.Contains(t, w.Header().Get("Access-Control-Expose-Headers"), "ETag")
		assert.Equal(t, http.StatusNoContent, before.Code, row.origin)
		assert.Equal(t, row.origin, before.Header().Get("Access-Control-Allow-Origin"))
		for _, one := range []string{"PUT", "PATCH", "DELETE"} {
			assert.Contains(t, before.Header().Get("Access-Control-Allow-Methods"), one)
		}
		for _, one := range []string{"Content-Type", "If-Match", "If-None-Exist", "Prefer", "X-Dev-Principal"} {
			assert.Contains(t, before.Header().Get("Access-Control-Allow-Headers"), one)
		}
		refused := ask(t, open, "GET", "/Task/none", "", "Origin: "+row.origin)
		assert.Equal(t, row.origin, refused.Header().Get("Access-Control-Allow-Origin"), "an app reads refusals, too")
	}
	assert.Equal(t, http.StatusForbidden, ask(t, none, "GET", "/Task/t1", "", "Origin: "+app).Code, "none by default")
	assert.Empty(t, ask(t, none, "GET", "/Task/t1", "").Header().Get("Vary"))
	assert.Empty(t, ask(t, open, "OPTIONS", "/Task/t1", "", "Origin: "+app).Header().Get("Access-Control-Allow-Methods"), "OPTIONS that is no such question")
	for s, says := range map[*server.Server]string{open: `"cors":true`, none: `"cors":false`} {
		assert.Contains(t, ask(t, s, "GET", "/metadata", "").Body.String(), says)
	}
	long := ask(t, open, "GET", "/metadata", "", "Origin: "+app, "Accept-Encoding: gzip")
	assert.Equal(t, "Origin, Accept-Encoding", strings.Join(long.Header().Values("Vary"), ", "))
}
