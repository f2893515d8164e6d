package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// The types of a Provenance's agents that matter to a signature.
//
// Source: HL7 Terminology, provenance-participant-type
const (
	systemAgentType = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
	agentVerifier   = "verifier"
	agentAuthor     = "author"
)

// reviews are what a second person can have reviewed.
//
// Source: local, urn:warmhandoff:review
var reviews = []string{"risk", "safeguarding"}

// provenanceFact is what a Provenance says of a Task, or of a Consent.
type provenanceFact struct {
	Targets   []string // "Task/t1/_history/3", "Task/t1", "Consent/c1/_history/2"
	Entities  []string // what it used
	Verifiers []string
	Authors   []string
	Reviews   []string
}

func (s Settings) readProvenance(r *fhir.Resource, f *Fact) {
	p := &provenanceFact{Reviews: codesOf(codings(r.Get("reason")), SystemReview)}
	for target := range r.Get("target").All() {
		text := target.Get("reference").Text()
		if ref, ok := fhir.ParseReference(text); ok && (ref.Type == "Task" || ref.Type == "Consent") && (ref.Base == "" || ref.Base == s.Base) {
			_, version, _ := strings.Cut(text, "/_history/")
			key := ref.Key()
			if version != "" {
				key += "/_history/" + version
			}
			p.Targets = append(p.Targets, key)
		}
	}
	for a := range r.Get("agent").All() {
		who := s.ref(a.Get("who"))
		for _, code := range codesOf(codings(a.Get("type")), systemAgentType) {
			switch code {
			case agentVerifier:
				p.Verifiers = append(p.Verifiers, who)
			case agentAuthor:
				p.Authors = append(p.Authors, who)
			}
		}
	}
	for e := range r.Get("entity").All() {
		if ref := s.ref(e.Get("what")); ref != "" {
			p.Entities = append(p.Entities, ref)
		}
	}
	f.Provenance = p
}

// meant gives whom navigators and supervisors say that a version of a Consent means, by what was here at a moment.
//
// Source: ruling 14: a Provenance on that Consent version with the party as entity
func (q *reading) meant(source string, at time.Time) []string {
	var list []string
	for _, h := range q.sayings {
		v := h.asOf(at)
		if v == nil || v.Deleted || v.Fact == nil || v.Fact.Provenance == nil || v.Role != workflow.Navigator && v.Role != workflow.Supervisor {
			continue
		}
		if p := v.Fact.Provenance; slices.Contains(p.Targets, source) {
			for _, ref := range p.Entities {
				if !slices.Contains(list, ref) {
					list = append(list, ref)
				}
			}
		}
	}
	return list
}

// Sign adds to a ledger the signatures among Provenances. What we wrote ourselves is none. worker gives the person behind a PractitionerRole, so
// that somebody who signs in another of their parts is still the same person.
//
// Source: local, a second signature is a Provenance on the Task with an agent of type verifier
func (s Settings) Sign(l *workflow.Ledger, found []*History, worker func(ref string) string) {
	for _, h := range found {
		v := h.newest()
		if v == nil || v.Own || v.Deleted || h.Former || v.Fact == nil || v.Fact.Provenance == nil {
			continue
		}
		p := v.Fact.Provenance
		at := slices.IndexFunc(p.Targets, func(t string) bool { return t == l.Leg || strings.HasPrefix(t, l.Leg+"/_history/") })
		if at < 0 {
			continue
		}
		for _, who := range p.Verifiers {
			one := workflow.Signature{At: h.Versions[0].Received, Word: p.Targets[at], Source: v.source(h.Key)}
			if strings.HasPrefix(who, "Practitioner/") || strings.HasPrefix(who, "PractitionerRole/") {
				one.By = worker(who)
			}
			for _, a := range p.Authors {
				one.Authors = append(one.Authors, worker(a))
			}
			for _, r := range reviews {
				if slices.Contains(p.Reviews, r) {
					one.Reviews = append(one.Reviews, r)
				}
			}
			l.Signatures = append(l.Signatures, one)
		}
	}
	if n := len(l.Words); n > 0 {
		l.Words[n-1].Party = worker(l.Words[n-1].Party)
	}
}

// Worker gives who holds a PractitionerRole, "" for anything else.
func (h *History) Worker() string {
	if n := h.newest(); n != nil && n.Fact != nil {
		return n.Fact.RoleOf
	}
	return ""
}
