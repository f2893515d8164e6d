package mapping

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// A message is an envelope: who says what to whom, and the resources that it is about, each under a name that the sender gave it. Reading one
// gives parts that can be written: which resource, whether it may change what is here, and by what it is recognised when it comes again. The ids
// of the sender are not ours. A resource is recognised by its identifiers; one that has none gets its sender's name for it as an identifier.

// MessageEvent is one event of a guide's messages that is about a referral.
type MessageEvent struct {
	Coding
	Focus []string // types that MessageHeader.focus may name
	By    MessageSide
	Asks  bool // it asks for something: a request in it that comes without a Task gets one
	Ends  bool // its focus must be here, and must say that it is over
}

// MessageReason is a code of MessageHeader.reason. Ends is as in MessageEvent.
type MessageReason struct {
	Coding
	Ends bool
}

// MessageSide says whose message an event is. The request is the requester's: a copy of it in a message of the other side changes nothing.
type MessageSide string

// The sides.
const (
	ByEither    MessageSide = "" // the one event is sent by both: who sends it says whose it is
	ByRequester MessageSide = "requester"
	ByPerformer MessageSide = "performer"
)

// Message is a message Bundle as it was read.
type Message struct {
	ID     string // what an answer names it by
	Key    string // the same wherever it comes again: Bundle.identifier, else the sender's endpoint and the message's id
	Guide  string
	Event  MessageEvent
	Header *fhir.Resource
	Parts  []MessagePart
	Focus  []int // places in Parts

	about []string // what MessageHeader.focus names

	Sender, Receiver string // references: who says it, and to whom; "" where the header does not name them
	Declined         []byte // a CodeableConcept: the receiver does not take the referral, and why; nil where it does not say so
}

// MessagePart is one resource of a message.
type MessagePart struct {
	Resource *fhir.Resource // with the names of this message as references, and without the sender's id
	Entry    int            // place in the Bundle
	Name     string         // what references in this message call it
	Local    string         // id of the resource of ours that it is a version of; "" for none
	Known    []string       // identifiers, "system|value"
	Keep     bool           // what is here already stays as it is
	Made     bool           // not sent: what the message says without a resource
}

// directory are the types that a message brings along. They are taken where they are not known, and are nobody's word about somebody known.
//
// Source: local, a message about a referral does not change people and services
var directory = map[string]bool{
	"Patient": true, "RelatedPerson": true, "Practitioner": true, "PractitionerRole": true, "Organization": true, "Location": true,
	"HealthcareService": true, "Endpoint": true, "Device": true, "Schedule": true, "Slot": true, "Group": true, "Coverage": true,
}

// ReadMessage reads a message Bundle that somebody in a role sent. What cannot be a message, or is one that is not known, is all issues.
//
// Source: FHIR R4, messaging.html; messageheader.html
func (s Settings) ReadMessage(b *fhir.Resource, from workflow.Role) (*Message, []fhir.Issue) {
	header := firstOf(b.Get("entry")).Get("resource").Resource()
	if b.Get("type").Text() != "message" || header == nil || header.Type() != "MessageHeader" {
		return nil, wrongMessage(fhir.CodeInvariant, "Bundle.entry", "A message is a Bundle of type message whose first entry is a MessageHeader.")
	}
	m := &Message{Header: header, ID: messageID(b, header)}
	if m.ID == "" {
		return m, wrongMessage(fhir.CodeRequired, headerAt+".id", "A message needs an id, so that it can be answered and told from others.")
	}
	m.Key = messageKey(b, header, m.ID)
	if issues := s.readEvent(m); len(issues) > 0 {
		return m, issues
	}
	if issues := m.readParts(s, b, m.side(from)); len(issues) > 0 {
		return m, issues
	}
	return m, m.readFocus()
}

const headerAt = "Bundle.entry[0].resource"

func wrongMessage(code fhir.Code, at, text string) []fhir.Issue {
	return []fhir.Issue{{Severity: fhir.Error, Code: code, Expression: at, Text: text}}
}

func firstOf(v fhir.Value) fhir.Value {
	for one := range v.All() {
		return one
	}
	return fhir.Value{}
}

