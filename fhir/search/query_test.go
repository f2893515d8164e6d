package search_test

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

func parse(t testing.TB, typ, text string, strict bool) (search.Query, []fhir.Issue) {
	t.Helper()
	q, err := url.ParseQuery(text)
	require.NoError(t, err)
	return search.Parse(typ, q, search.Options{Base: base, Strict: strict})
}

// show writes a match so that a row of a table can be read.
func show(all []search.Match) string {
	var out []string
	for _, m := range all {
		s := m.Param
		if m.Not {
			s += " not"
		}
		s += fmt.Sprintf(" %v", m.Values)
		if slices.Contains(m.Values, "") {
			s += " with an empty value"
		}
		if len(m.Prefixes) > 0 {
			s += fmt.Sprintf(" %v*", m.Prefixes)
		}
		out = append(out, s)
	}
	return strings.Join(out, " & ")
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, typ, text, want string }{
		{"a code", "Task", "status=requested", "Task.status [requested]"},
		{"a code with its system", "Task", "status=http://hl7.org/fhir/task-status|requested", "Task.status [requested]"},
		{"a code with another system matches nothing", "Task", "status=urn:x|requested", "Task.status [urn:x|requested]"},
		{"a code without system matches nothing, for a code has one", "Task", "status=|requested", "Task.status [|requested]"},
		{"any code of its system is any code", "Task", "status=http://hl7.org/fhir/task-status|", "Task.status []"},
		{"alternatives", "Task", "status=requested,received", "Task.status [requested received]"},
		{"repeated parameters must all hold", "Task", "code=a&code=b", "Task.code [a] & Task.code [b]"},
		{"a token in any system", "Task", "code=fulfill", "Task.code [fulfill]"},
		{"a token in a system", "Task", "code=urn:s|fulfill", "Task.code [urn:s|fulfill]"},
		{"a token without system", "Task", "code=|fulfill", "Task.code [|fulfill]"},
		{"any token of a system", "Task", "code=urn:s|", "Task.code [] [urn:s|]*"},
		{"an escaped comma is part of the value", "Task", `identifier=a\,b,c`, "Task.identifier [a,b c]"},
		{"an escaped bar is part of the value", "Task", `identifier=urn:s|a\|b`, `Task.identifier [urn:s|a\|b]`},
		{"a backslash before anything else is itself", "Task", `identifier=a\b`, `Task.identifier [a\\b]`},
		{"not", "Task", "status:not=failed,rejected", "Task.status not [failed rejected]"},
		{"repeated not", "Task", "status:not=failed&status:not=rejected", "Task.status not [failed] & Task.status not [rejected]"},
		{"missing", "Task", "owner:missing=true", "Task.owner not []"},
		{"not missing", "Task", "owner:missing=false", "Task.owner []"},
		{"a missing patient", "Task", "patient:missing=true", "Task.subject not [] [Patient/ http:// https:// id:]*"},
		{"a boolean", "Organization", "active=true", "Organization.active [true]"},
		{"a boolean with its system", "Organization", "active=http://hl7.org/fhir/special-values|true", "Organization.active [true]"},
		{"a typed reference", "Task", "owner=Organization/harbor", "Task.owner [Organization/harbor]"},
		{"a reference below our base", "Task", "owner=" + base + "/Organization/harbor", "Task.owner [Organization/harbor]"},
		{"a reference to another server", "Task", "owner=https://o/fhir/Organization/1", "Task.owner [https://o/fhir/Organization/1]"},
		{"a bare id of the one type that is allowed", "Task", "patient=p", "Task.subject [Patient/p]"},
		{"a bare id is tried as each type that is allowed", "PractitionerRole", "organization=o", "PractitionerRole.organization [Organization/o]"},
		{"a bare id with a type", "Task", "owner:Patient=p", "Task.owner [Patient/p]"},
		{"a type that contradicts the reference finds nothing", "Task", "owner:Patient=Organization/o", "Task.owner [Patient/Organization/o]"},
		{"a logical reference", "Task", "owner:identifier=urn:x|7", "Task.owner [id:urn:x|7]"},
		{"a logical reference in any system", "Task", "owner:identifier=7", "Task.owner [id:7]"},
		{"a logical reference by its system", "Task", "owner:identifier=urn:x|", "Task.owner [] [id:urn:x|]*"},
		{"a reference with an empty id matches nothing and is no mistake", "Task", "requester=PractitionerRole/", "Task.requester [PractitionerRole/]"},
		{"a profile", "Task", "_profile=http://p/x", "Task._profile [http://p/x]"},
		{"patient and practitioner are actors of an appointment", "Appointment", "patient=p&practitioner=d", "Appointment.actor [Patient/p] & Appointment.actor [Practitioner/d]"},
		{"owner and status become one", "Task", "owner=Organization/o&status=requested,received", "Task.owner+status [Organization/o|requested Organization/o|received]"},
		{"owner, status and more", "Task", "owner=Organization/o&status=requested&code=x", "Task.owner+status [Organization/o|requested] & Task.code [x]"},
		{"owner and not a status stay two", "Task", "owner=Organization/o&status:not=failed", "Task.owner [Organization/o] & Task.status not [failed]"},
		{"two owners and a status stay three", "Task", "owner=Organization/o&owner=Organization/p&status=failed",
			"Task.owner [Organization/o] & Task.owner [Organization/p] & Task.status [failed]"},
		{"pairs that would be too many stay two", "Appointment", "based-on=a,b,c,d,e,f,g,h,i&status=booked,arrived,fulfilled,noshow,pending,proposed,cancelled,waitlist",
			"Appointment.based-on [ServiceRequest/a ServiceRequest/b ServiceRequest/c ServiceRequest/d ServiceRequest/e ServiceRequest/f ServiceRequest/g ServiceRequest/h " +
				"ServiceRequest/i] & Appointment.status [booked arrived fulfilled noshow pending proposed cancelled waitlist]"},
		{"a patient and a status become one", "Task", "patient=p&status=requested", "Task.subject+status [Patient/p|requested]"},
		{"a request and a status become one for appointments", "Appointment", "based-on=ServiceRequest/s&status=booked", "Appointment.based-on+status [ServiceRequest/s|booked]"},
		{"an empty value is ignored", "Task", "status=", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, tt.typ, tt.text, false)
			assert.False(t, fhir.Refused(issues), "%v", issues)
			assert.Equal(t, tt.want, show(q.All))
		})
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("a,", 65), ",")
	tests := []struct {
		name, text string
		strict     bool
	}{
		{"a modifier that is not known", "status:below=requested", false},
		{"not of a reference", "owner:not=Organization/o", false},
		{"a type as the modifier of a token", "status:Patient=x", false},
		{"missing that is neither true nor false", "owner:missing=perhaps", false},
		{"more than 64 values", "status=" + many, false},
		{"more than 32 conditions", strings.Repeat("code=a&", 33), false},
		{"more than 2000 values, for bare ids stand for each type", strings.Repeat("subject=a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p&", 6), false},
		{"very many conditions", strings.Repeat("code=a&", 3000), false},
		{"a chain of two steps that leads anywhere", "focus.subject._tag=x", false},
		{"more than 500 ids", "_id=" + strings.Repeat("a,", 500) + "a", false},
		{"a date that is none", "_lastUpdated=soon", false},
		{"a date that the calendar does not have", "_lastUpdated=ge2026-02-30", false},
		{"a prefix that would turn the question round", "_lastUpdated=ne2026-02-03", false},
		{"a negative count", "_count=-1", false},
		{"a count that is no number", "_count=many", false},
		{"a total that is not known", "_total=some", false},
		{"a summary that is not known", "_summary=some", false},
		{"a value with a zero byte", "status=a%00b", false},
		{"a value that is no UTF-8", "status=%ff", false},
		{"an unknown parameter, when strict", "colour=blue", true},
		{"a chain over what is no reference, when strict", "status:Organization.identifier=x", true},
		{"a chain to a parameter that the other end does not have, when strict", "owner:Organization.colour=x", true},
		{"a sort that is not known, when strict", "_sort=-date", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, issues := parse(t, "Task", tt.text, tt.strict)
			assert.True(t, fhir.Refused(issues), "%v", issues)
		})
	}
}

