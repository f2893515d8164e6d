package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// opened asks for what is open to everybody, with headers that nobody could have meant well.
func opened(t *testing.T, s *Server, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.Host = "localhost"
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type openAPIOperation struct {
	OperationID string
	Summary     string
	Description string
	Parameters  []map[string]any
	RequestBody struct{ Content map[string]any }
	Responses   map[string]struct{ Description string }
}

// TestTheOpenAPIDocumentHoldsEveryRoute holds the document to the table, and to the shape that OpenAPI gives it.
func TestTheOpenAPIDocumentHoldsEveryRoute(t *testing.T) {
	t.Parallel()
	s := bareServer(t)
	w := opened(t, s, "/fhir/openapi.json")
	require.Equal(t, http.StatusOK, w.Code)
	assert.Equal(t, mediaOpenAPI, w.Header().Get("Content-Type"))
	var doc struct {
		OpenAPI    string
		Info       struct{ Title, Version string }
		Servers    []struct{ URL string }
		Paths      map[string]map[string]json.RawMessage
		Components struct {
			Schemas    map[string]any
			Parameters map[string]any
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	assert.Equal(t, "3.1.0", doc.OpenAPI)
	assert.NotEmpty(t, doc.Info.Title)
	assert.NotEmpty(t, doc.Info.Version)
	assert.Equal(t, "http://localhost:8080/fhir", doc.Servers[0].URL)

	ids, routes := map[string]bool{}, 0
	for path, item := range doc.Paths {
		require.True(t, strings.HasPrefix(path, "/"), path)
		var shared []map[string]any
		if raw := item["parameters"]; raw != nil {
			require.NoError(t, json.Unmarshal(raw, &shared))
		}
		named := regexp.MustCompile(`\{([a-z]+)\}`).FindAllStringSubmatch(path, -1)
		require.Len(t, shared, len(named), "%s: each part of the path that stands for something is said once", path)
		for i, p := range shared {
			assert.Equal(t, named[i][1], p["name"], path)
			assert.Equal(t, true, p["required"], path)
			assert.NotEmpty(t, p["schema"], path)
		}
		for method, raw := range item {
			if method == "parameters" || method == "servers" {
				continue
			}
			var o openAPIOperation
			require.NoError(t, json.Unmarshal(raw, &o))
			assert.False(t, ids[o.OperationID], "%s is there twice", o.OperationID)
			assert.NotEmpty(t, o.Summary, "%s %s", method, path)
			assert.Contains(t, o.Responses, "default", "%s %s", method, path)
			for status, r := range o.Responses {
				assert.Regexp(t, `^([2-5]\d\d|default)$`, status)
				assert.NotEmpty(t, r.Description)
			}
			ids[o.OperationID] = true
			routes++
		}
	}
	assert.Len(t, s.routes, routes-2, "the table's, and two about health")
	for _, rt := range s.routes {
		raw := doc.Paths["/"+templated(rt.path)][strings.ToLower(rt.method)]
		require.NotEmpty(t, raw, "%s %s", rt.method, rt.path)
		var o openAPIOperation
		require.NoError(t, json.Unmarshal(raw, &o))
		assert.Equal(t, rt.doc, o.Description)
		assert.Equal(t, rt.takes != noBody, len(o.RequestBody.Content) > 0, "%s %s", rt.method, rt.path)
	}
	for _, ref := range regexp.MustCompile(`"#/components/([a-z]+)/([A-Za-z]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		in := doc.Components.Schemas
		if ref[1] == "parameters" {
			in = doc.Components.Parameters
		}
		assert.Contains(t, in, ref[2], "what is referred to is there")
	}
}

// What says what the server is needs nobody to say who they are, also on a server that lets nobody in.
func TestDocumentsNeedNobody(t *testing.T) {
	t.Parallel()
	closed := New(nil, Settings{Base: "http://localhost:8080/fhir", Now: bareServer(t).set.Now, NewID: func() string { return "r" }})
	for _, s := range []*Server{bareServer(t), closed} {
		for path, media := range map[string]string{
			"/fhir/metadata": mediaFHIR, "/fhir/openapi.json": mediaOpenAPI, "/fhir/.well-known/api-catalog": mediaLinkset, "/.well-known/api-catalog": mediaLinkset,
		} {
			w := opened(t, s, path)
			assert.Equal(t, http.StatusOK, w.Code, path)
			assert.Equal(t, media, w.Header().Get("Content-Type"), path)
		}
		w := opened(t, s, "/fhir/.well-known/smart-configuration")
		assert.Equal(t, http.StatusNotFound, w.Code, "there is nothing to announce")
		o, issues := fhir.Read(w.Body.Bytes())
		require.Empty(t, issues)
		assert.Equal(t, "OperationOutcome", o.Type())
		assert.Contains(t, w.Body.String(), "no tokens")
	}
	w := opened(t, bareServer(t), "/.well-known/api-catalog")
	var set struct {
		Linkset []map[string]any
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &set))
	require.Len(t, set.Linkset, 1)
	assert.Equal(t, "http://localhost:8080/fhir", set.Linkset[0]["anchor"])
	assert.Equal(t, http.StatusUnauthorized, opened(t, closed, "/fhir/Task").Code)
}

func TestOperationDefinitionsAreGoodAndComplete(t *testing.T) {
	t.Parallel()
	all := OperationDefinitions()
	assert.Len(t, all, 4)
	for id, body := range all {
		r, issues := fhir.Read(body)
		require.Empty(t, issues, id)
		assert.Equal(t, id, r.ID())
		code := r.Get("code").Text()
		assert.Equal(t, ours+code, r.Get("url").Text())
		assert.NotEmpty(t, r.Get("parameter").Items(), "%s gives something", code)
		assert.True(t, r.Get("instance").Bool() || r.Get("type").Bool(), code)
	}
	for _, rt := range table() {
		if rt.kind == doOperation {
			name := rt.operation()
			_, published := rt.definition()
			assert.True(t, published || all["warmhandoff-"+name] != nil, "$%s is defined", name)
		}
	}
}
