package server_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

func TestCreateAnswersWithTheResourceAndWhereItIs(t *testing.T) {
	t.Parallel()
	w := ask(t, serve(t, newFake()), "POST", "/Task", task)
	assert.Equal(t, http.StatusCreated, w.Code)
	assert.Equal(t, "application/fhir+json", w.Header().Get("Content-Type"))
	assert.Equal(t, base+"/Task/new1/_history/1", w.Header().Get("Location"))
	assert.Equal(t, `W/"1"`, w.Header().Get("ETag"))
	assert.Equal(t, "Mon, 02 Mar 2026 12:00:00 GMT", w.Header().Get("Last-Modified"))
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	r, issues := fhir.Read(w.Body.Bytes())
	require.Empty(t, issues)
	assert.Equal(t, "new1", r.ID())
	assert.Equal(t, "1", r.VersionID())
}

func TestWhatAWriteAnswersDependsOnWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	version := store.Version{Key: taskT1, Number: 3, Updated: noon, Body: []byte(task)}
	tests := []struct {
		name     string
		method   string
		path     string
		done     engine.Done
		headers  []string
		status   int
		body     string // "resource", "outcome", ""
		location string
	}{
		{"a create", "POST", "/Task", engine.Created, nil, 201, "resource", "3"},
		{"a create that found its match", "POST", "/Task", engine.Unchanged, nil, 200, "resource", "3"},
		{"a create that became an update", "POST", "/Task", engine.Updated, nil, 200, "resource", "3"},
		{"a create that wants nothing back", "POST", "/Task", engine.Created, []string{"Prefer: return=minimal"}, 201, "", "3"},
		{"a create that wants an outcome", "POST", "/Task", engine.Created, []string{"Prefer: return=OperationOutcome"}, 201, "outcome", "3"},
		{"a create that wants the resource and strictness", "POST", "/Task", engine.Created, []string{`Prefer: handling=strict, return="representation"`}, 201, "resource", "3"},
		{"a create that wants what we do not know", "POST", "/Task", engine.Created, []string{"Prefer: return=poetry, respond-async"}, 201, "resource", "3"},
		{"an update of a new id", "PUT", "/Task/t1", engine.Created, nil, 201, "resource", "3"},
		{"an update", "PUT", "/Task/t1", engine.Updated, nil, 200, "resource", "3"},
		{"the same update again", "PUT", "/Task/t1", engine.Unchanged, nil, 200, "resource", "3"},
		{"an update that wants nothing back", "PUT", "/Task/t1", engine.Updated, []string{"Prefer: return=minimal"}, 200, "", "3"},
		{"a conditional update", "PUT", "/Task?identifier=a%7Cb", engine.Updated, nil, 200, "resource", "3"},
		{"a delete", "DELETE", "/Task/t1", engine.Deleted, nil, 204, "", ""},
		{"a delete that wants an outcome", "DELETE", "/Task/t1", engine.Deleted, []string{"Prefer: return=OperationOutcome"}, 200, "outcome", ""},
		{"a conditional delete", "DELETE", "/Task?identifier=a%7Cb", engine.Deleted, nil, 204, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := version
			if tt.done == engine.Deleted {
				v.Deleted, v.Body = true, nil
			}
			body := task
			if tt.method == "DELETE" {
				body = ""
			}
			w := ask(t, serve(t, &result{fake: newFake(), result: engine.Result{Done: tt.done, Version: v}}), tt.method, tt.path, body, tt.headers...)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, `W/"3"`, w.Header().Get("ETag"))
			switch tt.body {
			case "":
				assert.Empty(t, w.Body.String())
			case "resource":
				assert.Equal(t, task, w.Body.String())
			case "outcome":
				assert.Equal(t, "information", issuesOf(t, w)[0].Severity)
			}
			want := ""
			if tt.location != "" {
				want = base + "/Task/t1/_history/" + tt.location
			}
			assert.Equal(t, want, w.Header().Get("Location"))
		})
	}
}

// result is a fake whose every write has one result.
type result struct {
	*fake
	result engine.Result
}

func (r *result) Apply(ctx context.Context, p engine.Principal, changes []engine.Change) ([]engine.Result, error) {
	r.changes = append(r.changes, changes...)
	return []engine.Result{r.result}, nil
}

