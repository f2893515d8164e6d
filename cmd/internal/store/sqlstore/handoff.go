package sqlstore

import (
	"context"
	"errors"
	"time"

	"warmhandoff/cmd/internal/store"
)

const handoffColumns = "task, referral, agency, patient, state, reason, due, wake, seq, doc, mark"

func (r *reader) handoffs(ctx context.Context, text string, args ...any) ([]store.Handoff, error) {
	if err := r.ready(ctx); err != nil {
		return nil, err
	}
	var all []store.Handoff
	err := r.query(ctx, text, args, func(r row) error {
		all = append(all, store.Handoff{
			Task: r.text(0), Referral: r.text(1), Agency: r.text(2), Patient: r.text(3), State: r.text(4), Reason: r.text(5),
			Due: fromMicros(r.null(6)), Wake: fromMicros(r.null(7)), Seq: r.long(8), Doc: r.blob(9), Mark: r.text(10),
		})
		return nil
	})
	return all, err
}

func (r *reader) Handoff(ctx context.Context, task string) (store.Handoff, error) {
	all, err := r.handoffs(ctx, "SELECT "+handoffColumns+" FROM handoff WHERE task = ?", task)
	if err != nil {
		return store.Handoff{}, err
	}
	if len(all) == 0 {
		return store.Handoff{}, store.ErrNotFound
	}
	return all[0], nil
}

func (r *reader) Handoffs(ctx context.Context, referral string) ([]store.Handoff, error) {
	return r.handoffs(ctx, "SELECT "+handoffColumns+" FROM handoff WHERE referral = ? ORDER BY task", referral)
}

// EachHandoff reads in portions, so that f may read too.
func (r *reader) EachHandoff(ctx context.Context, f func(store.Handoff) error) error {
	const portion = 256
	for last := ""; ; {
		all, err := r.handoffs(ctx, "SELECT "+handoffColumns+" FROM handoff WHERE task > ? ORDER BY task"+limited(portion), last)
		if err != nil {
			return err
		}
		for _, h := range all {
			if err := f(h); err != nil {
				return err
			}
			last = h.Task
		}
		if len(all) < portion {
			return nil
		}
	}
}

// Awake takes a limit of 0 for no limit.
func (r *reader) Awake(ctx context.Context, now time.Time, limit int) ([]store.Handoff, error) {
	return r.handoffs(ctx, "SELECT "+handoffColumns+` FROM handoff WHERE wake IS NOT NULL AND wake <= ? ORDER BY wake, task`+limited(limit), now.UnixMicro())
}

func (r *reader) NextWake(ctx context.Context) (time.Time, error) {
	if err := r.ready(ctx); err != nil {
		return time.Time{}, err
	}
	var wake time.Time
	err := r.s.one("SELECT wake FROM handoff WHERE wake IS NOT NULL ORDER BY wake LIMIT 1", nil, func(r row) error {
		wake = fromMicros(r.null(0))
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return wake, err
}

func (t *tx) PutHandoff(ctx context.Context, h store.Handoff) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO handoff (`+handoffColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (task) DO UPDATE SET referral = excluded.referral, agency = excluded.agency, patient = excluded.patient,
			state = excluded.state, reason = excluded.reason, due = excluded.due, wake = excluded.wake, seq = excluded.seq, doc = excluded.doc, mark = excluded.mark`,
		h.Task, h.Referral, h.Agency, h.Patient, h.State, h.Reason, micros(h.Due), micros(h.Wake), h.Seq, h.Doc, h.Mark)
	return err
}

func (t *tx) DropHandoff(ctx context.Context, task string) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM handoff WHERE task = ?", task)
	return err
}
