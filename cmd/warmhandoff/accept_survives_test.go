package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/testdata/invalid"
)

// TestAcceptBadInputStopsNothing sends everything wrong that there is to one server that holds a referral: each is refused with an
// OperationOutcome, what was there stays as it was, and afterwards an ordinary referral is taken in as if nothing had been.
func TestAcceptBadInputStopsNothing(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	a.referred("before", "accepted")
	for _, name := range []string{"10b-its-referral.json", "10a-task-first.json"} { // what some of the wrong inputs need
		data, err := os.ReadFile(samples + "bundles/" + name)
		require.NoError(t, err)
		a.do(nobody, "POST", "", string(data))
	}
	held := a.holdings()

	for _, c := range invalid.Cases() {
		if c.ByReader || len(c.After) > 0 || c.File == "bundles" && c.Status == 400 { // the others need what this server does not hold
			a.refuses(t, c.File+": "+c.Name, a.ask(nobody, c.Method, strings.TrimSuffix(c.Path, "/"), string(c.Body), c.Headers...))
		}
	}
	good := transaction(t, patientJSON("p-x"), consentJSON("c-x", "p-x", "active"), requestJSON("sr-x", "p-x", ""), taskJSON("x", "requested", ""))
	for cut := 0; cut < len(good)-1; cut += 7 {
		a.refuses(t, fmt.Sprintf("cut after %d bytes", cut), a.ask(bayview, "POST", "", good[:cut]))
	}
	for _, row := range wrongRequests(good) {
		a.refuses(t, row.name, a.ask(nobody, row.method, row.path, row.body, row.headers...))
	}
	require.Equal(t, held, a.holdings(), "nothing is stored, and nothing is lost")

	a.referred("after", "requested")
	assert.Equal(t, "offered", a.stands("after"))
	assert.Equal(t, "accepted", a.stands("before"))
	after := a.holdings()
	maps.DeleteFunc(after, func(key, _ string) bool { return held[key] != "" })
	assert.ElementsMatch(t, []string{"Patient/p-after/_history/1", "Consent/c-after/_history/1", "ServiceRequest/sr-after/_history/1",
		"Task/after/_history/1", "handoff of Task/after"}, slices.Collect(maps.Keys(after)))
}

// refuses checks that an answer is a refusal that says why.
func (a *adapter) refuses(t *testing.T, name string, answer scenario.Answer) {
	t.Helper()
	assert.Regexp(t, `^4\d\d$`, answer.Status, "%s: %s", name, answer.Body)
	issues := answer.Issues()
	if assert.NotEmpty(t, issues, "%s: %s", name, answer.Body) {
		assert.NotEmpty(t, issues[0].Text, name)
	}
	assert.Equal(t, "OperationOutcome", strictly(t, answer.Body).Type(), name)
}

type wrongRequest struct {
	name, method, path, body string
	headers                  []string
}

