package main

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// fetchVariable, set to anything, lets a test download the packages of clients that others have written. .ci/run sets it. Without it the clients for Java
// are asked where Maven has the packages already, and those for Python, whose tools keep none, are not.
const fetchVariable = "WARMHANDOFF_FETCH"

// fetches reports whether packages may be downloaded.
func fetches() bool { return os.Getenv(fetchVariable) != "" }

// needs skips the test where one of the programs is not here, and says which clients are then not asked.
func needs(t *testing.T, clients string, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s here: the clients that run on %s are not asked", program, clients)
		}
	}
}

// foreignTimeout is for a download over a slow line; a client that hangs ends with it.
const foreignTimeout = 4 * time.Minute

// inFolder runs a program in a folder, with more in its environment, and gives what it says on both its outputs.
func inFolder(t *testing.T, folder string, env []string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), foreignTimeout)
	defer cancel()
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir, c.WaitDelay = folder, 5*time.Second
	c.Env = append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	return string(out), err
}
