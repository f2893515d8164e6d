package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/turn"
	"warmhandoff/fhir"
)

// interaction is what a route does, by FHIR's name for it.
//
// Source: FHIR R4, valueset-type-restful-interaction.html, valueset-system-restful-interaction.html
type interaction string

const (
	doStatement   interaction = "capabilities"
	doTransaction interaction = "transaction" // and batch
	doSearch      interaction = "search-type"
	doSearchAll   interaction = "search-system"
	doCreate      interaction = "create"
	doRead        interaction = "read"
	doVRead       interaction = "vread"
	doUpdate      interaction = "update"
	doDelete      interaction = "delete"
	doPatch       interaction = "patch"
	doHistory     interaction = "history-instance"
	doHistoryType interaction = "history-type"
	doHistoryAll  interaction = "history-system"
	doOperation   interaction = "operation"
	doDocument    interaction = "document" // about the server itself, not FHIR
)

// payload is what a route takes as body.
type payload int

const (
	noBody payload = iota
	resourceBody
	bundleBody
	formBody
	parametersBody // or none
	messageBody    // a Bundle of type message
	patchBody      // JSON Patch, or Parameters with a FHIRPath Patch
	looseBody      // a resource, however wrong, or none; whoever does the route reads it
)

// route is one row of the table: a method and an address below the base, and what is done there. A write has change instead of do: what the
// engine is to do, so that it can stand beside others in one transaction.
type route struct {
	method string
	path   string // segments; those that begin with ":" are parameters
	kind   interaction
	takes  payload
	doc    string

	do     func(*Server, context.Context, *request) (*answer, error)
	change func(*Server, context.Context, *request) (engine.Change, error)
}

