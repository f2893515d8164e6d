// Gen writes the table of invariants that package invariant embeds.
//
// Its input is the folder of the unpacked npm package hl7.fhir.r4.examples 4.0.1 (CC0), named by the flag -package or by the environment variable
// FHIR_R4_EXAMPLES. Its output is a gzip file of lines whose fields are parted by tabs:
//
//	type  element  key  severity  expression  words
//
// Type is a type of the element table, a backbone one by its path; element is "" where the rule is about the type, and else the element of it that
// the rule is about. A rule that a type only repeats from DomainResource or Element is written once, with that type; ele-1 and ext-1, which the
// strict reader checks of everything, are left out. The same input gives the same bytes.
//
// Run it with:
//
//	FHIR_R4_EXAMPLES=…/package go generate ./fhir/invariant
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

func main() {
	log.SetFlags(0)
	folder := flag.String("package", os.Getenv("FHIR_R4_EXAMPLES"), "folder of the unpacked package hl7.fhir.r4.examples")
	out := flag.String("out", "r4.invariants.gz", "file to write")
	flag.Parse()
	if err := generate(*folder, *out); err != nil {
		log.Fatalf("gen: %v", err)
	}
}

// structure is the part of a StructureDefinition that the table needs.
type structure struct {
	Type       string `json:"type"`
	Kind       string `json:"kind"`
	Derivation string `json:"derivation"`
	Snapshot   struct {
		Element []definition `json:"element"`
	} `json:"snapshot"`
}

type definition struct {
	Path       string       `json:"path"`
	Constraint []constraint `json:"constraint"`
	Type       []struct {
		Profile []string `json:"profile"`
	} `json:"type"`
}

type constraint struct {
	Key        string `json:"key"`
	Severity   string `json:"severity"`
	Human      string `json:"human"`
	Expression string `json:"expression"`
	Source     string `json:"source"`
}

func generate(folder, out string) error {
	if folder == "" {
		return errors.New("name the folder of hl7.fhir.r4.examples 4.0.1 in FHIR_R4_EXAMPLES or with -package")
	}
	names, err := filepath.Glob(filepath.Join(folder, "StructureDefinition-*.json"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("no definitions in %s: %w", folder, err)
	}
	var all []string
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var s structure
		if err := json.Unmarshal(data, &s); err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(name), err)
		}
		all = append(all, lines(&s)...)
	}
	slices.Sort(all)
	packed, err := pack([]byte(strings.Join(slices.Compact(all), "")))
	if err != nil {
		return err
	}
	return os.WriteFile(out, packed, 0o644)
}

// simple is what a Quantity must keep where it is a SimpleQuantity, which is a profile and not a type.
//
// Source: FHIR R4, datatypes.html#SimpleQuantity, sqty-1
var simple = constraint{Key: "sqty-1", Severity: "error", Human: "The comparator is not used on a SimpleQuantity", Expression: "comparator.empty()"}

// lines gives the rules of one type.
func lines(s *structure) []string {
	if s.Kind == "logical" || s.Derivation == "constraint" {
		return nil
	}
	var list []string
	for _, e := range s.Snapshot.Element {
		typ, element := place(e.Path)
		for _, t := range e.Type {
			if slices.Contains(t.Profile, "http://hl7.org/fhir/StructureDefinition/SimpleQuantity") {
				e.Constraint = append(e.Constraint, simple)
			}
		}
		for _, c := range e.Constraint {
			if c.Expression == "" || repeated(s, c) {
				continue
			}
			list = append(list, strings.Join([]string{typ, element, c.Key, c.Severity, oneLine(c.Expression), oneLine(c.Human)}, "\t")+"\n")
		}
	}
	return list
}

// repeated reports whether a rule stands with a type that has it from another.
func repeated(s *structure, c constraint) bool {
	if c.Key == "ele-1" || c.Key == "ext-1" {
		return true
	}
	from := strings.TrimPrefix(c.Source, "http://hl7.org/fhir/StructureDefinition/")
	return from == "DomainResource" && s.Type != "DomainResource" || from == "Element" && s.Type != "Element"
}

// place gives the type that a path is of, or the type and the element of it.
func place(path string) (typ, element string) {
	if _, known := fhir.LookupType(path); known {
		return path, ""
	}
	dot := strings.LastIndexByte(path, '.')
	return path[:max(dot, 0)], path[dot+1:]
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func pack(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}
