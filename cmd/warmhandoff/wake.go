package main

import (
	"context"
	"log/slog"
	"time"
)

// nap is how long the wake loop sleeps at most: something that came meanwhile may be due earlier than what it knows of.
const nap = 30 * time.Second

// wake does what is due, again and again, until the context ends.
func wake(ctx context.Context, tick func(context.Context) (time.Time, int, error), log *slog.Logger) {
	for {
		next, done, err := tick(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("what is due could not be done", "error", err)
			next = time.Time{}
		case done > 0:
			log.Info("did what was due", "referrals", done)
		}
		timer := time.NewTimer(pause(next, time.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// pause gives how long to sleep. Never less than a moment, so that a time that stays in the past cannot make a busy loop.
func pause(next, now time.Time) time.Duration {
	if next.IsZero() {
		return nap
	}
	return min(nap, max(100*time.Millisecond, next.Sub(now)))
}
