package sdohcc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

// kept gives resources of ours that keep every rule of the profiles that they claim, and use every slice of them.
func kept(t *testing.T) []any {
	t.Helper()
	data, err := os.ReadFile("testdata/kept.ndjson")
	require.NoError(t, err)
	var all []any
	for line := range bytes.Lines(data) {
		var r any
		require.NoError(t, json.Unmarshal(line, &r))
		all = append(all, r)
	}
	return all
}

func every() []profile.Profile { return slices.Concat(Profiles, uscore.Profiles) }

// parsed gives a tree as a resource, nil where it cannot be one.
func parsed(t *testing.T, tree any) *fhir.Resource {
	t.Helper()
	data, err := json.Marshal(tree)
	require.NoError(t, err)
	r, err := fhir.ReadStored(data)
	if err != nil {
		return nil
	}
	return r
}

// others are what a mutant has instead of a value, or besides: for the rules on types, on what must not be there, and on what excludes something else.
var (
	choices = []string{"value", "onset", "abatement", "effective", "occurrence"}
	typed   = map[string]any{
		"String": "x", "Boolean": true, "Quantity": map[string]any{"value": 3.0, "system": "urn:u", "code": "x"}, "Age": map[string]any{"value": 3.0},
		"DateTime": "2026", "Instant": "2026-03-01T00:00:00Z", "CodeableConcept": map[string]any{"text": "x"}, "Reference": map[string]any{"reference": "Basic/x"},
	}
	wording   = map[string]any{"text": "x"}
	extension = map[string]any{"url": "urn:x", "valueString": "x"}
	besides   = []map[string]any{
		{"bodySite": wording}, {"bodySite": []any{wording}}, {"specimen": map[string]any{"display": "x"}}, {"specimen": []any{map[string]any{"display": "x"}}},
		{"stage": []any{map[string]any{"summary": wording}}}, {"interpretation": []any{wording}}, {"referenceRange": []any{map[string]any{"text": "x"}}},
		{"dataAbsentReason": wording}, {"period": map[string]any{"start": "2026"}}, {"asserter": map[string]any{"display": "x"}}, {"reference": "Patient/x"},
		{"input": []any{map[string]any{"type": map[string]any{"coding": []any{map[string]any{"system": System, "code": "questionnaire-url"}}}, "valueUrl": "https://x.example"}}},
		{"extension": []any{extension}}, {"family": "x"}, {"valueString": "x"}, {"focus": []any{map[string]any{"reference": "RelatedPerson/x"}}},
		{"extension": []any{map[string]any{"url": instead, "valueReference": map[string]any{"reference": "Practitioner/x"}}}},
	}
	codings = []any{
		map[string]any{"system": "urn:x", "code": "x"},
		map[string]any{"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"},
	}
	texts = []string{"x", "2026", "entered-in-error", "1234567890", "false"}
)

// mutants gives a tree with one thing changed, for each thing and change: left out, there twice, another value, another type, something besides.
func mutants(tree any, yield func(any)) {
	switch v := tree.(type) {
	case map[string]any:
		for name, m := range v {
			if name == "resourceType" || name == "meta" {
				continue
			}
			without := clone(v)
			delete(without, name)
			if len(without) > 0 {
				yield(without)
			}
			mutants(m, func(changed any) {
				with := clone(v)
				with[name] = changed
				yield(with)
			})
			for _, stem := range choices {
				if suffix, is := strings.CutPrefix(name, stem); is && suffix != "" {
					for other, value := range typed {
						with := clone(without)
						with[stem+other] = value
						yield(with)
					}
				}
			}
		}
		if v["code"] != nil && len(v) == 2 && v["system"] != nil {
			for _, other := range codings {
				yield(other)
			}
		}
		for _, more := range besides {
			with := clone(v)
			for name, value := range more {
				if old, is := with[name].([]any); is {
					value = append(slices.Clone(old), value.([]any)...)
				}
				with[name] = value
			}
			yield(with)
		}
	case []any:
		for i, item := range v {
			if len(v) > 1 {
				yield(slices.Concat(v[:i], v[i+1:]))
			}
			yield(slices.Concat(v, v[i:i+1]))
			mutants(item, func(changed any) {
				with := slices.Clone(v)
				with[i] = changed
				yield(with)
			})
		}
	case string:
		for _, other := range texts {
			yield(other)
		}
		if _, id, is := strings.Cut(v, "/"); is && !strings.Contains(v, ":") {
			yield("Basic/" + id)
		}
	case bool:
		yield(!v)
	}
}

func clone(m map[string]any) map[string]any {
	with := make(map[string]any, len(m)+1)
	for name, value := range m {
		with[name] = value
	}
	return with
}

