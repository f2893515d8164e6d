package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// index finds in a large referral what would otherwise be looked for in all of it, again for each leg: each part of it is made when it is first asked
// for, from what does not change while a referral is read. A small referral has none, and is looked through.
type index struct {
	tasks    map[string]*task
	others   map[string]*History
	requests map[string]*History
	told     map[string][]workflow.Telling // by the name of a leg
	aborts   map[string][]workflow.CancelAsk
	helps    []workflow.Mark
	flags    []string // of what everybody's legs are flagged with
	parents  []*task
	death    *workflow.Death
	unsafe   *bool
	asked    *bool                      // several agencies are asked
	below    map[string]map[string]bool // for whom there is a Task below one
	now      map[string]map[string]bool // the members of a Group
	ever     map[string]map[string]bool // and those whom it had since the referral
	about    *places                    // of Others
	consents *places                    // of the Consents
}

// newIndex gives an index for a referral that is large, nil for another.
func newIndex(r *Referral) *index {
	if len(r.Tasks) <= distinct.Few && len(r.Others) <= distinct.Few && len(r.Requests) <= distinct.Few {
		return nil
	}
	return &index{}
}

// findFirst looks a list through for the first thing with a key, nil for none.
func findFirst[T any](list []T, keyOf func(*T) string, key string) *T {
	for i := range list {
		if keyOf(&list[i]) == key {
			return &list[i]
		}
	}
	return nil
}

// findIndexed is findFirst by an index of the list, which is made when it is first asked for.
func findIndexed[T any](index *map[string]*T, list []T, keyOf func(*T) string, key string) *T {
	if *index == nil {
		*index = make(map[string]*T, len(list))
		for i := range slices.Backward(list) { // of several with one key the first
			(*index)[keyOf(&list[i])] = &list[i]
		}
	}
	return (*index)[key]
}

func keyOfHistory(h *History) string { return h.Key }

func keyOfTask(t *task) string { return t.h.Key }

// other returns something that was gathered beside the Tasks, nil where it was not.
func (q *reading) other(key string) *History {
	if q.at == nil {
		return findFirst(q.r.Others, keyOfHistory, key)
	}
	return findIndexed(&q.at.others, q.r.Others, keyOfHistory, key)
}

// child returns an agency's own request, nil where it was not gathered.
func (q *reading) child(key string) *History {
	if q.at == nil {
		return findFirst(q.r.Requests, keyOfHistory, key)
	}
	return findIndexed(&q.at.requests, q.r.Requests, keyOfHistory, key)
}

// task returns a fulfilment Task of the referral, nil for anything else.
func (q *reading) task(key string) *task {
	if q.at == nil {
		return findFirst(q.tasks, keyOfTask, key)
	}
	return findIndexed(&q.at.tasks, q.tasks, keyOfTask, key)
}

// places says where in a list is what concerns somebody, in its order.
type places struct {
	everybody []int            // what concerns nobody in particular
	of        map[string][]int // what concerns somebody, by whom
}

// add notes that what is at a place concerns some people; nobody: everybody.
func (p *places) add(place int, people []string) {
	if len(people) == 0 {
		p.everybody = append(p.everybody, place)
		return
	}
	if p.of == nil {
		p.of = map[string][]int{}
	}
	for _, who := range people {
		if of := p.of[who]; len(of) == 0 || of[len(of)-1] != place {
			p.of[who] = append(of, place)
		}
	}
}

// concerning gives the places of what concerns a person, under whatever id, now or once.
func (p *places) concerning(who *person) []int {
	list := p.everybody
	for _, ids := range [][]string{who.ids, who.once} {
		for _, id := range ids {
			if of := p.of[id]; len(of) > 0 {
				list = append(list[:len(list):len(list)], of...)
			}
		}
	}
	if len(list) > len(p.everybody) {
		slices.Sort(list)
		list = slices.Compact(list)
	}
	return list
}

