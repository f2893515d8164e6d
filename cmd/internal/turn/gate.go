package turn

import (
	"cmp"
	"context"
	"sync"
)

// Gate lets so many in at once, and of one caller three quarters of them. Safe for concurrent use.
type Gate struct {
	mu      sync.Mutex
	places  int
	used    int
	callers map[string]*guest
	waiting int
	came    int64 // how many ever had to wait
	let     int64 // how many ever got in
}

// guest is a caller who is inside, or waits.
type guest struct {
	inside int
	last   int64 // when it got in, of all that ever did
	waits  []entrant
}

// entrant waits for a place; turn is closed when it has one.
type entrant struct {
	turn chan struct{}
	came int64
}

// before reports whether one caller's turn is before another's: who has fewer places, else who has had none for longer, else who waits longer.
func (c *guest) before(o *guest) bool {
	if o == nil {
		return true
	}
	return cmp.Or(cmp.Compare(c.inside, o.inside), cmp.Compare(c.last, o.last), cmp.Compare(c.waits[0].came, o.waits[0].came)) < 0
}

// NewGate returns a gate with so many places.
func NewGate(places int) *Gate { return &Gate{places: places, callers: map[string]*guest{}} }

// Try takes a place if one is free for the caller, and reports whether it did. Whoever got one must call Leave.
func (g *Gate) Try(caller string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.guest(caller)
	if g.takes(caller, c) {
		return true
	}
	g.forget(caller, c)
	return false
}

func (g *Gate) guest(caller string) *guest {
	c := g.callers[caller]
	if c == nil {
		c = &guest{}
		g.callers[caller] = c
	}
	return c
}

func (g *Gate) takes(caller string, c *guest) bool {
	if g.used >= g.places || c.inside >= shareOf(caller, g.places) || len(c.waits) > 0 {
		return false
	}
	g.admit(c)
	return true
}

func (g *Gate) admit(c *guest) {
	g.let++
	g.used++
	c.inside++
	c.last = g.let
}

// Waiting reports whether anybody waits.
func (g *Gate) Waiting() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting > 0
}

// Enter takes a place, and waits for it until the context ends, whose error it then gives. Whoever gets none must call Leave.
func (g *Gate) Enter(ctx context.Context, caller string) error {
	g.mu.Lock()
	c := g.guest(caller)
	if g.takes(caller, c) {
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.came++
	c.waits = append(c.waits, entrant{turn, g.came})
	g.waiting++
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range c.waits {
		if w.turn == turn {
			c.waits = append(c.waits[:i:i], c.waits[i+1:]...)
			g.waiting--
			g.forget(caller, c)
			return ctx.Err()
		}
	}
	g.leave(caller) // the turn came at the same moment
	return ctx.Err()
}

// Leave gives a place back.
func (g *Gate) Leave(caller string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave(caller)
}

func (g *Gate) leave(caller string) {
	c := g.callers[caller]
	c.inside--
	g.used--
	g.next()
	g.forget(caller, c)
}

// next gives free places to those who wait: first to whoever has fewest.
func (g *Gate) next() {
	for g.waiting > 0 && g.used < g.places {
		var fewest *guest
		for caller, c := range g.callers {
			if len(c.waits) > 0 && c.inside < shareOf(caller, g.places) && c.before(fewest) {
				fewest = c
			}
		}
		if fewest == nil {
			return
		}
		close(fewest.waits[0].turn)
		fewest.waits = fewest.waits[1:]
		g.waiting--
		g.admit(fewest)
	}
}

func (g *Gate) forget(caller string, c *guest) {
	if c.inside == 0 && len(c.waits) == 0 && g.callers[caller] == c {
		delete(g.callers, caller)
	}
}
