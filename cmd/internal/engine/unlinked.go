package engine

import (
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
)

// mostUnlinked bounds how many Encounters that name neither request nor appointment are read for one referral: those that were written last.
const mostUnlinked = 50

// unlinked adds the Encounters of the person that name neither request nor appointment, and where there are any, the appointments of the person's other
// referrals, whose visits they may be. Where there is none it reads nothing.
func (g *gathering) unlinked() error {
	list := slices.DeleteFunc(g.visits, func(l store.Linked) bool { return g.seen[l.From] })
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b store.Linked) int { return int(b.Seq - a.Seq) })
	shown := false
	for _, l := range list[:min(len(list), mostUnlinked)] {
		if g.seen[l.From] { // under two ids of the person
			continue
		}
		if err := g.add(l.From, l.Number, l.Former); err != nil {
			return err
		}
		shown = shown || !l.Former
	}
	if !shown {
		return nil
	}
	return g.rivals()
}

// rivals adds the appointments of the person's other referrals.
func (g *gathering) rivals() error {
	var at []string
	for _, person := range g.people.Items() {
		at = append(at, person+mapping.ShelfBookings)
	}
	linked, err := g.t.tx.LinkedTo(g.t.ctx, at...)
	if err != nil {
		return err
	}
	for i := len(linked) - 1; i >= 0 && len(g.out.Rivals) < mostUnlinked; i-- {
		l := &linked[i]
		if g.seen[l.From] || l.Former {
			continue
		}
		g.seen[l.From] = true
		h, err := g.t.history(l.From, l.Number)
		if err != nil {
			return err
		}
		g.out.Rivals = append(g.out.Rivals, *h)
	}
	return nil
}

// besides adds the referrals of people whose appointment was written, where some record of theirs names neither request nor appointment: whose visit that
// is may be another question now.
func (t *txn) besides(person string, add func(string)) error {
	visits, err := t.tx.LinkedLast(t.ctx, person+mapping.ShelfVisits, 1)
	if err != nil || len(visits) == 0 {
		return err
	}
	return t.addRequestsOf(person, add)
}
