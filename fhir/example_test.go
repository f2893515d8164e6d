package fhir_test

import (
	"fmt"
	"time"

	"warmhandoff/fhir"
)

func ExampleRead() {
	r, issues := fhir.Read([]byte(`{
  "resourceType": "Task",
  "status": "accepted",
  "intent": "order",
  "owner": {"reference": "Organization/harbor"},
  "output": [{"type": {"text": "first visit"}, "valueDateTime": "2026-03-09T10:00:00-08:00"}]
}`))
	fmt.Println(r.Type(), r.Get("status").Text(), len(issues))
	owner, _ := fhir.ParseReference(r.Get("owner", "reference").Text())
	fmt.Println(owner.Type, owner.ID)
	for _, output := range r.Get("output").Items() {
		suffix, value := output.Choice("value")
		fmt.Println(suffix, value.Text(), value.Path())
	}
	// Output:
	// Task accepted 0
	// Organization harbor
	// DateTime 2026-03-09T10:00:00-08:00 Task.output[0].valueDateTime
}

func ExampleRead_refused() {
	_, issues := fhir.Read([]byte(`{
  "resourceType": "Task",
  "Status": "accepted",
  "intent": "order",
  "owner": {"reference": "Location/harbor"},
  "authoredOn": "2026-02-30"
}`))
	for _, i := range issues {
		fmt.Println(i.Code, i.Expression)
	}
	fmt.Println(issues[0].Text)
	// Output:
	// structure Task.Status
	// value Task.owner.reference
	// value Task.authoredOn
	// required Task.status
	// Task has no element "Status"; names are case-sensitive, write "status".
}

func ExampleResource_Stamp() {
	r, _ := fhir.Read([]byte(`{"resourceType":"Observation", "status":"final", "code":{"text":"weight"}, "valueQuantity":{"value":1.10}}`))
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	fmt.Println(string(r.Stamp("o1", 1, at)))
	// Output:
	// {"resourceType":"Observation","id":"o1","meta":{"versionId":"1","lastUpdated":"2026-03-02T09:00:00.000Z"}, "status":"final", "code":{"text":"weight"}, "valueQuantity":{"value":1.10}}
}

func ExampleResource_Rewrite() {
	r, _ := fhir.Read([]byte(`{"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56"}}`))
	ids := map[string]string{"urn:uuid:7d948662-bade-450e-b6c5-9bb6ee39cb56": "Patient/P1"}
	fmt.Println(string(r.Rewrite(func(ref string) (string, bool) {
		now, known := ids[ref]
		return now, known
	}, nil)))
	// Output:
	// {"resourceType":"Task","status":"requested","intent":"order","for":{"reference":"Patient/P1"}}
}

func ExampleResource_With() {
	r, _ := fhir.Read([]byte(`{"resourceType":"Task","status":"completed","intent":"order"}`))
	fmt.Println(string(r.With(
		fhir.SetMember("status", []byte(`"in-progress"`)),
		fhir.AppendItem("note", []byte(`{"text":"no visit is known yet"}`)),
	)))
	// Output:
	// {"resourceType":"Task","status":"in-progress","intent":"order","note":[{"text":"no visit is known yet"}]}
}

func ExampleOperationOutcome() {
	fmt.Println(string(fhir.OperationOutcome(fhir.Issue{
		Severity: fhir.Error, Code: fhir.CodeRequired, Expression: "Task.status", Text: "Task.status is required.",
	})))
	// Output:
	// {"issue":[{"severity":"error","code":"required","details":{"text":"Task.status is required."},"diagnostics":"Task.status is required.","expression":["Task.status"]}],"resourceType":"OperationOutcome"}
}

func ExampleDateTime_End() {
	d, _ := fhir.ParseDateTime("2026-03-08")
	zone := time.FixedZone("PST", -8*3600)
	fmt.Println(d.Start(zone).Format(time.RFC3339), d.End(zone).Format(time.RFC3339))
	// Output:
	// 2026-03-08T08:00:00Z 2026-03-09T08:00:00Z
}

func ExampleLookupType() {
	task, _ := fhir.LookupType("Task")
	owner, _ := task.Element("owner")
	fmt.Println(owner.Min, owner.Max, owner.Types, owner.Targets[:3])
	// Output:
	// 0 1 [Reference] [Practitioner PractitionerRole Organization]
}
