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
	it := &content{types: coreTypes, ref: c.r.r.Request.Key, task: c.task, codes: c.r.request.Codes, within: c.r.request.Within, labels: c.r.labels, at: c.r.request.Authored,
		crisis: c.r.request.Urgency == workflow.Crisis}
	if c.part2 && !it.labelled() {
		it.labels = append(slices.Clone(it.labels), codePart2)
	}
	return it
}

// coreTypes are what has to be permitted for anything to go.
//
// Source: ruling 14a
var coreTypes = []string{"ServiceRequest", "Task"}

// asksThird reports a Consent that names somebody who is no party of this referral.
func (c *leg) asksThird(h *History) bool {
	n := h.newest()
	if n == nil || n.Fact == nil || n.Fact.Consent == nil {
		return false
	}
	return c.hears(n.Fact.Consent.Rule.Actors, onward)
}

func (c *leg) spans(turns []turn, d direction, it *content) []workflow.GateSpan {
	var spans []workflow.GateSpan
	var wordless []int // the place in turns at which the words of a span are asked for, -1 for one that brings its own
	q := &question{leg: c, d: d, it: it}
	said := make([]saying, len(c.r.consents))
	for i := range turns {
		q.at = turns[i].at
		for _, at := range turns[i].of {
			said[at] = q.says(c.r.consents[at])
		}
		span, silent := q.gateBy(said)
		span.From = q.at
		asked := -1
		if silent {
			asked = i
		}
		if n := len(spans); n > 0 {
			last := spans[n-1]
			if !span.Open && span.Cause == workflow.NotGiven && (last.Open || last.Cause == workflow.Revoked || last.Cause == workflow.Expired) {
				span.Cause = workflow.Revoked
				if !last.Open {
					span.Cause = last.Cause
				}
			}
			if last.Open == span.Open && last.Cause == span.Cause {
				spans[n-1].Why, wordless[n-1] = span.Why, asked
				if span.Open {
					spans[n-1].Source = span.Source
				}
				continue
			}
		}
		spans, wordless = append(spans, span), append(wordless, asked)
	}
	for i := range spans {
		if wordless[i] >= 0 {
			q.at = turns[wordless[i]].at
			spans[i].Why = q.whyShut()
		}
	}
	return spans
}

// turn is a moment at which a gate may change, and by which of the Consents: by their places.
type turn struct {
	at time.Time
	of []int
}

// turns are the moments at which a gate may change, in order, from the first time we heard of the referral.
func (c *leg) turns() []turn {
	type change struct {
		at time.Time
		of int
	}
	var changes []change
	of := 0
	add := func(t time.Time) {
		if t.After(c.r.received) {
			changes = append(changes, change{t, of})
		}
	}
	all := make([]int, len(c.r.consents))
	for k, h := range c.r.consents {
		all[k], of = k, k
		for i := range h.Versions {
			v := &h.Versions[i]
			add(v.Received)
			if v.Fact != nil && v.Fact.Consent != nil && v.Fact.Consent.Status == "active" {
				add(workflow.Plus(v.Fact.Consent.Given, -clockSkew))
				v.Fact.Consent.Rule.boundaries(add)
			}
		}
	}
	of = -1 // what a human says of whom a Consent means may be about any
	for _, h := range c.r.sayings {
		for i := range h.Versions {
			add(h.Versions[i].Received)
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return a.at.Compare(b.at) })
	turns := []turn{{at: c.r.received, of: all}}
	for _, one := range changes {
		if last := &turns[len(turns)-1]; !last.at.Equal(one.at) {
			turns = append(turns, turn{at: one.at})
		}
		switch last := &turns[len(turns)-1]; {
		case one.of < 0:
			last.of = all
		case len(last.of) == 0 || last.of[len(last.of)-1] != one.of && len(last.of) < len(all):
			last.of = append(last.of, one.of)
		}
	}
	return turns
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
	q := &question{leg: c, d: d, it: it, at: at}
	return q.gate()
}

func (q *question) gate() workflow.GateSpan {
	said := make([]saying, len(q.r.consents))
	for i, h := range q.r.consents {
		said[i] = q.says(h)
	}
	span, silent := q.gateBy(said)
	if silent {
		span.Why = q.whyShut()
	}
	return span
}

// saying is what one Consent says at a moment, and the version that says it; nil for none.
type saying struct {
	v     *Version
	key   string
	found finding
}

// says asks one Consent.
func (q *question) says(h *History) saying {
	v := h.asOf(q.at)
	if !q.ask(h, v) || q.r.foreign(q.f.Patient) { // one that was taken to another person
		return saying{}
	}
	return saying{v: v, key: h.Key, found: q.stance()}
}

// gateBy gives what comes of what all Consents say. silent is true where none says anything that counts, so that the reason has still to be looked for.
func (q *question) gateBy(said []saying) (span workflow.GateSpan, silent bool) {
	var permitted, denied, lapsed *saying
	for i := range said {
		s := &said[i]
		if s.v == nil {
			continue
		}
		switch {
		case s.found.stance == denies && (denied == nil || s.v.givenBy().After(denied.v.givenBy())):
			denied = s
		case s.found.stance == permits && q.counts(s.key) && s.newer(permitted):
			permitted = s
		case s.found.stance == expired && q.counts(s.key):
			lapsed = s
		}
	}
	switch {
	case denied != nil && (permitted == nil || !permitted.v.given().After(denied.v.givenBy())):
		where := denied.v.source(denied.key)
		return workflow.GateSpan{Cause: workflow.Revoked, Source: where, Why: denied.found.denial(where)}, false
	case permitted != nil:
		return workflow.GateSpan{Open: true, Source: permitted.v.source(permitted.key)}, false
	case q.treats(q.d, q.it):
		return workflow.GateSpan{Open: true}, false
	case lapsed != nil:
		return workflow.GateSpan{Cause: workflow.Expired, Why: "The Consent has run out."}, false
	}
	return workflow.GateSpan{Cause: workflow.NotGiven}, true
}

