package server

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// ours says in which name space our own operations are.
const ours = "urn:warmhandoff:operation:"

// publishedOperations are the operations that are not of this house, by name or by type and name.
var publishedOperations = map[string]string{
	"validate":           "http://hl7.org/fhir/OperationDefinition/Resource-validate",
	"Patient/everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
	"process-message":    "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
}

// definition gives the canonical of the definition of a route's operation, and whether it is not ours.
func (rt *route) definition() (canonical string, published bool) {
	name := rt.operation()
	for _, known := range []string{rt.fixedType() + "/" + name, name} {
		if canonical = publishedOperations[known]; canonical != "" {
			return canonical, true
		}
	}
	return ours + name, false
}

// operationParameter is a parameter of one of our operations.
type operationParameter struct {
	Name          string `json:"name"`
	Use           string `json:"use"`
	Min           int    `json:"min"`
	Max           string `json:"max"`
	Documentation string `json:"documentation"`
	Type          string `json:"type"`
}

// operationParameters are the parameters of our own operations, and by type and name what a published one takes beside them.
var operationParameters = map[string][]operationParameter{
	"handoff": {{"return", "out", 1, "1", "state, reason, grade, visit, misses, why, due, evidence, warmth; for a ServiceRequest state, and a leg for each Task; because, of what is not followed.", "Parameters"}},
	"package": {{"return", "out", 1, "1", "For the agency a Bundle; for a navigator or a supervisor Parameters with the Bundle and what was left out.", "Resource"}},
	"waiting": {{"return", "out", 1, "1", "Each ServiceRequest that something waits for, because of what, and what waits.", "Parameters"}},
	"everything": {
		{"_count", "in", 0, "1", "How many resources a page holds, 1,000 at most.", "integer"},
		{"_since", "in", 0, "1", "Only what was written at that moment or later.", "instant"},
		{"_type", "in", 0, "*", "Only these types; several with commas between.", "code"},
		{"return", "out", 1, "1", "A searchset.", "Bundle"},
	},
	"Patient/everything": {
		{"start", "in", 0, "1", "Only care at that day or later, and what has no date.", "date"},
		{"end", "in", 0, "1", "Only care at that day or before, and what has no date.", "date"},
	},
}

// OperationDefinitions gives the definitions of our own operations, made from the table of routes, by id.
//
// Source: FHIR R4, operationdefinition.html
func OperationDefinitions() map[string][]byte {
	type definition struct {
		ResourceType string               `json:"resourceType"`
		ID           string               `json:"id"`
		URL          string               `json:"url"`
		Name         string               `json:"name"`
		Title        string               `json:"title"`
		Status       string               `json:"status"`
		Kind         string               `json:"kind"`
		Description  string               `json:"description"`
		AffectsState bool                 `json:"affectsState"`
		Code         string               `json:"code"`
		Resource     []string             `json:"resource,omitempty"`
		System       bool                 `json:"system"`
		Type         bool                 `json:"type"`
		Instance     bool                 `json:"instance"`
		Parameter    []operationParameter `json:"parameter,omitempty"`
	}
	all := map[string]*definition{}
	for _, rt := range table() {
		name := rt.operation()
		if _, published := rt.definition(); rt.kind != doOperation || published {
			continue
		}
		d := all[name]
		if d == nil {
			d = &definition{ResourceType: "OperationDefinition", ID: "warmhandoff-" + name, URL: ours + name, Name: strings.ToUpper(name[:1]) + name[1:], Title: "$" + name,
				Status: "active", Kind: "operation", Description: rt.doc, Code: name, Parameter: operationParameters[name]}
			all[name] = d
		}
		if typ := rt.fixedType(); typ != "" && !slices.Contains(d.Resource, typ) {
			d.Resource = append(d.Resource, typ)
		}
		d.System = d.System || rt.ofSystem()
		d.Instance = d.Instance || strings.Contains(rt.path, ":id")
		d.Type = d.Type || !rt.ofSystem() && !strings.Contains(rt.path, ":id")
	}
	out := map[string][]byte{}
	for _, d := range all {
		data, err := json.Marshal(d)
		if err != nil {
			panic(fmt.Sprintf("server: the definition of $%s cannot be written: %v", d.Code, err))
		}
		out[d.ID] = data
	}
	return out
}
