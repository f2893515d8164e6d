package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type proofAbuse struct {
	Seconds  float64       `help:"For how long everything is played at once." default:"120" env:"-"`
	Clients  int           `help:"How many honest clients ask beside it." default:"20" env:"-"`
	Patients int           `help:"How many Patients are there that a search has to look at, and Observations of them." default:"15000" env:"-"`
	Rows     []string      `help:"Only these kinds of abuse, by name." placeholder:"NAME" env:"-"`
	Calm     time.Duration `help:"How long it is left alone before its memory is looked at." default:"30s" env:"-"`
	Mutant   bool          `help:"Run a server without budgets, and expect the claim to fail." env:"-"`
	Dir      string        `help:"Where the database is made. Default: a temporary folder." placeholder:"DIR" env:"-"`
}

// What a single request may cost, and what everybody else may notice of it.
//
// Source: cmd/warmhandoff/README.md, limits
const (
	mostCPU      = 500 * time.Millisecond
	mostMemory   = 64 // MiB above the idle server
	mostWait     = time.Second
	mostSlowdown = 5.0 // of the honest p99
)

// cost is what came of one kind of abuse that was played alone.
type cost struct {
	Name    string   `json:"name"`
	CPU     float64  `json:"cpuSeconds"`
	Memory  int      `json:"memoryMB"`
	Read    float64  `json:"readMs"`  // the longest that a read beside it took
	Write   float64  `json:"writeMs"` // likewise
	Answers []string `json:"answers"` // statuses, each once
	Dear    bool     `json:"dear,omitempty"`
}

// Run plays each kind of abuse alone, then all of them at once beside honest clients, and then waits until it is calm.
func (a *proofAbuse) Run(p *program) error {
	began := time.Now()
	dir, err := os.MkdirTemp(a.Dir, "warmhandoff-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var flags []string
	if a.Mutant {
		flags = append(flags, "--unlimited")
	}
	server, err := startWith(p, nil, append(flags, "--db", filepath.Join(dir, "proof.db"))...)
	if err != nil {
		return err
	}
	r := &abuseRun{proofAbuse: a, abusing: newAbusing(server.base, "abuse"), server: server,
		say: func(format string, args ...any) { fmt.Fprintf(p.err, format+"\n", args...) }}
	v, err := r.run(p)
	if err = errors.Join(err, server.stop()); err != nil {
		return err
	}
	return conclude(p, v, began)
}

// abuseRun is one run of the proof.
type abuseRun struct {
	*proofAbuse
	*abusing
	server *child
	say    func(format string, args ...any)
}

// abusing is somebody who abuses a server.
type abusing struct {
	base string // of the server
	name string // in all ids
	http *http.Client
	made atomic.Int64 // ids
}

func newAbusing(base, name string) *abusing {
	return &abusing{base: base, name: name, http: &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 200, DisableCompression: true}}}
}

func (r *abuseRun) run(ctx context.Context) (verdict, error) {
	v := verdict{Claim: "one caller costs the others nothing: no single request is dear, and under all of them at once honest clients are answered"}
	if r.Mutant {
		v.Claim = "a server without budgets is found out"
	}
	kinds, err := kindsOf(r.Rows)
	if err != nil {
		return v, err
	}
	if err := r.fill(ctx); err != nil {
		return v, err
	}
	if err := prepareAll(ctx, r.abusing, kinds); err != nil {
		return v, err
	}
	before := r.honest(ctx, time.Duration(r.Seconds*float64(time.Second))/6)
	costs, dear, err := r.alone(ctx, kinds)
	if err != nil {
		return v, err
	}
	pause(ctx, r.Calm)
	idle, _, err := memory(r.server.command.Process.Pid)
	if err != nil {
		return v, err
	}
	during, abused, err := r.together(ctx, time.Duration(r.Seconds*float64(time.Second)))
	if err != nil {
		return v, err
	}
	pause(ctx, r.Calm)
	after, peak, err := memory(r.server.command.Process.Pid)
	if err != nil {
		return v, err
	}
	v.OK = dear == 0 && before.errors == 0 && during.errors == 0 && abused.Wrong == 0 && during.p99() <= mostSlowdown*before.p99() && after <= idle+mostMemory
	if r.Mutant { // as slow, or as large, a server with limits may be on a poor day; a dear request it never has
		v.OK = dear > 0
	}
	v.Figures = map[string]any{
		"alone": costs, "dear": dear, "honest": len(during.took), "honestFailures": during.errors, "firstFailure": during.first, "wrongAnswers": abused.Wrong,
		"p99msBefore": before.p99(), "p99msDuring": during.p99(), "p99msOfKinds": during.slowest(), "longestMs": quantile(during.took, 1), "abuses": abused.Abuses, "answers": abused.Answers,
		"idleMB": idle, "peakMB": peak, "afterMB": after,
	}
	return v, nil
}

