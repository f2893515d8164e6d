package search_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// tell writes the conditions of a query, and of those inside it.
func tell(q *search.Query) string {
	var out []string
	if own := show(q.All); own != "" {
		out = append(out, own)
	}
	if q.IDs != nil {
		out = append(out, fmt.Sprintf("id %v", q.IDs))
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		out = append(out, "updated")
	}
	for _, c := range q.Chains {
		var ends []string
		for _, in := range c.Queries {
			ends = append(ends, in.Type+": "+tell(in))
		}
		out = append(out, c.Param+" -> ("+strings.Join(ends, " or ")+")")
	}
	for _, h := range q.Has {
		out = append(out, "<- "+h.Param+" of ("+tell(h.Query)+")")
	}
	return strings.Join(out, " & ")
}

func TestChains(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, typ, text, want string }{
		{"a chain with a type", "Task", "owner:Organization.identifier=urn:x|1", "Task.owner -> (Organization: Organization.identifier [urn:x|1])"},
		{"a chain to a system of tokens", "Task", "owner:Organization.type=urn:x|", "Task.owner -> (Organization: Organization.type [] [urn:x|]*)"},
		{"a chain without a type goes to every type that can answer", "Task", "owner.address-city=Oakland",
			"Task.owner -> (Organization: Organization.address-city [] [oakland]* or Patient: Patient.address-city [] [oakland]* or " +
				"Practitioner: Practitioner.address-city [] [oakland]* or RelatedPerson: RelatedPerson.address-city [] [oakland]*)"},
		{"a chain over a parameter of one type", "Task", "patient.identifier=urn:mrn|7", "Task.subject -> (Patient: Patient.identifier [urn:mrn|7])"},
		{"a chain to a profile", "PractitionerRole", "organization._profile=http://p/x", "PractitionerRole.organization -> (Organization: Organization._profile [http://p/x])"},
		{"a chain to an id", "Task", "patient._id=p", "Task.subject -> (Patient: id [p])"},
		{"a chain to a time of change", "Task", "patient._lastUpdated=ge2026", "Task.subject -> (Patient: updated)"},
		{"a chain with a modifier at its end", "Task", "patient.family:exact=Ng", "Task.subject -> (Patient: Patient.family [ng] & Patient.family= [Ng])"},
		{"a chain of two steps", "Task", "focus:ServiceRequest.subject:Patient.identifier=7",
			"Task.focus -> (ServiceRequest: ServiceRequest.subject -> (Patient: Patient.identifier [7]))"},
		{"repeated chains are two", "Task", "owner:Organization.name=a&owner:Organization.name=b",
			"Task.owner -> (Organization: Organization.name [] [a]*) & Task.owner -> (Organization: Organization.name [] [b]*)"},
		{"a chain beside a condition", "Task", "status=requested&owner:Organization.type=cbo", "Task.status [requested] & Task.owner -> (Organization: Organization.type [cbo])"},
		{"what a Task is about", "ServiceRequest", "_has:Task:focus:status=requested", "<- Task.focus of (Task.status [requested])"},
		{"who is in a Task", "Patient", "_has:Task:patient:status=requested", "<- Task.subject of (Task.status [requested])"},
		{"a way back of two steps", "Patient", "_has:ServiceRequest:patient:_has:Task:focus:status=requested",
			"<- ServiceRequest.subject of (<- Task.focus of (Task.status [requested]))"},
		{"a way back and on", "ServiceRequest", "_has:Task:focus:owner:Organization.name=harbor", "<- Task.focus of (Task.owner -> (Organization: Organization.name [] [harbor]*))"},
		{"a chain and a way back", "Task", "patient._has:Consent:patient:status=active", "Task.subject -> (Patient: <- Consent.patient of (Consent.status [active]))"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, tt.typ, tt.text, true)
			assert.Empty(t, issues)
			assert.Equal(t, tt.want, tell(&q))
			assert.NotEmpty(t, q.Self)
		})
	}
}

