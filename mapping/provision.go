package mapping

import (
	"slices"
	"strings"
	"time"
)

// fit says whether a rule is about a disclosure, by one of its elements.
type fit int

const (
	fits    fit = iota
	ranOut      // it was, until its period ended
	unclear     // the element says something that is not understood: it may be
	misses      // it is about something else
)

// A rule is about a disclosure if each of its elements is. What is not understood counts against whoever would send: a permit with an element that
// is unclear opens nothing, a deny with one shuts.

// narrowing are the elements by which a rule of a Consent is narrowed, and what a permit is short of that misses by one. Every element of
// Consent.provision stands here, or is read as what the rule does (type) or what is nested in it.
//
// Source: FHIR R4, consent.html, Consent.provision; ruling 14a
var narrowing = []struct {
	element string
	reads   func(q *question, p *provision, denies bool) fit
	short   string
}{
	{"actor", (*question).byActor, "names other recipients"},
	{"action", (*question).byAction, "is about other actions than to disclose or access"},
	{"purpose", (*question).byPurpose, "permits no sharing for treatment or coordination of care"},
	{"class", (*question).byClass, "does not cover this referral: it is limited to other classes"},
	{"code", (*question).byCode, "does not cover this referral: it is limited to other codes"},
	{"securityLabel", (*question).byLabel, "does not cover this referral: it bears other labels"},
	{"data", (*question).byData, "does not cover this referral: it is limited to other data"},
	{"dataPeriod", (*question).byDataPeriod, "does not cover this referral: it is limited to data of another time"},
	{"provision", (*question).byDepth, ""},
	{"period", (*question).byPeriod, "does not permit it now"},
}

// narrowed asks each element of a rule. It gives the first answer that decides, and its row.
func (q *question) narrowed(p *provision, denies bool) (fit, int) {
	found, at := fits, len(narrowing)
	for i := range narrowing {
		a := narrowing[i].reads(q, p, denies)
		switch {
		case a == misses, a == unclear && !denies:
			return a, i
		case a > found:
			found, at = a, i
		}
	}
	return found, at
}

// among is the answer of an element that lists codes: one of them is meant, or may be.
func among(list []string, takes bool) fit {
	switch {
	case len(list) == 0 || takes:
		return fits
	case slices.Contains(list, ""):
		return unclear
	}
	return misses
}

// byAction: only to disclose and to access open or shut the gate.
func (q *question) byAction(p *provision, _ bool) fit {
	return among(p.Actions, slices.Contains(p.Actions, "disclose") || slices.Contains(p.Actions, "access"))
}

func (q *question) byPurpose(p *provision, denies bool) fit {
	return among(p.Purposes, slices.ContainsFunc(p.Purposes, func(code string) bool {
		return slices.Contains(caring, code) || (denies || q.it.crisis) && slices.Contains(emergencies, code)
	}))
}

func (q *question) byClass(p *provision, denies bool) fit {
	return among(p.Classes, q.it.isOf(p.Classes, denies))
}

func (q *question) byCode(p *provision, denies bool) fit {
	switch {
	case len(p.Codes) == 0 || q.it.hasCode(p.Codes, denies):
		return fits
	case slices.ContainsFunc(p.Codes, func(c Coding) bool { return c.Code == "" }):
		return unclear
	}
	return misses
}

// byLabel: a permit takes in what bears no label beyond those that it names and the ordinary ones. One that names neither a label nor a class takes
// in everything but psychotherapy notes (42 CFR Part 2 content needs more, see lacks). A deny takes in what bears one of its labels.
func (q *question) byLabel(p *provision, denies bool) fit {
	named := func(label string) bool { return slices.Contains(p.Labels, label) }
	switch {
	case denies:
		return among(p.Labels, slices.ContainsFunc(q.it.labels, named) || !q.it.special() && slices.ContainsFunc(ordinary, named))
	case len(p.Labels) == 0:
		if len(p.Classes) == 0 && slices.Contains(q.it.labels, codePsychotherapy) {
			return misses
		}
		return fits
	}
	beyond := slices.ContainsFunc(q.it.labels, func(label string) bool { return !named(label) && !slices.Contains(ordinary, label) })
	understood := slices.ContainsFunc(p.Labels, func(label string) bool { return label != "" })
	return among(p.Labels, !beyond && understood)
}

