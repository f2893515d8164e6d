package fhir

import "slices"

// Summary gives the parts of a resource that _summary asks for, with the tag SUBSETTED: kind "true" the elements that the definitions mark for
// summaries, "text" narrative, id, meta and what is mandatory, "data" everything but the narrative. What is mandatory, and what modifies the
// meaning of the rest, stays in each. The bytes of what is shown are those of the resource. Any other kind gives Bytes.
//
// Source: FHIR R4, search.html, Summary; elementdefinition.html, isSummary
func (r *Resource) Summary(kind string) []byte {
	switch kind {
	case "true":
		return r.subset(subset{deep: true, keep: func(e *Element) bool { return e.Summary || e.Min > 0 || e.Modifier }})
	case "text":
		return r.subset(subset{keep: func(e *Element) bool {
			return e.Min > 0 || e.Modifier || slices.Contains(always, e.Name) || e.Name == "text"
		}})
	case "data":
		return r.subset(subset{keep: func(e *Element) bool { return e.Name != "text" }})
	}
	return r.bytes
}

// Elements gives the resource with these of its elements ("status", "value" for value[x]), and with those that are mandatory or modify the
// meaning of the rest; it has the tag SUBSETTED. Names that the type does not have are passed over.
//
// Source: FHIR R4, search.html, Elements
func (r *Resource) Elements(names ...string) []byte {
	return r.subset(subset{keep: func(e *Element) bool {
		return e.Min > 0 || e.Modifier || slices.Contains(always, e.Name) || slices.Contains(names, e.Name)
	}})
}

// always are the elements that say which resource it is.
var always = []string{"id", "meta", "implicitRules"}

// subsetted is the tag of a resource that is not shown whole.
//
// Source: FHIR R4, search.html, Summary; terminology.hl7.org, v3-ObservationValue
const subsetted = `{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}`

// subset says which elements are shown: deep asks for those inside others too.
type subset struct {
	keep func(*Element) bool
	deep bool
}

func (r *Resource) subset(s subset) []byte {
	out := append(make([]byte, 0, len(r.bytes)+len(subsetted)+32), '{')
	tagged := false
	for name, v := range r.Root().Members() {
		e := v.node().member.element
		if name != "resourceType" && !s.keep(e) {
			continue
		}
		out = s.member(out, name)
		if name == "meta" {
			tagged = true
			out = appendTagged(out, v)
			continue
		}
		out = s.value(out, v)
	}
	if !tagged {
		out = append(append(append(s.member(out, "meta"), `{"tag":[`...), subsetted...), `]}`...)
	}
	return append(out, '}')
}

// member writes the name of a member behind what there is.
func (subset) member(out []byte, name string) []byte {
	if out[len(out)-1] != '{' {
		out = append(out, ',')
	}
	return append(append(out, quote(name)...), ':')
}

// value writes a value, or the part of it that is shown.
func (s subset) value(out []byte, v Value) []byte {
	switch {
	case !s.deep || s.whole(v):
		return append(out, v.Raw()...)
	case v.node().kind == array:
		out = append(out, '[')
		for item := range v.All() {
			if out[len(out)-1] != '[' {
				out = append(out, ',')
			}
			out = s.value(out, item)
		}
		return append(out, ']')
	}
	out = append(out, '{')
	for name, m := range v.Members() {
		if name == "resourceType" || s.keep(m.node().member.element) {
			out = s.value(s.member(out, name), m)
		}
	}
	return append(out, '}')
}

// whole reports whether all of a value is shown. A value of which nothing would be left is shown whole, since empty ones may not be.
func (s subset) whole(v Value) bool {
	switch v.node().kind {
	case array:
		for item := range v.All() {
			if !s.whole(item) {
				return false
			}
		}
		return true
	case object:
		all, none := true, true
		for name, m := range v.Members() {
			if name != "resourceType" && !s.keep(m.node().member.element) {
				all = false
				continue
			}
			none = false
			all = s.whole(m) && all
		}
		return all || none
	}
	return true
}

// appendTagged writes meta with the tag added, unless it has it.
func appendTagged(out []byte, meta Value) []byte {
	tags := meta.Get("tag")
	for t := range tags.All() {
		if t.Get("code").Text() == "SUBSETTED" {
			return append(out, meta.Raw()...)
		}
	}
	start, end := meta.Span()
	at, with := end-1, `"tag":[`+subsetted+`]`
	if tags.Exists() {
		_, last := tags.Span()
		at, with = last-1, ","+subsetted
	} else {
		for range meta.Members() {
			with = "," + with
			break
		}
	}
	out = append(append(out, meta.r.bytes[start:at]...), with...)
	return append(out, meta.r.bytes[at:end]...)
}
