package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/distinct"
)

// Apply writes changes in one transaction and gives what became of each, in their order. All are written or none: a *Refusal names every
// entry that stood in the way. Other errors are those of the store (store.ErrFull, store.ErrFailed, store.ErrBusy).
//
// Apply may be called again with the same changes: what is there already is Unchanged. Safe for concurrent use.
//
// Source: FHIR R4, http.html, transaction; create; update; delete
func (e *Engine) Apply(ctx context.Context, p Principal, changes []Change) ([]Result, error) {
	seen := e.store.Seen()
	b, err := e.prepare(p, "", changes)
	if err != nil {
		return nil, err
	}
	return e.applyBatch(ctx, p, b, seen)
}

// ApplyBundle is Apply for the entries of a transaction Bundle. Identifier is Bundle.identifier as "system|value", "" if there is none. The same Bundle
// from the same client, sent again, gives the same resources as the first time, in their newest versions, if it has an identifier or posts a request or Task.
//
// Source: local, a Bundle that is sent again after a lost answer must not make a second referral
func (e *Engine) ApplyBundle(ctx context.Context, p Principal, identifier string, changes []Change) ([]Result, error) {
	seen := e.store.Seen()
	b, err := e.prepare(p, identifier, changes)
	if err != nil {
		return nil, err
	}
	e.recognise(b, p, identifier)
	return e.applyBatch(ctx, p, b, seen)
}

// applyBatch runs a batch, again where somebody else did the same at the same moment.
func (e *Engine) applyBatch(ctx context.Context, p Principal, b *batch, seen int64) ([]Result, error) {
	for range 3 {
		results, err := e.run(ctx, p, b, seen)
		switch {
		case errors.Is(err, errAgain):
			continue
		case errors.Is(err, store.ErrConflict):
			return nil, refuse(Conflict, fhir.CodeConflict, "", "Somebody else wrote one of these resources at the same moment; read it and try again.")
		}
		return results, err
	}
	return nil, refuse(Conflict, fhir.CodeConflict, "", "The same was sent several times at once; ask for what became of it.")
}

// errAgain undoes a transaction that found out at its end that another instance did the same: running it again will find what the other did.
var errAgain = errors.New("engine: run again")

// run applies a batch in one transaction. seen is the last version that whoever asked can have known of.
func (e *Engine) run(ctx context.Context, p Principal, b *batch, seen int64) ([]Result, error) {
	var results []Result
	var t *txn
	err := e.store.Update(ctx, func(tx store.Tx) error {
		t = &txn{e: e, ctx: e.hold(ctx), tx: tx, p: p, seen: seen}
		if err := t.begin(); err != nil {
			return err
		}
		var err error
		if results, err = t.apply(b); err == nil {
			err = t.held()
		}
		return err
	})
	if errors.Is(err, errHeld) {
		t.keepRead()
		return nil, e.heldTooLong(len(b.works))
	}
	if err != nil {
		return nil, err
	}
	t.end()
	return results, nil
}

// keepRead remembers what a transaction that was undone learned of what it did not write, so that the next one need not read it again.
func (t *txn) keepRead() {
	read := make(map[store.Key]*mapping.History, len(t.fresh))
	for k, h := range t.fresh {
		if t.find(k) == nil {
			read[k] = h
		}
	}
	t.e.facts.keep(read)
}

// end runs what had to wait until the transaction is on disk.
func (t *txn) end() {
	for _, f := range t.after {
		f()
	}
}

// txn is one transaction under way.
type txn struct {
	e       *Engine
	ctx     context.Context
	tx      store.Tx
	p       Principal
	now     time.Time
	matched map[string][]store.Version // what conditions pick, by what they ask
	targets map[string][]store.Key     // what conditional references mean, likewise
	seen    int64                      // the last version that whoever asked can have known of
	works   []*work
	batch   *batch
	again   bool // a Bundle that is applied although it was before
	led     bool // the lead of the batch is new
	touched []touch
	places  map[store.Key]int                     // in touched, once those are many
	walked  distinct.List[string]                 // people whose referrals were looked for, of those for whom that is done now
	joined  distinct.List[store.Key]              // and Patients whose links were followed for that
	worksAt map[store.Key][]string                // where somebody works, until somebody is written who works somewhere
	tied    []touch                               // what was not written, and names something by an identifier that means something else now
	carried map[string][]carrier                  // what carries an identifier
	known   map[*mapping.History]*mapping.History // histories with what they name by identifiers
	fresh   map[store.Key]*mapping.History        // what this transaction learned of resources
	done    map[string]bool                       // referrals brought up to date, by id
	stands  []*folded                             // referrals as they stand now, by this transaction
	belongs map[string][]*folded                  // what belongs to which of them, once they are many
	listed  int                                   // how many of them are in that
	after   []func()                              // run once the transaction is on disk
	ticking bool                                  // it does what is due, and needs not be told of what is due next
}

// touch is one resource that the transaction wrote: what it was before, what it is now. Old is nil when there was none or it was deleted,
// New is nil when it is deleted now. Version is the newest.
type touch struct {
	Key      store.Key
	Old, New *fhir.Resource
	Version  store.Version

	fact   *mapping.Fact // what New says by itself; nil where that was not read yet
	was    *mapping.Fact // what Old says, with what it named by identifiers; nil where that was not read yet
	asked  asking        // whom a Task asks, as far as that was read
	before []store.Link  // what it pointed at before its identifiers meant something else
}

// said gives what a written resource says by itself.
func (t *txn) said(at *touch) *mapping.Fact {
	if at.fact == nil {
		at.fact = t.e.set.Guide.FactOf(at.New)
	}
	return at.fact
}

