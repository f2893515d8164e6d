package mapping

import (
	"bytes"
	"crypto/sha256"
	"fmt"
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
	Patient      *fhir.Resource
	Appointments []*fhir.Resource
	Enclosed     []Enclosure      // what the request and the Task name beside these
	Consents     []*fhir.Resource // of the referral
}

// Enclosure is something that a request or a Task names.
type Enclosure struct {
	Ref      string         // "DocumentReference/d1"
	Resource *fhir.Resource // nil where there is none here
	Role     workflow.Role  // who wrote it
	Party    string
}

// Withheld is something that does not travel, and why. It is for the navigator's eyes, never the recipient's.
type Withheld struct {
	Ref     string
	Because string
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
	consent  string // "Consent/c1", "" where none is needed
	whole    bool   // that Consent may be shown as it is
	labelled bool   // something in it is 42 CFR Part 2 content
	dropped  []string
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
	k.enclose()
	k.add(k.request())
	k.add(k.task())
	if p.Patient != nil {
		k.add(minimal(p.Patient))
	}
	for _, a := range p.Appointments {
		k.add(a.Bytes())
	}
	k.addConsent()
	k.explain()
	return k.sealed()
}

func (s Settings) packing(p *Parcel, at time.Time) (*packing, error) {
	q := newReading(s, p.Referral)
	t := q.task("Task/" + p.Task.ID())
	if t == nil || !q.followed {
		return nil, &ShutError{"It is not a referral that is followed here."}
	}
	if t.shape == Parent {
		return nil, &ShutError{"It goes to no agency by itself: ask for the Tasks below it."}
	}
	one := q.around(t)
	if one == nil {
		return nil, &ShutError{"The agency's own request asks for nothing."}
	}
	return &packing{leg: one.about(t.h, t.fact), p: p, at: at}, nil
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

// enclose takes in, of what the request and the Task name, what may travel.
func (k *packing) enclose() {
	k.contained(k.p.Request)
	k.contained(k.p.Task)
	for i := range k.p.Enclosed {
		e := &k.p.Enclosed[i]
		if e.Ref == k.consent || e.Ref == k.r.subject || slices.Contains(k.dropped, e.Ref) {
			continue
		}
		it := k.contentOf(e)
		if why := k.heldBack(e, it); why != "" {
			k.dropped = append(k.dropped, e.Ref)
			k.out.Withheld = append(k.out.Withheld, Withheld{e.Ref, why})
			continue
		}
		k.labelled = k.labelled || it.labelled()
		if e.Resource != nil {
			k.add(e.Resource.Bytes())
		}
	}
}

// contained takes in, or leaves out, what a resource holds inside itself: it needs its permit as much as what stands apart.
func (k *packing) contained(r *fhir.Resource) {
	for v := range r.Get("contained").All() {
		inner := v.Resource()
		e := &Enclosure{Ref: "#" + inner.ID(), Resource: inner}
		it := k.contentOf(e)
		if why := k.heldBack(e, it); why != "" {
			k.dropped = append(k.dropped, e.Ref)
			k.out.Withheld = append(k.out.Withheld, Withheld{r.Type() + "/" + r.ID() + e.Ref, why})
		}
	}
}

// contentOf describes an enclosure for the consent rules. What a Part 2 program wrote counts as labelled.
func (k *packing) contentOf(e *Enclosure) *content {
	it := &content{ref: e.Ref}
	if ref, ok := fhir.ParseReference(e.Ref); ok {
		it.types = []string{ref.Type}
	}
	if r := e.Resource; r != nil {
		it.types, it.labels = []string{r.Type()}, codesIn(r.Get("meta", "security"))
		for _, name := range []string{"code", "type", "category"} {
			it.codes = append(it.codes, codings(r.Get(name))...)
		}
	}
	if !it.labelled() && (k.s.Partners[e.Party].Part2 || k.s.Partners[k.r.requester].Part2) {
		it.labels = append(it.labels, codePart2)
	}
	return it
}

// heldBack says why an enclosure does not travel, "" where it does.
func (k *packing) heldBack(e *Enclosure, it *content) string {
	switch r := e.Resource; {
	case strings.HasPrefix(e.Ref, "Consent/"):
		return "is a Consent on which this does not rest"
	case r == nil && isLocal(e.Ref):
		return "is not here"
	case r == nil && k.part2:
		return "is kept elsewhere, and its labels cannot be read"
	case r != nil && r.Get("status").Text() == "entered-in-error":
		return "was entered in error"
	case r != nil && k.aboutOther(r):
		return "is about somebody else"
	case e.Role == workflow.Agency && e.Party != "" && !k.isAgency(e.Party):
		return "came from another agency, and is not ours to pass on"
	case r != nil && counsellingNote(r, it):
		return "is a counselling note, which never travels"
	}
	if span := k.gateAt(k.at, forward, it); !span.Open {
		return "is not permitted by consent: " + span.Why
	}
	return ""
}

func isLocal(ref string) bool {
	r, ok := fhir.ParseReference(ref)
	return ok && r.Base == "" && r.Type != ""
}

func (k *packing) aboutOther(r *fhir.Resource) bool {
	return k.r.foreign(k.s.ref(r.Get("subject"))) || k.r.foreign(k.s.ref(r.Get("patient")))
}

// codePsychotherapy labels notes of what is said in therapy.
//
// Source: HL7 v3-ActCode, PSYTHPN: psychotherapy note information sensitivity
const codePsychotherapy = "PSYTHPN"

// noteWords are how a counselling note calls itself where no label says so. Too much is held back rather than too little.
var noteWords = []string{"counseling note", "counselling note", "psychotherapy note", "therapy session note"}

// counsellingNote reports notes that are kept apart from the record: by label, or by what their type or title says.
//
// Source: 42 CFR 2.11, SUD counseling notes
func counsellingNote(r *fhir.Resource, it *content) bool {
	if slices.Contains(it.labels, codePsychotherapy) {
		return true
	}
	for _, name := range []string{"type", "category", "code", "title", "description"} {
		words := strings.ToLower(string(r.Get(name).Raw()))
		if slices.ContainsFunc(noteWords, func(w string) bool { return strings.Contains(words, w) }) {
			return true
		}
	}
	return false
}

// request gives the request without what names anything held back. Its narrative goes too where something was: it may tell of it.
func (k *packing) request() []byte {
	r := k.p.Request
	var edits []fhir.Edit
	if root := k.p.Root; root != nil { // what the referrer enclosed goes with the agency's own request
		if kept := k.kept(root, "supportingInfo"); len(kept) > 0 && !r.Get("supportingInfo").Exists() {
			return r.With(fhir.SetMember("supportingInfo", array(kept)))
		}
	}
	for _, name := range []string{"supportingInfo", "reasonReference"} {
		edits = append(edits, k.without(r, name, func(v fhir.Value) string { return k.s.ref(v) })...)
	}
	return r.With(k.silently(r, edits)...)
}

// silently adds to edits that something held back is not contained either, and that no narrative tells of it.
func (k *packing) silently(r *fhir.Resource, edits []fhir.Edit) []fhir.Edit {
	edits = append(edits, k.without(r, "contained", func(v fhir.Value) string { return "#" + v.Get("id").Text() })...)
	if len(edits) > 0 {
		edits = append(edits, fhir.RemoveMember("text"))
	}
	return edits
}

// task gives the Task likewise.
func (k *packing) task() []byte {
	r := k.p.Task
	edits := k.without(r, "input", func(v fhir.Value) string { return k.s.ref(v.Get("valueReference")) })
	return r.With(k.silently(r, edits)...)
}

// kept gives of a list of references those that name something that travels.
func (k *packing) kept(r *fhir.Resource, name string) [][]byte {
	var kept [][]byte
	for v := range r.Get(name).All() {
		ref := k.s.ref(v)
		if !slices.Contains(k.dropped, ref) && ref != "" && ref[0] != '#' {
			kept = append(kept, v.Raw())
		}
	}
	return kept
}

// without gives the edit by which a list loses what names something held back, none where it names nothing such.
func (k *packing) without(r *fhir.Resource, name string, names func(fhir.Value) string) []fhir.Edit {
	var kept [][]byte
	all := 0
	for v := range r.Get(name).All() {
		if all++; !slices.Contains(k.dropped, names(v)) {
			kept = append(kept, v.Raw())
		}
	}
	switch {
	case len(kept) == all:
		return nil
	case len(kept) == 0:
		return []fhir.Edit{fhir.RemoveMember(name)}
	}
	return []fhir.Edit{fhir.SetMember(name, array(kept))}
}

func array(items [][]byte) []byte {
	return slices.Concat([]byte("["), bytes.Join(items, []byte(",")), []byte("]"))
}

// ofPatient are the members of a Patient that travel as they are; others are chosen from, or stay behind.
var ofPatient = []string{"resourceType", "id", "meta", "communication"}

// careExtensions say how to speak to a person and what they need to come.
//
// Source: FHIR R4, extension registry
var careExtensions = []string{
	"http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
	"http://hl7.org/fhir/StructureDefinition/patient-disability",
	"http://hl7.org/fhir/StructureDefinition/individual-pronouns",
}

// minimal gives of a Patient what is needed to meet the person: the name they use, how to reach them, language, interpreter, access.
//
// Source: local, minimum necessary
func minimal(r *fhir.Resource) []byte {
	var edits []fhir.Edit
	for name := range r.Root().Members() {
		switch {
		case slices.Contains(ofPatient, name):
		case name == "name":
			edits = append(edits, chosen(r, name, namesUsed(r)))
		case name == "telecom":
			edits = append(edits, chosen(r, name, func(v fhir.Value) bool { return v.Get("use").Text() != "old" }))
		case name == "extension":
			edits = append(edits, chosen(r, name, func(v fhir.Value) bool { return slices.Contains(careExtensions, v.Get("url").Text()) }))
		default:
			edits = append(edits, fhir.RemoveMember(name))
		}
	}
	return r.With(edits...)
}

// namesUsed picks the name that the person goes by, where one is marked so, else all that are not past.
func namesUsed(r *fhir.Resource) func(fhir.Value) bool {
	used := func(v fhir.Value) bool {
		return v.Get("use").Text() == "usual" || v.Get("use").Text() == "nickname"
	}
	for v := range r.Get("name").All() {
		if used(v) {
			return used
		}
	}
	return func(v fhir.Value) bool { return v.Get("use").Text() != "old" && v.Get("use").Text() != "maiden" }
}

func chosen(r *fhir.Resource, name string, keep func(fhir.Value) bool) fhir.Edit {
	var kept [][]byte
	for v := range r.Get(name).All() {
		if keep(v) {
			kept = append(kept, v.Raw())
		}
	}
	if len(kept) == 0 {
		return fhir.RemoveMember(name)
	}
	return fhir.SetMember(name, array(kept))
}

// addConsent adds the Consent on which it rests, where it names nobody but the two sides and nothing is excepted from it: another recipient, or an
// exception, is nothing for this agency to read.
func (k *packing) addConsent() {
	i := slices.IndexFunc(k.p.Consents, func(r *fhir.Resource) bool { return "Consent/"+r.ID() == k.consent })
	if i < 0 {
		return
	}
	r := k.p.Consents[i]
	rule := k.s.FactOf(r).Consent.Rule
	k.whole = len(rule.Nested) == 0 && !slices.ContainsFunc(rule.Actors, func(a actor) bool { return k.sideOf(a.Ref)&(agencySide|referrerSide) == 0 })
	if k.whole {
		k.add(r.Bytes())
	}
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
			words += " of " + f.Given.In(k.s.zone()).Format(time.DateOnly)
		}
		words += ", for treatment and coordination of care of this referral"
		if to := f.Rule.To; !to.IsZero() {
			words += ", until " + to.Add(-time.Nanosecond).In(k.s.zone()).Format(time.DateOnly)
		}
		return words + ". The person may take it back at any time. It lets you use this for that purpose and not pass it on."
	}
	return "Shared between treating providers for treatment of this referral. Do not pass it on."
}

