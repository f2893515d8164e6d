package search_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"testing"

	"github.com/gofhir/fhirpath"
	"github.com/gofhir/fhirpath/eval"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// expressions are the published expressions by the URL of the parameter.
func expressions(t *testing.T, folder string) map[string]string {
	t.Helper()
	all := map[string]string{
		"http://hl7.org/fhir/us/sdoh-clinicalcare/SearchParameter/Task-output-reference":          "Task.output.value.ofType(Reference)",
		"http://hl7.org/fhir/us/sdoh-clinicalcare/SearchParameter/ServiceRequest-supporting-info": "ServiceRequest.supportingInfo",
		"http://hl7.org/fhir/us/core/SearchParameter/us-core-careteam-role":                       "CareTeam.participant.role",
		"http://hl7.org/fhir/us/core/SearchParameter/us-core-encounter-discharge-disposition":     "Encounter.hospitalization.dischargeDisposition",
		"http://hl7.org/fhir/us/core/SearchParameter/us-core-goal-description":                    "Goal.description",
	}
	names, err := filepath.Glob(filepath.Join(folder, "SearchParameter-*.json"))
	require.NoError(t, err)
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		var p struct{ URL, Expression string }
		require.NoError(t, json.Unmarshal(data, &p))
		all[p.URL] = p.Expression
	}
	return all
}

// about compiles what an expression says of one type. The parts that begin with another type give nothing, and cost the evaluator much.
func about(t *testing.T, expression, typ string) *fhirpath.Expression {
	t.Helper()
	var parts []string
	for part := range strings.SplitSeq(expression, " | ") {
		first, _, _ := strings.Cut(strings.TrimLeft(part, "("), ".")
		if first == typ || !fhir.IsResourceType(first) {
			parts = append(parts, part)
		}
	}
	x, err := fhirpath.Compile(strings.Join(parts, " | "))
	require.NoError(t, err, expression)
	return x
}

// named resolves a reference to a resource of which only the type is known, the one that the reference tells.
type named struct{}

func (named) Resolve(_ context.Context, ref string) ([]byte, error) {
	if typ := typeIn(ref); typ != "" {
		return []byte(`{"resourceType":"` + typ + `"}`), nil
	}
	return nil, errors.New("the type is not known")
}

func typeIn(ref string) string {
	ref, _, _ = strings.Cut(ref, "/_history/")
	parts := strings.Split(ref, "/")
	if len(parts) >= 2 && fhir.IsResourceType(parts[len(parts)-2]) {
		return parts[len(parts)-2]
	}
	return ""
}

// oracle turns what an expression gives into the values of terms, by its own reading of the standard.
func oracle(kind search.Kind, e map[string]any, text string) []string {
	if e == nil {
		e = map[string]any{}
	}
	str := func(name string) string { s, _ := e[name].(string); return s }
	switch kind {
	case search.Token:
		switch {
		case text != "":
			return []string{bars(text)}
		case e["coding"] != nil:
			var all []string
			for _, c := range e["coding"].([]any) {
				all = append(all, oracle(kind, c.(map[string]any), "")...)
			}
			return all
		case e["value"] != nil:
			return coded(str("system"), str("value"))
		}
		return coded(str("system"), str("code"))
	case search.Reference:
		if text != "" {
			return versioned(text)
		}
		var all []string
		if ref, _, _ := strings.Cut(str("reference"), "/_history/"); ref != "" && ref[0] != '#' {
			all = append(all, ref)
		}
		if id, ok := e["identifier"].(map[string]any); ok {
			for _, v := range oracle(search.Token, id, "") {
				all = append(all, "id:"+v)
			}
		}
		return all
	case search.URI:
		return versioned(text)
	case search.String:
		if text != "" {
			return []string{text}
		}
		var all []string
		for _, name := range []string{"text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country"} {
			switch v := e[name].(type) {
			case string:
				all = append(all, v)
			case []any:
				for _, one := range v {
					if s, ok := one.(string); ok {
						all = append(all, s)
					}
				}
			}
		}
		return all
	case search.Date:
		return []string{timeSpan(e, text)}
	}
	return []string{numberSpan(e, text)}
}

func coded(system, code string) []string {
	switch {
	case system == "" && code == "":
		return nil
	case code == "":
		return []string{bars(system) + "|"}
	}
	return []string{bars(system) + "|" + bars(code), bars(code)}
}

func bars(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "|", `\|`) }

func versioned(text string) []string {
	if plain, _, ok := strings.Cut(text, "|"); ok {
		return []string{plain, text}
	}
	return []string{text}
}

func timeSpan(e map[string]any, text string) string {
	both := func(s string) (string, string) {
		d, ok := fhir.ParseDateTime(s)
		if !ok {
			return "000000000000000", "999999999999999"
		}
		return fmt.Sprintf("%015d", d.Start(nil).UnixMilli()+62135596800000), fmt.Sprintf("%015d", d.End(nil).UnixMilli()+62135596800000)
	}
	if repeat, ok := e["repeat"].(map[string]any); ok && e["event"] == nil {
		e, _ = repeat["boundsPeriod"].(map[string]any)
	}
	if events, ok := e["event"].([]any); ok {
		var lows, highs []string
		for _, one := range events {
			lo, hi := both(one.(string))
			lows, highs = append(lows, lo), append(highs, hi)
		}
		return slices.Min(lows) + "," + slices.Max(highs)
	}
	if text != "" {
		lo, hi := both(text)
		return lo + "," + hi
	}
	start, _ := e["start"].(string)
	end, _ := e["end"].(string)
	if start == "" && end == "" {
		return ""
	}
	lo, _ := both(start)
	_, hi := both(end)
	return lo + "," + hi
}

