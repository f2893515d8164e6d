package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// teamFact is what a CareTeam says: who stays in touch with the person.
type teamFact struct {
	Status     string
	Navigators []member
}

// member is a navigator of a care team, and when they left, zero for not.
type member struct {
	Who  string
	Left time.Time
}

func (s Settings) readTeam(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("subject"))
	t := &teamFact{Status: r.Get("status").Text()}
	for p := range r.Get("participant").All() {
		who := s.ref(p.Get("member"))
		if who != "" && anyIs(navigatorRoles, codings(p.Get("role"))) {
			t.Navigators = append(t.Navigators, member{Who: who, Left: s.endOf(p.Get("period", "end"))})
		}
	}
	f.Team = t
}

// navigator gives who stays in touch as a version of a care team has it: the first who had not left when it came. "" for nobody.
func (v *Version) navigator() string {
	if v.Fact == nil || v.Fact.Team == nil {
		return ""
	}
	t := v.Fact.Team
	if t.Status != "" && t.Status != "active" && t.Status != "proposed" {
		return ""
	}
	for _, m := range t.Navigators {
		if m.Left.IsZero() || m.Left.After(v.Received) {
			return m.Who
		}
	}
	return ""
}

// teams gives the care teams that count: those that the request names, else those of the person.
func (q *reading) teams() []*History {
	var named, all []*History
	for i := range q.r.Others {
		h := &q.r.Others[i]
		if n := h.newest(); !strings.HasPrefix(h.Key, "CareTeam/") || n == nil || n.Deleted || h.Former || q.ofOther(h.Subject()) {
			continue
		}
		all = append(all, h)
		if q.request != nil && slices.Contains(q.request.Supporting, h.Key) {
			named = append(named, h)
		}
	}
	if len(named) > 0 {
		return named
	}
	return all
}

// knowTeams takes the navigators of the care teams for known ones.
func (q *reading) knowTeams() {
	for _, h := range q.teams() {
		for i := range h.Versions {
			if f := h.Versions[i].Fact; f != nil && f.Team != nil {
				for _, m := range f.Team.Navigators {
					q.guides.Put(m.Who)
				}
			}
		}
	}
}

// navigator adds who stays in touch now, and how many have since the leg began, by the first care team that names somebody.
//
// Source: FHIR R4, careteam.html, participant.role
func (c *leg) navigator() {
	p := &c.ledger.Person
	p.Family = len(c.r.family()) > 0
	teams := c.r.teams()
	slices.SortFunc(teams, func(a, b *History) int { return strings.Compare(a.Key, b.Key) })
	for _, h := range teams {
		if who := h.newest().navigator(); who != "" {
			p.Navigator, p.Team, p.Navigators = who, h.Key, h.navigatorsSince(c.ledger.Received)
			return
		}
	}
	for _, h := range teams { // whoever was there has left
		if h.navigatorsSince(c.ledger.Received) > 0 {
			p.Alone = later(p.Alone, h.newest().Received)
		}
	}
}

// navigatorsSince counts the navigators of a care team that stayed in touch at a time, or since.
func (h *History) navigatorsSince(t time.Time) int {
	var met []string
	for i := range h.Versions {
		if i+1 < len(h.Versions) && !h.Versions[i+1].Received.After(t) {
			continue
		}
		if who := h.Versions[i].navigator(); who != "" && !slices.Contains(met, who) {
			met = append(met, who)
		}
	}
	return len(met)
}

// personFact is what a Patient says that a warm handoff asks about.
type personFact struct {
	Born        time.Time
	Language    string
	Interpreter bool
}

// interpreterRequired is the extension by which a Patient needs an interpreter.
//
// Source: FHIR R4, http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired
const interpreterRequired = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"

func (s Settings) readPerson(r *fhir.Resource) *personFact {
	p := &personFact{Born: s.instant(r.Get("birthDate"))}
	spoken := r.Get("communication").Items()
	for _, l := range spoken {
		if code := l.Get("language", "coding", "code").Text(); l.Get("preferred").Bool() || len(spoken) == 1 {
			p.Language = code
		}
	}
	for e := range r.Get("extension").All() {
		p.Interpreter = p.Interpreter || e.Get("url").Text() == interpreterRequired && e.Get("valueBoolean").Bool()
	}
	return p
}

// person adds what the Patient says of language, interpreter and birth. The person's own id comes before others that were merged with it.
func (c *leg) person(key string, f *Fact) {
	p := &c.ledger.Person
	first := key == c.r.subject
	if first || p.Born.IsZero() {
		p.Born = f.Person.Born
	}
	if first && f.Person.Language != "" || p.Language == "" {
		p.Language = f.Person.Language
	}
	p.Interpreter = p.Interpreter || f.Person.Interpreter
}

// barrierOf gives the barrier that an Observation says is there, "" none: by its category or code, where its value says that it is so.
//
// Source: SDOHCC 3.0.0, SDOHCC Observation Screening Response, category and value
func barrierOf(r *fhir.Resource) string {
	found := barriersOf(append(codings(r.Get("category")), codings(r.Get("code"))...))
	if len(found) == 0 {
		return ""
	}
	if r.Get("valueBoolean").Bool() || anyIs(affirmed, append(codings(r.Get("interpretation")), codings(r.Get("valueCodeableConcept"))...)) {
		return found[0]
	}
	return ""
}

// barrier adds that something stands in the way.
func (c *leg) barrier(h *History, v *Version) {
	if b := v.Fact.Observation.Barrier; b != "" {
		c.mark(workflow.Mark{Element: workflow.Barrier, Status: workflow.Shown, About: b, At: v.Received, Source: v.source(h.Key)})
	}
}

// barrierTasks say how far a Task on the side has come: what is only asked for arranges nothing, nor what was refused or given up.
//
// Source: local, seed B5: asked and acted on; a ride asked for is not a ride arranged
var barrierTasks = map[workflow.Status]string{
	workflow.TaskAccepted:   workflow.BarrierTaken,
	workflow.TaskInProgress: workflow.BarrierTaken,
	workflow.TaskCompleted:  workflow.BarrierMet,
}

// helped adds what Tasks on the side, with a barrier as their code, do about barriers.
//
// Source: local, urn:warmhandoff:barrier as Task.code
func (c *leg) helped() {
	if c.r.at == nil {
		for _, m := range c.r.r.helps() {
			c.mark(m)
		}
		return
	}
	if c.r.at.helps == nil {
		c.r.at.helps = append([]workflow.Mark{}, c.r.r.helps()...)
	}
	for _, m := range c.r.at.helps {
		c.mark(m)
	}
}

// helps gives what Tasks on the side do about barriers.
func (r *Referral) helps() []workflow.Mark {
	var list []workflow.Mark
	for i := range r.Tasks {
		h := &r.Tasks[i]
		n := h.newest()
		if n == nil || n.Deleted || n.Fact == nil || n.Fact.Task == nil || n.Fact.Task.Barrier == "" || n.Fact.NotUnderstood != "" {
			continue
		}
		if does := barrierTasks[n.Fact.Task.Status]; does != "" {
			list = append(list, workflow.Mark{Element: does, Status: workflow.Shown, About: n.Fact.Task.Barrier, At: n.Received, Source: n.source(h.Key)})
		}
	}
	return list
}