func TestUnknownParametersAreNamedAndLeftOut(t *testing.T) {
	t.Parallel()
	q, issues := parse(t, "Task", "colour=blue&status=requested&owner:Organization.shade=x&_text=Task", false)
	require.Len(t, issues, 3)
	for i, name := range []string{"_text", "colour", "owner:Organization.shade"} {
		assert.Equal(t, fhir.Warning, issues[i].Severity)
		assert.Contains(t, issues[i].Text, name)
		assert.Contains(t, issues[i].Text, "business-status", "what is known is listed")
	}
	assert.Equal(t, "status=requested", q.Self.Encode())
	assert.NotContains(t, issues[1].Text, "blue", "values may be names")
}

func TestBareIDOfAnyType(t *testing.T) {
	t.Parallel()
	q, issues := parse(t, "Task", "subject=p", false)
	assert.Empty(t, issues)
	require.Len(t, q.All, 1)
	for _, typ := range fhir.ResourceTypes() {
		assert.Contains(t, q.All[0].Values, typ+"/p")
	}
	q, _ = search.Parse("Task", url.Values{"subject": {"p"}}, search.Options{Types: func() []string { return []string{"Patient", "Substance"} }})
	assert.Subset(t, q.All[0].Values, []string{"Group/p", "Patient/p", "Substance/p"}, "those of which there is something, and those that may come yet")
	assert.Less(t, len(q.All[0].Values), 40)
	q, issues = parse(t, "Task", "subject=Patient/p,urn:x", false)
	assert.Empty(t, issues)
	assert.Equal(t, []string{"Patient/p", "urn:x"}, q.All[0].Values)

	q, issues = parse(t, "Task", "subject=a,b,c,d,e,f,g,h,i", false)
	require.Len(t, issues, 1, "of many it is said which types were asked")
	assert.Equal(t, fhir.Warning, issues[0].Severity)
	assert.Contains(t, issues[0].Text, "HealthcareService")
	assert.Less(t, len(q.All[0].Values), 9*40)

	_, issues = parse(t, "Task", "focus.status=active", false)
	require.Len(t, issues, 1, "a chain without a type over what may name any")
	assert.Contains(t, issues[0].Text, "focus:Type.status")
	_, issues = parse(t, "Task", "focus:ServiceRequest.status=active&owner.name=x&part-of.status=x", false)
	assert.Empty(t, issues)
	_, issues = parse(t, "Provenance", "_has:AuditEvent:entity:entity.status=x", false)
	assert.Len(t, issues, 1, "inside another one, and once")

	_, _, issues = search.ParseCondition("Task", "subject=a,b,c,d,e,f,g,h,i", search.Options{})
	assert.NotEmpty(t, issues, "what picks one resource must be whole")
}

