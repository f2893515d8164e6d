package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/testdata/invalid"
)

var update = flag.Bool("update", false, "print what the server says of wrong requests where that is not what the corpus wants")

// wrongServer is a server on the real engine that holds Task/t1 in one version, Patient/p1 in two, and Task/gone, which was deleted; and what is to
// be posted first. The function that comes with it tells how many versions there are.
func wrongServer(t *testing.T, after ...string) (h http.Handler, versions func() int64) {
	t.Helper()
	h, seen := countedServer(t)
	for _, c := range [][3]string{
		{"PUT", "/Task/t1", task}, {"PUT", "/Patient/p1", patient},
		{"PUT", "/Patient/p1", strings.Replace(patient, `{`, `{"language":"en",`, 1)},
		{"PUT", "/Task/gone", strings.Replace(task, `"t1"`, `"gone"`, 1)}, {"DELETE", "/Task/gone", ""},
	} {
		w := ask(t, h, c[0], c[1], c[2])
		require.Less(t, w.Code, 300, "%v: %s", c, w.Body)
	}
	for _, name := range after {
		before, err := os.ReadFile(testdata + name)
		require.NoError(t, err)
		bundleOf(t, ask(t, h, "POST", "", string(before)))
	}
	return h, seen
}

// Nothing in the corpus may be done. Each answer is an OperationOutcome with exactly the issues that are wanted; nothing is stored; and what can be
// said in an entry of a Bundle gets the same verdict there, in a batch and in a transaction.
func TestWrongRequestsAreRefusedWithWords(t *testing.T) {
	t.Parallel()
	cases := invalid.Cases()
	require.GreaterOrEqual(t, len(cases), 500)
	shared, sharedVersions := wrongServer(t)
	names, bundled := map[string]bool{}, 0
	for _, c := range cases {
		require.False(t, names[c.File+c.Name], "%s: %s is there twice", c.File, c.Name)
		names[c.File+c.Name] = true
		if entryOf(&c) != "" {
			bundled++
		}
		t.Run(c.File+"/"+c.Name, func(t *testing.T) {
			t.Parallel()
			h, versions := shared, sharedVersions
			if len(c.After) > 0 {
				h, versions = wrongServer(t, c.After...)
			}
			before := versions()
			refusedAlone(t, h, &c)
			if entry := entryOf(&c); entry != "" {
				refusedInBatch(t, h, &c, entry)
				refusedInTransaction(t, h, &c, entry)
			}
			assert.Equal(t, before, versions(), "something was stored")
		})
	}
	assert.GreaterOrEqual(t, bundled, 250, "cases that are tried in Bundles too")
}

func refusedAlone(t *testing.T, h http.Handler, c *invalid.Case) {
	t.Helper()
	body, headers := string(c.Body), slices.Clone(c.Headers)
	if c.Packed {
		body, headers = packed(body), append(headers, "Content-Encoding: gzip")
	}
	w := ask(t, h, c.Method, strings.TrimSuffix(c.Path, "/"), body, headers...)
	got := lines(issuesOf(t, w))
	if *update && (w.Code != c.Status || !c.More && !slices.Equal(sorted(c.Issues), got)) {
		t.Logf("%s: %s\nstatus %d\n%s", c.File, c.Name, w.Code, strings.Join(got, "\n"))
	}
	assert.Equal(t, c.Status, w.Code, w.Body.String())
	if c.More {
		assert.Subset(t, got, c.Issues)
	} else {
		assert.Equal(t, sorted(c.Issues), got, w.Body.String())
	}
	assert.Equal(t, w.Code == http.StatusMethodNotAllowed, w.Header().Get("Allow") != "")
	assert.Equal(t, w.Code == http.StatusUnauthorized, w.Header().Get("WWW-Authenticate") != "")
}

