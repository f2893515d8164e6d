package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/store/sqlstore"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

type proofScale struct {
	Handoffs int    `help:"How many open handoffs." default:"100000" env:"-"`
	Few      int    `help:"With how many the cost of a write is compared." default:"1000" env:"-"`
	Due      int    `help:"How many are due when the sweep is measured." default:"100" env:"-"`
	Writes   int    `help:"How many writes are measured, each way." default:"400" env:"-"`
	Dir      string `help:"Where the database is made. Default: a temporary folder." placeholder:"DIR" env:"-"`
}

// scaleRun is one run of the proof.
type scaleRun struct {
	*proofScale
	st    *sqlstore.Store
	clock *steadyClock
	sys   *system
	shift atomic.Int64 // how far the clock is set forward
	began time.Time
	f     map[string]any
}

// Run fills a database and measures, all in one process, what must not grow with it.
func (k *proofScale) Run(p *program) (err error) {
	began := time.Now()
	dir, err := os.MkdirTemp(k.Dir, "warmhandoff-proof-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	st, err := openStore(p, filepath.Join(dir, "proof.db"), sqlstore.Options{})
	if err != nil {
		return err
	}
	r := &scaleRun{proofScale: k, st: st, clock: machineClock("", nil), began: began, f: map[string]any{"handoffs": k.Handoffs}}
	r.sys = r.fresh(r.now)
	ok, err := r.measure(p)
	if err := errors.Join(err, st.Close()); err != nil {
		return err
	}
	if _, peak, err := memory(os.Getpid()); err == nil {
		r.f["memoryPeakMB"] = peak
	}
	return conclude(p, verdict{
		Claim: "with many open handoffs the sweep for what is due takes less than 200 ms, a write costs what it costs with few, and the read model comes out the same when it is made again",
		OK:    ok, Figures: r.f,
	}, began)
}

func (r *scaleRun) now() time.Time { return r.clock.Now().Add(time.Duration(r.shift.Load())) }

// fresh gives a system that remembers nothing.
func (r *scaleRun) fresh(now func() time.Time) *system {
	return wire(r.st, wiring{base: "http://127.0.0.1/fhir", guide: mapping.Settings{Zone: time.UTC, Guides: guides}, now: now, newID: newID})
}

func (r *scaleRun) measure(p *program) (bool, error) {
	if err := r.fill(p, 0, r.Few); err != nil {
		return false, err
	}
	few, err := r.writes(p, "few", r.Few)
	if err != nil {
		return false, err
	}
	started := time.Now()
	if err := r.fill(p, r.Few, r.Handoffs); err != nil {
		return false, err
	}
	r.f["filledPerSecond"] = float64(r.Handoffs-r.Few) / time.Since(started).Seconds()
	many, err := r.writes(p, "many", r.Handoffs)
	if err != nil {
		return false, err
	}
	r.f["writeManyToFew"] = many / few
	sweep, err := r.sweep(p)
	if err != nil {
		return false, err
	}
	same, err := r.reproject(p)
	return sweep < 200*time.Millisecond && many/few < 1.5 && same, err
}

// fill makes handoffs of which the first few are due in an hour, and the others in a year.
func (r *scaleRun) fill(p *program, from, to int) error {
	bar := newProgress(p.err, "handoffs", time.Now)
	defer bar.end()
	for ; from < to; from = min(from+1000, to) {
		if err := fill(p, r.sys.engine, from, min(from+1000, to), func(n int) time.Time {
			if n < r.Due {
				return r.began.Add(time.Hour)
			}
			return r.began.Add(365*24*time.Hour + time.Duration(n)*time.Second)
		}); err != nil {
			return err
		}
		bar.show(min(from+1000, to), r.Handoffs)
	}
	return nil
}

// writes gives the median of an update of a Task by one client, in milliseconds, each on the disk before the next, and notes that of a new referral.
// The Tasks lie all over the database, and the engine remembers none of them.
func (r *scaleRun) writes(ctx context.Context, name string, size int) (float64, error) {
	sys := r.fresh(r.now)
	var updates, creates []time.Duration
	for i := range r.Writes {
		task, issues := fhir.Read(fmt.Appendf(nil, `{"resourceType":"Task","id":%q,"status":"in-progress","intent":"order",%s,"description":"%s %d",
"focus":{"reference":"ServiceRequest/%[1]s"},"for":{"reference":"Patient/%[1]s"},"owner":{"reference":"Organization/agency-%02[5]d"}}`,
			filled(i*size/r.Writes), code, name, i, i*size/r.Writes%100))
		if fhir.Refused(issues) {
			return 0, errors.New(issues[0].Text)
		}
		took, err := timed(ctx, sys, []engine.Change{{Method: engine.Update, Type: "Task", ID: task.ID(), Resource: task}})
		if err != nil {
			return 0, err
		}
		updates = append(updates, took)
		changes, err := openReferral(r.Handoffs+size+i, r.began.Add(400*24*time.Hour))
		if err != nil {
			return 0, err
		}
		if took, err = timed(ctx, sys, changes); err != nil {
			return 0, err
		}
		creates = append(creates, took)
	}
	slices.Sort(updates)
	slices.Sort(creates)
	r.f[name+"UpdateP50ms"], r.f[name+"UpdateP99ms"], r.f[name+"ReferralP50ms"] = quantile(updates, 0.5), quantile(updates, 0.99), quantile(creates, 0.5)
	return quantile(updates, 0.5), nil
}

func timed(ctx context.Context, sys *system, changes []engine.Change) (time.Duration, error) {
	began := time.Now()
	_, err := sys.engine.Apply(ctx, engine.Principal{Role: workflow.Admin}, changes)
	return time.Since(began), err
}

// sweep gives the longest that it took to find out what is due: when nothing is, and when a few are. How long doing these took is noted beside it.
func (r *scaleRun) sweep(ctx context.Context) (time.Duration, error) {
	if err := settle(ctx, r.sys); err != nil {
		return 0, err
	}
	var idle []time.Duration
	for range 50 {
		began := time.Now()
		if _, done, err := r.sys.engine.Tick(ctx); err != nil || done > 0 {
			return 0, errors.Join(err, fmt.Errorf("%d were due when none should be", done))
		}
		idle = append(idle, time.Since(began))
	}
	slices.Sort(idle)
	r.shift.Store(int64(time.Hour + time.Since(r.began)))
	found, began := 0, time.Now()
	err := r.sys.store.View(ctx, func(v store.Reader) error {
		due, err := v.Awake(ctx, r.sys.now(), 0)
		found = len(due)
		return err
	})
	finding := time.Since(began)
	if err != nil {
		return 0, err
	}
	began = time.Now()
	_, done, err := r.sys.engine.Tick(ctx)
	r.f["sweepNothingDueMaxMs"], r.f["due"], r.f["sweepDueMs"] = quantile(idle, 1), found, float64(finding.Microseconds())/1000
	r.f["done"], r.f["doneMs"] = done, time.Since(began).Milliseconds()
	if found < r.Due {
		err = errors.Join(err, fmt.Errorf("%d are due, and %d should be", found, r.Due))
	}
	return max(finding, idle[len(idle)-1]), err
}

// reproject makes the read model again and reports whether all rows came out as they were.
func (r *scaleRun) reproject(p *program) (bool, error) {
	if err := settle(p, r.sys); err != nil {
		return false, err
	}
	stopped := r.sys.now() // one moment for both readings
	fresh := r.fresh(func() time.Time { return stopped })
	if err := settle(p, fresh); err != nil {
		return false, err
	}
	before, err := imprints(p, r.sys.store)
	if err != nil {
		return false, err
	}
	bar, began := newProgress(p.err, "referrals", time.Now), time.Now()
	all := 0
	if err := fresh.engine.Reproject(p, func(n, of int) { all = n; bar.show(n, of) }); err != nil {
		return false, err
	}
	bar.end()
	took := time.Since(began)
	after, err := imprints(p, r.sys.store)
	if err != nil {
		return false, err
	}
	different := 0
	for id, was := range before {
		if after[id] != was {
			different++
		}
	}
	r.f["rows"], r.f["rowsDifferent"], r.f["reprojected"], r.f["reprojectedPerSecond"] = len(after), different+len(after)-len(before), all, float64(all)/took.Seconds()
	return different == 0 && len(after) == len(before), nil
}
