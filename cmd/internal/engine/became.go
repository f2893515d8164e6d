package engine

import (
	"context"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
)

// mostStands bounds to how many referrals a resource that was written before is looked up.
const mostStands = 20

// became says what became of a change, out of what the transaction made of it. Of what is written just now nothing more is read.
//
// Source: local, every write of a followed type answers what became of it
func (t *txn) became(c *Change, res *Result) error {
	key := res.Version.Key
	if !mapping.ToldOf(c.Type) || key.ID == "" {
		return nil
	}
	t.recall()
	h, err := t.history(key, res.Version.Number)
	if err != nil {
		return err
	}
	in, err := t.standings(key, h)
	if err != nil {
		return err
	}
	if key.Type == "Observation" && len(in) == 0 && !h.Attests() {
		return nil // a measurement that has nothing to do with a referral
	}
	why, err := t.whyKept(h)
	if err != nil {
		return err
	}
	b := t.e.set.Guide.Became(h, why, in, mapping.Listener{Role: t.p.Role, Party: t.p.Party}, t.orgs)
	b.Issue.Expression = c.at(b.Issue.Expression)
	res.Became, res.About, res.Waits = append(res.Became, b.Issue), b.About, b.Waits
	return nil
}

// standings gives the referrals to which a resource belongs, as they stand now: those that were brought up to date, or, for what was written before,
// those that are looked up for it.
func (t *txn) standings(key store.Key, h *mapping.History) ([]mapping.Standing, error) {
	var list []mapping.Standing
	name := key.String()
	add := func(f *folded) {
		if f.has(name) {
			list = append(list, f.standing())
		}
	}
	for _, f := range t.standingFor(name) {
		add(f)
	}
	if len(list) > 0 || t.find(key) != nil {
		return list, nil
	}
	ids, err := t.requestsOf(key, h)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if slices.ContainsFunc(t.stands, func(f *folded) bool { return f.id == id }) {
			continue
		}
		f, err := t.fold(id)
		if err != nil {
			return nil, err
		}
		t.stands = append(t.stands, f)
		add(f)
	}
	return list, nil
}

// standingFor gives the referrals that were brought up to date and to which something may belong: where they are few all of them.
func (t *txn) standingFor(name string) []*folded {
	if len(t.stands) <= distinct.Few {
		return t.stands
	}
	if t.belongs == nil {
		t.belongs = map[string][]*folded{}
	}
	for ; t.listed < len(t.stands); t.listed++ {
		f := t.stands[t.listed]
		f.list()
		for one := range f.names {
			t.belongs[one] = append(t.belongs[one], f)
		}
	}
	return t.belongs[name]
}

// list notes the names of all that was gathered and of the legs.
func (f *folded) list() {
	if f.names != nil {
		return
	}
	f.names = f.r.Names()
	for i := range f.read.Legs {
		f.names["Task/"+f.read.Legs[i].Task] = true
	}
}

// has reports whether something was gathered with a referral, or is a leg of it.
func (f *folded) has(name string) bool {
	if n := len(f.read.Legs) + len(f.r.Others) + len(f.r.Tasks); n > distinct.Few || f.names != nil {
		f.list()
		return f.names[name]
	}
	return f.r.Has(name) || slices.ContainsFunc(f.read.Legs, func(l mapping.Leg) bool { return "Task/"+l.Task == name })
}

// requestsOf gives the ids of the referrals that a stored resource is about, mostStands at most. A Task that is not understood, or was a mistake, is
// about what it was about before.
func (t *txn) requestsOf(key store.Key, h *mapping.History) ([]string, error) {
	t.walked, t.joined = distinct.List[string]{}, distinct.List[store.Key]{}
	var ids []string
	add := func(ref string) {
		if id, ok := strings.CutPrefix(ref, "ServiceRequest/"); ok && len(ids) < mostStands && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(key.String())
	for _, ref := range h.Requests() {
		add(ref)
	}
	_, r, err := t.newest(key)
	if err != nil || r == nil {
		return ids, err
	}
	for _, l := range t.e.set.Guide.Links(r) {
		if err := t.climb(l, add); err != nil {
			return nil, err
		}
	}
	err = t.pointedAt(key, add)
	slices.Sort(ids)
	return ids, err
}

// standing gives a folded referral as it is told.
func (f *folded) standing() mapping.Standing {
	if f.told != nil {
		return *f.told
	}
	st := mapping.Standing{Referral: f.r, Read: &f.read, Legs: make([]mapping.LegAnswer, len(f.answers))}
	for i := range f.answers {
		l := &f.read.Legs[i]
		st.Legs[i] = mapping.LegAnswer{Task: l.Task, Agency: l.Agency, Handoff: f.answers[i], Shape: l.Shape, Above: l.Above, Inside: !f.counts(i)}
		if l.Former {
			st.Legs[i].Number, st.Legs[i].Former = l.Number, l.Number
		}
		if l.Request != f.id {
			st.Legs[i].Request = l.Request
		}
	}
	f.told = &st
	return st
}

// whyKept says why a Task or request is not followed; the zero Because for one that is, and for anything else.
func (t *txn) whyKept(h *mapping.History) (mapping.Because, error) {
	if k := keyOf(h.Key).Type; k != "Task" && k != "ServiceRequest" {
		return mapping.Because{}, nil
	}
	var requests []*mapping.History
	for _, ref := range h.Requests() {
		r, err := t.history(keyOf(ref), 0)
		if err != nil {
			return mapping.Because{}, err
		}
		requests = append(requests, r)
	}
	return t.e.set.Guide.WhyKept(h, requests, t.orgs), nil
}

// because says why a stored Task or request is not followed, in plain words; "" for one that is.
func (e *Engine) because(ctx context.Context, r store.Reader, key store.Key) (string, error) {
	t := &txn{e: e, ctx: ctx, tx: looking{r}, now: e.now(), fresh: map[store.Key]*mapping.History{}}
	h, err := t.history(key, 0)
	if err != nil {
		return "", err
	}
	why, err := t.whyKept(h)
	if why.Kept == "" && err == nil && key.Type == "Task" {
		why.Kept = mapping.KeptMember
	}
	return why.Words(), err
}
