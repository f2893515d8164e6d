package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// looking is a transaction in which nothing can be written: what gathers a referral for a write gathers it for a look, too.
type looking struct{ store.Reader }

var errLooking = errors.New("engine: nothing is written where one only looks")

func (looking) Put(context.Context, store.Write) (store.Version, error) {
	return store.Version{}, errLooking
}

func (looking) Index(context.Context, store.Version, []store.Term, []store.Link) error {
	return errLooking
}

func (looking) PutHandoff(context.Context, store.Handoff) error { return errLooking }
func (looking) DropHandoff(context.Context, string) error       { return errLooking }
func (looking) Forget(context.Context, time.Time) (int, error)  { return 0, errLooking }
func (looking) Remember(context.Context, string, string, time.Time) (string, bool, error) {
	return "", false, errLooking
}

// mayHavePackage says in which roles somebody may ask for a package at all, and whether they are shown what was left out of it.
var mayHavePackage = map[workflow.Role]bool{
	"":                  false,
	workflow.Agency:     false,
	workflow.Navigator:  true,
	workflow.Supervisor: true,
	workflow.Admin:      true,
}

// Package gives what may go to the agency of a Task: to that agency a Bundle, to a navigator or supervisor a Parameters resource with the Bundle and
// the list of what was left out and why. A *Refusal says that there is no such Task (NotFound), that it is not theirs to have (Forbidden), or why
// nothing may go (Unprocessable). An agency is not told why. That it read the
// package is kept.
//
// Source: local, release only under consent; withheld content leaves no trace for the recipient
func (e *Engine) Package(ctx context.Context, p Principal, id string) ([]byte, error) {
	listed, known := mayHavePackage[p.Role]
	if !known {
		return nil, refuse(Forbidden, fhir.CodeForbidden, "", "A package is for the agency that it goes to, a navigator or a supervisor.")
	}
	if _, err := e.Read(ctx, p, "Task", id); err != nil {
		return nil, err
	}
	var made *mapping.Package
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		t := &txn{e: e, ctx: ctx, tx: looking{r}, p: p, now: e.now(), fresh: map[store.Key]*mapping.History{}}
		made, err = t.pack(id, listed)
		return err
	})
	var shut *mapping.ShutError
	switch {
	case errors.As(err, &shut) && !listed:
		return nil, notYours()
	case errors.As(err, &shut):
		return nil, refuse(Unprocessable, fhir.CodeBusinessRule, "Task", shut.Error())
	case err != nil:
		return nil, err
	case listed:
		return made.Listed(), nil
	}
	if err := e.keepReading(ctx, p, id); err != nil {
		return nil, err
	}
	return made.Bundle, nil
}

func notYours() *Refusal {
	return refuse(Forbidden, fhir.CodeForbidden, "", "There is nothing that may be shared with you for this Task now.")
}

