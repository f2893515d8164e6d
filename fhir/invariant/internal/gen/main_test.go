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
	out := filepath.Join(t.TempDir(), "invariants.gz")
	require.NoError(t, generate(folder, out))
	want, err := os.ReadFile(out)
	require.NoError(t, err)
	got, err := os.ReadFile("../../r4.invariants.gz")
	require.NoError(t, err)
	assert.Equal(t, want, got, "run go generate ./fhir/invariant")
}

func TestLines(t *testing.T) {
	t.Parallel()
	s := structure{Type: "Appointment", Kind: "resource", Derivation: "specialization"}
	s.Snapshot.Element = append(s.Snapshot.Element, definition{Path: "Appointment.participant", Constraint: []constraint{
		{Key: "app-1", Severity: "error", Human: "Either the type\nor actor", Expression: "type.exists() or actor.exists()"},
		{Key: "ele-1", Severity: "error", Expression: "hasValue()"},
		{Key: "dom-6", Severity: "warning", Expression: "text.exists()", Source: "http://hl7.org/fhir/StructureDefinition/DomainResource"},
		{Key: "words", Severity: "error", Human: "no expression"},
	}})
	assert.Equal(t, []string{"Appointment.participant\t\tapp-1\terror\ttype.exists() or actor.exists()\tEither the type or actor\n"}, lines(&s))
	s.Derivation = "constraint"
	assert.Empty(t, lines(&s))
}

func TestPlace(t *testing.T) {
	t.Parallel()
	typ, element := place("Organization.telecom")
	assert.Equal(t, "Organization telecom", typ+" "+element)
	typ, element = place("Bundle.entry")
	assert.Equal(t, "Bundle.entry ", typ+" "+element)
}
