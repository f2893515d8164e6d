package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Told is what became of one step.
type Told struct {
	Step      *Step
	Status    int // of the answer; 0 for a move of the clock
	Issues    []Issue
	Referrals []Referral // all that are followed, after the step
	Wrong     []string   // each difference from what the story wants, in words
}

// Refused reports whether the step asked for something that was not done.
func (t Told) Refused() bool { return t.Status >= 300 }

// Play plays a story once, in its own order, in a fresh world, and calls tell after each step. It gives where everything stands at the end.
// An error means that the story could not be played; a difference from what it wants is told, and is no error.
func Play(ctx context.Context, s *Scenario, mk Maker, tell func(Told)) (end End, err error) {
	p, err := open(s, mk, s.Steps[0].At)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.world.Close()) }()
	for i := range s.Steps {
		told, err := p.play(ctx, &s.Steps[i])
		if err != nil {
			return nil, fmt.Errorf("%s: step %d: %w", s.File, i+1, err)
		}
		tell(told)
	}
	return p.end(ctx)
}

// PlayIn plays the first n steps of a story in a world that is already there, whose clock is not the story's: no step waits for its time, and
// steps that only move a clock do nothing. The first step that is refused ends it with an error.
func PlayIn(ctx context.Context, s *Scenario, n int, h http.Handler) error {
	for i := range s.Steps[:min(n, len(s.Steps))] {
		step := &s.Steps[i]
		if step.Clock() {
			continue
		}
		a, err := Door{Handler: h}.Send(ctx, step.Who, step.Method, step.Path, step.Body)
		if err != nil {
			return err
		}
		if !a.OK() {
			return fmt.Errorf("%s: step %d: status %d: %v", s.File, step.Number, a.Status, a.Issues())
		}
	}
	return nil
}

type player struct {
	s     *Scenario
	world *World
	door  Door
	clock *Clock
	ids   *IDs
}

func open(s *Scenario, mk Maker, at time.Time) (*player, error) {
	p := &player{s: s, clock: NewClock(at), ids: &IDs{}}
	world, err := mk(s, p.clock, p.ids)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	p.world, p.door = world, Door{Handler: world.Handler}
	return p, nil
}

// play delivers one step at its time and compares.
func (p *player) play(ctx context.Context, step *Step) (Told, error) {
	t := Told{Step: step}
	if err := walk(ctx, p.world, p.clock, step.At); err != nil {
		return t, err
	}
	var a Answer
	var err error
	if !step.Clock() {
		if a, err = p.deliver(ctx, step); err != nil {
			return t, err
		}
		t.Status, t.Issues = a.Status, a.Issues()
	}
	if t.Referrals, err = p.door.Referrals(ctx); err != nil {
		return t, err
	}
	for i := range step.Want {
		wrong, err := p.compare(ctx, &step.Want[i], &a, &t)
		if err != nil {
			return t, err
		}
		t.Wrong = append(t.Wrong, wrong...)
	}
	return t, nil
}

func (p *player) deliver(ctx context.Context, step *Step) (Answer, error) {
	p.ids.begin(step.Number)
	defer p.ids.end()
	var headers []string
	if step.Path != "/" && slices.ContainsFunc(step.Want, func(w Want) bool { return w.Word == "said" }) {
		headers = append(headers, Prefer)
	}
	return p.door.Send(ctx, step.Who, step.Method, step.Path, step.Body, headers...)
}

// compare gives words for each difference from one line of a want.
func (p *player) compare(ctx context.Context, w *Want, a *Answer, t *Told) ([]string, error) {
	if w.Type == "ServiceRequest" {
		return some(differs("ServiceRequest/"+w.ID+": state", w.State, t.stateOf(w.ID))), nil
	}
	var leg Leg
	if w.Type == "Task" {
		var err error
		if leg, err = p.door.Leg(ctx, w.ID); err != nil {
			return nil, err
		}
	}
	if w.Word != "" {
		return some(sayings[w.Word].wrong(w, a, &leg)), nil
	}
	return w.leg(&leg, p.s.Zone), nil
}

// stateOf gives where a referral stands; "none" for one that is not followed.
func (t *Told) stateOf(request string) string {
	for i := range t.Referrals {
		if t.Referrals[i].ServiceRequest == request {
			return t.Referrals[i].State
		}
	}
	return "none"
}
