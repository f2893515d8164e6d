package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
)

// FuzzRequests draws whole requests, one after the other to one adapter: writes that are nearly right, Bundles of them, patches, searches with includes and
// chains, operations, histories, with odd headers, in JSON and XML. Whatever it is, the answer is one that a caller can act on: never 500, an
// OperationOutcome with an error where it is a refusal, FHIR that the program itself reads where it is not; and afterwards the rows are those that the
// resources make anew.
func FuzzRequests(f *testing.F) { f.Fuzz(rapid.MakeFuzz(askAnything)) }

// TestPropertyEveryRequestGetsAnAnswer draws what FuzzRequests draws.
func TestPropertyEveryRequestGetsAnAnswer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, askAnything)
}

func askAnything(r *rapid.T) {
	a := openAdapter(r, ":memory:", monday, nil)
	defer func() { assert.NoError(r, a.store.Close()) }()
	if rapid.Bool().Draw(r, "begun") {
		a.do(bayview, "POST", "", begun)
	}
	for range rapid.IntRange(1, 14).Draw(r, "requests") {
		who := rapid.SampledFrom([]scenario.Party{bayview, harbor, cedar, navigator, nobody}).Draw(r, "who")
		method, path, body, headers := drawWhole(r)
		r.Logf("%s %s %s %s %.2000s", who.Name, method, path, headers, body)
		answer := a.ask(who, method, path, body, headers...)
		acceptable(r, answer, method)
		a.clock.pass(time.Duration(rapid.SampledFrom([]int{0, 1, 26, 24 * 400}).Draw(r, "hours")) * time.Hour)
		if rapid.IntRange(0, 3).Draw(r, "tick") == 0 {
			_, _, err := a.sys.engine.Tick(r.Context())
			require.NoError(r, err)
		}
	}
	require.NoError(r, again(r, a.sys, a.anew(r)))
}

// begun is a referral with which some draws begin, so that what comes next is about one.
var begun = string(bundle("transaction",
	entry{"PUT", "Patient/0", `{"resourceType":"Patient","id":"0","active":true}`},
	entry{"PUT", "Consent/0", consentJSON("0", "0", "active")},
	entry{"PUT", "ServiceRequest/0", `{"resourceType":"ServiceRequest","id":"0","status":"active","intent":"order","code":{"text":"Counseling"},"subject":{"reference":"Patient/0"},"authoredOn":"2026-03-02T08:00:00Z","requester":{"reference":"Organization/bayview"}}`},
	entry{"PUT", "Task/0", `{"resourceType":"Task","id":"0","status":"accepted","intent":"order",` + code + `,"focus":{"reference":"ServiceRequest/0"},"for":{"reference":"Patient/0"},"authoredOn":"2026-03-02T08:00:00Z","requester":{"reference":"Organization/bayview"},"owner":{"reference":"Organization/harbor"}}`},
))

// acceptable holds an answer to what every answer is.
func acceptable(r *rapid.T, answer scenario.Answer, method string) {
	require.True(r, answer.Status < 500 || answer.Status == 503, "%d %.500s", answer.Status, answer.Body)
	if method == "HEAD" || len(answer.Body) == 0 {
		return
	}
	body := answer.Body
	if strings.Contains(answer.Header.Get("Content-Type"), "xml") {
		var issues []fhir.Issue
		body, issues = fhir.FromXML(body)
		require.NotNil(r, body, "%v: %.500s", issues, answer.Body)
	}
	if answer.Status < 400 {
		if strings.Contains(answer.Header.Get("Content-Type"), "fhir") {
			strictly(r, body)
		}
		return
	}
	outcome := strictly(r, body)
	require.Equal(r, "OperationOutcome", outcome.Type())
	errors := 0
	for issue := range outcome.Get("issue").All() {
		if slices.Contains([]string{"error", "fatal"}, issue.Get("severity").Text()) {
			errors++
		}
		require.NotEmpty(r, issue.Get("details", "text").Text()+issue.Get("diagnostics").Text())
	}
	require.Positive(r, errors, "%s", body)
}

