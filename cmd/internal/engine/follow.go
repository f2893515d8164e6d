package engine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// follow brings every referral that the transaction touched up to date: it gathers what belongs to it, folds, saves the rows of the read model
// and writes back what only we know.
func (t *txn) follow() error {
	t.recall()
	ids, err := t.affected()
	if err != nil {
		return err
	}
	return t.refold(ids)
}

// refold brings the referrals with these ServiceRequest ids up to date. What it learned is kept once the transaction is on disk.
func (t *txn) refold(ids []string) error {
	t.recall()
	t.done = map[string]bool{}
	var stirred []string
	for i := 0; i < len(ids)+len(stirred); i++ {
		id := ""
		if i < len(ids) {
			id = ids[i]
		} else {
			id = stirred[i-len(ids)]
		}
		f, err := t.refoldOne(id)
		if err != nil {
			return foldFailed(id, err)
		}
		if f == nil {
			continue
		}
		for _, other := range t.stirred(f) {
			if !slices.Contains(ids, other) && !slices.Contains(stirred, other) {
				stirred = append(stirred, other)
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
}

// fold gathers a referral and answers each of its legs. It writes nothing.
func (t *txn) fold(id string) (*folded, error) {
	r, id, err := t.whole(id)
	if err != nil {
		return nil, err
	}
	f := &folded{id: id, read: t.e.set.Guide.Ledgers(r)}
	f.answers = make([]workflow.Handoff, len(f.read.Legs))
	f.alike = r.Alike
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
	for i := range f.read.Legs {
		leg, h := &f.read.Legs[i], &f.answers[i]
		if err := t.mayEnd(leg, h, f.all()); err != nil {
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
	}
	return nil
}

// saveRow keeps the answer of one leg in the read model.
func (t *txn) saveRow(f *folded, leg int) error {
	row, err := rowOf(f.id, f.subject(leg), &f.read.Legs[leg], &f.answers[leg], !f.counts(leg))
	if err != nil {
		return err
	}
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
	if leg.Shape != mapping.Single || t.find(key) == nil && (leg.Subject == "" || t.find(joint) == nil) {
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

// dropGone removes the rows of Tasks that were a leg of this referral until they were written just now.
func (t *txn) dropGone(id string, legs []mapping.Leg) error {
	for i := range t.touched {
		k, old := t.touched[i].Key, t.touched[i].Old
		if k.Type != "Task" || old == nil || slices.ContainsFunc(legs, func(l mapping.Leg) bool { return l.Task == k.ID }) {
			continue
		}
		if !slices.Contains(t.e.set.Guide.FactOf(old).Requests(), "ServiceRequest/"+id) {
			continue
		}
		row, err := t.tx.Handoff(t.ctx, k.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && row.Referral != id {
			continue
		}
		if err == nil {
			err = t.tx.DropHandoff(t.ctx, k.ID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// affected gives the ids of the ServiceRequests whose legs the written resources may change.
func (t *txn) affected() ([]string, error) {
	var ids []string
	add := func(ref string) {
		if id, ok := strings.CutPrefix(ref, "ServiceRequest/"); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for i := range t.touched {
		at := &t.touched[i]
		add(at.Key.String())
		for _, r := range []*fhir.Resource{at.Old, at.New} {
			if r == nil {
				continue
			}
			for _, l := range t.e.set.Guide.Links(r) {
				if err := t.climb(l, add); err != nil {
					return nil, err
				}
			}
		}
		if err := t.pointedAt(at.Key, add); err != nil {
			return nil, err
		}
		if err := errors.Join(t.fellows(at, add), t.workers(at, add), t.once(at, add)); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// climb follows one link of a written resource to the referrals that it is about.
func (t *txn) climb(l mapping.Link, add func(string)) error {
	switch typ, _, _ := strings.Cut(l.To, "/"); typ {
	case "ServiceRequest":
		add(l.To)
	case "Appointment", "DocumentReference":
		return t.climbOnce(keyOf(l.To), add)
	case "Task", "Encounter", "Procedure", "Observation":
		links, err := t.tx.Links(t.ctx, keyOf(l.To))
		if err != nil {
			return err
		}
		for _, up := range links {
			add(up.To)
		}
	case "Patient":
		if person, ok := shelfOf(l.To, mapping.ShelfConsents, mapping.ShelfStays, mapping.ShelfLinked, mapping.ShelfTeams); ok {
			return t.addRequestsOf(person, add)
		}
	}
	return nil
}

// once adds the referrals to which a resource belonged before its last version: it is read there as something that was taken back, by what it says now.
func (t *txn) once(at *touch, add func(string)) error {
	if at.Version.Number <= 2 || !gathered[at.Key.Type] || at.Key.Type == "Task" || at.Key.Type == "Patient" {
		return nil
	}
	return t.climbAll(at.Key, add)
}

// climbAll follows the links of every version of a resource.
func (t *txn) climbAll(k store.Key, add func(string)) error {
	return t.eachVersion(k, func(r *fhir.Resource) error {
		for _, l := range t.e.set.Guide.Links(r) {
			if err := t.climb(l, add); err != nil {
				return err
			}
		}
		return nil
	})
}

// climbOnce adds what any version of a resource was about: what names it belongs there still, also once it was deleted.
func (t *txn) climbOnce(k store.Key, add func(string)) error {
	return t.eachVersion(k, func(r *fhir.Resource) error {
		for _, l := range t.e.set.Guide.Links(r) {
			add(l.To)
		}
		return nil
	})
}

// eachVersion calls f for every version of a resource that is no deletion, the newest first.
func (t *txn) eachVersion(k store.Key, f func(*fhir.Resource) error) error {
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
		if err := f(r); err != nil {
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
	people := []string{person}
	for i := 0; i < len(people) && i < mostIDs; i++ {
		p := people[i]
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
				h, err := t.history(l.From, l.Number)
				if err != nil {
					return err
				}
				people = joined(people, h)
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

// joined adds to people whom a Patient says to be the same person, now or once, and that Patient.
func joined(people []string, patient *mapping.History) []string {
	now, once := patient.Same()
	for _, ref := range slices.Concat([]string{patient.Key}, now, once) {
		if !slices.Contains(people, ref) {
			people = append(people, ref)
		}
	}
	return people
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
	if !mapping.Works(at.Key.Type) {
		return nil
	}
	who := []string{at.Key.String()}
	var facts [2]*mapping.Fact
	for i, r := range []*fhir.Resource{at.Old, at.New} {
		if r == nil {
			continue
		}
		facts[i] = t.e.set.Guide.FactOf(r)
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
			if err := t.climbAll(linked[i].From, add); err != nil {
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

// keyOf reads "Type/id".
func keyOf(ref string) store.Key {
	typ, id, _ := strings.Cut(ref, "/")
	return store.Key{Type: typ, ID: id}
}

// gather reads all that belongs to a referral.
func (t *txn) gather(id string) (*mapping.Referral, error) {
	key := store.Key{Type: "ServiceRequest", ID: id}
	g := &gathering{t: t, seen: map[store.Key]bool{key: true}, out: &mapping.Referral{}}
	request, err := t.history(key, 0)
	if err != nil {
		return nil, err
	}
	g.out.Request = *request
	at := []string{key.String()}
	if person := request.Subject(); strings.HasPrefix(person, "Patient/") {
		at = append(at, shelvesOf(person)...)
		g.people = append(g.people, person)
	}
	if err := g.linked(at...); err != nil {
		return nil, err
	}
	if err := g.alike(); err != nil {
		return nil, err
	}
	if err := g.parts(); err != nil {
		return nil, err
	}
	if err := g.households(); err != nil {
		return nil, err
	}
	if err := g.merged(); err != nil {
		return nil, err
	}
	if err := g.named(request.Names()); err != nil {
		return nil, err
	}
	if err := g.aborted(); err != nil {
		return nil, err
	}
	g.out.Orgs = t.orgs
	return g.out, nil
}

// shelvesOf gives where that which concerns a person stands.
func shelvesOf(person string) []string {
	return []string{person + mapping.ShelfSelf, person + mapping.ShelfConsents, person + mapping.ShelfStays, person + mapping.ShelfLinked, person + mapping.ShelfTeams}
}

// gathering is the work of gather.
type gathering struct {
	t      *txn
	seen   map[store.Key]bool
	people []string // whose shelves were read
	of     string   // the agency's own request that is being read, "" for the referrer's
	out    *mapping.Referral
}

// merged reads what stands about the same people under other ids. Where nobody was merged it reads nothing.
func (g *gathering) merged() error {
	for range mostIDs {
		var more, at []string
		for i := range g.out.Others {
			if h := &g.out.Others[i]; keyOf(h.Key).Type == "Patient" {
				now, _ := h.Same()
				if len(now) > 0 {
					more = append(append(more, h.Key), now...)
				}
			}
		}
		for _, person := range more {
			if !slices.Contains(g.people, person) && len(g.people) < mostIDs {
				g.people = append(g.people, person)
				at = append(at, shelvesOf(person)...)
			}
		}
		if len(at) == 0 {
			return nil
		}
		if err := g.linked(at...); err != nil {
			return err
		}
	}
	return nil
}

// linked adds what points at resources or shelves, and what points at an appointment or a document among that in turn.
func (g *gathering) linked(to ...string) error {
	all, err := g.t.tx.LinkedTo(g.t.ctx, to...)
	if err != nil {
		return err
	}
	return g.take(all)
}

// take adds what was found. What names an agency's own request belongs there, whatever else it names, so those come first.
func (g *gathering) take(all []store.Linked) error {
	for i := range all {
		if l := &all[i]; l.From.Type == "ServiceRequest" && l.Via == "basedOn" && !l.Former {
			if err := g.child(l.From, l.Number, false); err != nil {
				return err
			}
		}
	}
	var further []string
	for i := range all {
		l := &all[i]
		if g.seen[l.From] || !gathered[l.From.Type] {
			continue
		}
		former := true
		for j := range all {
			former = former && (all[j].From != l.From || all[j].Former)
		}
		if err := g.add(l.From, l.Number, former); err != nil {
			return err
		}
		if l.From.Type == "Appointment" || l.From.Type == "DocumentReference" {
			further = append(further, l.From.String())
		}
	}
	if len(further) == 0 {
		return nil
	}
	return g.linked(further...)
}

// gathered are the types that say something about a referral by pointing at it or at its person.
var gathered = map[string]bool{
	"Patient": true, "Task": true, "Appointment": true, "Encounter": true, "Procedure": true, "Observation": true, "Communication": true, "Consent": true,
	"QuestionnaireResponse": true, "DocumentReference": true, "AuditEvent": true, "CareTeam": true,
}

func (g *gathering) add(k store.Key, number int, former bool) error {
	g.seen[k] = true
	h, err := g.t.history(k, number)
	if err != nil || len(h.Versions) == 0 {
		return err
	}
	one := *h
	one.Former, one.Of = former, g.of
	if k.Type != "Task" {
		g.out.Others = append(g.out.Others, one)
		return nil
	}
	if former && !h.IsEffect() { // a todo that was deleted was told nevertheless
		return nil
	}
	g.out.Tasks = append(g.out.Tasks, one)
	return g.named(h.Names())
}

// named adds resources that something of the referral names.
func (g *gathering) named(refs []string) error {
	for _, ref := range refs {
		k := keyOf(ref)
		if g.seen[k] || !gathered[k.Type] || k.Type == "Task" {
			continue
		}
		if err := g.add(k, 0, false); err != nil {
			return err
		}
	}
	return nil
}

// orgs gives the organizations of a worker, or that an organization is part of. What cannot be read is as if it were not there.
func (t *txn) orgs(ref string) []string {
	k := keyOf(ref)
	switch k.Type {
	case "PractitionerRole", "HealthcareService", "Location":
		return t.orgOf(k)
	case "Organization":
		return t.parents(k)
	case "Practitioner":
		linked, err := t.tx.LinkedTo(t.ctx, ref+mapping.ShelfRoles)
		if err != nil {
			return nil
		}
		var list []string
		for i := range linked {
			if !linked[i].Former {
				list = append(list, t.orgOf(linked[i].From)...)
			}
		}
		return list
	}
	return nil
}

func (t *txn) orgOf(role store.Key) []string {
	h, err := t.history(role, 0)
	if err != nil {
		return nil
	}
	return h.Organizations()
}

func (t *txn) parents(k store.Key) []string {
	var list []string
	for range 5 {
		h, err := t.history(k, 0)
		if err != nil || len(h.Organizations()) == 0 {
			break
		}
		up := h.Organizations()[0]
		if slices.Contains(list, up) {
			break
		}
		list = append(list, up)
		k = keyOf(up)
	}
	return list
}
