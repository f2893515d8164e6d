package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
)

// binary is the program as it is shipped, built once for all tests.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "warmhandoff-test-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "warmhandoff")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as the README has it
	if out, err := build.CombinedOutput(); err != nil {
		panic(fmt.Sprintf("build: %v\n%s", err, out))
	}
	status := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(status)
}

// ran is how a run of the program ended.
type ran struct {
	status   int
	out, err string
}

// runProgram runs the program to its end in an empty folder of its own.
func runProgram(t *testing.T, in string, args ...string) ran {
	t.Helper()
	return runIn(t, t.TempDir(), nil, in, args...)
}

func runIn(t *testing.T, dir string, env []string, in string, args ...string) ran {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, binary, args...)
	var out, err bytes.Buffer
	c.Dir, c.Stdin, c.Stdout, c.Stderr = dir, strings.NewReader(in), &out, &err
	c.Env = append(os.Environ(), env...)
	failed := c.Run()
	var exit *exec.ExitError
	if failed != nil && !errors.As(failed, &exit) {
		require.NoError(t, failed)
	}
	return ran{c.ProcessState.ExitCode(), out.String(), err.String()}
}

// running is a server process.
type running struct {
	command *exec.Cmd
	base    string
	out     *text
	err     *text
	stopped chan error
}

// text collects what a process writes.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// serveWith starts a server on a free port; the test's end stops it.
func serveWith(t *testing.T, args ...string) *running {
	t.Helper()
	return begin(t, exec.Command(binary, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...))
}

// begin starts a command that is a server, and waits until it says that it is ready.
func begin(t *testing.T, command *exec.Cmd) *running {
	t.Helper()
	s := &running{command: command, out: &text{}, err: &text{}, stopped: make(chan error, 1)}
	s.command.Dir, s.command.Stdout, s.command.Stderr = t.TempDir(), s.out, s.err
	require.NoError(t, s.command.Start())
	go func() { s.stopped <- s.command.Wait() }()
	t.Cleanup(func() { _ = s.command.Process.Kill() })
	require.Eventually(t, func() bool {
		at := served.FindStringSubmatch(s.out.String())
		if at != nil {
			s.base = at[1]
		}
		return at != nil && strings.Contains(s.err.String(), "msg=ready")
	}, startTimeout, 5*time.Millisecond, "it is not ready: %s", s.err)
	return s
}

func serveDemo(t *testing.T) *running {
	t.Helper()
	return serveWith(t, "--demo")
}

// stop asks the server to stop and gives its status.
func (s *running) stop(t *testing.T) int {
	t.Helper()
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	select {
	case <-s.stopped:
	case <-time.After(2 * drain):
		require.Fail(t, "the server does not stop")
	}
	return s.command.ProcessState.ExitCode()
}

func (s *running) get(t *testing.T, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+path, nil)
	require.NoError(t, err)
	return exchange(t, r)
}

func (s *running) post(t *testing.T, path, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/fhir+json")
	return exchange(t, r)
}

// ready gives what /readyz answers.
func (s *running) ready(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSuffix(s.base, "/fhir")+"/readyz", nil)
	require.NoError(t, err)
	return exchange(t, r)
}

func TestServeSaysWhatItIs(t *testing.T) {
	t.Parallel()
	s := serveWith(t, "--db", "a.db")
	require.Eventually(t, func() bool { return strings.Count(s.out.String(), "  curl -s ") == 3 }, startTimeout, 5*time.Millisecond, "three commands to try")
	out := s.out.String()
	assert.Contains(t, out, "There is no authentication yet; it listens on this machine alone (127.0.0.1:")
	assert.Regexp(t, `level=INFO msg=ready address=127\.0\.0\.1:\d+ took=\d`, s.err.String())
	assert.Contains(t, s.get(t, "/metadata"), `"fhirVersion":"4.0.1"`)
	assert.FileExists(t, filepath.Join(s.command.Dir, "a.db"))
	assert.Equal(t, 0, s.stop(t))
	assert.Contains(t, s.err.String(), "msg=stopped")
}

