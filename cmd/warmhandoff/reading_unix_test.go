//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDevicesAreRefusedAndPipesAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"check", "explain", "replay"} {
		got := runProgram(t, "", verb, "/dev/zero")
		assert.NotEqual(t, 0, got.status, verb)
		assert.Contains(t, got.err, "/dev/zero is a device and no file", verb)
	}
	dir := t.TempDir()
	silent, pipe := filepath.Join(dir, "silent"), filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(silent, 0o600))
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	told, tell := context.WithCancel(t.Context())
	tell()
	_, err := readFile(told, silent)
	require.ErrorContains(t, err, "stopped while", "nobody ever writes")
	wrote := make(chan error, 1)
	go func() { wrote <- os.WriteFile(pipe, []byte(`{"resourceType":"Patient"}`), 0o600) }()
	data, err := readFile(t.Context(), pipe)
	require.NoError(t, err)
	require.NoError(t, <-wrote)
	assert.JSONEq(t, `{"resourceType":"Patient"}`, string(data))
}
