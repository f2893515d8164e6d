package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"

	"warmhandoff/fhir"
)

// timeless are the members of a Task that say nothing of a claim: whose version it is, what is generated from the rest, and when it was made. The
// business status is compared apart, because some of it is ours.
var timeless = []string{"resourceType", "id", "meta", "text", "lastModified", "businessStatus", "output"}

// claimDigest is the same for Tasks that say the same, however they are written down: without what is ours, and without when.
//
// Source: local, ruling 40
func claimDigest(r *fhir.Resource) string {
	h := sha256.New()
	members := map[string]fhir.Value{}
	for name, v := range r.Root().Members() {
		if !slices.Contains(timeless, name) {
			members[name] = v
		}
	}
	writeMembers(h, members)
	for o := range r.Get("output").All() {
		if !oursAmong(codings(o.Get("type")), SystemOutput) {
			writeValue(h, o)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func writeMembers(h hash.Hash, members map[string]fhir.Value) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		h.Write([]byte{'{'})
		h.Write(quoted(name))
		writeValue(h, members[name])
	}
	h.Write([]byte{'}'})
}

// writeValue writes a value so that the order of its members and the space between them do not matter.
func writeValue(h hash.Hash, v fhir.Value) {
	members := map[string]fhir.Value{}
	for name, m := range v.Members() {
		members[name] = m
	}
	raw := v.Raw()
	switch {
	case len(members) > 0:
		writeMembers(h, members)
	case len(raw) > 0 && raw[0] == '[':
		for item := range v.All() {
			h.Write([]byte{'['})
			writeValue(h, item)
		}
		h.Write([]byte{']'})
	case len(raw) > 0 && raw[0] == '"':
		h.Write(quoted(v.Text()))
	default:
		h.Write(raw)
	}
}
