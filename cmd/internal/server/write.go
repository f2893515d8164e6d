package server

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
)

// write carries out one change on its own.
func (s *Server) write(ctx context.Context, in *request) (*answer, error) {
	change, err := in.route.change(s, ctx, in)
	if err != nil {
		return nil, err
	}
	change.Alone = in.at != ""
	results, err := atWriter(ctx, s, func(ctx context.Context) ([]engine.Result, error) {
		return s.engine.Apply(ctx, in.who, []engine.Change{change})
	})
	if err != nil {
		return nil, err
	}
	return s.wrote(in, &results[0]), nil
}

// create gives the change that a POST asks for. A search in the address is a condition like that of If-None-Exist.
//
// Source: FHIR R4, http.html 3.1.0.8 (create), 3.1.0.8.1 (conditional create)
// Source: fhirpy, get_or_create (POST [type]?[search]); a create that passed over the search would make what is there already
func (s *Server) create(_ context.Context, in *request) (engine.Change, error) {
	query, err := s.condition(in, in.ifNoneExist, "ifNoneExist")
	if err == nil && in.ifNoneExist != "" && strings.Trim(query, "&") == "" {
		err = fail(http.StatusBadRequest, fhir.CodeInvalid, in.place("request.ifNoneExist"), "If-None-Exist holds no search: it must be one, such as identifier=system|value.")
	}
	if err != nil {
		return engine.Change{}, err
	}
	address, err := s.condition(in, in.query, "url")
	switch address = strings.Trim(address, "&"); {
	case err != nil:
		return engine.Change{}, err
	case address != "" && query != "" && address != query:
		return engine.Change{}, fail(http.StatusBadRequest, fhir.CodeInvalid, in.place("request.url"),
			"The address of this POST holds one search and If-None-Exist another: a conditional create has one condition.")
	case address != "":
		query = address
	}
	return engine.Change{Method: engine.Create, Type: in.typ, Resource: in.body, FullURL: in.fullURL, IfNoneExist: query, Path: in.at}, nil
}

// update gives the change that a PUT asks for, of one id or of what a search finds.
//
// Source: FHIR R4, http.html 3.1.0.4 (update), 3.1.0.4.3 (conditional update)
func (s *Server) update(_ context.Context, in *request) (engine.Change, error) {
	change := engine.Change{Method: engine.Update, Type: in.typ, ID: in.id, Resource: in.body, FullURL: in.fullURL, Path: in.at}
	var err error
	if change.IfMatch, err = ifMatch(in.ifMatch, in.place("request.ifMatch")); err != nil {
		return change, err
	}
	if in.id == "" {
		change.Query, err = s.selection(in)
		return change, err
	}
	if err = in.single(); err != nil {
		return change, err
	}
	change.OnlyNew = in.ifNoneMatch == "*"
	if in.ifNoneMatch != "" && !change.OnlyNew {
		err = fail(http.StatusBadRequest, fhir.CodeValue, in.place("request.ifNoneMatch"),
			"On an update of one id If-None-Match may be *, which only creates; to update a known version send If-Match.")
	}
	return change, err
}

// remove gives the change that a DELETE asks for.
//
// Source: FHIR R4, http.html 3.1.0.7 (delete), 3.1.0.7.1 (conditional delete)
func (s *Server) remove(_ context.Context, in *request) (engine.Change, error) {
	change := engine.Change{Method: engine.Delete, Type: in.typ, ID: in.id, FullURL: in.fullURL, Path: in.at}
	for header, value := range map[string]string{"If-None-Match": in.ifNoneMatch, "If-None-Exist": in.ifNoneExist} {
		if value != "" {
			element := map[string]string{"If-None-Match": "request.ifNoneMatch", "If-None-Exist": "request.ifNoneExist"}[header]
			return change, fail(http.StatusBadRequest, fhir.CodeValue, in.place(element),
				"A delete takes no "+header+"; to delete a known version, and no other, send If-Match.")
		}
	}
	var err error
	if change.IfMatch, err = ifMatch(in.ifMatch, in.place("request.ifMatch")); err != nil {
		return change, err
	}
	if in.id == "" {
		change.Query, err = s.selection(in)
		return change, err
	}
	return change, in.single()
}

// single refuses a query in the address of a write that names one resource: what asks for more than the write itself (a cascade, a condition) is not
// passed over as if it had been done.
//
// Source: local; HAPI's client, IDeleteTyped.cascade (_cascade=delete)
func (in *request) single() error {
	q, err := url.ParseQuery(in.query)
	if err != nil {
		return in.badQuery("url")
	}
	for name := range q {
		if !besideTheWrite[name] {
			return fail(http.StatusBadRequest, fhir.CodeNotSupported, in.place("request.url"), "The address names one resource, and on a "+in.route.method+
				" of one nothing else is asked for in it: leave out "+parameterName(name)+". Conditions go into If-Match; nothing is deleted or expunged along with something else.")
		}
	}
	return nil
}

// parameterName repeats the name of a parameter where it looks like one.
func parameterName(name string) string {
	if len(name) > 40 || strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz_:-.") != "" {
		return "what follows the ?"
	}
	return name
}

// besideTheWrite are the parameters that say how the answer is to look.
var besideTheWrite = map[string]bool{"_format": true, "_pretty": true, "_summary": true, "_elements": true}

// selection gives the search that picks what a conditional update or delete is about. Without one it would be about everything.
func (s *Server) selection(in *request) (string, error) {
	query, err := s.condition(in, in.query, "url")
	if err == nil && strings.Trim(query, "&") == "" {
		err = fail(http.StatusBadRequest, fhir.CodeRequired, in.place("request.url"),
			"The address must name one resource, by its id or by a search: "+in.typ+"/123 or "+in.typ+"?identifier=system|value.")
	}
	return query, err
}

// lacks gives what a resource that was sent lacks of the profiles that it claims, where the answer will say it.
func (s *Server) lacks(in *request) []fhir.Issue {
	if in.body == nil || in.route.takes != resourceBody || in.want == wantNothing || in.want == wantResource && in.at == "" {
		return nil
	}
	var all []fhir.Issue
	for _, c := range claimsOf(in.body, in.body.Type(), nil) {
		if in.at != "" {
			c.at = in.at + ".resource"
		}
		if p, known := profile.Find(s.set.Profiles, c.url.Text()); known {
			all = append(all, c.check(p)...)
		}
	}
	if more := len(all) - maxLacks; more > 0 {
		all = append(all[:maxLacks], fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeIncomplete, Text: fmt.Sprintf("Of the profiles that are claimed %d more things are lacking; $validate tells them.", more)})
	}
	return all
}

// wrote gives the answer to a change that was made.
func (s *Server) wrote(in *request, res *engine.Result) *answer {
	a := &answer{status: http.StatusOK, version: res.Version, located: true, issues: res.Issues, about: res.About, waits: res.Waits}
	if in.want != wantNothing && len(res.Became) > 0 {
		a.issues = append(a.issues[:len(a.issues):len(a.issues)], res.Became...)
	}
	if lacking := s.lacks(in); len(lacking) > 0 {
		a.issues = append(a.issues[:len(a.issues):len(a.issues)], lacking...)
	}
	if res.Done == engine.Created {
		a.status = http.StatusCreated
	}
	if res.Done == engine.Deleted {
		a.status, a.located = http.StatusNoContent, false
	}
	switch {
	case in.want == wantOutcome:
		a.body, a.bare = fhir.OperationOutcome(a.issues...), true
		if res.Done == engine.Deleted {
			a.status = http.StatusOK
		}
	case in.want == wantResource:
		a.body = res.Version.Body
	}
	return a
}
