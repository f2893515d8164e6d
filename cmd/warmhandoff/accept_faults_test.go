package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/cmd/internal/store/storetest"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// faultsIn says of how many steps of the stories one is done with every fault. For all of them:
//
//	go test ./cmd/warmhandoff -run TestReadFaultsInStories -faults=1
var faultsIn = flag.Int("faults", 40, "of so many steps of the stories one is done with a fault in each call of the store")

// faults are the ways in which a store fails, and what a caller over HTTP is then told.
var faults = []struct {
	err    error
	status int
}{
	{store.ErrBusy, http.StatusServiceUnavailable},
	{store.ErrFailed, http.StatusServiceUnavailable},
	{store.ErrFull, http.StatusInsufficientStorage},
	{context.Canceled, http.StatusServiceUnavailable},
	{errors.New("disk I/O error"), http.StatusInternalServerError},
}

// TestReadFaultsInStories plays stories of which some steps, and what is due before them, are done with a fault in every single call of the store, one after
// the other: each time it is an answer of the kind "not now", nothing is stored, and when nothing fails any more the story goes on as if nothing had.
func TestReadFaultsInStories(t *testing.T) {
	t.Parallel()
	for _, file := range append(ruleFiles(t), samplesOf(t, "scenarios/*.txtar", 15)...) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := scenario.Play(t.Context(), storyAt(t, file), withFaults(t, file), func(told scenario.Told) {
				assert.Empty(t, told.Wrong, "step %d", told.Step.Number)
			})
			require.NoError(t, err)
		})
	}
}

// TestReadFaultsInMessages: a message in which something fails is answered with a transient error, and nothing of it is stored.
func TestReadFaultsInMessages(t *testing.T) {
	t.Parallel()
	world, err := withFaults(t, "")(&scenario.Scenario{Zone: time.UTC}, scenario.NewClock(time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)), &scenario.IDs{})
	require.NoError(t, err)
	defer func() { require.NoError(t, world.Close()) }()
	door := scenario.Door{Handler: world.Handler}
	for _, m := range []struct {
		body   string
		status int
		says   string
	}{
		{barsReferral("m1", "new", "active"), 200, `"code":"ok"`},
		{barsReferral("m1", "new", "active"), 200, `"code":"ok"`}, // again
		{barsReferral("m2", "update", "active"), 200, `"code":"ok"`},
		{barsReferral("m3", "delete", "active"), 422, `"code":"fatal-error"`},
		{barsReferral("m4", "delete", "revoked"), 200, `"code":"ok"`},
	} {
		a, err := door.Send(t.Context(), bayview, http.MethodPost, "/$process-message", []byte(m.body))
		require.NoError(t, err)
		require.Equal(t, m.status, a.Status, "%s", a.Body)
		assert.Contains(t, string(a.Body), m.says)
	}
	found, err := door.Send(t.Context(), bayview, http.MethodGet, "/ServiceRequest?_summary=count", nil)
	require.NoError(t, err)
	assert.Contains(t, string(found.Body), `"total":1`)
}

// faulting is an adapter whose store fails.
type faulting struct {
	t     *testing.T
	file  string
	st    *storetest.Faulty
	web   http.Handler
	all   bool // every step is done with faults
	steps int
	ids   []string // of the step that is done again and again
	taken int
}

