package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// indexFile is the page that leads from the name of a rule to what shows that it holds.
const indexFile = rules + "README.md"

// indexHead is what the page says before its tables.
const indexHead = `# What shows that each rule holds

Each rule has a name that clinicians and programmers call it by. This page leads from the name to the short stories below this folder that show it,
and to the tests in Go that are named by it, where a story cannot tell it. ` + "`go run ./cmd/warmhandoff replay testdata/rules/row/13.txtar`" + ` plays a story;
` + "`go test ./cmd/warmhandoff -run TestRules`" + ` plays all of them, in their own order and in others.

This page is printed by a test: after a story is added, ` + "`WARMHANDOFF_PRINT=1 go test ./cmd/warmhandoff -run TestRulesIndex`" + ` prints it anew.
`

// indexParts are the tables of the page, in order, with what the names in each stand for.
var indexParts = []struct{ title, folder, words string }{
	{"Transitions", "row", "The rows of the list of transitions: from which state, what happens, to which state."},
	{"Contradictions", "k", "What holds where two say different things of one visit."},
	{"Deadlines", "t", "What is due when, and whose it becomes where it is not done."},
	{"Seeds of warmth", "seed", "What a warm handoff asks for, and what follows where it is missing."},
	{"Rulings", "ruling", "Questions that were open, and how each was settled."},
}

// TestRulesIndex compares the page with the stories and tests that there are.
func TestRulesIndex(t *testing.T) {
	t.Parallel()
	want := printIndex(t)
	if os.Getenv("WARMHANDOFF_PRINT") != "" {
		require.NoError(t, os.WriteFile(indexFile, []byte(want), 0o644))
	}
	have, err := os.ReadFile(indexFile)
	require.NoError(t, err)
	assert.Equal(t, want, string(have), "the page differs from what there is; WARMHANDOFF_PRINT=1 prints it anew")
}

func printIndex(t *testing.T) string {
	t.Helper()
	tests := testsByRuling(t)
	var b strings.Builder
	b.WriteString(indexHead)
	for _, part := range indexParts {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| | shown by |\n|---|---|\n", part.title, part.words)
		for _, name := range namesIn(part.folder) {
			var shown []string
			for _, file := range ruleFiles(t) {
				if rule := ruleOf(file); tells(rule, name) {
					shown = append(shown, fmt.Sprintf("[%s](%s.txtar): %s", strings.TrimPrefix(rule, part.folder+"/"), rule, titleOf(t, file)))
				}
			}
			if part.folder == "ruling" {
				shown = append(shown, tests[strings.TrimLeft(strings.TrimPrefix(name, "ruling/"), "0")]...)
			}
			fmt.Fprintf(&b, "| %s | %s |\n", strings.TrimPrefix(name, part.folder+"/"), strings.Join(shown, "<br>"))
		}
	}
	return b.String()
}

// tells reports whether a story is of a rule: row/13-new-appointment is of row/13.
func tells(story, rule string) bool { return story == rule || strings.HasPrefix(story, rule+"-") }

// namesIn gives the names of the rules of a folder, in their order.
func namesIn(folder string) []string {
	var names []string
	for _, name := range ruleNames() {
		if strings.HasPrefix(name, folder+"/") {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return strings.Compare(sortKey(a), sortKey(b)) })
	return names
}

var digits = regexp.MustCompile(`\d+`)

// sortKey widens numbers, so that K2 comes before K10 and 16a behind 16.
func sortKey(name string) string {
	return digits.ReplaceAllStringFunc(name, func(n string) string { return fmt.Sprintf("%04s", n) })
}

// ownName is the number with which the title of a story of a ruling begins.
var ownName = regexp.MustCompile(`^Ruling \d+a?: `)

func titleOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	title, _, _ := strings.Cut(string(data), "\n")
	return strings.ReplaceAll(ownName.ReplaceAllString(title, ""), "|", `\|`)
}

var inName = regexp.MustCompile(`Ruling0*(\d+a?)`)

// testsByRuling gives the tests of the whole tree whose names have the number of a ruling: "TestRuling44Invariants in fhir/issue_test.go".
func testsByRuling(t *testing.T) map[string][]string {
	t.Helper()
	const top = "../../"
	found := map[string][]string{}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Test") {
				continue
			}
			for _, m := range inName.FindAllStringSubmatch(f.Name.Name, -1) {
				where := strings.TrimPrefix(filepath.ToSlash(path), top)
				found[m[1]] = append(found[m[1]], fmt.Sprintf("`%s` in [%s](../../%s)", f.Name.Name, where, where))
			}
		}
		return nil
	})
	require.NoError(t, err)
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}
