package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping/distinct"
)

// mostTargets is how many targets one statement asks for: SQLite takes so many values and no more, and each number of them is another statement.
const mostTargets = 500

func (r *reader) LinkedTo(ctx context.Context, to ...string) ([]store.Linked, error) {
	if len(to) <= mostTargets {
		return r.linkedTo(ctx, to)
	}
	var all []store.Linked
	for some := range slices.Chunk(to, mostTargets) {
		more, err := r.linkedTo(ctx, some)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	slices.SortStableFunc(all, func(a, b store.Linked) int { return cmp.Or(cmp.Compare(a.Seq, b.Seq), strings.Compare(a.Via, b.Via)) })
	return all, nil
}

func (r *reader) linkedTo(ctx context.Context, to []string) ([]store.Linked, error) {
	if err := r.ready(ctx); err != nil || len(to) == 0 {
		return nil, err
	}
	targets := make([]any, len(to))
	for i := range to {
		targets[i] = to[i]
	}
	var all []store.Linked
	err := r.query(ctx, `SELECT r.type, r.id, l.via, l.former, r.number, r.seq
		FROM link l JOIN resource r ON r.rid = l.rid WHERE l.target IN (`+marks(len(to))+`) ORDER BY r.seq, l.via`, targets, func(r row) error {
		all = append(all, store.Linked{From: store.Key{Type: r.text(0), ID: r.text(1)}, Via: r.text(2), Former: r.flag(3),
			Number: int(r.long(4)), Seq: r.long(5)})
		return nil
	})
	return all, err
}

func (r *reader) LinkedLast(ctx context.Context, to string, limit int) ([]store.Linked, error) {
	if err := r.ready(ctx); err != nil || limit <= 0 {
		return nil, err
	}
	var all []store.Linked
	err := r.query(ctx, `SELECT r.type, r.id, l.via, r.number, r.seq
		FROM link l CROSS JOIN resource r ON r.rid = l.rid WHERE l.target = ? AND l.former = 0 ORDER BY l.rid DESC, l.via`+limited(limit), []any{to}, func(r row) error {
		all = append(all, store.Linked{From: store.Key{Type: r.text(0), ID: r.text(1)}, Via: r.text(2), Number: int(r.long(3)), Seq: r.long(4)})
		return nil
	})
	return all, err
}

func (r *reader) Links(ctx context.Context, from store.Key) ([]store.Link, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	var links []store.Link
	err := r.s.one("SELECT links FROM resource WHERE type = ? AND id = ?", []any{from.Type, from.ID}, func(r row) (err error) {
		links, err = unpackLinks(r.blob(0))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return links, err
}

// Missing looks at every link to the type, so it takes longer the more there are.
func (r *reader) Missing(ctx context.Context, typ string, limit int) ([]string, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	var all []string
	// Targets of a type lie between "Type/" and "Type0", the next character.
	// They are gathered before the first is given, since only then can the statement be stopped.
	err := r.query(ctx, `WITH m AS MATERIALIZED (SELECT DISTINCT l.target FROM link l
		WHERE l.target > ? AND l.target < ? AND l.former = 0
		AND NOT EXISTS (SELECT 1 FROM resource r WHERE r.type = ? AND r.id = substr(l.target, ?))
		ORDER BY l.target`+limited(limit)+`) SELECT target FROM m ORDER BY target`, []any{typ + "/", typ + "0", typ, len(typ) + 2}, func(r row) error {
		all = append(all, r.text(0))
		return nil
	})
	return all, err
}

// relink brings the rows of a resource's links from those of its last version to those of its new one. Links that stay are not touched.
func (t *tx) relink(rid int64, last, now []store.Link) error {
	before, after := distinct.Of(last...), distinct.Of(now...)
	for _, l := range last {
		if after.Has(l) {
			continue
		}
		if _, err := t.exec("UPDATE link SET former = 1 WHERE target = ? AND rid = ? AND via = ?", l.To, rid, l.Via); err != nil {
			return err
		}
	}
	for _, l := range now {
		if before.Has(l) {
			continue
		}
		if _, err := t.exec(`INSERT INTO link (target, rid, via, former) VALUES (?, ?, ?, 0)
			ON CONFLICT (target, rid, via) DO UPDATE SET former = 0`, l.To, rid, l.Via); err != nil {
			return err
		}
	}
	return nil
}
