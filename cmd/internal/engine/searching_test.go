package engine

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

func (f *fixture) search(typ, text string) SearchResult {
	f.t.Helper()
	q, err := url.ParseQuery(text)
	require.NoError(f.t, err)
	got, err := f.Search(f.t.Context(), Principal{}, typ, q, false)
	require.NoError(f.t, err)
	return got
}

func found(r SearchResult) []string {
	ids := []string{}
	for _, v := range r.Versions {
		ids = append(ids, v.ID)
	}
	return ids
}

// cases puts a few Tasks in place.
func cases(t testing.TB) *fixture {
	f := start(t)
	f.apply(f.put(`{"resourceType":"Task","id":"a","status":"requested","intent":"order","owner":{"reference":"Organization/harbor"},"for":{"reference":"Patient/p"},
		"meta":{"profile":["http://p/referral"]},"identifier":[{"system":"urn:ehr","value":"1"}],"focus":{"reference":"ServiceRequest/s"}}`))
	f.apply(f.put(`{"resourceType":"Task","id":"b","status":"accepted","intent":"order","owner":{"reference":"` + base + `/Organization/harbor"},"for":{"reference":"Patient/q"},
		"basedOn":[{"reference":"ServiceRequest/s"}]}`))
	f.apply(f.put(`{"resourceType":"Task","id":"c","status":"requested","intent":"plan","owner":{"reference":"Organization/pier"}}`))
	f.apply(f.put(`{"resourceType":"Task","id":"d","status":"requested","intent":"order","requester":{"reference":"PractitionerRole/r"},"owner":{"identifier":{"system":"urn:npi","value":"5"}}}`))
	f.apply(f.put(`{"resourceType":"Task","id":"e","status":"draft","intent":"order"}`), Change{Method: Delete, Type: "Task", ID: "never"})
	f.apply(Change{Method: Delete, Type: "Task", ID: "e"})
	return f
}

func TestSearch(t *testing.T) {
	t.Parallel()
	f := cases(t)
	tests := []struct {
		name, query string
		want        []string
	}{
		{"everything, newest first, without the deleted", "", []string{"d", "c", "b", "a"}},
		{"oldest first", "_sort=_lastUpdated", []string{"a", "b", "c", "d"}},
		{"by ids", "_id=a,c,e,nobody", []string{"c", "a"}},
		{"by no id that can be", "_id=a/b", []string{}},
		{"by owner", "owner=Organization/harbor", []string{"b", "a"}},
		{"by owner and status", "owner=Organization/harbor&status=requested,received", []string{"a"}},
		{"by owner and not a status", "owner=Organization/harbor&status:not=requested", []string{"b"}},
		{"by the bare id of the owner", "owner=harbor", []string{"b", "a"}},
		{"by our URL of the owner", "owner=" + base + "/Organization/harbor", []string{"b", "a"}},
		{"by the identifier of a logical owner", "owner:identifier=urn:npi|5", []string{"d"}},
		{"by patient", "patient=p", []string{"a"}},
		{"by subject", "subject=p", []string{"a"}},
		{"by missing subject", "subject:missing=true", []string{"d", "c"}},
		{"by identifier", "identifier=urn:ehr|1", []string{"a"}},
		{"by the system of an identifier", "identifier=urn:ehr|", []string{"a"}},
		{"by focus", "focus=ServiceRequest/s", []string{"a"}},
		{"by what it is based on", "based-on=ServiceRequest/s", []string{"b"}},
		{"by profile", "_profile=http://p/referral&_sort=-_lastUpdated&subject=p", []string{"a"}},
		{"by a requester", "requester=PractitionerRole/r", []string{"d"}},
		{"by a requester whose id was forgotten", "requester=PractitionerRole/", []string{}},
		{"by several that must all hold", "status=requested&intent=order", []string{"d", "a"}},
		{"by lastUpdated", "_lastUpdated=ge2026-03-03", []string{}},
		{"by a time before it began", "_lastUpdated=gt2026-03-05&_lastUpdated=lt2026-03-01", []string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := url.ParseQuery(tt.query)
			require.NoError(t, err)
			got, err := f.Search(t.Context(), Principal{}, "Task", q, true)
			require.NoError(t, err)
			assert.Equal(t, tt.want, found(got))
			assert.Empty(t, got.Issues)
			assert.Equal(t, len(tt.want), got.Total, "a single page knows its total")
			assert.Nil(t, got.Next)
		})
	}
}

