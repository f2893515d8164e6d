package server

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
)

// askedKey is where the request of a refusal is kept for the log.
const askedKey = "asked"

// refusalOf gives what the log holds of a refusal beside the request: its codes, of which type the resource was, and who asked. All of it is from lists of
// ours, but for the reference of whoever asked; no words, since those may repeat what was sent.
func (s *Server) refusalOf(in *request, f *failure) []slog.Attr {
	attrs := []slog.Attr{slog.String("code", codesOf(f))}
	if in == nil {
		return attrs
	}
	typ := in.typ
	if typ == "" && in.route != nil && (in.route.takes == bundleBody || in.route.takes == messageBody) {
		typ = "Bundle"
	}
	if fhir.IsResourceType(typ) {
		attrs = append(attrs, slog.String("type", typ))
	}
	return append(attrs, slog.String("caller", callerOf(in.who)))
}

// codesOf gives the codes of the issues, each once.
func codesOf(f *failure) string {
	var codes []string
	for _, i := range f.issues {
		if i.Severity != fhir.Warning && i.Severity != fhir.Information && !slices.Contains(codes, string(i.Code)) {
			codes = append(codes, string(i.Code))
		}
	}
	return strings.Join(codes, ",")
}

func callerOf(who engine.Principal) string {
	switch {
	case who.Party == "" && who.Role == "":
		return "unnamed"
	case who.Role == "":
		return who.Party
	}
	return strings.TrimPrefix(who.Party+" as "+string(who.Role), " ")
}

// noteRefusal keeps what the log's line of the request says of a failure.
func (s *Server) noteRefusal(c echo.Context, f *failure) {
	in, _ := c.Get(askedKey).(*request)
	attrs := s.refusalOf(in, f)
	if h := s.hop(c.Request()); h.client.IsValid() {
		attrs = append(attrs, slog.String("from", h.client.String()))
	}
	c.Set(askedKey, attrs)
}

// logEntry logs the failure of an entry of a Bundle, which does not become that of the request.
func (s *Server) logEntry(ctx context.Context, in *request, at string, f *failure) {
	if ctx.Err() != nil {
		return
	}
	level, words := slog.LevelInfo, "refusal"
	attrs := append([]slog.Attr{slog.String("id", in.asked), slog.String("entry", at), slog.Int("status", f.status)}, s.refusalOf(in, f)...)
	if f.status >= http.StatusInternalServerError {
		if f.cause == nil {
			return
		}
		level, words = slog.LevelError, "failure"
		attrs = append(attrs, slog.String("error", f.cause.Error()))
	}
	s.log.LogAttrs(ctx, level, words, attrs...)
}
