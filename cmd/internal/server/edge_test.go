package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/mapping/workflow"
)

func TestAPanicIsAnsweredWithTheRequestIdOnly(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := newFake()
	e.before = func() { panic("Quince was born on 1980-05-05") }
	s := serve(t, e, func(s *server.Settings) { s.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	w := ask(t, s, "GET", "/Task/t1", "", "X-Request-Id: r-1")
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	issues := issuesOf(t, w)
	assert.Equal(t, "exception", issues[0].Code)
	assert.Contains(t, issues[0].Details.Text, "r-1")
	assert.NotContains(t, w.Body.String()+log.String(), "Quince")
	assert.Contains(t, log.String(), "server.(*Server).read", "the log says where")

	e.before = nil
	assert.Equal(t, http.StatusNotFound, ask(t, s, "GET", "/Task/t1", "").Code, "and the server lives")
}

// Whatever a caller sends, the log holds ids, routes and numbers, and nothing of what was sent.
func TestTheLogHoldsNothingOfWhatWasSent(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	e := stocked(t)
	s := serve(t, e, func(s *server.Settings) { s.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	const canary = "Quince"
	ask(t, s, "GET", "/Patient?family="+canary, "")
	ask(t, s, "GET", "/Patient/"+canary, "")
	ask(t, s, "GET", "/"+canary, "")
	ask(t, s, "GET", "/Task/t1/"+canary, "")
	ask(t, s, canary, "/Task/t1", "")
	ask(t, s, "POST", "/Patient", patient)
	ask(t, s, "POST", "/Patient", strings.Replace(patient, "name", "nane", 1))
	ask(t, s, "POST", "", transact(entry("GET", "Patient?family="+canary, "")))
	ask(t, s, "GET", "/Task/t1", "", "X-Request-Id: "+canary+" was here", "X-Dev-Principal: org="+canary, "If-Match: "+canary)
	e.refuse = errors.New("store: no such table")
	ask(t, s, "POST", "", bundleWith("batch", entry("GET", "Patient?family="+canary, "")))
	ask(t, s, "POST", "/Patient", patient)
	assert.NotContains(t, log.String(), canary)
	assert.Contains(t, log.String(), "route=/fhir/:type/:id ")
	assert.Contains(t, log.String(), "no such table")
	assert.Equal(t, 11, strings.Count(log.String(), "msg=request"))
}

func TestARequestKeepsItsIdOrGetsOne(t *testing.T) {
	t.Parallel()
	s := serve(t, newFake())
	assert.Equal(t, "r-1.x", ask(t, s, "GET", "/metadata", "", "X-Request-Id: r-1.x").Header().Get("X-Request-Id"))
	assert.Equal(t, "made-1", ask(t, s, "GET", "/metadata", "").Header().Get("X-Request-Id"))
	assert.Equal(t, "made-2", ask(t, s, "GET", "/metadata", "", "X-Request-Id: two words").Header().Get("X-Request-Id"))
}

func TestOnlyThisMachineIsAnswered(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"localhost": true, "LOCALHOST:8080": true, "127.0.0.1": true, "127.0.0.1:8080": true, "127.8.8.8": true, "[::1]": true, "[::1]:8080": true,
		"": false, "evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "10.0.0.1": false, "0.0.0.0": false,
		"[::]": false, "::1": false, "[::1%25lo]": false, "localhost:8080:1": false, "169.254.1.1:80": false, "127.1": false,
	}
	s := serve(t, newFake())
	closed := serve(t, newFake(), func(s *server.Settings) { s.Dev = false })
	named := serve(t, newFake(), func(s *server.Settings) {
		s.Hosts, s.Base = []string{"handoff.local", "10.0.0.1:9"}, "https://fhir.example.org/fhir"
	})
	for host, fine := range tests {
		want := http.StatusMisdirectedRequest
		if fine {
			want = http.StatusOK
		}
		assert.Equal(t, want, ask(t, s, "GET", "/metadata", "", "Host: "+host).Code, "host %q", host)
		assert.Equal(t, want, ask(t, closed, "GET", "/metadata", "", "Host: "+host).Code, "host %q of a server that asks who it is", host)
		assert.Equal(t, want, ask(t, named, "GET", "/metadata", "", "Host: "+host).Code, "host %q of a server that has other names", host)
	}
	for host, fine := range map[string]bool{
		"handoff.local": true, "Handoff.Local:8080": true, "10.0.0.1:9": true, "fhir.example.org": true, "fhir.example.org:443": true,
		"x.handoff.local": false, "handoff.local.evil.example": false, "10.0.0.1:10": false, "fhir.example.org:8080": false, "example.org": false,
	} {
		w := ask(t, named, "GET", "/metadata", "", "Host: "+host)
		assert.Equal(t, fine, w.Code == http.StatusOK, "host %q", host)
		if !fine {
			assert.Contains(t, issuesOf(t, w)[0].Details.Text, "--allowed-host")
			assert.Contains(t, issuesOf(t, w)[0].Details.Text, "https://fhir.example.org/fhir")
		}
	}
	assert.Equal(t, http.StatusOK, ask(t, s, "GET", "/metadata", "", "Origin: http://localhost:8080").Code, "a page of ours")
	assert.Equal(t, http.StatusForbidden, ask(t, s, "GET", "/metadata", "", "Origin: http://localhost:3000").Code, "a page of another program")
	assert.Equal(t, http.StatusForbidden, ask(t, named, "GET", "/metadata", "", "Origin: http://evil.example").Code)
	assert.Equal(t, http.StatusForbidden, ask(t, named, "GET", "/metadata", "", "X-Forwarded-Host: a").Code)
}

// TestTheAddressThatWasReachedIsAHostOfOurs: a name can be made to lead here, an address cannot.
func TestTheAddressThatWasReachedIsAHostOfOurs(t *testing.T) {
	t.Parallel()
	s := serve(t, newFake())
	for _, row := range []struct {
		local, host string
		fine        bool
	}{
		{"192.168.1.5:8080", "192.168.1.5:8080", true}, {"192.168.1.5:8080", "192.168.1.5", true}, {"192.168.1.5:8080", "192.168.1.6:8080", false},
		{"[2001:db8::5]:8080", "[2001:db8::5]:8080", true}, {"[::ffff:192.168.1.5]:8080", "192.168.1.5:8080", true}, {"192.168.1.5:8080", "[::ffff:192.168.1.5]:8080", true},
		{"192.168.1.5:8080", "evil.example:8080", false}, {"0.0.0.0:8080", "0.0.0.0:8080", false},
	} {
		at, err := net.ResolveTCPAddr("tcp", row.local)
		require.NoError(t, err)
		r := httptest.NewRequest("GET", "/fhir/metadata", nil).WithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, net.Addr(at)))
		r.Host = row.host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		assert.Equal(t, row.fine, w.Code == http.StatusOK, "%s asked for as %s", row.local, row.host)
	}
}

// TestPagesOfOthersAreKeptOut also where a browser sends no Origin, as for an image, a script, a form or a link.
func TestPagesOfOthersAreKeptOut(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.org"
	for name, s := range map[string]*server.Server{
		"open": serve(t, stocked(t), func(s *server.Settings) { s.Origins = []string{app} }), "closed": serve(t, stocked(t), func(s *server.Settings) { s.Dev, s.Origins = false, []string{app} }),
	} {
		for _, row := range []struct {
			headers []string
			fine    bool
		}{
			{nil, true}, {[]string{"Sec-Fetch-Site: none"}, true}, {[]string{"Sec-Fetch-Site: same-origin"}, true},
			{[]string{"Sec-Fetch-Site: cross-site"}, false}, {[]string{"Sec-Fetch-Site: same-site"}, false}, {[]string{"Sec-Fetch-Site: quince"}, false},
			{[]string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, false},
			{[]string{"Sec-Fetch-Site: cross-site", "Origin: " + app}, true}, {[]string{"Sec-Fetch-Site: cross-site", "Origin: null"}, false},
			{[]string{"Sec-Fetch-Site: same-origin", "Origin: http://localhost:8080"}, true}, {[]string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, false},
		} {
			for _, way := range []string{"GET /metadata", "GET /Task/t1", "POST /Task/_search", "DELETE /Task/t1", "GET /nowhere"} {
				method, path, _ := strings.Cut(way, " ")
				w := ask(t, s, method, path, "", row.headers...)
				assert.Equal(t, row.fine, w.Code != http.StatusForbidden, "%s: %s %s: %d", name, way, row.headers, w.Code)
			}
		}
	}
}

// TestEveryAnswerTellsBrowsersToBeCareful, whatever it is.
func TestEveryAnswerTellsBrowsersToBeCareful(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t), func(s *server.Settings) {
		s.Pages = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	})
	for _, w := range []*httptest.ResponseRecorder{
		ask(t, s, "GET", "/metadata", ""), ask(t, s, "GET", "/Task/t1", ""), ask(t, s, "GET", "/Task/none", ""), ask(t, s, "POST", "/Task", "{"), ask(t, s, "GET", "/../healthz", ""),
		ask(t, s, "GET", "/metadata", "", "Host: evil.example"), ask(t, s, "GET", "/"+strings.Repeat("x", 20<<10), ""), ask(t, s, "GET", "/../page", ""), ask(t, s, "OPTIONS", "/Task", ""),
	} {
		h := w.Header()
		assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), w.Code)
		assert.Equal(t, "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox", h.Get("Content-Security-Policy"), w.Code)
		assert.Equal(t, "same-origin", h.Get("Cross-Origin-Resource-Policy"), w.Code)
		assert.Equal(t, "no-referrer", h.Get("Referrer-Policy"), w.Code)
	}
}

