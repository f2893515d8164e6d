package workflow

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Need names something that an end needs beside its reason.
type Need string

// The needs.
const (
	NeedAttempts  Need = "attempts"
	NeedSecond    Need = "second-person"
	NeedRisk      Need = "risk-review"
	NeedChild     Need = "safeguarding-review"
	NeedSpoken    Need = "spoken-with-person"
	NeedElsewhere Need = "evidence-elsewhere"
	NeedOtherLeg  Need = "another-agency"
	NeedMove      Need = "move-confirmed"
	NeedShut      Need = "consent-taken-back"
)

// NeedRow says when an end needs something, and what is asked for where it is missing. What Refuses has to be there beforehand: an end that nobody
// but us may judge. The rest may come later, from somebody else or in another order, so the end is taken, says what is missing, and somebody sees to
// it.
type NeedRow struct {
	Need    Need
	Words   string // for people
	Source  string
	Refuses bool
	lacks   func(e *ending) []string // what is missing, in words and numbers; nil: nothing
}

// Needs are what the ends of reason.go name.
//
// Source: local, ends and pauses, column needs; rows 33, 35, 43, 44, 45
var Needs = []NeedRow{
	{NeedAttempts, "enough attempts to reach the person, in enough ways, on enough days, over long enough a time", "T7", true, (*ending).lacksAttempts},
	{NeedSecond, "a second person's signature", "row 35", true, (*ending).lacksSecond},
	{NeedRisk, "in a crisis: a review of the risk", "row 35", true, (*ending).lacksRisk},
	{NeedChild, "for a child: a safeguarding review", "row 35", true, (*ending).lacksChild},
	{NeedSpoken, "a recorded conversation with the person, or their own word", "row 33", false, (*ending).lacksSpoken},
	{NeedElsewhere, "a visit at another service, or the person's word for it", "ends", false, (*ending).lacksElsewhere},
	{NeedOtherLeg, "another agency that is asked in this referral", "row 44", false, (*ending).lacksOtherLeg},
	{NeedMove, "the word of the person or the referrer that they moved, or a recorded conversation", "row 43", false, (*ending).lacksMove},
	{NeedShut, "a consent that was taken back", "row 47", false, (*ending).lacksShut},
}

// ending is a Task that ends its leg.
type ending struct {
	l      *Ledger
	h      *Handoff
	others []*Handoff
	at     time.Time
	rules  *Rules
	word   *Word
	before *Word // nil when the Task came ended
	by     Role
}

// MayEnd gives nil when a leg may end as its newest word says, and otherwise what is still missing, in words for whoever asked. h is the answer
// with that word in it; all are the answers of every leg of the referral, h among them.
//
// Only an end with a coded reason is held to what it needs: who ends with text alone, or brings a Task that is over already, is taken at their
// word, and the default reason is no more than that. An end that was there before is not asked again.
//
// Source: local, ends and pauses; rejected or failed without a coded reason
func MayEnd(l *Ledger, h *Handoff, all []*Handoff, at time.Time, r *Rules) *RefusedMove {
	e := endingOf(l, h, all, at, r)
	if e == nil {
		return nil
	}
	end, coded := EndOf(e.word.Reason)
	if !coded || e.before == nil {
		return nil
	}
	no := &RefusedMove{Asked: Asked{From: e.before.Status, To: e.word.Status, By: e.by, Reason: e.word.Reason, At: at}}
	if end.By != nil && !allowed(end.By, e.by) {
		no.Missing = append(no.Missing, end.notBy(e.by))
	}
	for i := range Needs {
		if n := &Needs[i]; n.Refuses && slices.Contains(end.Needs, n.Need) {
			no.Missing = append(no.Missing, n.lacks(e)...)
		}
	}
	if len(no.Missing) == 0 {
		return nil
	}
	return no
}

