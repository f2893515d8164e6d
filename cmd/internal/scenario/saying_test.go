package scenario_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
)

// teller answers every search with two matches, and tells of Task/T1 all that can be wanted.
func teller(w http.ResponseWriter, r *http.Request) {
	switch path := strings.TrimPrefix(r.URL.Path, "/fhir/"); {
	case path == "Task" && r.URL.Query().Has("owner"):
		fmt.Fprint(w, `{"resourceType":"Bundle","entry":[{"search":{"mode":"match"}},{"search":{"mode":"match"}},{"search":{"mode":"outcome"}}]}`)
	case path == "Task" && r.URL.Query().Has("code"):
		fmt.Fprint(w, `{ "resourceType": "Bundle", "total": 7, "note": "no  news" }`)
	case path == "Task/T1/$handoff":
		fmt.Fprint(w, `{"parameter":[{"name":"state","valueCode":"outreach"},{"name":"reason","valueCode":"missed"},{"name":"why","valueString":"newest visit missed"},
			{"name":"attempts","valueInteger":2},{"name":"flag","valueString":"The person may not have known."},{"name":"suggest","valueCode":"withdraw"},
			{"name":"due","part":[{"name":"what","valueCode":"call"},{"name":"for","valueCode":"agency"},{"name":"by","valueDateTime":"2026-03-02T17:00:00Z"},{"name":"level","valueCode":"red"}]},{"name":"due","part":[{"name":"what","valueCode":"decide"}]},
			{"name":"told","part":[{"name":"what","valueCode":"call"},{"name":"open","valueBoolean":true}]},
			{"name":"told","part":[{"name":"what","valueCode":"answer"},{"name":"open","valueBoolean":false}]},
			{"name":"warmth","part":[{"name":"element","valueCode":"W5"},{"name":"status","valueCode":"done"},{"name":"shown","valueCode":"stated"}]}]}`)
	case path == "Task" || path == "ServiceRequest":
		fmt.Fprint(w, `{"resourceType":"Bundle"}`)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func TestEverySayingIsCompared(t *testing.T) {
	t.Parallel()
	mk := func(*scenario.Scenario, *scenario.Clock, *scenario.IDs) (*scenario.World, error) {
		tick := func(context.Context) (time.Time, int, error) { return time.Time{}, 0, nil }
		return &scenario.World{Handler: http.HandlerFunc(teller), Tick: tick, Close: func() error { return nil }}, nil
	}
	for _, row := range []struct{ path, want, says string }{
		{"Task?code=x", `has "note":"no  news"`, ""},
		{"Task?code=x", `has "note":"news"`, "the reply should have"},
		{"Task?code=x", `lacks "note":"no  news"`, "the reply should not have"},
		{"Task?code=x", "lacks Ana", ""},
		{"Task?code=x", "total 7", ""},
		{"Task?owner=x", "total 2", ""},
		{"Task?owner=x", "total 3", "total should be 3, is 2"},
		{"Patient/P9", "total 0", "is nothing"},
		{"Patient/P9", "status 404", ""},
		{"Patient/P9", "status 200", "status should be 200, is 404"},
		{"Patient/P9", "Task/T1 outreach:missed level=red attempts=2 due=call due=decide suggest=withdraw grade=none", ""},
		{"Patient/P9", `Task/T1 outreach why="newest visit missed" flag="may not have known"`, ""},
		{"Patient/P9", "Task/T1 outreach:none", "reason should be none, is missed"},
		{"Patient/P9", "Task/T1 outreach level=amber", "level should be amber, is red"},
		{"Patient/P9", "Task/T1 outreach attempts=3", "attempts should be 3, is 2"},
		{"Patient/P9", "Task/T1 outreach flag=none", "flag should be none, is The person"},
		{"Patient/P9", `Task/T1 outreach noflag="might not"`, ""},
		{"Patient/P9", `Task/T1 outreach noflag="may not"`, "noflag should be may not, is The person"},
		{"Patient/P9", `Task/T1 outreach why="newest visit"`, "why should be newest visit, is newest visit missed"},
		{"Patient/P9", "warmth Task/T1 W5 done", ""},
		{"Patient/P9", "warmth Task/T1 W5 done stated", ""},
		{"Patient/P9", "warmth Task/T1 W5 done shown", "warmth W5 should be done shown, is done stated"},
		{"Patient/P9", "warmth Task/T1 W6 not-done", "warmth W6 should be not-done, is nothing"},
		{"Patient/P9", "due Task/T1 call agency", ""},
		{"Patient/P9", "due Task/T1 call agency 2026-03-02T09:00:00-08:00", ""},
		{"Patient/P9", "due Task/T1 call agency 2026-03-02T17:00:00Z red", ""},
		{"Patient/P9", "due Task/T1 call navigator", "due should be call navigator, is call agency 2026-03-02T17:00:00Z red, decide"},
		{"Patient/P9", "due Task/T1 call agency 2026-03-02T17:00:01Z", "due should be call agency"},
		{"Patient/P9", "due Task/T1 call agency 2026-03-02T17:00:00Z none", "due should be call agency"},
		{"Patient/P9", "due Task/T1 call none", "due should be call none"},
		{"Patient/P9", "due Task/T1 answer none", ""},
		{"Patient/P9", "told Task/T1 call", ""},
		{"Patient/P9", "told Task/T1 call open", ""},
		{"Patient/P9", "told Task/T1 answer done", ""},
		{"Patient/P9", "told Task/T1 answer open", "told should be answer open, is call open, answer done"},
		{"Patient/P9", "told Task/T1 call none", "told should be call none"},
		{"Patient/P9", "told Task/T1 decide none", ""},
		{"Patient/P9", "told Task/T1 decide", "told should be decide"},
	} {
		t.Run(row.want, func(t *testing.T) {
			t.Parallel()
			s := story(t, "-- 2026-03-02T09:00:00Z ref GET "+row.path+" --\n-- want --\n"+row.want+"\n")
			var wrong []string
			_, err := scenario.Play(t.Context(), s, mk, func(told scenario.Told) { wrong = told.Wrong })
			require.NoError(t, err)
			if row.says == "" {
				assert.Empty(t, wrong)
				return
			}
			require.Len(t, wrong, 1)
			assert.Contains(t, wrong[0], row.says)
		})
	}
}

func TestASayingThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"has", "lacks", "total", "total many", "total 1 2", "warmth Task/T1 W5", "warmth Task/T1 W5 good", "warmth W5 done shown", "warmth Task/T1 W5 done loudly",
		"due Task/T1", "due Task/T1 call", "due Task/T1 call agency noon", "due Task/T1 call agency 2026-03-02T17:00:00Z pink", "told Task/T1", "told Task/T1 call never", "told Patient/P1 call", "status 600", `Task/T1 offered why="not closed`,
	} {
		_, err := scenario.ParseWant(line)
		assert.Error(t, err, line)
	}
}
