package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"warmhandoff/cmd/internal/store"
)

// Faulty is a store of which one call fails, to see what becomes of the work in which that happens. A call is one of a Reader or a Tx, the begin of a View
// or Update, or the end of an Update, where it would be committed. It is for one caller at a time; calls beside it are counted too.
type Faulty struct {
	store.Store
	mu    sync.Mutex
	calls int
	at    int
	fault error
	hit   string
}

// FailAt makes the call of this number from now on fail, 1 for the next; 0 makes none fail.
func (f *Faulty) FailAt(number int, fault error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls, f.at, f.fault, f.hit = 0, number, fault, ""
}

// Hit gives the name of the call that failed since FailAt, "" for none, and how many calls there were.
func (f *Faulty) Hit() (name string, calls int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hit, f.calls
}

func (f *Faulty) call(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls++; f.calls != f.at {
		return nil
	}
	f.hit = name
	return f.fault
}

// View is Store.View.
func (f *Faulty) View(ctx context.Context, do func(store.Reader) error) error {
	if err := f.call("View"); err != nil {
		return err
	}
	return f.Store.View(ctx, func(r store.Reader) error { return do(faultyReader{r, f}) })
}

// Update is Store.Update.
func (f *Faulty) Update(ctx context.Context, do func(store.Tx) error) error {
	if err := f.call("Update"); err != nil {
		return err
	}
	return f.Store.Update(ctx, func(tx store.Tx) error {
		if err := do(faultyTx{faultyReader{tx, f}, tx}); err != nil {
			return err
		}
		return f.call("commit")
	})
}

type faultyReader struct {
	in store.Reader
	f  *Faulty
}

// one is a call that gives one thing.
func one[T any](f *Faulty, name string, run func() (T, error)) (T, error) {
	if err := f.call(name); err != nil {
		var none T
		return none, err
	}
	return run()
}

func (r faultyReader) Newest(ctx context.Context, k store.Key) (store.Version, error) {
	return one(r.f, "Newest", func() (store.Version, error) { return r.in.Newest(ctx, k) })
}

func (r faultyReader) Numbered(ctx context.Context, k store.Key, number int) (store.Version, error) {
	return one(r.f, "Numbered", func() (store.Version, error) { return r.in.Numbered(ctx, k, number) })
}

func (r faultyReader) Versions(ctx context.Context, k store.Key, before, limit int) ([]store.Version, error) {
	return one(r.f, "Versions", func() ([]store.Version, error) { return r.in.Versions(ctx, k, before, limit) })
}

func (r faultyReader) History(ctx context.Context, q store.Past) (store.Page, error) {
	return one(r.f, "History", func() (store.Page, error) { return r.in.History(ctx, q) })
}

func (r faultyReader) Numbers(ctx context.Context, k store.Key) ([]store.Version, error) {
	return one(r.f, "Numbers", func() ([]store.Version, error) { return r.in.Numbers(ctx, k) })
}

func (r faultyReader) Search(ctx context.Context, q store.Query) (store.Page, error) {
	return one(r.f, "Search", func() (store.Page, error) { return r.in.Search(ctx, q) })
}

func (r faultyReader) Placed(ctx context.Context, seqs ...int64) ([]store.Version, error) {
	return one(r.f, "Placed", func() ([]store.Version, error) { return r.in.Placed(ctx, seqs...) })
}

func (r faultyReader) Types(ctx context.Context) ([]string, error) {
	return one(r.f, "Types", func() ([]string, error) { return r.in.Types(ctx) })
}

func (r faultyReader) LinkedTo(ctx context.Context, to ...string) ([]store.Linked, error) {
	return one(r.f, "LinkedTo", func() ([]store.Linked, error) { return r.in.LinkedTo(ctx, to...) })
}

func (r faultyReader) LinkedLast(ctx context.Context, to string, limit int) ([]store.Linked, error) {
	return one(r.f, "LinkedLast", func() ([]store.Linked, error) { return r.in.LinkedLast(ctx, to, limit) })
}

func (r faultyReader) Links(ctx context.Context, from store.Key) ([]store.Link, error) {
	return one(r.f, "Links", func() ([]store.Link, error) { return r.in.Links(ctx, from) })
}

func (r faultyReader) Missing(ctx context.Context, typ string, limit int) ([]string, error) {
	return one(r.f, "Missing", func() ([]string, error) { return r.in.Missing(ctx, typ, limit) })
}

