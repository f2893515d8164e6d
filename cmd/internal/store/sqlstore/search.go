package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sort"
	"strings"

	"warmhandoff/cmd/internal/store"
)

// A search runs along one range of an index (it is driven by one condition) in the order of seq, and asks of each resource on the way whether
// the other conditions hold. Conditions on exact values are asked in SQL, one look-up each; all others are sifted: asked here, of the packed
// terms.

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
	if err == nil {
		err = p.spend(store.StepsOfStatement + store.StepsOfValue*p.values())
	}
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
	found, err := r.page(ctx, p, q.Limit+1)
	if err != nil {
		return page, err
	}
	page.More = found.cut || len(found.versions) > q.Limit
	found = found.first(q.Limit)
	page.Versions, page.Shown = found.versions, found.shown
	return page, r.take(ctx, sizeOf(page.Versions))
}

// hits are the resources that a search found, and the terms that it shows of each.
type hits struct {
	versions []store.Version
	shown    [][]store.Term // nil where nothing is shown
	cut      bool           // there is no room for those behind the last one
}

func (h hits) first(n int) hits {
	n = min(n, len(h.versions))
	h.versions = h.versions[:n]
	if h.shown != nil {
		h.shown = h.shown[:n]
	}
	return h
}

// inOrder sorts hits by their places in the order of a plan.
type inOrder struct {
	hits
	plan
}

func (s inOrder) Len() int           { return len(s.versions) }
func (s inOrder) Less(i, j int) bool { return s.order(s.versions[i].Seq, s.versions[j].Seq) < 0 }
func (s inOrder) Swap(i, j int) {
	s.versions[i], s.versions[j] = s.versions[j], s.versions[i]
	if s.shown != nil {
		s.shown[i], s.shown[j] = s.shown[j], s.shown[i]
	}
}

// page gives the first versions of a plan, at most limit.
func (r *reader) page(ctx context.Context, p plan, limit int) (hits, error) {
	var source string
	var args []any
	switch {
	case len(p.sifted) > 0:
		var seqs []int64
		err := r.sift(ctx, p, min(limit, 64), func(seq int64) bool {
			seqs = append(seqs, seq)
			return len(seqs) < limit
		})
		if err != nil || len(seqs) == 0 {
			return hits{}, err
		}
		source, args = anyOf(seqs)
		source, args = p.q.at(source, args)
	case p.q.IDs != nil && r.kept != nil && !p.q.Bare && p.q.Show == nil:
		all, err := r.named(ctx, p)
		return all.first(limit), err
	case p.q.IDs != nil:
		source, args = p.byID()
	case p.far:
		var seqs []int64
		err := r.eachOf(ctx, r.walk(p), limit, func(seq int64) bool {
			seqs = append(seqs, seq)
			return len(seqs) < limit
		})
		if err != nil || len(seqs) == 0 {
			return hits{}, err
		}
		source, args = anyOf(seqs)
		source, args = p.q.at(source, args)
	default:
		source, args = p.seqs(limit)
		source, args = p.q.at("("+source+")", args)
	}
	all, err := r.hits(ctx, p, source, args)
	return all.first(limit), err
}

// asked is a query with what its answer is read from.
type asked struct{ store.Query }

// room guesses how many resources there will be.
func (q asked) room() int {
	if q.IDs != nil {
		return min(len(q.IDs), q.Limit+1)
	}
	return min(q.Limit+1, 64)
}

// at gives the rows to read for the resources at the places that a list or a statement gives: v is their version, d the resource.
func (q asked) at(places string, args []any) (string, []any) {
	switch {
	case q.Bare:
		return " FROM resource d WHERE d.type = ? AND d.seq IN " + places, append([]any{q.Type}, args...)
	case q.Show != nil:
		return " FROM version v CROSS JOIN resource d ON d.rid = v.rid WHERE v.seq IN " + places, args
	}
	return " FROM version v WHERE v.seq IN " + places, args
}

// named gives the resources of some ids, those that were lately read without reading them again.
func (r *reader) named(ctx context.Context, p plan) (hits, error) {
	from, where, args := p.ofType()
	seqs := make([]int64, 0, len(p.q.IDs))
	err := r.query(ctx, "SELECT d.seq"+from+where, args, func(r row) error {
		seqs = append(seqs, r.long(0))
		return nil
	})
	if err != nil {
		return hits{}, err
	}
	found, others := r.kept.find(seqs)
	if err := p.spend(len(found) * (store.StepsOfRow + store.StepsOfBody)); err != nil {
		return hits{}, err
	}
	all := hits{versions: found}
	if len(others) > 0 {
		source, args := anyOf(others)
		source, args = p.q.at(source, args)
		read, err := r.hits(ctx, p, source, args)
		if err != nil {
			return hits{}, err
		}
		r.kept.add(read.versions)
		if all.cut = read.cut; all.cut { // then those behind the last one that was read are cut off with it
			last := read.versions[len(read.versions)-1].Seq
			found = slices.DeleteFunc(found, func(v store.Version) bool { return p.order(last, v.Seq) < 0 })
		}
		all.versions = append(found, read.versions...)
	}
	sort.Sort(inOrder{all, p})
	n := store.Fitting(all.versions, r.left(ctx))
	all.cut = all.cut || n < len(all.versions)
	return all.first(n), nil
}

