package invariant

import (
	"testing"

	"warmhandoff/fhir"
)

// BenchmarkCheck is what $validate adds for an ordinary Task.
func BenchmarkCheck(b *testing.B) {
	r, _ := fhir.Read([]byte(`{"resourceType":"Task","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">x</div>"},"status":"requested","intent":"order",
		"code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},"focus":{"reference":"ServiceRequest/1"},"for":{"reference":"Patient/1"},
		"requester":{"reference":"Organization/1"},"owner":{"reference":"Organization/2"},"executionPeriod":{"start":"2026-03-02","end":"2026-03-03"}}`))
	for b.Loop() {
		if len(Check(b.Context(), r)) != 0 {
			b.Fatal("it breaks nothing")
		}
	}
}
