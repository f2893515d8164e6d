package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
)

// statement answers with the CapabilityStatement, or with the part of it that is asked for.
func (s *Server) statement(_ context.Context, in *request) (*answer, error) {
	a, err := in.whole(store.Version{Key: store.Key{Type: "CapabilityStatement"}, Body: s.metadata()})
	if err == nil {
		a.bare, a.shared = true, true
	}
	return a, err
}

// read answers with the newest version.
//
// Source: FHIR R4, http.html 3.1.0.2 (read), 3.1.0.5 (conditional read)
func (s *Server) read(ctx context.Context, in *request) (*answer, error) {
	v, err := s.engine.Read(ctx, in.who, in.typ, in.id)
	if err != nil {
		return nil, withDeletion(err, v)
	}
	if in.ifNoneMatch != "" && holds(in.ifNoneMatch, v.Number) || in.ifNoneMatch == "" && unchangedSince(in.modifiedSince, v) {
		return &answer{status: http.StatusNotModified, version: v}, nil
	}
	return in.whole(v)
}

// unchangedSince compares in whole seconds: HTTP dates have no more.
func unchangedSince(t time.Time, v store.Version) bool {
	return !t.IsZero() && !v.Updated.Truncate(time.Second).After(t)
}

// withDeletion keeps the version that says when a resource was deleted beside the refusal.
func withDeletion(err error, v store.Version) error {
	var r *engine.Refusal
	if errors.As(err, &r) && r.Kind == engine.Gone {
		f := refused(r)
		f.gone = v
		return f
	}
	return err
}

// vread answers with one version.
//
// Source: FHIR R4, http.html 3.1.0.3 (vread)
func (s *Server) vread(ctx context.Context, in *request) (*answer, error) {
	v, err := s.engine.VRead(ctx, in.who, in.typ, in.id, in.version)
	if err != nil {
		return nil, withDeletion(err, v)
	}
	return in.whole(v)
}

// whole answers with a version, or with the part of it that _summary or _elements asks for.
func (in *request) whole(v store.Version) (*answer, error) {
	a := &answer{status: http.StatusOK, version: v, text: text{body: v.Body}}
	if !strings.Contains(in.query, "_summary=") && !strings.Contains(in.query, "_elements=") {
		return a, nil
	}
	q, err := in.params()
	if err != nil {
		return nil, err
	}
	kind := q.Get("_summary")
	if !slices.Contains([]string{"", "true", "text", "data", "false"}, kind) {
		return nil, fail(http.StatusBadRequest, fhir.CodeInvalid, in.place("request.url"), "_summary of one resource must be true, text, data or false.")
	}
	var elements []string
	if names := q.Get("_elements"); names != "" {
		elements = strings.Split(names, ",")
	}
	a.body = shownAs(v, kind, elements)
	return a, nil
}

// shownAs gives the part of a version that is to be shown: all of it where nothing else was asked for.
func shownAs(v store.Version, summary string, elements []string) []byte {
	if len(v.Body) == 0 || elements == nil && (summary == "" || summary == "false") {
		return v.Body
	}
	r, err := fhir.ReadStored(v.Body)
	switch {
	case err != nil:
		return v.Body
	case elements != nil:
		for i, name := range elements {
			elements[i] = strings.TrimPrefix(strings.TrimSpace(name), v.Type+".")
		}
		return r.Elements(elements...)
	}
	return r.Summary(summary)
}

// handoff answers with where a referral stands.
func (s *Server) handoff(ctx context.Context, in *request) (*answer, error) {
	doc, err := s.engine.HandoffParameters(ctx, in.who, in.typ, in.id)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, text: text{body: doc}}, nil
}

// parcel answers with what may go to the agency of a Task.
func (s *Server) parcel(ctx context.Context, in *request) (*answer, error) {
	doc, err := s.engine.Package(ctx, in.who, in.id)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, text: text{body: doc}}, nil
}

// waiting answers with what waits for its ServiceRequest.
func (s *Server) waiting(ctx context.Context, in *request) (*answer, error) {
	doc, err := s.engine.WaitingParameters(ctx, in.who)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, text: text{body: doc}}, nil
}

// search answers with a searchset.
//
// Source: FHIR R4, http.html 3.1.0.9 (search)
func (s *Server) search(ctx context.Context, in *request) (*answer, error) {
	q, err := in.params()
	if err != nil {
		return nil, err
	}
	var found engine.SearchResult
	path := in.typ
	if in.of == "" {
		found, err = s.engine.Search(ctx, in.who, in.typ, q, in.strict)
	} else {
		path += "/" + in.id + "/" + in.of
		found, err = s.engine.SearchWithin(ctx, in.who, store.Key{Type: in.typ, ID: in.id}, strings.TrimPrefix(in.of, "*"), q, in.strict)
	}
	if err != nil {
		return nil, err
	}
	return searchset(s.set.Base, path, found), nil
}
