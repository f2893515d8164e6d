package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// outcome says what a record is worth.
type outcome string

const (
	counts outcome = "counts" // as the grade that gradeOf gives
	asks   outcome = "asked about"
	none   outcome = "is none"
)

// evidenceRow is one row of the table of evidence. The first that holds decides; its name is the answer to "why".
type evidenceRow struct {
	name   string
	of     []string // types
	when   string   // it holds, in words
	holds  func(*leg, *record) bool
	gives  outcome
	note   string // why, for people
	source string
}

var (
	ofEncounter   = []string{"Encounter"}
	ofAppointment = []string{"Appointment"}
	ofProcedure   = []string{"Procedure"}
	ofAttestation = []string{"Observation"}
	ofAll         = []string{"Encounter", "Appointment", "Procedure", "Observation"}
)

// withoutPerson names the row of a booking in which the person takes no part.
const withoutPerson = "without-the-person"

// evidence is the table: what a record that says that the person came is worth as evidence of a first visit.
var evidence = []evidenceRow{
	{"not-understood", ofAll, "It has a modifier extension or implicit rules that are not known here.",
		func(_ *leg, r *record) bool { return r.v.Fact.NotUnderstood != "" },
		none, "not understood: ", "ruling 33"},
	{"referrers-word", ofAll, "The referrer's side wrote it, and nobody else.",
		func(_ *leg, r *record) bool { return r.bare },
		none, "the referrer's side alone says so", "ruling 36"},
	{"origin", []string{"Encounter", "Appointment", "Procedure"}, "It is the contact at which the person was referred (ServiceRequest.encounter).",
		(*leg).isOrigin,
		none, "it is where the person was referred", "ruling 36"},
	{"introduction", ofEncounter, "It is typed as the introduction.",
		func(_ *leg, r *record) bool { return r.v.Fact.Encounter.Introduction },
		none, "it is the introduction, which is never a visit", "ruling 36"},
	{"ends-before-it-starts", ofEncounter, "It ends before it starts.",
		func(_ *leg, r *record) bool { return r.v.Fact.Encounter.EndsBefore },
		none, "it ends before it starts", "K10"},
	{"somebody-else", []string{"Encounter", "Procedure", "Observation"}, "Its subject is not the person, or no id or identifier of theirs.",
		(*leg).isElse,
		none, "it is about somebody else", "ruling 36"},
	{"other-group", []string{"Encounter", "Procedure", "Observation"}, "Its subject is a group of which the person is none.",
		func(c *leg, r *record) bool { return c.notOfGroup(r.v.Fact.Subject) },
		none, "it is about a group to which the person does not belong", "ruling 36"},
	{"somebody-elses-relative", ofAttestation, "Who says so is another patient, or a relative of somebody else.",
		(*leg).isStrangers,
		none, "it is the word of somebody else, or of a relative of somebody else", "ruling 36"},
	{"not-final", ofAttestation, "It is registered or preliminary, or its status is not known.",
		func(_ *leg, r *record) bool { return !r.v.Fact.Observation.final() },
		asks, "it is not final", "FHIR R4, observation-status"},
	{"referrers-visit", []string{"Encounter", "Procedure", "Observation"}, "It names the referrer's side as having done it.",
		func(_ *leg, r *record) bool { return r.place == placeReferrer },
		none, "it is a visit at the referrer", "ruling 36"},
	{"elsewhere", []string{"Encounter", "Procedure"}, "It names another organization, and no appointment of this leg.",
		func(_ *leg, r *record) bool { return r.place == placeElsewhere && r.booking == "" },
		none, elsewhere, "evidence rule"},
	{"another-place", []string{"Encounter", "Appointment"}, "It names an organization above the agency, or none and a place or worker of another one, and nobody of the agency.",
		func(_ *leg, r *record) bool { return r.place == placeDoubtful },
		asks, "it names a place, a worker or an organization that is not the agency's own, and nobody of the agency", "ruling 36"},
	{"provider-in-words", ofEncounter, "Its provider is named in words only, and the agency did not write it.",
		func(_ *leg, r *record) bool { return r.place == placeUnsaid && r.v.Fact.Encounter.ProviderInWords },
		asks, "it names the provider in words only", "ruling 36"},
	{withoutPerson, ofAppointment, "The person is no participant.",
		func(c *leg, r *record) bool { return !c.isSubject(r.v.Fact.Appointment.Patients...) },
		none, "the person takes no part in it", "ruling 36"},
	{"person-declined", ofAppointment, "The person declined to take part, and it says that they came.",
		func(c *leg, r *record) bool { return c.personDeclined(r.v.Fact.Appointment) },
		asks, "the person declined to take part in it", "ruling 36"},
	{"group", []string{"Encounter", "Procedure", "Observation"}, "Its subject is a group.",
		func(_ *leg, r *record) bool { return strings.HasPrefix(r.v.Fact.Subject, "Group/") },
		asks, "it is about a group, and proves nothing about one person", "ruling 36"},
	{"in-words-only", []string{"Encounter", "Procedure", "Observation"}, "Its subject is named in words only.",
		func(_ *leg, r *record) bool { return r.v.Fact.InWords },
		asks, "it names the person in words only", "ruling 36"},
	{"nobody-named", ofEncounter, "It has no subject, and names no appointment in which the person takes part.",
		func(_ *leg, r *record) bool { return r.v.Fact.Subject == "" && r.booking == "" },
		asks, "it does not say whose visit it was", "ruling 36"},
	{"several-patients", ofAppointment, "Several patients take part.",
		func(c *leg, r *record) bool { return c.withOthers(r.v.Fact.Appointment) },
		asks, "several patients took part, and it does not say which of them came", "ruling 36"},
	{"emergency", ofEncounter, "Its class is an emergency, and the site does not list it.",
		func(_ *leg, r *record) bool { return r.v.Fact.Encounter.Kind == kindEmergency },
		asks, "an emergency encounter is not the first visit", "ruling 36"},
	{"class", ofEncounter, "Its class is none of AMB, VR, HH, FLD, v2 O and R, and none that the site lists.",
		func(_ *leg, r *record) bool { return r.v.Fact.Encounter.Kind != kindVisit },
		asks, "its class is none of those that are first visits", "ruling 36"},
	{"K11", ofEncounter, "It is linked by its request alone, untyped, before any booking, and our navigator or the referrer's staff took part.",
		func(c *leg, r *record) bool { return r.booking == "" && c.maybeIntroduction(r.v.Fact.Encounter) },
		asks, "it may be the introduction: a navigator or the referrer took part, and no visit was booked", "K11"},
	{"short-call", ofEncounter, "It is virtual, of no appointment, on a day without a booking, and took less than 15 minutes or has no end.",
		(*leg).isShortCall,
		asks, "it may be no more than a call: virtual, short, and nothing was booked that day", "ruling 36"},
	{"one-house", []string{"Encounter", "Appointment", "Procedure", "Observation"}, "Referrer and agency are one organization, and it names no service, place or worker that was asked.",
		func(_ *leg, r *record) bool { return r.place == placeUnclear },
		asks, "referrer and agency are one organization, and it does not say which of its services this was", "ruling 36"},
	{"nobody-said-by-whom", ofProcedure, "It does not say who performed it.",
		func(_ *leg, r *record) bool { return r.place == placeUnsaid && len(r.by) == 0 },
		asks, "Procedure completed, nobody said by whom", "ruling 17"},
	{"not-there", ofAttestation, "Who says so is not known to have been there.",
		func(_ *leg, r *record) bool { return r.voice == workflow.Claimed },
		asks, "attested by somebody who is not known to have been there", "ruling 24"},
	{"undated", ofAll, "It has no time, and names no appointment that gives it one.",
		func(_ *leg, r *record) bool { return r.at.IsZero() && r.booking == "" && !r.decides },
		asks, "it does not say when", "ruling 35"},
	{"visit", ofAll, "The agency's own dated record of the person, or the word of somebody who was there.",
		func(*leg, *record) bool { return true },
		counts, "", "evidence rule"},
}

