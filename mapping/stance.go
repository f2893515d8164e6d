package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// question is what a Consent is asked: whether some content may go one way at one moment.
type question struct {
	*leg
	f        *consentFact
	d        direction
	it       *content
	at       time.Time
	labelled bool     // it is 42 CFR Part 2 content, or the Consent is for such
	meant    []string // whom a human says that the Consent means, where it names somebody who cannot be matched
	above    []actor  // whom the rule around the one that is read names
}

// stance is what one Consent says about one direction at one moment.
type stance int

const (
	silent stance = iota
	permits
	expired
	denies
)

// finding is a stance, and what of the Consent decided.
type finding struct {
	stance  stance
	unclear bool   // by something that is not understood
	row     int    // of narrowing; len(narrowing) where no element of a rule decided
	depth   int    // how deep the rule is nested
	element string // "action"; "" for the rule itself
}

// conditions are the elements of a Consent, beside its provision, on which it depends whether what it permits counts. Whether what it denies counts
// depends on the first two alone, and there only on what is understood.
//
// Source: FHIR R4, consent.html; ruling 14a; local, performer is the person or a lawful representative
var conditions = []struct {
	element string
	meets   func(q *question) fit
	short   string
}{
	{"status", (*question).byStatus, "is not active"},
	{"scope", (*question).byScope, "is not about sharing information"},
	{"patient", (*question).byPatient, "is somebody else's"},
	{"performer", (*question).byPerformer, "was given by neither the person nor a representative"},
	{"dateTime", (*question).byDateTime, "is given on a day to come"},
	{"verification.verified", (*question).byVerification, "was found not to be the person's"},
	{"modifierExtension", (*question).byModifier, ""},
}

// ofDenies is how many of the conditions a deny asks for.
const ofDenies = 2

// unread are the elements of a Consent that do not narrow it: what they say is kept.
var unread = []string{"id", "meta", "implicitRules", "language", "text", "contained", "extension", "identifier", "category", "organization", "source", "policy"}

func (q *question) byStatus() fit {
	if q.f.Status == "active" {
		return fits
	}
	return misses
}

func (q *question) byScope() fit {
	switch q.f.Scope {
	case "patient-privacy", "treatment":
		return fits
	case "":
		return unclear
	}
	return misses
}

func (q *question) byPatient() fit {
	switch {
	case q.f.Unnamed:
		return unclear
	case q.r.ofOther(q.f.Patient):
		return misses
	}
	return fits
}

func (q *question) byPerformer() fit {
	if len(q.f.By) == 0 || slices.ContainsFunc(q.f.By, q.mayGive) {
		return fits
	}
	return misses
}

// clockSkew is how far a clock elsewhere may be ahead of ours.
//
// Source: ruling 19
const clockSkew = 5 * time.Minute

func (q *question) byDateTime() fit {
	if q.f.Given.After(workflow.Plus(q.at, clockSkew)) {
		return misses
	}
	return fits
}

func (q *question) byVerification() fit {
	if q.f.Doubted {
		return misses
	}
	return fits
}

func (q *question) byModifier() fit {
	if q.f.NotUnderstood != "" {
		return unclear
	}
	return fits
}

// mayGive reports whether a performer may be the person or a representative. Somebody elsewhere cannot be looked up, and is believed.
func (c *leg) mayGive(by string) bool {
	return by == c.r.subject || strings.HasPrefix(by, "Patient/") || strings.HasPrefix(by, "RelatedPerson/") ||
		!strings.HasPrefix(by, "Organization/") && !strings.HasPrefix(by, "Practitioner")
}

// sound reports whether what a Consent permits counts.
func (q *question) sound() bool {
	for i := range conditions {
		if conditions[i].meets(q) != fits {
			return false
		}
	}
	return true
}

// stance gives what a Consent says. A deny wins; what is permitted counts where the Consent is sound, and for 42 CFR Part 2 content where it has all
// that the law asks for.
//
// Source: FHIR R4, consent.html, Consent.provision; rulings 14, 14a
func (q *question) stance() finding {
	for i := range ofDenies {
		if conditions[i].meets(q) == misses {
			return finding{row: len(narrowing)}
		}
	}
	root := &q.f.Rule
	found := q.denied(root, 0)
	if root.Kind == deny && (found.stance == denies || found.stance == silent) || found.stance == denies {
		return found
	}
	if !q.sound() || root.Kind == neither {
		return finding{row: len(narrowing)}
	}
	if root.Kind == permit {
		found = q.permitted(root, 0)
	}
	if q.labelled && found.stance != silent && len(q.lacks()) > 0 {
		return finding{row: len(narrowing)}
	}
	return found
}