func TestADeleteOfWhatNeverWasIsFine(t *testing.T) {
	t.Parallel()
	w := ask(t, serve(t, newFake()), "DELETE", "/Task/never", "")
	assert.Equal(t, http.StatusNoContent, w.Code)
	assert.Empty(t, w.Header().Get("ETag"))
}

func TestTheEngineIsToldWhatWasAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		method  string
		path    string
		headers []string
		want    engine.Change
	}{
		{"a create", "POST", "/Task", nil, engine.Change{Method: engine.Create, Type: "Task"}},
		{"a conditional create", "POST", "/Task", []string{"If-None-Exist: identifier=a|b"},
			engine.Change{Method: engine.Create, Type: "Task", IfNoneExist: "identifier=a|b"}},
		{"a conditional create with type and question mark", "POST", "/Task", []string{"If-None-Exist: Task?identifier=a|b&_format=json"},
			engine.Change{Method: engine.Create, Type: "Task", IfNoneExist: "identifier=a|b"}},
		{"an update", "PUT", "/Task/t1", nil, engine.Change{Method: engine.Update, Type: "Task", ID: "t1"}},
		{"an update with a weak tag", "PUT", "/Task/t1", []string{`If-Match: W/"3"`},
			engine.Change{Method: engine.Update, Type: "Task", ID: "t1", IfMatch: "3"}},
		{"an update with a strong tag", "PUT", "/Task/t1", []string{`If-Match: "3"`},
			engine.Change{Method: engine.Update, Type: "Task", ID: "t1", IfMatch: "3"}},
		{"an update with a tag without quotes", "PUT", "/Task/t1", []string{`If-Match: W/3`},
			engine.Change{Method: engine.Update, Type: "Task", ID: "t1", IfMatch: "3"}},
		{"an update of a new id only", "PUT", "/Task/t9", []string{`If-None-Match: *`}, engine.Change{Method: engine.Update, Type: "Task", ID: "t9", OnlyNew: true}},
		{"an update with a cascade that is not for it", "PUT", "/Task/t1?_pretty=true", nil, engine.Change{Method: engine.Update, Type: "Task", ID: "t1"}},
		{"a conditional update", "PUT", "/Task?identifier=a%7Cb&_format=json", nil,
			engine.Change{Method: engine.Update, Type: "Task", Query: "identifier=a%7Cb"}},
		{"a conditional update with a bare bar", "PUT", "/Task?identifier=a|b", nil,
			engine.Change{Method: engine.Update, Type: "Task", Query: "identifier=a|b"}},
		{"a delete", "DELETE", "/Task/t1", []string{`If-Match: W/"1"`}, engine.Change{Method: engine.Delete, Type: "Task", ID: "t1", IfMatch: "1"}},
		{"a conditional delete", "DELETE", "/Task?identifier=b", nil, engine.Change{Method: engine.Delete, Type: "Task", Query: "identifier=b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := &result{fake: newFake()}
			body := task
			if tt.method == "DELETE" {
				body = ""
			}
			w := ask(t, serve(t, e), tt.method, tt.path, body, tt.headers...)
			require.Len(t, e.changes, 1, w.Body.String())
			got := e.changes[0]
			if body != "" {
				require.NotNil(t, got.Resource)
				assert.Equal(t, task, string(got.Resource.Bytes()))
			}
			got.Resource = nil
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestReadAnswersWithTheVersionAndItsTags(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	w := ask(t, s, "GET", "/Patient/p1", "")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, `W/"2"`, w.Header().Get("ETag"))
	assert.Equal(t, "Mon, 02 Mar 2026 12:00:01 GMT", w.Header().Get("Last-Modified"))
	assert.Equal(t, fmt.Sprint(w.Body.Len()), w.Header().Get("Content-Length"))
	assert.Empty(t, w.Header().Get("Location"))
	assert.Contains(t, w.Body.String(), "Quince")

	w = ask(t, s, "GET", "/Patient/p1/_history/1", "")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, `W/"1"`, w.Header().Get("ETag"))
}

func TestHeadIsGetWithoutTheBody(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	for _, path := range []string{"/Patient/p1", "/Patient/p1/_history/1", "/Patient/p1/_history", "/Patient", "/metadata", "/Task/t1/$handoff", "/Patient/none"} {
		get, head := ask(t, s, "GET", path, ""), ask(t, s, "HEAD", path, "")
		assert.Equal(t, get.Code, head.Code, path)
		assert.Empty(t, head.Body.String(), path)
		assert.Equal(t, get.Header().Get("Content-Length"), head.Header().Get("Content-Length"), path)
		assert.Equal(t, get.Header().Get("ETag"), head.Header().Get("ETag"), path)
	}
}

func TestWhatTheCallerHasAlreadyIsNotSentAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header string
		status int
	}{
		{"the version it has", `If-None-Match: W/"2"`, 304},
		{"the version it has, without quotes", `If-None-Match: W/2`, 304},
		{"the version it has, among others", `If-None-Match: W/"1", W/"2"`, 304},
		{"any version", `If-None-Match: *`, 304},
		{"an older version", `If-None-Match: W/"1"`, 200},
		{"no version", `If-None-Match: ""`, 200},
		{"not changed since", `If-Modified-Since: Mon, 02 Mar 2026 12:00:01 GMT`, 304},
		{"changed since", `If-Modified-Since: Mon, 02 Mar 2026 12:00:00 GMT`, 200},
		{"since no time", `If-Modified-Since: yesterday`, 200},
	}
	e := stocked(t)
	e.versions[store.Key{Type: "Patient", ID: "p1"}][1].Updated = noon.Add(1500 * time.Millisecond) // HTTP knows whole seconds only
	s := serve(t, e)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := ask(t, s, "GET", "/Patient/p1", "", tt.header)
			assert.Equal(t, tt.status, w.Code)
			assert.Equal(t, `W/"2"`, w.Header().Get("ETag"))
			if tt.status == 304 {
				assert.Empty(t, w.Body.String())
				assert.Empty(t, w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestADeletedResourceTellsItsLastVersion(t *testing.T) {
	t.Parallel()
	w := ask(t, serve(t, stocked(t)), "GET", "/Task/gone", "")
	assert.Equal(t, http.StatusGone, w.Code)
	assert.Equal(t, `W/"2"`, w.Header().Get("ETag"))
}

func TestTheHandoffIsOneReadAway(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	const none = `{"resourceType":"Parameters"}`
	for _, w := range []*httptest.ResponseRecorder{
		ask(t, s, "GET", "/Task/t1/$handoff", ""),
		ask(t, s, "GET", "/Task/t1/%24handoff", ""),
		ask(t, s, "POST", "/Task/t1/$handoff", ""),
		ask(t, s, "POST", "/Task/t1/$handoff", none),
	} {
		assert.Equal(t, http.StatusOK, w.Code, w.Body.String())
		assert.Contains(t, w.Body.String(), `"Task/t1"`)
		assert.Empty(t, w.Header().Get("ETag"))
	}
	assert.Contains(t, ask(t, s, "GET", "/ServiceRequest/sr1/$handoff", "").Body.String(), `"ServiceRequest/sr1"`)
}

func TestASearchAnswersWithASearchset(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	e.found = &engine.SearchResult{
		Versions: []store.Version{e.versions[taskT1][0]}, Total: 41,
		Self:   map[string][]string{"status": {"requested"}, "identifier": {"a|b"}},
		Next:   map[string][]string{"status": {"requested"}, "_cursor": {"x&y"}},
		Issues: []fhir.Issue{{Severity: fhir.Warning, Code: fhir.CodeNotSupported, Text: "There is no such parameter."}},
	}
	s := serve(t, e)
	b := bundleOf(t, ask(t, s, "GET", "/Task?status=requested&colour=red&_format=json&_pretty=false", "", "Prefer: handling=strict"))
	assert.Equal(t, "searchset", b.Type)
	assert.Equal(t, 41, *b.Total)
	assert.Equal(t, base+"/Task?identifier=a%7Cb&status=requested", b.link("self"))
	assert.Equal(t, base+"/Task?_cursor=x%26y&status=requested", b.link("next"))
	require.Len(t, b.Entry, 2)
	assert.Equal(t, base+"/Task/t1", b.Entry[0].FullURL)
	assert.Equal(t, "match", b.Entry[0].Search.Mode)
	assert.Equal(t, string(e.versions[taskT1][0].Body), string(b.Entry[0].Resource), "every byte as stored")
	assert.Equal(t, "outcome", b.Entry[1].Search.Mode)
	assert.Equal(t, "not-supported", outcome(t, b.Entry[1].Resource)[0].Code)
	assert.Equal(t, map[string][]string{"status": {"requested"}, "colour": {"red"}}, map[string][]string(e.asked))
	assert.True(t, e.strict)

	e.found = &engine.SearchResult{Total: -1}
	b = bundleOf(t, ask(t, s, "GET", "/Task", ""))
	assert.Nil(t, b.Total, "not known, not said")
	assert.Empty(t, b.Entry)
	assert.Equal(t, base+"/Task", b.link("self"))
	assert.Empty(t, b.link("next"))
	assert.False(t, e.strict)
}

func TestASearchsetShowsWhatBelongsToIt(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	match, other := e.versions[taskT1][0], e.versions[store.Key{Type: "Patient", ID: "p1"}][1]
	e.found = &engine.SearchResult{Versions: []store.Version{match}, Included: []store.Version{other}, Total: -1,
		First: map[string][]string{"status": {"requested"}}, Self: map[string][]string{"_cursor": {"x"}, "status": {"requested"}}}
	s := serve(t, e)
	b := bundleOf(t, ask(t, s, "GET", "/Task?status=requested&_cursor=x", ""))
	assert.Equal(t, base+"/Task?status=requested", b.link("first"))
	assert.Equal(t, base+"/Task?_cursor=x&status=requested", b.link("self"))
	require.Len(t, b.Entry, 2)
	assert.Equal(t, "match", b.Entry[0].Search.Mode)
	assert.Equal(t, "include", b.Entry[1].Search.Mode)
	assert.Equal(t, base+"/Patient/p1", b.Entry[1].FullURL)
	assert.Equal(t, string(other.Body), string(b.Entry[1].Resource))

	e.found.Elements = []string{"focus"}
	b = bundleOf(t, ask(t, s, "GET", "/Task?_elements=focus", ""))
	assert.Contains(t, string(b.Entry[0].Resource), "SUBSETTED")
	assert.Contains(t, string(b.Entry[0].Resource), `"intent"`, "what is mandatory stays")
	assert.Equal(t, string(other.Body), string(b.Entry[1].Resource), "the elements are those of what was searched")

	e.found.Elements, e.found.Summary = nil, "true"
	b = bundleOf(t, ask(t, s, "GET", "/Task?_summary=true", ""))
	for _, one := range b.Entry {
		assert.Contains(t, string(one.Resource), "SUBSETTED")
	}
}

func TestSearchesAcrossTypes(t *testing.T) {
	t.Parallel()
	e := newFake()
	s := serve(t, e)
	form := "Content-Type: application/x-www-form-urlencoded"
	for _, row := range []struct{ method, path, body, within, self string }{
		{"GET", "?_type=Task", "", "", "?_type=Task"},
		{"POST", "/_search", "_type=Task", "", "?_type=Task"},
		{"GET", "/Patient/p/Task?_type=Task", "", "Patient/p/Task", "/Patient/p/Task?_type=Task"},
		{"GET", "/Patient/p/*?_type=Task", "", "Patient/p/", "/Patient/p/*?_type=Task"},
		{"POST", "/Patient/p/Task/_search", "_type=Task", "Patient/p/Task", "/Patient/p/Task?_type=Task"},
	} {
		e.within = nil
		b := bundleOf(t, ask(t, s, row.method, row.path, row.body, form))
		assert.Equal(t, base+row.self, b.link("self"), row.path)
		assert.Equal(t, "Task", e.asked.Get("_type"), row.path)
		assert.Equal(t, row.within, strings.Join(e.within, " "), row.path)
	}
}

func TestAReadMayAskForAPart(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	for path, has := range map[string]string{"?_summary=true": `"status"`, "?_summary=text": `"status"`, "?_elements=Task.focus": `"intent"`, "/_history/1?_elements=focus": `"intent"`} {
		w := ask(t, s, "GET", "/Task/t1"+path, "")
		assert.Equal(t, http.StatusOK, w.Code, path)
		assert.Contains(t, w.Body.String(), "SUBSETTED", path)
		assert.Contains(t, w.Body.String(), has, path)
	}
	assert.NotContains(t, ask(t, s, "GET", "/Task/t1?_summary=false", "").Body.String(), "SUBSETTED")
}

func TestASearchMayComeAsAForm(t *testing.T) {
	t.Parallel()
	e := newFake()
	bundleOf(t, ask(t, serve(t, e), "POST", "/Task/_search?status=requested", "owner=Organization%2Fharbor&status=accepted",
		"Content-Type: application/x-www-form-urlencoded; charset=UTF-8"))
	assert.Equal(t, map[string][]string{"status": {"requested", "accepted"}, "owner": {"Organization/harbor"}}, map[string][]string(e.asked))
}

func TestHistoryIsToldNewestFirstAndInPages(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	for range 3 {
		_, err := e.apply(&engine.Change{Method: engine.Update, Type: "Task", ID: "gone", Resource: good(t, task)})
		require.NoError(t, err)
	}
	s := serve(t, e)
	b := bundleOf(t, ask(t, s, "GET", "/Task/gone/_history", ""))
	assert.Equal(t, "history", b.Type)
	assert.Equal(t, 5, *b.Total)
	var told []string
	for _, one := range b.Entry {
		told = append(told, strings.Join([]string{one.Request.Method, one.Request.URL, one.Response.Status, one.Response.Etag, one.Response.LastModified}, " "))
		assert.Equal(t, base+"/Task/gone", one.FullURL)
		assert.Equal(t, one.Request.Method == "DELETE", len(one.Resource) == 0)
	}
	assert.Equal(t, []string{
		`PUT Task/gone 200 OK W/"5" 2026-03-02T12:00:04.000Z`,
		`PUT Task/gone 200 OK W/"4" 2026-03-02T12:00:03.000Z`,
		`PUT Task/gone 200 OK W/"3" 2026-03-02T12:00:02.000Z`,
		`DELETE Task/gone 204 No Content W/"2" 2026-03-02T12:00:01.000Z`,
		`PUT Task/gone 201 Created W/"1" 2026-03-02T12:00:00.000Z`,
	}, told)

	var tags []string
	for next := base + "/Task/gone/_history?_count=2"; next != ""; {
		page := bundleOf(t, ask(t, s, "GET", strings.TrimPrefix(next, base), ""))
		for _, one := range page.Entry {
			tags = append(tags, one.Response.Etag)
		}
		assert.Equal(t, next, page.link("self"))
		assert.Nil(t, page.Total)
		next = page.link("next")
	}
	assert.Equal(t, []string{`W/"5"`, `W/"4"`, `W/"3"`, `W/"2"`, `W/"1"`}, tags)

	b = bundleOf(t, ask(t, s, "GET", "/Task/gone/_history?_since=2026-03-02T12:00:02Z", ""))
	assert.Len(t, b.Entry, 3)
}

func TestEachKindOfFailureHasItsStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		err    error
		status int
		code   string
		retry  bool
	}{
		{"not understood", refusal(engine.Invalid, fhir.CodeValue, "Task.status", "Words."), 400, "value", false},
		{"against a rule", refusal(engine.Unprocessable, fhir.CodeBusinessRule, "Task.status", "Words."), 422, "business-rule", false},
		{"not there", refusal(engine.NotFound, fhir.CodeNotFound, "", "Words."), 404, "not-found", false},
		{"deleted", refusal(engine.Gone, fhir.CodeDeleted, "", "Words."), 410, "deleted", false},
		{"somebody was first", refusal(engine.Conflict, fhir.CodeConflict, "", "Words."), 409, "conflict", false},
		{"a condition does not hold", refusal(engine.PreconditionFailed, fhir.CodeMultipleMatches, "", "Words."), 412, "multiple-matches", false},
		{"forbidden", refusal(engine.Forbidden, fhir.CodeForbidden, "", "Words."), 403, "forbidden", false},
		{"not supported", refusal(engine.NotSupported, fhir.CodeNotSupported, "", "Words."), 400, "not-supported", false},
		{"a refusal without words", &engine.Refusal{Kind: engine.Unprocessable}, 422, "business-rule", false},
		{"a refusal wrapped", fmt.Errorf("apply: %w", refusal(engine.Conflict, fhir.CodeConflict, "", "Words.")), 409, "conflict", false},
		{"a refusal of no kind", &engine.Refusal{Kind: "new"}, 500, "exception", false},
		{"disk full", fmt.Errorf("apply: %w", store.ErrFull), 507, "no-store", false},
		{"too many writers", store.ErrBusy, 503, "throttled", true},
		{"a failed store", store.ErrFailed, 503, "transient", true},
		{"a conflict of the store", store.ErrConflict, 409, "conflict", false},
		{"a version that ought to be there", store.ErrNotFound, 500, "exception", false},
		{"anything else", errors.New("Quince was born in the middle of a statement"), 500, "exception", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newFake()
			e.refuse = tt.err
			s := serve(t, e)
			for _, w := range []*httptest.ResponseRecorder{
				ask(t, s, "POST", "/Task", task), ask(t, s, "PUT", "/Task/t1", task), ask(t, s, "DELETE", "/Task/t1", ""),
				ask(t, s, "GET", "/Task/t1", ""), ask(t, s, "GET", "/Task/t1/_history", ""), ask(t, s, "GET", "/Task/t1/_history/1", ""),
				ask(t, s, "GET", "/Task?status=requested", ""), ask(t, s, "GET", "/Task/t1/$handoff", ""),
				ask(t, s, "POST", "", transact(entry("POST", "Task", task))),
			} {
				issues := issuesOf(t, w)
				assert.Equal(t, tt.status, w.Code)
				assert.Equal(t, tt.code, issues[0].Code)
				assert.Equal(t, tt.retry, w.Header().Get("Retry-After") != "")
				assert.NotContains(t, w.Body.String(), "Quince")
			}
		})
	}
}