func TestServeRefusesInOneSentence(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		args []string
		says string
	}{
		{"to listen beyond this machine", []string{"--addr", "0.0.0.0:0"}, "no authentication yet, so 0.0.0.0:0 is refused"},
		{"to listen on every address", []string{"--addr", ":8080"}, "no authentication yet, so :8080 is refused"},
		{"to listen on a name that is not this machine", []string{"--addr", "example.org:8080"}, "is refused"},
		{"an address without a port", []string{"--addr", "localhost"}, "is not host:port"},
		{"a port that is taken by nobody's right", []string{"--addr", "127.0.0.1:99999"}, "invalid port"},
		{"PostgreSQL, which comes later", []string{"--db", "postgres://db/x"}, "comes in a later version"},
		{"a database that is no file", []string{"--db", "mysql://db/x"}, "takes a file name"},
		{"a folder that is not there", []string{"--db", "no/such/folder.db"}, "does not exist"},
		{"a zone that is nowhere", []string{"--zone", "Mars/Base"}, `"Mars/Base" is not known`},
		{"a partner with a word nobody knows", []string{"--partner", "Organization/a=friend"}, `"friend" is not treatment`},
		{"a flag that is none", []string{"--adr", "x"}, "unknown flag --adr"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := runIn(t, dir, nil, "", append([]string{"serve"}, row.args...)...)
			assert.Equal(t, 2, got.status)
			assert.Contains(t, got.err, row.says)
			assert.Equal(t, 1, strings.Count(strings.TrimSpace(got.err), "\n")+1, got.err)
			assert.Empty(t, got.out)
			if row.args[0] == "--addr" {
				left, err := os.ReadDir(dir)
				require.NoError(t, err)
				if row.args[1] != "127.0.0.1:99999" {
					assert.Empty(t, left, "nothing is made before the refusal")
				}
			}
		})
	}
}

func TestSettingsComeFromFileEnvironmentAndFlags(t *testing.T) {
	t.Parallel()
	// The address that is refused shows which setting won.
	dir := t.TempDir()
	file := filepath.Join(dir, "warmhandoff.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"addr": "192.0.2.1:1", "partner": {"Organization/a": "treatment"}}`), 0o600))
	assert.Contains(t, runIn(t, dir, nil, "", "serve").err, "192.0.2.1:1 is refused")
	env := []string{"WARMHANDOFF_ADDR=192.0.2.2:1"}
	assert.Contains(t, runIn(t, dir, env, "", "serve").err, "192.0.2.2:1 is refused")
	assert.Contains(t, runIn(t, dir, env, "", "serve", "--addr", "192.0.2.3:1").err, "192.0.2.3:1 is refused")

	require.NoError(t, os.WriteFile(file, []byte(`{"adr": "192.0.2.1:1"}`), 0o600))
	assert.Contains(t, runIn(t, dir, nil, "", "serve").err, `"adr" is not a setting`)
	other := filepath.Join(t.TempDir(), "other.json")
	require.NoError(t, os.WriteFile(other, []byte(`{"addr": `), 0o600))
	assert.Equal(t, 2, runProgram(t, "", "serve", "--config", other).status)
}

func TestHelpIsThere(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{}, kong.Vars{"version": ""})
	require.NoError(t, err)
	verbs := append(parser.Model.Leaves(false), parser.Model.Node)
	for _, group := range parser.Model.Children {
		if len(group.Children) > 0 {
			verbs = append(verbs, group)
		}
	}
	require.Len(t, verbs, len(manuals))
	for _, verb := range verbs {
		words := strings.Fields(verb.FullPath())[1:]
		name := strings.Join(words, " ")
		got := runProgram(t, "", append(words, "--help")...)
		assert.Equal(t, 0, got.status, name)
		assert.Contains(t, got.out, strings.TrimSpace("Usage: warmhandoff "+name))
		if name != "help" {
			assert.Equal(t, got, runProgram(t, "", append([]string{"help"}, words...)...), "help %s says the same", name)
		}
		if verb == parser.Model.Node {
			assert.Equal(t, got, runProgram(t, ""), "nothing at all asks for help")
		}
		assert.Regexp(t, `\nExamples:\n\n    \S*`, got.out, name)
		assert.Regexp(t, `\nExit status:\n\n    0  `, got.out, name)
		for _, example := range manuals[name].examples {
			assert.Contains(t, got.out, "    "+example+"\n")
			assertExample(t, example)
		}
	}
	for _, args := range [][]string{{"version"}, {"--version"}} {
		assert.Regexp(t, `^warmhandoff \S+.*, FHIR R4 \(4\.0\.1\), go1\.`, runProgram(t, "", args...).out)
	}
	assert.Equal(t, 2, runProgram(t, "", "help", "nonsense").status)
	assert.Contains(t, runProgram(t, "", "load").err, "missing flags: --server=URL (see: warmhandoff help load)")
}

