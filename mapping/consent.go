package mapping

import (
	"strings"
	"time"

	"warmhandoff/fhir"
)

// consentFact is what a Consent says.
type consentFact struct {
	Status     string
	Scope      string // the code of its scope; "" where that is not understood
	Given      time.Time
	GivenBy    time.Time // the end of the day, where no time is said
	Patient    string
	Unnamed    bool     // it says of whom it is in a way that cannot be matched
	By         []string // performer: who gave it
	Custodians []string // organization: who keeps it, and discloses under it
	Doubted    bool     // the last verification says that it is not so
	Part2      bool     // its policy is 42 CFR Part 2
	Rule       provision

	NotUnderstood string // the element that changes what all the rest means, "" none
}

// provision is one rule of a Consent. An empty list names nothing and limits nothing. A code that is not understood stands as "".
type provision struct {
	Kind     ruleKind
	Missing  string // what says neither yes nor no, where Kind is neither: "type", "policyRule"
	From, To time.Time
	Actors   []actor
	Actions  []string
	Purposes []string
	Classes  []string // types of resources
	Codes    []Coding
	Labels   []string
	Data     []datum
	Bounded  bool      // it is about data of a period:
	Since    time.Time // zero: from ever
	Until    time.Time // zero: without end
	Nested   []provision
	Cut      bool // something is nested deeper, or there is more of it, than is read
}

// ruleKind says what a rule does.
type ruleKind int

const (
	neither ruleKind = iota
	permit
	deny
)

// actor is somebody whom a rule names, and as what.
type actor struct {
	Ref  string // "" where nothing but a name is given
	Type string // of whom; "" where that is not said
	Part part
}

// datum is something that a rule names.
type datum struct{ Meaning, Ref string }

// name gives the identity by which a datum is named, also where several carry it.
func (d *datum) name() string {
	if _, name, several := strings.Cut(d.Ref, "#"); several {
		return name
	}
	return d.Ref
}

// deepest is how deep provisions are read.
const deepest = 8

// mostRules is how many rules, and parties and things that they name, are read of a Consent: each is asked about again for each direction and each moment.
// A Consent that says more is not understood. The longest published ones have a dozen.
const mostRules = 500

func (s Settings) readConsent(r *fhir.Resource, f *Fact) {
	most := mostRules
	c := &consentFact{
		Status:        r.Get("status").Text(),
		Scope:         scopes.of(r.Get("scope")),
		Given:         s.instant(r.Get("dateTime")),
		GivenBy:       s.endOf(r.Get("dateTime")),
		Patient:       s.ref(r.Get("patient")),
		By:            s.refs(r.Get("performer")),
		Custodians:    s.parties(r.Get("organization")),
		Doubted:       s.doubted(r.Get("verification")),
		Rule:          s.provision(r.Get("provision"), 0, &most),
		NotUnderstood: f.NotUnderstood,
	}
	c.Unnamed = c.Patient == "" && r.Get("patient").Exists()
	base, part2 := baseOf(r.Get("policyRule"))
	c.Part2 = part2
	if !r.Get("provision", "type").Exists() && !r.Get("provision", "_type").Exists() {
		c.Rule.Kind, c.Rule.Missing = base, "policyRule"
	}
	f.Subject = c.Patient
	f.Consent = c
}

// bases are what a policy says of the root rule, where that does not say it itself. 42 CFR Part 2 is none: it says of what kind the content is.
//
// Source: ruling 14a; HL7 v3-ActCode; HL7 consentpolicycodes, hipaa-auth
var bases = map[string]ruleKind{"OPTIN": permit, "OPTINR": permit, "OPTOUT": deny, "OPTOUTE": deny, "hipaa-auth": permit}

// baseOf reads a policyRule: whether it permits or denies, and whether it is one of 42 CFR Part 2. It may say both in one; of a permit and a deny in
// one the deny wins.
func baseOf(policy fhir.Value) (base ruleKind, part2 bool) {
	for c := range policy.Get("coding").All() {
		code := policies.takes(c)
		part2 = part2 || code == codePart2
		base = max(base, bases[code])
	}
	return base, part2
}