func drawWhole(r *rapid.T) (method, path, body string, headers []string) {
	kind := rapid.SampledFrom([]string{"write", "write", "write", "write", "odd", "odd", "bundle", "bundle", "search", "search", "patch", "operation", "history", "address"}).Draw(r, "what")
	switch kind {
	case "write":
		method, path, body = drawAnything(r)
		headers = drawHeaders(r)
	case "odd":
		method, path, body = drawAnything(r)
		body = drawOdd(r, body)
		headers = drawHeaders(r)
	case "bundle":
		method, path, body = "POST", "", drawBundle(r)
	case "search":
		method, path = "GET", drawSearch(r)
		if rapid.Bool().Draw(r, "form") {
			if at, query, found := strings.Cut(path, "?"); found && !strings.Contains(at, "$") {
				return "POST", at + "/_search", query, []string{"Content-Type: application/x-www-form-urlencoded"}
			}
		}
	case "patch":
		return "PATCH", drawAddress(r), drawPatch(r), append(drawHeaders(r), "Content-Type: application/json-patch+json")
	case "operation":
		return drawOperation(r)
	case "history":
		path = rapid.SampledFrom([]string{"", "/" + drawType(r), drawAddress(r)}).Draw(r, "of") + "/_history" +
			rapid.SampledFrom([]string{"", "/1", "/2", "/99999999999999999999", "?_count=1", "?_since=0001-01-01T00:00:00Z", "?_since=9999-12-31T23:59:59-12:00", "?_at=2026", "?_page=x", "?_count=0"}).Draw(r, "history")
		return "GET", path, "", drawHeaders(r)
	case "address":
		return rapid.SampledFrom([]string{"GET", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "POST"}).Draw(r, "method"),
			"/" + url.PathEscape(rapid.StringN(0, 12, 40).Draw(r, "path")) + rapid.SampledFrom([]string{"", "/1", "/1/x", "?_id=1", "/$x"}).Draw(r, "more"), "", drawHeaders(r)
	}
	if body != "" && kind != "search" && rapid.IntRange(0, 9).Draw(r, "xml") == 0 {
		if read, _ := fhir.Read([]byte(body)); read != nil {
			return method, path, string(read.XML()), append(headers, "Content-Type: application/fhir+xml")
		}
	}
	return method, path, body, headers
}

func drawType(r *rapid.T) string {
	return rapid.SampledFrom([]string{"Task", "ServiceRequest", "Patient", "Consent", "Appointment", "Encounter", "Group", "Observation", "Procedure", "Communication", "Organization", "Bundle"}).Draw(r, "type")
}

func drawAddress(r *rapid.T) string {
	return "/" + drawType(r) + "/" + rapid.SampledFrom([]string{"0", "1", "2", "none"}).Draw(r, "id")
}

func drawHeaders(r *rapid.T) []string {
	if rapid.IntRange(0, 2).Draw(r, "headers") > 0 {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
		`If-Match: W/"1"`, `If-Match: *`, `If-Match: W/"x"`, `If-Match: `, `If-None-Match: *`, `If-None-Match: W/"1"`, `If-None-Exist: identifier=urn:x|1`, `If-None-Exist: name=q`, `If-None-Exist: `,
		"If-Modified-Since: Mon, 02 Mar 2026 17:00:00 GMT", "If-Modified-Since: never", "Prefer: return=minimal", "Prefer: return=OperationOutcome", "Prefer: handling=strict",
		"Accept: application/fhir+xml", "Accept: text/html", "Accept: */*;q=x", "Content-Encoding: gzip", "Accept-Encoding: gzip;q=0", "X-Request-Id: a b",
	}), 1, 3, strings.ToLower).Draw(r, "header")
}

// odd values stand where others are expected.
var odd = []string{
	`null`, `""`, `" "`, `[]`, `{}`, `[null]`, `true`, `-0`, `1e400`, `123456789012345678901234567890`, `"9999-12-31"`, `"0001-01-01"`, `"9999-12-31T23:59:59-12:00"`, `"0001-01-01T00:00:00+14:00"`,
	`"2026-02-30"`, `"#"`, `"#x"`, `"Patient/../1"`, `"urn:uuid:x"`, `{"reference":"#a"}`, `{"reference":"Task/1"}`, `{"reference":"Group/0"}`, `{"identifier":{"system":"urn:x","value":"1"}}`, `[{"reference":"Patient/0"},{"reference":"Patient/0"}]`,
	`{"start":"9999-12-31T23:30:00-12:00","end":"9999-12-31T23:59:59-12:00"}`, `{"period":{"end":"9999-12-31"}}`, `{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"abort"}]}`,
	`[{"resourceType":"Patient","id":"a"},{"resourceType":"Patient","id":"a"}]`, `{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><script/></div>"}`, `"\u0000"`, `"\ud800"`,
}