// concerns gives whom something is about, as far as it is somebody in particular: none where nobody is a Patient.
func (h *History) concerns() []string {
	people := h.people()
	if strings.HasPrefix(h.Key, "Patient/") {
		people = []string{h.Key}
	}
	if n := h.newest(); n != nil && n.Fact != nil && n.Fact.Communication != nil {
		m := n.Fact.Communication
		people = append(slices.Clone(people), append(slices.Clone(m.To), m.Sender)...)
	}
	if !slices.ContainsFunc(people, func(ref string) bool { return strings.HasPrefix(ref, "Patient/") }) {
		return nil
	}
	return people
}

// whose gives the places in Others of what may concern a leg: of a member of a household what is about that member, or about nobody in particular.
func (c *leg) whose() (some []int, all bool) {
	if c.household == "" || c.r.at == nil {
		return nil, true
	}
	at := c.r.at
	if at.about == nil {
		at.about = &places{}
		for i := range c.r.r.Others {
			at.about.add(i, c.r.r.Others[i].concerns())
		}
	}
	return at.about.concerning(&c.r.person), false
}

// consentsFor gives the Consents some version of which was this person's, of a household.
func (q *reading) consentsFor() []*History {
	at := q.at
	if at.consents == nil {
		at.consents = &places{}
		for i, h := range q.everybodys {
			at.consents.add(i, h.patients())
		}
	}
	var list []*History
	for _, i := range at.consents.concerning(&person{ids: q.person.ids}) {
		list = append(list, q.everybodys[i])
	}
	return list
}

// patients gives whose something is and was, none where some version was nobody's in particular.
func (h *History) patients() []string {
	var list []string
	for i := range h.Versions {
		f := h.Versions[i].Fact
		switch {
		case f == nil:
		case !strings.HasPrefix(f.Subject, "Patient/"):
			return nil
		default:
			list = append(list, f.Subject)
		}
	}
	return list
}

// tellings gives what was told of each leg, by its name.
func (q *reading) tellings() map[string][]workflow.Telling {
	all := map[string][]workflow.Telling{}
	for _, histories := range [][]History{q.r.Tasks, q.r.Others} {
		for i := range histories {
			if e := histories[i].effect(); e != nil {
				all[e.Leg] = append(all[e.Leg], histories[i].telling(e))
			}
		}
	}
	for _, list := range all {
		sortTellings(list)
	}
	return all
}

// present gives the members of a Group at the time of the reading.
func (q *reading) present(group *History) map[string]bool {
	if q.at == nil {
		return setOf(group.members(q.r.At))
	}
	if q.at.now == nil {
		q.at.now = map[string]map[string]bool{}
	}
	if q.at.now[group.Key] == nil {
		q.at.now[group.Key] = setOf(group.members(q.r.At))
	}
	return q.at.now[group.Key]
}

// since gives whom a Group had as members at any time since the referral.
func (q *reading) since(group *History) map[string]bool {
	if q.at == nil {
		return group.everMembers(q.began())
	}
	if q.at.ever == nil {
		q.at.ever = map[string]map[string]bool{}
	}
	if q.at.ever[group.Key] == nil {
		q.at.ever[group.Key] = group.everMembers(q.began())
	}
	return q.at.ever[group.Key]
}

// everMembers gives whom a Group had as members at any time from a moment on.
func (h *History) everMembers(from time.Time) map[string]bool {
	all := map[string]bool{}
	for i := range h.Versions {
		f := h.Versions[i].Fact
		if f == nil {
			continue
		}
		for k := range f.Members {
			if m := &f.Members[k]; !m.Inactive && (m.To.IsZero() || m.To.After(from)) {
				all[m.Who] = true
			}
		}
	}
	return all
}

// provided gives for whom there are Tasks below one.
func (q *reading) provided(task string) map[string]bool {
	if q.at != nil && q.at.below != nil {
		return q.at.below[task]
	}
	below := map[string]map[string]bool{}
	for i := range q.tasks {
		x := &q.tasks[i]
		for _, above := range x.fact.PartOf {
			if below[above] == nil {
				below[above] = map[string]bool{}
			}
			below[above][q.whom(x.h)] = true
		}
	}
	if q.at != nil {
		q.at.below = below
	}
	return below[task]
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, one := range list {
		set[one] = true
	}
	return set
}

// among reports whether somebody, under whatever id, is one of some.
func (p *person) among(set map[string]bool) bool {
	return slices.ContainsFunc(p.ids, func(id string) bool { return set[id] })
}
