package server_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/server"
	"warmhandoff/cmd/internal/store"
)

// witness is an engine that notes what may come of each question.
type witness struct {
	*fake
	mu     sync.Mutex
	budget []*store.Budget // nil: nothing is counted
	ends   int             // questions whose statements have an end
}

func (w *witness) note(ctx context.Context) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := store.AskedOf(ctx)
	if a == nil {
		w.budget = append(w.budget, nil)
		return
	}
	w.budget = append(w.budget, a.Budget)
	limited, over := a.Patience(ctx)
	defer over()
	if _, ends := limited.Deadline(); ends {
		w.ends++
	}
}

func (w *witness) Apply(ctx context.Context, p engine.Principal, changes []engine.Change) ([]engine.Result, error) {
	w.note(ctx)
	return w.fake.Apply(ctx, p, changes)
}

func (w *witness) ApplyBundle(ctx context.Context, p engine.Principal, identifier string, changes []engine.Change) ([]engine.Result, error) {
	w.note(ctx)
	return w.fake.ApplyBundle(ctx, p, identifier, changes)
}

func (w *witness) Read(ctx context.Context, p engine.Principal, typ, id string) (store.Version, error) {
	w.note(ctx)
	return w.fake.Read(ctx, p, typ, id)
}

func (w *witness) Search(ctx context.Context, p engine.Principal, typ string, q url.Values, strict bool) (engine.SearchResult, error) {
	w.note(ctx)
	return w.fake.Search(ctx, p, typ, q, strict)
}

func (w *witness) History(ctx context.Context, p engine.Principal, q store.Past) ([]store.Version, bool, error) {
	w.note(ctx)
	return w.fake.History(ctx, p, q)
}

func (w *witness) Everything(ctx context.Context, p engine.Principal, typ, id string, q url.Values) (engine.SearchResult, error) {
	w.note(ctx)
	return w.fake.Everything(ctx, p, typ, id, q)
}

// TestWhatASearchMayComeToIsCounted for each request that can look at many resources, once for all entries of a Bundle; and for no other, which need not pay for it.
func TestWhatASearchMayComeToIsCounted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path, body string
		counted            bool
		asks               int
	}{
		{"GET", "/Task?status=requested", "", true, 1},
		{"GET", "/Patient/p1/Task", "", true, 0},
		{"GET", "/?_type=Task", "", true, 1},
		{"GET", "/Task/_history", "", true, 1},
		{"GET", "/Task/t1/_history", "", true, 1},
		{"GET", "/Patient/p1/$everything", "", true, 1},
		{"PUT", "/Task?identifier=urn:x|1", task, true, 1},
		{"POST", "/Task?identifier=urn:x|1", task, true, 1},
		{"DELETE", "/Task?identifier=urn:x|1", "", true, 1},
		{"POST", "", bundleWith("batch", entry("GET", "Task?status=requested", ""), entry("GET", "Task/t1", ""), entry("POST", "Task", task)), true, 3},
		{"POST", "", transact(entry("GET", "Task?status=requested", ""), entry("POST", "Task", task)), true, 3},
		{"GET", "/Task/t1", "", false, 1},
		{"PUT", "/Task/t1", task, false, 1},
		{"POST", "/Task", task, false, 1},
		{"DELETE", "/Task/t1", "", false, 1},
	} {
		name := c.method + " " + c.path
		w := &witness{fake: stocked(t)}
		w.fake.found = &engine.SearchResult{}
		answer := ask(t, serve(t, w), c.method, c.path, c.body)
		require.Less(t, answer.Code, 300, "%s: %s", name, answer.Body)
		if c.asks > 0 {
			assert.Len(t, w.budget, c.asks, name)
		}
		for _, b := range w.budget {
			assert.Equal(t, c.counted, b != nil, name)
			assert.Same(t, w.budget[0], b, "%s: its entries share it", name)
		}
		if c.counted {
			assert.Equal(t, len(w.budget), w.ends, name)
		}
	}
}

