package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
)

type reproject struct {
	DB      string `name:"db" help:"Database file. No server may have it open." default:"warmhandoff.db" placeholder:"FILE"`
	BaseURL string `help:"FHIR base URL that clients use: absolute references below it are local. As given to serve." placeholder:"URL"`
	Verify  bool   `help:"Also compare: the rows that were there must be the rows that come out." env:"-"`
	site
}

// Run makes the read model again.
func (r *reproject) Run(p *program) error {
	guide, rules, err := r.agreed()
	if err != nil {
		return err
	}
	st, err := openStore(p, r.DB, sqlstore.Options{})
	if err != nil {
		return err
	}
	base := r.BaseURL
	if base == "" {
		base = "http://127.0.0.1:8080/fhir"
	}
	started := time.Now()
	now := func() time.Time { return started } // one moment for both readings, so that time cannot make a difference
	sys := wire(st, wiring{base: base, guide: guide, rules: rules, now: now, newID: newID})
	return errors.Join(r.run(p, sys, started), st.Close())
}

func (r *reproject) run(p *program, sys *system, started time.Time) error {
	var before map[string]store.Handoff
	if r.Verify {
		if err := settle(p, sys); err != nil {
			return err
		}
		var err error
		if before, err = rows(p, sys.store); err != nil {
			return err
		}
	}
	done := 0
	if err := sys.engine.Reproject(p, func(n, _ int) {
		if done = n; n%10_000 == 0 && n > 0 {
			fmt.Fprintf(p.err, "%d referrals\n", n)
		}
	}); err != nil {
		return fmt.Errorf("reproject after %d referrals: %w", done, err)
	}
	p.say("%d referrals projected in %s", done, time.Since(started).Round(time.Millisecond))
	if !r.Verify {
		return nil
	}
	after, err := rows(p, sys.store)
	if err != nil {
		return err
	}
	return compare(p, before, after)
}

// settle does what is due, so that what time alone changes is not taken for a difference.
func settle(ctx context.Context, sys *system) error {
	for {
		_, done, err := sys.engine.Tick(ctx)
		if err != nil || done == 0 {
			return err
		}
	}
}

// rows reads the whole read model, by Task.
func rows(ctx context.Context, st store.Store) (map[string]store.Handoff, error) {
	all := map[string]store.Handoff{}
	err := st.View(ctx, func(r store.Reader) error {
		var tasks []string
		if err := r.EachKey(ctx, "Task", func(v store.Version) error {
			tasks = append(tasks, v.ID)
			return nil
		}); err != nil {
			return err
		}
		for _, id := range tasks {
			row, err := r.Handoff(ctx, id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			all[id] = row
		}
		return nil
	})
	return all, err
}

func compare(p *program, before, after map[string]store.Handoff) error {
	different := 0
	for id, was := range before {
		is, there := after[id]
		if there && same(was, is) {
			continue
		}
		if different++; different <= 10 {
			p.say("Task/%s: was %s:%s, is %s:%s", id, was.State, was.Reason, is.State, is.Reason)
		}
	}
	for id := range after {
		if _, there := before[id]; !there {
			different++
		}
	}
	if different > 0 {
		return fmt.Errorf("%d of %d rows came out otherwise", different, len(before))
	}
	p.say("all %d rows came out as they were", len(after))
	return nil
}

func same(a, b store.Handoff) bool {
	return a.Task == b.Task && a.Referral == b.Referral && a.Agency == b.Agency && a.Patient == b.Patient && a.State == b.State &&
		a.Reason == b.Reason && a.Due.Equal(b.Due) && a.Wake.Equal(b.Wake) && a.Seq == b.Seq && bytes.Equal(a.Doc, b.Doc)
}
