package turn

import "sync"

// Queue is where calls wait for the one who serves them. Safe for concurrent use; one goroutine at a time may serve.
type Queue[T any] struct {
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
	calls []waiting[T]
	had   int64 // how much the caller had, as far as it still counts
}

// waiting is a call and its place in the order in which calls came.
type waiting[T any] struct {
	call T
	came int64
}

// mostIdle is how many lines are kept in which nobody waits, for what their callers had.
const mostIdle = 1024

// NewQueue returns a queue in which at most so many wait, and of one caller three quarters of them.
func NewQueue[T any](most int) *Queue[T] {
	return &Queue[T]{most: most, lines: map[string]*line[T]{}, come: make(chan struct{}, 1)}
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

// Pull takes the next call: of whoever had least, the oldest; of several who had as little, of whoever came first. ok is false where none waits.
func (q *Queue[T]) Pull() (call T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pull()
}

func (q *Queue[T]) pull() (call T, ok bool) {
	var least *line[T]
	for _, l := range q.lines {
		if len(l.calls) > 0 && (least == nil || l.had < least.had || l.had == least.had && l.calls[0].came < least.calls[0].came) {
			least = l
		}
	}
	if least == nil {
		return call, false
	}
	call = least.calls[0].call
	least.calls[0] = waiting[T]{}
	least.calls = least.calls[1:]
	q.length--
	q.floor = max(q.floor, least.had)
	least.had++
	return call, true
}

// Return puts a call that was not served back to the beginning of its caller's line. Of several the last comes first.
func (q *Queue[T]) Return(caller string, call T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[caller]
	if l == nil {
		l = &line[T]{had: q.floor}
		q.lines[caller] = l
	}
	l.had--
	l.calls = append([]waiting[T]{{call: call}}, l.calls...)
	q.length++
	q.told()
}

// told wakes whoever waits for a call.
func (q *Queue[T]) told() {
	select {
	case q.come <- struct{}{}:
	default:
	}
}

// Wait is Pull that waits until a call comes; ok is false once the queue is closed and empty.
func (q *Queue[T]) Wait() (call T, ok bool) {
	for {
		q.mu.Lock()
		call, ok = q.pull()
		over := q.closed
		q.mu.Unlock()
		if ok || over {
			return call, ok
		}
		<-q.come
	}
}

// Charge notes what a call cost its caller, in whatever is shared, beside the 1 that every call costs.
func (q *Queue[T]) Charge(caller string, cost int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[caller]
	if l == nil {
		return
	}
	l.had = max(l.had, q.floor) + cost
	if len(q.lines) <= mostIdle {
		return
	}
	for who, l := range q.lines {
		if len(l.calls) == 0 {
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
