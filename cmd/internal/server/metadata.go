package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	models "github.com/samply/golang-fhir-models/fhir-models/fhir"

	"warmhandoff/cmd/internal/engine"
	"warmhandoff/fhir"
	"warmhandoff/fhir/search"
)

// capabilities makes the CapabilityStatement from the table of routes, the types that are served, and the table of search parameters.
//
// Source: FHIR R4, capabilitystatement.html
func (s *Server) capabilities(date time.Time) []byte {
	st := models.CapabilityStatement{
		Status:      models.PublicationStatusActive,
		Date:        instant(date),
		Kind:        models.CapabilityStatementKindInstance,
		Name:        ptr("WarmHandoff"),
		Title:       ptr("warmhandoff, an adapter that follows a referral until the person got to the first visit"),
		Software:    &models.CapabilityStatementSoftware{Name: "warmhandoff"},
		FhirVersion: models.FHIRVersion4_0_1,
		Format:      []string{mediaFHIR, "json", mediaXML, "xml"},
		PatchFormat: patchMedia,
		Implementation: &models.CapabilityStatementImplementation{
			Description: "warmhandoff", Url: ptr(s.set.Base),
		},
		Rest: []models.CapabilityStatementRest{s.rest()},
		Messaging: []models.CapabilityStatementMessaging{{
			Endpoint: []models.CapabilityStatementMessagingEndpoint{{
				Protocol: models.Coding{System: ptr("http://terminology.hl7.org/CodeSystem/message-transport"), Code: ptr("http")},
				Address:  s.set.Base + "/$process-message",
			}},
			Documentation: ptr(messageDoc + " An event that is not known is refused with a list of those that are."),
		}},
	}
	s.instantiate(&st)
	if s.set.Version != "" {
		st.Software.Version = ptr(s.set.Version)
	}
	data, err := json.Marshal(st)
	if err != nil {
		panic(fmt.Sprintf("server: the CapabilityStatement cannot be written: %v", err))
	}
	return data
}

func (s *Server) rest() models.CapabilityStatementRest {
	rest := models.CapabilityStatementRest{
		Mode: models.RestfulCapabilityModeServer,
		Documentation: ptr("Every version is kept byte for byte; id, meta.versionId and meta.lastUpdated are ours. " +
			"GET [base]/Task/{id}/$handoff and [base]/ServiceRequest/{id}/$handoff say where a referral stands. " +
			"Subscriptions are checked, kept as off and never fired. References to other servers are kept and never fetched." + s.docs()),
		Security: &models.CapabilityStatementRestSecurity{
			Cors: ptr(len(s.set.Origins) > 0), Description: ptr(s.securityText()),
		},
	}
	for _, rt := range s.routes {
		if rt.kind == doTransaction {
			rest.Interaction = append(rest.Interaction,
				models.CapabilityStatementRestInteraction{Code: models.SystemRestfulInteractionTransaction, Documentation: ptr(rt.doc)},
				models.CapabilityStatementRestInteraction{Code: models.SystemRestfulInteractionBatch, Documentation: ptr(rt.doc)})
		}
		if rt.kind == doSearchAll && rt.takes == noBody {
			rest.Interaction = append(rest.Interaction,
				models.CapabilityStatementRestInteraction{Code: models.SystemRestfulInteractionSearchSystem, Documentation: ptr(rt.doc)})
		}
		if rt.kind == doHistoryAll {
			rest.Interaction = append(rest.Interaction,
				models.CapabilityStatementRestInteraction{Code: models.SystemRestfulInteractionHistorySystem, Documentation: ptr(rt.doc)})
		}
		if rt.kind == doOperation && rt.ofSystem() {
			rest.Operation = append(rest.Operation, operationOf(rt))
		}
	}
	for _, typ := range fhir.ResourceTypes() {
		if s.types[typ] {
			rest.Resource = append(rest.Resource, s.resource(typ))
		}
		if len(search.CompartmentTypes(typ)) > 0 {
			rest.Compartment = append(rest.Compartment, "http://hl7.org/fhir/CompartmentDefinition/"+strings.ToLower(typ))
		}
	}
	rest.SearchParam = searchParams("")
	return rest
}

func (s *Server) securityText() string {
	if s.set.Dev {
		return "No authentication in this build: for one machine (loopback) only, and for fictional people only. The header " + devHeader +
			" says who asks."
	}
	return "This server was started without a way to log in: it answers metadata and refuses everything else."
}

