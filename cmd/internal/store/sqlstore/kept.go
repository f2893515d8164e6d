package sqlstore

import (
	"sync"

	"warmhandoff/cmd/internal/store"
)

const (
	mostKept  = 8 << 20 // bytes of versions that a generation holds, about
	largeKept = 2 << 20 // bytes of one that is not kept: it would push out many that are named more often
)

// kept holds versions that were lately read by their ids, by their place: what pages include is named again and again, the same agencies, persons and
// referrals. A version never changes and its place is never given to another once it is committed, so what is here is true in every snapshot that names
// the place, and nothing has to be taken away when something is written. Safe for concurrent use.
type kept struct {
	mu         sync.Mutex
	young, old map[int64]store.Version // what is asked for again moves to the young; when these are many, they become the old
	size       int                     // of the young
}

// find gives those of some places that are here, and the places of the others.
func (k *kept) find(seqs []int64) (found []store.Version, others []int64) {
	found = make([]store.Version, 0, len(seqs)+1)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, seq := range seqs {
		v, ok := k.young[seq]
		if !ok {
			if v, ok = k.old[seq]; ok {
				k.put(v)
			}
		}
		if ok {
			found = append(found, v)
		} else {
			others = append(others, seq)
		}
	}
	return found, others
}

// add keeps versions that are committed.
func (k *kept) add(versions []store.Version) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, v := range versions {
		if len(v.Body) < largeKept {
			k.put(v)
		}
	}
}

func (k *kept) put(v store.Version) {
	const beside = 200 // bytes that a version takes beside its body
	if k.young == nil || k.size > mostKept {
		k.young, k.old, k.size = map[int64]store.Version{}, k.young, 0
	}
	k.young[v.Seq] = v
	k.size += len(v.Body) + beside
}
