package mapping

import (
	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// NoTelephone is the flag of a leg that is urgent and whose agency cannot be called.
//
// Source: local, an agency without a phone contact cannot be used for urgent and crisis legs
const NoTelephone = "It is urgent, and no telephone number of the agency is known."

// Calls reports whether a leg of this urgency has to be able to reach its agency by telephone.
func Calls(u workflow.Urgency) bool { return u == workflow.Urgent || u == workflow.Crisis }

// HasTelephone reports whether an Organization, HealthcareService or the like can be called: it, or a contact of it, has a telephone number
// that is in use.
//
// Source: FHIR R4, ContactPoint.system phone; ContactPoint.use old
func HasTelephone(r *fhir.Resource) bool {
	if calls(r.Get("telecom")) {
		return true
	}
	for c := range r.Get("contact").All() {
		if calls(c.Get("telecom")) {
			return true
		}
	}
	return false
}

func calls(telecom fhir.Value) bool {
	for t := range telecom.All() {
		if t.Get("system").Text() == "phone" && t.Get("value").Text() != "" && t.Get("use").Text() != "old" {
			return true
		}
	}
	return false
}
