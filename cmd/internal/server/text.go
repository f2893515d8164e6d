package server

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"warmhandoff/fhir"
)

// text is the body of an answer: bytes, or pieces where large resources are in it, whose bytes are not copied.
type text struct {
	body   []byte
	pieces [][]byte
	kind   []string // Content-Type, once it is rendered
	packed bool     // it is gzip
	long   bool     // it would be packed for whoever takes gzip
}

func (t *text) size() int {
	n := len(t.body)
	for _, p := range t.pieces {
		n += len(p)
	}
	return n
}

// whole makes one of the pieces.
func (t *text) whole() []byte {
	if t.pieces != nil {
		t.body, t.pieces = bytes.Join(t.pieces, nil), nil
	}
	return t.body
}

// form is how a caller wants to have a body.
type form struct{ xml, pretty, gzip, head bool }

func formOf(r *http.Request) form {
	return form{xml: wantsXML(r.Header, r.URL.RawQuery), pretty: pretty(r.URL.RawQuery), gzip: takesGzip(r.Header), head: r.Method == http.MethodHead}
}

// packFrom is the size from which packing saves more time than it takes.
const packFrom = 8 << 10

// render makes of a resource's JSON what the caller asked for. All of it is made before anything is sent, so that a caller who takes it slowly has no more of
// ours than the bytes that are still to be taken.
func (t *text) render(f form) {
	t.kind = jsonType
	switch {
	case t.size() == 0:
		return
	case f.xml:
		if resource, err := fhir.ReadStored(t.whole()); err == nil {
			t.body, t.kind = resource.XML(), xmlType
		}
	case f.pretty:
		value := jsontext.Value(bytes.Clone(t.whole()))
		if value.Indent(jsontext.WithIndent("  ")) == nil {
			t.body = value
		}
	}
	t.long = t.size() >= packFrom
	if t.packed = t.long && f.gzip; t.packed && !f.head {
		t.pack()
	}
}

var packers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
	return z
}}

func (t *text) pack() {
	z := packers.Get().(*gzip.Writer)
	out := &pile{room: min(max(t.size()/8, 2<<10), 64<<10)}
	z.Reset(out)
	_, _ = z.Write(t.body) // to memory
	for i, p := range t.pieces {
		_, _ = z.Write(p)
		t.pieces[i] = nil
	}
	_ = z.Close()
	z.Reset(io.Discard) // which lets go of the pile
	packers.Put(z)
	t.body, t.pieces = nil, out.pieces
}

// pile collects what is written in pieces of one size.
type pile struct {
	pieces [][]byte
	room   int
}

func (p *pile) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		n := len(p.pieces) - 1
		if n < 0 || len(p.pieces[n]) == cap(p.pieces[n]) {
			p.pieces = append(p.pieces, make([]byte, 0, p.room))
			n++
		}
		last := p.pieces[n]
		fit := min(len(rest), cap(last)-len(last))
		p.pieces[n], rest = append(last, rest[:fit]...), rest[fit:]
	}
	return len(b), nil
}

// writeText sends a body. What is large goes in parts: whoever stops taking them is let go, and what was taken is given back. A nil hold holds nothing.
func (s *Server) writeText(c echo.Context, status int, t *text, held *hold) {
	w := c.Response()
	size := t.size()
	if size == 0 {
		w.WriteHeader(status)
		return
	}
	h := w.Header()
	h["Content-Type"] = t.kind
	if t.long && len(h["Vary"]) == 0 {
		h["Vary"] = varies
	} else if t.long {
		h.Add("Vary", varies[0])
	}
	head := c.Request().Method == http.MethodHead
	if t.packed {
		h["Content-Encoding"] = gzipped
	}
	if !t.packed || !head { // how long it is when it is packed nobody knows before
		h["Content-Length"] = []string{strconv.Itoa(size)}
	}
	w.WriteHeader(status)
	switch {
	case head:
	case size <= free:
		_, _ = w.Write(t.body) // the status is out: whoever hung up cannot be told
		for _, p := range t.pieces {
			_, _ = w.Write(p)
		}
	default:
		s.writeLarge(w, t, held)
	}
}

// writeLarge sends a body that the kernel may not take at once.
func (s *Server) writeLarge(w http.ResponseWriter, t *text, held *hold) {
	pieces, left := t.pieces, t.size()
	if pieces == nil {
		pieces = [][]byte{t.body}
	}
	t.body, t.pieces = nil, nil
	p := newPace(s.set.Limits.Stall, http.NewResponseController(w).SetWriteDeadline)
	defer p.stop()
	for i, piece := range pieces {
		pieces[i] = nil
		for rest := piece; len(rest) > 0; {
			n := min(len(rest), leastRead)
			if _, err := w.Write(rest[:n]); err != nil {
				return
			}
			p.goesOn()
			rest, left = rest[n:], left-n
		}
		if held != nil {
			held.settle(min(held.taken, left))
		}
	}
}
