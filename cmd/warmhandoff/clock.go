package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"
)

// How far the clock of the machine may run ahead of time as it passes before it is doubted, and for how long it is then doubted.
const (
	leap  = 2 * time.Minute
	doubt = 10 * time.Minute
)

// steadyClock is the time by which everything is done: that of the machine's clock, as long as it moves as time passes.
//
// A deadline that comes too early does harm, and one that comes twice does too, and clocks of machines are set wrong and right again. So a clock
// that is set back never takes this one with it: it runs on as time passes. A small difference (the machine is being brought into step) is made up
// at half speed. One that is set forward by more than a leap is believed only when it has stayed so for as long as it is doubted; a machine that
// slept looks the same, and is late by that. Safe for concurrent use.
type steadyClock struct {
	wall func() time.Time     // the machine's clock, which may be set
	mono func() time.Duration // time as it passes, which may not
	log  *slog.Logger

	mu     sync.Mutex
	now    time.Time     // as last read
	at     time.Duration // by mono
	ahead  time.Duration // by mono, when the machine's clock was first seen to be a leap ahead; -1: it is not
	by     time.Duration // how far ahead it then was
	behind bool          // it was told that the machine's clock was set back
	begun  bool          // it was read before
}

func newSteadyClock(wall func() time.Time, mono func() time.Duration, log *slog.Logger) *steadyClock {
	return &steadyClock{wall: wall, mono: mono, log: log, ahead: -1}
}

// machineClock follows the clock of this machine. offset names a file whose first word is added to it ("-1h"), for proofs; "" for none.
func machineClock(offset string, log *slog.Logger) *steadyClock {
	began := time.Now()
	wall := func() time.Time { return time.Now().Round(0) }
	if offset != "" {
		wall = func() time.Time { return time.Now().Round(0).Add(offsetIn(offset)) }
	}
	return newSteadyClock(wall, func() time.Duration { return time.Since(began) }, log)
}

// after waits by time as it passes, whatever is done to the machine's clock.
func after(d time.Duration) (<-chan time.Time, func() bool) {
	t := time.NewTimer(d)
	return t.C, t.Stop
}

// offsetIn reads an offset; what cannot be read is none.
func offsetIn(file string) time.Duration {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	d, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return d
}

// Now gives the time. It never goes back.
func (c *steadyClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall, mono := c.wall(), c.mono()
	if !c.begun {
		c.now, c.at, c.begun = wall, mono, true
		return c.now
	}
	passed := max(0, mono-c.at)
	next := c.now.Add(passed)
	switch off := wall.Sub(next); {
	case off > leap:
		next = next.Add(c.believed(off, mono))
	case off >= 0:
		next = wall
		c.inStep()
	case off > -leap:
		next = next.Add(-min(-off, passed/2))
		c.inStep()
	case !c.behind:
		c.ahead, c.behind = -1, true
		c.tell(fmt.Sprintf("the machine's clock was set back by %s; time goes on from where it was until this program is started again", (-off).Round(time.Second)))
	default:
		c.ahead = -1
	}
	c.now, c.at = next, mono
	return next
}

// believed gives how much of a leap to take: nothing, until it has lasted. One that changes by another leap is a new one.
func (c *steadyClock) believed(off, mono time.Duration) time.Duration {
	c.behind = false
	switch {
	case c.ahead < 0 || (off-c.by).Abs() > leap:
		c.ahead, c.by = mono, off
		c.tell(fmt.Sprintf("the machine's clock was set forward by %s; it is believed if it stays so for %s", off.Round(time.Second), doubt))
	case mono-c.ahead >= doubt:
		c.tell(fmt.Sprintf("the machine's clock stayed forward by %s, and is believed now", off.Round(time.Second)))
		c.ahead = -1
		return off
	}
	return 0
}

func (c *steadyClock) inStep() { c.ahead, c.behind = -1, false }

func (c *steadyClock) tell(text string) {
	if c.log != nil {
		c.log.Warn(text)
	}
}
