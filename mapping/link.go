package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// Link is one outgoing reference that the workflow follows. To is the resource that is named, or a shelf of it: "Patient/p1/consents" is where
// the Consents of a person stand, so that gathering a referral reads those and not everything else about the person.
type Link struct {
	Via string // the element: "focus", "basedOn", "subject", …
	To  string // "ServiceRequest/sr1", "Patient/p1/consents"
}

// The shelves of a person.
const (
	ShelfConsents = "/consents"
	ShelfStays    = "/stays"
	ShelfRequests = "/requests"
	ShelfRoles    = "/roles"
	ShelfSelf     = "/self"      // the person's own resource
	ShelfLinked   = "/linked"    // other resources of the same person
	ShelfGroups   = "/groups"    // households that a person is or was a member of
	ShelfTeams    = "/teams"     // care teams of the person
	ShelfServices = "/services"  // of an organization
	ShelfActs     = "/performed" // of a worker, service or place: what they own, asked for, took part in, or may be told
)

// linkRow says which element of which type is followed.
type linkRow struct {
	typ, element string
	shelf        string
}

// linkRows are the references that the workflow follows.
//
// Source: local, how each thing arrives
var linkRows = []linkRow{
	{"ServiceRequest", "subject", ShelfRequests},
	{"ServiceRequest", "supportingInfo", ""},
	{"ServiceRequest", "basedOn", ""},
	{"Task", "focus", ""},
	{"Task", "basedOn", ""},
	{"Task", "partOf", ""},
	{"Appointment", "basedOn", ""},
	{"Encounter", "basedOn", ""},
	{"Encounter", "appointment", ""},
	{"Procedure", "basedOn", ""},
	{"Observation", "basedOn", ""},
	{"Observation", "focus", ""},
	{"Communication", "basedOn", ""},
	{"Communication", "about", ""},
	{"QuestionnaireResponse", "basedOn", ""},
	{"DocumentReference", "context.related", ""},
	{"CareTeam", "subject", ShelfTeams},
	{"Consent", "patient", ShelfConsents},
	{"PractitionerRole", "practitioner", ShelfRoles},
	{"HealthcareService", "providedBy", ShelfServices},
	{"Observation", "performer", ShelfActs},
	{"Provenance", "target", ""},
}

// Links gives what a resource points at, as far as the workflow follows it. base is our own FHIR base; absolute references below it are local.
func (s Settings) Links(r *fhir.Resource) []Link {
	typ := r.Type()
	var list []Link
	add := func(via, to, shelf string) {
		if !strings.Contains(to, "/") || strings.Contains(to, "|") || strings.Contains(to, ":") {
			return
		}
		link := Link{Via: via, To: to + shelf}
		for _, l := range list {
			if l == link {
				return
			}
		}
		list = append(list, link)
	}
	workers := func(via string, refs []string) {
		for _, ref := range refs {
			if typ, _, _ := strings.Cut(ref, "/"); Works(typ) {
				add(via, ref, ShelfActs)
			}
		}
	}
	for _, row := range linkRows {
		if row.typ != typ {
			continue
		}
		for _, ref := range s.refsAt(r, row.element) {
			add(row.element, ref, row.shelf)
		}
	}
	switch typ {
	case "Group":
		for m := range r.Get("member").All() {
			add("member", s.ref(m.Get("entity")), ShelfGroups)
		}
	case "Patient":
		for _, other := range s.samePeople(r) {
			add("link", other, ShelfLinked)
		}
	case "ServiceRequest":
		workers("requester", []string{s.ref(r.Get("requester"))})
		if person := s.ref(r.Get("subject")); strings.HasPrefix(person, "Patient/") {
			for _, what := range services(codings(r.Get("code")), r.Get("code", "text").Text()) {
				add("code", person, ShelfAsks+what)
			}
		}
	case "Task":
		workers("owner", []string{s.ref(r.Get("owner"))})
		if who := s.ref(r.Get("for")); strings.HasPrefix(who, "Group/") {
			add("for", who, ShelfRequests)
		}
		if s.forbidsContact(codings(r.Get("code"))) {
			add("for", s.ref(r.Get("for")), ShelfStays)
		}
		for o := range r.Get("output").All() {
			if !oursAmong(codings(o.Get("type")), SystemOutput) {
				add("output", s.ref(o.Get("valueReference")), "")
			}
		}
	case "Appointment":
		for p := range r.Get("participant").All() {
			workers("participant", []string{s.ref(p.Get("actor"))})
		}
	case "Procedure":
		f := &Fact{}
		s.readProcedure(r, f)
		workers("performer", f.Procedure.Performers)
	case "Consent":
		workers("actor", recipients(s, r.Get("provision")))
	case "AuditEvent":
		f := &Fact{}
		s.readAudit(r, f)
		for _, l := range f.Audit.links() {
			add(l.Via, l.To, "")
		}
		if f.Audit.Read {
			workers("agent", f.Audit.Agents)
		}
	case "Communication":
		f := &Fact{}
		s.readCommunication(r, f)
		if slices.ContainsFunc(together, func(kind string) bool { return slices.Contains(f.Communication.Elements, kind) }) {
			workers("sender", []string{f.Communication.Sender})
			workers("recipient", f.Communication.To)
		}
	case "Encounter":
		f := &Fact{}
		s.readEncounter(r, f)
		workers("participant", f.Encounter.People)
		if f.Encounter.stay() {
			add("subject", f.Subject, ShelfStays)
		}
	}
	return list
}

// recipients gives whom a rule of a Consent and those within it name.
func recipients(s Settings, provision fhir.Value) []string {
	var list []string
	for a := range provision.Get("actor").All() {
		list = append(list, s.ref(a.Get("reference")))
	}
	for within := range provision.Get("provision").All() {
		list = append(list, recipients(s, within)...)
	}
	return list
}

// Works reports a type of whom or what belongs to an organization: whoever is named by such is known by what that says.
func Works(typ string) bool {
	return typ == "Practitioner" || typ == "PractitionerRole" || typ == "HealthcareService" || typ == "Location"
}

// OwnShelf gives the link by which a person's own resource stands on the person's shelves, and whether a type has one. It is kept apart from
// Links because a resource that is being created does not know its id yet.
func OwnShelf(typ, id string) (Link, bool) {
	return Link{Via: "self", To: typ + "/" + id + ShelfSelf}, typ == "Patient"
}
