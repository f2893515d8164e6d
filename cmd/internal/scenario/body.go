package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// bodies keeps the last body that a story sent for each resource, by "Task/T1".
type bodies map[string]json.RawMessage

// fill gives a step's body in full. One that begins with a line `like Type/ID` is the last body sent for that resource, with the members that
// stand below it in place of its own; null takes a member away. A PUT has the id of its path.
func (b bodies) fill(step *Step) ([]byte, error) {
	line, rest, _ := bytes.Cut(bytes.TrimLeft(step.Body, "\n"), []byte("\n"))
	name, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "like ")
	if !ok {
		return step.Body, nil
	}
	whole, ok := b[name]
	if !ok {
		return nil, fmt.Errorf("no step above sends %s", name)
	}
	changes := [][]byte{rest}
	if typ, id, ok := strings.Cut(strings.TrimPrefix(step.Path, "/"), "/"); ok && step.Method == "PUT" && strings.HasPrefix(name, typ+"/") {
		changes = append(changes, []byte(`{"id":`+strconv.Quote(id)+`}`))
	}
	for _, change := range changes {
		if len(bytes.TrimSpace(change)) == 0 {
			continue
		}
		var err error
		if whole, err = merge(whole, change); err != nil {
			return nil, fmt.Errorf("what differs from %s: %w", name, err)
		}
	}
	return whole, nil
}

// keep remembers what a step sends.
func (b bodies) keep(step *Step) {
	if step.Method == "PUT" {
		b[strings.TrimPrefix(step.Path, "/")] = step.Body
	}
	var bundle struct {
		Entry []struct {
			Request  struct{ Method, URL string }
			Resource json.RawMessage
		}
	}
	if json.Unmarshal(step.Body, &bundle) != nil {
		return
	}
	for _, e := range bundle.Entry {
		if e.Request.Method == "PUT" && e.Resource != nil {
			b[e.Request.URL] = e.Resource
		}
	}
}

// member is one member of a JSON object, its value as it is written.
type member struct {
	name  string
	value json.RawMessage
}

// members reads the members of a JSON object in their order.
func members(data []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("a JSON object should stand here: %w", orEnd(err))
	}
	var list []member
	for d.More() {
		var m member
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		m.name, _ = t.(string)
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	_, err := d.Token()
	return list, err
}

func orEnd(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// merge gives the object a with the members of change in place of its own. What it leaves alone keeps its bytes and its place.
//
// Source: RFC 7396, JSON merge patch
func merge(a, change []byte) ([]byte, error) {
	list, err := members(a)
	if err != nil {
		return nil, err
	}
	changes, err := members(change)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		i := slices.IndexFunc(list, func(m member) bool { return m.name == c.name })
		switch {
		case i < 0 && string(c.value) != "null":
			list = append(list, c)
		case i >= 0 && string(c.value) == "null":
			list = slices.Delete(list, i, i+1)
		case i >= 0 && c.value[0] == '{' && list[i].value[0] == '{':
			if list[i].value, err = merge(list[i].value, c.value); err != nil {
				return nil, err
			}
		case i >= 0:
			list[i].value = c.value
		}
	}
	return assembled(list), nil
}

func assembled(list []member) []byte {
	out := []byte{'{'}
	for i, m := range list {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			panic("scenario: a member's name cannot be written: " + err.Error())
		}
		out = append(append(append(out, name...), ':'), m.value...)
	}
	return append(out, '}')
}