// messageID gives MessageHeader.id, or what its fullUrl or the Bundle is called where it has none.
func messageID(b, header *fhir.Resource) string {
	for _, id := range []string{header.ID(), strings.TrimPrefix(firstOf(b.Get("entry")).Get("fullUrl").Text(), "urn:uuid:"), b.ID()} {
		if fhir.IsID(id) {
			return id
		}
	}
	return ""
}

func messageKey(b, header *fhir.Resource, id string) string {
	if own := identifierOf(b.Get("identifier")); own != "" {
		return "message|" + own
	}
	return "message|" + header.Get("source", "endpoint").Text() + "|" + id + "|" + b.ID()
}

// readEvent finds the event and the reason among those of the guides.
func (s Settings) readEvent(m *Message) []fhir.Issue {
	event := Coding{m.Header.Get("eventCoding", "system").Text(), m.Header.Get("eventCoding", "code").Text()}
	var known []string
	for _, g := range s.Guides {
		for _, e := range g.Events {
			if !e.is(event) {
				known = append(known, e.Code)
				continue
			}
			m.Guide, m.Event = g.Name, e
			return m.readPurpose(&g)
		}
	}
	return wrongMessage(fhir.CodeNotSupported, headerAt+".eventCoding",
		"This event is not one of those that are read here: "+strings.Join(known, ", ")+". Nothing was done.")
}

func (m *Message) readPurpose(g *Guide) []fhir.Issue {
	said := codings(m.Header.Get("reason"))
	for _, p := range g.Purposes {
		if slices.ContainsFunc(said, p.is) {
			m.Event.Ends = m.Event.Ends || p.Ends
			return nil
		}
	}
	if len(g.Purposes) == 0 {
		return nil
	}
	var known []string
	for _, p := range g.Purposes {
		known = append(known, p.Code)
	}
	return wrongMessage(fhir.CodeNotSupported, headerAt+".reason",
		"MessageHeader.reason must say what the message is for: "+strings.Join(known, ", ")+". Nothing was done.")
}

// side says whose message it is.
func (m *Message) side(from workflow.Role) MessageSide {
	if m.Event.By == ByEither && from == workflow.Agency {
		return ByPerformer
	}
	return m.Event.By
}

// readParts reads every entry but the header.
func (m *Message) readParts(s Settings, b *fhir.Resource, side MessageSide) []fhir.Issue {
	n := namesIn(s, b, m.Header.Get("source", "endpoint").Text())
	m.Event.By = side
	m.Sender, m.Receiver = n.header(m.Header.Get("sender")), n.header(firstOf(m.Header.Get("destination")).Get("receiver"))
	for v := range m.Header.Get("focus").All() {
		m.about = append(m.about, n.header(v))
	}
	for i, e := range b.Get("entry").Items()[1:] {
		r := e.Get("resource").Resource()
		if r == nil {
			return wrongMessage(fhir.CodeRequired, entryAt(i+1)+".resource", "Each entry of a message must hold a resource.")
		}
		if r.Type() == "MessageHeader" || r.Type() == "Parameters" || n.again[i+1] {
			continue
		}
		p := MessagePart{Entry: i + 1, Name: n.names[i+1], Local: n.local(n.names[i+1], r.Type())}
		p.Keep = directory[r.Type()] || side == ByPerformer && (r.Type() == "ServiceRequest" || r.Type() == "Consent")
		body, err := fhir.ReadStored(r.Rewrite(n.of(i+1), n.link))
		if err != nil {
			return wrongMessage(fhir.CodeProcessing, entryAt(i+1)+".resource", "The references in this resource could not be put in place.")
		}
		p.Resource = body
		if p.Local == "" {
			p.own()
		}
		m.Parts = append(m.Parts, p)
	}
	m.attach()
	m.ask()
	m.decline(s)
	return nil
}

// own makes a sender's resource one that can be ours: without its id, and with an identifier to know it by.
func (p *MessagePart) own() {
	p.Known = namedIdentifiers(p.Resource)
	edits := []fhir.Edit{fhir.RemoveMember("id")}
	if len(p.Known) == 0 && p.Name != "" {
		if edit, can := identifying(p.Resource.Type(), p.Name); can {
			p.Known, edits = []string{uriSystem + "|" + p.Name}, append(edits, edit(p.Resource))
		}
	}
	if r, err := fhir.ReadStored(p.Resource.With(edits...)); err == nil {
		p.Resource = r
	}
}

