// Package mapping is where FHIR's words and the workflow's words meet: FHIR resources become the evidence that the workflow folds, and the
// workflow's answer becomes FHIR again.
//
// It works in three steps, all pure:
//
//	FactOf(resource)          what one version of one resource says by itself; never changes, so it can be kept
//	Referral.Ledgers(…)       the facts of all that belongs to a referral, read together: one workflow.Ledger a leg
//	Amend, Parameters, …      the answer as FHIR: the Task as we would write it, the $handoff answer
//
// Each sign in a ledger remembers the version that it came from. Codes are data: ours are in code.go, those of a guide in the guide's own
// package below this one, which the program hands over in Settings.
package mapping

import (
	"time"

	"warmhandoff/mapping/workflow"
)

// Settings are what mapping is told of this installation, its partners and the guides that they speak.
type Settings struct {
	Self     string                    // the reference of our own organization, "" when there is none
	Base     string                    // our own FHIR base; absolute references below it are local
	Zone     *time.Location            // what a day is, where a date has no time
	Zones    map[string]*time.Location // by agency, where its site has another zone
	Partners map[string]Partner        // by party, "Organization/harbor"
	Guides   []Guide
	Visits   []Coding // classes of Encounter that are first visits here, beside those that always are

	// Navigators are parties known to be navigators, beside those who said so when they wrote something.
	Navigators []string

	// Means gives what carries a logical identity, as keys of stored resources: one for what everybody takes for one, several where nobody can tell which
	// is meant, none where nothing carries it. nil knows of none.
	Means func(Logical) []string `json:"-"`

	noted   *identities // where the resource that is being read notes how it names others
	vouched bool        // what is being read decides who may receive, is asked or asks
}

// At gives the settings with the zone of an agency's site: what a day is in its leg.
func (s Settings) At(agency string) Settings {
	if zone := s.Zones[agency]; zone != nil {
		s.Zone = zone
	}
	return s
}

// Partner is what is agreed with one organization.
type Partner struct {
	Treatment bool // basis: treatment; a treating provider may receive without a Consent, never 42 CFR Part 2 content
	Part2     bool // a 42 CFR Part 2 program: whatever concerns it counts as labelled
	// Cancel says how the referrer's side cancels what this agency has begun.
	Cancel workflow.Cancelling
	Mark   bool // a completed without evidence keeps its status; businessStatus alone tells
}

// Guide is the codes of one implementation guide, as data.
type Guide struct {
	Name     string // "bser"
	Source   string // guide, edition
	Business []BusinessCode
	Reasons  []ReasonCode
	Fulfil   []Coding // Task.code values that mean: see to this request
	// NoContact are codes that say that the person must not be contacted directly: of a Task, or of ServiceRequest.orderDetail.
	NoContact []Coding
	Activity  []Coding // Task.output.type values whose Procedure is the activity that resulted

	Events   []MessageEvent  // messages of the guide that are about a referral
	Purposes []MessageReason // MessageHeader.reason, where it says more than the event
	Declines []Coding        // Encounter.reasonCode of a cancelled Encounter that says: we do not take this referral
}

// Coding is a code in a code system. An empty System matches any.
type Coding struct {
	System string
	Code   string
}

// is reports whether a coding that was read is the one of a table.
func (c Coding) is(read Coding) bool {
	return c.Code == read.Code && (c.System == "" || c.System == read.System)
}

// BusinessCode says what a Task.businessStatus of a guide means, and which state of ours it is written for.
type BusinessCode struct {
	Coding
	Says    BusinessSaying
	State   workflow.State  // written for this state; "" when only read
	Reason  workflow.Reason // and this reason; "" for any
	Display string
}

// BusinessSaying is what a businessStatus tells about a visit.
type BusinessSaying string

// What a businessStatus can tell.
const (
	SaysNothing   BusinessSaying = ""
	SaysNoShow    BusinessSaying = "no-show"
	SaysVisitDone BusinessSaying = "visit-done" // a claim like any other
	SaysCancel    BusinessSaying = "cancel"     // the referrer's side asks for the cancellation
)

// ReasonCode says what a Task.statusReason of a guide means.
type ReasonCode struct {
	Coding
	Reason workflow.Reason
}
