package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/invariant"
)

// cost is what one request may still come to, be it a Bundle of many: its entries share it. It goes with the context, for one goroutine at a time.
type cost struct {
	asked     store.Asked
	patched   int // bytes of resources
	validated int // likewise
	work      *invariant.Work
	waits     time.Duration // for answers of the store
}

type costKey struct{}

// counted gives the context of a request with what it may come to. What is read by its id, and what is written without a condition, costs what it costs.
func (s *Server) counted(ctx context.Context, in *request) context.Context {
	switch in.route.kind {
	case doRead, doVRead, doStatement, doDocument:
		return ctx
	case doCreate:
		if in.ifNoneExist == "" && in.query == "" {
			return ctx
		}
	case doUpdate, doDelete:
		if in.id != "" {
			return ctx
		}
	}
	c := &cost{patched: s.set.Limits.Patched, validated: s.set.Limits.Validated, waits: questionsInAll * s.set.Limits.Statement}
	c.asked = store.Asked{Budget: store.NewBudget(s.set.Limits.Steps), Patience: func(ctx context.Context) (context.Context, context.CancelFunc) { return s.patience(ctx, c) }}
	ctx = store.WithAsked(context.WithValue(ctx, costKey{}, c), &c.asked)
	if in.route.kind == doOperation || in.route.kind == doTransaction {
		c.work = invariant.NewWork()
		ctx = invariant.Within(ctx, c.work)
	}
	return ctx
}

// questionsInAll is how many times as long as one question all questions of a request may take: what no step counts is bounded by that.
const questionsInAll = 2

// patience begins the time that one question to the store may take, and takes it from what all of them may.
func (s *Server) patience(ctx context.Context, c *cost) (context.Context, context.CancelFunc) {
	began := s.set.Now()
	limited, cancel := context.WithTimeout(ctx, min(s.set.Limits.Statement, c.waits))
	return limited, func() {
		c.waits -= s.set.Now().Sub(began)
		cancel()
	}
}

func costOf(ctx context.Context) *cost {
	c, _ := ctx.Value(costKey{}).(*cost)
	return c
}

// patching refuses a patch in a Bundle whose other patches were of all that the patches of a Bundle may be of; took says of how much this one is.
func (in *request) patching(ctx context.Context, took int) error {
	c := costOf(ctx)
	switch {
	case c == nil || in.at == "": // one is never too much
		return nil
	case c.patched <= 0:
		return fail(http.StatusBadRequest, fhir.CodeTooCostly, in.at,
			"The resources that are patched in this Bundle are too large together: send fewer patches in one Bundle, or this one by itself.")
	}
	c.patched -= took
	return nil
}

// validating is likewise for $validate.
func (in *request) validating(ctx context.Context, took int) error {
	c := costOf(ctx)
	switch {
	case c == nil || in.at == "":
		return nil
	case c.validated <= 0 || c.work.Done():
		return fail(http.StatusBadRequest, fhir.CodeTooCostly, in.at,
			"The resources that $validate looks at in this Bundle are too large together: send fewer of them in one Bundle, or this one by itself.")
	}
	c.validated -= took
	return nil
}

// refuseLong refuses a message of more entries than a Bundle may have.
func (s *Server) refuseLong(b *fhir.Resource) error {
	if most := s.set.Limits.Entries; len(b.Get("entry").Items()) > most {
		return fail(http.StatusRequestEntityTooLarge, fhir.CodeTooCostly, "Bundle.entry", fmt.Sprintf("A message may have at most %d entries.", most))
	}
	return nil
}