// count returns 1, 2, 3 …; unique makes an id of it.
func (r *abusing) count() int { return int(r.made.Add(1)) }

func (r *abusing) unique() string { return r.name + "-u" + strconv.Itoa(r.count()) }

// prepareAll writes what the kinds need.
func prepareAll(ctx context.Context, r *abusing, kinds []abuse) error {
	c, err := newClient(r.base, 1)
	if err != nil {
		return err
	}
	for _, k := range kinds {
		if k.prepare == nil {
			continue
		}
		if err := k.prepare(ctx, r, c); err != nil {
			return fmt.Errorf("prepare %s: %w", k.name, err)
		}
	}
	return nil
}

// kindsOf returns the kinds of abuse that are asked for, all where none is.
func kindsOf(rows []string) ([]abuse, error) {
	all := abuses()
	if len(rows) == 0 {
		return all, nil
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	for _, name := range rows {
		if !slices.Contains(names, name) {
			return nil, ended{2, fmt.Sprintf("--rows %q is none of %s.", name, strings.Join(names, ", "))}
		}
	}
	return slices.DeleteFunc(all, func(a abuse) bool { return !slices.Contains(rows, a.name) }), nil
}

// alone plays each kind once, with a read and a write beside it again and again, and counts those that are dear.
func (r *abuseRun) alone(ctx context.Context, kinds []abuse) (costs []cost, dear int, err error) {
	for _, k := range kinds {
		one, err := r.price(ctx, k)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", k.name, err)
		}
		if one.Dear = one.CPU > mostCPU.Seconds()*float64(k.requests) || one.Memory > mostMemory*min(k.requests, 4) || max(one.Read, one.Write) > float64(mostWait.Milliseconds()); one.Dear {
			dear++
		}
		r.say("%-24s %6.2f s %5d MiB, read %5.0f ms, write %5.0f ms, %s", one.Name, one.CPU, one.Memory, one.Read, one.Write, strings.Join(one.Answers, " "))
		costs = append(costs, one)
	}
	return costs, dear, nil
}

// price plays one kind of abuse twice: alone, to measure what the server uses, and then with a read and a write beside it, to measure how long they take.
func (r *abuseRun) price(ctx context.Context, k abuse) (cost, error) {
	pid := r.server.command.Process.Pid
	one, seen := cost{Name: k.name}, &answers{}
	idle, err := resetPeak(pid)
	if err != nil {
		return one, err
	}
	used, err := processor(pid)
	if err != nil {
		return one, err
	}
	k.play(ctx, r.abusing, seen)
	now, err := processor(pid)
	if err != nil {
		return one, err
	}
	_, peak, err := memory(pid)
	if err != nil {
		return one, err
	}
	one.CPU, one.Memory = (now - used).Seconds(), max(0, peak-idle)
	one.Read, one.Write, err = r.beside(ctx, func(ctx context.Context) { k.play(ctx, r.abusing, seen) })
	one.Answers = seen.list()
	return one, err
}

// beside reads and writes again and again while something goes on, and returns how long each took at most, in milliseconds.
func (r *abuseRun) beside(ctx context.Context, goesOn func(context.Context)) (read, write float64, err error) {
	c, err := newClient(r.base, 2)
	if err != nil {
		return 0, 0, err
	}
	going, over := context.WithCancel(ctx)
	defer over()
	var both sync.WaitGroup
	var errs [2]error
	for i, longest := range []*float64{&read, &write} {
		m := mix{next: func(int, int) (string, string, []byte) { return "GET", "/Task/" + taskID(r.name, 0), nil }}
		if i == 1 {
			m = mix{next: func(_, n int) (string, string, []byte) {
				return "PUT", "/Task/" + taskID(r.name, 1), task(r.name, 1, "in-progress", fmt.Sprint("Attempt ", n))
			}}
		}
		both.Go(func() {
			for n := 0; n == 0 || going.Err() == nil; n++ {
				began := time.Now()
				method, path, body := m.next(0, n)
				if _, err := c.must(ctx, method, path, body); err != nil {
					errs[i] = err
					return
				}
				*longest = max(*longest, float64(time.Since(began).Microseconds())/1000)
				pause(going, 10*time.Millisecond)
			}
		})
	}
	pause(ctx, 20*time.Millisecond)
	goesOn(ctx)
	over()
	both.Wait()
	return read, write, errors.Join(errs[:]...)
}

// pause waits, unless there is nothing more to wait for.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
