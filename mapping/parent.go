package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// Shape says what a fulfilment Task is in its referral.
//
// Source: local, two shapes of Task; household
type Shape string

// The shapes.
const (
	Single    Shape = ""          // a leg: one agency asked for one person
	Household Shape = "household" // one agency asked for a Group: each member's Task below it is a leg
	Parent    Shape = "parent"    // ours, on the referrer's request: each agency's Task below it is a leg
)

// Joins gives how a Task of this shape follows from those below it.
func (s Shape) Joins() workflow.Joins {
	if s == Household {
		return workflow.EveryOf
	}
	return workflow.AnyOf
}

// shape reads what a fulfilment Task is.
func (q *reading) shape(h *History, t *taskFact) Shape {
	switch {
	case q.s.Self != "" && t.Owner == q.s.Self && h.Of == "":
		return Parent
	case strings.HasPrefix(q.subject, "Group/") && q.whom(h) == q.subject:
		return Household
	}
	return Single
}

// task is a fulfilment Task of a referral, as far as it is read once.
type task struct {
	h     *History
	fact  *taskFact
	shape Shape
	all   []tenure // at least one; the present owner's last
}

// readTasks reads what each fulfilment Task is.
func (q *reading) readTasks() {
	for i := range q.r.Tasks {
		h := &q.r.Tasks[i]
		if f := liveTask(h); f != nil && q.keptHere(h, f) == "" {
			q.tasks = append(q.tasks, task{h, f, q.shape(h, f), h.tenures(q.r.Orgs)})
		}
	}
}

// keptHere says why a Task is no leg of this referral, "" where it is one.
func (q *reading) keptHere(h *History, t *taskFact) Kept {
	about, request := q.r.Request.Key, q.request
	if h.Of != "" {
		about = h.Of
		if child := q.child(h.Of); child != nil {
			request = lastRequest(child)
		}
	}
	if len(t.Requests) > 0 && !slices.Contains(t.Requests, about) {
		return KeptAnother
	}
	return q.s.follows(t, request, q.r.Orgs)
}

// lastRequest gives what the newest version of a request that says anything says, nil for none.
func lastRequest(h *History) *requestFact {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if f := h.Versions[i].Fact; f != nil && f.Request != nil {
			return f.Request
		}
	}
	return nil
}

// above gives the Task that a Task follows from, nil for none: the one that it is part of, where that is a household or ours; else, for an agency's
// own request below the referrer's, the only one of ours.
func (q *reading) above(t *task) *task {
	for _, ref := range t.fact.PartOf {
		if up := q.task(ref); up != nil && up != t && up.shape != Single && (up.shape != t.shape || t.shape == Single) {
			return up
		}
	}
	if t.h.Of == "" || t.shape == Parent {
		return nil
	}
	if parents := q.parents(); len(parents) == 1 {
		return parents[0]
	}
	return nil
}

// parents gives the Tasks of ours above agencies.
func (q *reading) parents() []*task {
	if q.at != nil && q.at.parents != nil {
		return q.at.parents
	}
	list := make([]*task, 0, 1)
	for i := range q.tasks {
		if q.tasks[i].shape == Parent {
			list = append(list, &q.tasks[i])
		}
	}
	if q.at != nil {
		q.at.parents = list
	}
	return list
}

// joint gives the Task of the household of which a Task is one member's, nil for none.
func (q *reading) joint(t *task) *task {
	if up := q.above(t); up != nil && up.shape == Household {
		return up
	}
	return nil
}

// around gives the reading for one Task: with the agency's own request, and for one member of a household. Most Tasks share the one that there is.
// It gives nil where the agency's own request asks for nothing.
func (q *reading) around(t *task) *reading {
	joint := q.joint(t)
	of := t.h.Of
	if of == "" && joint != nil {
		of = joint.h.Of
	}
	if of == "" && joint == nil && q.above(t) == nil {
		return q
	}
	one := *q
	if of != "" && !one.hearChild(q.child(of)) {
		return nil
	}
	one.hearAbove(q.above(t))
	if joint != nil {
		one.hearAbove(q.above(joint))
		one.subject = q.whom(t.h)
		one.person = q.personOf(one.subject)
		one.consents = one.consentsOf()
	}
	return &one
}