// lines gives issues as the corpus writes them, sorted.
func lines(issues []issue) []string {
	got := make([]string, len(issues))
	for i, one := range issues {
		got[i] = one.Severity + " " + one.Code + " " + strings.Join(append(one.Expression, "-")[:1], "")
	}
	return sorted(got)
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// entryOf gives a case as an entry of a Bundle, "" where it cannot be one: where the body is no JSON, or the fault is in what only a request of its
// own has.
func entryOf(c *invalid.Case) string {
	path := strings.TrimPrefix(c.Path, "/")
	switch {
	case c.Alone, c.Packed, path == "", strings.Contains(path, "$"), len(c.Body) > 100_000, len(c.Path) > 10_000:
		return ""
	case len(c.Body) == 0 && c.Method != "GET" && c.Method != "DELETE":
		return ""
	case len(c.Body) > 0 && !jsontext.Value(c.Body).IsValid(jsontext.AllowDuplicateNames(true)):
		return ""
	case !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, c.Method):
		return ""
	}
	more := []string{}
	for _, line := range c.Headers {
		name, value, _ := strings.Cut(line, ": ")
		element := map[string]string{"If-Match": "ifMatch", "If-None-Match": "ifNoneMatch", "If-None-Exist": "ifNoneExist"}[name]
		switch {
		case name == "Content-Type" && value == "application/json-patch+json":
			return patchEntry(c)
		case element == "" && line != "Content-Type: application/fhir+json":
			return ""
		case element != "":
			more = append(more, strconv.Quote(element)+":"+strconv.Quote(value))
		}
	}
	return entry(c.Method, path, string(c.Body), more...)
}

// patchEntry puts a JSON Patch into a Binary.
func patchEntry(c *invalid.Case) string {
	if len(c.Headers) > 1 {
		return ""
	}
	data, _ := json.Marshal(c.Body)
	return entry(c.Method, strings.TrimPrefix(c.Path, "/"), `{"resourceType":"Binary","contentType":"application/json-patch+json","data":`+string(data)+`}`)
}

func refusedInBatch(t *testing.T, h http.Handler, c *invalid.Case, faulty string) {
	t.Helper()
	b := bundleOf(t, ask(t, h, "POST", "", bundleWith("batch", entry("GET", "Task/t1", ""), faulty)))
	require.Len(t, b.Entry, 2)
	assert.Regexp(t, "^200 ", b.Entry[0].Response.Status, "the other entry stands by itself")
	assert.Equal(t, strconv.Itoa(c.Status), b.Entry[1].Response.Status[:3], "in a batch: %s", b.Entry[1].Response.Outcome)
	sameVerdict(t, c, 1, outcome(t, b.Entry[1].Response.Outcome))
}

func refusedInTransaction(t *testing.T, h http.Handler, c *invalid.Case, faulty string) {
	t.Helper()
	w := ask(t, h, "POST", "", transact(entry("POST", "Patient", `{"resourceType":"Patient","active":true}`), faulty))
	assert.Equal(t, c.Status, w.Code, "in a transaction: %s", w.Body)
	if w.Code >= 400 {
		sameVerdict(t, c, 1, issuesOf(t, w))
	}
}

// sameVerdict compares the issues of an entry with those of the case alone. What is about the resource stands at the same place below the entry's
// resource; what has no place, or stands in what an entry says otherwise, only has to name the entry.
func sameVerdict(t *testing.T, c *invalid.Case, n int, issues []issue) {
	t.Helper()
	at := fmt.Sprintf("Bundle.entry[%d]", n)
	var want, got []string
	for _, line := range c.Issues {
		f := strings.SplitN(line, " ", 3)
		if _, rest, deep := strings.Cut(f[2], "."); deep && c.Method != "PATCH" {
			f[2] = at + ".resource." + rest
		} else {
			f[2] = at
		}
		want = append(want, strings.Join(f, " "))
	}
	for _, line := range lines(issues) {
		f := strings.SplitN(line, " ", 3)
		if !slices.Contains(want, line) && strings.HasPrefix(f[2], at) {
			f[2] = at
		}
		got = append(got, strings.Join(f, " "))
	}
	if c.More {
		assert.Subset(t, got, sorted(want))
		return
	}
	assert.Equal(t, sorted(want), sorted(got), "in a Bundle")
}

func TestABodyThatUnpacksToTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	w := ask(t, serve(t, newFake()), "POST", "/Task", packed(noise(6<<20)), "Content-Encoding: gzip")
	assert.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	assert.Equal(t, "too-long", issuesOf(t, w)[0].Code)
}

// noise is text that packs to about half its size, always the same.
func noise(n int) string {
	raw := make([]byte, n/2)
	_, _ = rand.NewChaCha8([32]byte{}).Read(raw)
	return hex.EncodeToString(raw)
}

func packed(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = fmt.Fprint(z, s)
	_ = z.Close()
	return b.String()
}
