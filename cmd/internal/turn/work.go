package turn

import (
	"context"
	"time"
)

const (
	// short is for how long a request is worked on at once, without waiting for anybody: ordinary ones take a tenth of it. On a machine that has much to do
	// time goes by in which nothing is done, so it must have asked fewYields times too: a statement, or 64 rows, each.
	short     = 2 * time.Millisecond
	fewYields = 32
	// slice is for how long one that takes longer has a processor before others are asked whether they wait for it.
	slice = 5 * time.Millisecond
)

// Processors shares those of the machine among requests that take long, so that those that do not, and the writer, find one that is free: a program's
// goroutines have no order among them, and behind ten that work for seconds each step of the eleventh waits for a tenth of a second. Safe for concurrent use.
type Processors struct {
	gate    *Gate
	elapsed func() time.Duration
}

// NewProcessors returns a share of so many processors, at least one, by a clock that never goes back; nil measures nothing, and then nobody waits.
func NewProcessors(places int, elapsed func() time.Duration) *Processors {
	return &Processors{gate: NewGate(max(1, places)), elapsed: elapsed}
}

// Work is one request that is worked on, for one goroutine at a time.
type Work struct {
	caller string
	share  *Processors   // nil: it waits for nobody
	since  time.Duration // when it began, or had its last turn
	asked  int           // how often it yielded while it had none
	has    bool          // a place among those that take long
	still  bool          // somebody else works on it, who must not wait
}

// Begin returns a context in which a caller's request is worked on. Whoever works calls Yield again and again, Rest before waiting for anything, and End.
func (p *Processors) Begin(ctx context.Context, caller string) (context.Context, *Work) {
	w := &Work{caller: caller}
	if p.elapsed != nil {
		w.share, w.since = p, p.elapsed()
	}
	return context.WithValue(ctx, workKey{}, w), w
}

// End gives back what the work has. It may be called more than once.
func (w *Work) End() {
	if w.has {
		w.has = false
		w.share.gate.Leave(w.caller)
	}
}

// Yield is called by what may take long, every millisecond or so. Once the request has taken long it waits for its turn among all that do. Its error is that
// of the context, where that has ended.
func Yield(ctx context.Context) error {
	w := workOf(ctx)
	if w == nil || w.share == nil || w.still {
		return ctx.Err()
	}
	if !w.has {
		if w.asked++; w.asked < fewYields {
			return ctx.Err()
		}
	}
	now := w.share.elapsed()
	switch {
	case !w.has && now-w.since < short, w.has && now-w.since < slice:
		return ctx.Err()
	case w.has && !w.share.gate.Waiting():
		w.since = now
		return ctx.Err()
	}
	return w.turn(ctx)
}

// Long is Yield of a request that is known to take long before it begins.
func Long(ctx context.Context) error {
	w := workOf(ctx)
	if w == nil || w.share == nil || w.still || w.has {
		return ctx.Err()
	}
	return w.turn(ctx)
}

// turn waits for the next turn.
func (w *Work) turn(ctx context.Context) error {
	w.End()
	if err := w.share.gate.Enter(ctx, w.caller); err != nil {
		return err
	}
	w.has, w.asked, w.since = true, 0, w.share.elapsed()
	return ctx.Err()
}

// Rest lets others work while a request waits for something else.
func Rest(ctx context.Context) {
	if w := workOf(ctx); w != nil && w.share != nil {
		w.End()
		w.since = w.share.elapsed()
	}
}

// Still is Rest, and until the function is called that it returns nobody waits in Yield: somebody works for the request whom others wait for.
func Still(ctx context.Context) (over func()) {
	w := workOf(ctx)
	if w == nil || w.share == nil || w.still {
		return func() {}
	}
	Rest(ctx)
	w.still = true
	return func() {
		w.still, w.since = false, w.share.elapsed()
	}
}

// Yielding returns a context whose Err is Yield, for what asks a context again and again whether to go on, and knows nothing of turns.
func Yielding(ctx context.Context) context.Context { return yielding{ctx} }

type yielding struct{ context.Context }

func (y yielding) Err() error { return Yield(y.Context) }
