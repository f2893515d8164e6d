package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/mapping"
)

type proofTimers struct {
	Timers    int           `help:"How many things become due." default:"10000" env:"-"`
	Instances int           `help:"How many servers share the database." default:"3" env:"-"`
	Spread    time.Duration `help:"Over how long they become due while servers are killed and paused." default:"30s" env:"-"`
	Kills     int           `help:"How often a server is killed and started again." default:"12" env:"-"`
	Pauses    int           `help:"How often one is paused." default:"3" env:"-"`
	Pause     time.Duration `help:"For how long." default:"3s" env:"-"`
	Step      time.Duration `help:"How long each wrong setting of the clock lasts, after the killing: 1 h, -1 h, 25 h, -10 years." default:"3s" env:"-"`
	Seed      uint64        `help:"Of what is due when, and of who is killed when." default:"1" env:"-"`
	Dir       string        `help:"Where the database is made. Default: a temporary folder." placeholder:"DIR" env:"-"`
}

// clockSteps are how wrong the machine's clock is set.
var clockSteps = []time.Duration{time.Hour, -time.Hour, 25 * time.Hour, -10 * 365 * 24 * time.Hour}

// timerRun is one run of the proof.
type timerRun struct {
	*proofTimers
	file   string
	chance *rand.Rand
	due    []time.Time // of each referral; those from Timers on are not due before the end
	began  time.Time   // when the first is due
	held   []span      // while somebody who was paused held the lock
	kills  int
	pauses int
}

// span is a stretch of time.
type span struct{ from, to time.Time }

// Run fills a database, lets several servers do what becomes due while they are killed, paused and given wrong clocks, and counts.
func (k *proofTimers) Run(p *program) error {
	began := time.Now()
	dir, err := os.MkdirTemp(k.Dir, "warmhandoff-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r := &timerRun{proofTimers: k, file: filepath.Join(dir, "proof.db"), chance: rand.New(rand.NewPCG(k.Seed, 0))}
	if err := r.fill(p); err != nil {
		return err
	}
	w, err := watch(p, r.file)
	if err != nil {
		return err
	}
	err = r.play(p, filepath.Join(dir, "offset"), w)
	if err := errors.Join(err, w.close()); err != nil {
		return err
	}
	whole, err := integrity(p, r.file)
	if err != nil {
		return err
	}
	t := r.count(w)
	figures := t.figures(r)
	figures["integrity"] = whole
	return conclude(p, verdict{
		Claim: fmt.Sprintf("%d servers on one file, killed, paused and with their clock set wrong, do each thing that is due once: none lost, none early, and late by less than 2 s (p99) while they can write", k.Instances),
		OK:    t.lost == 0 && t.twice == 0 && t.early == 0 && whole == "ok" && len(t.late) > 0 && quantile(t.late, 0.99) < 2000,
		Seed:  k.Seed, Figures: figures,
	}, began)
}

// length is how long things become due.
func (k *proofTimers) length() time.Duration {
	return k.Spread + time.Duration(len(clockSteps))*(k.Step+k.Step/2)
}

// fill writes the referrals: as many as become due while it is watched, and a twentieth more that become due within a day after it. When the first is
// due follows from how fast this machine fills.
func (r *timerRun) fill(ctx context.Context) error {
	st, err := openStore(ctx, r.file, sqlstore.Options{})
	if err != nil {
		return err
	}
	sys := wire(st, wiring{base: "http://127.0.0.1/fhir", guide: mapping.Settings{Zone: time.UTC, Guides: guides}, now: machineClock("", nil).Now, newID: newID})
	after := r.Timers / 20
	r.due = make([]time.Time, r.Timers+after)
	trial := max(1, after)
	began := time.Now()
	later := func(n int) time.Time {
		r.due[n] = began.Add(r.length() + time.Hour + time.Duration(n)*23*time.Hour/time.Duration(len(r.due))).Truncate(time.Millisecond)
		return r.due[n]
	}
	err = fill(ctx, sys.engine, r.Timers, r.Timers+trial, later)
	took := time.Since(began)
	r.began = time.Now().Add(took*time.Duration(r.Timers)/time.Duration(trial)*3/2 + 3*time.Second).Truncate(time.Millisecond)
	for n := range r.Timers {
		r.due[n] = r.began.Add(time.Duration(r.chance.Int64N(int64(r.length())))).Truncate(time.Millisecond)
	}
	if err == nil {
		err = fill(ctx, sys.engine, 0, r.Timers, func(n int) time.Time { return r.due[n] })
	}
	return errors.Join(err, st.Close())
}

// play runs the servers until all is done, or for half a minute longer than it should take.
func (r *timerRun) play(ctx context.Context, offset string, w *watcher) error {
	h, err := startHerd(ctx, r.file, offset, r.Instances)
	if err != nil {
		return err
	}
	defer h.kill()
	if up := time.Now(); up.After(r.began) {
		r.held = append(r.held, span{r.began, up}) // this machine was slower than it said
	}
	if err := r.disturb(ctx, h); err != nil {
		return err
	}
	for _, by := range clockSteps {
		for _, step := range []struct{ by, lasts time.Duration }{{by, r.Step}, {0, r.Step / 2}} {
			if err := h.setClock(step.by); err != nil {
				return err
			}
			if err := wait(ctx, time.Now().Add(step.lasts)); err != nil {
				return err
			}
		}
	}
	for end := time.Now().Add(30 * time.Second); w.count() < r.Timers && time.Now().Before(end); {
		if err := wait(ctx, time.Now().Add(100*time.Millisecond)); err != nil {
			return err
		}
	}
	if err := wait(ctx, time.Now().Add(time.Second)); err != nil { // for what is done twice
		return err
	}
	return h.stop()
}

// disturb kills and pauses servers at random until the spread is over.
func (r *timerRun) disturb(ctx context.Context, h *herd) error {
	deeds := make([]bool, r.Kills+r.Pauses) // true: a pause
	for i := range r.Pauses {
		deeds[i] = true
	}
	r.chance.Shuffle(len(deeds), func(i, j int) { deeds[i], deeds[j] = deeds[j], deeds[i] })
	quiet := max(0, r.Spread-time.Duration(r.Pauses)*r.Pause) / time.Duration(len(deeds)+1)
	if err := wait(ctx, r.began); err != nil {
		return err
	}
	for _, pause := range deeds {
		if err := wait(ctx, time.Now().Add(quiet/2+time.Duration(r.chance.Int64N(int64(quiet)+1)))); err != nil {
			return err
		}
		i := r.chance.IntN(len(h.all))
		if !pause {
			if err := h.restart(ctx, i); err != nil {
				return err
			}
			r.kills++
			continue
		}
		from := time.Now()
		held, err := h.pause(ctx, i, r.Pause)
		if err != nil {
			return err
		}
		if r.pauses++; held {
			r.held = append(r.held, span{from, time.Now()})
		}
	}
	return wait(ctx, r.began.Add(r.Spread))
}

// wait waits until a time.
func wait(ctx context.Context, until time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(until)):
		return nil
	}
}

