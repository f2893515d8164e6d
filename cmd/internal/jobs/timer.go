// Package jobs does by itself what nobody asks for at the moment: today what is due, later the notices that go out.
//
// A job owns nothing. What is due stands in the store, set in the transaction of the change that made it due; a job finds it there, and engine does it
// in one transaction. So a job may be killed, paused, or run by several instances at once, and each thing is still done once. The room knows no
// FHIR: it calls engine like everybody else.
package jobs

import (
	"context"
	"log/slog"
	"time"
)

// Nap is how long the loop sleeps at most: another instance on the same store may have written something that is due earlier than what this one
// knows of.
const Nap = time.Second

// breath is how long it sleeps at least, so that a time that stays in the past makes no busy loop.
const breath = 20 * time.Millisecond

// Timers does what is due, when it is due.
type Timers struct {
	// Tick does what is due by now, and gives when it should be called next (zero: not before something is written) and how much it did.
	Tick func(context.Context) (next time.Time, done int, err error)
	// Woken is sent to when something is due earlier than Tick last said; nil: never.
	Woken <-chan struct{}
	// Now is the clock by which things are due.
	Now func() time.Time
	// After gives a channel that is sent to when so much time has passed, and a function that gives the waiting up.
	After func(time.Duration) (<-chan time.Time, func() bool)
	Log   *slog.Logger
}

// Run works until the context ends. What fails is logged and tried again.
func (t *Timers) Run(ctx context.Context) {
	for {
		next, done, err := t.Tick(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			t.Log.Error("what is due could not be done", "error", err)
			next = time.Time{}
		case done > 0:
			t.Log.Info("did what was due", "referrals", done)
		}
		if !t.sleep(ctx, pause(next, t.Now())) {
			return
		}
	}
}

// sleep waits, and reports whether the context goes on.
func (t *Timers) sleep(ctx context.Context, d time.Duration) bool {
	over, stop := t.After(d)
	defer stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.Woken:
	case <-over:
	}
	return true
}

// pause gives how long to sleep.
func pause(next, now time.Time) time.Duration {
	if next.IsZero() {
		return Nap
	}
	return min(Nap, max(breath, next.Sub(now)))
}
