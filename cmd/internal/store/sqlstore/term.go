package sqlstore

import (
	"cmp"
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

// termsOf gives the terms of a write as they are kept: with their type, sorted, each once.
func termsOf(w store.Write) []store.Term {
	if w.Deleted {
		return nil
	}
	terms := make([]store.Term, len(w.Terms))
	for i, t := range w.Terms {
		terms[i] = store.Term{Param: paramOf(w.Type, t.Param), Value: t.Value}
	}
	slices.SortFunc(terms, compareTerms)
	return slices.Compact(terms)
}

// reterm moves the rows of a resource's terms from its last version, at seq last, to its new one, at seq now. Both lists are sorted.
func (t *tx) reterm(last int64, old []store.Term, now int64, terms []store.Term) error {
	for len(old) > 0 || len(terms) > 0 {
		order := 0
		switch {
		case len(old) == 0:
			order = 1
		case len(terms) == 0:
			order = -1
		default:
			order = compareTerms(old[0], terms[0])
		}
		var err error
		switch {
		case order < 0:
			_, err = t.exec("DELETE FROM term WHERE param = ? AND value = ? AND seq = ?", old[0].Param, old[0].Value, last)
			old = old[1:]
		case order > 0:
			_, err = t.exec("INSERT INTO term (param, value, seq) VALUES (?, ?, ?)", terms[0].Param, terms[0].Value, now)
			terms = terms[1:]
		default:
			_, err = t.exec("UPDATE term SET seq = ? WHERE param = ? AND value = ? AND seq = ?", now, old[0].Param, old[0].Value, last)
			old, terms = old[1:], terms[1:]
		}
		if err != nil {
			return err
		}
	}
	return nil
}
