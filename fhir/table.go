package fhir

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// packed is the element table as internal/gen writes it.
//
//go:embed r4.table.gz
var packed []byte

// r4 gives the table; it is unpacked on the first call.
var r4 = sync.OnceValue(func() *table {
	t, err := unpack(packed)
	if err != nil {
		panic(fmt.Sprintf("fhir: the embedded element table: %v", err))
	}
	return t
})

type table struct {
	types  []*Type
	byName map[string]*Type
	sets   map[string]*codeSet
}

// unpack reads the lines that internal/gen describes.
func unpack(packed []byte) (*table, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return nil, err
	}
	t := &table{byName: map[string]*Type{}, sets: map[string]*codeSet{}}
	for line := range strings.Lines(string(text)) {
		if err := t.line(strings.Split(strings.TrimSuffix(line, "\n"), "\t")); err != nil {
			return nil, err
		}
	}
	return t, t.check()
}

func (t *table) line(f []string) error {
	switch {
	case len(f) == 4 && f[0] == "V":
		t.sets[f[1]] = newCodeSet(f[2], strings.Fields(f[3]))
		return nil
	case len(f) == 4 && f[0] == "T":
		typ := &Type{Name: f[1], Kind: Kind(f[2]), Abstract: f[3] != "", number: uint16(len(t.types)), primitive: primitives[f[1]]}
		t.types = append(t.types, typ)
		t.byName[typ.Name] = typ
		return nil
	case len(f) == 8 && f[0] == "E" && len(t.types) > 0:
		return t.element(f)
	}
	return fmt.Errorf("line not understood: %q", f)
}

func (t *table) element(f []string) error {
	low, err := strconv.Atoi(f[2])
	if err != nil {
		return err
	}
	high, err := strconv.Atoi(f[3])
	if err != nil {
		return err
	}
	e := Element{
		Name: f[1], Min: low, Max: high, Types: strings.Fields(f[5]), Targets: strings.Fields(f[7]),
		Choice: strings.Contains(f[4], "C"), Modifier: strings.Contains(f[4], "M"),
		Summary: strings.Contains(f[4], "S"), Attribute: strings.Contains(f[4], "A"),
	}
	if set := t.sets[f[6]]; set != nil {
		e.codes, e.Codes, e.CodeSystem = set, set.codes, set.system
	}
	owner := t.types[len(t.types)-1]
	owner.Elements = append(owner.Elements, e)
	return nil
}

// check makes sure that every type named by an element is there, and that every
// primitive type has its check.
func (t *table) check() error {
	for _, typ := range t.types {
		if typ.Kind == KindPrimitive && typ.primitive == nil {
			return fmt.Errorf("no check for primitive type %s", typ.Name)
		}
		for _, e := range typ.Elements {
			for _, name := range e.Types {
				if t.byName[name] == nil {
					return fmt.Errorf("%s.%s: no type %s", typ.Name, e.Name, name)
				}
			}
		}
	}
	return nil
}

func newCodeSet(system string, codes []string) *codeSet {
	set := &codeSet{system: system, codes: codes, index: make(map[string]struct{}, len(codes))}
	for _, c := range codes {
		set.index[c] = struct{}{}
	}
	return set
}