// table gives the routes; nothing is served under the base that has no row here. Rows with more fixed segments come first. HEAD goes where
// GET goes.
//
// Source: FHIR R4, http.html 3.1.0 (RESTful API)
func table() []*route {
	return []*route{
		{method: http.MethodGet, path: "metadata", kind: doStatement, do: (*Server).statement,
			doc: "What this server does, made from the table that it runs on."},
		{method: http.MethodGet, path: "openapi.json", kind: doDocument, do: (*Server).openAPI,
			doc: "All routes as an OpenAPI 3.1 document, made from the table that they run on."},
		{method: http.MethodGet, path: catalogPath, kind: doDocument, do: (*Server).catalog,
			doc: "Where metadata and the OpenAPI document are. It is at the root of the host, too."},
		{method: http.MethodGet, path: ".well-known/smart-configuration", kind: doDocument, do: (*Server).smart,
			doc: "Always 404: this build gives out no tokens, and says so instead of pointing to an endpoint that is not there."},
		{method: http.MethodPost, path: "", kind: doTransaction, takes: bundleBody, do: (*Server).bundle,
			doc: "A Bundle of type transaction (all or nothing) or batch (each entry alone). Entries are checked exactly as requests of their own. " +
				"In a transaction GET entries see what the others wrote."},
		{method: http.MethodPost, path: "$process-message", kind: doOperation, takes: messageBody, do: (*Server).message, doc: messageDoc},
		{method: http.MethodGet, path: "Task/:id/$handoff", kind: doOperation, do: (*Server).handoff, doc: handoffDoc},
		{method: http.MethodPost, path: "Task/:id/$handoff", kind: doOperation, takes: parametersBody, do: (*Server).handoff, doc: handoffDoc},
		{method: http.MethodGet, path: "Task/:id/$package", kind: doOperation, do: (*Server).parcel, doc: packageDoc},
		{method: http.MethodGet, path: "ServiceRequest/:id/$handoff", kind: doOperation, do: (*Server).handoff, doc: handoffDoc},
		{method: http.MethodPost, path: "ServiceRequest/:id/$handoff", kind: doOperation, takes: parametersBody, do: (*Server).handoff, doc: handoffDoc},
		{method: http.MethodGet, path: "ServiceRequest/:id/$everything", kind: doOperation, do: (*Server).everything, doc: everythingDoc},
		{method: http.MethodPost, path: "ServiceRequest/:id/$everything", kind: doOperation, takes: parametersBody, do: (*Server).everything, doc: everythingDoc},
		{method: http.MethodGet, path: "Patient/:id/$everything", kind: doOperation, do: (*Server).everything, doc: recordDoc},
		{method: http.MethodPost, path: "Patient/:id/$everything", kind: doOperation, takes: parametersBody, do: (*Server).everything, doc: recordDoc},
		{method: http.MethodGet, path: "ServiceRequest/$waiting", kind: doOperation, do: (*Server).waiting,
			doc: "What came before its ServiceRequest and waits for it: a Parameters resource."},
		{method: http.MethodGet, path: "", kind: doSearchAll, do: (*Server).search,
			doc: "Several types at once, or with _type those that it names; only the parameters that every type has."},
		{method: http.MethodPost, path: "_search", kind: doSearchAll, takes: formBody, do: (*Server).search,
			doc: "The same, with the parameters in a form."},
		{method: http.MethodGet, path: "_history", kind: doHistoryAll, do: (*Server).history,
			doc: "All versions of everything, deletions included, newest first; _count and _since, and a next link."},
		{method: http.MethodPost, path: ":type/$validate", kind: doOperation, takes: looseBody, do: (*Server).validate, doc: validateDoc},
		{method: http.MethodGet, path: ":type/:id/$validate", kind: doOperation, do: (*Server).validate, doc: validateDoc},
		{method: http.MethodPost, path: ":type/:id/$validate", kind: doOperation, takes: looseBody, do: (*Server).validate, doc: validateDoc},
		{method: http.MethodPost, path: ":type/_search", kind: doSearch, takes: formBody, do: (*Server).search,
			doc: "The same, with the parameters in a form."},
		{method: http.MethodGet, path: ":type/_history", kind: doHistoryType, do: (*Server).history,
			doc: "All versions of all resources of the type; the same."},
		{method: http.MethodGet, path: ":type", kind: doSearch, do: (*Server).search,
			doc: "Unknown parameters are left out with a warning, or refused under Prefer: handling=strict."},
		{method: http.MethodPost, path: ":type", kind: doCreate, takes: resourceBody, do: (*Server).write, change: (*Server).create,
			doc: "Ids and versions that come with the body are not taken over. If-None-Exist makes it conditional, and so does a search in the address."},
		{method: http.MethodPut, path: ":type", kind: doUpdate, takes: resourceBody, do: (*Server).write, change: (*Server).update,
			doc: "Conditional: none creates, one updates, more is 412."},
		{method: http.MethodDelete, path: ":type", kind: doDelete, do: (*Server).write, change: (*Server).remove,
			doc: "Conditional: none is fine, one is deleted, more is 412."},
		{method: http.MethodPatch, path: ":type", kind: doPatch, takes: patchBody, do: (*Server).patched, change: (*Server).patch,
			doc: "Conditional: one is patched, none is 404, more is 412."},
		{method: http.MethodGet, path: ":type/:id/_history/:vid", kind: doVRead, do: (*Server).vread,
			doc: "Every version stays readable."},
		{method: http.MethodGet, path: ":type/:id/_history", kind: doHistory, do: (*Server).history,
			doc: "Newest first; _count and _since. Each entry says by which method it was written."},
		{method: http.MethodGet, path: ":type/:id/:of", kind: doSearch, do: (*Server).search,
			doc: "A search in the compartment of a Patient: Patient/[id]/Task, and Patient/[id]/* for all types."},
		{method: http.MethodPost, path: ":type/:id/:of/_search", kind: doSearch, takes: formBody, do: (*Server).search,
			doc: "The same, with the parameters in a form."},
		{method: http.MethodGet, path: ":type/:id", kind: doRead, do: (*Server).read,
			doc: "If-None-Match and If-Modified-Since give 304. Deleted is 410."},
		{method: http.MethodPut, path: ":type/:id", kind: doUpdate, takes: resourceBody, do: (*Server).write, change: (*Server).update,
			doc: "A new id creates. If-Match is heeded where it is sent; If-None-Match: * only creates. The same again changes nothing."},
		{method: http.MethodPatch, path: ":type/:id", kind: doPatch, takes: patchBody, do: (*Server).patched, change: (*Server).patch,
			doc: "JSON Patch, or FHIRPath Patch as a Parameters resource. The result is checked like an update. If-Match is heeded where it is sent."},
		{method: http.MethodDelete, path: ":type/:id", kind: doDelete, do: (*Server).write, change: (*Server).remove,
			doc: "The versions before stay; deleting again is fine."},
	}
}

