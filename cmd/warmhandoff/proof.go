package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type proof struct {
	Timers proofTimers `cmd:"" help:"What is due is done once, by several servers on one file that are killed, paused and given wrong clocks."`
	Scale  proofScale  `cmd:"" help:"What many open handoffs cost: the sweep for what is due, a write, the read model made again."`
	Search proofSearch `cmd:"" help:"What searches cost among a million Tasks: a worklist, a deep page, what is included."`
	Abuse  proofAbuse  `cmd:"" help:"Requests that would cost the others much: none is dear alone, and all at once leave honest clients be (needs Linux)."`
	Abuser proofAbuser `cmd:"" hidden:"" help:"Whoever abuses a server in proof abuse."`
	Serve  proofServe  `cmd:"" hidden:"" help:"The server that proofs start."`
	Kill   proofKill   `cmd:"" help:"kill -9 under load, again and again: nothing that was acknowledged may be lost, no Bundle may be half there."`
	Sync   proofSync   `cmd:"" help:"Count syncs (needs strace): with one client that asks one thing after the other there are at least as many as acknowledgements."`
}

// verdict is the one line that a proof prints.
type verdict struct {
	Claim   string         `json:"claim"`
	OK      bool           `json:"ok"`
	Figures map[string]any `json:"figures"`
	Seed    uint64         `json:"seed,omitempty"`
	Version string         `json:"version"`
	Seconds float64        `json:"seconds"`
	Machine string         `json:"machine"`
}

func conclude(p *program, v verdict, began time.Time) error {
	v.Version, v.Seconds = versionText(), float64(time.Since(began).Milliseconds())/1000
	v.Machine = fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	p.say("%s", line)
	if !v.OK {
		return ended{1, "the proof failed"}
	}
	return nil
}

type proofKill struct {
	Cycles  int    `help:"How many times." default:"100" env:"-"`
	Writers int    `help:"How many write at once." default:"4" env:"-"`
	Seed    uint64 `help:"Of when each kill comes." default:"1" env:"-"`
	Dir     string `help:"Where the database is made. Default: a temporary folder." placeholder:"DIR" env:"-"`
}

// Run starts, loads, kills, starts again and verifies, Cycles times; at the end it verifies everything once more.
func (k *proofKill) Run(p *program) error {
	began := time.Now()
	dir, err := os.MkdirTemp(k.Dir, "warmhandoff-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "proof.db")
	chance := rand.New(rand.NewPCG(k.Seed, 0))
	var t tally
	for cycle := range k.Cycles {
		wait := 20*time.Millisecond + time.Duration(chance.IntN(130))*time.Millisecond
		if err := k.cycle(p, file, cycle, wait, &t); err != nil {
			return fmt.Errorf("cycle %d: %w", cycle+1, err)
		}
	}
	if err := k.last(p, file, &t); err != nil {
		return err
	}
	return conclude(p, verdict{
		Claim: "kill -9 under load loses nothing that was acknowledged, and leaves no Bundle half applied",
		OK:    t.lost == 0 && t.half == 0 && t.integrity == "ok" && t.acknowledged > 0, Figures: t.figures(k.Cycles), Seed: k.Seed,
	}, began)
}

// cycle verifies what the cycle before left, loads, and kills.
func (k *proofKill) cycle(ctx context.Context, file string, cycle int, wait time.Duration, t *tally) error {
	server, err := start(ctx, file, "FULL")
	if err != nil {
		return err
	}
	t.ready = append(t.ready, server.ready)
	c, err := newClient(server.base, k.Writers)
	if err == nil {
		err = t.verify(ctx, c, t.recent)
	}
	if err != nil {
		server.kill()
		return err
	}
	crew := newCrew(c, cycle, k.Writers)
	crew.begin(ctx)
	time.Sleep(wait)
	busy := crew.inFlight.Load()
	server.kill()
	t.take(crew.end(), busy > 0)
	return nil
}

// last verifies all that was ever written, stops the server, and has SQLite look at the file.
func (k *proofKill) last(ctx context.Context, file string, t *tally) error {
	server, err := start(ctx, file, "FULL")
	if err != nil {
		return err
	}
	c, err := newClient(server.base, k.Writers)
	if err == nil {
		err = t.verify(ctx, c, t.all)
	}
	if err := errors.Join(err, server.stop()); err != nil {
		return err
	}
	t.integrity, err = integrity(ctx, file)
	return err
}

func integrity(ctx context.Context, file string) (string, error) {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return "", err
	}
	var text string
	err = db.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&text)
	return text, errors.Join(err, db.Close())
}

type proofSync struct {
	Requests int  `help:"How many transactions the one client sends." default:"500" env:"-"`
	Mutant   bool `help:"Run a server that answers before it syncs, and expect the claim to fail." env:"-"`
}

// Run counts the syncs that the kernel saw between the first and the last request.
func (s *proofSync) Run(p *program) error {
	began := time.Now()
	strace, err := exec.LookPath("strace")
	if err != nil {
		return ended{2, "strace is needed to count syncs, and is not here."}
	}
	dir, err := os.MkdirTemp("", "warmhandoff-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	trace, synchronous := filepath.Join(dir, "trace"), "FULL"
	if s.Mutant {
		synchronous = "NORMAL"
	}
	server, err := start(p, filepath.Join(dir, "proof.db"), synchronous,
		strace, "-D", "-f", "-ttt", "-e", "trace=fsync,fdatasync", "-o", trace, "--")
	if err != nil {
		return err
	}
	from, acknowledged, err := s.load(p, server)
	until := time.Now()
	if err := errors.Join(err, server.stop()); err != nil {
		return err
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		return err
	}
	syncs := countSyncs(bytes.NewReader(data), from, until)
	claim := "every acknowledged write was synced before its answer"
	if s.Mutant {
		claim = "a server that does not wait for the disk is found out"
	}
	return conclude(p, verdict{
		Claim: claim, OK: (syncs >= acknowledged) != s.Mutant,
		Figures: map[string]any{"acknowledged": acknowledged, "syncs": syncs, "synchronous": synchronous},
	}, began)
}

func (s *proofSync) load(ctx context.Context, server *child) (from time.Time, acknowledged int, err error) {
	c, err := newClient(server.base, 1)
	if err != nil {
		return from, 0, err
	}
	from = time.Now()
	for range s.Requests {
		if _, err := c.must(ctx, "POST", "", referral("sync")); err != nil {
			return from, acknowledged, err
		}
		acknowledged++
	}
	return from, acknowledged, nil
}

// countSyncs counts the calls in a trace that succeeded between two times. A call that was interrupted in the trace by another thread's stands
// on two lines, of which the second has the result.
func countSyncs(trace io.Reader, from, until time.Time) int {
	n := 0
	lines := bufio.NewScanner(trace)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 3 || words[len(words)-1] != "0" || words[len(words)-2] != "=" {
			continue
		}
		seconds, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			continue
		}
		at := time.UnixMicro(int64(seconds * 1e6))
		if !at.Before(from) && !at.After(until) {
			n++
		}
	}
	return n
}
