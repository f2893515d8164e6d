package search_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

const base = "http://localhost:8080/fhir"

func read(t testing.TB, body string) *fhir.Resource {
	t.Helper()
	r, issues := fhir.Read([]byte(body))
	require.False(t, fhir.Refused(issues), "%v", issues)
	return r
}

// values gives the values of one parameter, sorted.
func values(terms []search.Term, param string) []string {
	var out []string
	for _, t := range terms {
		if t.Param == param {
			out = append(out, t.Value)
		}
	}
	slices.Sort(out)
	return out
}

func TestTerms(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 600)
	tests := []struct {
		name  string
		body  string // members of a Task after the required ones
		param string
		want  []string
	}{
		{"a relative reference is kept", `"owner":{"reference":"Organization/harbor"}`, "Task.owner", []string{"Organization/harbor"}},
		{"a reference below our base is local", `"owner":{"reference":"` + base + `/Organization/harbor"}`, "Task.owner", []string{"Organization/harbor"}},
		{"a base that only begins like ours is another server", `"owner":{"reference":"` + base + `2/Organization/harbor"}`, "Task.owner",
			[]string{base + "2/Organization/harbor"}},
		{"a reference to another server is verbatim", `"owner":{"reference":"https://other/fhir/Organization/1"}`, "Task.owner",
			[]string{"https://other/fhir/Organization/1"}},
		{"the version of a reference does not matter", `"focus":{"reference":"ServiceRequest/s/_history/3"}`, "Task.focus", []string{"ServiceRequest/s"}},
		{"a logical reference is found by its identifier, with and without system", `"owner":{"identifier":{"system":"urn:x","value":"7"}}`,
			"Task.owner", []string{"id:7", "id:urn:x|7"}},
		{"a reference with both is found by both", `"owner":{"reference":"Organization/o","identifier":{"value":"7"}}`, "Task.owner",
			[]string{"Organization/o", "id:7", "id:|7"}},
		{"a contained resource is nobody's target", `"contained":[{"resourceType":"Organization","id":"o","name":"Harbor"}],"owner":{"reference":"#o"}`, "Task.owner", nil},
		{"a display alone is not a target", `"owner":{"display":"Harbor"}`, "Task.owner", nil},
		{"a code is itself", ``, "Task.status", []string{"requested"}},
		{"a coding is found with its system and without", `"code":{"coding":[{"system":"urn:s","code":"a"},{"code":"b"},{"system":"urn:s"}]}`, "Task.code",
			[]string{"a", "b", "urn:s|", "urn:s|a", "|b"}},
		{"a bar in an identifier cannot be taken for the one between system and value", `"identifier":[{"system":"urn:s","value":"a|b"}]`, "Task.identifier",
			[]string{`a\|b`, `urn:s|a\|b`}},
		{"the same value twice is one term", `"basedOn":[{"reference":"ServiceRequest/s"},{"reference":"ServiceRequest/s"}]`, "Task.based-on", []string{"ServiceRequest/s"}},
		{"several values are several terms", `"basedOn":[{"reference":"ServiceRequest/s"},{"reference":"ServiceRequest/t"}]`, "Task.based-on",
			[]string{"ServiceRequest/s", "ServiceRequest/t"}},
		{"a profile is found with its version and without", `"meta":{"profile":["http://p/x|2.0","http://p/y"]}`, "Task._profile",
			[]string{"http://p/x", "http://p/x|2.0", "http://p/y"}},
		{"a tag is a token", `"meta":{"tag":[{"system":"urn:t","code":"demo"}]}`, "Task._tag", []string{"demo", "urn:t|demo"}},
		{"owner and status are one term too", `"owner":{"reference":"Organization/harbor"}`, "Task.owner+status", []string{"Organization/harbor|requested"}},
		{"requester and status too", `"requester":{"reference":"Organization/ref"}`, "Task.requester+status", []string{"Organization/ref|requested"}},
		{"subject and status too", `"for":{"reference":"Patient/p"}`, "Task.subject+status", []string{"Patient/p|requested"}},
		{"patient has no terms of its own", `"for":{"reference":"Patient/p"}`, "Task.patient", nil},
		{"what is not there has no term", ``, "Task.owner", nil},
		{"a long value is kept short and stays itself", `"identifier":[{"value":"` + long + `"}]`, "Task.identifier", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			more := tt.body
			if more != "" {
				more = "," + more
			}
			terms := search.Terms(read(t, `{"resourceType":"Task","status":"requested","intent":"order"`+more+`}`), search.Options{Base: base})
			if strings.Contains(tt.body, long) {
				for _, v := range values(terms, tt.param) {
					assert.LessOrEqual(t, len(v), 512)
				}
				assert.Len(t, values(terms, tt.param), 2)
				return
			}
			assert.Equal(t, tt.want, values(terms, tt.param))
		})
	}
}

func TestTermsBelowBackbones(t *testing.T) {
	t.Parallel()
	terms := search.Terms(read(t, `{"resourceType":"Appointment","status":"booked","start":"2026-03-03T09:00:00Z","end":"2026-03-03T10:00:00Z","basedOn":[{"reference":"ServiceRequest/s"}],
		"participant":[{"actor":{"reference":"Patient/p"},"status":"accepted"},{"actor":{"reference":"Location/l"},"status":"accepted"}]}`), search.Options{Base: base})
	assert.Equal(t, []string{"Location/l", "Patient/p"}, values(terms, "Appointment.actor"))
	assert.Equal(t, []string{"ServiceRequest/s|booked"}, values(terms, "Appointment.based-on+status"))
}

func TestEveryRowNamesAnElement(t *testing.T) {
	t.Parallel()
	for _, typ := range fhir.ResourceTypes() {
		params := search.Params(typ)
		assert.GreaterOrEqual(t, len(params), 3, typ)
		names := map[string]bool{}
		for _, p := range params {
			assert.False(t, names[p.Name], "%s.%s is there once", typ, p.Name)
			names[p.Name] = true
			if p.Kind == search.Reference {
				assert.NotEmpty(t, p.Targets, "%s.%s", typ, p.Name)
			}
		}
	}
}

func BenchmarkTerms(b *testing.B) {
	for _, of := range []struct{ name, body string }{
		{"Task", `{"resourceType":"Task","meta":{"profile":["http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"]},
			"identifier":[{"system":"urn:ehr","value":"7"}],"status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
			"focus":{"reference":"ServiceRequest/s"},"for":{"reference":"Patient/p"},"owner":{"reference":"Organization/o"},"requester":{"reference":"PractitionerRole/r"}}`},
		{"Task with dates", `{"resourceType":"Task","identifier":[{"system":"urn:ehr","value":"7"}],"status":"requested","intent":"order","priority":"urgent",
			"focus":{"reference":"ServiceRequest/s"},"for":{"reference":"Patient/p"},"owner":{"reference":"Organization/o"},"requester":{"reference":"PractitionerRole/r"},
			"authoredOn":"2026-03-01T09:00:00Z","lastModified":"2026-03-01T09:00:00.123Z","executionPeriod":{"start":"2026-03-02"}}`},
		{"Patient", `{"resourceType":"Patient","identifier":[{"system":"urn:mrn","value":"7"}],"name":[{"family":"Ng","given":["Ana","May"]}],"birthDate":"1970-01-31","gender":"female",
			"address":[{"line":["1 Main St"],"city":"Oakland","state":"CA","postalCode":"94601"}],"telecom":[{"system":"phone","value":"555-0101"}]}`},
	} {
		r := read(b, of.body)
		b.Run(of.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				search.Terms(r, search.Options{Base: base})
			}
		})
	}
}
