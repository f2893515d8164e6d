package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// room is a folder of ours, what it may import of ours, and which libraries it may import beside the standard one. Tests may import more.
type room struct {
	path   string
	ours   []string
	theirs []string
}

var (
	domain  = []string{"fhir", "fhir/search", "mapping", "mapping/distinct", "mapping/workflow"}
	guide   = []string{"fhir", "fhir/profile", "mapping", "mapping/workflow"}
	useCase = append([]string{"cmd/internal/store"}, domain...)
)

// rooms is the table of who may import whom. A room that has no row may not be: a new one needs a sentence of its own, and then a row.
//
// Source: local, house style, "The house"
var rooms = []room{
	{"mapping/workflow", nil, nil},
	{"fhir", nil, []string{"github.com/go-json-experiment/json", "github.com/samply/golang-fhir-models"}},
	{"fhir/search", []string{"fhir"}, nil},
	{"fhir/search/internal/gen", []string{"fhir"}, nil},
	{"fhir/patch", []string{"fhir"}, []string{"github.com/go-json-experiment/json"}},
	{"fhir/invariant", []string{"fhir"}, []string{"github.com/gofhir/fhirpath"}},
	{"fhir/invariant/internal/gen", []string{"fhir"}, nil},
	{"fhir/profile", []string{"fhir"}, nil},
	{"fhir/internal/gen", []string{"fhir"}, nil},
	{"mapping", []string{"fhir", "mapping/distinct", "mapping/workflow"}, []string{"github.com/samply/golang-fhir-models"}},
	{"mapping/distinct", nil, nil},
	{"mapping/bser", guide, nil},
	{"mapping/ereferral", guide, nil},
	{"mapping/bars", guide, nil},
	{"mapping/sdohcc", append([]string{"mapping/uscore"}, guide...), nil},
	{"mapping/uscore", []string{"fhir/profile"}, nil},
	{"cmd/internal/turn", nil, nil},
	{"cmd/internal/store", []string{"fhir", "mapping/workflow"}, nil},
	{"cmd/internal/store/sqlstore", []string{"cmd/internal/store", "cmd/internal/turn", "mapping/distinct"}, []string{"modernc.org/sqlite", "github.com/pressly/goose/v3"}},
	{"cmd/internal/store/storetest", []string{"cmd/internal/store"}, []string{"github.com/stretchr/testify", "pgregory.net/rapid"}},
	{"cmd/internal/engine", useCase, nil},
	{"cmd/internal/server", append([]string{"cmd/internal/engine", "cmd/internal/turn", "fhir/invariant", "fhir/patch", "fhir/profile"}, useCase...), []string{
		"github.com/labstack/echo/v4", "github.com/samply/golang-fhir-models", "github.com/go-json-experiment/json",
	}},
	{"cmd/internal/jobs", append([]string{"cmd/internal/engine"}, useCase...), nil},
	{"cmd/internal/scenario", []string{"mapping/workflow"}, []string{"golang.org/x/tools/txtar"}},
	{"testdata", nil, nil},
	{"testdata/invalid", nil, []string{"golang.org/x/tools/txtar"}},
	{"testdata/mutants", []string{"fhir", "fhir/invariant"}, nil},
	{"testdata/mutants/print", []string{"fhir", "testdata/mutants"}, nil},
	{"cmd/warmhandoff", append([]string{"cmd/internal/store/sqlstore", "cmd/internal/engine", "cmd/internal/jobs", "cmd/internal/server", "cmd/internal/scenario", "fhir/invariant", "fhir/profile", "mapping/bars", "mapping/bser", "mapping/ereferral", "mapping/sdohcc", "mapping/uscore", "testdata"}, useCase...),
		[]string{"github.com/alecthomas/kong", "github.com/go-json-experiment/json", "github.com/google/uuid"}},
}

// sources calls f for every Go file of the module that is no test, with the folder that it is in.
func sources(t *testing.T, f func(folder, name string, file *ast.File)) {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".") && path != root {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, path)
		f(filepath.ToSlash(filepath.Dir(relative)), filepath.ToSlash(relative), file)
		return err
	}))
}

// forbidden gives the imports of a file in a folder that the table does not allow.
func forbidden(folder string, imports []string) []string {
	at := slices.IndexFunc(rooms, func(r room) bool { return r.path == folder })
	if at < 0 {
		return []string{"(the room has no row in the table)"}
	}
	var wrong []string
	for _, path := range imports {
		own, isOurs := strings.CutPrefix(path, "warmhandoff/")
		first, _, _ := strings.Cut(path, "/")
		switch {
		case isOurs && !slices.Contains(rooms[at].ours, own):
			wrong = append(wrong, path)
		case !isOurs && strings.Contains(first, ".") && !slices.ContainsFunc(rooms[at].theirs, func(lib string) bool {
			return path == lib || strings.HasPrefix(path, lib+"/")
		}):
			wrong = append(wrong, path)
		}
	}
	return wrong
}

func TestRoomsImportOnlyWhatTheTableAllows(t *testing.T) {
	t.Parallel()
	seen := 0
	sources(t, func(folder, name string, file *ast.File) {
		seen++
		var imports []string
		for _, i := range file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			imports = append(imports, path)
		}
		assert.Empty(t, forbidden(folder, imports), name)
	})
	assert.Greater(t, seen, 20)
}

func TestTheTableRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, folder, path string }{
		{"FHIR in the workflow", "mapping/workflow", "warmhandoff/fhir"},
		{"a library in the workflow", "mapping/workflow", "github.com/google/uuid"},
		{"the use cases in the database", "cmd/internal/store/sqlstore", "warmhandoff/cmd/internal/engine"},
		{"the database in the use cases", "cmd/internal/engine", "warmhandoff/cmd/internal/store/sqlstore"},
		{"echo outside the server", "cmd/internal/engine", "github.com/labstack/echo/v4"},
		{"a room without a row", "cmd/internal/util", "fmt"},
	} {
		assert.NotEmpty(t, forbidden(row.folder, []string{row.path}), row.name)
	}
	assert.Empty(t, forbidden("cmd/internal/server", []string{"net/http", "github.com/labstack/echo/v4/middleware", "warmhandoff/fhir"}))
}

// TestOnlyTheProgramNamesTimeAndChance holds that clocks, chance and makers of ids are handed in everywhere else.
func TestOnlyTheProgramNamesTimeAndChance(t *testing.T) {
	t.Parallel()
	chance := []string{"math/rand", "math/rand/v2", "crypto/rand", "github.com/google/uuid"}
	clock := []string{"Now", "Since", "Until"}
	sources(t, func(folder, name string, file *ast.File) {
		if folder == "cmd/warmhandoff" {
			return
		}
		for _, i := range file.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			require.NoError(t, err)
			assert.NotContains(t, chance, path, name)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
					assert.NotContains(t, clock, s.Sel.Name, "time.%s in %s", s.Sel.Name, name)
				}
			}
			return true
		})
	})
}
