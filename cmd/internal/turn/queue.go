package turn

import (
	"sync"
	"time"
)

// Clock is by what a queue knows how long its callers have been served. The zero value measures nothing.
type Clock struct {
	// Elapsed never goes back, such as the time since the program began.
	Elapsed func() time.Duration
	// After is a timer, and what stops it.
	After func(time.Duration) (<-chan time.Time, func() bool)
}

const (
	// dear is how long one call may take without being paid for: whoever comes meanwhile waits for so long. Ordinary calls take a fraction of a millisecond.
	dear = int64(10 * time.Millisecond)
	// spare is how much of that is forgiven: one Bundle of the largest waits for nothing, and a call may have been dear because the machine was busy.
	spare = 250 * time.Millisecond
	// modest is how many times less than its share somebody gets who asks for what is dear: of twenty who share, one of whom takes a third of a second again
	// and again, each of the others would else find it served one time in twenty.
	modest = 4
	// longest is for how long nobody who waits is passed over for what they owe: half of what a write waits at most.
	longest = 10 * time.Second
	// lately is for how long somebody counts as one of those who share what is served.
	lately = time.Second
)

// Queue is where calls wait for the one who serves them. Safe for concurrent use; one goroutine at a time may serve.
type Queue[T any] struct {
	clock  Clock
	mu     sync.Mutex
	most   int
	length int
	lines  map[string]*line[T]
	floor  int64 // what whoever is served now had before
	came   int64 // how many calls ever came
	come   chan struct{}
	closed bool
}

// line is where the calls of one caller wait, first come first.
type line[T any] struct {
	calls   []waiting[T]
	had     int64         // how much the caller had, as far as it still counts
	last    time.Duration // when it was served
	owes    time.Duration // for dear calls, when it was last charged for one
	charged time.Duration
	until   time.Duration // before when it is not served, for what it owes
}

// waiting is a call and its place in the order in which calls came.
type waiting[T any] struct {
	call T
	came int64
}

// mostIdle is how many lines are kept in which nobody waits, for what their callers had.
const mostIdle = 1024

// NewQueue returns a queue in which at most so many wait, and of one caller three quarters of them.
func NewQueue[T any](most int, clock Clock) *Queue[T] {
	return &Queue[T]{clock: clock, most: most, lines: map[string]*line[T]{}, come: make(chan struct{}, 1)}
}

// Push puts a call at the end of its caller's line. ErrFull when too many wait, ErrClosed after Close.
func (q *Queue[T]) Push(caller string, call T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[caller]
	switch {
	case q.closed:
		return ErrClosed
	case q.length >= q.most || l != nil && len(l.calls) >= shareOf(caller, q.most):
		return ErrFull
	case l == nil:
		l = &line[T]{had: q.floor}
		q.lines[caller] = l
	case len(l.calls) == 0:
		l.had = max(l.had, q.floor) // who did not ask has saved nothing up
	}
	q.came++
	l.calls = append(l.calls, waiting[T]{call, q.came})
	q.length++
	q.told()
	return nil
}

// Taken is a call that is being served.
type Taken[T any] struct {
	Call   T
	Caller string
	Had    int64 // what its caller had before
}

// Pull takes the next call: of whoever had least, the oldest; of several who had as little, of whoever came first. ok is false where none waits, or none that
// may be served yet, and where take says that the next one has to wait; nil takes any.
func (q *Queue[T]) Pull(take func(caller string, had int64) bool) (next Taken[T], ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	next, _, ok = q.pull(q.now(), take)
	return next, ok
}

func (q *Queue[T]) now() time.Duration {
	if q.clock.Elapsed == nil {
		return 0
	}
	return q.clock.Elapsed()
}

// pull is Pull at some time. Where none may be served yet it says when the first may, 0: none waits.
func (q *Queue[T]) pull(now time.Duration, take func(caller string, had int64) bool) (next Taken[T], first time.Duration, ok bool) {
	var least *line[T]
	for who, l := range q.lines {
		switch {
		case len(l.calls) == 0:
		case l.until > now && !q.closed:
			if first == 0 || l.until < first {
				first = l.until
			}
		case least == nil || l.had < least.had || l.had == least.had && l.calls[0].came < least.calls[0].came:
			least, next.Caller = l, who
		}
	}
	if least == nil || take != nil && !take(next.Caller, least.had) {
		return Taken[T]{}, first, false
	}
	next.Call, next.Had = least.calls[0].call, least.had
	least.calls[0] = waiting[T]{}
	least.calls = least.calls[1:]
	q.length--
	q.floor = max(q.floor, least.had)
	least.had++
	least.last = now
	return next, 0, true
}

// told wakes whoever waits for a call.
func (q *Queue[T]) told() {
	select {
	case q.come <- struct{}{}:
	default:
	}
}

// Wait is Pull of any call that waits until one comes; ok is false once the queue is closed and empty.
func (q *Queue[T]) Wait() (next Taken[T], ok bool) {
	for {
		q.mu.Lock()
		now := q.now()
		next, first, ok := q.pull(now, nil)
		over := q.closed
		q.mu.Unlock()
		if ok || over {
			return next, ok
		}
		if first == 0 {
			<-q.come
			continue
		}
		due, stop := q.clock.After(first - now)
		select {
		case <-q.come:
		case <-due:
		}
		stop()
	}
}

// Charge notes what a call cost its caller, in whatever is shared, beside the 1 that every call costs. Where there is a clock it is nanoseconds, and whoever
// has dear calls served is served again only when it has had no more than its share, as one of those who were lately served: the others then find nobody
// served, most of the time, and wait for none. What the program does by itself is not held back.
func (q *Queue[T]) Charge(caller string, cost int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[caller]
	if l == nil {
		return
	}
	l.had = max(l.had, q.floor) + cost
	if over := cost - dear; over > 0 && caller != "" && q.clock.After != nil {
		now := q.now()
		times := time.Duration(modest * q.others(l, now-time.Duration(cost))) // how much longer it waits than it was served
		l.owes = max(0, l.owes-(now-l.charged)/(1+times)) + time.Duration(over)
		l.charged = now
		if l.owes > spare {
			l.until = now + min((l.owes-spare)*times, longest)
		}
	}
	if len(q.lines) <= mostIdle {
		return
	}
	for who, l := range q.lines {
		if len(l.calls) == 0 && l.until <= q.now() {
			delete(q.lines, who)
		}
	}
}

// Len returns how many wait.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.length
}

// Close lets nobody in any more. Those who wait are served.
func (q *Queue[T]) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.closed = true
	q.told()
}

// others returns how many others wait, or were served lately, when a caller's turn began.
func (q *Queue[T]) others(l *line[T], began time.Duration) (n int) {
	for _, other := range q.lines {
		if other != l && (len(other.calls) > 0 || other.last > 0 && began-other.last < lately) {
			n++
		}
	}
	return n
}
