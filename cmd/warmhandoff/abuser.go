package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// proofAbuser plays all kinds of abuse at once, in a process of its own: whoever measures how long the honest ones wait must not wait for it itself.
type proofAbuser struct {
	Base    string   `arg:"" help:"FHIR base URL of the server."`
	Seconds float64  `help:"For how long." default:"1" env:"-"`
	Rows    []string `help:"Only these kinds of abuse." env:"-"`
}

// abused is what an abuser tells at its end, as one line of JSON.
type abused struct {
	Abuses  int      `json:"abuses"` // how many kinds were played, each counted as often as it was
	Wrong   int      `json:"wrong"`  // answers to them that were wrong
	Answers []string `json:"answers"`
}

// Run plays them until the time is over. What is needed for them must be there already.
func (a *proofAbuser) Run(p *program) error {
	kinds, err := kindsOf(a.Rows)
	if err != nil {
		return err
	}
	r, seen := newAbusing(a.Base, "abuse-p"+strconv.Itoa(os.Getpid())), &answers{}
	going, over := context.WithTimeout(p, time.Duration(a.Seconds*float64(time.Second)))
	defer over()
	var told abused
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, k := range kinds {
		all.Go(func() {
			for going.Err() == nil {
				k.play(going, r, seen)
				mu.Lock()
				told.Abuses++
				mu.Unlock()
				pause(going, 200*time.Millisecond)
			}
		})
	}
	all.Wait()
	told.Wrong, told.Answers = seen.wrong(), seen.list()
	line, err := json.Marshal(told)
	if err != nil {
		return err
	}
	p.say("%s", line)
	return nil
}

// together lets the honest clients work while an abuser is at it.
func (r *abuseRun) together(ctx context.Context, length time.Duration) (*honesty, abused, error) {
	var told abused
	self, err := os.Executable()
	if err != nil {
		return nil, told, err
	}
	args := []string{"proof", "abuser", r.base, "--seconds", fmt.Sprint(length.Seconds())}
	if len(r.Rows) > 0 {
		args = append(args, "--rows", strings.Join(r.Rows, ","))
	}
	// In life it sits at another machine. Here it comes last, so that what it costs itself is not taken for what it costs the others.
	command := exec.CommandContext(ctx, "nice", append([]string{"-n", "19", self}, args...)...)
	command.Stderr = os.Stderr
	said := make(chan error, 1)
	go func() {
		out, err := command.Output()
		said <- errors.Join(err, json.Unmarshal(out, &told))
	}()
	h := r.honest(ctx, length)
	if err := <-said; err != nil {
		return nil, told, fmt.Errorf("the abuser: %w", err)
	}
	return h, told, nil
}
