package engine

import (
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
)

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
		g.people.Put(person)
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
	if err := g.unlinked(); err != nil {
		return nil, err
	}
	if err := g.meant(); err != nil {
		return nil, err
	}
	g.out.Known = t.isHere
	g.out.Orgs, g.out.RelativeOf, g.out.At = t.orgs, t.relativeOf, t.now
	return g.out, nil
}

// shelvesOf gives where that which concerns a person stands.
func shelvesOf(person string) []string {
	return []string{person + mapping.ShelfSelf, person + mapping.ShelfConsents, person + mapping.ShelfStays, person + mapping.ShelfLinked, person + mapping.ShelfTeams, person + mapping.ShelfVisits}
}

// gathering is the work of gather.
type gathering struct {
	t      *txn
	seen   map[store.Key]bool
	people distinct.List[string] // whose shelves were read
	unsure distinct.List[string] // Unclear of what is gathered
	of     string                // the agency's own request that is being read, "" for the referrer's
	visits []store.Linked        // Encounters of the person that name neither request nor appointment, or once did not
	out    *mapping.Referral
}

// merged reads what stands about the same people under other ids. Where nobody was merged it reads nothing.
func (g *gathering) merged() error {
	most := max(mostIDs, g.people.Len()+mostIDs/2) // of a household each member may have been merged
	for seen := 0; ; {
		var more, at []string
		for ; seen < len(g.out.Others); seen++ {
			if h := &g.out.Others[seen]; strings.HasPrefix(h.Key, "Patient/") {
				now, _ := h.Same()
				if len(now) > 0 {
					more = append(append(more, h.Key), now...)
				}
			}
		}
		for _, person := range more {
			if g.people.Len() < most && g.people.Put(person) {
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
}

// linked adds what points at resources or shelves, and what points at an appointment or a document among that in turn.
func (g *gathering) linked(to ...string) error {
	all, err := g.t.tx.LinkedTo(g.t.ctx, to...)
	if err != nil {
		return err
	}
	return g.take(all, to)
}

// take adds what was found to point at something. What names an agency's own request belongs there, whatever else it names, so those come first.
func (g *gathering) take(all []store.Linked, to []string) error {
	for i := range all {
		if l := &all[i]; l.From.Type == "ServiceRequest" && l.Via == "basedOn" && !l.Former {
			if err := g.child(l.From, l.Number, false); err != nil {
				return err
			}
		}
	}
	var further []string
	for i := 0; i < len(all); {
		l, from := &all[i], i
		for i < len(all) && all[i].From == l.From { // they come in the order of what they come from
			i++
		}
		same := all[from:i]
		for _, o := range same {
			if o.Via == mapping.ViaVisit {
				g.visits = append(g.visits, o)
			}
		}
		if g.seen[l.From] || !gathered[l.From.Type] || !slices.ContainsFunc(same, func(o store.Linked) bool { return o.Via != mapping.ViaVisit }) {
			continue
		}
		former, unclear := true, false
		for j := range same {
			if o := &same[j]; !o.Former && o.Via != mapping.ViaVisit {
				former, unclear = former && o.Via == mapping.ViaUnclear, unclear || o.Via == mapping.ViaUnclear
			}
		}
		if former && unclear && g.unsure.Put(l.From.String()) {
			g.out.Unclear = g.unsure.Items()
		}
		if former {
			was, err := g.was(l.From, l.Number, to)
			if err != nil {
				return err
			}
			if !was {
				continue
			}
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

// was reports whether something that points at none of this any more did so by its own words once: not only while an identifier meant something else.
func (g *gathering) was(from store.Key, number int, to []string) (bool, error) {
	h, err := g.t.kept(from, number)
	if err != nil || len(h.Logical()) == 0 {
		return err == nil, err
	}
	return g.t.once(from, to)
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
	if former && !h.IsEffect() && !h.NotUnderstood() && !(h.IsHere() && h.Fact().InError()) {
		// a todo that was deleted was told nevertheless; a version that is not understood takes nothing away, and a mistake ends a leg until it is deleted
		return nil
	}
	g.out.Tasks = append(g.out.Tasks, one)
	return g.named(h.Names())
}

// meant adds what navigators and supervisors said of whom a Consent means. Where no Consent has a deny that names an agency it reads nothing.
func (g *gathering) meant() error {
	var of []string
	for i := range g.out.Others {
		if h := &g.out.Others[i]; strings.HasPrefix(h.Key, "Consent/") && h.MayMean() {
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
		if l.From.Type != "Provenance" || l.Former || g.seen[l.From] {
			continue
		}
		if err := g.add(l.From, l.Number, false); err != nil {
			return err
		}
	}
	return nil
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

// orgs gives the organizations of a worker, or that an organization is part of. Where that could not be read it gives nothing, and the transaction fails
// at its end (see watched): a rule that asks for it needs no way to say so.
func (t *txn) orgs(ref string) []string {
	k := keyOf(ref)
	switch k.Type {
	case "PractitionerRole", "HealthcareService", "Location":
		return t.orgOf(k)
	case "Organization":
		return t.parents(k)
	case "Practitioner":
		if list, known := t.worksAt[k]; known {
			return list
		}
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
		if t.worksAt == nil {
			t.worksAt = map[store.Key][]string{}
		}
		t.worksAt[k] = list
		return list
	}
	return nil
}

// relativeOf gives whose relative a RelatedPerson is.
func (t *txn) relativeOf(ref string) string {
	h, err := t.history(keyOf(ref), 0)
	if err != nil {
		return ""
	}
	return h.RelativeOf()
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

// isHere reports whether a party is stored here.
func (t *txn) isHere(ref string) bool {
	h, err := t.history(keyOf(ref), 0)
	return err == nil && h.IsHere()
}
