package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

type load struct {
	Server   string  `help:"FHIR base URL of the server; only addresses of this machine." required:"" placeholder:"URL" env:"-"`
	NotEmpty bool    `help:"Send it also to a server that holds data already: what is sent stays there." env:"-"`
	Clients  int     `help:"How many ask at once, each one request after the other." default:"8" env:"-"`
	Seconds  float64 `help:"For how long." default:"10" env:"-"`
	Mix      string  `help:"What is asked: transaction (a new ServiceRequest and Task), update (of a Task), search (a worklist page)." default:"transaction" enum:"transaction,update,search" env:"-"`
	Tasks    int     `help:"For search: how many Tasks are put there first." default:"5000" env:"-"`
	PID      int     `name:"pid" help:"Process id of the server, to print its memory." env:"-"`
	JSON     bool    `name:"json" help:"One line of JSON." env:"-"`
}

// figures is what came of a run. Times are milliseconds.
type figures struct {
	Mix      string  `json:"mix"`
	Clients  int     `json:"clients"`
	Seconds  float64 `json:"seconds"`
	Requests int     `json:"requests"`
	Rate     float64 `json:"rate"` // done requests a second
	P50      float64 `json:"p50"`
	P99      float64 `json:"p99"`
	Max      float64 `json:"max"`
	Errors   int     `json:"errors"`
	First    string  `json:"firstError,omitempty"`
	RSS      int     `json:"rssMB,omitempty"` // of the server, after the run
	Peak     int     `json:"peakMB,omitempty"`
}

// Run sends the load and prints the figures.
func (l *load) Run(p *program) error {
	if l.Clients < 1 || l.Seconds <= 0 {
		return ended{2, "--clients must be at least 1, and --seconds more than 0."}
	}
	c, err := newClient(strings.TrimRight(l.Server, "/"), l.Clients)
	if err != nil {
		return err
	}
	if err := l.mayFill(p, c); err != nil {
		return err
	}
	m := mixes(uuid.NewString()[:8])[l.Mix]
	if m.prepare != nil {
		if err := m.prepare(p, c, l.Clients, l.Tasks); err != nil {
			return err
		}
	}
	f, err := l.measure(p, c, m)
	if f.Requests > 0 {
		l.print(p, f)
	}
	if err != nil {
		return err
	}
	if f.Errors > 0 {
		return ended{status: 1}
	}
	return nil
}

// mayFill refuses a server that does not answer, and one that holds data unless the flag says so.
func (l *load) mayFill(ctx context.Context, c *client) error {
	for _, typ := range []string{"Patient", "ServiceRequest", "Task"} {
		data, err := c.must(ctx, http.MethodGet, "/"+typ+"?_summary=count", nil)
		if err != nil {
			return ended{2, "the server does not answer as a FHIR server: " + err.Error()}
		}
		var found struct{ Total *int }
		if err := json.Unmarshal(data, &found); err != nil || found.Total == nil {
			return ended{2, fmt.Sprintf("%s is no FHIR server: it does not say how many of a type it holds.", c.base)}
		}
		if *found.Total > 0 && !l.NotEmpty {
			return ended{2, fmt.Sprintf("the server holds data already (%s: %d), and what load sends stays there: give it an empty one, or say --not-empty.", typ, *found.Total)}
		}
	}
	return nil
}

// sample is what one client saw.
type sample struct {
	took   []time.Duration
	errors int
	first  string
}

func (l *load) measure(ctx context.Context, c *client, m mix) (figures, error) {
	length := time.Duration(l.Seconds * float64(time.Second))
	samples := make([]sample, l.Clients)
	began := time.Now()
	asking, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var clients sync.WaitGroup
	for i := range samples {
		clients.Go(func() { samples[i] = ask(asking, c, m, i, began.Add(length), stop) })
	}
	clients.Wait()
	f := figures{Mix: l.Mix, Clients: l.Clients, Seconds: time.Since(began).Seconds()}
	var took []time.Duration
	for _, s := range samples {
		took = append(took, s.took...)
		if f.Errors += s.errors; f.First == "" {
			f.First = s.first
		}
	}
	slices.Sort(took)
	f.Requests = len(took)
	f.Rate = float64(len(took)) / f.Seconds
	f.P50, f.P99, f.Max = quantile(took, 0.5), quantile(took, 0.99), quantile(took, 1)
	if l.PID != 0 {
		var err error
		if f.RSS, f.Peak, err = memory(l.PID); err != nil {
			return f, err
		}
	}
	if asking.Err() != nil && ctx.Err() == nil {
		return f, context.Cause(asking)
	}
	return f, ctx.Err()
}

// ask sends one request after the other. A server that does not answer at all, not even that it lives, is dead: then stop tells the others.
func ask(ctx context.Context, c *client, m mix, i int, until time.Time, stop context.CancelCauseFunc) sample {
	var s sample
	for n := 0; ctx.Err() == nil; n++ {
		started := time.Now()
		if started.After(until) {
			break
		}
		method, path, body := m.next(i, n)
		if _, err := c.must(ctx, method, path, body); err != nil {
			if ctx.Err() != nil {
				break
			}
			if s.errors++; s.first == "" {
				s.first = err.Error()
			}
			if status, _, dead := c.send(ctx, http.MethodGet, "/metadata", nil); status == 0 && dead != nil {
				stop(fmt.Errorf("the server does not answer any more: %w", dead))
				break
			}
			continue
		}
		s.took = append(s.took, time.Since(started))
	}
	return s
}

// quantile gives the time that the share of the sorted times does not exceed, in milliseconds; 0 of none.
func quantile(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := min(len(sorted)-1, int(share*float64(len(sorted))))
	return float64(sorted[i].Microseconds()) / 1000
}

// memory gives what a process has in memory and had at most, in MB, as Linux counts it.
func memory(pid int) (now, peak int, err error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, 0, fmt.Errorf("read the memory of process %d: %w", pid, err)
	}
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		kilobytes, _ := strconv.Atoi(words[1])
		switch words[0] {
		case "VmRSS:":
			now = kilobytes / 1024
		case "VmHWM:":
			peak = kilobytes / 1024
		}
	}
	return now, peak, nil
}

func (l *load) print(p *program, f figures) {
	if l.JSON {
		line, _ := json.Marshal(f) // numbers and strings: cannot fail
		p.say("%s", line)
		return
	}
	p.say("%s, %d clients, %.1f s: %d done, %.0f/s, p50 %.1f ms, p99 %.1f ms, longest %.0f ms, %d errors",
		f.Mix, f.Clients, f.Seconds, f.Requests, f.Rate, f.P50, f.P99, f.Max, f.Errors)
	if f.First != "" {
		p.say("first error: %s", f.First)
	}
	if f.RSS > 0 {
		p.say("server memory: %d MB, at most %d MB", f.RSS, f.Peak)
	}
}
