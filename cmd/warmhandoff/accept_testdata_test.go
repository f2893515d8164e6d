package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/scenario"
	"warmhandoff/fhir"
)

// The folder testdata is what integrators copy from: what is there to be accepted must be accepted and lead where it is said to lead, what is
// there to be refused must be refused for the reasons written beside it. The tests stand here because go test passes over folders of that name.

const samples = "../../testdata/"

func TestAcceptBundlesReadWithoutAnIssue(t *testing.T) {
	t.Parallel()
	for _, name := range samplesOf(t, "bundles/*.json", 14) {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		if strings.Contains(name, "one-bad") {
			assert.Equal(t, []string{"error code-invalid Bundle.entry[2].resource.gender"}, readIssues(data), name)
			continue
		}
		assert.Empty(t, readIssues(data), name)
	}
}

func TestAcceptEveryBundleStandsInTheTable(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile(samples + "bundles/README.md")
	require.NoError(t, err)
	for _, name := range samplesOf(t, "bundles/*.json", 14) {
		base := strings.TrimSuffix(filepath.Base(name), ".json")
		assert.Contains(t, string(table), "\n| "+base+" |")
	}
}

func TestAcceptScenarioStepsReadWithoutAnIssue(t *testing.T) {
	t.Parallel()
	for _, name := range samplesOf(t, "scenarios/*.txtar", 15) {
		for _, step := range storyAt(t, name).Steps {
			if len(bytes.TrimSpace(step.Body)) > 0 {
				assert.Empty(t, readIssues(step.Body), "%s: step %d", name, step.Number)
			}
			if step.Method == "PUT" {
				resource, _ := fhir.Read(step.Body)
				require.NotNil(t, resource, name)
				assert.Equal(t, step.Path, "/"+resource.Type()+"/"+resource.ID(), name)
			}
		}
	}
}

// scenarioNumbers are the stories that the workflow is known by.
const scenarioNumbers = "01 02 03 04 05 06 07 08 09 10 12 14 15 16 18 19 20 21 22 24 26 27 29 30 33"

// TestAcceptScenariosAreAllThere fails for every story that is missing, and for one that says nothing of its order. A story may be told in parts: 03a
// and 03b. In a hundred other orders each: warmhandoff replay --permute 100 testdata/scenarios/*.txtar
func TestAcceptScenariosAreAllThere(t *testing.T) {
	t.Parallel()
	files := samplesOf(t, "scenarios/*.txtar", 15)
	for _, number := range strings.Fields(scenarioNumbers) {
		there := slices.ContainsFunc(files, func(file string) bool { return strings.HasPrefix(filepath.Base(file), number) })
		assert.True(t, there, "no story tells scenario %s", number)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(data), "\npermute: ", "%s says whether its messages may come in any order", file)
	}
}

// storyAt reads a story of the sample data.
func storyAt(t *testing.T, name string) *scenario.Scenario {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	s, err := scenario.ParseAfter(name, data, scenario.Beside(name, os.ReadFile))
	require.NoError(t, err)
	return s
}

// readIssues gives the issues of the strict reader as lines of a .want file.
func readIssues(data []byte) []string {
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

// samplesOf gives the files that match, and sees to it that they are at least so many.
func samplesOf(t *testing.T, pattern string, least int) []string {
	t.Helper()
	names, err := filepath.Glob(samples + pattern)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), least, pattern)
	slices.Sort(names)
	return names
}

// expected is one row of the table in bundles/README.md.
type expected struct {
	file, identifier, says string
}

// expectations reads the table. A row without a file is about the file above it.
func expectations(t *testing.T) []expected {
	t.Helper()
	table, err := os.ReadFile(samples + "bundles/README.md")
	require.NoError(t, err)
	var rows []expected
	for line := range strings.Lines(string(table)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || strings.Contains(line, "|---") || strings.Contains(line, "| file |") {
			continue
		}
		row := expected{strings.TrimSpace(cells[1]), strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])}
		if row.file == "" {
			row.file = rows[len(rows)-1].file
		}
		rows = append(rows, row)
	}
	require.Greater(t, len(rows), 20)
	return rows
}

// part gives what a pattern's group finds in a text, "" for nothing.
func part(pattern, text string) string {
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return found[1]
}

// TestAcceptBundlesLeadWhereTheTableSays posts every Bundle in the order of the files to one server, and compares each row of the table after its
// file.
func TestAcceptBundlesLeadWhereTheTableSays(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	rows := expectations(t)
	for _, name := range samplesOf(t, "bundles/*.json", 14) {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		base := strings.TrimSuffix(filepath.Base(name), ".json")
		answer := a.do(nobody, "POST", "", string(data))
		for i, e := range answer.Get("entry").Items() {
			status := e.Get("response", "status").Text()
			if base == "17-batch-one-bad" && i == 2 {
				assert.Regexp(t, "^4", status, base)
				continue
			}
			assert.Regexp(t, "^2", status, "%s: entry %d", base, i)
		}
		for _, row := range rows {
			if row.file == base && row.identifier != "" {
				a.standsAs(t, row)
			}
		}
	}
	urgent, routine := a.leg(a.taskOf(t, "B07")), a.leg(a.taskOf(t, "B01"))
	assert.Less(t, urgent.Due[0].By, routine.Due[0].By, "the urgent one has shorter times")
}

