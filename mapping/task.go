package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// taskFact is what a Task says.
type taskFact struct {
	Status   workflow.Status
	Reason   workflow.Reason
	Says     BusinessSaying
	Marked   bool // its businessStatus is ours
	Coded    bool // its businessStatus is a guide's
	Owner    string
	Requests []string // focus and basedOn: "ServiceRequest/sr1"
	PartOf   []string // "Task/t0"
	Kept     Kept     // why it is no referral, as far as it alone tells; "" where it may be one
	Known    bool     // its code says that it is one
	Authored time.Time
	Modified time.Time
	Review   time.Time
	Unsafe   bool     // it says that the person must not be contacted directly
	Aborts   string   // the Task that it asks to abort, "Task/t1"; "" none
	Outputs  []string // what output.valueReference names
	Barrier  string   // of a Task on the side: what it sees to
}

func (s Settings) readTask(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("for"))
	t := &taskFact{
		Status:   workflow.Status(r.Get("status").Text()),
		Reason:   s.reason(codings(r.Get("statusReason"))),
		Says:     s.business(codings(r.Get("businessStatus"))),
		Coded:    s.coded(codings(r.Get("businessStatus"))),
		Marked:   oursAmong(codings(r.Get("businessStatus")), SystemState),
		Owner:    s.ref(r.Get("owner")),
		Authored: s.instant(r.Get("authoredOn")),
		Modified: s.instant(r.Get("lastModified")),
		Review:   s.endOf(r.Get("restriction", "period", "end")),
	}
	for _, ref := range append(s.refs(r.Get("focus")), s.refs(r.Get("basedOn"))...) {
		if strings.HasPrefix(ref, "ServiceRequest/") && !slices.Contains(t.Requests, ref) {
			t.Requests = append(t.Requests, ref)
		}
	}
	if b := barriersOf(codings(r.Get("code"))); len(b) > 0 {
		t.Barrier = b[0]
	}
	t.PartOf = tasksAmong(s.refs(r.Get("partOf")))
	code := codings(r.Get("code"))
	t.Unsafe = s.forbidsContact(code)
	if focus := s.ref(r.Get("focus")); anyIs([]Coding{abort}, code) && strings.HasPrefix(focus, "Task/") {
		t.Aborts = focus
	}
	t.Kept, t.Known = s.keptTask(r, t, code)
	for o := range r.Get("output").All() {
		if oursAmong(codings(o.Get("type")), SystemOutput) {
			continue
		}
		if ref := s.ref(o.Get("valueReference")); ref != "" {
			t.Outputs = append(t.Outputs, ref)
		}
	}
	f.Task = t
	s.readEffect(r, f)
}

// fulfils reports whether a Task's code means: see to this request.
func (s Settings) fulfils(code []Coding) bool {
	if anyIs(fulfil, code) {
		return true
	}
	for i := range s.Guides {
		if anyIs(s.Guides[i].Fulfil, code) {
			return true
		}
	}
	return false
}

// reason reads a statusReason: ours first, then what a guide's code means. Text is for people and decides nothing.
func (s Settings) reason(read []Coding) workflow.Reason {
	for _, c := range read {
		switch c.System {
		case SystemReason, SystemCloseReason:
			return workflow.Reason(c.Code)
		}
	}
	for i := range s.Guides {
		for _, row := range s.Guides[i].Reasons {
			if anyIs([]Coding{row.Coding}, read) {
				return row.Reason
			}
		}
	}
	return ""
}

// business reads a businessStatus. One that carries our own state is our words come back, and says nothing.
func (s Settings) business(read []Coding) BusinessSaying {
	if oursAmong(read, SystemState) {
		return SaysNothing
	}
	for i := range s.Guides {
		for _, row := range s.Guides[i].Business {
			if row.Says != SaysNothing && anyIs([]Coding{row.Coding}, read) {
				return row.Says
			}
		}
	}
	return SaysNothing
}

// coded reports a businessStatus in the words of a guide, and not ours come back.
func (s Settings) coded(read []Coding) bool {
	return !oursAmong(read, SystemState) && slices.ContainsFunc(s.Guides, func(g Guide) bool {
		return slices.ContainsFunc(g.Business, func(b BusinessCode) bool { return anyIs([]Coding{b.Coding}, read) })
	})
}

