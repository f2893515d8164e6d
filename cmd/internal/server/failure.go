package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// errCrowded says that there is too much to do at this moment.
var errCrowded = errors.New("server: too much to do")

// verdict is one row of the table that turns what went wrong into an answer. A row is about a kind of refusal or about an error; what is in no
// row is a 500 whose text stays in the log.
type verdict struct {
	kind   engine.Kind
	err    error
	status int
	code   fhir.Code // where the refusal brings no issue of its own
	retry  bool      // Retry-After: the same request may work in a moment
	text   string    // likewise
}

// verdicts is the table. What the strict reader refuses (no JSON, no resource, or against the element table: unknown elements, cardinality,
// types, required codes) is 400 and stands in unread; 422 is for what was read and is against a rule.
//
// Source: FHIR R4, http.html 3.1.0.8 (create: 400 could not be parsed or failed basic validation, 404 type not supported, 412 condition not
// selective enough, 422 violated profiles or business rules), 3.1.0.2 (read: 404, 410), 3.1.0.4 (update: 409, 412)
// Source: local, a parameter, modifier or interaction that we do not know is 400: the caller can change the request, so it is no 501
// Source: local, 507 no-store when the disk is full, 503 and Retry-After under load
var verdicts = []verdict{
	{kind: engine.Invalid, status: http.StatusBadRequest, code: fhir.CodeInvalid, text: "The request could not be understood."},
	{kind: engine.Unprocessable, status: http.StatusUnprocessableEntity, code: fhir.CodeBusinessRule, text: "The request is against a rule."},
	{kind: engine.NotFound, status: http.StatusNotFound, code: fhir.CodeNotFound, text: "There is no such resource."},
	{kind: engine.Gone, status: http.StatusGone, code: fhir.CodeDeleted, text: "The resource was deleted."},
	{kind: engine.Conflict, status: http.StatusConflict, code: fhir.CodeConflict, text: "Somebody else was first; read again and repeat."},
	{kind: engine.PreconditionFailed, status: http.StatusPreconditionFailed, code: fhir.CodeConflict, text: "A condition does not hold."},
	{kind: engine.Forbidden, status: http.StatusForbidden, code: fhir.CodeForbidden, text: "You may not do this."},
	{kind: engine.NotAllowed, status: http.StatusMethodNotAllowed, code: fhir.CodeNotSupported, text: "Of this type nobody may do this."},
	{kind: engine.NotSupported, status: http.StatusBadRequest, code: fhir.CodeNotSupported, text: "This is not supported."},
	{kind: engine.TooCostly, status: http.StatusUnprocessableEntity, code: fhir.CodeTooCostly, text: "This is more than one write may ask for."},
	{kind: engine.Busy, status: http.StatusServiceUnavailable, code: fhir.CodeTimeout, retry: true, text: "This took too long and was undone. Send it again in a moment."},
	{err: store.ErrConflict, status: http.StatusConflict, code: fhir.CodeConflict, text: "Somebody else was first; read again and repeat."},
	{err: store.ErrFull, status: http.StatusInsufficientStorage, code: fhir.CodeNoStore,
		text: "The disk is full: nothing was stored. Reading still works, and writing will again when there is space."},
	{err: store.ErrTooCostly, status: http.StatusBadRequest, code: fhir.CodeTooCostly,
		text: "This would look at more resources than one request may, or take longer than one question may: ask for less, for smaller pages, or add a condition."},
	{err: store.ErrBusy, status: http.StatusServiceUnavailable, code: fhir.CodeThrottled, retry: true,
		text: "Too many writes are waiting; nothing was stored. Send it again in a moment."},
	{err: store.ErrFailed, status: http.StatusServiceUnavailable, code: fhir.CodeTransient, retry: true,
		text: "The store has failed and the program must start again; it is not known whether this was stored."},
	{err: errHeld, status: http.StatusServiceUnavailable, code: fhir.CodeThrottled, retry: true,
		text: "Answers that are not taken yet fill all the memory that they may, together or for this caller; nothing was done. Take them, ask again in a moment, or for less at once with _count."},
	{err: errCrowded, status: http.StatusServiceUnavailable, code: fhir.CodeThrottled, retry: true,
		text: "There is too much to do just now; nothing was done. Send it again in a moment."},
	{err: context.DeadlineExceeded, status: http.StatusServiceUnavailable, code: fhir.CodeTimeout, retry: true, text: "This took too long and was given up."},
	{err: context.Canceled, status: http.StatusServiceUnavailable, code: fhir.CodeTransient, retry: true, text: "The caller hung up."},
}

