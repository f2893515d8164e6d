package fhir

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStamp(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.FixedZone("", -8*3600))
	for _, c := range []struct{ name, input, want string }{
		{
			"nothing there: behind resourceType",
			`{"resourceType":"Patient","active":true}`,
			`{"resourceType":"Patient","id":"p1","meta":{"versionId":"3","lastUpdated":"2026-03-02T17:00:00.000Z"},"active":true}`,
		},
		{
			"resourceType comes last",
			`{ "active" : true , "resourceType" : "Patient" }`,
			`{ "active" : true , "resourceType" : "Patient","id":"p1","meta":{"versionId":"3","lastUpdated":"2026-03-02T17:00:00.000Z"} }`,
		},
		{
			"all there: in place",
			`{"meta":{"lastUpdated":"2020-01-01T00:00:00Z","profile":["http://x"],"versionId":"1"},"id":"old","resourceType":"Patient"}`,
			`{"meta":{"lastUpdated":"2026-03-02T17:00:00.000Z","profile":["http://x"],"versionId":"3"},"id":"p1","resourceType":"Patient"}`,
		},
		{
			"meta without version: first in it",
			`{"resourceType":"Patient","id":"old","meta": { "tag":[{"code":"x"}] },"multipleBirthInteger":1}`,
			`{"resourceType":"Patient","id":"p1","meta": {"versionId":"3","lastUpdated":"2026-03-02T17:00:00.000Z", "tag":[{"code":"x"}] },"multipleBirthInteger":1}`,
		},
		{
			"meta with a version only",
			`{"resourceType":"Patient","meta":{"versionId":"1"}}`,
			`{"resourceType":"Patient","id":"p1","meta":{"lastUpdated":"2026-03-02T17:00:00.000Z","versionId":"3"}}`,
		},
		{
			"ids of contained resources stay",
			`{"resourceType":"Patient","contained":[{"resourceType":"Patient","id":"c","meta":{"versionId":"9"}}]}`,
			`{"resourceType":"Patient","id":"p1","meta":{"versionId":"3","lastUpdated":"2026-03-02T17:00:00.000Z"},"contained":[{"resourceType":"Patient","id":"c","meta":{"versionId":"9"}}]}`,
		},
		{
			"names in escapes",
			`{"resourceType":"Patient","\u0069d":"old"}`,
			`{"resourceType":"Patient","meta":{"versionId":"3","lastUpdated":"2026-03-02T17:00:00.000Z"},"\u0069d":"p1"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := mustRead(t, c.input)
			got := string(r.Stamp("p1", 3, at))
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.input, string(r.Bytes()), "the resource itself does not change")
			mustRead(t, got)
		})
	}
}

func TestStampCopesWithEmptyMeta(t *testing.T) {
	t.Parallel()
	r, err := ReadStored([]byte(`{"resourceType":"Patient","meta":{ }}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"resourceType":"Patient","id":"a","meta":{"versionId":"1","lastUpdated":"1970-01-01T00:00:00.000Z"}}`,
		string(r.Stamp("a", 1, time.Unix(0, 0))))
}

func TestStampOfAResourceInABundle(t *testing.T) {
	t.Parallel()
	task := mustRead(t, bundle).Get("entry").Items()[1].Get("resource").Resource()
	stamped := mustRead(t, string(task.Stamp("t2", 1, time.Unix(0, 0))))
	assert.Equal(t, "t2", stamped.ID())
	checkStamp(t, task)
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	urn := "urn:uuid:0c1d2e3f-0000-4000-8000-000000000001"
	ids := map[string]string{urn: "Patient/p1", "urn:oid:1.2.3": "Questionnaire/q", "Patient?identifier=x": "Patient/p1", "#o": "#o"}
	f := func(ref string) (string, bool) { now, ok := ids[ref]; return now, ok }
	links := func(link string) (string, bool) {
		now, ok := ids[link]
		return now, ok && strings.HasPrefix(link, "urn:")
	}
	for _, c := range []struct{ name, input, want string }{
		{"a reference", task(`"for" : {"reference" : "` + urn + `"}`), task(`"for" : {"reference" : "Patient/p1"}`)},
		{"a conditional reference", task(`"for":{"reference":"Patient?identifier=x"}`), task(`"for":{"reference":"Patient/p1"}`)},
		{"a reference in escapes", task(`"for":{"reference":"Patient?identifier\u003dx"}`), task(`"for":{"reference":"Patient/p1"}`)},
		{"a canonical", task(`"instantiatesCanonical":"urn:oid:1.2.3"`), task(`"instantiatesCanonical":"urn:oid:1.2.3"`)},
		{"a url and a uri", `{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"url":"` + urn + `"}}],"meta":{"source":"urn:oid:1.2.3"}}`, `{"resourceType":"DocumentReference","status":"current","content":[{"attachment":{"url":"Patient/p1"}}],"meta":{"source":"Questionnaire/q"}}`},
		{"an oid and a uuid", task(`"extension":[{"url":"urn:u","valueOid":"urn:oid:1.2.3"},{"url":"urn:u","valueUuid":"` + urn + `"}]`), task(`"extension":[{"url":"urn:u","valueOid":"Questionnaire/q"},{"url":"urn:u","valueUuid":"Patient/p1"}]`)},
		{"what names a definition", task(`"code":{"coding":[{"system":"urn:oid:1.2.3","code":"c"}]},"extension":[{"url":"urn:oid:1.2.3","valueCode":"c"}]`), task(`"code":{"coding":[{"system":"urn:oid:1.2.3","code":"c"}]},"extension":[{"url":"urn:oid:1.2.3","valueCode":"c"}]`)},
		{"a Bundle", `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"` + urn + `","resource":` + task(`"for":{"reference":"`+urn+`"}`) + `}]}`, `{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"` + urn + `","resource":` + task(`"for":{"reference":"`+urn+`"}`) + `}]}`},
		{"a uri in an extension", task(`"extension":[{"url":"urn:u","valueUri":"` + urn + `"}]`), task(`"extension":[{"url":"urn:u","valueUri":"Patient/p1"}]`)},
		{"two, one of them contained", task(`"contained":[{"resourceType":"Task","id":"c","status":"draft","intent":"order","for":{"reference":"` + urn + `"}}],"requester":{"reference":"` + urn + `"}`), task(`"contained":[{"resourceType":"Task","id":"c","status":"draft","intent":"order","for":{"reference":"Patient/p1"}}],"requester":{"reference":"Patient/p1"}`)},
		{"a string that is no reference", task(`"description":"` + urn + `"`), task(`"description":"` + urn + `"`)},
		{"a uri that is no URN", task(`"instantiatesUri":"Patient?identifier=x"`), task(`"instantiatesUri":"Patient?identifier=x"`)},
		{"an unknown URN", task(`"for":{"reference":"urn:uuid:x"}`), task(`"for":{"reference":"urn:uuid:x"}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, string(mustRead(t, c.input).Rewrite(f, links)))
		})
	}
}

func TestRewriteOfNothingGivesTheSameSlice(t *testing.T) {
	t.Parallel()
	r := mustRead(t, string(exampleTask))
	keep := func(ref string) (string, bool) { return ref, true }
	got := r.Rewrite(keep, keep)
	assert.Same(t, &r.Bytes()[0], &got[0])
}
