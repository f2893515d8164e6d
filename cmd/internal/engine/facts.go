package engine

import (
	"errors"
	"fmt"
	"sync"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/mapping"
	"warmhandoff/mapping/workflow"
)

// factCache keeps what the versions of resources say to the workflow, so that a fold reads no body twice. It is only a memory: versions never
// change, and a history that is behind is brought up to date. Safe for concurrent use.
type factCache struct {
	mu   sync.Mutex
	most int
	held map[store.Key]*mapping.History
}

func newFactCache(most int) *factCache {
	return &factCache{most: most, held: make(map[store.Key]*mapping.History)}
}

func (c *factCache) get(k store.Key) *mapping.History {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[k]
}

// keep remembers histories of a transaction that is on disk. Where the cache is full, any tenth of it goes.
func (c *factCache) keep(fresh map[store.Key]*mapping.History) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, h := range fresh {
		if old := c.held[k]; old == nil || len(old.Versions) <= len(h.Versions) {
			c.held[k] = h
		}
	}
	if len(c.held) <= c.most {
		return
	}
	drop := c.most / 10
	for k := range c.held {
		if drop--; drop < 0 {
			break
		}
		delete(c.held, k)
	}
}

// history gives what the versions of a resource say, with those that this transaction wrote. number is its newest version where the caller knows
// it, 0 otherwise. An empty history means that there is no such resource.
func (t *txn) history(k store.Key, number int) (*mapping.History, error) {
	h, err := t.kept(k, number)
	if err != nil || len(h.Logical()) == 0 {
		return h, err
	}
	return t.named(h)
}

// kept is history as it may be kept: what the versions say by themselves, without what they name by identifiers.
func (t *txn) kept(k store.Key, number int) (*mapping.History, error) {
	if at := t.find(k); at != nil {
		number = at.Version.Number
	}
	if h := t.fresh[k]; h != nil && (number == 0 || len(h.Versions) >= number) {
		return h, nil
	}
	if number == 0 {
		v, err := t.tx.Newest(t.ctx, k)
		if errors.Is(err, store.ErrNotFound) {
			return &mapping.History{Key: k.String()}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", k, err)
		}
		number = v.Number
	}
	h := t.fresh[k]
	if h == nil {
		h = t.e.facts.get(k)
	}
	if h != nil && len(h.Versions) == number {
		return h, nil
	}
	grown := &mapping.History{Key: k.String()}
	if h != nil && len(h.Versions) < number {
		grown.Versions = append(grown.Versions, h.Versions...)
	}
	if err := t.grow(k, grown, number); err != nil {
		return nil, err
	}
	t.recall()
	t.fresh[k] = grown
	return grown, nil
}

// grow adds the versions that a history lacks.
func (t *txn) grow(k store.Key, h *mapping.History, number int) error {
	if missing := number - len(h.Versions); missing > 3 {
		all, err := t.tx.Versions(t.ctx, k, 0, missing)
		if err != nil {
			return fmt.Errorf("read versions of %s: %w", k, err)
		}
		for i := len(all) - 1; i >= 0; i-- {
			if err := t.append(h, &all[i]); err != nil {
				return err
			}
		}
		return nil
	}
	for n := len(h.Versions) + 1; n <= number; n++ {
		v, err := t.numbered(k, n)
		if err != nil {
			return fmt.Errorf("read %s/_history/%d: %w", k, n, err)
		}
		if err := t.append(h, &v); err != nil {
			return err
		}
	}
	return nil
}

// numbered gives one version, from what the transaction wrote where it can.
func (t *txn) numbered(k store.Key, n int) (store.Version, error) {
	if at := t.find(k); at != nil && at.Version.Number == n {
		return at.Version, nil
	}
	return t.tx.Numbered(t.ctx, k, n)
}

func (t *txn) append(h *mapping.History, v *store.Version) error {
	var fact *mapping.Fact
	if !v.Deleted {
		if at := t.find(v.Key); at != nil && at.Version.Number == v.Number && at.New != nil {
			fact = t.said(at)
		} else {
			r, err := t.resourceOf(v)
			if err != nil {
				return err
			}
			fact = t.e.set.Guide.FactOf(r)
		}
	}
	h.Add(versionOf(v), fact)
	return nil
}

func versionOf(v *store.Version) mapping.Version {
	return mapping.Version{
		Number:   v.Number,
		Received: v.Updated,
		Role:     workflow.Role(v.Author.Role),
		Party:    v.Author.Party,
		Own:      v.Author.Own,
		Deleted:  v.Deleted,
	}
}

// resourceOf gives the resource of a version, from what the transaction holds where it can.
func (t *txn) resourceOf(v *store.Version) (*fhir.Resource, error) {
	if at := t.find(v.Key); at != nil && at.Version.Number == v.Number && at.New != nil {
		return at.New, nil
	}
	r, err := fhir.ReadStored(v.Body)
	if err != nil {
		return nil, fmt.Errorf("read %s/_history/%d: %w", v.Key, v.Number, err)
	}
	return r, nil
}
