package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// A referral that is sent again must not become a second one, and no referral may become another's. What is sent is recognised by what its sender
// calls it, whom it is about and what it asks for: all of
//
//	type, requester, identifiers, intent, basedOn, for a Task focus, partOf and owner   to the letter: the key of a unique row
//	subject or for                                                                      as a person, see samePerson
//	code                                                                                when a coding is shared, or neither has one
//
// The row is taken in the transaction that creates the resource, so that of any number of posts at once one creates and the others find. It says
// which resource took it. Where that one is of another person, or has no code in common, or is no more (deleted, entered-in-error), the key of the
// next row is made of the row and the resource, and so on: a chain of rows, of which each is taken once. An ordinary intake takes the first.
//
//	same identity, content that was posted before   → nothing happens
//	same identity, other content                    → a new version of the same resource, through all checks
//	only a part is the same                         → another resource, and the answer says so
//
// A Bundle that is sent again, byte for byte, is recognised as a whole and gives what it gave the first time.
//
// Rows that were taken before persons and codes counted have the same keys and say less; what they stand for is read from the resource.

// identified reports whether resources of a type have a business identity.
func identified(typ string) bool { return typ == "ServiceRequest" || typ == "Task" }

// An identifier that stands for more than so many resources of one requester names none of them. From there on whom and what for belong to the
// key, so that nobody's habit makes the others wait.
const mostOfOneName = 20

// settleIdentity decides whether a create is something that was posted before.
//
// Source: RULINGS.md, 51
func (t *txn) settleIdentity(w *work) error {
	n := namer{t.works, t.e.set.Base}
	is, ok := n.identity(w)
	if !ok {
		if w.Type == "Task" {
			return t.settleTwin(w)
		}
		return nil
	}
	if err := t.inPlace(w); err != nil {
		return err
	}
	c := chain{t: t, w: w, is: is, said: contentDigest(w.res)}
	key := is.key
	for hop := range 1000 {
		switch hop {
		case mostOfOneName:
			key = "identity|" + digest(is.key+"|"+is.about)
		case 2 * mostOfOneName:
			key = "identity|" + digest(strings.Join(append([]string{is.key, is.about}, is.codes...), "|"))
		}
		first, fresh, err := c.row(key)
		if err != nil {
			return err
		}
		if fresh {
			return c.end()
		}
		done, err := c.look(first)
		if err != nil || done {
			return err
		}
		key = "identity|" + digest(key+"|"+first.id)
	}
	return store.ErrConflict
}

// settleKnown ends a create whose identity is that of v: nothing to do if the content was posted before, otherwise an update. Whoever the Bundle
// brought as the person or the requester is the one who stands there.
func (t *txn) settleKnown(w *work, v store.Version, first claim) error {
	if err := t.settleParties(w, v); err != nil {
		return err
	}
	w.existed = true
	said := contentDigest(w.res)
	fresh := said != first.said
	if fresh {
		var err error
		if _, fresh, err = t.tx.Remember(t.ctx, saidKey(v.Key, said), "", t.now); err != nil {
			return err
		}
	}
	if !fresh {
		w.found(v)
		return nil
	}
	w.Method, w.key, w.fresh, w.samePerson = Update, v.Key, false, true
	return nil
}

// saidKey is the key of a content that was posted to a resource after the first.
func saidKey(k store.Key, said string) string { return "said|" + k.String() + "|" + said }

// settleParties ends the creates of those whom a recognised resource names and the Bundle brings anew: they are whom the resource named before.
// Nothing is written of them, and the answer says so where they say something else.
func (t *txn) settleParties(w *work, v store.Version) error {
	stored, err := fhir.ReadStored(v.Body)
	if err != nil {
		return err
	}
	n, there := namer{t.works, t.e.set.Base}, standing(stored)
	for _, element := range parties {
		u := w.use(w.Resource.Get(element, "reference").Text())
		if u == nil || u.target < 0 || !n.anew(u) {
			continue
		}
		x, is := t.works[u.target], keyOf(n.target(there, stored.Get(element)))
		if element == "subject" || element == "for" {
			ids, err := t.personOf(n.person(there))
			if err != nil {
				return err
			}
			if len(ids) > 0 {
				is = keyOf(ids[0])
			}
		}
		if is.Type != x.Type {
			continue
		}
		one, err := t.tx.Newest(t.ctx, is)
		if errors.Is(err, store.ErrNotFound) || err == nil && one.Deleted {
			continue
		}
		if err != nil {
			return err
		}
		r, err := fhir.ReadStored(one.Body)
		if err != nil {
			return err
		}
		if ids := identifiers(r.Get("identifier")); element == "requester" || element == "owner" {
			if !slices.ContainsFunc(identifiers(x.Resource.Get("identifier")), func(id string) bool { return slices.Contains(ids, id) }) {
				continue
			}
		}
		x.found(one)
		x.keyed = true
		if contentDigest(r) != contentDigest(x.Resource) {
			x.issues = append(x.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeDuplicate, Expression: x.at(x.Type),
				Text: fmt.Sprintf("This is %s, who came with this %s before. What is said otherwise here was not taken: update %[1]s for that.", is, w.Type)})
		}
	}
	return t.inPlace(w)
}

// parties are the elements by which a request or Task names somebody whom its Bundle may bring.
var parties = []string{"subject", "for", "requester", "owner"}

// standing is a stored resource as a work whose references are in place.
func standing(r *fhir.Resource) *work { return &work{Change: Change{Type: r.Type(), Resource: r}} }

// settleTwin recognises a Task that has no identity of its own by its request: if that was there already, a Task for the same request, from the
// same requester to the same owner, that is not over with a no, is the one that was sent.
func (t *txn) settleTwin(w *work) error {
	var found []store.Version
	for _, via := range []struct{ element, param string }{{"focus", "Task.focus"}, {"basedOn", "Task.based-on"}} {
		for ref := range w.Resource.Get(via.element).All() {
			u := w.use(ref.Get("reference").Text())
			if u == nil || u.target < 0 || t.works[u.target].Type != "ServiceRequest" || !t.works[u.target].existed {
				continue
			}
			page, err := t.tx.Search(t.ctx, store.Query{Type: "Task", Limit: 100,
				All: []store.Match{{Param: via.param, Values: []string{t.works[u.target].key.String()}}}})
			if err != nil {
				return err
			}
			found = append(found, page.Versions...)
		}
	}
	for _, v := range found {
		r, err := fhir.ReadStored(v.Body)
		if err != nil {
			return err
		}
		if t.claimed(w, v.Key) {
			continue
		}
		if twins, err := t.twins(w, r); err != nil || twins {
			if twins {
				w.found(v)
			}
			return err
		}
	}
	return nil
}

// claimed reports whether another entry was recognised as that resource.
func (t *txn) claimed(w *work, k store.Key) bool {
	return slices.ContainsFunc(t.works, func(x *work) bool { return x != w && x.existed && x.key == k })
}

// twins reports whether a stored Task is for the same, to the same, from the same.
func (t *txn) twins(w *work, other *fhir.Resource) (bool, error) {
	switch other.Get("status").Text() {
	case "rejected", "cancelled", "failed", "entered-in-error":
		return false, nil
	}
	n, there := namer{t.works, t.e.set.Base}, standing(other)
	if !n.samePlace(w, there) || !slices.Equal(n.named(w, w.Resource.Get("requester")), n.named(there, other.Get("requester"))) ||
		!sameCode(codings(w.Resource.Get("code")), codings(other.Get("code"))) {
		return false, nil
	}
	return t.samePerson(n.person(w), n.person(there))
}
