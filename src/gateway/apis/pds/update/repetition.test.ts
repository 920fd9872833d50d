import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type RunningGateway, startGateway } from '../../../testing/gateway.ts';
import { named, updater } from '../testing/update.ts';

const uuids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;

let gateway: RunningGateway;
let token: string;
let patch: ReturnType<typeof updater>['patch'];
let read: ReturnType<typeof updater>['read'];
beforeEach(async () => {
  gateway = await startGateway();
  token = await gateway.issue();
  ({ patch, read } = updater(gateway, token));
});
afterEach(() => gateway.stop());

describe('concurrent and repeated updates', () => {
  const change = (value: string) => [named, { op: 'replace', path: '/name/0/family', value }];

  test('change the record once for two updates of one version; the other gets 409', async () => {
    const answers = await Promise.all(
      uuids.map((id, at) => patch(change(`Name${at}`), { headers: { 'x-request-id': id } })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    assert.equal((await read()).meta.versionId, '3');
  });

  test('return the same response for the same request without a change', async () => {
    const headers = { 'x-request-id': uuids[0] };
    const first = await (await patch(change('Hare'), { headers })).json();
    const again = await patch(change('Hare'), { headers });
    assert.deepEqual([again.status, await again.json()], [200, first]);
    assert.equal((await read()).meta.versionId, '3');
  });

  test('are no repetition with another id, body or application', async () => {
    await patch(change('Hare'), { headers: { 'x-request-id': uuids[0] } });
    await gateway.addApplication('other', {}, ['pds']);
    const other = await gateway.issue({ applicationId: 'other' });
    assert.equal((await patch(change('Hare'), { headers: { 'x-request-id': uuids[1] } })).status, 409);
    assert.equal((await patch(change('Hart'), { headers: { 'x-request-id': uuids[0] } })).status, 409);
    assert.equal(
      (await patch(change('Hare'), { headers: { 'x-request-id': uuids[0] }, as: other })).status,
      409,
    );
  });
});
