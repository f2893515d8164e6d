package sqlstore

import (
	"slices"
	"strings"
	"unicode/utf8"

	"warmhandoff/cmd/internal/store"
)

// plan is a query made ready: what drives it and what is asked on the way.
type plan struct {
	q      store.Query
	lo, hi int64         // bounds of seq, both excluded
	drive  *store.Match  // the condition whose range is run along; nil: the ids, or all resources of the type
	exact  []store.Match // other conditions, on values only
	loose  []store.Match // other conditions, with prefixes or on presence
}

// mostBranches is how many values and prefixes a driving condition may have: each is a range of its own.
const mostBranches = 64

// mostArguments is how many values one statement takes; SQLite's limit is 32766.
const mostArguments = 30000

func (r *reader) plan(q store.Query) (plan, error) {
	p := plan{q: q, hi: noEnd}
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
	}
	best, err := r.driver(q, all)
	if err != nil {
		return p, err
	}
	for i, m := range all {
		switch {
		case i == best:
			p.drive = &all[i]
		case len(m.Values) > 0 && len(m.Prefixes) == 0:
			p.exact = append(p.exact, m)
		default:
			p.loose = append(p.loose, m)
		}
	}
	return p, nil
}

// driver picks the condition to run along, -1 for none: on exact values rather than on prefixes, the one with the fewest resources, of equals
// one that is made of several params, else the first.
func (r *reader) driver(q store.Query, all []store.Match) (int, error) {
	if q.IDs != nil {
		return -1, nil
	}
	arguments := 0
	for _, m := range all {
		arguments += len(m.Values) + len(m.Prefixes) + 1
	}
	var exact, prefixed []int
	for i, m := range all {
		branches := len(m.Values) + len(m.Prefixes)
		switch {
		case m.Not || branches == 0 || branches > mostBranches || branches*(arguments+4) > mostArguments:
		case len(m.Prefixes) == 0:
			exact = append(exact, i)
		default:
			prefixed = append(prefixed, i)
		}
	}
	switch {
	case len(exact) == 1:
		return exact[0], nil
	case len(exact) > 1:
		return r.rarest(all, exact)
	case len(prefixed) > 0:
		return prefixed[0], nil
	}
	return -1, nil
}

func (r *reader) rarest(all []store.Match, among []int) (int, error) {
	best, least := -1, 0
	for _, i := range among {
		n, err := r.about(all[i])
		if err != nil {
			return -1, err
		}
		composite := strings.Contains(all[i].Param, "+")
		if best < 0 || n < least || n == least && composite && !strings.Contains(all[best].Param, "+") {
			best, least = i, n
		}
	}
	return best, nil
}

// about counts the terms of a condition on values, up to a few dozen for each value: enough to tell rare from common.
func (r *reader) about(m store.Match) (int, error) {
	sum := 0
	for _, v := range m.Values {
		err := r.s.one("SELECT count(*) FROM (SELECT 1 FROM term d WHERE d.param = ? AND d.value = ? LIMIT 65) c", []any{m.Param, v}, func(r row) error {
			sum += int(r.long(0))
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// seqs is the statement that gives the places of the first resources, without the loose conditions.
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

// branches is the statement that gives the places of all resources, each once, in no order. A driving condition with several values is a
// union of ranges, which the database merges as it goes.
func (p plan) branches() (string, []any) {
	if p.drive == nil {
		return p.ofType()
	}
	var texts []string
	var args []any
	add := func(selects, condition string, values ...any) {
		more, its := p.rest("d.seq")
		texts = append(texts, selects+" d.seq FROM term d WHERE d.param = ?"+condition+more)
		args = append(append(append(args, p.drive.Param), values...), its...)
	}
	for _, v := range p.drive.Values {
		add("SELECT", " AND d.value = ?", v)
	}
	for _, v := range p.drive.Prefixes {
		if end, ok := successor(v); ok {
			add("SELECT DISTINCT", " AND d.value >= ? AND d.value < ?", v, end)
		} else {
			add("SELECT DISTINCT", " AND d.value >= ?", v)
		}
	}
	return strings.Join(texts, " UNION "), args
}

func (p plan) ofType() (string, []any) {
	text, args := "SELECT d.seq FROM resource d WHERE d.type = ? AND d.deleted = 0", []any{p.q.Type}
	seq := "d.seq"
	if p.q.IDs != nil {
		seq = "+d.seq"
		text += " AND d.id IN (" + marks(len(p.q.IDs)) + ")"
		for _, id := range p.q.IDs {
			args = append(args, id)
		}
	}
	more, its := p.rest(seq)
	return text + more, append(args, its...)
}

// rest is what every branch asks besides its range.
func (p plan) rest(seq string) (string, []any) {
	text, args := " AND "+seq+" > ? AND "+seq+" < ?", []any{p.lo, p.hi}
	for _, m := range p.exact {
		if m.Not {
			text += " AND NOT"
		} else {
			text += " AND"
		}
		text += " EXISTS (SELECT 1 FROM term t WHERE t.param = ? AND t.value IN (" + marks(len(m.Values)) + ") AND t.seq = d.seq)"
		args = append(args, m.Param)
		for _, v := range m.Values {
			args = append(args, v)
		}
	}
	return text, args
}

func marks(n int) string {
	return strings.TrimSuffix(strings.Repeat("?, ", n), ", ")
}

// holds says whether the loose conditions hold for a resource with these packed terms.
func (p plan) holds(packed []byte) (bool, error) {
	terms, err := unpackTerms(packed)
	if err != nil {
		return false, err
	}
	for _, m := range p.loose {
		if slices.ContainsFunc(terms, func(t store.Term) bool { return fits(m, t) }) == m.Not {
			return false, nil
		}
	}
	return true, nil
}

func fits(m store.Match, t store.Term) bool {
	if t.Param != m.Param {
		return false
	}
	return len(m.Values)+len(m.Prefixes) == 0 || slices.Contains(m.Values, t.Value) ||
		slices.ContainsFunc(m.Prefixes, func(p string) bool { return strings.HasPrefix(t.Value, p) })
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
