package mapping

import (
	"slices"
	"time"

	"warmhandoff/mapping/workflow"
)

// asking is the time during which an agency was asked, by one Task: from when the Task was written, or given to it, until it ended, or was given to another.
type asking struct {
	task        string  // "Task/t1"
	of          *tenure // of that Task
	agency      string
	from, until time.Time // zero until: still
}

func (a *asking) at(t time.Time) bool {
	return !t.Before(a.from) && (a.until.IsZero() || t.Before(a.until))
}

// knowAsked learns which agency was asked when. It is by what the Tasks say of themselves where they do, so that it does not depend on the order in
// which they come.
func (q *reading) knowAsked() {
	for i := range q.tasks {
		t := &q.tasks[i]
		if t.shape == Parent {
			continue
		}
		for _, x := range t.legs() {
			a := asking{task: t.h.Key, of: x, agency: x.owner, from: x.from, until: x.until}
			if x.number == 1 {
				a.from = t.fact.Authored
				if a.from.IsZero() {
					a.from = t.h.Versions[0].Received
				}
			}
			if last := x.last(); last != nil && ended(last.Status) {
				a.until = last.Said
			}
			q.asked = append(q.asked, a)
		}
	}
}

// severalAsked reports that more than one agency was asked, as far as that is known without looking.
func (q *reading) severalAsked() bool {
	if q.at == nil {
		return true
	}
	if q.at.asked == nil {
		several := slices.ContainsFunc(q.asked, func(a asking) bool { return a.agency != q.asked[0].agency })
		q.at.asked = &several
	}
	return *q.at.asked
}

// alone reports that what does not say whose it is can only be this leg's: no other agency was asked at the time that it is about. Where none was asked
// then, it is whoever was asked last before. That another agency is asked later, or is asked no more, changes nothing about it.
//
// Source: local, no message for one leg changes another leg's state
func (c *leg) alone(about time.Time) bool {
	if c.explicit || !c.r.severalAsked() || !slices.ContainsFunc(c.r.asked, func(a asking) bool { return a.agency != c.agency && !c.sibling(&a) }) {
		return true
	}
	var mine, others bool
	var last *asking
	for i := range c.r.asked {
		a := &c.r.asked[i]
		switch {
		case c.sibling(a):
		case !a.at(about):
			if last == nil || a.until.After(last.until) || a.until.Equal(last.until) && a.agency < last.agency {
				last = a
			}
		case a.agency == c.agency:
			mine = true
		default:
			others = true
		}
	}
	if mine || others {
		return !others
	}
	return last.agency == c.agency
}

// sibling reports an asking of this leg's Task in another tenure: what belongs to that one is told apart before.
func (c *leg) sibling(a *asking) bool {
	return c.tenure != nil && a.of != c.tenure && a.task == c.ledger.Leg
}

// about gives the time that something is about: its own, at the end of the day where it has no time of day, else when it was said.
func about(m workflow.Moment, said time.Time) time.Time {
	switch {
	case m.IsZero():
		return said
	case m.Day:
		return workflow.Plus(workflow.PlusDays(m.At, time.UTC, 1), -time.Millisecond)
	}
	return m.At
}

// elsewhereIn reports that among what something points at there is another leg of the referral, or an appointment of one, and nothing of this leg.
func (c *leg) elsewhereIn(refs []string) bool {
	found := false
	for _, ref := range refs {
		if ref == c.ledger.Leg || slices.Contains(c.bookings, ref) || slices.Contains(c.encounters, ref) {
			return false
		}
		found = found || c.r.task(ref) != nil || slices.Contains(c.theirs, ref)
	}
	return found
}

// another reports what another agency said or did: by who is named in it, else by who wrote it. It is no business of this leg.
func (c *leg) another(v *Version, named ...string) bool {
	if c.anyOfAgency(named) {
		return false
	}
	for _, a := range c.r.others(c.agency) {
		if slices.ContainsFunc(named, func(n string) bool { return n == a || c.r.worksFor(n, a) }) {
			return true
		}
	}
	return v.Role == workflow.Agency && v.Party != "" && !c.isAgency(v.Party)
}

// isHere reports whether an appointment is at this leg's agency: by who of the service takes part, else by which agency wrote it, else because no
// other agency is being asked.
func (c *leg) isHere(h *History, actors []string, made time.Time) bool {
	if made.IsZero() {
		made = h.Versions[0].Received
	}
	if c.anyOfAgency(actors) {
		return true
	}
	for i := range h.Versions {
		if v := &h.Versions[i]; v.Role == workflow.Agency && v.Party != "" {
			return c.isAgency(v.Party)
		}
	}
	return c.alone(made)
}