// Question says of a leg that ended with a coded reason what that reason needs and nothing shows yet, and has a navigator see to it. It changes no
// state, and it does not matter in which order the end and what it needs came. all are the answers of every leg of the referral, h among them.
//
// Source: local, ends and pauses, column needs; ruling 1
func Question(l *Ledger, h *Handoff, all []*Handoff, at time.Time, r *Rules) {
	n := len(l.Words) - 1
	if n < 1 || h.State != Closed || h.Reason != l.Words[n].Reason {
		return
	}
	end, coded := EndOf(h.Reason)
	if !coded || !l.Words[n].ends() {
		return
	}
	e := &ending{l: l, h: h, at: at, rules: r, word: &l.Words[n], before: &l.Words[n-1], by: l.Words[n].By}
	e.beside(all)
	var missing []string
	for i := range Needs {
		if need := &Needs[i]; !need.Refuses && slices.Contains(end.Needs, need.Need) {
			missing = append(missing, need.lacks(e)...)
		}
	}
	if len(missing) == 0 {
		return
	}
	h.Flags = append(h.Flags, fmt.Sprintf("It ended as %s, and nothing shows yet: %s.", h.Reason, strings.Join(missing, "; ")))
	h.Due = append(h.Due, Due{What: showEnd, For: Navigator, From: h.Since, By: h.Since, Level: Red})
}

// showEnd is what a navigator owes to an end that nothing shows: the record of what it rests on.
const showEnd = "show-end"

// beside takes in the answers of the other legs.
func (e *ending) beside(all []*Handoff) {
	for _, o := range all {
		if o != e.h {
			e.others = append(e.others, o)
		}
	}
}

// MustBeSigned reports whether a leg's newest word ends it for a reason that a second person has to sign, so that signatures are worth gathering.
func (l *Ledger) MustBeSigned() bool {
	if len(l.Words) == 0 {
		return false
	}
	end, coded := EndOf(l.Words[len(l.Words)-1].Reason)
	return coded && slices.Contains(end.Needs, NeedSecond)
}

// endingOf gives the end that was said at a moment; nil when none was.
func endingOf(l *Ledger, h *Handoff, all []*Handoff, at time.Time, r *Rules) *ending {
	n := len(l.Words) - 1
	if n < 0 {
		return nil
	}
	e := &ending{l: l, h: h, at: at, rules: r, word: &l.Words[n], by: l.Words[n].By}
	if !e.word.Status.Terminal() || e.word.Status == TaskCompleted || e.word.Status == TaskInError {
		return nil
	}
	switch {
	case e.word.Reworded.Equal(at):
		e.before, e.by = e.word, e.word.RewordedBy
	case !e.word.Received.Equal(at):
		return nil
	case n > 0:
		e.before = &l.Words[n-1]
	}
	e.beside(all)
	return e
}

// MayGive gives nil when a role may end a leg for a reason, and the refusal otherwise. It looks at nothing else, so that it says the same whatever has
// come by then. A move that ends nothing, and one without a coded reason, may be made by whoever may move the Task.
func MayGive(a Asked) *RefusedMove {
	end, coded := EndOf(a.Reason)
	if !coded || !a.To.Terminal() || a.To == TaskCompleted || end.By == nil || allowed(end.By, a.By) {
		return nil
	}
	return &RefusedMove{Asked: a, Missing: []string{end.notBy(a.By)}}
}

// notBy says who may give a reason, and what is open to whoever tried.
func (end End) notBy(by Role) string {
	words := make([]string, len(end.By))
	for i, r := range end.By {
		words[i] = string(r)
	}
	text := fmt.Sprintf("the word of a %s; a %s may not say it", strings.Join(words, " or "), by)
	if by == Agency {
		text = fmt.Sprintf("the word of a %s; an agency gives a referral back with %s, and records a conversation with the person as a Communication",
			strings.Join(words, " or "), DeclinedOther)
	}
	return text
}

// since says when what is counted begins: at the last opening of the leg.
func (e *ending) since() time.Time {
	var since time.Time
	for i := 1; i < len(e.l.Words); i++ {
		was, is := &e.l.Words[i-1], &e.l.Words[i]
		if was.ends() && !is.Status.Terminal() {
			since = is.Said
		}
	}
	return since
}

// ends reports a word that ends the leg.
func (w *Word) ends() bool {
	return w.Status.Terminal() && w.Status != TaskCompleted && !(w.Status == TaskFailed && w.Reason == DidNotComeAttribute)
}

// spoken reports a recorded conversation with the person since the leg was opened.
func (e *ending) spoken() bool {
	since := e.since()
	return slices.ContainsFunc(e.l.Contacts, func(c Contact) bool {
		return c.ToPerson && c.talked() && !c.At.Before(since) && !c.At.After(e.at)
	})
}

// talked reports a contact in which somebody was spoken with.
func (c *Contact) talked() bool {
	return c.Result == Reached || c.Result == SaidNo || c.Result == WantsVisit
}

const conversation = "a recorded conversation with the person (a Communication with the reasonCode urn:warmhandoff:contact-result#reached or #declined)"

