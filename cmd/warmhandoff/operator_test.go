package main

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheOperatorsPageIsTrue runs every command of the operator's page in one shell, in order, and looks for the words that the lines beginning with #>
// promise. Blocks that need a program which is not here are left out.
func TestTheOperatorsPageIsTrue(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the program anew")
	}
	for _, program := range []string{"bash", "curl", "go"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not here", program)
		}
	}
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	text := string(page)
	for _, port := range []string{"8080", "8443"} { // whatever is free
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		free := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
		require.NoError(t, l.Close())
		text = strings.ReplaceAll(text, ":"+port, ":"+free)
	}
	steps := stepsOf(t, text)
	var script strings.Builder
	script.WriteString("exec 2>&1\ntrap 's=$?; set +e; kill $PID $(cat \"$DATA/nginx.pid\") 2>/dev/null; rm -rf \"$DATA\"; exit $s' EXIT\nset -e\n")
	for i, s := range steps {
		script.WriteString("echo '<step " + strconv.Itoa(i) + ">'\n" + s.commands + "\n")
	}
	script.WriteString("echo '<end>'\n")
	c := exec.CommandContext(t.Context(), "bash", "-c", script.String())
	c.Dir = "../.."
	c.Env = append(os.Environ(), "LC_ALL=C")
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out[max(0, len(out)-2000):])
	promises := 0
	for i, s := range steps {
		_, said, _ := strings.Cut(string(out), "<step "+strconv.Itoa(i)+">\n")
		said, _, _ = strings.Cut(said, "<step ")
		for _, word := range s.promised {
			assert.Contains(t, said, word, s.commands)
			promises++
		}
	}
	assert.GreaterOrEqual(t, promises, 30)
	assert.Contains(t, string(out), "<end>")
}

// step is commands of a page, and words that the last of them promises.
type step struct {
	commands string
	promised []string
}

// stepsOf gives the commands of all sh blocks, parted where words are promised.
func stepsOf(t *testing.T, page string) []step {
	t.Helper()
	var steps []step
	for i, block := range strings.Split(page, "\n```sh\n") {
		block, _, closed := strings.Cut(block, "\n```\n")
		if i == 0 {
			continue
		}
		require.True(t, closed)
		if missing := missingOf(block); missing != "" {
			t.Logf("a block is left out, since %s is not here", missing)
			continue
		}
		var one step
		for line := range strings.Lines(block + "\n") {
			if words, ok := strings.CutPrefix(line, "#> "); ok {
				one.promised = strings.Fields(words)
				steps = append(steps, one)
				one = step{}
				continue
			}
			one.commands += line
		}
		if one.commands != "" {
			steps = append(steps, one)
		}
	}
	require.Greater(t, len(steps), 15)
	return steps
}

// missingOf gives the first program that a block says it needs and that is not here.
func missingOf(block string) string {
	first, _, _ := strings.Cut(block, "\n")
	list, ok := strings.CutPrefix(first, "# needs ")
	if !ok {
		return ""
	}
	for _, program := range strings.Fields(list) {
		if _, err := exec.LookPath(program); err != nil {
			return program
		}
	}
	return ""
}
