package server_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// quick is an engine that does nothing at once.
type quick struct {
	*fake
	results []engine.Result
}

func (q quick) Apply(context.Context, engine.Principal, []engine.Change) ([]engine.Result, error) {
	return q.results[:1], nil
}

func (q quick) ApplyBundle(context.Context, engine.Principal, string, []engine.Change) ([]engine.Result, error) {
	return q.results, nil
}

func (q quick) Read(context.Context, engine.Principal, string, string) (store.Version, error) {
	return q.results[0].Version, nil
}

// bigTask is a Task of about 3 kB.
var bigTask = `{"resourceType":"Task","id":"t1","meta":{"profile":["http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"]},` +
	`"status":"accepted","intent":"order","priority":"routine","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},` +
	`"focus":{"reference":"ServiceRequest/sr1"},"for":{"reference":"Patient/p1"},"authoredOn":"2026-03-02T09:00:00.000Z","requester":{"reference":"PractitionerRole/pr1"},` +
	`"owner":{"reference":"Organization/harbor"},"note":[` + strings.TrimSuffix(strings.Repeat(
	`{"authorString":"front desk","time":"2026-03-02T09:00:00Z","text":"Called and left a message; will try again tomorrow."},`, 20), ",") + `]}`

func bench(b *testing.B, method, path, body string, status int) {
	b.Helper()
	r, issues := fhir.Read([]byte(bigTask))
	if r == nil {
		b.Fatal(issues)
	}
	one := engine.Result{Done: engine.Updated, Version: store.Version{Key: taskT1, Number: 3, Updated: noon, Body: r.Stamp("t1", 3, noon)}}
	var e server.Engine = quick{newFake(), []engine.Result{one, one}}
	s := serve(b, e)
	reader := strings.NewReader(body)
	req, _ := http.NewRequest(method, base+path, nil)
	req.RequestURI = req.URL.RequestURI()
	req.Header.Set("Content-Type", "application/fhir+json")
	req.Header.Set("Accept", "application/fhir+json")
	w := &sink{h: http.Header{}}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		req.Body, req.ContentLength = nopCloser{reader}, int64(len(body))
		clear(w.h)
		s.ServeHTTP(w, req)
		if w.status != status {
			b.Fatal(w.status)
		}
	}
}

type nopCloser struct{ *strings.Reader }

func (nopCloser) Close() error { return nil }

// sink is a response writer that keeps nothing.
type sink struct {
	h      http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

func BenchmarkUpdate(b *testing.B) { bench(b, "PUT", "/Task/t1", bigTask, 200) }
func BenchmarkCreate(b *testing.B) { bench(b, "POST", "/Task", bigTask, 200) }
func BenchmarkRead(b *testing.B)   { bench(b, "GET", "/Task/t1", "", 200) }

func BenchmarkTransaction(b *testing.B) {
	bench(b, "POST", "", transact(entry("POST", "Task", bigTask), entry("PUT", "Task/t1", bigTask)), 200)
}

// BenchmarkStrictRead is what of an update is the strict reader.
func BenchmarkStrictRead(b *testing.B) {
	data := bytes.Clone([]byte(bigTask))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		fhir.Read(data)
	}
}
