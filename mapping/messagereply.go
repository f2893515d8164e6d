package mapping

import (
	"time"

	"warmhandoff/fhir"
)

// The codes of an answer.
//
// Source: FHIR R4, valueset-response-code.html
const (
	ReplyOK        = "ok"
	ReplyTransient = "transient-error" // the same again later may work
	ReplyFatal     = "fatal-error"     // it has to be changed first
)

// Reply is the answer to a message.
type Reply struct {
	Code    string
	Issues  []fhir.Issue     // why not, or warnings
	Focus   []string         // what the message was about, as it is called here: "ServiceRequest/sr1"
	Tasks   []*fhir.Resource // the Tasks that the message came to
	At      time.Time
	Header  string // id of the answer's own header
	Outcome string // id of the outcome
}

// Bundle gives the answer as a message Bundle.
//
// Source: FHIR R4, messageheader.html, MessageHeader.response; messaging.html
func (s Settings) Bundle(m *Message, reply *Reply) []byte {
	type endpoint struct {
		Name     string `json:"name,omitempty"`
		Endpoint string `json:"endpoint"`
	}
	type response struct {
		Identifier string `json:"identifier"`
		Code       string `json:"code"`
		Details    *party `json:"details,omitempty"`
	}
	type entry struct {
		FullURL  string   `json:"fullUrl"`
		Resource rawValue `json:"resource"`
	}
	header, entries := newObject("MessageHeader"), []entry{{}}
	header.put("id", reply.Header)
	for _, name := range []string{"eventCoding", "eventUri"} {
		if v := m.Header.Get(name); v.Exists() {
			header.raw(name, v.Raw())
		}
	}
	if to := m.Header.Get("source", "endpoint").Text(); to != "" {
		header.put("destination", []endpoint{{Endpoint: to}})
	}
	header.put("source", endpoint{Name: "warmhandoff", Endpoint: s.Base})
	answer := response{Identifier: m.ID, Code: reply.Code}
	if len(reply.Issues) > 0 {
		answer.Details = &party{Reference: s.urn("OperationOutcome", reply.Outcome)}
		entries = append(entries, entry{answer.Details.Reference, fhir.OperationOutcome(reply.Issues...)})
	}
	header.put("response", answer)
	var focus []party
	for _, ref := range reply.Focus {
		focus = append(focus, party{Reference: s.Base + "/" + ref})
	}
	if len(focus) > 0 {
		header.put("focus", focus)
	}
	entries[0] = entry{s.urn("MessageHeader", reply.Header), header.bytes()}
	for _, t := range reply.Tasks {
		entries = append(entries, entry{s.Base + "/Task/" + t.ID(), t.Bytes()})
	}
	b := newObject("Bundle")
	b.put("type", "message")
	b.put("timestamp", stampedText(reply.At))
	b.put("entry", entries)
	return b.bytes()
}

// rawValue is JSON as it is.
type rawValue []byte

// MarshalJSON gives the bytes.
func (r rawValue) MarshalJSON() ([]byte, error) { return r, nil }

// urn names an entry that is stored nowhere.
func (s Settings) urn(typ, id string) string {
	if isUUID(id) {
		return "urn:uuid:" + id
	}
	return s.Base + "/" + typ + "/" + id
}
