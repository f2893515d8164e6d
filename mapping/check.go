package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// TaskMove is what a Task asks for.
type TaskMove struct {
	Status workflow.Status
	Reason workflow.Reason
	Owner  string
	Marked bool // it carries our own businessStatus: whoever sends it read a version of ours
	Asks   bool // it asks for the cancellation
}

// IsEcho reports that a Task comes back with the status that we wrote over its parties' last word. Our completed comes back only with our
// businessStatus: without, whoever sends it says completed themselves, whether or not they know that we do.
//
// Source: local, while we hold or have closed, a Task that comes back with our own status is an echo
func IsEcho(m TaskMove, last, ours workflow.Status) bool {
	return ours != "" && m.Status == ours && last != ours && (m.Marked || ours != workflow.TaskCompleted)
}

// Move gives what a Task asks for that is a referral, or may be one; false for anything else.
func (f *Fact) Move() (TaskMove, bool) {
	if f.Kept() {
		return TaskMove{}, false
	}
	return f.Said()
}

// Said gives the move that a Task would make if it were one that is followed; false for what is no Task, or is not understood.
func (f *Fact) Said() (TaskMove, bool) {
	if f.Task == nil {
		return TaskMove{}, false
	}
	return f.Task.move(), true
}

// Kept reports a Task that is no referral, as far as it alone tells.
func (f *Fact) Kept() bool { return f.Task != nil && f.Task.Kept != "" }

// InError reports a request or Task that says of itself that it was a mistake.
func (f *Fact) InError() bool {
	return f.Task != nil && f.Task.Status == workflow.TaskInError || f.Request != nil && f.Request.Status == "entered-in-error"
}

// Fact gives what a resource says by its newest version that is understood, or would say if it were not deleted; an empty one for none.
func (h *History) Fact() *Fact {
	for i := len(h.Versions) - 1; i >= 0; i-- {
		if f := h.Versions[i].Fact; f != nil {
			return f
		}
	}
	return &Fact{}
}

func (t *taskFact) move() TaskMove {
	return TaskMove{Status: t.Status, Reason: t.Reason, Owner: t.Owner, Marked: t.Marked, Asks: t.Says == SaysCancel}
}

// Requests gives the ServiceRequests that a Task is about.
func (f *Fact) Requests() []string {
	if f.Task == nil {
		return nil
	}
	return f.Task.Requests
}

// Requests gives the ServiceRequests that the newest version of a Task is about.
func (h *History) Requests() []string {
	if t := lastTask(h); t != nil {
		return t.Requests
	}
	return nil
}

// Asks reports whether a ServiceRequest asks for something to be done, and whether its requester ended it.
func (f *Fact) Asks() (asks, final bool) {
	if f.Request == nil {
		return false, false
	}
	return f.Request.asks(), f.Request.Status == "completed" || f.Request.Status == "revoked"
}

// Followed reports whether a ServiceRequest asks for something to be done, now or once.
func (h *History) Followed() bool {
	return slices.ContainsFunc(h.Versions, func(v Version) bool {
		return v.Fact != nil && v.Fact.Request != nil && v.Fact.Request.asks()
	})
}

// Owner gives the owner that the newest version of a Task names.
func (h *History) Owner() string {
	if t := lastTask(h); t != nil {
		return t.Owner
	}
	return ""
}

// CheckReason refuses a Task.statusReason in our own systems with a code that is not ours: it would be read as no reason at all.
func (s Settings) CheckReason(r *fhir.Resource) []fhir.Issue {
	for _, c := range codings(r.Get("statusReason")) {
		if c.System != SystemReason && c.System != SystemCloseReason {
			continue
		}
		_, end := workflow.EndOf(workflow.Reason(c.Code))
		_, pause := workflow.PauseOf(workflow.Reason(c.Code))
		if end || pause || c.System == SystemReason && slices.Contains(otherReasons, workflow.Reason(c.Code)) {
			continue
		}
		return []fhir.Issue{{
			Severity: fhir.Error, Code: fhir.CodeCodeInvalid, Expression: "Task.statusReason.coding",
			Text: "This code of " + c.System + " is not known. To pause: " + names(workflow.Pauses, func(p workflow.Pause) string { return string(p.Reason) }) +
				". To end: " + names(workflow.Ends, func(e workflow.End) string { return string(e.Reason) }) + ".",
		}}
	}
	return nil
}

// otherReasons are codes of our reason system that may stand in a statusReason beside pauses and ends.
var otherReasons = []workflow.Reason{
	workflow.NoNews, workflow.ClaimOnly, workflow.InConflict, workflow.UnclearNoShow, workflow.Retracted, workflow.Missed,
	workflow.CancelledByPerson, workflow.CouldNotReach, workflow.DecisionNeeded, workflow.PersonMismatch, workflow.DidNotComeAttribute, "reopened", workflow.Refuted,
}

func names[T any](rows []T, name func(T) string) string {
	list := make([]string, len(rows))
	for i, r := range rows {
		list[i] = name(r)
	}
	return strings.Join(list, ", ")
}

// CheckAttestation refuses an attestation of a visit that cannot be one: about the future, or without a result.
//
// Source: local, an attestation about the future is refused
func (s Settings) CheckAttestation(r *fhir.Resource, now time.Time, skew time.Duration) []fhir.Issue {
	f := &Fact{}
	s.readObservation(r, f)
	o := f.Observation
	if !o.Attests || observationInError(f) {
		return nil
	}
	var issues []fhir.Issue
	if o.Result == "" {
		issues = append(issues, fhir.Issue{
			Severity: fhir.Error, Code: fhir.CodeRequired, Expression: "Observation.valueCodeableConcept",
			Text: "An attested visit says what happened, in a coding of " + SystemVisitResult + ": " + names(visitResults, func(v workflow.Saying) string { return string(v) }) + ".",
		})
	}
	if at := o.At; !at.IsZero() && (at.Day && at.At.After(now) || !at.Day && at.At.After(workflow.Plus(now, skew))) {
		issues = append(issues, fhir.Issue{
			Severity: fhir.Error, Code: fhir.CodeBusinessRule, Expression: "Observation.effective",
			Text: "Nobody can attest a visit that has not happened: the time given lies in the future. Send this after the visit, with the time at which it took place.",
		})
	}
	return issues
}