// TestAStatementThatTakesTooLongIsRefused with words, and not as an error of ours.
func TestAStatementThatTakesTooLongIsRefused(t *testing.T) {
	t.Parallel()
	s := realServer(t, func(set *server.Settings) { set.Limits.Statement = time.Nanosecond })
	for _, path := range []string{"/Patient?name=x", "/_history", "/Patient/_history", "/Patient?_summary=count", "/ServiceRequest/$waiting", "/Patient?name:contains=zz", "/?_type=Patient"} {
		w := ask(t, s, "GET", path, "")
		if assert.Equal(t, http.StatusBadRequest, w.Code, path) {
			i := issuesOf(t, w)[0]
			assert.Equal(t, "too-costly", i.Code, path)
			assert.Contains(t, i.Details.Text, "take longer than one question may", path)
		}
	}
	few := realServer(t, func(set *server.Settings) { set.Limits.Steps = 10 })
	b := bundleOf(t, ask(t, few, "POST", "", bundleWith("batch", entry("GET", "Patient?name=x", ""), entry("GET", "Patient?name=y", ""), entry("GET", "Patient?name=z", ""))))
	require.Len(t, b.Entry, 3)
	assert.Equal(t, "200 OK", b.Entry[0].Response.Status)
	assert.Equal(t, "400 Bad Request", b.Entry[2].Response.Status)
	assert.Equal(t, "too-costly", outcome(t, b.Entry[2].Response.Outcome)[0].Code)
}

// TestQuestionsOfARequestTakeSoLongTogether by the server's clock, be each of them short enough.
func TestQuestionsOfARequestTakeSoLongTogether(t *testing.T) {
	t.Parallel()
	s := realServer(t, func(set *server.Settings) { set.Limits.Statement = 4 * time.Second }) // each reading of its clock is a second later
	var searches []string
	for i := range 20 {
		searches = append(searches, entry("GET", fmt.Sprint("Patient?name=x", i), ""))
	}
	b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", searches...)))
	assert.Equal(t, "200 OK", b.Entry[0].Response.Status)
	assert.Equal(t, "400 Bad Request", b.Entry[19].Response.Status)
	assert.Equal(t, "too-costly", outcome(t, b.Entry[19].Response.Outcome)[0].Code)
}

// large is a Patient of so many bytes, about.
func large(id string, size int) string {
	return fmt.Sprintf(`{"resourceType":"Patient","id":%q,"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">%s</div>"},"active":true}`, id, strings.Repeat("x", size))
}

func jsonPatchOf(id string) string {
	document := base64.StdEncoding.EncodeToString([]byte(`[{"op":"replace","path":"/active","value":false}]`))
	return entry("PATCH", "Patient/"+id, `{"resourceType":"Binary","contentType":"application/json-patch+json","data":"`+document+`"}`)
}

// TestPatchesOfABundleAreBounded by what they are of; one patch may be of any resource, and five hundred of small ones are none too many.
func TestPatchesOfABundleAreBounded(t *testing.T) {
	t.Parallel()
	s := realServer(t, func(set *server.Settings) { set.Limits.Patched = 20_000 })
	for i := range 4 {
		require.Equal(t, http.StatusCreated, ask(t, s, "PUT", fmt.Sprintf("/Patient/p%d", i), large(fmt.Sprint("p", i), 15_000)).Code)
	}
	entries := []string{jsonPatchOf("p0"), jsonPatchOf("p1"), jsonPatchOf("p2"), jsonPatchOf("p3")}
	b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entries...)))
	var told []string
	for _, one := range b.Entry {
		told = append(told, one.Response.Status)
	}
	assert.Equal(t, []string{"200 OK", "200 OK", "400 Bad Request", "400 Bad Request"}, told)
	i := outcome(t, b.Entry[2].Response.Outcome)[0]
	assert.Equal(t, "too-costly", i.Code)
	assert.Equal(t, []string{"Bundle.entry[2]"}, i.Expression)
	assert.Contains(t, i.Details.Text, "fewer patches")

	w := ask(t, s, "POST", "", transact(entries...))
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Len(t, issuesOf(t, w), 2, "both that are too many")
	w = ask(t, s, "PATCH", "/Patient/p0", `[{"op":"replace","path":"/active","value":true}]`, "Content-Type: application/json-patch+json")
	assert.Equal(t, http.StatusOK, w.Code)

	all, usual := []string{}, realServer(t)
	for i := range 500 {
		if i < 20 {
			require.Equal(t, http.StatusCreated, ask(t, usual, "PUT", fmt.Sprintf("/Patient/q%d", i), large(fmt.Sprint("q", i), 3000)).Code)
		}
		all = append(all, jsonPatchOf(fmt.Sprint("q", i%20)))
	}
	for i, one := range bundleOf(t, ask(t, usual, "POST", "", bundleWith("batch", all...))).Entry {
		require.Equal(t, "200 OK", one.Response.Status, i)
	}
}