func TestSearchUnknownParameters(t *testing.T) {
	t.Parallel()
	f := cases(t)
	got := f.search("Task", "colour=blue&status=accepted&_sort=-date")
	assert.Equal(t, []string{"b"}, found(got))
	assert.Len(t, got.Issues, 2)
	assert.Equal(t, "status=accepted", got.Self.Encode())

	_, err := f.Search(t.Context(), Principal{}, "Task", url.Values{"colour": {"blue"}}, true)
	var r *Refusal
	require.ErrorAs(t, err, &r)
	assert.Equal(t, Invalid, r.Kind)
	assert.Contains(t, r.Error(), "colour")
	assert.Contains(t, r.Error(), "business-status")
}

func TestSearchCountsOnly(t *testing.T) {
	t.Parallel()
	f := cases(t)
	for _, text := range []string{"_count=0", "_summary=count", "_total=accurate"} {
		got := f.search("Task", "status=requested&"+text)
		assert.Equal(t, 3, got.Total, text)
		assert.Nil(t, got.Next, text)
	}
	got := f.search("Task", "status=requested&_count=2")
	assert.Equal(t, -1, got.Total, "nobody asked")
	got = f.search("Task", "status=requested&_count=2&_total=estimate")
	assert.Equal(t, 3, got.Total)
}

func TestSearchPages(t *testing.T) {
	t.Parallel()
	f := start(t)
	for i := range 7 {
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"Task","id":"t%d","status":"requested","intent":"order","owner":{"reference":"Organization/o"}}`, i)))
	}
	for _, order := range []string{"", "&_sort=_lastUpdated"} {
		var all []string
		pages := 0
		for q := "owner=Organization/o&status=requested&_count=3" + order; ; pages++ {
			got := f.search("Task", q)
			assert.Equal(t, pages > 0, got.Self.Has("_cursor"), "a page names itself")
			assert.Equal(t, pages > 0, got.First != nil)
			assert.NotContains(t, got.First, "_cursor")
			all = append(all, found(got)...)
			assert.Equal(t, -1, got.Total)
			if got.Next == nil {
				break
			}
			q = got.Next.Encode()
			if pages == 0 && order == "" { // what is written meanwhile moves to the front and is not seen twice
				f.apply(f.put(`{"resourceType":"Task","id":"t5","status":"requested","intent":"order","owner":{"reference":"Organization/o"},"priority":"urgent"}`))
			}
		}
		assert.Equal(t, 2, pages)
		assert.Len(t, all, 7)
		slices.Sort(all)
		assert.Len(t, slices.Compact(all), 7)
	}
}

// The most that a search may ask is still a search that the store answers.
func TestTheLargestSearch(t *testing.T) {
	t.Parallel()
	f := cases(t)
	ids := strings.TrimSuffix(strings.Repeat("p,", 63), ",")
	assert.Equal(t, []string{"a"}, found(f.search("Task", "subject="+ids+"&intent="+ids+",order&intent=order")))
}

func TestCursorsBelongToTheirSearch(t *testing.T) {
	t.Parallel()
	f := cases(t)
	next := f.search("Task", "status=requested&_count=1").Next
	require.NotNil(t, next)
	good := next.Get("_cursor")
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	raw[7]++
	tests := []struct{ name, query string }{
		{"of another search", "status=accepted&_cursor=" + good},
		{"of the other direction", "status=requested&_sort=_lastUpdated&_cursor=" + good},
		{"with another place", "status=requested&_cursor=" + base64.RawURLEncoding.EncodeToString(raw)},
		{"cut short", "status=requested&_cursor=" + good[:8]},
		{"that is none", "status=requested&_cursor=%ff%00"},
		{"of nothing", "status=requested&_cursor=AAAA"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, err := url.ParseQuery(tt.query)
			require.NoError(t, err)
			_, err = f.Search(t.Context(), Principal{}, "Task", q, false)
			var r *Refusal
			require.ErrorAs(t, err, &r)
			assert.Equal(t, Invalid, r.Kind)
			assert.Equal(t, fhir.CodeInvalid, r.Issues[0].Code)
		})
	}
	t.Run("with another page size", func(t *testing.T) {
		t.Parallel()
		next := url.Values{"status": {"requested"}, "_count": {"5"}, "_cursor": {good}}
		assert.Len(t, f.search("Task", next.Encode()).Versions, 2)
	})
}

func FuzzCursor(f *testing.F) {
	secret := []byte("12345678901234567890123456789012")
	f.Add(sealCursor(1, secret, "to"))
	f.Add("AAAA")
	f.Add("%")
	f.Fuzz(func(t *testing.T, mark string) {
		seq, ok := openCursor(mark, secret, "to")
		if !ok {
			return
		}
		if seq <= 0 || sealCursor(seq, secret, "to") != mark {
			t.Fatalf("%q opens as %d", mark, seq)
		}
	})
}

// BenchmarkWorklist is the first page of an agency's requested Tasks, eight callers at once.
func BenchmarkWorklist(b *testing.B) {
	f := startOn(b, benchEngine(b).store)
	for i := range 5000 {
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"Task","id":"t%d","status":"requested","intent":"order","owner":{"reference":"Organization/o%d"}}`, i, i%50)))
	}
	q := url.Values{"owner": {"Organization/o7"}, "status": {"requested"}, "_sort": {"-_lastUpdated"}, "_count": {"20"}}
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if got, err := f.Search(b.Context(), Principal{}, "Task", q, false); err != nil || len(got.Versions) != 20 {
				b.Error(err, len(got.Versions))
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "searches/s")
}

