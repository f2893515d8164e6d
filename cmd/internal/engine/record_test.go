package engine

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// person is somebody with a record, beside somebody else's.
func personWithRecord(t testing.TB) *fixture {
	f := start(t)
	for _, body := range []string{
		`{"resourceType":"Organization","id":"roof","name":"Roof"}`,
		`{"resourceType":"Organization","id":"clinic","name":"Clinic","partOf":{"reference":"Organization/roof"}}`,
		`{"resourceType":"Organization","id":"elsewhere","name":"Elsewhere"}`,
		`{"resourceType":"Practitioner","id":"lee","name":[{"family":"Lee"}]}`,
		`{"resourceType":"PractitionerRole","id":"nurse","practitioner":{"reference":"Practitioner/lee"}}`,
		`{"resourceType":"Patient","id":"rosa","generalPractitioner":[{"reference":"PractitionerRole/nurse"}]}`,
		`{"resourceType":"Patient","id":"other","managingOrganization":{"reference":"Organization/elsewhere"}}`,
		`{"resourceType":"ServiceRequest","id":"sr","status":"active","intent":"order","subject":{"reference":"Patient/rosa"},"authoredOn":"2026-01-05","requester":{"reference":"Organization/clinic"}}`,
		`{"resourceType":"Task","id":"t","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/sr"},"for":{"reference":"Patient/rosa"},"authoredOn":"2026-01-06"}`,
		`{"resourceType":"Encounter","id":"early","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/rosa"},"period":{"start":"2025-11-03T10:00:00Z","end":"2025-11-03T11:00:00Z"}}`,
		`{"resourceType":"Encounter","id":"stay","status":"in-progress","class":{"code":"IMP"},"subject":{"reference":"Patient/rosa"},"period":{"start":"2025-12-30"}}`,
		`{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/rosa"},"effectiveDateTime":"2026-02","performer":[{"reference":"Practitioner/lee"}]}`,
		`{"resourceType":"Group","id":"family","type":"person","actual":true,"member":[{"entity":{"reference":"Patient/rosa"}},{"entity":{"reference":"Patient/other"}}]}`,
		`{"resourceType":"Observation","id":"theirs","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/other"},"effectiveDateTime":"2026-02-02"}`,
		`{"resourceType":"Coverage","id":"plan","status":"active","beneficiary":{"reference":"Patient/rosa"},"payor":[{"reference":"Organization/gone"}]}`,
		`{"resourceType":"Condition","id":"deleted","subject":{"reference":"Patient/rosa"}}`,
	} {
		f.apply(f.put(body))
		f.step(time.Second)
	}
	f.apply(Change{Method: Delete, Type: "Condition", ID: "deleted"})
	f.apply(f.put(`{"resourceType":"Patient","id":"rosa","active":true,"generalPractitioner":[{"reference":"PractitionerRole/nurse"}]}`))
	return f
}

func (f *fixture) record(who Principal, query string) (keys []string, got SearchResult) {
	f.t.Helper()
	q, err := url.ParseQuery(query)
	require.NoError(f.t, err)
	got, err = f.Everything(f.t.Context(), who, "Patient", "rosa", q)
	require.NoError(f.t, err, query)
	for _, v := range got.Versions {
		assert.NotEmpty(f.t, v.Body, v.Key)
		keys = append(keys, v.String())
	}
	return keys, got
}

