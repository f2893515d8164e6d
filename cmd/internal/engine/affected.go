package engine

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
)

// Which referrals are looked at again when something is written.

// affected gives the ids of the ServiceRequests whose legs the written resources may change.
func (t *txn) affected() ([]string, error) {
	t.walked, t.joined = distinct.List[string]{}, distinct.List[store.Key]{}
	var ids distinct.List[string]
	add := func(ref string) {
		if id, ok := strings.CutPrefix(ref, "ServiceRequest/"); ok && fhir.IsID(id) {
			ids.Put(id)
		}
	}
	for i := range t.touched {
		if err := t.concerned(&t.touched[i], add); err != nil {
			return nil, err
		}
	}
	for i := range t.tied {
		if err := errors.Join(t.concerned(&t.tied[i], add), t.parted(&t.tied[i], add)); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids.Items())
	return ids.Items(), nil
}

// concerned adds the referrals that a written resource is about, was about, or stands in.
func (t *txn) concerned(at *touch, add func(string)) error {
	add(at.Key.String())
	for _, r := range []*fhir.Resource{at.Old, at.New} {
		if r == nil {
			continue
		}
		links, err := t.links(r)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := t.climb(l, add); err != nil {
				return err
			}
		}
	}
	if err := t.pointedAt(at.Key, add); err != nil {
		return err
	}
	if at.Key.Type == "Organization" && (at.Old == nil) != (at.New == nil) { // a deny that names it by its place means somebody known now, or no more
		if err := t.addOwners(at.Key.String(), add); err != nil {
			return err
		}
	}
	return errors.Join(t.fellows(at, add), t.workers(at, add), t.formerly(at, add))
}

// parted adds the referrals that something was about as long as its identifiers meant something else.
func (t *txn) parted(at *touch, add func(string)) error {
	for _, l := range at.before {
		if err := errors.Join(t.climb(mapping.Link(l), add), t.onShelf(l.To, add)); err != nil {
			return err
		}
	}
	return nil
}

// climb follows one link of a written resource to the referrals that it is about.
func (t *txn) climb(l mapping.Link, add func(string)) error {
	switch typ, _, _ := strings.Cut(l.To, "/"); typ {
	case "ServiceRequest":
		add(l.To)
	case "Appointment", "DocumentReference": // what names it belongs where it ever belonged, also once it was deleted
		return t.everLinked(keyOf(l.To), func(up mapping.Link) error {
			add(up.To)
			return nil
		})
	case "Consent":
		if l.Via == "target" { // a Provenance says whom it means
			return t.addRequestsUnder(l.To, add)
		}
	case "Task", "Encounter", "Procedure", "Observation":
		links, err := t.tx.Links(t.ctx, keyOf(l.To))
		if err != nil {
			return err
		}
		for _, up := range links {
			add(up.To)
		}
	case "Patient":
		if person, ok := shelfOf(l.To, mapping.ShelfConsents, mapping.ShelfStays, mapping.ShelfLinked, mapping.ShelfTeams, mapping.ShelfVisits); ok {
			return t.addRequestsOf(person, add)
		}
		if person, ok := shelfOf(l.To, mapping.ShelfBookings); ok {
			return t.besides(person, add)
		}
	}
	return nil
}

// formerly adds the referrals to which a resource belonged before its last version: it is read there as something that was taken back, by what it says
// now.
func (t *txn) formerly(at *touch, add func(string)) error {
	unclear := at.Old != nil && (len(at.Old.Modifiers()) > 0 || at.Old.Get("status").Text() == wrong) // what it said before that held until now
	if at.Version.Number <= 2 || !gathered[at.Key.Type] || at.Key.Type == "Task" && !unclear || at.Key.Type == "Patient" {
		return nil
	}
	return t.everLinked(at.Key, func(l mapping.Link) error { return t.climb(l, add) })
}