func TestJSONIsTheAnswerUnlessXMLIsLikedBetter(t *testing.T) {
	t.Parallel()
	s := serve(t, stocked(t))
	for _, c := range []struct{ accept, query, want string }{
		{"", "", "json"}, {"*/*", "", "json"}, {"application/fhir+json", "", "json"}, {"application/json", "", "json"},
		{"application/fhir+json; fhirVersion=4.0", "", "json"}, {"text/html", "", "json"},
		{"application/fhir+xml;q=1.0, application/fhir+json;q=1.0, application/xml+fhir;q=0.9, application/json+fhir;q=0.9", "", "json"},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "json"}, {"application/xml;q=0, text/plain", "", "json"},
		{"application/xml", "?_format=application/fhir%2Bjson", "json"},
		{"application/fhir+xml", "", "xml"}, {"application/xml, text/xml;q=0.5", "", "xml"}, {"application/fhir+json;q=0, application/fhir+xml", "", "xml"},
		{"application/fhir+json;q=0.8, application/fhir+xml", "", "xml"}, {"application/fhir+json", "?_format=xml", "xml"},
		{"", "?_format=application/fhir%2Bxml", "xml"},
	} {
		var headers []string
		if c.accept != "" {
			headers = []string{"Accept: " + c.accept}
		}
		for _, path := range []string{"/Task/t1", "/Task/nobody", "/Task", "/metadata"} {
			w := ask(t, s, "GET", path+c.query, "", headers...)
			assert.Equal(t, "application/fhir+"+c.want, w.Header().Get("Content-Type"), "%s %s %s", path, c.accept, c.query)
			assert.Equal(t, c.want == "xml", strings.HasPrefix(w.Body.String(), "<?xml"), "%s %s %s", path, c.accept, c.query)
		}
	}
}

