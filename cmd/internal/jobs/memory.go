package jobs

import (
	"context"
	"time"
)

// When memory is given back: it is looked every lookEvery, and done where somebody has left much, and little is asked for meanwhile.
const (
	lookEvery = 5 * time.Second
	muchSpare = 32 << 20 // bytes
	calm      = 32 << 20 // bytes that were asked for since the last look
)

// Memory gives memory back to the machine once it is calm. The run-time keeps what a great request took for minutes, since as much may be asked for again.
type Memory struct {
	// Usage gives how many bytes of memory the program has and does not need now, and how many it has ever asked for.
	Usage func() (spare, asked uint64)
	// GiveBack gives back what is not needed. It takes some milliseconds.
	GiveBack func()
	// After is that of Rows.
	After func(time.Duration) (<-chan time.Time, func() bool)
}

// Run looks again and again until the context ends.
func (m *Memory) Run(ctx context.Context) {
	_, before := m.Usage()
	for {
		over, stop := m.After(lookEvery)
		select {
		case <-ctx.Done():
			stop()
			return
		case <-over:
		}
		spare, asked := m.Usage()
		if spare > muchSpare && asked-before < calm {
			m.GiveBack()
		}
		before = asked
	}
}