// add takes a resource in, with the label that it needs.
func (k *packing) add(body []byte) {
	r, err := fhir.ReadStored(body)
	if err != nil {
		panic("mapping: a package holds what is no resource: " + err.Error())
	}
	if k.part2 && !slices.Contains(codesIn(r.Get("meta", "security")), codePart2) {
		if r, err = fhir.ReadStored(r.With(labelled(r))); err != nil {
			panic("mapping: a label made a resource unreadable: " + err.Error())
		}
	}
	for label := range r.Get("meta", "security").All() {
		k.label(label.Raw(), Coding{label.Get("system").Text(), label.Get("code").Text()})
	}
	entry := []byte(`{"fullUrl":`)
	entry = append(append(entry, quoted(k.urlOf(r))...), `,"resource":`...)
	k.entries = append(k.entries, append(append(entry, r.Bytes()...), '}'))
}

// urlOf names an entry: what is stored here by its address, what is made for the package by its content.
func (k *packing) urlOf(r *fhir.Resource) string {
	if k.s.Base != "" && r.VersionID() != "" {
		return k.s.Base + "/" + r.Type() + "/" + r.ID()
	}
	sum := sha256.Sum256([]byte(r.Type() + "/" + r.ID()))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// labelled gives the edit of meta that labels a resource as 42 CFR Part 2 content and leaves all else.
func labelled(r *fhir.Resource) fhir.Edit {
	var members [][]byte
	labels := make([][]byte, 0, 4)
	for name, v := range r.Get("meta").Members() {
		if name != "security" {
			members = append(members, slices.Concat(quoted(name), []byte(":"), v.Raw()))
			continue
		}
		for label := range v.All() {
			labels = append(labels, label.Raw())
		}
	}
	for _, one := range part2Labels {
		labels = append(labels, encoded(one))
	}
	members = append(members, slices.Concat([]byte(`"security":`), array(labels)))
	return fhir.SetMember("meta", slices.Concat([]byte("{"), bytes.Join(members, []byte(",")), []byte("}")))
}

// label adds a label to those of the whole.
func (k *packing) label(raw []byte, c Coding) {
	for _, have := range k.labels {
		if bytes.Equal(have, raw) {
			return
		}
	}
	if c.Code != "" {
		k.labels = append(k.labels, raw)
	}
}

// sealed makes the Bundle, and refuses one that holds labelled content without the notice.
func (k *packing) sealed() (*Package, error) {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Bundle"`)
	if len(k.labels) > 0 {
		b.WriteString(`,"meta":{"security":`)
		b.Write(array(k.labels))
		b.WriteString(`}`)
	}
	b.WriteString(`,"type":"collection","timestamp":`)
	b.Write(stampedAt(k.at))
	b.WriteString(`,"entry":`)
	b.Write(array(k.entries))
	b.WriteString(`}`)
	if k.labelled && !bytes.Contains(b.Bytes(), []byte(Part2Notice)) {
		return nil, fmt.Errorf("the package of Task/%s holds 42 CFR Part 2 content and no notice", k.p.Task.ID())
	}
	k.out.Bundle = b.Bytes()
	return &k.out, nil
}

// Listed gives a package with the list of what was left out, as the JSON of a Parameters resource: for whoever answers for it, never for whom it
// goes to.
func (p *Package) Listed() []byte {
	var b bytes.Buffer
	b.WriteString(`{"resourceType":"Parameters","parameter":[{"name":"package","resource":`)
	b.Write(p.Bundle)
	b.WriteString(`}`)
	for _, w := range p.Withheld {
		b.WriteString(`,`)
		b.Write(encoded(withheldPart{"withheld", []any{
			refPart{"what", reference{w.Ref}}, textPart{"because", w.Because},
		}}))
	}
	b.WriteString(`]}`)
	return b.Bytes()
}

type withheldPart struct {
	Name string `json:"name"`
	Part []any  `json:"part"`
}

type refPart struct {
	Name  string    `json:"name"`
	Value reference `json:"valueReference"`
}

type textPart struct {
	Name  string `json:"name"`
	Value string `json:"valueString"`
}

// Enclosures gives what the requests (root may be nil) and a Task name that may belong in a package.
func (s Settings) Enclosures(request, root, task *fhir.Resource) []string {
	var list []string
	add := func(refs []string) {
		for _, ref := range refs {
			if ref != "" && ref[0] != '#' && !slices.Contains(list, ref) {
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
