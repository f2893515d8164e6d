package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// merging are the types of Patient.link that say: this is the same person. The others only point at something related.
//
// Source: FHIR R4, patient.html, Patient.link.type; http://hl7.org/fhir/link-type
var merging = []string{"replaced-by", "replaces"}

// samePeople gives the other ids under which a Patient says that the person stands.
func (s Settings) samePeople(r *fhir.Resource) []string {
	var list []string
	for l := range r.Get("link").All() {
		ref := s.ref(l.Get("other"))
		if slices.Contains(merging, l.Get("type").Text()) && strings.HasPrefix(ref, "Patient/") && !slices.Contains(list, ref) {
			list = append(list, ref)
		}
	}
	return list
}

// Same gives the other ids under which a person stands, by the person's own resource, and those under which the person stood once.
func (h *History) Same() (now, once []string) {
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Fact == nil {
			continue
		}
		for _, ref := range v.Fact.Same {
			switch {
			case i == len(h.Versions)-1 && !slices.Contains(now, ref):
				now = append(now, ref)
			case i < len(h.Versions)-1 && !slices.Contains(once, ref):
				once = append(once, ref)
			}
		}
	}
	return now, slices.DeleteFunc(once, func(ref string) bool { return slices.Contains(now, ref) })
}

// person is everybody that one person is: the ids that mean them now, and those that meant them until a merge was undone.
type person struct {
	ids  []string
	once []string
}

func (p *person) is(ref string) bool  { return slices.Contains(p.ids, ref) }
func (p *person) was(ref string) bool { return slices.Contains(p.once, ref) }

// personOf follows Patient.link from one id, in both directions and over any number of steps. Nothing else makes two people one.
//
// Source: local, contradiction K8; people are never merged on a guess
func (q *reading) personOf(subject string) person {
	p := person{ids: []string{subject}}
	for i := 0; i < len(p.ids); i++ {
		for _, h := range q.patients {
			now, once := h.Same()
			for _, other := range neighbours(h.Key, p.ids[i], now) {
				if !p.is(other) {
					p.ids = append(p.ids, other)
				}
			}
			for _, other := range neighbours(h.Key, p.ids[i], once) {
				if !p.was(other) {
					p.once = append(p.once, other)
				}
			}
		}
	}
	p.once = slices.DeleteFunc(p.once, p.is)
	return p
}

// neighbours gives whom a Patient's links join with an id.
func neighbours(patient, id string, links []string) []string {
	switch {
	case patient == id:
		return links
	case slices.Contains(links, id):
		return []string{patient}
	}
	return nil
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
