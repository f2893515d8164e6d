// fhirclient (SMART on FHIR): create, read, update, search, pages, references, patch, transaction, history.
import assert from 'node:assert/strict';
import test from 'node:test';
import smart from 'fhirclient';
import { base, observations, referral } from './referral.mjs';

const storage = { get: async () => undefined, set: async (_, value) => value, unset: async () => true };
const client = smart({ headers: {}, socket: {} }, {}, storage).client({ serverUrl: base });
const json = { 'content-type': 'application/fhir+json' };
const days = (resources) => resources.map((r) => r.effectiveDateTime);

test('it finds out which FHIR it is', async () => {
  assert.equal(await client.getFhirVersion(), '4.0.1');
  assert.equal(await client.getFhirRelease(), 4);
});

test('it posts a transaction', async () => {
  const answer = await client.request({ url: base, method: 'POST', body: JSON.stringify(referral('fc')), headers: json });
  assert.equal(answer.type, 'transaction-response');
  assert.deepEqual(answer.entry.map((e) => e.response.status.slice(0, 3)), Array(6).fill('201'));
});

test('it creates, reads, updates, deletes', async () => {
  const made = await client.create({ resourceType: 'Goal', lifecycleStatus: 'active', description: { text: 'a roof' }, subject: { reference: 'Patient/fc-ada' } });
  assert.match(made.id, /^[A-Za-z0-9.-]{1,64}$/);
  assert.equal(made.meta.versionId, '1');
  const read = await client.request(`Goal/${made.id}`);
  assert.deepEqual(read, made);
  const updated = await client.update({ ...read, lifecycleStatus: 'completed' });
  assert.equal(updated.meta.versionId, '2');
  await client.delete(`Goal/${made.id}`);
  await assert.rejects(client.request(`Goal/${made.id}`), (e) => e.statusCode === 410 || e.status === 410);
  const history = await client.request(`Goal/${made.id}/_history`);
  assert.deepEqual(history.entry.map((e) => e.response.status.slice(0, 3)), ['204', '200', '201']);
});

test('it patches', async () => {
  const patched = await client.patch('Task/fc-task', [{ op: 'replace', path: '/status', value: 'accepted' }]);
  assert.equal(patched.status, 'accepted');
  assert.equal((await client.request('Task/fc-task')).status, 'accepted');
  await assert.rejects(client.patch('Task/fc-task', [{ op: 'replace', path: '/status', value: 'draft' }]), /business-rule|422|Unprocessable/);
});

test('it puts what is referred to in the place of the references', async () => {
  const task = await client.request('Task/fc-task', { resolveReferences: ['focus', 'for', 'owner', 'focus.subject'], graph: true });
  assert.equal(task.focus.resourceType, 'ServiceRequest');
  assert.equal(task.focus.subject.name[0].family, 'Quince');
  assert.equal(task.for.id, 'fc-ada');
  assert.equal(task.owner.name, 'Harbor House');
  const flat = await client.request('Task?_id=fc-task', { resolveReferences: ['owner'], graph: false, flat: true });
  assert.equal(flat.data.length, 1);
  assert.deepEqual(Object.keys(flat.references), ['Organization/fc-harbor']);
});

test('it goes through all pages, newest first, and none twice', async () => {
  await client.request({ url: base, method: 'POST', body: JSON.stringify(observations('fc-ada', 23)), headers: json });
  const found = await client.request('Observation?subject=Patient/fc-ada&_sort=-date&_count=5', { pageLimit: 0, flat: true });
  assert.equal(found.length, 23);
  assert.deepEqual(days(found), days(found).toSorted().reverse());
  const two = await client.request('Observation?subject=Patient/fc-ada&_sort=date&_count=5', { pageLimit: 2, flat: true });
  assert.deepEqual(days(two), days(found).reverse().slice(0, 10));
  const seen = [];
  for await (const one of client.resources('Observation?subject=Patient/fc-ada&_count=4')) seen.push(one.id);
  assert.equal(new Set(seen).size, 23);
  const pages = [];
  for await (const page of client.pages('Observation?subject=Patient/fc-ada&_count=10', { limit: 2 })) pages.push(page.entry.length);
  assert.deepEqual(pages, [10, 10]);
});

test('what is wrong comes with words', async () => {
  await assert.rejects(client.create({ resourceType: 'Task', status: 'nonsense', intent: 'order' }), (e) => /Task\.status|status/.test(e.message));
  await assert.rejects(client.request('Patient/nobody'), (e) => (e.status ?? e.statusCode) === 404);
});