func TestIDs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       []string
		nothing    bool
	}{
		{"none asked", "status=x", nil, false},
		{"a list", "_id=a,b,a", []string{"a", "b"}, false},
		{"repeated lists meet", "_id=a,b&_id=b,c", []string{"b"}, false},
		{"lists that do not meet", "_id=a&_id=b", []string{}, true},
		{"with the type in front", "_id=Task/a", []string{"a"}, false},
		{"what cannot be an id", "_id=a/b", []string{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, "Task", tt.text, false)
			require.Empty(t, issues)
			assert.Equal(t, tt.want, q.IDs)
			assert.Equal(t, tt.nothing, q.Nothing)
		})
	}
}

func TestLastUpdated(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name, text string
		from, to   time.Time
		nothing    bool
	}{
		{"a day", "_lastUpdated=2026-03-01", day, day.AddDate(0, 0, 1), false},
		{"from a day on", "_lastUpdated=ge2026-03-01", day, time.Time{}, false},
		{"after a day", "_lastUpdated=gt2026-03-01", day.AddDate(0, 0, 1), time.Time{}, false},
		{"before a day", "_lastUpdated=lt2026-03-01", time.Time{}, day, false},
		{"up to a day", "_lastUpdated=le2026-03-01", time.Time{}, day.AddDate(0, 0, 1), false},
		{"between", "_lastUpdated=ge2026-03-01&_lastUpdated=lt2026-03-01T12:00:00Z", day, day.Add(12 * time.Hour), false},
		{"the narrowest of several", "_lastUpdated=ge2026-03-01&_lastUpdated=ge2026-02-01&_lastUpdated=lt2026-03-02&_lastUpdated=lt2026-04-01", day, day.AddDate(0, 0, 1), false},
		{"with an offset", "_lastUpdated=lt2026-03-01T02:00:00%2B02:00", time.Time{}, day, false},
		{"never", "_lastUpdated=ge2026-03-02&_lastUpdated=lt2026-03-01", day.AddDate(0, 0, 1), day, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, "Task", tt.text, false)
			require.Empty(t, issues)
			assert.Equal(t, tt.from, q.From)
			assert.Equal(t, tt.to, q.To)
			assert.Equal(t, tt.nothing, q.Nothing)
		})
	}
	t.Run("a date without zone is a day where the house stands", func(t *testing.T) {
		t.Parallel()
		q, _ := search.Parse("Task", url.Values{"_lastUpdated": {"ge2026-03-01"}}, search.Options{Zone: time.FixedZone("", -8*3600)})
		assert.Equal(t, day.Add(8*time.Hour), q.From)
	})
}