const handoffDoc = "Did the person get to the first visit, how do we know, and who has to do what by when: a Parameters resource."

const everythingDoc = "A referral whole, as a searchset: the ServiceRequest, and the Tasks, visits, consents, documents and people that belong to it, " +
	"as far as whoever asks may have them. _count, _since, _type."

const recordDoc = "What there is about a person, as a searchset: the Patient, all that is in their compartment, and the organizations, practitioners and places that it names. " +
	"_count, _since, _type, start, end. For a navigator or a supervisor."

const messageDoc = "A message Bundle about a referral (BSeR, NHS BaRS, CA:eReC), carried out whole or not at all, and answered by a message Bundle. " +
	"Only at once: async and response-url are refused."

const packageDoc = "What may go to the agency under the consent that is in force: a Bundle for the agency; for a navigator or a supervisor a Parameters " +
	"resource with the Bundle and what was left out of it."

// catalogPath is where a program looks that knows nothing but the host.
//
// Source: RFC 9727
const catalogPath = ".well-known/api-catalog"

// changes reports whether the route alters or deletes what is there, as what is append-only never is.
func (rt *route) changes() bool {
	return rt.kind == doUpdate || rt.kind == doPatch || rt.kind == doDelete
}

// open reports whether anybody may ask, whoever they are.
func (rt *route) open() bool { return rt.kind == doStatement || rt.kind == doDocument }

// mount makes echo's routes of the table.
func (s *Server) mount() *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = s.handleError
	e.Pre(s.edge)
	for _, rt := range s.routes {
		h := func(c echo.Context) error { return s.serve(c, rt) }
		at := strings.TrimSuffix(s.prefix+"/"+rt.path, "/")
		e.Add(rt.method, at, h)
		if rt.path == "" {
			e.Add(rt.method, at+"/", h)
		}
		if rt.path == catalogPath && s.prefix != "" {
			e.GET("/"+catalogPath, h)
			e.HEAD("/"+catalogPath, h)
		}
		if rt.method == http.MethodGet {
			e.Add(http.MethodHead, at, h)
		}
	}
	for path, h := range map[string]echo.HandlerFunc{livePath: s.live, readyPath: s.ready} {
		e.GET(path, h)
		e.HEAD(path, h)
	}
	return e
}

// serve answers one request by its route.
func (s *Server) serve(c echo.Context, rt *route) error {
	r := c.Request()
	in := &request{route: rt, asked: c.Response().Header().Get(requestIDHeader), typ: c.Param("type"), id: c.Param("id"), version: c.Param("vid"), of: c.Param("of"),
		query: r.URL.RawQuery, host: r.Host}
	if in.typ == "" {
		in.typ = rt.fixedType()
	}
	if err := s.doRoute(c, in); err != nil {
		c.Set(askedKey, in)
		return err
	}
	return nil
}

func (s *Server) doRoute(c echo.Context, in *request) error {
	for _, value := range c.ParamValues() { // echo lets the last one run on, and lets one be empty
		if value == "" || strings.Contains(value, "/") {
			return echo.ErrNotFound
		}
	}
	r := c.Request()
	if err := s.opened(in, r.Header, r.ContentLength == 0); err != nil {
		return err
	}
	in.form = formOf(r)
	in.hold = s.newHold(in, r)
	defer in.hold.done()
	a, err := s.answered(c, in)
	if err != nil {
		return err
	}
	return s.send(c, a, in.hold)
}

// answered reads the body and gives the answer; what it took of gate and of the memory for bodies is given back before the answer goes out, since a caller
// may be slow to take it. An answer for which there is no memory waits for its turn, once.
func (s *Server) answered(c echo.Context, in *request) (*answer, error) {
	r := c.Request()
	if in.route.takes != noBody {
		b, err := s.readBody(c.Response(), r, in.hold)
		if err != nil {
			return nil, err
		}
		defer b.done()
		in.raw = b.data
	}
	a, err := s.worked(r.Context(), in)
	if errors.Is(err, errHeld) {
		if err := s.patiently(r.Context(), errHeld, in.hold.wait); err != nil {
			return nil, err
		}
		return s.worked(r.Context(), in)
	}
	return a, err
}

