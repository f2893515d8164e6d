package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// A package is what may go to the agency for one leg, and nothing beside: the need, how to speak to the person, the appointment, the consent that
// it rests on, and of what the request encloses only what that consent lets through. What is held back leaves no trace in it.
//
// Source: local, minimum necessary; 42 CFR 2.13(a), 2.31, 2.32

// Part2Notice is the statement that goes with every disclosure of 42 CFR Part 2 content, in the short form that the rule permits.
//
// Source: 42 CFR 2.32(a)(2)
const Part2Notice = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."

// Parcel is what a package is made from, as it is stored. What is nil is not here.
type Parcel struct {
	Referral     *Referral
	Task         *fhir.Resource
	Request      *fhir.Resource // the agency's own, where it has one
	Root         *fhir.Resource // the referrer's, where that is another; nil otherwise
	Whom         string         // whom it is about: the request's subject, or the member of its Group; "" where the Task is for somebody else
	Patient      *fhir.Resource // of Whom
	Appointments []*fhir.Resource
	Enclosed     []Enclosure      // what the request and the Task name beside these
	Named        []Enclosure      // what these and those name and do not enclose: nothing of it goes, and where it is held back not its name either
	Consents     []*fhir.Resource // of the referral

	Versions map[int]*fhir.Resource // of the Task, by number, where it WasGiven to another; nil otherwise
}

// Enclosure is something that a request or a Task names.
type Enclosure struct {
	Ref      string         // "DocumentReference/d1"
	Resource *fhir.Resource // nil where there is none here
	Role     workflow.Role  // who wrote it
	Party    string
}

// RequestOf gives the agency's own request of a Task, "" where it works on the referrer's.
func (r *Referral) RequestOf(task string) string {
	for i := range r.Tasks {
		if r.Tasks[i].ID() == task {
			return r.Tasks[i].Of
		}
	}
	return ""
}

// Package is what may go to an agency: a Bundle of type collection, and what was left out of it.
type Package struct {
	Bundle   []byte
	Withheld []Withheld
}

// packing is the work on one package.
type packing struct {
	*leg
	p        *Parcel
	at       time.Time
	consent  string          // "Consent/c1", "" where none is needed
	labelled bool            // something in it is 42 CFR Part 2 content
	gone     map[string]bool // what is held back, by what it is named
	others   map[string]bool // what of the Task came from a former agency, see othersItems
	entries  [][]byte
	labels   [][]byte // of all entries
	out      Package
}

// ShutError says that nothing may go to the agency now, and why.
type ShutError struct{ Why string }

// Error gives the reason in plain words.
func (e *ShutError) Error() string { return "Nothing may be sent to this agency now. " + e.Why }

// Package gives what may go to the agency of a leg at a moment. A *ShutError says that nothing may. Any other error means that the package could
// not be made as it has to be, above all that it would have gone without the notice that it needs.
//
// Source: local, release only under consent; the notice cannot be left out
func (s Settings) Package(p *Parcel, at time.Time) (*Package, error) {
	k, err := s.packing(p, at)
	if err != nil {
		return nil, err
	}
	if err := k.mayGo(); err != nil {
		return nil, err
	}
	k.judge()
	enclosed, booked := k.enclosed(), k.booked()
	consent := k.shown()
	request, task, err := k.ofBoth()
	if err != nil {
		return nil, err
	}
	for _, body := range slices.Concat(enclosed, [][]byte{request, task}, k.whom(), booked, consent) {
		k.add(body)
	}
	k.explain()
	return k.sealed()
}

func (s Settings) packing(p *Parcel, at time.Time) (*packing, error) {
	q := newReading(s, p.Referral)
	t := q.task("Task/" + p.Task.ID())
	if t == nil || !q.followed {
		return nil, &ShutError{"It is not a referral that is followed here."}
	}
	if q.forAnother(t) {
		return nil, &ShutError{notTheirs}
	}
	if t.shape == Parent {
		return nil, &ShutError{"It goes to no agency by itself: ask for the Tasks below it."}
	}
	if t.shape == Household {
		return nil, &ShutError{"It is for a household, of which each member's goes by itself: ask for the Tasks below it."}
	}
	one := q.around(t)
	if one == nil {
		return nil, &ShutError{"The agency's own request asks for nothing."}
	}
	return &packing{leg: one.about(t, t.now()), p: p, at: at, gone: map[string]bool{}, others: t.othersItems(p.Versions)}, nil
}

// mayGo asks the gate.
func (k *packing) mayGo() error {
	span := k.gateAt(k.at, forward, k.core())
	if !span.Open {
		return &ShutError{span.Why}
	}
	k.consent, k.labelled = resourceOf(span.Source), k.part2
	return nil
}