// byData: content that is named is taken in. What else a meaning may take in is not followed, and neither is what is named by something that only
// the Consent knows, or by an identifier that several carry.
func (q *question) byData(p *provision, denies bool) fit {
	open := func(d datum) bool { return d.Meaning != "instance" || d.Ref == "" || strings.Contains(d.Ref, "#") }
	switch {
	case len(p.Data) == 0 || q.it.isNamed(p.Data, denies):
		return fits
	case slices.ContainsFunc(p.Data, open):
		return unclear
	}
	return misses
}

func (q *question) byDataPeriod(p *provision, _ bool) fit {
	switch {
	case !p.Bounded:
		return fits
	case q.it.at.IsZero() || p.Since.IsZero() && p.Until.IsZero():
		return unclear
	case within(q.it.at, p.Since, p.Until):
		return fits
	}
	return misses
}

func (q *question) byPeriod(p *provision, denies bool) fit {
	switch {
	case within(q.at, p.From, p.To):
		return fits
	case denies || q.at.Before(p.From):
		return misses
	}
	return ranOut
}

// byDepth: what is nested deeper than is read may say anything.
func (q *question) byDepth(p *provision, _ bool) fit {
	if p.Cut {
		return unclear
	}
	return fits
}

// within reports whether a moment lies in a period. Where it has no end it goes on.
func within(at, from, to time.Time) bool {
	return !at.Before(from) && (to.IsZero() || at.Before(to))
}

// byActor: who is named. A permit without actors is for the parties of this referral; one that is nested and names nobody is for whom the rule
// around it names. An actor who cannot be matched is still an actor.
//
// Source: ruling 14
func (q *question) byActor(p *provision, denies bool) fit {
	actors := p.Actors
	if len(actors) == 0 {
		actors = q.above
	}
	switch {
	case len(actors) == 0:
		if q.d == onward && !denies {
			return misses
		}
		return fits
	case !denies:
		if q.names(actors, q.d, q.labelled) {
			return fits
		}
		return misses
	case len(p.Actors) == 0 && q.names(actors, q.d, false), len(p.Actors) > 0 && q.bars(actors, q.d):
		return fits
	}
	return q.byUnmatched(actors)
}

// byUnmatched answers for a deny whose actors are not matched: one of them may be this agency until a human says whom it means.
func (q *question) byUnmatched(actors []actor) fit {
	found := misses
	for i := range actors {
		a := &actors[i]
		if !q.mayBeAgency(a) {
			continue
		}
		if len(q.meant) == 0 || len(q.meant) < q.f.unmatched(q) {
			found = unclear
			continue
		}
		for _, ref := range q.meant {
			if q.bars([]actor{{Ref: ref, Part: a.Part}}, q.d) {
				return fits
			}
		}
	}
	return found
}

// mayBeAgency reports an actor who is no stored resource, and may be this agency.
func (q *question) mayBeAgency(a *actor) bool {
	return !a.isNoAgency() && !q.matched(a.Ref)
}

// matched reports whether a reference names somebody who is known here.
func (q *question) matched(ref string) bool {
	if !placed(ref) {
		return false
	}
	return ref == q.s.Self || q.sideOf(ref)&bothSides != 0 || q.r.r.Known == nil || q.r.r.Known(ref)
}

// unmatched counts the actors of denies whom a human has to say.
func (f *consentFact) unmatched(q *question) int {
	var list []actor
	f.Rule.rules(func(p *provision) {
		for i := range p.Actors {
			if a := p.Actors[i]; p.Kind != permit && !a.isNoAgency() && !q.matched(a.Ref) {
				a.Part = either
				if a.Ref == "" || !slices.Contains(list, a) {
					list = append(list, a)
				}
			}
		}
	})
	return len(list)
}
