import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startConsole, type TestConsole } from '../../testing/console.ts';

let subject: TestConsole;
before(async () => {
  subject = await startConsole();
});
after(() => subject.close());

const call = (method: string, path: string, json?: unknown, headers = {}) =>
  subject.send(`/api/v1/developers${path}`, { method, json, headers });

test('adds, changes and removes a developer', async () => {
  const made = await call('POST', '', { id: 'acme', name: 'Acme Software', kind: 'company' });
  assert.deepEqual(
    [made.status, made.body.status, made.headers.location],
    [201, 'active', '/api/v1/developers/acme'],
  );
  assert.equal((await call('POST', '', { id: 'acme', name: 'Another' })).status, 409);
  const tag = made.headers.etag ?? '';
  const off = await call('PATCH', '/acme', { status: 'inactive' }, { 'if-match': tag });
  assert.deepEqual([off.status, off.body.status, off.body.name], [200, 'inactive', 'Acme Software']);
  assert.equal((await call('PATCH', '/acme', { status: 'active' }, { 'if-match': tag })).status, 412);
  assert.deepEqual((await call('GET', '/acme')).body, off.body);
  const { developers } = (await call('GET', '')).body as { developers: { id: string }[] };
  assert.ok(developers.some(({ id }) => id === 'acme'));
  assert.equal((await call('DELETE', '/acme')).status, 204);
  assert.equal((await call('GET', '/acme')).status, 404);
});

const refused: [string, object, string][] = [
  ['a missing name', { id: 'x' }, 'name'],
  ['an id with a slash', { id: 'a/b', name: 'x' }, 'id'],
  ['an unknown status', { id: 'x', name: 'x', status: 'asleep' }, 'status'],
  ['an invalid address', { id: 'x', name: 'x', email: 'nobody' }, 'email'],
];
for (const [title, body, field] of refused)
  test(`refuses ${title}`, async () => {
    const answer = await call('POST', '', body);
    assert.deepEqual([answer.status, answer.body.field], [400, field]);
  });

test('refuses a changed id', async () => {
  await call('POST', '', { id: 'fixed', name: 'x' });
  const answer = await call('PATCH', '/fixed', { id: 'other' });
  assert.deepEqual([answer.status, answer.body.field], [400, 'id']);
});
