package sqlstore

import (
	"context"
	"errors"
	"math"
	"time"

	"warmhandoff/cmd/internal/store"
)

// fewResources is up to how many resources of a type their versions are gathered by way of the resources. Of more of them, the newest versions of all
// types are gone through: some of those that come first are then of this type.
const fewResources = 5_000

// History is Reader.History. It needs no index of its own, which every write would pay for.
func (r *reader) History(ctx context.Context, q store.Past) (store.Page, error) {
	if err := r.ready(ctx); err != nil {
		return store.Page{}, err
	}
	if q.Before <= 0 {
		q.Before = math.MaxInt64
	}
	from, err := r.firstSince(q.Since)
	switch {
	case err != nil:
		return store.Page{}, err
	case q.ID != "":
		return r.past(ctx, q, `FROM resource r JOIN version v ON v.rid = r.rid WHERE r.type = ? AND r.id = ? AND v.seq < ? AND v.seq >= ? ORDER BY v.number DESC`,
			q.Type, q.ID, q.Before, from)
	case q.Type == "":
		return r.past(ctx, q, `FROM version v WHERE v.seq < ? AND v.seq >= ? ORDER BY v.seq DESC`, q.Before, from)
	}
	few := 0
	err = r.s.one(`SELECT count(*) FROM (SELECT 1 FROM resource WHERE type = ? AND seq >= ?`+limited(fewResources+1)+`)`, []any{q.Type, from}, func(r row) error {
		few = int(r.long(0))
		return nil
	})
	switch {
	case err != nil:
		return store.Page{}, err
	case few > fewResources:
		return r.pastOfMany(ctx, q, from)
	}
	return r.pastOfFew(ctx, q, from)
}

// pastOfFew looks at the places of all versions of a type, and at no body but those that it gives.
func (r *reader) pastOfFew(ctx context.Context, q store.Past, from int64) (store.Page, error) {
	return r.past(ctx, q, `FROM version v WHERE v.seq IN (SELECT n.seq FROM resource r JOIN version n ON n.rid = r.rid
		WHERE r.type = ? AND r.seq >= ? AND n.seq < ? AND n.seq >= ? ORDER BY n.seq DESC`+limited(q.Limit+1)+`) ORDER BY v.seq DESC`, q.Type, from, q.Before, from)
}

// pastOfMany goes through the versions of all types, newest first, until there are enough; their places are known before the first is given, since only
// until then can the statement be stopped.
func (r *reader) pastOfMany(ctx context.Context, q store.Past, from int64) (store.Page, error) {
	return r.past(ctx, q, `FROM version v WHERE v.seq IN (SELECT n.seq FROM version n WHERE n.type = ? AND n.seq < ? AND n.seq >= ?
		ORDER BY n.seq DESC`+limited(q.Limit+1)+`) ORDER BY v.seq DESC`, q.Type, q.Before, from)
}

func (r *reader) past(ctx context.Context, q store.Past, from string, args ...any) (store.Page, error) {
	page, left := store.Page{Total: -1}, r.left(ctx)
	spend := r.spending()
	err := r.query(ctx, `SELECT `+versionColumns+`, v.body, v.method `+from+limited(q.Limit+1), args, func(r row) error {
		v := wholeOf(r)
		if err := spend(store.StepsOfRow + store.StepsOfBody + store.StepsOfBytes(len(v.Body))); err != nil {
			return err
		}
		v.Method = r.text(10)
		if left -= len(v.Body); len(page.Versions) == q.Limit || left < 0 && len(page.Versions) > 0 {
			page.More = true
			return errEnough
		}
		page.Versions = append(page.Versions, v)
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return store.Page{}, err
	}
	return page, r.take(ctx, sizeOf(page.Versions))
}

// errEnough ends a statement of which no more is wanted.
var errEnough = errors.New("store: enough was read")

// firstSince gives the place of the first version that is not older than a time. Times never run backwards, so it is found by halving.
func (r *reader) firstSince(since time.Time) (int64, error) {
	if since.IsZero() {
		return 0, nil
	}
	end, err := r.mark()
	if err != nil {
		return 0, err
	}
	older, first := int64(0), end.seq+1
	for older+1 < first {
		middle := older + (first-older)/2
		seq, updated := int64(0), int64(0)
		err := r.s.one("SELECT seq, updated FROM version WHERE seq <= ? ORDER BY seq DESC LIMIT 1", []any{middle}, func(r row) error {
			seq, updated = r.long(0), r.long(1)
			return nil
		})
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && updated < millisUp(since):
			older = middle
		case err != nil:
			return 0, err
		default:
			first = seq
		}
	}
	return first, nil
}
