package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"warmhandoff/fhir"
)

// entry is one entry of a Bundle that was sent to be carried out: a request, or what is wrong with it.
type entry struct {
	in  *request // nil where err keeps it from being one
	err error
	of  *request // in, or as much of it as was read before err
}

// entryAt makes the request of one entry: n is its place in the Bundle as it was sent.
func (s *Server) entryAt(outer *request, n int, v fhir.Value) entry {
	in := &request{asked: outer.asked, who: outer.who, want: outer.want, strict: outer.strict, host: outer.host, hold: outer.hold, at: fmt.Sprintf("Bundle.entry[%d]", n)}
	if err := s.readEntry(in, v); err != nil {
		return entry{err: err, of: in}
	}
	return entry{in: in, of: in}
}

func (s *Server) readEntry(in *request, v fhir.Value) error {
	ask := v.Get("request")
	if !ask.Exists() {
		return fail(http.StatusBadRequest, fhir.CodeRequired, in.at+".request",
			"Each entry of a batch or transaction must have request.method and request.url.")
	}
	in.fullURL = v.Get("fullUrl").Text()
	in.ifMatch, in.ifNoneMatch, in.ifNoneExist = ask.Get("ifMatch").Text(), ask.Get("ifNoneMatch").Text(), ask.Get("ifNoneExist").Text()
	if since, ok := fhir.ParseDateTime(ask.Get("ifModifiedSince").Text()); ok {
		in.modifiedSince = since.Start(time.UTC)
	}
	if err := s.routeEntry(in, ask.Get("method").Text(), ask.Get("url").Text()); err != nil {
		return err
	}
	if err := s.named(in); err != nil {
		return err
	}
	switch in.route.takes {
	case resourceBody:
		return in.takeResource(v.Get("resource"))
	case patchBody:
		if in.body = v.Get("resource").Resource(); in.body == nil {
			return fail(http.StatusBadRequest, fhir.CodeRequired, in.at+".resource", "PATCH needs the patch in the entry: a Parameters resource, or a Binary.")
		}
		if typ := in.body.Type(); typ != "Parameters" && typ != "Binary" {
			return fail(http.StatusBadRequest, fhir.CodeInvalid, in.at+".resource.resourceType",
				"A patch in a Bundle is a Parameters resource (FHIRPath Patch), or a Binary with a JSON Patch; this is a "+typ+".")
		}
	}
	return nil
}

// routeEntry finds the route for an entry's method and address.
func (s *Server) routeEntry(in *request, method, address string) error {
	if len(address) > s.set.Limits.URL {
		return fail(http.StatusRequestURITooLong, fhir.CodeTooLong, in.at+".request.url", fmt.Sprintf("The address is longer than %d bytes; search for less at once.", s.set.Limits.URL))
	}
	path, query, err := s.below(address)
	if err != nil {
		return fail(http.StatusBadRequest, fhir.CodeValue, in.at+".request.url", err.Error())
	}
	if method == http.MethodPut { // HAPI clients name what they read, with its version
		path, _, _ = strings.Cut(path, "/_history/")
	}
	in.head = method == http.MethodHead
	rt, params, known := match(s.routes, method, path)
	switch {
	case rt != nil && rt.inBundle():
		in.route, in.query = rt, query
		in.typ, in.id, in.version, in.of = params["type"], params["id"], params["vid"], params["of"]
		if in.typ == "" {
			in.typ = rt.fixedType()
		}
		return nil
	case (rt != nil || known) && !s.noSuchOperation(path):
		return fail(http.StatusBadRequest, fhir.CodeNotSupported, in.at+".request.method",
			"An entry can GET, HEAD, POST (to a type), PUT, PATCH or DELETE; "+method+" on this address is not among it.")
	}
	return fail(http.StatusNotFound, fhir.CodeNotFound, in.at+".request.url", s.lost(s.prefix+"/"+path))
}

// inBundle reports whether an entry may ask for what the route does. What takes another body than a resource cannot be said in
// an entry, and what is no resource cannot be answered in one.
func (rt *route) inBundle() bool {
	return rt.kind != doDocument && (rt.takes == noBody || rt.takes == resourceBody || rt.takes == patchBody)
}

type wrongAddress string

func (w wrongAddress) Error() string { return string(w) }

// below takes an entry's address apart: the decoded path below our base, without a slash in front, and the query as sent. A bare "|" is let by.
func (s *Server) below(address string) (path, query string, err error) {
	path, query, _ = strings.Cut(address, "?")
	if rest, ok := strings.CutPrefix(path, s.set.Base); ok && (rest == "" || rest[0] == '/') {
		path = rest
	} else if strings.Contains(path, "://") || strings.HasPrefix(path, "urn:") {
		return "", "", wrongAddress("The address must be below this server's base: Task, Task/123 or Task?identifier=system|value.")
	}
	path, err = url.PathUnescape(strings.Trim(path, "/"))
	if err != nil {
		return "", "", wrongAddress("The address has an incomplete %-code.")
	}
	return path, query, nil
}

// takeResource takes the resource of an entry, which the strict reader has read with the Bundle.
func (in *request) takeResource(v fhir.Value) error {
	in.body = v.Resource()
	switch {
	case in.body == nil:
		return fail(http.StatusBadRequest, fhir.CodeRequired, in.at+".resource", "POST and PUT need the resource in the entry.")
	case in.body.Type() != in.typ:
		return fail(http.StatusBadRequest, fhir.CodeInvalid, in.at+".resource.resourceType",
			"The entry's address takes a "+typeOr(in.typ)+", and its resource is a "+in.body.Type()+".")
	}
	return nil
}

func typeOr(typ string) string {
	if fhir.IsResourceType(typ) {
		return typ
	}
	return "resource of another type"
}