func (r faultyReader) Handoff(ctx context.Context, task string) (store.Handoff, error) {
	return one(r.f, "Handoff", func() (store.Handoff, error) { return r.in.Handoff(ctx, task) })
}

func (r faultyReader) Handoffs(ctx context.Context, referral string) ([]store.Handoff, error) {
	return one(r.f, "Handoffs", func() ([]store.Handoff, error) { return r.in.Handoffs(ctx, referral) })
}

func (r faultyReader) EachHandoff(ctx context.Context, do func(store.Handoff) error) error {
	if err := r.f.call("EachHandoff"); err != nil {
		return err
	}
	return r.in.EachHandoff(ctx, do)
}

func (r faultyReader) Awake(ctx context.Context, now time.Time, limit int) ([]store.Handoff, error) {
	return one(r.f, "Awake", func() ([]store.Handoff, error) { return r.in.Awake(ctx, now, limit) })
}

func (r faultyReader) NextWake(ctx context.Context) (time.Time, error) {
	return one(r.f, "NextWake", func() (time.Time, error) { return r.in.NextWake(ctx) })
}

func (r faultyReader) Remembered(ctx context.Context, key string) (string, bool, error) {
	if err := r.f.call("Remembered"); err != nil {
		return "", false, err
	}
	return r.in.Remembered(ctx, key)
}

func (r faultyReader) LastUpdated(ctx context.Context) (time.Time, error) {
	return one(r.f, "LastUpdated", func() (time.Time, error) { return r.in.LastUpdated(ctx) })
}

func (r faultyReader) EachKey(ctx context.Context, typ string, do func(store.Version) error) error {
	if err := r.f.call("EachKey"); err != nil {
		return err
	}
	return r.in.EachKey(ctx, typ, do)
}

type faultyTx struct {
	faultyReader
	tx store.Tx
}

func (t faultyTx) Put(ctx context.Context, w store.Write) (store.Version, error) {
	return one(t.f, "Put", func() (store.Version, error) { return t.tx.Put(ctx, w) })
}

func (t faultyTx) Index(ctx context.Context, v store.Version, terms []store.Term, links []store.Link) error {
	if err := t.f.call("Index"); err != nil {
		return err
	}
	return t.tx.Index(ctx, v, terms, links)
}

func (t faultyTx) PutHandoff(ctx context.Context, h store.Handoff) error {
	if err := t.f.call("PutHandoff"); err != nil {
		return err
	}
	return t.tx.PutHandoff(ctx, h)
}

func (t faultyTx) DropHandoff(ctx context.Context, task string) error {
	if err := t.f.call("DropHandoff"); err != nil {
		return err
	}
	return t.tx.DropHandoff(ctx, task)
}

func (t faultyTx) Remember(ctx context.Context, key, value string, at time.Time) (string, bool, error) {
	if err := t.f.call("Remember"); err != nil {
		return "", false, err
	}
	return t.tx.Remember(ctx, key, value, at)
}

func (t faultyTx) Forget(ctx context.Context, before time.Time) (int, error) {
	return one(t.f, "Forget", func() (int, error) { return t.tx.Forget(ctx, before) })
}

// Contents gives what a store holds, a line for each version, link and row, to be compared. Keys that are remembered cannot be listed and are not in it.
func Contents(ctx context.Context, s store.Store) (lines []string, err error) {
	err = s.View(ctx, func(r store.Reader) error {
		types, err := r.Types(ctx)
		if err != nil {
			return err
		}
		for _, typ := range types {
			var keys []store.Key
			if err := r.EachKey(ctx, typ, func(v store.Version) error {
				keys = append(keys, v.Key)
				return nil
			}); err != nil {
				return err
			}
			for _, k := range keys {
				versions, err := r.Versions(ctx, k, 0, 0)
				if err != nil {
					return err
				}
				links, err := r.Links(ctx, k)
				if err != nil {
					return err
				}
				for _, v := range versions {
					lines = append(lines, fmt.Sprintf("%s/_history/%d at %d, %v %v, %s", k, v.Number, v.Seq, v.Deleted, v.Author, v.Body))
				}
				lines = append(lines, fmt.Sprintf("%s names %v", k, links))
			}
		}
		return r.EachHandoff(ctx, func(h store.Handoff) error {
			lines = append(lines, fmt.Sprintf("%s: %s %s %s %s %s %d %d %s %s", h.Task, h.Referral, h.Agency, h.Patient, h.State, h.Reason,
				h.Due.UnixMicro(), h.Wake.UnixMicro(), h.Mark, h.Doc))
			return nil
		})
	})
	return lines, err
}
