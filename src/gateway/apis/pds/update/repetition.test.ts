import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type OutcomeBody, type RunningGateway, scopes, startGateway } from '../../../testing/gateway.ts';
import { addressed, named, updater } from '../testing/update.ts';

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

describe('an update by a citizen', () => {
  const id = '9912003071';
  const mobile = { system: 'phone', use: 'mobile', value: '07700900400' };
  const refusal =
    'Invalid update with error - This user does not have permission to update the fields in the patches provided.';
  // biome-ignore format: a table reads best one row a line
  const cases: [string, object[], string | undefined][] = [
    ['adds a mobile number', [{ op: 'add', path: '/telecom/-', value: mobile }], undefined],
    ['replaces the whole address', [addressed, { op: 'replace', path: '/address/0', value: { id: '456', use: 'home', line: ['1 New Way', 'Leeds'], period: { start: '2024-01-01' } } }], undefined],
    ['does not change part of an address', [addressed, { op: 'replace', path: '/address/0/postalCode', value: 'LS1 4BU' }], refusal],
    ['does not add a home telephone', [{ op: 'add', path: '/telecom/-', value: { ...mobile, use: 'home' } }], refusal],
    ['does not change the name', [named, { op: 'replace', path: '/name/0/family', value: 'X' }], refusal],
    ['does not change the birth date', [{ op: 'replace', path: '/birthDate', value: '1961-04-20' }], refusal],
  ];
  for (const [name, patches, diagnostics] of cases)
    test(name, async () => {
      const as = await gateway.issue({
        scope: scopes.patient,
        attributes: { auth_provider: 'nhs-login', auth_user_id: id },
      });
      const answer = await patch(patches, { id, version: 'W/"1"', as });
      assert.equal(answer.status, diagnostics === undefined ? 200 : 400);
      if (diagnostics) assert.equal(((await answer.json()) as OutcomeBody).issue[0].diagnostics, diagnostics);
    });
});
