package mapping

import (
	"strings"
	"time"

	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// Whom a request, its Task and what is said of them are about.

// Ends reports a version that takes a request or a Task back. Its ending is heard; what else it changes is not.
//
// Source: local, a version that ends is never refused for naming somebody else
func (f *Fact) Ends() bool {
	switch {
	case f.Request != nil:
		return f.Request.Status == "revoked" || f.Request.Status == "entered-in-error"
	case f.Task != nil:
		return f.Task.Status == workflow.TaskCancelled || f.Task.Status == workflow.TaskInError
	}
	return false
}

// Subject gives whom a resource is about, "" when it does not say. Of a request or a Task that ended it is whom it was about before.
func (h *History) Subject() string {
	n := h.newest()
	if n == nil || n.Fact == nil {
		return ""
	}
	about := n.Fact
	for i := len(h.Versions) - 1; i >= 0 && about.Ends(); i-- {
		if f := h.Versions[i].Fact; f != nil {
			about = f
		}
	}
	return about.Subject
}

// whom gives for whom a Task is: whom it names, else whom the request does.
func (q *reading) whom(h *History) string {
	if who := h.Subject(); who != "" {
		return who
	}
	return q.subject
}

// forAnother reports a Task for somebody whom its request is not about: neither its subject, under whatever id, nor a member of the Group that is.
//
// Source: local, a Task for neither the request's subject nor a member of its Group
func (q *reading) forAnother(t *task) bool {
	who := t.h.Subject()
	switch {
	case who == "" || q.subject == "" || who == q.subject || q.person.is(who):
		return false
	case !strings.HasPrefix(q.subject, "Group/"):
		return true
	}
	group := q.group(q.subject)
	one := q.personOf(who)
	return group == nil || !one.among(q.since(group))
}

// Whom gives whom a Task of a referral is about: the request's subject, or the member of its Group; "" where it is for somebody else.
func (s Settings) Whom(r *Referral, task string) string {
	q := newReading(s, r)
	t := q.task("Task/" + task)
	if t == nil || q.forAnother(t) {
		return ""
	}
	return q.whom(t.h)
}

// began says when a request was written down, else when it first came.
func (q *reading) began() time.Time {
	if q.request != nil && !q.request.Authored.IsZero() {
		return q.request.Authored
	}
	return q.received
}

// notTheirs is why nothing goes out for a Task that is for somebody else.
const notTheirs = "The Task is for somebody whom its request is not about. A human says whom it is for."

// shutFor makes of a leg one that waits for somebody to say whom it is for: nothing that was said of anybody counts, and nothing goes out, whatever
// consent says.
func (c *leg) shutFor() {
	l := c.ledger
	l.Another = true
	l.Gate = []workflow.GateSpan{{From: c.r.received, Cause: workflow.NotGiven, Why: notTheirs}}
}

// foreign reports whether a reference of whatever kind means a patient who is not the person referred.
func (q *reading) foreign(ref string) bool {
	return strings.HasPrefix(ref, "Patient/") && q.ofOther(ref)
}

// ofOther reports that what is about this is about somebody other than the person referred. What nobody can tell is somebody else.
func (q *reading) ofOther(ref string) bool {
	return ref != "" && q.subject != "" && !strings.HasPrefix(ref, "Group/") && !strings.HasPrefix(q.subject, "Group/") && !q.person.is(ref)
}

// moved gives of a resource that is about somebody else now the part when it was about the person referred; nil where it still is, or never was.
//
// Source: local, evidence that moves to another person is retracted
func (c *leg) moved(h *History) *History {
	ours := func(people []string) bool { return len(people) == 0 || c.isSubject(people...) }
	n := h.newest()
	if n == nil || n.Fact == nil || ours(n.Fact.people()) {
		return nil
	}
	for i := len(h.Versions) - 2; i >= 0; i-- {
		if f := h.Versions[i].Fact; f != nil && ours(f.people()) {
			then := *h
			then.Versions, then.Former = h.Versions[:i+1], false
			return &then
		}
	}
	return nil
}

// people gives whom a version is about: its subject, or the patients who take part.
func (f *Fact) people() []string {
	switch {
	case f.Appointment != nil:
		return f.Appointment.Patients
	case f.Subject != "":
		return []string{f.Subject}
	}
	return nil
}

// unclear flags what names somebody by an identifier that several carry.
func (q *reading) unclear(t *task) []string {
	var flags distinct.List[string]
	for _, h := range []*History{&q.r.Request, t.h} {
		if h.unclear() {
			flags.Put(h.Key + namesSeveral)
		}
	}
	for _, flag := range q.unclearOthers() {
		flags.Put(flag)
	}
	return flags.Items()
}

const namesSeveral = " names somebody or something by an identifier that several records carry: it counts for none of them."

// unclear reports something that names somebody by an identifier that several carry.
func (h *History) unclear() bool {
	n := h.newest()
	return n != nil && n.Fact != nil && len(n.Fact.unclear) > 0
}

// unclearOthers gives the flags of what belongs to every leg.
func (q *reading) unclearOthers() []string {
	if q.at != nil && q.at.flags != nil {
		return q.at.flags
	}
	var flags distinct.List[string]
	for i := range q.r.Others {
		if h := &q.r.Others[i]; h.unclear() {
			flags.Put(h.Key + namesSeveral)
		}
	}
	for _, key := range q.r.Unclear {
		flags.Put(key + namesSeveral)
	}
	if q.at != nil {
		q.at.flags = append([]string{}, flags.Items()...)
	}
	return flags.Items()
}