// assertExample parses an example without running it.
func assertExample(t *testing.T, line string) {
	t.Helper()
	exited := false // with help or version
	parser, err := kong.New(&commands{}, kong.Vars{"version": ""}, kong.Exit(func(int) { exited = true }), kong.Writers(io.Discard, io.Discard))
	require.NoError(t, err)
	var args []string
	for _, word := range strings.Fields(strings.TrimSuffix(strings.TrimPrefix(line, "source <("), ")"))[1:] {
		if word == "<" || word == ">" || word == "|" {
			break
		}
		args = append(args, word)
	}
	_, err = parser.Parse(asked(args))
	assert.True(t, err == nil || exited, "%s: %v", line, err)
}

func TestTheDemonstrationHasSomebodyInEveryState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "demo.db")
	s := serveWith(t, "--demo", "--db", file)
	states := map[string]bool{}
	for _, k := range sketches {
		state, reason, _ := strings.Cut(k.until, ":")
		if k.pause {
			state, reason = "paused", "waitlist"
		}
		states[state] = true
		answer := s.get(t, "/Task/"+k.id("T1")+"/$handoff")
		assert.Contains(t, answer, `{"name":"state","valueCode":"`+state+`"}`, k.name)
		assert.Contains(t, answer, reason, k.name)
		person := s.get(t, "/Patient/"+k.id("P1"))
		assert.Contains(t, person, k.person[1])
	}
	assert.Len(t, states, 9)
	before := s.get(t, "/Task?_count=0")
	require.Equal(t, 0, s.stop(t))

	again := serveWith(t, "--demo", "--db", file)
	assert.Contains(t, before, `"total":`)
	assert.Equal(t, totalOf(before), totalOf(again.get(t, "/Task?_count=0")), "it is not loaded twice")
	require.Equal(t, 0, again.stop(t))

	other := filepath.Join(dir, "other.db")
	s = serveWith(t, "--db", other)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/Patient", strings.NewReader(`{"resourceType":"Patient"}`))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/fhir+json")
	assert.Contains(t, exchange(t, r), "201 ")
	require.Equal(t, 0, s.stop(t))
	got := runProgram(t, "", "serve", "--addr", "127.0.0.1:0", "--demo", "--db", other)
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.err, "holds other data")
}

func totalOf(bundle string) string {
	_, rest, _ := strings.Cut(bundle, `"total":`)
	return rest[:strings.IndexAny(rest, ",}")]
}

func TestTheDemonstrationIsAboutTheseDays(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 7, 9, 5, 0, 0, 0, time.UTC)
	for _, k := range sketches {
		s, err := k.drawn(now)
		require.NoError(t, err, k.name)
		last := s.Steps[len(s.Steps)-1].At
		assert.False(t, last.After(now), k.name)
		assert.Less(t, now.Sub(last), 24*time.Hour, k.name)
		for _, step := range s.Steps {
			assert.False(t, regexp.MustCompile(`"2026-\d\d-\d\d`).Match(step.Body), k.name)
			assert.False(t, bytes.Contains(step.Body, []byte(`"SR1"`)), k.name)
		}
	}
}

func TestEveryStoryEndsAsItShould(t *testing.T) {
	t.Parallel()
	for _, file := range stories(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, "", "replay", "--permute", "5", file)
			assert.Equal(t, 0, got.status, "%s\n%s", got.err, got.out)
		})
	}
}

func stories(t *testing.T) []string {
	t.Helper()
	root, err := filepath.Abs("../../testdata/scenarios")
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(root, "*.txtar"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 15)
	return files
}

