package mapping

import (
	"slices"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// consentFact is what a Consent says.
type consentFact struct {
	Status  string
	Privacy bool // its scope covers sharing information
	Given   time.Time
	Patient string
	Rule    provision
}

// provision is one rule of a Consent.
type provision struct {
	Denies   bool
	From, To time.Time
	Actors   []string
	Nested   []provision
}

func (s Settings) readConsent(r *fhir.Resource, f *Fact) {
	c := &consentFact{
		Status:  r.Get("status").Text(),
		Given:   s.instant(r.Get("dateTime")),
		Patient: s.ref(r.Get("patient")),
		Rule:    s.provision(r.Get("provision"), 0),
	}
	for _, scope := range codings(r.Get("scope")) {
		c.Privacy = c.Privacy || scope.Code == "patient-privacy" || scope.Code == "treatment"
	}
	f.Subject = c.Patient
	f.Consent = c
}

func (s Settings) provision(v fhir.Value, depth int) provision {
	p := provision{
		Denies: v.Get("type").Text() == "deny",
		From:   s.instant(v.Get("period", "start")),
		To:     s.endOf(v.Get("period", "end")),
	}
	for a := range v.Get("actor").All() {
		if ref := s.ref(a.Get("reference")); ref != "" {
			p.Actors = append(p.Actors, ref)
		}
	}
	if depth < 8 {
		for n := range v.Get("provision").All() {
			p.Nested = append(p.Nested, s.provision(n, depth+1))
		}
	}
	return p
}

// during reports whether a moment lies in a rule's period.
func (p *provision) during(at time.Time) bool {
	return !at.Before(p.From) && (p.To.IsZero() || at.Before(p.To))
}

// stance is what one Consent says about one recipient at one moment.
type stance int

const (
	silent stance = iota
	permits
	expired
	denies
)

// stanceOf reads a Consent for a recipient. named asks for the recipient by name: an open consent does not do for labelled content. A nested
// deny wins.
//
// Source: FHIR R4, consent.html, provision.type; local, who may receive
func (f *consentFact) stanceOf(receives func([]string) bool, at time.Time, named bool) stance {
	if f.Status != "active" || !f.Privacy {
		return silent
	}
	root := &f.Rule
	mine := receives(root.Actors)
	if root.Denies && (mine || len(root.Actors) == 0) {
		if !root.during(at) {
			return silent
		}
		return root.exception(receives, at)
	}
	for i := range root.Nested {
		n := &root.Nested[i]
		if n.Denies && n.during(at) && (receives(n.Actors) || len(n.Actors) == 0 && mine) {
			return denies
		}
	}
	open := len(root.Actors) == 0 && !root.Denies && !hasPermits(root.Nested) && !named
	if !mine && !open {
		return root.exception(receives, at).orSilent(root.Denies)
	}
	if root.during(at) {
		return permits
	}
	if at.Before(root.From) {
		return silent
	}
	return expired
}

// exception reads the nested permits of a rule that does not permit by itself.
func (p *provision) exception(receives func([]string) bool, at time.Time) stance {
	found := denies
	for i := range p.Nested {
		n := &p.Nested[i]
		if n.Denies || !receives(n.Actors) {
			continue
		}
		if n.during(at) && p.during(at) {
			return permits
		}
		found = expired
	}
	return found
}

// orSilent turns a deny that nobody wrote into silence.
func (s stance) orSilent(denied bool) stance {
	if s == denies && !denied {
		return silent
	}
	return s
}

func hasPermits(list []provision) bool {
	return slices.ContainsFunc(list, func(p provision) bool { return !p.Denies && len(p.Actors) > 0 })
}

// gate gives from when on the consent gate of a leg stood open or shut, by the order in which the consents and their changes reached us.
//
// Source: local, consent is the one hard gate; one remaining permit is enough, a newer deny is not outvoted by an older permit
func (c *leg) gate() []workflow.GateSpan {
	var spans []workflow.GateSpan
	for _, at := range c.turns() {
		span := c.gateAt(at)
		span.From = at
		if n := len(spans); n > 0 {
			last := spans[n-1]
			if !span.Open && span.Cause == workflow.NotGiven && (last.Open || last.Cause == workflow.Revoked || last.Cause == workflow.Expired) {
				span.Cause = workflow.Revoked
				if !last.Open {
					span.Cause = last.Cause
				}
			}
			if last.Open == span.Open && last.Cause == span.Cause {
				continue
			}
		}
		spans = append(spans, span)
	}
	return spans
}

// turns are the moments at which the gate may change, in order, from the first time we heard of the referral.
func (c *leg) turns() []time.Time {
	turns := []time.Time{c.r.received}
	add := func(t time.Time) {
		if t.After(c.r.received) {
			turns = append(turns, t)
		}
	}
	for _, h := range c.r.consents {
		for i := range h.Versions {
			v := &h.Versions[i]
			add(v.Received)
			if v.Fact != nil && v.Fact.Consent != nil && v.Fact.Consent.Status == "active" {
				v.Fact.Consent.Rule.boundaries(add)
			}
		}
	}
	slices.SortFunc(turns, time.Time.Compare)
	return slices.CompactFunc(turns, time.Time.Equal)
}

func (p *provision) boundaries(add func(time.Time)) {
	add(p.From)
	add(p.To)
	for i := range p.Nested {
		p.Nested[i].boundaries(add)
	}
}

// gateAt evaluates the gate with the consents as we had them at a moment.
func (c *leg) gateAt(at time.Time) workflow.GateSpan {
	var permitted, denied, lapsed *Version
	var where string
	for _, h := range c.r.consents {
		v := h.asOf(at)
		if v == nil || v.Deleted || v.Fact == nil || v.Fact.Consent == nil {
			continue
		}
		s := v.Fact.Consent.stanceOf(c.receives, at, c.part2)
		switch {
		case s == denies && newer(v, denied):
			denied, where = v, v.source(h.Key)
		case s == permits && c.counts(h.Key) && newer(v, permitted):
			permitted = v
		case s == expired && c.counts(h.Key):
			lapsed = v
		}
	}
	switch {
	case denied != nil && !newer(permitted, denied):
		return workflow.GateSpan{Cause: workflow.Revoked, Source: where}
	case permitted != nil, c.treats():
		return workflow.GateSpan{Open: true}
	case lapsed != nil:
		return workflow.GateSpan{Cause: workflow.Expired}
	}
	return workflow.GateSpan{Cause: workflow.NotGiven}
}

// newer compares consents by when they were given, else by when they came. nil is older than any.
func newer(v, than *Version) bool {
	if v == nil {
		return false
	}
	return than == nil || v.given().After(than.given())
}

func (v *Version) given() time.Time {
	if g := v.Fact.Consent.Given; !g.IsZero() {
		return g
	}
	return v.Received
}

// asOf gives the version in force at a moment.
func (h *History) asOf(at time.Time) *Version {
	var v *Version
	for i := range h.Versions {
		if h.Versions[i].Received.After(at) {
			break
		}
		v = &h.Versions[i]
	}
	return v
}

// counts reports whether a permit counts: where the request names Consents, those alone do.
func (c *leg) counts(consent string) bool {
	return len(c.r.named) == 0 || slices.Contains(c.r.named, consent)
}

// receives reports whether the leg's agency is among actors.
func (c *leg) receives(actors []string) bool { return c.anyOfAgency(actors) }

// treats reports a partner who may receive without a Consent: never labelled content.
func (c *leg) treats() bool { return c.partner.Treatment && !c.part2 }
