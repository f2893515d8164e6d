package engine

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
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
	key := t.identity(w)
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
		id, first, _ := strings.Cut(kept, " ")
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

// identity gives the key of a resource's business identity; "" where it has none, because there is no requester or no identifier.
func (t *txn) identity(w *work) string {
	r := w.Resource
	ids := identifiers(r.Get("identifier"))
	requester := t.party(w, r.Get("requester"))
	if len(ids) == 0 || requester == "" {
		return ""
	}
	h := newDigest()
	h.words(w.Type, requester, r.Get("intent").Text())
	h.list(t.named(w, r.Get("basedOn")))
	if w.Type == "Task" {
		h.list(t.named(w, r.Get("focus")))
		h.list(t.named(w, r.Get("partOf")))
		h.words(t.party(w, r.Get("owner")))
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
func (t *txn) named(w *work, v fhir.Value) []string {
	var out []string
	for ref := range v.All() {
		if n := t.target(w, ref); n != "" {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// target gives what a reference points at: "Type/id", a URL, or the identifier of a logical reference.
func (t *txn) target(w *work, v fhir.Value) string {
	ref := v.Get("reference").Text()
	if u := w.use(ref); u != nil && ref != "" {
		if u.target >= 0 {
			return t.works[u.target].key.String()
		}
		return u.key.String()
	}
	if ref = search.Local(ref, t.e.set.Base); ref != "" {
		return ref
	}
	if ids := identifiers(v.Get("identifier")); len(ids) > 0 {
		return "id:" + ids[0]
	}
	return ""
}

// party is target for people and organizations. One that the same Bundle creates anew has a new id each time and is named by its identifiers.
func (t *txn) party(w *work, v fhir.Value) string {
	if u := w.use(v.Get("reference").Text()); u != nil && u.target >= 0 {
		if x := t.works[u.target]; x.Method == Create && x.none == nil {
			if ids := identifiers(x.Resource.Get("identifier")); len(ids) > 0 {
				return "new:" + x.Type + ":" + strings.Join(ids, ",")
			}
		}
	}
	return t.target(w, v)
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
	stored := &work{} // its references are in place
	for _, element := range []string{"focus", "basedOn", "partOf", "requester", "owner"} {
		if !slices.Equal(t.named(w, w.Resource.Get(element)), t.named(stored, other.Get(element))) {
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

// batchKey gives the key of a whole Bundle, "" for one that need not be recognised: it has no identifier of its own and brings no referral that
// could be told by its identity.
func batchKey(p Principal, identifier string, changes []Change) string {
	if identifier == "" && (len(changes) < 2 || !slices.ContainsFunc(changes, referral)) {
		return ""
	}
	h := newDigest()
	h.words(p.Party, identifier)
	for _, c := range changes {
		h.words(string(c.Method), c.Type, c.ID, c.FullURL, c.Query, c.IfNoneExist, c.IfMatch)
		if c.Resource != nil {
			h.bytes(c.Resource.Bytes())
		}
	}
	return "bundle|" + h.sum()
}

// referral reports whether a change posts a request that has a business identity.
func referral(c Change) bool {
	return c.Method == Create && c.Type == "ServiceRequest" && c.Resource != nil &&
		c.Resource.Get("requester").Exists() && len(identifiers(c.Resource.Get("identifier"))) > 0
}

// repeated gives the results of a Bundle that was applied before, as they are now. If something of it was deleted since, the Bundle is applied
// like a new one.
func (t *txn) repeated(b *batch) (results []Result, done bool, err error) {
	if b.key == "" {
		return nil, false, nil
	}
	kept, known, err := t.tx.Remembered(t.ctx, b.key)
	if err != nil || !known {
		return nil, false, err
	}
	for line := range strings.SplitSeq(kept, "\n") {
		typ, id, _ := strings.Cut(line, "/")
		if typ == "" {
			results = append(results, Result{Done: Deleted})
			continue
		}
		v, err := t.tx.Newest(t.ctx, store.Key{Type: typ, ID: strings.TrimPrefix(id, "-")})
		if err != nil {
			return nil, false, err
		}
		r := Result{Done: Unchanged, Version: v}
		if strings.HasPrefix(id, "-") {
			r.Done = Deleted
		}
		if v.Deleted != (r.Done == Deleted) {
			t.again = true
			return nil, false, nil
		}
		results = append(results, r)
	}
	return results, len(results) == len(b.works), nil
}

// rememberBatch keeps what a Bundle came to.
func (t *txn) rememberBatch(b *batch, results []Result) error {
	if b.key == "" || t.again {
		return nil
	}
	var text strings.Builder
	for i, r := range results {
		if i > 0 {
			text.WriteByte('\n')
		}
		if r.Version.Type == "" {
			continue
		}
		text.WriteString(r.Version.Type + "/")
		if r.Done == Deleted {
			text.WriteByte('-')
		}
		text.WriteString(r.Version.ID)
	}
	_, fresh, err := t.tx.Remember(t.ctx, b.key, text.String(), t.now)
	if err == nil && !fresh {
		err = errAgain
	}
	return err
}

// contentDigest is the same for resources that say the same apart from id and meta.
func contentDigest(r *fhir.Resource) string {
	h := newDigest()
	for name, v := range r.Root().Members() {
		if name != "id" && name != "meta" {
			h.words(name)
			h.bytes(v.Raw())
		}
	}
	return h.sum()
}

// digester takes words one by one, so that no two lists of words give the same sum by running into each other.
type digester struct{ hash.Hash }

func newDigest() digester { return digester{sha256.New()} }

func (d digester) words(words ...string) {
	for _, w := range words {
		d.bytes([]byte(w))
	}
}

func (d digester) list(words []string) {
	d.bytes(binary.BigEndian.AppendUint32(nil, uint32(len(words))))
	d.words(words...)
}

func (d digester) bytes(b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(b)))
	d.Write(n[:])
	d.Write(b)
}

// sum gives 24 characters.
func (d digester) sum() string { return base64.RawURLEncoding.EncodeToString(d.Sum(nil)[:18]) }

func digest(s string) string {
	d := newDigest()
	d.words(s)
	return d.sum()
}
