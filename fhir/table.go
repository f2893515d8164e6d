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
	types    []*Type
	byName   map[string]*Type
	sets     map[string]*codeSet
	elements []Element           // of all types; each type has a part of it
	lists    map[string][]string // lists of names met before
}

// unpack reads the lines that internal/gen describes.
func unpack(packed []byte) (*table, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var unzipped strings.Builder
	unzipped.Grow(8 * len(packed))
	if _, err := io.Copy(&unzipped, zip); err != nil {
		return nil, err
	}
	text := unzipped.String()
	t := &table{
		byName: map[string]*Type{}, sets: map[string]*codeSet{}, lists: map[string][]string{},
		elements: make([]Element, 0, strings.Count(text, "\nE\t")),
	}
	for line := range strings.Lines(text) {
		if err := t.line(strings.TrimSuffix(line, "\n")); err != nil {
			return nil, err
		}
	}
	t.lists = nil
	return t, nil
}

func (t *table) line(line string) error {
	var fields [8]string
	f := fields[:0]
	for field := range strings.SplitSeq(line, "\t") {
		if len(f) == len(fields) {
			return fmt.Errorf("line too long: %q", line)
		}
		f = append(f, field)
	}
	switch {
	case len(f) == 4 && f[0] == "V":
		t.sets[f[1]] = newCodeSet(f[2], strings.Fields(f[3]))
		return nil
	case len(f) == 4 && f[0] == "T":
		typ := &Type{Name: f[1], Kind: Kind(f[2]), Abstract: f[3] != "", number: uint16(len(t.types)), primitive: primitives[f[1]]}
		t.types = append(t.types, typ)
		t.byName[typ.Name] = typ
		return nil
	case len(f) == 8 && f[0] == "E" && len(t.types) > 0 && len(t.elements) < cap(t.elements):
		return t.element(f)
	}
	return fmt.Errorf("line not understood: %q", line)
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
		Name: f[1], Min: low, Max: high, Types: t.list(f[5]), Targets: t.list(f[7]),
		Choice: strings.Contains(f[4], "C"), Modifier: strings.Contains(f[4], "M"),
		Summary: strings.Contains(f[4], "S"), Attribute: strings.Contains(f[4], "A"),
	}
	if set := t.sets[f[6]]; set != nil {
		e.codes, e.Codes, e.CodeSystem = set, set.codes, set.system
	}
	t.elements = append(t.elements, e)
	owner := t.types[len(t.types)-1]
	n := len(owner.Elements) + 1
	owner.Elements = t.elements[len(t.elements)-n : len(t.elements) : len(t.elements)]
	return nil
}

// list splits names at blanks; equal lists are one.
func (t *table) list(names string) []string {
	if names == "" {
		return nil
	}
	list, met := t.lists[names]
	if !met {
		list = strings.Fields(names)
		t.lists[names] = list
	}
	return list
}

func newCodeSet(system string, codes []string) *codeSet {
	set := &codeSet{system: system, codes: codes, index: make(map[string]struct{}, len(codes))}
	for _, c := range codes {
		set.index[c] = struct{}{}
	}
	return set
}
