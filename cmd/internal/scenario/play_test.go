package scenario_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
)

// ledger is a handler made by hand: Task/T1 is in the state of the last PUT body's status, and is "late" once the clock has passed noon.
type ledger struct {
	clock *scenario.Clock
	ids   *scenario.IDs
	noon  time.Time
	state string
	log   []string
}

func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path := strings.TrimPrefix(r.URL.Path, "/fhir/")
	switch {
	case r.Method == "PUT" && strings.Contains(string(body), "bad"):
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value","diagnostics":"it is bad","expression":["Task.status"]}]}`)
	case r.Method == "PUT":
		var t struct{ Status string }
		_ = json.Unmarshal(body, &t)
		l.state = t.Status
		l.log = append(l.log, r.Header.Get("X-Dev-Principal")+" "+l.ids.Next()+" "+l.clock.Now().UTC().Format("15:04"))
	case path == "ServiceRequest":
		fmt.Fprint(w, `{"resourceType":"Bundle","entry":[{"search":{"mode":"match"},"resource":{"id":"S1"}}]}`)
	case path == "Task":
		fmt.Fprint(w, `{"resourceType":"Bundle","entry":[{"search":{"mode":"match"},"resource":{"id":"T1"}}]}`)
	case path == "ServiceRequest/S1/$handoff":
		fmt.Fprintf(w, `{"parameter":[{"name":"state","valueCode":"active"},{"name":"leg","part":[{"name":"task","valueReference":{"reference":"Task/T1"}},%s]}]}`, l.parameters())
	case path == "Task/T1/$handoff":
		fmt.Fprintf(w, `{"parameter":[%s]}`, l.parameters())
	case path == "Task/T1":
		fmt.Fprint(w, `{"owner":{"reference":"Organization/harbor"}}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (l *ledger) parameters() string {
	return `{"name":"state","valueCode":"` + l.state + `"},{"name":"misses","valueInteger":2},
		{"name":"visit","valueDateTime":"2026-03-05T18:00:00Z"},{"name":"due","part":[{"name":"what","valueCode":"ask"}]}`
}

func (l *ledger) tick(context.Context) (time.Time, int, error) {
	if l.state == "" || l.state == "paused" {
		return time.Time{}, 0, nil
	}
	if l.clock.Now().Before(l.noon) {
		return l.noon, 0, nil
	}
	l.log = append(l.log, "tick "+l.clock.Now().UTC().Format("15:04"))
	l.state = "paused"
	return time.Time{}, 1, nil
}

func world(l *ledger) scenario.Maker {
	return func(_ *scenario.Scenario, clock *scenario.Clock, ids *scenario.IDs) (*scenario.World, error) {
		*l = ledger{clock: clock, ids: ids, noon: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
		return &scenario.World{Handler: l, Tick: l.tick, Close: func() error { return nil }}, nil
	}
}

func story(t *testing.T, steps string) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("a.txtar", []byte(head+steps))
	require.NoError(t, err)
	return s
}

func play(t *testing.T, s *scenario.Scenario, l *ledger) ([]scenario.Told, scenario.End) {
	t.Helper()
	var all []scenario.Told
	end, err := scenario.Play(t.Context(), s, world(l), func(told scenario.Told) { all = append(all, told) })
	require.NoError(t, err)
	return all, end
}

func TestTheClockStopsWhereSomethingIsDue(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	s := story(t, `-- 2026-03-02T09:00:00Z ref PUT /Task/T1 --
{"status":"offered"}
-- 2026-03-02T17:00:00Z clock --
-- want --
Task/T1 paused
`)
	all, end := play(t, s, l)
	assert.Empty(t, all[1].Wrong)
	assert.Equal(t, []string{"org=Organization/ref;role=referrer s1-1 09:00", "tick 12:00"}, l.log)
	assert.Equal(t, scenario.End{"ServiceRequest/S1": "active", "Task/T1": "paused grade= visit=2026-03-05T18:00:00Z misses=2"}, end)
}

func TestEveryDifferenceIsTold(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, want, says string }{
		{"another status", "status 201", "status should be 201, is 200"},
		{"another state", "Task/T1 closed", "state should be closed, is offered"},
		{"a reason where there is none", "Task/T1 offered:consent", "reason should be consent, is nothing"},
		{"a grade where there is none", "Task/T1 offered grade=A", "grade should be A, is nothing"},
		{"other misses", "Task/T1 offered misses=1", "misses should be 1, is 2"},
		{"another day", "Task/T1 offered visit=2026-03-06", "visit should be 2026-03-06"},
		{"another duty", "Task/T1 offered due=call", "due should be call, is ask"},
		{"a leg that is not followed", "Task/T9 offered", "state should be offered, is none"},
		{"another state of the referral", "ServiceRequest/S1 ended", "state should be ended, is active"},
		{"nothing, when all is as wanted", "Task/T1 offered misses=2 visit=2026-03-05 due=ask", ""},
		{"nothing, for an instant in another offset", "Task/T1 offered visit=2026-03-05T10:00:00-08:00", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			all, _ := play(t, story(t, "-- 2026-03-02T09:00:00Z ref PUT /Task/T1 --\n{\"status\":\"offered\"}\n-- want --\n"+row.want+"\n"), &ledger{})
			if row.says == "" {
				assert.Empty(t, all[0].Wrong)
				return
			}
			require.Len(t, all[0].Wrong, 1)
			assert.Contains(t, all[0].Wrong[0], row.says)
		})
	}
}

func TestALineHoldsTheStep(t *testing.T) {
	t.Parallel()
	all, _ := play(t, story(t, "-- 2026-03-02T09:00:00-08:00 ref PUT /Task/T1 --\n{\"status\":\"bad\"}\n"), &ledger{})
	line, err := all[0].Line()
	require.NoError(t, err)
	assert.JSONEq(t, `{"step":1,"at":"2026-03-02T09:00:00-08:00","who":"ref","method":"PUT","path":"/Task/T1","status":422,
		"outcome":[{"severity":"error","code":"value","expression":"Task.status","text":"it is bad"}],
		"referrals":[{"serviceRequest":"S1","state":"active","legs":[{"task":"T1","agency":"Organization/harbor","state":"none","reason":"",
		"grade":"","visit":"2026-03-05T18:00:00Z","misses":2,"due":[{"what":"ask","by":""}]}]}]}`, string(line))
}

func TestTheStoryIsToldInWordsOnce(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	s := story(t, "-- 2026-03-02T01:00:00-08:00 ref PUT /Task/T1 --\n{\"resourceType\":\"Task\",\"status\":\"offered\"}\n-- 2026-03-02T01:00:00-08:00 ref GET /Task/T1 --\n")
	words := scenario.Words{W: &b, Zone: s.Zone}
	all, _ := play(t, s, &ledger{})
	for _, told := range all {
		words.Step(told)
	}
	assert.Equal(t, `  1  Mon 2 Mar 01:00  ref: PUT /Task/T1 (Task offered) → 200
       referral S1: active
       leg T1 at Organization/harbor: offered (Waiting for their answer), visit Thu 5 Mar 10:00, missed 2
         due: ask
  2  Mon 2 Mar 01:00  ref: GET /Task/T1 → 200
`, b.String())
}
