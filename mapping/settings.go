// Package mapping turns FHIR into evidence and a handoff back into FHIR.
package mapping

// Settings are what mapping is told of this installation and its partners.
type Settings struct {
	// Self is the reference of our own organization, "" when there is none. Tasks that it owns are of the indirect shape.
	Self string
}

// Link is one outgoing reference that the workflow follows.
type Link struct {
	Via string // the element: "focus", "basedOn", "subject", …
	To  string // "ServiceRequest/sr1"
}
