package mapping

import (
	"strconv"
	"strings"

	"warmhandoff/fhir"
)

// callings are what the entries of a message are called: by their fullUrl, or where they have none by the id that the sender gave them.
type callings struct {
	base  string // ours
	names []string
	urls  map[string]int // every way to call an entry → its place, -1 where several are called so
	bases []string       // the part of an entry's fullUrl before Type/id
	again map[int]bool   // entries that are the same as one before: the same type under the same identifier
}

// namesIn reads the names of a message's entries. from is the endpoint of the sender, below which an id without a URL has its place.
func namesIn(s Settings, b *fhir.Resource, from string) *callings {
	n := &callings{base: s.Base, urls: map[string]int{}, again: map[int]bool{}}
	first := map[string]string{} // type and identifier → name
	for i, e := range b.Get("entry").Items() {
		r := e.Get("resource").Resource()
		url, base := e.Get("fullUrl").Text(), ""
		if r != nil {
			if rest, ok := strings.CutSuffix(url, "/"+r.Type()+"/"+r.ID()); ok && strings.HasPrefix(url, "http") {
				base = rest
			}
			if url == "" && r.ID() != "" {
				url = nameOfID(from, r.Type(), r.ID())
			}
			n.call(r.Type()+"/"+r.ID(), i)
			if uuid, ok := strings.CutPrefix(url, "urn:uuid:"); ok {
				n.call(r.Type()+"/"+uuid, i)
			}
		}
		n.call(url, i)
		if r != nil {
			for _, id := range namedIdentifiers(r) {
				if name, seen := first[r.Type()+" "+id]; seen {
					url, n.again[i] = name, true
				} else {
					first[r.Type()+" "+id] = url
				}
			}
		}
		n.names, n.bases = append(n.names, url), append(n.bases, base)
	}
	return n
}

// nameOfID makes a name of an id alone: a UUID is one wherever it stands, anything else is the sender's.
func nameOfID(from, typ, id string) string {
	if isUUID(id) {
		return "urn:uuid:" + strings.ToLower(id)
	}
	return strings.TrimRight(from, "/") + "/" + typ + "/" + id
}

// isUUID reports the form 8-4-4-4-12.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
		if dash != (c == '-') || !dash && !hex {
			return false
		}
	}
	return true
}

func (n *callings) call(name string, place int) {
	if name == "" || strings.HasSuffix(name, "/") {
		return
	}
	if was, taken := n.urls[name]; taken && was != place {
		place = -1
	}
	n.urls[name] = place
}

// of gives how references in one entry are rewritten: to the names of other entries, and those that are short for a URL of the sender to that URL.
//
// Source: FHIR R4, bundle.html, Resolving references in Bundles
func (n *callings) of(entry int) func(string) (string, bool) {
	base := n.bases[entry]
	return func(ref string) (string, bool) {
		long := ref
		if base != "" && !strings.Contains(ref, ":") && !strings.HasPrefix(ref, "#") {
			long = base + "/" + ref
		}
		for _, name := range []string{long, ref} {
			if i, ok := n.urls[name]; ok && i >= 0 {
				return n.names[i], true
			}
		}
		return long, long != ref && base != n.base
	}
}

// link gives the entry that a link other than a reference leads to: one that is named whole.
func (n *callings) link(address string) (string, bool) {
	if i, ok := n.urls[address]; ok && i >= 0 && strings.Contains(address, ":") {
		return n.names[i], true
	}
	return "", false
}

// header gives what a reference of the header names: the header has no URL to be read against, so Type/id is whichever entry has it.
func (n *callings) header(v fhir.Value) string {
	ref := v.Get("reference").Text()
	if i, ok := n.urls[ref]; ok && i > 0 {
		return n.names[i]
	}
	return ref
}

// local gives the id under which an entry is a resource of ours, "" where it is not.
func (n *callings) local(url, typ string) string {
	id, ok := strings.CutPrefix(url, n.base+"/"+typ+"/")
	if n.base == "" || !ok || !fhir.IsID(id) {
		return ""
	}
	return id
}

func itoa(n int) string { return strconv.Itoa(n) }