func TestChainsThatAreNotFollowed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, typ, text string
		refused         bool // otherwise ignored
	}{
		{"three steps", "Task", "focus:ServiceRequest.subject:Patient.general-practitioner:Practitioner.family=x", true},
		{"three steps back", "Patient", "_has:A:b:_has:C:d:_has:E:f:g=x", false},
		{"three steps back, all of them known", "Patient", "_has:ServiceRequest:patient:_has:Task:focus:_has:Provenance:target:agent=Organization/x", true},
		{"a code has no other end", "Task", "status.name=x", false},
		{"a type that is none", "Task", "owner:Agency.name=x", false},
		{"a parameter that the other end does not have", "Task", "owner:Organization.colour=x", false},
		{"a modifier that the other end does not take", "Task", "owner:Organization.name:below=x", true},
		{"a canonical, which names no resource of ours", "QuestionnaireResponse", "questionnaire.title=x", false},
		{"a way back that is cut short", "Patient", "_has:Task:patient=x", false},
		{"a way back over what cannot name this type", "Organization", "_has:Task:patient:status=x", false},
		{"a date at the other end that is none", "Task", "patient.birthdate=soon", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, tt.typ, tt.text, false)
			assert.Len(t, issues, 1)
			assert.Equal(t, tt.refused, fhir.Refused(issues), "%v", issues)
			assert.Empty(t, q.Self)
			_, issues = parse(t, tt.typ, tt.text, true)
			assert.True(t, fhir.Refused(issues), "strict")
		})
	}
}

func TestIncludes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want       search.Include
		ok         bool
	}{
		{"what a Task is about", "_include=Task:focus", search.Include{Type: "Task", Param: "Task.focus"}, true},
		{"only if it is a request", "_include=Task:focus:ServiceRequest", search.Include{Type: "Task", Param: "Task.focus", Target: "ServiceRequest"}, true},
		{"the person", "_include=Task:patient", search.Include{Type: "Task", Param: "Task.subject", Target: "Patient"}, true},
		{"what came of it", "_include=Task:output", search.Include{Type: "Task", Param: "Task.output", Loose: true}, true},
		{"of what was included", "_include:iterate=Organization:endpoint", search.Include{Iterate: true, Type: "Organization", Param: "Organization.endpoint"}, true},
		{"the same in the words of older versions", "_include:recurse=Organization:endpoint", search.Include{Iterate: true, Type: "Organization", Param: "Organization.endpoint"}, true},
		{"everything that a Task names", "_include=Task:*", search.Include{Type: "Task", Param: "*", Loose: true}, true},
		{"everything that anything names", "_include=*", search.Include{Type: "*", Param: "*", Loose: true}, true},
		{"what names this", "_revinclude=Provenance:target", search.Include{Reverse: true, Type: "Provenance", Param: "Provenance.target"}, true},
		{"and what names that", "_revinclude:iterate=Task:part-of", search.Include{Reverse: true, Iterate: true, Type: "Task", Param: "Task.part-of"}, true},
		{"every Provenance that names this", "_revinclude=Provenance:*", search.Include{Reverse: true, Type: "Provenance", Param: "*", Loose: true}, true},
		{"everything that names this is too much", "_revinclude=*", search.Include{}, false},
		{"a code names nothing", "_include=Task:status", search.Include{}, false},
		{"a parameter that is not known", "_include=Task:colour", search.Include{}, false},
		{"a type that is not known", "_include=Order:focus", search.Include{}, false},
		{"a target that is not known", "_include=Task:focus:Order", search.Include{}, false},
		{"no parameter", "_include=Task", search.Include{}, false},
		{"too many colons", "_include=Task:focus:ServiceRequest:x", search.Include{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			q, issues := parse(t, "Task", tt.text, false)
			if !tt.ok {
				assert.Empty(t, q.Includes)
				assert.Empty(t, q.Self)
				assert.Len(t, issues, 1)
				_, issues = parse(t, "Task", tt.text, true)
				assert.True(t, fhir.Refused(issues), "strict")
				return
			}
			assert.Empty(t, issues)
			assert.Equal(t, []search.Include{tt.want}, q.Includes)
			assert.Len(t, q.Self, 1)
		})
	}
}
