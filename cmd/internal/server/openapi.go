package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// What the server tells of itself beside the CapabilityStatement, open to everybody as that is. All of it is made from the table of routes.

const (
	mediaOpenAPI = "application/vnd.oai.openapi+json;version=3.1"
	mediaLinkset = "application/linkset+json"
)

// openAPI answers with the OpenAPI document.
func (s *Server) openAPI(context.Context, *request) (*answer, error) {
	return &answer{status: http.StatusOK, bare: true, text: text{body: s.document()}, media: mediaOpenAPI, shared: true}, nil
}

// catalog answers with where the documents are.
//
// Source: RFC 9727 (api-catalog), RFC 9264 (linkset)
func (s *Server) catalog(context.Context, *request) (*answer, error) {
	type link struct {
		Href string `json:"href"`
		Type string `json:"type"`
	}
	type context struct {
		Anchor string `json:"anchor"`
		Desc   []link `json:"service-desc"`
		Meta   []link `json:"service-meta"`
	}
	body, err := json.Marshal(map[string][]context{"linkset": {{s.set.Base, []link{{s.set.Base + "/openapi.json", mediaOpenAPI}}, []link{{s.set.Base + "/metadata", mediaFHIR}}}}})
	return &answer{status: http.StatusOK, bare: true, text: text{body: body}, media: mediaLinkset}, err
}

// smart refuses to say how to get a token, because nobody here gives any out. A document without a token endpoint would be no SMART configuration,
// and one with an endpoint would not be true.
//
// Source: SMART App Launch 2.2, conformance (smart-configuration requires token_endpoint)
func (s *Server) smart(context.Context, *request) (*answer, error) {
	return nil, fail(http.StatusNotFound, fhir.CodeNotSupported, "", "This server gives out no tokens and takes none, so it has no SMART configuration; metadata says under security who may ask.")
}

type object map[string]any

// openAPIDocument makes the OpenAPI document from the table of routes.
//
// Source: OpenAPI 3.1.0
func (s *Server) openAPIDocument() []byte {
	paths := map[string]object{}
	for _, rt := range s.routes {
		at := "/" + templated(rt.path)
		if paths[at] == nil {
			paths[at] = object{}
			if params := pathParameters(rt); len(params) > 0 {
				paths[at]["parameters"] = params
			}
		}
		paths[at][strings.ToLower(rt.method)] = s.described(rt)
	}
	for at, words := range map[string]string{livePath: "The process answers.", readyPath: "It can do its work."} {
		paths[at] = object{"servers": []object{{"url": s.root()}}, "get": object{
			"operationId": strings.Trim(at, "/"), "summary": words,
			"responses": object{"200": object{"description": "ok", "content": object{"text/plain": object{"schema": object{"type": "string"}}}}, "default": outcomeResponse},
		}}
	}
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "warmhandoff", "version": textOr(s.set.Version, "0"),
			"description": "FHIR R4 REST. What can be searched by, and each type's interactions, are in GET metadata. GET may be HEAD everywhere. " + s.securityText(),
		},
		"servers":    []object{{"url": s.set.Base}},
		"paths":      paths,
		"components": object{"schemas": schemas(s.typeNames()), "parameters": headerParameters},
	}
	data, err := json.Marshal(doc)
	if err != nil {
		panic(fmt.Sprintf("server: the OpenAPI document cannot be written: %v", err))
	}
	return data
}