// doubted reports that the last verification says that a Consent is not the person's. One without a date counts as the last.
//
// Source: FHIR R4, consent.html, Consent.verification.verified
func (s Settings) doubted(v fhir.Value) bool {
	var no, yes time.Time
	doubted := false
	for one := range v.All() {
		at := s.instant(one.Get("verificationDate"))
		switch {
		case one.Get("verified").Bool():
			yes = later(yes, at)
		case at.IsZero():
			return true
		default:
			doubted, no = true, later(no, at)
		}
	}
	return doubted && !yes.After(no)
}

func (s Settings) provision(v fhir.Value, depth int, most *int) provision {
	p := provision{
		Missing:  "type",
		From:     s.instant(v.Get("period", "start")),
		To:       s.endOf(v.Get("period", "end")),
		Actions:  actions.each(v.Get("action")),
		Purposes: purposes.eachCoding(v.Get("purpose")),
		Classes:  classesOf(v.Get("class")),
		Codes:    codings(v.Get("code")),
		Labels:   labels.eachCoding(v.Get("securityLabel")),
		Bounded:  v.Get("dataPeriod").Exists(),
		Since:    s.instant(v.Get("dataPeriod", "start")),
		Until:    s.endOf(v.Get("dataPeriod", "end")),
	}
	switch v.Get("type").Text() {
	case "permit":
		p.Kind = permit
	case "deny":
		p.Kind = deny
	}
	if v.Get("code").Exists() && len(p.Codes) == 0 {
		p.Codes = []Coding{{}} // in words only
	}
	for a := range v.Get("actor").All() {
		if *most--; *most < 0 {
			p.Cut = true
			break
		}
		ref := a.Get("reference")
		who := s.party(ref)
		p.Actors = append(p.Actors, actor{who, s.typeOf(ref, who), partOf(a.Get("role"))})
	}
	for d := range v.Get("data").All() {
		if *most--; *most < 0 {
			p.Cut = true
			break
		}
		p.Data = append(p.Data, datum{d.Get("meaning").Text(), s.ref(d.Get("reference"))})
	}
	for n := range v.Get("provision").All() {
		if *most--; depth == deepest || *most < 0 {
			p.Cut = true
			break
		}
		p.Nested = append(p.Nested, s.provision(n, depth+1, most))
	}
	return p
}

// partOf reads the role of an actor. A role of another system is another role.
//
// Source: ruling 14; HL7 v3-ParticipationType, IRCP: information recipient, CST: custodian; HL7 provenance-participant-type, performer
func partOf(role fhir.Value) part {
	switch roles.of(role) {
	case "IRCP":
		return receiver
	case "CST", "performer":
		return sender
	}
	return either
}

// rules calls f for a rule and each that is nested in it.
func (p *provision) rules(f func(*provision)) {
	f(p)
	for i := range p.Nested {
		p.Nested[i].rules(f)
	}
}

// MayMean reports a Consent that ever had a deny whose actor may have to be matched by a human: what a Provenance says of it is needed, too.
func (h *History) MayMean() bool {
	for i := range h.Versions {
		if f := h.Versions[i].Fact; f != nil && f.Consent != nil && f.Consent.mayMean() {
			return true
		}
	}
	return false
}

// mayMean reports a Consent with a deny whose actor may have to be matched by a human.
func (f *consentFact) mayMean() bool {
	may := false
	f.Rule.rules(func(p *provision) {
		for i := range p.Actors {
			may = may || p.Kind != permit && !p.Actors[i].isNoAgency()
		}
	})
	return may
}

// isNoAgency reports an actor who is certainly none.
//
// Source: ruling 14: RelatedPerson, Patient
func (a *actor) isNoAgency() bool {
	return a.Type == "RelatedPerson" || a.Type == "Patient" || a.Type == "Device" ||
		strings.HasPrefix(a.Ref, "RelatedPerson/") || strings.HasPrefix(a.Ref, "Patient/") || strings.HasPrefix(a.Ref, "Device/")
}