// drawOdd makes one thing in a resource odd: a member taken away, changed, repeated, or put beside.
func drawOdd(r *rapid.T, body string) string {
	if rapid.IntRange(0, 3).Draw(r, "days") == 0 {
		return drawFarDays(r, body)
	}
	var top map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &top) != nil {
		return rapid.SampledFrom([]string{body, "", "{", "[]", "null", body + body, strings.Repeat(`{"a":`, 80)}).Draw(r, "broken")
	}
	names := make([]string, 0, len(top))
	for name := range top {
		names = append(names, name)
	}
	slices.Sort(names)
	name := rapid.SampledFrom(append(names, "extension", "contained", "text", "meta", "identifier", "language", "quince", "basedOn", "partOf", "restriction", "occurrencePeriod", "executionPeriod", "performer", "period", "implicitRules", "modifierExtension")).Draw(r, "member")
	switch rapid.IntRange(0, 3).Draw(r, "change") {
	case 0:
		delete(top, name)
	case 1:
		value, n := top[name], rapid.SampledFrom([]int{2, 101, 1200}).Draw(r, "times")
		if len(value) == 0 {
			value = json.RawMessage(rapid.SampledFrom(odd[8:]).Draw(r, "odd"))
		}
		top[name] = json.RawMessage("[" + strings.Repeat(string(value)+",", n-1) + string(value) + "]")
	default:
		value := rapid.SampledFrom(odd).Draw(r, "odd")
		if rapid.IntRange(0, 2).Draw(r, "inside") == 0 {
			value = strings.Replace(string(top[name]), `":"`, `":`+value+`,"x":"`, 1)
		}
		if value == "" {
			value = "{}"
		}
		top[name] = json.RawMessage(value)
	}
	keys := make([]string, 0, len(top))
	for name := range top {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	var b strings.Builder
	b.WriteString(`{"resourceType":` + string(top["resourceType"]))
	for _, key := range keys {
		if key != "resourceType" {
			fmt.Fprintf(&b, ",%q:%s", key, top[key])
		}
	}
	return b.String() + "}"
}

// drawFarDays moves what happens in a resource to the first or the last days there are, in zones where they are others.
func drawFarDays(r *rapid.T, body string) string {
	if strings.HasPrefix(body, `{"resourceType":"Task"`) && rapid.Bool().Draw(r, "pause") {
		before, after, _ := strings.Cut(body, `"status":"`)
		_, rest, _ := strings.Cut(after, `"`)
		body = before + `"status":"on-hold"` + rest
	}
	body = strings.Replace(body, `"status":"on-hold"`, `"status":"on-hold","restriction":{"period":{"end":"`+rapid.SampledFrom([]string{"9999-12-31", "9999", "0001-01-01", "9999-12-31T23:59:59-14:00"}).Draw(r, "until")+`"}}`, 1)
	for _, day := range []string{"2026-03-02", "2026-03-04", "2026-03-09", "2026-03-25"} {
		far := rapid.SampledFrom([]string{"9999-12-31", "0001-01-01", "9999-12-30", "0001-01-02"}).Draw(r, "far")
		body = strings.ReplaceAll(body, day, far)
	}
	return strings.ReplaceAll(body, `Z"`, rapid.SampledFrom([]string{`Z"`, `-12:00"`, `+14:00"`, `-14:00"`}).Draw(r, "zone"))
}

func drawBundle(r *rapid.T) string {
	typ := rapid.SampledFrom([]string{"transaction", "transaction", "transaction", "batch", "batch", "collection", "message", "history", "quince"}).Draw(r, "Bundle")
	var entries []entry
	for range rapid.IntRange(0, 9).Draw(r, "entries") {
		switch rapid.IntRange(0, 7).Draw(r, "entry") {
		case 0:
			entries = append(entries, entry{"GET", strings.TrimPrefix(drawSearch(r), "/"), ""})
		case 1:
			entries = append(entries, entry{rapid.SampledFrom([]string{"GET", "DELETE", "HEAD", "POST"}).Draw(r, "method"), strings.TrimPrefix(drawAddress(r), "/"), ""})
		case 2:
			method, path, body := drawAnything(r)
			entries = append(entries, entry{method, strings.TrimPrefix(path, "/"), drawOdd(r, body)})
		case 3:
			kind := drawType(r)
			entries = append(entries, entry{rapid.SampledFrom([]string{"PUT", "DELETE"}).Draw(r, "method"), kind + "?" + drawQuery(r, kind), `{"resourceType":"` + kind + `"}`})
		case 4:
			entries = append(entries, entry{"PATCH", strings.TrimPrefix(drawAddress(r), "/"), `{"resourceType":"Binary","contentType":"application/json-patch+json","data":"W10="}`})
		default:
			method, path, body := drawAnything(r)
			entries = append(entries, entry{method, strings.TrimPrefix(path, "/"), body})
		}
	}
	for i, e := range entries {
		if e.method == "DELETE" || e.method == "GET" || e.method == "HEAD" {
			entries[i].resource = ""
		}
	}
	return string(bundle(typ, entries...))
}

func drawSearch(r *rapid.T) string {
	kind := drawType(r)
	return "/" + kind + "?" + drawQuery(r, kind)
}

