package mapping

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

// Codes of other people are held against what these people publish: testdata/codesystem has a table for each code system, with its version and
// source. A code that is not in its table is misspelled, or belongs to another edition. The source of the rooms that read codes is walked, so that
// a code that is new in them is held too, or the test fails and says where to say what it is: in foreign, below.
//
// Source: local, codes as data

// rooms are the folders that are walked.
var rooms = map[string]string{
	"mapping": ".", "bser": "bser", "bars": "bars", "sdohcc": "sdohcc", "uscore": "uscore", "ereferral": "ereferral", "workflow": "workflow", "engine": "../cmd/internal/engine",
}

// What strings are that are no foreign codes.
const (
	ours  = "ours" // codes and words of ours
	fhirs = "fhir" // names of elements and types of FHIR
)

// codeTable is one published code system.
type codeTable struct {
	name, system string
	whole        bool
	codes        map[string]string // code → display
}

func codeTables(t *testing.T) map[string]*codeTable {
	t.Helper()
	files, err := filepath.Glob("testdata/codesystem/*.tsv")
	require.NoError(t, err)
	all := map[string]*codeTable{}
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // a path of ours
		require.NoError(t, err)
		c := &codeTable{name: strings.TrimSuffix(filepath.Base(file), ".tsv"), codes: map[string]string{}}
		head := map[string]string{}
		for line := range strings.Lines(string(data)) {
			first, second, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if name, is := strings.CutPrefix(first, "# "); is {
				head[name] = second
				continue
			}
			c.codes[first] = second
		}
		for _, name := range []string{"system", "version", "source", "whole"} {
			require.NotEmpty(t, head[name], "%s does not say its %s", file, name)
		}
		c.system, c.whole = head["system"], head["whole"] == "yes"
		all[c.name] = c
	}
	return all
}

// TestForeignCodesAreAsPublished walks the source.
func TestForeignCodesAreAsPublished(t *testing.T) {
	t.Parallel()
	w := &walk{t: t, tables: codeTables(t), consts: map[string]string{}, met: map[string]bool{}}
	parsed := map[string][]*ast.File{}
	for room, dir := range rooms {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, dir)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			require.NoError(t, err)
			parsed[room] = append(parsed[room], f)
			w.constants(room, f)
		}
	}
	for room, files := range parsed {
		for _, f := range files {
			w.file(room, f)
		}
	}
	for name := range foreign {
		assert.True(t, w.met[name], "foreign says what %s is, and there is no such thing", name)
	}
	assert.Greater(t, w.held, 250, "codes held")
}

// walk is a walk through the source.
type walk struct {
	t      *testing.T
	tables map[string]*codeTable
	consts map[string]string // "mapping.SystemTodo" → its value
	met    map[string]bool   // of foreign
	held   int
}

// at is where the walk is: a room, and what is declared there.
type at struct{ room, name string }

func (a at) key() string { return a.room + "." + a.name }

func (w *walk) constants(room string, f *ast.File) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, value := range v.Values {
				if text, ok := literal(value); ok && i < len(v.Names) {
					w.consts[room+"."+v.Names[i].Name] = text
				}
			}
		}
	}
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(l.Value)
	return text, err == nil
}

// text gives the value of a string that is written, or named by a constant.
func (w *walk) text(room string, e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.Ident:
		text, ok := w.consts[room+"."+x.Name]
		return text, ok
	case *ast.SelectorExpr:
		if in, ok := x.X.(*ast.Ident); ok {
			text, ok := w.consts[in.Name+"."+x.Sel.Name]
			return text, ok
		}
	}
	return literal(e)
}

func (w *walk) file(room string, f *ast.File) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok {
					w.declared(room, d.Tok, v)
				}
			}
		case *ast.FuncDecl:
			if d.Body != nil {
				w.inside(at{room, d.Name.Name}, d.Body)
			}
		}
	}
}

var (
	codeLike   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	ofOthers   = regexp.MustCompile(`^https?://.*(/CodeSystem/|loinc\.org|snomed\.info|nucc\.org)`)
	statusLike = regexp.MustCompile(`(?i)(status|intent)("\)\.Text\(\))?$`)
	asCode     = regexp.MustCompile(`(?i)code("\)\.Text\(\)|\.Code)?\)?$`)
)

