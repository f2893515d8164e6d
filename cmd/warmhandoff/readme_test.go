package main

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping/workflow"
)

const (
	readmeFile   = "../../README.md"
	fhirFile     = "../../fhir/README.md"
	workflowFile = "../../mapping/workflow/README.md"
)

func page(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(data)
}

// TestReadmeCommandsAreTrue sends every curl command of the pages, in order, to a real server process, explains what they want explained, and looks for the
// words that the lines beginning with #> promise in the answer.
func TestReadmeCommandsAreTrue(t *testing.T) {
	t.Parallel()
	for file, least := range map[string]struct{ asks, promises int }{readmeFile: {8, 12}, fhirFile: {4, 9}} {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			s := serveDemo(t)
			shell := map[string]string{"FHIR": s.base}
			asks, promises := 0, 0
			answer := ""
			for _, line := range shellLines(page(t, file)) {
				explained, explains := strings.CutPrefix(line, "go run ./cmd/warmhandoff explain $")
				switch {
				case strings.HasPrefix(line, "NOW="):
					shell["NOW"] = time.Now().UTC().Format(time.RFC3339)
				case strings.HasPrefix(line, "JSON="):
					shell["JSON"] = words(line, shell)[0][len("JSON="):]
				case strings.HasPrefix(line, "curl "):
					answer = curl(t, words(line, shell))
					asks++
				case explains:
					answer = runProgram(t, "", "explain", words("$"+explained, shell)[0]).out
					asks++
				case strings.HasPrefix(line, "#> "):
					for _, word := range strings.Fields(line)[1:] {
						assert.Contains(t, answer, word, line)
						promises++
					}
				}
			}
			assert.GreaterOrEqual(t, asks, least.asks)
			assert.GreaterOrEqual(t, promises, least.promises)
		})
	}
}

// shellLines gives the lines of all ```sh blocks, those that belong together in one: a quote that is open, or a backslash at the end.
func shellLines(text string) []string {
	var lines []string
	inside, open := false, false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case !inside:
			inside = line == "```sh"
		case line == "```":
			inside = false
		case open:
			lines[len(lines)-1] += "\n" + line
			open = strings.Count(lines[len(lines)-1], "'")%2 == 1
		default:
			lines = append(lines, line)
			open = strings.Count(line, "'")%2 == 1
		}
	}
	return lines
}

// words splits a command line as a shell does, as far as the README needs: both quotes, backslash, and variables.
func words(line string, variables map[string]string) []string {
	var all []string
	var word strings.Builder
	quote, begun := byte(0), false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case quote == 0 && (c == ' ' || c == '\n'):
			if begun {
				all = append(all, word.String())
				word.Reset()
			}
			begun = false
			continue
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case c == quote:
			quote = 0
		case c == '\\' && quote != '\'':
			i++
			word.WriteByte(line[i])
		case c == '$' && quote != '\'':
			end := i + 1
			for end < len(line) && line[end] >= 'A' && line[end] <= 'Z' {
				end++
			}
			word.WriteString(variables[line[i+1:end]])
			i = end - 1
		default:
			word.WriteByte(c)
		}
		begun = true
	}
	if begun {
		all = append(all, word.String())
	}
	return all
}

// curl does what the command says and gives the status and the body.
func curl(t *testing.T, args []string) string {
	t.Helper()
	method, url, body, header := "", "", "", http.Header{}
	for i := 1; i < len(args); i++ {
		switch args[i] {
		case "-s":
		case "-X":
			i++
			method = args[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(args[i], ": ")
			header.Set(name, value)
		case "-d", "--data-binary":
			i++
			body = args[i]
		default:
			require.Empty(t, url, "one address for each curl: %v", args)
			url = args[i]
		}
	}
	if file, ok := strings.CutPrefix(body, "@"); ok {
		data, err := os.ReadFile(filepath.Join("../..", file))
		require.NoError(t, err)
		body = string(data)
	}
	if method == "" && body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	return exchange(t, r)
}

func exchange(t *testing.T, r *http.Request) string {
	t.Helper()
	c, err := newClient("http://"+r.URL.Host, 1)
	require.NoError(t, err)
	answer, err := c.http.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	var b strings.Builder
	_, err = fmt.Fprintf(&b, "%d ", answer.StatusCode)
	require.NoError(t, err)
	_, err = io.Copy(&b, answer.Body)
	require.NoError(t, err)
	return b.String()
}

func TestReadmeNamesEveryState(t *testing.T) {
	t.Parallel()
	table := section(t, page(t, workflowFile), "states")
	for _, s := range []workflow.State{
		workflow.Preparing, workflow.Offered, workflow.Accepted, workflow.Scheduled, workflow.Unconfirmed, workflow.Outreach, workflow.Paused,
		workflow.Attended, workflow.Closed,
	} {
		assert.Contains(t, table, fmt.Sprintf("\n| `%s` | %s | ", s, s.Words()))
	}
}

// TestReadmeHasTheTableOfMoves compares the page with the table in the workflow. UPDATE_README=1 in the environment writes it.
func TestReadmeHasTheTableOfMoves(t *testing.T) {
	t.Parallel()
	text := page(t, workflowFile)
	want, have := movesTable(), section(t, text, "moves")
	if os.Getenv("UPDATE_README") != "" && want != have {
		require.NoError(t, os.WriteFile(workflowFile, []byte(strings.Replace(text, "by a test -->\n"+have+"<!-- end -->", "by a test -->\n"+want+"<!-- end -->", 1)), 0o600))
		return
	}
	assert.Equal(t, want, have)
}

func section(t *testing.T, text, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "<!-- "+name+":")
	require.True(t, ok)
	_, rest, _ = strings.Cut(rest, "-->\n")
	body, _, ok := strings.Cut(rest, "<!-- end -->")
	require.True(t, ok)
	return body
}

