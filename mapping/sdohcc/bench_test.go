package sdohcc

import (
	"testing"

	"warmhandoff/fhir"
	"warmhandoff/fhir/profile"
)

// BenchmarkCheck is what a write that claims a profile costs more, where the answer speaks of it.
func BenchmarkCheck(b *testing.B) {
	for _, line := range []struct{ name, profile, input string }{
		{"Task", "TaskForReferralManagement", `{"resourceType":"Task","status":"requested","intent":"order","code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
			"focus":{"reference":"ServiceRequest/1"},"for":{"reference":"Patient/1"},"authoredOn":"2026","requester":{"reference":"Organization/1"},"owner":{"reference":"Organization/2"}}`},
		{"ServiceRequest", "ServiceRequest", request + `,"category":[` + own + `"food-insecurity"}]}]}`},
	} {
		r, err := fhir.ReadStored([]byte(line.input))
		if err != nil {
			b.Fatal(err)
		}
		p, _ := profile.Find(Profiles, definition+"SDOHCC-"+line.profile)
		b.Run(line.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(p.Check(r)) > 0 {
					b.Fatal("it keeps the profile")
				}
			}
		})
	}
}