func TestReplayTellsDifferences(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, err := os.ReadFile(stories(t)[0])
	require.NoError(t, err)
	wrong := filepath.Join(dir, "wrong.txtar")
	require.NoError(t, os.WriteFile(wrong, bytes.Replace(data, []byte("Task/T1 offered"), []byte("Task/T1 attended"), 1), 0o600))
	got := runProgram(t, "", "replay", wrong)
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.out, "DIFFERENT: Task/T1: state should be attended, is offered")
	assert.Contains(t, got.err, "1 differences")

	fixed := filepath.Join(dir, "fixed.txtar")
	require.NoError(t, os.WriteFile(fixed, bytes.Replace(data, []byte("permute: yes"), []byte("permute: no, for this test"), 1), 0o600))
	got = runProgram(t, "", "replay", "--permute", "3", fixed)
	assert.Equal(t, 0, got.status)
	assert.Contains(t, got.out, "one order only: for this test")

	got = runProgram(t, "", "replay", "--json", stories(t)[0])
	assert.Equal(t, 0, got.status)
	assert.Contains(t, got.out, `{"step":1,"at":"2026-03-02T09:00:00-08:00","who":"ref","method":"POST","path":"/","status":200,"outcome":[{"severity":"information","code":"informational","expression":"Bundle.entry[6].resource",`)
	assert.Contains(t, got.out, `"referrals":[{"serviceRequest":"SR1","state":"active","legs":[{"task":"T1","agency":"Organization/harbor","state":"preparing","reason":"","grade":"","visit":"","misses":0,`)
	assert.Equal(t, 1, runProgram(t, "", "replay", filepath.Join(dir, "none.txtar")).status)
}

func TestCheckSaysWhatIsWrongAndWhatWouldBe(t *testing.T) {
	t.Parallel()
	bundles, err := filepath.Abs("../../testdata/bundles")
	require.NoError(t, err)
	for _, row := range []struct {
		name   string
		args   []string
		in     string
		status int
		says   []string
	}{
		{"a referral without consent", []string{bundles + "/06-without-consent.json"}, "", 0, []string{"accepted (Bundle, transaction of", "preparing:consent", "due: get-consent"}},
		{"a Task, and then its request", []string{bundles + "/10a-task-first.json", bundles + "/10b-its-referral.json"}, "", 0, []string{"offered"}},
		{"a Task alone", []string{bundles + "/10a-task-first.json"}, "", 0, []string{"kept, and not followed"}},
		{"a batch with one bad entry", []string{bundles + "/17-batch-one-bad.json"}, "", 1, []string{"REFUSED in part", "Bundle.entry[2].resource.gender"}},
		{"all that is wrong, from the standard input", []string{"-"}, `{"resourceType":"Task","status":"bogus","intnt":"order"}`, 1, []string{"-: REFUSED", "Task.status:", "Task.intnt:", "Task.intent:"}},
		{"XML", []string{"-"}, "\uFEFF\n<Task xmlns='http://hl7.org/fhir'><status value='bogus'/></Task>", 1, []string{"-: REFUSED (Task)", "Task.status:", "Task.intent:"}},
		{"XML that is none", []string{"-"}, "<Task xmlns='http://hl7.org/fhir'>", 1, []string{"-: REFUSED", "Not well-formed XML"}},
		{"no JSON", []string{"-"}, `{"resourceType":`, 1, []string{"REFUSED", "line 1"}},
		{"a Bundle that is only kept", []string{"-"}, `{"resourceType":"Bundle","type":"collection"}`, 0, []string{"kept as one resource"}},
		{"JSON for programs", []string{"--json", "-"}, `{"resourceType":"Task","status":"requested","intent":"order"}`, 0, []string{`"ok":true,"issues":[{"severity":"warning","code":"business-rule","expression":"Task.focus","text":"Kept and not followed: it names no ServiceRequest`, `"notFollowed":[{"task":"new-1","because":"it names no ServiceRequest, neither in focus nor in basedOn"}]`}},
		{"what a write is not refused for", []string{"-"}, `{"resourceType":"ServiceRequest","status":"active","intent":"order","subject":{"display":"x"},"orderDetail":[{"text":"x"}]}`, 0,
			[]string{"-: accepted", "warning", "(prr-1)"}},
		{"a profile that is claimed, in a Bundle", []string{"-"}, `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Task","status":"requested","intent":"order",
			"meta":{"profile":["http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement"]}}}]}`, 0, []string{"-: accepted", "warning", "Bundle.entry[0].resource.focus"}},
		{"a file that is not there", []string{"none.json"}, "", 2, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := runProgram(t, row.in, append([]string{"check"}, row.args...)...)
			assert.Equal(t, row.status, got.status, got.err)
			for _, words := range row.says {
				assert.Contains(t, got.out, words)
			}
		})
	}
}

