package sqlstore

import (
	"context"
	"errors"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping/distinct"
)

// tx is one caller's part of a group.
type tx struct {
	reader
	group *group
	start mark // the end of the order before this caller
	guard bool // others are in the group: write under a savepoint
	wrote bool
	pages int64 // about how many it writes
	terms moves // of this caller, on top of the group's
	// applied are the group's moves, if they were applied under this caller's savepoint: they are undone with it.
	applied moves
	// broken is the first failure of a statement. What was written before it may be half of something, so nothing of it is kept even
	// if f goes on.
	broken error
}

var _ store.Tx = (*tx)(nil)

// usable refuses work after the end, for a caller who has gone, and after a statement failed.
func (t *tx) usable(ctx context.Context) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	return t.broken
}

// begin opens the caller's savepoint with its first write; who only reads, or is refused before writing, costs none.
func (t *tx) begin(ctx context.Context) error {
	if err := t.usable(ctx); err != nil || t.wrote {
		return err
	}
	t.wrote = true
	if !t.guard {
		return nil
	}
	_, err := t.exec("SAVEPOINT caller")
	return err
}

func (t *tx) exec(text string, args ...any) (int64, error) {
	n, err := t.s.exec(text, args...)
	if err != nil && t.broken == nil {
		t.broken = err
	}
	return n, err
}

// LastUpdated is what the group goes by.
func (t *tx) LastUpdated(ctx context.Context) (time.Time, error) {
	if err := t.usable(ctx); err != nil || t.group.end.seq == 0 {
		return time.Time{}, err
	}
	return fromMillis(t.group.end.updated), nil
}

// newest is what Put must know of the version before.
type newest struct {
	rid, seq int64
	number   int
	terms    []store.Term
	links    []store.Link
}

func (t *tx) newest(k store.Key) (newest, error) {
	var n newest
	err := t.s.one("SELECT rid, seq, number, terms, links FROM resource WHERE type = ? AND id = ?", []any{k.Type, k.ID},
		func(r row) (err error) {
			n.rid, n.seq, n.number = r.long(0), r.long(1), int(r.long(2))
			if n.terms, err = unpackTerms(r.blob(3)); err != nil {
				return err
			}
			n.links, err = unpackLinks(r.blob(4))
			return err
		})
	if errors.Is(err, store.ErrNotFound) {
		return newest{}, nil
	}
	return n, err
}

var errBackwards = errors.New("store: lastUpdated would run backwards")

func (t *tx) Put(ctx context.Context, w store.Write) (store.Version, error) {
	if err := t.begin(ctx); err != nil {
		return store.Version{}, err
	}
	last, err := t.newest(w.Key)
	if err != nil {
		return store.Version{}, err
	}
	if w.Replaces != last.number {
		return store.Version{}, store.ErrConflict
	}
	if millis(w.Updated) < t.group.end.updated {
		return store.Version{}, errBackwards
	}
	v := store.Version{Key: w.Key, Number: last.number + 1, Seq: t.group.end.seq + 1, Updated: w.Updated.UTC().Truncate(time.Millisecond),
		Deleted: w.Deleted, Author: w.Author, Body: w.Body}
	if w.Deleted {
		v.Body, w.Links = nil, nil
	}
	t.group.end = mark{seq: v.Seq, updated: millis(w.Updated)}
	indexed, loose := termsOf(w)
	return v, t.put(v, last, w.Method, indexed, loose, once(w.Links))
}

func (t *tx) put(v store.Version, last newest, method string, terms, loose []store.Term, links []store.Link) error {
	rid := last.rid
	var err error
	if last.number == 0 {
		rid = v.Seq
		_, err = t.exec("INSERT INTO resource (rid, type, id, number, seq, deleted, terms, loose, links) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			rid, v.Type, v.ID, v.Number, v.Seq, v.Deleted, packTerms(terms), packTerms(loose), packLinks(links))
	} else {
		_, err = t.exec("UPDATE resource SET number = ?, seq = ?, deleted = ?, terms = ?, loose = ?, links = ? WHERE rid = ?",
			v.Number, v.Seq, v.Deleted, packTerms(terms), packTerms(loose), packLinks(links), rid)
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO version (seq, rid, number, type, id, updated, deleted, role, party, own, body, method)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, v.Seq, rid, v.Number, v.Type, v.ID, millis(v.Updated), v.Deleted,
		v.Author.Role, v.Author.Party, v.Author.Own, v.Body, method); err != nil {
		return err
	}
	t.move(move{from: last.seq, old: last.terms, to: v.Seq, now: terms})
	t.pages += pagesOf(v, links)
	return t.relink(rid, last.links, links)
}

func (t *tx) Index(ctx context.Context, v store.Version, terms []store.Term, links []store.Link) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	last, err := t.newest(v.Key)
	if err != nil {
		return err
	}
	if v.Seq != last.seq || v.Seq == 0 {
		return store.ErrConflict
	}
	if v.Deleted {
		links = nil
	}
	links = once(links)
	indexed, loose := termsOf(store.Write{Key: v.Key, Deleted: v.Deleted, Terms: terms})
	if _, err := t.exec("UPDATE resource SET terms = ?, loose = ?, links = ? WHERE rid = ?", packTerms(indexed), packTerms(loose), packLinks(links), last.rid); err != nil {
		return err
	}
	t.move(move{from: v.Seq, old: last.terms, to: v.Seq, now: indexed})
	return t.relink(last.rid, last.links, links)
}

// move has terms moved at the end of the group.
func (t *tx) move(m move) {
	t.terms.add(m)
	t.pages += int64(len(m.now))
}

// pagesOf is about how many pages a version takes: its body, and a page for each of what it is found by.
func pagesOf(v store.Version, links []store.Link) int64 {
	const page, rows = 4096, 2
	return int64(len(v.Body)/page + len(links) + rows)
}

// Search first brings the table of terms up to date.
func (t *tx) Search(ctx context.Context, q store.Query) (store.Page, error) {
	if err := t.usable(ctx); err != nil {
		return store.Page{}, err
	}
	if len(t.group.terms)+len(t.terms) > 0 {
		if err := t.group.terms.with(t.terms).apply(t.exec); err != nil {
			return store.Page{}, err
		}
		if t.guard && t.wrote && t.applied == nil {
			t.applied = t.group.terms
		}
		t.group.terms, t.terms = moves{}, moves{}
	}
	return t.reader.Search(ctx, q)
}

// once returns each link of a list once, in its order.
func once(links []store.Link) []store.Link {
	all := distinct.Of(links...)
	return all.Items()
}

func (t *tx) Remember(ctx context.Context, key, value string, at time.Time) (kept string, fresh bool, err error) {
	if err := t.begin(ctx); err != nil {
		return "", false, err
	}
	n, err := t.exec("INSERT INTO idempotency (key, value, at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING", key, value, millis(at))
	if err != nil {
		return "", false, err
	}
	if n == 1 {
		return value, true, nil
	}
	kept, _, err = t.Remembered(ctx, key)
	return kept, false, err
}

func (t *tx) Forget(ctx context.Context, before time.Time) (int, error) {
	if err := t.begin(ctx); err != nil {
		return 0, err
	}
	n, err := t.exec("DELETE FROM idempotency WHERE at < ?", millisUp(before))
	return int(n), err
}