func TestTheDevPrincipalSaysWhoAsks(t *testing.T) {
	t.Parallel()
	tests := map[string]engine.Principal{
		"":                                    {},
		"org=Organization/harbor;role=agency": {Party: "Organization/harbor", Role: workflow.Agency},
		" role=person ; org=Patient/p1 ":      {Party: "Patient/p1", Role: workflow.Person},
		"role=admin":                          {Role: workflow.Admin},
		"org=Organization/ref":                {Party: "Organization/ref"},
		"org=Organization/ref;role=referrer;scopes=system/Task.rs;":     {Party: "Organization/ref", Role: workflow.Referrer},
		"org=http://localhost:8080/fhir/Organization/ref;role=referrer": {Party: "Organization/ref", Role: workflow.Referrer},
	}
	for header, want := range tests {
		e := stocked(t)
		var headers []string
		if header != "" {
			headers = []string{"X-Dev-Principal: " + header}
		}
		assert.Equal(t, http.StatusOK, ask(t, serve(t, e), "GET", "/Task/t1", "", headers...).Code, header)
		assert.Equal(t, []engine.Principal{want}, e.who, header)
		bundleOf(t, ask(t, serve(t, e), "POST", "", transact(entry("GET", "Task/t1", "")), headers...))
		assert.Equal(t, want, e.who[1], "an entry is asked for by whoever sent the Bundle")
	}
}

