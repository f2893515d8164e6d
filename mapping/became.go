package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// What became of a write is said from what the fold made of it, to whoever wrote it, as far as they may know: everything to whoever helps, their own
// referral to a referrer, their own leg to an agency once it is released to them, their own to the person, and nothing to a feed. Who may not know is
// told the same whether there is something to know or not.

// Listener is to whom something is said.
type Listener struct {
	Role  workflow.Role
	Party string
}

// Standing is one referral as it was folded.
type Standing struct {
	Referral *Referral
	Read     *Read
	Legs     []LegAnswer // of Read.Legs
}

// Because says why something is kept and not followed.
type Because struct {
	Kept   Kept
	Detail string // what the reason is about: an element, a request; "" none
}

// Words gives the reason in plain words; "" where there is none.
func (b Because) Words() string {
	if b.Detail == "" {
		return b.Kept.Words()
	}
	return b.Kept.Words() + ": " + b.Detail
}

// Became is what became of one write.
type Became struct {
	Issue fhir.Issue // information or a warning; Expression is an element of the resource, "Task.owner"
	About []string   // what $handoff tells more of, "Task/t1", as far as whoever wrote may know of it
	Waits bool       // it waits for a request: $waiting has it
}

// toldOf are the types of which every write says what became of it.
//
// Source: local, nobody is left guessing
var toldOf = map[string]bool{
	"ServiceRequest": true, "Task": true, "Appointment": true, "Encounter": true, "Procedure": true, "Observation": true, "Communication": true, "Consent": true,
	"QuestionnaireResponse": true, "DocumentReference": true,
}

// ToldOf reports whether every write of a type says what became of it.
func ToldOf(typ string) bool { return toldOf[typ] }

// Has reports whether a resource was gathered with a referral.
func (r *Referral) Has(key string) bool {
	is := func(h History) bool { return h.Key == key }
	return r.Request.Key == key || slices.ContainsFunc(r.Tasks, is) || slices.ContainsFunc(r.Others, is) || slices.ContainsFunc(r.Requests, is)
}

// Names gives the names of all that was gathered with a referral.
func (r *Referral) Names() map[string]bool {
	all := make(map[string]bool, len(r.Tasks)+len(r.Others)+len(r.Requests)+1)
	all[r.Request.Key] = true
	for _, list := range [][]History{r.Tasks, r.Others, r.Requests} {
		for i := range list {
			all[list[i].Key] = true
		}
	}
	return all
}

// WhyKept says why a Task or ServiceRequest is not followed; the zero Because for one that is. requests are those that a Task names. orgs gives the
// organizations of a party; it may be nil.
//
// Source: local, which Tasks are followed
func (s Settings) WhyKept(h *History, requests []*History, orgs func(string) []string) Because {
	n := h.newest()
	if n == nil {
		return Because{Kept: KeptAbsent}
	}
	if strings.HasPrefix(h.Key, "ServiceRequest/") {
		return h.because(h.keptRequest())
	}
	t := liveTask(h)
	switch {
	case n.Deleted:
		return Because{Kept: KeptDeleted}
	case t == nil:
		return h.because(KeptNotUnderstood)
	case n.NotUnderstood != "" && !slices.ContainsFunc(requests, (*History).Followed):
		return h.because(KeptNotUnderstood) // what it said before did not lead anywhere either
	case t.Kept != "":
		return Because{Kept: t.Kept}
	}
	why := Because{Kept: KeptNothing}
	for _, r := range requests {
		kept := r.keptRequest()
		switch {
		case kept == "":
			if kept = s.follows(t, lastRequest(r), orgs); kept == "" {
				return h.because("")
			}
			why = Because{Kept: kept}
		case why.Kept != KeptNothing && why.Kept != KeptAbsent:
		case kept == KeptAbsent:
			why = Because{Kept: KeptAbsent, Detail: r.Key}
		default:
			why = Because{Kept: KeptRequest, Detail: r.because(kept).Words()}
		}
	}
	if t.Alone != "" {
		return Because{Kept: t.Alone}
	}
	return why
}

// because adds to a reason the element that is not understood.
func (h *History) because(k Kept) Because {
	if n := h.newest(); k == KeptNotUnderstood && n != nil {
		return Because{Kept: k, Detail: n.NotUnderstood}
	}
	return Because{Kept: k}
}

// tellingOf is the work of Became.
type tellingOf struct {
	s    Settings
	h    *History
	key  string
	to   Listener
	in   []Standing
	orgs func(string) []string
}

