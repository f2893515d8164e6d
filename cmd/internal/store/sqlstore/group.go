package sqlstore

import (
	"errors"

	"warmhandoff/cmd/internal/store"
)

// group is one transaction under way.
type group struct {
	end   mark  // of the order of versions, moved by every Put
	terms moves // of callers who are done
	wrote int   // callers whose writes are kept
}

// transact runs a group in one transaction, as many of the callers as there is time for, and gives what each of those is told. An error is everybody's.
func (w *writer) transact(g *group, calls []*call) ([]error, error) {
	w.s.worst, w.s.cause = noTrouble, nil
	if _, err := w.s.exec(w.s.d.begin); err != nil {
		return nil, w.judge(err)
	}
	if w.shared {
		var err error
		if g.end, err = (&reader{s: w.s}).mark(); err != nil {
			return nil, w.abandon(err)
		}
	}
	running := false
	defer func() {
		if running { // f ended this goroutine
			_, _ = w.s.exec("ROLLBACK")
		}
	}()
	results := make([]error, 0, len(calls))
	began, most := w.clock(), w.groupTime()
	for now := began; len(results) < len(calls) && (len(results) == 0 || now-began < most); {
		c := calls[len(results)]
		t := &tx{reader: reader{s: w.s, lasting: true, asked: store.AskedOf(c.ctx)}, group: g, start: g.end, guard: len(calls) > 1, terms: moves{}}
		running = true
		result := c.take(t)
		running = false
		if w.s.worst >= full {
			return nil, w.abandon(w.s.cause)
		}
		if err := t.settle(result); err != nil {
			return nil, w.abandon(err)
		}
		if result == nil {
			result = t.broken
		}
		results = append(results, result)
		from := now
		now = w.clock()
		w.queue.Charge(c.caller, int64(now-from))
	}
	last := "ROLLBACK"
	if g.wrote > 0 {
		last = "COMMIT"
		if err := g.terms.apply(w.s.exec); err != nil {
			return nil, w.abandon(err)
		}
	}
	served := w.clock()
	if _, err := w.s.exec(last); err != nil {
		return nil, w.abandon(err)
	}
	if g.wrote > 0 {
		w.sync = w.clock() - served
	}
	return results, nil
}

// settle keeps what a caller wrote, or takes it back, without touching its neighbours.
func (t *tx) settle(failure error) error {
	if !t.wrote {
		return nil
	}
	kept := failure == nil && t.broken == nil
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
		return nil
	}
	if !kept {
		if _, err := t.s.exec("ROLLBACK TO SAVEPOINT caller"); err != nil {
			return err
		}
	}
	_, err := t.s.exec("RELEASE SAVEPOINT caller")
	return err
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
