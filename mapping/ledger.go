package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// Referral is all that belongs to one ServiceRequest, gathered from the store.
type Referral struct {
	Request History
	Tasks   []History // every Task whose focus or basedOn is the request
	Others  []History // Appointment, Encounter, Procedure, Observation, Communication, Consent, Patient

	Requests []History // the agencies' own requests, which fill this one
	Groups   []History // households that it is about
	Unclear  []string  // what names it by an identifier that other requests carry too: "Encounter/e1"
	At       time.Time // when it is read: who is in a household by then
	// Orgs gives the organizations that somebody works for or that a party belongs to: of a PractitionerRole, a Practitioner, an
	// Organization that is part of another. nil knows of none.
	Orgs Orgs
	// Known reports whether a party is stored here. nil takes whoever is named by a reference into this store for stored.
	Known func(ref string) bool
	// Alike are other requests of the person for the same service, made at about the same time.
	Alike []Alike
	// RelativeOf gives whose relative a RelatedPerson is, "" where that is not known. nil knows of none.
	RelativeOf func(ref string) string
	// Rivals are appointments of the person's other referrals. They are there where a record of the person names neither request nor appointment.
	Rivals []Rival
}

// Read is a referral as the workflow sees it.
type Read struct {
	Followed bool   // asks for something to be done, now or once
	Final    bool   // the referrer ended or completed the request
	Subject  string // "Patient/p1"
	Legs     []Leg  // those that are a leg first, then households, then ours above agencies
	Missing  []Missing
	Given    bool // the owner of a Task was changed
}

// Ledgers reads a referral: one leg for each fulfilment Task. A request that never asked for anything, because it was a draft, on hold, or over
// when it first came, has none.
func (s Settings) Ledgers(r *Referral) Read {
	q := newReading(s, r)
	out := Read{Followed: q.followed, Final: q.final, Subject: q.subject}
	if !q.followed {
		return out
	}
	for _, shape := range []Shape{Single, Household, Parent} {
		for i := range q.tasks {
			if q.tasks[i].shape != shape {
				continue
			}
			t := &q.tasks[i]
			for _, x := range t.legs() {
				if l, ok := q.leg(t, x); ok {
					out.Legs = append(out.Legs, l)
				}
			}
		}
	}
	out.Missing = q.missing()
	out.Given = slices.ContainsFunc(q.tasks, func(t task) bool { return t.given() })
	return out
}

// reading is what all legs of a referral share.
type reading struct {
	s          Settings
	r          *Referral
	followed   bool
	final      bool
	void       time.Time
	voidSource string
	withdrawn  workflow.Withdrawal
	subject    string
	person     person // everybody that subject is
	patients   []*History
	requester  string
	received   time.Time
	came       time.Time // when it first asked for anything
	revised    []time.Time
	request    *requestFact
	part2      bool
	labels     []string              // of the request
	named      []string              // Consents that the request names
	origins    []string              // the encounters at which the person was referred
	consents   []*History            // of the person
	everybodys []*History            // and of others who are here
	sayings    []*History            // Provenances on those Consents
	guides     distinct.List[string] // known navigators
	asked      []asking
	tasks      []task
	at         *index              // where the referral is large
	joins      map[string]*joining // of the records of people; nil where none was joined with another
}

func newReading(s Settings, r *Referral) *reading {
	q := &reading{s: s, r: r, guides: distinct.Of(s.Navigators...), at: newIndex(r)}
	for i := range r.Request.Versions {
		q.hear(&r.Request.Versions[i])
	}
	q.noteDeletion(&r.Request)
	for i := range r.Others {
		h := &r.Others[i]
		switch {
		case strings.HasPrefix(h.Key, "Consent/"):
			q.consents = append(q.consents, h)
		case strings.HasPrefix(h.Key, "Patient/"):
			q.patients = append(q.patients, h)
		case strings.HasPrefix(h.Key, "Provenance/"):
			q.sayings = append(q.sayings, h)
		}
		q.meet(h)
	}
	q.readTasks()
	for i := range r.Tasks {
		q.meet(&r.Tasks[i])
	}
	q.joins = joinings(q.patients)
	q.person = q.personOf(q.subject)
	q.everybodys = q.consents
	q.consents = q.consentsOf()
	q.knowTeams()
	q.settleTenures()
	q.knowAsked()
	return q
}