// declared looks at a variable or constant of a room.
func (w *walk) declared(room string, kind token.Token, v *ast.ValueSpec) {
	here := at{room, v.Names[0].Name}
	for i, value := range v.Values {
		here.name = v.Names[min(i, len(v.Names)-1)].Name
		tables, known := foreign[here.key()]
		w.met[here.key()] = w.met[here.key()] || known
		if text, ok := literal(value); ok && kind == token.CONST {
			switch {
			case ofOthers.MatchString(text):
				w.system(here, text)
			case known:
				w.hold(here, tables, text)
			case room == "mapping" && v.Type == nil && !ast.IsExported(here.name) && codeLike.MatchString(text):
				assert.Fail(w.t, "unknown code", "%s is %q: is it somebody's code? Say so in foreign, with the table, or that it is ours", here.key(), text)
			}
			continue
		}
		loose := w.pairs(here, value)
		if len(loose) == 0 || room == "engine" {
			continue
		}
		if !known {
			if room != "workflow" || isStrings(value) {
				assert.Fail(w.t, "unknown codes", "%s has %q: are they somebody's codes? Say so in foreign, with the table, or that they are ours", here.key(), loose)
			}
			continue
		}
		for _, text := range loose {
			w.hold(here, tables, text)
		}
	}
}

func isStrings(e ast.Expr) bool {
	c, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	a, ok := c.Type.(*ast.ArrayType)
	if !ok {
		return false
	}
	id, ok := a.Elt.(*ast.Ident)
	return ok && id.Name == "string"
}

// pairs holds each code that stands beside its system, and gives those strings that look like codes and stand beside none.
func (w *walk) pairs(here at, n ast.Node) (loose []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncLit:
			w.inside(here, x.Body)
			return false
		case *ast.CompositeLit:
			done := w.pair(here, x)
			for _, e := range x.Elts {
				if !done[e] {
					if text, ok := literal(e); ok {
						if codeLike.MatchString(text) && !fhir.IsResourceType(text) {
							loose = append(loose, text)
						}
						continue
					}
					loose = append(loose, w.pairs(here, e)...)
				}
			}
			return false
		case *ast.BasicLit:
			if text, ok := literal(x); ok && codeLike.MatchString(text) && !fhir.IsResourceType(text) {
				loose = append(loose, text)
			}
		}
		return true
	})
	return loose
}

// pair holds what of a literal is a system with its code or codes, and gives the parts that are done with. A code without a system is loose.
func (w *walk) pair(here at, x *ast.CompositeLit) map[ast.Expr]bool {
	done := map[ast.Expr]bool{}
	fields := map[string]ast.Expr{}
	for _, e := range x.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				fields[id.Name] = kv.Value
				if _, plain := literal(kv.Value); plain && id.Name != "Code" {
					done[e] = true // a name, a source, a path
				}
			}
		}
	}
	var codes []ast.Expr
	system, found := "", false
	switch {
	case fields["System"] != nil:
		system, found = w.text(here.room, fields["System"])
		if c := fields["Code"]; c != nil {
			codes = append(codes, c)
		}
		if list, ok := fields["Codes"].(*ast.CompositeLit); ok {
			codes = append(codes, list.Elts...)
		}
	case len(x.Elts) >= 2 && len(fields) == 0:
		if system, found = w.text(here.room, x.Elts[0]); found && !ofOthers.MatchString(system) && !strings.HasPrefix(system, "urn:") {
			found = false
		}
		if code, ok := w.text(here.room, x.Elts[1]); ok && !strings.Contains(code, ":") {
			codes = x.Elts[1:2]
		}
	}
	if fields["System"] == nil && foreign[here.key()] != "" {
		w.alone(here, fields["Code"])
		w.alone(here, fields["Codes"])
	}
	if !found {
		return done
	}
	for _, c := range codes {
		if code, ok := w.text(here.room, c); ok {
			w.beside(here, system, code)
		}
	}
	for _, e := range x.Elts {
		kv, keyed := e.(*ast.KeyValueExpr)
		switch {
		case keyed:
			if id := kv.Key.(*ast.Ident).Name; id == "System" || id == "Code" || id == "Codes" {
				done[e] = true
			}
		case e == x.Elts[0], slices.Contains(codes, e):
			done[e] = true
		}
	}
	return done
}

