package server

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
)

// request is one thing asked for, by an HTTP request of its own or by an entry of a Bundle. Everything behind the routes works on it and
// cannot tell the two apart, except by at.
type request struct {
	route *route
	asked string // id of the HTTP request, for the log
	who   engine.Principal

	typ, id, version string // from the path; "" where the route has none
	of               string // the type that is searched in a compartment; "*" for all

	query string         // of the address, as sent
	host  string         // that the caller asked: "localhost:8080"
	media string         // what the body says it is, without parameters; "" where it does not say
	raw   []byte         // body, where the route takes one; as JSON once it was read
	body  *fhir.Resource // the body, read

	ifMatch, ifNoneMatch, ifNoneExist string
	modifiedSince                     time.Time // zero: not said
	want                              preference
	strict                            bool
	head                              bool // an entry that asks for everything but the body
	hold                              *hold
	form                              form // of the body of the answer

	fullURL string // Bundle.entry.fullUrl
	at      string // "Bundle.entry[3]"; "" for a request of its own
}

// place says where in what was sent an issue is: in an entry, element of it ("request.ifMatch", "resource"); in a request of its own the
// resource, or nothing where a header or the address is meant.
func (in *request) place(element string) string {
	switch {
	case in.at != "":
		return in.at + "." + element
	case element == "resource" && in.body != nil:
		return in.body.Type()
	}
	return ""
}

// headers takes what an HTTP request says in its headers.
func (in *request) headers(h http.Header) {
	in.ifMatch = h.Get("If-Match")
	in.ifNoneMatch = h.Get("If-None-Match")
	in.ifNoneExist = h.Get("If-None-Exist")
	in.given(h)
	in.want, in.strict = prefers(h)
	if since := h.Get("If-Modified-Since"); since != "" {
		if t, err := http.ParseTime(since); err == nil {
			in.modifiedSince = t
		}
	}
}

// given makes of a condition that was sent empty one that is refused: it asks for something, and nobody can tell what.
//
// Source: local, an empty condition is refused
func (in *request) given(h http.Header) {
	for name, condition := range map[string]*string{"If-None-Exist": &in.ifNoneExist, "If-Match": &in.ifMatch, "If-None-Match": &in.ifNoneMatch} {
		if _, sent := h[name]; sent && strings.TrimSpace(*condition) == "" {
			*condition = "?"
		}
	}
}

// params gives what a search or a history asks for: the address's query, and the form of a _search. What is about the transport is left out.
func (in *request) params() (url.Values, error) {
	q, err := url.ParseQuery(in.query)
	if err == nil && in.route.takes == formBody && len(in.raw) > 0 {
		q, err = merged(q, string(in.raw))
	}
	if err != nil {
		return nil, in.badQuery("url")
	}
	delete(q, "_format")
	delete(q, "_pretty")
	return q, nil
}

func merged(q url.Values, form string) (url.Values, error) {
	more, err := url.ParseQuery(form)
	for name, values := range more {
		q[name] = append(q[name], values...)
	}
	return q, err
}

func (in *request) badQuery(element string) *failure {
	return fail(http.StatusBadRequest, fhir.CodeInvalid, in.place("request."+element),
		"The query cannot be read: write % as %25 and ; as %3B, and complete each %-code.")
}

// condition checks the query of a conditional interaction and gives it without what is about the transport. Real clients write the type in front of it, or
// the whole address; both must be of what is asked. Whether its parameters are known is for the engine to say.
//
// Source: FHIR R4, http.html, conditional create (the search parameters, as they would follow the ?); HAPI's and older Firely clients (the whole address)
func (s *Server) condition(in *request, query, element string) (string, error) {
	sent := query
	query = strings.TrimSpace(query)
	if address, rest, asked := strings.Cut(query, "?"); asked && !strings.Contains(address, "=") {
		path, _, err := s.below(in.here(s, address))
		if err != nil || path != "" && path != in.typ {
			return "", fail(http.StatusBadRequest, fhir.CodeValue, in.place("request."+element),
				"The condition names another server or another type: it must be the search alone, such as identifier=system|value, or begin with "+in.typ+"?.")
		}
		query = rest
	}
	if _, err := url.ParseQuery(query); err != nil {
		return "", in.badQuery(element)
	}
	if sent != "" && strings.Trim(query, "&") == "" {
		return "", fail(http.StatusBadRequest, fhir.CodeRequired, in.place("request."+element), "The condition is empty: write a search, such as identifier=system|value, or leave it out.")
	}
	if !strings.Contains(query, "_format=") && !strings.Contains(query, "_pretty=") {
		return query, nil
	}
	var kept []string
	for part := range strings.SplitSeq(query, "&") {
		if !strings.HasPrefix(part, "_format=") && !strings.HasPrefix(part, "_pretty=") {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "&"), nil
}

// here gives an address that names the host which the request came to as one below our base: a client knows us by the name that it calls.
func (in *request) here(s *Server, address string) string {
	for _, scheme := range []string{"http://", "https://"} {
		if rest, ok := strings.CutPrefix(address, scheme+in.host+s.prefix+"/"); ok && in.host != "" {
			return rest
		}
	}
	return address
}

// named checks type and id of the address.
func (s *Server) named(in *request) error {
	if in.typ == "" {
		return nil
	}
	if strings.HasPrefix(in.typ, "$") {
		return fail(http.StatusNotFound, fhir.CodeNotFound, in.place("request.url"), s.noOperation())
	}
	if !s.types[in.typ] {
		return fail(http.StatusNotFound, fhir.CodeNotSupported, in.place("request.url"), s.noSuchType(in.typ))
	}
	if strings.HasPrefix(in.of, "$") || strings.HasPrefix(in.id, "$") {
		return fail(http.StatusNotFound, fhir.CodeNotFound, in.place("request.url"), s.noOperation())
	}
	if in.of != "" && in.of != "*" && !s.types[in.of] {
		return fail(http.StatusNotFound, fhir.CodeNotFound, in.place("request.url"),
			"There is no such operation or compartment: [base]/metadata lists the operations, and Patient/[id]/Task searches what is about a person.")
	}
	if in.id == "" || fhir.IsID(in.id) {
		return nil
	}
	switch {
	case in.route.method == http.MethodGet && in.id == spelled:
		return fail(http.StatusNotFound, fhir.CodeNotFound, in.place("request.url"), spelledOut)
	case in.route.method == http.MethodGet:
		return fail(http.StatusNotFound, fhir.CodeNotFound, in.place("request.url"),
			"There is no such resource or operation: an id has 1 to 64 letters, digits, dots and hyphens, and [base]/metadata lists the operations.")
	}
	return fail(http.StatusBadRequest, fhir.CodeValue, in.place("request.url"), "An id has 1 to 64 letters, digits, dots and hyphens.")
}