// failure is an answer that says no: what a verdict, or a check of this room, made of a request.
type failure struct {
	status int
	issues []fhir.Issue
	retry  bool
	patch  bool          // a patch came in a form that is not known: Accept-Patch says which are
	gone   store.Version // the deletion, where a deleted resource was asked for
	cause  error         // what stays in the log; nil where the issues say it all
}

// Error gives the status and the words of the issues.
func (f *failure) Error() string {
	words := make([]string, len(f.issues))
	for i, issue := range f.issues {
		words[i] = issue.Text
	}
	return fmt.Sprintf("%d: %s", f.status, strings.Join(words, " "))
}

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.cause }

// fail makes a failure of one issue.
func fail(status int, code fhir.Code, at, text string) *failure {
	return &failure{status: status, issues: []fhir.Issue{{Severity: fhir.Error, Code: code, Expression: at, Text: text}}}
}

// unread makes the failure of a body that the strict reader refused.
//
// Source: FHIR R4, http.html 3.1.0.8 (400: resource could not be parsed or failed basic FHIR validation rules)
func unread(issues []fhir.Issue) *failure {
	return &failure{status: http.StatusBadRequest, issues: issues}
}

// failed gives the answer for any error; requestID is what a caller may name to whoever reads the log.
func failed(err error, requestID string) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	var routed *echo.HTTPError
	if errors.As(err, &routed) {
		return unrouted(routed)
	}
	var refusal *engine.Refusal
	if errors.As(err, &refusal) {
		return refused(refusal)
	}
	for _, v := range verdicts {
		if v.err != nil && errors.Is(err, v.err) {
			f := fail(v.status, v.code, "", v.text)
			f.retry, f.cause = v.retry, err
			return f
		}
	}
	f = fail(http.StatusInternalServerError, fhir.CodeException, "", "Something went wrong here. The log has it under request id "+requestID+".")
	f.cause = err
	return f
}

func refused(r *engine.Refusal) *failure {
	for _, v := range verdicts {
		if v.kind != "" && v.kind == r.Kind {
			if len(r.Issues) == 0 {
				return fail(v.status, v.code, "", v.text)
			}
			return &failure{status: v.status, issues: r.Issues, retry: v.retry}
		}
	}
	f := fail(http.StatusInternalServerError, fhir.CodeException, "", "The request was refused for a reason that has no words yet.")
	f.cause = fmt.Errorf("refusal of unknown kind %q", r.Kind)
	return f
}

// unrouted gives words to what echo's router says when no route fits.
func unrouted(e *echo.HTTPError) *failure {
	switch e.Code {
	case http.StatusMethodNotAllowed:
		return fail(e.Code, fhir.CodeNotSupported, "", "This address does not take this method; the Allow header says which it takes.")
	case http.StatusNotFound:
		return fail(e.Code, fhir.CodeNotFound, "", nothingHere)
	}
	f := fail(e.Code, fhir.CodeProcessing, "", http.StatusText(e.Code)+".")
	f.cause = e
	return f
}

// in moves issues that do not say where they are, as those of a read, to the entry of a Bundle that asked.
func (f *failure) in(entry string) *failure {
	moved := *f
	moved.issues = make([]fhir.Issue, len(f.issues))
	for i, issue := range f.issues {
		if !strings.HasPrefix(issue.Expression, "Bundle.entry[") {
			issue.Expression = entry
		}
		moved.issues[i] = issue
	}
	return &moved
}
