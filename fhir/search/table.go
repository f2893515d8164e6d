package search

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
)

// packed is the table of search parameters as internal/gen writes it.
//
//go:embed r4.search.gz
var packed []byte

// row is one search parameter of one type as the table has it.
type row struct {
	name, kind, url, paths, targets, text string
}

// table is the whole table, by type. Types are compiled into plans when they are first asked for.
type table struct {
	rows map[string][]row // "" for the parameters of every type
}

var r4 = sync.OnceValue(func() *table {
	t, err := unpack(packed)
	if err != nil {
		panic(fmt.Sprintf("search: the embedded table of parameters: %v", err))
	}
	return t
})

// unpack reads the lines that internal/gen describes.
func unpack(packed []byte) (*table, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	text.Grow(12 * len(packed))
	if _, err := io.Copy(&text, zip); err != nil {
		return nil, err
	}
	t := &table{rows: map[string][]row{}}
	for line := range strings.Lines(text.String()) {
		if err := t.line(strings.Split(strings.TrimSuffix(line, "\n"), "\t")); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func (t *table) line(f []string) error {
	if len(f) != 8 || f[0] != "P" {
		return fmt.Errorf("line not understood: %q", f)
	}
	typ := f[1]
	t.rows[typ] = append(t.rows[typ], row{name: f[2], kind: f[3], url: f[4], paths: f[5], targets: f[6], text: f[7]})
	return nil
}
