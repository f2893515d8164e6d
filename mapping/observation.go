package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// observationFact is what an Observation that attests a visit says; others say nothing.
type observationFact struct {
	Attests    bool
	Status     string
	Result     workflow.Saying
	At         workflow.Moment
	Issued     workflow.Moment
	Performers []string
	Focus      []string
	Barrier    string // what it says stands in the way of a visit
}

func (s Settings) readObservation(r *fhir.Resource, f *Fact) {
	s.readSubject(r, f)
	f.About = s.refs(r.Get("basedOn"))
	o := &observationFact{Status: r.Get("status").Text(), Attests: anyIs([]Coding{firstVisit}, codings(r.Get("code")))}
	f.Observation = o
	if !o.Attests {
		o.Barrier = barrierOf(r)
		return
	}
	o.At = s.choiceMoment(r, "effective")
	o.Issued = s.moment(r.Get("issued"))
	o.Performers = s.refs(r.Get("performer"))
	o.Focus = s.refs(r.Get("focus"))
	for _, code := range codesOf(codings(r.Get("valueCodeableConcept")), SystemVisitResult) {
		if slices.Contains(visitResults, workflow.Saying(code)) {
			o.Result = workflow.Saying(code)
		}
	}
}

// verified are the statuses of an Observation that stands as it is.
//
// Source: FHIR R4, http://hl7.org/fhir/observation-status: registered and preliminary are not verified
var verified = []string{"final", "amended", "corrected"}

func (o *observationFact) final() bool { return slices.Contains(verified, o.Status) }

func observationInError(f *Fact) bool {
	return f.Observation.Status == "entered-in-error" || f.Observation.Status == "cancelled"
}

// observation adds what somebody attests about a visit: a worker of the agency (C), the person or somebody of theirs (D), a navigator who was
// there or decides between items (C); another's word is a claim, and asks to be confirmed.
//
// Source: local, evidence rule, grades C and D; a navigator's Observation
func (c *leg) observation(h *History) {
	only, bare := c.witnessed(h)
	v, taken := only.live(observationInError)
	if v == nil || !v.Fact.Observation.Attests || v.Fact.Observation.Result == "" {
		if v != nil && !taken {
			c.barrier(h, v)
		}
		return
	}
	o := v.Fact.Observation
	if c.another(v, o.Performers...) {
		return
	}
	r := &record{typ: "Observation", h: h, v: v, taken: taken, bare: bare, by: o.Performers, at: o.At, voice: c.voice(v, o)}
	var decides []string
	r.booking, decides = c.focus(o, r.voice)
	r.decides = len(decides) > 0
	r.place = c.attestedBy(v, o, r.voice)
	s := c.sign(r, false)
	s.Says, s.Decides, s.Voice = o.Result, decides, r.voice
	if !o.Issued.IsZero() && !o.Issued.At.After(v.Received) {
		s.Said = o.Issued.At
	}
	if !c.concerns(o, s) {
		return
	}
	if s.Grade == workflow.GradeX {
		c.ledger.Signs = append(c.ledger.Signs, s)
		c.overwritten(only, &s, observationInError)
		return
	}
	if s.Voice == workflow.Guide {
		s.Voice = workflow.Staff
	}
	if len(s.Decides) > 0 {
		s.Note = "a human's decision"
	}
	if s.Says != workflow.Came {
		s.Grade, s.Asks, s.Borrows = "", false, ""
		if s.Voice == workflow.Claimed || !o.final() {
			return
		}
	}
	c.ledger.Signs = append(c.ledger.Signs, s)
}

// attestedBy says whose an attestation is: the referrer's side is nobody who can say it, unless it is a navigator.
func (c *leg) attestedBy(v *Version, o *observationFact, voice workflow.Voice) place {
	switch {
	case c.house && voice == workflow.Staff:
		return c.placeOf("", o.Performers, v, about(o.At, v.Received))
	case voice == workflow.Claimed && slices.ContainsFunc(o.Performers, c.referrersSide) && !c.anyGuide(o.Performers):
		return placeReferrer
	}
	return placeAgency
}