// gradeOf grades a record that counts.
//
// Source: local, evidence rule, grades A to D
func (c *leg) gradeOf(r *record) (workflow.Grade, string) {
	if r.self && r.v.Fact.Observation == nil {
		return workflow.GradeD, "the person's own record"
	}
	switch f := r.v.Fact; {
	case f.Encounter != nil:
		e := f.Encounter
		inferred := e.Start.IsZero() || r.place == placeElsewhere || r.place == placeUnsaid && r.booking == "" || f.Subject == "" || r.loose()
		switch {
		case e.here():
			return workflow.GradeB, "Encounter " + e.Status
		case inferred:
			return workflow.GradeB, "Encounter " + e.Status + ", its link inferred"
		}
		return workflow.GradeA, "Encounter " + e.Status
	case f.Appointment != nil:
		return workflow.GradeB, "Appointment " + f.Appointment.Status
	case f.Procedure != nil:
		return workflow.GradeB, "Procedure completed"
	}
	switch r.voice {
	case workflow.Self:
		return workflow.GradeD, "the person's own word"
	case workflow.Guide:
		return workflow.GradeC, "attested by a navigator who was there"
	}
	return workflow.GradeC, "attested by the agency"
}

// loose reports an Encounter that names neither request nor appointment.
func (r *record) loose() bool {
	return r.v.Fact.Encounter != nil && len(r.v.Fact.About) == 0 && r.booking == "" && !r.decides
}

// briefCall is how long a call has to last to be more than one about a date.
const briefCall = 15 * time.Minute

// isShortCall reports what may be a call to find a date.
//
// Source: local, ruling 36
func (c *leg) isShortCall(r *record) bool {
	e := r.v.Fact.Encounter
	if e.Class != workflow.Virtual || len(e.Appointments) > 0 {
		return false
	}
	booked := func(b workflow.Booking) bool {
		return b.Status == workflow.Booked && !b.Start.IsZero() && sameDay(b.Start, e.Start.At, c.s.zone())
	}
	if !e.Start.IsZero() && slices.ContainsFunc(c.ledger.Bookings, booked) {
		return false
	}
	return e.End.IsZero() || e.End.Sub(e.Start.At) < briefCall
}

// isStrangers reports an attestation by another patient, or by a relative of somebody else.
func (c *leg) isStrangers(r *record) bool {
	who := r.by
	if len(who) == 0 && r.v.Role == workflow.Person {
		who = []string{r.v.Party}
	}
	return slices.ContainsFunc(who, func(ref string) bool {
		return strings.HasPrefix(ref, "Patient/") && !c.isSubject(ref) || c.othersRelative(ref)
	})
}

// othersRelative reports a RelatedPerson who is known to be somebody else's.
//
// Source: FHIR R4, relatedperson.html, RelatedPerson.patient
func (c *leg) othersRelative(ref string) bool {
	if !strings.HasPrefix(ref, "RelatedPerson/") || c.r.r.RelativeOf == nil {
		return false
	}
	of := c.r.r.RelativeOf(ref)
	return of != "" && !c.isSubject(of)
}
