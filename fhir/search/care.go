package search

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
)

// notOfCare are parameters of kind date that do not say when care was given or is to be.
//
// Source: local, $everything
var notOfCare = []string{"birthdate", "death-date", "value-date", "payment-date", "modified"}

// CareWithin reports whether the care that a resource speaks of touches the time from (included) to (not included); zero is open. What has no such date, as
// who somebody is, is within any time.
//
// Source: FHIR R4, patient-operation-everything.html (start, end: care dates, not record currency dates)
func CareWithin(r *fhir.Resource, from, to time.Time, opt Options) bool {
	if from.IsZero() && to.IsZero() {
		return true
	}
	lo, hi := openTime, endTime
	if !from.IsZero() {
		lo = moment(from)
	}
	if !to.IsZero() {
		hi = moment(to)
	}
	var dates []string
	for _, q := range Params(r.Type()) {
		if q.Kind == Date && !slices.Contains(notOfCare, q.Name) {
			dates = append(dates, q.Terms)
		}
	}
	dated := false
	for _, t := range Terms(r, opt) {
		if !slices.Contains(dates, t.Param) {
			continue
		}
		dated = true
		if begin, end, _ := strings.Cut(t.Value, ","); begin < hi && end > lo {
			return true
		}
	}
	return !dated
}
