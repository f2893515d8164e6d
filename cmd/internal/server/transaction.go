package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/cmd/internal/turn"
	"warmhandoff/fhir"
)

// transaction carries out all entries or none. What can be refused is refused before anything is written: each entry as a request of its own
// would be, then each GET once, then the writes together in the engine. GETs are answered after the commit, from what was committed.
//
// Source: FHIR R4, http.html 3.1.0.11.2 (transaction processing rules)
func (s *Server) transaction(ctx context.Context, in *request, b *fhir.Resource, entries []entry) (*answer, error) {
	changes, err := s.changes(ctx, entries)
	if err != nil {
		return nil, err
	}
	answers := make([]*answer, len(entries))
	if err := s.lookAhead(ctx, entries, answers); err != nil {
		return nil, err
	}
	if len(changes) > 0 {
		results, err := atWriter(ctx, s, func(ctx context.Context) ([]engine.Result, error) {
			return s.engine.ApplyBundle(ctx, in.who, identifierOf(b), changes)
		})
		if err != nil {
			return nil, err
		}
		in.hold.settle(0)
		s.afterCommit(ctx, entries, results, answers)
	}
	return &answer{status: http.StatusOK, bare: true, text: responses("transaction-response", s.set.Base, answers)}, nil
}

// changes gives what the entries want written, in their order, or a failure with the issues of all entries that cannot be.
func (s *Server) changes(ctx context.Context, entries []entry) ([]engine.Change, error) {
	var no *failure
	changes := make([]engine.Change, 0, len(entries))
	for _, e := range entries {
		err := e.err
		if err == nil && e.in.route.change != nil {
			var change engine.Change
			if change, err = e.in.route.change(s, ctx, e.in); err != nil {
				err = failed(err, e.in.asked).in(e.in.at) // a patch reads what it is applied to, and a read does not know of entries
			}
			changes = append(changes, change)
		}
		if err != nil {
			no = joined(no, err)
		}
	}
	if no != nil {
		return nil, no
	}
	return changes, nil
}

// joined adds what is wrong with another entry; the first decides the status, but what is not the caller's fault comes before what is.
func joined(no *failure, err error) *failure {
	var f *failure
	if !errors.As(err, &f) {
		f = failed(err, "")
	}
	if no == nil {
		return f
	}
	if f.status >= http.StatusInternalServerError && no.status < http.StatusInternalServerError {
		no, f = f, no
	}
	return &failure{status: no.status, issues: append(no.issues[:len(no.issues):len(no.issues)], f.issues...), retry: no.retry, cause: no.cause}
}

// lookAhead carries out each GET before anything is written, so that one that fails undoes nothing. Those of ids that the transaction itself
// puts there are left for later.
//
// Source: local, threat T8 (a transaction with a GET that is refused stores nothing)
func (s *Server) lookAhead(ctx context.Context, entries []entry, answers []*answer) error {
	coming := map[store.Key]bool{}
	for _, e := range entries {
		if e.in.route.kind == doUpdate && e.in.id != "" {
			coming[store.Key{Type: e.in.typ, ID: e.in.id}] = true
		}
	}
	var no *failure
	writes := slices.ContainsFunc(entries, func(e entry) bool { return e.in.route.change != nil }) // then what is read now is read again
	for i, e := range entries {
		if e.in.route.change != nil || coming[store.Key{Type: e.in.typ, ID: e.in.id}] {
			continue
		}
		a, err := s.carryOut(ctx, e.in)
		if errors.Is(err, errHeld) {
			return err
		}
		if err != nil {
			no = joined(no, failed(err, e.in.asked).in(e.in.at))
		} else if !writes {
			answers[i] = a
		}
	}
	if no != nil {
		return no
	}
	return nil
}

// afterCommit gives each entry its answer: a write its result, in order, and a GET what is there now. A GET that fails only now cannot undo
// what is committed; it says so in its own entry.
func (s *Server) afterCommit(ctx context.Context, entries []entry, results []engine.Result, answers []*answer) {
	for i, e := range entries {
		if e.in.route.change != nil {
			answers[i] = e.in.fitting(s.wrote(e.in, &results[0]))
			results = results[1:]
		}
	}
	for i, e := range entries {
		if e.in.route.change == nil {
			answers[i] = s.alone(ctx, e)
		}
	}
}

