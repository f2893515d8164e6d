package mapping

import (
	"bytes"
	"encoding/json"

	"warmhandoff/fhir"
	"warmhandoff/mapping/workflow"
)

// What an agency wrote into a Task does not go to the agency that the Task is given to: it is asked anew, of the source.
//
// Source: ruling 38; local, redisclosure: nothing of one agency's goes to another

// itsOwn are the members of a Task that say which Task it is and where it stands. They are everybody's.
var itsOwn = map[string]bool{
	"resourceType": true, "id": true, "meta": true, "identifier": true, "groupIdentifier": true, "status": true, "intent": true, "code": true, "priority": true,
	"focus": true, "basedOn": true, "partOf": true, "for": true, "owner": true, "requester": true, "authoredOn": true, "lastModified": true,
}

// WasGiven reports that a Task has named more than one owner.
func (h *History) WasGiven() bool {
	owner := ""
	for i := range h.Versions {
		if f := h.Versions[i].Fact; f != nil && f.Task != nil {
			if owner != "" && f.Task.Owner != owner {
				return true
			}
			owner = f.Task.Owner
		}
	}
	return false
}

// othersItems gives the items of a Task that somebody of a former agency put there, or that we wrote of its leg, each by what it says. What stood there
// before, and what the referrer or a navigator added meanwhile, is theirs and no agency's.
func (t *task) othersItems(versions map[int]*fhir.Resource) map[string]bool {
	others := map[string]bool{}
	if !t.shared() {
		return others
	}
	seen := map[string]bool{}
	for i := range t.h.Versions {
		v := &t.h.Versions[i]
		r := versions[v.Number]
		if r == nil {
			continue
		}
		foreign := t.writtenByFormer(i)
		for name, member := range r.Root().Members() {
			if itsOwn[name] {
				continue
			}
			for item := range member.All() {
				said := name + " " + sorted(item.Raw())
				if !seen[said] {
					seen[said] = true
					others[said] = foreign
				}
			}
		}
	}
	return others
}

// writtenByFormer reports a version that the agency of a former tenure wrote, or we, or somebody who did not say who they are, after it was asked.
func (t *task) writtenByFormer(i int) bool {
	for k := range t.all {
		x := &t.all[k]
		if !x.former || i < x.low || i >= x.high {
			continue
		}
		v := &t.h.Versions[i]
		return v.Own || v.Role == workflow.Agency || v.Role == "" && i > x.low
	}
	return false
}

// sorted gives JSON with its members in the order of their names and without white space, so that what was written anew by another program is the same.
func sorted(raw []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return string(raw) // it was read before: this does not happen
	}
	return string(encoded(v))
}
