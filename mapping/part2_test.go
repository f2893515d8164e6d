package mapping

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/mapping/workflow"
)

// Test6_1WhoIsAPart2Program: whoever works for such a program, is a part of it or a service of it is one: as who asks, who wrote the request, who is asked,
// and as whose work something is that is enclosed.
func Test6_1WhoIsAPart2Program(t *testing.T) {
	t.Parallel()
	orgs := func(ref string) []string {
		return map[string][]string{"PractitionerRole/dr": {"Organization/branch"}, "Organization/branch": {"Organization/delta"}, "HealthcareService/detox": {"Organization/delta"},
			"PractitionerRole/other": {"Organization/harbor"}}[ref]
	}
	for _, c := range []struct {
		name, requester, writer, owner string
		concerns                       bool
	}{
		{"nobody", "Organization/ref", "Organization/ref", "Organization/harbor", false},
		{"somebody else's worker", "PractitionerRole/other", "Organization/ref", "PractitionerRole/other", false},
		{"the program asks", "Organization/delta", "Organization/ref", "Organization/harbor", true},
		{"a part of it asks", "Organization/branch", "Organization/ref", "Organization/harbor", true},
		{"a worker of a part of it asks", "PractitionerRole/dr", "Organization/ref", "Organization/harbor", true},
		{"its client wrote the request", "Practitioner/dr", "Organization/delta", "Organization/harbor", true},
		{"it is asked", "Organization/ref", "Organization/ref", "Organization/delta", true},
		{"a service of it is asked", "Organization/ref", "Organization/ref", "HealthcareService/detox", true},
		{"a worker of it is asked", "Organization/ref", "Organization/ref", "PractitionerRole/dr", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.r.Request.Versions, s.r.Orgs = nil, orgs
			s.add(workflow.Referrer, c.writer, `{"resourceType":"ServiceRequest","id":"SR1","status":"active","intent":"order","subject":{"reference":"Patient/P1"},"requester":{"reference":"`+c.requester+`"}}`)
			s.add(workflow.Referrer, c.writer, `{"resourceType":"Task","id":"T1","status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/SR1"},"for":{"reference":"Patient/P1"},"owner":{"reference":"`+c.owner+`"}}`)
			mine := set
			mine.Partners = map[string]Partner{"Organization/delta": {Part2: true}}
			legs := mine.Ledgers(&s.r).Legs
			assert.Equal(t, c.concerns, legs[len(legs)-1].Part2)
		})
	}
	made := func(more string) Enclosure {
		return Enclosure{Ref: "Observation/D9", Role: workflow.Referrer, Party: "Organization/ref", Resource: resource(t,
			`{"resourceType":"Observation","id":"D9","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/P1"}`+more+`}`)}
	}
	for more, held := range map[string]bool{``: false, `,"performer":[{"reference":"Organization/harbor"}]`: false, `,"performer":[{"reference":"PractitionerRole/dr"}]`: true} {
		p := newParcel(t, "", harborOnly, made(more))
		p.r.Orgs, p.set.Partners = orgs, map[string]Partner{"Organization/delta": {Part2: true}}
		assert.Equal(t, held, len(p.pack().Withheld) > 0, more)
	}
}
