package main

import (
	"context"
	"crypto/sha256"
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

// Run makes the read model and the search index again.
func (r *reproject) Run(p *program) error {
	guide, rules, err := r.agreed()
	if err != nil {
		return err
	}
	base := "http://127.0.0.1:8080/fhir"
	if r.BaseURL != "" {
		var words string
		if base, words = parseBase(r.BaseURL); words != "" {
			return problems{{"base-url", words}}
		}
	}
	st, err := openStore(p, r.DB, sqlstore.Options{})
	if err != nil {
		return err
	}
	started := time.Now()
	now := func() time.Time { return started } // one moment for both readings, so that time cannot make a difference
	sys := wire(st, wiring{base: base, guide: guide, rules: rules, now: now, newID: newID})
	return errors.Join(r.run(p, sys), st.Close())
}

func (r *reproject) run(p *program, sys *system) error {
	var before map[string]imprint
	if r.Verify {
		if err := settle(p, sys); err != nil {
			return err
		}
		var err error
		if before, err = imprints(p, sys.store); err != nil {
			return err
		}
	}
	if err := sys.engine.Reindex(p, true, nil); err != nil {
		return fmt.Errorf("make the index anew: %w", err)
	}
	began, done := time.Now(), 0
	bar := newProgress(p.err, "referrals", time.Now)
	err := sys.engine.Reproject(p, func(n, all int) {
		done = n
		bar.show(n, all)
	})
	bar.end()
	if err != nil {
		return fmt.Errorf("reproject after %d referrals: %w", done, err)
	}
	took := time.Since(began)
	p.say("%d referrals projected in %s, %.0f/s", done, took.Round(time.Millisecond), float64(done)/max(took.Seconds(), 1e-9))
	if !r.Verify {
		return nil
	}
	after, err := imprints(p, sys.store)
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

// imprint tells a row of the read model from another, in little space.
type imprint struct {
	state, reason string
	sum           [sha256.Size]byte // of all of it
}

func imprintOf(h store.Handoff) imprint {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %d %d %d %q", h.Task, h.Referral, h.Agency, h.Patient, h.State, h.Reason,
		h.Due.UnixMicro(), h.Wake.UnixMicro(), h.Seq, h.Doc))
	return imprint{h.State, h.Reason, sum}
}

// imprints reads the whole read model, by Task.
func imprints(ctx context.Context, st store.Store) (map[string]imprint, error) {
	all := map[string]imprint{}
	err := st.View(ctx, func(r store.Reader) error {
		return r.EachHandoff(ctx, func(h store.Handoff) error {
			all[h.Task] = imprintOf(h)
			return nil
		})
	})
	return all, err
}

func compare(p *program, before, after map[string]imprint) error {
	different := 0
	for id, was := range before {
		is, there := after[id]
		if there && was == is {
			continue
		}
		if different++; different <= 10 {
			p.say("Task/%s: was %s:%s, is %s:%s", id, was.state, was.reason, is.state, is.reason)
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
