package server

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"warmhandoff/fhir"
)

// free is the size up to which a body, or an answer, is not charged to a pool, so that a few large ones never keep the ordinary ones out.
const free = 64 << 10

// body is what a request brought. Whoever got one must call done when nothing of data is used any more.
type body struct {
	data    []byte
	charged int64
	pool    *pool
	of      *hold // whose request it is
}

func (b *body) done() {
	if b.charged == 0 {
		return
	}
	b.pool.give(b.of.who(), b.charged)
	b.charged = 0
}

// charge makes the pool know of a body that takes n bytes. It never waits: a caller who has to keep megabytes may ask again.
func (b *body) charge(n int) error {
	if n <= free || int64(n) <= b.charged {
		return nil
	}
	if !b.pool.take(b.of.who(), int64(n)-b.charged) {
		return errCrowded
	}
	b.charged = int64(n)
	return nil
}

// readBody reads a request's body within the limits, unpacked if it came packed. What was announced takes no memory before it comes, and what stops coming
// half way ends.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, of *hold) (*body, error) {
	b := &body{pool: s.bodies, of: of}
	most := s.set.Limits.Body
	if r.ContentLength > int64(most) {
		return b, tooLarge(most)
	}
	r.Body = http.MaxBytesReader(w, r.Body, int64(most))
	from, packed := io.Reader(r.Body), r.Header.Get("Content-Encoding")
	if r.ContentLength < 0 || r.ContentLength > free || packed != "" {
		paced := &pacedReader{from: r.Body, stall: s.set.Limits.Stall, set: http.NewResponseController(w).SetReadDeadline, mark: free}
		if packed != "" { // a little of it may be large
			paced.mark = 1
		}
		defer paced.stop()
		from = paced
	}
	var err error
	switch {
	case strings.EqualFold(packed, "gzip"):
		err = b.unpack(from, most, s.set.Limits.Ratio)
	case packed != "" && !strings.EqualFold(packed, "identity"):
		err = fail(http.StatusUnsupportedMediaType, fhir.CodeNotSupported, "", "Content-Encoding must be gzip or identity.")
	default:
		err = b.fill(from, int(r.ContentLength), most)
	}
	if err != nil {
		b.done()
		return b, unreadable(err, most)
	}
	return b, nil
}

// fill reads to the end; size is what the caller announced, -1 if nothing.
func (b *body) fill(from io.Reader, size, most int) error {
	if size >= 0 && size <= free {
		b.data = make([]byte, size)
		_, err := io.ReadFull(from, b.data)
		return err
	}
	return b.grow(from, size, most, func(int) error { return nil })
}

// grow reads what was announced, or all there is where size is -1, and takes twice the memory whenever there is no room for more. After each time that
// something came, more is asked.
func (b *body) grow(from io.Reader, size, most int, more func(size int) error) error {
	b.data = make([]byte, 0, 8<<10)
	if size >= 0 {
		b.data = make([]byte, 0, free)
	}
	for {
		n, err := from.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		if len(b.data) > most {
			return tooLarge(most)
		}
		if e := more(len(b.data)); e != nil {
			return e
		}
		switch {
		case len(b.data) == size, size < 0 && errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
		if len(b.data) == cap(b.data) {
			room := 2 * cap(b.data)
			if size >= 0 {
				room = min(room, size)
			}
			if err := b.charge(room); err != nil {
				return err
			}
			b.data = append(make([]byte, 0, room), b.data...)
		}
	}
}

// unpack reads gzip. What grows more than ratio times is a bomb, whatever its size in the end; small bodies may.
func (b *body) unpack(from io.Reader, most, ratio int) error {
	packed := &counted{from: from}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	return b.grow(z, -1, most, func(size int) error {
		if size > free && size > ratio*packed.n {
			return tooLarge(most)
		}
		return nil
	})
}

type counted struct {
	from io.Reader
	n    int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += n
	return n, err
}

// unreadable turns what went wrong while reading into a failure.
func unreadable(err error, most int) error {
	var ours *failure
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &ours), errors.Is(err, errCrowded):
		return err
	case errors.As(err, &large):
		return tooLarge(most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fail(http.StatusRequestTimeout, fhir.CodeTimeout, "", "The body did not arrive in time.")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		return fail(http.StatusBadRequest, fhir.CodeInvalid, "", "The body is not what Content-Encoding says: it must be whole gzip.")
	}
	return fail(http.StatusBadRequest, fhir.CodeIncomplete, "", "The body ended early or could not be unpacked.")
}

func tooLarge(most int) error {
	return fail(http.StatusRequestEntityTooLarge, fhir.CodeTooLong, "",
		fmt.Sprintf("The body is larger than %d bytes, or unpacks to more than a packed text would; send it in parts.", most))
}
