package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// bareServer is a server whose engine must not be asked.
func bareServer(t testing.TB) *Server {
	t.Helper()
	return New(nil, Settings{
		Base: "http://localhost:8080/fhir", Dev: true,
		Now:   func() time.Time { return time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC) },
		NewID: func() string { return "r" },
	})
}

func TestEveryRouteSaysWhatItIs(t *testing.T) {
	t.Parallel()
	for _, rt := range table() {
		assert.NotEmpty(t, rt.doc, rt.path)
		assert.NotEmpty(t, rt.kind, rt.path)
		assert.NotNil(t, rt.do, rt.path)
		assert.Equal(t, rt.kind == doCreate || rt.kind == doUpdate || rt.kind == doPatch || rt.kind == doDelete, rt.change != nil, "writes, and only they, can stand in a transaction: %s", rt.path)
		assert.Equal(t, rt.method == http.MethodPost || rt.method == http.MethodPut || rt.method == http.MethodPatch, rt.takes != noBody, rt.path)
	}
}

// An entry of a Bundle must find the same route as a request of its own.
func TestEntriesAndRequestsFindTheSameRoutes(t *testing.T) {
	t.Parallel()
	s := bareServer(t)
	paths := []string{"", "metadata", "Task", "Task/_search", "Task/1", "Task/1/_history", "Task/1/_history/2", "Task/1/_history/2/3", "Task/1/$handoff",
		"ServiceRequest/1/$handoff", "Patient/1/$handoff", "Task/metadata", "metadata/1", "metadata/1/_history", "Task/1/notes", "Patient/1/Task", "Patient/1/*", "Patient/1/Task/_search", "_search", "a/b/c/d/e", "$x", "Task//_history"}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "BREW"} {
		for _, path := range paths {
			rt, params, known := match(s.routes, method, path)
			if rt == nil && !known && strings.Contains(path, "_history") {
				continue // echo finds a route for these, which refuses what no parameter may be: see the test below
			}
			c := s.echo.NewContext(httptest.NewRequest(method, "/", nil), httptest.NewRecorder())
			s.echo.Router().Find(method, strings.TrimSuffix("/fhir/"+path, "/"), c)
			if rt == nil {
				want := http.StatusNotFound
				if known {
					want = http.StatusMethodNotAllowed
				}
				err := c.Handler()(c)
				require.Error(t, err, "%s %s", method, path)
				assert.Equal(t, want, unroutedStatus(err), "%s %s", method, path)
				continue
			}
			assert.Equal(t, strings.TrimSuffix("/fhir/"+rt.path, "/"), c.Path(), "%s %s", method, path)
			for name, value := range params {
				assert.Equal(t, value, c.Param(name), "%s %s", method, path)
			}
		}
	}
}

func unroutedStatus(err error) int { return failed(err, "").status }

// Each route is asked wrongly in each way that can go wrong before the engine: the answer is always a 4xx with an OperationOutcome, and a method
// that a route does not take is 405 with Allow.
func TestNothingAnswersAnErrorWithoutAnOutcome(t *testing.T) {
	t.Parallel()
	s := bareServer(t)
	address := strings.NewReplacer(":type", "Task", ":id", "t1", ":vid", "1", ":of", "Procedure")
	bad := []func(*http.Request){
		func(r *http.Request) { r.Host = "evil.example" },
		func(r *http.Request) { r.Header.Set("X-Dev-Principal", "role=emperor") },
		func(r *http.Request) { r.Header.Set("X-Dev-Principal", "role=king") },
		func(r *http.Request) { r.Header.Set("Forwarded", "for=1.2.3.4") },
		func(r *http.Request) { r.Header.Set("X", strings.Repeat("x", 70<<10)) },
		func(r *http.Request) { r.URL.RawQuery = strings.Repeat("x", 17<<10) },
		func(r *http.Request) { r.URL.Path += "/no/such/thing" },
		func(r *http.Request) { r.Method = "BREW" },
	}
	for _, rt := range s.routes {
		for i, spoil := range bad {
			if rt.open() && (i == 1 || i == 2) {
				continue // metadata and documents are open to everybody
			}
			r := httptest.NewRequest(rt.method, "/fhir/"+address.Replace(rt.path), strings.NewReader("{"))
			r.Host = "localhost"
			spoil(r)
			assertOutcome(t, s, r)
		}
	}
	for _, path := range []string{"", "metadata", "Task", "Task/_search", "Task/1", "Task/1/_history", "Task/1/_history/2", "Task/1/$handoff", "Task/1/_history/2/3", "Task//_history", "Task/"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"} {
			if rt, _, _ := match(s.routes, method, path); rt != nil {
				continue
			}
			r := httptest.NewRequest(method, "/fhir/"+path, nil)
			r.Host = "localhost"
			w := assertOutcome(t, s, r)
			if w.Code == http.StatusMethodNotAllowed {
				assert.NotEmpty(t, w.Header().Get("Allow"), "%s %s", method, path)
			}
		}
	}
}

