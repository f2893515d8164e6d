// fhir-kit-client: each of its calls that this server can answer.
import assert from 'node:assert/strict';
import test from 'node:test';
import { CapabilityTool, Client } from 'fhir-kit-client';
import { base, observations, referral } from './referral.mjs';

const client = new Client({ baseUrl: base });
const ids = (bundle) => (bundle.entry ?? []).filter((e) => e.search.mode === 'match').map((e) => e.resource.id);

test('it reads what the server can', async () => {
  const statement = await client.capabilityStatement();
  assert.equal(statement.fhirVersion, '4.0.1');
  const tool = new CapabilityTool(statement);
  assert.ok(tool.resourceCan('Task', 'update'));
  assert.ok(tool.resourceSearch('Task', 'owner'));
});

test('it posts a transaction and a batch', async () => {
  const done = await client.transaction({ body: referral('kit') });
  assert.equal(done.entry.length, 6);
  const batch = await client.batch({
    body: {
      resourceType: 'Bundle', type: 'batch', entry: [
        { request: { method: 'GET', url: 'Task/kit-task' } },
        { request: { method: 'GET', url: 'Task/nobody' } },
        { request: { method: 'GET', url: 'Task?owner=Organization/kit-harbor&status=requested' } },
      ],
    },
  });
  assert.deepEqual(batch.entry.map((e) => e.response.status.slice(0, 3)), ['200', '404', '200']);
  assert.equal(batch.entry[2].resource.total, 1);
});

test('it creates, reads, reads a version, updates, deletes', async () => {
  const made = await client.create({ resourceType: 'Organization', body: { resourceType: 'Organization', name: 'Cedar' } });
  assert.equal(Client.httpFor(made).response.status, 201);
  assert.match(Client.httpFor(made).response.headers.get('location'), new RegExp(`^${base}/Organization/${made.id}/_history/1$`));
  const second = await client.update({ resourceType: 'Organization', id: made.id, body: { ...made, name: 'Cedar House' } });
  assert.equal(second.meta.versionId, '2');
  const first = await client.vread({ resourceType: 'Organization', id: made.id, version: '1' });
  assert.equal(first.name, 'Cedar');
  assert.equal((await client.read({ resourceType: 'Organization', id: made.id })).name, 'Cedar House');
  const history = await client.resourceHistory({ resourceType: 'Organization', id: made.id });
  assert.deepEqual(history.entry.map((e) => e.resource.meta.versionId), ['2', '1']);
  await client.delete({ resourceType: 'Organization', id: made.id });
  await assert.rejects(client.read({ resourceType: 'Organization', id: made.id }), (e) => e.response.status === 410 && e.response.data.resourceType === 'OperationOutcome');
});

test('it updates under a condition', async () => {
  const body = { resourceType: 'Organization', identifier: [{ system: 'urn:example', value: 'kit-1' }], name: 'Elm' };
  const searchParams = { identifier: 'urn:example|kit-1' };
  const first = await client.update({ resourceType: 'Organization', searchParams, body });
  const second = await client.update({ resourceType: 'Organization', searchParams, body: { ...body, name: 'Elm House' } });
  assert.equal(second.id, first.id);
  assert.equal(second.meta.versionId, '2');
});

test('it patches', async () => {
  const patched = await client.patch({ resourceType: 'Task', id: 'kit-task', jsonPatch: [{ op: 'add', path: '/note', value: [{ text: 'mornings' }] }] });
  assert.equal(patched.note[0].text, 'mornings');
});

test('it searches a type, by query and by form', async () => {
  assert.deepEqual(ids(await client.resourceSearch({ resourceType: 'Task', searchParams: { owner: 'Organization/kit-harbor', _sort: '-_lastUpdated' } })), ['kit-task']);
  const found = await client.resourceSearch({ resourceType: 'Task', searchParams: { _id: 'kit-task', _include: ['Task:focus', 'Task:patient'] }, options: { postSearch: true } });
  assert.deepEqual(found.entry.map((e) => `${e.search.mode} ${e.resource.resourceType}`).toSorted(), ['include Patient', 'include ServiceRequest', 'match Task']);
});

test('it searches all types at once', async () => {
  const found = await client.systemSearch({ searchParams: { _type: 'Patient,Task', _id: 'kit-ada,kit-task' } });
  assert.deepEqual(ids(found).toSorted(), ['kit-ada', 'kit-task']);
});

test('it searches a compartment', async () => {
  const compartment = { resourceType: 'Patient', id: 'kit-ada' };
  assert.deepEqual(ids(await client.compartmentSearch({ resourceType: 'Task', compartment })), ['kit-task']);
  assert.deepEqual(ids(await client.compartmentSearch({ resourceType: 'ServiceRequest', compartment, searchParams: { status: 'active' } })), ['kit-request']);
});

test('it goes from page to page', async () => {
  await client.transaction({ body: observations('kit-ada', 12) });
  let page = await client.resourceSearch({ resourceType: 'Observation', searchParams: { subject: 'Patient/kit-ada', _count: '5', _sort: 'date' } });
  const first = page;
  const found = ids(page);
  const sizes = [page.entry.length];
  while ((page = await client.nextPage({ bundle: page }))) {
    found.push(...ids(page));
    sizes.push(page.entry.length);
  }
  assert.deepEqual(sizes, [5, 5, 2]);
  assert.equal(new Set(found).size, 12);
  assert.deepEqual(ids(await client.nextPage({ bundle: first })), found.slice(5, 10), 'a page is the same when it is asked for again');
});

test('it resolves references: relative, absolute, contained, inside a bundle', async () => {
  assert.equal((await client.resolve({ reference: 'Patient/kit-ada' })).id, 'kit-ada');
  assert.equal((await client.resolve({ reference: `${base}/Patient/kit-ada` })).id, 'kit-ada');
  const plan = await client.create({
    resourceType: 'CarePlan',
    body: {
      resourceType: 'CarePlan', status: 'active', intent: 'plan', subject: { reference: 'Patient/kit-ada' }, careTeam: [{ reference: '#team' }],
      contained: [{ resourceType: 'CareTeam', id: 'team', name: 'Those who help' }],
    },
  });
  assert.equal((await client.resolve({ reference: plan.careTeam[0].reference, context: plan })).name, 'Those who help');
  const found = await client.resourceSearch({ resourceType: 'Task', searchParams: { _id: 'kit-task', _include: 'Task:focus' } });
  assert.equal((await client.resolve({ reference: 'ServiceRequest/kit-request', context: found })).id, 'kit-request');
});

test('it asks for an operation', async () => {
  const answer = await client.operation({ name: 'handoff', resourceType: 'Task', id: 'kit-task', method: 'GET' });
  assert.equal(answer.resourceType, 'Parameters');
  assert.equal(answer.parameter.find((p) => p.name === 'state').valueCode, 'offered');
});
