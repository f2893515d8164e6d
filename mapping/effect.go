package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// SystemEffect is the system of the identifier that an effect carries: its value is the leg, "#", and the effect's key within the leg.
const SystemEffect = "urn:warmhandoff:effect"

// Where an effect keeps what FHIR has no element for.
const (
	extensionVisit = "urn:warmhandoff:visit" // the visit that it is about
	extensionBy    = "urn:warmhandoff:by"    // when a message has to be on its way
)

// effectFact is an effect as it stands in a Task or Communication of ours.
type effectFact struct {
	Leg string // "Task/t1"
	To  string
	workflow.Effect
}

// EffectID gives the logical id of the resource that an effect of a leg ("Task/t1") is written as: the same for the same cause, so that whoever
// writes it a second time finds it there.
func EffectID(leg, key string) string {
	sum := sha256.Sum256([]byte(leg + "#" + key))
	return "wh-" + hex.EncodeToString(sum[:16])
}

// WriteEffect gives the resource for an effect: a Task for a todo, a Communication in preparation for a message or a notice, without an id. request
// and subject are those of the referral.
//
// Source: FHIR R4, task.html, communication.html; local, what a timer does
func (s Settings) WriteEffect(request, subject string, leg *Leg, e *workflow.Effect, at time.Time) (typ string, body []byte) {
	s = s.At(leg.Agency)
	if e.Kind == workflow.Todo {
		return "Task", encoded(s.todo(request, subject, leg, e, at))
	}
	return "Communication", encoded(s.communicationFor(request, subject, leg, e))
}

// effectHead is what both kinds of resource begin with. Elements that are empty are left out.
type effectHead struct {
	ResourceType string       `json:"resourceType"`
	Meta         *meta        `json:"meta,omitempty"`
	Extension    []extension  `json:"extension,omitempty"`
	Identifier   []identifier `json:"identifier"`
	BasedOn      []*party     `json:"basedOn"`
}

type meta struct {
	Profile  []string `json:"profile,omitempty"`
	Security []coding `json:"security,omitempty"`
	Tag      []coding `json:"tag,omitempty"`
}

type extension struct {
	URL           string `json:"url"`
	ValueDateTime string `json:"valueDateTime"`
}

type identifier struct {
	System string `json:"system,omitempty"`
	Value  string `json:"value"`
}

// party is a Reference, literal or logical.
type party struct {
	Reference  string      `json:"reference,omitempty"`
	Identifier *identifier `json:"identifier,omitempty"`
	Display    string      `json:"display,omitempty"`
}

type period struct {
	End string `json:"end"`
}

type restriction struct {
	Period period `json:"period"`
}

type todoTask struct {
	effectHead
	Status        string       `json:"status"`
	Intent        string       `json:"intent"`
	Code          concept      `json:"code"`
	Focus         *party       `json:"focus"`
	For           *party       `json:"for,omitempty"`
	AuthoredOn    string       `json:"authoredOn"`
	Requester     *party       `json:"requester,omitempty"`
	PerformerType []concept    `json:"performerType,omitempty"`
	Owner         *party       `json:"owner,omitempty"`
	ReasonCode    *concept     `json:"reasonCode,omitempty"`
	Description   string       `json:"description,omitempty"`
	Restriction   *restriction `json:"restriction,omitempty"`
}

type prepared struct {
	effectHead
	Status     string    `json:"status"`
	Category   []concept `json:"category"`
	Subject    *party    `json:"subject,omitempty"`
	About      []*party  `json:"about"`
	Recipient  []*party  `json:"recipient,omitempty"`
	Sender     *party    `json:"sender,omitempty"`
	ReasonCode []concept `json:"reasonCode,omitempty"`
	Payload    []payload `json:"payload"`
}

type payload struct {
	ContentString string `json:"contentString"`
}

