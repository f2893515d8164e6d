package mapping

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// The activities of what we pass on.
const (
	ActPass   = "pass-on" // a Task, or an agency's own request, below another
	ActSend   = "send"    // the consent gate opened: a draft of ours is asked for
	ActFollow = "follow"  // a Task above, or of a household member, follows the others
)

// PartID gives the id of what we write below a Task for an agency or a person: readable where it fits, a digest otherwise.
//
// Source: FHIR R4, datatypes.html, id: 1 to 64 letters, digits, dashes and dots
func PartID(above, whose string) string {
	_, id, found := strings.Cut(whose, "/")
	if name := above + "-" + id; found && len(name) <= 64 && plainID(name) {
		return name
	}
	return DigestID(above, whose)
}

// DigestID gives the id where the readable one does not fit, or something else has it.
func DigestID(above, whose string) string {
	sum := sha256.Sum256([]byte(above + "#" + whose))
	return "wh-" + hex.EncodeToString(sum[:16])
}

func plainID(id string) bool {
	return strings.IndexFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	}) < 0
}

// passed are the members of a referrer's request that an agency's own request says again: what is needed, how soon, why. Nothing that names another
// agency, and nothing that the request only points at.
//
// Source: local, minimum necessary; an agency's child shows nothing of another agency
var passed = []string{"category", "priority", "code", "orderDetail", "subject", "occurrenceDateTime", "occurrencePeriod", "occurrenceTiming", "reasonCode", "patientInstruction"}

// restricted are those that stay behind while the package may not go to the agency.
var restricted = map[string]bool{"orderDetail": true, "reasonCode": true, "patientInstruction": true}

// ChildRequest gives an agency's own request, filling the referrer's, without an id.
//
// Source: SDOHCC 3.0.0, indirect referral: ServiceRequest.intent filler-order, basedOn the source's request
func (s Settings) ChildRequest(root *fhir.Resource, m *Missing, at time.Time) []byte {
	open := m.Open(at)
	o := newObject("ServiceRequest")
	o.labels(root)
	o.put("basedOn", []reference{{"ServiceRequest/" + root.ID()}})
	o.put("status", "active")
	o.put("intent", "filler-order")
	for _, name := range passed {
		if v := root.Get(name); v.Exists() && (open || !restricted[name]) {
			o.raw(name, v.Raw())
		}
	}
	o.put("authoredOn", stampedText(at))
	o.put("requester", partyOf(s.Self))
	o.put("performer", []*party{partyOf(m.Agency)})
	return o.bytes()
}

// FillRequest gives an agency's own request with what stayed behind while the package might not go; nil where nothing did.
func (s Settings) FillRequest(child, root *fhir.Resource) []byte {
	var edits []fhir.Edit
	for _, name := range passed {
		if v := root.Get(name); restricted[name] && v.Exists() && !child.Get(name).Exists() {
			edits = append(edits, fhir.SetMember(name, v.Raw()))
		}
	}
	if len(edits) == 0 {
		return nil
	}
	return child.With(edits...)
}

// ChildTask gives an agency's own Task below ours, without an id: a draft while the package may not go to the agency.
//
// Source: SDOHCC 3.0.0, indirect referral: Task.partOf the source's Task
func (s Settings) ChildTask(above *fhir.Resource, m *Missing, at time.Time) []byte {
	status := workflow.TaskDraft
	if m.Open(at) {
		status = workflow.TaskRequested
	}
	o := s.partTask(above, m, status, at)
	o.put("focus", reference{"ServiceRequest/" + m.ID()})
	if v := above.Get("for"); v.Exists() {
		o.raw("for", v.Raw())
	}
	o.put("requester", partyOf(s.Self))
	o.put("owner", partyOf(m.Agency))
	return o.bytes()
}

// MemberTask gives the Task of one member of a household below the household's, without an id.
func (s Settings) MemberTask(above *fhir.Resource, m *Missing, at time.Time) []byte {
	o := s.partTask(above, m, workflow.Status(above.Get("status").Text()), at)
	for _, name := range []string{"basedOn", "focus", "requester", "owner"} {
		if v := above.Get(name); v.Exists() {
			o.raw(name, v.Raw())
		}
	}
	o.put("for", reference{m.Member})
	return o.bytes()
}

func (s Settings) partTask(above *fhir.Resource, m *Missing, status workflow.Status, at time.Time) *object {
	o := newObject("Task")
	o.labels(above)
	o.put("partOf", []reference{{"Task/" + m.Above}})
	if status == workflow.TaskCompleted {
		status = workflow.TaskInProgress // completed is said of somebody only once it is known
	}
	o.put("status", string(status))
	o.put("intent", "order")
	for _, name := range []string{"priority", "code"} {
		if v := above.Get(name); v.Exists() {
			o.raw(name, v.Raw())
		}
	}
	if !above.Get("code").Exists() {
		o.put("code", concept{Coding: []coding{{System: systemTaskCode, Code: "fulfill"}}})
	}
	o.put("authoredOn", stampedText(at))
	o.put("lastModified", stampedText(at))
	return o
}

// Passed is the Amendment that a Provenance of something passed on speaks of.
func Passed() *Amendment { return &Amendment{Why: ActPass} }

// Following gives the status that a Task above others reads: the parties' last word, but once an agency has said yes or begun it says so too, and
// it does not go back.
//
// Source: local, the parent's status follows from its children
func Following(now, last workflow.Status, h *workflow.Handoff) workflow.Status {
	if rank(last) == 0 || h.State == workflow.Attended {
		return last
	}
	most := last
	if rank(now) > rank(most) {
		most = now
	}
	follow := workflow.TaskRequested
	switch h.State {
	case workflow.Scheduled, workflow.Unconfirmed, workflow.Outreach:
		follow = workflow.TaskInProgress
	default:
		if h.Agreed {
			follow = workflow.TaskAccepted
		}
	}
	if rank(follow) > rank(most) {
		most = follow
	}
	return most
}

// rank orders the statuses between which a Task above others moves by itself; 0 for the others.
func rank(s workflow.Status) int {
	switch s {
	case workflow.TaskRequested:
		return 1
	case workflow.TaskReceived:
		return 2
	case workflow.TaskAccepted:
		return 3
	case workflow.TaskInProgress, workflow.TaskReady:
		return 4
	}
	return 0
}

// object writes a JSON object whose members keep their order.
type object struct{ b bytes.Buffer }

func newObject(resourceType string) *object {
	o := &object{}
	o.b.WriteString(`{"resourceType":` + string(quoted(resourceType)))
	return o
}

func (o *object) raw(name string, value []byte) {
	o.b.WriteString("," + string(quoted(name)) + ":")
	o.b.Write(value)
}

func (o *object) put(name string, value any) {
	if p, ok := value.(*party); ok && p == nil {
		return
	}
	o.raw(name, encoded(value))
}

// labels keeps the security labels of what something is made from.
func (o *object) labels(from *fhir.Resource) {
	if v := from.Get("meta", "security"); v.Exists() {
		o.put("meta", map[string]json.RawMessage{"security": v.Raw()})
	}
}

func (o *object) bytes() []byte { return append(o.b.Bytes(), '}') }

func stampedText(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }
