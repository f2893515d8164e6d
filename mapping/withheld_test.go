package mapping

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"warmhandoff/fhir"
)

// eachElement calls f for every element of a type, also of its parts.
func eachElement(name string, seen map[string]bool, f func(fhir.Element)) {
	typ, known := fhir.LookupType(name)
	if !known || seen[name] {
		return
	}
	seen[name] = true
	for _, e := range typ.Elements {
		f(e)
		for _, of := range e.Types {
			if part, _ := fhir.LookupType(of); part != nil && part.Kind == fhir.KindBackbone {
				eachElement(of, seen, f)
			}
		}
	}
}

// Every type that labels itself by an element of its own is in the table: what bears a label beside meta.security is not overlooked.
func TestEveryElementThatLabelsIsInATable(t *testing.T) {
	t.Parallel()
	for _, typ := range fhir.ResourceTypes() {
		eachElement(typ, map[string]bool{}, func(e fhir.Element) {
			if typ != "Consent" && typ != "MedicinalProductIngredient" && (e.Name == "securityLabel" || e.Name == "confidentiality") {
				assert.Equal(t, e.Name, labelElements[typ], typ)
			}
		})
	}
}

// bystanders are elements that may name a patient, and not whom the resource is about: somebody who wrote it, pays, takes part or is told.
var bystanders = []string{"actor", "asserter", "author", "contributor", "deliverTo", "enterer", "expressedBy", "informationSource", "operator", "owner", "payor", "performer",
	"policyHolder", "receiver", "recipient", "recorder", "requester", "sender", "source", "subscriber"}

// Every element of a resource, at its top, that may name a patient says whom it is about, or stands here as one that does not.
func TestEveryElementThatSaysWhomIsInATable(t *testing.T) {
	t.Parallel()
	for _, name := range fhir.ResourceTypes() {
		typ, _ := fhir.LookupType(name)
		for _, e := range typ.Elements {
			if slices.Contains(e.Targets, "Patient") && !e.Choice && !slices.Contains(aboutWhom, e.Name) {
				assert.Contains(t, bystanders, e.Name, "%s.%s", name, e.Name)
			}
		}
	}
}
