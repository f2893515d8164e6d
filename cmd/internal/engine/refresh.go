package engine

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/mapping"
)

// sources are this room as it was built: what belongs to a referral is gathered here.
//
//go:embed *.go
var sources embed.FS

var sourcesDigest = sync.OnceValue(func() []byte {
	h := sha256.New()
	mapping.HashSources(h, sources)
	h.Write([]byte(mapping.Digest()))
	return h.Sum(nil)
})

// rowMark gives the mark of the rows that this engine makes: a digest of the code that gathers and folds, and of the settings that it folds by. A row
// that bears another may say what is no longer so.
func (e *Engine) rowMark() string {
	rules, guide := e.set.Rules, e.set.Guide
	zones := map[string]string{"": guide.Zone.String()}
	for agency, zone := range guide.Zones {
		zones[agency] = zone.String()
	}
	rules.Zone, guide.Zone, guide.Zones, guide.Base = nil, nil, nil, "" // told by their names; where we are reached changes no answer
	said, err := json.Marshal([]any{rules, guide, zones})
	if err != nil {
		panic("engine: settings that cannot be written: " + err.Error())
	}
	sum := sha256.Sum256(slices.Concat(sourcesDigest(), said))
	return hex.EncodeToString(sum[:6])
}

// Refresh makes again, from the resources, the rows of the read model that other rules or other settings made, and looks at the requests that had none
// under them: a few at a time, each in a transaction like that of any write, so that it may run beside other writers and instances. One that was broken
// off goes on with what is left. Until it is done, rows of before are answered with; what is written to meanwhile is made anew at once. It costs a
// look where nothing has changed. A referral that cannot be folded is left as it is; the error names it. progress, where given, is told how many
// requests were looked at.
func (e *Engine) Refresh(ctx context.Context, progress func(done int)) error {
	_, last, err := e.lastMark(ctx)
	if err != nil || last == e.mark() {
		return err
	}
	sick, done := []error(nil), 0
	for after, more := int64(0), true; more; {
		var page store.Page
		err := e.store.View(ctx, func(r store.Reader) (err error) {
			page, err = r.Search(ctx, store.Query{Type: "ServiceRequest", Bare: true, Ascending: true, After: after, Limit: batchSize})
			return err
		})
		if err != nil {
			return err
		}
		ids := make([]string, len(page.Versions))
		for i, v := range page.Versions {
			ids[i], after = v.ID, v.Seq
		}
		bad, err := e.refreshAll(ctx, ids)
		if err != nil {
			return err
		}
		sick, more = append(sick, bad...), page.More
		if done += len(ids); progress != nil {
			progress(done)
		}
	}
	bad, err := e.refreshRest(ctx)
	if err != nil {
		return err
	}
	if sick = append(sick, bad...); len(sick) > 0 {
		return errors.Join(sick...)
	}
	return e.rememberMark(ctx)
}

// refreshRest makes again the rows that no request led to: of requests that were deleted. Those that nothing makes any more are dropped.
func (e *Engine) refreshRest(ctx context.Context) (sick []error, err error) {
	var ids []string
	var old []store.Handoff
	err = e.store.View(ctx, func(r store.Reader) error {
		return r.EachHandoff(ctx, func(h store.Handoff) error {
			if h.Mark != e.mark() {
				old = append(old, store.Handoff{Task: h.Task, Referral: h.Referral})
				if !slices.Contains(ids, h.Referral) {
					ids = append(ids, h.Referral)
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if sick, err = e.refreshAll(ctx, ids); err != nil {
		return sick, err
	}
	for some := range slices.Chunk(old, batchSize) {
		err := e.update(ctx, func(t *txn) error { return t.dropOld(some, sick) })
		if err != nil {
			return sick, err
		}
	}
	return sick, nil
}

// dropOld drops rows that folding their referral did not make again.
func (t *txn) dropOld(rows []store.Handoff, sick []error) error {
	for i := range rows {
		if slices.ContainsFunc(sick, func(err error) bool {
			var bad *foldError
			return errors.As(err, &bad) && bad.request == rows[i].Referral
		}) {
			continue
		}
		row, err := t.tx.Handoff(t.ctx, rows[i].Task)
		if err == nil && row.Mark != t.e.mark() {
			err = t.tx.DropHandoff(t.ctx, row.Task)
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// refreshAll brings referrals up to date whose rows bear another mark, and those that have none. sick are those that could not be folded.
func (e *Engine) refreshAll(ctx context.Context, ids []string) (sick []error, err error) {
	for len(ids) > 0 {
		done := 0
		err := e.update(ctx, func(t *txn) (err error) {
			done, err = t.refresh(ids)
			return err
		})
		var bad *foldError
		switch {
		case errors.As(err, &bad) && slices.Contains(ids, bad.request):
			sick = append(sick, bad)
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == bad.request })
		case err != nil:
			return sick, err
		default:
			ids = ids[done:]
		}
	}
	return sick, nil
}

// refresh brings as many referrals up to date as there is time for, and gives how many.
func (t *txn) refresh(ids []string) (int, error) {
	began := t.e.set.Now()
	for i, id := range ids {
		if i > 0 && t.e.set.Now().Sub(began) > batchTime {
			return i, nil
		}
		rows, err := t.tx.Handoffs(t.ctx, id)
		if err != nil {
			return i, err
		}
		mine := func(h store.Handoff) bool { return h.Mark == t.e.mark() }
		if len(rows) > 0 && !slices.ContainsFunc(rows, func(h store.Handoff) bool { return !mine(h) }) {
			continue
		}
		if err := t.refold(ids[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(ids), nil
}

// markKey is where it stands by which rules all rows were made last, the first time, the second, and so on.
const markKey = "rows|"

// lastMark gives the mark that all rows bore when they were last made again, "" where that never was, and how often it was.
func (e *Engine) lastMark(ctx context.Context) (times int, mark string, err error) {
	err = e.store.View(ctx, func(r store.Reader) error {
		for {
			value, known, err := r.Remembered(ctx, markKey+strconv.Itoa(times+1))
			if err != nil || !known {
				return err
			}
			times, mark = times+1, value
		}
	})
	return times, mark, err
}

// rememberMark notes that all rows bear the mark of this engine.
func (e *Engine) rememberMark(ctx context.Context) error {
	times, last, err := e.lastMark(ctx)
	if err != nil || last == e.mark() {
		return err
	}
	return e.store.Update(ctx, func(tx store.Tx) error {
		_, _, err := tx.Remember(ctx, markKey+strconv.Itoa(times+1), e.mark(), forever)
		return err
	})
}
