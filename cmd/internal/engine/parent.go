package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// mostRequests is how many requests of agencies are read for one referral: those of all agencies that one may ask, and as many that are asked no more.
const mostRequests = 200

// deepest bounds how many requests may stand above each other, and how often writing Tasks may ask for further ones below them.
const deepest = 8

// whole gathers the referral to which a ServiceRequest belongs: its own, or that of the request which it fills.
func (t *txn) whole(id string) (*mapping.Referral, string, error) {
	been := []string{}
	for {
		r, err := t.gather(id)
		if err != nil || len(been) == deepest {
			return r, id, err
		}
		up, err := t.above(r)
		if err != nil || up == "" || slices.Contains(been, up) {
			return r, id, err
		}
		been = append(been, id)
		id = up
	}
}

// above gives the id of the request that a gathered one fills, "" where it stands by itself: it was made to fill another that is followed, or its
// Tasks are part of a Task on another.
func (t *txn) above(r *mapping.Referral) (string, error) {
	rests, fills := r.Request.RestsOn()
	var heads []string
	for i := range r.Tasks {
		for _, head := range r.Tasks[i].PartOf() {
			if !slices.ContainsFunc(r.Tasks, func(h mapping.History) bool { return h.Key == head }) {
				heads = append(heads, head)
			}
		}
	}
	if fills || len(heads) > 0 {
		for _, ref := range rests {
			if h, err := t.history(keyOf(ref), 0); err != nil || h.Followed() && h.Key != r.Request.Key {
				return keyOf(ref).ID, err
			}
		}
	}
	for _, head := range heads {
		h, err := t.history(keyOf(head), 0)
		if err != nil {
			return "", err
		}
		if !t.e.set.Guide.Heads(h) {
			continue
		}
		for _, ref := range h.Requests() {
			if ref != r.Request.Key {
				return keyOf(ref).ID, nil
			}
		}
	}
	return "", nil
}

// child reads an agency's own request, and all that names it. sure says that it is one; otherwise it is where it was made to fill the other, or a
// Task on it is part of another Task.
func (g *gathering) child(k store.Key, number int, sure bool) error {
	if g.seen[k] || len(g.out.Requests) >= mostRequests {
		return nil
	}
	h, err := g.t.history(k, number)
	if err != nil {
		return err
	}
	all, err := g.t.tx.LinkedTo(g.t.ctx, k.String())
	if err != nil {
		return err
	}
	if _, fills := h.RestsOn(); !fills && !sure {
		if part, err := g.anyPart(all); err != nil || !part {
			return err
		}
	}
	g.seen[k] = true
	g.out.Requests = append(g.out.Requests, *h)
	of := g.of
	g.of = k.String()
	defer func() { g.of = of }()
	if err := g.take(all, []string{k.String()}); err != nil {
		return err
	}
	return g.named(h.Names())
}