// voice says whose word an attestation is. What the person wrote is their own word, whomever it names.
func (c *leg) voice(v *Version, o *observationFact) workflow.Voice {
	if v.Role == workflow.Person {
		return workflow.Self
	}
	for _, p := range o.Performers {
		if strings.HasPrefix(p, "Patient/") || strings.HasPrefix(p, "RelatedPerson/") {
			return workflow.Self
		}
	}
	if c.anyOfAgency(o.Performers) {
		return workflow.Staff
	}
	guide := v.Role == workflow.Navigator || v.Role == workflow.Supervisor || v.Role != workflow.Agency && v.Role != workflow.Feed && c.anyGuide(o.Performers)
	switch {
	case guide && (len(c.items(o.Focus)) > 0 || c.accompanied(o)):
		return workflow.Guide
	case guide:
		return workflow.Claimed
	case v.Role == workflow.Agency && c.isAgency(v.Party) && !slices.ContainsFunc(o.Performers, c.isAnothers):
		return workflow.Staff
	}
	return workflow.Claimed
}

// isAnothers reports another organization than the agency, or somebody who is known to work for another.
func (c *leg) isAnothers(ref string) bool {
	return !c.isAgency(ref) && (strings.HasPrefix(ref, "Organization/") || c.r.r.Orgs != nil && len(c.r.r.Orgs(ref)) > 0)
}

// focus splits what an attestation points at: its appointment, and, for somebody who may decide, the items that it decides between.
func (c *leg) focus(o *observationFact, voice workflow.Voice) (booking string, decides []string) {
	for _, ref := range o.Focus {
		if booking == "" && slices.Contains(c.bookings, ref) {
			booking = ref
		}
	}
	if items := c.items(o.Focus); voice == workflow.Guide || voice == workflow.Staff && len(items) > 1 {
		decides = items
	}
	return booking, decides
}

// items gives, of what an attestation points at, what there is to decide about: an appointment or a record of this referral, and this leg's Task where it
// claims or denies a visit.
//
// Source: ruling 24, where focus names what it decides between
func (c *leg) items(focus []string) []string {
	return slices.DeleteFunc(slices.Clone(focus), func(ref string) bool {
		if ref == c.ledger.Leg {
			return !slices.ContainsFunc(c.ledger.Signs, func(s workflow.Sign) bool { return resourceOf(s.Source) == ref })
		}
		typ := typeOfKey(ref)
		return !slices.Contains(deciding, typ) || !slices.ContainsFunc(c.r.r.Others, func(h History) bool { return h.Key == ref })
	})
}

// deciding are the types that may say that somebody came, or did not.
var deciding = []string{"Appointment", "Encounter", "Procedure", "Observation"}

// concerns reports whether an attestation is about this leg, where several agencies were asked: it is the agency's own, or it points at
// something of this leg, or it is about a day on which this leg had a visit booked.
func (c *leg) concerns(o *observationFact, s workflow.Sign) bool {
	if c.elsewhereIn(o.Focus) {
		return false
	}
	if c.alone(about(o.At, s.Said)) || c.anyOfAgency(o.Performers) || s.Booking != "" || slices.Contains(o.Focus, c.ledger.Leg) {
		return true
	}
	if s.Voice == workflow.Staff && !c.r.anyGuide(o.Performers) {
		return true
	}
	for i := range c.ledger.Bookings {
		if b := &c.ledger.Bookings[i]; !o.At.IsZero() && sameDay(b.Start, o.At.At, c.s.zone()) {
			return true
		}
	}
	return false
}

func (c *leg) anyGuide(refs []string) bool { return c.r.anyGuide(refs) }

func (q *reading) anyGuide(refs []string) bool {
	return slices.ContainsFunc(refs, q.guides.Has)
}

// accompanied reports that a navigator was with the person on the day that an attestation is about.
func (c *leg) accompanied(o *observationFact) bool {
	for i := range c.ledger.Marks {
		m := &c.ledger.Marks[i]
		if m.Element == "accompanied" && m.Status != "stated" && (o.At.IsZero() || sameDay(m.At, o.At.At, c.s.zone())) {
			return true
		}
	}
	return false
}
