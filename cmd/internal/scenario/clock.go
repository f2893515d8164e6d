package scenario

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// Clock stands still until it is set. Safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock makes a clock that stands at a time.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now gives the time at which the clock stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// set moves the clock forward; it never goes back.
func (c *Clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.After(c.at) {
		c.at = at
	}
}

// IDs makes ids that depend only on the step that asks and on how many it asked for before, so that a resource has the same id in whatever
// order the steps come: "s3-1" is the first id that step 3 needed. Outside of steps they begin with Prefix. Safe for concurrent use.
type IDs struct {
	Prefix string // "" means "clock"

	mu   sync.Mutex
	step string
	made map[string]int
}

// Next gives a new id.
func (i *IDs) Next() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.made == nil {
		i.made = map[string]int{}
	}
	prefix := cmp.Or(i.step, i.Prefix, "clock")
	i.made[prefix]++
	return prefix + "-" + strconv.Itoa(i.made[prefix])
}

func (i *IDs) begin(step int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.step = "s" + strconv.Itoa(step)
}

func (i *IDs) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.step = ""
}

// stuck is how often the engine may name a time that has passed before the walk gives up: it then says "due" and does nothing.
const stuck = 100

// walk moves the clock to a time, stopping wherever something is due on the way.
func walk(ctx context.Context, w *World, clock *Clock, to time.Time) error {
	for idle := 0; ; {
		next, done, err := w.Tick(ctx)
		if err != nil {
			return fmt.Errorf("do what is due at %s: %w", clock.Now().Format(time.RFC3339), err)
		}
		if done == 0 && !next.IsZero() && !next.After(clock.Now()) {
			if idle++; idle == stuck {
				return fmt.Errorf("something is due at %s and is never done", next.Format(time.RFC3339))
			}
			continue
		}
		if next.IsZero() || next.After(to) {
			break
		}
		clock.set(next)
	}
	if !to.After(clock.Now()) {
		return nil
	}
	clock.set(to)
	_, _, err := w.Tick(ctx)
	if err != nil {
		return fmt.Errorf("do what is due at %s: %w", to.Format(time.RFC3339), err)
	}
	return nil
}