// judge notes what is held back of what is enclosed, and of what is only named.
func (k *packing) judge() {
	for i := range k.p.Named {
		e := &k.p.Named[i]
		if why := k.heldBack(e, k.contentOf(e), true); why != "" {
			k.withhold(e.Ref, e.Resource, why)
		}
	}
	for i := range k.p.Enclosed {
		e := &k.p.Enclosed[i]
		if k.apart(e) {
			continue
		}
		it := k.contentOf(e)
		if why := k.heldBack(e, it, false); why != "" {
			k.withhold(e.Ref, e.Resource, why)
			continue
		}
		k.labelled = k.labelled || it.labelled()
	}
	if root := k.p.Root; root != nil {
		for _, v := range slices.Concat(root.Get("supportingInfo").Items(), root.Get("reasonReference").Items()) {
			if ref := v.Get("reference").Text(); strings.HasPrefix(ref, "#") {
				k.list("ServiceRequest/"+root.ID()+ref, "is inside the referrer's request, which does not go")
			}
		}
	}
}

// apart reports what is enclosed and has a place of its own in a package.
func (k *packing) apart(e *Enclosure) bool { return e.Ref == k.consent || e.Ref == k.r.subject }

// enclosed gives, of what the request and the Task name, what goes. What one cannot do without takes it along.
func (k *packing) enclosed() [][]byte {
	var bodies [][]byte
	for left := -1; left != len(k.gone); {
		left, bodies = len(k.gone), nil
		for i := range k.p.Enclosed {
			e := &k.p.Enclosed[i]
			if e.Resource == nil || k.apart(e) || k.gone[e.Ref] {
				continue
			}
			body, _, why := k.carry(e.Resource, e.Ref)
			if why != "" {
				k.withhold(e.Ref, e.Resource, why)
				continue
			}
			bodies = append(bodies, body)
		}
	}
	return bodies
}