func oursAmong(read []Coding, system string) bool { return len(codesOf(read, system)) > 0 }

// words gives what the parties said in a Task's versions. What we wrote ourselves is no word. While ours is on top, a version that comes back
// with our own status is an echo: it neither withdraws nor makes a claim.
//
// Source: local, a Task move is checked against the last word of the parties
func words(h *History) (list []workflow.Word, ours workflow.Status) {
	var modified time.Time
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.silent() || v.Fact.Task == nil {
			continue
		}
		t := v.Fact.Task
		if v.Own {
			ours = t.Status
			continue
		}
		w := workflow.Word{Status: t.Status, Received: v.Received, Said: v.Received, By: v.Role, Party: v.Party, Reason: t.Reason, Review: t.Review, Source: v.source(h.Key)}
		if t.Modified.After(modified) && !t.Modified.After(v.Received) {
			w.Said = t.Modified
		}
		modified = t.Modified
		if n := len(list); n > 0 {
			last := &list[n-1]
			if IsEcho(t.move(), last.Status, ours) {
				continue
			}
			if last.Status == t.Status && !(last.Asks && v.Role == workflow.Agency) {
				if t.Reason != "" && t.Reason != last.Reason {
					last.Reason, last.Reworded, last.RewordedBy = t.Reason, v.Received, v.Role
				}
				if !t.Review.IsZero() {
					last.Review = t.Review
				}
				continue
			}
		}
		ours = ""
		w.Asks = t.asksCancel(v.Role)
		list = append(list, w)
	}
	return list, ours
}

// LastWord gives the parties' last word on a Task, whether there is one, and the status of ours that would come back as an echo ("" for none).
func LastWord(h *History) (last workflow.Word, said bool, ours workflow.Status) {
	list, ours := words(h)
	if len(list) == 0 {
		last, said = h.passedOn()
		return last, said, ours
	}
	return list[len(list)-1], true, ours
}

// taskSigns gives what a Task's words say about visits: completed is a claim, and so is a guide's business status; a coded no-show speaks
// against the latest visit that had started.
func taskSigns(h *History, said []workflow.Word) []workflow.Sign {
	var list []workflow.Sign
	before := SaysNothing
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Own || v.silent() || v.Fact.Task == nil {
			continue
		}
		if says := v.Fact.Task.Says; says != before {
			before = says
			if s, ok := businessSign(says, v, h.Key); ok {
				list = append(list, s)
			}
		}
	}
	for i := range said {
		w := &said[i]
		switch {
		case w.Status == workflow.TaskCompleted && i == len(said)-1:
			list = append(list, workflow.Sign{Says: workflow.Came, Grade: workflow.GradeE, Voice: workflow.Claimed, Said: w.Said, Received: w.Received, Source: w.Source, Note: "Task.status completed is a claim"})
		case w.Status == workflow.TaskFailed && w.Reason == workflow.DidNotComeAttribute:
			list = append(list, workflow.Sign{Says: workflow.DidNotCome, Voice: workflow.Claimed, Blame: workflow.OnPerson, Said: w.Said, Received: w.Received, Source: w.Source, Note: "Task.status failed with a no-show reason"})
		}
	}
	return list
}

func businessSign(says BusinessSaying, v *Version, key string) (workflow.Sign, bool) {
	s := workflow.Sign{Voice: workflow.Claimed, Said: v.Received, Received: v.Received, Source: v.source(key)}
	switch says {
	case SaysNoShow:
		s.Says, s.Blame, s.Note = workflow.DidNotCome, workflow.OnPerson, "Task.businessStatus says unattended"
	case SaysVisitDone:
		s.Says, s.Grade, s.Note = workflow.Came, workflow.GradeE, "Task.businessStatus is a claim"
	default:
		return s, false
	}
	return s, true
}

// forbidsContact reports a guide's code that says that the person must not be contacted directly.
func (s Settings) forbidsContact(read []Coding) bool {
	return slices.ContainsFunc(s.Guides, func(g Guide) bool { return anyIs(g.NoContact, read) })
}