func TestXMLIsTakenAndSaysTheSame(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	r, issues := fhir.Read([]byte(task))
	require.NotNil(t, r, "%v", issues)
	for _, media := range []string{"application/fhir+xml", "application/xml; charset=UTF-8", "text/xml"} {
		w := ask(t, s, "POST", "/Task", string(r.XML()), "Content-Type: "+media)
		require.Equal(t, http.StatusCreated, w.Code, w.Body)
		made, issues := fhir.Read(w.Body.Bytes())
		require.NotNil(t, made, "%v", issues)
		assert.JSONEq(t, string(r.Get("focus").Raw()), string(made.Get("focus").Raw()), media)
		back := ask(t, s, "GET", "/Task/"+made.ID(), "", "Accept: application/fhir+xml")
		data, issues := fhir.FromXML(back.Body.Bytes())
		require.Empty(t, issues)
		assert.JSONEq(t, w.Body.String(), string(data), media)
	}
	bundle := `<Bundle xmlns="http://hl7.org/fhir"><type value="batch"/><entry><resource><Patient><id value="x1"/></Patient></resource>` +
		`<request><method value="PUT"/><url value="Patient/x1"/></request></entry></Bundle>`
	w := ask(t, s, "POST", "/", bundle, "Content-Type: application/fhir+xml", "Accept: application/fhir+xml")
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `<status value="201 Created"/>`)
}

