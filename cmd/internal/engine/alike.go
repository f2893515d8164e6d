package engine

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
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
func (t *txn) stirred(f *folded, ids *distinct.List[string]) error {
	if len(f.alike) == 0 {
		return nil
	}
	var moved distinct.List[string]
	for i := range t.touched {
		switch at := &t.touched[i]; at.Key.Type {
		case "ServiceRequest":
			if at.Key.ID == f.id {
				for j := range f.read.Legs {
					moved.Put(f.read.Legs[j].Agency)
				}
			}
		case "Task":
			one, err := t.askedBy(at)
			if err != nil {
				return err
			}
			if one.before != one.after {
				moved.Put(one.before)
				moved.Put(one.after)
			}
		}
	}
	for i := range f.alike {
		one := &f.alike[i]
		if slices.ContainsFunc(one.Tasks, func(h mapping.History) bool { return h.Owner() != "" && moved.Has(h.Owner()) }) {
			ids.Put(one.Request.ID())
		}
	}
	return nil
}

// asking is whom a written Task asked before the transaction, and whom it asks as of a version.
type asking struct {
	of            *fhir.Resource // that version; nil where nothing was read yet
	deleted       bool
	before, after string
}

// askedBy gives whom a written Task asked before, and whom it asks now.
func (t *txn) askedBy(at *touch) (*asking, error) {
	a := &at.asked
	if a.of != nil && a.of == at.New || a.deleted && at.New == nil {
		return a, nil
	}
	var err error
	if a.before, err = t.asks(at.Old); err != nil {
		return nil, err
	}
	a.after, err = t.asks(at.New)
	a.of, a.deleted = at.New, at.New == nil
	return a, err
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
