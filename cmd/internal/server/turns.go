package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"warmhandoff/cmd/internal/turn"
	"warmhandoff/fhir"
)

// There are two gates. One is for what is worked on: bodies that are read, searches, answers. The other is for what waits for the writer, and nobody waits
// at both: whoever goes to the writer gives the place at the first one back, so that those who write keep nobody from reading, however many they are.
// Callers have all of it by turns: whoever says for whom they ask, as that party, the others by their address.

// pass is the place of a request at the first gate.
type pass struct {
	gate   gate
	caller string
	inside bool
	work   *turn.Work
}

type passKey struct{}

// enter takes a place at the first gate for all that a request does. The context that it gives knows of it, and for whom it is.
func (s *Server) enter(ctx context.Context, caller string) (context.Context, *pass, error) {
	p := &pass{gate: s.gate, caller: caller}
	if err := p.gate.enter(ctx, caller); err != nil {
		return nil, nil, err
	}
	p.inside = true
	ctx, p.work = s.processors.Begin(ctx, caller)
	return context.WithValue(ctx, passKey{}, p), p, nil
}

// leave gives the place back, unless that was done.
func (p *pass) leave() {
	if p == nil {
		return
	}
	p.work.End()
	if p.inside {
		p.inside = false
		p.gate.Leave(p.caller)
	}
}

// back takes it again, as soon as there is one. What was written has to be answered, so nobody is sent away here.
func (p *pass) back(ctx context.Context) {
	if p != nil {
		p.inside = p.gate.Enter(ctx, p.caller) == nil
	}
}

// atWriter does something that needs the writer. It is undone if the caller has gone before it is on the disk, or has waited for too long: nobody is left
// without an answer to what was stored.
func atWriter[T any](ctx context.Context, s *Server, do func(context.Context) (T, error)) (T, error) {
	p, _ := ctx.Value(passKey{}).(*pass)
	p.leave()
	defer p.back(ctx)
	var none T
	caller := turn.Of(ctx)
	if err := s.writers.enter(ctx, caller); err != nil {
		return none, err
	}
	defer s.writers.Leave(caller)
	waiting, cancel := context.WithTimeout(ctx, s.set.Limits.Wait)
	defer cancel()
	done, err := do(waiting)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		f := fail(http.StatusServiceUnavailable, fhir.CodeTimeout, "",
			fmt.Sprintf("Many are writing: this had not had its turn after %s, and nothing was stored. Send it again in a moment.", s.set.Limits.Wait))
		f.retry, f.cause = true, err
		return done, f
	}
	return done, err
}