// hearChild adds what an agency's own request says to what the referrer's says, and reports whether it ever asked for anything.
func (q *reading) hearChild(h *History) bool {
	if h == nil {
		return false
	}
	sub := reading{s: q.s, r: &Referral{Request: *h}}
	for i := range h.Versions {
		sub.hear(&h.Versions[i])
	}
	sub.noteDeletion(h)
	if !sub.followed {
		return false
	}
	q.named = append(slices.Clone(q.named), sub.named...)
	q.origins = append(slices.Clone(q.origins), sub.origins...)
	q.part2 = q.part2 || sub.part2
	q.labels = append(slices.Clone(q.labels), sub.labels...)
	if q.withdrawn.At.IsZero() {
		q.withdrawn = sub.withdrawn
	}
	if q.void.IsZero() {
		q.void, q.voidSource = sub.void, sub.voidSource
	}
	return true
}

// hearAbove lets a referrer's withdrawal of the Task above reach the agency's leg. The agency's own Task stays as the agency left it.
//
// Source: local, row 48
func (q *reading) hearAbove(up *task) {
	if up == nil || up.shape != Parent || !q.withdrawn.At.IsZero() {
		return
	}
	said := up.now().words
	if len(said) == 0 {
		return
	}
	w := &said[len(said)-1]
	if end, ends := w.End(); ends && end.Reason == workflow.ReferrerWithdrew && w.By != workflow.Navigator && w.By != workflow.Supervisor {
		q.withdrawn = workflow.Withdrawal{At: w.Said, Source: w.Source}
	}
}

// ours reports a Task that we wrote ourselves, so that nobody asked in it: what asks is the Task above.
func (h *History) ours() bool { return len(h.Versions) > 0 && h.Versions[0].Own && !h.IsEffect() }

// wordsOf gives what the parties said of one tenure of a Task: in it, before that in the Task above that we passed on, and beside it in the
// household's.
func (q *reading) wordsOf(t *task, x *tenure) []workflow.Word {
	said := x.words
	if x.former {
		said = t.transferred(x)
	}
	up := q.above(t)
	if up == nil {
		return said
	}
	if up.shape == Household {
		joint := slices.DeleteFunc(slices.Clone(q.wordsOf(up, up.now())), func(w workflow.Word) bool { return w.Said.Before(x.from) })
		return merged(joint, said)
	}
	if !t.h.ours() || x.number > 1 {
		return said
	}
	asked := askedIn(up.h, q.r.Orgs)
	if asked == nil {
		return said
	}
	return append([]workflow.Word{*asked}, said...)
}

// askedIn gives the word by which a Task was asked for; nil while it is a draft.
func askedIn(h *History, orgs Orgs) *workflow.Word {
	said := words(h, orgs)
	for i := range said {
		w := &said[i]
		if w.Status != workflow.TaskDraft && !w.Status.Terminal() {
			asked := workflow.Word{Status: workflow.TaskRequested, Said: w.Said, Received: w.Received, By: w.By, Party: w.Party, Source: w.Source}
			return &asked
		}
	}
	return nil
}

// merged merges what was said of a household with what was said of one member, by time. A member's own pause or end stands until something is
// said of that member; an end of the household ends whoever has not ended.
//
// Source: local, household: words of the joint Task apply to all members
func merged(joint, own []workflow.Word) []workflow.Word {
	list := make([]workflow.Word, 0, len(joint)+len(own))
	var mine *workflow.Word // the member's newest word
	for len(joint)+len(own) > 0 {
		if len(joint) == 0 || len(own) > 0 && own[0].Said.Before(joint[0].Said) {
			list, mine, own = append(list, own[0]), &own[0], own[1:]
			continue
		}
		w := joint[0]
		joint = joint[1:]
		_, over := w.End()
		if mine != nil {
			_, ended := mine.End()
			if ended || mine.Status == workflow.TaskOnHold && !over {
				continue
			}
		}
		list = append(list, w)
	}
	return list
}

