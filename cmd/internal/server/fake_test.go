package server_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// noon is when everything in these tests happens.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// fake is an engine that keeps versions in a map and knows no rules. What it was asked is written down; what it shall answer instead of working
// can be set.
type fake struct {
	mu       sync.Mutex
	versions map[store.Key][]store.Version
	ids      int

	who        []engine.Principal
	changes    []engine.Change
	identifier string
	asked      url.Values
	within     []string
	strict     bool

	refuse error // every method
	found  *engine.SearchResult
	hungUp bool   // the context of the last write was over
	waits  bool   // a write waits until its context ends
	before func() // runs first in every method; may panic or wait
}

func newFake() *fake { return &fake{versions: map[store.Key][]store.Version{}} }

func (f *fake) begin(p engine.Principal) error {
	if f.before != nil {
		f.before()
	}
	f.mu.Lock()
	f.who = append(f.who, p)
	return f.refuse
}

func (f *fake) Apply(ctx context.Context, p engine.Principal, changes []engine.Change) ([]engine.Result, error) {
	return f.ApplyBundle(ctx, p, "", changes)
}

func (f *fake) ApplyBundle(ctx context.Context, p engine.Principal, identifier string, changes []engine.Change) ([]engine.Result, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	f.changes, f.identifier, f.hungUp = append(f.changes, changes...), identifier, ctx.Err() != nil
	if f.waits {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	results := make([]engine.Result, len(changes))
	for i := range changes {
		if results[i], err = f.apply(&changes[i]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

func (f *fake) TryBundle(ctx context.Context, p engine.Principal, _ string, changes []engine.Change) ([]engine.Result, error) {
	return f.Try(ctx, p, changes)
}

func (f *fake) Try(_ context.Context, p engine.Principal, changes []engine.Change) ([]engine.Result, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	f.changes = append(f.changes, changes...)
	return make([]engine.Result, len(changes)), err
}

func (f *fake) apply(c *engine.Change) (engine.Result, error) {
	key := store.Key{Type: c.Type, ID: c.ID}
	if c.Method == engine.Create || c.Query != "" {
		f.ids++
		key.ID = "new" + strconv.Itoa(f.ids)
	}
	past := f.versions[key]
	v := store.Version{Key: key, Number: len(past) + 1, Updated: noon.Add(time.Duration(len(past)) * time.Second)}
	if c.IfMatch != "" && c.IfMatch != strconv.Itoa(len(past)) {
		return engine.Result{}, refusal(engine.PreconditionFailed, fhir.CodeConflict, c.Path, "This is not the newest version.")
	}
	if c.OnlyNew && len(past) > 0 {
		return engine.Result{}, refusal(engine.PreconditionFailed, fhir.CodeConflict, strings.TrimPrefix(c.Path+".request.ifNoneMatch", ".request.ifNoneMatch"), "there already")
	}
	if c.Method == engine.Delete {
		if len(past) == 0 {
			return engine.Result{Done: engine.Deleted}, nil
		}
		v.Deleted = true
		f.versions[key] = append(past, v)
		return engine.Result{Done: engine.Deleted, Version: v}, nil
	}
	v.Body = c.Resource.Stamp(key.ID, v.Number, v.Updated)
	f.versions[key] = append(past, v)
	done := engine.Updated
	if len(past) == 0 {
		done = engine.Created
	}
	return engine.Result{Done: done, Version: v}, nil
}

func (f *fake) Read(_ context.Context, p engine.Principal, typ, id string) (store.Version, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	if err != nil {
		return store.Version{}, err
	}
	past := f.versions[store.Key{Type: typ, ID: id}]
	if len(past) == 0 {
		return store.Version{}, refusal(engine.NotFound, fhir.CodeNotFound, "", "There is no such resource.")
	}
	return f.there(past[len(past)-1])
}

func (f *fake) there(v store.Version) (store.Version, error) {
	if v.Deleted {
		return v, refusal(engine.Gone, fhir.CodeDeleted, "", "It was deleted.")
	}
	return v, nil
}

func (f *fake) VRead(_ context.Context, p engine.Principal, typ, id, version string) (store.Version, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	if err != nil {
		return store.Version{}, err
	}
	past := f.versions[store.Key{Type: typ, ID: id}]
	n, err := strconv.Atoi(version)
	if err != nil || n < 1 || n > len(past) {
		return store.Version{}, refusal(engine.NotFound, fhir.CodeNotFound, "", "there is no such version")
	}
	return f.there(past[n-1])
}

func (f *fake) History(_ context.Context, p engine.Principal, q store.Past) ([]store.Version, bool, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	if err != nil {
		return nil, false, err
	}
	var past []store.Version
	for key, all := range f.versions {
		for _, v := range all {
			v.Seq = int64(v.Number)
			if (q.Type == "" || q.Type == key.Type) && (q.ID == "" || q.ID == key.ID) && (q.Before == 0 || v.Seq < q.Before) && !v.Updated.Before(q.Since) {
				past = append(past, v)
			}
		}
	}
	if len(past) == 0 && q.ID != "" && len(f.versions[store.Key{Type: q.Type, ID: q.ID}]) == 0 {
		return nil, false, refusal(engine.NotFound, fhir.CodeNotFound, "", "There is no such resource.")
	}
	slices.SortFunc(past, func(a, b store.Version) int { return int(b.Seq - a.Seq) })
	if len(past) > q.Limit {
		return past[:q.Limit], true, nil
	}
	return past, false, nil
}

func (f *fake) Search(_ context.Context, p engine.Principal, typ string, q url.Values, strict bool) (engine.SearchResult, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	f.asked, f.strict = q, strict
	if err != nil {
		return engine.SearchResult{}, err
	}
	if f.found != nil {
		return *f.found, nil
	}
	found := engine.SearchResult{Self: q}
	for key, past := range f.versions {
		if last := past[len(past)-1]; key.Type == typ && !last.Deleted {
			found.Versions = append(found.Versions, last)
		}
	}
	found.Total = len(found.Versions)
	return found, nil
}

func (f *fake) SearchWithin(ctx context.Context, p engine.Principal, within store.Key, typ string, q url.Values, strict bool) (engine.SearchResult, error) {
	f.mu.Lock()
	f.within = append(f.within, within.String()+"/"+typ)
	f.mu.Unlock()
	return f.Search(ctx, p, typ, q, strict)
}

func (f *fake) WaitingParameters(_ context.Context, p engine.Principal) ([]byte, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	return []byte(`{"resourceType":"Parameters"}`), err
}

func (f *fake) HandoffParameters(_ context.Context, p engine.Principal, typ, id string) ([]byte, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"resourceType":"Parameters","parameter":[{"name":"state","valueCode":"offered"},{"name":"of","valueString":"%s/%s"}]}`, typ, id), nil
}

func (f *fake) Package(_ context.Context, p engine.Principal, task string) ([]byte, error) {
	return f.HandoffParameters(context.Background(), p, "Task", task)
}

func (f *fake) Everything(ctx context.Context, p engine.Principal, typ, id string, q url.Values) (engine.SearchResult, error) {
	return f.Search(ctx, p, "ServiceRequest", q, false)
}

func (f *fake) Message(_ context.Context, p engine.Principal, b *fhir.Resource) ([]byte, error) {
	err := f.begin(p)
	defer f.mu.Unlock()
	return []byte(`{"resourceType":"Bundle","type":"message"}`), err
}

func refusal(k engine.Kind, code fhir.Code, at, text string) *engine.Refusal {
	return &engine.Refusal{Kind: k, Issues: []fhir.Issue{{Severity: fhir.Error, Code: code, Expression: at, Text: text}}}
}

var taskT1 = store.Key{Type: "Task", ID: "t1"}

// stocked has Task/t1 in one version, Patient/p1 in two, and Task/gone, which was deleted.
func stocked(t testing.TB) *fake {
	t.Helper()
	f := newFake()
	for _, c := range []engine.Change{
		{Method: engine.Update, Type: "Task", ID: "t1", Resource: good(t, task)},
		{Method: engine.Update, Type: "Patient", ID: "p1", Resource: good(t, patient)},
		{Method: engine.Update, Type: "Patient", ID: "p1", Resource: good(t, patient)},
		{Method: engine.Update, Type: "Task", ID: "gone", Resource: good(t, task)},
		{Method: engine.Delete, Type: "Task", ID: "gone"},
	} {
		_, err := f.apply(&c)
		require.NoError(t, err)
	}
	return f
}

func good(t testing.TB, s string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Read([]byte(s))
	require.Empty(t, issues)
	return r
}
