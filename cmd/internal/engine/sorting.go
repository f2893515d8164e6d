package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// The store keeps one order: that of the places of versions, which is that of lastUpdated. For any other, all that matches is taken by key and terms,
// and sorted here; whole versions are read for one page only.

// mostSorted is how many resources a search may find that asks for an order of its own.
const mostSorted = 10_000

// byPlace reports whether an order is that of the store, one way or the other: no two versions have the same place, so later keys do not matter.
func byPlace(keys []search.SortKey) bool { return len(keys) == 0 || keys[0].Param == "" }

func oldestFirst(q *search.Query) bool {
	return q.Ascending || len(q.Sort) > 0 && !q.Sort[0].Descending && byPlace(q.Sort)
}

// row is one resource with what it is sorted by.
type row struct {
	seq  int64
	keys []string // one for each SortKey
	has  []bool   // whether there is a value
}

// sorted gives one page in the order that was asked for. The newest comes first of those that are alike in everything.
//
// Source: FHIR R4, search.html, Sorting
func (s *seeker) sorted(parts []part) (store.Page, error) {
	var all []row
	met := seqSet{}
	for _, one := range parts {
		q := one.Query
		q.Bare, q.Show, q.Limit = true, shownFor(one.sort), mostSorted
		page, err := s.r.Search(s.ctx, q)
		if err != nil {
			return store.Page{}, err
		}
		for i, v := range page.Versions {
			if _, twice := met[v.Seq]; !twice {
				met[v.Seq] = struct{}{}
				all = append(all, newRow(one.sort, v, page.Shown[i]))
			}
		}
		if page.More || len(all) > mostSorted {
			return store.Page{}, refuse(Invalid, fhir.CodeTooCostly, "", fmt.Sprintf("More than %d resources match, too many to sort: add a condition, "+
				"or take them in the order _sort=-_lastUpdated.", mostSorted))
		}
	}
	order := func(a, b row) int { return compareRows(s.query.Sort, a, b) }
	slices.SortFunc(all, order)
	total := len(all)
	if s.behind > 0 {
		last, err := s.rowAt(s.behind)
		if err != nil {
			return store.Page{}, err
		}
		at, _ := slices.BinarySearchFunc(all, last, func(r, last row) int {
			if c := order(r, last); c != 0 {
				return c
			}
			return -1 // the last one itself lies before the page too
		})
		all = all[at:]
	}
	page := store.Page{Total: -1}
	if s.query.Total {
		page.Total = total
	}
	if len(all) > s.query.Count {
		page.More, all = true, all[:s.query.Count]
	}
	seqs := make([]int64, len(all))
	for i := range all {
		seqs[i] = all[i].seq
	}
	var err error
	page.Versions, err = s.r.Placed(s.ctx, seqs...)
	page.More = page.More || len(page.Versions) < len(seqs)
	return page, err
}

// rowAt gives what a version was sorted by, be it the newest or not.
func (s *seeker) rowAt(seq int64) (row, error) {
	found, err := s.r.Placed(store.WithRoom(s.ctx, nil), seq)
	if err != nil {
		return row{}, err
	}
	if len(found) == 0 || found[0].Deleted {
		return row{}, errors.New("a cursor of ours names no version")
	}
	r, err := fhir.ReadStored(found[0].Body)
	if err != nil {
		return row{}, err
	}
	keys := s.query.Sort
	if s.query.Type == "" {
		if again, issues := search.Parse(r.Type(), map[string][]string{"_sort": s.query.Self["_sort"]}, s.e.searchOptions(false)); !fhir.Refused(issues) {
			keys = again.Sort
		}
	}
	return newRow(keys, found[0], s.e.storeTerms(r)), nil
}

func shownFor(keys []search.SortKey) []store.Shown {
	params := []store.Shown{}
	for _, k := range keys {
		if k.Param != "" && k.Param != "_id" {
			params = append(params, store.Shown{Param: k.Param, Loose: k.Loose})
		}
	}
	return params
}

func newRow(keys []search.SortKey, v store.Version, terms []store.Term) row {
	r := row{seq: v.Seq, keys: make([]string, len(keys)), has: make([]bool, len(keys))}
	for i, k := range keys {
		switch k.Param {
		case "":
			r.keys[i], r.has[i] = fmt.Sprintf("%020d", v.Seq), true
		case "_id":
			r.keys[i], r.has[i] = v.ID, true
		default:
			r.keys[i], r.has[i] = sortValue(k, terms)
		}
	}
	return r
}

// sortValue gives the smallest value, or where the order descends the greatest. A code is sorted by itself, without its system.
func sortValue(k search.SortKey, terms []store.Term) (value string, has bool) {
	coded := true
	for _, t := range terms {
		if t.Param != k.Param {
			continue
		}
		bar := k.Kind != search.Reference && strings.Contains(t.Value, "|")
		switch {
		case bar && !coded:
			continue
		case !bar && coded:
			value, has, coded = t.Value, true, false
		case !has || (t.Value > value) == k.Descending && t.Value != value:
			value, has = t.Value, true
		}
	}
	return value, has
}

func compareRows(keys []search.SortKey, a, b row) int {
	for i, k := range keys {
		if i >= len(a.keys) || i >= len(b.keys) {
			break
		}
		switch {
		case a.has[i] != b.has[i]:
			if a.has[i] {
				return -1
			}
			return 1
		case a.keys[i] == b.keys[i]:
			continue
		case (a.keys[i] < b.keys[i]) != k.Descending:
			return -1
		}
		return 1
	}
	return cmp.Compare(b.seq, a.seq)
}
