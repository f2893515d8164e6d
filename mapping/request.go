package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// inWordsOnly stands behind the key of a request that says in words only whom it is about: nothing else means that person.
//
// Source: rulings 31, 36
const inWordsOnly = "#?"

// requestFact is what a ServiceRequest says.
type requestFact struct {
	Status     string
	Intent     string
	Urgency    workflow.Urgency
	Requester  string
	Authored   time.Time
	Performers []string // organizations that are to do it
	Asked      []string // whoever is to do it
	Supporting []string // "Consent/c1"
	Encounter  string   // at which the person was referred
	Named      []string // the services, workers and places that are to do it, by name
	Codes      []Coding // code and category
	Within     []Coding // those that stand anywhere else in it

	warm     requestWarmth
	BasedOn  []string // other requests that it is made for
	Services []string // what is asked for: "system|code", or words
	Unsafe   bool     // the person must not be contacted directly
}

func (s Settings) readRequest(r *fhir.Resource, f *Fact) {
	if f.Subject = s.ref(r.Get("subject")); f.Subject == "" {
		f.Subject = keyOf(r) + inWordsOnly
	}
	q := &requestFact{
		Status:     r.Get("status").Text(),
		Intent:     r.Get("intent").Text(),
		Urgency:    workflow.Routine,
		Requester:  s.party(r.Get("requester")),
		Authored:   s.instant(r.Get("authoredOn")),
		Supporting: s.refs(r.Get("supportingInfo")),
		Codes:      append(codings(r.Get("code")), codings(r.Get("category"))...),
	}
	for name, v := range r.Root().Members() {
		if typ := v.Type(); (typ == "CodeableConcept" || typ == "Extension") && name != "code" && name != "category" {
			for one := range v.All() {
				q.Within = append(q.Within, codingsWithin(one)...)
			}
		}
	}
	q.BasedOn = s.refs(r.Get("basedOn"))
	q.Services = services(codings(r.Get("code")), r.Get("code", "text").Text())
	q.Unsafe = s.forbidsContact(codings(r.Get("orderDetail")))
	if u, ok := urgencies[r.Get("priority").Text()]; ok {
		q.Urgency = u
	}
	q.Asked = s.parties(r.Get("performer"))
	q.Performers = ofType("Organization/", slices.Clone(q.Asked))
	q.Encounter = s.ref(r.Get("encounter"))
	for _, ref := range append(s.refs(r.Get("locationReference")), q.Asked...) {
		if !strings.HasPrefix(ref, "Organization/") {
			q.Named = append(q.Named, ref)
		}
	}
	q.warm = s.readRequestWarmth(r)
	f.Request = q
}

func ofType(prefix string, refs []string) []string {
	return slices.DeleteFunc(refs, func(ref string) bool { return !strings.HasPrefix(ref, prefix) })
}

// asks reports whether a version of a request asks for something to be done: that is what makes it followed.
//
// Source: local, draft, on-hold, already completed or revoked requests are stored and not followed
func (q *requestFact) asks() bool {
	return q.Status == "active" && slices.Contains(followedIntents, q.Intent)
}