// timerTally is what became of what was due.
type timerTally struct {
	lost, twice, early int
	late               []time.Duration // of what was due while they could write, sorted
	held               []time.Duration // of what was due while they could not
}

func (r *timerRun) count(w *watcher) *timerTally {
	t := &timerTally{}
	for n, due := range r.due {
		leg := "Task/" + filled(n)
		first, done := w.first[leg]
		if w.times[leg] > 1 {
			t.twice++
		}
		switch {
		case !done && n < r.Timers:
			t.lost++
		case !done:
		case first.Before(due):
			t.early++
		case r.couldNotWrite(due):
			t.held = append(t.held, first.Sub(due))
		default:
			t.late = append(t.late, first.Sub(due))
		}
	}
	slices.Sort(t.late)
	slices.Sort(t.held)
	return t
}

// couldNotWrite reports a time at which somebody who was paused held the lock, or until two seconds after: what was held up is then done first.
func (r *timerRun) couldNotWrite(at time.Time) bool {
	return slices.ContainsFunc(r.held, func(s span) bool { return !at.Before(s.from) && at.Before(s.to.Add(2*time.Second)) })
}

func (t *timerTally) figures(r *timerRun) map[string]any {
	return map[string]any{
		"timers": r.Timers, "notDueYet": len(r.due) - r.Timers, "instances": r.Instances, "kills": r.kills, "pauses": r.pauses, "pausesWhileWriting": len(r.held),
		"clockSteps": len(clockSteps), "lost": t.lost, "twice": t.twice, "early": t.early,
		"lateP50ms": quantile(t.late, 0.5), "lateP99ms": quantile(t.late, 0.99), "lateMaxMs": quantile(t.late, 1),
		"dueWhileNobodyCouldWrite": len(t.held), "ofTheseLateMaxMs": quantile(t.held, 1),
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
