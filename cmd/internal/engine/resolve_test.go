package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

const (
	urnA = "urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d1a11"
	urnB = "urn:uuid:0b4b3a5e-6a41-4b55-9a07-6f0b7c2d1a12"
)

func subject(ref string) string {
	return `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"reference":"` + ref + `"}}`
}

func TestReferencesBetweenEntries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		full    string // fullUrl of the Patient
		own     string // fullUrl of the request
		ref     string
		put     bool // the Patient is PUT as Patient/known
		want    string
		refused bool
	}{
		{"a urn:uuid", urnA, urnB, urnA, false, "Patient/n1", false},
		{"a urn:uuid of an entry that is PUT", urnA, urnB, urnA, true, "Patient/known", false},
		{"a urn:oid", "urn:oid:1.2.3", "", "urn:oid:1.2.3", false, "Patient/n1", false},
		{"a URL that is the fullUrl of an entry", "https://ehr/fhir/Patient/7", "", "https://ehr/fhir/Patient/7", false, "Patient/n1", false},
		{"a relative reference that means an entry", "https://ehr/fhir/Patient/7", "https://ehr/fhir/ServiceRequest/1", "Patient/7", false, "Patient/n1", false},
		{"a relative reference on another server", "https://ehr/fhir/Patient/7", "https://other/fhir/ServiceRequest/1", "Patient/7", false, "Patient/7", false},
		{"a relative reference to what nobody has", urnA, urnB, "Patient/nobody", false, "Patient/nobody", false},
		{"a reference to another server", urnA, urnB, "https://other/fhir/Patient/1", false, "https://other/fhir/Patient/1", false},
		{"a URL of ours stays as it is written", base + "/Patient/known", "", base + "/Patient/known", true, base + "/Patient/known", false},
		{"a urn:uuid that no entry has", urnA, "", urnB, false, "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			p := f.post(patient("1"))
			if tt.put {
				p = f.put(`{"resourceType":"Patient","id":"known"}`)
			}
			r := f.post(subject(tt.ref))
			if tt.own != "" {
				r = r.as(tt.own)
			}
			changes := bundle(r, p.as(tt.full))
			if !tt.put {
				changes = bundle(p.as(tt.full), r)
			}
			if tt.refused {
				got := f.refused(Unprocessable, changes...)
				assert.Equal(t, fhir.CodeNotFound, got.Issues[0].Code)
				assert.Equal(t, "Bundle.entry[1].resource.subject.reference", got.Issues[0].Expression)
				return
			}
			f.apply(changes...)
			found, err := f.Search(t.Context(), Principal{}, "ServiceRequest", nil, false)
			require.NoError(t, err)
			require.Len(t, found.Versions, 1)
			stored, err := fhir.ReadStored(found.Versions[0].Body)
			require.NoError(t, err)
			assert.Equal(t, tt.want, stored.Get("subject", "reference").Text())
		})
	}
}

func TestReferencesDeepInside(t *testing.T) {
	t.Parallel()
	f := start(t)
	got := f.apply(bundle(f.post(patient("1")).as(urnA), f.post(task(`,"output":[{"type":{"text":"x"},"valueReference":{"reference":"`+urnA+`"}},
		{"type":{"text":"y"},"valueUri":"`+urnA+`"},{"type":{"text":"z"},"valueUri":"`+urnB+`"}]`)))...)
	r, err := fhir.ReadStored(got[1].Version.Body)
	require.NoError(t, err)
	out := r.Get("output").Items()
	assert.Equal(t, "Patient/n1", out[0].Get("valueReference", "reference").Text())
	assert.Equal(t, "Patient/n1", out[1].Get("valueUri").Text())
	assert.Equal(t, urnB, out[2].Get("valueUri").Text(), "a URI need not be a reference")
}

