package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// What one write may ask of the writer, whom everybody shares. Work grows with what is sent, and these say how much that may be. Each is far beyond what a
// referral has: the largest published examples have a dozen references, five Tasks and one household of four; we were asked for a household of 50, and for
// the history of a person of 5 MB, which is one Bundle of some hundred resources. A write that would go beyond one is undone and refused, with the limit in
// the answer. What grew beyond a limit before there was one stays, and may change, but not grow.

// Budgets are those that an operator may set otherwise. The zero value of each is the default; what is negative is no limit.
type Budgets struct {
	// Hold is for how long one write may hold the writer: one second, in which an ordinary server makes a thousand writes. All others wait for so long.
	Hold time.Duration
	// Members is of how many people a household may be that is referred together: 100. Each gets a Task, and all are looked at when one changes.
	Members int
	// Agencies is how many one request may ask through us: 100. Each gets a request and a Task of its own.
	Agencies int
	// Legs is how many Tasks one referral may have that ask an agency: 250, which is two agencies for a household of 100, or four for one of 50. All are
	// looked at when one changes.
	Legs int
	// Items is how much may belong to one referral beside those Tasks: 5000 records, which is one an hour for seven months.
	Items int
	// Terms is how many values of search parameters one resource may be found by, and Links how many of its references are followed: 2000 each. Each is a row
	// of an index that may lie in a page of its own, and while one resource is written none that was sent after it is. Whoever runs the server may write
	// Groups, Lists and code systems with ten times as many.
	Terms, Links int
	// Conditions is how many different searches the conditions and conditional references of a Bundle may be: 1000, two for each entry.
	Conditions int
}

// defaultBudgets are those of a server on which nobody set others.
var defaultBudgets = Budgets{Hold: time.Second, Members: 100, Agencies: 100, Legs: 250, Items: 5000, Terms: 2000, Links: 2000, Conditions: 1000}

// Unlimited gives budgets without limits, as proofs need them to see what a server would be without.
func Unlimited() Budgets {
	return Budgets{Hold: -1, Members: -1, Agencies: -1, Legs: -1, Items: -1, Terms: -1, Links: -1, Conditions: -1}
}

// mostOpen is how many of those searches may be such that no index answers them with one look: each may look at thousands of resources, and is compared
// with each entry.
const mostOpen = 100

// mostReadings is how often something may be read for a leg while one referral is folded: legs times items. A hundred legs with a thousand items each.
const mostReadings = 100_000

// mostPeople is of how many people the records are read for one referral: the members of the largest household, and as many who once were.
const mostPeople = 200

// mostAtOnce is how many referrals are brought up to date by the write that concerns them. The others follow at once, a few at a time: a service that
// moves to another organization may be named in many thousands.
const mostAtOnce = 500

// fewChanges is up to how many changes a write is not told to come in smaller parts: it took too long for another reason, and may come again.
const fewChanges = 20

// withDefaults fills in what was not set.
func (b Budgets) withDefaults() Budgets {
	d := defaultBudgets
	if b.Hold == 0 {
		b.Hold = d.Hold
	}
	for _, one := range []struct{ mine, otherwise *int }{
		{&b.Members, &d.Members}, {&b.Agencies, &d.Agencies}, {&b.Legs, &d.Legs}, {&b.Items, &d.Items}, {&b.Terms, &d.Terms}, {&b.Links, &d.Links}, {&b.Conditions, &d.Conditions},
	} {
		if *one.mine == 0 {
			*one.mine = *one.otherwise
		}
	}
	return b
}

// over reports that there is a limit, and that n is beyond it.
func over(n, limit int) bool { return limit > 0 && n > limit }

// errHeld ends a transaction that has held the writer for too long.
var errHeld = errors.New("engine: the writer was held for too long")

// holding is the context of a transaction. It ends when its caller has gone, and when the writer was held for too long: whatever asks the store then is
// told so, and what was written is undone.
type holding struct {
	context.Context
	elapsed func() time.Duration
	until   time.Duration
	over    bool
}

// Err gives why the transaction must end, nil while it need not.
func (h *holding) Err() error {
	if err := h.Context.Err(); err != nil {
		return err
	}
	if h.over || h.elapsed() >= h.until {
		h.over = true
		return errHeld
	}
	return nil
}

