package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping/distinct"
)

// merging are the types of Patient.link that say: this is the same person. The others only point at something related.
//
// Source: FHIR R4, patient.html, Patient.link.type; http://hl7.org/fhir/link-type
var merging = []string{"replaced-by", "replaces"}

// samePeople gives the other ids under which a Patient says that the person stands.
func (s Settings) samePeople(r *fhir.Resource) []string {
	var list distinct.List[string]
	for l := range r.Get("link").All() {
		ref := s.ref(l.Get("other"))
		if slices.Contains(merging, l.Get("type").Text()) && strings.HasPrefix(ref, "Patient/") {
			list.Put(ref)
		}
	}
	return list.Items()
}

// Same gives the other ids under which a person stands, by the person's own resource, and those under which the person stood once.
func (h *History) Same() (now, once []string) {
	var are, were distinct.List[string]
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Fact == nil {
			continue
		}
		for _, ref := range v.Fact.Same {
			if i == len(h.Versions)-1 {
				are.Put(ref)
			} else {
				were.Put(ref)
			}
		}
	}
	return are.Items(), slices.DeleteFunc(were.Items(), are.Has)
}

// person is everybody that one person is: the ids that mean them now, and those that meant them until a merge was undone.
type person struct {
	ids  []string
	once []string

	are, were distinct.List[string] // ids and once, where there are many
}

func (p *person) is(ref string) bool {
	if len(p.ids) > distinct.Few {
		return p.are.Has(ref)
	}
	return slices.Contains(p.ids, ref)
}

func (p *person) was(ref string) bool {
	if len(p.once) > distinct.Few {
		return p.were.Has(ref)
	}
	return slices.Contains(p.once, ref)
}

// joining is with whom the records of people join one id: now, and once.
type joining struct{ now, once []string }

// joinings reads the links of people's records, in both directions; nil where there are none.
func joinings(patients []*History) map[string]*joining {
	var all map[string]*joining
	of := func(id string) *joining {
		if all == nil {
			all = map[string]*joining{}
		}
		j := all[id]
		if j == nil {
			j = &joining{}
			all[id] = j
		}
		return j
	}
	for _, h := range patients {
		now, once := h.Same()
		for _, other := range now {
			of(h.Key).now = append(of(h.Key).now, other)
			if other != h.Key {
				of(other).now = append(of(other).now, h.Key)
			}
		}
		for _, other := range once {
			of(h.Key).once = append(of(h.Key).once, other)
			if other != h.Key {
				of(other).once = append(of(other).once, h.Key)
			}
		}
	}
	return all
}

// personOf follows Patient.link from one id, in both directions and over any number of steps. Nothing else makes two people one.
//
// Source: local, contradiction K8; people are never merged on a guess
func (q *reading) personOf(subject string) person {
	if q.joins == nil {
		return person{ids: []string{subject}}
	}
	are, were := distinct.Of(subject), distinct.List[string]{}
	for i := 0; i < are.Len(); i++ {
		j := q.joins[are.Items()[i]]
		if j == nil {
			continue
		}
		for _, other := range j.now {
			are.Put(other)
		}
		for _, other := range j.once {
			were.Put(other)
		}
	}
	p := person{ids: are.Items(), are: are}
	for _, id := range were.Items() {
		if !are.Has(id) {
			p.were.Put(id)
		}
	}
	p.once = p.were.Items()
	return p
}

// undone reports that a resource is about somebody who was the person referred until a merge was undone: what it says is taken back.
func (c *leg) undone(h *History) bool {
	if len(c.r.person.once) == 0 {
		return false
	}
	people := h.people()
	return slices.ContainsFunc(people, c.r.person.was) && !slices.ContainsFunc(people, c.r.person.is)
}

// people gives whom a resource is about: its subject, or the patients who take part.
func (h *History) people() []string {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if f := h.Versions[i].Fact; f != nil {
			return f.people()
		}
	}
	return nil
}

// takeBack turns what one resource added to a ledger into something that was said and no longer holds.
func (c *leg) takeBack(signs, bookings, holds, contacts, marks int) {
	l := c.ledger
	for i := signs; i < len(l.Signs); i++ {
		l.Signs[i].Taken = true
	}
	l.Bookings, l.Holds, l.Contacts, l.Marks = l.Bookings[:bookings], l.Holds[:holds], l.Contacts[:contacts], l.Marks[:marks]
}
