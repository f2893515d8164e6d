package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLinksOfATransactionBecomeOurs goes through the places in which an entry may name another, by the fullUrls that there are, with and without a
// version. What names a definition, and what a Bundle holds, stays.
func TestLinksOfATransactionBecomeOurs(t *testing.T) {
	t.Parallel()
	const div = `"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">TAG</div>"},`
	extension := func(value string) string {
		return `"extension":[{"url":"http://e.x/links",` + value + `}],`
	}
	for _, full := range []string{urn, "urn:oid:1.2.3", "http://old.example/fhir/Patient/77"} {
		for name, c := range map[string]struct {
			part, want string // X is the fullUrl, ID the new id
			versioned  bool
		}{
			"a reference":             {`"subject":{"reference":"X"},`, `"subject":{"reference":"Patient/ID"}`, true},
			"href":                    {strings.Replace(div, "TAG", `<a href=\"X\">x</a>`, 1), `<a href=\"Patient/ID\">`, true},
			"href in single quotes":   {strings.Replace(div, "TAG", `<p title='X'><a href='X'>X</a></p>`, 1), `<p title='X'><a href='Patient/ID'>X</a></p>`, false},
			"src":                     {strings.Replace(div, "TAG", `<img alt='' src='X'/>`, 1), `<img alt='' src='Patient/ID'/>`, true},
			"a uri":                   {extension(`"valueUri":"X"`), `"valueUri":"Patient/ID"`, true},
			"a url":                   {extension(`"valueUrl":"X"`), `"valueUrl":"Patient/ID"`, true},
			"an address":              {extension(`"valueAttachment":{"url":"X"}`), `"valueAttachment":{"url":"Patient/ID"}`, true},
			"a canonical":             {extension(`"valueCanonical":"X"`), `"valueCanonical":"X"`, true},
			"a string":                {extension(`"valueString":"X"`), `"valueString":"X"`, true},
			"the system of a code":    {extension(`"valueCoding":{"system":"X","code":"c"}`), `"valueCoding":{"system":"X","code":"c"}`, false},
			"the name of another one": {`"subject":{"reference":"http://other.example/fhir/Patient/X1"},`, `"reference":"http://other.example/fhir/Patient/X1"`, false},
		} {
			for _, version := range []string{"", "/_history/1", "/_history/3"} {
				if version != "" && !c.versioned {
					continue
				}
				t.Run(full+" "+name+version, func(t *testing.T) {
					t.Parallel()
					want := strings.ReplaceAll(c.want, "X", full+version)
					if version == "/_history/1" {
						want = strings.ReplaceAll(want, "ID", "ID"+version) // the first version is the first here
					}
					s := realServer(t)
					b := bundleOf(t, ask(t, s, "POST", "", transact(
						entryOfURL("", "POST", "Basic", `{"resourceType":"Basic",`+strings.ReplaceAll(c.part, "X", full+version)+`"code":{"text":"x"}}`),
						entryOfURL(full, "POST", "Patient", `{"resourceType":"Patient"}`),
					)))
					id := good(t, string(b.Entry[1].Resource)).ID()
					assert.Contains(t, string(b.Entry[0].Resource), strings.ReplaceAll(want, "ID", id))
				})
			}
		}
	}
}

func entryOfURL(full, method, path, body string) string {
	one := entry(method, path, body)
	if full == "" {
		return one
	}
	return `{"fullUrl":"` + full + `",` + one[1:]
}

// A reference that only a transaction resolves is refused in a batch, and the answer says what to send instead.
func TestABatchSaysThatOnlyATransactionResolves(t *testing.T) {
	t.Parallel()
	s := realServer(t)
	entries := []string{entryOfURL(urn, "POST", "Patient", `{"resourceType":"Patient"}`), entry("POST", "Basic", `{"resourceType":"Basic","code":{"text":"x"},"subject":{"reference":"`+urn+`"}}`)}
	b := bundleOf(t, ask(t, s, "POST", "", bundleWith("batch", entries...)))
	assert.Equal(t, "201 Created", b.Entry[0].Response.Status)
	assert.Equal(t, "422 Unprocessable Entity", b.Entry[1].Response.Status)
	assert.Contains(t, string(b.Entry[1].Response.Outcome), "type transaction")
	w := ask(t, s, "POST", "", transact(entries[1]))
	require.Equal(t, http.StatusUnprocessableEntity, w.Code)
	assert.NotContains(t, w.Body.String(), "type transaction")
}

// A Bundle that is kept is kept as it was sent, inside too: what refers to what, under whatever id, is signed with it.
func TestABundleIsKeptAsItWasSent(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"document", "collection", "message", "searchset"} {
		inside := `"timestamp":"2026-03-02T12:00:00Z","identifier":{"system":"urn:x","value":"1"}, "entry":[ {"fullUrl":"` + urn + `", "resource":{"resourceType":"Composition","id":"other","status":"final","type":{"text":"x"},"date":"2026","title":"x","author":[{"reference":"Patient?identifier=a|b"}],"subject":{"reference":"` + urn + `"},"text":{"status":"generated","div":"<div xmlns='http://www.w3.org/1999/xhtml'><a href='` + urn + `'>x</a></div>"}}} ], "signature":{"type":[{"code":"1.2.840.10065.1.12.1.1"}],"when":"2026-03-02T12:00:00Z","who":{"reference":"` + urn + `"},"data":"AAAA"}}`
		if kind == "message" {
			inside = strings.Replace(inside, `"resourceType":"Composition"`, `"resourceType":"MessageHeader","eventUri":"urn:x","source":{"endpoint":"urn:x"}`, 1)
			inside = strings.Replace(inside, `"status":"final","type":{"text":"x"},"date":"2026","title":"x","author":[{"reference":"Patient?identifier=a|b"}],"subject"`, `"sender"`, 1)
		}
		body := `{"resourceType":"Bundle","type":"` + kind + `",` + inside
		s := realServer(t)
		alone := ask(t, s, "POST", "/Bundle", body)
		require.Equal(t, http.StatusCreated, alone.Code, alone.Body)
		assert.Contains(t, alone.Body.String(), inside, kind)
		b := bundleOf(t, ask(t, s, "POST", "", transact(entryOfURL(urn, "POST", "Patient", `{"resourceType":"Patient"}`), entry("POST", "Bundle", body))))
		assert.Contains(t, string(b.Entry[1].Resource), inside, kind)
		put := ask(t, s, "PUT", "/Bundle/mine", strings.Replace(body, `{"resource`, `{"id":"mine","resource`, 1))
		assert.Contains(t, put.Body.String(), inside, kind)
	}
}
