// Medplum's client against a server that is not Medplum's.
import assert from 'node:assert/strict';
import test from 'node:test';
import { MedplumClient, OperationOutcomeError } from '@medplum/core';
import { base, observations, referral } from './referral.mjs';

const url = new URL(base);
const client = new MedplumClient({ baseUrl: url.origin + '/', fhirUrlPath: url.pathname.slice(1), cacheTime: 0, fetch });
const refused = (code) => (e) => e instanceof OperationOutcomeError && e.outcome.issue.some((i) => i.code === code);

test('it runs a transaction', async () => {
  const done = await client.executeBatch(referral('med'));
  assert.equal(done.entry.length, 6);
  assert.ok(done.entry.every((e) => e.response.status.startsWith('201')));
});

test('it creates, reads, updates, deletes', async () => {
  const made = await client.createResource({ resourceType: 'Goal', lifecycleStatus: 'active', description: { text: 'a roof' }, subject: { reference: 'Patient/med-ada' } });
  const read = await client.readResource('Goal', made.id, { cache: 'reload' });
  assert.deepEqual(read, made);
  const updated = await client.updateResource({ ...read, lifecycleStatus: 'completed' });
  assert.equal(updated.meta.versionId, '2');
  assert.equal((await client.readVersion('Goal', made.id, '1')).lifecycleStatus, 'active');
  const same = await client.updateResource(updated);
  assert.equal(same.meta.versionId, '2', 'the same again changes nothing');
  await client.deleteResource('Goal', made.id);
  await assert.rejects(client.readResource('Goal', made.id, { cache: 'reload' }), (e) => e instanceof OperationOutcomeError);
  assert.equal((await client.readHistory('Goal', made.id)).entry.length, 3);
});

test('it creates once', async () => {
  const body = { resourceType: 'Organization', identifier: [{ system: 'urn:example', value: 'med-1' }], name: 'Elm' };
  const [one, two] = [await client.createResourceIfNoneExist(body, 'identifier=urn:example|med-1'), await client.createResourceIfNoneExist(body, 'identifier=urn:example|med-1')];
  assert.equal(one.id, two.id);
});

test('it creates or updates, as the case may be', async () => {
  const body = { resourceType: 'Organization', identifier: [{ system: 'urn:example', value: 'med-2' }], name: 'Oak' };
  const one = await client.upsertResource(body, { identifier: 'urn:example|med-2' });
  const two = await client.upsertResource({ ...body, name: 'Oak House' }, { identifier: 'urn:example|med-2' });
  assert.equal(two.id, one.id);
  assert.equal(two.name, 'Oak House');
});

test('it patches', async () => {
  const patched = await client.patchResource('Task', 'med-task', [
    { op: 'test', path: '/status', value: 'requested' },
    { op: 'replace', path: '/status', value: 'accepted' },
  ]);
  assert.equal(patched.status, 'accepted');
  await assert.rejects(client.patchResource('Task', 'med-task', [{ op: 'replace', path: '/status', value: 'draft' }]), refused('business-rule'));
});

test('it searches, for one and for many', async () => {
  assert.equal((await client.searchOne('Task', { owner: 'Organization/med-harbor' })).id, 'med-task');
  assert.equal(await client.searchOne('Task', { owner: 'Organization/nobody' }), undefined);
  const found = await client.searchResources('Task', 'owner=Organization/med-harbor&_include=Task:focus&_sort=-_lastUpdated');
  assert.deepEqual(found.map((r) => r.resourceType).toSorted(), ['ServiceRequest', 'Task']);
  const bundle = await client.search('Task', { owner: 'Organization/med-harbor', _fields: undefined, _total: 'accurate', _count: '1' });
  assert.equal(bundle.total, 1);
  assert.equal((await client.readReference({ reference: 'Patient/med-ada' })).name[0].family, 'Quince');
});

test('it goes through the pages', async () => {
  await client.executeBatch(observations('med-ada', 11));
  const sizes = [];
  for await (const page of client.searchResourcePages('Observation', { subject: 'Patient/med-ada', _count: '4', _sort: '-date' })) sizes.push(page.length);
  assert.deepEqual(sizes, [4, 4, 3]);
});

test('it puts reads that come together into one batch', async () => {
  const many = new MedplumClient({ baseUrl: url.origin + '/', fhirUrlPath: url.pathname.slice(1), cacheTime: 0, autoBatchTime: 20, fetch });
  const [task, patient, found] = await Promise.all([
    many.readResource('Task', 'med-task'), many.readResource('Patient', 'med-ada'), many.search('Task', 'owner=Organization/med-harbor'),
  ]);
  assert.equal(task.id, 'med-task');
  assert.equal(patient.id, 'med-ada');
  assert.equal(found.total, 1);
  await assert.rejects(Promise.all([many.readResource('Task', 'nobody'), many.readResource('Task', 'med-task')]), (e) => e instanceof OperationOutcomeError);
});

test('it validates without writing', async () => {
  const good = await client.validateResource({ resourceType: 'Task', status: 'requested', intent: 'order' });
  assert.ok(good.issue.every((i) => i.severity !== 'error'));
  const bad = await client.validateResource({ resourceType: 'Task', status: 'nonsense', intent: 'order' }).catch((e) => e.outcome);
  assert.ok(bad.issue.some((i) => i.severity === 'error'));
});

test('what is wrong comes as an outcome', async () => {
  await assert.rejects(client.createResource({ resourceType: 'Task', status: 'nonsense', intent: 'order' }), refused('code-invalid'));
});
