package search

import "slices"

// combine puts two conditions that are kept as a pair into one.
func (p *plan) combine(all []Match) []Match {
	for _, c := range p.pairs {
		i, j := simple(all, c.first), simple(all, c.second)
		if c.void && i < 0 {
			i = void(all, c.first)
		}
		if i < 0 || j < 0 || len(all[i].Ranges) > 0 {
			continue
		}
		first := all[i].Values
		if all[i].Not {
			first = []string{""}
		}
		if len(first)*(len(all[j].Values)+len(all[j].Ranges)) > MaxValues {
			continue
		}
		m := Match{Param: c.terms}
		for _, a := range first {
			for _, b := range all[j].Values {
				m.Values = append(m.Values, both(a, b))
			}
			for _, r := range all[j].Ranges {
				m.Ranges = append(m.Ranges, within(a, r))
			}
		}
		all = slices.Delete(slices.Delete(all, max(i, j), max(i, j)+1), min(i, j), min(i, j)+1)
		all = slices.Insert(all, 0, m)
	}
	return all
}

// within is a range of the second of a pair, behind a value of the first.
func within(first string, r Range) Range {
	out := Range{From: both(first, r.From), To: first + "}"} // the character after the bar
	if r.To != "" {
		out.To = both(first, r.To)
	}
	return out
}

// simple finds the only condition on a parameter that names values or ranges and nothing else; -1 where there is none or there are several. Tests may
// stand beside it.
func simple(all []Match, param string) int {
	at := -1
	for i, m := range all {
		if m.Param != param || len(m.Tests) > 0 {
			continue
		}
		if at >= 0 || m.Not || len(m.Prefixes) > 0 || len(m.Values)+len(m.Ranges) == 0 || len(m.Values) > 0 && len(m.Ranges) > 0 {
			return -1
		}
		at = i
	}
	return at
}

// void finds the only condition on a parameter where it asks that there be no value; -1 otherwise.
func void(all []Match, param string) int {
	at := -1
	for i, m := range all {
		if m.Param != param {
			continue
		}
		if at >= 0 || !m.Not || len(m.Values)+len(m.Prefixes)+len(m.Ranges)+len(m.Tests) > 0 {
			return -1
		}
		at = i
	}
	return at
}
