package server

import (
	"context"
	"time"
)

// gate lets so many requests into the engine at once. The others wait a moment and are then sent away, so that a server with too much to do
// says so quickly and does not collect work that nobody waits for any more.
type gate struct {
	places chan struct{}
	wait   time.Duration
}

func newGate(places int, wait time.Duration) gate {
	return gate{places: make(chan struct{}, places), wait: wait}
}

// enter takes a place; whoever gets no error must call leave.
func (g gate) enter(ctx context.Context) error {
	select {
	case g.places <- struct{}{}:
		return nil
	default:
	}
	patience, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	select {
	case g.places <- struct{}{}:
		return nil
	case <-patience.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errCrowded
}

func (g gate) leave() { <-g.places }

// worked carries a request out once a large body may be worked on.
func (s *Server) worked(ctx context.Context, in *request) (*answer, error) {
	size := int64(len(in.raw))
	if size <= free {
		return s.admitted(ctx, in)
	}
	who := in.hold.who()
	err := s.patiently(ctx, errCrowded, func(ctx context.Context) (err error) {
		size, err = s.working.wait(ctx, who, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer s.working.give(who, size)
	return s.admitted(ctx, in)
}

// patiently waits for memory no longer than Limits.Patience, and then gives the error none.
func (s *Server) patiently(ctx context.Context, none error, wait func(context.Context) error) error {
	patience, cancel := context.WithTimeout(ctx, s.set.Limits.Patience)
	defer cancel()
	if err := wait(patience); err != nil && ctx.Err() == nil {
		return none
	}
	return ctx.Err()
}
