import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startConsole, type TestConsole } from '../../testing/console.ts';

let subject: TestConsole;
before(async () => {
  subject = await startConsole();
});
after(() => subject.close());

const call = (method: string, path: string, json?: unknown, headers = {}) =>
  subject.send(`/api/v1${path}`, { method, json, headers });
const application = async (name: string, profile: string, platform: object = {}) =>
  (
    await call('POST', '/applications', {
      name,
      profile,
      platform: { callbackUrls: [], products: [], ...platform },
    })
  ).body as { id: string; platform: { clientId: string } };

test('adds, lists and removes a resource server', async () => {
  const { id, platform } = await application('Records', 'standard', { attributes: { team: 'records' } });
  const resources = ['https://records.example.test/fhir'];
  const made = await call('PUT', `/resource-servers/${id}`, { resources });
  assert.deepEqual(
    [made.status, made.body],
    [200, { application: id, name: 'Records', clientId: platform.clientId, resources }],
  );
  assert.deepEqual((await call('GET', '/resource-servers')).body, { resourceServers: [made.body] });
  const stale = await call('PUT', `/resource-servers/${id}`, {}, { 'if-match': '"1"' });
  assert.equal(stale.status, 412);
  const all = await call('PUT', `/resource-servers/${id}`, {}, { 'if-match': made.headers.etag ?? '' });
  assert.deepEqual(all.body.resources, []);
  assert.equal((await call('DELETE', `/resource-servers/${id}`)).status, 204);
  assert.equal((await call('DELETE', `/resource-servers/${id}`)).status, 404);
  assert.deepEqual((await call('GET', '/resource-servers')).body, { resourceServers: [] });
  const { body } = await call('GET', `/applications/${id}`);
  assert.deepEqual((body.platform as { attributes: object }).attributes, { team: 'records' });
});

test('refuses clients that cannot authenticate, invalid resources and unknown applications', async () => {
  const nhs = await application('Published', 'nhs');
  const open = await application('Open', 'standard', {
    tokenEndpointAuthMethod: 'none',
    applicationType: 'native',
  });
  for (const { id } of [nhs, open]) {
    const answer = await call('PUT', `/resource-servers/${id}`, {});
    assert.deepEqual([answer.status, answer.body.field], [400, 'application']);
  }
  const { id } = await application('Third', 'standard');
  for (const resource of ['records', 'https://a.test/#part', 'https://a.test/ b', ''])
    assert.equal((await call('PUT', `/resource-servers/${id}`, { resources: [resource] })).status, 400);
  assert.equal((await call('PUT', '/resource-servers/nobody', {})).status, 404);
});
