package store

import (
	"context"
	"sync/atomic"
)

// Asked says what may come of asking a store: all that one request comes to, be it a Bundle of many, counts together. It goes with the context.
type Asked struct {
	// Budget is what the request may still come to; nil: each search has one of its own.
	Budget *Budget
	// Patience begins the time that one statement may take; it gives a context that ends with that. Nil: as long as it takes. A statement of an Update has
	// no such end, since it would undo what others wrote: its Budget bounds it.
	Patience func(context.Context) (context.Context, context.CancelFunc)
}

type askedKey struct{}

// WithAsked gives a context under which what is asked counts together.
func WithAsked(ctx context.Context, a *Asked) context.Context {
	return context.WithValue(ctx, askedKey{}, a)
}

// AskedOf gives what was said so, nil where nothing was.
func AskedOf(ctx context.Context) *Asked {
	a, _ := ctx.Value(askedKey{}).(*Asked)
	return a
}

// MostSteps is what one request may come to. A step is a row that is looked at, about three microseconds (see the weights below), so this is a third of a
// second: fifty times the dearest page that a worklist or a client of the published guides asks for, and all of 100,000 people looked through once for part
// of a name.
const MostSteps = 100_000

// What is worth how many steps.
const (
	StepsOfStatement = 5 // however little it finds
	StepsOfValue     = 2 // that is looked up
	StepsOfRow       = 1 // of which the key is given, or the terms are sifted
	StepsOfTerms     = 1 // more, where terms are shown
	StepsOfBody      = 2 // more, where the body is given
	bytesOfStep      = 4 << 10
)

// Budget counts what a request comes to. All methods may be called on nil, which has no end. Safe for concurrent use.
type Budget struct {
	steps, writing, included atomic.Int64 // that are left
}

// NewBudget gives so many steps. Half as many may be made inside Updates, where all other writers wait for them, and a twentieth of them resources may go
// with what matches, in all searches of a Bundle: of MostSteps that is 5,000, five of the largest pages.
func NewBudget(steps int) *Budget {
	b := &Budget{}
	b.steps.Store(int64(steps))
	b.writing.Store(int64(steps) / 2)
	b.included.Store(int64(steps) / 20)
	return b
}

// Spend takes steps; ErrTooCostly where there are not so many left.
func (b *Budget) Spend(steps int) error {
	if b != nil && b.steps.Add(-int64(steps)) < 0 {
		return ErrTooCostly
	}
	return nil
}

// SpendWriting is Spend inside an Update.
func (b *Budget) SpendWriting(steps int) error {
	if b != nil && b.writing.Add(-int64(steps)) < 0 {
		return ErrTooCostly
	}
	return nil
}

// Include takes resources that go with what matches; false where there are not so many left.
func (b *Budget) Include(n int) bool { return b == nil || b.included.Add(-int64(n)) >= 0 }

// Left gives how many steps are left, below zero where more were asked for.
func (b *Budget) Left() int { return int(b.steps.Load()) }

// StepsOfBytes gives what reading so many bytes is worth, beside what reading them at all is.
func StepsOfBytes(n int) int { return n / bytesOfStep }