// permitted gives what a permit makes of the question. Permits that are nested in it narrow it: it opens only what one of them opens. A nested rule
// that does not say what it does may be a deny.
func (q *question) permitted(p *provision, depth int) finding {
	a, row := q.narrowed(p, false)
	if a == misses || a == unclear {
		return finding{unclear: a == unclear, row: row, depth: depth, element: narrowing[row].element}
	}
	found := finding{stance: permits, row: len(narrowing), depth: depth}
	if len(p.Nested) > 0 {
		found = q.narrowedBy(p, depth)
	}
	if found.stance == permits && a == ranOut {
		found.stance = expired
	}
	return found
}

// narrowedBy gives what the rules nested in a permit leave of it.
func (q *question) narrowedBy(p *provision, depth int) finding {
	defer q.within(p)()
	for i := range p.Nested {
		if n := &p.Nested[i]; n.Kind == neither {
			if may, _ := q.narrowed(n, true); may != misses {
				return finding{unclear: true, row: len(narrowing), depth: depth + 1, element: n.Missing}
			}
		}
	}
	found, narrows := q.nested(p, depth)
	if !narrows {
		return finding{stance: permits, row: len(narrowing), depth: depth}
	}
	return found
}

// nested gives the best of what the permits nested in a rule make of the question, and whether there are any.
func (q *question) nested(p *provision, depth int) (best finding, there bool) {
	for i := range p.Nested {
		n := &p.Nested[i]
		if n.Kind != permit {
			continue
		}
		found := q.permitted(n, depth+1)
		if !there || found.stance == permits || best.stance == silent && (found.stance == expired || found.row > best.row) {
			best, there = found, true
		}
		if best.stance == permits {
			break
		}
	}
	return best, there
}

// denied gives the deny that shuts in a rule and what is nested in it, a silent finding where none does. A deny that is excepted by a permit nested
// in it gives what that permit makes of the question.
func (q *question) denied(p *provision, depth int) finding {
	if p.Kind == deny {
		a, row := q.narrowed(p, true)
		if a == misses {
			return finding{row: row, depth: depth, element: narrowing[row].element}
		}
		if found, ok := q.excepted(p, depth); ok {
			return found
		}
		if a == fits {
			return finding{stance: denies, row: len(narrowing), depth: depth}
		}
		return finding{stance: denies, unclear: true, row: row, depth: depth, element: narrowing[row].element}
	}
	if len(p.Nested) == 0 {
		return finding{}
	}
	defer q.within(p)()
	for i := range p.Nested {
		if found := q.denied(&p.Nested[i], depth+1); found.stance == denies {
			return found
		}
	}
	return finding{}
}

// excepted gives what a permit nested in a deny makes of the question, unless a deny beside it shuts again.
func (q *question) excepted(p *provision, depth int) (finding, bool) {
	if len(p.Nested) == 0 || !q.sound() {
		return finding{}, false
	}
	defer q.within(p)()
	for i := range p.Nested {
		if q.denied(&p.Nested[i], depth+1).stance == denies {
			return finding{}, false
		}
	}
	found, _ := q.nested(p, depth)
	return found, found.stance != silent
}

// within sets whom the rules nested in a rule are about where they do not say it, and gives how to set it back.
func (q *question) within(p *provision) func() {
	was := q.above
	if len(p.Actors) > 0 {
		q.above = p.Actors
	}
	return func() { q.above = was }
}

// lacks names the written elements of a consent to disclose 42 CFR Part 2 content that a Consent does not have, in the rules by which it permits.
// What a form says that is attached to it cannot be read, and does not count. The right to revoke is a matter of the form.
//
// Source: 42 CFR 2.31(a): name of the patient, who discloses, what, to whom, purpose, expiry, signature and date; ruling 14
func (q *question) lacks() []string {
	var missing []string
	need := func(there bool, what string) {
		if !there {
			missing = append(missing, what)
		}
	}
	var rules []*provision
	q.f.Rule.rules(func(p *provision) {
		if p.Kind == permit && q.permitted(p, 0).stance != silent {
			rules = append(rules, p)
		}
	})
	some := func(holds func(*provision) bool) bool { return slices.ContainsFunc(rules, holds) }
	need(q.f.Patient != "", "the person's name")
	need(slices.ContainsFunc(q.f.Custodians, func(ref string) bool { return q.sideOf(ref)&q.d.from != 0 }) ||
		some(func(p *provision) bool { return q.discloses(p.Actors, q.d) }), "who may disclose")
	need(some(func(p *provision) bool { return len(p.Classes)+len(p.Codes)+len(p.Labels)+len(p.Data) > 0 }), "what may be disclosed")
	need(some(func(p *provision) bool { return q.hears(p.Actors, q.d) }), "to whom, by name")
	need(some(func(p *provision) bool { return len(p.Purposes) > 0 }), "the purpose")
	need(some(func(p *provision) bool { return !p.To.IsZero() }), "when it ends")
	need(len(q.f.By) > 0 && !q.f.Given.IsZero(), "who signed it and when")
	return missing
}
