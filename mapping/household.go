package mapping

import (
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// membership is one Group.member who is a person: from when until when, zero for open ends.
//
// Source: FHIR R4, group.html, Group.member.period, Group.member.inactive
type membership struct {
	Who      string
	From, To time.Time
	Inactive bool
}

// at reports whether somebody is a member at a moment.
func (m *membership) at(t time.Time) bool {
	return !m.Inactive && !t.Before(m.From) && (m.To.IsZero() || t.Before(m.To))
}

func (s Settings) readGroup(r *fhir.Resource, f *Fact) {
	for m := range r.Get("member").All() {
		entity := m.Get("entity")
		if who := s.ref(entity); s.typeOf(entity, who) == "Patient" {
			f.Members = append(f.Members, membership{who, s.instant(m.Get("period", "start")), s.endOf(m.Get("period", "end")), m.Get("inactive").Bool()})
		}
	}
}

// members gives the people who are active in a Group at a moment.
func (h *History) members(at time.Time) []string {
	n := h.newest()
	if n == nil || n.Fact == nil {
		return nil
	}
	var list []string
	for i := range n.Fact.Members {
		if m := &n.Fact.Members[i]; m.at(at) && placed(m.Who) {
			list = append(list, m.Who)
		}
	}
	return list
}

// Members gives everybody who is or was in a Group, for reading what concerns them: those who are, or will be, first.
func (h *History) Members(at time.Time) []string {
	list := distinct.Of(h.Lasting(at)...)
	for i := range h.Versions {
		if f := h.Versions[i].Fact; f != nil {
			for _, m := range f.Members {
				list.Put(m.Who)
			}
		}
	}
	return list.Items()
}

// Lasting gives who is in a Group at a moment, or will be, each once.
func (h *History) Lasting(at time.Time) []string {
	n := h.newest()
	if n == nil || n.Fact == nil {
		return nil
	}
	var list distinct.List[string]
	for i := range n.Fact.Members {
		if m := &n.Fact.Members[i]; !m.Inactive && (m.To.IsZero() || at.Before(m.To)) && placed(m.Who) {
			list.Put(m.Who)
		}
	}
	return list.Items()
}

// turnOf gives when the membership of a Group next changes by itself after a moment; zero for never.
func (h *History) turnOf(at time.Time) time.Time {
	var next time.Time
	n := h.newest()
	if n == nil || n.Fact == nil {
		return next
	}
	for i := range n.Fact.Members {
		for _, t := range []time.Time{n.Fact.Members[i].From, n.Fact.Members[i].To} {
			if t.After(at) && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
	}
	return next
}

// gone flags a member who is in the household no more: the leg goes on until a human ends it.
func (q *reading) gone(t *task) []string {
	joint := q.joint(t)
	if joint == nil {
		return nil
	}
	group := q.group(q.whom(joint.h))
	if group == nil {
		return nil
	}
	if person := q.personOf(q.whom(t.h)); person.among(q.present(group)) {
		return nil
	}
	return []string{"No longer an active member of the household; a human decides whether this goes on."}
}

func (q *reading) group(key string) *History { return findFirst(q.r.Groups, keyOfHistory, key) }

func (q *reading) missingMembers(t *task) []Missing {
	group := q.group(q.whom(t.h))
	if group == nil || t.fact.Status.Terminal() && t.fact.Status != workflow.TaskCompleted {
		return nil
	}
	var list []Missing
	there, more := q.provided(t.h.Key), map[string]bool{}
	for _, member := range group.members(q.r.At) {
		if person := q.personOf(member); !person.among(there) && !person.among(more) {
			more[member] = true
			list = append(list, Missing{Above: t.h.ID(), Shape: Household, Request: q.r.Request.ID(), Agency: t.fact.Owner, Member: member})
		}
	}
	return list
}
