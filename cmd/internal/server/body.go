package server

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// free is the size up to which a body is not charged to the budget, so that a few large ones never keep the ordinary ones out.
const free = 64 << 10

// body is what a request brought. Whoever got one must call done when nothing of data is used any more.
type body struct {
	data    []byte
	charged int64
	budget  *budget
}

func (b *body) done() {
	b.budget.give(b.charged)
	b.charged = 0
}

// charge makes the budget know of a body that has grown to n bytes.
func (b *body) charge(n int) error {
	if n <= free || int64(n) <= b.charged {
		return nil
	}
	if !b.budget.take(int64(n) - b.charged) {
		return errCrowded
	}
	b.charged = int64(n)
	return nil
}

// readBody reads a request's body within the limits, unpacked if it came packed.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) (*body, error) {
	b := &body{budget: &s.budget}
	most := s.set.Limits.Body
	if r.ContentLength > int64(most) {
		return b, tooLarge(most)
	}
	r.Body = http.MaxBytesReader(w, r.Body, int64(most))
	var err error
	switch packed := r.Header.Get("Content-Encoding"); {
	case strings.EqualFold(packed, "gzip"):
		err = b.unpack(r.Body, most, s.set.Limits.Ratio)
	case packed != "" && !strings.EqualFold(packed, "identity"):
		err = fail(http.StatusUnsupportedMediaType, fhir.CodeNotSupported, "", "Content-Encoding must be gzip or identity.")
	default:
		err = b.fill(r.Body, int(r.ContentLength), most)
	}
	if err != nil {
		b.done()
		return b, unreadable(err, most)
	}
	return b, nil
}

// fill reads to the end; size is what the caller announced, -1 if nothing.
func (b *body) fill(from io.Reader, size, most int) error {
	if size >= 0 {
		if err := b.charge(size); err != nil {
			return err
		}
		b.data = make([]byte, size)
		_, err := io.ReadFull(from, b.data)
		return err
	}
	return b.grow(from, most, func(int) error { return nil })
}

// grow reads what has no announced size; more is asked whenever the size has grown.
func (b *body) grow(from io.Reader, most int, more func(size int) error) error {
	b.data = make([]byte, 0, 8<<10)
	for {
		n, err := from.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		if len(b.data) > most {
			return tooLarge(most)
		}
		if e := more(len(b.data)); e != nil {
			return e
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(b.data) == cap(b.data) {
			if err := b.charge(2 * cap(b.data)); err != nil {
				return err
			}
			b.data = slices.Grow(b.data, cap(b.data))
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
	return b.grow(z, most, func(size int) error {
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
