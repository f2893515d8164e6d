// What searches find, held against FHIRPath: each search on one side; on the other all resources of the type, and an expression that is true of
// those that the search must find. The server holds the demonstration's people, in every state.
import assert from 'node:assert/strict';
import test from 'node:test';
import fhirpath from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { base } from './referral.mjs';

// all follows the pages of a search and gives what matched.
async function all(query) {
  const found = [];
  for (let url = `${base}/${query}`; url; ) {
    const answer = await fetch(url, { headers: { accept: 'application/fhir+json' } });
    const page = await answer.json();
    assert.equal(answer.status, 200, `${query}: ${JSON.stringify(page.issue)}`);
    for (const e of page.entry ?? []) {
      assert.notEqual(e.search.mode, 'outcome', `${query}: ${JSON.stringify(e.resource?.issue)}`);
      if (e.search.mode === 'match') found.push(e.resource);
    }
    url = page.link.find((l) => l.relation === 'next')?.url;
  }
  return found;
}

const at = (type, query, holds) => ({ type, query, holds });

const refs = (path, ref) => `${path}.reference = '${ref}'`;

const searches = (d) => [
  at('Task', 'status=in-progress', "Task.status = 'in-progress'"),
  at('Task', 'status=in-progress,completed', "Task.status = 'in-progress' or Task.status = 'completed'"),
  at('Task', 'status:not=in-progress&status:not=completed', "(Task.status = 'in-progress' or Task.status = 'completed').not()"),
  at('Task', 'intent=order', "Task.intent = 'order'"),
  at('Task', `owner=${d.owner}`, refs('Task.owner', d.owner)),
  at('Task', `owner=${d.owner}&status:not=completed`, `${refs('Task.owner', d.owner)} and Task.status != 'completed'`),
  at('Task', `focus=${d.request}`, refs('Task.focus', d.request)),
  at('Task', `patient=${d.patient.split('/')[1]}`, refs('Task.for', d.patient)),
  at('Task', `subject=${base}/${d.patient}`, refs('Task.for', d.patient)),
  at('Task', 'owner:missing=true', 'Task.owner.exists().not()'),
  at('Task', 'business-status:missing=false', 'Task.businessStatus.exists()'),
  at('Task', 'code=http://hl7.org/fhir/CodeSystem/task-code|fulfill', "Task.code.coding.where(system = 'http://hl7.org/fhir/CodeSystem/task-code' and code = 'fulfill').exists()"),
  at('Task', 'code=fulfill', "Task.code.coding.where(code = 'fulfill').exists()"),
  at('Task', 'business-status=urn:warmhandoff:state|', "Task.businessStatus.coding.where(system = 'urn:warmhandoff:state').exists()"),
  at('Task', `authored-on=ge${d.moment}`, `Task.authoredOn >= @${d.moment}`),
  at('Task', `authored-on=lt${d.moment}`, `Task.authoredOn < @${d.moment}`),
  at('Task', `owner:Organization.name=${d.name}`, `Task.owner.reference in (${d.named.map((x) => `'${x}'`).join('|')})`),
  at('ServiceRequest', 'status=active', "ServiceRequest.status = 'active'"),
  at('ServiceRequest', `subject=${d.patient}`, refs('ServiceRequest.subject', d.patient)),
  at('ServiceRequest', `patient=${d.patient}&status=active`, `${refs('ServiceRequest.subject', d.patient)} and ServiceRequest.status = 'active'`),
  at('ServiceRequest', 'priority:missing=true', 'ServiceRequest.priority.exists().not()'),
  at('ServiceRequest', 'priority=urgent,stat,asap', "ServiceRequest.priority in ('urgent'|'stat'|'asap')"),
  at('ServiceRequest', `_has:Task:focus:owner=${d.owner}`, `('ServiceRequest/' + ServiceRequest.id) in (${d.ownedFocus.map((x) => `'${x}'`).join('|')})`),
  at('Appointment', 'status=booked', "Appointment.status = 'booked'"),
  at('Appointment', 'status=noshow,cancelled', "Appointment.status = 'noshow' or Appointment.status = 'cancelled'"),
  at('Appointment', `based-on=${d.booked}`, refs('Appointment.basedOn', d.booked)),
  at('Encounter', 'status=finished', "Encounter.status = 'finished'"),
  at('Encounter', 'class=AMB', "Encounter.class.code = 'AMB'"),
  at('Patient', `family=${d.family.slice(0, 3).toLowerCase()}`, `Patient.name.family.where(lower().startsWith('${d.family.slice(0, 3).toLowerCase()}')).exists()`),
  at('Patient', `family:exact=${d.family}`, `Patient.name.family.where($this = '${d.family}').exists()`),
  at('Patient', `name:contains=${d.family.slice(1, 4)}`, `(Patient.name.family | Patient.name.given | Patient.name.text).where(lower().contains('${d.family.slice(1, 4).toLowerCase()}')).exists()`),
  at('Patient', 'birthdate=lt1990-01-01', 'Patient.birthDate < @1990-01-01'),
  at('Patient', 'birthdate:missing=true', 'Patient.birthDate.exists().not()'),
  at('Patient', 'gender:missing=false', 'Patient.gender.exists()'),
  at('Organization', `name=${d.name}`, `Organization.name.lower().startsWith('${d.name.toLowerCase()}')`),
  at('Communication', 'status=completed', "Communication.status = 'completed'"),
  at('Consent', 'status=active', "Consent.status = 'active'"),
  at('Consent', `patient=${d.patient}`, refs('Consent.patient', d.patient)),
];

