package engine

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"

	"warmhandoff/fhir"
)

// contentDigest is the same for resources that say the same apart from id and meta.
func contentDigest(r *fhir.Resource) string {
	h := newDigest()
	for name, v := range r.Root().Members() {
		if name != "id" && name != "meta" {
			h.words(name)
			h.bytes(v.Raw())
		}
	}
	return h.sum()
}

// digester takes words one by one, so that no two lists of words give the same sum by running into each other.
type digester struct{ hash.Hash }

func newDigest() digester { return digester{sha256.New()} }

func (d digester) words(words ...string) {
	for _, w := range words {
		d.bytes([]byte(w))
	}
}

func (d digester) list(words []string) {
	d.bytes(binary.BigEndian.AppendUint32(nil, uint32(len(words))))
	d.words(words...)
}

func (d digester) bytes(b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(b)))
	d.Write(n[:])
	d.Write(b)
}

// sum gives 24 characters.
func (d digester) sum() string { return base64.RawURLEncoding.EncodeToString(d.Sum(nil)[:18]) }

func digest(s string) string {
	d := newDigest()
	d.words(s)
	return d.sum()
}
