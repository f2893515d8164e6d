package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/mapping/workflow"
)

// Orgs gives the organizations that somebody works for or that a party belongs to; nil knows of none.
type Orgs func(ref string) []string

// tenure is the part of a Task's history in which one agency was asked by it. A Task whose owner never changed has one.
//
// Source: local, ruling 38
type tenure struct {
	owner     string    // "" where the newest version names nobody
	named     string    // the last that was named
	low, high int       // its versions
	from      time.Time // when this owner was named, by the clock of whoever named it; zero: from the first version
	until     time.Time // when another was; zero: still
	words     []workflow.Word
	ours      workflow.Status // what we wrote last on top of the words, "" for nothing

	former bool // ended, and was released before: a leg of its own
	number int  // 1 for the first leg of the Task
}

// began gives the version that named the owner.
func (t *tenure) began(h *History) *Version { return &h.Versions[t.low] }

// last gives the last word, nil for none.
func (t *tenure) last() *workflow.Word {
	if n := len(t.words); n > 0 {
		return &t.words[n-1]
	}
	return nil
}

// SameAgency reports that two owners are one agency: the same party, one of the other, or two parts of the same.
//
// Source: local, ruling 38, to a branch, role or service of the same agency it is nothing
func SameAgency(a, b string, orgs Orgs) bool {
	if a == b || a == "" || b == "" {
		return true
	}
	if orgs == nil {
		return false
	}
	of, with := orgs(a), orgs(b)
	if slices.Contains(of, b) || slices.Contains(with, a) {
		return true
	}
	if strings.HasPrefix(a, "Organization/") || strings.HasPrefix(b, "Organization/") {
		return false // two organizations with one above them both
	}
	return len(of) > 0 && len(with) > 0 && of[0] == with[0]
}

// Another reports that of two owners of a Task the second is another agency than the first. Where it is not known whether they are one, as of a name
// here and an address elsewhere, nothing is made of it.
func Another(owner, named string, orgs Orgs) bool {
	if owner == "" || named == "" || owner == named {
		return false
	}
	kind, of := kindOfName(owner)
	if k, o := kindOfName(named); k != kind || o != of || k == unknownName {
		return false
	}
	return !SameAgency(owner, named, orgs)
}

// nameKind says what a reference is.
type nameKind int

const (
	unknownName nameKind = iota // of a contained resource, or none of these
	localName                   // "Type/id"
	logicalName                 // "system|value"
	remoteName                  // an address elsewhere
)

// kindOfName gives the kind of a reference, and in whose names it is: the system of an identifier, the base of an address.
func kindOfName(ref string) (kind nameKind, of string) {
	if system, _, logical := strings.Cut(ref, "|"); logical {
		return logicalName, system
	}
	typ, id, placed := strings.Cut(ref, "/")
	switch at := strings.LastIndexByte(ref, '/'); {
	case strings.Contains(ref, "://"):
		return remoteName, ref[:at]
	case placed && typ != "" && id != "" && !strings.ContainsAny(ref, "#:"):
		return localName, ""
	}
	return unknownName, ""
}

// listening is the reading of a Task's versions in their order.
type listening struct {
	h        *History
	orgs     Orgs
	heard    []heard
	list     []tenure
	modified time.Time
	own      []time.Time // Task.lastModified of versions of ours
	said     int         // the last version of a party that was no echo, -1 for none
	over     workflow.State
}

// tenures gives what the parties said in a Task's versions, agency by agency: at least one where the Task says anything. What we wrote ourselves is
// no word. While ours is on top, a version that comes back with our own status is an echo: it neither withdraws nor makes a claim.
//
// Source: local, a Task move is checked against the last word of the parties; rulings 2, 38, 40
func (h *History) tenures(orgs Orgs) []tenure {
	l := &listening{h: h, orgs: orgs, heard: h.heard(), said: -1, list: make([]tenure, 0, 1)}
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.silent() || v.Fact.Task == nil {
			continue
		}
		l.version(i, v, v.Fact.Task)
	}
	if n := len(l.list); n > 0 {
		l.list[n-1].high = len(h.Versions)
	}
	return l.list
}