// Became says what became of a resource: h is its history, why the reason for which it is not followed (of a request or Task), in are the referrals that
// it belongs to.
//
// Source: local, every write of a followed type answers what became of it
func (s Settings) Became(h *History, why Because, in []Standing, to Listener, orgs func(string) []string) Became {
	t := &tellingOf{s: s, h: h, key: h.Key, to: to, in: in, orgs: orgs}
	typ, _, _ := strings.Cut(h.Key, "/")
	var b Became
	switch n := h.newest(); {
	case n == nil || n.Deleted:
		b = t.deleted()
	case typ == "Task":
		b = t.task(why)
	case typ == "ServiceRequest":
		b = t.request(why)
	default:
		b = t.evidence()
	}
	if b.Issue.Expression = typ + strings.TrimSuffix("."+b.Issue.Expression, "."); b.Issue.Severity == "" {
		b.Issue.Severity, b.Issue.Code = fhir.Information, fhir.CodeInformational
	}
	return b
}

// restricted reports a listener who is told nothing of what is not their own.
func (t *tellingOf) restricted() bool {
	switch t.to.Role {
	case workflow.Agency, workflow.Feed, workflow.Person:
		return true
	case workflow.Referrer:
		return t.to.Party != ""
	}
	return false
}

// mayKnow reports whether the listener may know of a leg.
func (t *tellingOf) mayKnow(st *Standing, leg int) bool {
	if !t.restricted() {
		return true
	}
	l := &st.Read.Legs[leg]
	switch t.to.Role {
	case workflow.Agency:
		return t.to.Party != "" && st.Legs[leg].Handoff.Released && sameSide(l.Agency, t.to.Party, t.orgs)
	case workflow.Referrer:
		return t.asks(st)
	case workflow.Person:
		who := l.Subject
		if who == "" {
			who = st.Read.Subject
		}
		return t.to.Party == who
	}
	return false
}

// asks reports that the listener is on the side that asks by a request: its requester, or whoever wrote it.
func (t *tellingOf) asks(st *Standing) bool {
	if t.to.Role != workflow.Referrer {
		return false
	}
	if q := lastRequest(&st.Referral.Request); q != nil && sameSide(q.Requester, t.to.Party, t.orgs) {
		return true
	}
	return slices.ContainsFunc(st.Referral.Request.Versions, func(v Version) bool { return v.Role == workflow.Referrer && v.Party == t.to.Party })
}

// told gives what the listener may be told of the legs of a referral, and whether they may know of the referral as such.
func (t *tellingOf) told(st *Standing) (legs []LegAnswer, open bool) {
	if !t.restricted() {
		return ToldTo(t.to.Role, st.Legs), true
	}
	for i := range st.Legs {
		if t.mayKnow(st, i) {
			legs = append(legs, st.Legs[i])
		}
	}
	return ToldTo(t.to.Role, legs), len(legs) > 0 || t.asks(st)
}

// nothingOpen is what somebody is told who may know of no referral to which something belongs, whether there is one or not.
func (t *tellingOf) nothingOpen() Became {
	text := "Kept. No referral that is open to you is here for it; it counts once there is one."
	if t.to.Role == workflow.Feed {
		text = "Kept. What it counts for is not told to a feed."
	}
	return Became{Issue: fhir.Issue{Text: text}}
}

func (t *tellingOf) deleted() Became {
	var about []string
	for i := range t.in {
		if _, open := t.told(&t.in[i]); open {
			about = append(about, t.in[i].Referral.Request.Key)
		}
	}
	text := "Deleted: it is followed no more, and what it said is taken back."
	return Became{Issue: fhir.Issue{Text: text}, About: about}
}

// Issue refuses what would not be followed, and says why.
func (b Because) Issue(text string) fhir.Issue {
	row := b.Kept.row()
	return fhir.Issue{Severity: fhir.Error, Code: fhir.CodeBusinessRule, Expression: strings.TrimSuffix("Task."+row.element, "."), Text: text + b.Words() + "."}
}

// kept says that something is not followed, and why.
func kept(why Because) Became {
	row := why.Kept.row()
	return Became{
		Issue: fhir.Issue{Severity: fhir.Warning, Code: row.code, Expression: row.element, Text: "Kept and not followed: " + why.Words() + "."},
		Waits: why.Kept == KeptAbsent || why.Kept == KeptUnclear,
	}
}

// byItself are the reasons that a resource gives of its own: they tell nothing of any other.
func (t *tellingOf) byItself(why Because) bool {
	switch why.Kept {
	case KeptAbsent, KeptUnclear, KeptRequest, KeptReferrer, KeptOthers, KeptMember, "":
		return false
	}
	return true
}

