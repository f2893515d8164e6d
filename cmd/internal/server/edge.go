package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"

	"github.com/labstack/echo/v4"

	"warmhandoff/fhir"
)

const requestIDHeader = "X-Request-Id"

// edge is round everything else: it gives each request an id, holds sizes and the fence, catches panics, and writes one line in the log, of
// which nothing is a name, a query value or a body.
func (s *Server) edge(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := s.set.Now()
		id := s.requestID(c.Request())
		h := c.Response().Header()
		h[requestIDHeader] = []string{id}
		protect(h)
		if err := s.guarded(c, id, next); err != nil {
			c.Error(err)
		}
		attrs := []slog.Attr{
			slog.String("id", id), slog.String("method", method(c.Request())), slog.String("route", routeName(c)),
			slog.Int("status", c.Response().Status), slog.Duration("took", s.set.Now().Sub(started)),
		}
		if refusal, ok := c.Get(askedKey).([]slog.Attr); ok {
			attrs = append(attrs, refusal...)
		}
		s.log.LogAttrs(c.Request().Context(), slog.LevelInfo, "request", attrs...)
		return nil
	}
}

// What browsers are told with every answer: it is what its Content-Type says, nothing in it is run or framed, nothing of another origin may embed it,
// and where it was found is told nobody. Pages have words of their own for the second.
var (
	nosniff    = []string{"nosniff"}
	inert      = []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"}
	sameOrigin = []string{"same-origin"}
	noReferrer = []string{"no-referrer"}
)

// protect puts those words into the head of an answer.
//
// Source: Content Security Policy Level 3; Fetch standard, 3.7 (Cross-Origin-Resource-Policy); Referrer Policy, 3.1
func protect(h http.Header) {
	h["X-Content-Type-Options"] = nosniff
	h["Content-Security-Policy"] = inert
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Referrer-Policy"] = noReferrer
}

// guarded runs what comes next and turns a panic into an error.
func (s *Server) guarded(c echo.Context, id string, next echo.HandlerFunc) (err error) {
	defer func() {
		v := recover()
		switch {
		case v == nil:
		case v == http.ErrAbortHandler: //nolint:errorlint // net/http panics with this very value
			panic(v)
		default:
			err = s.panicked(c, id, v)
		}
	}()
	r := c.Request()
	if err := s.sized(r); err != nil {
		return err
	}
	if err := s.fence(c.Response().Header(), r); err != nil {
		return err
	}
	if asksBefore(r) {
		maySend(c.Response(), r)
		return nil
	}
	plainPath(r)
	if s.set.Pages != nil && !s.ours(r.URL.Path) {
		s.set.Pages.ServeHTTP(c.Response(), r)
		return nil
	}
	return next(c)
}

// panicked logs a panic by its kind and place: its value may hold what a caller sent.
func (s *Server) panicked(c echo.Context, id string, v any) error {
	what := fmt.Sprintf("%T", v)
	if e, ok := v.(runtime.Error); ok {
		what = e.Error()
	}
	s.log.LogAttrs(c.Request().Context(), slog.LevelError, "panic",
		slog.String("id", id), slog.String("route", routeName(c)), slog.String("what", what), slog.Any("at", places()))
	if c.Response().Committed {
		panic(http.ErrAbortHandler)
	}
	return fail(http.StatusInternalServerError, fhir.CodeException, "", "Something went wrong here. The log has it under request id "+id+".")
}

// places gives function and line of the frames below a panic, without arguments.
func places() []string {
	pcs := make([]uintptr, 24)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(5, pcs)])
	var at []string
	for {
		f, more := frames.Next()
		at = append(at, fmt.Sprintf("%s:%d", f.Function, f.Line))
		if !more {
			return at
		}
	}
}

// sized holds the URL and the header lines. The http.Server reads no more than the header limit and a little; what is between is refused here,
// with an OperationOutcome.
func (s *Server) sized(r *http.Request) error {
	if n := len(r.RequestURI); n > s.set.Limits.URL || len(r.URL.Path)+len(r.URL.RawQuery) > s.set.Limits.URL {
		return fail(http.StatusRequestURITooLong, fhir.CodeTooLong, "",
			fmt.Sprintf("The address is longer than %d bytes; a long search goes as a form to [base]/Type/_search.", s.set.Limits.URL))
	}
	size := 0
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v) + 4
		}
	}
	if size > s.set.Limits.Header {
		return fail(http.StatusRequestHeaderFieldsTooLarge, fhir.CodeTooLong, "", fmt.Sprintf("The headers are longer than %d bytes.", s.set.Limits.Header))
	}
	return nil
}

// plainPath lets the router see the decoded path, so that %24handoff is $handoff, unless decoding would make other segments of it.
func plainPath(r *http.Request) {
	if raw := r.URL.RawPath; raw != "" && strings.Count(raw, "/") == strings.Count(r.URL.Path, "/") {
		r.URL.RawPath = ""
	}
}

// ours reports whether the path is for the routes of this room.
func (s *Server) ours(path string) bool {
	rest, below := strings.CutPrefix(path, s.prefix)
	return below && (rest == "" || rest[0] == '/') || path == livePath || path == readyPath || path == "/"+catalogPath
}

// requestID takes the caller's id where it is one that is safe to repeat, and makes one otherwise.
//
// Source: FHIR R4, http.html 3.1.0.13 (X-Request-Id)
func (s *Server) requestID(r *http.Request) string {
	if id := r.Header.Get(requestIDHeader); fhir.IsID(id) {
		return id
	}
	return s.set.NewID()
}

func routeName(c echo.Context) string {
	if path := c.Path(); path != "" {
		return path
	}
	return "none"
}

// method gives the method as the log may hold it: a caller can put anything there.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// handleError is echo's one error handler: whatever went wrong, the answer is an OperationOutcome.
func (s *Server) handleError(err error, c echo.Context) {
	id := c.Response().Header().Get(requestIDHeader)
	f := failed(err, id)
	if errors.As(err, new(*echo.HTTPError)) {
		switch path := c.Request().URL.Path; {
		case f.status == http.StatusMethodNotAllowed && s.noSuchOperation(strings.TrimPrefix(path, s.prefix+"/")):
			c.Response().Header().Del("Allow")
			f = fail(http.StatusNotFound, fhir.CodeNotFound, "", s.noOperation())
		case f.status == http.StatusNotFound:
			f.issues[0].Text = s.lost(path)
		}
	}
	s.logFailure(c, id, f)
	s.noteRefusal(c, f)
	if c.Response().Committed {
		return
	}
	s.sendFailure(c, f)
}

func (s *Server) logFailure(c echo.Context, id string, f *failure) {
	if f.cause == nil || f.status < http.StatusInternalServerError || c.Request().Context().Err() != nil {
		return
	}
	s.log.LogAttrs(c.Request().Context(), slog.LevelError, "failure",
		slog.String("id", id), slog.String("route", routeName(c)), slog.Int("status", f.status), slog.String("error", f.cause.Error()))
}