// newer compares by when Consents were given. nil is older than any.
func (s *saying) newer(than *saying) bool { return than == nil || newer(s.v, than.v) }

// ask turns a question to a version of a Consent. It reports whether that says anything.
func (q *question) ask(h *History, v *Version) bool {
	if v == nil || v.Deleted || v.Fact == nil || v.Fact.Consent == nil {
		return false
	}
	q.f, q.meant = v.Fact.Consent, nil
	q.labelled = q.f.Part2 || q.it.labelled()
	if q.f.mayMean() {
		q.meant = q.r.meant(v.source(h.Key), q.at)
	}
	return true
}

// resourceOf drops the version from "Type/id/_history/3".
func resourceOf(source string) string {
	key, _, _ := strings.Cut(source, "/_history/")
	return key
}

// whyShut says what is missing, in plain words: of the Consent that comes nearest.
func (q *question) whyShut() string {
	best, words := 0, "No Consent is here that names this agency."
	for _, h := range q.r.consents {
		v := h.asOf(q.at)
		if !q.ask(h, v) {
			continue
		}
		if near, why := q.shortOf(h.Key); near > best {
			best, words = near, h.Key+" "+why+"."
		}
	}
	return words
}

// shortOf says how near a Consent comes to permitting a direction, and what it is short of: first whom it names, then on what it depends, then the
// rest of what it says.
func (q *question) shortOf(key string) (near int, why string) {
	found := finding{row: len(narrowing)}
	if q.f.Rule.Kind != neither {
		permitting := q.f.Rule
		permitting.Kind = permit
		found = q.permitted(&permitting, 0)
	}
	if found.stance == silent && found.row == 0 {
		return 1, found.words()
	}
	for i := range conditions {
		row := &conditions[i]
		switch a := row.meets(q); {
		case a == unclear && row.element == "modifierExtension":
			return 2 + i, "has something that changes what it means and is not understood (" + q.f.NotUnderstood + ")"
		case a == unclear:
			return 2 + i, "says something in Consent." + row.element + " that is not understood"
		case a == misses && row.element == "status":
			return 2 + i, row.short + " (" + q.f.Status + ")"
		case a == misses:
			return 2 + i, row.short + " (Consent." + row.element + ")"
		}
		if i+1 == ofDenies && !q.counts(key) {
			return 2 + i, "is not among the Consents that the request names"
		}
	}
	near = 2 + len(conditions)
	switch {
	case q.f.Rule.Kind == neither:
		return near, "says neither yes nor no (Consent.provision.type, Consent.policyRule)"
	case found.stance == silent:
		return near + found.row, found.words()
	case q.labelled && len(q.lacks()) > 0:
		return near + len(narrowing) + 1, "lacks for 42 CFR Part 2 content: " + strings.Join(q.lacks(), ", ")
	}
	return 1, "does not permit it now"
}

// path gives the element that decided, "Consent.provision.action".
func (f *finding) path() string {
	path := "Consent.provision" + strings.Repeat(".provision", f.depth)
	if f.element != "" {
		path += "." + f.element
	}
	return path
}

// words say why a rule opens nothing.
func (f *finding) words() string {
	switch {
	case f.unclear && f.element == "provision" && f.depth < deepest:
		return "has more rules, or names more, than is read (" + f.path() + ")"
	case f.unclear && f.element == "provision":
		return "nests rules deeper than is read (" + f.path() + ")"
	case f.unclear:
		return "says something in " + f.path() + " that is not understood"
	}
	return narrowing[f.row].short + " (" + f.path() + ")"
}

// denial says what shuts.
func (f *finding) denial(source string) string {
	key := resourceOf(source)
	switch {
	case f.unclear && f.element == "actor":
		return "A Consent denies it: " + key + " may mean this agency in " + f.path() + ", which is nobody known here. A navigator or supervisor says whom it means, in a Provenance on " + source + " with that party as its entity."
	case f.unclear:
		return "A Consent denies it: " + key + ", as " + f.path() + " is not understood."
	}
	return "A Consent denies it: " + key + " (" + f.path() + ")."
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

// givenBy gives the moment by which a Consent was given for certain: of a deny that says no time of day nobody can tell that a permit of that day came
// after it.
func (v *Version) givenBy() time.Time {
	if g := v.Fact.Consent.GivenBy; !g.IsZero() {
		return g
	}
	return v.Received
}

// asOf gives the version in force at a moment.
func (h *History) asOf(at time.Time) *Version {
	n, _ := slices.BinarySearchFunc(h.Versions, at, func(v Version, at time.Time) int {
		if v.Received.After(at) {
			return 1
		}
		return -1
	})
	if n == 0 {
		return nil
	}
	return &h.Versions[n-1]
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
