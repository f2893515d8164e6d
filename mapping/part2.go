package mapping

import (
	"slices"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// Who is a 42 CFR Part 2 program: an organization that is configured as one, and whoever works for it, is a part of it or a service of it. What comes from
// one, and that somebody was referred by it or to it, counts as labelled.
//
// Source: 42 CFR 2.11; local, unlabelled content from an organization configured as Part 2 is treated as labelled

// hasPart2 reports whether anybody is configured so; where nobody is, nobody is looked up.
func (s Settings) hasPart2() bool {
	for _, p := range s.Partners {
		if p.Part2 {
			return true
		}
	}
	return false
}

// isPart2 reports a party that is such a program, or belongs to one.
func (q *reading) isPart2(who string) bool {
	if who == "" || !q.s.hasPart2() {
		return false
	}
	is := func(ref string) bool { return q.s.Partners[ref].Part2 }
	return is(who) || q.r.Orgs != nil && slices.ContainsFunc(q.r.Orgs(who), func(org string) bool {
		return is(org) || slices.ContainsFunc(q.r.Orgs(org), is)
	})
}

// concernsPart2 reports a leg about which nothing may be told but as Part 2 content: its request is labelled so, or such a program asks, wrote the request
// or is asked.
func (q *reading) concernsPart2(agency string) bool {
	return q.part2 || q.isPart2(agency) || q.isPart2(q.requester) || q.s.hasPart2() && slices.ContainsFunc(q.r.Request.Versions, func(v Version) bool {
		return v.Role == workflow.Referrer && q.isPart2(v.Party)
	})
}

// makers are the elements that say from whom a resource comes, in whatever types have them.
var makers = []string{"author", "custodian", "performer", "asserter", "recorder", "serviceProvider", "informationSource", "source", "sender", "requester", "provider", "operator", "managingOrganization", "authenticator"}

// madeByPart2 reports something that such a program made, by what it says itself, whoever sent it. Of a request or Task it is known by its leg.
func (k *packing) madeByPart2(r *fhir.Resource) bool {
	if r == nil || slices.Contains(ordering, r.Type()) || !k.s.hasPart2() {
		return false
	}
	return slices.ContainsFunc(makers, func(name string) bool {
		for v := range r.Get(name).All() {
			for _, who := range []fhir.Value{v, v.Get("actor"), v.Get("onBehalfOf")} {
				if who.Type() == "Reference" && k.r.isPart2(k.s.ref(who)) {
					return true
				}
			}
		}
		return false
	})
}