// byID gives the rows to read where ids are asked for. They are so few that the database need not sort them.
func (p plan) byID() (string, []any) {
	from, where, args := p.ofType()
	if !p.q.Bare {
		from += " CROSS JOIN version v ON v.seq = d.seq"
	}
	return from + where, args
}

// hits gives what a query shows of resources, in its order, as far as there is room. Hardly ever is there none: so all are read first, and where that comes
// to too much, their sizes.
func (r *reader) hits(ctx context.Context, p plan, source string, args []any) (hits, error) {
	left := r.left(ctx)
	all, err := r.readHits(ctx, p, source, args, left)
	if errors.Is(err, errEnough) {
		var fit []int64
		if fit, err = r.fitting(ctx, left, func(a, b int64) int { return p.order(a, b) }, source, args); err == nil {
			source, args = anyOf(fit)
			source, args = p.q.at(source, args)
			all, err = r.readHits(ctx, p, source, args, math.MaxInt)
			all.cut = true
		}
	}
	sort.Sort(inOrder{all, p})
	return all, err
}

// fitting gives the places of the first of some versions, in an order, whose bodies have no more than so many bytes; at least one. SQLite tells the size of a
// body without reading it.
func (r *reader) fitting(ctx context.Context, left int, order func(a, b int64) int, source string, args []any) ([]int64, error) {
	sizes := map[int64]int{}
	var seqs []int64
	err := r.query(ctx, "SELECT v.seq, length(v.body)"+source, args, func(r row) error {
		seqs = append(seqs, r.long(0))
		sizes[r.long(0)] = int(r.long(1))
		return nil
	})
	slices.SortFunc(seqs, order)
	for i, seq := range seqs {
		if left -= sizes[seq]; left < 0 {
			return seqs[:max(i, 1)], err
		}
	}
	return seqs, err
}

// readHits reads what a query shows of resources. Columns that nobody asks for are not read: each costs a conversion. It ends with errEnough where more than
// one come to more than so many bytes.
func (r *reader) readHits(ctx context.Context, p plan, source string, args []any, left int) (hits, error) {
	q, steps := p.q, store.StepsOfRow
	if q.Show != nil {
		steps += store.StepsOfTerms
	}
	if !q.Bare {
		steps += store.StepsOfBody
	}
	text := "SELECT v.id, v.number, v.seq, v.updated, v.body"
	if q.Bare {
		text = "SELECT d.id, d.number, d.seq"
	}
	indexed, loose := newShowing(q.Type, q.Show)
	if indexed != nil {
		text += ", d.terms"
	}
	if loose != nil {
		text += ", d.loose"
	}
	all := hits{versions: make([]store.Version, 0, q.room())}
	if q.Show != nil {
		all.shown = make([][]store.Term, 0, q.room())
	}
	err := r.query(ctx, text+source, args, func(r row) error {
		v := store.Version{Key: store.Key{Type: q.Type, ID: r.text(0)}, Number: int(r.long(1)), Seq: r.long(2)}
		if !q.Bare {
			v.Updated, v.Body = fromMillis(r.long(3)), r.blob(4)
			if left -= len(v.Body); left < 0 && len(all.versions) > 0 {
				return errEnough
			}
		}
		if err := p.spend(steps + store.StepsOfBytes(len(v.Body))); err != nil {
			return err
		}
		all.versions = append(all.versions, v)
		if q.Show == nil {
			return nil
		}
		var terms []store.Term
		var err, looseErr error
		if loose != nil {
			terms, looseErr = loose.of(r.blob(len(r)-1), terms)
			r = r[:len(r)-1]
		}
		if indexed != nil {
			terms, err = indexed.of(r.blob(len(r)-1), terms)
		}
		all.shown = append(all.shown, terms)
		return cmp.Or(err, looseErr)
	})
	return all, err
}

// showing are the params whose terms a query shows, in their order.
type showing []shownParam

type shownParam struct {
	kept  string // the name under which it is kept
	asked string // and that by which it is asked for
}

// newShowing parts what is asked for into the params in the index and the loose ones; nil where there are none.
func newShowing(typ string, all []store.Shown) (indexed, loose showing) {
	for _, one := range all {
		p := shownParam{paramOf(typ, one.Param), one.Param}
		if one.Loose {
			loose = append(loose, p)
		} else {
			indexed = append(indexed, p)
		}
	}
	byName := func(a, b shownParam) int { return strings.Compare(a.kept, b.kept) }
	slices.SortFunc(indexed, byName)
	slices.SortFunc(loose, byName)
	return indexed, loose
}

