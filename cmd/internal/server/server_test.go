package server_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/server"
	"warmhandoff/fhir"
	"warmhandoff/testdata/invalid"
)

const (
	base = "http://localhost:8080/fhir"

	patient = `{"resourceType":"Patient","id":"p1","name":[{"family":"Quince"}]}`
	task    = `{"resourceType":"Task","id":"t1","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/sr1"}}`
)

// settings are those of a server on this machine, with a clock that stands still.
func settings() server.Settings {
	var n atomic.Int64
	return server.Settings{
		Base: base, Dev: true,
		Now:   func() time.Time { return noon },
		NewID: func() string { return "made-" + strconv.FormatInt(n.Add(1), 10) },
	}
}

// serve gives a server round an engine; change may change its settings.
func serve(t testing.TB, e server.Engine, change ...func(*server.Settings)) *server.Server {
	t.Helper()
	s := settings()
	for _, f := range change {
		f(&s)
	}
	return server.New(e, s)
}

// ask sends a request below the FHIR base. Headers are "Name: value".
func ask(t testing.TB, h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, "/fhir"+path, nil)
	} else {
		r = httptest.NewRequest(method, "/fhir"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/fhir+json")
	}
	r.Host = "localhost:8080"
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		case name == "Content-Type":
			r.Header.Set(name, value)
		default:
			r.Header.Add(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	assert.Empty(t, invalid.Unfinished(w.Body.Bytes()), "words that are no sentence")
	return w
}

// issue is one issue of an OperationOutcome as a caller reads it.
type issue struct {
	Severity, Code string
	Expression     []string
	Details        struct{ Text string }
}

// issuesOf reads an answer that must be an OperationOutcome with words in every issue, and all headers of a FHIR answer.
func issuesOf(t testing.TB, w *httptest.ResponseRecorder) []issue {
	t.Helper()
	assert.Equal(t, "application/fhir+json", w.Header().Get("Content-Type"))
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.NotEmpty(t, w.Header().Get("X-Request-Id"))
	return outcome(t, w.Body.Bytes())
}

func outcome(t testing.TB, data []byte) []issue {
	t.Helper()
	r, bad := fhir.Read(data)
	require.Empty(t, bad, "not a valid resource: %s", data)
	require.Equal(t, "OperationOutcome", r.Type())
	var o struct{ Issue []issue }
	require.NoError(t, json.Unmarshal(data, &o))
	for _, i := range o.Issue {
		assert.NotEmpty(t, i.Details.Text, "an issue without words")
	}
	return o.Issue
}

// bundle is a Bundle as a caller reads it.
type bundle struct {
	Type  string
	Total *int
	Link  []struct{ Relation, URL string }
	Entry []struct {
		FullURL  string `json:"fullUrl"`
		Resource json.RawMessage
		Search   struct{ Mode string }
		Request  struct{ Method, URL string }
		Response struct {
			Status, Location, Etag, LastModified string
			Outcome                              json.RawMessage
		}
	}
}

// bundleOf reads an answer that must be a Bundle and good FHIR.
func bundleOf(t testing.TB, w *httptest.ResponseRecorder) bundle {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	r, bad := fhir.Read(w.Body.Bytes())
	require.Empty(t, bad, "not a valid resource: %s", w.Body.Bytes())
	require.Equal(t, "Bundle", r.Type())
	var b bundle
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &b))
	return b
}

func (b bundle) link(relation string) string {
	for _, l := range b.Link {
		if l.Relation == relation {
			return l.URL
		}
	}
	return ""
}

// transact makes a transaction of entries.
func transact(entries ...string) string { return bundleWith("transaction", entries...) }

func bundleWith(kind string, entries ...string) string {
	if len(entries) == 0 {
		return `{"resourceType":"Bundle","type":"` + kind + `"}`
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

// entry makes an entry; resource may be "", more are further members of request.
func entry(method, url, resource string, more ...string) string {
	s := `{`
	if resource != "" {
		s += `"resource":` + resource + `,`
	}
	s += `"request":{"method":"` + method + `","url":` + strconv.Quote(url)
	for _, m := range more {
		s += "," + m
	}
	return s + `}}`
}

// network serves on a real socket.
func network(t *testing.T, s *server.Server) string {
	t.Helper()
	ts := httptest.NewUnstartedServer(s)
	ts.Config = s.HTTPServer("")
	ts.Start()
	t.Cleanup(ts.Close)
	return ts.URL
}

func unpacked(t testing.TB, r io.Reader) string {
	t.Helper()
	z, err := gzip.NewReader(r)
	require.NoError(t, err)
	return readAll(t, z)
}

// errEOF is what a body ends with.
var errEOF = io.EOF

// readSome reads what comes until the other side closes or fails.
func readSome(r io.Reader) string {
	data, _ := io.ReadAll(r)
	return string(data)
}

func readAll(t testing.TB, r io.Reader) string {
	t.Helper()
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(data)
}
