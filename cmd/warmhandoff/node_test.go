package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nodeFolder holds programs for Node: FHIR clients that others have written, and what they ask the server.
const nodeFolder = "../../testdata/node"

// oldestNode is the oldest Node that all of those clients run on.
const oldestNode = 20

// Clients that others have written ask a server in a process of its own.
//
// Source: local, real clients work unchanged: fhirclient, fhir-kit-client, Medplum's; fhirpath.js judges what searches find
func TestClientsOfOthers(t *testing.T) {
	t.Parallel()
	folder := nodeClients(t)
	for script, flags := range map[string][]string{
		"fhirclient.mjs":      {"--db", ":memory:"},
		"fhir-kit-client.mjs": {"--db", ":memory:"},
		"medplum.mjs":         {"--db", ":memory:"},
		"fhirpath.mjs":        {"--demo"},
	} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			s := serveWith(t, flags...)
			out, err := inFolder(t, folder, []string{"FHIR_BASE=" + s.base}, "node", script)
			require.NoError(t, err, "%s\n%s", out, s.err)
			assert.Regexp(t, `(?m)^(# |ℹ )pass [1-9]`, out, "it asked something")
			assert.Regexp(t, `(?m)^(# |ℹ )skipped 0$`, out)
		})
	}
}

// nodeClients gives a folder where the clients are installed. Where Node or the packages cannot be had, the test is skipped and says so; a lock
// file that does not fit is a mistake of ours.
func nodeClients(t *testing.T) string {
	t.Helper()
	needs(t, "Node", "node", "npm")
	folder := t.TempDir()
	version, err := inFolder(t, folder, nil, "node", "--version")
	require.NoError(t, err, version)
	major, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(version), "v"), ".")
	if n, _ := strconv.Atoi(major); n < oldestNode {
		t.Skipf("Node %s is older than %d: the clients that run on Node are not asked", strings.TrimSpace(version), oldestNode)
	}
	require.NoError(t, os.CopyFS(folder, os.DirFS(nodeFolder)))
	out, err := inFolder(t, folder, nil, "npm", "ci", "--omit=optional", "--omit=peer", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
	if err != nil && !regexp.MustCompile(`EUSAGE|EINTEGRITY|EJSONPARSE`).MatchString(out) {
		t.Skipf("the packages of the clients that run on Node cannot be had, so they are not asked: %v: %.600s", err, out)
	}
	require.NoError(t, err, out)
	return folder
}

// What is locked names the packages and what they must be, not where somebody got them.
func TestTheLockNamesNoRegistry(t *testing.T) {
	t.Parallel()
	lock, err := os.ReadFile(filepath.Join(nodeFolder, "package-lock.json"))
	require.NoError(t, err)
	assert.NotContains(t, string(lock), "://")
	assert.Equal(t, strings.Count(string(lock), `"integrity"`), strings.Count(string(lock), `"node_modules/`))
}
