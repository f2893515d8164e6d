package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
	"warmhandoff/testdata/invalid"
	"warmhandoff/testdata/mutants"
)

// unusual are inputs in which something is unusual, or wrong where only the whole tells.
var unusual = []string{
	`{"resourceType":"Appointment","status":"fulfilled","participant":[{"actor":{"reference":"Patient/1"},"status":"accepted"}]}`,
	`{"resourceType":"Task","status":"requested","intent":"order","authoredOn":"2026-03-02","lastModified":"2026-02-02"}`,
	`{"resourceType":"Task","status":"completed","intent":"order","statusReason":{"coding":[{"system":"urn:warmhandoff:reason","code":"no-such"}]},"focus":{"reference":"ServiceRequest/1"},"owner":{"reference":"Organization/h"}}`,
	`{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:warmhandoff:observation","code":"first-visit"}]},"effectiveDateTime":"2999-01-01"}`,
	`{"resourceType":"ServiceRequest","id":"s1","status":"active","intent":"order","subject":{"reference":"Patient/p"},"modifierExtension":[{"url":"http://a.example/x","valueBoolean":true}]}`,
	`{"resourceType":"Patient","contained":[{"resourceType":"Organization","name":"x"}]}`,
	`{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Task"}}]}`,
	`{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient?identifier=a|b"}},"request":{"method":"POST","url":"Task"}}]}`,
	`{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient"},"request":{"method":"POST","url":"Patient"}},{"resource":{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"urn:uuid:8b9a2f6e-9e0e-4a11-8d5f-3f1f4c1a0001"}},"request":{"method":"PUT","url":"Task/1"}}]}`,
	`{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","active":true}}]}`,
}

// opinion is what somebody says of an input: whether it is taken, each reason why not, and what would become of it.
type opinion struct {
	Taken bool
	Why   []string
	Said  []string
}

func opinionOf(issues []scenario.Issue) opinion {
	why, said := map[string]bool{}, map[string]bool{}
	for _, i := range issues {
		switch {
		case i.Severity == "error" || i.Severity == "fatal":
			why[i.Code+" "+i.Expression] = true
		case strings.HasPrefix(i.Text, "Kept"), strings.HasPrefix(i.Text, "Followed"):
			words, _, _ := strings.Cut(i.Text, ":") // ids that are made up differ
			words, _, _ = strings.Cut(words, " of ")
			said[i.Code+" "+i.Expression+" "+words] = true
		}
	}
	return opinion{len(why) == 0, slices.Sorted(maps.Keys(why)), slices.Sorted(maps.Keys(said))}
}

// TestRuling45OneVerdict asks the write itself, $validate, check and check --server of the same on empty servers, and holds them to one verdict.
func TestRuling45OneVerdict(t *testing.T) {
	t.Parallel()
	inputs := map[string]string{}
	for _, c := range invalid.Cases() {
		if path := strings.Trim(c.Path, "/"); c.ByReader && c.Method == "POST" && len(c.Headers) == 0 && !c.Packed && !strings.ContainsAny(path, "$?/") && len(c.Body) < 1<<20 {
			inputs[c.File+"/"+c.Name] = string(c.Body)
		}
	}
	files, err := filepath.Glob("../../testdata/bundles/*.json")
	require.NoError(t, err)
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		inputs[f] = string(data)
	}
	for _, body := range unusual {
		inputs[body] = body
	}
	for i, m := range mutants.Make(mutants.Bases(), mutants.Seed, mutants.PerKind) {
		if i%30 == 0 && json.Valid([]byte(m.Text)) {
			inputs[m.ID+", "+m.Change] = m.Text
		}
	}
	require.Greater(t, len(inputs), 100)
	server := serveWith(t, "--db", ":memory:")
	for name, body := range inputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shape, _ := shapeOf([]byte(body))
			if shape.ResourceType == "" || name == "keys/the type twice" {
				return // nobody can tell where it would go
			}
			a := openAdapter(t, ":memory:", monday, nil)
			defer func() { assert.NoError(t, a.store.Close()) }()
			answer, err := shape.send(t.Context(), a.door, []byte(body))
			require.NoError(t, err)
			written := opinionOf(answer.Issues())
			require.Equal(t, written.Taken, answer.OK() && written.Taken, "%d", answer.Status)
			if answer.Status == 404 || answer.Status == 405 {
				return // the address is wrong, and nothing else
			}

			b := openAdapter(t, ":memory:", monday, nil)
			defer func() { assert.NoError(t, b.store.Close()) }()
			told := b.ask(scenario.Party{}, "POST", validatePath(&shape), body)
			assert.Equal(t, written, opinionOf(told.Issues()), "$validate: %s", told.Body)

			c := openAdapter(t, ":memory:", monday, nil)
			defer func() { assert.NoError(t, c.store.Close()) }()
			for how, ask := range map[string]*check{"check": {}, "check --server": {Server: server.base}} {
				p := &program{Context: t.Context(), in: strings.NewReader(body), out: &bytes.Buffer{}}
				one, err := ask.one(p, c.door, "-")
				require.NoError(t, err, how)
				assert.Equal(t, written, opinionOf(one.Issues), "%s: %v", how, one.Issues)
				assert.Equal(t, written.Taken, one.OK, how)
			}
			if r, _ := fhir.Read([]byte(body)); r != nil {
				d := openAdapter(t, ":memory:", monday, nil)
				defer func() { assert.NoError(t, d.store.Close()) }()
				one, err := (&check{}).one(&program{Context: t.Context(), in: bytes.NewReader(r.XML()), out: &bytes.Buffer{}}, d.door, "-")
				require.NoError(t, err)
				assert.Equal(t, written, opinionOf(one.Issues), "check of XML: %v", one.Issues)
			}
		})
	}
}
