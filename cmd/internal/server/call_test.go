package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/testdata/invalid"
)

// The calls of real applications are tables, one for each application: what it sends, letter by letter, and what it needs of the answer. In
// addresses, bodies and what is expected, {name} is the id of what an earlier call named so, and {name.version} its version.

// call is one request of an application.
type call struct {
	why     string   // what the application wants with it
	ask     string   // "GET /Task?owner=Organization/{harbor}": method, and address below the base as it stands on the wire
	form    string   // of a POST Type/_search
	body    string   // JSON
	change  string   // or: the resource of this name, as this application saw it last, with
	set     []string // these members replaced: name, value, name, value
	entries []string // or: the entries of a transaction
	headers []string // beside those that the application sends always
	status  int      // exactly; 0: 201 for a POST of a resource, else 200
	keep    string   // name for the resource of the answer; in a transaction "name other", by the entries
	finds   string   // names of what is found, in order; those that come as includes have a + in front, any order; "none"
	shows   []string // path, value, path, value: what stands in the answer; a value of "*" is anything, "" nothing
}

// application sends calls as a program does that somebody else has written.
type application struct {
	headers []string // sent with every request
	sent    string   // Content-Type of what it sends
	seen    map[string]*fhir.Resource
	h       http.Handler
	who     string // who it says it is, with names in it as in calls; "" says nothing
}

// play sends the calls in order, each as a test of its own.
func (a *application) play(t *testing.T, calls []call) {
	t.Helper()
	for _, c := range calls {
		t.Run(c.why, func(t *testing.T) { a.do(t, c) })
	}
}

var placeName = regexp.MustCompile(`\{([a-z][a-z0-9]*)(\.version)?\}`)

// fill puts ids in the places of names.
func (a *application) fill(t testing.TB, s string) string {
	t.Helper()
	return placeName.ReplaceAllStringFunc(s, func(m string) string {
		found := placeName.FindStringSubmatch(m)
		r := a.seen[found[1]]
		require.NotNil(t, r, "nothing is named %s", found[1])
		if found[2] != "" {
			return r.VersionID()
		}
		return r.ID()
	})
}

// do sends one call and holds the answer against what is needed.
func (a *application) do(t testing.TB, c call) {
	t.Helper()
	method, address, _ := strings.Cut(a.fill(t, c.ask), " ")
	body := a.bodyOf(t, c)
	w := a.send(t, c, method, address, body)
	answer := text(t, w)
	want := c.status
	if want == 0 {
		want = http.StatusOK
		if method == http.MethodPost && c.form == "" && c.entries == nil && !strings.Contains(address, "$") {
			want = http.StatusCreated
		}
	}
	require.Equal(t, want, w.Code, "%s %s: %s", method, address, answer)
	assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	if answer == "" {
		require.Contains(t, []int{http.StatusNoContent, http.StatusNotModified}, w.Code, "an answer without a body")
		return
	}
	assert.Regexp(t, `^application/fhir\+json($|;)`, w.Header().Get("Content-Type"))
	r := good(t, answer)
	switch {
	case w.Code >= http.StatusBadRequest:
		require.Equal(t, "OperationOutcome", r.Type())
		shown(t, a, c.shows, r)
		return
	case c.entries != nil:
		a.answered(t, c, r)
	case r.Type() == "Bundle" && r.Get("type").Text() == "searchset":
		a.found(t, c, r)
	case method == http.MethodPost || method == http.MethodPut:
		a.stored(t, method, address, w, r)
	}
	if c.keep != "" && c.entries == nil {
		a.seen[c.keep] = r
	}
	if c.change != "" {
		a.seen[c.change] = r
	}
	shown(t, a, c.shows, r)
}

// bodyOf gives what a call sends, with the white space of a program that prints for people.
func (a *application) bodyOf(t testing.TB, c call) string {
	t.Helper()
	switch {
	case c.form != "":
		return a.fill(t, c.form)
	case c.entries != nil:
		return a.fill(t, transact(c.entries...))
	case c.change != "":
		r := a.seen[c.change]
		require.NotNil(t, r, "nothing is named %s", c.change)
		set := make([]string, len(c.set))
		for i := range c.set {
			set[i] = a.fill(t, c.set[i])
		}
		return with(r, set...)
	}
	return a.fill(t, c.body)
}

