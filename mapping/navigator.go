package mapping

import (
	"strings"

	samply "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"warmhandoff/fhir"
)

// Navigator is whom the person rings.
type Navigator struct {
	Ref    string   // "PractitionerRole/n1"
	Name   string   // "" not known here
	Phones []string // numbers that are in use, of work; none known
}

// NavigatorOf gives whom the person rings: who, as the care team names them, with the number that stands nearest to them: of the role, else of the
// worker, else of the care team, else of the organization. read gives a resource by its reference, nil where there is none here; its error is given
// back. It gives nil where nobody is named.
//
// Source: local, seed A8: one named person to call; FHIR R4, ContactPoint.system phone, ContactPoint.use
func (s Settings) NavigatorOf(who, team string, read func(ref string) (*fhir.Resource, error)) (*Navigator, error) {
	if who == "" {
		return nil, nil
	}
	n := &Navigator{Ref: who}
	ask := []string{who, team}
	for i := 0; i < len(ask) && i < 5; i++ {
		r, err := read(ask[i])
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		if r.Type() == "PractitionerRole" {
			ask = []string{who, s.ref(r.Get("practitioner")), team, s.ref(r.Get("organization"))}
			n.named(r.Get("practitioner", "display").Text())
		}
		if ask[i] != team {
			n.named(nameOf(r))
		}
		if len(n.Phones) == 0 {
			n.Phones = append(phonesOf(r.Get("telecom")), phonesIn(r.Get("contact"))...)
		}
	}
	return n, nil
}

// named takes a name where there is none yet.
func (n *Navigator) named(name string) {
	if n.Name == "" {
		n.Name = name
	}
}

// nameOf gives what a worker or an organization is called; "" for others. What an organization is called does not name its worker.
func nameOf(r *fhir.Resource) string {
	switch r.Type() {
	case "Organization":
		return r.Get("name").Text()
	case "Practitioner":
		for name := range r.Get("name").All() {
			if text := name.Get("text").Text(); text != "" {
				return text
			}
			var parts []string
			for given := range name.Get("given").All() {
				parts = append(parts, given.Text())
			}
			return strings.TrimSpace(strings.Join(append(parts, name.Get("family").Text()), " "))
		}
	}
	return ""
}

func phonesIn(contacts fhir.Value) []string {
	var list []string
	for c := range contacts.All() {
		list = append(list, phonesOf(c.Get("telecom"))...)
	}
	return list
}

// phonesOf gives telephone numbers that are in use. A worker's number at home is nobody's to be given.
func phonesOf(telecom fhir.Value) []string {
	var list []string
	for t := range telecom.All() {
		use := t.Get("use").Text()
		if v := t.Get("value").Text(); v != "" && t.Get("system").Text() == "phone" && use != "old" && use != "home" {
			list = append(list, v)
		}
	}
	return list
}

// parameter says whom to ring, and that nobody is named where that is so.
func (n *Navigator) parameter() samply.ParametersParameter {
	if n == nil {
		return group("navigator", text("because", "nobody is named"))
	}
	parts := []samply.ParametersParameter{ref("reference", n.Ref)}
	if n.Name != "" {
		parts = append(parts, text("name", n.Name))
	}
	for i := range n.Phones {
		phone := samply.ContactPointSystemPhone
		parts = append(parts, samply.ParametersParameter{Name: "telecom", ValueContactPoint: &samply.ContactPoint{System: &phone, Value: &n.Phones[i]}})
	}
	if len(n.Phones) == 0 {
		parts = append(parts, text("because", "no telephone number of theirs is known"))
	}
	return group("navigator", parts...)
}