// hold gives the context of a transaction that begins now. Where nothing is measured it is the caller's.
func (e *Engine) hold(ctx context.Context) context.Context {
	if e.set.Elapsed == nil || e.set.Budgets.Hold < 0 {
		return ctx
	}
	return &holding{Context: ctx, elapsed: e.set.Elapsed, until: e.set.Elapsed() + e.set.Budgets.Hold}
}

// held gives why the transaction must end, nil while it need not. What works for long without asking the store asks here.
func (t *txn) held() error { return t.ctx.Err() }

// heldTooLong refuses a write that was undone because it held the writer for too long.
func (e *Engine) heldTooLong(changes int) *Refusal {
	limit := fmt.Sprintf("This would have kept all other writers waiting for more than %s, and was undone: nothing was stored. ", e.set.Budgets.Hold)
	if changes > fewChanges {
		return refuse(TooCostly, fhir.CodeTooCostly, "Bundle.entry", limit+fmt.Sprintf("Send the %d entries in several Bundles.", changes))
	}
	return refuse(Busy, fhir.CodeTimeout, "", limit+"Send it again in a moment. If that fails too, much belongs to what it is about: tell whoever runs this server.")
}

// tooCostlyBecause refuses what goes beyond a budget.
func tooCostlyBecause(at, format string, args ...any) *Refusal {
	return refuse(TooCostly, fhir.CodeTooCostly, at, fmt.Sprintf(format, args...))
}

// within refuses a referral that this transaction makes larger than a referral may be. It is asked before the referral is read.
func (t *txn) within(r *mapping.Referral) error {
	b := &t.e.set.Budgets
	if t.ticking || len(t.works) == 0 {
		return nil // what time brings about, and what is only looked at, makes nothing larger
	}
	for i := range r.Groups {
		g := &r.Groups[i]
		if n := len(g.Lasting(t.now)); over(n, b.Members) && (t.find(keyOf(g.Key)) != nil || t.grew(r, "ServiceRequest", "Task")) {
			return t.tooMany(keyOf(g.Key), "Group.member", "A household that is referred together may have %d members, and %s has %d. "+
				"Refer smaller Groups, or each person with a ServiceRequest of their own.", b.Members, g.Key, n)
		}
	}
	if n := len(r.Request.Performers()); over(n, b.Agencies) && t.asksThroughUs(r) && (t.find(keyOf(r.Request.Key)) != nil || t.grew(r, "Task")) {
		return t.tooMany(keyOf(r.Request.Key), "ServiceRequest.performer", "One request may ask %d agencies through us, and %s names %d. Make several requests.",
			b.Agencies, r.Request.Key, n)
	}
	legs := 0
	for i := range r.Tasks {
		if !r.Tasks[i].IsEffect() {
			legs++
		}
	}
	items := len(r.Others) + len(r.Tasks) - legs
	switch {
	case over(legs, b.Legs) && t.grew(r, "Task"):
		return t.tooMany(store.Key{Type: "Task"}, "Task", "One referral may have %d Tasks, and %s has %d. Make a ServiceRequest of its own for what is another referral, "+
			"and leave out focus and basedOn where a Task is none of it.", b.Legs, r.Request.Key, legs)
	case over(items, b.Items) && t.grew(r):
		return t.tooMany(store.Key{}, "", "%d records may belong to one referral, and to %s there belong %d. Leave out basedOn where a record says nothing about the referral.",
			b.Items, r.Request.Key, items)
	case b.Items > 0 && over((legs+1)*(len(r.Others)+1), mostReadings) && t.grew(r):
		return t.tooMany(store.Key{}, "", "%s has %d Tasks, and %d records belong to it: that is more than can be read for each of them (%d together). Make several referrals of it.",
			r.Request.Key, legs, len(r.Others), mostReadings)
	}
	return nil
}

// asksThroughUs reports a referral with a Task of ours above agencies.
func (t *txn) asksThroughUs(r *mapping.Referral) bool {
	for i := range r.Tasks {
		if t.e.set.Guide.Heads(&r.Tasks[i]) {
			return true
		}
	}
	return false
}

