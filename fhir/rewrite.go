package fhir

// Rewrite gives the resource's bytes with references replaced: f is asked for
// every Reference.reference, and for every uri, url or canonical that is
// a urn:uuid: or urn:oid:, in document order, in nested resources too; where it
// gives true the string becomes what it gave. Every other byte stays; if nothing
// changes the result is Bytes itself.
//
// Source: FHIR R4, http.html#trules
func (r *Resource) Rewrite(f func(ref string) (string, bool)) []byte {
	var splices []splice
	for i := r.root; i < r.doc.nodes[r.root].next; i++ {
		if !r.refers(i) {
			continue
		}
		v := Value{r, i}
		old := v.Text()
		if now, ok := f(old); ok && now != old {
			splices = append(splices, v.replace(quote(now)))
		}
	}
	if len(splices) == 0 {
		return r.bytes
	}
	return apply(r.bytes, splices)
}

// refers reports whether a node is a string that a transaction may rewrite.
func (r *Resource) refers(i int32) bool {
	n := &r.doc.nodes[i]
	if n.kind != text {
		return false
	}
	if n.member.literal {
		return true
	}
	switch r.doc.typ(i).Name {
	case "uri", "url", "canonical":
		return isURN(string(r.doc.chars(i)))
	}
	return false
}