func (s Settings) head(typ, request string, leg *Leg, e *workflow.Effect) effectHead {
	h := effectHead{ResourceType: typ, Identifier: []identifier{{SystemEffect, leg.Name() + "#" + e.Key}}, BasedOn: []*party{partyOf("ServiceRequest/" + request)}}
	if leg.Part2 {
		h.Meta = &meta{Security: part2Labels}
	}
	if v := s.FormatMoment(e.Visit); v != "" {
		h.Extension = append(h.Extension, extension{extensionVisit, v})
	}
	return h
}

// part2Labels travel with whatever is written about a referral that is 42 CFR Part 2 content.
//
// Source: 42 CFR 2.11, 2.32; HL7 v3-ActCode, v3-Confidentiality
var part2Labels = []coding{
	{System: "http://terminology.hl7.org/CodeSystem/v3-ActCode", Code: codePart2},
	{System: "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", Code: "R"},
}

// todo writes a to-do. It is ready from the start, carries a profile and a tag of ours, and so is not among what an app finds that asks for the
// Tasks that are requested of it.
//
// Source: local, ruling 42, to-do Tasks
func (s Settings) todo(request, subject string, leg *Leg, e *workflow.Effect, at time.Time) todoTask {
	t := todoTask{
		effectHead: s.head("Task", request, leg, e),
		Status:     string(workflow.TaskReady), Intent: "order",
		Code:          concept{Coding: []coding{{System: SystemTodo, Code: e.What, Display: todoWords(e.What)}}},
		Focus:         partyOf(leg.Ledger.Leg),
		For:           partyOf(subject),
		AuthoredOn:    formatInstant(at),
		Requester:     partyOf(s.Self),
		PerformerType: roleConcept(e.For),
		Owner:         partyOf(leg.party(e.For, subject)),
		ReasonCode:    timerConcept(e.Timer),
		Description:   barrierWords(e.About),
	}
	if t.Meta == nil {
		t.Meta = &meta{}
	}
	t.Meta.Profile, t.Meta.Tag = []string{ProfileTodo}, []coding{{System: SystemTag, Code: "todo", Display: "To-do of ours"}}
	if e.Booking != "" { // the appointment that it is about stands beside the referral
		t.BasedOn = append(t.BasedOn, partyOf(e.Booking))
	}
	if !e.By.IsZero() {
		t.Restriction = &restriction{period{formatInstant(e.By)}}
	}
	return t
}

func (s Settings) communicationFor(request, subject string, leg *Leg, e *workflow.Effect) prepared {
	c := prepared{
		effectHead: s.head("Communication", request, leg, e),
		Status:     "preparation",
		Category:   append([]concept{{Coding: []coding{{System: SystemMessage, Code: e.What, Display: inWords(e.What)}}}}, roleConcept(e.For)...),
		About:      []*party{partyOf(leg.Ledger.Leg)},
		Sender:     partyOf(s.Self),
		Payload:    []payload{{s.effectText(e)}},
	}
	named := strings.HasPrefix(subject, "Patient/") || strings.HasPrefix(subject, "Group/")
	if named && e.What != workflow.NothingFurther { // consent to say who it is about is gone
		c.Subject = partyOf(subject)
	}
	if to := partyOf(leg.party(e.For, subject)); to != nil {
		c.Recipient = []*party{to}
	}
	if e.Booking != "" {
		c.About = append(c.About, partyOf(e.Booking))
	}
	if !e.By.IsZero() {
		c.Extension = append(c.Extension, extension{extensionBy, formatInstant(e.By)})
	}
	if t := timerConcept(e.Timer); t != nil {
		c.ReasonCode = []concept{*t}
	}
	return c
}

// party names who has a part in a leg; "" where nobody is named for it.
func (l *Leg) party(r workflow.Role, subject string) string {
	switch r {
	case workflow.Agency:
		return l.Agency
	case workflow.Navigator:
		return l.Ledger.Person.Navigator
	case workflow.Referrer:
		return l.Requester
	case workflow.Person:
		return subject
	}
	return ""
}

