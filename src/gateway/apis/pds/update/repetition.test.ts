import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { sha256, Vault } from '@alongside/kernel/secrets';
import { sharePostgres, type TestDatabases } from '../../../../../test/testing/postgres.ts';
import { sql } from '../../../../storage/database.ts';
import { SingleUse } from '../../../../storage/single-use.ts';
import { type RunningGateway, startGateway } from '../../../testing/gateway.ts';
import { reset } from '../seed.ts';
import { named, updater } from '../testing/update.ts';

const uuids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;
const change = (value: string) => [named, { op: 'replace', path: '/name/0/family', value }];
const headers = { 'x-request-id': uuids[0] };

for (const dialect of ['SQLite', 'PostgreSQL'] as const)
  describe(`updates with one X-Request-ID, on ${dialect}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'alongside-repetitions-'));
    let postgres: TestDatabases | undefined;
    let count = 0;
    let setting: string;
    let gateways: RunningGateway[];
    let updaters: ReturnType<typeof updater>[];
    let token: string;
    const start = async () => {
      const gateway = await startGateway({}, setting);
      gateways.push(gateway);
      token ??= await gateway.issue();
      updaters.push(updater(gateway, token));
      return gateway;
    };
    before(async () => {
      if (dialect === 'PostgreSQL') postgres = await sharePostgres();
    });
    beforeEach(async () => {
      count++;
      setting = (await postgres?.create(`repetitions${count}`)) ?? `sqlite:${join(folder, `${count}.db`)}`;
      [gateways, updaters, token] = [[], [], undefined as never];
      await start();
      await start();
    });
    afterEach(() => Promise.all(gateways.map((gateway) => gateway.stop())));
    after(async () => {
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const seen = async (answer: Response) => [answer.status, answer.headers.get('etag'), await answer.json()];
    const patch = (at: number, value = 'Hare', more: object = {}) =>
      updaters[at % 2]!.patch(change(value), { headers, ...more });

    test('change the record once for 30 copies at two processes, and all get one response', async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, async (_, at) => seen(await patch(at))));
      assert.equal(answers[0]?.[0], 200);
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
      assert.equal((await updaters[0]!.read()).meta.versionId, '3');
    });

    test('get the first response after later updates and after a restart, for an hour', async () => {
      const first = await seen(await patch(0));
      const later = { version: 'W/"3"', headers: { 'x-request-id': uuids[1] } };
      assert.equal((await patch(1, 'Later', later)).status, 200);
      assert.deepEqual(await seen(await patch(1)), first);
      await Promise.all(gateways.splice(0).map((gateway) => gateway.stop()));
      updaters = [];
      await start();
      assert.deepEqual(await seen(await patch(0)), first);
      assert.equal((await updaters[0]!.read()).meta.versionId, '4');
      gateways[0]!.clock.advance(3_601);
      const expired = updater(gateways[0]!, await gateways[0]!.issue());
      assert.equal((await expired.patch(change('Hare'), { headers })).status, 409);
    });

    test('are stored only under the key of their own request', async () => {
      assert.equal((await patch(0, 'Findme')).status, 200);
      const rows = await gateways[0]!.database.all(
        sql("SELECT payload FROM single_use WHERE kind = 'pds-response'"),
      );
      assert.equal(rows.length, 1);
      assert.doesNotMatch(String(rows[0]?.payload), /Findme|Patient|birthDate/);
    });

    test('do not get the response of another user, or of the same user in another role', async () => {
      const issue = (uid: string, roles: string) =>
        gateways[0]!.issue({ uid, attributes: { 'id_token-subject': uid, 'alongside.role_ids': roles } });
      const [mine, roles] = ['656005750107', '555254240100 555254240101'];
      const as = await issue(mine, roles);
      const inRole = (role: string) => ({ as, headers: { ...headers, 'nhsd-session-urid': role } });
      assert.equal((await patch(0, 'Hare', inRole('555254240100'))).status, 200);
      for (const at of [0, 1]) {
        assert.equal((await patch(at, 'Hare', { as: await issue('555032000100', roles) })).status, 400);
        const other = await issue('555032000100', '555254240100');
        assert.equal((await patch(at, 'Hare', { as: other })).status, 409);
        assert.equal((await patch(at, 'Hare', inRole('555254240101'))).status, 409);
        assert.equal((await patch(at, 'Hare', inRole('555254240100'))).status, 200);
      }
    });

    test('do not get a response that the version before this one stored without its user', async () => {
      const { database, clock } = gateways[0]!;
      const body = JSON.stringify({ patches: change('Hare') });
      const key = sha256(JSON.stringify(['full', uuids[0], 'PATCH', '/Patient/9733162043', 'W/"1"', body]));
      const stored = new Vault(Buffer.from(key)).seal(
        'pds-response',
        JSON.stringify({ status: 200, headers: {}, body: '{}' }),
      );
      await database.batch([
        new SingleUse(database, clock).claimStatement('pds-response', key, 3_600_000, stored),
      ]);
      assert.equal((await patch(0, 'Hare', { version: 'W/"1"' })).status, 409);
    });

    test('are carried out again after a refusal and after a reset', async () => {
      assert.equal((await patch(0, 'Hare', { version: 'W/"1"' })).status, 409);
      assert.equal((await patch(0)).status, 200);
      await reset(gateways[0]!.database);
      const again = await patch(0);
      assert.deepEqual([again.status, again.headers.get('etag')], [200, 'W/"3"']);
      assert.equal((await updaters[0]!.read()).meta.versionId, '3');
    });
  });

describe('concurrent updates', () => {
  let gateway: RunningGateway;
  let patch: ReturnType<typeof updater>['patch'];
  let read: ReturnType<typeof updater>['read'];
  beforeEach(async () => {
    gateway = await startGateway();
    ({ patch, read } = updater(gateway, await gateway.issue()));
  });
  afterEach(() => gateway.stop());

  test('change the record once for two updates of one version; the other gets 409', async () => {
    const answers = await Promise.all(
      uuids.map((id, at) => patch(change(`Name${at}`), { headers: { 'x-request-id': id } })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409]);
    assert.equal((await read()).meta.versionId, '3');
  });

  test('are not a repetition with another id, body, version or application, or of another user', async () => {
    await patch(change('Hare'), { headers });
    await gateway.addApplication('other', {}, ['pds']);
    const other = await gateway.issue({ applicationId: 'other' });
    assert.equal((await patch(change('Hare'), { headers: { 'x-request-id': uuids[1] } })).status, 409);
    assert.equal((await patch(change('Hart'), { headers })).status, 409);
    assert.equal((await patch(change('Hare'), { headers, version: 'W/"1"' })).status, 409);
    assert.equal((await patch(change('Hare'), { headers, as: other })).status, 409);
    const colleague = await gateway.issue({
      uid: '555032000100',
      attributes: { 'id_token-subject': '555032000100', 'alongside.role_ids': '555254240100' },
    });
    assert.equal((await patch(change('Hare'), { headers, as: colleague })).status, 409);
  });
});