// wrongRequests are requests that are wrong in themselves, whatever body they carry.
func wrongRequests(good string) []wrongRequest {
	patient := patientJSON("p-y")
	deep := strings.Repeat(`{"extension":[`, 40) + strings.Repeat(`]}`, 40)
	many := strings.Repeat(`{"request":{"method":"GET","url":"Patient/p-before"}},`, 501)
	return []wrongRequest{
		{"a type that is none", "POST", "/Referral", patient, nil},
		{"a type in the wrong case", "PUT", "/patient/p-y", patient, nil},
		{"an operation that is none", "GET", "/Task/before/$close", "", nil},
		{"a patch of what is not there", "PATCH", "/Patient/p-before", `[{"op":"remove","path":"/photo"}]`, []string{"Content-Type: application/json-patch+json"}},
		{"a delete of a type", "DELETE", "/Patient", "", nil},
		{"an update without an id", "PUT", "/Patient", patient, nil},
		{"XML that is not FHIR", "POST", "/Patient", `<Patient xmlns="http://example.org"/>`, []string{"Content-Type: application/fhir+xml"}},
		{"a body that says it is packed", "POST", "/Patient", patient, []string{"Content-Encoding: gzip"}},
		{"a body packed in another way", "POST", "/Patient", patient, []string{"Content-Encoding: br"}},
		{"a role that is none", "POST", "/Patient", patient, []string{"X-Dev-Principal: org=Organization/harbor;role=king"}},
		{"a token that nobody gave", "POST", "/Patient", patient, []string{"Authorization: Bearer x"}},
		{"a condition that is not understood", "POST", "/Patient", patient, []string{"If-None-Exist: shoe-size=43"}},
		{"a condition without a parameter", "POST", "/Patient", patient, []string{"If-None-Exist: identifier="}},
		{"a version that is not the newest", "PUT", "/Patient/p-before", patientJSON("p-before"), []string{`If-Match: W/"7"`}},
		{"a version that is none", "PUT", "/Patient/p-before", patientJSON("p-before"), []string{`If-Match: yesterday`}},
		{"an id that is too long", "PUT", "/Patient/" + strings.Repeat("p", 65), patientJSON(strings.Repeat("p", 65)), nil},
		{"an id with a step upwards", "PUT", "/Patient/..%2Fp-y", patient, nil},
		{"a search for what is not known, strictly", "GET", "/Task?shoe-size=43", "", []string{"Prefer: handling=strict"}},
		{"a search for a time that is none", "GET", "/Task?_lastUpdated=yesterday", "", nil},
		{"a query that cannot be read", "GET", "/Task?status=%zz", "", nil},
		{"a version number that is none", "GET", "/Task/before/_history/first", "", nil},
		{"a body that is too large", "POST", "/Patient", strings.TrimSuffix(patient, "}") + `,"language":"` + strings.Repeat("x", 6<<20) + `"}`, nil},
		{"a body that is too deep", "POST", "/Patient", `{"resourceType":"Patient","extension":[` + deep + `]}`, nil},
		{"a Bundle with too many entries", "POST", "/", `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.TrimSuffix(many, ",") + `]}`, nil},
		{"a transaction with a read that fails", "POST", "/", strings.TrimSuffix(good, "]}") + `,{"request":{"method":"GET","url":"Patient/nowhere"}}]}`, nil},
		{"a transaction with a foreign address", "POST", "/", strings.Replace(good, `"url":"Task/x"`, `"url":"http://elsewhere.example/fhir/Task/x"`, 1), nil},
		{"a transaction with a version that is not the newest", "POST", "/", strings.Replace(good, `"url":"Task/x"`, `"url":"Task/x","ifMatch":"W/\"3\""`, 1), nil},
	}
}

// TestAcceptDamagedInputIsNeverOurFault changes single bytes of a good transaction. What then happens is for the reader to say, but the answer
// is never a fault of the server, and of what is refused nothing is stored.
func TestAcceptDamagedInputIsNeverOurFault(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	good := transaction(t, patientJSON("p-x"), requestJSON("sr-x", "p-x", ""), taskJSON("x", "requested", ""), visitJSON("e-x", "x", "finished", "2026-03-02"))
	chance, bytes := rand.New(rand.NewPCG(2026, 3)), []byte("{}[]\",:0e-\\u\xff\x00")
	held, refused := a.holdings(), 0
	for range rounds(t, 300) {
		damaged := []byte(good)
		for range 1 + chance.IntN(3) {
			damaged[chance.IntN(len(damaged))] = bytes[chance.IntN(len(bytes))]
		}
		answer := a.ask(nobody, "POST", "", string(damaged))
		require.Less(t, answer.Status, 500, "%s\n%s", damaged, answer.Body)
		now := a.holdings()
		if answer.Status >= 400 {
			refused++
			a.refuses(t, string(damaged), answer)
			require.Equal(t, held, now, "%s", damaged)
		}
		held = now
	}
	assert.Greater(t, refused, 50)
}
