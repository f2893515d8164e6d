package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// onTerminal runs the program with a terminal as its output, and gives what it wrote there.
func onTerminal(t *testing.T, env []string, args ...string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there are no terminals here: %v", err)
	}
	defer func() { _ = master.Close() }()
	var number, unlock uint32
	for request, at := range map[uintptr]*uint32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(at)))
		require.Zero(t, failed)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), binary, args...)
	c.Stdout, c.Dir, c.Env = slave, t.TempDir(), append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	require.NoError(t, c.Start())
	require.NoError(t, slave.Close())
	var out bytes.Buffer
	_, _ = io.Copy(&out, master) // ends with an error when the other end is closed
	_ = c.Wait()
	return out.String()
}

func TestWhatIsDifferentIsRedOnATerminal(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(stories(t)[0])
	require.NoError(t, err)
	wrong := filepath.Join(t.TempDir(), "wrong.txtar")
	require.NoError(t, os.WriteFile(wrong, bytes.Replace(data, []byte("Task/T1 offered"), []byte("Task/T1 attended"), 1), 0o600))
	bad := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"resourceType":"Task"}`), 0o600))
	const red, plain = "\x1b[31mDIFFERENT: Task/T1: state should be attended, is offered\x1b[0m", "       DIFFERENT: Task/T1: state"
	assert.Contains(t, onTerminal(t, nil, "replay", wrong), red)
	assert.Contains(t, onTerminal(t, nil, "check", bad), "\x1b[31mREFUSED\x1b[0m")
	for _, env := range []string{"NO_COLOR=1", "TERM=dumb"} {
		got := onTerminal(t, []string{env}, "replay", wrong)
		assert.Contains(t, got, plain, env)
		assert.NotContains(t, got, "\x1b[31m", env)
	}
	got := runIn(t, t.TempDir(), []string{"TERM=xterm"}, "", "replay", wrong)
	assert.Contains(t, got.out, plain)
	assert.NotContains(t, got.out, "\x1b", "a file is no terminal")
}

// TestAFullDiskIsNotReady fills a small disk and makes room again, while the program runs and before it starts.
func TestAFullDiskIsNotReady(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no small disk can be had here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	fill := func() {
		f, err := os.Create(filepath.Join(disk, "filler"))
		require.NoError(t, err)
		block := make([]byte, 4096)
		for err == nil {
			_, err = f.Write(block)
		}
		require.ErrorIs(t, err, syscall.ENOSPC)
		_ = f.Close()
	}
	makeRoom := func() { require.NoError(t, os.Remove(filepath.Join(disk, "filler"))) }
	file := filepath.Join(disk, "w.db")
	s := serveWith(t, "--db", file)
	is := func(status string) func() bool {
		return func() bool { return status == s.ready(t)[:3] }
	}
	posted := func() string { return s.post(t, "/Patient", `{"resourceType":"Patient"}`)[:3] }
	require.Eventually(t, is("200"), startTimeout, 20*time.Millisecond)
	for range 2 {
		fill()
		require.Eventually(t, is("503"), startTimeout, 20*time.Millisecond, "nobody wrote, and it is told all the same")
		assert.Equal(t, "507", posted())
		assert.Contains(t, s.get(t, "/Patient?_summary=count"), "200 ", "reading goes on")
		makeRoom()
		require.Eventually(t, is("200"), startTimeout, 20*time.Millisecond)
		assert.Equal(t, "201", posted())
	}
	assert.NotContains(t, s.ready(t), disk)
	require.Equal(t, 0, s.stop(t))

	fill()
	for _, name := range []string{file, filepath.Join(disk, "other.db")} {
		got := runProgram(t, "", "serve", "--addr", "127.0.0.1:0", "--db", name)
		assert.Equal(t, 2, got.status)
		assert.Equal(t, "warmhandoff: the disk of "+name+" is full: make room, and start again.\n", got.err)
	}
	makeRoom()
	again := serveWith(t, "--db", file)
	assert.Contains(t, again.get(t, "/Patient?_summary=count"), `"total":2`)
	assert.Equal(t, 0, again.stop(t))
}
