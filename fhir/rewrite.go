package fhir

// Rewrite gives the resource's bytes with references replaced: ref is asked for
// every Reference.reference, and link for what else may name another resource:
// every uri, url, oid or uuid, and in a narrative href of an a and src of an
// img; in document order, in contained resources too. Where they give true the
// string becomes what they gave. Every other byte stays; if nothing changes the
// result is Bytes itself. A nil link is not asked.
//
// Link is not asked for what names a definition: canonicals, and a url, system
// or implicitRules of type uri, which others repeat to mean the same. Neither
// is asked for what lies inside a Bundle: that is another's message or
// document, and may be signed.
//
// Source: FHIR R4, http.html#trules
func (r *Resource) Rewrite(ref, link func(string) (string, bool)) []byte {
	var splices []splice
	end := r.doc.nodes[r.root].next
	for i := r.root; i < end; i++ {
		n := &r.doc.nodes[i]
		switch {
		case n.kind == object && r.doc.typ(i).Name == "Bundle":
			i = n.next - 1
			continue
		case n.kind != text:
			continue
		}
		v := Value{r, i}
		switch r.refers(i) {
		case refersToResource:
			old := v.written()
			if now, ok := ref(old); ok && now != old {
				splices = append(splices, v.replace(quote(now)))
			}
		case mayLink:
			if link == nil {
				continue
			}
			old := v.written()
			if now, ok := link(old); ok && now != old {
				splices = append(splices, v.replace(quote(now)))
			}
		case holdsLinks:
			if link == nil {
				continue
			}
			if now, changed := relink(v.written(), link); changed {
				splices = append(splices, v.replace(quote(now)))
			}
		}
	}
	if len(splices) == 0 {
		return r.bytes
	}
	return apply(r.bytes, splices)
}

// naming says whether a string may name another resource.
type naming int

const (
	refersToNothing  naming = iota
	refersToResource        // Reference.reference
	mayLink                 // a uri, url, oid or uuid
	holdsLinks              // a narrative
)

// refers gives what a transaction may rewrite in a string.
func (r *Resource) refers(i int32) naming {
	m := r.doc.nodes[i].member
	if m.literal {
		return refersToResource
	}
	switch r.doc.typ(i).Name {
	case "url", "oid", "uuid":
		return mayLink
	case "uri":
		if m.name != "url" && m.name != "system" && m.name != "implicitRules" {
			return mayLink
		}
	case "xhtml":
		return holdsLinks
	}
	return refersToNothing
}
