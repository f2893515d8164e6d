package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
)

// statement answers with the CapabilityStatement.
func (s *Server) statement(context.Context, *request) (*answer, error) {
	return &answer{status: http.StatusOK, bare: true, body: s.metadata()}, nil
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
	return &answer{status: http.StatusOK, version: v, body: v.Body}, nil
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
	return &answer{status: http.StatusOK, version: v, body: v.Body}, nil
}

// handoff answers with where a referral stands.
func (s *Server) handoff(ctx context.Context, in *request) (*answer, error) {
	doc, err := s.engine.HandoffParameters(ctx, in.who, in.typ, in.id)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, body: doc}, nil
}

// parcel answers with what may go to the agency of a Task.
func (s *Server) parcel(ctx context.Context, in *request) (*answer, error) {
	doc, err := s.engine.Package(ctx, in.who, in.id)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, body: doc}, nil
}

// waiting answers with what waits for its ServiceRequest.
func (s *Server) waiting(ctx context.Context, in *request) (*answer, error) {
	doc, err := s.engine.WaitingParameters(ctx, in.who)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, body: doc}, nil
}

// search answers with a searchset.
//
// Source: FHIR R4, http.html 3.1.0.9 (search)
func (s *Server) search(ctx context.Context, in *request) (*answer, error) {
	q, err := in.params()
	if err != nil {
		return nil, err
	}
	found, err := s.engine.Search(ctx, in.who, in.typ, q, in.strict)
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, bare: true, body: searchset(s.set.Base, in.typ, found)}, nil
}
