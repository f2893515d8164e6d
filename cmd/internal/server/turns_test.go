package server_test

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/fhir"
)

// TestWhoeverWaitsForTheWriterKeepsNobodyFromReading fills all places of the writers: a read is answered at once, another write is sent away with words, and
// one of another caller finds a place that is kept for that.
func TestWhoeverWaitsForTheWriterKeepsNobodyFromReading(t *testing.T) {
	t.Parallel()
	for _, body := range []string{task, transact(entry("POST", "Task", task)), transact(entry("POST", "Task/$validate", task))} {
		synctest.Test(t, func(t *testing.T) {
			e := stocked(t)
			inside, open := make(chan bool), make(chan bool)
			s := serve(t, e, func(s *server.Settings) { s.Limits = server.Limits{Concurrent: 4, Writers: 8} })
			path := "/Task"
			if body != task {
				path = ""
			}
			e.before = func() { inside <- true; <-open }
			answers := make(chan int, 10)
			write := func(who string) {
				answers <- ask(t, s, "POST", path, body, "X-Dev-Principal: org=Organization/"+who).Code
			}
			for range 6 {
				go write("many")
				<-inside
			}
			write("many")
			assert.Equal(t, http.StatusServiceUnavailable, <-answers, "three quarters are one caller's")
			go write("other")
			<-inside
			e.before = nil
			began := time.Now()
			assert.Equal(t, http.StatusOK, ask(t, s, "GET", "/Task/t1", "").Code)
			assert.Zero(t, time.Since(began))
			for range 7 {
				open <- true
			}
			for range 7 {
				assert.Less(t, <-answers, 300)
			}
		})
		if body != task {
			break
		}
	}
}

// TestAWriteThatWaitsTooLongIsAnswered before the connection ends, and is not stored.
func TestAWriteThatWaitsTooLongIsAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := stocked(t)
		s := serve(t, e, func(s *server.Settings) { s.Limits.Wait = 2 * time.Second })
		e.waits = true
		began := time.Now()
		w := ask(t, s, "POST", "/Task", task)
		assert.Equal(t, 2*time.Second, time.Since(began))
		assert.Equal(t, http.StatusServiceUnavailable, w.Code)
		assert.Equal(t, "1", w.Header().Get("Retry-After"))
		assert.Contains(t, issuesOf(t, w)[0].Details.Text, "nothing was stored")
		assert.Equal(t, "timeout", issuesOf(t, w)[0].Code)
	})
}

// TestWhatIsTooCostlySaysWhatToDo gives the engine's refusals for budgets their statuses.
func TestWhatIsTooCostlySaysWhatToDo(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	s := serve(t, e)
	for kind, status := range map[engine.Kind]int{engine.TooCostly: 422, engine.Busy: 503} {
		e.refuse = &engine.Refusal{Kind: kind, Issues: []fhir.Issue{{Severity: fhir.Error, Code: fhir.CodeTooCostly, Text: "At most so many."}}}
		w := ask(t, s, "POST", "/Task", task)
		assert.Equal(t, status, w.Code)
		assert.Equal(t, map[bool]string{true: "1"}[kind == engine.Busy], w.Header().Get("Retry-After"))
		assert.Equal(t, "At most so many.", issuesOf(t, w)[0].Details.Text, strconv.Itoa(status))
	}
}
