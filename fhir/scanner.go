package fhir

import (
	"bytes"
	"io"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// scanner is a JSON decoder over a whole document. It refuses what is not
// strict JSON in UTF-8, but leaves duplicate names to the reader, which can go
// on after one.
type scanner struct {
	decoder jsontext.Decoder
	buffer  bytes.Buffer
}

var scanners = sync.Pool{New: func() any { return new(scanner) }}

func newScanner(data []byte) *scanner {
	s := scanners.Get().(*scanner)
	s.buffer = *bytes.NewBuffer(data)
	s.decoder.Reset(&s.buffer, jsontext.AllowDuplicateNames(true))
	return s
}

// release lets go of the document.
func (s *scanner) release() {
	s.buffer = bytes.Buffer{}
	s.decoder.Reset(&s.buffer)
	scanners.Put(s)
}

// peek tells what the next value is; 0 if it is not JSON, '}' or ']' at the end
// of an object or array.
func (s *scanner) peek() kind { return kind(s.decoder.PeekKind()) }

// token takes a bracket.
func (s *scanner) token() error {
	_, err := s.decoder.ReadToken()
	return err
}

// scalar takes a name, string, number or literal and gives its bytes.
func (s *scanner) scalar() ([]byte, error) { return s.decoder.ReadValue() }

// offset is the place behind what was taken last.
func (s *scanner) offset() int { return int(s.decoder.InputOffset()) }

// atEnd reports whether nothing but white space is left.
func (s *scanner) atEnd() bool {
	_, err := s.decoder.ReadToken()
	return err == io.EOF
}

// unquote gives the content of a JSON string: a part of raw, or a copy if there
// are escapes to resolve.
func unquote(raw []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1 : len(raw)-1]
	}
	// a decoder took raw before, so this cannot fail
	content, _ := jsontext.AppendUnquote(nil, raw)
	return content
}

// resourceTypeIn looks for the member resourceType of the object that data
// begins with, for resources that do not begin with it.
func resourceTypeIn(data []byte) []byte {
	s := newScanner(data)
	defer s.release()
	if s.peek() != object || s.token() != nil {
		return nil
	}
	for s.peek() == text {
		name, err := s.scalar()
		if err != nil {
			return nil
		}
		if string(unquote(name)) == "resourceType" && s.peek() == text {
			value, err := s.scalar()
			if err != nil {
				return nil
			}
			return unquote(value)
		}
		if s.decoder.SkipValue() != nil {
			return nil
		}
	}
	return nil
}
