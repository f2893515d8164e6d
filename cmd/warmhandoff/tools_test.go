package main

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCompletionKnowsVerbsAndFlags(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not here")
	}
	dir := t.TempDir()
	script := runProgram(t, "", "completion", "bash")
	require.Equal(t, 0, script.status, script.err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "story.txtar"), nil, 0o600))
	for typed, want := range map[string][]string{
		"":                        {"serve", "check", "help", "completion", "--version"},
		"re":                      {"replay", "reproject"},
		"serve --tr":              {"--trusted-proxy"},
		"serve --demo --che":      {"--check"},
		"serve --db st":           {"story.txtar"},
		"replay st":               {"story.txtar"},
		"explain --js":            {"--json"},
		"proof ":                  {"kill", "sync", "timers", "search", "scale"},
		"proof kill --cy":         {"--cycles"},
		"completion f":            {"fish"},
		"load --server x --not-e": {"--not-empty"},
	} {
		words := append([]string{"warmhandoff"}, strings.Split(typed, " ")...)
		command := exec.CommandContext(t.Context(), bash, "-c", script.out+`
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _warmhandoff; printf '%s\n' "${COMPREPLY[@]}"`, "bash")
		command.Args, command.Dir = append(command.Args, words...), dir
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		got := strings.Fields(string(out))
		for _, one := range want {
			assert.Contains(t, got, one, "after %q", typed)
		}
		if len(want) < 3 && typed != "" {
			assert.Len(t, got, len(want), "after %q", typed)
		}
	}
	for shell, says := range map[string]string{"zsh": "#compdef warmhandoff", "fish": "complete -c warmhandoff -n '__fish_seen_subcommand_from serve' -l trusted-proxy"} {
		assert.Contains(t, runProgram(t, "", "completion", shell).out, says)
		if path, err := exec.LookPath(shell); err == nil {
			check := exec.CommandContext(t.Context(), path, "-n")
			check.Stdin = strings.NewReader(runProgram(t, "", "completion", shell).out)
			out, err := check.CombinedOutput()
			assert.NoError(t, err, "%s: %s", shell, out)
		}
	}
	assert.Equal(t, 2, runProgram(t, "", "completion", "cmd.exe").status)
}

// TestExplainSpeaksJSON of a story, of resources and of a server: a line for each referral, each part by its name.
func TestExplainSpeaksJSON(t *testing.T) {
	t.Parallel()
	type leg struct {
		State, Reason, Why, Task string
		Due                      []struct{ What, For, By string }
		Evidence                 []struct {
			Source string
			Used   bool
		}
		Judged, Warmth, Told []any
	}
	type answer struct {
		About string
		leg
		Leg []leg
	}
	read := func(got ran) (all []answer) {
		require.Equal(t, 0, got.status, got.err)
		for line := range strings.Lines(got.out) {
			if strings.HasPrefix(line, "  ") {
				continue // what a write was told
			}
			var a answer
			require.NoError(t, json.Unmarshal([]byte(line), &a), line)
			all = append(all, a)
		}
		return all
	}
	told := read(runProgram(t, "", "explain", "--json", filepath.Join(testdataFolder(t), "scenarios", "03b-completed-then-noshow.txtar")))
	require.Len(t, told, 1)
	assert.Equal(t, "ServiceRequest/SR1", told[0].About)
	require.Len(t, told[0].Leg, 1)
	assert.Equal(t, "outreach", told[0].Leg[0].State)
	assert.Equal(t, "newest-visit-missed", told[0].Leg[0].Why)
	assert.NotEmpty(t, told[0].Leg[0].Due[0].What)
	assert.NotEmpty(t, told[0].Leg[0].Evidence[0].Source)
	assert.NotEmpty(t, told[0].Leg[0].Judged)

	told = read(runProgram(t, "", "explain", "--json", filepath.Join(testdataFolder(t), "bundles", "06-without-consent.json")))
	require.Len(t, told, 1)
	assert.Equal(t, "consent", told[0].Leg[0].Reason)
	told = read(runProgram(t, "", "explain", "--json", filepath.Join(testdataFolder(t), "bundles", "10a-task-first.json")))
	require.Len(t, told, 1)
	assert.Equal(t, "none", told[0].State)

	s := serveDemo(t)
	for about, state := range map[string]string{"Task/demo-attended-T1": "attended", "Task/demo-scheduled-T1": "scheduled"} {
		told = read(runProgram(t, "", "explain", "--json", s.base+"/"+about))
		require.Len(t, told, 1)
		assert.Equal(t, about, told[0].About)
		assert.Equal(t, state, told[0].State)
		if state == "attended" {
			assert.True(t, told[0].Evidence[0].Used, "true is true, and no text")
		}
	}
}

