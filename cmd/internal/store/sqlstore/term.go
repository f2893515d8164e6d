package sqlstore

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
)

// paramOf gives the name under which a type's param is kept. Params begin with their type by custom ("Task.owner") and are then kept as they
// are; others get the type in front, so that one range of terms is always about one type.
func paramOf(typ, param string) string {
	if len(param) > len(typ) && param[len(typ)] == '.' && strings.HasPrefix(param, typ) {
		return param
	}
	return typ + "/" + param
}

func compareTerms(a, b store.Term) int {
	return cmp.Or(strings.Compare(a.Param, b.Param), strings.Compare(a.Value, b.Value))
}

// termsOf gives the terms of a write as they are kept: with their type, sorted, each once; those for the index and the loose ones.
func termsOf(w store.Write) (indexed, loose []store.Term) {
	if w.Deleted {
		return nil, nil
	}
	terms := make([]store.Term, len(w.Terms))
	for i, t := range w.Terms {
		terms[i] = store.Term{Param: paramOf(w.Type, t.Param), Value: t.Value, Loose: t.Loose}
	}
	slices.SortFunc(terms, func(a, b store.Term) int {
		if a.Loose != b.Loose {
			if b.Loose {
				return -1
			}
			return 1
		}
		return compareTerms(a, b)
	})
	terms = slices.Compact(terms)
	n := slices.IndexFunc(terms, func(t store.Term) bool { return t.Loose })
	if n < 0 {
		n = len(terms)
	}
	return terms[:n:n], terms[n:]
}

// move says that the terms of a resource are in the table as those of the version at from, and belong there as those of the version at to.
type move struct {
	from, to int64        // 0: no version
	old, now []store.Term // sorted
}

// moves are what is still to be done to the table of terms, by the place of the version that they lead to. They wait until the end of the
// group, or until somebody in it searches: a resource that is written several times moves once, and rows that lie together change together.
type moves map[int64]move

// add joins a move to one that leads to where it starts, if there is one.
func (m moves) add(next move) {
	if before, ok := m[next.from]; ok {
		delete(m, next.from)
		next.from, next.old = before.from, before.old
	}
	m[next.to] = next
}

// change is one row of the table of terms: it leaves from, or comes to to, or both.
type change struct {
	store.Term
	from, to int64
}

// changes gives the rows that a move touches.
func (m move) changes(all []change) []change {
	old, now := m.old, m.now
	for len(old) > 0 && len(now) > 0 {
		switch order := compareTerms(old[0], now[0]); {
		case order < 0:
			all, old = append(all, change{old[0], m.from, 0}), old[1:]
		case order > 0:
			all, now = append(all, change{now[0], 0, m.to}), now[1:]
		case m.from == m.to:
			old, now = old[1:], now[1:]
		default:
			all, old, now = append(all, change{now[0], m.from, m.to}), old[1:], now[1:]
		}
	}
	for _, t := range old {
		all = append(all, change{t, m.from, 0})
	}
	for _, t := range now {
		all = append(all, change{t, 0, m.to})
	}
	return all
}

// apply brings the table of terms up to date, in the order of its key.
func (m moves) apply(exec func(text string, args ...any) (int64, error)) error {
	var all []change
	for _, one := range m {
		all = one.changes(all)
	}
	slices.SortFunc(all, func(a, b change) int {
		return cmp.Or(compareTerms(a.Term, b.Term), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	var rows []any // of new terms that wait for each other
	for _, c := range all {
		var err error
		switch {
		case c.to == 0:
			_, err = exec("DELETE FROM term WHERE param = ? AND value = ? AND seq = ?", c.Param, c.Value, c.from)
		case c.from == 0:
			if rows = append(rows, c.Param, c.Value, c.to); len(rows) == 3*rowsAtOnce {
				_, err = exec(insertRows, rows...)
				rows = rows[:0]
			}
		default:
			_, err = exec("UPDATE term SET seq = ? WHERE param = ? AND value = ? AND seq = ?", c.to, c.Param, c.Value, c.from)
		}
		if err != nil {
			return err
		}
	}
	for ; len(rows) > 0; rows = rows[3:] {
		if _, err := exec(insertRow, rows[:3]...); err != nil {
			return err
		}
	}
	return nil
}

// rowsAtOnce is how many new terms go into one statement where there are as many.
const rowsAtOnce = 8

const insertRow = "INSERT INTO term (param, value, seq) VALUES (?, ?, ?)"

var insertRows = insertRow + strings.Repeat(", (?, ?, ?)", rowsAtOnce-1)

// with gives both lists of moves as one.
func (m moves) with(later moves) moves {
	both := make(moves, len(m)+len(later))
	maps.Copy(both, m)
	for _, one := range later {
		both.add(one)
	}
	return both
}
