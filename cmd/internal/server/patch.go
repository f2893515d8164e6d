package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/cmd/internal/store"
	"warmhandoff/fhir"
	"warmhandoff/fhir/patch"
)

// patchTries is how often a patch is made again because somebody wrote the resource meanwhile.
const patchTries = 5

// patched carries out a patch on its own. A patch says what to change, not what the rest is, so one that comes in between is no obstacle: it is
// applied again to what is there then, unless the caller named the version that it is for.
//
// Source: FHIR R4, http.html 3.1.0.6 (patch)
func (s *Server) patched(ctx context.Context, in *request) (*answer, error) {
	for try := 1; ; try++ {
		a, err := s.write(ctx, in)
		var no *engine.Refusal
		if in.ifMatch == "" && try < patchTries && errors.As(err, &no) && (no.Kind == engine.PreconditionFailed || no.Kind == engine.Conflict) {
			continue
		}
		return a, err
	}
}

// patch gives the change that a PATCH asks for: an update of the version that it was applied to.
func (s *Server) patch(ctx context.Context, in *request) (engine.Change, error) {
	change := engine.Change{Method: engine.Update, Type: in.typ, FullURL: in.fullURL, Path: in.at, Patched: true}
	if engine.AppendOnly(in.typ) {
		return change, engine.Unchangeable(in.typ, in.place("request.method"))
	}
	if err := in.patching(ctx, 0); err != nil {
		return change, err
	}
	was, err := s.patchee(ctx, in)
	if err != nil {
		return change, err
	}
	if err := in.patching(ctx, len(was.Body)); err != nil {
		return change, err
	}
	if change.IfMatch, err = ifMatch(in.ifMatch, in.place("request.ifMatch")); err != nil {
		return change, err
	}
	if change.IfMatch == "" {
		change.IfMatch = strconv.Itoa(was.Number)
	}
	change.ID = was.ID
	body, issues := s.applyPatch(in, was.Body)
	if body == nil {
		return change, &failure{status: http.StatusUnprocessableEntity, issues: in.placed(issues)}
	}
	r, issues := fhir.Read(body)
	if r == nil {
		return change, &failure{status: http.StatusUnprocessableEntity, issues: in.placed(issues)}
	}
	change.Resource = r
	return change, nil
}

// placed puts the entry of a Bundle in front of where issues are.
func (in *request) placed(issues []fhir.Issue) []fhir.Issue {
	if in.at == "" {
		return issues
	}
	out := make([]fhir.Issue, len(issues))
	for i, one := range issues {
		out[i] = one
		out[i].Expression = in.at
	}
	return out
}

// patchee gives the version that a patch is applied to: of one id, or of the one resource that a search finds.
//
// Source: FHIR R4, http.html 3.1.0.6.1 (conditional patch)
func (s *Server) patchee(ctx context.Context, in *request) (store.Version, error) {
	if in.id != "" {
		if err := in.single(); err != nil {
			return store.Version{}, err
		}
		return s.engine.Read(ctx, in.who, in.typ, in.id)
	}
	query, err := s.selection(in)
	if err != nil {
		return store.Version{}, err
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return store.Version{}, in.badQuery("url")
	}
	found, err := s.engine.Search(ctx, in.who, in.typ, values, true)
	switch {
	case err != nil:
		return store.Version{}, err
	case len(found.Versions) == 0:
		return store.Version{}, fail(http.StatusNotFound, fhir.CodeNotFound, in.place("request.url"), "The search finds no "+in.typ+" to patch.")
	case len(found.Versions) > 1 || found.Next != nil:
		return store.Version{}, fail(http.StatusPreconditionFailed, fhir.CodeMultipleMatches, in.place("request.url"), "The search finds more than one "+in.typ+"; a patch is for one.")
	}
	return found.Versions[0], nil
}

// applyPatch applies what the body holds: a JSON Patch, or a Parameters resource with a FHIRPath Patch. In a Bundle a JSON Patch comes in a Binary.
func (s *Server) applyPatch(in *request, resource []byte) ([]byte, []fhir.Issue) {
	most := s.set.Limits.Body
	switch {
	case in.body != nil && in.body.Type() == "Parameters":
		return patch.FHIRPath(resource, in.body, most)
	case in.body != nil:
		document, err := base64.StdEncoding.DecodeString(in.body.Get("data").Text())
		if err != nil || mediaName(in.body.Get("contentType").Text()) != mediaJSONPatch {
			return nil, []fhir.Issue{{Severity: fhir.Error, Code: fhir.CodeValue, Expression: "Binary",
				Text: "A patch in a Bundle is a Parameters resource (FHIRPath Patch), or a Binary of contentType " + mediaJSONPatch + "."}}
		}
		return patch.JSON(resource, document, most)
	}
	return patch.JSON(resource, in.raw, most)
}

// readPatch reads the body of a PATCH: JSON Patch is left as it is, a FHIRPath Patch is a resource.
func (in *request) readPatch() error {
	if in.media == mediaJSONPatch || in.media == "application/json" && len(in.raw) > 0 && in.raw[0] == '[' {
		return nil
	}
	body, issues := fhir.Read(in.raw)
	if body == nil && mergePatch(in.raw) {
		return notAPatch("The body is an object that is no resource, as in a JSON Merge Patch, which is not known here. ")
	}
	if body == nil {
		return unread(issues)
	}
	if body.Type() != "Parameters" {
		return fail(http.StatusBadRequest, fhir.CodeInvalid, body.Type()+".resourceType",
			"A PATCH takes a JSON Patch ("+mediaJSONPatch+") or a FHIRPath Patch (a Parameters resource), and the body is a "+body.Type()+".")
	}
	in.body = body
	return nil
}

// mergePatch reports whether a body is a JSON object that says nothing of being a resource.
//
// Source: RFC 7396
func mergePatch(body []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return false
	}
	_, is := members["resourceType"]
	return !is
}
