package mapping

import (
	"slices"
	"strings"

	"warmhandoff/mapping/workflow"
)

// heard gives what of a resource counts for this leg: the versions that a party to the leg wrote, or a feed. What a stranger says is kept, and
// says nothing here, in whoever's name it is written; unless this leg's Task hands it over as its own result, as a coordination platform does
// with what the agency behind it has written.
//
// Source: local, what it says counts for a referral only if the writer is a party to that leg, or a feed
// Source: Gravity coordination platform client, the output of its own Task is copied to the Task that it took
func (c *leg) heard(h *History) *History {
	if slices.Contains(c.outputs, h.Key) || !slices.ContainsFunc(h.Versions, c.stranger) {
		return h
	}
	only := *h
	only.Versions = slices.DeleteFunc(slices.Clone(h.Versions), c.stranger)
	if n := only.newest(); n != nil && n.Fact != nil && c.stranger(*h.newest()) { // what a stranger makes it be about is no word of theirs either
		only.Former = len(n.Fact.About) > 0 && !c.aboutHere(n.Fact)
	}
	return &only
}

// spokenOf gives what of a resource says whom it is about: of a record of what happened what the referrer's side says does not count.
//
// Source: ruling 36
func (c *leg) spokenOf(h *History) *History {
	n := h.newest()
	if n == nil || !c.ofReferrer(n) {
		return h
	}
	only, bare := c.witnessed(h)
	if last := only.newest(); bare || last == nil || last.Fact == nil || last.Fact.Appointment != nil && !slices.Contains(happened, last.Fact.Appointment.Status) {
		return h
	}
	return only
}

// stranger reports a version by somebody who is no party to this leg. Who did not say who they are is taken at their word, and so is whoever
// helps: navigators, supervisors, feeds, administrators.
func (c *leg) stranger(v Version) bool {
	if v.Own || v.Party == "" {
		return false
	}
	switch v.Role {
	case workflow.Agency:
		return c.agency != "" && !slices.ContainsFunc(c.owners, func(o string) bool { return o == v.Party || c.r.belong(o, v.Party) })
	case workflow.Referrer:
		return !slices.ContainsFunc(c.referrers, func(r string) bool { return r == v.Party || c.r.belong(r, v.Party) })
	case workflow.Person:
		return strings.HasPrefix(v.Party, "Patient/") && strings.HasPrefix(c.r.subject, "Patient/") && !c.isSubject(v.Party) || c.othersRelative(v.Party)
	}
	return false
}

// belong reports that one of two parties works for the other, or is part of it.
func (q *reading) belong(a, b string) bool {
	return q.r.Orgs != nil && (slices.Contains(q.r.Orgs(a), b) || slices.Contains(q.r.Orgs(b), a) || q.worksFor(a, b))
}

// parties learns who are the two sides of a leg: whoever owns or owned the Task, and whoever asks by the request or wrote either of them.
func (c *leg) parties(task *History) {
	add := func(list *[]string, who string) {
		if who != "" && !slices.Contains(*list, who) {
			*list = append(*list, who)
		}
	}
	add(&c.referrers, c.r.requester)
	for _, h := range []*History{&c.r.r.Request, task} {
		for i := range h.Versions {
			v := &h.Versions[i]
			if v.Fact != nil && v.Fact.Task != nil && !v.Own && (c.tenure == nil || i >= c.tenure.low && i < c.tenure.high) {
				add(&c.owners, v.Fact.Task.Owner)
			}
			if v.Role == workflow.Referrer {
				add(&c.referrers, v.Party)
			}
		}
	}
	add(&c.owners, c.agency)
	c.house = c.r.requester != "" && c.isAgency(c.r.requester)
}

// isAgency reports whether a party is the leg's agency, works for it, or is part of it.
func (c *leg) isAgency(ref string) bool {
	if ref == "" || c.agency == "" {
		return false
	}
	return ref == c.agency || c.r.worksFor(ref, c.agency) || slices.Contains(c.r.orgsOf(c.agency), ref)
}

func (c *leg) anyOfAgency(refs []string) bool { return slices.ContainsFunc(refs, c.isAgency) }
