package mapping

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

var letters = Settings{Base: "http://here.example/fhir", Guides: []Guide{{Name: "g", Events: []MessageEvent{
	{Coding: Coding{Code: "ask"}, Focus: []string{"ServiceRequest"}, By: ByRequester, Asks: true},
	{Coding: Coding{Code: "both"}, Focus: []string{"Task"}},
}}}}

func letter(t testing.TB, event, focus, entries string) (*Message, []fhir.Issue) {
	t.Helper()
	b, issues := fhir.Read([]byte(`{"resourceType":"Bundle","id":"b","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","id":"m",
"eventCoding":{"system":"http://e.example","code":"` + event + `"},"source":{"endpoint":"https://there.example/fhir/"},"focus":[{"reference":"` + focus + `"}]}}` + entries + `]}`))
	require.Empty(t, issues)
	return letters.ReadMessage(b, workflow.Agency)
}

func TestNamesOfAMessage(t *testing.T) {
	t.Parallel()
	m, issues := letter(t, "ask", "ServiceRequest/7", `,
{"resource":{"resourceType":"ServiceRequest","id":"7","status":"active","intent":"order","subject":{"reference":"Patient/8"},"performer":[{"reference":"Organization/9"}]}},
{"fullUrl":"https://there.example/fhir/Patient/8","resource":{"resourceType":"Patient","id":"8","generalPractitioner":[{"reference":"Practitioner/1"}]}},
{"fullUrl":"http://here.example/fhir/Organization/9","resource":{"resourceType":"Organization","id":"9","name":"Harbor"}},
{"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","resource":{"resourceType":"Organization","identifier":[{"system":"http://o.example","value":"1"}],"name":"Twice"}},
{"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","resource":{"resourceType":"Organization","identifier":[{"system":"http://o.example","value":"1"}],"name":"Twice"}}`)
	require.Empty(t, issues)
	request := m.Request()
	assert.Equal(t, []string{"urn:ietf:rfc:3986|https://there.example/fhir/ServiceRequest/7"}, request.Known, "an id alone is its sender's")
	assert.Empty(t, request.Resource.ID())
	assert.Equal(t, "https://there.example/fhir/Patient/8", request.Resource.Get("subject", "reference").Text())
	assert.Equal(t, "https://there.example/fhir/Practitioner/1", firstOf(m.only("Patient").Resource.Get("generalPractitioner")).Get("reference").Text(),
		"what did not come along keeps the sender's URL")
	var orgs []MessagePart
	for _, p := range m.Parts {
		if p.Resource.Type() == "Organization" {
			orgs = append(orgs, p)
		}
	}
	require.Len(t, orgs, 2, "what stands there twice is one")
	assert.Equal(t, "9", orgs[0].Local, "a name of ours is a resource of ours")
	made := m.only("Task")
	require.NotNil(t, made)
	assert.True(t, made.Made)
	assert.Equal(t, "http://here.example/fhir/Organization/9", made.Resource.Get("owner", "reference").Text(), "the performer, where the header names no receiver")
}

func TestTheRequestIsTheRequesters(t *testing.T) {
	t.Parallel()
	entries := `,{"resource":{"resourceType":"Task","id":"t","status":"accepted","intent":"order"}},
{"resource":{"resourceType":"ServiceRequest","id":"7","status":"revoked","intent":"order","subject":{"display":"x"}}}`
	m, issues := letter(t, "both", "Task/t", entries)
	require.Empty(t, issues)
	assert.True(t, m.Request().Keep, "an agency's copy changes nothing")
	assert.Equal(t, ByPerformer, m.Event.By)
}

func FuzzReadMessage(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Bundle","type":"message","entry":[{"resource":{"resourceType":"MessageHeader","id":"m","eventCoding":{"code":"ask"},"source":{"endpoint":"x"},"focus":[{"reference":"ServiceRequest/7"}]}},{"resource":{"resourceType":"ServiceRequest","id":"7","status":"active","intent":"order","subject":{"reference":"Patient/8"},"performer":[{"reference":"Organization/9"}]}}]}`))
	f.Add([]byte(`{"resourceType":"Bundle","type":"message","entry":[{"fullUrl":"urn:uuid:","resource":{"resourceType":"MessageHeader","eventUri":"urn:x","source":{"endpoint":"x"}}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, _ := fhir.Read(data)
		if b == nil || b.Type() != "Bundle" {
			return
		}
		m, issues := letters.ReadMessage(b, "")
		assert.True(t, m != nil || len(issues) > 0)
		if m == nil || m.ID == "" {
			return
		}
		answer, wrong := fhir.Read(letters.Bundle(m, &Reply{Code: ReplyOK, Header: "h", Outcome: "o"}))
		require.Empty(t, wrong)
		assert.Equal(t, "Bundle", answer.Type())
	})
}

// TestATaskOfAMessageGrowsWithWhatStands counts the bytes that a Task of a message takes as the next version of one with twice as many identifiers. It runs alone.
func TestATaskOfAMessageGrowsWithWhatStands(t *testing.T) {
	of := func(n int) int {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(`{"system":"urn:theirs","value":"%06d"}`, i)
		}
		standing, _ := fhir.Read([]byte(`{"resourceType":"Task","id":"t","status":"requested","intent":"order","identifier":[` + strings.Join(items, ",") + `]}`))
		sent, _ := fhir.Read([]byte(`{"resourceType":"Task","status":"accepted","intent":"order","identifier":[{"system":"urn:ours","value":"1"},{"system":"urn:theirs","value":"000001"}]}`))
		p := MessagePart{Resource: sent, Known: []string{"urn:ours|1", "urn:theirs|000001"}}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.Same(t, standing, p.Standing([]*fhir.Resource{standing}))
		over, err := p.Over(standing)
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		require.Len(t, over.Get("identifier").Items(), n+1)
		return int(after.TotalAlloc - before.TotalAlloc)
	}
	of(10)
	assert.Less(t, of(4000), 5*of(1000))
}
