package server

import (
	"io"
	"time"
)

// Whoever has large bodies or answers of ours in memory must go on: so many bytes within Limits.Stall, or the connection ends. The kernel takes what it has
// buffers for, so somebody who reads steadily is not noticed here at all.
const (
	leastSent = 16 << 10 // of a body: a tenth of what a body of the greatest size needs to arrive in time
	leastRead = 64 << 10 // of an answer
)

// past is a time for deadlines that are over.
var past = time.Unix(1, 0)

// pace ends what makes no progress.
type pace struct {
	timer *time.Timer
	stall time.Duration
}

// newPace calls set, which sets a deadline of a connection, with one that is over as soon as nothing was heard of progress for so long.
func newPace(stall time.Duration, set func(time.Time) error) *pace {
	//nolint:forbidigo // a connection stalls by the machine's time, as its deadlines do; tests run it in a bubble
	return &pace{time.AfterFunc(stall, func() { _ = set(past) }), stall} // a connection without deadlines has others to see to it
}

func (p *pace) goesOn() { p.timer.Reset(p.stall) }

func (p *pace) stop() { p.timer.Stop() }

// pacedReader reads a body. The first bytes may take as long as the whole request.
type pacedReader struct {
	from  io.Reader
	stall time.Duration
	set   func(time.Time) error
	n     int // read so far
	pace  *pace
	mark  int // the next progress
}

func (r *pacedReader) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if r.n += n; r.n >= r.mark {
		r.mark = r.n + leastSent
		if r.pace == nil {
			r.pace = newPace(r.stall, r.set)
		} else {
			r.pace.goesOn()
		}
	}
	return n, err
}

func (r *pacedReader) stop() {
	if r.pace != nil {
		r.pace.stop()
	}
}