// All that is in the person's compartment, the Patient first, and what is nobody's own and named by it; nothing of others.
func TestEverythingAboutAPerson(t *testing.T) {
	t.Parallel()
	f := personWithRecord(t)
	const supporting = " Organization/clinic Organization/roof Practitioner/lee PractitionerRole/nurse"
	for query, want := range map[string]string{
		"":                                    "Patient/rosa Coverage/plan Encounter/early Encounter/stay Group/family Observation/o ServiceRequest/sr Task/t" + supporting,
		"_type=Patient,Encounter":             "Patient/rosa Encounter/early Encounter/stay",
		"_type=Encounter&_type=Organization":  "Encounter/early Encounter/stay Organization/clinic Organization/roof",
		"start=2025-12-01&_type=Encounter":    "Encounter/stay",
		"end=2025-11-03&_type=Encounter":      "Encounter/early",
		"end=2025-11&_type=Encounter,Patient": "Patient/rosa Encounter/early",
		"start=2026-02-01&end=2026-02-28":     "Patient/rosa Coverage/plan Encounter/stay Group/family Observation/o Practitioner/lee PractitionerRole/nurse",
		"start=2030&_type=Task,ServiceRequest,Observation,Encounter": "Encounter/stay",
		"_since=2100-01-01T00:00:00 00:00":                           "",
	} {
		keys, got := f.record(Principal{}, query)
		assert.Equal(t, len(keys), got.Total, query)
		if len(keys) > 0 && strings.Contains(want, "Patient/rosa") {
			assert.Equal(t, "Patient/rosa", keys[0], "%s: the Patient comes first, whenever it was last written", query)
		}
		have, wanted := slices.Sorted(slices.Values(keys)), strings.Fields(want)
		slices.Sort(wanted)
		assert.Equal(t, strings.Join(wanted, " "), strings.Join(have, " "), query)
	}
	late := f.clock.UTC().Format(time.RFC3339)
	keys, _ := f.record(Principal{}, "_since="+late)
	assert.Equal(t, []string{"Patient/rosa"}, keys, "what was written since, though it is named by what was not")
}

// Its pages, whatever their size, give each resource once, in one order, and carry what was asked.
func TestEverythingAboutAPersonByPages(t *testing.T) {
	t.Parallel()
	f := personWithRecord(t)
	want, _ := f.record(Principal{}, "start=2025-01-01")
	for _, count := range []string{"1", "2", "5", "11", "12", "100"} {
		var all []string
		query := "start=2025-01-01&_count=" + count
		for pages := 0; ; pages++ {
			require.Less(t, pages, 20)
			keys, got := f.record(Principal{}, query)
			all = append(all, keys...)
			if got.Next == nil {
				break
			}
			assert.Equal(t, "2025-01-01", got.Next.Get("start"))
			query = got.Next.Encode()
		}
		assert.Equal(t, want, all, count)
	}
	_, got := f.record(Principal{}, "_count=1")
	_, err := f.Everything(t.Context(), Principal{}, "Patient", "other", got.Next)
	assert.Error(t, err, "a cursor belongs to its person")
}

func TestEverythingAboutAPersonIsRefused(t *testing.T) {
	t.Parallel()
	f := personWithRecord(t)
	for role, may := range map[workflow.Role]bool{"": true, workflow.Navigator: true, workflow.Supervisor: true, workflow.Admin: true, workflow.Agency: false, workflow.Referrer: false, workflow.Person: false} {
		_, err := f.Everything(t.Context(), Principal{Role: role, Party: "Organization/clinic"}, "Patient", "rosa", nil)
		assert.Equal(t, may, err == nil, role)
	}
	for _, query := range []string{"start=soon", "end=2026-13-01", "_count=many", "_type=Person,Unicorn", "colour=red", "_since=now"} {
		q, _ := url.ParseQuery(query)
		_, err := f.Everything(t.Context(), Principal{}, "Patient", "rosa", q)
		var no *Refusal
		require.ErrorAs(t, err, &no, query)
		assert.Equal(t, fhir.CodeInvalid, no.Issues[0].Code)
		assert.Contains(t, no.Issues[0].Text, "start and end")
	}
	_, err := f.Everything(t.Context(), Principal{}, "ServiceRequest", "sr", url.Values{"start": {"2026-01-01"}})
	assert.Error(t, err, "of a referral there is no start")
	_, err = f.Everything(t.Context(), Principal{}, "Patient", "nobody", nil)
	assert.Error(t, err)
}
