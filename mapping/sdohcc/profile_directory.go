package sdohcc

import (
	"slices"

	"warmhandoff/fhir/profile"
	"warmhandoff/mapping/uscore"
)

var group = []profile.Rule{
	{Path: "active", Min: 1, Is: &profile.Coding{Code: "true"}},
	{Path: "type", Is: &profile.Coding{Code: "person"}},
	{Path: "actual", Is: &profile.Coding{Code: "true"}},
	{Path: "characteristic", Min: 1, Max: 1, Slice: characteristic("HasSDOHCondition", "sdoh-condition-category"), Each: []profile.Rule{
		{Path: "value", Types: []string{"CodeableConcept"}, OneOf: []profile.CodeSet{categories}, Extensible: true},
		{Path: "exclude", Is: &profile.Coding{Code: "false"}},
		{Path: "period", Max: profile.None},
	}},
	{Path: "characteristic", Min: 1, Max: 1, Slice: characteristic("HasPayer", "payer-coverage"), Each: []profile.Rule{
		{Path: "value", Types: []string{"Reference"}, Targets: []string{"Organization"}},
		{Path: "exclude", Is: &profile.Coding{Code: "false"}},
		{Path: "period", Max: profile.None},
	}},
}

func characteristic(name, code string) *profile.Slice {
	return &profile.Slice{Name: name, Where: []profile.Test{{Path: "code", Is: temporary(code)}}}
}

const (
	forAppointment = definition + "SDOHCC-ExtensionHealthcareServiceTelecomAppointment"
	capacityStatus = definition + "SDOHCC-ExtensionHealthcareServiceCapacityStatus"
)

var healthcareService = []profile.Rule{
	{Path: "active", Min: 1, Is: &profile.Coding{Code: "true"}},
	{Path: "type", OneOf: services, Extensible: true},
	{Path: "telecom", Min: 1, Slice: &profile.Slice{Name: "AppointmentContact", Where: []profile.Test{{Path: "extension.url", Is: &profile.Coding{Code: forAppointment}}}}, Each: []profile.Rule{
		{Path: "extension", Min: 1, Max: 1, Slice: uscore.Extension("ForAppointment", forAppointment), Each: []profile.Rule{
			{Path: "value", Min: 1, Types: []string{"boolean"}, Is: &profile.Coding{Code: "true"}}, {Path: "extension", Max: profile.None},
		}},
		{Path: "system", Min: 1},
		{Path: "value", Min: 1},
	}},
}

// capacityService is a service that says whether it can take somebody on.
var capacityService = []profile.Rule{
	{Path: "extension", Min: 1, Max: 1, Slice: uscore.Extension("capacity-status", capacityStatus), Each: []profile.Rule{
		{Path: "extension", Min: 1, Max: 1, Slice: uscore.Extension("capacityStatus", "capacityStatus"), Each: []profile.Rule{
			{Path: "value", Types: []string{"CodeableConcept"}, OneOf: []profile.CodeSet{capacities}, Extensible: true},
			{Path: "extension", Max: profile.None},
		}},
		{Path: "extension", Max: 1, Slice: uscore.Extension("capacityNotes", "capacityNotes"), Each: append(valued("string"), profile.Rule{Path: "extension", Max: profile.None})},
		{Path: "value", Max: profile.None},
		uscore.Parts("capacityStatus", "capacityNotes"),
	}},
	{Path: "active", Min: 1, Is: &profile.Coding{Code: "true"}},
	{Path: "category", Min: 1},
	{Path: "category.coding", Min: 1, Max: 1, Slice: &profile.Slice{Name: "ServiceCategory", Where: []profile.Test{{OneOf: []profile.CodeSet{{System: uscore.CategorySystem, Codes: []string{"sdoh"}}}}}}},
	{Path: "type", Min: 1, Max: 1, OneOf: services, Extensible: true},
	{Path: "name", Min: 1},
}

// services are the types of a service.
//
// Source: SDOHCC 3.0.0, SDOHCC-ValueSetHealthcareServiceType
var services = []profile.CodeSet{{System: "http://terminology.hl7.org/CodeSystem/service-type", Codes: []string{
	"252", "238", "289", "317", "103", "337", "152", "391", "61", "156", "224",
}}}

var location = slices.Concat(uscore.Location, []profile.Rule{{Path: "address", Min: 1}})

var practitionerRole = slices.Concat(uscore.PractitionerRole, []profile.Rule{
	{Path: "practitioner", Min: 1},
	{Path: "organization", Min: 1},
})
