package engine

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"net/url"

	"warmhandoff/fhir/search"
)

// A cursor says where a page ends: the place (Seq) of its last version, and a seal that binds it to the search and to whoever made it, so that
// a cursor put into another search is refused and not silently answered with nonsense. The seal is a checksum, not a secret: a place reveals
// nothing that a search does not.

const (
	cursorName = "_cursor"
	sealSize   = 12
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

// cursorSeal is the same for all pages of a search. How many resources a page has does not matter.
func cursorSeal(p Principal, q search.Query) []byte {
	self := maps.Clone(q.Self)
	self.Del("_count")
	sum := sha256.Sum256([]byte(p.Party + "\n" + q.Type + "?" + self.Encode()))
	return sum[:sealSize]
}

func sealCursor(seq int64, seal []byte) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(seq))
	return base64.RawURLEncoding.EncodeToString(append(b, bind(b, seal)...))
}

func openCursor(mark string, seal []byte) (seq int64, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(mark)
	if err != nil || len(b) != 8+sealSize {
		return 0, false
	}
	seq = int64(binary.BigEndian.Uint64(b))
	return seq, seq > 0 && subtle.ConstantTimeCompare(b[8:], bind(b[:8], seal)) == 1
}

func bind(place, seal []byte) []byte {
	sum := sha256.Sum256(append(append([]byte{}, place...), seal...))
	return sum[:sealSize]
}