func TestReferencesToEntriesThatWereThere(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"there","identifier":[{"system":"urn:mrn","value":"1"}]}`))
	got := f.apply(bundle(f.post(subject(urnA)), f.post(patient("1")).as(urnA).ifNone("identifier=urn:mrn|1"),
		f.post(task(`,"input":[{"type":{"text":"x"},"valueUri":"`+urnA+`"}]`)))...)
	assert.Equal(t, "created unchanged created", done(got))
	assert.Equal(t, "Patient/there", f.stored("Task", got[2].Version.ID).Get("input", "valueUri").Text())
	assert.Equal(t, "Patient/there", f.stored("ServiceRequest", got[0].Version.ID).Get("subject", "reference").Text())
	found, err := f.Search(t.Context(), Principal{}, "ServiceRequest", map[string][]string{"patient": {"there"}}, true)
	require.NoError(t, err)
	assert.Len(t, found.Versions, 1, "terms follow the reference")
}

func TestConditionalReferences(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		ref     string
		also    string // a Patient in the same transaction
		refused Kind
		want    string
	}{
		{"one match", "Patient?identifier=urn:mrn|1", "", "", "Patient/one"},
		{"no match", "Patient?identifier=urn:mrn|0", "", PreconditionFailed, ""},
		{"two matches", "Patient?identifier=urn:mrn|2", "", PreconditionFailed, ""},
		{"a match in the same transaction", "Patient?identifier=urn:mrn|9", patient("9"), "", "Patient/n2"},
		{"one match in the store and one in the transaction", "Patient?identifier=urn:mrn|1", patient("1"), PreconditionFailed, ""},
		{"a match in the same transaction by what it is not", "Patient?identifier=urn:mrn|9&active:not=true", patient("9"), "", "Patient/n2"},
		{"no match in the same transaction by what it is not", "Patient?identifier=urn:mrn|9&active:missing=false", patient("9"), PreconditionFailed, ""},
		{"a parameter that is not known", "Patient?colour=blue", "", Invalid, ""},
		{"no parameter", "Patient?", "", Invalid, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.apply(f.put(`{"resourceType":"Patient","id":"one","identifier":[{"system":"urn:mrn","value":"1"}]}`),
				f.put(`{"resourceType":"Patient","id":"a","identifier":[{"system":"urn:mrn","value":"2"}]}`),
				f.put(`{"resourceType":"Patient","id":"b","identifier":[{"system":"urn:mrn","value":"2"}]}`))
			changes := []Change{f.post(subject(tt.ref))}
			if tt.also != "" {
				changes = append(changes, f.post(tt.also))
			}
			changes = bundle(changes...)
			if tt.refused != "" {
				got := f.refused(tt.refused, changes...)
				assert.Equal(t, "Bundle.entry[0].resource.subject.reference", got.Issues[0].Expression)
				return
			}
			got := f.apply(changes...)
			assert.Equal(t, tt.want, f.stored("ServiceRequest", got[0].Version.ID).Get("subject", "reference").Text())
		})
	}
}

func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for ref, want := range map[string]string{urnA: urnA, "Patient/" + urnA: urnA, "urn:oid:1.2": "urn:oid:1.2", "Patient/1": "", "urn:x:1": "", "urn:uuid": "",
		"patient/" + urnA: "", "": "", "/": ""} {
		assert.Equal(t, want, placeholder(ref), ref)
	}
}

func TestAConditionalReferenceToWhatIsDeletedAtOnce(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.apply(f.put(`{"resourceType":"Patient","id":"one","identifier":[{"system":"urn:mrn","value":"1"}]}`))
	r := f.refused(PreconditionFailed, bundle(f.post(subject("Patient?identifier=urn:mrn|1")), Change{Method: Delete, Type: "Patient", ID: "one"})...)
	assert.Equal(t, fhir.CodeNotFound, r.Issues[0].Code)
}

func TestTooManyConditionalReferences(t *testing.T) {
	t.Parallel()
	f := start(t)
	var refs []string
	for i := range 101 {
		refs = append(refs, fmt.Sprintf(`{"reference":"Patient?identifier=%d"}`, i))
	}
	r := f.refused(Invalid, f.post(task(`,"basedOn":[`+strings.Join(refs, ",")+`]`)))
	assert.Equal(t, fhir.CodeTooCostly, r.Issues[0].Code)
}

// TestAResourceIsFoundByNoMoreThanIsKept holds that a Group of as many as are read is stored, and what has an index to itself is refused with words.
func TestAResourceIsFoundByNoMoreThanIsKept(t *testing.T) {
	t.Parallel()
	f := start(t)
	list := func(n int, item string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(item, i)
		}
		return strings.Join(items, ",")
	}
	group := func(n int) []Change {
		return []Change{{Method: Create, Type: "Group", Path: "Bundle.entry[0]", Resource: read(t, `{"resourceType":"Group","type":"person","actual":true,"member":[`+
			list(n, `{"entity":{"reference":"Practitioner/p%d"}}`)+`]}`)}}
	}
	admin, other := Principal{Role: workflow.Admin}, Principal{Role: workflow.Referrer, Party: "Organization/clinic"}
	for _, row := range []struct {
		who   Principal
		n     int
		words string
	}{{admin, 10_000, ""}, {other, 1000, ""}, {other, 2001, "2000 values of search parameters, and this one has 2003."}} {
		_, err := f.Apply(t.Context(), row.who, group(row.n))
		if row.words == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, row.words)
	}
	patient := []Change{{Method: Create, Type: "Patient", Path: "Bundle.entry[0]", Resource: read(t, `{"resourceType":"Patient","identifier":[`+
		list(9_000, `{"system":"urn:x","value":"%d"}`)+`],"telecom":[`+list(9_000, `{"system":"phone","value":"%d"}`)+`]}`)}}
	for who, most := range map[Principal]string{admin: "20000", other: "2000"} {
		_, err := f.Apply(t.Context(), who, patient)
		var no *Refusal
		require.ErrorAs(t, err, &no)
		assert.Equal(t, TooCostly, no.Kind)
		assert.Equal(t, fhir.CodeTooCostly, no.Issues[0].Code)
		assert.Equal(t, "Bundle.entry[0].resource", no.Issues[0].Expression)
		assert.Contains(t, no.Issues[0].Text, "A resource may be found by "+most+" values of search parameters, and this one has 54001.")
	}
}
