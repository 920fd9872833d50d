import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type RunningGateway, requestId, startGateway } from './testing/gateway.ts';
import { addDefinition, publishedApis } from './testing/published.ts';

describe('published definitions behind the gateway', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await startGateway();
    for (const draft of Object.values(publishedApis)) await addDefinition(gateway, draft);
    for (const [id, api, attributes] of [
      ['of-hello', 'hello-definition', {}],
      ['of-tracker', 'clinical-prescription-tracker', {}],
      ['of-worker', 'healthcare-worker-api', {}],
      ['of-updates', 'custom-prescription-status-update', {}],
    ] as const) {
      await gateway.products.save({ name: `product-${id}`, apis: [api], scopes: [], limits: null });
      await gateway.addApplication(id, attributes, [`product-${id}`]);
    }
  });
  after(() => gateway.stop());

  const scope = (part: string, api: string) => `urn:nhsd:apim:${part}:${api}`;

  test('hello-world answers its examples by the grant of each operation', async () => {
    const base = '/hello-definition/hello';
    const token = (granted: string) =>
      gateway.issue({ applicationId: 'of-hello', scope: scope(granted, 'hello-definition') });
    // biome-ignore format: a table reads best one row a line
    const cases: [string, Record<string, string>, number, string | undefined][] = [
      ['/world', { apikey: 'key-of-of-hello' }, 200, 'Hello world!'],
      ['/application', { apikey: 'key-of-of-hello' }, 200, 'Hello application!'],
      ['/user', { apikey: 'key-of-of-hello' }, 401, undefined],
      ['/world', {}, 401, undefined],
      ['/application', { authorization: `Bearer ${await token('app:level3')}` }, 200, 'Hello application!'],
      ['/user', { authorization: `Bearer ${await token('app:level3')}` }, 401, undefined],
      ['/user', { authorization: `Bearer ${await token('user-nhs-cis2:aal3')}` }, 200, 'Hello user!'],
      ['/user', { authorization: `Bearer ${await token('user-nhs-id:aal3')}` }, 200, 'Hello user!'],
      ['/user', { authorization: `Bearer ${await token('user-nhs-login:P9')}` }, 200, 'Hello user!'],
      ['/user', { authorization: `Bearer ${await token('user-nhs-id:aal2')}` }, 401, undefined],
      ['/application', { authorization: `Bearer ${await token('user-nhs-id:aal3')}` }, 401, undefined],
      ['/nobody', { authorization: `Bearer ${await token('user-nhs-id:aal3')}` }, 404, undefined],
    ];
    for (const [path, headers, status, message] of cases) {
      const answer = await gateway.call(base + path, { headers });
      const body = (await answer.json()) as { message?: string };
      assert.equal(
        answer.status,
        status,
        `${path} ${JSON.stringify(headers).slice(0, 60)} ${JSON.stringify(body)}`,
      );
      if (message) assert.deepEqual(body, { message });
    }
  });

  test('healthcare-worker composes its response from the examples of members', async () => {
    const token = await gateway.issue({
      applicationId: 'of-worker',
      scope: scope('app:level3', 'healthcare-worker-api'),
    });
    const answer = await gateway.call('/healthcare-worker/Worker?identifier=123456789012', {
      token,
      headers: { 'x-correlation-id': requestId },
    });
    assert.equal(answer.status, 200);
    const { person } = (await answer.json()) as { person: Record<string, unknown> };
    assert.equal(person.surname, 'Smith');
    assert.deepEqual((person.orgPersons as { roleProfiles: object[] }[])[0]?.roleProfiles, [
      { id: 567890123456, roleName: 'General Medical Practitioner', roleCode: 'R0260' },
    ]);
    assert.equal(answer.headers.get('x-correlation-id'), requestId);
  });

  test('the prescription status API takes an API key and chooses an example by name and by code', async () => {
    const call = (headers: Record<string, string> = {}) =>
      gateway.call('/custom-prescription-status-update/format-1', {
        method: 'POST',
        headers: {
          apikey: 'key-of-of-updates',
          'api-key': 'x',
          'content-type': 'application/json',
          ...headers,
        },
        body: '{"version":"1.0"}',
      });
    const first = await call();
    assert.equal(first.status, 200, await first.clone().text());
    assert.equal(((await first.json()) as { entry: object[] }).entry.length, 1);
    const several = await call({ prefer: 'example=multiple-items' });
    assert.equal(((await several.json()) as { entry: object[] }).entry.length, 2);
    const refused = await call({ prefer: 'code=400' });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /Prescription ID is invalid/);
  });

  test('the prescription tracker needs a user at AAL3 and lacks an example', async () => {
    const token = await gateway.issue({
      applicationId: 'of-tracker',
      scope: scope('user-nhs-cis2:aal3', 'clinical-prescription-tracker'),
    });
    const answer = await gateway.call('/clinical-prescription-tracker/RequestGroup?nhsNumber=9000000009', {
      token,
    });
    assert.equal(answer.status, 501);
    assert.match(await answer.text(), /GET \/RequestGroup/);
  });
});