// opened does what can be done with a request before its body is read. Where the body may be left out, and was, the Content-Type says nothing: aiohttp
// (under fhirpy) sends application/octet-stream with every POST that has none.
func (s *Server) opened(in *request, h http.Header, empty bool) (err error) {
	if !in.route.open() {
		if in.who, err = s.principal(h); err != nil {
			return err
		}
	}
	if err := s.named(in); err != nil {
		return err
	}
	in.headers(h)
	switch takes := in.route.takes; {
	case takes == noBody, empty && (takes == formBody || takes == parametersBody || takes == looseBody):
		return nil
	case takes == formBody:
		return sentForm(h)
	case takes == patchBody:
		return in.sentPatch(h)
	}
	return in.sentResource(h)
}

// admitted reads the body and carries the request out, once there is room for it.
func (s *Server) admitted(ctx context.Context, in *request) (*answer, error) {
	ctx = s.counted(ctx, in)
	ctx, place, err := s.enter(ctx, in.hold.who())
	if err != nil {
		return nil, err
	}
	defer place.leave()
	if len(in.raw) > free {
		if err := turn.Long(ctx); err != nil {
			return nil, err
		}
	}
	if err := in.readBody(); err != nil {
		return nil, err
	}
	a, err := in.route.do(s, in.held(ctx), in)
	if err != nil {
		return nil, err
	}
	if a.media == "" {
		a.render(in.form)
	}
	if !a.shared || a.packed {
		in.hold.settle(a.size())
	}
	return a, nil
}

// readBody reads the resource that the body must be. A Bundle to be carried out is read where its entries are.
func (in *request) readBody() error {
	if in.route.takes == looseBody {
		return nil
	}
	if isXML(in.media) && len(in.raw) > 0 {
		data, issues := fhir.FromXML(in.raw)
		if data == nil {
			return unread(issues)
		}
		in.raw, in.media = data, mediaFHIR
	}
	if in.route.takes == patchBody {
		return in.readPatch()
	}
	if in.route.takes != resourceBody && in.route.takes != messageBody && (in.route.takes != parametersBody || len(in.raw) == 0) {
		return nil
	}
	body, issues := fhir.Read(in.raw)
	if body == nil {
		return unread(issues)
	}
	in.body = body
	want := in.typ
	switch in.route.takes {
	case parametersBody:
		want = "Parameters"
	case messageBody:
		want = "Bundle"
	}
	if body.Type() != want {
		return fail(http.StatusBadRequest, fhir.CodeInvalid, body.Type()+".resourceType", "The address takes a "+want+", and the body is a "+body.Type()+".")
	}
	return nil
}

// fixedType gives the type of a route that stands for one type only.
func (rt *route) fixedType() string {
	if first, _, more := strings.Cut(rt.path, "/"); more && fhir.IsResourceType(first) {
		return first
	}
	return ""
}

// ofSystem reports whether a route's operation is asked of the whole server.
func (rt *route) ofSystem() bool { return strings.HasPrefix(rt.path, "$") }

// operation gives the name of a route's operation, "" for one that is none.
func (rt *route) operation() string {
	_, name, _ := strings.Cut(rt.path, "$")
	return name
}

// match finds the route for a method and a path below the base, as an entry of a Bundle names them, and the parameters of the path. When only
// the method does not fit, known is true.
func match(routes []*route, method, path string) (rt *route, params map[string]string, known bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, rt := range routes {
		params, fits := rt.params(path)
		if fits && rt.method == method {
			return rt, params, true
		}
		known = known || fits
	}
	return nil, nil, known
}

// params gives the parameters of a path that fits the route.
func (rt *route) params(path string) (map[string]string, bool) {
	want, have := strings.Split(rt.path, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range want {
		switch name, isParam := strings.CutPrefix(segment, ":"); {
		case isParam && have[i] != "":
			params[name] = have[i]
		case have[i] != segment || isParam:
			return nil, false
		}
	}
	return params, true
}