// withFaults makes adapters that do some of what is asked of them with every fault first.
func withFaults(t *testing.T, file string) scenario.Maker {
	return func(s *scenario.Scenario, clock *scenario.Clock, ids *scenario.IDs) (*scenario.World, error) {
		st, err := sqlstore.Open(context.Background(), sqlstore.Options{Memory: true})
		if err != nil {
			return nil, err
		}
		guide, rules := mapping.Settings{Self: s.Self, Zone: s.Zone, Guides: guides}, workflow.Rules{}
		if len(s.Set) > 0 {
			if guide, rules, err = told(s); err != nil {
				return nil, errors.Join(err, st.Close())
			}
		}
		for _, p := range s.Parties {
			if p.Role == workflow.Navigator || p.Role == workflow.Supervisor {
				guide.Navigators = append(guide.Navigators, p.Ref)
			}
		}
		f := &faulting{t: t, file: file, all: file == "", st: &storetest.Faulty{Store: st}}
		guide.Base = scenario.Base
		e := engine.New(f.st, engine.Settings{Base: scenario.Base, Rules: inZone(rules, guide.Zone), Guide: guide, Now: clock.Now, NewSecret: newSecret,
			NewID: func() string { return f.newID(ids) }})
		f.web = server.New(e, server.Settings{Base: scenario.Base, Dev: true, Now: clock.Now, NewID: func() string { return "r" }, Version: "test",
			Ready: func(context.Context) error { return nil }})
		return &scenario.World{Handler: f, Close: st.Close, Tick: func(ctx context.Context) (next time.Time, done int, err error) {
			f.sweep("what is due", len(faults)-1, func(int) (bool, string) {
				next, done, err = e.Tick(ctx)
				return err != nil, fmt.Sprint(err)
			})
			return next, done, err
		}}, nil
	}
}

// newID gives the same ids to a step that is done again.
func (f *faulting) newID(ids *scenario.IDs) string {
	if f.taken == len(f.ids) {
		f.ids = append(f.ids, ids.Next())
	}
	f.taken++
	return f.ids[f.taken-1]
}

// ServeHTTP does a request with every fault, then without.
func (f *faulting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := new(bytes.Buffer)
	if r.Body != nil {
		_, err := body.ReadFrom(r.Body)
		require.NoError(f.t, err)
	}
	var a *httptest.ResponseRecorder
	f.sweep(r.Method+" "+r.URL.Path, len(faults), func(kind int) (bool, string) {
		a = httptest.NewRecorder()
		again := r.Clone(r.Context())
		again.Body = http.NoBody
		if body.Len() > 0 {
			again.Body = readCloser{bytes.NewReader(body.Bytes())}
		}
		f.web.ServeHTTP(a, again)
		if name, _ := f.st.Hit(); name != "" {
			assert.Equal(f.t, faults[kind].status, a.Code, "%s: %s", name, a.Body)
			assert.Equal(f.t, faults[kind].status == http.StatusServiceUnavailable, a.Header().Get("Retry-After") != "", "%d", a.Code)
			assert.NotContains(f.t, a.Body.String(), "disk I/O", "why stays in the log")
			if strings.HasSuffix(r.URL.Path, "$process-message") {
				assert.Contains(f.t, a.Body.String(), `"transient-error"`)
			}
		}
		return a.Code >= 500, fmt.Sprint(a.Code, " ", a.Body)
	})
	for name, values := range a.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Code)
	_, _ = w.Write(a.Body.Bytes())
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// sweep does something with a fault in the first call, then in the second, and so on, until no call is left to fail: then it is done. kinds is how many kinds
// of fault there are: all for a request, which is done as a whole or not at all. What is due is done in several transactions, and a referral on which
// something fails that may be its own fault is left alone for a minute, which a story does not have.
func (f *faulting) sweep(what string, kinds int, do func(kind int) (failed bool, said string)) {
	f.ids, f.taken = nil, 0
	f.steps++
	h := fnv.New32()
	fmt.Fprint(h, f.file, f.steps)
	if !f.all && int(h.Sum32())%*faultsIn != 0 {
		do(0)
		return
	}
	before := f.contents()
	for at := 1; ; at++ {
		kind := (at + f.steps) % kinds
		f.taken = 0
		f.st.FailAt(at, faults[kind].err)
		failed, said := do(kind)
		name, _ := f.st.Hit()
		f.st.FailAt(0, nil)
		if name == "" {
			return
		}
		require.True(f.t, failed, "%s says %s although %s (call %d) failed", what, said, name, at)
		if kinds < len(faults) {
			continue
		}
		require.Equal(f.t, before, f.contents(), "%s: something is stored although %s (call %d) failed", what, name, at)
	}
}

func (f *faulting) contents() string {
	lines, err := storetest.Contents(context.Background(), f.st.Store)
	require.NoError(f.t, err)
	return strings.Join(lines, "\n")
}
