package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// Kept names why something that was written is kept and not followed: a row of the table of reasons. "" is what is followed.
//
// Source: local, every write of a followed type answers what became of it
type Kept string

// The reasons. Those of a Task whose code is known are named for what the Task is.
const (
	KeptNotUnderstood Kept = "not-understood"
	KeptDeleted       Kept = "deleted"

	KeptDraft    Kept = "request-draft"
	KeptOver     Kept = "request-over"
	KeptProposal Kept = "request-intent"

	KeptAbort    Kept = "abort"
	KeptApprove  Kept = "approve"
	KeptSuspend  Kept = "suspend"
	KeptChange   Kept = "change"
	KeptPoll     Kept = "poll"
	KeptGroup    Kept = "group"
	KeptCDex     Kept = "cdex"
	KeptPerson   Kept = "person-task"
	KeptContact  Kept = "no-contact"
	KeptTodo     Kept = "todo"
	KeptBarrier  Kept = "barrier"
	KeptNothing  Kept = "no-request"
	KeptAbsent   Kept = "request-absent"
	KeptUnclear  Kept = "request-unclear"
	KeptRequest  Kept = "request-not-followed"
	KeptAnother  Kept = "another-request"
	KeptFocus    Kept = "focus-elsewhere"
	KeptPart     Kept = "part-of"
	KeptNobody   Kept = "no-owner"
	KeptOwner    Kept = "owner-no-agency"
	KeptReferrer Kept = "owner-referrer"
	KeptOthers   Kept = "performer-others"
	KeptMember   Kept = "no-member"
)

// keptRow is one row of the table of reasons.
type keptRow struct {
	kept    Kept
	element string    // that decides, below the resource; "" the whole
	code    fhir.Code // of the issue that says so
	words   string    // behind "Kept and not followed: "
}

// keptRows is the table. What is told of something that is not followed, by the answer to the write, $handoff, explain, check and $waiting, is a row
// of it.
//
// Source: local, which Tasks are followed; draft, on-hold, already completed or revoked requests are stored and not followed
var keptRows = []keptRow{
	{KeptNotUnderstood, "", fhir.CodeNotSupported, "it has an element that changes what the rest means, and that is not understood here"},
	{KeptDeleted, "", fhir.CodeDeleted, "it is deleted"},

	{KeptDraft, "status", fhir.CodeBusinessRule, "the request is not active yet"},
	{KeptOver, "status", fhir.CodeBusinessRule, "the request was over when it first came"},
	{KeptProposal, "intent", fhir.CodeBusinessRule, "its intent does not ask for anything to be done"},

	{KeptAbort, "code", fhir.CodeBusinessRule, "it asks to abort another Task"},
	{KeptApprove, "code", fhir.CodeBusinessRule, "it asks to approve something"},
	{KeptSuspend, "code", fhir.CodeBusinessRule, "it asks to suspend or to resume something"},
	{KeptChange, "code", fhir.CodeBusinessRule, "it asks to change or to replace something"},
	{KeptPoll, "code", fhir.CodeBusinessRule, "it asks a payer about a claim, or polls"},
	{KeptGroup, "meta.tag", fhir.CodeBusinessRule, "it holds a group of Tasks together; those in it are looked at by themselves"},
	{KeptCDex, "code", fhir.CodeBusinessRule, "it asks for data or for an attachment"},
	{KeptPerson, "code", fhir.CodeBusinessRule, "it is something for the person to do"},
	{KeptContact, "code", fhir.CodeBusinessRule, "it says that the person must not be contacted directly, and that is heeded"},
	{KeptTodo, "code", fhir.CodeBusinessRule, "it is a to-do of ours"},
	{KeptBarrier, "code", fhir.CodeBusinessRule, "it sees to a barrier"},
	{KeptNothing, "focus", fhir.CodeBusinessRule, "it names no ServiceRequest, neither in focus nor in basedOn"},
	{KeptAbsent, "focus", fhir.CodeNotFound, "the ServiceRequest that it names has not come; it waits for that"},
	{KeptUnclear, "focus", fhir.CodeMultipleMatches, "it names its ServiceRequest by an identifier that several carry, or that has no system: nobody can tell which is meant"},
	{KeptRequest, "focus", fhir.CodeBusinessRule, "the ServiceRequest that it names is not followed"},
	{KeptAnother, "focus", fhir.CodeBusinessRule, "its focus is another request"},
	{KeptFocus, "focus", fhir.CodeBusinessRule, "its code is not known here, and its focus is not the request"},
	{KeptPart, "partOf", fhir.CodeBusinessRule, "its code is not known here, and it is part of another Task"},
	{KeptNobody, "owner", fhir.CodeBusinessRule, "its code is not known here, and it has no owner"},
	{KeptOwner, "owner", fhir.CodeBusinessRule, "its code is not known here, and its owner is no organization, role or service"},
	{KeptReferrer, "owner", fhir.CodeBusinessRule, "its code is not known here, and its owner is on the referrer's side"},
	{KeptOthers, "owner", fhir.CodeBusinessRule, "its code is not known here, and the request's performer names others than its owner"},
	{KeptMember, "partOf", fhir.CodeBusinessRule, "what it is part of is not followed"},
}

