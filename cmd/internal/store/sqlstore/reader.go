package sqlstore

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
)

// reader answers from one connection inside one transaction.
type reader struct {
	s    *session
	over bool // the View or Update has ended
	// lasting reads cannot be interrupted: an interrupt on the write connection would undo the whole group.
	lasting bool
	kept    *kept         // nil inside an Update, which sees what is not committed
	asked   *store.Asked  // nil where nothing is counted together
	held    *store.Budget // of an Update for which nothing is
}

var _ store.Reader = (*reader)(nil)

var errOver = errors.New("store: the transaction is over")

// ready refuses questions for a caller who has gone, and after the end, when the connection is somebody else's.
func (r *reader) ready(ctx context.Context) error {
	if r.over {
		return errOver
	}
	return turn.Yield(ctx)
}

const versionColumns = "v.type, v.id, v.number, v.seq, v.updated, v.deleted, v.role, v.party, v.own"

// versionOf reads versionColumns.
func versionOf(r row) store.Version {
	return store.Version{
		Key: store.Key{Type: r.text(0), ID: r.text(1)}, Number: int(r.long(2)), Seq: r.long(3), Updated: fromMillis(r.long(4)),
		Deleted: r.flag(5), Author: store.Author{Role: r.text(6), Party: r.text(7), Own: r.flag(8)},
	}
}

// wholeOf reads versionColumns and the body.
func wholeOf(r row) store.Version {
	v := versionOf(r)
	v.Body = r.blob(9)
	return v
}

// left gives how many bytes the bodies of a page may have; inside an Update there are no bounds.
func (r *reader) left(ctx context.Context) int {
	if r.kept == nil {
		return math.MaxInt
	}
	return store.Left(ctx)
}

// take notes that bodies of so many bytes are held.
func (r *reader) take(ctx context.Context, bytes int) error {
	if r.kept == nil {
		return nil
	}
	return store.Take(ctx, bytes)
}

func sizeOf(versions []store.Version) int {
	n := 0
	for i := range versions {
		n += len(versions[i].Body)
	}
	return n
}

// versions runs a statement that gives versionColumns and the body.
func (r *reader) versions(ctx context.Context, text string, args ...any) ([]store.Version, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	var all []store.Version
	err := r.query(ctx, text, args, func(r row) error {
		all = append(all, wholeOf(r))
		return nil
	})
	return all, err
}

// query runs a statement that may take long: no longer than whoever asks allows, and not on for a caller who has gone.
func (r *reader) query(ctx context.Context, text string, args []any, each func(row) error) error {
	switch {
	case r.lasting:
		return r.s.query(context.Background(), text, args, each)
	case r.asked == nil || r.asked.Patience == nil:
		return r.s.query(ctx, text, args, each)
	}
	limited, over := r.asked.Patience(ctx)
	defer over()
	err := r.s.query(limited, text, args, each)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return store.ErrTooCostly
	}
	return err
}

// spending gives what takes steps from what the request that asks may still come to, or from what one search, or one Update, of nobody's may.
func (r *reader) spending() func(steps int) error {
	var b *store.Budget
	if r.asked != nil {
		b = r.asked.Budget
	}
	switch {
	case b != nil:
	case r.lasting: // all searches of an Update count together
		if r.held == nil {
			r.held = store.NewBudget(store.MostSteps)
		}
		b = r.held
	default:
		b = store.NewBudget(store.MostSteps)
	}
	if r.lasting {
		return b.SpendWriting
	}
	return b.Spend
}

// tight is how little room there may be for a body that it is asked first how large it is.
const tight = 4 << 20

// choice is a statement that gives versionColumns and the body of one version, and one that gives the size of that body.
type choice struct{ whole, size string }

const (
	fromNewest   = ` FROM resource r JOIN version v ON v.seq = r.seq WHERE r.type = ? AND r.id = ?`
	fromNumbered = ` FROM resource r JOIN version v ON v.rid = r.rid WHERE r.type = ? AND r.id = ? AND v.number = ?`
)

var (
	newestOne   = choice{"SELECT " + versionColumns + ", v.body" + fromNewest, "SELECT length(v.body)" + fromNewest}
	numberedOne = choice{"SELECT " + versionColumns + ", v.body" + fromNumbered, "SELECT length(v.body)" + fromNumbered}
)

func (r *reader) single(ctx context.Context, c choice, args ...any) (store.Version, error) {
	if err := r.ready(ctx); err != nil {
		return store.Version{}, err
	}
	if r.left(ctx) < tight {
		return r.sized(ctx, c, args)
	}
	v, err := r.read(c, args)
	if err == nil {
		err = r.take(ctx, len(v.Body))
	}
	return v, err
}

func (r *reader) read(c choice, args []any) (v store.Version, err error) {
	err = r.s.one(c.whole, args, func(r row) error {
		v = wholeOf(r)
		return nil
	})
	return v, err
}

// sized is single for where there is little room: what there is none for is not read.
func (r *reader) sized(ctx context.Context, c choice, args []any) (store.Version, error) {
	size := 0
	err := r.s.one(c.size, args, func(r row) error {
		size = int(r.long(0))
		return nil
	})
	if err == nil {
		err = r.take(ctx, size)
	}
	if err != nil {
		return store.Version{}, err
	}
	return r.read(c, args)
}

func (r *reader) Newest(ctx context.Context, k store.Key) (store.Version, error) {
	return r.single(ctx, newestOne, k.Type, k.ID)
}

func (r *reader) Numbered(ctx context.Context, k store.Key, number int) (store.Version, error) {
	return r.single(ctx, numberedOne, k.Type, k.ID, number)
}

// Versions takes a limit of 0 for no limit.
func (r *reader) Versions(ctx context.Context, k store.Key, before, limit int) ([]store.Version, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	return r.versions(ctx, `SELECT `+versionColumns+`, v.body FROM resource r JOIN version v ON v.rid = r.rid
		WHERE r.type = ? AND r.id = ? AND v.number < ? ORDER BY v.number DESC`+limited(limit), k.Type, k.ID, before)
}

// limited is written into the statement, not bound: SQLite plans anew each time when it meets another value for a limit. 0 is no limit.
func limited(limit int) string {
	if limit <= 0 {
		return ""
	}
	return " LIMIT " + strconv.Itoa(limit)
}

func (r *reader) Numbers(ctx context.Context, k store.Key) ([]store.Version, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	var all []store.Version
	err := r.query(ctx, `SELECT `+versionColumns+` FROM resource r JOIN version v ON v.rid = r.rid
		WHERE r.type = ? AND r.id = ? ORDER BY v.number`, []any{k.Type, k.ID}, func(r row) error {
		all = append(all, versionOf(r))
		return nil
	})
	return all, err
}

func (r *reader) LastUpdated(ctx context.Context) (time.Time, error) {
	if err := r.ready(ctx); err != nil {
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
	err := r.s.one("SELECT seq, updated FROM version ORDER BY seq DESC LIMIT 1", nil, func(r row) error {
		m = mark{seq: r.long(0), updated: r.long(1)}
		return nil
	})
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
			WHERE r.type = ? AND r.seq > ? ORDER BY r.seq`+limited(portion), typ, last)
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
	if err := r.ready(ctx); err != nil {
		return "", false, err
	}
	var value string
	err := r.s.one("SELECT value FROM idempotency WHERE key = ?", []any{key}, func(r row) error {
		value = r.text(0)
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", false, nil
	}
	return value, err == nil, err
}