// partyOf writes what Settings.ref reads; nil for "".
func partyOf(ref string) *party {
	if ref == "" {
		return nil
	}
	if holder, _, inside := strings.Cut(ref, "#"); inside { // it has no name outside of that
		return &party{Display: "named in " + holder}
	}
	if system, value, logical := strings.Cut(ref, "|"); logical {
		return &party{Identifier: &identifier{system, value}}
	}
	return &party{Reference: ref}
}

func roleConcept(r workflow.Role) []concept {
	if r == "" {
		return nil
	}
	return []concept{{Coding: []coding{{System: SystemRole, Code: string(r)}}}}
}

func timerConcept(name string) *concept {
	if name == "" {
		return nil
	}
	return &concept{Coding: []coding{{System: SystemTimer, Code: name}}}
}

func formatInstant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// noticeTexts are the words of notices that have words of their own.
//
// Source: local, revocation midway: the agency is told this and nothing else; blind ending: told at the start
var noticeTexts = map[string]string{
	workflow.NothingFurther: "No further information will be shared about this referral.",
	workflow.MayNotBeShared: "The outcome of this referral may not be shared. It ends on a fixed day, and how it ends says nothing about what happened.",
}

// effectText gives the words of a message or notice. None names an agency, an address, a kind of service, or says that somebody missed something:
// we do not know who reads it, nor what happened.
//
// Source: local, roles and screens, reminder text; HHS HIPAA FAQ 198, leaving messages
func (s Settings) effectText(e *workflow.Effect) string {
	if text, ok := noticeTexts[e.What]; ok {
		return text
	}
	if e.For != workflow.Person {
		return "There is news about a referral that you have a part in. Please look it up."
	}
	day := "Monday, 2 January"
	if !e.Visit.Day {
		day += ", at 15:04"
	}
	switch at := workflow.In(e.Visit.At, s.zone()); {
	case e.What == "reminder" && !e.Visit.IsZero():
		return "Hello. You have an appointment on " + at.Format(day) + ". Reply 1 if you will be there, 2 for another time, or call us."
	case e.What == workflow.HowDidItGo && e.Timer == "A17" && !e.Visit.IsZero():
		return "Hello. How was " + at.Format("Monday") + "? We would like to know, if you want to tell us. Reply 1 if it was good, 2 if not, or call us."
	case e.What == workflow.HowDidItGo && !e.Visit.IsZero():
		return "Hello. How did " + at.Format("Monday") + " go? Reply 1 if you were there, 2 if you would like another time, or call us."
	}
	return "Hello. We are here whenever it suits you. Reply 1 and we call you, or call us."
}

// readEffect reads an effect that we wrote. Whether we did is known from the version's author, not from here.
func (s Settings) readEffect(r *fhir.Resource, f *Fact) {
	for id := range r.Get("identifier").All() {
		if id.Get("system").Text() != SystemEffect {
			continue
		}
		leg, key, ok := strings.Cut(id.Get("value").Text(), "#")
		if !ok {
			return
		}
		f.Effect = s.effect(r, leg, key)
		return
	}
}

func (s Settings) effect(r *fhir.Resource, leg, key string) *effectFact {
	e := &effectFact{Leg: leg, Effect: workflow.Effect{Key: key, Visit: s.moment(extensionOf(r, extensionVisit))}}
	e.Timer = firstCode(codings(r.Get("reasonCode")), SystemTimer)
	var about []string
	if r.Type() == "Task" {
		e.Kind, e.What = workflow.Todo, firstCode(codings(r.Get("code")), SystemTodo)
		e.For = workflow.Role(firstCode(codings(r.Get("performerType")), SystemRole))
		e.By, e.To = s.endOf(r.Get("restriction", "period", "end")), s.ref(r.Get("owner"))
		about = s.refs(r.Get("basedOn"))
	} else {
		category := codings(r.Get("category"))
		e.Kind, e.What = workflow.Notice, firstCode(category, SystemMessage)
		e.For = workflow.Role(firstCode(category, SystemRole))
		if e.For == workflow.Person {
			e.Kind = workflow.Message
		}
		e.By = s.instant(extensionOf(r, extensionBy))
		if to := s.refs(r.Get("recipient")); len(to) > 0 {
			e.To = to[0]
		}
		about = s.refs(r.Get("about"))
	}
	if at := slices.IndexFunc(about, func(ref string) bool { return strings.HasPrefix(ref, "Appointment/") }); at >= 0 {
		e.Booking = about[at]
	}
	return e
}