// somebodys reports a Consent no version of which was this person's.
func (q *reading) somebodys(h *History) bool {
	return !slices.ContainsFunc(h.Versions, func(v Version) bool { return v.Fact != nil && !q.foreign(v.Fact.Subject) })
}

// consentsOf leaves out the Consents of others.
func (q *reading) consentsOf() []*History {
	if q.at != nil && len(q.everybodys) > distinct.Few && strings.HasPrefix(q.subject, "Patient/") {
		return q.consentsFor()
	}
	if !slices.ContainsFunc(q.everybodys, q.somebodys) {
		return q.everybodys
	}
	return slices.DeleteFunc(slices.Clone(q.everybodys), q.somebodys)
}

// hear reads one version of the request.
func (q *reading) hear(v *Version) {
	if v.silent() || v.Fact.Request == nil {
		return
	}
	f := v.Fact.Request
	if q.received.IsZero() {
		q.received = v.Received
	} else if f.asks() && v.Role != workflow.Agency {
		q.revised = append(q.revised, v.Received)
	}
	if !q.followed && f.asks() {
		q.came = v.Received
	}
	q.followed = q.followed || f.asks()
	q.request, q.requester = f, f.Requester
	if q.subject == "" || !v.Fact.Ends() {
		q.subject = v.Fact.Subject
	}
	q.part2, q.labels = v.Fact.Part2, v.Fact.Labels
	if f.Encounter != "" && !slices.Contains(q.origins, f.Encounter) {
		q.origins = append(q.origins, f.Encounter)
	}
	q.named = q.named[:0]
	for _, ref := range f.Supporting {
		if strings.HasPrefix(ref, "Consent/") {
			q.named = append(q.named, ref)
		}
	}
	q.final = f.Status == "completed" || f.Status == "revoked"
	source := v.source(q.r.Request.Key)
	switch {
	case f.Status == "revoked" && q.withdrawn.At.IsZero() && q.followed:
		q.withdrawn = workflow.Withdrawal{At: v.Received, Source: source}
	case f.Status != "revoked":
		q.withdrawn = workflow.Withdrawal{}
	}
	q.void = time.Time{}
	if f.Status == "entered-in-error" && q.followed {
		q.void, q.voidSource = v.Received, source
	}
}

// noteDeletion notes a request that was followed and is deleted.
func (q *reading) noteDeletion(h *History) {
	if v := h.deletion(); v != nil && q.followed {
		q.void, q.voidSource = v.Received, v.source(h.Key)
	}
}

// meet learns who is a navigator: whoever wrote something here in that part.
func (q *reading) meet(h *History) {
	for i := range h.Versions {
		v := &h.Versions[i]
		if (v.Role == workflow.Navigator || v.Role == workflow.Supervisor) && v.Party != "" {
			q.guides.Put(v.Party)
		}
	}
}

// ended reports a Task whose agency is asked no more.
func ended(s workflow.Status) bool {
	return s.Terminal() && s != workflow.TaskCompleted
}

// IsEnd reports a status that ends a Task in its parties' words. Completed is a claim.
func IsEnd(s workflow.Status) bool { return ended(s) }

// others gives the agencies of the other legs, ended ones among them.
func (q *reading) others(agency string) []string {
	var list []string
	for i := range q.tasks {
		t := &q.tasks[i]
		if t.shape == Parent {
			continue
		}
		for k := range t.all {
			if x := &t.all[k]; x.owner != "" && x.owner != agency && (x.former || k == len(t.all)-1) {
				list = append(list, x.owner)
			}
		}
	}
	return list
}

// worksFor reports whether somebody works for an organization.
func (q *reading) worksFor(who, org string) bool {
	if org == "" || q.r.Orgs == nil {
		return false
	}
	mine := q.orgsOf(org)
	for _, o := range q.r.Orgs(who) {
		if o == org || slices.Contains(mine, o) {
			return true
		}
	}
	return false
}

func (q *reading) orgsOf(ref string) []string {
	if q.r.Orgs == nil || strings.HasPrefix(ref, "Organization/") {
		return nil
	}
	return q.r.Orgs(ref)
}

