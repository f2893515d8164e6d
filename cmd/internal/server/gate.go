package server

import (
	"context"
	"time"

	"warmhandoff/cmd/internal/turn"
)

// gate lets so many requests in at once, by turns, and no caller has all places. The others wait a moment and are then sent away, so that a server with too
// much to do says so quickly and does not collect work that nobody waits for any more.
type gate struct {
	*turn.Gate
	wait time.Duration
}

func newGate(places int, wait time.Duration) gate { return gate{turn.NewGate(places), wait} }

// enter takes a place for a caller; whoever gets no error must call Leave.
func (g gate) enter(ctx context.Context, caller string) error {
	if g.Try(caller) {
		return nil
	}
	patience, cancel := context.WithTimeout(ctx, g.wait)
	defer cancel()
	if g.Enter(patience, caller) == nil {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return errCrowded
}

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