// of adds the terms that are shown, of packed ones, which are in the order of their params too.
func (s showing) of(packed []byte, terms []store.Term) ([]store.Term, error) {
	for len(packed) > 0 && len(s) > 0 {
		param, value, rest, ok := cutPair(packed)
		if !ok {
			return terms, errPacked
		}
		packed = rest
		for len(s) > 0 && s[0].kept < string(param) {
			s = s[1:]
		}
		if len(s) > 0 && s[0].kept == string(param) {
			terms = append(terms, store.Term{Param: s[0].asked, Value: string(value)})
		}
	}
	return terms, nil
}

func (r *reader) count(ctx context.Context, p plan) (int, error) {
	n := 0
	if len(p.sifted) > 0 {
		err := r.sift(ctx, p, 4096, func(int64) bool { n++; return true })
		return n, err
	}
	if p.far {
		err := r.eachOf(ctx, r.walk(p), mostPortion, func(int64) bool { n++; return true })
		return n, err
	}
	text, args := p.branches()
	err := r.query(ctx, "SELECT count(*) FROM ("+text+") c", args, func(r row) error {
		n = int(r.long(0))
		return p.spend(n / rowsOfStep)
	})
	return n, err
}

// eachOf calls f for each place of a walk, so many at a time, until f has enough.
func (r *reader) eachOf(ctx context.Context, w *walk, portion int, f func(seq int64) (more bool)) error {
	for {
		seqs, end, err := w.next(ctx, portion)
		if err != nil {
			return err
		}
		for _, seq := range seqs {
			if !f(seq) {
				return nil
			}
		}
		if end {
			return nil
		}
	}
}

// sift calls f in order for the seq of each resource for which the sifted conditions hold too, until f says that it has enough. It looks at the
// resources in portions, of which the first is small.
func (r *reader) sift(ctx context.Context, p plan, portion int, f func(seq int64) (more bool)) error {
	type resource struct {
		seq   int64
		holds bool
	}
	var along *walk
	if p.far {
		along = r.walk(p)
	}
	for ; ; portion = min(2*portion, 4096) {
		text, args := p.seqs(portion)
		end := false
		if along != nil {
			seqs, last, err := along.next(ctx, portion)
			if err != nil || last && len(seqs) == 0 {
				return err
			}
			if len(seqs) == 0 {
				continue
			}
			end = last
			text, args = anyOf(seqs)
			text = text[1 : len(text)-1]
		}
		var some []resource
		err := r.query(ctx, "SELECT r.seq, r.terms, r.loose FROM resource r WHERE r.type = ? AND r.seq IN ("+text+")",
			append([]any{p.q.Type}, args...), func(r row) error {
				terms, loose := r.blob(1), r.blob(2)
				if err := p.spend(store.StepsOfRow + store.StepsOfBytes(len(terms)+len(loose))); err != nil {
					return err
				}
				holds, err := p.holds(terms, loose)
				some = append(some, resource{r.long(0), holds})
				return err
			})
		if err != nil {
			return err
		}
		slices.SortFunc(some, func(a, b resource) int { return p.order(a.seq, b.seq) })
		for _, c := range some {
			if c.holds && !f(c.seq) {
				return nil
			}
		}
		if end || along == nil && len(some) < portion {
			return nil
		}
		p.pass(some[len(some)-1].seq)
		runtime.Gosched() // whoever has little to do comes between
	}
}

// Placed reads the versions by their key.
func (r *reader) Placed(ctx context.Context, seqs ...int64) ([]store.Version, error) {
	if len(seqs) == 0 {
		return nil, r.ready(ctx)
	}
	at := make(map[int64]int, len(seqs))
	for i, seq := range seqs {
		at[seq] = i
	}
	order := func(a, b int64) int { return cmp.Compare(at[a], at[b]) }
	list, args := anyOf(seqs)
	all, err := r.placed(ctx, list, args, r.left(ctx))
	if errors.Is(err, errEnough) {
		if seqs, err = r.fitting(ctx, r.left(ctx), order, " FROM version v WHERE v.seq IN "+list, args); err != nil {
			return nil, err
		}
		list, args = anyOf(seqs)
		all, err = r.placed(ctx, list, args, math.MaxInt)
	}
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b store.Version) int { return order(a.Seq, b.Seq) })
	return all, r.take(ctx, sizeOf(all))
}

func (r *reader) placed(ctx context.Context, list string, args []any, left int) ([]store.Version, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	var all []store.Version
	err := r.query(ctx, "SELECT "+versionColumns+", v.body FROM version v WHERE v.seq IN "+list, args, func(r row) error {
		v := wholeOf(r)
		if left -= len(v.Body); left < 0 && len(all) > 0 {
			return errEnough
		}
		all = append(all, v)
		return nil
	})
	return all, err
}

// Types leaps through the index from one type to the next.
func (r *reader) Types(ctx context.Context) ([]string, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	types := []string{""}
	for n := 0; n < len(types); n++ {
		err := r.query(ctx, "SELECT type FROM resource WHERE type > ? ORDER BY type LIMIT 1", []any{types[n]}, func(r row) error {
			types = append(types, r.text(0))
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return types[1:], nil
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