func numberSpan(e map[string]any, text string) string {
	value := func(x any) (string, bool) {
		q, _ := x.(map[string]any)
		f, ok := q["value"].(json.Number)
		return f.String(), ok
	}
	low, okLow := value(e["low"])
	high, okHigh := value(e["high"])
	if okLow || okHigh {
		lo, hi := "0", "9"
		if okLow {
			lo = sorted(low)
		}
		if okHigh {
			hi = sorted(high) + "!"
		}
		return lo + "," + hi
	}
	f, ok := value(e)
	if text != "" {
		f, ok = text, true
	}
	if !ok {
		return ""
	}
	n := sorted(f)
	switch e["comparator"] {
	case "<":
		return "0," + n
	case "<=":
		return "0," + n + "!"
	case ">":
		return n + "!,9"
	case ">=":
		return n + ",9"
	}
	return n + "," + n + "!"
}

// sorted writes a decimal so that text sorts as numbers do: sign, digits before the point and 50,000, digits; turned where it is below nought.
func sorted(text string) string {
	f, _, err := big.ParseFloat(text, 10, 1000, big.ToNearestEven)
	if err != nil || f.Sign() == 0 {
		return "2"
	}
	mantissa, exponent, _ := strings.Cut(new(big.Float).Abs(f).Text('e', 60), "e")
	exp, _ := strconv.Atoi(exponent)
	s := fmt.Sprintf("%05d", exp+1+50_000) + strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	if f.Sign() > 0 {
		return "3" + s
	}
	return "1" + strings.Map(func(c rune) rune { return '9' - c + '0' }, s) + "~"
}

// found gives the values of a parameter among the terms of a resource in the form of the oracle.
func found(terms []search.Term, p *search.Param) []string {
	var out []string
	for _, v := range values(terms, p.Terms+map[bool]string{true: "="}[p.Kind == search.String]) {
		switch {
		case p.Only != "" && typeIn(v) != p.Only:
		case len(v) >= long:
		case p.Kind == search.Quantity && strings.Contains(v, "|"):
		default:
			out = append(out, v)
		}
	}
	return out
}

// differs are the parameters whose values differ from what the published expression gives, in how many examples, and why.
var differs = map[string]struct {
	examples int
	why      string
}{
	"http://hl7.org/fhir/SearchParameter/CarePlan-activity-date": {4, "scheduledString is text, though it may look like a date"},
	"http://hl7.org/fhir/SearchParameter/clinical-date":          {1, "Immunization.occurrenceString is text"},
	"http://hl7.org/fhir/SearchParameter/CodeSystem-system":      {6, "a bar in a uri parts no version; the oracle cannot tell a uri from a canonical"},
	"http://hl7.org/fhir/SearchParameter/conformance-url":        {6, "the same"},
	"http://hl7.org/fhir/SearchParameter/ValueSet-reference":     {6, "the same"},
}

// long is beyond what a term may be: of such values we keep a part.
const long = 440

func TestTermsAgreeWithThePublishedExpressions(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("FHIR_R4_EXAMPLES")
	if folder == "" {
		t.Skip("FHIR_R4_EXAMPLES does not name the folder of the unpacked npm package hl7.fhir.r4.examples 4.0.1")
	}
	published := expressions(t, folder)
	names, err := filepath.Glob(filepath.Join(folder, "*-*.json"))
	require.NoError(t, err)
	compiled := map[string]*fhirpath.Expression{}
	wrong := map[string]int{}
	asked, hits, skipped := 0, 0, 0
	for _, name := range names {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		r, issues := fhir.Read(data)
		if fhir.Refused(issues) {
			skipped++
			continue
		}
		terms := search.Terms(r, search.Options{})
		state := eval.NewContext(data)
		state.SetResolver(named{})
		for _, p := range search.Params(r.Type()) {
			key := r.Type() + " " + p.URL
			if compiled[key] == nil {
				compiled[key] = about(t, published[p.URL], r.Type())
			}
			want, err := evaluate(compiled[key], state, p)
			require.NoError(t, err, "%s %s", name, p.URL)
			got := found(terms, p)
			asked++
			hits += len(got)
			if slices.Equal(want, got) {
				continue
			}
			if wrong[p.URL]++; wrong[p.URL] > differs[p.URL].examples {
				t.Errorf("%s %s:\n  expression %q\n  terms      %q", filepath.Base(name), p.URL, want, got)
			}
		}
	}
	for url, d := range differs {
		assert.Equal(t, d.examples, wrong[url], "%s does not differ in as many examples as is said", url)
	}
	t.Logf("%d questions, %d values, %d examples that the reader refuses", asked, hits, skipped)
	assert.Greater(t, hits, 100_000)
	assert.LessOrEqual(t, skipped, 22)
}

func evaluate(x *fhirpath.Expression, state *eval.Context, p *search.Param) ([]string, error) {
	items, err := x.EvaluateWithContext(state)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, item := range items {
		var e map[string]any
		text := ""
		if object, ok := item.(interface{ Data() []byte }); ok {
			d := json.NewDecoder(bytes.NewReader(object.Data()))
			d.UseNumber()
			if err := d.Decode(&e); err != nil {
				return nil, err
			}
		} else {
			text = item.String()
		}
		for _, v := range oracle(p.Kind, e, text) {
			if v != "" && len(v) < long && (p.Only == "" || typeIn(v) == p.Only) {
				out = append(out, v)
			}
		}
	}
	sort.Strings(out)
	return slices.Compact(out), nil
}
