package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
)

// consentFact is what a Consent says.
type consentFact struct {
	Status     string
	Privacy    bool // its scope covers sharing information
	Given      time.Time
	Patient    string
	By         []string // performer: who gave it
	Custodians []string // organization: who keeps it, and discloses under it
	Rule       provision
}

// provision is one rule of a Consent. An empty list names nothing and limits nothing.
type provision struct {
	Denies   bool
	From, To time.Time
	Actors   []actor
	Purposes []string
	Classes  []Coding
	Codes    []Coding
	Labels   []string
	Data     []string
	Nested   []provision
}

// actor is somebody whom a rule names, and as what.
type actor struct {
	Ref  string
	Part part
}

// part is what an actor does in a disclosure.
type part int

const (
	either   part = iota // another role, or none: sends and receives
	sender               // CST, performer
	receiver             // IRCP
)

func (s Settings) readConsent(r *fhir.Resource, f *Fact) {
	c := &consentFact{
		Status:     r.Get("status").Text(),
		Given:      s.instant(r.Get("dateTime")),
		Patient:    s.ref(r.Get("patient")),
		By:         s.refs(r.Get("performer")),
		Custodians: s.refs(r.Get("organization")),
		Rule:       s.provision(r.Get("provision"), 0),
	}
	for _, scope := range codings(r.Get("scope")) {
		c.Privacy = c.Privacy || scope.Code == "patient-privacy" || scope.Code == "treatment"
	}
	f.Subject = c.Patient
	f.Consent = c
}

func (s Settings) provision(v fhir.Value, depth int) provision {
	p := provision{
		Denies:   v.Get("type").Text() == "deny",
		From:     s.instant(v.Get("period", "start")),
		To:       s.endOf(v.Get("period", "end")),
		Purposes: codesIn(v.Get("purpose")),
		Classes:  codingsIn(v.Get("class")),
		Codes:    codings(v.Get("code")),
		Labels:   codesIn(v.Get("securityLabel")),
	}
	for a := range v.Get("actor").All() {
		if ref := s.ref(a.Get("reference")); ref != "" {
			p.Actors = append(p.Actors, actor{ref, partOf(codings(a.Get("role")))})
		}
	}
	for d := range v.Get("data").All() {
		if ref := s.ref(d.Get("reference")); ref != "" {
			p.Data = append(p.Data, ref)
		}
	}
	if depth < 8 {
		for n := range v.Get("provision").All() {
			p.Nested = append(p.Nested, s.provision(n, depth+1))
		}
	}
	return p
}

// partOf reads the role of an actor.
//
// Source: ruling 14; HL7 v3-ParticipationType, IRCP: information recipient, CST: custodian; HL7 provenance-participant-type, performer
func partOf(role []Coding) part {
	for _, c := range role {
		switch c.Code {
		case "IRCP":
			return receiver
		case "CST", "performer":
			return sender
		}
	}
	return either
}

// codingsIn gives a list of Codings.
func codingsIn(v fhir.Value) []Coding {
	var list []Coding
	for c := range v.All() {
		list = append(list, Coding{c.Get("system").Text(), c.Get("code").Text()})
	}
	return list
}

func codesIn(v fhir.Value) []string {
	var list []string
	for c := range v.All() {
		list = append(list, c.Get("code").Text())
	}
	return list
}

// during reports whether a moment lies in a rule's period.
func (p *provision) during(at time.Time) bool {
	return !at.Before(p.From) && (p.To.IsZero() || at.Before(p.To))
}

// content is something of which a rule may speak: a resource with its codes and labels.
type content struct {
	types  []string
	ref    string
	codes  []Coding
	labels []string
}

// caring are the purposes for which a person is referred. A rule that names purposes must name one of these.
//
// Source: HL7 v3-ActReason, PurposeOfUse: treatment, emergency treatment, care management, coordination of care, patient requested
var caring = []string{"TREAT", "ETREAT", "CAREMGT", "COC", "PATRQT"}

// ordinary are labels that say nothing special about content: a rule need not name them.
//
// Source: HL7 v3-Confidentiality: unrestricted, low, moderate, normal
var ordinary = []string{"U", "L", "M", "N"}

// forCare reports whether a rule is about sharing for care.
func (p *provision) forCare() bool {
	return len(p.Purposes) == 0 || slices.ContainsFunc(p.Purposes, func(code string) bool { return slices.Contains(caring, code) })
}

// covers reports whether a permit takes in content: it is of a class, has a code and is listed as data where those are named, and bears no label
// beyond those named.
//
// Source: FHIR R4, consent.html, provision.class, code, data, securityLabel; local, each data class; unknown is deny
func (p *provision) covers(c *content) bool {
	if !p.forCare() || len(p.Classes) > 0 && !c.ofClass(p.Classes) || len(p.Codes) > 0 && !c.coded(p.Codes) || len(p.Data) > 0 && !slices.Contains(p.Data, c.ref) {
		return false
	}
	return len(p.Labels) == 0 || !slices.ContainsFunc(c.labels, func(label string) bool {
		return !slices.Contains(p.Labels, label) && !slices.Contains(ordinary, label)
	})
}