// unclear says of a version that is not understood that it is kept, and what holds instead.
func (t *tellingOf) unclear(b Became) Became {
	if n := t.h.newest(); n.NotUnderstood != "" {
		b.Issue.Severity, b.Issue.Code = fhir.Warning, fhir.CodeNotSupported
		b.Issue.Text = "Kept and not acted on: " + t.h.because(KeptNotUnderstood).Words() + ". What was said before it holds. " + b.Issue.Text
	}
	return b
}

func (t *tellingOf) task(why Because) Became {
	id := t.h.ID()
	for i := range slices.Backward(t.in) { // of a Task that names several requests the last one has the row
		at := t.in[i].present(id)
		if at < 0 || !t.mayKnow(&t.in[i], at) {
			continue
		}
		leg := ToldTo(t.to.Role, t.in[i].Legs[at:at+1])
		b := legSentence(&leg[0], t.in[i].Referral.Request.Key)
		b.About = []string{t.key}
		return t.unclear(b)
	}
	var b Became
	switch {
	case t.byItself(why):
		b = kept(why)
	case t.restricted() && !slices.ContainsFunc(t.in, func(st Standing) bool { return t.asks(&st) }):
		b = t.nothingOpen()
	case why.Kept == "":
		b = kept(Because{Kept: KeptMember})
	default:
		b = kept(why)
	}
	b.About = []string{t.key}
	return b
}

// present gives the place of a Task's present leg, -1 for none.
func (st *Standing) present(task string) int {
	for i := range st.Legs {
		if l := &st.Legs[i]; l.Task == task && l.Former == 0 {
			return i
		}
	}
	return -1
}

// legSentence says where a leg stands.
func legSentence(l *LegAnswer, request string) Became {
	text := "Followed as a leg of " + request + atAgency(l)
	if l.Handoff.State != workflow.Preparing {
		return Became{Issue: fhir.Issue{Text: text + ": " + stands(l) + "."}}
	}
	h := &l.Handoff
	if h.Reason == "" {
		return Became{Issue: fhir.Issue{Text: text + ", and not released: nobody has asked for that yet (preparing)."}}
	}
	text += ", and not released because " + h.Reason.Words() + " (" + inCode(h) + ")."
	for _, f := range h.Flags {
		text += " " + f
	}
	return Became{Issue: fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeBusinessRule, Text: text}}
}

func atAgency(l *LegAnswer) string {
	if l.Agency == "" {
		return ""
	}
	return " at " + l.Agency
}

func inCode(h *workflow.Handoff) string {
	if h.Reason == "" {
		return string(h.State)
	}
	return string(h.State) + ":" + string(h.Reason)
}

// stands gives the state of a leg in its code, and the reason in words.
func stands(l *LegAnswer) string {
	h := &l.Handoff
	if h.Reason == "" {
		return string(h.State)
	}
	return inCode(h) + " (" + h.Reason.Words() + ")"
}

func (t *tellingOf) request(why Because) Became {
	id := t.h.ID()
	for i := range t.in {
		st := &t.in[i]
		legs, open := t.told(st)
		own := st.Referral.Request.Key == t.key
		if !own {
			legs = slices.DeleteFunc(slices.Clone(legs), func(l LegAnswer) bool { return l.Request != id })
			open = open && (len(legs) > 0 || !t.restricted())
		}
		if !open {
			continue
		}
		if own && !st.Read.Followed {
			break
		}
		b := t.requestSentence(st, Lowest(legs), own)
		b.About = []string{t.key}
		return t.unclear(b)
	}
	if t.restricted() && !t.byItself(why) {
		b := t.nothingOpen()
		b.About = []string{t.key}
		return b
	}
	if why.Kept == "" {
		why.Kept = KeptRequest
	}
	b := kept(why)
	b.About = []string{t.key}
	return b
}

func (t *tellingOf) requestSentence(st *Standing, legs []LegAnswer, own bool) Became {
	text := "Followed as a referral"
	if !own {
		text = "Followed as the agency's own request, made for " + st.Referral.Request.Key
	}
	var states []string
	for i := range legs {
		states = append(states, "Task/"+legs[i].Task+atAgency(&legs[i])+" is "+stands(&legs[i]))
	}
	if len(states) == 0 && len(st.Legs) == 0 {
		return Became{Issue: fhir.Issue{Severity: fhir.Warning, Code: fhir.CodeIncomplete, Text: text + "; nobody is asked yet: no Task that is followed names it."}}
	}
	if len(states) > 0 {
		text += ": " + strings.Join(states, "; ")
	}
	return Became{Issue: fhir.Issue{Text: text + "."}}
}

