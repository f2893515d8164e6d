package server

import (
	"slices"
	"strings"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"warmhandoff/mapping"
)

// instantiate says in a statement which platforms the server is, and of all of them what it lacks. A platform is named only if nothing that it must
// do is missing from the statement, which the tests hold to what the server does.
//
// Source: FHIR R4, capabilitystatement.html, CapabilityStatement.instantiates
func (s *Server) instantiate(st *models.CapabilityStatement) {
	var words []string
	for _, p := range s.set.Platforms {
		all, must := missing(&p, st.Rest[0].Resource, mapping.May), missing(&p, st.Rest[0].Resource, mapping.Shall)
		if len(must) == 0 {
			st.Instantiates = append(st.Instantiates, p.Canonical)
		} else {
			words = append(words, "Must be there for "+p.Canonical+", and is not: "+strings.Join(must, ", ")+".")
		}
		if len(all) > 0 {
			words = append(words, "Wished for by "+p.Canonical+", and not there: "+strings.Join(all, ", ")+".")
		}
	}
	if len(words) > 0 {
		st.Rest[0].Documentation = ptr(*st.Rest[0].Documentation + "\n\n" + strings.Join(words, "\n\n"))
	}
}

// missing gives what of a platform's demands of one level a statement does not declare.
func missing(p *mapping.Platform, declared []models.CapabilityStatementRestResource, level mapping.Level) []string {
	var list []string
	for _, d := range p.Demands {
		if d.Level != level {
			continue
		}
		i := slices.IndexFunc(declared, func(r models.CapabilityStatementRestResource) bool { return r.Type.Code() == d.Type })
		if i < 0 {
			list = append(list, d.Type)
			continue
		}
		has := said(&declared[i])
		for _, kind := range []struct{ words, before string }{{d.Does, "does "}, {d.Params, "search "}, {d.Includes, "include "}, {d.Asks, "asks "}, {d.Keeps, "keeps "}} {
			for word := range strings.FieldsSeq(kind.words) {
				if !has[kind.before+word] {
					list = append(list, d.Type+" "+strings.TrimPrefix(kind.before+word, "does "))
				}
			}
		}
	}
	return list
}

// said lists what a statement declares for one type.
func said(r *models.CapabilityStatementRestResource) map[string]bool {
	has := map[string]bool{}
	for _, i := range r.Interaction {
		has["does "+i.Code.Code()] = true
	}
	for _, p := range r.SearchParam {
		has["search "+p.Name] = true
	}
	for _, i := range r.SearchInclude {
		has["include "+i] = true
	}
	for _, o := range r.Operation {
		has["asks "+o.Name] = true
	}
	if r.Profile != nil {
		has["keeps "+*r.Profile] = true
	}
	for _, p := range r.SupportedProfile {
		has["keeps "+p] = true
	}
	return has
}