func movesTable() string {
	var b strings.Builder
	b.WriteString("| from | to | by |\n|---|---|---|\n")
	for _, from := range workflow.Statuses {
		for i, m := range workflow.Moves {
			if m.From != from || slices.ContainsFunc(workflow.Moves[:i], func(e workflow.Move) bool { return e.From == from && sameRoles(e.By, m.By) }) {
				continue
			}
			var to []string
			for _, other := range workflow.Moves[i:] {
				if other.From == from && sameRoles(other.By, m.By) {
					to = append(to, "`"+string(other.To)+"`")
				}
			}
			var by []string
			for _, role := range m.By {
				by = append(by, string(role))
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", from, strings.Join(to, ", "), strings.Join(by, ", "))
		}
	}
	return b.String()
}

func sameRoles(a, b []workflow.Role) bool { return slices.Equal(a, b) }

// TestTheREADMEShowsWhatCheckSays holds the shown answer of check to the real one, but for the days by which something is due.
func TestTheREADMEShowsWhatCheckSays(t *testing.T) {
	t.Parallel()
	readme := page(t, readmeFile)
	file, err := filepath.Abs("../../testdata/bundles/06-without-consent.json")
	require.NoError(t, err)
	got := runProgram(t, "", "check", file)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	require.Len(t, lines, 10)
	for _, due := range lines[7:] {
		what, _, _ := strings.Cut(due, " by ")
		assert.Contains(t, readme, "\n"+what+" by ")
	}
	assert.Contains(t, readme, strings.Replace(lines[0], file, "testdata/bundles/06-without-consent.json", 1)+"\n"+strings.Join(lines[1:7], "\n")+"\n")
}

// TestTheREADMEShowsWhatReplaySays holds the shown story to the real one, and the story that the page of the test data shows to the file.
func TestTheREADMEShowsWhatReplaySays(t *testing.T) {
	t.Parallel()
	const story = "testdata/scenarios/02-completed-is-not-attended.txtar"
	file, err := filepath.Abs("../../" + story)
	require.NoError(t, err)
	got := runProgram(t, "", "replay", file)
	require.Equal(t, 0, got.status)
	var shown strings.Builder
	for line := range strings.Lines(strings.Replace(got.out, file, story, 1)) {
		if !strings.Contains(line, "due:") {
			shown.WriteString(line)
		}
	}
	assert.Contains(t, page(t, readmeFile), "replay "+story+" | grep -v due:\n```\n\n```\n"+strings.TrimRight(shown.String(), "\n")+"\n```\n")
	assert.Contains(t, page(t, "../../testdata/README.md"), "```\n"+strings.TrimRight(page(t, "../../testdata/rules/row/17.txtar"), "\n")+"\n```\n")
	assert.LessOrEqual(t, strings.Count(page(t, readmeFile), "\n"), 200, "the front door is read in two minutes")
}

// TestEveryLinkOfThePagesLeadsSomewhere: to a file or folder that is there, and to a heading that it has.
func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	links := 0
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		for _, m := range link.FindAllStringSubmatch(page(t, path), -1) {
			target, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			links++
			at := path
			if target != "" {
				at = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(at); !assert.NoError(t, err, "%s links to %s", path, m[1]) {
				continue
			}
			if heading != "" {
				found := false
				for line := range strings.Lines(page(t, at)) {
					if words, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && line[0] == '#' {
						found = found || strings.ReplaceAll(strings.ToLower(strings.TrimSpace(words)), " ", "-") == heading
					}
				}
				assert.True(t, found, "%s links to %s", path, m[1])
			}
		}
		return nil
	}))
	assert.Greater(t, links, 100)
}