func TestPrettyIsForPeople(t *testing.T) {
	t.Parallel()
	w := ask(t, serve(t, stocked(t)), "GET", "/Task/t1?_pretty=true", "")
	assert.Contains(t, w.Body.String(), "{\n  \"resourceType\": \"Task\",\n")
	assert.NotContains(t, ask(t, serve(t, stocked(t)), "GET", "/Task/t1", "").Body.String(), "\n")
}

func TestPatch(t *testing.T) {
	t.Parallel()
	const media = "Content-Type: application/json-patch+json"
	s := realServer(t)
	made, _ := fhir.Read(ask(t, s, "POST", "/Task", task).Body.Bytes())
	at := "/Task/" + made.ID()

	w := ask(t, s, "PATCH", at, `[{"op":"add","path":"/description","value":"first"}]`, media)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Equal(t, `W/"2"`, w.Header().Get("ETag"))
	assert.Contains(t, w.Body.String(), `"description":"first"`)

	parameters := `{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},` +
		`{"name":"path","valueString":"Task.description"},{"name":"value","valueString":"second"}]}]}`
	w = ask(t, s, "PATCH", at, parameters, "Content-Type: application/fhir+json", `If-Match: W/"2"`)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Contains(t, w.Body.String(), `"description":"second"`)
	assert.Equal(t, http.StatusPreconditionFailed, ask(t, s, "PATCH", at, parameters, "Content-Type: application/fhir+json", `If-Match: W/"2"`).Code)

	w = ask(t, s, "PATCH", "/Task?_id="+made.ID(), `[{"op":"remove","path":"/description"}]`, media)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.NotContains(t, w.Body.String(), "description")
	assert.Equal(t, http.StatusNotFound, ask(t, s, "PATCH", "/Task?_id=nobody", `[]`, media).Code)

	data := base64.StdEncoding.EncodeToString([]byte(`[{"op":"add","path":"/description","value":"third"}]`))
	bundle := `{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"PATCH","url":"Task/` + made.ID() + `"},` +
		`"resource":{"resourceType":"Binary","contentType":"application/json-patch+json","data":"` + data + `"}}]}`
	w = ask(t, s, "POST", "/", bundle)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	assert.Contains(t, w.Body.String(), "third")
}

