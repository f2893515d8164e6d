package engine

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/mapping"
)

// warmTalk is a referral and all that makes it warm, each resource on its own.
var warmTalk = []string{
	`{"resourceType":"ServiceRequest","id":"SR1","status":"active","intent":"order","priority":"urgent","code":{"text":"x"},"subject":{"reference":"Patient/P1"},"requester":{"reference":"Organization/ref"},"supportingInfo":[{"reference":"CareTeam/CT1"}]}`,
	`{"resourceType":"Task","id":"T1","status":"draft","intent":"order","focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"Organization/harbor"}}`,
	`{"resourceType":"PractitionerRole","id":"jr","organization":{"reference":"Organization/harbor"}}`,
	`{"resourceType":"PractitionerRole","id":"ed","organization":{"reference":"Organization/ref"}}`,
	`{"resourceType":"Communication","id":"K1","status":"completed","basedOn":[{"reference":"ServiceRequest/SR1"}],"category":[{"coding":[{"system":"urn:warmhandoff:element","code":"introduction"}]}],"medium":[{"coding":[{"code":"PHONE"}]}],"sent":"2026-03-02T16:30:00Z","sender":{"reference":"PractitionerRole/ed"},"recipient":[{"reference":"Patient/P1"},{"reference":"PractitionerRole/jr"}]}`,
	`{"resourceType":"DocumentReference","id":"D1","status":"current","content":[{"attachment":{"title":"x"}}],"context":{"related":[{"reference":"ServiceRequest/SR1"}]}}`,
	`{"resourceType":"AuditEvent","id":"A1","type":{"code":"rest"},"action":"R","recorded":"2026-03-02T16:40:00Z","agent":[{"who":{"reference":"PractitionerRole/jr"},"requestor":true}],"source":{"observer":{"reference":"Organization/harbor"}},"entity":[{"what":{"reference":"DocumentReference/D1"}}]}`,
	`{"resourceType":"Appointment","id":"AP1","status":"booked","start":"2026-03-05T18:00:00Z","end":"2026-03-05T19:00:00Z","created":"2026-03-02T16:00:00Z","basedOn":[{"reference":"ServiceRequest/SR1"}],"participant":[{"actor":{"reference":"Patient/P1"},"status":"accepted"}]}`,
	`{"resourceType":"Communication","id":"K2","status":"completed","basedOn":[{"reference":"ServiceRequest/SR1"}],"category":[{"coding":[{"system":"urn:warmhandoff:element","code":"check-in"}]}],"medium":[{"coding":[{"code":"PHONE"}]}],"sent":"2026-03-02T16:50:00Z","sender":{"reference":"PractitionerRole/ed"},"recipient":[{"reference":"Patient/P1"}]}`,
	`{"resourceType":"CareTeam","id":"CT1","status":"active","participant":[{"role":[{"coding":[{"system":"urn:warmhandoff:role","code":"navigator"}]}],"member":{"reference":"PractitionerRole/ed"}}]}`,
	`{"resourceType":"QuestionnaireResponse","id":"Q1","basedOn":[{"reference":"ServiceRequest/SR1"}],"questionnaire":"urn:warmhandoff:questionnaire:read-back","status":"completed","authored":"2026-03-02T16:55:00Z","source":{"reference":"Patient/P1"},"item":[{"linkId":"asked","answer":[{"valueBoolean":true}]}]}`,
}

// TestWarmthIsTheSameInWhateverOrderItComes: each resource that says something about warmth reaches the referral, also when what it leans on comes later.
func TestWarmthIsTheSameInWhateverOrderItComes(t *testing.T) {
	t.Parallel()
	want := map[string]string{"W3": "done shown", "W4": "done confirmed", "W5": "done shown", "W6": "done shown", "W8": "done shown", "W10": "done shown", "W9": "not-done"}
	for n := range 40 {
		order := rand.New(rand.NewPCG(uint64(n), 7)).Perm(len(warmTalk))
		f := start(t)
		for _, i := range order {
			f.apply(f.put(warmTalk[i]))
		}
		got := f.warmth("T1")
		for element, status := range want {
			require.Equal(t, status, got[element], "%s in the order %v", element, order)
		}
	}
}

// warmth gives what $handoff says of each element: "done shown".
func (f *fixture) warmth(task string) map[string]string {
	f.t.Helper()
	type parameter struct {
		Name        string
		ValueCode   string
		ValueString string
		Part        []parameter
	}
	var p struct{ Parameter []parameter }
	require.NoError(f.t, json.Unmarshal(f.handoff(task), &p))
	all := map[string]string{}
	for _, one := range p.Parameter {
		if one.Name != "warmth" {
			continue
		}
		said := map[string]string{}
		for _, part := range one.Part {
			said[part.Name] = part.ValueCode + part.ValueString
		}
		require.NotEmpty(f.t, said["name"])
		all[said["element"]] = strings.TrimSpace(said["status"] + " " + said["shown"])
	}
	require.Len(f.t, all, 12, "all twelve are listed")
	return all
}

func (f *fixture) handoff(task string) []byte {
	f.t.Helper()
	body, err := f.HandoffParameters(f.t.Context(), Principal{}, "Task", task)
	require.NoError(f.t, err)
	return body
}

func TestAnUrgentLegNeedsATelephone(t *testing.T) {
	t.Parallel()
	const (
		without = `{"resourceType":"Organization","id":"harbor","name":"x","telecom":[{"system":"email","value":"x@harbor.example"},{"system":"phone","use":"old","value":"555"}]}`
		with    = `{"resourceType":"Organization","id":"harbor","name":"x","telecom":[{"system":"phone","value":"555"}]}`
		contact = `{"resourceType":"Organization","id":"harbor","name":"x","contact":[{"telecom":[{"system":"phone","value":"555"}]}]}`
		service = `{"resourceType":"HealthcareService","id":"s1","providedBy":{"reference":"Organization/harbor"},"telecom":[{"system":"phone","value":"555"}]}`
	)
	for _, c := range []struct {
		name  string
		first []string
		calls bool
	}{
		{"an agency that nobody knows", nil, false},
		{"an agency with an e-mail address and an old number", []string{without}, false},
		{"an agency with a telephone", []string{with}, true},
		{"a contact with a telephone", []string{contact}, true},
		{"a service of it with a telephone", []string{without, service}, true},
	} {
		f := start(t)
		f.apply(f.put(warmTalk[0]))
		f.apply(f.put(warmTalk[1]))
		for _, body := range c.first {
			f.apply(f.put(body))
		}
		assert.Equal(t, !c.calls, strings.Contains(string(f.handoff("T1")), mapping.NoTelephone), c.name)
	}
	f := start(t)
	f.apply(f.put(strings.Replace(warmTalk[0], "urgent", "routine", 1)))
	f.apply(f.put(warmTalk[1]))
	assert.NotContains(t, string(f.handoff("T1")), mapping.NoTelephone, "a routine referral can wait for a letter")
}