func TestCheckAsksAServerWithoutWriting(t *testing.T) {
	t.Parallel()
	s := serveWith(t, "--db", ":memory:")
	got := runProgram(t, `{"resourceType":"Patient"}`, "check", "--server", s.base, "-")
	assert.Equal(t, 0, got.status, got.err)
	got = runProgram(t, `{"resourceType":"Task","status":"requested","intent":"order","focus":{"reference":"ServiceRequest/1"},"owner":{"reference":"Organization/x"}}`, "check", "--server", s.base, "-")
	assert.Equal(t, 0, got.status, got.err)
	assert.Contains(t, got.out, "it waits for that: ServiceRequest/1", "what would become of it there")
	assert.Equal(t, 1, runProgram(t, `{"resourceType":"Patient","gender":"f"}`, "check", "--server", s.base, "-").status)
	assert.Contains(t, s.get(t, "/Patient?_count=0"), `"total":0`)
}

func TestReprojectComesOutTheSame(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "demo.db")
	s := serveWith(t, "--demo", "--db", file)
	require.Equal(t, 0, s.stop(t))
	got := runProgram(t, "", "reproject", "--verify", "--db", file)
	assert.Equal(t, 0, got.status, got.err)
	assert.Contains(t, got.out, "12 referrals projected")
	assert.Contains(t, got.out, "rows came out as they were")
}

// TestMarkOfAnOlderProgram starts on a store in which rows say what other rules made of the resources: they come right.
func TestMarkOfAnOlderProgram(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "demo.db")
	s := serveWith(t, "--demo", "--db", file)
	require.Equal(t, 0, s.stop(t))
	right := rowsOf(t, file, func(store.Tx, store.Handoff) error { return nil })
	rowsOf(t, file, func(tx store.Tx, h store.Handoff) error {
		h.State, h.Doc, h.Mark = "attended", []byte(`{"Handoff":{"State":"attended"}}`), ""
		return tx.PutHandoff(context.Background(), h)
	})
	// As it is in a store that was written before rows had marks.
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "DELETE FROM idempotency WHERE key LIKE 'rows|%'")
	require.NoError(t, errors.Join(err, db.Close()))

	s = serveWith(t, "--db", file)
	require.Eventually(t, func() bool { return strings.Contains(s.err.String(), "made the read model anew") }, startTimeout, 5*time.Millisecond)
	assert.Contains(t, s.get(t, "/Task/demo-scheduled-T1/$handoff"), "scheduled")
	require.Equal(t, 0, s.stop(t))
	is := rowsOf(t, file, func(store.Tx, store.Handoff) error { return nil })
	require.Len(t, is, len(right))
	for task, h := range right {
		assert.Equal(t, h.State, is[task].State, task)
		assert.Equal(t, h.Mark, is[task].Mark, task)
	}
}

// rowsOf gives the read model of a file after something was done with each row.
func rowsOf(t *testing.T, file string, each func(store.Tx, store.Handoff) error) map[string]store.Handoff {
	t.Helper()
	st, err := sqlstore.Open(t.Context(), sqlstore.Options{Path: file})
	require.NoError(t, err)
	all := map[string]store.Handoff{}
	require.NoError(t, st.Update(t.Context(), func(tx store.Tx) error {
		return tx.EachHandoff(t.Context(), func(h store.Handoff) error {
			all[h.Task] = h
			return each(tx, h)
		})
	}))
	require.NoError(t, st.Close())
	return all
}

func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	got := runProgram(t, "", "proof", "kill", "--cycles", "5")
	assert.Equal(t, 0, got.status, got.err)
	assert.Contains(t, got.out, `"ok":true`)
}

// needStrace skips the test where processes cannot be watched: strace is not there, or the machine does not allow it.
func needStrace(t *testing.T) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err == nil {
		err = exec.Command(strace, "-f", "-o", os.DevNull, binary, "version").Run()
	}
	if err != nil {
		t.Skipf("strace cannot be used here: %v", err)
	}
	return strace
}

func TestSyncedBeforeTheAnswer(t *testing.T) {
	t.Parallel()
	needStrace(t)
	got := runProgram(t, "", "proof", "sync", "--requests", "50")
	assert.Equal(t, 0, got.status, got.err+got.out)
	got = runProgram(t, "", "proof", "sync", "--requests", "50", "--mutant")
	assert.Equal(t, 0, got.status, "the count must see a store that does not wait: "+got.err+got.out)
}