func assertOutcome(t *testing.T, s *Server, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	name := r.Method + " " + r.URL.Path
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.GreaterOrEqual(t, w.Code, 400, name)
	assert.Less(t, w.Code, 500, name)
	o, issues := fhir.Read(w.Body.Bytes())
	require.Empty(t, issues, "%s: %s", name, w.Body)
	assert.Equal(t, "OperationOutcome", o.Type(), name)
	assert.Equal(t, "application/fhir+json", w.Header().Get("Content-Type"), name)
	return w
}

func TestEveryVerdictHasAKindOrAnErrorAndWords(t *testing.T) {
	t.Parallel()
	for _, v := range verdicts {
		assert.True(t, (v.kind == "") != (v.err == nil), "%v", v)
		assert.NotEmpty(t, v.text)
		assert.NotEmpty(t, v.code)
		assert.NotEmpty(t, http.StatusText(v.status))
		assert.Equal(t, v.status == http.StatusServiceUnavailable, v.retry, "503, and only it, may be tried again as it is: %v", v)
	}
}

func FuzzEntryAddress(f *testing.F) {
	for _, s := range []string{"Task", "Task/1", "/Task/1/_history/3", "http://localhost:8080/fhir/Task?identifier=a|b", "urn:uuid:x", "Task/%zz", "?", "://", "Task/1/$handoff"} {
		f.Add("GET", s)
		f.Add("PUT", s)
	}
	s := bareServer(f)
	f.Fuzz(func(t *testing.T, method, address string) {
		in := &request{at: "Bundle.entry[0]"}
		err := s.routeEntry(in, method, address)
		if err == nil {
			err = s.named(in)
		}
		if err != nil {
			got := failed(err, "")
			assert.Less(t, got.status, 500)
			assert.True(t, strings.HasPrefix(got.issues[0].Expression, "Bundle.entry[0]"))
			return
		}
		assert.True(t, in.typ == "" || s.types[in.typ])
		assert.True(t, in.id == "" || fhir.IsID(in.id))
	})
}

func FuzzHeaders(f *testing.F) {
	f.Add(`W/"3"`, "return=minimal; handling=strict", "application/fhir+xml;q=0.0, */*", "org=Organization/a;role=agency")
	f.Add(`""`, ",;=", ";", "=;=")
	s := bareServer(f)
	f.Fuzz(func(t *testing.T, tag, prefer, accept, who string) {
		if v, ok := versionTag(tag); ok {
			assert.True(t, fhir.IsID(v))
		}
		holds(tag, 3)
		h := http.Header{"Prefer": {prefer}, "Accept": {accept}, "Accept-Encoding": {accept}, "Content-Type": {accept}, devHeader: {who}}
		prefers(h)
		takesGzip(h)
		wantsXML(h, prefer)
		pretty(prefer)
		for _, err := range []error{new(request).sentResource(h), new(request).sentPatch(h), sentForm(h)} {
			if err != nil {
				assert.Less(t, failed(err, "").status, 500)
			}
		}
		if p, err := s.principal(h); err == nil && p.Party != "" {
			_, ok := fhir.ParseReference(p.Party)
			assert.True(t, ok)
		}
	})
}