// MemberWord gives the last word on a household member's Task: of what was said in it and in the household's. said is false where above is no
// household's Task of which this is one.
func (s Settings) MemberWord(h, above *History, orgs Orgs) (last workflow.Word, said bool) {
	up, mine := lastTask(above), lastTask(h)
	if up == nil || mine == nil || !strings.HasPrefix(above.Subject(), "Group/") || strings.HasPrefix(h.Subject(), "Group/") {
		return last, false
	}
	joint := words(above, orgs)
	own := words(h, orgs)
	if all := merged(joint, own); len(all) > 0 {
		return all[len(all)-1], true
	}
	return last, false
}

// PartOf gives the Tasks that a Task is part of.
func (h *History) PartOf() []string {
	if t := lastTask(h); t != nil {
		return t.PartOf
	}
	return nil
}

// Heads reports whether Tasks may stand below a Task: it is ours, or a household's.
func (s Settings) Heads(h *History) bool {
	t := lastTask(h)
	return t != nil && t.Kept == "" && (s.Self != "" && t.Owner == s.Self)
}

// RestsOn gives the requests on which a ServiceRequest is based, and whether its intent says that it was made to fill them.
//
// Source: FHIR R4, request-intent, filler-order; SDOHCC 3.0.0, indirect referral
func (h *History) RestsOn() (requests []string, fills bool) {
	n := h.newest()
	if n == nil || n.Fact == nil || n.Fact.Request == nil {
		return nil, false
	}
	return ofType("ServiceRequest/", slices.Clone(n.Fact.Request.BasedOn)), n.Fact.Request.Intent == "filler-order"
}

// apart reports what is about somebody else of the household: it is no business of this member's leg.
func (c *leg) apart(h *History) bool {
	if c.household == "" {
		return false
	}
	people := h.concerns()
	return len(people) > 0 && !slices.ContainsFunc(people, func(ref string) bool { return c.r.person.is(ref) || c.r.person.was(ref) })
}

// joint reports what is about several of the household at once, or does not say about whom: it proves nothing about one of them.
//
// Source: local, group or household
func (c *leg) joint(h *History) bool {
	if c.household == "" {
		return false
	}
	people := h.people()
	return len(people) != 1 || !c.r.person.is(people[0])
}

// unsure turns what was said of a household together into a question about one member.
func unsure(signs []workflow.Sign) {
	for i := range signs {
		switch s := &signs[i]; {
		case s.Says == workflow.Came && s.Grade != workflow.GradeX:
			s.Asks = s.Asks || s.Voice != workflow.Claimed
			s.Grade, s.Voice, s.Note = workflow.GradeE, workflow.Claimed, "it is about the household together, and proves nothing about one person"
		case s.Says == workflow.DidNotCome:
			s.Blame, s.Voice, s.Vague, s.Note = workflow.Unclear, workflow.Record, true, "it is about the household together: not clear who did not come"
		}
	}
}

// Missing is a Task that ought to stand below another and does not yet.
type Missing struct {
	Above   string // id of the Task above
	Shape   Shape  // of that Task
	Request string // id of the referrer's request, or of the agency's own where that is there
	Agency  string // for an agency
	Member  string // for a member of a household
	Alone   bool   // the agency's Task is there; only the request that it names is missing
	Gate    []workflow.GateSpan
}

// ID gives the id of the Task, and of an agency's own request: the same for the same Task above and the same agency or person.
func (m *Missing) ID() string {
	if m.Member != "" {
		return PartID(m.Above, m.Member)
	}
	return PartID(m.Above, m.Agency)
}

// Open reports whether the package may go to the agency at a moment.
func (m *Missing) Open(at time.Time) bool {
	open := false
	for i := range m.Gate {
		if !m.Gate[i].From.After(at) {
			open = m.Gate[i].Open
		}
	}
	return open
}