func testdataFolder(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../../testdata")
	require.NoError(t, err)
	return folder
}

func TestVersionIsStamped(t *testing.T) {
	t.Parallel()
	for want, info := range map[string]*debug.BuildInfo{
		"v1.2.0":      {Main: debug.Module{Version: "v1.2.0"}},
		"development": {Main: debug.Module{Version: "(devel)"}},
		"development 0123456789ab": {Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "false"}}},
		"development 0123456789ab with changes": {Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}},
	} {
		assert.Equal(t, want, builtFrom(info))
	}
	info, err := exec.CommandContext(t.Context(), "go", "version", "-m", binary).CombinedOutput()
	require.NoError(t, err)
	assert.Contains(t, string(info), "CGO_ENABLED=0", "it is built as the README says; the operator's page holds the stamp")
}

func TestEverySignalDrains(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		s := serveWith(t, "--db", ":memory:")
		require.NoError(t, s.command.Process.Signal(signal))
		select {
		case <-s.stopped:
		case <-time.After(2 * drain):
			require.Fail(t, "it does not stop", signal)
		}
		assert.Equal(t, 0, s.command.ProcessState.ExitCode(), signal)
		assert.Contains(t, s.err.String(), "msg=stopped", signal)
	}
	nohup, err := exec.LookPath("nohup")
	if err != nil {
		t.Skip("nohup is not here")
	}
	s := begin(t, exec.CommandContext(t.Context(), nohup, binary, "serve", "--addr", "127.0.0.1:0", "--db", ":memory:"))
	require.NoError(t, s.command.Process.Signal(syscall.SIGHUP))
	assert.Contains(t, s.get(t, "/metadata"), "200 ", "whoever says nohup means it")
	assert.Equal(t, 0, s.stop(t))
}

func TestLinksBeginWithAnAddressThatCanBeAsked(t *testing.T) {
	t.Parallel()
	for addr, begins := range map[string]string{
		"[::]:0": "http://localhost:", ":0": "http://localhost:", "0.0.0.0:0": "http://localhost:", "127.0.0.1:0": "http://127.0.0.1:", "[::1]:0": "http://[::1]:", "localhost:0": "http://",
	} {
		s := begin(t, exec.CommandContext(t.Context(), binary, "serve", "--db", ":memory:", "--insecure-listen", "--addr", addr))
		assert.True(t, strings.HasPrefix(s.base, begins), "%s: %s", addr, s.base)
		assert.NotContains(t, s.base, "[::]")
		answer := s.get(t, "/Task?_count=1")
		assert.Contains(t, answer, `"url":"`+s.base+`/Task?`, addr)
		assert.Equal(t, begins == "http://localhost:", strings.Contains(s.out.String(), "say --base-url"), addr)
		assert.Equal(t, 0, s.stop(t))
	}
}

func TestTheBodyLimitIsASetting(t *testing.T) {
	t.Parallel()
	small, large := serveWith(t, "--db", ":memory:", "--body-limit", "64KiB"), serveWith(t, "--db", ":memory:", "--body-limit", "100MiB")
	for size, status := range map[int][2]string{10 << 10: {"201 ", "201 "}, 100 << 10: {"413 ", "201 "}, 6 << 20: {"413 ", "201 "}} {
		for i, s := range []*running{small, large} {
			note := `{"text":"` + strings.Repeat("x", size/8) + `"}`
			body := `{"resourceType":"Task","status":"requested","intent":"order","note":[` + strings.Repeat(note+",", 7) + note + `]}`
			got := s.post(t, "/Task", body)
			assert.True(t, strings.HasPrefix(got, status[i]), "%d bytes: %.200s", size, got)
		}
	}
}

func TestADatabaseOfAnotherProgramIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "browser.db")
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE notes (a)")
	require.NoError(t, errors.Join(err, db.Close()))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	for _, args := range [][]string{{"serve", "--addr", "127.0.0.1:0"}, {"serve", "--check"}, {"reproject"}} {
		got := runProgram(t, "", append(args, "--db", file)...)
		assert.NotZero(t, got.status, args)
		assert.Contains(t, got.err+got.out, "--db "+file+" is a SQLite database of another program (it has the tables notes): give another file name.")
	}
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, data, after)
	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	assert.Len(t, left, 1, "nothing lies beside it")
}
