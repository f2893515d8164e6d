package engine

import (
	"fmt"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// follow brings every referral that the transaction touched up to date: it gathers what belongs to it, folds, saves the rows of the read model
// and writes back what only we know.
func (t *txn) follow() error {
	t.recall()
	var err error
	if t.tied, err = t.tie(); err != nil {
		return err
	}
	ids, err := t.affected()
	if err != nil {
		return err
	}
	if len(ids) > mostAtOnce {
		ids = t.first(ids)
		rest, err := t.later(ids[mostAtOnce:])
		if err != nil {
			return err
		}
		ids = append(ids[:mostAtOnce:mostAtOnce], rest...)
	}
	return t.refold(ids)
}

// refold brings the referrals with these ServiceRequest ids up to date. What it learned is kept once the transaction is on disk.
func (t *txn) refold(ids []string) error {
	t.recall()
	t.done = map[string]bool{}
	all := distinct.Of(ids...)
	for i := 0; i < all.Len(); i++ {
		id := all.Items()[i]
		f, err := t.refoldOne(id)
		if err != nil {
			return foldFailed(id, err)
		}
		if f != nil {
			if err = t.stirred(f, &all); err != nil {
				return err
			}
		}
	}
	fresh := t.fresh
	t.after = append(t.after, func() { t.e.facts.keep(fresh) })
	return nil
}

// recall makes the memory of what the transaction learns of resources.
func (t *txn) recall() {
	if t.fresh == nil {
		t.fresh = map[store.Key]*mapping.History{}
	}
}

// folded is a referral as it was gathered, read and answered.
type folded struct {
	id      string
	read    mapping.Read
	answers []workflow.Handoff // of read.Legs
	alike   []mapping.Alike    // requests of the same person for the same service
	r       *mapping.Referral

	legs     map[string]int    // place in read.Legs of the Tasks that may have others below, by id
	children map[string][]int  // of a Task by id: the legs below it
	told     *mapping.Standing // as it is told, once that was asked for
	names    map[string]bool   // of all that was gathered, once that was asked for
}

// arrange finds out which legs stand below which.
func (f *folded) arrange() {
	f.legs, f.children = map[string]int{}, map[string][]int{}
	for i := range f.read.Legs {
		l := &f.read.Legs[i]
		if l.Shape != mapping.Single {
			f.legs[l.Task] = i
		}
		if l.Above != "" {
			f.children[l.Above] = append(f.children[l.Above], i)
		}
	}
}

// fold gathers a referral and answers each of its legs. It writes nothing.
func (t *txn) fold(id string) (*folded, error) {
	r, id, err := t.whole(id)
	if err == nil {
		err = t.held()
	}
	if err == nil {
		err = t.within(r)
	}
	if err != nil {
		return nil, err
	}
	f := &folded{id: id, read: t.e.set.Guide.Ledgers(r), alike: r.Alike, r: r}
	f.answers = make([]workflow.Handoff, len(f.read.Legs))
	f.arrange()
	t.answerAll(f)
	return f, nil
}

// all gives the answers of every leg that stands for itself, to be read or added to.
func (f *folded) all() []*workflow.Handoff {
	all := make([]*workflow.Handoff, 0, len(f.answers))
	for i := range f.answers {
		if f.counts(i) {
			all = append(all, &f.answers[i])
		}
	}
	return all
}

// refoldOne makes a referral read as its answers say: its Tasks, what is written for it, its rows. It gives nil where that was done before.
func (t *txn) refoldOne(id string) (*folded, error) {
	f, err := t.fold(id)
	if err != nil {
		return nil, err
	}
	if t.done[f.id] {
		return nil, nil // this was an agency's own request, or one of several
	}
	if f, err = t.passOn(f); err != nil {
		return nil, err
	}
	t.done[f.id] = true
	return f, t.makeSo(f)
}

// makeSo writes what a folded referral asks for.
func (t *txn) makeSo(f *folded) error {
	var err error
	if err := t.dropGone(f.id, f.read.Legs); err != nil {
		return err
	}
	if err := t.dropFormer(f); err != nil {
		return err
	}
	all := f.all()
	for i := range f.read.Legs {
		leg, h := &f.read.Legs[i], &f.answers[i]
		if err := t.held(); err != nil {
			return err
		}
		if err := t.mayEnd(leg, h, all); err != nil {
			return err
		}
		if err := t.writeBack(leg, h); err != nil {
			return err
		}
	}
	if f, err = t.effects(f); err != nil {
		return err
	}
	for i := range f.read.Legs {
		if err := t.saveRow(f, i); err != nil {
			return err
		}
		if f.read.Legs[i].Ledger.Another {
			t.sayNotTheirs(f.id, f.read.Legs[i].Task)
		}
	}
	t.stands = append(t.stands, f)
	return nil
}

// saveRow keeps the answer of one leg in the read model.
func (t *txn) saveRow(f *folded, leg int) error {
	row, err := rowOf(f.id, f.subject(leg), &f.read.Legs[leg], &f.answers[leg], !f.counts(leg))
	if err != nil {
		return err
	}
	row.Mark = t.e.mark()
	if err := t.tx.PutHandoff(t.ctx, row); err != nil {
		return fmt.Errorf("save the handoff of Task/%s: %w", row.Task, err)
	}
	if wake := row.Wake; !wake.IsZero() && !t.ticking {
		t.after = append(t.after, func() { t.e.waking.expect(wake) })
	}
	return nil
}

// mayEnd refuses a Task that ends its leg by a move of this transaction where something that such an end needs is missing.
func (t *txn) mayEnd(leg *mapping.Leg, h *workflow.Handoff, all []*workflow.Handoff) error {
	key := store.Key{Type: "Task", ID: leg.Task}
	joint := store.Key{Type: "Task", ID: leg.Above}
	if leg.Former || leg.Shape != mapping.Single || t.find(key) == nil && (leg.Subject == "" || t.find(joint) == nil) {
		return nil
	}
	if err := t.sign(key, &leg.Ledger); err != nil {
		return err
	}
	if no := workflow.MayEnd(&leg.Ledger, h, all, t.now, &t.e.set.Rules); no != nil {
		return refuse(Unprocessable, fhir.CodeBusinessRule, "Task.status", no.Error())
	}
	return nil
}

// dropGone removes the rows of Tasks that were a leg of this referral until they were written just now, or until what they name their request by means
// something else.
func (t *txn) dropGone(id string, legs []mapping.Leg) error {
	var are distinct.List[string]
	for i := range legs {
		are.Put(legs[i].Task)
	}
	gone := func(k store.Key) bool { return k.Type == "Task" && !are.Has(k.ID) }
	for i := range t.touched {
		k, old := t.touched[i].Key, t.touched[i].Old
		if old == nil || !gone(k) {
			continue
		}
		before, err := t.saidOnce(&t.touched[i])
		if err != nil {
			return err
		}
		says := before.NotUnderstood == "" && !before.InError() // of a mistake, and of what is not understood, it is what it said before that held
		if says && !slices.Contains(before.Requests(), "ServiceRequest/"+id) {
			continue
		}
		if err := t.dropRow(k.ID, id); err != nil {
			return err
		}
	}
	for i := range t.tied {
		if gone(t.tied[i].Key) {
			if err := t.dropRow(t.tied[i].Key.ID, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropRow removes the rows of a Task where they are of this referral, those of its former legs among them.
func (t *txn) dropRow(task, id string) error {
	return t.dropRows(id, func(of string, _ int) bool { return of == task })
}

// dropFormer removes the rows of former legs that are none: it was learned that two owners of their Task are one agency.
func (t *txn) dropFormer(f *folded) error {
	if !f.read.Given {
		return nil
	}
	return t.dropRows(f.id, func(task string, number int) bool {
		return number > 0 && !slices.ContainsFunc(f.read.Legs, func(l mapping.Leg) bool { return l.Former && l.Task == task && l.Number == number })
	})
}

// dropRows removes the rows of a referral of which drop says so, by the Task and the number of a former leg, 0 for a present one.
func (t *txn) dropRows(id string, drop func(task string, number int) bool) error {
	rows, err := t.tx.Handoffs(t.ctx, id)
	for i := range rows {
		if err == nil && drop(mapping.TaskOfRow(rows[i].Task)) {
			err = t.tx.DropHandoff(t.ctx, rows[i].Task)
		}
	}
	return err
}
