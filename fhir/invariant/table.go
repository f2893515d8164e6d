package invariant

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/gofhir/fhirpath"

	"warmhandoff/fhir"
)

// packed is the table as internal/gen writes it.
//
//go:embed r4.invariants.gz
var packed []byte

// rule is one invariant.
type rule struct {
	typ        string // the type that it is about, or whose element it is about
	element    string // "" for the type itself
	key        string // "prr-1"
	severity   fhir.Severity
	expression string
	words      string
	when       func(fhir.Value) bool // nil: always; otherwise the rule says nothing where this is false
	plain      func(*checker, fhir.Value) []fhir.Value

	compiled func() (*fhirpath.Expression, error)
}

// place is what rules are about.
type place struct{ typ, element string }

// table gives the rules by what they are about; it is unpacked on the first call.
var table = sync.OnceValue(func() map[place][]*rule {
	rules, err := unpack(packed)
	if err != nil {
		panic(fmt.Sprintf("invariant: the embedded table: %v", err))
	}
	t := map[place][]*rule{}
	for _, r := range rules {
		if _, not := passed[r.typ+" "+r.key]; !not {
			t[place{r.typ, r.element}] = append(t[place{r.typ, r.element}], r)
		}
	}
	for i := range spoken {
		about := place{spoken[i].typ, spoken[i].element}
		t[about] = append(t[about], &spoken[i])
	}
	return t
})

// passed are the rules that are not evaluated, and why.
var passed = map[string]string{
	"DomainResource dom-2": "the strict reader",
	"Reference ref-1":      "the strict reader",
	"Narrative txt-1":      "the strict reader",
	"Narrative txt-2":      "the strict reader",
}

// unnamed is how ppc-2 to ppc-5 name the code system. As they are published they are never broken, so what breaks their words is a warning.
const unnamed = "system='something'"

// amended are the rules whose published expression cannot mean what its words say.
//
// Source: FHIR R4, consent.html, ppc-2 to ppc-5 ("IF Scope=…, there must be a patient"); their expressions name the code system 'something'
// Source: FHIR R4, appointment.html, app-4; its expression writes the code noshow as no-show, which would forbid what it means to allow
// Source: FHIR R4, questionnaire.html, que-12 ("more than one enableWhen"; its expression says more than two) and que-13, which comes out empty without repeats
var amended = strings.NewReplacer(unnamed, "system='http://terminology.hl7.org/CodeSystem/consentscope'", "'no-show'", "'noshow'",
	"enableWhen.count() > 2 implies", "enableWhen.count() > 1 implies", "repeats=true or initial.count() <= 1", "initial.count() <= 1 or repeats.where($this).exists()")

// traces are calls that only write a value to a log. The library would write ids and texts of the resource to the program's output.
var traces = regexp.MustCompile(`\.trace\('[^']*'(, *\w+)?\)`)

func unpack(packed []byte) ([]*rule, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return nil, err
	}
	var rules []*rule
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 6 {
			return nil, fmt.Errorf("line not understood: %q", line)
		}
		r := &rule{typ: f[0], element: strings.TrimSuffix(f[1], "[x]"), key: f[2], severity: fhir.Severity(f[3]), expression: traces.ReplaceAllString(amended.Replace(f[4]), ""), words: f[5]}
		if strings.Contains(f[4], unnamed) {
			r.severity = fhir.Warning
		}
		r.when, r.plain = conditions[r.key], plainly[r.key]
		r.compiled = sync.OnceValues(func() (*fhirpath.Expression, error) { return fhirpath.Compile(r.expression) })
		rules = append(rules, r)
	}
	return rules, nil
}

// conditions are looked at before an expression is evaluated, for rules that are about every resource and say something of few.
var conditions = map[string]func(fhir.Value) bool{
	"dom-4": func(v fhir.Value) bool { return v.Get("contained").Exists() },
	"dom-5": func(v fhir.Value) bool { return v.Get("contained").Exists() },
}