// hits reports whether a deny takes in content. One that limits nothing takes in everything.
func (p *provision) hits(c *content) bool {
	return p.forCare() && (len(p.Classes) == 0 || c.ofClass(p.Classes)) && (len(p.Codes) == 0 || c.coded(p.Codes)) &&
		(len(p.Data) == 0 || slices.Contains(p.Data, c.ref)) &&
		(len(p.Labels) == 0 || slices.ContainsFunc(c.labels, func(label string) bool { return slices.Contains(p.Labels, label) }))
}

// ofClass reads a class as the name of a resource type, or as a profile of it.
func (c *content) ofClass(classes []Coding) bool {
	return slices.ContainsFunc(classes, func(class Coding) bool {
		return slices.Contains(c.types, class.Code[strings.LastIndexByte(class.Code, '/')+1:])
	})
}

func (c *content) coded(codes []Coding) bool { return anyIs(codes, c.codes) }

// labelled reports content under 42 CFR Part 2.
func (c *content) labelled() bool { return slices.Contains(c.labels, codePart2) }

// direction is one of the ways in which something about a person may go.
type direction struct {
	to, from side
}

// side says which party of a leg somebody is; somebody may be both.
type side int

const (
	agencySide side = 1 << iota
	referrerSide
	thirdSide
)

var (
	forward = direction{to: agencySide, from: referrerSide}
	back    = direction{to: referrerSide, from: agencySide}
	onward  = direction{to: thirdSide, from: agencySide | referrerSide}
)

// naming is who a rule names, by what they do in a disclosure: of the sides of a leg, and of anybody.
type naming struct {
	named, sends, only, receives side // only: sends, and is named as nothing else
	ircp, stranger               bool // somebody is named IRCP; somebody who is neither of the two parties is
}

func (c *leg) naming(actors []actor) naming {
	var n naming
	for i := range actors {
		a := &actors[i]
		at := c.sideOf(a.Ref)
		n.named |= at
		switch a.Part {
		case sender:
			n.sends |= at
			n.only |= at
		case receiver:
			n.receives |= at
			n.ircp = true
			n.stranger = n.stranger || at&(agencySide|referrerSide) == 0
		case either:
			n.sends |= at
			n.receives |= at
		}
	}
	n.only &^= n.receives
	return n
}

// mayReceive reports whether a side is named to receive. A role takes nothing away by itself: who is named as a sender only receives too, unless
// somebody is named IRCP.
func (n *naming) mayReceive(to side) bool { return n.receives&to != 0 || n.only&to != 0 && !n.ircp }

// maySend reports whether a side is not shut out of sending: it is named to, or it is named IRCP and no party of the referral is named to. A side
// that is not named at all sends unless whoever receives is there as a sender: a referrer unless the agency is named as nothing else, an agency
// unless the referrer is named in any role that sends.
func (n *naming) maySend(d direction) bool {
	senders := n.sends & (agencySide | referrerSide)
	switch {
	case n.sends&d.from != 0:
		return true
	case n.named&d.from != 0, d == back:
		return senders == 0
	}
	return n.only&d.to == 0
}

// sideOf says which party of the leg an actor is. Who is named as one of them is not looked up.
func (c *leg) sideOf(ref string) side {
	var at side
	if ref == c.agency {
		at |= agencySide
	}
	if ref == c.r.requester {
		at |= referrerSide
	}
	if at != 0 || ref == "" {
		return at
	}
	switch {
	case c.isAgency(ref):
		return agencySide
	case c.isReferrer(ref):
		return referrerSide
	case ref == c.s.Self || ref == c.r.subject || strings.HasPrefix(ref, "RelatedPerson/") || slices.Contains(c.r.others(c.agency), ref):
		return 0
	}
	return thirdSide
}

// isReferrer reports whether a party is who asked, works for them, or is where they work.
func (c *leg) isReferrer(ref string) bool {
	return c.r.requester != "" && (ref == c.r.requester || c.r.worksFor(ref, c.r.requester) || slices.Contains(c.r.orgsOf(c.r.requester), ref))
}

// names reports whether a permit opens a direction by whom it names. The referrer as the recipient by name is asked for where the content is
// labelled. Otherwise whoever was let into the referral in a role that sends may answer it, unless the answer is for somebody else by name.
//
// Source: ruling 14, who may send and who may receive
func (c *leg) names(actors []actor, d direction, labelled bool) bool {
	n := c.naming(actors)
	return n.mayReceive(d.to) && n.maySend(d) || d == back && !labelled && n.sends&agencySide != 0 && !n.stranger
}

// bars reports whether a deny shuts a direction by whom it names: the recipient from receiving, or the sender from sending. Here a role is taken at
// its word, but for a sender, who is barred from receiving too where nobody is named IRCP.
func (c *leg) bars(actors []actor, d direction) bool {
	n := c.naming(actors)
	return n.mayReceive(d.to) || n.sends&d.from&(agencySide|referrerSide) != 0
}

// stance is what one Consent says about one direction at one moment.
type stance int