func firstCode(list []Coding, system string) string {
	if codes := codesOf(list, system); len(codes) > 0 {
		return codes[0]
	}
	return ""
}

func extensionOf(r *fhir.Resource, url string) fhir.Value {
	for x := range r.Get("extension").All() {
		if x.Get("url").Text() == url {
			return x.Get("valueDateTime")
		}
	}
	return fhir.Value{}
}

// effect gives what we wrote as this resource: nil unless its first version is ours and carries an effect. What somebody made of it since does not
// change what it was.
func (h *History) effect() *effectFact {
	if len(h.Versions) == 0 || !h.Versions[0].Own || h.Versions[0].Fact == nil {
		return nil
	}
	return h.Versions[0].Fact.Effect
}

// Todo is a to-do of ours, as far as is asked about who may move it.
type Todo struct {
	Status workflow.Status
	Owner  string        // "Organization/harbor", "" where nobody is named
	For    workflow.Role // in which part whoever does it acts
}

// TodoOf gives what a Task says of a to-do that we wrote; false for any other Task. Whether we wrote it is known from its first version's author.
func (f *Fact) TodoOf() (Todo, bool) {
	if f.Task == nil || f.Effect == nil {
		return Todo{}, false
	}
	return Todo{Status: f.Task.Status, Owner: f.Task.Owner, For: f.Effect.For}, true
}

// IsEffect reports whether a resource is something that we wrote for a leg on our own account: a todo, a message, a notice.
func (h *History) IsEffect() bool { return h.effect() != nil }

// EffectOpen reports whether an effect still waits: a todo that nobody did or cancelled, a message that is not on its way.
func (h *History) EffectOpen() bool {
	n := h.newest()
	if n == nil || n.Deleted || n.Fact == nil {
		return false
	}
	if t := n.Fact.Task; t != nil {
		return !t.Status.Terminal()
	}
	return n.Fact.Communication != nil && slices.Contains([]string{"preparation", "in-progress", "on-hold", "unknown"}, n.Fact.Communication.Status)
}

// CloseEffect gives an effect that nothing asks for any more: the Task cancelled, the Communication not done, each with a reason that gives nothing
// away.
func (s Settings) CloseEffect(r *fhir.Resource, at time.Time) []byte {
	status := string(workflow.TaskCancelled)
	if r.Type() != "Task" {
		status = "not-done"
	}
	edits := []fhir.Edit{fhir.SetMember("status", quoted(status)), fhir.SetMember("statusReason", encoded(concept{Text: "no longer needed"}))}
	if r.Get("lastModified").Exists() {
		edits = append(edits, fhir.SetMember("lastModified", quoted(formatInstant(at))))
	}
	return r.With(edits...)
}

// told gives what we wrote for a leg, the oldest first.
func (q *reading) told(leg string) []workflow.Telling {
	if q.at != nil {
		if q.at.told == nil {
			q.at.told = q.tellings()
		}
		return q.at.told[leg]
	}
	var list []workflow.Telling
	for _, histories := range [][]History{q.r.Tasks, q.r.Others} {
		for i := range histories {
			h := &histories[i]
			e := h.effect()
			if e == nil || e.Leg != leg {
				continue
			}
			list = append(list, h.telling(e))
		}
	}
	sortTellings(list)
	return list
}

// telling gives what was told by something that we wrote.
func (h *History) telling(e *effectFact) workflow.Telling {
	return workflow.Telling{Effect: e.Effect, Open: h.EffectOpen(), Dropped: h.newest().Own && !h.EffectOpen(), At: h.Versions[0].Received, To: e.To, Source: h.newest().source(h.Key)}
}

func sortTellings(list []workflow.Telling) {
	slices.SortFunc(list, func(a, b workflow.Telling) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
}
