package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// Fact is what one version of one resource says to the workflow, by itself. It never changes and may be shared.
type Fact struct {
	Type    string
	Subject string   // "Patient/p1": whom it is about
	InWords bool     // of a record of a visit: whom it is about is said in words only
	Part2   bool     // labelled as 42 CFR Part 2 content
	Labels  []string // codes of meta.security

	// NotUnderstood is the FHIRPath of the first element that changes what the rest means in a way that is not known here, "Task.modifierExtension[0]";
	// "" where all is understood. What is not understood is not acted on.
	NotUnderstood string

	// About is what a record of a visit, or an appointment, names by basedOn and appointment.
	About []string

	Request       *requestFact
	Task          *taskFact
	Appointment   *appointmentFact
	Encounter     *encounterFact
	Procedure     *procedureFact
	Observation   *observationFact
	Communication *communicationFact
	Consent       *consentFact
	Answers       *answersFact
	Document      *documentFact
	Audit         *auditFact
	Team          *teamFact
	Person        *personFact
	Provenance    *provenanceFact
	Effect        *effectFact  // of a Task or Communication: what it says that we wrote it as
	Deceased      bool         // of a Patient
	Same          []string     // of a Patient: other ids of the same person
	Members       []membership // of a Group
	RoleOf        string       // of a PractitionerRole: its practitioner
	RoleAt        string       // of a PractitionerRole, HealthcareService, Location: its organization
	PartOf        string       // of an Organization
	RoleIn        []string     // of a PractitionerRole: its services
	RelativeOf    string       // of a RelatedPerson: the person
	identities
}

// FactOf reads a resource. Types that say nothing to the workflow give a Fact with nothing but the type.
func (s Settings) FactOf(r *fhir.Resource) *Fact {
	f := &Fact{Type: r.Type()}
	read, ok := readers[f.Type]
	if !ok {
		return f
	}
	f.Labels = labelsOf(r)
	f.Part2 = slices.Contains(f.Labels, codePart2)
	s.noted = &f.identities
	if f.NotUnderstood = notUnderstood(r); f.NotUnderstood == "" || !acts[f.Type] {
		read(s, r, f)
	}
	s.note(r)
	return f
}

// acts are the types that say what is to be done. One of which something is not understood is not read at all.
//
// Source: local, not understood means not acted on
var acts = map[string]bool{"ServiceRequest": true, "Task": true}

var readers = map[string]func(Settings, *fhir.Resource, *Fact){
	"ServiceRequest":    Settings.readRequest,
	"Task":              Settings.readTask,
	"Appointment":       Settings.readAppointment,
	"Encounter":         Settings.readEncounter,
	"Procedure":         Settings.readProcedure,
	"Observation":       Settings.readObservation,
	"Communication":     Settings.readCommunication,
	"Consent":           Settings.readConsent,
	"Provenance":        Settings.readProvenance,
	"Patient":           Settings.readPatient,
	"Group":             Settings.readGroup,
	"PractitionerRole":  Settings.readRole,
	"HealthcareService": Settings.readService,
	"Location":          Settings.readLocation,
	"RelatedPerson":     Settings.readRelative,
	"Organization":      Settings.readOrganization,

	"QuestionnaireResponse": Settings.readAnswers,
	"DocumentReference":     Settings.readDocument,
	"AuditEvent":            Settings.readAudit,
	"CareTeam":              Settings.readTeam,
}

func (s Settings) readPatient(r *fhir.Resource, f *Fact) {
	kind, v := r.Root().Choice("deceased")
	f.Deceased = kind == "DateTime" || kind == "Boolean" && v.Bool()
	f.Same = s.samePeople(r)
	f.Person = s.readPerson(r)
}

// readSubject reads whom a record of a visit is about.
func (s Settings) readSubject(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("subject"))
	f.InWords = f.Subject == "" && r.Get("subject").Exists()
}

func (s Settings) readRole(r *fhir.Resource, f *Fact) {
	f.RoleOf = s.ref(r.Get("practitioner"))
	f.RoleAt = s.party(r.Get("organization"))
	f.RoleIn = s.parties(r.Get("healthcareService"))
}

func (s Settings) readRelative(r *fhir.Resource, f *Fact) { f.RelativeOf = s.ref(r.Get("patient")) }

func (s Settings) readService(r *fhir.Resource, f *Fact) { f.RoleAt = s.party(r.Get("providedBy")) }

func (s Settings) readLocation(r *fhir.Resource, f *Fact) {
	f.RoleAt = s.party(r.Get("managingOrganization"))
}

func (s Settings) readOrganization(r *fhir.Resource, f *Fact) { f.PartOf = s.party(r.Get("partOf")) }

func (s Settings) refs(v fhir.Value) []string {
	var list []string
	for one := range v.All() {
		if r := s.ref(one); r != "" {
			list = append(list, r)
		}
	}
	return list
}

// refsAt is refs of an element, or of "entity.what": that part of each item.
func (s Settings) refsAt(r *fhir.Resource, element string) []string {
	outer, inner, nested := strings.Cut(element, ".")
	if !nested {
		return s.refs(r.Get(outer))
	}
	var list []string
	for item := range r.Get(outer).All() {
		list = append(list, s.refs(item.Get(inner))...)
	}
	return list
}

// codings gives all codings of a CodeableConcept, or of a list of them.
func codings(v fhir.Value) []Coding {
	var list []Coding
	for concept := range v.All() {
		for c := range concept.Get("coding").All() {
			list = append(list, Coding{c.Get("system").Text(), c.Get("code").Text()})
		}
	}
	return list
}

// codesIn gives the codes of a list of Codings.
func codesIn(v fhir.Value) []string {
	var list []string
	for c := range v.All() {
		list = append(list, c.Get("code").Text())
	}
	return list
}

// codesOf gives the codes of one system among codings.
func codesOf(list []Coding, system string) []string {
	var codes []string
	for _, c := range list {
		if c.System == system {
			codes = append(codes, c.Code)
		}
	}
	return codes
}

func anyIs(table []Coding, read []Coding) bool {
	for _, t := range table {
		for _, c := range read {
			if t.is(c) {
				return true
			}
		}
	}
	return false
}

// moment reads a date, dateTime or instant.
func (s Settings) moment(v fhir.Value) workflow.Moment {
	d, ok := fhir.ParseDateTime(v.Text())
	if !ok {
		return workflow.Moment{}
	}
	return workflow.Moment{At: workflow.Within(d.Start(s.zone())), Day: !d.Timed()}
}

// instant reads a date, dateTime or instant as a point in time: the first of the day where no time was written; zero when absent.
func (s Settings) instant(v fhir.Value) time.Time { return s.moment(v).At }

// endOf reads the end of a period: where no time was written the day is included.
func (s Settings) endOf(v fhir.Value) time.Time {
	d, ok := fhir.ParseDateTime(v.Text())
	if !ok {
		return time.Time{}
	}
	if d.Timed() {
		return workflow.Within(d.Start(s.zone()))
	}
	return workflow.Within(d.End(s.zone()))
}

// choiceMoment reads effective[x], performed[x] and the like: a dateTime, an instant, or the start of a Period.
func (s Settings) choiceMoment(r *fhir.Resource, base string) workflow.Moment {
	switch kind, v := r.Root().Choice(base); kind {
	case "DateTime", "Instant":
		return s.moment(v)
	case "Period":
		return s.moment(v.Get("start"))
	}
	return workflow.Moment{}
}

func (s Settings) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}
