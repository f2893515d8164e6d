package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// benchEngine is an engine on a file, as a server has it.
func benchEngine(b *testing.B) *Engine {
	b.Helper()
	st, err := sqlstore.Open(b.Context(), sqlstore.Options{Path: filepath.Join(b.TempDir(), "bench.db")})
	require.NoError(b, err)
	b.Cleanup(func() { _ = st.Close() })
	var n atomic.Int64
	return New(st, Settings{
		Base:  "http://localhost/fhir",
		Rules: workflow.DefaultRules(time.UTC),
		Now:   time.Now,
		NewID: func() string { return fmt.Sprintf("id-%09d", n.Add(1)) },
	})
}

const benchRequest = `{"resourceType":"ServiceRequest","identifier":[{"system":"http://ehr.example/sr","value":"%d"}],"status":"active","intent":"order",
"priority":"routine","subject":{"reference":"Patient/p%d"},"requester":{"reference":"Organization/ref"},"authoredOn":"2026-03-02T09:00:00Z"}`

const benchTask = `{"resourceType":"Task","id":"%s","status":"%s","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code",
"code":"fulfill"}]},"focus":{"reference":"%s"},"for":{"reference":"Patient/p%d"},"authoredOn":"2026-03-02T09:00:00Z",
"requester":{"reference":"Organization/ref"},"owner":{"reference":"Organization/harbor"},"description":"A fictional person who would like to talk to somebody"}`

func benchRead(b *testing.B, text string) *fhir.Resource {
	b.Helper()
	r, issues := fhir.Read([]byte(text))
	require.Empty(b, issues)
	return r
}

// BenchmarkApplyReferral writes a ServiceRequest and its Task in one transaction, eight callers at once.
func BenchmarkApplyReferral(b *testing.B) {
	e := benchEngine(b)
	var n atomic.Int64
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			_, err := e.Apply(context.Background(), Principal{}, []Change{
				{Method: Create, Type: "ServiceRequest", FullURL: "urn:uuid:5c5e1c5e-0000-4000-8000-000000000001", Path: "Bundle.entry[0]", Resource: benchRead(b, fmt.Sprintf(benchRequest, i, i))},
				{Method: Create, Type: "Task", Path: "Bundle.entry[1]", Resource: benchRead(b, fmt.Sprintf(benchTask, "x", "requested", "urn:uuid:5c5e1c5e-0000-4000-8000-000000000001", i))},
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkApplyAlike is BenchmarkApplyReferral for one person, who is referred for the same service again and again, as in a test of somebody else's.
func BenchmarkApplyAlike(b *testing.B) {
	e := benchEngine(b)
	request := strings.Replace(benchRequest, `"status":"active"`, `"status":"active","code":{"text":"food"}`, 1)
	for i := range b.N {
		_, err := e.Apply(b.Context(), Principal{}, []Change{
			{Method: Create, Type: "ServiceRequest", FullURL: "urn:uuid:5c5e1c5e-0000-4000-8000-000000000001", Path: "Bundle.entry[0]", Resource: benchRead(b, fmt.Sprintf(request, i, 1))},
			{Method: Create, Type: "Task", Path: "Bundle.entry[1]", Resource: benchRead(b, fmt.Sprintf(benchTask, "x", "requested", "urn:uuid:5c5e1c5e-0000-4000-8000-000000000001", 1))},
		})
		require.NoError(b, err)
	}
}

// BenchmarkApplyTaskUpdate moves followed Tasks between in-progress and on-hold, eight callers at once.
func BenchmarkApplyTaskUpdate(b *testing.B) {
	e := benchEngine(b)
	const tasks = 512
	for i := range tasks {
		_, err := e.Apply(b.Context(), Principal{}, []Change{
			{Method: Update, Type: "ServiceRequest", ID: fmt.Sprintf("sr%d", i), Resource: benchRead(b, fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"sr%d","status":"active","intent":"order","subject":{"reference":"Patient/p%d"}}`, i, i))},
			{Method: Update, Type: "Task", ID: fmt.Sprintf("t%d", i), Resource: benchRead(b, fmt.Sprintf(benchTask, fmt.Sprintf("t%d", i), "requested", fmt.Sprintf("ServiceRequest/sr%d", i), i))},
		})
		require.NoError(b, err)
	}
	words := []string{"in-progress", "on-hold"}
	var n atomic.Int64
	b.ResetTimer()
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			id := fmt.Sprintf("t%d", i%tasks)
			r := benchRead(b, fmt.Sprintf(benchTask, id, words[(i/tasks)%2], fmt.Sprintf("ServiceRequest/sr%d", i%tasks), i%tasks))
			if _, err := e.Apply(context.Background(), Principal{}, []Change{{Method: Update, Type: "Task", ID: id, Resource: r}}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
