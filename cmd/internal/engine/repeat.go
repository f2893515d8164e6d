package engine

import (
	"slices"
	"strconv"
	"strings"

	"warmhandoff/cmd/internal/store"
)

// A Bundle that was applied is remembered under the digest of its bytes, with the resources that it came to. The commonest Bundle, one new
// request with its Tasks, needs no row for that: it is remembered in the row of the request's identity, see leader.

// recognise gives a batch the key under which it is known when it comes again.
func (e *Engine) recognise(b *batch, p Principal, identifier string) {
	b.key = batchKey(p, identifier, b.works)
	b.lead = e.leader(b)
}

// batchKey gives the key of a whole Bundle, "" for one that need not be recognised: it has no identifier of its own and posts no request and no Task.
//
// Source: RULINGS.md, 51
func batchKey(p Principal, identifier string, works []work) string {
	if identifier == "" && !slices.ContainsFunc(works, func(w work) bool { return w.Method == Create && identified(w.Type) }) {
		return ""
	}
	h := newDigest()
	h.words(p.Party, identifier)
	for i := range works {
		c := &works[i].Change
		h.words(string(c.Method), c.Type, c.ID, c.FullURL, c.Query, c.IfNoneExist, c.IfMatch, strconv.FormatBool(c.OnlyNew))
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

// lead is the request of a Bundle that brings one referral and nothing else. Its identity can be worked out beforehand.
type lead struct {
	at       int    // place in works
	identity string // key of its row
	first    string // what is kept there if the request is new: its id, the digest of its content, the key of the Bundle, all resources
}

// leader finds the lead of a batch, nil if it has none: all are creates without conditions, one a request with an identity that points at no
// other entry, the others Tasks for it. If such a request is new, so are its Tasks, under the ids that were made up for them.
func (e *Engine) leader(b *batch) *lead {
	at := slices.IndexFunc(b.works, func(w work) bool { return referral(w.Change) })
	if b.key == "" || at < 0 || len(b.works[at].uses)+len(b.works[at].put) > 0 {
		return nil
	}
	for i := range b.works {
		w := &b.works[i]
		if w.Method != Create || w.none != nil || i != at && (w.Type != "Task" || !w.isFor(at)) {
			return nil
		}
	}
	w := &b.works[at]
	is, ok := namer{base: e.set.Base}.identity(w)
	if !ok {
		return nil
	}
	l := &lead{at: at, identity: is.key}
	keys := make([]string, len(b.works))
	for i := range b.works {
		keys[i] = b.works[i].key.String()
	}
	l.first = strings.Join([]string{w.key.ID, is.claim(contentDigest(w.res)), b.key, strings.Join(keys, "\n")}, " ")
	return l
}

// isFor reports whether a Task is for the request at a place of its Bundle.
func (w *work) isFor(at int) bool {
	return slices.ContainsFunc(w.uses, func(u use) bool {
		return u.target == at && (strings.HasPrefix(u.at, "Task.focus") || strings.HasPrefix(u.at, "Task.basedOn"))
	})
}

// repeated gives the results of a Bundle that was applied before, as they are now. If something of it was deleted since, the Bundle is applied
// like a new one.
func (t *txn) repeated(b *batch) (results []Result, done bool, err error) {
	if b.key == "" {
		return nil, false, nil
	}
	if b.lead != nil {
		kept, fresh, err := t.tx.Remember(t.ctx, b.lead.identity, b.lead.first, t.now)
		if err != nil || fresh {
			t.led = fresh
			return nil, false, err
		}
		if parts := strings.SplitN(kept, " ", 4); len(parts) == 4 && parts[2] == b.key {
			return t.told(parts[3])
		}
	}
	kept, known, err := t.tx.Remembered(t.ctx, b.key)
	if err != nil || !known {
		return nil, false, err
	}
	return t.told(kept)
}

// told gives results out of what was remembered: a line for each change, "Type/id", with a minus before the id of what was deleted.
func (t *txn) told(kept string) (results []Result, done bool, err error) {
	for line := range strings.SplitSeq(kept, "\n") {
		typ, id, _ := strings.Cut(line, "/")
		r := Result{Done: Unchanged}
		if typ == "" { // a deletion of nothing
			results = append(results, Result{Done: Deleted})
			continue
		}
		if strings.HasPrefix(id, "-") {
			id, r.Done = id[1:], Deleted
		}
		if r.Version, err = t.tx.Newest(t.ctx, store.Key{Type: typ, ID: id}); err != nil {
			return nil, false, err
		}
		if r.Version.Deleted != (r.Done == Deleted) {
			t.again = true
			return nil, false, nil
		}
		results = append(results, r)
	}
	return results, true, nil
}

// rememberBatch keeps what a Bundle came to.
func (t *txn) rememberBatch(b *batch, results []Result) error {
	if b.key == "" || t.again || t.led {
		return nil
	}
	lines := make([]string, len(results))
	for i := range results {
		switch k := results[i].Version.Key; {
		case k.Type == "":
		case results[i].Done == Deleted:
			lines[i] = k.Type + "/-" + k.ID
		default:
			lines[i] = k.String()
		}
	}
	_, fresh, err := t.tx.Remember(t.ctx, b.key, strings.Join(lines, "\n"), t.now)
	if err == nil && !fresh {
		err = errAgain
	}
	return err
}
