package fhir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// lax lets duplicate names pass: the reader tells each of them by itself.
var lax = jsontext.AllowDuplicateNames(true)

// syntax looks whether data is one JSON value in UTF-8 and no more, and gives
// the fatal issue if it is not.
//
// Source: RFC 8259, 8.1; FHIR R4, json.html
func syntax(data []byte) (Issue, bool) {
	if jsontext.Value(data).IsValid(lax) {
		return Issue{}, true
	}
	issue := Issue{Severity: Fatal, Code: CodeStructure}
	switch {
	case otherEncoding(data) != "":
		issue.Text = otherEncoding(data)
	case len(bytes.TrimLeft(data, " \t\r\n")) == 0:
		issue.Text = "The input is empty; a FHIR resource in JSON is expected."
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		issue.Text = "The input begins with a byte order mark; JSON must begin with the value itself."
	default:
		issue.Expression, issue.Text = syntaxError(data)
		if strings.HasSuffix(issue.Text, tooDeep) {
			issue.Code, issue.Text = CodeTooCostly, fmt.Sprintf("The input nests too deep; at most %d levels are read.", MaxDepth)
		}
	}
	return issue, false
}

// tooDeep ends the words of jsontext where an input nests beyond what it reads at all, which is far beyond MaxDepth.
const tooDeep = "exceeded max depth."

// syntaxError reads up to the error to tell where it is.
func syntaxError(data []byte) (expression, words string) {
	d := jsontext.NewDecoder(bytes.NewBuffer(data), lax)
	resourceType, expected := "", false
	for {
		token, err := d.ReadToken()
		if err != nil {
			return pointerPath(resourceType, d.StackPointer()), syntaxWords(data, err)
		}
		if d.StackDepth() == 0 {
			if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
				at := position(data, int(d.InputOffset()))
				return "", fmt.Sprintf("Something follows the end of the resource, at %s; send one resource.", at)
			}
		}
		if d.StackDepth() != 1 || token.Kind() != '"' {
			continue
		}
		if expected && IsResourceType(token.String()) {
			resourceType = token.String()
		}
		_, n := d.StackIndex(1)
		expected = n%2 == 1 && token.String() == "resourceType"
	}
}

// quoted is what jsontext repeats of the input.
var quoted = regexp.MustCompile(" `[^`]*`| \"(\\\\.|[^\"\\\\])*\"")

func syntaxWords(data []byte, err error) string {
	offset, words := len(data), "it ends too early"
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) && !errors.Is(err, io.ErrUnexpectedEOF) {
		offset, words = int(syntactic.ByteOffset), quoted.ReplaceAllString(syntactic.Err.Error(), "")
	}
	return fmt.Sprintf("Not valid JSON at %s: %s.", position(data, offset), words)
}

// pointerPath writes a JSON pointer as FHIRPath, as far as its names are
// those of elements.
func pointerPath(resourceType string, pointer jsontext.Pointer) string {
	if resourceType == "" {
		return ""
	}
	path, level := resourceType, 1
	for name := range pointer.Tokens() {
		level++
		switch {
		case level > MaxDepth:
			return path
		case isDigits([]byte(name)):
			path += "[" + name + "]"
		case isName(name):
			path += "." + strings.TrimPrefix(name, "_")
		default:
			return path
		}
	}
	return path
}

// position words a byte offset for people.
func position(data []byte, offset int) string {
	before := data[:min(max(offset, 0), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Sprintf("line %d, column %d", line, column)
}

// unquote gives the content of a JSON string: a part of raw, or a copy where
// there are escapes to resolve.
func unquote(raw []byte, escaped bool) []byte {
	if !escaped {
		return raw[1 : len(raw)-1 : len(raw)-1]
	}
	// raw is valid JSON, so this cannot fail
	content, _ := jsontext.AppendUnquote(nil, raw)
	return content
}
