package sqlstore

import (
	"encoding/binary"
	"errors"

	"warmhandoff/cmd/internal/store"
)

// Terms and links lie in the resource row as a run of pairs, each string with its length in front.

var errPacked = errors.New("a packed list of terms or links is damaged")

func packTerms(terms []store.Term) []byte {
	size := 0
	for _, t := range terms {
		size += packedSize(t.Param, t.Value)
	}
	if size == 0 {
		return nil
	}
	b := make([]byte, 0, size)
	for _, t := range terms {
		b = appendString(appendString(b, t.Param), t.Value)
	}
	return b
}

func unpackTerms(b []byte) ([]store.Term, error) {
	var terms []store.Term
	err := eachPair(b, func(param, value string) { terms = append(terms, store.Term{Param: param, Value: value}) })
	return terms, err
}

func packLinks(links []store.Link) []byte {
	size := 0
	for _, l := range links {
		size += packedSize(l.Via, l.To)
	}
	if size == 0 {
		return nil
	}
	b := make([]byte, 0, size)
	for _, l := range links {
		b = appendString(appendString(b, l.Via), l.To)
	}
	return b
}

func unpackLinks(b []byte) ([]store.Link, error) {
	var links []store.Link
	err := eachPair(b, func(via, to string) { links = append(links, store.Link{Via: via, To: to}) })
	return links, err
}

// packedSize gives how many bytes a pair takes at most: a resource may have tens of thousands.
func packedSize(first, second string) int { return 2*4 + len(first) + len(second) }

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func eachPair(b []byte, f func(first, second string)) error {
	return eachRaw(b, func(first, second []byte) { f(string(first), string(second)) })
}

// eachRaw is eachPair for who looks at few of them: the bytes are those of b.
func eachRaw(b []byte, f func(first, second []byte)) error {
	for len(b) > 0 {
		first, second, rest, ok := cutPair(b)
		if !ok {
			return errPacked
		}
		f(first, second)
		b = rest
	}
	return nil
}

func cutPair(b []byte) (first, second, rest []byte, ok bool) {
	if first, rest, ok = cutBytes(b); ok {
		second, rest, ok = cutBytes(rest)
	}
	return first, second, rest, ok
}

func cutBytes(b []byte) (s, rest []byte, ok bool) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, false
	}
	b = b[size:]
	return b[:n], b[n:], true
}
