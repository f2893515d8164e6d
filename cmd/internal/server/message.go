package server

import (
	"context"
	"net/http"
	"net/url"

	"warmhandoff/fhir"
)

// message carries out a message. One that was carried out is answered with 200; of one that was not, the status says so too, and the answer is in
// the body as the sender of a message expects it. What is no message gets an OperationOutcome.
//
// Source: FHIR R4, messageheader-operation-process-message.html (200: fully processed; 300 and above: not successfully processed)
func (s *Server) message(ctx context.Context, in *request) (*answer, error) {
	q, err := url.ParseQuery(in.query)
	if err != nil {
		return nil, in.badQuery("url")
	}
	if q.Get("async") == "true" || q.Has("response-url") {
		return nil, fail(http.StatusBadRequest, fhir.CodeNotSupported, "", "Messages are answered at once: leave async and response-url out.")
	}
	if err := s.refuseLong(in.body); err != nil {
		return nil, err
	}
	var reply []byte
	_, err = atWriter(ctx, s, func(ctx context.Context) (_ struct{}, err error) {
		reply, err = s.engine.Message(ctx, in.who, in.body)
		return struct{}{}, err
	})
	switch {
	case err == nil:
		return &answer{status: http.StatusOK, bare: true, text: text{body: reply}}, nil
	case reply == nil:
		return nil, err
	}
	f := failed(err, in.asked)
	s.logEntry(ctx, in, "", f)
	return &answer{status: f.status, bare: true, text: text{body: reply}, retry: f.retry}, nil
}
