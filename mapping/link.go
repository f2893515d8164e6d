package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping/distinct"
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
	ShelfVisits   = "/visits"    // of a person: Encounters that name neither a request nor an appointment
	ShelfBookings = "/bookings"  // of a person: Appointments for a request
	ShelfActs     = "/performed" // of a worker, service or place: what they own, asked for, took part in, or may be told
)

// ViaVisit is the link of an Encounter to the shelf of those that name neither a request nor an appointment.
const ViaVisit = "visit"

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

// Links gives what a resource points at, as far as the workflow follows it; by Settings.Means also what it names by an identifier. What names its request
// by one that nothing carries waits for that request, and what nobody can tell apart is noted with each of those that may be meant.
func (s Settings) Links(r *fhir.Resource) []Link {
	links, _ := s.Follow(r)
	return links
}

// Follow is Links with the identities that have to be known for it.
func (s Settings) Follow(r *fhir.Resource) ([]Link, []Logical) {
	p := &pointing{Settings: s, f: &Fact{}}
	p.noted = &p.f.identities
	for _, row := range linkRows {
		if row.typ != r.Type() {
			continue
		}
		for _, ref := range p.refsAt(r, row.element) {
			p.add(row.element, ref, row.shelf)
		}
	}
	if further := pointers[r.Type()]; further != nil {
		further(p, r)
	}
	return p.list.Items(), p.f.logical
}

// note notes how a resource names what it only points at. Of one that names all by their places it reads nothing.
func (s Settings) note(r *fhir.Resource) {
	for _, element := range followed[r.Type()] {
		outer, inner, nested := strings.Cut(element, ".")
		for v := range r.Get(outer).All() {
			if !nested {
				s.noteOne(v)
				continue
			}
			for one := range v.Get(inner).All() {
				s.noteOne(one)
			}
		}
	}
}

func (s Settings) noteOne(v fhir.Value) {
	if text := v.Get("reference").Text(); text == "" || text[0] == '#' {
		s.ref(v)
	}
}

// followed are the elements of linkRows by type.
var followed = func() map[string][]string {
	list := map[string][]string{}
	for _, row := range linkRows {
		list[row.typ] = append(list[row.typ], row.element)
	}
	return list
}()

// The links of what is named by an identifier.
const (
	ViaIdentity = "identifier" // To is IdentityLink of a name: whatever comes with that identifier, or loses it, changes what this one means
	ViaUnclear  = "unclear"    // To is a request that may be meant, and others may be too
)

// IdentityLink gives what a resource points at that names another by an identity.
func IdentityLink(name string) string { return "identifier:" + name }

// WaitsFor gives the name of the request for which something waits by an identifier, as if it were its id: "ServiceRequest/identifier:system|value".
func WaitsFor(name string) string { return "ServiceRequest/" + IdentityLink(name) }

// pointing collects the links of one resource.
type pointing struct {
	Settings
	f    *Fact // to read a part of the resource into
	list distinct.List[Link]
}

func (p *pointing) add(via, to, shelf string) {
	if !placed(to) {
		p.logical(via, to)
		return
	}
	p.list.Put(Link{Via: via, To: to + shelf})
}

// logical adds for what waits, and for what may be meant, of a request that is named by an identity.
func (p *pointing) logical(via, name string) {
	if via != "basedOn" && via != "focus" {
		return
	}
	for i := range p.f.logical {
		l := &p.f.logical[i]
		if l.Name != name && !strings.HasSuffix(name, "#"+l.Name) || !l.may("ServiceRequest") {
			continue
		}
		p.list.Put(Link{Via: via, To: WaitsFor(l.Name)})
		if p.Means == nil {
			return
		}
		for _, key := range p.Means(*l) {
			if strings.HasPrefix(key, "ServiceRequest/") {
				p.list.Put(Link{Via: ViaUnclear, To: key})
			}
		}
		return
	}
}

// workers adds those who work somewhere.
func (p *pointing) workers(via string, refs ...string) {
	for _, ref := range refs {
		if typ, _, _ := strings.Cut(ref, "/"); Works(typ) {
			p.add(via, ref, ShelfActs)
		}
	}
}

