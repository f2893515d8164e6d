package sqlstore_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
)

// Filler makes bodies of about 3 kB.
var filler = bytes.Repeat([]byte("0123456789abcdef"), 186)

// taskWrite is a Task with eight terms and three links, of one of 200 agencies and 8 statuses.
func taskWrite(n, replaces int) store.Write {
	id, owner := fmt.Sprintf("0196f1a2-7c3b-7d4e-8f50-%012d", n), fmt.Sprintf("Organization/agency-%d", n%200)
	status := [...]string{"requested", "received", "accepted", "in-progress", "on-hold", "completed", "rejected", "cancelled"}[(n/7+replaces)%8]
	request, patient := "ServiceRequest/"+id, "Patient/"+id
	return store.Write{
		Key: store.Key{Type: "Task", ID: id}, Replaces: replaces,
		Updated: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		Author:  store.Author{Role: "agency", Party: owner},
		Body:    append([]byte(`{"resourceType":"Task","id":"`+id+`"}`), filler...),
		Terms: []store.Term{
			{Param: "Task.identifier", Value: "urn:ehr|" + id}, {Param: "Task.status", Value: status}, {Param: "Task.owner", Value: owner},
			{Param: "Task.owner+status", Value: owner + "|" + status}, {Param: "Task.patient", Value: patient},
			{Param: "Task.requester", Value: fmt.Sprintf("Organization/ehr-%d", n%20)}, {Param: "Task.focus", Value: request},
			{Param: "Task.code", Value: "http://hl7.org/fhir/CodeSystem/task-code|fulfill"},
		},
		Links: []store.Link{{Via: "focus", To: request}, {Via: "for", To: patient}, {Via: "owner", To: owner}},
	}
}

func openBench(b *testing.B) *sqlstore.Store {
	b.Helper()
	st, err := sqlstore.Open(b.Context(), sqlstore.Options{Path: filepath.Join(b.TempDir(), "w.db")})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, st.Close()) })
	return st
}

// fill stores Tasks from..to, many in one Update.
func fill(b *testing.B, st *sqlstore.Store, from, to int) {
	b.Helper()
	for from < to {
		require.NoError(b, st.Update(b.Context(), func(tx store.Tx) error {
			for end := min(from+500, to); from < end; from++ {
				if _, err := tx.Put(b.Context(), taskWrite(from, 0)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("create/callers=%d", callers), func(b *testing.B) {
			st := openBench(b)
			fill(b, st, 0, 5000)
			inParallel(b, st, callers, func(i int) store.Write { return taskWrite(5000+i, 0) })
		})
		b.Run(fmt.Sprintf("replace/callers=%d", callers), func(b *testing.B) {
			const there = 5000
			st := openBench(b)
			fill(b, st, 0, there)
			inParallel(b, st, callers, func(i int) store.Write {
				i = i*7919%there + i/there*there // all of them in a mixed order, then again
				return taskWrite(i%there, 1+i/there)
			})
		})
	}
}

// inParallel stores writes from several callers at once, each in an Update of its own.
func inParallel(b *testing.B, st *sqlstore.Store, callers int, write func(i int) store.Write) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	commits, updates := st.Syncs()
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				w := write(i)
				if err := st.Update(ctx, func(tx store.Tx) error { _, err := tx.Put(ctx, w); return err }); err != nil {
					b.Error(err)
				}
			}
		})
	}
	all.Wait()
	b.StopTimer()
	c, u := st.Syncs()
	b.ReportMetric(float64(u-updates)/b.Elapsed().Seconds(), "updates/s")
	b.ReportMetric(float64(u-updates)/float64(c-commits), "updates/commit")
}

func BenchmarkSearch(b *testing.B) {
	st := openBench(b)
	fill(b, st, 0, 50_000)
	one := func(param, value string) []store.Match { return []store.Match{{Param: param, Values: []string{value}}} }
	for _, row := range []struct {
		name string
		q    store.Query
	}{
		{"20 of a worklist", store.Query{All: one("Task.owner+status", "Organization/agency-7|accepted")}},
		{"20 of a common value", store.Query{All: one("Task.status", "accepted")}},
		{"one by identifier", store.Query{All: one("Task.identifier", "urn:ehr|0196f1a2-7c3b-7d4e-8f50-000000000777")}},
		{"20 of two values", store.Query{All: []store.Match{{Param: "Task.status", Values: []string{"accepted", "received"}}}}},
		{"20 of two conditions", store.Query{All: append(one("Task.status", "accepted"), one("Task.requester", "Organization/ehr-3")...)}},
		{"20 with a param missing", store.Query{All: append(one("Task.status", "accepted"), store.Match{Param: "Task.note", Not: true})}},
		{"20 of all", store.Query{}},
	} {
		for _, callers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/callers=%d", row.name, callers), func(b *testing.B) {
				q := row.q
				q.Type, q.Limit = "Task", 20
				b.SetParallelism(callers)
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if err := st.View(b.Context(), func(r store.Reader) error { _, err := r.Search(b.Context(), q); return err }); err != nil {
							b.Error(err)
						}
					}
				})
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "searches/s")
			})
		}
	}
}
