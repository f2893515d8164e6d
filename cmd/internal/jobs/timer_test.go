package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

var quiet = slog.New(slog.DiscardHandler)

func TestPauseIsNeverLongAndNeverNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name string
		next time.Time
		want time.Duration
	}{
		{"nothing is due", time.Time{}, Nap},
		{"something is due in an hour", now.Add(time.Hour), Nap},
		{"something is due in half a second", now.Add(time.Second / 2), time.Second / 2},
		{"something was due an hour ago", now.Add(-time.Hour), breath},
	} {
		assert.Equal(t, row.want, pause(row.next, now), row.name)
	}
}

func after(d time.Duration) (<-chan time.Time, func() bool) {
	timer := time.NewTimer(d)
	return timer.C, timer.Stop
}

// due is one thing that is due at a time, and when it was done.
type due struct {
	at    atomic.Int64 // unix nanoseconds
	done  atomic.Int64
	ticks atomic.Int64
}

func (d *due) tick(context.Context) (time.Time, int, error) {
	d.ticks.Add(1)
	at := time.Unix(0, d.at.Load())
	if d.done.Load() != 0 || d.at.Load() == 0 {
		return time.Time{}, 0, nil
	}
	if time.Now().Before(at) {
		return at, 0, nil
	}
	d.done.Store(time.Now().UnixNano())
	return time.Time{}, 1, nil
}

func TestWhatIsDueIsDoneAtItsTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &due{}
		at := time.Now().Add(90 * time.Minute).Add(300 * time.Millisecond)
		d.at.Store(at.UnixNano())
		ctx, stop := context.WithCancel(t.Context())
		go (&Timers{Tick: d.tick, Now: time.Now, After: after, Log: quiet}).Run(ctx)
		time.Sleep(2 * time.Hour)
		stop()
		assert.Equal(t, at.UnixNano(), d.done.Load(), "neither early nor late")
	})
}

func TestSomethingThatBecameDueEarlierWakesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, woken := &due{}, make(chan struct{}, 1)
		ctx, stop := context.WithCancel(t.Context())
		go (&Timers{Tick: d.tick, Woken: woken, Now: time.Now, After: after, Log: quiet}).Run(ctx)
		time.Sleep(time.Minute + 100*time.Millisecond)
		at := time.Now().Add(50 * time.Millisecond)
		d.at.Store(at.UnixNano())
		woken <- struct{}{}
		time.Sleep(time.Minute)
		stop()
		assert.Equal(t, at.UnixNano(), d.done.Load())
	})
}

func TestWhatAnotherInstanceWroteIsFoundWithinANap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &due{}
		ctx, stop := context.WithCancel(t.Context())
		go (&Timers{Tick: d.tick, Now: time.Now, After: after, Log: quiet}).Run(ctx)
		time.Sleep(time.Minute + 100*time.Millisecond)
		at := time.Now()
		d.at.Store(at.UnixNano())
		time.Sleep(time.Minute)
		stop()
		assert.LessOrEqual(t, time.Duration(d.done.Load()-at.UnixNano()), Nap)
		assert.LessOrEqual(t, d.ticks.Load(), int64(130), "and it looks no more often than that")
	})
}

func TestAFailureIsTriedAgainAndTheEndIsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			(&Timers{Now: time.Now, After: after, Log: quiet, Tick: func(context.Context) (time.Time, int, error) {
				calls++
				return time.Time{}, 0, errors.New("no")
			}}).Run(ctx)
			close(ended)
		}()
		time.Sleep(10*time.Second + Nap/2)
		stop()
		synctest.Wait()
		<-ended
		assert.Equal(t, 11, calls)
	})
}
