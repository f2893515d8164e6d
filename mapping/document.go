package mapping

import (
	"slices"
	"strings"
	"time"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// documentFact is what a DocumentReference says: a document of the package.
type documentFact struct {
	Status   string
	At       time.Time
	Replaces bool // it corrects another
	Codes    []Coding
	Within   []Coding // those that stand anywhere in it
	Names    []string // by which it is named without its place
	Note     bool     // a counselling note, which never travels
}

func (s Settings) readDocument(r *fhir.Resource, f *Fact) {
	f.Subject = s.ref(r.Get("subject"))
	d := &documentFact{Status: r.Get("status").Text(), At: s.instant(r.Get("date"))}
	for rel := range r.Get("relatesTo").All() {
		d.Replaces = d.Replaces || rel.Get("code").Text() == "replaces"
	}
	d.Codes = append(codings(r.Get("type")), codings(r.Get("category"))...)
	d.Within, d.Names = codingsWithin(r.Root()), namesOf(r)
	d.Note = counsellingNote(r, &content{labels: f.Labels})
	f.Document = d
}

// document adds that a document is there, which shows nothing, and that it was corrected, which does.
//
// Source: FHIR R4, documentreference.html, relatesTo replaces; local, a transfer between systems is not a warm handoff
func (c *leg) document(h *History) {
	c.revised(h)
	n := h.newest()
	if n == nil || n.Deleted || h.Former || n.Own || n.Fact.Document.Status == "entered-in-error" || n.Role == workflow.Agency {
		return
	}
	c.documents = append(c.documents, h.Key)
	m := workflow.Mark{Element: workflow.PackageSent, Status: workflow.Shown, At: n.Fact.Document.At, By: n.Party, Source: n.source(h.Key)}
	if m.At.IsZero() {
		m.At = n.Received
	}
	c.mark(m)
	if n.Fact.Document.Replaces {
		m.Element = workflow.Corrected
		c.mark(m)
	}
}

// revised adds when a document came that corrects another, or came with other content than before, or was taken back: an agency that has the old one
// has to hear of it. What may not go to the agency is nothing to it.
//
// Source: local, seed A7: a correction after the release sends an update to every agency that got the old version
func (c *leg) revised(h *History) {
	for i := range h.Versions {
		v, said := &h.Versions[i], &h.Versions[i]
		if said.Deleted && i > 0 {
			said = &h.Versions[i-1]
		}
		if v.Own || v.Role == workflow.Agency || said.Fact == nil || said.Fact.Document == nil || i == 0 && !said.Fact.Document.Replaces {
			continue
		}
		d := said.Fact.Document
		it := &content{types: []string{"DocumentReference"}, ref: h.Key, names: d.Names, codes: d.Codes, within: d.Within, labels: said.Fact.Labels}
		if c.part2 && !it.labelled() {
			it.labels = append(slices.Clone(it.labels), codePart2)
		}
		if !d.Note && c.gateAt(v.Received, forward, it).Open {
			c.ledger.Revised = append(c.ledger.Revised[:len(c.ledger.Revised):len(c.ledger.Revised)], v.Received)
		}
	}
}

// auditFact is what an AuditEvent says: who read what.
type auditFact struct {
	Read   bool // and it was not refused
	At     time.Time
	Agents []string
	What   []string
}

func (s Settings) readAudit(r *fhir.Resource, f *Fact) {
	a := &auditFact{
		Read: r.Get("action").Text() == "R" && (!r.Get("outcome").Exists() || r.Get("outcome").Text() == "0"),
		At:   s.instant(r.Get("recorded")),
		What: s.refsAt(r, "entity.what"),
	}
	if start := s.instant(r.Get("period", "start")); !start.IsZero() {
		a.At = start
	}
	a.Agents = s.refsAt(r, "agent.who")
	f.Audit = a
}

// links gives what an audit of a reading belongs to: the document, request or Task that was read. Whoever only wrote, or read something else,
// shows nothing here.
func (a *auditFact) links() []Link {
	if !a.Read {
		return nil
	}
	var list []Link
	for _, ref := range a.What {
		ref, _, _ = strings.Cut(ref, "/_history/")
		switch kind, _, _ := strings.Cut(ref, "/"); kind {
		case "DocumentReference", "ServiceRequest":
			list = append(list, Link{Via: "entity", To: ref})
		}
	}
	return list
}

// audit adds that a worker of the agency opened the package, or the request.
//
// Source: FHIR R4, auditevent.html, action R
func (c *leg) audit(h *History) {
	n := h.newest()
	if n == nil || n.Deleted || h.Former || !n.Fact.Audit.Read {
		return
	}
	a := n.Fact.Audit
	if legs := tasksAmong(a.What); len(legs) > 0 && !slices.Contains(legs, c.ledger.Leg) {
		return // it was the package of another leg
	}
	if !slices.ContainsFunc(a.links(), func(l Link) bool { return l.To == c.r.r.Request.Key || slices.Contains(c.documents, l.To) }) {
		return
	}
	for _, who := range a.Agents {
		if !c.isAgency(who) {
			continue
		}
		m := workflow.Mark{Element: workflow.PackageRead, Status: workflow.Shown, At: a.At, By: who, Source: n.source(h.Key)}
		if !strings.HasPrefix(who, "Practitioner") {
			m.Status, m.Lacks = workflow.Stated, "no worker of the agency is named"
		}
		c.mark(m)
	}
}
