package search

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// patientParams are the published parameters that put a resource into a Patient's compartment: a type and its parameters in each line.
//
//go:embed compartment-patient.txt
var patientParams string

// localParams are ours. In R4 a Task is in nobody's compartment, and a person's Tasks are what referrals are about.
//
// Source: FHIR R4, compartmentdefinition-patient.html
// Source: local, Patient/[id]/Task
var localParams = map[string][]string{"Task": {"patient"}}

var compartments = sync.OnceValue(func() map[string]map[string][]string {
	patient := map[string][]string{}
	for line := range strings.Lines(patientParams) {
		words := strings.Fields(line)
		patient[words[0]] = words[1:]
	}
	for typ, names := range localParams {
		patient[typ] = names
	}
	return map[string]map[string][]string{"Patient": patient}
})

// Compartment gives the parameters by any of which a resource of a type is in the compartment of an owner, which is a resource of the type
// owner: "patient" and "performer" for a Procedure and a Patient. It gives none where the type is in no such compartment; only Patient has
// compartments here. The slice must not be changed.
//
// Source: FHIR R4, compartmentdefinition.html
func Compartment(owner, typ string) []string { return compartments()[owner][typ] }

// CompartmentTypes gives the types that may be in the compartment of an owner, sorted; none where the type has no compartments.
func CompartmentTypes(owner string) []string {
	var types []string
	for typ := range compartments()[owner] {
		types = append(types, typ)
	}
	slices.Sort(types)
	return types
}
