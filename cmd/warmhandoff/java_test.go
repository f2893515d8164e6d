package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// javaFolder holds a Maven project: HAPI's generic client, and what it asks the server.
const javaFolder = "../../testdata/java"

// oldestJava is the oldest Java that HAPI's client of that version runs on.
const oldestJava = 17

// hapiSteps is how many steps HAPI's client takes in each manner: a program that ends early has taken fewer.
const hapiSteps = 85

// HAPI's generic client plays the referral loop: as it comes, in JSON, in XML, and writing the one while it reads the other.
//
// Source: local, real clients work unchanged: HAPI's generic client 8.8.0
func TestClientsOfOthersInJava(t *testing.T) {
	t.Parallel()
	folder, classes := javaClients(t)
	s := serveWith(t, "--db", ":memory:")
	out, err := inFolder(t, folder, []string{"FHIR_BASE=" + s.base}, "java", "-cp", classes, "warmhandoff.Main")
	require.NoError(t, err, "%s\n%s", out, s.err)
	for _, manner := range []string{"plain", "json", "xml", "mixed"} {
		assert.Regexp(t, fmt.Sprintf(`(?m)^%s: %d passed, 0 failed$`, manner, hapiSteps), out)
	}
}

// javaClients gives a folder where the project is compiled, and its class path. Where Java, Maven or the packages cannot be had, the test is skipped
// and says so; what does not compile is a mistake of ours.
func javaClients(t *testing.T) (folder, classes string) {
	t.Helper()
	needs(t, "Java", "java", "javac", "mvn")
	folder = t.TempDir()
	version, err := inFolder(t, folder, nil, "javac", "-version")
	require.NoError(t, err, version)
	if n := regexp.MustCompile(`javac (\d+)`).FindStringSubmatch(version); n == nil || atoi(n[1]) < oldestJava {
		t.Skipf("this Java is older than %d: the clients that run on Java are not asked: %.60s", oldestJava, version)
	}
	require.NoError(t, os.CopyFS(folder, os.DirFS(javaFolder)))
	out, err := maven(t, folder, "--offline")
	if err != nil && !ours.MatchString(out) && fetches() {
		out, err = maven(t, folder)
	}
	if err != nil && !ours.MatchString(out) {
		t.Skipf("the packages of the clients that run on Java are not here (%s=1 lets them be downloaded), so they are not asked: %v: %.600s", fetchVariable, err, out)
	}
	require.NoError(t, err, out)
	list, err := os.ReadFile(filepath.Join(folder, "target", "classpath"))
	require.NoError(t, err)
	return folder, filepath.Join("target", "classes") + string(os.PathListSeparator) + string(list)
}

// ours are the words by which Maven says that the project itself is wrong.
var ours = regexp.MustCompile(`COMPILATION ERROR|Non-parseable POM|Malformed POM|problems? (was|were) encountered while processing the POMs`)

// maven compiles the project and writes down its class path.
func maven(t *testing.T, folder string, more ...string) (string, error) {
	t.Helper()
	args := append([]string{"mvn", "--batch-mode", "--quiet", "--no-transfer-progress"}, more...)
	return inFolder(t, folder, nil, append(args, "compile", "dependency:build-classpath", "-Dmdep.outputFile="+filepath.Join("target", "classpath"))...)
}

func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
