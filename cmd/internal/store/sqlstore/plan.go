package sqlstore

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"warmhandoff/cmd/internal/store"
)

// plan is a query made ready: what drives it and what is asked on the way.
type plan struct {
	q      asked
	lo, hi int64         // bounds of seq, both excluded
	drive  *store.Match  // the condition whose range is run along; nil: the ids, or all resources of the type
	exact  []store.Match // other conditions, on values in the index only
	sifted []sieve       // other conditions, asked of the packed terms
	spend  func(steps int) error
	far    bool // there may be so many resources in the driving range that it is walked along
}

// values gives how many values are looked up.
func (p plan) values() int {
	n := len(p.q.IDs)
	for _, m := range p.q.All {
		n += len(m.Values) + len(m.Prefixes) + len(m.Ranges)
	}
	return n
}

// mostBranches is how many values a driving condition may have that is run along in the order of seq: each is a range of its own.
const mostBranches = 64

// mostSorted is how many resources a condition may pick that drives although its range is not in the order of seq: they are sorted. Where it picks
// more, it picks so many that those at the beginning of the order are met soon without it.
const mostSorted = 5000

// mostArguments is how many values one statement takes; SQLite's limit is 32766.
const mostArguments = 30000

func (r *reader) plan(q store.Query) (plan, error) {
	if q.IDs != nil {
		q.IDs = slices.Compact(slices.Sorted(slices.Values(q.IDs)))
	}
	p := plan{q: asked{q}, hi: noEnd, spend: r.spending()}
	if !q.From.IsZero() {
		first, err := r.since(millisUp(q.From))
		if err != nil {
			return p, err
		}
		p.lo = first - 1
	}
	if !q.To.IsZero() {
		first, err := r.since(millisUp(q.To))
		if err != nil {
			return p, err
		}
		p.hi = first
	}
	all := slices.Clone(q.All)
	for i := range all {
		all[i].Param = paramOf(q.Type, all[i].Param)
		if len(all[i].Or) > 0 {
			or := make([]string, len(all[i].Or))
			for j, param := range all[i].Or {
				or[j] = paramOf(q.Type, param)
			}
			all[i].Or = or
		}
	}
	best, few, err := r.driver(q, all)
	if err != nil {
		return p, err
	}
	for i, m := range all {
		switch {
		case i == best:
			p.drive = &all[i]
		case !m.Loose && len(m.Or) == 0 && len(m.Values) > 0 && len(m.Prefixes)+len(m.Ranges)+len(m.Tests) == 0:
			p.exact = append(p.exact, m)
		default:
			p.sifted = append(p.sifted, newSieve(m))
		}
	}
	p.far = len(p.exact) > 0 && q.IDs == nil && !few
	return p, nil
}

// candidate is a condition that may drive.
type candidate struct {
	at    int
	n     int  // about how many resources it picks
	more  bool // there may be many more
	plain bool // its ranges are in the order of seq
	pair  bool
}

// better prefers what is known to be rare, then what is rarer, then what is made of several params. Where both may be large, it prefers what need
// not be sorted.
func (c candidate) better(than candidate) bool {
	switch {
	case c.more != than.more:
		return !c.more
	case c.n != than.n:
		return c.n < than.n
	}
	return c.pair && !than.pair
}

// driver picks the condition to run along, -1 for none. few says that it is known to pick few.
func (r *reader) driver(q store.Query, all []store.Match) (best int, few bool, err error) {
	if q.IDs != nil {
		return -1, false, nil
	}
	arguments := 0
	for _, m := range all {
		arguments += 2*padded(len(m.Values)) + 1
	}
	var some []candidate
	for i, m := range all {
		branches := len(m.Prefixes) + len(m.Ranges)
		plain := branches == 0 && len(m.Values) <= mostBranches
		if plain {
			branches = len(m.Values)
		} else if len(m.Values) > 0 {
			branches++
		}
		if m.Not || m.Loose || len(m.Or)+len(m.Tests) > 0 || branches == 0 || branches > mostBranches || branches*(arguments+6) > mostArguments {
			continue
		}
		some = append(some, candidate{at: i, plain: plain, pair: strings.Contains(m.Param, "+")})
	}
	if len(some) == 1 && some[0].plain {
		return some[0].at, false, nil
	}
	return r.best(all, some)
}

