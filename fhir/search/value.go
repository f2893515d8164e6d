package search

import (
	"slices"
	"strings"
	"sync"

	"warmhandoff/fhir"
)

// alternative adds one alternative of a list to a match; it reports whether any value at all satisfies it.
func (q *Param) alternative(m *Match, modifier, text, base string) (whole bool) {
	switch {
	case q.Kind == Reference && modifier == "identifier":
		q.coded(m, text, "id:")
	case q.Kind == Reference:
		m.Values = append(m.Values, q.references(modifier, text, base)...)
	case modifier == "below":
		m.Prefixes = append(m.Prefixes, unescape(text))
	case modifier == "above":
		m.Values = append(m.Values, parents(unescape(text))...)
	case q.Kind == URI:
		m.Values = append(m.Values, clip(unescape(text)))
	case q.leaves == aCode:
		return q.code(m, text)
	case q.leaves&^(aBoolean|present) == 0:
		_, value, found := cut(text)
		if !found {
			value = text
		}
		m.Values = append(m.Values, escape(unescape(value)))
	case q.leaves&^(plain|aContact) == 0 && strings.HasPrefix(text, "|"): // these have no system to be without
		m.Values = append(m.Values, clip(escape(unescape(text[1:]))))
	default:
		q.coded(m, text, "")
	}
	return false
}

// parents gives a URI and all that stands above it.
//
// Source: FHIR R4, search.html, URI, modifier above
func parents(uri string) []string {
	all := []string{clip(uri)}
	for i := len(uri) - 1; i > 0 && len(all) < MaxValues; i-- {
		if uri[i] == '/' {
			all = append(all, uri[:i], uri[:i+1])
		}
	}
	return all
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

var everyType = sync.OnceValue(fhir.ResourceTypes)

// untyped reports whether a reference is an id without a type.
func untyped(text string) bool { return !strings.ContainsAny(text, "/:|") }

// references gives the values of one reference: "id" (for each type that it may name), "Type/id", or a URL.
//
// Source: FHIR R4, search.html, Reference
func (q *Param) references(modifier, text, base string) []string {
	text = unescape(text)
	if untyped(text) {
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
func (p *parser) ids(list string) *fhir.Issue {
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
	return nil
}

// texts adds a condition on a string: what it begins with, folded; or exactly; or what is anywhere in it, folded.
//
// Source: FHIR R4, search.html, String
func (p *parser) texts(param *Param, modifier string, alternatives []string) *fhir.Issue {
	m := Match{Param: param.Terms, Loose: param.Loose}
	if modifier == "exact" {
		m.Param, m.Loose = param.exact, true
	}
	for _, a := range alternatives {
		a = unescape(a)
		folded := fold(a)
		switch {
		case modifier == "exact":
			m.Values = append(m.Values, clip(a))
		case folded == "":
			m.Values = append(m.Values, "") // no letter at all: no text has this value
		case modifier == "contains":
			m.Tests = append(m.Tests, Test{Op: "contains", Lo: folded})
		default:
			m.Prefixes = append(m.Prefixes, folded)
		}
	}
	if modifier == "exact" && !param.Loose { // the same texts folded can drive
		driving := Match{Param: param.Terms}
		for _, a := range alternatives {
			driving.Values = append(driving.Values, clip(fold(unescape(a))))
		}
		p.query.All = append(p.query.All, driving)
	}
	p.query.All = append(p.query.All, m)
	return nil
}

// ofType adds a condition on identifiers with their type: "system|code|value".
//
// Source: FHIR R4, search.html, Token, modifier of-type
func (p *parser) ofType(param *Param, alternatives []string) *fhir.Issue {
	if param.leaves&anIdentifier == 0 {
		return failed(fhir.CodeNotSupported, "The parameter %s is not about identifiers, and has no modifier of-type", param.Name)
	}
	m := Match{Param: param.ofType, Loose: true}
	driving := Match{Param: param.Terms, Loose: param.Loose}
	for _, a := range alternatives {
		system, rest, _ := cut(a)
		code, value, ok := cut(rest)
		if !ok || code == "" || value == "" {
			return failed(fhir.CodeInvalid, "The parameter %s:of-type must be system|code|value, such as http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053", param.Name)
		}
		m.Values = append(m.Values, clip(typedIdentifier(unescape(system), unescape(code), unescape(value))))
		driving.Values = append(driving.Values, clip(escape(unescape(value))))
	}
	p.query.All = append(p.query.All, driving, m)
	return nil
}
