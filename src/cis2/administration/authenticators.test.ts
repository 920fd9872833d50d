import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seedCredentials } from '../authenticators/seed.ts';
import { type AuthenticatorsAnswer, consolePaths } from '../protocol.ts';
import { send } from '../testing/browser.ts';
import { consoleSecret, type Instance, startInstance } from '../testing/instance.ts';
import { gp, gpRole, nurse, starter } from '../testing/people.ts';
import { asConsole } from '../testing/webauthn-wire.ts';

let cis2: Instance;
before(async () => {
  cis2 = await startInstance({}, ':memory:', undefined, 'localhost');
});
after(() => cis2.stop());

const ask = async (method: string, path: string, body?: unknown, secret = consoleSecret, at = cis2) => {
  const reply = await asConsole(at, method, path, body, secret);
  return { status: reply.status, body: reply.body === '' ? undefined : JSON.parse(reply.body) };
};
const add = (kind: string, more = {}, uid = gp.uid) =>
  ask('POST', consolePaths.authenticators(uid), { kind, ...more });
const list = async (uid = gp.uid) =>
  ((await ask('GET', consolePaths.authenticators(uid))).body as AuthenticatorsAnswer).authenticators;

test('rejects callers without the secret of the console', async () => {
  for (const [method, path] of [
    ['GET', consolePaths.authenticators(gp.uid)],
    ['POST', consolePaths.authenticators(gp.uid)],
    ['DELETE', consolePaths.authenticator(gp.uid, 'x')],
    ['POST', consolePaths.enrolments(gp.uid)],
  ] as const) {
    const reply = await ask(
      method,
      path,
      method === 'POST' ? { kind: 'passkey' } : undefined,
      'another-secret',
    );
    assert.deepEqual([reply.status, reply.body.error], [401, 'invalid_token']);
  }
  assert.equal((await send('GET', `${cis2.origin}${consolePaths.authenticators(gp.uid)}`)).status, 401);
});

test('disables the console API without a configured secret', async () => {
  const closed = await startInstance({ consoleSecret: undefined } as never, ':memory:');
  assert.equal(
    (await ask('GET', consolePaths.authenticators(gp.uid), undefined, 'undefined', closed)).status,
    404,
  );
  await closed.stop();
});

describe('authenticators of a person', () => {
  test('are listed with their test data and removed once', async () => {
    const added = await add('security-key', { label: 'A key' }, nurse.uid);
    assert.equal(added.status, 201);
    const [listed] = await list(nurse.uid);
    assert.deepEqual(listed, added.body);
    assert.deepEqual(
      [listed?.kind, listed?.label, listed?.level, listed?.usedAt],
      ['security-key', 'A key', 3, null],
    );
    assert.deepEqual(Object.keys(listed?.development?.credential as object), [
      'credentialId',
      'isResidentCredential',
      'rpId',
      'privateKey',
      'userHandle',
      'signCount',
      'backupEligibility',
    ]);
    const path = consolePaths.authenticator(nurse.uid, String(listed?.id));
    assert.equal((await ask('DELETE', path.replace(nurse.uid, gp.uid))).status, 404);
    assert.equal((await ask('DELETE', path)).status, 204);
    assert.equal((await ask('DELETE', path)).status, 404);
    assert.deepEqual(await list(nurse.uid), []);
  });
  test('keep an imported key unchanged', async () => {
    const { key } = { key: (await add('passkey')).body.development.credential };
    const [{ id } = { id: '' }] = await list();
    await ask('DELETE', consolePaths.authenticator(gp.uid, id));
    const again = (await add('passkey', { credential: key })).body;
    assert.deepEqual(again.development.credential, key);
    const twice = await add('passkey', { credential: key }, nurse.uid);
    assert.deepEqual([twice.status, twice.body.field], [400, 'credential']);
  });
  const bad: [string, object, string][] = [
    ['no key', { credential: { credentialId: 'AAAA', privateKey: 'AAAA' } }, 'credential.privateKey'],
    ['no id', { credential: { privateKey: 'AAAA' } }, 'credential.credentialId'],
    ['a label that is none', { label: 1 }, 'label'],
  ];
  for (const [name, more, field] of bad)
    test(`rejects ${name}`, async () => {
      const { status, body } = await add('security-key', more);
      assert.deepEqual([status, body.error, body.field], [400, 'invalid_request', field]);
    });
  test('rejects an unknown kind and an unknown person', async () => {
    assert.equal((await add('fax')).status, 422);
    assert.equal((await add('passkey', {}, '999999999999')).status, 404);
    assert.equal((await ask('GET', '/cis2/people/nobody/authenticators')).status, 404);
    const text = await ask('POST', consolePaths.authenticators(gp.uid), 'text');
    assert.equal(text.status, 400);
  });
});

