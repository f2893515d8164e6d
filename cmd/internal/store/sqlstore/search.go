package sqlstore

import (
	"cmp"
	"context"
	"math"
	"slices"

	"warmhandoff/cmd/internal/store"
)

// A search runs along one range of an index (it is driven by one condition) in the order of seq, and asks of each resource on the way whether
// the other conditions hold. Conditions on exact values are asked in SQL, one look-up each; those on prefixes and on presence are asked here,
// of the packed terms.

func (r *reader) Search(ctx context.Context, q store.Query) (store.Page, error) {
	page := store.Page{Total: -1}
	if err := r.ready(ctx); err != nil {
		return page, err
	}
	if q.IDs != nil && len(q.IDs) == 0 {
		if q.Total {
			page.Total = 0
		}
		return page, nil
	}
	p, err := r.plan(q)
	if err != nil {
		return page, err
	}
	if q.Total {
		if page.Total, err = r.count(ctx, p); err != nil {
			return page, err
		}
	}
	if q.Limit <= 0 {
		return page, nil
	}
	p.lo = max(p.lo, q.After)
	if q.Before > 0 {
		p.hi = min(p.hi, q.Before)
	}
	page.Versions, err = r.page(ctx, p, q.Limit+1)
	if len(page.Versions) > q.Limit {
		page.More, page.Versions = true, page.Versions[:q.Limit]
	}
	return page, err
}

// page gives the first versions of a plan, at most limit.
func (r *reader) page(ctx context.Context, p plan, limit int) ([]store.Version, error) {
	if len(p.loose) > 0 {
		return r.sift(ctx, p, limit)
	}
	text, args := p.seqs(limit)
	all, err := r.versions(ctx, "SELECT "+versionColumns+", v.body FROM version v WHERE v.seq IN ("+text+")", args...)
	slices.SortFunc(all, func(a, b store.Version) int { return p.order(a.Seq, b.Seq) })
	return all, err
}

// sift is page for plans with loose conditions: it looks at the candidates in portions.
func (r *reader) sift(ctx context.Context, p plan, limit int) ([]store.Version, error) {
	var all []store.Version
	err := r.candidates(ctx, p, func(seq int64) (bool, error) {
		v, err := r.single(ctx, "SELECT "+versionColumns+", v.body FROM version v WHERE v.seq = ?", seq)
		all = append(all, v)
		return len(all) < limit, err
	})
	return all, err
}

func (r *reader) count(ctx context.Context, p plan) (int, error) {
	n := 0
	if len(p.loose) > 0 {
		err := r.candidates(ctx, p, func(int64) (bool, error) { n++; return true, nil })
		return n, err
	}
	text, args := p.branches()
	err := r.s.query(r.patience(ctx), "SELECT count(*) FROM ("+text+") c", args, func(r row) error {
		n = int(r.long(0))
		return nil
	})
	return n, err
}

// candidates calls f in order for the seq of each resource for which the loose conditions hold too, until f says that it has enough.
func (r *reader) candidates(ctx context.Context, p plan, f func(seq int64) (more bool, err error)) error {
	type candidate struct {
		seq   int64
		terms []byte
	}
	for portion := 64; ; portion = min(2*portion, 4096) {
		text, args := p.seqs(portion)
		var some []candidate
		err := r.s.query(r.patience(ctx), "SELECT r.seq, r.terms FROM resource r WHERE r.type = ? AND r.seq IN ("+text+")",
			append([]any{p.q.Type}, args...), func(r row) error {
				some = append(some, candidate{r.long(0), r.blob(1)})
				return nil
			})
		if err != nil {
			return err
		}
		slices.SortFunc(some, func(a, b candidate) int { return p.order(a.seq, b.seq) })
		for _, c := range some {
			holds, err := p.holds(c.terms)
			if err != nil {
				return err
			}
			if !holds {
				continue
			}
			if more, err := f(c.seq); err != nil || !more {
				return err
			}
		}
		if len(some) < portion {
			return nil
		}
		p.pass(some[len(some)-1].seq)
	}
}

// since gives the place from which on every version was updated at or after a time, in milliseconds. lastUpdated never runs backwards, so
// halving finds it.
func (r *reader) since(ms int64) (int64, error) {
	end, err := r.mark()
	if err != nil || end.updated < ms {
		return end.seq + 1, err
	}
	lo, hi := int64(1), end.seq
	for lo < hi {
		mid := lo + (hi-lo)/2
		err := r.s.one("SELECT seq, updated FROM version WHERE seq >= ? ORDER BY seq LIMIT 1", []any{mid}, func(r row) error {
			if r.long(1) >= ms {
				hi = mid
			} else {
				lo = r.long(0) + 1
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return lo, nil
}

// order compares places in the order that the query asks for.
func (p plan) order(a, b int64) int {
	if p.q.Ascending {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(b, a)
}

// pass narrows a plan to what lies behind a place.
func (p *plan) pass(seq int64) {
	if p.q.Ascending {
		p.lo = seq
	} else {
		p.hi = seq
	}
}

const noEnd = math.MaxInt64
