package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// ReadingID gives the logical id of what we keep of a package being read: the same for the same Task ("Task/t1") and reader, so that the first time is
// kept and no other.
func ReadingID(task, reader string) string {
	sum := sha256.Sum256([]byte(task + "#read#" + reader))
	return "wh-" + hex.EncodeToString(sum[:16])
}

type auditEvent struct {
	ResourceType string      `json:"resourceType"`
	Meta         *meta       `json:"meta,omitempty"`
	Type         coding      `json:"type"`
	Subtype      []coding    `json:"subtype"`
	Action       string      `json:"action"`
	Recorded     string      `json:"recorded"`
	Outcome      string      `json:"outcome"`
	Agent        []agent     `json:"agent"`
	Source       auditSource `json:"source"`
	Entity       []entity    `json:"entity"`
}

type agent struct {
	Who       party `json:"who"`
	Requestor bool  `json:"requestor"`
}

type auditSource struct {
	Observer display `json:"observer"`
}

type display struct {
	Reference string `json:"reference,omitempty"`
	Display   string `json:"display,omitempty"`
}

type entity struct {
	What party `json:"what"`
}

// WriteReading gives the AuditEvent, without an id, that says that somebody of an agency had the package of a Task from us: who, when, and of which
// referral. It holds nothing of the package.
//
// Source: FHIR R4, auditevent.html; local, seed A4, action R by a receiving worker before the visit
func (s Settings) WriteReading(task, request, reader string, part2 bool, at time.Time) []byte {
	a := auditEvent{
		ResourceType: "AuditEvent",
		Type:         coding{System: "http://terminology.hl7.org/CodeSystem/audit-event-type", Code: "rest", Display: "RESTful Operation"},
		Subtype:      []coding{{System: "http://hl7.org/fhir/restful-interaction", Code: "operation", Display: "operation"}},
		Action:       "R",
		Recorded:     formatInstant(at),
		Outcome:      "0",
		Agent:        []agent{{*partyOf(reader), true}},
		Source:       auditSource{display{Reference: s.Self}},
		Entity:       []entity{{*partyOf(task)}, {*partyOf("ServiceRequest/" + request)}},
	}
	if s.Self == "" || strings.Contains(s.Self, "|") {
		a.Source.Observer = display{Display: "warmhandoff"}
	}
	if part2 {
		a.Meta = &meta{Security: part2Labels}
	}
	return encoded(a)
}