func (k Kept) row() *keptRow {
	for i := range keptRows {
		if keptRows[i].kept == k {
			return &keptRows[i]
		}
	}
	return &keptRow{kept: k, code: fhir.CodeBusinessRule, words: string(k)}
}

// Words says why, in plain words behind a colon; "" for what is followed.
func (k Kept) Words() string {
	if k == "" {
		return ""
	}
	return k.row().words
}

// otherTask is a code by which a Task is known to be something other than a referral.
type otherTask struct {
	Coding
	kept   Kept
	source string
}

const (
	systemFinancialTask = "http://terminology.hl7.org/CodeSystem/financialtaskcode"
	systemCDex          = "http://hl7.org/fhir/us/davinci-cdex/CodeSystem/cdex-temp"
	systemHRex          = "http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp"
	systemPAS           = "http://hl7.org/fhir/us/davinci-pas/CodeSystem/PASTempCodes"
	systemSDC           = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
)

// otherTasks are Tasks that are no referrals, whatever they point at.
var otherTasks = []otherTask{
	{Coding{systemTaskCode, "abort"}, KeptAbort, "FHIR R4, task-code; COW ballot, CancellationRequestTask"},
	{Coding{systemTaskCode, "approve"}, KeptApprove, "FHIR R4, task-code"},
	{Coding{systemTaskCode, "suspend"}, KeptSuspend, "FHIR R4, task-code"},
	{Coding{systemTaskCode, "resume"}, KeptSuspend, "FHIR R4, task-code"},
	{Coding{systemTaskCode, "change"}, KeptChange, "FHIR R4, task-code"},
	{Coding{systemTaskCode, "replace"}, KeptChange, "FHIR R4, task-code"},
	{Coding{systemFinancialTask, "cancel"}, KeptPoll, "FHIR R4, financialtaskcode"},
	{Coding{systemFinancialTask, "poll"}, KeptPoll, "FHIR R4, financialtaskcode"},
	{Coding{systemFinancialTask, "release"}, KeptPoll, "FHIR R4, financialtaskcode"},
	{Coding{systemFinancialTask, "reprocess"}, KeptPoll, "FHIR R4, financialtaskcode"},
	{Coding{systemFinancialTask, "status"}, KeptPoll, "FHIR R4, financialtaskcode"},
	{Coding{systemCDex, "data-request-code"}, KeptCDex, "Da Vinci CDex 2.1.0, cdex-temp"},
	{Coding{systemCDex, "data-request-query"}, KeptCDex, "Da Vinci CDex 2.1.0, cdex-temp"},
	{Coding{systemCDex, "data-request-questionnaire"}, KeptCDex, "Da Vinci CDex 2.1.0, cdex-temp"},
	{Coding{systemCDex, "attachment-request-code"}, KeptCDex, "Da Vinci CDex 2.0.0, cdex-temp"},
	{Coding{systemCDex, "attachment-request-questionnaire"}, KeptCDex, "Da Vinci CDex 2.0.0, cdex-temp"},
	{Coding{systemHRex, "data-request"}, KeptCDex, "Da Vinci HRex 1.0.0, hrex-temp"},
	{Coding{systemPAS, "attachment-request-code"}, KeptCDex, "Da Vinci PAS 2.0.1, PASTempCodes"},
	{Coding{systemPAS, "attachment-request-questionnaire"}, KeptCDex, "Da Vinci PAS 2.0.1, PASTempCodes"},
	{Coding{systemSDOHCC, "make-contact"}, KeptPerson, "SDOHCC 3.0.0, SDOHCC-TaskForPatient"},
	{Coding{systemSDOHCC, "review-material"}, KeptPerson, "SDOHCC 3.0.0, SDOHCC-TaskForPatient"},
	{Coding{systemSDOHCC, "general-information"}, KeptPerson, "SDOHCC 3.0.0, SDOHCC-TaskForPatient"},
	{Coding{systemSDC, "complete-questionnaire"}, KeptPerson, "SDOHCC 3.0.0, SDOHCC-TaskForPatient"},
}

// groupTags are tags of a Task that only holds others together.
//
// Source: AU eRequesting 1.0.0, Task Group
var groupTags = []Coding{
	{"http://terminology.hl7.org.au/CodeSystem/resource-tag", "fulfilment-task-group"},
	{"http://hl7.org.au/fhir/ereq/CodeSystem/au-erequesting-task-tag", "fulfilment-task-group"},
}