// batch carries out each entry alone.
//
// Source: FHIR R4, http.html 3.1.0.11.1 (batch processing rules)
func (s *Server) batch(ctx context.Context, entries []entry) (*answer, error) {
	answers := make([]*answer, len(entries))
	for i, e := range entries {
		if err := turn.Yield(ctx); err != nil {
			return nil, err // what was not begun is not begun for a caller who has gone
		}
		answers[i] = s.alone(ctx, e)
	}
	return &answer{status: http.StatusOK, bare: true, text: responses("batch-response", s.set.Base, answers)}, nil
}

// alone carries out one entry; what goes wrong becomes its answer.
func (s *Server) alone(ctx context.Context, e entry) *answer {
	err, asked, at := e.err, "", ""
	if err == nil {
		asked, at = e.in.asked, e.in.at
		var a *answer
		if a, err = s.carryOut(ctx, e.in); err == nil {
			return a
		}
	}
	f := failed(err, asked)
	if at != "" {
		f = f.in(at)
	}
	if e.of != nil {
		s.logEntry(ctx, e.of, e.of.at, f)
	}
	return &answer{status: f.status, version: f.gone, issues: f.issues}
}

// carryOut carries out an entry, as far as there is room for its answer.
func (s *Server) carryOut(ctx context.Context, in *request) (*answer, error) {
	if in.route.change == nil && in.hold.full() {
		return nil, fail(http.StatusBadRequest, fhir.CodeTooCostly, in.at, in.hold.tooMuch(false))
	}
	in.hold.begin()
	a, err := in.route.do(s, in.held(ctx), in)
	if err != nil {
		return nil, err
	}
	if in.head {
		a.text = text{}
	}
	if in.route.change != nil {
		return in.fitting(a), nil
	}
	in.hold.ended(a.size())
	return a, nil
}

// fitting gives the answer to a write without the resource where there is no room for it: what was written is never taken back for that.
func (in *request) fitting(a *answer) *answer {
	in.hold.begin()
	if in.hold.full() && a.size() > 0 && !a.bare {
		a.text = text{}
		a.issues = append(a.issues[:len(a.issues):len(a.issues)], fhir.Issue{Severity: fhir.Information, Code: fhir.CodeTooCostly, Expression: in.at, Text: in.hold.tooMuch(true)})
	}
	in.hold.ended(a.size())
	return a
}

// identifierOf gives Bundle.identifier as "system|value".
func identifierOf(b *fhir.Resource) string {
	id := b.Get("identifier")
	if !id.Exists() || id.Get("value").Text() == "" {
		return ""
	}
	return id.Get("system").Text() + "|" + id.Get("value").Text()
}

// responses writes the Bundle that answers a transaction or batch.
//
// Source: FHIR R4, bundle.html 2.36.4 (Bundle.entry.response)
func responses(kind, base string, answers []*answer) text {
	room := 0
	for _, a := range answers {
		if room += 512; a.size() < apart {
			room += a.size()
		}
	}
	w := newBundle(kind, room)
	for _, a := range answers {
		w.entry()
		w.response(base, a)
	}
	return w.done()
}

// response writes one answer as the members of an entry.
func (w *bundleWriter) response(base string, a *answer) {
	switch {
	case a.size() == 0:
	case a.bare:
		w.raw(`"resource":`)
		w.text(&a.text)
		w.raw(`,`)
	default:
		w.resource(base, &a.version)
		w.raw(`,`)
	}
	w.raw(`"response":{"status":`)
	w.quote(strconv.Itoa(a.status) + " " + http.StatusText(a.status))
	if a.version.Number > 0 {
		if a.located {
			w.raw(`,"location":`)
			w.quote(location(a.version))
		}
		w.stamps(&a.version)
	}
	if len(a.issues) > 0 {
		w.raw(`,"outcome":`)
		w.out = append(w.out, fhir.OperationOutcome(a.issues...)...)
	}
	w.raw(`}`)
}
