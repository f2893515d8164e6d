package sqlstore

import (
	"errors"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
)

// group is one transaction under way.
type group struct {
	end     mark    // of the order of versions, moved by every Put
	terms   moves   // of callers who are done
	wrote   int     // callers whose writes are kept
	results []error // of its callers
	had     []int64 // what each of them had had of the writer before
	weights []int64 // about how many pages each of them writes
	pages   int64   // all together
}

// takes reports whether the next caller may be in a group: it is not far ahead of somebody else who is.
func (w *writer) takes(g *group) func(caller string, had int64) bool {
	ahead := int64(max(aheadTime, w.sync))
	return func(caller string, had int64) bool {
		for i, c := range w.calls {
			if had > g.had[i]+ahead && c.caller != caller {
				return false
			}
		}
		return true
	}
}

// transact runs a group in one transaction: the first caller, and then whoever is next by turns, as many as there is time for. An error is everybody's.
func (w *writer) transact(g *group, next turn.Taken[*call]) error {
	w.calls = append(w.calls, next.Call)
	w.s.worst, w.s.cause = noTrouble, nil
	if _, err := w.s.exec(w.s.d.begin); err != nil {
		return w.judge(err)
	}
	if w.shared {
		var err error
		if g.end, err = (&reader{s: w.s}).mark(); err != nil {
			return w.abandon(err)
		}
	}
	running := false
	defer func() {
		if running { // f ended this goroutine
			_, _ = w.s.exec("ROLLBACK")
		}
	}()
	began, most, takes := w.clock(), w.groupTime(), w.takes(g)
	for now := began; ; w.calls = append(w.calls, next.Call) {
		t := &tx{reader: reader{s: w.s, lasting: true, asked: store.AskedOf(next.Call.ctx)}, group: g, start: g.end, guard: len(w.calls) > 1, terms: moves{}}
		running = true
		result := next.Call.take(t)
		running = false
		if w.s.worst >= full {
			return w.abandon(w.s.cause)
		}
		kept, err := t.settle(result)
		if err != nil {
			return w.abandon(err)
		}
		if result == nil {
			result = t.broken
		}
		g.add(t, next.Had, result, kept)
		from := now
		now = w.clock()
		w.queue.Charge(next.Caller, int64(now-from))
		if t.wrote && !kept && !t.guard || len(w.calls) >= groupSize || now-began >= most {
			break // of the first, where it is not kept, all is undone
		}
		var ok bool
		if next, ok = w.queue.Pull(takes); !ok {
			break
		}
	}
	return w.finish(g)
}

// add notes what came of a caller.
func (g *group) add(t *tx, had int64, result error, kept bool) {
	weight := int64(0)
	if kept {
		weight = t.pages
	}
	g.results, g.had, g.weights = append(g.results, result), append(g.had, had), append(g.weights, weight)
	g.pages += weight
}

// syncPages is what a sync costs that carries next to nothing, in pages: a slow disk is nobody's fault, and only who writes more than that pays for it.
const syncPages = 1000

// finish ends a group's transaction, and charges its callers for what that took, by what they wrote.
func (w *writer) finish(g *group) error {
	if g.wrote == 0 {
		if _, err := w.s.exec("ROLLBACK"); err != nil {
			return w.abandon(err)
		}
		return nil
	}
	began := w.clock()
	if err := g.terms.apply(w.s.exec); err != nil {
		return w.abandon(err)
	}
	applied := w.clock()
	if _, err := w.s.exec("COMMIT"); err != nil {
		return w.abandon(err)
	}
	now := w.clock()
	w.sync = now - applied
	for i, c := range w.calls {
		if g.weights[i] > 0 {
			w.queue.Charge(c.caller, int64(float64(now-began)*float64(g.weights[i])/float64(g.pages+syncPages)))
		}
	}
	return nil
}

// settle keeps what a caller wrote, or takes it back, without touching its neighbours, and reports which.
func (t *tx) settle(failure error) (kept bool, err error) {
	if !t.wrote {
		return false, nil
	}
	kept = failure == nil && t.broken == nil
	if kept {
		t.group.wrote++
		for _, m := range t.terms {
			t.group.terms.add(m)
		}
	} else {
		t.group.end = t.start
		if t.applied != nil {
			t.group.terms = t.applied
		}
	}
	if !t.guard {
		return kept, nil
	}
	if !kept {
		if _, err := t.s.exec("ROLLBACK TO SAVEPOINT caller"); err != nil {
			return false, err
		}
	}
	_, err = t.s.exec("RELEASE SAVEPOINT caller")
	return kept, err
}

// abandon gives up a group. SQLite may have ended the transaction already, which is no further trouble.
func (w *writer) abandon(cause error) error {
	before := w.s.worst
	if _, err := w.s.exec("ROLLBACK"); w.s.worst > before {
		cause = errors.Join(cause, err)
	}
	return w.judge(cause)
}

// judge turns trouble into what callers are told. An error that the dialect does not know is the worst.
func (w *writer) judge(cause error) error {
	switch w.s.worst {
	case busy:
		return store.ErrBusy
	case full:
		return store.ErrFull
	}
	w.fail(cause)
	return store.ErrFailed
}
