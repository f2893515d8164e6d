package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheCommittedTableIsUpToDate(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("FHIR_R4_EXAMPLES")
	if folder == "" {
		t.Skip("FHIR_R4_EXAMPLES does not name the folder of the unpacked npm package hl7.fhir.r4.examples 4.0.1")
	}
	out := filepath.Join(t.TempDir(), "table.gz")
	require.NoError(t, generate(folder, "sdohcc.json,uscore.json", out))
	want, err := os.ReadFile(out)
	require.NoError(t, err)
	got, err := os.ReadFile("../../r4.search.gz")
	require.NoError(t, err)
	assert.Equal(t, want, got, "run go generate ./fhir/search")
}

func TestCompile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, part, typ, kind string
		want                  []string
	}{
		{"a path", "Task.status", "Task", "token", []string{"status:code"}},
		{"a path of another type", "Goal.subject", "Task", "reference", nil},
		{"a path through a backbone", "Appointment.participant.actor", "Appointment", "reference", []string{"participant.actor:Reference"}},
		{"a path without its type", "name", "InsurancePlan", "string", []string{"name:string"}},
		{"a choice, of which only dates are compared", "Procedure.performed", "Procedure", "date", []string{"performedDateTime:dateTime", "performedPeriod:Period"}},
		{"a cast before", "(Observation.value as Quantity)", "Observation", "quantity", []string{"valueQuantity:Quantity"}},
		{"a cast before, and on", "(Observation.value as CodeableConcept).text", "Observation", "string", []string{"valueCodeableConcept.text:string"}},
		{"a cast behind", "Condition.onset.as(Age)", "Condition", "quantity", []string{"onsetAge:Age"}},
		{"a cast of the newer form", "Task.output.value.ofType(Reference)", "Task", "reference", []string{"output.valueReference:Reference"}},
		{"one type of target", "Task.for.where(resolve() is Patient)", "Task", "reference", []string{"for:Reference?Patient"}},
		{"a filter", "Patient.telecom.where(system='phone')", "Patient", "token", []string{"telecom[system=phone]:ContactPoint"}},
		{"a filter on the way", "Library.relatedArtifact.where(type='depends-on').resource", "Library", "reference", []string{"relatedArtifact[type=depends-on].resource:canonical"}},
		{"whether it is there", "Patient.deceased.exists() and Patient.deceased != false", "Patient", "token",
			[]string{"deceasedBoolean:boolean", "deceasedDateTime:present", "=false"}},
		{"nothing that can be compared", "(Observation.value as SampledData)", "Observation", "quantity", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := compile(tt.part, tt.typ, tt.kind)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestCompileTellsWhatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]string{
		"a function":                            "Task.output.first()",
		"an element that there is not":          "Task.colour",
		"an element below text":                 "Task.status.colour",
		"a type that the element never has":     "Procedure.performed.as(Ratio)",
		"a target of what is no reference":      "Task.status.where(resolve() is Patient)",
		"a condition that is more than a value": "Task.identifier.where(system='a' or system='b')",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := compile(part, map[bool]string{true: "Procedure", false: "Task"}[part[0] == 'P'], "token")
			assert.Error(t, err)
		})
	}
}

func TestUnionIsPartedOutsideOfParentheses(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{"A.b", "(A.c | A.d)", "A.e"}, union("A.b | (A.c | A.d)|A.e"))
}

func TestTextOfOneOfSeveralTypes(t *testing.T) {
	t.Parallel()
	p := parameter{Description: "Multiple Resources: \r\n\r\n* [Goal](goal.html): Who this goal\r\n* [Task](task.html): Who  it is for\r\n"}
	assert.Equal(t, "Who it is for", p.text("Task"))
	assert.Equal(t, "Search by owner", parameter{Description: "Search by owner"}.text("Task"))
	assert.Empty(t, parameter{}.text("Task"))
}