// examples takes values to search for out of what is there, so that searches find something.
async function examples() {
  const tasks = (await all('Task?_count=100')).filter((t) => t.focus?.reference?.startsWith('ServiceRequest/') && t.owner?.reference?.startsWith('Organization/'));
  const owner = tasks[0].owner.reference;
  const org = await (await fetch(`${base}/${owner}`)).json();
  const name = org.name.split(' ')[0];
  const patients = await all('Patient');
  const family = patients.map((p) => p.name?.[0]?.family).find((f) => /^[A-Za-z]{4,}$/.test(f ?? ''));
  const booked = (await all('Appointment')).map((a) => a.basedOn?.[0]?.reference).find(Boolean);
  const everyTask = await all('Task?_count=100');
  return {
    owner, name, family, booked, request: tasks[0].focus.reference, patient: tasks.find((t) => t.for).for.reference,
    moment: tasks.map((t) => t.authoredOn && new Date(t.authoredOn).toISOString()).filter(Boolean).toSorted()[Math.floor(tasks.length / 2)],
    named: (await all('Organization')).filter((o) => o.name?.toLowerCase().startsWith(name.toLowerCase())).map((o) => `Organization/${o.id}`),
    ownedFocus: everyTask.filter((t) => t.owner?.reference === owner && t.focus).map((t) => t.focus.reference),
  };
}

const d = await examples();
const everything = new Map();
for (const { type, query, holds } of searches(d)) {
  await test(`${type}?${query}`, async () => {
    if (!everything.has(type)) everything.set(type, await all(`${type}?_count=100`));
    const want = everything.get(type).filter((r) => fhirpath.evaluate(r, holds, null, r4)[0] === true).map((r) => r.id);
    const got = (await all(`${type}?${query}`)).map((r) => r.id);
    assert.equal(new Set(got).size, got.length, 'nothing twice');
    assert.deepEqual(got.toSorted(), want.toSorted());
  });
}

test('most of these searches find something, and not everything', async () => {
  const telling = [];
  for (const { type, query } of searches(d)) {
    const found = (await all(`${type}?${query}`)).length;
    if (found > 0 && found < everything.get(type).length) telling.push(query);
  }
  assert.ok(telling.length > searches(d).length / 2, `only ${telling.length} of ${searches(d).length} do: ${telling}`);
});
