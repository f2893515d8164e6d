package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"warmhandoff/cmd/internal/scenario"
)

type replay struct {
	Files   []string `arg:"" name:"file" help:"Stories: txtar files."`
	JSON    bool     `name:"json" help:"One line of JSON for each step instead of words." env:"-"`
	Permute int      `help:"Also deliver the same messages in N other orders, the versions of one resource in their own, and compare the ends." placeholder:"N" env:"-"`
	Seed    uint64   `help:"Which orders: the same seed gives the same ones." default:"1" env:"-"`
}

// Run plays every story, and fails when one differs from what it wants.
func (r *replay) Run(p *program) error {
	var errs []error
	for _, file := range r.Files {
		if err := r.one(p, file); err != nil {
			errs = append(errs, err)
		}
	}
	if len(r.Files) > 1 && !r.JSON {
		p.say("%d of %d stories are as they should be.", len(r.Files)-len(errs), len(r.Files))
	}
	return errors.Join(errs...)
}

func (r *replay) one(p *program, file string) error {
	data, err := readFile(p, file)
	if err != nil {
		return errors.New(err.Error()) // one of several, none of which ends the others
	}
	s, err := scenario.ParseAfter(file, data, scenario.Beside(file, os.ReadFile))
	if err != nil {
		return err
	}
	if !r.JSON {
		p.say("%s (%s)", s.Title, file)
	}
	refused, wrong := map[int]bool{}, 0
	words := scenario.Words{W: p.out, Zone: s.Zone, Red: red(p.out)}
	end, err := scenario.Play(p, s, stage(), func(t scenario.Told) {
		refused[t.Step.Number] = t.Refused()
		wrong += len(t.Wrong)
		if !r.JSON {
			words.Step(t)
		} else if line, err := t.Line(); err == nil {
			p.say("%s", line)
		}
	})
	switch {
	case err != nil:
		return err
	case wrong > 0:
		return fmt.Errorf("%s: %d differences from what the story wants", file, wrong)
	case r.Permute > 0:
		return r.permute(p, s, refused, end)
	case !r.JSON:
		p.say("     as it should be\n")
	}
	return nil
}

// permute delivers the messages in other orders. It stops at the first one that ends elsewhere.
func (r *replay) permute(p *program, s *scenario.Scenario, refused map[int]bool, end scenario.End) error {
	if s.Fixed != "" {
		r.note(p, "     its messages come in one order only: "+s.Fixed+"\n")
		return nil
	}
	chance := rand.New(rand.NewPCG(r.Seed, 0))
	messages := s.Messages(refused)
	for n := range r.Permute {
		order := s.Order(messages, chance.IntN)
		other, err := scenario.Replay(p, s, order, stage())
		if err != nil {
			return fmt.Errorf("%s: order %v: %w", s.File, order, err)
		}
		if differences := end.Differences(other.End); len(differences) > 0 {
			text := fmt.Sprintf("%s: order %d of seed %d ends elsewhere: steps %v\n  %s", s.File, n+1, r.Seed, order, strings.Join(differences, "\n  "))
			for _, words := range other.Refused {
				text += "\n  refused in this order: " + words
			}
			return errors.New(text)
		}
	}
	r.note(p, fmt.Sprintf("     %d other orders of its %d messages end the same\n", r.Permute, len(messages)))
	return nil
}

func (r *replay) note(p *program, text string) {
	if r.JSON {
		fmt.Fprintln(p.err, strings.TrimSpace(text))
		return
	}
	p.say("%s", text)
}
