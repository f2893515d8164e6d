package engine

import (
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// mostAlike bounds how many other requests of one person for one service are read.
const mostAlike = 20

// alike adds another request of the person for the same service and its Tasks, where the two were made at about the same time. Whoever has one
// request for a service pays nothing: its shelf is read with the others, and holds that request alone.
//
// Source: local, awkward cases, duplicates
func (g *gathering) alike(k store.Key, number int) error {
	if k.String() == g.out.Request.Key || len(g.out.Alike) >= mostAlike || g.seen[k] {
		return nil
	}
	g.seen[k] = true
	h, err := g.t.history(k, number)
	if err != nil || !h.NearTo(&g.out.Request) {
		return err
	}
	one := mapping.Alike{Request: *h}
	linked, err := g.t.tx.LinkedTo(g.t.ctx, k.String())
	if err != nil {
		return err
	}
	for i := range linked {
		if linked[i].From.Type != "Task" || linked[i].Former {
			continue
		}
		task, err := g.t.history(linked[i].From, linked[i].Number)
		if err != nil {
			return err
		}
		one.Tasks = append(one.Tasks, *task)
	}
	g.out.Alike = append(g.out.Alike, one)
	return nil
}

// addAlike adds the referrals that resemble one that this transaction changed: what is said of the one may be said of them.
func (t *txn) addAlike(ids, alike []string) []string {
	for _, id := range alike {
		if !slices.Contains(ids, id) && slices.ContainsFunc(t.touched, func(at touch) bool {
			return at.Key.Type == "Task" || at.Key.Type == "ServiceRequest"
		}) {
			ids = append(ids, id)
		}
	}
	return ids
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