// A patch that meets another writer is made again on what is there then.
func TestPatchesAtOnceAllCount(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	made, _ := fhir.Read(ask(t, s, "POST", "/Patient", `{"resourceType":"Patient"}`).Body.Bytes())
	var done sync.WaitGroup
	for i := range 4 {
		done.Go(func() {
			w := ask(t, s, "PATCH", "/Patient/"+made.ID(), fmt.Sprintf(`[{"op":"add","path":"/p%d","value":1}]`, i), "Content-Type: application/json-patch+json")
			assert.Equal(t, http.StatusUnprocessableEntity, w.Code, "an element that is none")
			path := []string{"/gender", "/birthDate", "/active", "/language"}[i]
			value := []string{`"female"`, `"1990"`, `true`, `"en"`}[i]
			w = ask(t, s, "PATCH", "/Patient/"+made.ID(), `[{"op":"add","path":"`+path+`","value":`+value+`}]`, "Content-Type: application/json-patch+json")
			assert.Equal(t, http.StatusOK, w.Code, w.Body)
		})
	}
	done.Wait()
	now := ask(t, s, "GET", "/Patient/"+made.ID(), "").Body.String()
	for _, member := range []string{"gender", "birthDate", "active", "language"} {
		assert.Contains(t, now, member)
	}
}

