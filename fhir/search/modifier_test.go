package search

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// kinds are all kinds of parameters, each with one of it.
var kinds = []struct {
	kind       Kind
	typ, param string
}{{Token, "Task", "code"}, {Reference, "Task", "owner"}, {URI, "CodeSystem", "url"}, {String, "Patient", "name"}, {Date, "Task", "authored-on"}, {Number, "RiskAssessment", "probability"}, {Quantity, "Observation", "value-quantity"}}

// allModifiers are those of R4.
//
// Source: FHIR R4, search.html, Modifiers
const allModifiers = "missing exact contains text in below above not-in [type] identifier not of-type"

// The page of fhir says which modifiers and prefixes each kind of parameter takes, and which of R4 there are none of; what it says is what Parse does.
func TestModifiersAreWhatTheReadmeSays(t *testing.T) {
	t.Parallel()
	var table, none strings.Builder
	table.WriteString("| parameters | modifiers | prefixes |\n|---|---|---|\n")
	for _, k := range kinds {
		require.Equal(t, k.kind, planOf(k.typ).find(k.param).Kind)
		var takes []string
		for m := range strings.FieldsSeq(allModifiers) {
			param, value := k.param+":"+m, "1"
			switch {
			case m == "[type]":
				param = k.param + ":Patient"
			case m == "missing":
				value = "true"
			case m == "of-type" && k.kind == Token: // of identifiers
				param, value = "identifier:of-type", "urn:x|a|b"
			}
			if _, issues := Parse(k.typ, url.Values{param: {value}}, Options{Strict: true}); !fhir.Refused(issues) {
				takes = append(takes, "`:"+m+"`")
			}
		}
		_, issues := Parse(k.typ, url.Values{k.param: {"ge2026"}}, Options{Strict: true})
		words := ""
		if k.kind == Date || k.kind == Number || k.kind == Quantity {
			require.Empty(t, issues)
			words = "`" + strings.ReplaceAll(prefixes, " ", "`, `") + "`"
		}
		fmt.Fprintf(&table, "| %s | %s | %s |\n", k.kind, strings.Join(takes, ", "), words)
	}
	for m := range strings.FieldsSeq(allModifiers) {
		if !strings.Contains(table.String(), "`:"+m+"`") {
			none.WriteString("`:" + m + "` ")
		}
	}
	data, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	assert.Contains(t, string(data), "<!-- modifiers: printed from fhir/search by a test -->\n"+table.String()+"<!-- end -->\n", "fhir/README.md must say this")
	assert.Contains(t, string(data), "no "+strings.ReplaceAll(strings.TrimSpace(none.String()), " ", ", ")+",", "fhir/README.md must name what there is none of")
	for _, search := range []string{"ServiceRequest code:text=x", "ServiceRequest code:in=http://x/vs", "Library composed-of:below=http://x/m", "ServiceRequest code:below=http://snomed.info/sct|1", "Task code:not-in=x", "Task code:above=x"} {
		typ, text, _ := strings.Cut(search, " ")
		values, err := url.ParseQuery(text)
		require.NoError(t, err)
		_, issues := Parse(typ, values, Options{})
		require.Len(t, issues, 1, search)
		assert.True(t, issues[0].Refuses(), search)
		assert.Contains(t, issues[0].Text, "missing", "%s: what it takes is said", search)
	}
}