func TestWithoutDevTheServerIsClosed(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	s := serve(t, e, func(s *server.Settings) { s.Dev = false })
	assert.Equal(t, http.StatusOK, ask(t, s, "GET", "/metadata", "", "Host: localhost").Code)
	for _, w := range []*httptest.ResponseRecorder{
		ask(t, s, "GET", "/Task/t1", "", "X-Dev-Principal: role=admin"), ask(t, s, "POST", "/Task", task), ask(t, s, "POST", "", transact()),
		ask(t, s, "GET", "/Task/t1/$handoff", ""), ask(t, s, "GET", "/Task", ""),
	} {
		assert.Equal(t, http.StatusUnauthorized, w.Code)
		assert.Equal(t, "login", issuesOf(t, w)[0].Code)
		assert.NotEmpty(t, w.Header().Get("WWW-Authenticate"))
	}
	assert.Empty(t, e.who)
}

func TestTooManyAtOnceAreSentAwayQuickly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := stocked(t)
		inside, open := make(chan bool), make(chan bool)
		e.before = func() { inside <- true; <-open }
		s := serve(t, e, func(s *server.Settings) { s.Limits = server.Limits{Concurrent: 1, Queue: 100 * time.Millisecond} })
		first := make(chan int)
		go func() { first <- ask(t, s, "GET", "/Task/t1", "").Code }()
		<-inside

		began := time.Now() // the bubble's clock
		w := ask(t, s, "GET", "/Task/t1", "")
		assert.Equal(t, 100*time.Millisecond, time.Since(began))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		assert.Equal(t, "throttled", issuesOf(t, w)[0].Code)

		open <- true
		assert.Equal(t, http.StatusOK, <-first)
	})
}

func TestLargeBodiesShareABudgetThatIsGivenBack(t *testing.T) {
	t.Parallel()
	e := newFake()
	s := serve(t, e, func(s *server.Settings) { s.Limits.Memory = 256 << 10 })
	large := func(n int) string {
		return `{"resourceType":"Task","status":"requested","intent":"order","description":"` + strings.Repeat("x", n) + `"}`
	}
	for range 5 {
		assert.Equal(t, http.StatusCreated, ask(t, s, "POST", "/Task", large(200<<10)).Code, "one at a time there is room")
		assert.Equal(t, http.StatusCreated, ask(t, s, "POST", "/Task", packed(large(20<<10)), "Content-Encoding: gzip").Code)
	}
	w := ask(t, s, "POST", "/Task", large(300<<10))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "1", w.Header().Get("Retry-After"))

	r := httptest.NewRequest("POST", "/fhir/Task", &dribble{rest: large(300 << 10)})
	r.Host = "localhost"
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, r)
	assert.Equal(t, http.StatusServiceUnavailable, rec.Code, "also when the size was not announced")
	assert.Equal(t, http.StatusCreated, ask(t, s, "POST", "/Task", large(200<<10)).Code, "all of it was given back")
}

