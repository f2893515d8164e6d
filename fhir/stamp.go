package fhir

import (
	"bytes"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// instantLayout writes instants as the server does, in UTC.
const instantLayout = "2006-01-02T15:04:05.000Z"

// splice is a part of a resource's bytes to be replaced.
type splice struct {
	start, end int
	with       []byte
}

// apply makes the splices, which are in order and apart.
func apply(data []byte, splices []splice) []byte {
	size := len(data)
	for _, s := range splices {
		size += len(s.with)
	}
	out := make([]byte, 0, size)
	at := 0
	for _, s := range splices {
		out = append(out, data[at:s.start]...)
		out = append(out, s.with...)
		at = s.end
	}
	return append(out, data[at:]...)
}

// Stamp gives the resource's bytes with id, meta.versionId and
// meta.lastUpdated (UTC, milliseconds) set to what the server says. What is
// missing is put right behind resourceType, or first in meta; every other byte
// stays.
//
// Source: FHIR R4, http.html#create; resource.html#Meta
func (r *Resource) Stamp(id string, version int, updated time.Time) []byte {
	quotedID := quote(id)
	members := [2]stamped{
		{"versionId", quote(strconv.Itoa(version))},
		{"lastUpdated", quote(updated.UTC().Format(instantLayout))},
	}
	var missing []byte
	var splices []splice
	if v := r.Get("id"); v.Exists() {
		splices = append(splices, v.replace(quotedID))
	} else {
		missing = append(append(missing, `,"id":`...), quotedID...)
	}
	if meta := r.Get("meta"); meta.Exists() && meta.node().kind == object {
		splices = append(splices, r.stampMeta(meta, members)...)
	} else {
		missing = append(missing, `,"meta":{`...)
		missing = appendMembers(missing, members[:])
		missing = append(missing, '}')
	}
	_, end := r.Get("resourceType").Span()
	splices = append(splices, splice{end, end, missing})
	return apply(r.bytes, inOrder(splices))
}

// stamped is a member of meta that the server sets.
type stamped struct {
	name  string
	value []byte
}

func (r *Resource) stampMeta(meta Value, members [2]stamped) []splice {
	var splices []splice
	var missing []stamped
	for _, m := range members {
		if v := meta.Get(m.name); v.Exists() {
			splices = append(splices, v.replace(m.value))
		} else {
			missing = append(missing, m)
		}
	}
	if len(missing) == 0 {
		return splices
	}
	start, end := meta.Span()
	with := appendMembers(nil, missing)
	if len(bytes.TrimSpace(r.bytes[start+1:end-1])) > 0 {
		with = append(with, ',')
	}
	return append(splices, splice{start + 1, start + 1, with})
}

func appendMembers(dst []byte, members []stamped) []byte {
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = append(dst, m.name...)
		dst = append(dst, '"', ':')
		dst = append(dst, m.value...)
	}
	return dst
}

func (v Value) replace(with []byte) splice {
	start, end := v.Span()
	return splice{start, end, with}
}

// inOrder sorts the few splices of one resource by place.
func inOrder(splices []splice) []splice {
	for i := 1; i < len(splices); i++ {
		for j := i; j > 0 && splices[j].start < splices[j-1].start; j-- {
			splices[j], splices[j-1] = splices[j-1], splices[j]
		}
	}
	return splices
}

// quote writes a JSON string; bytes that are not UTF-8 are replaced.
func quote(s string) []byte {
	quoted, err := jsontext.AppendQuote(nil, s)
	if err != nil {
		quoted, _ = jsontext.AppendQuote(nil, string([]rune(s)))
	}
	return quoted
}