// begin reads the clock. No reading lies before what is stored already, by an earlier run or by another instance, whatever the clock says now.
func (t *txn) begin() error {
	last, err := t.tx.LastUpdated(t.ctx)
	if err != nil {
		return err
	}
	t.e.clock.Lock()
	if last.After(t.e.last) {
		t.e.last = last
	}
	t.e.clock.Unlock()
	t.now = t.e.now()
	return nil
}

// apply runs the whole batch inside the transaction, and says what became of each change.
func (t *txn) apply(b *batch) ([]Result, error) {
	results, err := t.applied(b)
	if err != nil {
		return nil, err
	}
	for i := range results {
		if err := t.became(&b.works[i].Change, &results[i]); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// applied writes the batch, or finds that it was written before.
func (t *txn) applied(b *batch) ([]Result, error) {
	if results, done, err := t.repeated(b); done || err != nil {
		return results, err
	}
	works, err := t.resolve(b)
	if err != nil {
		return nil, err
	}
	if err := t.stand(works); err != nil {
		return nil, err
	}
	for _, m := range []Method{Delete, Create, Update} { // FHIR's order
		for _, w := range works {
			if w.Method == m && w.write {
				if err := t.store(w); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, w := range works {
		if w.Type == "Subscription" && w.write && w.Method != Delete {
			if err := t.turnOff(w); err != nil {
				return nil, err
			}
		}
	}
	if len(t.touched) > 0 {
		if err := t.follow(); err != nil {
			return nil, err
		}
	}
	results := make([]Result, len(works))
	for i, w := range works {
		if w.beside != nil {
			w.version = w.beside.version
		}
		results[i] = Result{Done: w.done, Version: w.version, Issues: w.issues}
		if at := t.find(w.key); at != nil && w.done != Deleted {
			results[i].Version = at.Version
		}
	}
	return results, t.rememberBatch(b, results)
}

// store writes one change.
func (t *txn) store(w *work) error {
	write := store.Write{Key: w.key, Updated: t.now, Author: t.author(), Deleted: w.Method == Delete, Method: w.verb()}
	if w.old != nil {
		write.Replaces = w.old.Number
	}
	if !write.Deleted {
		if w.fact == nil || w.factOf != w.key {
			w.read(t.e, w.stamped)
		}
		write.Body, write.Terms, write.Links = w.stamped.Bytes(), w.terms, shelved(w.key, w.links)
	}
	v, err := t.tx.Put(t.ctx, write)
	if err != nil {
		return fmt.Errorf("store %s: %w", w.key, err)
	}
	w.version = v
	t.touch(w.key, w.oldRes, w.stamped, v)
	t.find(w.key).fact = w.fact
	return nil
}

func (t *txn) author() store.Author { return store.Author{Role: string(t.p.Role), Party: t.p.Party} }

// put stores a version of r that replaces version number replaces (0: creates), stamped, with its terms and links. It returns
// the version. Follow uses it for what we write on our own account.
func (t *txn) put(key store.Key, replaces int, author store.Author, r *fhir.Resource) (store.Version, error) {
	stamped, err := fhir.ReadStored(r.Stamp(key.ID, replaces+1, t.now))
	if err != nil {
		return store.Version{}, fmt.Errorf("stamp %s: %w", key, err)
	}
	fact := t.e.set.Guide.FactOf(stamped)
	links, err := t.storedLinks(key, stamped, fact)
	if err != nil {
		return store.Version{}, err
	}
	v, err := t.tx.Put(t.ctx, store.Write{Key: key, Replaces: replaces, Updated: t.now, Author: author, Method: "PUT", Body: stamped.Bytes(),
		Terms: t.e.storeTerms(stamped), Links: links})
	if err != nil {
		return store.Version{}, fmt.Errorf("store %s: %w", key, err)
	}
	if err := t.note(key, stamped, v); err != nil {
		return store.Version{}, err
	}
	t.find(key).fact = fact
	return v, nil
}

// note is touch for a resource of which it may not be known what it was before.
func (t *txn) note(key store.Key, is *fhir.Resource, v store.Version) error {
	var was *fhir.Resource
	if v.Number > 1 && t.find(key) == nil {
		old, err := t.tx.Numbered(t.ctx, key, v.Number-1)
		if err != nil {
			return err
		}
		if !old.Deleted {
			if was, err = fhir.ReadStored(old.Body); err != nil {
				return err
			}
		}
	}
	t.touch(key, was, is, v)
	return nil
}

// touch notes a write. A resource that is written twice keeps what it was before the first time.
func (t *txn) touch(key store.Key, was, is *fhir.Resource, v store.Version) {
	if mapping.Works(key.Type) {
		t.worksAt = nil
	}
	if at := t.find(key); at != nil {
		at.New, at.Version, at.fact = is, v, nil
		return
	}
	t.touched = append(t.touched, touch{Key: key, Old: was, New: is, Version: v})
	if t.places != nil {
		t.places[key] = len(t.touched) - 1
	}
}

func (t *txn) find(key store.Key) *touch {
	if len(t.touched) > distinct.Few {
		return t.findAmongMany(key)
	}
	for i := range t.touched {
		if t.touched[i].Key == key {
			return &t.touched[i]
		}
	}
	return nil
}

func (t *txn) findAmongMany(key store.Key) *touch {
	if t.places == nil {
		t.places = make(map[store.Key]int, 2*len(t.touched))
		for i := range t.touched {
			t.places[t.touched[i].Key] = i
		}
	}
	if i, known := t.places[key]; known {
		return &t.touched[i]
	}
	return nil
}

// saidOnce gives what a written resource said before the transaction.
func (t *txn) saidOnce(at *touch) (*mapping.Fact, error) {
	if at.was == nil {
		var err error
		if at.was, err = t.factOf(at.Old); err != nil {
			return nil, err
		}
	}
	return at.was, nil
}
