package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// bodies keeps the last body that a story sent for each resource, by "Task/T1".
type bodies map[string]map[string]any

// fill gives a step's body in full. One that begins with a line `like Type/ID` is the last body sent for that resource, with the members that
// stand below it in place of its own; null takes a member away. A PUT has the id of its path.
//
// Source: RFC 7396, JSON merge patch
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
	change := map[string]any{}
	if len(bytes.TrimSpace(rest)) > 0 {
		var err error
		if change, err = object(rest); err != nil {
			return nil, fmt.Errorf("what differs from %s: %w", name, err)
		}
	}
	merged := merge(whole, change)
	if typ, id, ok := strings.Cut(strings.TrimPrefix(step.Path, "/"), "/"); ok && step.Method == "PUT" && typ == merged["resourceType"] {
		merged["id"] = id
	}
	return json.Marshal(merged)
}

// keep remembers what a step sends.
func (b bodies) keep(step *Step) {
	whole, err := object(step.Body)
	if err != nil {
		return
	}
	if step.Method == "PUT" {
		b[strings.TrimPrefix(step.Path, "/")] = whole
	}
	entries, _ := whole["entry"].([]any)
	for _, e := range entries {
		entry, _ := e.(map[string]any)
		request, _ := entry["request"].(map[string]any)
		resource, _ := entry["resource"].(map[string]any)
		if url, _ := request["url"].(string); resource != nil && request["method"] == "PUT" {
			b[url] = resource
		}
	}
}

// object reads a JSON object and keeps its numbers as they are written.
func object(data []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var m map[string]any
	err := d.Decode(&m)
	return m, err
}

// merge gives the members of a with those of change in their place. Neither is altered.
func merge(a, change map[string]any) map[string]any {
	out := make(map[string]any, len(a)+len(change))
	for name, v := range a {
		out[name] = v
	}
	for name, v := range change {
		below, both := v.(map[string]any)
		old, _ := out[name].(map[string]any)
		switch {
		case v == nil:
			delete(out, name)
		case both:
			out[name] = merge(old, below)
		default:
			out[name] = v
		}
	}
	return out
}
