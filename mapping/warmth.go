package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// communicationWarmth is what a Communication says beside being a contact.
type communicationWarmth struct {
	Language  string
	Received  time.Time
	Documents bool   // it carries documents
	Waived    string // why it was left undone on purpose, in words
	Barriers  []string
}

func (s Settings) readCommunicationWarmth(r *fhir.Resource) communicationWarmth {
	w := communicationWarmth{
		Language: r.Get("language").Text(),
		Received: s.instant(r.Get("received")),
		Barriers: barriersOf(codings(r.Get("reasonCode"))),
	}
	for p := range r.Get("payload").All() {
		w.Documents = w.Documents || strings.HasPrefix(s.ref(p.Get("contentReference")), "DocumentReference/")
	}
	if r.Get("status").Text() != "not-done" {
		return w
	}
	reasons := codings(r.Get("statusReason"))
	for _, row := range waivers {
		if w.Waived == "" && anyIs([]Coding{row.Coding}, reasons) {
			w.Waived = row.words
		}
	}
	return w
}

func barriersOf(read []Coding) []string {
	var list []string
	for _, row := range barrierCodes {
		if anyIs([]Coding{row.Coding}, read) && !slices.Contains(list, row.barrier) {
			list = append(list, row.barrier)
		}
	}
	return list
}

func (c *leg) mark(m workflow.Mark) { c.ledger.Marks = append(c.ledger.Marks, m) }

// together are the kinds of marks for which it matters who took part.
var together = []string{workflow.Precall, workflow.Introduction, workflow.HeardTogether, workflow.Accompanied}

// toldPerson are those that have to reach the person.
var toldPerson = []string{workflow.PlanGiven, workflow.CheckIn, workflow.ReadBack, workflow.BarriersAsked}

// warmth adds what a Communication shows of the elements of warmth: by its category what was done, or why it was left undone on purpose. What
// went to the agency in writing was sent, and shows nothing else.
//
// Source: local, urn:warmhandoff:element; shown is what names who, when and how
func (c *leg) warmth(h *History, v *Version, m *communicationFact, at time.Time) {
	one := workflow.Mark{At: at, End: m.warm.Received, Mode: m.mode(), By: m.by(v), Language: m.warm.Language, Source: v.source(h.Key)}
	if v.Own {
		return
	}
	if m.Status == "not-done" && m.warm.Waived != "" {
		one.Waived = m.warm.Waived
		c.marks(one, m.Elements)
		return
	}
	if m.Status != "completed" {
		return
	}
	c.sent(one, m)
	if r, ok := m.result(); ok && (r == workflow.NotReached || r == workflow.WrongNumber || r == workflow.LeftMessage) {
		return
	}
	if one.Status = workflow.Shown; m.Sender == "" || m.At.IsZero() {
		one.Status, one.Lacks = workflow.Stated, "nobody said who, or when"
	}
	for _, kind := range m.Elements {
		if !slices.Contains(elements, kind) {
			continue
		}
		k := one
		k.Element = kind
		switch {
		case slices.Contains(together, kind):
			k.Present = c.present(append([]string{m.Sender}, m.To...))
		case slices.Contains(toldPerson, kind) && !c.toPerson(m):
			k.Status, k.Lacks = workflow.Stated, "not addressed to the person"
		}
		c.mark(k)
	}
	for _, b := range m.warm.Barriers {
		c.mark(workflow.Mark{Element: workflow.Barrier, About: b, At: at, Source: one.Source})
	}
}

// marks adds one mark for each of the kinds.
func (c *leg) marks(m workflow.Mark, kinds []string) {
	for _, kind := range kinds {
		if slices.Contains(elements, kind) {
			m.Element = kind
			c.mark(m)
		}
	}
}