func TestControls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		count      int
		total, asc bool
		warned     bool
		self       string
	}{
		{"nothing asked", "", 50, false, false, false, ""},
		{"newest first is the order anyway", "_sort=-_lastUpdated", 50, false, false, false, "_sort=-_lastUpdated"},
		{"oldest first", "_sort=_lastUpdated", 50, false, true, false, "_sort=_lastUpdated"},
		{"a sort that is not known", "_sort=-date", 50, false, false, true, ""},
		{"more rules than one", "_sort=_lastUpdated,_id", 50, false, true, false, "_sort=_lastUpdated%2C_id"},
		{"a count", "_count=7", 7, false, false, false, "_count=7"},
		{"a count beyond what we give", "_count=5000", 1000, false, false, false, "_count=1000"},
		{"a count beyond all numbers", "_count=99999999999999999999", 1000, false, false, false, "_count=1000"},
		{"only the total", "_count=0", 0, true, false, false, "_count=0"},
		{"only the total, in another way", "_summary=count", 0, true, false, false, "_summary=count"},
		{"the total as well", "_total=accurate", 50, true, false, false, "_total=accurate"},
		{"an estimate", "_total=estimate", 50, true, false, false, "_total=estimate"},
		{"no total", "_total=none", 50, false, false, false, "_total=none"},
		{"a summary", "_summary=text", 50, false, false, false, "_summary=text"},
		{"a format", "_format=json&_pretty=true", 50, false, false, false, "_format=json&_pretty=true"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, "Task", tt.text, false)
			assert.Equal(t, tt.count, q.Count)
			assert.Equal(t, tt.total, q.Total)
			assert.Equal(t, tt.asc, q.Ascending)
			assert.Equal(t, tt.warned, len(issues) == 1, "%v", issues)
			assert.Equal(t, tt.self, q.Self.Encode())
		})
	}
}

