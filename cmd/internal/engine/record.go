package engine

import (
	"cmp"
	"errors"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
	"warmhandoff/mapping/workflow"
)

const (
	mostRecord = 10_000 // resources of one person that are looked at
	recordPage = 500    // of them, how many are read at once
)

// record gathers what there is about a person: the resources in their compartment, and what these name that is nobody's own, such as organizations,
// practitioners and places, with what those name. Of the resources only the places are kept.
type record struct {
	*txn
	ask  *asked
	met  map[store.Key]bool
	all  []store.Version
	next []store.Key // named, and not looked at yet
}

// record gives what there is about a person: the Patient first, and of all the place, without a body.
//
// Source: FHIR R4, patient-operation-everything.html
func (t *txn) record(id string, ask *asked) ([]store.Version, error) {
	key := store.Key{Type: "Patient", ID: id}
	v, err := t.tx.Newest(t.ctx, key)
	if _, err = there(key, v, err); err != nil {
		return nil, err
	}
	switch t.p.Role {
	case "", workflow.Navigator, workflow.Supervisor, workflow.Admin:
	default:
		return nil, refuse(Forbidden, fhir.CodeForbidden, "", "Everything about a person is for a navigator or a supervisor; an agency and a referrer ask for ServiceRequest/[id]/$everything.")
	}
	g := &record{txn: t, ask: ask, met: map[store.Key]bool{}}
	s := &seeker{e: t.e, ctx: t.ctx, r: t.tx, query: &search.Query{}, within: key, budget: budgetOf(t.ctx)}
	if s.here, err = t.tx.Types(t.ctx); err != nil {
		return nil, err
	}
	parts, err := s.parts()
	if err != nil {
		return nil, err
	}
	for i := range parts {
		if err := g.part(parts[i].Query); err != nil {
			return nil, err
		}
	}
	if err := g.named(); err != nil {
		return nil, err
	}
	slices.SortFunc(g.all, func(a, b store.Version) int {
		if first := a.Key == key; first != (b.Key == key) {
			return map[bool]int{true: -1, false: 1}[first]
		}
		return cmp.Compare(a.Seq, b.Seq)
	})
	return g.all, nil
}

// part takes what one search of the compartment finds.
func (g *record) part(q store.Query) error {
	q.Ascending, q.Limit = true, recordPage
	for more := true; more; {
		page, err := g.tx.Search(g.ctx, q)
		if err != nil {
			return tooCostly(err)
		}
		for i := range page.Versions {
			if err := g.take(&page.Versions[i]); err != nil {
				return err
			}
			q.After = page.Versions[i].Seq
		}
		more = page.More && len(page.Versions) > 0
	}
	return nil
}

// take notes a resource, and what it names, where its care falls into the time that is asked for.
func (g *record) take(v *store.Version) error {
	if g.met[v.Key] {
		return nil
	}
	if g.met[v.Key] = true; len(g.met) > mostRecord {
		return refuse(Invalid, fhir.CodeTooCostly, "", "There is too much about this person for one answer: search by type, as in Patient/[id]/Observation.")
	}
	if err := budgetOf(g.ctx).Spend(len(v.Body) / bytesRead); err != nil {
		return tooCostly(err)
	}
	r, err := fhir.ReadStored(v.Body)
	if err != nil || !search.CareWithin(r, g.ask.start, g.ask.end, g.e.searchOptions(false)) {
		return err
	}
	for _, ref := range r.References() {
		k := keyOf(search.Local(ref.Text(), g.e.set.Base))
		// Whatever can be in somebody's compartment and is not in this one is about somebody else.
		if fhir.IsResourceType(k.Type) && fhir.IsID(k.ID) && k.Type != "Patient" && !hasCompartment("Patient", k.Type) {
			g.next = append(g.next, k)
		}
	}
	if g.ask.wants(v) {
		one := *v
		one.Body = nil
		g.all = append(g.all, one)
	}
	return nil
}

// named takes what is named, and what that names.
func (g *record) named() error {
	for len(g.next) > 0 {
		k := g.next[0]
		g.next = g.next[1:]
		if g.met[k] {
			continue
		}
		v, err := g.tx.Newest(g.ctx, k)
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue
		case err != nil:
			return err
		case v.Deleted:
			continue
		}
		if err := budgetOf(g.ctx).Spend(store.StepsOfStatement + store.StepsOfRow + store.StepsOfBody + store.StepsOfBytes(len(v.Body))); err != nil {
			return tooCostly(err)
		}
		if err := g.take(&v); err != nil {
			return err
		}
	}
	return nil
}
