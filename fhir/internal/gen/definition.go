package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// definitions is what the table is made from.
type definitions struct {
	structures []structure
	valueSets  map[string]valueSet
	systems    map[string]codeSystem
}

// structure is the part of a StructureDefinition that the table needs.
type structure struct {
	Name       string `json:"name"`
	Type       string `json:"type"`
	Kind       string `json:"kind"`
	Abstract   bool   `json:"abstract"`
	Derivation string `json:"derivation"`
	Snapshot   struct {
		Element []element `json:"element"`
	} `json:"snapshot"`
}

// element is the part of an ElementDefinition that the table needs.
type element struct {
	Path string `json:"path"`
	Min  int    `json:"min"`
	Max  string `json:"max"`
	Base struct {
		Path string `json:"path"`
	} `json:"base"`
	Type             []elementType `json:"type"`
	ContentReference string        `json:"contentReference"`
	Representation   []string      `json:"representation"`
	IsModifier       bool          `json:"isModifier"`
	IsSummary        bool          `json:"isSummary"`
	Binding          struct {
		Strength string `json:"strength"`
		ValueSet string `json:"valueSet"`
	} `json:"binding"`
}

type elementType struct {
	Code          string   `json:"code"`
	TargetProfile []string `json:"targetProfile"`
}

type valueSet struct {
	URL     string `json:"url"`
	Compose struct {
		Include []struct {
			System   string    `json:"system"`
			Concept  []concept `json:"concept"`
			Filter   []any     `json:"filter"`
			ValueSet []string  `json:"valueSet"`
		} `json:"include"`
		Exclude []any `json:"exclude"`
	} `json:"compose"`
}

type codeSystem struct {
	URL     string    `json:"url"`
	Content string    `json:"content"`
	Concept []concept `json:"concept"`
}

type concept struct {
	Code    string    `json:"code"`
	Concept []concept `json:"concept"`
}

// readDefinitions reads the types of R4 (not their profiles, nor the logical
// models), the value sets and the code systems.
func readDefinitions(folder string) (*definitions, error) {
	defs := &definitions{valueSets: map[string]valueSet{}, systems: map[string]codeSystem{}}
	err := eachFile(folder, "StructureDefinition-*.json", func(s structure) {
		if s.Kind != "logical" && s.Derivation != "constraint" {
			defs.structures = append(defs.structures, s)
		}
	})
	if err != nil {
		return nil, err
	}
	sort.Slice(defs.structures, func(i, j int) bool { return defs.structures[i].Type < defs.structures[j].Type })
	if err := eachFile(folder, "ValueSet-*.json", func(v valueSet) { defs.valueSets[v.URL] = v }); err != nil {
		return nil, err
	}
	if err := eachFile(folder, "CodeSystem-*.json", func(c codeSystem) { defs.systems[c.URL] = c }); err != nil {
		return nil, err
	}
	return defs, nil
}

// eachFile decodes every file of a pattern; it is an error if there is none.
func eachFile[T any](folder, pattern string, use func(T)) error {
	names, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("no %s in %s", pattern, folder)
	}
	sort.Strings(names)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var v T
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(name), err)
		}
		use(v)
	}
	return nil
}

// codes lists what a value set holds, and its code system where it has but one.
// It gives nothing for a set that cannot be listed from the package (MIME
// types, currencies, UCUM units, LOINC answers), or whose codes hold blanks, which
// the table cannot write.
func (d *definitions) codes(url string) (system string, codes []string) {
	set, known := d.valueSets[withoutVersion(url)]
	if !known || len(set.Compose.Exclude) > 0 {
		return "", nil
	}
	systems := map[string]bool{}
	for _, include := range set.Compose.Include {
		if len(include.Filter) > 0 || len(include.ValueSet) > 0 {
			return "", nil
		}
		list := include.Concept
		if len(list) == 0 {
			list = d.systems[include.System].Concept
		}
		if len(list) == 0 {
			return "", nil
		}
		codes = flatten(codes, list)
		systems[include.System] = true
		system = include.System
	}
	if len(systems) > 1 {
		system = ""
	}
	if slices.ContainsFunc(codes, func(c string) bool { return strings.ContainsAny(c, " \t\n") }) {
		return "", nil
	}
	return system, codes
}

// flatten appends the codes of a tree of concepts, parents first.
func flatten(codes []string, list []concept) []string {
	for _, c := range list {
		codes = append(codes, c.Code)
		codes = flatten(codes, c.Concept)
	}
	return codes
}

func withoutVersion(canonical string) string {
	url, _, _ := strings.Cut(canonical, "|")
	return url
}