// sent adds that something reached the agency in writing.
func (c *leg) sent(m workflow.Mark, f *communicationFact) {
	written := len(f.Media) > 0 && !slices.Contains(liveMedia, m.Mode)
	arrived := f.warm.Documents && !f.warm.Received.IsZero()
	if !written && !arrived || !c.anyOfAgency(f.To) {
		return
	}
	if m.Element = workflow.PackageSent; arrived {
		m.Element, m.At, m.Status, m.Lacks = workflow.PackageReceived, f.warm.Received, workflow.Stated, "it arrived; nobody shows that it was read"
	}
	c.mark(m)
}

// mode gives how people communicated: a live medium before a written one.
func (m *communicationFact) mode() string {
	for _, code := range m.Media {
		if slices.Contains(liveMedia, code) {
			return code
		}
	}
	if len(m.Media) > 0 {
		return m.Media[0]
	}
	return ""
}

// by gives whose doing a Communication was: who sent it, or whom the person told, else who wrote it down.
func (m *communicationFact) by(v *Version) string {
	isPerson := strings.HasPrefix(m.Sender, "Patient/") || strings.HasPrefix(m.Sender, "RelatedPerson/")
	switch {
	case m.Sender != "" && !isPerson:
		return m.Sender
	case isPerson && len(m.To) > 0:
		return m.To[0]
	}
	return v.Party
}

// present says who of those named took part: a worker has to be named, an organization is nobody.
func (c *leg) present(refs []string) workflow.Present {
	var p workflow.Present
	for _, ref := range refs {
		switch kind, _, _ := strings.Cut(ref, "/"); {
		case kind == "Patient":
			p.Person = p.Person || c.isSubject(ref)
		case kind == "RelatedPerson" && slices.Contains(c.r.family(), ref):
			p.Family = true
		case kind == "RelatedPerson":
			p.Others = true
		case kind == "Location" || kind == "HealthcareService":
			p.Place = true
		case kind != "Practitioner" && kind != "PractitionerRole":
		case c.isAgency(ref):
			p.Worker = true
		case c.r.isGuide(ref):
			p.Guide = true
		}
	}
	return p
}

// isGuide reports a navigator, or somebody of the referrer's or of ours.
func (q *reading) isGuide(ref string) bool {
	return q.guides.Has(ref) || ref == q.requester || q.worksFor(ref, q.requester) || q.worksFor(ref, q.s.Self)
}

// family gives whom of their family the person chose to take part: those whom an active Consent of theirs permits by name.
//
// Source: FHIR R4, consent.html, provision.actor; local, nobody beyond the person is told anything without the person's choice
func (q *reading) family() []string {
	var list []string
	for _, h := range q.consents {
		n := h.newest()
		if n == nil || n.Deleted || n.Fact == nil || n.Fact.Consent == nil || n.Fact.Consent.Status != "active" {
			continue
		}
		list = n.Fact.Consent.Rule.relatives(list)
	}
	return list
}

func (p *provision) relatives(list []string) []string {
	for _, a := range p.Actors {
		if p.Kind == permit && strings.HasPrefix(a.Ref, "RelatedPerson/") {
			list = append(list, a.Ref)
		}
	}
	for i := range p.Nested {
		list = p.Nested[i].relatives(list)
	}
	return list
}

// modeOf gives how people met at an encounter of a class.
//
// Source: HL7 v3-ActCode, ActEncounterCode
func modeOf(class string) string {
	if class == workflow.Virtual {
		return workflow.Virtual
	}
	return "FACE"
}

// introduced adds the introduction that was held as a meeting.
func (c *leg) introduced(h *History, v *Version, e *encounterFact) {
	m := workflow.Mark{
		Element: workflow.Introduction, Status: workflow.Shown, At: e.Start.At, End: e.End, Mode: modeOf(e.Class),
		Present: c.present(append([]string{v.Fact.Subject}, e.People...)), Source: v.source(h.Key),
	}
	if e.Start.IsZero() {
		m.Status, m.Lacks = workflow.Stated, "nobody said when"
	}
	c.mark(m)
}