describe('enrolment link of an officer', () => {
  const officer = { ...starter, uid: '656005750104', roles: [{ ...gpRole, roleCode: 'S0080:G0450:R5080' }] };
  before(() => cis2.cis.people.set(officer.uid, officer));
  const order = (body: object, uid = gp.uid) =>
    ask('POST', consolePaths.enrolments(uid), { kind: 'passkey', ...body });

  test('is valid for 15 minutes and is audited', async () => {
    const { status, body } = await order({ officer: officer.uid });
    assert.equal(status, 201);
    assert.match(body.url, new RegExp(`^${cis2.origin}/enrol/[\\w-]{43}$`));
    assert.equal(Date.parse(body.expiresAt) - cis2.clock.now() > 890_000, true);
    const record = (await cis2.audit.list()).find(({ action }) => action === 'authenticator.link');
    assert.deepEqual([record?.actor, record?.target], [`ra:${officer.uid}`, gp.uid]);
  });
  test('requires an officer with the role, who is not the person', async () => {
    assert.equal((await order({ officer: nurse.uid })).status, 403);
    assert.equal((await order({ officer: '999999999999' })).status, 403);
    assert.equal((await order({ officer: officer.uid }, officer.uid)).status, 403);
    assert.equal((await order({ officer: 'somebody' })).status, 400);
  });
  test('requires an officer in production, where nothing is revealed or imported', async () => {
    const real = await startInstance({ development: false }, ':memory:', undefined, 'localhost');
    real.cis.people.set(officer.uid, officer);
    const at = (method: string, path: string, body?: unknown) => ask(method, path, body, consoleSecret, real);
    assert.equal((await at('POST', consolePaths.enrolments(gp.uid), { kind: 'passkey' })).status, 403);
    const given = await at('POST', consolePaths.enrolments(gp.uid), {
      kind: 'passkey',
      officer: officer.uid,
    });
    assert.equal(given.status, 201);
    assert.equal((await at('POST', consolePaths.authenticators(gp.uid), { kind: 'passkey' })).status, 404);
    await seedCredentials(real);
    const { body } = await at('GET', consolePaths.authenticators(gp.uid));
    const shown = (body as AuthenticatorsAnswer).authenticators;
    assert.ok(shown.length > 0);
    for (const { development } of shown) assert.equal(development, undefined);
    await real.stop();
  });
});

describe('seeded credentials', () => {
  test('are the same in every installation and are created once', async () => {
    const [one, two] = [
      await startInstance({}, ':memory:', undefined, 'localhost'),
      await startInstance({}, ':memory:', undefined, 'localhost'),
    ];
    const keys = await Promise.all(
      [one, two].map(async (at) => {
        await Promise.all([seedCredentials(at), seedCredentials(at)]);
        await seedCredentials(at);
        const { body } = await ask('GET', consolePaths.authenticators(gp.uid), undefined, consoleSecret, at);
        const found = (body as AuthenticatorsAnswer).authenticators.filter(
          ({ kind }) => kind === 'security-key',
        );
        assert.equal(found.length, 1);
        return found[0]?.development?.credential;
      }),
    );
    assert.deepEqual(keys[0], keys[1]);
    await Promise.all([one.stop(), two.stop()]);
  });
});
