import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createListener } from '@alongside/kernel/http';
import { silentLog } from '@alongside/kernel/log';
import { sha256 } from '@alongside/kernel/secrets';
import { startCis, type TestCis } from '../../src/cis/testing/cis.ts';
import {
  type SignedInAdministrator,
  signedInAdministrator,
} from '../../src/console/testing/administrators.ts';
import { startConsole, type TestConsole } from '../../src/console/testing/console.ts';

const practice = 'A9A5A';
const roleOf = (job: string, orgCode = practice) => ({
  roleCode: `S8002:G8003:${job}`,
  roleName: '"Admin & Clerical":"Management - A & C":"Registration Authority Manager"',
  orgCode,
});

describe('an officer of the registration authority', () => {
  let cis: TestCis;
  let listener: ReturnType<typeof createListener>;
  let console_: TestConsole;
  let maker: SignedInAdministrator;
  let other: SignedInAdministrator;
  let limited: SignedInAdministrator;
  before(async () => {
    cis = await startCis();
    listener = createListener(cis.service.routes, { name: 'cis', log: silentLog, development: true });
    const url = `http://127.0.0.1:${await listener.listen(0)}`;
    console_ = await startConsole({
      development: false,
      operatorHash: sha256('operator'),
      cis: { url, secret: 'secret-of-the-console' },
    });
    const { database, clock, urls } = console_;
    const where = { database, clock, origin: urls.console };
    maker = await signedInAdministrator(where, { name: 'Maker', role: 'administrator' });
    other = await signedInAdministrator(where, { name: 'Other', role: 'administrator' });
    const limit = { role: 'registration-authority', organisations: [practice] } as const;
    limited = await signedInAdministrator(where, { name: 'Limited', ...limit });
  });
  after(async () => {
    await console_?.close();
    await listener?.close();
    await cis?.close();
  });

  const send = async (by: SignedInAdministrator | 'operator', method: string, path: string, json: object) => {
    const who = by === 'operator' ? { authorization: 'Bearer operator' } : { cookie: by.cookie };
    const headers = { host: 'console.test', 'content-type': 'application/json', ...who };
    const { status, body } = await console_.send(`/api/v1${path}`, { method, json, headers });
    return { body, answer: [status, body.error ?? null] as const };
  };
  const add = async (by: SignedInAdministrator | 'operator', job: string) =>
    String(
      (await send(by, 'POST', '/people', { givenName: 'New', familyName: 'Officer', roles: [roleOf(job)] }))
        .body.uid,
    );
  const order = async (by: SignedInAdministrator | 'operator', actor: string) =>
    (await send(by, 'POST', '/registration-authority/cards', { actor, person: 'gp' })).answer;
  const change = (by: SignedInAdministrator | 'operator', uid: string, body: object) =>
    send(by, 'PATCH', `/people/${uid}`, body);

  const own = [403, 'own_officer'] as const;
  const ordered = [201, null] as const;

  for (const job of ['R5080', 'R5090'])
    test(`is not used by the administrator who added a person with ${job}, and is by another one`, async () => {
      const uid = await add(maker, job);
      assert.deepEqual(await order(maker, uid), own);
      const body = { kind: 'passkey', officer: uid };
      assert.deepEqual((await send(maker, 'POST', '/people/gp/enrolments', body)).answer, own);
      assert.deepEqual(await order(other, uid), ordered);
      // This console has no CIS2 behind it.
      const passed = await send(other, 'POST', '/people/gp/enrolments', body);
      assert.deepEqual(passed.answer, [503, 'cis2_unreachable']);
    });

  test('is refused to its maker for every act on a card', async () => {
    const uid = await add(maker, 'R5080');
    const { body } = await send(other, 'POST', '/registration-authority/cards', { actor: uid, person: 'gp' });
    for (const [act, more] of [
      ['revoke', { reason: 'superseded' }],
      ['replace', { reason: 'superseded' }],
      ['renew', {}],
      ['unblock', {}],
    ] as const) {
      const path = `/registration-authority/cards/${String(body.serial)}/${act}`;
      assert.deepEqual((await send(maker, 'POST', path, { actor: uid, ...more })).answer, own, act);
    }
  });

  test('is not used by a limited administrator who made it inside the limit', async () => {
    const uid = await add(limited, 'R5080');
    assert.deepEqual(await order(limited, uid), own);
    assert.deepEqual(await order(other, uid), ordered);
    assert.deepEqual(await order(limited, 'admin'), ordered);
  });

  test('is not used by the administrator who gives a person the role later, or enables the person again', async () => {
    const uid = await add(other, 'R8001');
    await change(maker, uid, { roles: [roleOf('R5090')] });
    assert.deepEqual(await order(maker, uid), own);
    assert.deepEqual(await order(other, uid), ordered);

    await change(other, uid, { disabled: true });
    await change(other, uid, { disabled: false });
    assert.deepEqual([await order(maker, uid), await order(other, uid)], [ordered, own]);
  });

  test('remains refused to the maker when another administrator adds a role or changes the name', async () => {
    const uid = await add(maker, 'R5080');
    const { roles } = (await cis.call<{ roles: object[] }>(`/directory/people/${uid}`, { as: 'console' }))
      .body;
    await change(other, uid, { roles: [...roles, roleOf('R8001')], title: 'Dr' });
    assert.deepEqual([await order(maker, uid), await order(other, uid)], [own, ordered]);
    await change(other, uid, { roles: [...roles, roleOf('R5090')] });
    assert.deepEqual([await order(maker, uid), await order(other, uid)], [own, own]);
  });

  test('is used by a command on the machine that made it, and by its maker after another one gave the position', async () => {
    const uid = await add('operator', 'R5080');
    assert.deepEqual([await order('operator', uid), await order(maker, uid)], [ordered, ordered]);
    const made = await add(maker, 'R5080');
    await change(other, made, { roles: [] });
    await change(other, made, { roles: [roleOf('R5080')] });
    assert.deepEqual([await order(maker, made), await order(other, made)], [ordered, own]);
  });

  test('of an import is not used by the administrator who imported it', async () => {
    const uid = '100000000042';
    const people = [{ uid, givenName: 'By', familyName: 'Import', roles: [roleOf('R5080')] }];
    const imported = await send(maker, 'POST', '/directory/import', { document: { version: 1, people } });
    assert.deepEqual([imported.answer, imported.body.added], [[200, null], 1]);
    assert.deepEqual([await order(maker, uid), await order(other, uid)], [own, ordered]);
  });
});
