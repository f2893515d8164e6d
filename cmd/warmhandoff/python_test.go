package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pythonFolder holds programs for Python: FHIR clients that others have written, and what they ask the server.
const pythonFolder = "../../testdata/python"

// oldestPython is the oldest Python 3 that what those clients need is made for.
const oldestPython = 11

// Two clients for Python play the referral loop, fhirpy in both its ways. A program that ends early has taken fewer steps.
//
// Source: local, real clients work unchanged: fhirpy 2.3.1, fhirclient 4.4.0
func TestClientsOfOthersInPython(t *testing.T) {
	t.Parallel()
	folder, python := pythonClients(t)
	for script, sums := range map[string][]string{
		"fhirpy_loop.py":     {"fhirpy-async: 23 passed, 0 failed", "fhirpy-sync: 23 passed, 0 failed", "fhirpy-token: 1 passed, 0 failed"},
		"fhirclient_loop.py": {"fhirclient: 22 passed, 0 failed"},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			s := serveWith(t, "--db", ":memory:")
			out, err := inFolder(t, folder, []string{"FHIR_BASE=" + s.base, "PYTHONDONTWRITEBYTECODE=1"}, python, "-W", "ignore", script)
			require.NoError(t, err, "%s\n%s", out, s.err)
			for _, sum := range sums {
				assert.Regexp(t, "(?m)^"+sum+"\r?$", out)
			}
		})
	}
}

// pythonClients gives a folder with the programs, and a Python that has the clients. Where Python or the packages cannot be had, the test is skipped and says
// so; requirements that contradict each other are a mistake of ours.
func pythonClients(t *testing.T) (folder, python string) {
	t.Helper()
	needs(t, "Python", "python3")
	if !fetches() {
		t.Skipf("the packages of the clients that run on Python are downloaded only where %s=1, so they are not asked", fetchVariable)
	}
	folder = t.TempDir()
	version, err := inFolder(t, folder, nil, "python3", "--version")
	require.NoError(t, err, version)
	if n := regexp.MustCompile(`Python 3\.(\d+)`).FindStringSubmatch(version); n == nil || atoi(n[1]) < oldestPython {
		t.Skipf("this Python is older than 3.%d: the clients that run on Python are not asked: %.60s", oldestPython, version)
	}
	require.NoError(t, os.CopyFS(folder, os.DirFS(pythonFolder)))
	if out, err := inFolder(t, folder, nil, "python3", "-m", "venv", "venv"); err != nil {
		t.Skipf("Python has no venv or no pip here: the clients that run on Python are not asked: %v: %.600s", err, out)
	}
	python = filepath.Join(folder, "venv", "bin", "python")
	out, err := inFolder(t, folder, nil, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:", "-r", "requirements.txt")
	if err != nil && !regexp.MustCompile(`Invalid requirement|ResolutionImpossible|Double requirement`).MatchString(out) {
		t.Skipf("the packages of the clients that run on Python cannot be had, so they are not asked: %v: %.600s", err, out)
	}
	require.NoError(t, err, out)
	out, err = inFolder(t, folder, nil, python, "-m", "pip", "check", "--disable-pip-version-check")
	require.NoError(t, err, "what is written down is not all that is needed: %s", out)
	return folder, python
}