func (e *ending) lacksSpoken() []string {
	if e.by == Person || e.spoken() {
		return nil
	}
	return []string{conversation + ", or the person's own word"}
}

func (e *ending) lacksElsewhere() []string {
	if e.by == Person || e.spoken() {
		return nil
	}
	for i := range e.l.Signs {
		if s := &e.l.Signs[i]; s.Says == Came && !s.Taken && (s.Grade.proves() || s.Elsewhere) {
			return nil
		}
	}
	for _, o := range e.others {
		if o.State == Attended {
			return nil
		}
	}
	return []string{"a record of the visit at the other service (an Encounter basedOn this ServiceRequest), another agency's visit in this referral, or " + conversation}
}

func (e *ending) lacksOtherLeg() []string {
	for _, o := range e.others {
		if o.State.Open() || o.State == Attended || !o.Void && o.Ended.After(e.h.Since) {
			return nil
		}
	}
	return []string{"another Task on this ServiceRequest for the agency that takes over"}
}

func (e *ending) lacksMove() []string {
	if e.by == Person || e.by == Referrer || e.spoken() {
		return nil
	}
	return []string{"the word of the person or the referrer, or " + conversation}
}

func (e *ending) lacksShut() []string {
	if e.by == Person {
		return nil
	}
	if n := len(e.l.Gate); n > 0 && !e.l.Gate[n-1].Open {
		return nil
	}
	return []string{"a Consent that was taken back: as it stands the consent for this agency is in force, so set it inactive"}
}

func (e *ending) lacksAttempts() []string {
	tried := Efforts(e.l, e.at, e.rules)
	return tried.Missing(e.at)
}

// second gives the signatures that count: a named worker other than whoever ends it, on the Task as it stood before the end, or with it.
func (e *ending) second() []Signature {
	from := e.before.Received
	var list []Signature
	for _, s := range e.l.Signatures {
		if s.By == "" || s.By == e.word.Party || slices.Contains(s.Authors, s.By) || s.At.After(e.at) {
			continue
		}
		if n := versionOf(s.Word); n > 0 {
			if n < versionOf(e.before.Source) {
				continue
			}
		} else if s.At.Before(from) {
			continue
		}
		list = append(list, s)
	}
	return list
}

// versionOf gives 3 of "Task/t1/_history/3"; 0 where no version is named.
func versionOf(source string) int {
	_, digits, found := strings.Cut(source, "/_history/")
	n := 0
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0
		}
		n = n*10 + int(d-'0')
	}
	if !found {
		return 0
	}
	return n
}

const provenance = "a Provenance with this Task as its target and an agent of the type verifier"

func (e *ending) lacksSecond() []string {
	if len(e.second()) > 0 {
		return nil
	}
	text := "a second person's signature: " + provenance + ", whose who is a Practitioner or PractitionerRole other than whoever closes it; it may come in the same transaction"
	switch {
	case len(e.l.Signatures) == 0:
	case slices.ContainsFunc(e.l.Signatures, func(s Signature) bool { return s.By != "" && s.By != e.word.Party && !slices.Contains(s.Authors, s.By) }):
		text += " (the signature there is stands under an older version)"
	default:
		text += " (the signature there is names nobody, or whoever closes it)"
	}
	return []string{text}
}

func (e *ending) reviewed(what string) []string {
	for _, s := range e.second() {
		if slices.Contains(s.Reviews, what) {
			return nil
		}
	}
	return []string{fmt.Sprintf("a %s review by that second person: the reason urn:warmhandoff:review#%s in their Provenance", what, what)}
}

func (e *ending) lacksRisk() []string {
	if e.l.Urgency != Crisis {
		return nil
	}
	return e.reviewed("risk")
}

func (e *ending) lacksChild() []string {
	if !e.l.Person.minor(e.at, e.rules.Zone) {
		return nil
	}
	return e.reviewed("safeguarding")
}

// adult gives the first instant of the eighteenth birthday; zero when the day of birth is not known.
func (p Individual) adult(zone *time.Location) time.Time {
	if p.Born.IsZero() {
		return p.Born
	}
	return plusDate(p.Born, zone, 18, 0)
}

// minor reports that the person was not eighteen yet at a moment. Whose age is not known is taken for an adult.
func (p Individual) minor(at time.Time, zone *time.Location) bool {
	adult := p.adult(zone)
	return !adult.IsZero() && at.Before(adult)
}