func (r *reader) best(all []store.Match, some []candidate) (at int, few bool, err error) {
	best := candidate{at: -1}
	for _, c := range some {
		var err error
		if c.plain {
			c.n, c.more, err = r.about(all[c.at])
		} else {
			c.n, c.more, err = r.upTo(all[c.at], mostSorted)
		}
		if err != nil {
			return -1, false, err
		}
		if c.more && !c.plain {
			continue
		}
		if best.at < 0 || c.better(best) {
			best = c
		}
	}
	return best.at, best.at >= 0 && !best.more, nil
}

// about counts the terms of a condition on values, up to a few dozen for each value: enough to tell rare from common.
func (r *reader) about(m store.Match) (n int, more bool, err error) {
	const most = 65
	for _, v := range m.Values {
		one := 0
		err := r.s.one("SELECT count(*) FROM (SELECT 1 FROM term d WHERE d.param = ? AND d.value = ? LIMIT 65) c", []any{m.Param, v}, func(r row) error {
			one = int(r.long(0))
			return nil
		})
		if err != nil {
			return 0, false, err
		}
		n, more = n+one, more || one == most
	}
	return n, more, nil
}

// upTo counts the terms of a condition, and gives up where there are more than most.
func (r *reader) upTo(m store.Match, most int) (n int, more bool, err error) {
	for _, b := range branchesOf(m, 1) {
		err := r.s.one("SELECT count(*) FROM (SELECT 1 FROM term d WHERE d.param = ?"+b.text+limited(most+1)+") c",
			append([]any{m.Param}, b.args...), func(r row) error {
				n += int(r.long(0))
				return nil
			})
		if err != nil || n > most {
			return n, true, err
		}
	}
	return n, false, nil
}

// seqs is the statement that gives the places of the first resources, without the sifted conditions.
func (p plan) seqs(limit int) (string, []any) {
	text, args := p.branches()
	if p.q.IDs == nil {
		text += " ORDER BY 1"
	} else {
		text += " ORDER BY +d.seq" // no index has this order, so the one that finds ids is taken
	}
	if !p.q.Ascending {
		text += " DESC"
	}
	return text + limited(limit), args
}

// branch is one part of a driving condition: a range of the index, or several.
type branch struct {
	selects string
	text    string // what is asked beside the param
	args    []any
}

// branchesOf parts a condition. Up to so many values are a branch each, whose range is in the order of seq; more are one branch.
func branchesOf(m store.Match, apart int) []branch {
	var all []branch
	add := func(selects, text string, args ...any) { all = append(all, branch{selects, text, args}) }
	if len(m.Values) <= apart {
		for _, v := range m.Values {
			add("SELECT", " AND d.value = ?", v)
		}
	} else {
		text, args := anyOf(m.Values)
		add("SELECT DISTINCT", " AND d.value IN "+text, args...)
	}
	for _, v := range m.Prefixes {
		end, _ := successor(v)
		m.Ranges = append(m.Ranges[:len(m.Ranges):len(m.Ranges)], store.Range{From: v, To: end})
	}
	for _, v := range m.Ranges {
		if v.To == "" {
			add("SELECT DISTINCT", " AND d.value >= ?", v.From)
		} else {
			add("SELECT DISTINCT", " AND d.value >= ? AND d.value < ?", v.From, v.To)
		}
	}
	return all
}

// branches is the statement that gives the places of all resources, each once, in no order. A driving condition with several values is a
// union of ranges, which the database merges as it goes.
func (p plan) branches() (string, []any) {
	if p.drive == nil {
		from, where, args := p.ofType()
		return "SELECT d.seq" + from + where, args
	}
	more, its := p.rest("d.seq")
	var texts []string
	var args []any
	for _, b := range branchesOf(*p.drive, mostBranches) {
		texts = append(texts, b.selects+" d.seq FROM term d WHERE d.param = ?"+b.text+more)
		args = append(append(append(args, p.drive.Param), b.args...), its...)
	}
	return strings.Join(texts, " UNION "), args
}

