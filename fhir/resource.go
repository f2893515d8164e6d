package fhir

// Resource is one resource as it was received, with a view over it. It does
// not change and may be used concurrently. [Read] and [ReadStored] make it.
type Resource struct {
	doc   *document
	root  int32  // the resource's node
	base  int    // where bytes begins in the document
	bytes []byte // as received
}

// Type gives the resource type, such as "Task"; never "".
func (r *Resource) Type() string { return r.doc.typ(r.root).Name }

// ID gives Resource.id, or "".
func (r *Resource) ID() string { return r.Get("id").Text() }

// VersionID gives meta.versionId, or "".
func (r *Resource) VersionID() string { return r.Get("meta", "versionId").Text() }

// LastUpdated gives meta.lastUpdated as written, or "".
func (r *Resource) LastUpdated() string { return r.Get("meta", "lastUpdated").Text() }

// Bytes gives the resource exactly as received; the caller must not change it.
func (r *Resource) Bytes() []byte { return r.bytes }

// Root gives the resource's object.
func (r *Resource) Root() Value { return Value{r, r.root} }

// Get is Root().Get(names...).
func (r *Resource) Get(names ...string) Value { return r.Root().Get(names...) }

// References gives every Reference.reference string in document order, those
// in contained and nested resources included.
func (r *Resource) References() []Value {
	var refs []Value
	for i := r.root; i < r.doc.nodes[r.root].next; i++ {
		n := &r.doc.nodes[i]
		if n.kind == text && n.member.literal {
			refs = append(refs, Value{r, i})
		}
	}
	return refs
}

// Modifiers gives each item of a modifierExtension, and each implicitRules, in document order, those in contained and nested resources included:
// what may change the meaning of everything around it. Most resources have none.
//
// Source: FHIR R4, extensibility.html#modifierExtension; resource.html, Resource.implicitRules
func (r *Resource) Modifiers() []Value {
	var found []Value
	nodes := r.doc.nodes[:r.doc.nodes[r.root].next]
	for i := int(r.root) + 1; i < len(nodes); i++ {
		if n := &nodes[i]; n.member.changing && n.kind != array {
			found = append(found, Value{r, int32(i)})
		}
	}
	return found
}
