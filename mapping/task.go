package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/distinct"
	"warmhandoff/mapping/workflow"
)

// taskFact is what a Task says.
type taskFact struct {
	Status   workflow.Status
	Reason   workflow.Reason
	Says     BusinessSaying
	Marked   bool          // our state stands in its businessStatus
	Coded    bool          // its businessStatus is a guide's
	Business *businessFact // nil where it has no businessStatus
	Digest   string        // of a completed one: what it says, but for what is ours and for when
	Owner    string
	Requests []string // what it is about: focus, else basedOn: "ServiceRequest/sr1"
	PartOf   []string // "Task/t0"
	Kept     Kept     // why it is no referral, as far as it alone tells; "" where it may be one
	Alone    Kept     // of a mistake that still asks what it asked before: why it is no referral, as far as its own version tells; "" otherwise
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
		Owner:    s.party(r.Get("owner")),
		Authored: s.instant(r.Get("authoredOn")),
		Modified: s.instant(r.Get("lastModified")),
		Review:   s.endOf(r.Get("restriction", "period", "end")),
	}
	if t.Requests = requestsAmong(s.refs(r.Get("focus"))); len(t.Requests) == 0 {
		t.Requests = requestsAmong(s.refs(r.Get("basedOn")))
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
	t.Business = s.readBusiness(r.Get("businessStatus"))
	if t.Status == workflow.TaskCompleted {
		t.Digest = claimDigest(r)
	}
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

// mistakeOf returns what a version says of a Task that was a mistake: where that is no more than this, it still asks what it asked before, of the same
// agency. Any other version says what it says.
func (f *Fact) mistakeOf(before *Fact) *Fact {
	if f == nil || f.Task == nil || f.Task.Status != workflow.TaskInError || f.Task.Kept == "" || before == nil || before.Task == nil || before.Task.Kept != "" {
		return f
	}
	one, task := *f, *f.Task
	task.Owner, task.Requests, task.PartOf = before.Task.Owner, before.Task.Requests, before.Task.PartOf
	task.Kept, task.Alone, task.Known, task.Authored = "", f.Task.Kept, before.Task.Known, before.Task.Authored
	one.Task, one.identities = &task, before.identities
	return &one
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

// taskSigns gives what the words of one tenure, the versions from low to high, say about visits: completed is a claim, and so is a guide's business status; a coded no-show speaks
// against the latest visit that had started.
func taskSigns(h *History, low, high int, said []workflow.Word) []workflow.Sign {
	list := businessSigns(h, low, high)
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

// businessSigns gives what the business status of some of a Task's versions says about visits, each saying once: one that is kept says nothing again.
//
// Source: local, ruling 43
func businessSigns(h *History, low, high int) []workflow.Sign {
	heard := h.heard()
	if heard == nil {
		return nil
	}
	var list []workflow.Sign
	before := SaysNothing
	for i := range h.Versions[:high] {
		v := &h.Versions[i]
		if v.Own || v.silent() || v.Fact.Task == nil || heard[i].says == before {
			continue
		}
		before = heard[i].says
		if s, ok := businessSign(before, v, h.Key); ok && i >= low {
			list = append(list, s)
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

// requestsAmong gives the ServiceRequests among references, each once.
func requestsAmong(refs []string) []string {
	var list distinct.List[string]
	for _, ref := range refs {
		if strings.HasPrefix(ref, "ServiceRequest/") {
			list.Put(ref)
		}
	}
	return list.Items()
}
