package profile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
)

var (
	kind  = &profile.Coding{System: "urn:kind", Code: "a"}
	kinds = []profile.CodeSet{{System: "urn:kind", Codes: []string{"a", "b"}}}
)

// either is that one of two things is so.
var either = []profile.Test{{Path: "for"}, {Path: "code", OneOf: kinds}}

var short = &profile.Form{Words: "one letter", Keeps: func(s string) bool { return len(s) == 1 }}

// of is a profile of Task with one rule.
func of(r profile.Rule) *profile.Profile {
	return &profile.Profile{URL: "urn:p", Version: "1", Name: "P", Type: "Task", Rules: []profile.Rule{r}}
}

func TestRules(t *testing.T) {
	t.Parallel()
	slice := &profile.Slice{Name: "first", Where: []profile.Test{{Path: "type", Is: kind}}}
	for _, tt := range []struct {
		name string
		rule profile.Rule
		task string
		want []string
	}{
		{"what is required is there", profile.Rule{Path: "for", Min: 1}, `"for":{"display":"x"}`, nil},
		{"what is required is missing", profile.Rule{Path: "for", Min: 1}, ``, []string{"error required Task.for"}},
		{"a primitive that says why it is missing", profile.Rule{Path: "authoredOn", Min: 1}, `"_authoredOn":{"extension":[{"url":"urn:u","valueCode":"unknown"}]}`, nil},
		{"what is required in a parent that is not there", profile.Rule{Path: "statusReason.text", Min: 1}, ``, nil},
		{"what is required in a parent that is there", profile.Rule{Path: "statusReason.text", Min: 1}, `"statusReason":{"coding":[{"code":"x"}]}`, []string{"error required Task.statusReason.text"}},
		{"what is required in each of several parents", profile.Rule{Path: "note.time", Min: 1}, `"note":[{"text":"x"},{"text":"x","time":"2026"},{"text":"x"}]`, []string{"error required Task.note[0].time", "error required Task.note[2].time"}},
		{"more than there may be", profile.Rule{Path: "note", Max: 1}, `"note":[{"text":"x"},{"text":"y"}]`, []string{"error structure Task.note"}},
		{"the code that there must be", profile.Rule{Path: "intent", Is: &profile.Coding{Code: "order"}}, ``, nil},
		{"another code than there must be", profile.Rule{Path: "intent", Is: &profile.Coding{Code: "plan"}}, ``, []string{"error value Task.intent"}},
		{"a concept with the coding among others", profile.Rule{Path: "code", Is: kind}, `"code":{"coding":[{"code":"x"},{"system":"urn:kind","code":"a"}]}`, nil},
		{"a concept with the code of another system", profile.Rule{Path: "code", Is: kind}, `"code":{"coding":[{"system":"urn:other","code":"a"}]}`, []string{"error value Task.code"}},
		{"a concept of text alone", profile.Rule{Path: "code", Is: kind}, `"code":{"text":"a"}`, []string{"error value Task.code"}},
		{"a code of the set", profile.Rule{Path: "code", OneOf: kinds}, `"code":{"coding":[{"system":"urn:kind","code":"b"}]}`, nil},
		{"a code outside the set", profile.Rule{Path: "code", OneOf: kinds}, `"code":{"coding":[{"system":"urn:kind","code":"c"}]}`, []string{"error code-invalid Task.code"}},
		{"a code outside a set that may be extended", profile.Rule{Path: "code", OneOf: kinds, Extensible: true}, `"code":{"coding":[{"system":"urn:kind","code":"c"}]}`, []string{"information code-invalid Task.code"}},
		{"a primitive outside the set", profile.Rule{Path: "status", OneOf: []profile.CodeSet{{Codes: []string{"ready"}}}}, ``, []string{"error code-invalid Task.status"}},
		{"a reference of the type", profile.Rule{Path: "owner", Targets: []string{"Organization"}}, `"owner":{"reference":"https://a.example/fhir/Organization/1"}`, nil},
		{"a reference of another type", profile.Rule{Path: "owner", Targets: []string{"Organization"}}, `"owner":{"reference":"Patient/1"}`, []string{"error value Task.owner"}},
		{"a logical reference of another type", profile.Rule{Path: "owner", Targets: []string{"Organization"}}, `"owner":{"type":"Patient","display":"x"}`, []string{"error value Task.owner"}},
		{"a reference that does not say of what type", profile.Rule{Path: "owner", Targets: []string{"Organization"}}, `"owner":{"display":"x"}`, nil},
		{"a choice of the type", profile.Rule{Path: "output.value", Types: []string{"dateTime"}}, `"output":[{"type":{"text":"x"},"valueDateTime":"2026"}]`, nil},
		{"a choice of another type", profile.Rule{Path: "output.value", Types: []string{"dateTime"}}, `"output":[{"type":{"text":"x"},"valueString":"2026"}]`, []string{"error structure Task.output[0].valueString"}},
		{"a slice that is there", profile.Rule{Path: "identifier", Min: 1, Slice: slice}, `"identifier":[{"value":"1"},{"type":{"coding":[{"system":"urn:kind","code":"a"}]}}]`, nil},
		{"a slice that is missing", profile.Rule{Path: "identifier", Min: 1, Slice: slice}, `"identifier":[{"value":"1"}]`, []string{"error required Task.identifier"}},
		{"a slice that is there too often", profile.Rule{Path: "identifier", Max: 1, Slice: slice}, `"identifier":[{"type":{"coding":[{"system":"urn:kind","code":"a"}]}},{"type":{"coding":[{"system":"urn:kind","code":"a"}]}},{"value":"1"}]`, []string{"error structure Task.identifier"}},
		{"what a slice requires, in its items only", profile.Rule{Path: "identifier", Slice: slice, Each: []profile.Rule{{Path: "value", Min: 1}}}, `"identifier":[{"system":"urn:x"},{"type":{"coding":[{"system":"urn:kind","code":"a"}]}}]`, []string{"error required Task.identifier[1].value"}},
		{"a slice of what is itself the code", profile.Rule{Path: "performerType", Min: 1, Slice: &profile.Slice{Name: "kind", Where: []profile.Test{{OneOf: kinds}}}}, `"performerType":[{"text":"x"},{"coding":[{"system":"urn:kind","code":"b"}]}]`, nil},
		{"what there must not be", profile.Rule{Path: "note", Max: profile.None}, `"note":[{"text":"x"}]`, []string{"error structure Task.note"}},
		{"fewer than there must be", profile.Rule{Path: "note", Min: 2}, `"note":[{"text":"x"}]`, []string{"error required Task.note"}},
		{"a boolean that it must be", profile.Rule{Path: "output.value", Is: &profile.Coding{Code: "true"}}, `"output":[{"type":{"text":"x"},"valueBoolean":false}]`, []string{"error value Task.output[0].valueBoolean"}},
		{"any code of a system", profile.Rule{Path: "code", OneOf: []profile.CodeSet{{System: "urn:kind"}}}, `"code":{"coding":[{"system":"urn:kind","code":"z"}]}`, nil},
		{"no code of a system", profile.Rule{Path: "code", OneOf: []profile.CodeSet{{System: "urn:kind"}}}, `"code":{"coding":[{"system":"urn:kind"}],"text":"z"}`, []string{"error code-invalid Task.code"}},
		{"a code of the second set", profile.Rule{Path: "code", OneOf: []profile.CodeSet{{System: "urn:x", Codes: []string{"b"}}, kinds[0]}}, `"code":{"coding":[{"system":"urn:kind","code":"b"}]}`, nil},
		{"a unit of the system", profile.Rule{Path: "output.valueQuantity", OneOf: []profile.CodeSet{{System: "urn:units"}}}, `"output":[{"type":{"text":"x"},"valueQuantity":{"value":1,"system":"urn:units","code":"m"}}]`, nil},
		{"a unit of another system", profile.Rule{Path: "output.valueQuantity", OneOf: []profile.CodeSet{{System: "urn:units"}}}, `"output":[{"type":{"text":"x"},"valueQuantity":{"value":1,"system":"urn:feet","code":"m"}}]`, []string{"error code-invalid Task.output[0].valueQuantity"}},
		{"a choice of another type than the rule is about", profile.Rule{Path: "output.valueQuantity", OneOf: []profile.CodeSet{{System: "urn:units"}}}, `"output":[{"type":{"text":"x"},"valueString":"x"}]`, nil},
		{"a contained target of the type", profile.Rule{Path: "owner", Targets: []string{"Organization"}}, `"contained":[{"resourceType":"Organization","id":"o"}],"owner":{"reference":"#o"}`, nil},
		{"a contained target of another type", profile.Rule{Path: "owner", Targets: []string{"Organization"}}, `"contained":[{"resourceType":"Patient","id":"o"}],"owner":{"reference":"#o"}`, []string{"error value Task.owner"}},
		{"a time that says the day", profile.Rule{Path: "authoredOn", Day: true}, `"authoredOn":"2026-03-02"`, nil},
		{"a time that does not say the day", profile.Rule{Path: "authoredOn", Day: true}, `"authoredOn":"2026-03"`, []string{"error value Task.authoredOn"}},
		{"a string of the form", profile.Rule{Path: "description", Form: short}, `"description":"x"`, nil},
		{"a string of another form", profile.Rule{Path: "description", Form: short}, `"description":"xy"`, []string{"error value Task.description"}},
		{"what holds where something is so, and is", profile.Rule{Key: "k-1", When: []profile.Test{{Path: "code", Is: kind}}, Path: "for", Min: 1}, `"code":{"coding":[{"system":"urn:kind","code":"a"}]}`, []string{"error invariant Task.for"}},
		{"what holds where something is so, and is not", profile.Rule{Key: "k-1", When: []profile.Test{{Path: "code", Is: kind}}, Path: "for", Min: 1}, `"code":{"coding":[{"system":"urn:kind","code":"b"}]}`, nil},
		{"what holds where something is not so", profile.Rule{When: []profile.Test{{Path: "code", Not: true}}, Path: "for", Min: 1}, ``, []string{"error required Task.for"}},
		{"one of two, and none is there", profile.Rule{Key: "k-2", Of: either, Min: 1}, ``, []string{"error invariant Task"}},
		{"one of two, and both are there", profile.Rule{Key: "k-2", Of: either, Max: 1}, `"for":{"display":"x"},"code":{"coding":[{"system":"urn:kind","code":"b"}]}`, []string{"error invariant Task"}},
		{"one of two, and one is", profile.Rule{Key: "k-2", Of: either, Min: 1, Max: 1}, `"code":{"coding":[{"system":"urn:kind","code":"b"}]}`, nil},
		{"none of two, and one is", profile.Rule{Path: "output", Of: []profile.Test{{Path: "value"}}, Max: profile.None}, `"output":[{"type":{"text":"x"},"valueString":"x"}]`, []string{"error structure Task.output[0]"}},
		{"a test of several things of one item", profile.Rule{When: []profile.Test{{Path: "output", All: []profile.Test{{Path: "type", Is: kind}, {Path: "valueString"}}}}, Path: "for", Min: 1},
			`"output":[{"type":{"coding":[{"system":"urn:kind","code":"a"}]},"valueBoolean":true},{"type":{"text":"x"},"valueString":"x"}]`, nil},
		{"a slice by code and type of value", profile.Rule{Path: "output", Min: 1, Slice: &profile.Slice{Name: "first", Where: []profile.Test{{Path: "type", Is: kind}, {Path: "valueReference"}}}}, `"output":[{"type":{"coding":[{"system":"urn:kind","code":"a"}]},"valueString":"x"}]`, []string{"error required Task.output"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, issues := fhir.Read([]byte(strings.Replace(`{"resourceType":"Task","status":"requested","intent":"order",`+tt.task+`}`, ",}", "}", 1)))
			require.NotNil(t, r, "%v", issues)
			var got []string
			for _, i := range of(tt.rule).Check(r) {
				got = append(got, fmt.Sprintf("%s %s %s", i.Severity, i.Code, i.Expression))
				assert.Contains(t, i.Text, "P 1).")
				assert.Contains(t, i.Text, "("+tt.rule.Key)
			}
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestAResourceOfAnotherType(t *testing.T) {
	t.Parallel()
	r, _ := fhir.Read([]byte(`{"resourceType":"Patient","active":true}`))
	issues := of(profile.Rule{Path: "for", Min: 1}).Check(r)
	require.Len(t, issues, 1)
	assert.Equal(t, "Patient", issues[0].Expression)
}

func TestFind(t *testing.T) {
	t.Parallel()
	all := []profile.Profile{{URL: "urn:a", Version: "1"}, {URL: "urn:b", Version: "2"}}
	for canonical, want := range map[string]string{"urn:a": "urn:a", "urn:b|2": "urn:b", "urn:b|1": "", "urn:c": "", "": ""} {
		p, found := profile.Find(all, canonical)
		assert.Equal(t, want != "", found, canonical)
		if found {
			assert.Equal(t, want, p.URL)
		}
	}
}

// A check that finds much stops, and says so: what is told stays small, whatever was sent.
func TestACheckStops(t *testing.T) {
	t.Parallel()
	r, issues := fhir.Read([]byte(`{"resourceType":"Task","status":"requested","intent":"order","note":[` + strings.Repeat(`{"text":"x"},`, 3*profile.MaxIssues) + `{"text":"x"}]}`))
	require.NotNil(t, r, "%v", issues)
	p := of(profile.Rule{Path: "note.time", Min: 1})
	p.Rules = append(p.Rules, p.Rules[0], profile.Rule{Path: "code", OneOf: kinds, Extensible: true})
	got := p.Check(r)
	require.Len(t, got, profile.MaxIssues+1)
	assert.Equal(t, fhir.CodeTooCostly, got[profile.MaxIssues].Code)
	assert.False(t, got[profile.MaxIssues].Refuses())
}

// A code of a system that is known whole is of that system, wherever it stands; what is contained keeps what it says itself.
func TestSystemsThatAreKnownWhole(t *testing.T) {
	t.Parallel()
	p := of(profile.Rule{})
	p.Rules, p.Systems = nil, kinds
	r, issues := fhir.Read([]byte(`{"resourceType":"Task","status":"requested","intent":"order","contained":[{"resourceType":"Basic","id":"b","code":{"coding":[{"system":"urn:kind","code":"y"}]}}],
		"meta":{"tag":[{"system":"urn:kind","code":"z"}]},"code":{"coding":[{"system":"urn:kind","code":"a"},{"system":"urn:other","code":"z"},{"system":"urn:kind"}]},
		"note":[{"extension":[{"url":"urn:u","valueCoding":{"system":"urn:kind","code":"c"}}],"text":"x"}]}`))
	require.NotNil(t, r, "%v", issues)
	var got []string
	for _, i := range p.Check(r) {
		got = append(got, fmt.Sprintf("%s %s %s", i.Severity, i.Code, i.Expression))
	}
	assert.Equal(t, []string{"error code-invalid Task.meta.tag[0].code", "error code-invalid Task.note[0].extension[0].valueCoding.code"}, got)
}