// leg is the work on one leg.
type leg struct {
	s                     Settings
	r                     *reading
	ledger                *workflow.Ledger
	agency                string
	partner               Partner
	task                  string // "Task/t1"
	outputs               []string
	bookings, theirs      []string // appointments of this leg, and of others
	encounters, documents []string // and its encounters, and the documents of its package
	part2                 bool

	owners, referrers []string // the two sides of the leg, now and once
	house             bool     // both sides are one organization

	request   string // the agency's own request, "ServiceRequest/sr2"; "" where it is the referrer's
	explicit  bool   // what is being read names that request: it can only be this leg's
	household string // the Task of the household of which this is one member's; "" none

	entry  *task   // the Task, as it is read once
	tenure *tenure // the part of it that is this leg's
}

// leg reads one tenure of a fulfilment Task and all that was said about it.
func (q *reading) leg(t *task, x *tenure) (Leg, bool) {
	h, whole := t.h, q
	if q = q.around(t); q == nil {
		return Leg{}, false
	}
	out := Leg{Task: h.ID(), Agency: x.owner, Requester: q.requester, Number: x.number, Former: x.former}
	l := &out.Ledger
	c := q.about(t, x)
	c.ledger, out.Part2 = l, c.part2
	*l = workflow.Ledger{Leg: h.Key, Agency: x.owner, Urgency: q.request.Urgency, Authored: q.request.Authored, Withdrawn: q.withdrawn, Revised: q.revised}
	l.Received = later(q.received, h.Versions[0].Received)
	if x.number > 1 {
		l.Received = later(q.received, x.began(h).Received)
	}
	if l.Authored.IsZero() {
		l.Authored = firstHeard(t.fact.Authored, q.received, h.Versions[0].Received)
	}
	if q.came.Before(l.Authored) { // it was not written down after it came
		l.Authored = q.came
	}
	l.Words = whole.wordsOf(t, x)
	if x.former {
		l.Withdrawn, l.Revised = workflow.Withdrawal{}, nil // what becomes of the request is no business of theirs any more
	} else {
		l.NotUnderstood = whole.notUnderstood(t)
	}
	c.place(whole, t, &out)
	out.Shape = t.shapeIn(x)
	if !q.void.IsZero() {
		l.Words = append(l.Words, workflow.Word{Status: workflow.TaskInError, Said: q.void, Received: q.void, Reason: workflow.EnteredInError, Source: q.voidSource})
	}
	if whole.forAnother(t) {
		c.shutFor()
		c.navigator()
		l.Told = q.told(out.Name())
		return out, true
	}
	if out.Shape != Single {
		l.Above = true
		l.Words = workflow.Idle(l.Words)
		l.Told = q.told(out.Name())
		c.navigator()
		return out, true
	}
	l.Signs = taskSigns(h, x.low, x.high, l.Words)
	c.jointSigns(whole.joint(t))
	c.gates()
	c.navigator()
	c.parties(h)
	c.others()
	l.Person.Unsafe, l.Death = q.unsafe(), q.death()
	l.CancelAsks, l.Twins = q.cancelAsks(h, x.low, x.high), q.twins(x.owner)
	l.Told = q.told(out.Name())
	c.instructed()
	c.helped()
	c.settleDays()
	return out, true
}

// firstHeard gives the time of a referral whose request has no date: that of its Task, else when either of them first came.
//
// Source: local, ruling 35
func firstHeard(authored, request, task time.Time) time.Time {
	switch {
	case !authored.IsZero():
		return authored
	case request.IsZero() || task.Before(request):
		return task
	}
	return request
}

// about begins the work on a leg: who is asked, and what was agreed with them.
func (q *reading) about(t *task, x *tenure) *leg {
	c := &leg{s: q.s.At(x.owner), r: q, agency: x.owner, partner: q.s.Partners[x.owner], outputs: x.outputs(t.h), task: t.h.Key, entry: t, tenure: x}
	c.part2 = q.concernsPart2(x.owner)
	return c
}

// settleDays makes whole days those of the agency's site. A date is read before it is known whose leg it belongs to.
//
// Source: local, days are those of the receiving site; a date without time means the whole local day
func (c *leg) settleDays() {
	from, to := c.r.s.zone(), c.s.zone()
	if from == to {
		return
	}
	for i := range c.ledger.Signs {
		if at := &c.ledger.Signs[i].At; at.Day {
			y, m, d := at.At.In(from).Date()
			at.At = workflow.Midnight(y, m, d, to)
		}
	}
}

// liveTask returns what a Task says, nil for one that is deleted.
func liveTask(h *History) *taskFact {
	if h.deletion() != nil {
		return nil
	}
	return lastTask(h)
}