func textOr(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// root gives the address of what stands beside the FHIR base.
func (s *Server) root() string {
	u, _ := url.Parse(s.set.Base)
	return u.Scheme + "://" + u.Host
}

func (s *Server) typeNames() []string {
	return slices.DeleteFunc(fhir.ResourceTypes(), func(typ string) bool { return !s.types[typ] })
}

// templated writes a path as OpenAPI does: {id} for :id.
func templated(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if name, is := strings.CutPrefix(p, ":"); is {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

// pathWords says what may stand for a parameter of a path.
var pathWords = map[string]object{
	"type": {"$ref": "#/components/schemas/ResourceType"},
	"id":   {"type": "string", "pattern": `^[A-Za-z0-9\-.]{1,64}$`},
	"vid":  {"type": "string", "pattern": "^[1-9][0-9]*$"},
	"of":   {"type": "string", "description": "A resource type, or * for all."},
}

func pathParameters(rt *route) []object {
	var list []object
	for part := range strings.SplitSeq(rt.path, "/") {
		if name, is := strings.CutPrefix(part, ":"); is {
			list = append(list, object{"name": name, "in": "path", "required": true, "schema": pathWords[name]})
		}
	}
	return list
}

// described gives the operation of one route.
func (s *Server) described(rt *route) object {
	o := object{
		"operationId": operationID(rt), "summary": string(rt.kind), "description": rt.doc, "tags": []string{tagOf(rt)},
		"responses": responsesOf(rt),
	}
	if rt.operation() != "" {
		o["summary"] = "$" + rt.operation()
	}
	if params := parametersOf(rt); len(params) > 0 {
		o["parameters"] = params
	}
	if content := bodyOf(rt); content != nil {
		o["requestBody"] = object{"required": rt.takes != parametersBody && rt.takes != formBody, "content": content}
	}
	return o
}

func tagOf(rt *route) string {
	switch {
	case rt.open():
		return "about"
	case rt.fixedType() != "":
		return rt.fixedType()
	}
	return "FHIR"
}

// operationID is made of method and path, so that it is there once.
func operationID(rt *route) string {
	id := strings.ToLower(rt.method)
	for part := range strings.FieldsFuncSeq(rt.path, func(r rune) bool { return strings.ContainsRune("/:$_.-", r) }) {
		id += strings.ToUpper(part[:1]) + part[1:]
	}
	if strings.HasSuffix(rt.path, "$"+rt.operation()) && rt.operation() != "" {
		id += "Operation"
	}
	return id
}

// Headers that routes heed, by name.
var headerParameters = object{
	"IfMatch":         header("If-Match", `The version that is believed to be newest: W/"3".`),
	"IfNoneMatch":     header("If-None-Match", "A read: the version that is known already. An update: * only creates."),
	"IfModifiedSince": header("If-Modified-Since", "A read: 304 where nothing was written since."),
	"IfNoneExist":     header("If-None-Exist", "A search: creates only where it finds nothing."),
	"Prefer":          header("Prefer", "return=minimal|representation|OperationOutcome, handling=strict|lenient"),
}

func header(name, words string) object {
	return object{"name": name, "in": "header", "description": words, "schema": object{"type": "string"}}
}

func parametersOf(rt *route) []object {
	var list []object
	heed := func(names ...string) {
		for _, name := range names {
			list = append(list, object{"$ref": "#/components/parameters/" + name})
		}
	}
	switch rt.kind {
	case doRead, doVRead:
		heed("IfNoneMatch", "IfModifiedSince")
	case doCreate:
		heed("IfNoneExist", "Prefer")
	case doUpdate:
		heed("IfMatch", "IfNoneMatch", "Prefer")
	case doDelete, doPatch:
		heed("IfMatch", "Prefer")
	case doSearch, doSearchAll, doTransaction:
		heed("Prefer")
	}
	searches := rt.kind == doSearch || rt.kind == doSearchAll
	if searches || rt.path == ":type" {
		list = append(list, object{"name": "parameters", "in": "query", "style": "form", "explode": true,
			"description": "Search parameters of the type, with modifiers and chains; metadata lists them.",
			"schema":      object{"type": "object", "additionalProperties": object{"type": "string"}}})
	}
	if rt.kind == doHistory || rt.kind == doHistoryType || rt.kind == doHistoryAll {
		list = append(list,
			object{"name": "_count", "in": "query", "description": "How many at most.", "schema": object{"type": "integer", "minimum": 1, "maximum": historyMost}},
			object{"name": "_since", "in": "query", "description": "Only what was written at or after this instant.", "schema": object{"type": "string"}})
	}
	for _, name := range []string{rt.operation(), rt.fixedType() + "/" + rt.operation()} {
		for _, p := range operationParameters[name] {
			if p.Use == "in" && rt.method == http.MethodGet {
				list = append(list, object{"name": p.Name, "in": "query", "description": p.Documentation, "schema": object{"type": "string"}})
			}
		}
	}
	return list
}

func schema(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// inBoth gives content of a schema in both formats.
func inBoth(name string) object {
	return object{mediaFHIR: object{"schema": schema(name)}, mediaXML: object{}}
}

func bodyOf(rt *route) object {
	switch rt.takes {
	case resourceBody, looseBody:
		return inBoth("Resource")
	case bundleBody, messageBody:
		return inBoth("Bundle")
	case parametersBody:
		return inBoth("Parameters")
	case formBody:
		return object{mediaForm: object{"schema": object{"type": "object", "additionalProperties": object{"type": "string"}}}}
	case patchBody:
		return object{mediaJSONPatch: object{"schema": object{"type": "array", "items": object{"type": "object"}}}, mediaFHIR: object{"schema": schema("Parameters")}, mediaXML: object{}}
	}
	return nil
}

var outcomeResponse = object{"description": "Not done, and why.", "content": inBoth("OperationOutcome")}

// responsesOf says what is answered. Whatever goes wrong is an OperationOutcome.
func responsesOf(rt *route) object {
	done := func(name string) object { return object{"description": "Done.", "content": inBoth(name)} }
	r := object{"default": outcomeResponse}
	switch rt.kind {
	case doDocument:
		r["200"] = object{"description": "The document.", "content": object{"application/json": object{"schema": object{"type": "object"}}}}
	case doSearch, doSearchAll, doHistory, doHistoryType, doHistoryAll, doTransaction:
		r["200"] = done("Bundle")
	case doRead, doVRead:
		r["200"], r["304"] = done("Resource"), object{"description": "Unchanged."}
	case doCreate, doUpdate:
		r["200"], r["201"] = done("Resource"), done("Resource")
	case doDelete:
		r["200"], r["204"] = done("Resource"), object{"description": "Deleted, or was not there."}
	default:
		r["200"] = done("Resource")
	}
	if rt.changes() {
		r["405"] = object{"description": "The resource is of a type that is append-only, AuditEvent: it stays as it is.", "content": inBoth("OperationOutcome")}
	}
	return r
}

// schemas are as loose as the document can be and true: what a resource may hold is in FHIR's own definitions.
func schemas(types []string) object {
	of := func(typ string) object {
		return object{"type": "object", "required": []string{"resourceType"}, "properties": object{"resourceType": object{"const": typ}}}
	}
	return object{
		"ResourceType":     object{"type": "string", "enum": types},
		"Resource":         object{"type": "object", "required": []string{"resourceType"}, "properties": object{"resourceType": object{"type": "string"}}},
		"Bundle":           of("Bundle"),
		"Parameters":       of("Parameters"),
		"OperationOutcome": of("OperationOutcome"),
	}
}