// attended adds who took part in a visit, where somebody known did. Where the person met a worker of the agency there with somebody of the referrer's,
// that was the introduction, too.
//
// Source: local, seed A16 and the last paragraph of seed A: introduced at the time of the first visit
func (c *leg) attended(v *Version, e *encounterFact, s *workflow.Sign) {
	if s.Taken || s.Grade != workflow.GradeA && s.Grade != workflow.GradeB || !slices.ContainsFunc(e.People, c.r.isGuide) {
		return
	}
	m := workflow.Mark{Element: workflow.VisitHeld, Status: workflow.Shown, At: s.At.At, End: e.End, Mode: modeOf(e.Class), Present: workflow.Present{Guide: true}, Source: s.Source}
	c.mark(m)
	if met := c.present(append([]string{v.Fact.Subject}, e.People...)); met.Person && met.Worker && met.Guide && !s.At.IsZero() {
		m.Element, m.Present = workflow.IntroducedThere, met
		c.mark(m)
	}
}

// appointmentWarmth is what an Appointment says beside its time.
type appointmentWarmth struct {
	Language    string
	Plan        bool     // it tells the person what to do
	Interpreter bool     // one has accepted to take part
	Barriers    []string // why it was cancelled
}

func (s Settings) readAppointmentWarmth(r *fhir.Resource) appointmentWarmth {
	w := appointmentWarmth{Language: r.Get("language").Text(), Plan: r.Get("patientInstruction").Text() != ""}
	for p := range r.Get("participant").All() {
		w.Interpreter = w.Interpreter || p.Get("status").Text() == "accepted" && anyIs([]Coding{translator}, codings(p.Get("type")))
	}
	for _, c := range codings(r.Get("cancelationReason")) {
		if c.Code == "pat-lt" {
			w.Barriers = []string{"transport"}
		}
	}
	return w
}

// planned adds what an appointment does for the person: it says what comes next, with whom and where; an interpreter is there; or what stood in
// the way of it.
//
// Source: FHIR R4, appointment.html, patientInstruction; HL7 appointment-cancellation-reason, pat-lt
func (c *leg) planned(a *appointmentFact, b *workflow.Booking) {
	m := workflow.Mark{At: b.Made, Source: b.Source, Language: a.warm.Language, Status: workflow.Shown}
	for _, barrier := range a.warm.Barriers {
		m.Element, m.About = workflow.Barrier, barrier
		c.mark(m)
	}
	if b.Status != workflow.Booked {
		return
	}
	if a.warm.Interpreter {
		m.Element, m.About = workflow.BarrierMet, "interpreter"
		c.mark(m)
	}
	if !a.warm.Plan {
		return
	}
	m.Element, m.About, m.Present = workflow.PlanWritten, "", c.present(a.Actors)
	if !m.Present.Place || !m.Present.Worker {
		m.Status, m.Lacks = workflow.Stated, "it does not say where, or whom they will meet"
	}
	c.mark(m)
}

// requestWarmth is what a ServiceRequest says beside asking.
type requestWarmth struct {
	Language string
	Plan     bool // it tells the person what to do
	Step     bool // it says from what kind of support to what other the person goes
}

func (s Settings) readRequestWarmth(r *fhir.Resource) requestWarmth {
	w := requestWarmth{Language: r.Get("language").Text(), Plan: r.Get("patientInstruction").Text() != ""}
	for _, element := range []string{"category", "code", "reasonCode", "encounter"} {
		w.Step = w.Step || r.Get(element).Exists()
	}
	return w
}

// instructed adds what the request itself says to the person.
func (c *leg) instructed() {
	c.ledger.NoStep = !c.r.request.warm.Step
	n := c.r.r.Request.newest()
	if !c.r.request.warm.Plan || n == nil || n.Deleted {
		return
	}
	c.mark(workflow.Mark{
		Element: workflow.PlanWritten, Status: workflow.Stated, At: n.Received, Language: c.r.request.warm.Language,
		Lacks: "written down; nobody shows that the person has it", Source: n.source(c.r.r.Request.Key),
	})
}
