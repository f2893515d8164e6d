package engine

import (
	"errors"
	"fmt"
	"slices"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// condition is a search that must pick at most one resource.
type condition struct {
	query search.Query
	key   string // the same for searches that ask the same
}

func (e *Engine) parseCondition(typ, text string) (*condition, []fhir.Issue) {
	q, key, issues := search.ParseCondition(typ, text, e.searchOptions(true))
	if len(issues) > 0 {
		return nil, issues
	}
	return &condition{query: q, key: key}, nil
}

// condition reads a condition of a change; nil where there is none or it is refused.
func (e *Engine) condition(w *work, text, element string, no *refusals) *condition {
	if text == "" {
		return nil
	}
	c, issues := e.parseCondition(w.Type, text)
	for _, i := range issues {
		i.Expression = w.request(element)
		no.issue(Invalid, i)
	}
	return c
}

// matches gives what a condition picks, at most two.
func (t *txn) matches(c *condition) ([]store.Version, error) {
	if c.query.Nothing {
		return nil, nil
	}
	s := &seeker{e: t.e, ctx: t.ctx, r: t.tx}
	q, some, err := s.conditions(&c.query)
	if err != nil || !some {
		return nil, tooCostly(err)
	}
	q.Limit = 2
	page, err := t.tx.Search(t.ctx, q)
	return page.Versions, tooCostly(err)
}

// picked is matches for a condition of the batch, which asks once for what several of them ask: nothing is written yet.
func (t *txn) picked(c *condition) ([]store.Version, error) {
	name := c.query.Type + "?" + c.key
	if found, known := t.matched[name]; known {
		return found, nil
	}
	found, err := t.matches(c)
	if err != nil {
		return nil, err
	}
	if t.matched == nil {
		t.matched = map[string][]store.Version{}
	}
	t.matched[name] = found
	return found, nil
}

// settlePick decides what a conditional update or delete writes.
//
// Source: FHIR R4, http.html, conditional update; conditional delete (single)
func (t *txn) settlePick(w *work, no *refusals) error {
	found, err := t.picked(w.pick)
	if err != nil {
		return err
	}
	switch {
	case len(found) > 1:
		words := "The condition picks more than one " + w.Type
		if w.Method == Delete {
			words += "; a delete is for one, and nothing was deleted"
		}
		no.add(PreconditionFailed, fhir.CodeMultipleMatches, w.request("url"), words+".")
	case len(found) == 1 && w.Method == Update && w.Resource.ID() != "" && w.Resource.ID() != found[0].ID:
		no.add(Invalid, fhir.CodeInvalid, w.at(w.Type+".id"), "The id in the resource is not that of the resource that the condition picks; leave it out.")
	case len(found) == 1:
		w.key = found[0].Key
	case w.Method == Delete && w.IfMatch != "":
		no.add(PreconditionFailed, fhir.CodeConflict, w.request("ifMatch"),
			fmt.Sprintf("Version %s was expected, and the condition picks no %s: there is nothing to delete.", quoted(w.IfMatch), w.Type))
	case w.Method == Delete:
		w.settled, w.done = true, Deleted
	default:
		return t.settleNew(w, no)
	}
	return nil
}

// settleNew gives an id to a conditional update that picked nothing: that of the body if nobody has it.
func (t *txn) settleNew(w *work, no *refusals) error {
	if id := w.Resource.ID(); id != "" {
		w.key = store.Key{Type: w.Type, ID: id}
		v, err := t.tx.Newest(t.ctx, w.key)
		if err == nil && !v.Deleted {
			no.add(Conflict, fhir.CodeConflict, w.at(w.Type+".id"), "The condition picks nothing, and the id in the resource belongs to another one; leave it out.")
		}
		if errors.Is(err, store.ErrNotFound) {
			err = nil
		}
		return err
	}
	w.newID(t.e)
	return t.reserve(w, w.pick)
}

// settleNone decides what a conditional create does.
//
// Source: FHIR R4, http.html, conditional create
func (t *txn) settleNone(w *work, no *refusals) error {
	if err := t.reserve(w, w.none); err != nil {
		return err
	}
	found, err := t.picked(w.none)
	if err != nil {
		return err
	}
	switch len(found) {
	case 0:
		return t.settleBeside(w, no)
	case 1:
		w.found(t.shared(found[0]))
	default:
		no.add(PreconditionFailed, fhir.CodeMultipleMatches, w.request("ifNoneExist"), "The condition picks more than one "+w.Type+".")
	}
	return nil
}

// settleBeside ends a conditional create whose resource another entry of the transaction brings: the condition holds for that one, so nothing more is
// created, and the entry is answered with it. Of several conditional creates the first creates.
//
// Source: local, the same condition in two entries means one resource
func (t *txn) settleBeside(w *work, no *refusals) error {
	after := false
	for _, x := range t.works {
		if x == w {
			after = true
			continue
		}
		if x.Type != w.Type || x.Method == Delete || x.settling || after && x.none != nil {
			continue
		}
		if err := t.settle(x, no); err != nil {
			return err
		}
		if !x.settled && (x.key == w.key || w.none.holds(x.terms, x.key)) {
			w.key, w.fresh, w.existed = x.key, false, true
			w.settled, w.done, w.beside = true, Unchanged, x
			return nil
		}
	}
	return nil
}

// settleApart refuses a conditional create or update whose condition holds for what another entry writes, too: whichever came first, there would be two
// where the condition means one.
//
// Source: FHIR R4, http.html#trules: if any resource identities overlap, including those resolved from conditional updates, the transaction fails
func (t *txn) settleApart(no *refusals) {
	for _, w := range t.works {
		c := w.pick
		if w.Method == Create {
			c = w.none
		}
		if c == nil || w.Method == Delete || w.settled {
			continue
		}
		for _, x := range t.works {
			if x != w && x.Type == w.Type && x.Method != Delete && !x.settled && x.key != w.key && c.holds(x.terms, x.key) {
				no.add(PreconditionFailed, fhir.CodeMultipleMatches, w.place(), fmt.Sprintf(
					"The condition of %s also picks the %s of %s, so that there would be two; say in one entry what is to be written.", w.place(), w.Type, x.place()))
				break
			}
		}
	}
}

// shared gives a version with the bytes that another entry has of it: many may find one large resource.
func (t *txn) shared(v store.Version) store.Version {
	if len(v.Body) < largeBody {
		return v
	}
	for _, x := range t.works {
		if x.version.Seq == v.Seq {
			v.Body = x.version.Body
			break
		}
	}
	return v
}

// largeBody is from which size on it is worth looking whether the bytes of a resource are there already.
const largeBody = 64 << 10

// found ends a create whose resource is there already.
func (w *work) found(v store.Version) {
	w.key, w.fresh, w.existed = v.Key, false, true
	w.settled, w.done, w.version = true, Unchanged, v
}

// reserve takes the row of a condition, so that of several callers with the same condition at once, in whatever process, one goes first and the
// others see what it made: an id that was reserved and is not used yet becomes everybody's. A resource that once was made under the condition
// and no longer is what the condition picks leaves its row to the next one.
func (t *txn) reserve(w *work, c *condition) error {
	key := "condition|" + t.p.Party + "|" + digest(c.key)
	for range 1000 {
		kept, fresh, err := t.tx.Remember(t.ctx, key, w.key.ID, t.now)
		if err != nil || fresh || kept == w.key.ID {
			return err
		}
		_, err = t.tx.Newest(t.ctx, store.Key{Type: w.Type, ID: kept})
		if errors.Is(err, store.ErrNotFound) {
			w.key.ID = kept
			return nil
		}
		if err != nil {
			return err
		}
		one := *c
		one.query.IDs = []string{kept}
		if found, err := t.matches(&one); err != nil || len(found) > 0 {
			return err
		}
		key += "|" + kept
		if len(key) > 200 {
			key = "condition|" + digest(key)
		}
	}
	return store.ErrConflict
}

// settleSearch finds the target of a conditional reference, which must be exactly one: in the store as it was, or among what this transaction
// writes.
//
// Source: FHIR R4, http.html, conditional references
func (t *txn) settleSearch(w *work, u *use, no *refusals) error {
	keys, err := t.targetsOf(u.pick, no)
	if err != nil {
		return err
	}
	switch len(keys) {
	case 1:
		u.key, u.known = keys[0], true
	case 0:
		no.add(PreconditionFailed, fhir.CodeNotFound, w.at(u.at), "The search in this reference finds nothing; it must find exactly one resource.")
	default:
		no.add(PreconditionFailed, fhir.CodeMultipleMatches, w.at(u.at), "The search in this reference finds more than one resource; it must find exactly one.")
	}
	return nil
}

// targetsOf gives what a conditional reference may mean. The same search means the same in every entry.
func (t *txn) targetsOf(c *condition, no *refusals) ([]store.Key, error) {
	name := c.query.Type + "?" + c.key
	if keys, known := t.targets[name]; known {
		return keys, nil
	}
	found, err := t.picked(c)
	if err != nil {
		return nil, err
	}
	var keys []store.Key
	for _, v := range found {
		keys = append(keys, v.Key)
	}
	circle := false
	for _, x := range t.works {
		if x.Type != c.query.Type {
			continue
		}
		if err := t.settle(x, no); err != nil {
			return nil, err
		}
		circle = circle || x.settling
		switch here := slices.Contains(keys, x.key); {
		case here && x.Method == Delete:
			keys = slices.DeleteFunc(keys, func(k store.Key) bool { return k == x.key })
		case !here && x.Method != Delete && !x.settled && c.holds(x.terms, x.key):
			keys = append(keys, x.key)
		}
	}
	if circle {
		return keys, nil // what is being decided may still turn out otherwise
	}
	if t.targets == nil {
		t.targets = map[string][]store.Key{}
	}
	t.targets[name] = keys
	return keys, nil
}

// holds reports whether a resource that is not stored yet is what the condition picks. Of conditions on other resources it cannot say.
func (c *condition) holds(terms []store.Term, key store.Key) bool {
	q := c.query
	if !q.From.IsZero() || !q.To.IsZero() || q.Nothing || len(q.Chains)+len(q.Has) > 0 || q.IDs != nil && !slices.Contains(q.IDs, key.ID) {
		return false
	}
	for _, m := range q.All {
		if one := storeMatch(m); !one.Holds(terms) {
			return false
		}
	}
	return true
}