// TestStopsWhenTheDiskFails lets every sync from the sixtieth on fail, as a broken disk would.
func TestStopsWhenTheDiskFails(t *testing.T) {
	t.Parallel()
	strace := needStrace(t)
	s := begin(t, exec.Command(strace, "-D", "-f", "-o", filepath.Join(t.TempDir(), "trace"),
		"-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=60+",
		"--", binary, "serve", "--addr", "127.0.0.1:0", "--db", filepath.Join(t.TempDir(), "a.db")))
	c, err := newClient(s.base, 1)
	require.NoError(t, err)
	for n := 0; ; n++ {
		require.Less(t, n, 1000, "the fault never came")
		if _, err := c.must(t.Context(), http.MethodPost, "", referral("disk")); err != nil {
			break
		}
	}
	select {
	case <-s.stopped:
		assert.Equal(t, 1, s.command.ProcessState.ExitCode(), s.err.String())
		assert.Contains(t, s.err.String(), "the store failed")
	case <-time.After(5 * time.Second):
		assert.Fail(t, "the server goes on with a broken disk")
	}
}

func TestLoadMeasures(t *testing.T) {
	t.Parallel()
	s := serveWith(t, "--db", filepath.Join(t.TempDir(), "load.db"), "--log-level", "info")
	for n, mix := range []string{"transaction", "update", "search"} {
		if n > 0 {
			got := runProgram(t, "", "load", "--server", s.base)
			assert.Equal(t, 2, got.status)
			assert.Regexp(t, `the server holds data already \(\w+: \d+\).* say --not-empty`, got.err)
		}
		got := runProgram(t, "", "load", "--not-empty", "--server", s.base, "--clients", "2", "--seconds", "1", "--tasks", "200", "--mix", mix,
			"--pid", fmt.Sprint(s.command.Process.Pid))
		assert.Equal(t, 0, got.status, got.err+got.out)
		assert.Regexp(t, mix+`, 2 clients, .* [1-9]\d*/s, p50 .* ms, p99 .* ms, longest .* ms, 0 errors`, got.out)
		assert.Contains(t, got.out, "server memory: ")
	}
	for _, elsewhere := range []string{"http://192.0.2.1/fhir", "https://127.0.0.1/fhir", "http://example.org/fhir"} {
		got := runProgram(t, "", "load", "--server", elsewhere)
		assert.Equal(t, 2, got.status)
		assert.Contains(t, got.err, "not an http address of this machine")
	}
}

func TestLoadStopsWhenTheServerIsDead(t *testing.T) {
	t.Parallel()
	got := runProgram(t, "", "load", "--server", "http://127.0.0.1:1/fhir")
	assert.Equal(t, 2, got.status)
	assert.Contains(t, got.err, "the server does not answer as a FHIR server: ")

	s := serveWith(t, "--db", ":memory:")
	began := time.Now()
	ended := make(chan ran, 1)
	go func() { ended <- runProgram(t, "", "load", "--server", s.base, "--seconds", "60") }()
	require.Eventually(t, func() bool { // as many as cannot all be under way
		n, err := strconv.Atoi(totalOf(s.get(t, "/Task?_summary=count")))
		return err == nil && n > 20
	}, startTimeout, 5*time.Millisecond)
	require.NoError(t, s.command.Process.Kill())
	got = <-ended
	assert.Equal(t, 1, got.status)
	assert.Contains(t, got.err, "the server does not answer any more: ")
	assert.Contains(t, got.out, " errors", "what was done until then is told")
	assert.Less(t, time.Since(began), 50*time.Second)
}

func TestRequestsUnderWayAreDoneOnTheWayOut(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a.db")
	s := serveWith(t, "--db", file)
	c, err := newClient(s.base, 4)
	require.NoError(t, err)
	crew := newCrew(c, 0, 4)
	crew.begin(t.Context())
	require.Eventually(t, func() bool { return crew.inFlight.Load() > 0 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, 0, s.stop(t))
	deeds := crew.end()

	again := serveWith(t, "--db", file)
	c, err = newClient(again.base, 1)
	require.NoError(t, err)
	var seen tally
	require.NoError(t, seen.verify(t.Context(), c, deeds))
	assert.Zero(t, seen.lost)
	assert.Zero(t, seen.half)
	assert.Equal(t, 0, again.stop(t))
}
