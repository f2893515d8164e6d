package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"warmhandoff/fhir"
)

// bundle carries out a Bundle that was posted to the base.
//
// Source: FHIR R4, http.html 3.1.0.11 (batch/transaction)
func (s *Server) bundle(ctx context.Context, in *request) (*answer, error) {
	b, issues := fhir.Read(in.raw)
	if b == nil {
		return s.salvage(ctx, in, issues)
	}
	entries, err := s.entries(in, b, nil)
	if err != nil {
		return nil, err
	}
	if b.Get("type").Text() == "batch" {
		return s.batch(ctx, entries)
	}
	return s.transaction(ctx, in, b, entries)
}

// entries makes the requests of a Bundle. Places says where each entry stood in what was sent; nil: where it stands.
func (s *Server) entries(in *request, b *fhir.Resource, places []int) ([]entry, error) {
	if b.Type() != "Bundle" {
		return nil, fail(http.StatusBadRequest, fhir.CodeInvalid, b.Type()+".resourceType",
			"The base takes a Bundle; a "+b.Type()+" goes to [base]/"+b.Type()+".")
	}
	if kind := b.Get("type").Text(); kind != "transaction" && kind != "batch" {
		return nil, fail(http.StatusBadRequest, fhir.CodeValue, "Bundle.type",
			"The base carries out a transaction or a batch. A Bundle of another type can be stored by posting it to [base]/Bundle.")
	}
	sent := b.Get("entry").Items()
	if most := s.set.Limits.Entries; len(sent) > most {
		return nil, fail(http.StatusRequestEntityTooLarge, fhir.CodeTooCostly, "Bundle.entry", fmt.Sprintf("A Bundle may have at most %d entries.", most))
	}
	entries := make([]entry, len(sent))
	for i, v := range sent {
		n := i
		if places != nil {
			n = places[i]
		}
		entries[i] = s.entryAt(in, n, v)
	}
	return entries, nil
}

// salvage answers a Bundle that the strict reader refused. Of a batch whose only faults lie inside entries the other entries are carried out,
// since each stands alone; anything else is refused whole.
func (s *Server) salvage(ctx context.Context, in *request, issues []fhir.Issue) (*answer, error) {
	faults, inside := faultsByEntry(issues)
	if !inside {
		return nil, unread(issues)
	}
	total, places, rest := withoutEntries(in.raw, faults)
	if rest == nil {
		return nil, unread(issues)
	}
	b, more := fhir.Read(rest)
	if b == nil {
		return nil, unread(more)
	}
	good, err := s.entries(in, b, places)
	if err != nil {
		return nil, err
	}
	all := make([]entry, total)
	for n, found := range faults {
		if n < total {
			all[n] = entry{err: unread(found), of: &request{asked: in.asked, who: in.who, at: fmt.Sprintf("Bundle.entry[%d]", n)}}
		}
	}
	for i, e := range good {
		all[places[i]] = e
	}
	return s.batch(ctx, all)
}

var inEntry = regexp.MustCompile(`^Bundle\.entry\[(\d{1,9})\]`)

// faultsByEntry sorts issues by the entry that they are in; inside is false when one that refuses is elsewhere.
func faultsByEntry(issues []fhir.Issue) (faults map[int][]fhir.Issue, inside bool) {
	faults = map[int][]fhir.Issue{}
	for _, issue := range issues {
		m := inEntry.FindStringSubmatch(issue.Expression)
		if m == nil {
			if issue.Refuses() {
				return nil, false
			}
			continue
		}
		n, _ := strconv.Atoi(m[1])
		faults[n] = append(faults[n], issue)
	}
	return faults, true
}

// withoutEntries gives a batch without the entries that have faults, and for each that stays its place in the batch as sent, which had total
// entries. Rest is nil when the data is no JSON, or no batch.
func withoutEntries(data []byte, faults map[int][]fhir.Issue) (total int, places []int, rest []byte) {
	kept, isBatch := []byte(nil), false
	err := members(data, func(name string, value jsontext.Value) error {
		switch name {
		case "type":
			isBatch = string(value) == `"batch"`
		case "entry":
			return items(value, func(item jsontext.Value) error {
				if faults[total] == nil {
					places = append(places, total)
					kept = append(append(kept, ','), item...)
				}
				total++
				return nil
			})
		}
		return nil
	})
	if err != nil || !isBatch {
		return 0, nil, nil
	}
	rest = []byte(`{"resourceType":"Bundle","type":"batch"`)
	if len(places) > 0 {
		rest = append(append(append(rest, `,"entry":[`...), kept[1:]...), ']')
	}
	return total, places, append(rest, '}')
}

var errShape = errors.New("server: not the JSON that was looked for")

// members calls f for each member of a JSON object. The value is valid only during the call.
func members(data []byte, f func(name string, value jsontext.Value) error) error {
	d := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return errShape
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		member := name.String()
		value, err := d.ReadValue()
		if err == nil {
			err = f(member, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// items calls f for each item of a JSON array. The value is valid only during the call.
func items(data []byte, f func(item jsontext.Value) error) error {
	d := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '[' {
		return errShape
	}
	for d.PeekKind() != ']' {
		item, err := d.ReadValue()
		if err == nil {
			err = f(item)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
