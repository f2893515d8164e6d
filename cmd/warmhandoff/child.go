package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"syscall"
	"time"
)

// child is this program, serving in a process of its own.
type child struct {
	command *exec.Cmd
	base    string        // FHIR base URL
	ready   time.Duration // from start to answering
	ended   chan error
}

var served = regexp.MustCompile(`serves FHIR R4 at (http://\S+/fhir)`)

// startTimeout is how long a server may take to say where it serves.
const startTimeout = 30 * time.Second

// start starts the server on a free port with a database file, under another program when there is one ("strace", …). It returns when the
// server serves; the caller must kill or stop it.
func start(ctx context.Context, file, synchronous string, under ...string) (*child, error) {
	return startWith(ctx, under, "--db", file, "--synchronous", synchronous)
}

// startWith is start with flags of serve.
func startWith(ctx context.Context, under []string, flags ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := append(append(under, self, "proof", "serve", "--addr", "127.0.0.1:0", "--log-level", "error"), flags...)
	c := &child{command: exec.CommandContext(ctx, args[0], args[1:]...), ended: make(chan error, 1)}
	c.command.Stderr = os.Stderr
	out, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	address := make(chan string, 1)
	go func() {
		address <- findBase(out)
		_, _ = io.Copy(io.Discard, out) // what it says further on is not needed
		c.ended <- c.command.Wait()
	}()
	select {
	case c.base = <-address:
	case <-time.After(startTimeout):
	}
	if c.base == "" {
		c.kill()
		return nil, errors.New("the server did not say where it serves")
	}
	c.ready = time.Since(began)
	return c, nil
}

func findBase(out io.Reader) string {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := served.FindStringSubmatch(lines.Text()); m != nil {
			return m[1]
		}
	}
	return ""
}

// kill ends the process with SIGKILL and waits until it is gone.
func (c *child) kill() {
	_ = c.command.Process.Kill() // it may be gone already
	<-c.ended
}

// stop ends it with SIGTERM and gives how it ended.
func (c *child) stop() error {
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-c.ended:
		return err
	case <-time.After(2 * drain):
		c.kill()
		return fmt.Errorf("the server did not stop within %s", 2*drain)
	}
}