// resource says what can be done with one type.
func (s *Server) resource(typ string) models.CapabilityStatementRestResource {
	r := models.CapabilityStatementRestResource{
		Versioning:        ptr(models.ResourceVersionPolicyVersionedUpdate),
		ReadHistory:       ptr(true),
		UpdateCreate:      ptr(true),
		ConditionalCreate: ptr(true),
		ConditionalRead:   ptr(models.ConditionalReadStatusFullSupport),
		ConditionalUpdate: ptr(true),
		ConditionalDelete: ptr(models.ConditionalDeleteStatusSingle),
		ReferencePolicy:   []models.ReferenceHandlingPolicy{models.ReferenceHandlingPolicyLiteral, models.ReferenceHandlingPolicyLogical},
	}
	decode(&r.Type, typ)
	r.Profile = ptr(definitionOf(typ))
	if engine.AppendOnly(typ) {
		r.ConditionalUpdate, r.ConditionalDelete = ptr(false), ptr(models.ConditionalDeleteStatusNotSupported)
		r.Documentation = ptr("Append-only: POST creates, and so does PUT under an id that is not taken. What is there is never updated, patched or deleted (405).")
	}
	for _, p := range s.set.Profiles {
		if p.Type == typ {
			r.SupportedProfile = append(r.SupportedProfile, p.URL)
		}
	}
	seen := map[interaction]bool{}
	for _, rt := range s.routes {
		switch {
		case rt.kind == doOperation && !rt.ofSystem():
			if fixed := rt.fixedType(); (fixed == typ || fixed == "") && !seen[interaction(rt.operation())] {
				seen[interaction(rt.operation())] = true
				r.Operation = append(r.Operation, operationOf(rt))
			}
		case engine.AppendOnly(typ) && rt.changes():
		case strings.HasPrefix(rt.path, ":type") && !seen[rt.kind]:
			seen[rt.kind] = true
			var i models.CapabilityStatementRestResourceInteraction
			decode(&i.Code, string(rt.kind))
			r.Interaction = append(r.Interaction, i)
		}
	}
	r.SearchParam, r.SearchInclude, r.SearchRevInclude = searchParams(typ), includes(typ), s.revIncludes(typ)
	return r
}

// docs gives the words of the routes that every type has, which would only be repeated in each.
func (s *Server) docs() string {
	var all strings.Builder
	for _, rt := range s.routes {
		if strings.HasPrefix(rt.path, ":type") && rt.kind != doOperation {
			fmt.Fprintf(&all, "\n\n%s %s: %s", rt.method, rt.path, rt.doc)
		}
	}
	return all.String()
}

func operationOf(rt *route) models.CapabilityStatementRestResourceOperation {
	canonical, _ := rt.definition()
	return models.CapabilityStatementRestResourceOperation{Name: rt.operation(), Definition: canonical, Documentation: ptr(rt.doc)}
}

// includes gives what _include can ask of a type: every reference that is a search parameter, or all.
func includes(typ string) []string {
	var list []string
	for _, p := range search.Params(typ) {
		if p.Kind == search.Reference {
			list = append(list, typ+":"+p.Name)
		}
	}
	if len(list) > 0 {
		list = append(list, "*")
	}
	return list
}

// revIncludes gives what _revinclude can ask of a type: every such reference of any type that may point at it.
func (s *Server) revIncludes(typ string) []string {
	var list []string
	for _, from := range fhir.ResourceTypes() {
		for _, p := range search.Params(from) {
			if s.types[from] && p.Kind == search.Reference && slices.Contains(p.Targets, typ) {
				list = append(list, from+":"+p.Name)
			}
		}
	}
	return list
}

// searchParams gives the parameters of a type; with typ "" those of all.
func searchParams(typ string) []models.CapabilityStatementRestResourceSearchParam {
	params := []models.CapabilityStatementRestResourceSearchParam{
		{Name: "_id", Type: models.SearchParamTypeToken, Definition: ptr("http://hl7.org/fhir/SearchParameter/Resource-id")},
		{Name: "_lastUpdated", Type: models.SearchParamTypeDate, Definition: ptr("http://hl7.org/fhir/SearchParameter/Resource-lastUpdated")},
	}
	for _, p := range search.Params(typ) {
		one := models.CapabilityStatementRestResourceSearchParam{Name: p.Name}
		if p.URL != "" {
			one.Definition = ptr(p.URL)
		}
		decode(&one.Type, string(p.Kind))
		params = append(params, one)
	}
	slices.SortFunc(params, func(a, b models.CapabilityStatementRestResourceSearchParam) int {
		return strings.Compare(a.Name, b.Name)
	})
	return params
}

// decode sets an enum of the models by its code. A code that the model lacks is a mistake in our tables.
func decode(enum json.Unmarshaler, code string) {
	quoted, err := json.Marshal(code)
	if err == nil {
		err = enum.UnmarshalJSON(quoted)
	}
	if err != nil {
		panic(fmt.Sprintf("server: the CapabilityStatement cannot say %s: %v", code, err))
	}
}

func ptr[T any](v T) *T { return &v }
