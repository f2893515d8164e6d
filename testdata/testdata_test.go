// Package testdata_test reads all test data with the strict reader: what is
// there to be accepted must read without an issue, what is there to be refused
// must be refused for the reasons written beside it.
package testdata_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"warmhandoff/fhir"
)

func TestBundlesReadWithoutAnIssue(t *testing.T) {
	t.Parallel()
	for _, name := range files(t, "bundles/*.json", 14) {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		if strings.Contains(name, "one-bad") {
			assert.Equal(t, []string{"error code-invalid Bundle.entry[2].resource.gender"}, read(data), name)
			continue
		}
		assert.Empty(t, read(data), name)
	}
}

func TestEveryBundleStandsInTheTable(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("bundles/README.md")
	require.NoError(t, err)
	for _, name := range files(t, "bundles/*.json", 14) {
		base := strings.TrimSuffix(filepath.Base(name), ".json")
		assert.Contains(t, string(table), "\n| "+base+" |")
	}
}

func TestScenarioStepsReadWithoutAnIssue(t *testing.T) {
	t.Parallel()
	for _, name := range files(t, "scenarios/*.txtar", 15) {
		archive, err := txtar.ParseFile(name)
		require.NoError(t, err)
		for _, step := range archive.Files {
			if body := bytes.TrimSpace(step.Data); len(body) > 0 && body[0] == '{' {
				assert.Empty(t, read(body), "%s: %s", name, step.Name)
			}
		}
	}
}

func TestScenariosFollowTheFormat(t *testing.T) {
	t.Parallel()
	for _, name := range files(t, "scenarios/*.txtar", 15) {
		archive, err := txtar.ParseFile(name)
		require.NoError(t, err)
		title, header, _ := strings.Cut(string(archive.Comment), "\n")
		assert.NotContains(t, title, ": ", "%s: the first line is the title", name)
		parties := map[string]bool{}
		for line := range strings.Lines(strings.TrimSpace(header)) {
			key, value, found := strings.Cut(strings.TrimSpace(line), ": ")
			assert.True(t, found, "%s: %q is no key: value", name, line)
			if key == "party" {
				parties[strings.Fields(value)[0]] = true
			}
		}
		last := ""
		for n, step := range archive.Files {
			words := strings.Fields(step.Name)
			switch len(words) {
			case 1:
				assert.Equal(t, "want", words[0], name)
			case 2:
				assert.Equal(t, "clock", words[1], name)
			case 4:
				assert.True(t, parties[words[1]], "%s: step %d is by nobody named: %s", name, n, words[1])
				assert.Contains(t, []string{"POST", "PUT"}, words[2], name)
			default:
				assert.Fail(t, "no step", "%s: %q", name, step.Name)
			}
			if len(words) == 4 && words[2] == "PUT" {
				resource, _ := fhir.Read(step.Data)
				require.NotNil(t, resource, name)
				assert.Equal(t, words[3], resource.Type()+"/"+resource.ID(), name)
			}
			if len(words) > 1 {
				at, ok := fhir.ParseDateTime(words[0])
				require.True(t, ok, "%s: %s", name, step.Name)
				now := at.Start(nil).Format("2006-01-02T15:04:05")
				assert.LessOrEqual(t, last, now, "%s: time goes back at %q", name, step.Name)
				last = now
			}
		}
	}
}

func TestInvalidIsRefusedForTheReasonsBesideIt(t *testing.T) {
	t.Parallel()
	for _, name := range files(t, "invalid/*.json", 30) {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		want := readWant(t, strings.TrimSuffix(name, ".json")+".want")
		if want.by == "server" {
			assert.Empty(t, read(data), "%s: the reader has nothing against it, the server has", name)
			continue
		}
		assert.ElementsMatch(t, want.issues, read(data), name)
		resource, _ := fhir.Read(data)
		assert.Nil(t, resource, name)
	}
}

func TestEveryExpectationHasItsInput(t *testing.T) {
	t.Parallel()
	for _, name := range files(t, "invalid/*.want", 30) {
		_, err := os.Stat(strings.TrimSuffix(name, ".want") + ".json")
		assert.NoError(t, err)
	}
}

// expectation is a .want file, as invalid/README.md describes it.
type expectation struct {
	by, status string
	issues     []string
}

func readWant(t *testing.T, name string) expectation {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	var w expectation
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		key, rest, _ := strings.Cut(line, " ")
		switch key {
		case "by":
			w.by = rest
		case "status":
			w.status = rest
		case "fatal", "error":
			w.issues = append(w.issues, line)
		default:
			assert.Contains(t, []string{"#", "after", "request"}, key, "%s: %q", name, line)
		}
	}
	assert.Contains(t, []string{"reader", "server"}, w.by, name)
	assert.NotEmpty(t, w.status, name)
	assert.NotEmpty(t, w.issues, name)
	return w
}

// read gives the issues of the strict reader as lines of a .want file.
func read(data []byte) []string {
	_, issues := fhir.Read(data)
	var lines []string
	for _, i := range issues {
		at := i.Expression
		if at == "" {
			at = "-"
		}
		lines = append(lines, string(i.Severity)+" "+string(i.Code)+" "+at)
	}
	return lines
}

// files gives the files that match, and sees to it that they are at least so many.
func files(t *testing.T, pattern string, least int) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), least, pattern)
	slices.Sort(names)
	return names
}