func TestParseCondition(t *testing.T) {
	t.Parallel()
	opt := search.Options{Base: base}
	_, a, issues := search.ParseCondition("Task", "identifier=urn:s|1&status=requested", opt)
	require.Empty(t, issues)
	_, b, _ := search.ParseCondition("Task", "?status=requested&identifier=urn%3As%7C1", opt)
	assert.Equal(t, a, b, "order and encoding do not matter")
	_, c, _ := search.ParseCondition("Task", "identifier=urn:s|2&status=requested", opt)
	assert.NotEqual(t, a, c)
	for _, text := range []string{"", "?", "_count=1", "identifier=1&_sort=_lastUpdated", "colour=blue", "identifier=", "identifier=%zz", "a;b"} {
		_, _, issues := search.ParseCondition("Task", text, opt)
		assert.True(t, fhir.Refused(issues), "%q picks nothing in particular", text)
	}
}

// What is found by a search is what has its terms: the two sides of the table say the same.
func TestWhatIsIndexedIsFound(t *testing.T) {
	t.Parallel()
	r := read(t, `{"resourceType":"Task","status":"requested","intent":"order","identifier":[{"system":"urn:a|b","value":"1\\2,3"}],
		"for":{"reference":"`+base+`/Patient/p/_history/2"},"owner":{"identifier":{"system":"urn:x","value":"`+strings.Repeat("y", 700)+`"}}}`)
	terms := search.Terms(r, search.Options{Base: base})
	for _, text := range []string{`identifier=urn:a\|b|1\\2\,3`, `identifier=1\\2\,3`, `identifier=urn:a\|b|`, "subject=p", "patient=Patient/p", "subject:Patient=p",
		"subject=" + base + "/Patient/p", "owner:identifier=urn:x|" + strings.Repeat("y", 700), "patient=p&status=requested", "owner:missing=false", "status:not=failed"} {
		q, issues := parse(t, "Task", text, true)
		require.Empty(t, issues)
		for _, m := range q.All {
			assert.True(t, holds(terms, m), "%s: %s in %v", text, show(q.All), terms)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []struct{ typ, text string }{
		{"Observation", "value-quantity=ge5.40|http://unitsofmeasure.org|mg,ap-3e2||x&date=gt2026"}, {"Patient", "name:contains=a,b&family:exact=c&phone=|1"},
		{"Appointment", "date=ge2026-03-01&date=lt2026-04&status=booked"}, {"ValueSet", "url:below=http://x/&version=1&url:above=a/b"}, {"", "_type=Task,Patient&_tag=a|b&_id=1"},
		{"RiskAssessment", "probability=0.8e-3"},
	} {
		f.Add(s.typ, s.text)
	}
	for _, s := range []string{"status=requested", `identifier=a\,b|c,|d,e|`, "owner:identifier=a|b&_id=1,2", "_lastUpdated=ge2026-03-01&_sort=-_lastUpdated&_count=3",
		"requester=PractitionerRole/", "status:not=a&owner:missing=true", "%00=%ff", `x=\`,
		"owner:Organization.identifier=a|b&focus.status=x", "_has:Task:focus:owner.name=x", "_include=Task:focus&_include:iterate=*&_revinclude=Task:part-of:Task",
		"_sort=-authored-on,_id&_elements=id,Task.status&_summary=true", "authored-on=ge2026-03-01,ap2025&modified=lt2026-03-01T09:00+01:00",
		"period=ne2026&owner:missing=true&status=a", "identifier:of-type=a|b|c"} {
		f.Add("Task", s)
	}
	f.Fuzz(func(t *testing.T, typ, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			t.Skip()
		}
		q, issues := search.Parse(typ, values, search.Options{Base: base})
		for _, i := range issues {
			if i.Text == "" || len(i.Text) > 2000 {
				t.Fatalf("no words for whoever has to act: %v", i)
			}
		}
		if fhir.Refused(issues) {
			return
		}
		again, issues := search.Parse(typ, q.Self, search.Options{Base: base, Strict: true})
		if fhir.Refused(issues) {
			t.Fatalf("what was understood is not understood again: %v", issues)
		}
		q.Self, again.Self = nil, nil
		if !reflect.DeepEqual(q, again) {
			t.Fatalf("understood differently: %+v, %+v", q, again)
		}
	})
}