// TestValidationsOfABundleAreBounded likewise, and by what their invariants look at.
func TestValidationsOfABundleAreBounded(t *testing.T) {
	t.Parallel()
	s := realServer(t, func(set *server.Settings) { set.Limits.Validated = 20_000 })
	require.Equal(t, http.StatusCreated, ask(t, s, "PUT", "/Patient/p", large("p", 15_000)).Code)
	usual := realServer(t)
	require.Equal(t, http.StatusCreated, ask(t, usual, "PUT", "/Questionnaire/q", groups(1000, 25)).Code)
	of := func(s *server.Server, address string, n int) (told []string) {
		entries := make([]string, n)
		for i := range entries {
			entries[i] = entry("GET", address+"/$validate", "")
		}
		for _, one := range bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entries...))).Entry {
			told = append(told, one.Response.Status)
		}
		return told
	}
	assert.Equal(t, []string{"200 OK", "200 OK", "400 Bad Request"}, of(s, "Patient/p", 3))
	assert.Equal(t, []string{"200 OK", "400 Bad Request"}, of(usual, "Questionnaire/q", 2))
	assert.Equal(t, http.StatusOK, ask(t, usual, "GET", "/Questionnaire/q/$validate", "").Code)
}

// groups is a Questionnaire of questions deep in groups, which invariants look through again and again.
func groups(questions, deep int) string {
	items := make([]string, questions)
	for i := range items {
		items[i] = fmt.Sprintf(`{"linkId":"q%d","type":"integer","required":true}`, i)
	}
	text := strings.Join(items, ",")
	for i := range deep {
		text = fmt.Sprintf(`{"linkId":"g%d","type":"group","item":[%s]}`, i, text)
	}
	return `{"resourceType":"Questionnaire","id":"q","status":"draft","item":[` + text + `]}`
}

// TestAMessageHasNoMoreEntriesThanABundle that is carried out.
func TestAMessageHasNoMoreEntriesThanABundle(t *testing.T) {
	t.Parallel()
	entries := make([]string, 501)
	for i := range entries {
		entries[i] = `{"fullUrl":"urn:uuid:c757873d-ec9a-4326-a141-556f43239520","resource":{"resourceType":"Patient"}}`
	}
	w := ask(t, realServer(t), "POST", "/$process-message", `{"resourceType":"Bundle","type":"message","entry":[`+strings.Join(entries, ",")+`]}`)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	assert.Equal(t, "too-costly", issuesOf(t, w)[0].Code)
}

// TestABatchEndsWhenItsCallerHasGone with the entry that was begun.
func TestABatchEndsWhenItsCallerHasGone(t *testing.T) {
	t.Parallel()
	e := stocked(t)
	ctx, hangUp := context.WithCancel(t.Context())
	e.before = func() {
		if len(e.changes) == 1 {
			hangUp()
		}
	}
	s := serve(t, e)
	r, _ := http.NewRequestWithContext(ctx, "POST", base, strings.NewReader(bundleWith("batch", entry("POST", "Task", task), entry("POST", "Task", task), entry("POST", "Task", task))))
	r.Header.Set("Content-Type", "application/fhir+json")
	s.ServeHTTP(&sink{h: http.Header{}}, r)
	assert.Len(t, e.changes, 2, "the second was begun when the caller hung up; the third is not begun")
	assert.True(t, e.hungUp, "and the engine is told, which undoes it: see TestAWriteEndsWithItsCaller")
}