// version reads one version.
func (l *listening) version(i int, v *Version, t *taskFact) {
	if len(l.list) == 0 {
		l.list = append(l.list, tenure{owner: t.Owner, named: t.Owner})
	}
	now := &l.list[len(l.list)-1]
	if v.Own {
		now.ours, l.own = t.Status, append(l.own, t.Modified)
		if l.over = ""; t.Business != nil {
			l.over = t.Business.State
		}
		return
	}
	w := workflow.Word{Status: t.Status, Received: v.Received, Said: v.Received, By: v.Role, Party: v.Party, Reason: t.Reason, Review: t.Review, Source: v.source(l.h.Key)}
	if t.Modified.After(l.modified) && !t.Modified.After(v.Received) {
		w.Said = t.Modified
	}
	l.modified = t.Modified
	if Another(now.named, t.Owner, l.orgs) {
		l.handOver(i, t, &w)
		return
	}
	now.name(t.Owner, l.orgs)
	says := SaysNothing
	if l.heard != nil {
		says = l.heard[i].says
	}
	if last := now.last(); last != nil {
		if IsEcho(t.move(), last.Status, now.ours) {
			return
		}
		if last.Status == t.Status && !(last.Asks && v.Role == workflow.Agency) && !l.claimsAgain(i, v, now) {
			l.said = i
			if t.Reason != "" && t.Reason != last.Reason {
				last.Reason, last.Reworded, last.RewordedBy = t.Reason, v.Received, v.Role
			}
			if !t.Review.IsZero() {
				last.Review = t.Review
			}
			return
		}
	}
	now.ours, l.said = "", i
	w.Asks = asksCancel(says, t, v.Role)
	now.words = append(now.words, w)
}

// name notes an owner of the same agency. A branch of an organization is not who the tenure is of: it stays a matter of the organization.
func (t *tenure) name(owner string, orgs Orgs) {
	both := strings.HasPrefix(owner, "Organization/") && strings.HasPrefix(t.named, "Organization/")
	if both && owner != t.named && orgs != nil && slices.Contains(orgs(owner), t.named) {
		owner = t.named
	}
	if t.owner = owner; owner != "" {
		t.named = owner
	}
}

// handOver begins the tenure of another owner. Whatever the Task's status says of the one before, of the new one it is asked: a draft stays one, and
// an end is an end.
func (l *listening) handOver(i int, t *taskFact, w *workflow.Word) {
	before := &l.list[len(l.list)-1]
	before.high, before.until, before.owner = i, w.Said, before.named
	if w.Status != workflow.TaskDraft && !ended(w.Status) && w.Status != workflow.TaskRequested {
		w.Status, w.Reason, w.Review = workflow.TaskRequested, "", time.Time{}
	}
	l.said = i
	l.list = append(l.list, tenure{owner: t.Owner, named: t.Owner, low: i, from: w.Said, words: []workflow.Word{*w}})
}

// claimsAgain reports a completed that comes while we hold, and does not say the same as the party's last word: a claim like the first. Where the
// status was left as they wrote it, whoever read our version and changed something else makes none.
//
// Source: local, ruling 40
func (l *listening) claimsAgain(i int, v *Version, now *tenure) bool {
	t := v.Fact.Task
	if t.Status != workflow.TaskCompleted || now.ours == "" || l.over == workflow.Attended || l.said < 0 || !mayClaim(v.Role) {
		return false
	}
	before := l.h.Versions[l.said].Fact.Task
	touched := !t.Modified.IsZero() && !t.Modified.Equal(before.Modified) && !slices.ContainsFunc(l.own, t.Modified.Equal)
	if now.ours == workflow.TaskCompleted && t.Marked && !touched {
		return false
	}
	if touched || t.Digest != before.Digest || t.Modified.IsZero() != before.Modified.IsZero() {
		return true
	}
	return l.heard != nil && !l.heard[i].theirs.same(l.heard[l.said].theirs)
}

// mayClaim reports who may say completed.
func mayClaim(r workflow.Role) bool {
	return r == "" || r == workflow.Agency || r == workflow.Admin
}

// words gives what the parties said to the agency that is asked now, and the status of ours that would come back as an echo, "" for none.
func words(h *History, orgs Orgs) []workflow.Word {
	all := h.tenures(orgs)
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1].words
}

// Exchange is where a Task stands between its parties and us.
type Exchange struct {
	Owner  string        // who is asked now, "" nobody is named
	Former []string      // who was asked before, by the same Task
	Last   workflow.Word // the parties' last word to the present owner
	Said   bool          // there is one
	Given  bool          // it is that another agency is asked now
	Ours   workflow.Status
}

// ExchangeOf gives where a Task stands. Ours is the status of ours that would come back as an echo, "" for none.
func ExchangeOf(h *History, orgs Orgs) Exchange {
	var e Exchange
	all := h.tenures(orgs)
	if len(all) == 0 {
		e.Last, e.Said = h.passedOn()
		return e
	}
	for i := range all[:len(all)-1] {
		e.Former = append(e.Former, all[i].owner)
	}
	now := &all[len(all)-1]
	e.Owner, e.Ours = now.named, now.ours
	last := now.last()
	if last == nil {
		e.Last, e.Said = h.passedOn()
		return e
	}
	e.Last, e.Said, e.Given = *last, true, len(all) > 1 && len(now.words) == 1
	return e
}

// LastWord gives the parties' last word on a Task, whether there is one, and the status of ours that would come back as an echo ("" for none).
func LastWord(h *History, orgs Orgs) (last workflow.Word, said bool, ours workflow.Status) {
	e := ExchangeOf(h, orgs)
	return e.Last, e.Said, e.Ours
}
