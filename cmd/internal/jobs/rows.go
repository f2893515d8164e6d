package jobs

import (
	"context"
	"log/slog"
	"time"
)

// again is how long Rows waits before it tries again what failed.
const again = time.Minute

// Rows makes the rows of the read model anew that other rules or other settings made, once.
type Rows struct {
	// Refresh does it, beside other writers, and tells how many requests it has looked at. Where it was broken off it goes on.
	Refresh func(ctx context.Context, progress func(done int)) error
	// After gives a channel that is sent to when so much time has passed, and a function that gives the waiting up.
	After func(time.Duration) (<-chan time.Time, func() bool)
	Log   *slog.Logger
}

// Run works until all are made, or the context ends. What fails is logged and tried again.
func (r *Rows) Run(ctx context.Context) {
	for {
		looked := 0
		err := r.Refresh(ctx, func(done int) {
			looked = done
			r.Log.Debug("the read model is made anew", "requests", done)
		})
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && looked > 0:
			r.Log.Info("made the read model anew, by the rules of this program", "requests", looked)
			return
		case err == nil:
			return
		}
		r.Log.Error("the read model could not be made anew, and is as it was where that failed", "error", err)
		over, stop := r.After(again)
		select {
		case <-ctx.Done():
		case <-over:
		}
		stop()
	}
}