// grew reports that the transaction brought something new to a referral, of some types where any are named.
func (t *txn) grew(r *mapping.Referral, types ...string) bool {
	var mine map[string]bool
	for i := range t.touched {
		at := &t.touched[i]
		if at.Old != nil || at.New == nil || len(types) > 0 && !slices.Contains(types, at.Key.Type) {
			continue
		}
		if mine == nil {
			mine = r.Names()
		}
		if mine[at.Key.String()] {
			return true
		}
	}
	return false
}

// tooMany refuses at the entry that wrote something, where there is one.
func (t *txn) tooMany(k store.Key, element, format string, args ...any) *Refusal {
	for _, w := range t.works {
		if w.write && w.key.Type == k.Type && (w.key == k || k.ID == "") {
			element = w.at(element)
			break
		}
	}
	return tooCostlyBecause(element, format, args...)
}

// linksWithin refuses a resource with more references than may be followed.
func (t *txn) linksWithin(w *work, no *refusals) {
	if n, most := len(w.links), t.e.set.Budgets.rowsOf(t.p, t.e.set.Budgets.Links); over(n, most) {
		no.add(TooCostly, fhir.CodeTooCostly, w.at(w.Type), fmt.Sprintf("Of one resource %d references are followed, and this one has %d. %s", most, n, inSeveral))
	}
}

// inSeveral says what to do with a resource that goes beyond Budgets.Terms or Budgets.Links.
const inSeveral = "Say in several resources what several of them can say, or ask whoever runs this server to write it."

// rowsOf returns how many rows of an index somebody may have for one resource, where others may have limit.
func (b *Budgets) rowsOf(p Principal, limit int) int {
	const byAdmin = 10
	if p.Role == workflow.Admin {
		return byAdmin * limit
	}
	return limit
}

// later has referrals brought up to date after this transaction, a few at a time, as what is due is. It gives those for which that cannot be said, because
// nothing is kept of them yet.
func (t *txn) later(ids []string) (now []string, err error) {
	for _, id := range ids {
		rows, err := t.tx.Handoffs(t.ctx, id)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			now = append(now, id)
			continue
		}
		row := rows[0] // its whole referral is folded when one row of it is due
		if row.Wake.IsZero() || row.Wake.After(t.now) {
			row.Wake = t.now
			if err := t.tx.PutHandoff(t.ctx, row); err != nil {
				return nil, err
			}
		}
	}
	due := t.now
	t.after = append(t.after, func() { t.e.waking.expect(due) })
	return now, nil
}

// first gives the referrals that were written themselves before the others.
func (t *txn) first(ids []string) []string {
	all := make([]string, 0, len(ids))
	for _, written := range []bool{true, false} {
		for _, id := range ids {
			if (t.find(store.Key{Type: "ServiceRequest", ID: id}) != nil) == written {
				all = append(all, id)
			}
		}
	}
	return all
}

// open reports a condition that no index answers with one look: it asks for anything but exact values, or about other resources.
func (c *condition) open() bool {
	q := &c.query
	if len(q.Chains)+len(q.Has) > 0 || len(q.All)+len(q.IDs) == 0 {
		return true
	}
	if len(q.IDs) > 0 {
		return false
	}
	for _, m := range q.All {
		if !m.Not && !m.Loose && len(m.Values) > 0 && len(m.Prefixes)+len(m.Ranges)+len(m.Tests) == 0 {
			return false // it leads to few, and the rest is asked of those
		}
	}
	return true
}

// count notes a condition of a Bundle, and refuses it where there are too many. What asks the same is one.
func (b *batch) count(e *Engine, c *condition, at string, no *refusals) {
	if c == nil {
		return
	}
	if b.conditions == nil {
		b.conditions = map[string]bool{}
	}
	name := c.query.Type + "?" + c.key
	if b.conditions[name] {
		return
	}
	b.conditions[name] = true
	if c.open() {
		b.open++
	}
	switch most := e.set.Budgets.Conditions; {
	case most < 0:
	case len(b.conditions) == most+1:
		no.add(TooCostly, fhir.CodeTooCostly, at, fmt.Sprintf("The conditions and conditional references of a Bundle may be %d different searches. Send the entries in several Bundles.", most))
	case c.open() && b.open == mostOpen+1:
		no.add(TooCostly, fhir.CodeTooCostly, at, fmt.Sprintf("%d conditions and conditional references of a Bundle may be searches for which much has to be looked at. "+
			"Ask for identifier=system|value, or send the entries in several Bundles.", mostOpen))
	}
}