// booked gives the appointments that go.
func (k *packing) booked() [][]byte {
	var bodies [][]byte
	for _, r := range k.p.Appointments {
		e := &Enclosure{Ref: "Appointment/" + r.ID(), Resource: r}
		why := k.heldBack(e, k.contentOf(e), true)
		var body []byte
		if why == "" {
			body, _, why = k.carry(r, e.Ref)
		}
		if why != "" {
			k.withhold(e.Ref, r, why)
			continue
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// whom gives the person, as far as it is needed to meet them.
func (k *packing) whom() [][]byte {
	r := k.p.Patient
	if r == nil {
		return nil
	}
	e := &Enclosure{Ref: "Patient/" + r.ID(), Resource: r}
	why := k.heldBack(e, k.contentOf(e), true)
	var body []byte
	if why == "" {
		body, _, why = k.carry(r, e.Ref)
	}
	if why != "" {
		k.list(e.Ref, why)
		return nil
	}
	return [][]byte{body}
}

// ofBoth gives the agency's request and Task. They are read twice: where anything at all is held back, neither keeps its narrative.
func (k *packing) ofBoth() (request, task []byte, err error) {
	whole := k.request()
	for range 2 {
		if request, err = k.part(whole); err == nil {
			task, err = k.part(k.p.Task)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return request, task, nil
}

// part gives what goes of a resource without which there is no package.
func (k *packing) part(r *fhir.Resource) ([]byte, error) {
	e := &Enclosure{Ref: r.Type() + "/" + r.ID(), Resource: r}
	it := k.contentOf(e)
	why := k.heldBack(e, it, true)
	var body []byte
	if why == "" {
		body, _, why = k.carry(r, e.Ref)
	}
	if why != "" {
		return nil, &ShutError{e.Ref + " " + why + "."}
	}
	k.labelled = k.labelled || it.labelled()
	return body, nil
}

// request gives the agency's request, with what the referrer enclosed where that stands in another.
func (k *packing) request() *fhir.Resource {
	r, root := k.p.Request, k.p.Root
	if root == nil || r.Get("supportingInfo").Exists() {
		return r
	}
	var with [][]byte
	for v := range root.Get("supportingInfo").All() {
		if ref := k.s.ref(v); ref != "" && !strings.Contains(ref, "#") {
			with = append(with, v.Raw())
		}
	}
	if len(with) == 0 {
		return r
	}
	joined, err := fhir.ReadStored(r.With(fhir.SetMember("supportingInfo", array(with))))
	if err != nil {
		panic("mapping: a request with what is enclosed is no resource: " + err.Error())
	}
	return joined
}

// shown gives the Consent on which it rests, where it names nobody but the two sides and nothing is excepted from it: another recipient, or an exception,
// is nothing for this agency to read.
func (k *packing) shown() [][]byte {
	i := slices.IndexFunc(k.p.Consents, func(r *fhir.Resource) bool { return "Consent/"+r.ID() == k.consent })
	if i < 0 {
		return nil
	}
	r := k.p.Consents[i]
	rule := k.s.FactOf(r).Consent.Rule
	if len(rule.Nested) > 0 || slices.ContainsFunc(rule.Actors, func(a actor) bool { return k.sideOf(a.Ref)&bothSides == 0 }) {
		return nil
	}
	e := &Enclosure{Ref: k.consent, Resource: r}
	if k.heldBack(e, k.contentOf(e), true) != "" {
		return nil
	}
	body, took, why := k.carry(r, e.Ref)
	if took || why != "" {
		return nil
	}
	return [][]byte{body}
}

// statement is a Communication of ours in a package.
type statement struct {
	ResourceType string    `json:"resourceType"`
	ID           string    `json:"id"`
	Status       string    `json:"status"`
	Category     []concept `json:"category"`
	About        []*party  `json:"about"`
	Sender       *party    `json:"sender,omitempty"`
	Recipient    []*party  `json:"recipient,omitempty"`
	Payload      []payload `json:"payload"`
}

// What a statement in a package says.
const (
	saysScope  = "scope-of-consent"
	saysNotice = "part2-notice" // the notice, and the scope
)

// explain adds what has to be said beside the records: the notice, on what it rests, and how not to reach the person.
func (k *packing) explain() {
	words := []payload{{k.scope()}}
	what := saysScope
	if k.labelled {
		words, what = append([]payload{{Part2Notice}}, words...), saysNotice
	}
	if k.r.unsafe() {
		words = append(words, payload{"Please do not contact the person directly. Ask whoever sent this."})
	}
	s := statement{ResourceType: "Communication", ID: EffectID("Task/"+k.p.Task.ID(), "package/"+what), Status: "completed",
		Category: []concept{{Coding: []coding{{System: SystemMessage, Code: what, Display: inWords(what)}}}},
		About:    []*party{{Reference: "Task/" + k.p.Task.ID()}}, Sender: partyOf(k.s.Self), Payload: words}
	if to := partyOf(k.agency); to != nil {
		s.Recipient = []*party{to}
	}
	k.add(encoded(s))
}

// scope says in plain words on what a package rests. It names no other recipient and nothing that is excepted.
func (k *packing) scope() string {
	for _, h := range k.r.consents {
		v := h.asOf(k.at)
		if h.Key != k.consent || v == nil || v.Fact == nil || v.Fact.Consent == nil {
			continue
		}
		f := v.Fact.Consent
		words := "Shared with the person's consent"
		if !f.Given.IsZero() {
			words += " of " + workflow.In(f.Given, k.s.zone()).Format(time.DateOnly)
		}
		words += ", for treatment and coordination of care of this referral"
		if to := f.Rule.To; !to.IsZero() {
			words += ", until " + workflow.In(workflow.Plus(to, -time.Nanosecond), k.s.zone()).Format(time.DateOnly)
		}
		return words + ". The person may take it back at any time. It lets you use this for that purpose and not pass it on."
	}
	return "Shared between treating providers for treatment of this referral. Do not pass it on."
}

// Enclosures gives what the requests (root may be nil) and a Task name that may belong in a package.
func (s Settings) Enclosures(request, root, task *fhir.Resource) []string {
	var list []string
	add := func(refs []string) {
		for _, ref := range refs {
			if ref != "" && !strings.Contains(ref, "#") && !slices.Contains(list, ref) {
				list = append(list, ref)
			}
		}
	}
	for _, r := range []*fhir.Resource{request, root} {
		if r != nil {
			add(s.refs(r.Get("supportingInfo")))
			add(s.refs(r.Get("reasonReference")))
		}
	}
	for in := range task.Get("input").All() {
		add([]string{s.ref(in.Get("valueReference"))})
	}
	return list
}

// Mentions gives what resources that may go name beside that, contained resources and attachments included: each has to be looked at before its name
// goes. Who somebody is, or where they work, is not among it.
func (s Settings) Mentions(all ...*fhir.Resource) []string {
	var list []string
	add := func(text string) {
		ref := s.literal(text)
		typ, _, local := strings.Cut(ref, "/")
		if !local || !fhir.IsResourceType(typ) || typ == "Patient" || slices.Contains(parties, typ) || slices.Contains(list, ref) {
			return
		}
		list = append(list, ref)
	}
	for _, r := range all {
		if r == nil {
			continue
		}
		for _, v := range r.References() {
			add(v.Text())
		}
		attachments(r.Root(), func(v fhir.Value) { add(v.Get("url").Text()) })
	}
	return list
}

// attachments calls f for every Attachment in a value.
func attachments(v fhir.Value, f func(fhir.Value)) {
	if v.Type() == "Attachment" {
		f(v)
		return
	}
	for _, item := range v.Members() {
		for one := range item.All() {
			attachments(one, f)
		}
	}
}

// literal gives what a literal reference names: "Type/id" for a resource here, the reference as it is for anything else.
func (s Settings) literal(text string) string {
	ref, ok := fhir.ParseReference(text)
	if !ok || ref.Type == "" || ref.Base != "" && ref.Base != s.Base {
		return text
	}
	return ref.Key()
}