// missing gives the Tasks that ought to be there: one for each agency that the referrer names, once we are asked, and one for each member of a
// household.
func (q *reading) missing() []Missing {
	var list []Missing
	for i := range q.tasks {
		t := &q.tasks[i]
		if t.shape != Single && len(q.notUnderstood(t)) > 0 {
			continue
		}
		switch {
		case q.forAnother(t): // it is known for whom first
		case t.shape == Parent:
			list = append(list, q.missingAgencies(t)...)
		case t.shape == Household:
			list = append(list, q.missingMembers(t)...)
		}
	}
	return list
}

func (q *reading) missingAgencies(t *task) []Missing {
	said := t.now().words
	if len(said) == 0 || askedIn(t.h, q.r.Orgs) == nil || said[len(said)-1].Status.Terminal() {
		return nil
	}
	var list []Missing
	for _, agency := range q.request.Performers {
		m := Missing{Above: t.h.ID(), Shape: Parent, Request: q.r.Request.ID(), Agency: agency}
		if agency == q.s.Self {
			continue
		}
		if at := slices.IndexFunc(q.tasks, func(x task) bool { return x.asks(agency) && x.shape != Parent }); at >= 0 {
			own := "ServiceRequest/" + m.ID()
			if !slices.Contains(q.tasks[at].fact.Requests, own) || q.child(own) != nil && len(q.child(own).Versions) > 0 {
				continue
			}
			m.Alone = true
		}
		c := &leg{s: q.s, r: q, ledger: &workflow.Ledger{}, agency: agency, partner: q.s.Partners[agency]}
		c.part2 = q.concernsPart2(agency)
		c.parties(&History{Key: "Task/" + m.ID()})
		c.owners = append(c.owners, agency)
		c.gates()
		m.Gate = c.ledger.Gate
		list = append(list, m)
	}
	return list
}

// place says where a Task stands among those of its referral.
func (c *leg) place(q *reading, t *task, out *Leg) {
	out.Shape, out.Made, out.Flags = t.shape, t.h.ours(), append(q.gone(t), q.unclear(t)...)
	if t.shape == Household {
		if group := q.group(q.whom(t.h)); group != nil {
			out.Turn = group.turnOf(q.r.At)
		}
	}
	out.Request = q.r.Request.ID()
	if t.h.Of != "" {
		c.request = t.h.Of
		_, out.Request, _ = strings.Cut(t.h.Of, "/")
	}
	if who := q.whom(t.h); who != q.subject && !q.forAnother(t) {
		out.Subject = who
	}
	up := q.above(t)
	if up == nil {
		return
	}
	out.Above = up.h.ID()
	out.Between = up.shape == Parent || q.above(up) != nil
	if up.shape != Household {
		return
	}
	c.household, c.request = up.h.Key, up.h.Of
	if n := len(c.ledger.Words); n > 0 {
		last := c.ledger.Words[n-1]
		out.Word = &last
	}
}

// jointSigns adds what a business status of the household's Task says, and takes certainty from what its words say.
func (c *leg) jointSigns(joint *task) {
	if joint == nil {
		return
	}
	c.ledger.Signs = append(c.ledger.Signs, businessSigns(joint.h, 0, len(joint.h.Versions))...)
	for i := range c.ledger.Signs {
		if s := &c.ledger.Signs[i]; strings.HasPrefix(s.Source, joint.h.Key+"/") {
			unsure(c.ledger.Signs[i : i+1])
		}
	}
}

// passedOn gives the word of a Task that we wrote below another and in which nobody else has spoken: a draft, or asked for.
func (h *History) passedOn() (last workflow.Word, said bool) {
	if !h.ours() {
		return last, false
	}
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.silent() || v.Fact.Task == nil || v.Fact.Task.Status != workflow.TaskDraft && v.Fact.Task.Status != workflow.TaskRequested {
			continue
		}
		last = workflow.Word{Status: v.Fact.Task.Status, Said: v.Received, Received: v.Received, Source: v.source(h.Key)}
		said = true
	}
	return last, said
}
