package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"net/url"
	"time"

	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir/search"
)

// A cursor says where a page ends: the place (Seq) of its last version. That is all there is to say, also of a search that is sorted by
// something else, since versions are kept for ever and what the last one was sorted by can be read there again.
//
// It is signed, together with the search and whoever made it, so that a cursor put into another search, or made up, is refused and not answered
// with nonsense. The key is made once and kept in the store, so that a cursor outlives the program and is good at another instance.

const (
	cursorName = "_cursor"
	sealSize   = 16
	secretSize = 32
	secretName = "secret|cursor"
)

// takeCursor parts the cursor from the parameters of a search.
func takeCursor(q url.Values) (string, url.Values) {
	mark := q.Get(cursorName)
	if !q.Has(cursorName) {
		return "", q
	}
	q = maps.Clone(q)
	q.Del(cursorName)
	return mark, q
}

// cursorTo is what a cursor belongs to: the same for all pages of a search. How many resources a page has does not matter.
func cursorTo(p Principal, within store.Key, q search.Query) string {
	self := maps.Clone(q.Self)
	self.Del("_count")
	return string(p.Role) + "\n" + p.Party + "\n" + within.String() + "/" + q.Type + "?" + self.Encode()
}

func sealCursor(seq int64, secret []byte, to string) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(seq))
	return base64.RawURLEncoding.EncodeToString(append(b, sign(b, secret, to)...))
}

func openCursor(mark string, secret []byte, to string) (seq int64, ok bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(mark)
	if err != nil || len(b) != 8+sealSize {
		return 0, false
	}
	seq = int64(binary.BigEndian.Uint64(b))
	return seq, hmac.Equal(b[8:], sign(b[:8], secret, to)) && seq > 0
}

func sign(place, secret []byte, to string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write(place)
	h.Write([]byte(to))
	return h.Sum(nil)[:sealSize]
}

// forever is later than anything that is forgotten.
var forever = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// cursorSecret gives the key of all cursors of this store; whoever comes first makes it.
func (e *Engine) cursorSecret(ctx context.Context) ([]byte, error) {
	if known := e.secret.Load(); known != nil {
		return *known, nil
	}
	kept, found := "", false
	err := e.store.View(ctx, func(r store.Reader) (err error) {
		kept, found, err = r.Remembered(ctx, secretName)
		return err
	})
	if err == nil && !found {
		fresh := base64.RawURLEncoding.EncodeToString(e.newSecret())
		err = e.store.Update(ctx, func(tx store.Tx) (err error) {
			kept, _, err = tx.Remember(ctx, secretName, fresh, forever)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	secret, err := base64.RawURLEncoding.DecodeString(kept)
	if err != nil {
		return nil, err
	}
	e.secret.Store(&secret)
	return secret, nil
}

// newSecret is made of ids where nobody handed in a better source.
func (e *Engine) newSecret() []byte {
	if e.set.NewSecret != nil {
		return e.set.NewSecret()
	}
	sum := sha256.Sum256([]byte(e.set.NewID() + e.set.NewID() + e.set.NewID()))
	return sum[:secretSize]
}