// lastTask gives what the newest version that is not a deletion says.
func lastTask(h *History) *taskFact {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if f := h.Versions[i].Fact; f != nil && f.Task != nil {
			return f.Task
		}
	}
	return nil
}

// readFirst and readLast are the types that others lean on, and that lean on others: an attestation leans on who accompanied, a visit record on
// the appointment that it names, an audit on the document that was read, answers on the encounter that they are about.
var (
	readFirst = []string{"Communication", "Appointment"}
	readLast  = []string{"AuditEvent", "QuestionnaireResponse"}
)

// others reads everything but the Task.
func (c *leg) others() {
	some, all := c.whose()
	n := len(some)
	if all {
		n = len(c.r.r.Others)
	}
	for pass := range 3 {
		for i := range n {
			if !all {
				i = some[i]
			}
			h := &c.r.r.Others[i]
			typ, _, _ := strings.Cut(h.Key, "/")
			if passOf(typ) != pass || len(h.Versions) == 0 {
				continue
			}
			if read, ok := ledgerReaders[typ]; ok {
				c.read(h, read)
			}
		}
	}
}

// read reads one resource.
func (c *leg) read(h *History, read func(*leg, *History)) {
	l := c.ledger
	c.explicit = h.Of != "" && h.Of == c.request
	if h.Of != "" && !c.explicit && !slices.Contains(c.outputs, h.Key) || c.apart(h) {
		return // what names another agency's request counts here only where this Task hands it over as its own result
	}
	if c.entry.shared() && !c.claims(h) {
		return
	}
	signs, bookings, holds, contacts, marks := len(l.Signs), len(l.Bookings), len(l.Holds), len(l.Contacts), len(l.Marks)
	if !strings.HasPrefix(h.Key, "Patient/") {
		h = c.heard(h)
	}
	gone := c.moved(c.spokenOf(h))
	if gone != nil {
		h = gone
	}
	read(c, h)
	if c.joint(h) {
		unsure(l.Signs[signs:])
	}
	if gone != nil || c.undone(h) {
		c.takeBack(signs, bookings, holds, contacts, marks)
	}
}

// claims reports that a resource belongs to this tenure of the leg's Task, as far as that is told apart.
func (c *leg) claims(h *History) bool {
	x := c.r.tenureOf(c.entry, h)
	if x == nil || x == c.tenure {
		return true
	}
	if strings.HasPrefix(h.Key, "Appointment/") {
		c.theirs = append(c.theirs, h.Key)
	}
	return false
}

func passOf(typ string) int {
	switch {
	case slices.Contains(readFirst, typ):
		return 0
	case slices.Contains(readLast, typ):
		return 2
	}
	return 1
}

var ledgerReaders = map[string]func(*leg, *History){
	"Appointment":   (*leg).appointment,
	"Encounter":     (*leg).encounter,
	"Procedure":     (*leg).procedure,
	"Observation":   (*leg).observation,
	"Communication": (*leg).communication,
	"Patient":       (*leg).patient,

	"QuestionnaireResponse": (*leg).answers,
	"DocumentReference":     (*leg).document,
	"AuditEvent":            (*leg).audit,
}

// patient holds a referral when the person is reported to have died: a human checks first, whoever says so.
func (c *leg) patient(h *History) {
	n := h.newest()
	if n == nil || n.Deleted || n.Fact == nil || c.r.subject != "" && !c.r.person.is(h.Key) {
		return
	}
	c.person(h.Key, n.Fact)
	if !n.Fact.Deceased {
		return
	}
	from := n.Received
	for i := len(h.Versions) - 1; i >= 0 && h.Versions[i].Fact != nil && h.Versions[i].Fact.Deceased; i-- {
		from = h.Versions[i].Received
	}
	c.hold(workflow.Hold{Reason: workflow.DeathCheck, From: from, Source: n.source(h.Key)}, false)
}

// place says where a visit record was made.
type place int

const (
	placeUnsaid place = iota
	placeAgency
	placeReferrer
	placeElsewhere
	placeUnclear  // at one of an organization that is both the referrer's and the agency's
	placeDoubtful // it names somebody, some place or a house that is not the agency's own, and nobody of the agency
)

func sameDay(a, b time.Time, zone *time.Location) bool {
	ay, am, ad := a.In(zone).Date()
	by, bm, bd := b.In(zone).Date()
	return ad == bd && am == bm && ay == by
}