// evidence says for which referral something counts, or why for none.
func (t *tellingOf) evidence() Became {
	var texts, about []string
	var waits, warn bool
	for i := range t.in {
		st := &t.in[i]
		legs, open := t.told(st)
		request := st.Referral.Request.Key
		switch {
		case !open, t.former(st) && len(st.Referral.Request.Versions) == 0:
			continue
		case t.former(st):
			texts = append(texts, "it belongs to "+request+" no more, and what it said there is taken back")
		case len(st.Referral.Request.Versions) == 0:
			if t.restricted() {
				continue
			}
			waits, warn = true, true
			texts = append(texts, "it waits for "+request+", which has not come")
		case !st.Read.Followed:
			warn = true
			texts = append(texts, "it belongs to "+request+", which is not followed: "+st.Referral.Request.because(st.Referral.Request.keptRequest()).Words())
		case len(st.Legs) == 0:
			texts = append(texts, "it belongs to "+request+", about which nobody is asked yet")
		default:
			text, counts := t.counts(request, legs)
			warn = warn || !counts
			texts = append(texts, text)
		}
		if len(st.Referral.Request.Versions) > 0 {
			about = append(about, request)
		}
	}
	b := Became{About: about, Waits: waits}
	switch {
	case len(texts) > 0:
		b.Issue.Text = "Kept: " + strings.Join(texts, "; ") + "."
	case t.restricted():
		return t.nothingOpen()
	case t.h.Unclear():
		warn, b.Issue.Text = true, "Kept: "+KeptUnclear.Words()+". It counts for none of them."
	default:
		warn, b.Issue.Text = true, "Kept: it belongs to no referral that is here."
	}
	if warn {
		b.Issue.Severity, b.Issue.Code = fhir.Warning, fhir.CodeBusinessRule
		if waits {
			b.Issue.Code = fhir.CodeNotFound
		}
	}
	return b
}

// former reports that the resource belonged to a referral once and does not any more.
func (t *tellingOf) former(st *Standing) bool {
	for i := range st.Referral.Others {
		if h := &st.Referral.Others[i]; h.Former && h.Key == t.key {
			return true
		}
	}
	return false
}

// counts says what the legs of a referral made of something; counts is false where it was set aside.
func (t *tellingOf) counts(request string, legs []LegAnswer) (text string, counts bool) {
	for i := range legs {
		if legs[i].Handoff.State != workflow.NotShared {
			continue
		}
		return "it belongs to " + request + ", and what comes of that is not shared", true
	}
	if n := t.h.newest(); n.Fact != nil && n.Fact.NotUnderstood != "" {
		return "it belongs to " + request + " and counts for nothing: " + Because{KeptNotUnderstood, n.Fact.NotUnderstood}.Words(), false
	}
	var used, aside []string
	for i := range legs {
		var whats []string
		for j := range legs[i].Handoff.Evidence {
			u := &legs[i].Handoff.Evidence[j]
			if key, _, _ := strings.Cut(u.Source, "/_history/"); key != t.key {
				continue
			}
			what := u.Kind
			if u.Grade != "" && u.Grade != workflow.GradeX {
				what += ", grade " + string(u.Grade)
			}
			if u.Used {
				whats = append(whats, what)
			} else {
				aside = append(aside, "Task/"+legs[i].Task+atAgency(&legs[i])+" ("+strings.TrimSuffix(what+": "+u.Because, ": ")+")")
			}
		}
		if len(whats) > 0 {
			used = append(used, "Task/"+legs[i].Task+atAgency(&legs[i])+" ("+strings.Join(whats, "; ")+")")
		}
	}
	switch {
	case len(used) > 0:
		return "it counts for " + request + ": " + strings.Join(used, ", "), true
	case len(aside) > 0:
		return "it belongs to " + request + " and is set aside: " + strings.Join(aside, ", "), false
	case strings.HasPrefix(t.key, "Consent/"):
		return "it is asked whether " + request + " may go to an agency, and what comes of it back" + releases(legs), true
	}
	return "it belongs to " + request + ", and says nothing about a visit", true
}

// releases says which legs are released.
func releases(legs []LegAnswer) string {
	var list []string
	for i := range legs {
		one := "Task/" + legs[i].Task + atAgency(&legs[i]) + " is " + stands(&legs[i])
		if h := &legs[i].Handoff; h.State == workflow.Preparing && h.Reason == workflow.ConsentMissing {
			one += ". " + strings.TrimSuffix(strings.Join(h.Flags, " "), ".")
		}
		list = append(list, one)
	}
	if len(list) == 0 {
		return ""
	}
	return ": " + strings.Join(list, "; ")
}
