package search_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"warmhandoff/fhir/search"
)

// What the known applications search for is understood whole: nothing of it is ignored.
//
// Source: local, the public referral, coordination and agency clients, the exchange reference implementation, ORCA, SDOHCC, BaRS, IHE RSQ
func TestWhatClientsSearchFor(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(`
		Questionnaire?_sort=title
		PractitionerRole?practitioner=p1
		Observation?_sort=-date&category=personal-characteristic&subject=p1
		Condition?_sort=-_lastUpdated&subject=p1
		Goal?_sort=-_lastUpdated&subject=p1
		ServiceRequest?_sort=-_lastUpdated&subject=p1
		Task?_profile=http://hl7.org/fhir/us/sdoh-clinicalcare/StructureDefinition/SDOHCC-TaskForReferralManagement&_sort=-_lastUpdated&requester=PractitionerRole/r1&subject=p1
		Task?_profile=http://p/x&requester=PractitionerRole/
		Organization?_sort=-_lastUpdated&type=cbo
		Consent?patient=p1
		Task?_profile=http://p/x&_sort=-_lastUpdated&owner=Organization/o1
		HealthcareService?organization=o1
		PractitionerRole?practitioner=p1&_profile=http://p/x&organization._profile=http://p/y
		Consent?_id=c1
		Organization?_id=o1&type=urn:t|&_include=Organization:endpoint&endpoint.connection-type=urn:c|hl7-fhir-rest
		Condition?_id=a,b&_profile=http://p/x
		Task?_id=t1&_include=Task:focus
		Task?identifier=http://ehr/fhir|t1&_include=Task:focus
		Task?_include=Task:focus&_include=Task:owner&_include:iterate=Organization:endpoint&owner:Organization.type=urn:t|cp&status:not=failed&status:not=rejected&authored-on=lt2026-03-01T09:00:00.000Z
		QuestionnaireResponse?_profile=http://p/x&_revinclude=Observation:derived-from&_sort=-authored&_count=3
		Condition?patient=p1&_profile=http://p/x&category=urn:c|health-concern&clinical-status=active
		Goal?patient=p1&_profile=http://p/x&lifecycle-status=active
		HealthcareService?organization=o1&_include=HealthcareService:location
		Coverage?beneficiary=p1&_include=Coverage:payor
		Observation?patient=p1&category=a&category=urn:c|
		Observation?_id=o1&_include=Observation:performer&_include=Observation:derived-from
		Questionnaire?url=http://q/a,http://q/b
		StructureMap?url=http://m/a
		Task?owner:Patient=p1&_count=0
		Patient?identifier=http://ehr|1,http://ehr|2
		Task?status:not=requested&intent=order&_include=Task:focus&_revinclude=Task:based-on&_include:iterate=Task:owner&_sort=-_lastUpdated
		Task?based-on=Task/t1&intent=filler-order&_include=Task:focus
		Task?status:not=requested&intent=filler-order,order&owner:Organization.identifier=http://cbo&_include=Task:focus&_include=Task:subject&_include=Task:requester&_sort=-_lastUpdated
		Task?_id=t1&_revinclude=Task:part-of
		SearchParameter?url=http://s/a
		HealthcareService?service-category=urn:c|a&service-type=urn:c|b
		Patient?_include=Patient:general-practitioner
		Task?code=fulfill&patient=p1&output=Procedure/p1&_include=Task:output
		ServiceRequest?occurrence=ge2026&supporting-info=Consent/c1&_include=ServiceRequest:supporting-info&_include=ServiceRequest:performer
		Consent?source-reference=DocumentReference/d1&_include=Consent:source-reference:DocumentReference
		Goal?achievement-status=achieved&target-date=lt2026-04-01
		Group?characteristic=x&member=Patient/p1&managing-entity=Organization/o1&_include=Group:member
		ServiceRequest?_id=s1&_revinclude=Task:focus
		Appointment?patient:identifier=urn:nhs|9&date=ge2026-03-01
		Slot?start=ge2026-03-01&status=free&schedule.actor:HealthcareService=HealthcareService/h1&_include=Slot:schedule&_include:iterate=Schedule:actor:HealthcareService
		Subscription?url=http://s/hook&status=active
		Provenance?target=ServiceRequest/s1
		Task?patient=p1&owner:missing=true&status=requested&business-status=urn:b|scheduled
		Appointment?based-on=ServiceRequest/s1&status=booked
		Encounter?based-on=ServiceRequest/s1&status=finished&date=ge2026-03-01
		Consent?patient=p1&status=active&scope=patient-privacy`) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			typ, text, _ := strings.Cut(line, "?")
			values, err := url.ParseQuery(text)
			require.NoError(t, err)
			q, issues := search.Parse(typ, values, search.Options{Base: base, Strict: true})
			assert.Empty(t, issues)
			assert.Equal(t, values, q.Self, "all of it was understood")
		})
	}
}
