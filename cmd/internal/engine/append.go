package engine

// appendOnly are the types of what is written once: a record of what happened is worth nothing when whoever it speaks of can rewrite it.
//
// Source: FHIR R4, auditevent.html, 6.4.3: "servers that provide support for Audit Event resources should not accept update or delete operations"
var appendOnly = map[string]bool{"AuditEvent": true}

// AppendOnly reports a type of which a resource may be created, by POST or under an id of its sender's by PUT, and never changed or deleted.
func AppendOnly(typ string) bool { return appendOnly[typ] }

func appendOnlyWords(typ string) string {
	return "An " + typ + " stays as it was written: it can be created, and neither updated, patched nor deleted."
}

// Unchangeable gives the refusal of a change to a resource of an append-only type.
func Unchangeable(typ, at string) *Refusal {
	return refuse(NotAllowed, "not-supported", at, appendOnlyWords(typ))
}
