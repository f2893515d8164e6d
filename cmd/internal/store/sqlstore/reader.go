package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"time"

	"warmhandoff/cmd/internal/store"
)

// reader answers from one connection inside one transaction.
type reader struct {
	s *session
	// lasting reads cannot be interrupted: an interrupt on the write connection would undo the whole group.
	lasting bool
}

var _ store.Reader = (*reader)(nil)

const versionColumns = "v.type, v.id, v.number, v.seq, v.updated, v.deleted, v.role, v.party, v.own"

func scanVersion(rows *sql.Rows, more ...any) (store.Version, error) {
	var v store.Version
	var updated int64
	err := rows.Scan(append([]any{&v.Type, &v.ID, &v.Number, &v.Seq, &updated, &v.Deleted, &v.Author.Role, &v.Author.Party, &v.Author.Own},
		more...)...)
	v.Updated = fromMillis(updated)
	return v, err
}

func scanWhole(rows *sql.Rows) (store.Version, error) {
	var body []byte
	v, err := scanVersion(rows, &body)
	v.Body = body
	return v, err
}

// versions runs a statement that gives versionColumns and the body.
func (r *reader) versions(ctx context.Context, text string, args ...any) ([]store.Version, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []store.Version
	err := r.s.query(r.patience(ctx), text, args, func(rows *sql.Rows) error {
		v, err := scanWhole(rows)
		all = append(all, v)
		return err
	})
	return all, err
}

// patience is the context under which a statement runs that may take long.
func (r *reader) patience(ctx context.Context) context.Context {
	if r.lasting {
		return context.Background()
	}
	return ctx
}

func (r *reader) single(ctx context.Context, text string, args ...any) (store.Version, error) {
	if err := ctx.Err(); err != nil {
		return store.Version{}, err
	}
	v, found := store.Version{}, false
	err := r.s.query(context.Background(), text, args, func(rows *sql.Rows) (err error) {
		found = true
		v, err = scanWhole(rows)
		return err
	})
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return v, err
}

func (r *reader) Newest(ctx context.Context, k store.Key) (store.Version, error) {
	return r.single(ctx, `SELECT `+versionColumns+`, v.body FROM resource r JOIN version v ON v.seq = r.seq
		WHERE r.type = ? AND r.id = ?`, k.Type, k.ID)
}

func (r *reader) Numbered(ctx context.Context, k store.Key, number int) (store.Version, error) {
	return r.single(ctx, `SELECT `+versionColumns+`, v.body FROM resource r JOIN version v ON v.rid = r.rid
		WHERE r.type = ? AND r.id = ? AND v.number = ?`, k.Type, k.ID, number)
}

// Versions takes a limit of 0 for no limit.
func (r *reader) Versions(ctx context.Context, k store.Key, before, limit int) ([]store.Version, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return r.versions(ctx, `SELECT `+versionColumns+`, v.body FROM resource r JOIN version v ON v.rid = r.rid
		WHERE r.type = ? AND r.id = ? AND v.number < ? ORDER BY v.number DESC LIMIT ?`, k.Type, k.ID, before, noLimit(limit))
}

func noLimit(limit int) int {
	if limit <= 0 {
		return math.MaxInt64
	}
	return limit
}

func (r *reader) Numbers(ctx context.Context, k store.Key) ([]store.Version, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []store.Version
	err := r.s.query(context.Background(), `SELECT `+versionColumns+` FROM resource r JOIN version v ON v.rid = r.rid
		WHERE r.type = ? AND r.id = ? ORDER BY v.number`, []any{k.Type, k.ID}, func(rows *sql.Rows) error {
		v, err := scanVersion(rows)
		all = append(all, v)
		return err
	})
	return all, err
}

func (r *reader) LastUpdated(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	mark, err := r.mark()
	if err != nil || mark.seq == 0 {
		return time.Time{}, err
	}
	return fromMillis(mark.updated), nil
}

// mark is the end of the order of versions: the last seq and its time; seq 0 when there is none.
type mark struct{ seq, updated int64 }

func (r *reader) mark() (mark, error) {
	m := mark{updated: math.MinInt64}
	err := r.s.one("SELECT seq, updated FROM version ORDER BY seq DESC LIMIT 1", nil, &m.seq, &m.updated)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return m, err
}

// EachKey reads the order first and then the versions in portions, so that f may read too.
func (r *reader) EachKey(ctx context.Context, typ string, f func(store.Version) error) error {
	const portion = 256
	for last := int64(0); ; {
		all, err := r.versions(ctx, `SELECT `+versionColumns+`, v.body FROM resource r JOIN version v ON v.seq = r.seq
			WHERE r.type = ? AND r.seq > ? ORDER BY r.seq LIMIT ?`, typ, last, portion)
		if err != nil {
			return err
		}
		for _, v := range all {
			if err := f(v); err != nil {
				return err
			}
			last = v.Seq
		}
		if len(all) < portion {
			return nil
		}
	}
}

func (r *reader) Remembered(ctx context.Context, key string) (string, bool, error) {
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	var value string
	err := r.s.one("SELECT value FROM idempotency WHERE key = ?", []any{key}, &value)
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	return value, err == nil, err
}