func (a *application) send(t testing.TB, c call, method, address, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/fhir"+address, strings.NewReader(body))
	r.Host = "localhost:8080"
	sent := a.sent
	if c.form != "" {
		sent = "application/x-www-form-urlencoded"
	}
	if body != "" {
		r.Header.Set("Content-Type", sent)
	}
	for _, line := range append(slices.Clone(a.headers), c.headers...) {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	if a.who != "" {
		r.Header.Set("X-Dev-Principal", a.fill(t, a.who))
	}
	w := httptest.NewRecorder()
	a.h.ServeHTTP(w, r)
	assert.Empty(t, invalid.Unfinished(w.Body.Bytes()), "words that are no sentence")
	return w
}

// stored holds the answer to a POST or PUT against what all the applications live on: the resource in the body, its id and version there, in
// Location and in ETag.
func (a *application) stored(t testing.TB, method, address string, w *httptest.ResponseRecorder, r *fhir.Resource) {
	t.Helper()
	typ, _, _ := strings.Cut(strings.TrimPrefix(address, "/"), "/")
	typ, _, _ = strings.Cut(typ, "?")
	require.Equal(t, typ, r.Type())
	require.NotEmpty(t, r.ID(), "the id is in the body")
	if method == http.MethodPut && !strings.Contains(address, "?") {
		assert.Equal(t, address, "/"+typ+"/"+r.ID())
	}
	if method == http.MethodPost {
		assert.Regexp(t, "^"+regexp.QuoteMeta(base+"/"+typ+"/"+r.ID())+`/_history/\d+$`, w.Header().Get("Location"))
		assert.NotEqual(t, "stale-id", r.ID(), "an id that comes with a POST is not taken over")
	}
	assert.Equal(t, `W/"`+r.VersionID()+`"`, w.Header().Get("ETag"))
	assert.NotEmpty(t, r.Get("meta", "lastUpdated").Text())
	assert.NotEmpty(t, w.Header().Get("Last-Modified"))
}

// found holds a searchset against what was to be found.
func (a *application) found(t testing.TB, c call, r *fhir.Resource) {
	t.Helper()
	var matches, includes, wantMatches, wantIncludes []string
	for v := range r.Get("entry").All() {
		require.NotEqual(t, "outcome", v.Get("search", "mode").Text(), "a parameter was not understood: %s", r.Bytes())
		one := v.Get("resource").Resource()
		assert.Equal(t, base+"/"+one.Type()+"/"+one.ID(), v.Get("fullUrl").Text())
		switch mode := v.Get("search", "mode").Text(); mode {
		case "match":
			matches = append(matches, one.Type()+"/"+one.ID())
		default:
			assert.Equal(t, "include", mode)
			includes = append(includes, one.Type()+"/"+one.ID())
		}
	}
	if c.finds == "" {
		return
	}
	for name := range strings.FieldsSeq(strings.TrimPrefix(c.finds, "none")) {
		name, include := strings.CutPrefix(name, "+")
		one := a.seen[name]
		require.NotNil(t, one, "nothing is named %s", name)
		if include {
			wantIncludes = append(wantIncludes, one.Type()+"/"+one.ID())
		} else {
			wantMatches = append(wantMatches, one.Type()+"/"+one.ID())
		}
	}
	if !strings.Contains(c.ask+c.form, "_sort") {
		slices.Sort(matches)
		slices.Sort(wantMatches)
	}
	assert.Equal(t, wantMatches, matches)
	assert.ElementsMatch(t, wantIncludes, includes)
	assert.Equal(t, fmt.Sprint(len(wantMatches)), r.Get("total").Text(), "total counts what matches, and all is on the first page")
}

// answered holds the answer to a transaction against its entries, and keeps what they made.
func (a *application) answered(t testing.TB, c call, r *fhir.Resource) {
	t.Helper()
	assert.Equal(t, "transaction-response", r.Get("type").Text())
	answers := r.Get("entry").Items()
	require.Len(t, answers, len(c.entries))
	names := strings.Fields(c.keep)
	for i, v := range answers {
		assert.Regexp(t, `^20[01] `, v.Get("response", "status").Text())
		one := v.Get("resource").Resource()
		if location := v.Get("response", "location").Text(); location != "" {
			require.NotNil(t, one)
			assert.Equal(t, one.Type()+"/"+one.ID()+"/_history/"+one.VersionID(), location, "id and type can be read out of the location")
			assert.Equal(t, `W/"`+one.VersionID()+`"`, v.Get("response", "etag").Text())
		}
		if i < len(names) && names[i] != "-" {
			require.NotNil(t, one)
			a.seen[names[i]] = one
		}
	}
}

// shown holds what stands in an answer against pairs of path and value.
func shown(t testing.TB, a *application, pairs []string, r *fhir.Resource) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		want := a.fill(t, pairs[i+1])
		got := at(r, pairs[i])
		if want == "*" {
			assert.NotEmpty(t, got, pairs[i])
			continue
		}
		assert.Equal(t, want, got, "%s of %s", pairs[i], r.Bytes())
	}
}

// at gives the text at a path such as "entry.1.resource.focus.reference"; of lists the first where no number says otherwise.
func at(r *fhir.Resource, path string) string {
	v := fhir.Value{}
	for i, name := range strings.Split(path, ".") {
		switch n := slices.Index(numbers, name); {
		case n >= 0:
			items := v.Items()
			if n >= len(items) {
				return ""
			}
			v = items[n]
		case i == 0:
			v = r.Get(name)
		default:
			v = v.Get(name)
		}
	}
	return v.Text()
}

var numbers = strings.Fields("0 1 2 3 4 5 6 7 8 9")