func (g *gathering) anyPart(all []store.Linked) (bool, error) {
	for i := range all {
		if all[i].From.Type != "Task" || all[i].Former {
			continue
		}
		h, err := g.t.history(all[i].From, all[i].Number)
		if err != nil || len(h.PartOf()) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// parts reads the Tasks below ours whose own request does not say what it fills.
func (g *gathering) parts() error {
	var heads []string
	for i := range g.out.Tasks {
		if h := &g.out.Tasks[i]; h.Of == "" && g.t.e.set.Guide.Heads(h) {
			heads = append(heads, h.Key)
		}
	}
	if len(heads) == 0 {
		return nil
	}
	all, err := g.t.tx.LinkedTo(g.t.ctx, heads...)
	if err != nil {
		return err
	}
	for i := range all {
		l := &all[i]
		if l.From.Type != "Task" || l.Via != "partOf" || l.Former || g.seen[l.From] {
			continue
		}
		h, err := g.t.history(l.From, l.Number)
		if err != nil {
			return err
		}
		for _, ref := range h.Requests() {
			if err := g.child(keyOf(ref), 0, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// households reads the Groups that a referral is about, and what concerns their members.
func (g *gathering) households() error {
	about := []string{g.out.Request.Subject()}
	for i := range g.out.Tasks {
		about = append(about, g.out.Tasks[i].Subject())
	}
	var at []string
	var groups distinct.List[string]
	for _, ref := range about {
		if !strings.HasPrefix(ref, "Group/") || !groups.Put(ref) {
			continue
		}
		h, err := g.t.history(keyOf(ref), 0)
		if err != nil {
			return err
		}
		g.out.Groups = append(g.out.Groups, mapping.History{Key: ref, Versions: h.Versions})
		for _, person := range h.Members(g.t.now) {
			if g.people.Len() < mostPeople && g.people.Put(person) {
				at = append(at, shelvesOf(person)...)
			}
		}
	}
	if len(at) == 0 {
		return nil
	}
	return g.linked(at...)
}

// passOn writes the Tasks that ought to stand below others and do not yet, and folds again, until all are there.
func (t *txn) passOn(f *folded) (*folded, error) {
	for range deepest {
		if len(f.read.Missing) == 0 {
			return f, nil
		}
		for i := range f.read.Missing {
			if err := t.writePart(&f.read.Missing[i]); err != nil {
				return nil, fmt.Errorf("pass on Task/%s: %w", f.read.Missing[i].Above, err)
			}
		}
		var err error
		if f, err = t.fold(f.id); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// writePart writes one Task below another, with the agency's own request where it has one.
func (t *txn) writePart(m *mapping.Missing) error {
	guide := &t.e.set.Guide
	_, above, err := t.newest(store.Key{Type: "Task", ID: m.Above})
	if err != nil || above == nil {
		return err
	}
	if m.Shape == mapping.Household {
		return t.writeOwn(store.Key{Type: "Task", ID: m.ID()}, mapping.DigestID(m.Above, m.Member), guide.MemberTask(above, m, t.now))
	}
	_, root, err := t.newest(store.Key{Type: "ServiceRequest", ID: m.Request})
	if err != nil || root == nil {
		return err
	}
	if err := t.writeOwn(store.Key{Type: "ServiceRequest", ID: m.ID()}, "", guide.ChildRequest(root, m, t.now)); err != nil || m.Alone {
		return err
	}
	return t.writeOwn(store.Key{Type: "Task", ID: m.ID()}, mapping.DigestID(m.Above, m.Agency), guide.ChildTask(above, m, t.now))
}

// writeOwn stores a new resource of ours with a Provenance. Where something else has its id it gets the other one, if it has another.
func (t *txn) writeOwn(key store.Key, other string, body []byte) error {
	r, err := fhir.ReadStored(body)
	if err != nil {
		return err
	}
	v, err := t.put(key, 0, store.Author{Own: true}, r)
	if errors.Is(err, store.ErrConflict) && other != "" {
		key.ID = other
		v, err = t.put(key, 0, store.Author{Own: true}, r)
	}
	if err != nil {
		return err
	}
	t.learn(key, &v)
	return t.putProvenance(key, v.Number, mapping.Passed(), &workflow.Handoff{})
}

// answerAll answers every leg, then the households, what all legs come to together, and ours above them.
func (t *txn) answerAll(f *folded) {
	legs := f.read.Legs
	for i := range legs {
		f.answers[i] = t.e.fold(&legs[i].Ledger, t.now, &t.e.set.Rules)
		f.answers[i].Flags = append(f.answers[i].Flags, legs[i].Flags...)
	}
	f.join(mapping.Household)
	all := f.all()
	workflow.Together(all, f.read.Final)
	for i := range legs {
		if legs[i].Shape == mapping.Single {
			workflow.Question(&legs[i].Ledger, &f.answers[i], all, t.now, &t.e.set.Rules)
		}
	}
	f.join(mapping.Parent)
	for i := range legs {
		if turn, wake := legs[i].Turn, &f.answers[i].Wake; !turn.IsZero() && (wake.IsZero() || turn.Before(*wake)) {
			*wake = turn
		}
	}
}

// join answers the Tasks above others.
func (f *folded) join(shape mapping.Shape) {
	for i := range f.read.Legs {
		l := &f.read.Legs[i]
		if l.Shape != shape {
			continue
		}
		below := f.below(l.Task)
		workflow.Under(&f.answers[i], below)
		f.answers[i] = workflow.Above(&f.answers[i], below, shape.Joins())
	}
}

func (f *folded) below(task string) []*workflow.Handoff {
	places := f.children[task]
	list := make([]*workflow.Handoff, len(places))
	for i, at := range places {
		list[i] = &f.answers[at]
	}
	return list
}

// counts reports whether a leg stands for itself in what a referral comes to: not one member of a household, and not ours where agencies were asked.
func (f *folded) counts(i int) bool {
	l := &f.read.Legs[i]
	switch l.Shape {
	case mapping.Parent:
		return len(f.children[l.Task]) == 0
	case mapping.Household:
		return true
	}
	up, above := f.legs[l.Above]
	return !above || f.read.Legs[up].Shape != mapping.Household
}

// subject gives for whom a leg is.
func (f *folded) subject(i int) string {
	if who := f.read.Legs[i].Subject; who != "" {
		return who
	}
	return f.read.Subject
}

// answersOf gives the answers that are kept for a referral.
func (e *Engine) answersOf(ctx context.Context, r store.Reader, request string) ([]mapping.LegAnswer, error) {
	rows, err := r.Handoffs(ctx, request)
	if err != nil {
		return nil, err
	}
	legs := make([]mapping.LegAnswer, len(rows))
	for i := range rows {
		if legs[i], err = e.answerOf(ctx, r, &rows[i]); err != nil {
			return nil, err
		}
	}
	return legs, nil
}

// answersOfChild gives the answers of the legs of an agency's own request, and of no other.
func (e *Engine) answersOfChild(ctx context.Context, r store.Reader, request *store.Version) ([]mapping.LegAnswer, error) {
	linked, err := r.LinkedTo(ctx, request.Key.String())
	if err != nil {
		return nil, err
	}
	var legs []mapping.LegAnswer
	for i := range linked {
		if linked[i].From.Type != "Task" || linked[i].Former || slices.ContainsFunc(legs, func(l mapping.LegAnswer) bool { return l.Task == linked[i].From.ID }) {
			continue
		}
		row, err := r.Handoff(ctx, linked[i].From.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		leg, err := e.answerOf(ctx, r, &row)
		if err != nil {
			return nil, err
		}
		if leg.Request == request.ID {
			leg.Inside = leg.Inside && leg.Shape == mapping.Single
			legs = append(legs, leg)
		}
	}
	return legs, nil
}

// lastWord gives the parties' last word on a Task, of a household's member with what was said of all, whether there is one, and the status of ours
// that would come back as an echo.
func (t *txn) lastWord(h *mapping.History, e *mapping.Exchange) (last workflow.Word, said bool, ours workflow.Status, err error) {
	last, said, ours = e.Last, e.Said, e.Ours
	for _, ref := range h.PartOf() {
		up, err := t.history(keyOf(ref), 0)
		if err != nil {
			return last, said, ours, err
		}
		if w, member := t.e.set.Guide.MemberWord(h, up, t.orgs); member {
			return w, true, ours, nil
		}
	}
	return last, said, ours, nil
}

// checkMove checks a move of a Task. Of ours above agencies whoever works for us may do what an agency may do of its own.
func (t *txn) checkMove(h *mapping.History, asked *workflow.Asked) *workflow.RefusedMove {
	no := workflow.CheckMove(*asked, t.e.set.Rules)
	if no == nil || asked.By != workflow.Navigator && asked.By != workflow.Supervisor || !t.e.set.Guide.Heads(h) {
		return no
	}
	own := *asked
	own.By = workflow.Agency
	if workflow.CheckMove(own, t.e.set.Rules) == nil {
		return nil
	}
	no.Open = ours(asked.From)
	return no
}

// ours gives what is open to whoever works for us on a Task of ours.
func ours(from workflow.Status) []workflow.Status {
	open := workflow.OpenMoves(from, workflow.Navigator)
	for _, s := range workflow.OpenMoves(from, workflow.Agency) {
		if !slices.Contains(open, s) {
			open = append(open, s)
		}
	}
	return open
}

// word gives what the status of a Task rests on, and what it would mean to write it.
func (t *txn) word(leg *mapping.Leg, h *workflow.Handoff, history *mapping.History, now workflow.Status) (last workflow.Word, said bool, why string) {
	e := mapping.ExchangeOf(history, t.orgs)
	if last, said = e.Last, e.Said; e.Given {
		why = mapping.ActTransfer
	}
	if leg.Word != nil {
		last, said, why = *leg.Word, true, mapping.ActFollow
	}
	switch {
	case leg.Shape == mapping.Parent && said && h.Rule != "nobody-asked":
		last.Status, why = mapping.Following(now, last.Status, h), mapping.ActFollow
	case leg.Made && leg.Word == nil && last.Status == workflow.TaskDraft && h.Released:
		last.Status, why = workflow.TaskRequested, mapping.ActSend
	}
	return last, said, why
}

// fillRequest says in an agency's own request what stayed behind while consent did not allow it, where nobody but us has written it.
func (t *txn) fillRequest(leg *mapping.Leg) error {
	key := store.Key{Type: "ServiceRequest", ID: leg.Request}
	newest, child, err := t.newest(key)
	if err != nil || child == nil {
		return err
	}
	history, err := t.history(key, newest.Number)
	if err != nil || !history.OnlyOurs() {
		return err
	}
	rests, _ := history.RestsOn()
	if len(rests) == 0 {
		return nil
	}
	_, root, err := t.newest(keyOf(rests[0]))
	if err != nil || root == nil {
		return err
	}
	body := t.e.set.Guide.FillRequest(child, root)
	if body == nil {
		return nil
	}
	r, err := fhir.ReadStored(body)
	if err != nil {
		return err
	}
	v, err := t.put(key, newest.Number, store.Author{Own: true}, r)
	if err != nil {
		return err
	}
	t.learn(key, &v)
	return t.putProvenance(key, v.Number, &mapping.Amendment{Why: mapping.ActSend}, &workflow.Handoff{})
}