func TestTheseAreJSON(t *testing.T) {
	t.Parallel()
	for _, media := range []string{"application/fhir+json", "application/json", "text/json", "Application/FHIR+JSON; charset=UTF-8",
		`application/fhir+json; fhirVersion=4.0; charset="utf-8"`, "application/json+fhir"} {
		assert.Equal(t, http.StatusCreated, ask(t, serve(t, newFake()), "POST", "/Task", task, "Content-Type: "+media).Code, media)
	}
	assert.Equal(t, http.StatusCreated, ask(t, serve(t, newFake()), "POST", "/Task", task, "Content-Type: ").Code, "none at all")
}

func TestAPackedBodyIsUnpackedAndALargeAnswerPacked(t *testing.T) {
	t.Parallel()
	e := newFake()
	s := serve(t, e)
	big := `{"resourceType":"Task","id":"t2","status":"requested","intent":"order","description":"` + strings.Repeat("words and ", 2000) + `"}`
	w := ask(t, s, "PUT", "/Task/t2", packed(big), "Content-Encoding: gzip", "Accept-Encoding: gzip;q=1.0,deflate;q=0.6")
	assert.Equal(t, http.StatusCreated, w.Code)
	assert.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	assert.Less(t, w.Body.Len(), len(big)/10)
	assert.Equal(t, string(e.versions[store.Key{Type: "Task", ID: "t2"}][0].Body), unpacked(t, w.Body))

	w = ask(t, s, "GET", "/Task/t2", "", "Accept-Encoding: gzip;q=0")
	assert.Empty(t, w.Header().Get("Content-Encoding"))
	assert.Greater(t, w.Body.Len(), len(big))
}

