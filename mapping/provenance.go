package mapping

import (
	"slices"
	"strings"

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

// provenanceFact is what a Provenance says of a Task.
type provenanceFact struct {
	Targets   []string // "Task/t1/_history/3", "Task/t1"
	Verifiers []string
	Authors   []string
	Reviews   []string
}

func (s Settings) readProvenance(r *fhir.Resource, f *Fact) {
	p := &provenanceFact{Reviews: codesOf(codings(r.Get("reason")), SystemReview)}
	for target := range r.Get("target").All() {
		text := target.Get("reference").Text()
		if ref, ok := fhir.ParseReference(text); ok && ref.Type == "Task" && (ref.Base == "" || ref.Base == s.Base) {
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
	f.Provenance = p
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