// dribble is a body of a size that nobody knows beforehand.
type dribble struct{ rest string }

func (d *dribble) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), 1000)], d.rest)
	d.rest = d.rest[n:]
	if n == 0 {
		return 0, fmt.Errorf("over: %w", errEOF)
	}
	return n, nil
}

func TestABodyMayComeInPieces(t *testing.T) {
	t.Parallel()
	at := network(t, serve(t, newFake()))
	resp, err := http.Post(at+"/fhir/Task", "application/fhir+json", struct{ *strings.Reader }{strings.NewReader(task)})
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, http.StatusCreated, resp.StatusCode)
}

// What comes over a socket and is no proper HTTP is refused by net/http or by us, and never crashes anything.
func TestRawNonsenseOverASocketIsRefused(t *testing.T) {
	t.Parallel()
	at := strings.TrimPrefix(network(t, serve(t, stocked(t))), "http://")
	tests := map[string]string{
		"two lengths":        "POST /fhir/Task HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"a body cut short":   "POST /fhir/Task HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\n{}",
		"no host":            "GET /fhir/Task/t1 HTTP/1.1\r\n\r\n",
		"two hosts":          "GET /fhir/Task/t1 HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
		"an absolute line":   "GET http://evil.example/fhir/Task/t1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"a huge header":      "GET /fhir/Task/t1 HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n",
		"a length below 0":   "POST /fhir/Task HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n{}",
		"a chunk of lies":    "POST /fhir/Task HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}",
		"a length that lies": "POST /fhir/Task HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n{}",
	}
	for name, raw := range tests {
		c, err := net.Dial("tcp", at)
		require.NoError(t, err)
		_, _ = c.Write([]byte(raw))
		_ = c.(*net.TCPConn).CloseWrite()
		answer := readSome(c)
		_ = c.Close()
		assert.Regexp(t, `^HTTP/1\.[01] 4\d\d `, answer, name)
	}
	resp, err := http.Get("http://" + at + "/fhir/Task/t1")
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, http.StatusOK, resp.StatusCode, "the server lives")
}

// TestAWriteEndsWhenTheCallerHangsUp: nobody would be told that it was stored, and others wait.
func TestAWriteEndsWhenTheCallerHangsUp(t *testing.T) {
	t.Parallel()
	for _, body := range []string{task, transact(entry("POST", "Task", task))} {
		e := newFake()
		ctx, cancel := context.WithCancel(t.Context())
		e.before = cancel
		r := httptest.NewRequestWithContext(ctx, "POST", "/fhir/Task", strings.NewReader(body))
		if body != task {
			r.URL.Path = "/fhir"
		}
		r.Host = "localhost"
		serve(t, e).ServeHTTP(httptest.NewRecorder(), r)
		assert.Len(t, e.changes, 1)
		assert.Error(t, ctx.Err())
		assert.True(t, e.hungUp, "the engine is told, and undoes it")
	}
}

// Two hundred callers who never finish their request do not keep an ordinary one waiting.
//
// Source: local, limits of size, depth and time
func TestSlowCallersKeepNobodyOut(t *testing.T) {
	t.Parallel()
	at := network(t, serve(t, stocked(t)))
	for i := range 200 {
		c, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		half := "POST /fhir/Task HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n{"
		if i%2 == 0 {
			half = "GET /fhir/Task/t1 HTTP/1.1\r\nHost: loc"
		}
		_, err = c.Write([]byte(half))
		require.NoError(t, err)
	}
	quick := http.Client{Timeout: 2 * time.Second}
	resp, err := quick.Get(at + "/fhir/Task/t1")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.NoError(t, resp.Body.Close())
	resp, err = quick.Post(at+"/fhir/Task", "application/fhir+json", strings.NewReader(task))
	require.NoError(t, err)
	assert.Equal(t, http.StatusCreated, resp.StatusCode)
	assert.NoError(t, resp.Body.Close())
}