func drawQuery(r *rapid.T, kind string) string {
	var parts []string
	for range rapid.IntRange(0, 5).Draw(r, "parameters") {
		name := rapid.SampledFrom([]string{
			"_id", "status", "subject", "patient", "for", "owner", "owner:Organization.name", "focus", "based-on", "part-of", "identifier", "identifier:of-type", "code", "code:text", "code:not", "date", "authored-on", "period", "name", "name:contains",
			"name:exact", "_lastUpdated", "_tag", "_profile", "_has:Task:focus:status", "_has:Observation:patient:_has:Encounter:appointment:status", "patient:missing", "_text", "_content", "_list", "_filter", "_type", "quince", "subject:Patient.name", "requester:identifier",
			"_count", "_sort", "_include", "_include:iterate", "_revinclude", "_revinclude:iterate", "_elements", "_summary", "_total", "_format", "_pretty", "_contained", "_page", "_cursor", "_security",
		}).Draw(r, "name")
		value := rapid.SampledFrom([]string{
			"", "1", "0,1,2", "requested", "Patient/0", "Task/1", "Organization/harbor", "urn:x|1", "|", "|1", "x|", "2026", "ge2026-03-02", "lt9999-12-31", "eq0001-01-01", "ap2026-03-02T00:00:00.000-12:00", "sa9999-12-31T23:59:59Z", "true", "*", "Task:*", "Patient:link",
			"Task:focus", "Task:subject:Patient", "*:*", "-_lastUpdated", "_lastUpdated,-_id,status", "1000", "-1", "0", "99999999999999999999", "a\\,b", "$", "%", "'", "count", "data", "text", "none", "estimate", "xml", "json", "status,subject", strings.Repeat("a,", 120),
		}).Draw(r, "value")
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	_ = kind
	return strings.Join(parts, "&")
}

func drawPatch(r *rapid.T) string {
	var steps []string
	for range rapid.IntRange(0, 6).Draw(r, "steps") {
		op := rapid.SampledFrom([]string{"add", "replace", "remove", "test", "move", "copy", "quince"}).Draw(r, "op")
		at := func(name string) string {
			return rapid.SampledFrom([]string{"/status", "/id", "/active", "/for/reference", "/identifier/-", "/identifier/0", "/basedOn", "/focus", "/owner", "/", "", "/x~2", "/meta/versionId", "/resourceType", "/output/0"}).Draw(r, name)
		}
		steps = append(steps, fmt.Sprintf(`{"op":%q,"path":%q,"from":%q,"value":%s}`, op, at("path"), at("from"), rapid.SampledFrom(odd).Draw(r, "value")))
	}
	return "[" + strings.Join(steps, ",") + "]"
}

func drawOperation(r *rapid.T) (method, path, body string, headers []string) {
	name := rapid.SampledFrom([]string{"$handoff", "$package", "$everything", "$waiting", "$validate", "$process-message", "$meta", "$quince"}).Draw(r, "operation")
	at := rapid.SampledFrom([]string{"", "/" + drawType(r), drawAddress(r)}).Draw(r, "at")
	method = rapid.SampledFrom([]string{"GET", "POST"}).Draw(r, "method")
	query := rapid.SampledFrom([]string{"", "?mode=create", "?mode=update", "?mode=delete", "?mode=profile&profile=urn:x", "?mode=transaction", "?_count=1", "?_count=0&_since=9999", "?start=9999-12-31&end=0001-01-01", "?_type=Task,quince"}).Draw(r, "query")
	if method == "POST" {
		_, _, body = drawAnything(r)
		switch rapid.IntRange(0, 3).Draw(r, "body") {
		case 0:
			body = drawBundle(r)
		case 1:
			body = drawOdd(r, body)
		case 2:
			body = `{"resourceType":"Parameters","parameter":[{"name":"` + rapid.SampledFrom([]string{"resource", "mode", "content", "start"}).Draw(r, "parameter") + `","resource":` + body + `}]}`
			if !json.Valid([]byte(body)) {
				body = `{"resourceType":"Parameters"}`
			}
		}
	}
	return method, at + "/" + name + query, body, drawHeaders(r)
}

// TestOddRequestsAreReached: a generator that no longer reaches what it is for would prove nothing.
func TestOddRequestsAreReached(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		a := openAdapter(r, ":memory:", monday, nil)
		defer func() { assert.NoError(r, a.store.Close()) }()
		for range 12 {
			method, path, body, headers := drawWhole(r)
			answer := a.ask(bayview, method, path, body, headers...)
			seen[method+" "+strconv.Itoa(answer.Status/100)]++
		}
	})
	for _, one := range []string{"PUT 2", "PUT 4", "POST 2", "POST 4", "GET 2", "GET 4", "PATCH 4", "DELETE 2"} {
		assert.Positive(t, seen[one], "%s of %v", one, seen)
	}
}
