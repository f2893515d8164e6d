package sqlstore

import (
	"context"

	"warmhandoff/cmd/internal/store"
)

// A search that is driven by a common condition may have to look at very many resources until the others hold for a page of them, and the database would look
// at all of them in one statement that nobody can count. So it walks: a portion of the driving range in each statement, each of a size that is known.

const (
	firstPortion = 512  // of which a page is nearly always full
	mostPortion  = 8192 // some 12 ms

	// After so many resources it is asked which condition is rarest; counting is much cheaper than looking, and was not worth it for a page.
	redriveFrom   = 2048
	mostCounted   = 20_000
	rowsOfStep    = 32 // that are counted for one step
	lookupsOfStep = 2  // conditions that are asked of a resource, likewise
)

// walk goes along the driving range of a plan.
type walk struct {
	r        *reader
	p        plan
	portion  int
	redriven bool
}

func (r *reader) walk(p plan) *walk { return &walk{r: r, p: p, portion: firstPortion} }

// next gives the places of the next resources for which the conditions on values hold, at most n, in order. There may be fewer, or none, before the end.
func (w *walk) next(ctx context.Context, n int) (seqs []int64, end bool, err error) {
	if w.portion > redriveFrom && !w.redriven {
		if err := w.redrive(); err != nil {
			return nil, false, err
		}
	}
	text, args := w.p.among(w.portion, n)
	err = w.r.query(ctx, text, args, func(r row) error {
		seqs = append(seqs, r.long(0))
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	if len(seqs) == n {
		w.p.pass(seqs[n-1])
		return seqs, false, w.p.spend(w.portion * len(w.p.exact) / lookupsOfStep / 2)
	}
	count, last, err := w.reach(ctx)
	if err == nil {
		err = w.p.spend(store.StepsOfStatement + count/rowsOfStep + count*len(w.p.exact)/lookupsOfStep)
	}
	if err != nil || count < w.portion {
		return seqs, true, err
	}
	w.p.pass(last)
	w.portion = min(4*w.portion, mostPortion)
	return seqs, false, nil
}

// reach tells how many resources the portion has, and where it ends.
func (w *walk) reach(ctx context.Context) (count int, last int64, err error) {
	end := "max"
	if !w.p.q.Ascending {
		end = "min"
	}
	text, args := w.p.driving(w.portion)
	err = w.r.query(ctx, "SELECT count(*), "+end+"(seq) FROM ("+text+") d", args, func(r row) error {
		count, last = int(r.long(0)), r.long(1)
		return nil
	})
	return count, last, err
}

// redrive takes the rarest of the conditions on values to go along. All ranges are in the same order, so what lies behind stays behind.
func (w *walk) redrive() error {
	w.redriven = true
	if w.p.drive != nil && len(w.p.drive.Prefixes)+len(w.p.drive.Ranges) > 0 {
		return nil // it is known to be rare
	}
	best, least := -1, mostCounted
	count := func(i int, m store.Match) error {
		n, _, err := w.r.upTo(m, least)
		if err == nil {
			err = w.p.spend(store.StepsOfStatement + n/rowsOfStep)
		}
		if err == nil && n < least {
			best, least = i, n
		}
		return err
	}
	if w.p.drive != nil {
		if err := count(-1, *w.p.drive); err != nil {
			return err
		}
	}
	for i, m := range w.p.exact {
		if m.Not || len(m.Values) > mostBranches/4 {
			continue
		}
		if err := count(i, m); err != nil {
			return err
		}
	}
	if best < 0 {
		return nil
	}
	exact := append([]store.Match(nil), w.p.exact...)
	rare := exact[best]
	if w.p.drive != nil {
		exact[best] = *w.p.drive
	} else {
		exact = append(exact[:best], exact[best+1:]...)
	}
	w.p.drive, w.p.exact = &rare, exact
	return nil
}

// driving is the statement that gives the places of the first resources of the driving range.
func (p plan) driving(limit int) (string, []any) {
	p.exact = nil
	return p.seqs(limit)
}

// among is the statement that gives those, at most n, of the first resources of the driving range for which the conditions on values hold. They come in the
// order of the range: the database asks the conditions of each as it comes.
func (p plan) among(portion, n int) (string, []any) {
	text, args := p.driving(portion)
	exact, its := p.exactly("d.seq")
	return "SELECT d.seq FROM (" + text + ") d WHERE d.seq > 0" + exact + limited(n), append(args, its...)
}
