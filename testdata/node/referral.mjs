// What the scripts of this folder share: where the server is, and a referral to work on.

export const base = process.env.FHIR_BASE;
if (!base) throw new Error('FHIR_BASE must say where the server is, such as http://127.0.0.1:8080/fhir');

export const fulfill = { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] };

// referral gives a transaction with a person, an agency, a consent, a request and its task; the ids begin with a prefix.
export function referral(prefix) {
  const id = (name) => `${prefix}-${name}`;
  const resources = [
    { resourceType: 'Patient', id: id('ada'), name: [{ family: 'Quince', given: ['Ada'] }], gender: 'female' },
    { resourceType: 'Organization', id: id('harbor'), name: 'Harbor House', active: true },
    { resourceType: 'Organization', id: id('bayview'), name: 'Bayview Clinic', active: true },
    {
      resourceType: 'Consent', id: id('consent'), status: 'active', patient: { reference: `Patient/${id('ada')}` },
      scope: { coding: [{ code: 'patient-privacy' }] }, category: [{ coding: [{ code: 'IDSCL' }] }], policyRule: { text: 'local' }, provision: { type: 'permit' },
    },
    {
      resourceType: 'ServiceRequest', id: id('request'), status: 'active', intent: 'order', subject: { reference: `Patient/${id('ada')}` },
      requester: { reference: `Organization/${id('bayview')}` }, supportingInfo: [{ reference: `Consent/${id('consent')}` }],
    },
    {
      resourceType: 'Task', id: id('task'), status: 'requested', intent: 'order', code: fulfill, focus: { reference: `ServiceRequest/${id('request')}` },
      for: { reference: `Patient/${id('ada')}` }, requester: { reference: `Organization/${id('bayview')}` }, owner: { reference: `Organization/${id('harbor')}` },
      identifier: [{ system: 'urn:example:ehr', value: id('77') }], authoredOn: '2026-03-02T09:00:00Z',
    },
  ];
  return {
    resourceType: 'Bundle', type: 'transaction',
    entry: resources.map((resource) => ({ resource, request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` } })),
  };
}

// observations gives a transaction that creates n Observations about a person, one for each day of March 2026.
export function observations(patient, n) {
  return {
    resourceType: 'Bundle', type: 'transaction',
    entry: Array.from({ length: n }, (_, i) => ({
      resource: {
        resourceType: 'Observation', status: 'final', code: { coding: [{ system: 'http://loinc.org', code: '32624-9' }] },
        subject: { reference: `Patient/${patient}` }, effectiveDateTime: `2026-03-${String(i + 1).padStart(2, '0')}`,
      },
      request: { method: 'POST', url: 'Observation' },
    })),
  };
}
