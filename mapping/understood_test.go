package mapping

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir"
)

func TestRuling33WhatIsNotUnderstood(t *testing.T) {
	t.Parallel()
	const request = `"status":"active","intent":"order","subject":{"reference":"Patient/p"}`
	const odd = `[{"url":"http://example.org/other-way-round","valueBoolean":true}]`
	for _, row := range []struct{ name, body, at string }{
		{"nothing unusual", `{"resourceType":"ServiceRequest",` + request + `}`, ""},
		{"an ordinary extension", `{"resourceType":"ServiceRequest","extension":` + odd + `,` + request + `}`, ""},
		{"a modifier extension", `{"resourceType":"ServiceRequest","modifierExtension":` + odd + `,` + request + `}`, "ServiceRequest.modifierExtension[0]"},
		{"implicit rules", `{"resourceType":"ServiceRequest","implicitRules":"http://example.org/rules",` + request + `}`, "ServiceRequest.implicitRules"},
		{"not to be done", `{"resourceType":"ServiceRequest","doNotPerform":true,` + request + `}`, "ServiceRequest.doNotPerform"},
		{"to be done", `{"resourceType":"ServiceRequest","doNotPerform":false,` + request + `}`, ""},
		{"perhaps not to be done", `{"resourceType":"ServiceRequest","_doNotPerform":{"extension":` + odd + `},` + request + `}`, "ServiceRequest.doNotPerform"},
		{"the name in escapes", `{"resourceType":"ServiceRequest","modifi\u0065rExtension":` + odd + `,` + request + `}`, "ServiceRequest.modifierExtension[0]"},
		{"in a part", `{"resourceType":"Task","status":"requested","intent":"order","input":[{"modifierExtension":` + odd + `,"type":{"text":"x"},"valueString":"y"}]}`,
			"Task.input[0].modifierExtension[0]"},
		{"in what it contains", `{"resourceType":"Task","status":"requested","intent":"order","contained":[{"resourceType":"Organization","id":"o","modifierExtension":` + odd +
			`,"name":"x"}],"owner":{"reference":"#o"}}`, "Task.contained[0].modifierExtension[0]"},
		{"of a visit", `{"resourceType":"Encounter","status":"finished","class":{"code":"AMB"},"modifierExtension":` + odd + `}`, "Encounter.modifierExtension[0]"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			r, issues := fhir.Read([]byte(row.body))
			require.Empty(t, issues)
			assert.Equal(t, row.at, Settings{}.FactOf(r).NotUnderstood)
		})
	}
}

// Each element of what is read here that R4 marks as isModifier is read, or makes a resource that has it one that is not understood.
func TestRuling33EachModifierElementIsInATable(t *testing.T) {
	t.Parallel()
	for name := range readers {
		typ, known := fhir.LookupType(name)
		require.True(t, known)
		listed := slices.Concat([]string{"modifierExtension", "implicitRules"}, readModifiers[name], modifyingFlags[name])
		for _, e := range typ.Elements {
			assert.Equal(t, e.Modifier, slices.Contains(listed, e.Name), "%s.%s", name, e.Name)
			for _, of := range e.Types {
				part, _ := fhir.LookupType(of)
				if part == nil || part.Kind != fhir.KindBackbone {
					continue
				}
				for _, inner := range part.Elements {
					assert.Equal(t, inner.Name == "modifierExtension", inner.Modifier, "%s.%s", of, inner.Name)
				}
			}
		}
	}
}
