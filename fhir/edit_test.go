package fhir

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWith(t *testing.T) {
	t.Parallel()
	const input = `{ "resourceType": "Task", "status" : "draft",
  "intent": "order", "note": [ {"text":"a"} ] }`
	for _, c := range []struct {
		name  string
		edits []Edit
		want  string
	}{
		{"no edit", nil, input},
		{"a value replaced", []Edit{SetMember("status", []byte(`"requested"`))}, `{ "resourceType": "Task", "status" : "requested",
  "intent": "order", "note": [ {"text":"a"} ] }`},
		{"a member added", []Edit{SetMember("priority", []byte(`"stat"`))}, `{ "resourceType": "Task", "status" : "draft",
  "intent": "order", "note": [ {"text":"a"} ],"priority":"stat" }`},
		{"a member removed", []Edit{RemoveMember("intent")}, `{ "resourceType": "Task", "status" : "draft", "note": [ {"text":"a"} ] }`},
		{"the first member removed", []Edit{RemoveMember("resourceType")}, `{ "status" : "draft",
  "intent": "order", "note": [ {"text":"a"} ] }`},
		{"the last member removed", []Edit{RemoveMember("note")}, `{ "resourceType": "Task", "status" : "draft",
  "intent": "order" }`},
		{"an absent member removed", []Edit{RemoveMember("owner")}, input},
		{"an item appended", []Edit{AppendItem("note", []byte(`{"text":"b"}`))}, `{ "resourceType": "Task", "status" : "draft",
  "intent": "order", "note": [ {"text":"a"},{"text":"b"} ] }`},
		{"two items appended to nothing", []Edit{AppendItem("output", []byte(`1`)), AppendItem("output", []byte(`2`))}, `{ "resourceType": "Task", "status" : "draft",
  "intent": "order", "note": [ {"text":"a"} ],"output":[1,2] }`},
		{"one edit after another", []Edit{RemoveMember("note"), SetMember("note", []byte(`[]`)), AppendItem("note", []byte(`3`)), SetMember("status", []byte(`"x"`)), SetMember("status", []byte(`"y"`))}, `{ "resourceType": "Task", "status" : "y",
  "intent": "order","note":[3] }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := mustRead(t, input)
			assert.Equal(t, c.want, string(r.With(c.edits...)))
			assert.Equal(t, input, string(r.Bytes()), "the resource itself does not change")
		})
	}
}

func TestWithRemovesAllMembers(t *testing.T) {
	t.Parallel()
	r := mustRead(t, `{"resourceType":"Patient", "active":true}`)
	assert.Equal(t, `{ "active":true}`, string(r.With(RemoveMember("resourceType"))))
	assert.Equal(t, `{}`, string(r.With(RemoveMember("resourceType"), RemoveMember("active"))))
	assert.Equal(t, `{"id":"x"}`, string(r.With(RemoveMember("resourceType"), RemoveMember("active"), SetMember("id", []byte(`"x"`)))))
}