// everLinked calls f for every link of every version of a resource.
func (t *txn) everLinked(k store.Key, f func(mapping.Link) error) error {
	versions, err := t.tx.Versions(t.ctx, k, 0, 0)
	if err != nil {
		return err
	}
	for i := range versions {
		if versions[i].Deleted {
			continue
		}
		r, err := fhir.ReadStored(versions[i].Body)
		if err != nil {
			return err
		}
		links, err := t.links(r)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := f(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// addRequestsUnder adds the referrals to which a Consent belongs.
func (t *txn) addRequestsUnder(consent string, add func(string)) error {
	if err := t.pointedAt(keyOf(consent), add); err != nil {
		return err
	}
	links, err := t.tx.Links(t.ctx, keyOf(consent))
	if err != nil {
		return err
	}
	for _, l := range links {
		if err := t.climb(mapping.Link(l), add); err != nil {
			return err
		}
	}
	return nil
}

func shelfOf(to string, shelves ...string) (string, bool) {
	for _, s := range shelves {
		if person, ok := strings.CutSuffix(to, s); ok {
			return person, true
		}
	}
	return "", false
}

// addRequestsOf adds the referrals of a person, under whatever id the person stands or once stood.
func (t *txn) addRequestsOf(person string, add func(string)) error {
	people := distinct.Of(person)
	for i := 0; i < people.Len() && i < mostIDs; i++ {
		p := people.Items()[i]
		if !t.walked.Put(p) {
			if i == 0 {
				return nil // what it leads to was looked for
			}
			continue
		}
		linked, err := t.tx.LinkedTo(t.ctx, p+mapping.ShelfRequests, p+mapping.ShelfSelf, p+mapping.ShelfLinked, p+mapping.ShelfGroups)
		if err != nil {
			return err
		}
		for j := range linked {
			switch l := &linked[j]; l.From.Type {
			case "ServiceRequest":
				add(l.From.String())
			case "Group":
				if err := t.addRequestsOfGroup(l.From, add); err != nil {
					return err
				}
			case "Patient":
				if !t.joined.Put(l.From) {
					continue // whom it is the same as was asked before
				}
				h, err := t.history(l.From, l.Number)
				if err != nil {
					return err
				}
				join(&people, h)
			}
		}
	}
	return nil
}

// addRequestsOfGroup adds the referrals of a household: those that are about it, and those with a Task for it.
func (t *txn) addRequestsOfGroup(group store.Key, add func(string)) error {
	linked, err := t.tx.LinkedTo(t.ctx, group.String()+mapping.ShelfRequests)
	if err != nil {
		return err
	}
	for i := range linked {
		add(linked[i].From.String())
		if linked[i].From.Type != "Task" {
			continue
		}
		links, err := t.tx.Links(t.ctx, linked[i].From)
		if err != nil {
			return err
		}
		for _, l := range links {
			add(l.To)
		}
	}
	return nil
}

// mostIDs bounds under how many ids one person is looked for: links may lead anywhere, also in a circle.
const mostIDs = 16

// join adds to people whom a Patient says to be the same person, now or once, and that Patient.
func join(people *distinct.List[string], patient *mapping.History) {
	now, once := patient.Same()
	people.Put(patient.Key)
	for _, ref := range slices.Concat(now, once) {
		people.Put(ref)
	}
}

// pointedAt finds the referrals to which a resource belongs because something else names it: a person, a Consent that a request names, a Procedure
// or visit that a Task's output names, whoever attested.
func (t *txn) pointedAt(k store.Key, add func(string)) error {
	switch k.Type {
	case "Patient":
		return t.addRequestsOf(k.String(), add)
	case "Group":
		return t.addRequestsOfGroup(k, add)
	case "Consent", "CareTeam":
		linked, err := t.tx.LinkedTo(t.ctx, k.String())
		for i := range linked {
			add(linked[i].From.String())
		}
		return err
	case "Procedure", "Encounter":
		return t.addOwners(k.String(), add)
	}
	return nil
}

// workers finds the referrals in which somebody, or a service or place, has a part whose organization is said, or said otherwise, by what was written.
func (t *txn) workers(at *touch, add func(string)) error {
	if !mapping.Works(at.Key.Type) && at.Key.Type != "RelatedPerson" {
		return nil
	}
	who := []string{at.Key.String()}
	var facts [2]*mapping.Fact
	for i, r := range []*fhir.Resource{at.Old, at.New} {
		if r == nil {
			continue
		}
		var err error
		if facts[i], err = t.factOf(r); err != nil {
			return err
		}
		if of := facts[i].RoleOf; of != "" && !slices.Contains(who, of) {
			who = append(who, of)
		}
	}
	if facts[0] != nil && facts[1] != nil && reflect.DeepEqual(facts[0], facts[1]) {
		return nil // another telephone number
	}
	for _, one := range who {
		if err := t.addOwners(one+mapping.ShelfActs, add); err != nil {
			return err
		}
	}
	return nil
}

// addOwners adds the referrals of whatever names a resource.
func (t *txn) addOwners(to string, add func(string)) error {
	linked, err := t.tx.LinkedTo(t.ctx, to)
	if err != nil {
		return err
	}
	for i := range linked {
		add(linked[i].From.String())
		if linked[i].Former {
			if err := t.everLinked(linked[i].From, func(l mapping.Link) error { return t.climb(l, add) }); err != nil {
				return err
			}
			continue
		}
		links, err := t.tx.Links(t.ctx, linked[i].From)
		if err != nil {
			return err
		}
		for _, l := range links {
			if err := t.climb(mapping.Link(l), add); err != nil {
				return err
			}
		}
	}
	return nil
}
