package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// claim gives what is kept in a row beside the id: the digests of the content, of the person's name and of each coding.
func (is identity) claim(said string) string {
	return strings.Join(append([]string{said, is.about}, is.codes...), ",")
}

// claim is what is kept under an identity: which resource took it, the digests of what it said when it was posted, and perhaps more (see lead). In a
// row of older times about is "".
type claim struct {
	id, said, about string
	codes           []string
}

func readClaim(kept string) claim {
	id, rest, _ := strings.Cut(kept, " ")
	digests, _, _ := strings.Cut(rest, " ")
	parts := strings.Split(digests, ",")
	c := claim{id: id, said: parts[0]}
	if len(parts) > 1 {
		c.about, c.codes = parts[1], parts[2:]
	}
	return c
}

// like reports whether what took a row is the same as far as the row says.
func (is identity) like(first claim) bool {
	return first.about == "" || first.about == is.about && sameCode(is.codes, first.codes)
}

// chain is the walk along the rows of one identity. A resource to which the same content was posted before is the one, wherever it stands. Of others
// the first that has the same codings, else the first that shares one: of three requests for a, for b, and for a and b, the last is no reason to take
// the second for the first.
type chain struct {
	t      *txn
	w      *work
	is     identity
	said   string // digest of what is posted
	parted apart  // in what those differ that are not the same
	best   *store.Version
	claim  claim // of best
	equal  bool  // best has the same codings
}

// row gives what is kept under a key; fresh, when nothing was. It takes the row unless a resource was found already.
func (c *chain) row(key string) (first claim, fresh bool, err error) {
	if c.best != nil {
		kept, known, err := c.t.tx.Remembered(c.t.ctx, key)
		return readClaim(kept), !known, err
	}
	kept, fresh, err := c.t.tx.Remember(c.t.ctx, key, c.w.key.ID+" "+c.is.claim(c.said), c.t.now)
	return readClaim(kept), fresh, err
}

// end settles a create at the end of the rows.
func (c *chain) end() error {
	if c.best == nil {
		c.w.sayApart(c.parted)
		return nil
	}
	return c.t.settleKnown(c.w, *c.best, c.claim)
}

// look compares a create with the resource that took a row; done, when it is settled.
func (c *chain) look(first claim) (done bool, err error) {
	v, err := c.t.tx.Newest(c.t.ctx, store.Key{Type: c.w.Type, ID: first.id})
	if errors.Is(err, store.ErrNotFound) {
		if c.best == nil && c.is.like(first) {
			c.w.key.ID = first.id // another entry of the Bundle, or what somebody else is about to write
			return true, nil
		}
		return false, nil
	}
	if err != nil || v.Deleted {
		return false, err
	}
	stored, err := fhir.ReadStored(v.Body)
	if err != nil || stored.Get("status").Text() == "entered-in-error" {
		return false, err
	}
	before := c.said == first.said
	if !before {
		if _, before, err = c.t.tx.Remembered(c.t.ctx, saidKey(v.Key, c.said)); err != nil {
			return false, err
		}
	}
	if before {
		return true, c.t.settleKnown(c.w, v, first)
	}
	how, err := c.t.compare(c.w, c.is, first, stored)
	if err != nil {
		return false, err
	}
	equal := slices.Equal(codings(c.w.Resource.Get("code")), codings(stored.Get("code")))
	switch {
	case how != 0:
		c.parted |= how
	case c.best == nil || equal && !c.equal:
		c.best, c.claim, c.equal = &v, first, equal
	}
	return false, nil
}

// apart says in what two resources of one name differ, as bits; 0: in nothing.
type apart int

const (
	anotherPerson apart = 1 << iota
	anotherCode
	anotherPlace // changed since: it has another owner, or stands under something else
)

// sayApart puts into the answer that this name was used for something else. Of whom, and where, is not said.
func (w *work) sayApart(parted apart) {
	var why string
	switch {
	case parted&anotherPerson != 0:
		why = "about somebody else"
	case parted&anotherCode != 0:
		why = "with another code"
	case parted&anotherPlace != 0:
		why = "that has been changed since"
	default:
		return
	}
	w.issues = append(w.issues, fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeDuplicate, Expression: w.at(w.Type + ".identifier"),
		Text: fmt.Sprintf("This requester has used this identifier before, for a %s %s. This one is kept as another %[1]s.", w.Type, why)})
}

// compare says in what a create differs from the stored resource that has its name.
func (t *txn) compare(w *work, is identity, first claim, stored *fhir.Resource) (how apart, err error) {
	n, there := namer{t.works, t.e.set.Base}, standing(stored)
	same, err := t.samePerson(n.person(w), n.person(there))
	if err != nil {
		return 0, err
	}
	if !same && !(is.brought && is.about == first.about) {
		how |= anotherPerson
	}
	if !sameCode(codings(w.Resource.Get("code")), codings(stored.Get("code"))) {
		how |= anotherCode
	}
	if !n.samePlace(w, there) {
		how |= anotherPlace
	}
	return how, nil
}
