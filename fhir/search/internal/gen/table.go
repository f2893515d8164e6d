package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// table writes the lines of the table, and names what is left out and why.
func (d *definitions) table() (text []byte, left []string, err error) {
	var lines []string
	for _, p := range d.params {
		if why := p.leftOut(); why != "" {
			left = append(left, p.URL+": "+why)
			continue
		}
		for _, typ := range p.Base {
			line, err := p.line(typ)
			if err != nil {
				return nil, nil, fmt.Errorf("%s for %s: %w", p.URL, typ, err)
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	var out bytes.Buffer
	for _, l := range lines {
		out.WriteString(l + "\n")
	}
	return out.Bytes(), left, nil
}

// apart are the parameters that are not read from terms, or that promise what we do not do.
var apart = map[string]string{
	"_id":          "answered from the key",
	"_lastUpdated": "answered from the order of writing",
	"phonetic":     "there is no comparison by sound; name and family compare by letters",
}

// leftOut says why a parameter has no place in the table, "" if it has one.
func (p parameter) leftOut() string {
	switch {
	case strings.Contains(p.URL, "/SearchParameter/example"):
		return "an example of a definition"
	case p.Type == "composite", p.Type == "special":
		return "of the kind " + p.Type
	case p.Expression == "":
		return "it has no expression"
	case strings.Contains(p.Expression, "xtension("):
		return "about an extension"
	case strings.Contains(p.Expression, ".entry[0]."):
		return "about what a Bundle holds"
	}
	return apart[p.Code]
}

func (p parameter) line(typ string) (string, error) {
	var paths []string
	for _, part := range union(p.Expression) {
		its, err := compile(part, typ, p.Type)
		if err != nil {
			return "", fmt.Errorf("%s: %w", part, err)
		}
		for _, path := range its {
			if !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	if len(paths) == 0 {
		return "", errors.New("nothing of it can be compared as a " + p.Type)
	}
	if typ == "Resource" {
		typ = ""
	}
	return strings.Join([]string{"P", typ, p.Code, p.Type, p.URL, strings.Join(paths, " "), strings.Join(p.Target, " "), p.text(typ)}, "\t"), nil
}

// union parts an expression at the bars that stand outside of parentheses.
func union(expression string) []string {
	var parts []string
	depth, from := 0, 0
	for i, c := range expression {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(expression[from:i]))
				from = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(expression[from:]))
}
