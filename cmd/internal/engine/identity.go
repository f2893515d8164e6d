package engine

import (
	"errors"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// A referral that is sent again must not become a second one. What is sent is recognised by what its sender calls it: the requester with their
// own identifiers, and what the request stands under. That identity is a unique row, taken in the transaction that creates the resource, so
// that of any number of posts at once one creates and the others find.
//
//	same identity, content that was posted before   → nothing happens
//	same identity, other content                    → a new version of the same resource, through all checks
//
// A Bundle that is sent again, byte for byte, is recognised as a whole and gives what it gave the first time.

// identified reports whether resources of a type have a business identity.
func identified(typ string) bool { return typ == "ServiceRequest" || typ == "Task" }

// settleIdentity decides whether a create is something that was posted before.
//
// Source: local, the business identity of a referral
func (t *txn) settleIdentity(w *work) error {
	key := namer{t.works, t.e.set.Base}.identity(w)
	if key == "" {
		if w.Type == "Task" {
			return t.settleTwin(w)
		}
		return nil
	}
	if err := t.inPlace(w); err != nil {
		return err
	}
	said := contentDigest(w.res)
	for range 1000 {
		kept, fresh, err := t.tx.Remember(t.ctx, key, w.key.ID+" "+said, t.now)
		if err != nil || fresh {
			return err
		}
		id, first := keptIdentity(kept)
		v, err := t.tx.Newest(t.ctx, store.Key{Type: w.Type, ID: id})
		switch {
		case errors.Is(err, store.ErrNotFound):
			w.key.ID = id
			return nil
		case err != nil:
			return err
		case !v.Deleted:
			return t.settleKnown(w, v, said, first)
		}
		key = "identity|" + digest(key+"|"+id) // that one was deleted: the same identity begins anew
	}
	return store.ErrConflict
}

// settleKnown ends a create whose identity is that of v: nothing to do if the content was posted before, otherwise an update.
func (t *txn) settleKnown(w *work, v store.Version, said, first string) error {
	w.existed = true
	fresh := said != first
	if fresh {
		var err error
		if _, fresh, err = t.tx.Remember(t.ctx, "said|"+v.Key.String()+"|"+said, "", t.now); err != nil {
			return err
		}
	}
	if !fresh {
		w.found(v)
		return nil
	}
	w.Method, w.key, w.fresh = Update, v.Key, false
	return nil
}

// keptIdentity reads what is kept under an identity: the id, the digest of the content that was posted first, and perhaps more (see leader).
func keptIdentity(kept string) (id, said string) {
	id, rest, _ := strings.Cut(kept, " ")
	said, _, _ = strings.Cut(rest, " ")
	return id, said
}

// namer says what references of a work point at, given what became of the other works.
type namer struct {
	works []*work
	base  string
}

// identity gives the key of a resource's business identity; "" where it has none, because there is no requester or no identifier.
func (n namer) identity(w *work) string {
	r := w.Resource
	ids := identifiers(r.Get("identifier"))
	requester := n.party(w, r.Get("requester"))
	if len(ids) == 0 || requester == "" {
		return ""
	}
	h := newDigest()
	h.words(w.Type, requester, r.Get("intent").Text())
	h.list(n.named(w, r.Get("basedOn")))
	if w.Type == "Task" {
		h.list(n.named(w, r.Get("focus")))
		h.list(n.named(w, r.Get("partOf")))
		h.words(n.party(w, r.Get("owner")))
	}
	h.list(ids)
	return "identity|" + h.sum()
}

// identifiers gives "system|value" of each identifier that has a value, sorted.
func identifiers(v fhir.Value) []string {
	var out []string
	for id := range v.All() {
		if value := id.Get("value").Text(); value != "" {
			out = append(out, id.Get("system").Text()+"|"+value)
		}
	}
	slices.Sort(out)
	return out
}

// named gives what references point at, sorted.
func (n namer) named(w *work, v fhir.Value) []string {
	var out []string
	for ref := range v.All() {
		if name := n.target(w, ref); name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// target gives what a reference points at: "Type/id", a URL, or the identifier of a logical reference.
func (n namer) target(w *work, v fhir.Value) string {
	ref := v.Get("reference").Text()
	if u := w.use(ref); u != nil && ref != "" {
		if u.target >= 0 {
			return n.works[u.target].key.String()
		}
		return u.key.String()
	}
	if ref = search.Local(ref, n.base); ref != "" {
		return ref
	}
	if ids := identifiers(v.Get("identifier")); len(ids) > 0 {
		return "id:" + ids[0]
	}
	return ""
}

// party is target for people and organizations. One that the same Bundle creates anew has a new id each time and is named by its identifiers.
func (n namer) party(w *work, v fhir.Value) string {
	if u := w.use(v.Get("reference").Text()); u != nil && u.target >= 0 {
		if x := n.works[u.target]; x.Method == Create && x.none == nil {
			if ids := identifiers(x.Resource.Get("identifier")); len(ids) > 0 {
				return "new:" + x.Type + ":" + strings.Join(ids, ",")
			}
		}
	}
	return n.target(w, v)
}

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
		if !t.claimed(w, v.Key) && t.twins(w, r) {
			w.found(v)
			return nil
		}
	}
	return nil
}

// claimed reports whether another entry was recognised as that resource.
func (t *txn) claimed(w *work, k store.Key) bool {
	return slices.ContainsFunc(t.works, func(x *work) bool { return x != w && x.existed && x.key == k })
}

func (t *txn) twins(w *work, other *fhir.Resource) bool {
	switch other.Get("status").Text() {
	case "rejected", "cancelled", "failed", "entered-in-error":
		return false
	}
	n, stored := namer{t.works, t.e.set.Base}, &work{} // the references of what is stored are in place
	for _, element := range []string{"focus", "basedOn", "partOf", "requester", "owner"} {
		if !slices.Equal(n.named(w, w.Resource.Get(element)), n.named(stored, other.Get(element))) {
			return false
		}
	}
	return slices.Equal(codings(w.Resource.Get("code")), codings(other.Get("code")))
}

func codings(v fhir.Value) []string {
	var out []string
	for c := range v.Get("coding").All() {
		out = append(out, c.Get("system").Text()+"|"+c.Get("code").Text())
	}
	slices.Sort(out)
	return out
}
