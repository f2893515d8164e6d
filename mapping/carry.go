package mapping

import (
	"bytes"
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// What of a resource goes to an agency.

// only are the members that a resource of a type may carry to an agency, and which items of them; nil is all. A type without a row carries what it
// has. Whatever it is, nothing that is held back goes in it.
//
// Source: local, minimum necessary: the name they use, how to reach them, language, interpreter, access
var only = map[string]map[string]func(*fhir.Resource) func(fhir.Value) bool{
	"Patient": {
		"resourceType": nil, "id": nil, "meta": nil, "communication": nil,
		"name": namesUsed, "telecom": inUse, "extension": forCare,
	},
	"RelatedPerson": {
		"resourceType": nil, "id": nil, "meta": nil, "communication": nil, "active": nil, "patient": nil, "relationship": nil, "period": nil,
		"name": namesUsed, "telecom": inUse,
	},
}

// careExtensions say how to speak to a person and what they need to come.
//
// Source: FHIR R4, extension registry
var careExtensions = []string{
	"http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
	"http://hl7.org/fhir/StructureDefinition/patient-disability",
	"http://hl7.org/fhir/StructureDefinition/individual-pronouns",
}

func forCare(*fhir.Resource) func(fhir.Value) bool {
	return func(v fhir.Value) bool { return slices.Contains(careExtensions, v.Get("url").Text()) }
}

func inUse(*fhir.Resource) func(fhir.Value) bool {
	return func(v fhir.Value) bool { return v.Get("use").Text() != "old" }
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

// carrying is the work on one resource that may go.
type carrying struct {
	*packing
	r      *fhir.Resource
	where  string          // what the navigator calls it: "ServiceRequest/sr2", "ServiceRequest/sr2#note"
	hidden map[string]bool // ids of what it contains, or what contains it, that may not go
	took   bool            // something that is held back was taken out of it
	short  string          // a member that it cannot be without was taken out
}

// carry gives of a resource what may go: no member that its type does not carry, nothing that is held back at whatever depth, no item that names such,
// and no narrative where anything was taken out, because a narrative may tell of it. why says that it cannot go at all, because it would not be what it
// is.
//
// Source: local, one rule for whatever leaves: withheld content leaves no trace
func (k *packing) carry(r *fhir.Resource, where string) (body []byte, took bool, why string) {
	c := &carrying{packing: k, r: r, where: where, hidden: map[string]bool{}}
	inside := c.contained()
	edits := append(c.members(), inside...)
	switch {
	case c.short != "":
		return nil, true, "cannot go without its " + c.short + ", which is held back"
	case c.took && slices.Contains(undivided, r.Type()):
		return nil, true, partly
	case k.silent(where):
		edits = append(edits, fhir.RemoveMember("text"))
	}
	if len(edits) == 0 {
		return r.Bytes(), false, ""
	}
	return r.With(edits...), c.took, ""
}

// undivided are the types of which nothing can be taken out: what is left would not be what it was, or what was taken out says who may see the rest.
var undivided = []string{"Bundle", "Binary"}

const partly = "has something in it that is held back, and goes whole or not at all"

// members gives the edits that leave of a resource, but for what it contains, what goes.
func (c *carrying) members() []fhir.Edit {
	var edits []fhir.Edit
	for name, v := range c.r.Root().Members() {
		if name != "contained" && name != "text" {
			edits = append(edits, c.member(name, v)...)
		}
	}
	if only[c.r.Type()] != nil {
		edits = append(edits, fhir.RemoveMember("contained"))
	}
	if c.took || only[c.r.Type()] != nil {
		edits = append(edits, fhir.RemoveMember("text"))
	}
	return edits
}

// contained judges what a resource holds inside itself, which needs its permit as much as what stands apart, and gives what of it goes. What one of
// them cannot do without takes it along.
func (c *carrying) contained() []fhir.Edit {
	all := c.r.Get("contained").Items()
	if len(all) == 0 {
		return nil
	}
	for _, v := range all {
		inner := v.Resource()
		e := &Enclosure{Ref: c.where + "#" + inner.ID(), Resource: inner}
		it := c.contentOf(e)
		why := c.heldBack(e, it, slices.Contains(parties, inner.Type()) || c.isSubject(inner))
		switch {
		case why == "" && inner.Type() == "Patient" && !c.isSubject(inner):
			why = somebodyElses
		case why == "" && c.fromOther("contained", v):
			why = fromAnotherAgency
		}
		if why != "" {
			c.leave(inner, why)
		}
	}
	bodies := make([][]byte, len(all))
	for left := -1; left != len(c.hidden); { // until none takes another along
		left = len(c.hidden)
		for i, v := range all {
			inner := v.Resource()
			if bodies[i] = nil; c.hidden[inner.ID()] {
				continue
			}
			one := &carrying{packing: c.packing, r: inner, where: c.where + "#" + inner.ID(), hidden: c.hidden}
			bodies[i] = one.part()
			switch {
			case one.short != "":
				c.leave(inner, "cannot go without its "+one.short+", which is held back")
			case one.took && slices.Contains(undivided, inner.Type()):
				c.leave(inner, partly)
			}
			c.took = c.took || one.took
		}
	}
	bodies = slices.DeleteFunc(bodies, func(b []byte) bool { return b == nil })
	if len(bodies) == 0 {
		return []fhir.Edit{fhir.RemoveMember("contained")}
	}
	if joined := array(bodies); !bytes.Equal(joined, c.r.Get("contained").Raw()) {
		return []fhir.Edit{fhir.SetMember("contained", joined)}
	}
	return nil
}

// part gives what goes of a contained resource.
func (c *carrying) part() []byte {
	c.labelled = c.labelled || part2Labelled(c.r)
	return c.r.With(c.members()...)
}

// leave notes that something contained does not go.
func (c *carrying) leave(inner *fhir.Resource, why string) {
	c.hidden[inner.ID()], c.took = true, true
	c.list(c.where+"#"+inner.ID(), why)
}

// isSubject reports a contained Patient that is whom its container is about.
func (c *carrying) isSubject(inner *fhir.Resource) bool {
	return inner.Type() == "Patient" && slices.ContainsFunc(aboutWhom, func(name string) bool {
		return c.r.Get(name).Get("reference").Text() == "#"+inner.ID()
	})
}

// member gives the edits by which a member loses what does not go.
func (c *carrying) member(name string, v fhir.Value) []fhir.Edit {
	plain := strings.TrimPrefix(name, "_")
	row := only[c.r.Type()]
	choose, listed := row[name]
	if row != nil && !listed {
		return []fhir.Edit{fhir.RemoveMember(name)}
	}
	var keep func(fhir.Value) bool
	if choose != nil {
		keep = choose(c.r)
	}
	var kept [][]byte
	all, held := 0, 0
	for item := range v.All() {
		switch all++; {
		case keep != nil && !keep(item):
		case c.fromOther(plain, item), c.holds(item):
			held++
		default:
			kept = append(kept, item.Raw())
		}
	}
	c.took = c.took || held > 0
	switch {
	case len(kept) == all:
		return nil
	case held > 0 && plain != name: // the extensions of values whose places must match
		return []fhir.Edit{fhir.RemoveMember(name), fhir.RemoveMember(plain)}
	case len(kept) > 0:
		return []fhir.Edit{fhir.SetMember(name, array(kept))}
	case held > 0 && required(c.r.Type(), plain):
		c.short = plain
	}
	return []fhir.Edit{fhir.RemoveMember(name)}
}

const fromAnotherAgency = "came from another agency, and is not ours to pass on"

// fromOther reports an item of the Task that came from an agency that the Task was with before.
func (c *carrying) fromOther(member string, item fhir.Value) bool {
	if len(c.others) == 0 || c.where != "Task/"+c.p.Task.ID() || !c.others[member+" "+sorted(item.Raw())] {
		return false
	}
	if member != "contained" {
		c.list(c.where, "has a part that "+fromAnotherAgency)
	}
	return true
}

// required reports an element without which a resource of a type is none.
func required(typ, name string) bool {
	t, ok := fhir.LookupType(typ)
	return ok && slices.ContainsFunc(t.Elements, func(e fhir.Element) bool {
		return e.Min > 0 && (e.Name == name || e.Choice && strings.HasPrefix(name, e.Name))
	})
}

// inlineLabel is an extension that labels one element.
//
// Source: HL7 FHIR DS4P 1.0.0, inline-sec-label
const inlineLabel = "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"

// holds reports whether a value names something that is held back, is labelled so itself, or has such in it.
func (c *carrying) holds(v fhir.Value) bool {
	switch {
	case v.Type() == "Reference" && c.names(v), v.Type() == "Attachment" && c.attaches(v):
		return true
	case v.Resource() != nil && c.heldInside(v.Resource()):
		return true
	}
	if labels := inlineLabels(v); len(labels) > 0 && c.labelHeld(labels) {
		return true
	}
	if v.Type() != "CodeableConcept" && callsItselfNote(v) {
		c.list(c.where, "has a part that is a counselling note, which never travels")
		return true
	}
	for _, item := range v.Members() {
		for one := range item.All() {
			if c.holds(one) {
				return true
			}
		}
	}
	return false
}

// names reports a Reference to something that is held back, or to somebody else.
func (c *carrying) names(v fhir.Value) bool {
	if c.gone[identifierOf(v.Get("identifier"))] {
		return true
	}
	text := v.Get("reference").Text()
	if id, local := strings.CutPrefix(text, "#"); local {
		return id != "" && c.hidden[id]
	}
	ref := c.s.ref(v)
	switch {
	case c.leg.r.foreign(ref):
		c.list(ref, somebodyElses)
		return true
	case c.strange(v, ref):
		c.list(c.where, "names somebody of whom it is not known that it is the person")
		return true
	}
	return c.gone[ref] || c.gone[text]
}

// strange reports a Reference to a patient in words only, or by an identifier that is not known to be the person's.
func (c *carrying) strange(v fhir.Value, ref string) bool {
	return c.leg.r.subject != "" && (ref == "" || c.leg.r.ofOther(ref)) && c.s.typeOf(v, ref) == "Patient" && (ref != "" || v.Get("display").Exists())
}

// attaches reports an Attachment whose content stands apart and is held back.
func (c *carrying) attaches(v fhir.Value) bool { return c.gone[c.s.literal(v.Get("url").Text())] }

func inlineLabels(v fhir.Value) []string {
	var labels []string
	for e := range v.Get("extension").All() {
		if e.Get("url").Text() == inlineLabel {
			labels = append(labels, e.Get("valueCoding", "code").Text())
		}
	}
	return labels
}

// labelHeld reports labels of an element that may not go with the referral.
func (c *carrying) labelHeld(labels []string) bool {
	why := "is a counselling note, which never travels"
	if !slices.Contains(labels, codePsychotherapy) {
		if why = c.denied(&content{types: []string{c.r.Type()}, labels: labels}); why == "" {
			c.labelled = c.labelled || slices.Contains(labels, codePart2)
			return false
		}
	}
	c.list(c.where, "has a part that "+why)
	return true
}

// heldInside reports a resource in an entry of a Bundle, or in a parameter, of which not all may go.
func (c *carrying) heldInside(r *fhir.Resource) bool {
	e := &Enclosure{Ref: r.Type() + "/" + r.ID(), Resource: r}
	it := c.contentOf(e)
	why := c.heldBack(e, it, slices.Contains(parties, r.Type()))
	if why == "" {
		if _, took, _ := c.carry(r, e.Ref); !took {
			c.labelled = c.labelled || it.labelled()
			return false
		}
		why = "has something in it that is held back"
	}
	c.withhold(e.Ref, r, why)
	return true
}

// part2Labelled reports a resource that is labelled as 42 CFR Part 2 content, or holds one that is.
func part2Labelled(r *fhir.Resource) bool {
	if slices.Contains(labelsOf(r), codePart2) {
		return true
	}
	for v := range r.Get("contained").All() {
		if inner := v.Resource(); inner != nil && slices.Contains(labelsOf(inner), codePart2) {
			return true
		}
	}
	return false
}

// silent reports the resources of the referral itself, whose narrative may tell of anything that belongs to it, where anything is held back.
func (k *packing) silent(where string) bool {
	return len(k.out.Withheld) > 0 && (where == "Task/"+k.p.Task.ID() || where == "ServiceRequest/"+k.p.Request.ID())
}

func array(items [][]byte) []byte {
	return slices.Concat([]byte("["), bytes.Join(items, []byte(",")), []byte("]"))
}