func TestTheLineOfPagesIsKeptApartFromFHIR(t *testing.T) {
	t.Parallel()
	pages := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "page ", r.URL.Path) })
	s := serve(t, newFake(), func(s *server.Settings) { s.Pages = pages })
	get := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = "127.0.0.1"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	assert.Equal(t, "page /", get("/").Body.String())
	assert.Equal(t, "page /fhirs", get("/fhirs").Body.String())
	assert.Equal(t, "ok\n", get("/healthz").Body.String())
	assert.Equal(t, http.StatusNotFound, get("/fhir/Nothing/1").Code)
	assert.Contains(t, get("/fhir").Body.String(), "searchset")
}

func TestReadinessSaysNoBeforeTheEnd(t *testing.T) {
	t.Parallel()
	var sick error
	s := serve(t, newFake(), func(s *server.Settings) { s.Ready = func(context.Context) error { return sick } })
	get := func(path string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = "[::1]:8080"
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	assert.Equal(t, http.StatusOK, get("/readyz").Code)
	sick = errors.New("no store")
	assert.Equal(t, http.StatusServiceUnavailable, get("/readyz").Code)
	assert.NotContains(t, get("/readyz").Body.String(), "no store")
	sick = nil
	s.Stopping()
	assert.Equal(t, http.StatusServiceUnavailable, get("/readyz").Code)
	assert.Equal(t, http.StatusOK, get("/healthz").Code)
	assert.Equal(t, http.StatusOK, ask(t, s, "GET", "/metadata", "").Code, "what is under way is still answered")
}

func TestTheHTTPServerHoldsSlowAndGreedyCallers(t *testing.T) {
	t.Parallel()
	h := serve(t, newFake()).HTTPServer("127.0.0.1:0")
	assert.Equal(t, 5*time.Second, h.ReadHeaderTimeout)
	assert.Equal(t, 30*time.Second, h.ReadTimeout)
	assert.Equal(t, 60*time.Second, h.WriteTimeout)
	assert.Equal(t, 120*time.Second, h.IdleTimeout)
	assert.Equal(t, 64<<10, h.MaxHeaderBytes)
}