// ofType gives the resources of a type, or those of some ids, as d. The ids are a table of their own, which costs less than IN; it is filled up with
// NULL, which is no id.
func (p plan) ofType() (from, where string, args []any) {
	from, seq := " FROM resource d", "d.seq"
	where = " WHERE d.type = ? AND d.deleted = 0"
	if p.q.IDs != nil {
		from, seq = " FROM (VALUES (?)"+strings.Repeat(", (?)", padded(len(p.q.IDs))-1)+") k CROSS JOIN resource d", "+d.seq"
		where += " AND d.id = k.column1"
		args = make([]any, padded(len(p.q.IDs)), padded(len(p.q.IDs))+3)
		for i, id := range p.q.IDs {
			args[i] = id
		}
	}
	more, its := p.rest(seq)
	return from, where + more, append(append(args, p.q.Type), its...)
}

// rest is what every branch asks besides its range.
func (p plan) rest(seq string) (string, []any) {
	text, args := " AND "+seq+" > ? AND "+seq+" < ?", []any{p.lo, p.hi}
	exact, its := p.exactly(seq)
	return text + exact, append(args, its...)
}

// exactly asks the conditions on values of a resource at a place.
func (p plan) exactly(seq string) (text string, args []any) {
	for _, m := range p.exact {
		if m.Not {
			text += " AND NOT"
		} else {
			text += " AND"
		}
		list, values := anyOf(m.Values)
		text += " EXISTS (SELECT 1 FROM term t WHERE t.param = ? AND t.value IN " + list + " AND t.seq = " + seq + ")"
		args = append(append(args, m.Param), values...)
	}
	return text, args
}

// anyOf gives a list of values for IN. The last one is repeated up to a power of two, so that statements come in few shapes.
func anyOf[T any](values []T) (string, []any) {
	n := padded(len(values))
	args := make([]any, n)
	for i := range args {
		args[i] = values[min(i, len(values)-1)]
	}
	return "(" + marks(n) + ")", args
}

func padded(n int) int {
	if n < 2 {
		return n
	}
	return 1 << bits.Len(uint(n-1))
}

func marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}

// sieve is a condition that is asked of packed terms.
type sieve struct {
	store.Match
	values map[string]struct{} // Values, where there are many
}

// manyValues is from how many values on they are found sooner in a map.
const manyValues = 16

func newSieve(m store.Match) sieve {
	s := sieve{Match: m}
	if len(m.Values) >= manyValues {
		s.values = make(map[string]struct{}, len(m.Values))
		for _, v := range m.Values {
			s.values[v] = struct{}{}
		}
		s.Values = nil
	}
	return s
}

func (s *sieve) met(param, value []byte) bool {
	if string(param) != s.Param && !slices.ContainsFunc(s.Or, func(or string) bool { return string(param) == or }) {
		return false
	}
	if s.values == nil {
		return s.Fits(string(value))
	}
	if _, is := s.values[string(value)]; is {
		return true
	}
	return len(s.Prefixes)+len(s.Ranges)+len(s.Tests) > 0 && s.Fits(string(value))
}

// holds says whether the sifted conditions hold for a resource with these packed terms.
func (p plan) holds(lists ...[]byte) (bool, error) {
	for i := range p.sifted {
		m, met := &p.sifted[i], false
		for _, packed := range lists {
			err := eachRaw(packed, func(param, value []byte) {
				met = met || m.met(param, value)
			})
			if err != nil {
				return false, err
			}
		}
		if met == m.Not {
			return false, nil
		}
	}
	return true, nil
}

// successor gives the lowest text that is higher than everything that begins with prefix; false when there is none.
func successor(prefix string) (string, bool) {
	for len(prefix) > 0 {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch {
		case last == utf8.MaxRune:
			continue
		case last == 0xD7FF: // surrogates are no characters
			return prefix + "\uE000", true
		}
		return prefix + string(last+1), true
	}
	return "", false
}