// singles gives each thing that a list of rules asks for as a list with that alone.
func singles(rules []profile.Rule) [][]profile.Rule {
	var all [][]profile.Rule
	for _, r := range rules {
		bare := profile.Rule{Key: r.Key, When: r.When, Path: r.Path, Slice: r.Slice, Of: r.Of, Extensible: r.Extensible}
		add := func(set func(*profile.Rule)) {
			one := bare
			set(&one)
			all = append(all, []profile.Rule{one})
		}
		if r.Min > 0 {
			add(func(one *profile.Rule) { one.Min = r.Min })
		}
		if r.Max != 0 {
			add(func(one *profile.Rule) { one.Max = r.Max })
		}
		if r.Is != nil {
			add(func(one *profile.Rule) { one.Is = r.Is })
		}
		if r.OneOf != nil {
			add(func(one *profile.Rule) { one.OneOf = r.OneOf })
		}
		if r.Targets != nil {
			add(func(one *profile.Rule) { one.Targets = r.Targets })
		}
		if r.Types != nil {
			add(func(one *profile.Rule) { one.Types = r.Types })
		}
		if r.Day {
			add(func(one *profile.Rule) { one.Day = true })
		}
		if r.Form != nil {
			add(func(one *profile.Rule) { one.Form = r.Form })
		}
		for _, inner := range singles(r.Each) {
			add(func(one *profile.Rule) { one.Each = inner })
		}
	}
	return all
}

func named(r []profile.Rule) string {
	one := r[0]
	words := strings.TrimSpace(fmt.Sprintf("%s %s min %d max %d is %v one of %v targets %v types %v", one.Key, one.Path, one.Min, one.Max, one.Is, one.OneOf, one.Targets, one.Types))
	if one.Slice != nil {
		words += " of slice " + one.Slice.Name
	}
	if one.Each != nil {
		words += " each " + named(one.Each)
	}
	return words
}

// TestEveryRuleFindsADefect makes all mutants with one defect of resources that keep their profiles: each thing that a rule asks for is found missing
// in one of them at least, and whatever any rule alone finds, the profile as a whole finds.
func TestEveryRuleFindsADefect(t *testing.T) {
	t.Parallel()
	all, trees := every(), kept(t)
	for i := range all {
		p := &all[i]
		found := map[string]bool{}
		rules := singles(p.Rules)
		for _, tree := range trees {
			r := parsed(t, tree)
			require.NotNil(t, r)
			if r.Get("meta", "profile").Items()[0].Text() != p.URL {
				continue
			}
			strict, issues := fhir.Read(r.Bytes())
			require.NotNil(t, strict, "%s %v", p.Name, issues)
			assert.Empty(t, p.Check(r), "%s: %s", p.Name, r.Bytes())
			found["used"] = true
			mutants(tree, func(mutant any) {
				m := parsed(t, mutant)
				if m == nil {
					return
				}
				whole := len(p.Check(m))
				for _, one := range rules {
					alone := *p
					alone.Rules, alone.Systems = one, nil
					if len(alone.Check(m)) > 0 {
						found[named(one)] = true
						if whole == 0 {
							assert.Fail(t, "not found", "%s: %s: %s", p.Name, named(one), m.Bytes())
						}
					}
				}
			})
		}
		require.True(t, found["used"], "nothing claims %s", p.Name)
		for _, one := range rules {
			assert.True(t, found[named(one)] || slices.Contains(implied, one[0].Key+" "+one[0].Path), "%s: no mutant breaks %s", p.Name, named(one))
		}
	}
}

// implied are rules that cannot be broken without another: by key and path.
var implied = []string{
	"us-core-13 ", // somebody or something, where both practitioner and organization must be there
	" telecom",    // the extension for appointments, by which the item is of the slice
}

// TestACodeThatItsSystemLacks changes each code of a system that is known whole.
func TestACodeThatItsSystemLacks(t *testing.T) {
	t.Parallel()
	all, held := every(), 0
	for _, tree := range kept(t) {
		data, err := json.Marshal(tree)
		require.NoError(t, err)
		r := parsed(t, tree)
		p, known := profile.Find(all, r.Get("meta", "profile").Items()[0].Text())
		require.True(t, known)
		for _, s := range p.Systems {
			for _, code := range s.Codes {
				was := fmt.Sprintf(`{"code":%q,"system":%q}`, code, s.System)
				if !bytes.Contains(data, []byte(was)) {
					continue
				}
				m, err := fhir.ReadStored(bytes.Replace(data, []byte(was), []byte(fmt.Sprintf(`{"code":"no-such-code","system":%q}`, s.System)), 1))
				require.NoError(t, err)
				held++
				assert.True(t, slices.ContainsFunc(p.Check(m), func(i fhir.Issue) bool { return strings.Contains(i.Text, "has no code no-such-code") }), "%s: %s", p.Name, code)
			}
		}
	}
	assert.Greater(t, held, 40)
}
