package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress tells how far a long work has come: a bar that is drawn over on a terminal, a line now and then elsewhere. Not for concurrent use.
type progress struct {
	w     io.Writer
	what  string
	now   func() time.Time
	draws bool
	began time.Time
	last  time.Time
}

// How often it tells.
const (
	progressBar  = 100 * time.Millisecond
	progressLine = 5 * time.Second
)

func newProgress(w io.Writer, what string, now func() time.Time) *progress {
	at, w := now(), unprinted(w)
	return &progress{w: w, what: what, now: now, draws: isTerminal(w), began: at, last: at}
}

func isTerminal(w io.Writer) bool {
	f, ok := unprinted(w).(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// show tells that so many are done.
func (g *progress) show(done, all int) {
	at, every := g.now(), progressLine
	if g.draws {
		every = progressBar
	}
	if all <= 0 || at.Sub(g.last) < every && (!g.draws || done < all) {
		return
	}
	g.last = at
	rate := float64(done) / max(at.Sub(g.began).Seconds(), 1e-9)
	left := time.Duration(float64(all-done) / max(rate, 1e-9) * float64(time.Second)).Round(time.Second)
	text := fmt.Sprintf("%d of %d %s, %.0f/s, %s left", done, all, g.what, rate, left)
	if !g.draws {
		fmt.Fprintln(g.w, text)
		return
	}
	const width = 30
	filled := width * done / all
	fmt.Fprintf(g.w, "\r[%s%s] %s\x1b[K", strings.Repeat("#", filled), strings.Repeat(".", width-filled), text)
}

// end takes the bar away.
func (g *progress) end() {
	if g.draws {
		fmt.Fprint(g.w, "\r\x1b[K")
	}
}