// pointers add the links that no row of linkRows can say, by type.
var pointers = map[string]func(*pointing, *fhir.Resource){
	"Group": func(p *pointing, r *fhir.Resource) {
		for m := range r.Get("member").All() {
			p.add("member", p.ref(m.Get("entity")), ShelfGroups)
		}
	},
	"Patient": func(p *pointing, r *fhir.Resource) {
		for _, other := range p.samePeople(r) {
			p.add("link", other, ShelfLinked)
		}
	},
	"ServiceRequest": (*pointing).ofRequest,
	"Task":           (*pointing).ofTask,
	"Appointment": func(p *pointing, r *fhir.Resource) {
		asked := len(p.refsAt(r, "basedOn")) > 0
		for one := range r.Get("participant").All() {
			ref := p.ref(one.Get("actor"))
			if p.workers("participant", ref); asked && strings.HasPrefix(ref, "Patient/") {
				p.add("participant", ref, ShelfBookings)
			}
		}
	},
	"Procedure": func(p *pointing, r *fhir.Resource) {
		p.readProcedure(r, p.f)
		p.workers("performer", p.f.Procedure.Performers...)
	},
	"Consent":       (*pointing).ofConsent,
	"AuditEvent":    (*pointing).ofAudit,
	"Communication": (*pointing).ofCommunication,
	"Encounter": func(p *pointing, r *fhir.Resource) {
		p.readEncounter(r, p.f)
		p.workers("participant", p.f.Encounter.People...)
		if p.f.Encounter.stay() {
			p.add("subject", p.f.Subject, ShelfStays)
		} else if len(p.f.About) == 0 && strings.HasPrefix(p.f.Subject, "Patient/") {
			p.add(ViaVisit, p.f.Subject, ShelfVisits)
		}
	},
}

func (p *pointing) ofRequest(r *fhir.Resource) {
	p.workers("requester", p.party(r.Get("requester")))
	if person := p.ref(r.Get("subject")); strings.HasPrefix(person, "Patient/") && placed(person) {
		for _, what := range services(codings(r.Get("code")), r.Get("code", "text").Text()) {
			p.add("code", person, ShelfAsks+what)
		}
	}
}

func (p *pointing) ofTask(r *fhir.Resource) {
	p.workers("owner", p.party(r.Get("owner")))
	if who := p.ref(r.Get("for")); strings.HasPrefix(who, "Group/") {
		p.add("for", who, ShelfRequests)
	}
	if p.forbidsContact(codings(r.Get("code"))) {
		p.add("for", p.ref(r.Get("for")), ShelfStays)
	}
	for o := range r.Get("output").All() {
		if !oursAmong(codings(o.Get("type")), SystemOutput) {
			p.add("output", p.ref(o.Get("valueReference")), "")
		}
	}
}

func (p *pointing) ofAudit(r *fhir.Resource) {
	p.readAudit(r, p.f)
	for _, l := range p.f.Audit.links() {
		p.add(l.Via, l.To, "")
	}
	if p.f.Audit.Read {
		p.workers("agent", p.f.Audit.Agents...)
	}
}

func (p *pointing) ofCommunication(r *fhir.Resource) {
	p.readCommunication(r, p.f)
	if slices.ContainsFunc(together, func(kind string) bool { return slices.Contains(p.f.Communication.Elements, kind) }) {
		p.workers("sender", p.f.Communication.Sender)
		p.workers("recipient", p.f.Communication.To...)
	}
}

// ofConsent adds whom the rules of a Consent name: workers, and of denies the organizations too, which may come later than the Consent.
func (p *pointing) ofConsent(r *fhir.Resource) {
	p.readConsent(r, p.f)
	p.f.Consent.Rule.rules(func(rule *provision) {
		for i := range rule.Actors {
			ref := rule.Actors[i].Ref
			p.workers("actor", ref)
			if rule.Kind == deny && strings.HasPrefix(ref, "Organization/") {
				p.add("actor", ref, "")
			}
		}
	})
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
