package search

import (
	"slices"
	"strings"

	"warmhandoff/fhir"
)

// alternative adds one alternative of a list to a match; it reports whether any value at all satisfies it.
func (q *Param) alternative(m *Match, modifier, text, base string) (whole bool) {
	switch {
	case q.Kind == Reference && modifier == "identifier":
		q.coded(m, text, "id:")
	case q.Kind == Reference:
		m.Values = append(m.Values, q.references(modifier, text, base)...)
	case q.Kind == URI:
		m.Values = append(m.Values, clip(unescape(text)))
	case q.leaf == "code":
		return q.code(m, text)
	case q.leaf == "boolean":
		_, value, found := cut(text)
		if !found {
			value = text
		}
		m.Values = append(m.Values, escape(unescape(value)))
	default:
		q.coded(m, text, "")
	}
	return false
}

// coded adds a token: "sys|code", "code" in any system, "|code" without system, "sys|" any code of a system.
//
// Source: FHIR R4, search.html, Token
func (q *Param) coded(m *Match, text, lead string) {
	system, code, barred := cut(text)
	switch {
	case !barred:
		m.Values = append(m.Values, clip(lead+escape(unescape(text))))
	case code == "" && system != "":
		m.Prefixes = append(m.Prefixes, lead+escape(unescape(system))+"|")
	default:
		m.Values = append(m.Values, clip(lead+escape(unescape(system))+"|"+escape(unescape(code))))
	}
}

// code adds a token of an element of type code. Its terms are codes alone, because the standard fixes the system; with another system nothing
// matches, which is asked for by a value that no term has.
func (q *Param) code(m *Match, text string) (whole bool) {
	system, code, barred := cut(text)
	ours := system != "" && (q.system == "" || unescape(system) == q.system)
	switch {
	case !barred:
		m.Values = append(m.Values, clip(escape(unescape(text))))
	case ours && code == "":
		return true
	case ours:
		m.Values = append(m.Values, clip(escape(unescape(code))))
	default:
		m.Values = append(m.Values, clip(escape(unescape(system))+"|"+escape(unescape(code))))
	}
	return false
}

// references gives the values of one reference: "id" (for each type that it may name), "Type/id", or a URL.
//
// Source: FHIR R4, search.html, Reference
func (q *Param) references(modifier, text, base string) []string {
	text = unescape(text)
	if !strings.ContainsAny(text, "/:|") {
		types := q.Targets
		if modifier != "" {
			types = []string{modifier}
		}
		values := make([]string, len(types))
		for i, t := range types {
			values[i] = clip(t + "/" + text)
		}
		return values
	}
	ref := local(text, base)
	if typ, _, ok := strings.Cut(ref, "/"); ok && modifier != "" && fhir.IsResourceType(typ) && typ != modifier {
		return []string{modifier + "/" + ref} // Type1/id asked for as a Type2: nothing has this value
	}
	return []string{clip(ref)}
}

// ids reads _id. A value that cannot be an id matches nothing.
func (p *parser) ids(values []string) *fhir.Issue {
	for _, list := range values {
		if list == "" {
			if err := p.ignored("_id has no value"); err != nil {
				return err
			}
			continue
		}
		alternatives := split(list)
		if len(alternatives) > MaxIDs {
			return failed(fhir.CodeTooCostly, "_id has %d values; at most %d are allowed", len(alternatives), MaxIDs)
		}
		ids := make([]string, 0, len(alternatives))
		for _, a := range alternatives {
			if a = strings.TrimPrefix(a, p.query.Type+"/"); fhir.IsID(a) && !slices.Contains(ids, a) {
				ids = append(ids, a)
			}
		}
		if p.query.IDs != nil {
			ids = slices.DeleteFunc(ids, func(id string) bool { return !slices.Contains(p.query.IDs, id) })
		}
		p.query.IDs = ids
		p.query.Nothing = p.query.Nothing || len(ids) == 0
		p.query.Self.Add("_id", list)
	}
	return nil
}
