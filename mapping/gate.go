package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// gates says for each direction from when on it stood open or shut, by the order in which the consents and their changes reached us. What holds
// for the package holds for what changes afterwards.
//
// Source: local, consent is the one hard gate; one remaining permit is enough, a newer deny is not outvoted by an older permit
func (c *leg) gates() {
	turns := c.turns()
	it := c.core()
	c.ledger.Gate = c.spans(turns, forward, it)
	c.ledger.Back = c.spans(turns, back, it)
	if slices.ContainsFunc(c.r.consents, c.asksThird) {
		c.ledger.Copy = c.spans(turns, onward, it)
	}
}

// core is the referral itself, as content: what has to be permitted for anything to go.
func (c *leg) core() *content {
	it := &content{types: []string{"ServiceRequest", "Task"}, ref: c.r.r.Request.Key, codes: c.r.request.Codes, labels: c.r.labels}
	if c.part2 && !it.labelled() {
		it.labels = append(slices.Clone(it.labels), codePart2)
	}
	return it
}

// asksThird reports a Consent that names somebody who is no party of this referral.
func (c *leg) asksThird(h *History) bool {
	n := h.newest()
	if n == nil || n.Fact == nil || n.Fact.Consent == nil {
		return false
	}
	return c.hears(n.Fact.Consent.Rule.Actors, onward)
}

func (c *leg) spans(turns []time.Time, d direction, it *content) []workflow.GateSpan {
	var spans []workflow.GateSpan
	for _, at := range turns {
		span := c.gateAt(at, d, it)
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
				spans[n-1].Why = span.Why
				if span.Open {
					spans[n-1].Source = span.Source
				}
				continue
			}
		}
		spans = append(spans, span)
	}
	return spans
}

// turns are the moments at which a gate may change, in order, from the first time we heard of the referral.
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

// gateAt evaluates a direction with the consents as we had them at a moment.
func (c *leg) gateAt(at time.Time, d direction, it *content) workflow.GateSpan {
	var permitted, denied, lapsed *Version
	var where, by string
	for _, h := range c.r.consents {
		v := h.asOf(at)
		if v == nil || v.Deleted || v.Fact == nil || v.Fact.Consent == nil {
			continue
		}
		s := c.stanceOf(v.Fact.Consent, d, it, at)
		switch {
		case s == denies && newer(v, denied):
			denied, where = v, v.source(h.Key)
		case s == permits && c.counts(h.Key) && newer(v, permitted):
			permitted, by = v, v.source(h.Key)
		case s == expired && c.counts(h.Key):
			lapsed = v
		}
	}
	switch {
	case denied != nil && !newer(permitted, denied):
		return workflow.GateSpan{Cause: workflow.Revoked, Source: where, Why: "A Consent denies it: " + resourceOf(where) + "."}
	case permitted != nil, c.treats(d, it):
		return workflow.GateSpan{Open: true, Source: by}
	case lapsed != nil:
		return workflow.GateSpan{Cause: workflow.Expired, Why: "The Consent has run out."}
	}
	return workflow.GateSpan{Cause: workflow.NotGiven, Why: c.whyShut(at, d, it)}
}

// resourceOf drops the version from "Type/id/_history/3".
func resourceOf(source string) string {
	key, _, _ := strings.Cut(source, "/_history/")
	return key
}

// whyShut says what is missing, in plain words: of the Consent that comes nearest.
func (c *leg) whyShut(at time.Time, d direction, it *content) string {
	best, words := 0, "No Consent is here that names this agency."
	for _, h := range c.r.consents {
		v := h.asOf(at)
		if v == nil || v.Deleted || v.Fact == nil || v.Fact.Consent == nil {
			continue
		}
		if near, why := c.shortOf(h.Key, v.Fact.Consent, d, it); near > best {
			best, words = near, h.Key+" "+why+"."
		}
	}
	return words
}

// shortOf says how near a Consent comes to permitting a direction, and what it is short of.
func (c *leg) shortOf(key string, f *consentFact, d direction, it *content) (near int, why string) {
	root := &f.Rule
	open := len(root.Actors) == 0 && !hasPermits(root.Nested)
	mine := c.names(root.Actors, d, it.labelled()) || slices.ContainsFunc(root.Nested, func(n provision) bool {
		return !n.Denies && c.names(n.Actors, d, it.labelled())
	})
	switch {
	case !mine && !open:
		return 1, "names other recipients"
	case f.Status != "active":
		return 2, "is not active (" + f.Status + ")"
	case !f.Privacy:
		return 3, "is not about sharing information"
	case !c.counts(key):
		return 4, "is not among the Consents that the request names"
	case !c.given(f):
		return 5, "was given by neither the person nor a representative"
	case !root.forCare():
		return 6, "permits no sharing for treatment or coordination of care"
	case it.labelled() && len(c.lacks(f, d)) > 0:
		return 8, "lacks for 42 CFR Part 2 content: " + strings.Join(c.lacks(f, d), ", ")
	case !root.covers(it):
		return 7, "does not cover this referral"
	}
	return 1, "does not permit it now"
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

// treats reports that a treating provider needs no Consent: to receive, or to answer whoever referred. Never labelled content.
//
// Source: local, basis treatment
func (c *leg) treats(d direction, it *content) bool {
	if it.labelled() || d == onward {
		return false
	}
	return c.partner.Treatment || d == back && c.s.Partners[c.r.requester].Treatment
}