const (
	silent stance = iota
	permits
	expired
	denies
)

// stanceOf reads a Consent for a direction and content. Labelled content needs its recipient by name: an open consent does not do for it, and
// neither does one that lacks a required element. A nested deny wins.
//
// Source: FHIR R4, consent.html, provision.type; local, who may receive
func (c *leg) stanceOf(f *consentFact, d direction, it *content, at time.Time) stance {
	if f.Status != "active" || !f.Privacy {
		return silent
	}
	root, named := &f.Rule, it.labelled()
	sound := c.given(f) && (!named || len(c.lacks(f, d)) == 0)
	if root.Denies && root.hits(it) && (len(root.Actors) == 0 || c.bars(root.Actors, d)) {
		if !root.during(at) {
			return silent
		}
		return c.exception(root, d, it, at).orDenied(sound)
	}
	mine := c.names(root.Actors, d, named)
	for i := range root.Nested {
		n := &root.Nested[i]
		if n.Denies && n.during(at) && n.hits(it) && (c.bars(n.Actors, d) || len(n.Actors) == 0 && (mine || len(root.Actors) == 0)) {
			return denies
		}
	}
	if !sound {
		return silent
	}
	open := len(root.Actors) == 0 && !root.Denies && !hasPermits(root.Nested) && !named && d != onward
	switch {
	case root.Denies || !mine && !open || !root.covers(it):
		return c.exception(root, d, it, at).orSilent()
	case at.Before(root.From):
		return silent
	case root.during(at):
		return permits
	}
	return expired
}

// exception reads the nested permits of a rule that does not permit by itself.
func (c *leg) exception(p *provision, d direction, it *content, at time.Time) stance {
	found := denies
	for i := range p.Nested {
		n := &p.Nested[i]
		if n.Denies || !n.covers(it) || !c.names(n.Actors, d, it.labelled()) && !(len(n.Actors) == 0 && c.names(p.Actors, d, it.labelled())) {
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
func (s stance) orSilent() stance {
	if s == denies {
		return silent
	}
	return s
}

// orDenied leaves of an exception to a deny what a sound Consent may say.
func (s stance) orDenied(sound bool) stance {
	if !sound {
		return denies
	}
	return s
}

func hasPermits(list []provision) bool {
	return slices.ContainsFunc(list, func(p provision) bool { return !p.Denies && len(p.Actors) > 0 })
}

// given reports a Consent of this person's, given by the person or a representative where it says by whom.
//
// Source: local, performer is the person or a lawful representative
func (c *leg) given(f *consentFact) bool {
	return !c.r.foreign(f.Patient) && (len(f.By) == 0 || slices.ContainsFunc(f.By, c.mayGive))
}

// mayGive reports whether a performer may be the person or a representative. Somebody elsewhere cannot be looked up, and is believed.
func (c *leg) mayGive(by string) bool {
	return by == c.r.subject || strings.HasPrefix(by, "Patient/") || strings.HasPrefix(by, "RelatedPerson/") ||
		!strings.HasPrefix(by, "Organization/") && !strings.HasPrefix(by, "Practitioner")
}

// lacks names the written elements of a consent to disclose 42 CFR Part 2 content that a Consent does not have. What a form says that is attached
// to it cannot be read, and does not count. The right to revoke is a matter of the form.
//
// Source: 42 CFR 2.31(a): name of the patient, who discloses, what, to whom, purpose, expiry, signature and date
func (c *leg) lacks(f *consentFact, d direction) []string {
	var missing []string
	need := func(there bool, what string) {
		if !there {
			missing = append(missing, what)
		}
	}
	rules := append([]provision{f.Rule}, f.Rule.Nested...)
	any := func(holds func(*provision) bool) bool {
		return slices.ContainsFunc(rules, func(p provision) bool { return !p.Denies && holds(&p) })
	}
	need(f.Patient != "", "the person's name")
	need(slices.ContainsFunc(f.Custodians, func(ref string) bool { return c.sideOf(ref)&d.from != 0 }) ||
		any(func(p *provision) bool { return c.discloses(p.Actors, d) }), "who may disclose")
	need(any(func(p *provision) bool { return len(p.Classes)+len(p.Codes)+len(p.Labels)+len(p.Data) > 0 }), "what may be disclosed")
	need(any(func(p *provision) bool { return c.hears(p.Actors, d) }), "to whom, by name")
	need(any(func(p *provision) bool { return len(p.Purposes) > 0 }), "the purpose")
	need(any(func(p *provision) bool { return !p.To.IsZero() }), "when it ends")
	need(len(f.By) > 0 && !f.Given.IsZero(), "who signed it and when")
	return missing
}

// discloses reports whether a rule names the sender of a direction as one who sends.
func (c *leg) discloses(actors []actor, d direction) bool {
	return slices.ContainsFunc(actors, func(a actor) bool { return a.Part == sender && c.sideOf(a.Ref)&d.from != 0 })
}

// hears reports whether a rule names the recipient of a direction as one who receives.
func (c *leg) hears(actors []actor, d direction) bool {
	n := c.naming(actors)
	return n.mayReceive(d.to)
}
