package mapping

import (
	"cmp"
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// What may not go to an agency, and why.

// Withheld is something that does not travel, and why. It is for the navigator's eyes, never the recipient's.
type Withheld struct {
	Ref     string
	Because string
}

// parties are the types that say who somebody is, who works for whom or where: no class of the person's data. They go with what names them, unless a
// label or a deny holds them back.
var parties = []string{"Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService", "Endpoint"}

// withhold lists what is held back, once, and notes by what it is named. What it consists of is held back with it.
func (k *packing) withhold(ref string, r *fhir.Resource, why string) {
	k.gone[ref] = true
	k.list(ref, why)
	if r == nil || r.Type() == "Patient" {
		return
	}
	for _, element := range []string{"identifier", "masterIdentifier"} {
		for id := range r.Get(element).All() {
			if name := identifierOf(id); name != "" {
				k.gone[name] = true
			}
		}
	}
	attachments(r.Root(), func(v fhir.Value) {
		if part := k.s.literal(v.Get("url").Text()); strings.HasPrefix(part, "Binary/") && !k.gone[part] {
			k.gone[part] = true
			k.list(part, "is the content of "+ref+", which is held back")
		}
	})
}

// list tells the navigator of something held back.
func (k *packing) list(ref, why string) {
	if !slices.ContainsFunc(k.out.Withheld, func(w Withheld) bool { return w.Ref == ref }) {
		k.out.Withheld = append(k.out.Withheld, Withheld{ref, why})
	}
}

// contentOf describes something for the consent rules. What a Part 2 program wrote counts as labelled. What goes with the referral is of its classes,
// too.
func (k *packing) contentOf(e *Enclosure) *content {
	it := &content{ref: e.Ref}
	if ref, ok := fhir.ParseReference(e.Ref); ok && ref.Type != "" {
		it.types = []string{ref.Type}
	}
	if r := e.Resource; r != nil {
		it.types, it.names, it.labels, it.within = []string{r.Type()}, namesOf(r), labelsOf(r), codingsWithin(r.Root())
		for _, name := range []string{"code", "type", "category"} {
			it.codes = append(it.codes, codings(r.Get(name))...)
		}
		if c := k.contextOf(r); c != nil && c.Resource != nil {
			it.labels = append(it.labels, labelsOf(c.Resource)...)
		}
	}
	if !it.labelled() && (k.r.isPart2(e.Party) || k.r.isPart2(k.r.requester) || k.madeByPart2(e.Resource)) {
		it.labels = append(it.labels, codePart2)
	}
	return it
}

// heldBack says why a resource may not go, "" where it may. It is asked of every resource that would leave, of each that is contained in one, and of
// what is only named. with says that it goes with the referral: the gate has let its kind through already, and what is left to ask is who it is about, what it is
// labelled as, and whether it is denied.
//
// Source: local, one rule for whatever leaves; RULINGS.md, 44: a label inside a contained resource is obeyed
func (k *packing) heldBack(e *Enclosure, it *content, with bool) string {
	r := e.Resource
	switch {
	case strings.HasPrefix(e.Ref, "Consent/") && e.Ref != k.consent:
		return "is a Consent on which this does not rest"
	case r == nil && !with && isLocal(e.Ref):
		return "is not here"
	case r == nil && !with && k.part2:
		return "is kept elsewhere, and its labels cannot be read"
	case r != nil && r.Get("status").Text() == "entered-in-error":
		return "was entered in error"
	case k.r.foreign(e.Ref):
		return somebodyElses
	case e.Role == workflow.Agency && e.Party != "" && !k.isAgency(e.Party), k.ofAnother(e.Ref):
		return fromAnotherAgency
	case r != nil && counsellingNote(r, it):
		return "is a counselling note, which never travels"
	}
	if r != nil {
		if why := cmp.Or(k.aboutOther(e), k.heldByContext(r, with)); why != "" {
			return why
		}
	}
	if with {
		return k.denied(it)
	}
	if span := k.gateAt(k.at, forward, it); !span.Open {
		return "is not permitted by consent: " + span.Why
	}
	return ""
}

// denied says why something that goes with the referral may not: it is denied by itself, or bears a label that the referral does not.
func (k *packing) denied(it *content) string {
	if span := k.gateAt(k.at, forward, it); !span.Open && span.Cause == workflow.Revoked {
		return "is not permitted by consent: " + span.Why
	}
	core := *k.core()
	core.labels = slices.Concat(core.labels, it.labels)
	if span := k.gateAt(k.at, forward, &core); !span.Open {
		return "is not permitted by consent: " + span.Why
	}
	return ""
}

// ofAnother reports a Task or request of this referral that is another agency's.
func (k *packing) ofAnother(ref string) bool {
	for i := range k.r.tasks {
		t := &k.r.tasks[i]
		if owner := t.now().owner; t.shape != Parent && owner != "" && owner != k.agency && (t.h.Key == ref || t.h.Of != "" && t.h.Of == ref) {
			return true
		}
	}
	return false
}

func isLocal(ref string) bool {
	r, ok := fhir.ParseReference(ref)
	return ok && r.Base == "" && r.Type != "" && r.Fragment == ""
}

// aboutWhom are the elements that say whom a resource is about, in whatever types have them.
//
// Source: FHIR R4, compartmentdefinition-patient.html
var aboutWhom = []string{"subject", "patient", "for", "beneficiary", "individual", "candidate"}

const somebodyElses = "is about somebody else"

// aboutOther says why a resource is not about the person alone, "" where it is, or says of nobody that it is about them. Of the referral itself it is
// known whom it is for.
func (k *packing) aboutOther(e *Enclosure) string {
	r := e.Resource
	itself := e.Ref == k.task || e.Ref == "ServiceRequest/"+k.p.Request.ID()
	if records := k.s.refsAt(r, "link.target"); r.Type() == "Person" && (len(records) == 0 || slices.ContainsFunc(records, k.r.ofOther)) {
		return somebodyElses
	}
	for _, name := range aboutWhom {
		for v := range r.Get(name).All() {
			if v.Type() != "Reference" {
				continue
			}
			switch who := k.s.ref(v); {
			case k.r.ofOther(who):
				return somebodyElses
			case itself:
			case who == "":
				return "says in words only whom it is about"
			case strings.HasPrefix(who, "Group/"):
				return "is about a group"
			}
		}
	}
	return ""
}

// contextOf gives what says who may see a Binary, where that is here.
//
// Source: FHIR R4, binary.html, Binary.securityContext: the Binary has the same security labels and is about the same person
func (k *packing) contextOf(r *fhir.Resource) *Enclosure {
	if r.Type() != "Binary" {
		return nil
	}
	ref := k.s.ref(r.Get("securityContext"))
	for _, list := range [][]Enclosure{k.p.Named, k.p.Enclosed} {
		if i := slices.IndexFunc(list, func(e Enclosure) bool { return e.Ref == ref }); i >= 0 {
			return &list[i]
		}
	}
	return nil
}

// heldByContext says that a Binary may not go because its security context may not.
func (k *packing) heldByContext(r *fhir.Resource, with bool) string {
	c := k.contextOf(r)
	if c == nil {
		return ""
	}
	why := "is another Binary"
	if c.Resource == nil || c.Resource.Type() != "Binary" {
		why = k.heldBack(c, k.contentOf(c), with)
	}
	if why == "" {
		return ""
	}
	return "has a security context that may not go: " + c.Ref + " " + why
}

// codePsychotherapy labels notes of what is said in therapy.
//
// Source: HL7 v3-ActCode, PSYTHPN: psychotherapy note information sensitivity
const codePsychotherapy = "PSYTHPN"

// noteWords are how a counselling note calls itself where no label says so. Too much is held back rather than too little.
var noteWords = []string{"counseling note", "counselling note", "psychotherapy note", "therapy session note"}

// noteNames are the elements in which a thing says what it is.
var noteNames = []string{"type", "category", "code", "title", "description"}

// ordering are types that say what is to be done, and are no notes whatever words they use.
var ordering = []string{"ServiceRequest", "Task", "Appointment"}

// counsellingNote reports notes that are kept apart from the record: by label, or by what their type or title says.
//
// Source: 42 CFR 2.11, SUD counseling notes
func counsellingNote(r *fhir.Resource, it *content) bool {
	return slices.Contains(it.labels, codePsychotherapy) || !slices.Contains(ordering, r.Type()) && callsItselfNote(r.Root())
}

// callsItselfNote reports an object that calls itself a counselling note.
func callsItselfNote(v fhir.Value) bool {
	for _, name := range noteNames {
		words := strings.ToLower(string(v.Get(name).Raw()))
		if words != "" && slices.ContainsFunc(noteWords, func(w string) bool { return strings.Contains(words, w) }) {
			return true
		}
	}
	return false
}