// uriSystem is the system of an identifier whose value is a URI.
//
// Source: FHIR R4, identifier-registry.html
const uriSystem = "urn:ietf:rfc:3986"

// identifying gives the edit that adds a sender's name for a resource to its identifiers, and whether the type has room for it.
func identifying(typ, name string) (func(*fhir.Resource) fhir.Edit, bool) {
	t, _ := fhir.LookupType(typ)
	e, ok := t.Element("identifier")
	if !ok || e.Types[0] != "Identifier" {
		return nil, false
	}
	id := encoded(identifier{System: uriSystem, Value: name})
	return func(r *fhir.Resource) fhir.Edit {
		if e.Max == 1 {
			return fhir.SetMember("identifier", id)
		}
		return fhir.AppendItem("identifier", id)
	}, true
}

// namedIdentifiers gives the identifiers that say in which system they are; others could be anybody's.
func namedIdentifiers(r *fhir.Resource) []string {
	var known []string
	for id := range r.Get("identifier").All() {
		if value := id.Get("value").Text(); value != "" && id.Get("system").Text() != "" {
			known = append(known, id.Get("system").Text()+"|"+value)
		}
	}
	return known
}

// attach lets what the other side reports of itself be about the request of the message, where it does not say about which. The encounter at
// which the person was referred is not among it.
//
// Source: NHS BaRS 1.5.0, response payloads (an Encounter or Appointment of the receiver, beside the ServiceRequest and the sender's Encounter)
func (m *Message) attach() {
	request := m.only("ServiceRequest")
	if request == nil || request.Name == "" {
		return
	}
	before := request.Resource.Get("encounter", "reference").Text()
	for i := range m.Parts {
		p := &m.Parts[i]
		switch p.Resource.Type() {
		case "Encounter":
			if m.Event.By != ByPerformer || p.Name == before || p.Name == "" {
				continue
			}
		case "Appointment":
		default:
			continue
		}
		if p.Resource.Get("basedOn").Exists() {
			continue
		}
		if r, err := fhir.ReadStored(p.Resource.With(fhir.AppendItem("basedOn", encoded(party{Reference: request.Name})))); err == nil {
			p.Resource = r
		}
	}
}

// only gives the one part of a type, nil where there is none or several.
func (m *Message) only(typ string) *MessagePart {
	var one *MessagePart
	for i := range m.Parts {
		if m.Parts[i].Resource.Type() == typ {
			if one != nil {
				return nil
			}
			one = &m.Parts[i]
		}
	}
	return one
}

// over are the statuses that say of a focus that it is over.
var over = []string{"revoked", "cancelled", "entered-in-error"}

// readFocus finds what the message is about.
func (m *Message) readFocus() []fhir.Issue {
	refs := m.about
	if len(refs) == 0 {
		return wrongMessage(fhir.CodeRequired, headerAt+".focus", "MessageHeader.focus must name what the message is about.")
	}
	for _, name := range refs {
		at := slices.IndexFunc(m.Parts, func(p MessagePart) bool { return p.Name == name })
		if at < 0 {
			return wrongMessage(fhir.CodeNotFound, headerAt+".focus", "MessageHeader.focus names what is not in the message.")
		}
		r := m.Parts[at].Resource
		if !slices.Contains(m.Event.Focus, r.Type()) {
			return wrongMessage(fhir.CodeNotSupported, headerAt+".focus",
				"The focus of "+m.Event.Code+" is "+strings.Join(m.Event.Focus, " or ")+", and this is a "+r.Type()+". Nothing was done.")
		}
		if m.Event.Ends && !slices.Contains(over, r.Get("status").Text()) {
			return wrongMessage(fhir.CodeBusinessRule, entryAt(m.Parts[at].Entry)+".resource.status",
				"The message takes something back, and its "+r.Type()+" says "+r.Get("status").Text()+"; it must say "+strings.Join(over, ", ")+".")
		}
		m.Focus = append(m.Focus, at)
	}
	return nil
}

func entryAt(i int) string { return "Bundle.entry[" + itoa(i) + "]" }