// BenchmarkInclude is a page of 50 Tasks alone, and with what they are about and the persons.
func BenchmarkInclude(b *testing.B) {
	f := startOn(b, benchEngine(b).store)
	for i := range 2000 {
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"Patient","id":"p%d","active":true,"name":[{"family":"Fictional"}]}`, i)))
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"ServiceRequest","id":"s%d","status":"active","intent":"order","code":{"text":"food"},"subject":{"reference":"Patient/p%d"}}`, i, i)))
		f.apply(f.put(fmt.Sprintf(`{"resourceType":"Task","id":"t%d","status":"requested","intent":"order","owner":{"reference":"Organization/o%d"},
			"focus":{"reference":"ServiceRequest/s%d"},"for":{"reference":"Patient/p%d"}}`, i, i%20, i, i)))
	}
	for _, with := range [][]string{nil, {"Task:focus", "Task:patient"}} {
		b.Run(fmt.Sprintf("includes=%d", len(with)), func(b *testing.B) {
			q := url.Values{"owner": {"Organization/o7"}, "_count": {"50"}, "_include": with}
			for b.Loop() {
				got, err := f.Search(b.Context(), Principal{}, "Task", q, false)
				if err != nil || len(got.Versions) != 50 || len(got.Included) != 50*len(with) {
					b.Fatal(err, len(got.Versions), len(got.Included))
				}
			}
		})
	}
}

// A bare id is found whatever its type is, also of one that came to the store just before.
func TestABareIDOfWhatCameJustNow(t *testing.T) {
	t.Parallel()
	f := cases(t)
	for _, typ := range []string{"Substance", "Library", "Specimen"} {
		assert.Empty(t, found(f.search("Task", "subject=new-"+typ)))
		body := map[string]string{"Substance": `"code":{"text":"x"}`, "Library": `"status":"active","type":{"text":"x"}`, "Specimen": `"status":"available"`}[typ]
		f.apply(f.put(`{"resourceType":"` + typ + `","id":"new-` + typ + `",` + body + `}`))
		f.apply(f.put(`{"resourceType":"Task","id":"of-` + typ + `","status":"requested","intent":"order","for":{"reference":"` + typ + `/new-` + typ + `"}}`))
		assert.Equal(t, []string{"of-" + typ}, found(f.search("Task", "subject=new-"+typ)))
		assert.Equal(t, []string{"of-" + typ}, found(f.search("", "_type=Task&_id=of-"+typ)))
	}
}