func (a *adapter) taskOf(t *testing.T, identifier string) string {
	t.Helper()
	tasks := a.found("Task?identifier=http://bayview.example/tasks|" + identifier)
	require.Len(t, tasks, 1, identifier)
	return tasks[0].ID()
}

// standsAs compares what the server says of a Task with a row of the table.
func (a *adapter) standsAs(t *testing.T, row expected) {
	t.Helper()
	task := a.get("/Task/" + a.taskOf(t, row.identifier))
	leg := a.leg(task.ID())
	assert.Equal(t, part("^`([a-z-]+)`", row.says), leg.State, row)
	assert.Equal(t, part("reason `([a-z-]+)`", row.says), leg.Reason, row)
	assert.Equal(t, part("grade ([A-E])", row.says), leg.Grade, row)
	if visit := part(`visit ([0-9-]+)`, row.says); visit != "" {
		assert.Equal(t, visit, leg.Visit[:len(visit)], row)
	}
	assert.Equal(t, map[bool]int{true: 1}[strings.Contains(row.says, "one miss")], leg.Misses, row)
	if strings.Contains(row.says, "Task completed") {
		assert.Equal(t, "completed", task.Get("status").Text(), row)
	}
	if held := part("held at ([a-z-]+)", row.says); held != "" {
		assert.Equal(t, held, task.Get("status").Text(), row)
		assert.Equal(t, []string{"accepted", "completed", held}, a.statuses("Task/"+task.ID()), row)
	}
	if state := part("ServiceRequest is `([a-z-]+)`", row.says); state != "" {
		r, err := a.door.Referral(t.Context(), strings.TrimPrefix(task.Get("focus", "reference").Text(), "ServiceRequest/"))
		require.NoError(t, err)
		assert.Equal(t, state, r.State, row)
	}
}

// TestAcceptBundlesPostedTwiceChangeNothing holds for those of which the table says so.
func TestAcceptBundlesPostedTwiceChangeNothing(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	post := func(name string) {
		data, err := os.ReadFile(samples + "bundles/" + name)
		require.NoError(t, err)
		a.do(nobody, "POST", "", string(data))
	}
	post("15a-directory.json")
	for _, name := range []string{"15b-conditional-references.json", "18-whole-story-at-once.json"} {
		post(name)
		before := a.holdings()
		a.clock.pass(1)
		post(name)
		assert.Equal(t, before, a.holdings(), name)
	}
}

// TestAcceptABundleComesBackAsItWasSent compares what is stored of the Bundle that is made for it, byte for byte: only the references inside the
// transaction are other ones.
func TestAcceptABundleComesBackAsItWasSent(t *testing.T) {
	t.Parallel()
	a := newAdapter(t)
	data, err := os.ReadFile(samples + "bundles/16-kept-as-sent.json")
	require.NoError(t, err)
	answers := a.do(nobody, "POST", "", string(data)).Get("entry").Items()
	entries := strictly(t, data).Get("entry").Items()
	require.Len(t, answers, len(entries))
	var names []string
	for i, e := range entries {
		location, _, _ := strings.Cut(answers[i].Get("response", "location").Text(), "/_history/")
		require.NotEmpty(t, location)
		if urn := e.Get("fullUrl").Text(); urn != "" {
			names = append(names, urn, strings.TrimPrefix(location, scenario.Base+"/"))
		}
	}
	resolved := strings.NewReplacer(names...)
	for i, e := range entries {
		address, _, _ := strings.Cut(strings.TrimPrefix(answers[i].Get("response", "location").Text(), scenario.Base), "/_history/")
		sent := resolved.Replace(string(e.Get("resource").Raw()))
		stored := a.ask(nobody, "GET", "/"+strings.TrimPrefix(address, "/")+"/_history/1", "")
		require.Equal(t, 200, stored.Status, address)
		assert.Equal(t, unstamped(t, []byte(sent)), unstamped(t, stored.Body), address)
	}
	assert.Contains(t, string(data), "12.500")
}

// TestAcceptScenariosEndAsTheySayInAnyOrder plays every story, and delivers its messages in fifty other orders.
func TestAcceptScenariosEndAsTheySayInAnyOrder(t *testing.T) {
	t.Parallel()
	for _, name := range samplesOf(t, "scenarios/*.txtar", 15) {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			s := storyAt(t, name)
			refused, wants := map[int]bool{}, 0
			end, err := scenario.Play(t.Context(), s, stage(), func(told scenario.Told) {
				assert.Empty(t, told.Wrong, "step %d", told.Step.Number)
				refused[told.Step.Number] = told.Refused()
				wants += len(told.Step.Want)
			})
			require.NoError(t, err)
			assert.NotEmpty(t, end)
			assert.NotZero(t, wants, "a story that wants nothing shows nothing")
			if s.Fixed != "" {
				return
			}
			chance := rand.New(rand.NewPCG(2026, 2))
			messages := s.Messages(refused)
			for range 50 {
				order := s.Order(messages, chance.IntN)
				other, err := scenario.Replay(t.Context(), s, order, stage())
				require.NoError(t, err)
				require.Empty(t, end.Differences(other.End), "order %v, refused in it: %v", order, other.Refused)
			}
		})
	}
}
