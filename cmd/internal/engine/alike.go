package engine

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// mostAlike bounds how many other requests of one person for one service are read: those that came last.
const mostAlike = 20

// alike adds the other requests of the person for the same service that were made at about the same time, and their Tasks. Whoever has one request for
// a service pays for one look at a shelf that holds that request alone.
//
// Source: local, awkward cases, duplicates
func (g *gathering) alike() error {
	var keys []string
	for _, shelf := range g.out.Request.Asks() {
		linked, err := g.t.tx.LinkedLast(g.t.ctx, shelf, mostAlike+1)
		if err != nil {
			return err
		}
		for i := range linked {
			k := linked[i].From
			if k.Type != "ServiceRequest" || g.seen[k] || len(keys) == mostAlike {
				continue
			}
			g.seen[k] = true
			h, err := g.t.history(k, linked[i].Number)
			if err != nil {
				return err
			}
			if h.NearTo(&g.out.Request) {
				g.out.Alike, keys = append(g.out.Alike, mapping.Alike{Request: *h}), append(keys, h.Key)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return g.asked(keys)
}

// asked adds the Tasks of the requests alike to them.
func (g *gathering) asked(keys []string) error {
	linked, err := g.t.tx.LinkedTo(g.t.ctx, keys...)
	if err != nil {
		return err
	}
	for i := range linked {
		if linked[i].From.Type != "Task" || linked[i].Former || i > 0 && linked[i].From == linked[i-1].From {
			continue
		}
		h, err := g.t.history(linked[i].From, linked[i].Number)
		if err != nil {
			return err
		}
		for _, of := range h.Requests() {
			if at := slices.Index(keys, of); at >= 0 {
				g.out.Alike[at].Tasks = append(g.out.Alike[at].Tasks, *h)
			}
		}
	}
	return nil
}

// fellows adds the requests that a changed or deleted request was like before: it may be like them no more.
func (t *txn) fellows(at *touch, add func(string)) error {
	if at.Key.Type != "ServiceRequest" || at.Old == nil {
		return nil
	}
	links, err := t.links(at.Old)
	if err != nil {
		return err
	}
	for _, l := range links {
		if err := t.onShelf(l.To, add); err != nil {
			return err
		}
	}
	return nil
}

// onShelf adds the requests for one service of one person that came last, by the shelf on which they stand; none for what is no such shelf.
func (t *txn) onShelf(shelf string, add func(string)) error {
	if !strings.Contains(shelf, mapping.ShelfAsks) {
		return nil
	}
	linked, err := t.tx.LinkedLast(t.ctx, shelf, mostAlike+1)
	if err != nil {
		return err
	}
	for i := range linked {
		add(linked[i].From.String())
	}
	return nil
}

// stirred adds to ids those of the requests alike to a referral about which something else is to be said after what this transaction wrote: agencies
// began or ceased to be asked by a Task, or the referral's own request was written.
func (t *txn) stirred(f *folded, ids []string) ([]string, error) {
	if len(f.alike) == 0 {
		return ids, nil
	}
	var moved []string
	for i := range t.touched {
		switch at := &t.touched[i]; at.Key.Type {
		case "ServiceRequest":
			if at.Key.ID == f.id {
				for j := range f.read.Legs {
					moved = append(moved, f.read.Legs[j].Agency)
				}
			}
		case "Task":
			before, err := t.asks(at.Old)
			if err != nil {
				return nil, err
			}
			after, err := t.asks(at.New)
			if err != nil {
				return nil, err
			}
			if before != after {
				moved = append(moved, before, after)
			}
		}
	}
	for i := range f.alike {
		one := &f.alike[i]
		id := one.Request.ID()
		if !slices.Contains(ids, id) && slices.ContainsFunc(one.Tasks, func(h mapping.History) bool { return h.Owner() != "" && slices.Contains(moved, h.Owner()) }) {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// asks gives the agency that a Task asks, "" for none.
func (t *txn) asks(task *fhir.Resource) (string, error) {
	if task == nil {
		return "", nil
	}
	f, err := t.factOf(task)
	if err != nil {
		return "", err
	}
	return f.AsksOf(), nil
}

// aborted adds the Tasks that ask to abort one of the referral's, for agencies with which that was agreed. Nobody else's are read.
func (g *gathering) aborted() error {
	var of []string
	for i := range g.out.Tasks {
		h := &g.out.Tasks[i]
		if g.t.e.set.Guide.Partners[h.Owner()].Cancel == workflow.CancelByAbort {
			of = append(of, h.Key)
		}
	}
	if len(of) == 0 {
		return nil
	}
	linked, err := g.t.tx.LinkedTo(g.t.ctx, of...)
	if err != nil {
		return err
	}
	for i := range linked {
		l := &linked[i]
		if l.From.Type != "Task" || l.Former || g.seen[l.From] {
			continue
		}
		if err := g.add(l.From, l.Number, false); err != nil {
			return err
		}
	}
	return nil
}