// keptTask says why a Task is no referral as far as the Task alone tells, and whether its code says that it is one. A code that is not known, and
// none, say nothing: R4 binds Task.code to an example, and losing sight of a person is worse than following one request too many.
//
// Source: FHIR R4, task.html, Task.code (example binding); local, which Tasks are followed
func (s Settings) keptTask(r *fhir.Resource, t *taskFact, code []Coding) (kept Kept, known bool) {
	if known = s.fulfils(code); !known {
		if kept = s.otherwise(r, code); kept != "" {
			return kept, false
		}
	}
	focus := r.Get("focus")
	switch {
	case len(t.Requests) == 0 && s.namesUnknown(r) != "":
		return s.namesUnknown(r), known
	case len(t.Requests) == 0:
		return KeptNothing, known
	case known:
		return "", true
	case focus.Exists() && !strings.HasPrefix(s.ref(focus), "ServiceRequest/"):
		return KeptFocus, false
	case r.Get("partOf").Exists():
		return KeptPart, false
	case t.Owner == "":
		return KeptNobody, false
	case slices.Contains(noAgencies, typeOf(t.Owner, r.Get("owner"))):
		return KeptOwner, false
	}
	return "", false
}

// namesUnknown says of a Task that names its request by an identifier whether nothing here carries it, or several do; "" for any other.
func (s Settings) namesUnknown(r *fhir.Resource) Kept {
	for _, name := range []string{"focus", "basedOn"} {
		for v := range r.Get(name).All() {
			typ := v.Get("type").Text()
			switch ref := s.ref(v); {
			case typ != "" && typ != "ServiceRequest", v.Get("reference").Text() != "", !v.Get("identifier", "value").Exists():
			case isUnclear(ref):
				return KeptUnclear
			default:
				return KeptAbsent
			}
		}
	}
	return ""
}

// noAgencies are types of an owner that is no agency, no role in one, and no service of one.
var noAgencies = []string{"Patient", "RelatedPerson", "Practitioner", "Device", "CareTeam"}

// typeOf gives the type of what a reference names, "" where that is not said.
func typeOf(ref string, v fhir.Value) string {
	if typ, _, found := strings.Cut(ref, "/"); found && fhir.IsResourceType(typ) {
		return typ
	}
	return v.Get("type").Text()
}

// otherwise names what a Task is known to be instead of a referral, "" for nothing.
func (s Settings) otherwise(r *fhir.Resource, code []Coding) Kept {
	for i := range otherTasks {
		if anyIs([]Coding{otherTasks[i].Coding}, code) {
			return otherTasks[i].kept
		}
	}
	switch {
	case oursAmong(code, SystemTodo):
		return KeptTodo
	case len(barriersOf(code)) > 0:
		return KeptBarrier
	case s.forbidsContact(code):
		return KeptContact
	case r.Get("meta", "tag").Exists() && anyOf(groupTags, r.Get("meta", "tag")):
		return KeptGroup
	}
	return ""
}

func anyOf(table []Coding, list fhir.Value) bool {
	for c := range list.All() {
		if anyIs(table, []Coding{{c.Get("system").Text(), c.Get("code").Text()}}) {
			return true
		}
	}
	return false
}

// follows says why a Task is no leg of a request, "" where it is one. A Task whose code is not known asks an agency if its owner is not on the
// referrer's side, and the request names no others as performer. orgs may be nil.
func (s Settings) follows(t *taskFact, q *requestFact, orgs func(string) []string) Kept {
	switch {
	case t.Kept != "" || t.Known || q == nil || t.Owner == s.Self:
		return t.Kept
	case sameSide(t.Owner, q.Requester, orgs):
		return KeptReferrer
	case len(q.Asked) > 0 && !slices.ContainsFunc(q.Asked, func(who string) bool { return mayMean(who) || sameSide(t.Owner, who, orgs) }):
		return KeptOthers
	}
	return ""
}

// Follows reports whether a Task is a leg of a request that is followed. orgs gives the organizations of a party; it may be nil.
func (s Settings) Follows(f *Fact, request *History, orgs func(string) []string) bool {
	return f.Task != nil && s.follows(f.Task, lastRequest(request), orgs) == ""
}

// mayMean reports a reference of which it is not known here whom it means.
func mayMean(ref string) bool { return strings.ContainsAny(ref, "|#:") }

// sameSide reports that one of two parties is the other, works for it, or is a branch of it.
func sameSide(a, b string, orgs func(string) []string) bool {
	if a == "" || b == "" {
		return false
	}
	if a == b || orgs == nil {
		return a == b
	}
	of, at := orgs(a), orgs(b)
	if slices.Contains(of, b) || slices.Contains(at, a) {
		return true
	}
	if strings.HasPrefix(a, "Organization/") && strings.HasPrefix(b, "Organization/") {
		return false // two branches of one house are two agencies
	}
	return slices.ContainsFunc(of, func(o string) bool { return slices.Contains(at, o) })
}

// keptRequest says why a request is not followed, "" where it is.
func (h *History) keptRequest() Kept {
	n := h.newest()
	switch {
	case n == nil:
		return KeptAbsent
	case h.Followed():
		return ""
	case n.Deleted:
		return KeptDeleted
	case n.NotUnderstood != "":
		return KeptNotUnderstood
	}
	switch q := n.Fact.Request; {
	case q == nil:
		return KeptNotUnderstood
	case q.Status == "draft" || q.Status == "on-hold" || q.Status == "unknown":
		return KeptDraft
	case q.Status != "active":
		return KeptOver
	}
	return KeptProposal
}