// alone holds a code, or a list of codes, for which no system is said where it stands.
func (w *walk) alone(here at, e ast.Expr) {
	tables := strings.TrimSpace(strings.ReplaceAll(" "+foreign[here.key()]+" ", " "+fhirs+" ", " "))
	if list, ok := e.(*ast.CompositeLit); ok {
		for _, one := range list.Elts {
			w.alone(here, one)
		}
		return
	}
	if code, ok := literal(e); ok {
		w.hold(here, tables, code)
	}
}

// system holds that a system of others has a table.
func (w *walk) system(here at, system string) *codeTable {
	for _, c := range w.tables {
		if c.system == system {
			return c
		}
	}
	assert.Fail(w.t, "unknown code system", "%s: there is no table of %s in testdata/codesystem", here.key(), system)
	return nil
}

// beside holds one code against the table of its system.
func (w *walk) beside(here at, system, code string) {
	if strings.HasPrefix(system, "urn:") {
		return
	}
	c := w.system(here, system)
	if c == nil {
		return
	}
	w.held++
	_, is := c.codes[code]
	assert.True(w.t, is, "%s: %s has no code %q", here.key(), system, code)
}

// hold holds one code against tables by name.
func (w *walk) hold(here at, tables, code string) {
	for name := range strings.FieldsSeq(tables) {
		if name == ours || name == fhirs {
			return
		}
		c := w.tables[name]
		if !assert.NotNil(w.t, c, "%s: no table %s", here.key(), name) {
			return
		}
		prefix := func(full string) bool {
			return strings.HasSuffix(code, "*") && strings.HasPrefix(full, strings.TrimSuffix(code, "*"))
		}
		for full := range c.codes {
			if full == code || prefix(full) {
				w.held++
				return
			}
		}
	}
	assert.Fail(w.t, "misspelled code", "%s: %q is in none of %s", here.key(), code, tables)
}

// inside looks at what a function compares with codes and statuses, and at the codes that it writes.
func (w *walk) inside(here at, body ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.CompositeLit:
			w.pairs(here, x)
			return false
		case *ast.BinaryExpr:
			if x.Op == token.EQL || x.Op == token.NEQ {
				w.compared(here, x.X, x.Y)
				w.compared(here, x.Y, x.X)
			}
		case *ast.SwitchStmt:
			if x.Tag != nil {
				for _, c := range x.Body.List {
					w.compared(here, x.Tag, c.(*ast.CaseClause).List...)
				}
			}
		case *ast.CallExpr:
			w.called(here, x)
		}
		return true
	})
}

// called looks at slices.Contains([]string{…}, x) and strings.HasPrefix(x, "…").
func (w *walk) called(here at, x *ast.CallExpr) {
	f, ok := x.Fun.(*ast.SelectorExpr)
	if !ok || len(x.Args) != 2 {
		return
	}
	switch f.Sel.Name {
	case "Contains":
		if list, ok := x.Args[0].(*ast.CompositeLit); ok {
			w.compared(here, x.Args[1], list.Elts...)
		}
	case "HasPrefix":
		if text, ok := literal(x.Args[1]); ok && asCode.MatchString(source(x.Args[0])) {
			w.compare(here, source(x.Args[0]), text+"*")
		}
	}
}

// compared holds what an expression is compared with, where it is a code or status of a resource.
func (w *walk) compared(here at, what ast.Expr, with ...ast.Expr) {
	for _, e := range with {
		if text, ok := literal(e); ok && text != "" {
			w.compare(here, source(what), text)
		}
	}
}

func (w *walk) compare(here at, what, text string) {
	tables, known := foreign[here.key()]
	w.met[here.key()] = w.met[here.key()] || known
	switch {
	case asCode.MatchString(what) && !known:
		assert.Fail(w.t, "unknown code", "%s compares %s with %q: put it into a table, or say in foreign whose code it is", here.key(), what, text)
	case asCode.MatchString(what):
		w.hold(here, tables, text)
	case statusLike.MatchString(what) && !known:
		w.hold(here, statuses, text)
	}
}

// source gives an expression as it is written, as far as it is names and calls.
func source(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return source(x.X) + "." + x.Sel.Name
	case *ast.BasicLit:
		return x.Value
	case *ast.CallExpr:
		args := make([]string, len(x.Args))
		for i := range x.Args {
			args[i] = source(x.Args[i])
		}
		return source(x.Fun) + "(" + strings.Join(args, ",") + ")"
	}
	return ""
}
