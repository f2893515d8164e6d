package server

import (
	"context"
	"net/url"

	"warmhandoff/fhir"
)

// everything answers with a referral whole, or with all that there is about a person.
func (s *Server) everything(ctx context.Context, in *request) (*answer, error) {
	q, err := in.params()
	if err != nil {
		return nil, err
	}
	if in.body != nil {
		addParameters(q, in.body)
	}
	found, err := s.engine.Everything(ctx, in.who, in.typ, in.id, q)
	if err != nil {
		return nil, err
	}
	return searchset(s.set.Base, in.typ+"/"+in.id+"/$everything", found), nil
}

// addParameters adds the simple values of a Parameters resource to those of the address.
//
// Source: FHIR R4, operations.html 3.2.0.2 (a simple parameter may stand in the address or in the body)
func addParameters(q url.Values, body *fhir.Resource) {
	for p := range body.Get("parameter").All() {
		if _, value := p.Choice("value"); value.Exists() {
			q.Add(p.Get("name").Text(), value.Text())
		}
	}
}