// pack gathers what a package is made from, and makes it. An agency gets it only while the leg is theirs and released.
func (t *txn) pack(id string, listed bool) (*mapping.Package, error) {
	guide, unread := t.asking()
	parcel := &mapping.Parcel{}
	var err error
	if parcel.Task, err = t.understood(store.Key{Type: "Task", ID: id}); err != nil {
		return nil, err
	}
	row, err := t.tx.Handoff(t.ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && parcel.Task == nil {
		return nil, &mapping.ShutError{Why: "It is not a referral that is followed here."}
	}
	if err != nil {
		return nil, err
	}
	var root string
	if parcel.Referral, root, err = t.whole(row.Referral); err != nil {
		return nil, err
	}
	if !listed {
		if err := t.mayReceive(id, parcel.Referral); err != nil {
			return nil, err
		}
	}
	parcel.Whom = guide.Whom(parcel.Referral, id)
	if err := t.fill(parcel, &guide, root, id); err != nil {
		return nil, err
	}
	made, err := guide.Package(parcel, t.now)
	if unread() != nil {
		return nil, unread()
	}
	if err != nil {
		return nil, fmt.Errorf("package of Task/%s: %w", id, err)
	}
	return made, nil
}

// mayReceive refuses an agency a package that is not theirs, not released yet, or of a leg that has ended.
func (t *txn) mayReceive(id string, r *mapping.Referral) error {
	h, err := t.history(store.Key{Type: "Task", ID: id}, 0)
	if err != nil {
		return err
	}
	if h.Owner() == "" || !t.speaksFor(h, "") {
		return notYours()
	}
	legs := t.e.set.Guide.Ledgers(r).Legs
	for i := range legs {
		if legs[i].Task != id || legs[i].Former {
			continue
		}
		if h := workflow.Fold(&legs[i].Ledger, t.now, &t.e.set.Rules); h.Released && h.State != workflow.Closed {
			return nil
		}
	}
	return notYours()
}

// fill reads the resources of a parcel.
func (t *txn) fill(p *mapping.Parcel, guide *mapping.Settings, root, task string) (err error) {
	p.Request, err = t.understood(store.Key{Type: "ServiceRequest", ID: root})
	if own := p.Referral.RequestOf(task); err == nil && own != "" {
		p.Root = p.Request
		p.Request, err = t.understood(keyOf(own))
	}
	if err == nil && p.Request == nil {
		err = &mapping.ShutError{Why: "The request was deleted."}
	}
	if err != nil {
		return err
	}
	if person := p.Whom; strings.HasPrefix(person, "Patient/") {
		if _, p.Patient, err = t.newest(keyOf(person)); err != nil {
			return err
		}
	}
	for _, ref := range guide.Enclosures(p.Request, p.Root, p.Task) {
		e, err := t.enclosure(ref)
		if err != nil {
			return err
		}
		p.Enclosed = append(p.Enclosed, e)
	}
	if err := t.fillOthers(p, task); err != nil {
		return err
	}
	if err := t.fillVersions(p, task); err != nil {
		return err
	}
	return t.fillNamed(p)
}

// fillNamed reads what is named in what may go, and is not enclosed: it is looked at before its name goes.
func (t *txn) fillNamed(p *mapping.Parcel) error {
	all := slices.Concat([]*fhir.Resource{p.Request, p.Task}, p.Appointments, p.Consents)
	known := map[string]bool{"Task/" + p.Task.ID(): true, "ServiceRequest/" + p.Request.ID(): true, p.Referral.Request.Key: true}
	for i := range p.Enclosed {
		known[p.Enclosed[i].Ref] = true
		all = append(all, p.Enclosed[i].Resource)
	}
	for _, ref := range t.e.set.Guide.Mentions(all...) {
		if known[ref] {
			continue
		}
		e, err := t.enclosure(ref)
		if err != nil {
			return err
		}
		p.Named = append(p.Named, e)
	}
	return nil
}

// enclosure reads what a request names, if it is here.
func (t *txn) enclosure(ref string) (mapping.Enclosure, error) {
	e := mapping.Enclosure{Ref: ref}
	k := keyOf(ref)
	if k.ID == "" || strings.ContainsAny(ref, ":|") {
		return e, nil
	}
	v, r, err := t.newest(k)
	if err != nil {
		return e, err
	}
	e.Resource, e.Role, e.Party = r, workflow.Role(v.Author.Role), v.Author.Party
	return e, nil
}

// fillVersions reads what was said in a Task that was given from one agency to another.
func (t *txn) fillVersions(p *mapping.Parcel, task string) error {
	key := store.Key{Type: "Task", ID: task}
	h, err := t.kept(key, 0)
	if err != nil || !h.WasGiven() {
		return err
	}
	all, err := t.tx.Versions(t.ctx, key, 0, len(h.Versions))
	if err != nil {
		return fmt.Errorf("read versions of %s: %w", key, err)
	}
	p.Versions = map[int]*fhir.Resource{}
	for i := range all {
		if all[i].Deleted {
			continue
		}
		if p.Versions[all[i].Number], err = t.resourceOf(&all[i]); err != nil {
			return err
		}
	}
	return nil
}

// fillOthers reads the appointments of the leg and the Consents of the referral.
func (t *txn) fillOthers(p *mapping.Parcel, task string) error {
	bookings := map[string]bool{}
	for _, l := range t.e.set.Guide.Ledgers(p.Referral).Legs {
		for i := range l.Ledger.Bookings {
			if b := &l.Ledger.Bookings[i]; l.Task == task && !l.Former && b.Status == workflow.Booked {
				bookings[b.Name] = true
			}
		}
	}
	for i := range p.Referral.Others {
		k := keyOf(p.Referral.Others[i].Key)
		if k.Type != "Consent" && !bookings[k.String()] {
			continue
		}
		_, r, err := t.newest(k)
		switch {
		case err != nil:
			return err
		case r == nil:
		case k.Type == "Consent":
			p.Consents = append(p.Consents, r)
		default:
			p.Appointments = append(p.Appointments, r)
		}
	}
	return nil
}
